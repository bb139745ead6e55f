//! Small servers of a test's own, on loopback.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{
    daemon::output,
    wait::{SOON, wait_until},
};

/// A server that answers each request with the same bytes, which can be changed.
pub(crate) fn answering(answer: &str) -> (u16, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its number").port();
    let answer = Arc::new(Mutex::new(answer.to_owned()));
    let given = Arc::clone(&answer);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut head = [0; 1024];
            let _ = stream.read(&mut head);
            let _ = stream.write_all(given.lock().expect("no thread panics with it").as_bytes());
        }
    });
    (port, answer)
}

/// The bytes of a page.
pub(crate) fn page(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// A port of loopback that nobody has.
pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its number").port()
}

/// Who signs certificates; whoever is told of it trusts them.
pub(crate) struct Authority(TempDir);

impl Authority {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        self_signed(folder.path(), "authority", 3650);
        Self(folder)
    }

    /// Its own certificate, as `SSL_CERT_FILE` names it.
    pub(crate) fn file(&self) -> PathBuf {
        self.0.path().join("cert.pem")
    }
}

/// A server that speaks TLS, with a certificate of its own; it ends with this value.
pub(crate) struct Tls {
    server: Child,
    pub(crate) port: u16,
    _folder: TempDir,
}

impl Tls {
    /// Its certificate is its own word alone, and good for so many days.
    pub(crate) fn start(days: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        self_signed(folder.path(), "localhost", days);
        Self::serve(folder)
    }

    /// Its certificate is of that authority, for those names (`IP:127.0.0.1`), and good for so many days; less than 0 where it
    /// has expired.
    pub(crate) fn signed(by: &Authority, names: &str, days: i32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path();
        openssl(own, &format!("req {KEY} -out request.pem -subj /CN=signed"));
        fs::write(own.join("names"), format!("subjectAltName={names}\n")).expect("written");
        let authority = by.0.path().display();
        openssl(
            own,
            &format!(
                "x509 -req -in request.pem -out cert.pem -extfile names -days {days} -set_serial 1 \
                 -CA {authority}/cert.pem -CAkey {authority}/key.pem"
            ),
        );
        Self::serve(folder)
    }

    fn serve(folder: TempDir) -> Self {
        let port = free_port();
        let server = Command::new("openssl")
            .args(["s_server", "-www", "-cert", "cert.pem", "-key", "key.pem"])
            .args(["-accept", &format!("127.0.0.1:{port}")])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl starts");
        wait_until("it listens", SOON, || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Self {
            server,
            port,
            _folder: folder,
        }
    }
}

/// A new key of a certificate.
const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem";

fn self_signed(folder: &Path, name: &str, days: u32) {
    openssl(
        folder,
        &format!("req -x509 {KEY} -out cert.pem -subj /CN={name} -days {days}"),
    );
}

fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    command.current_dir(folder).stdin(Stdio::null());
    output(command.args(arguments.split_whitespace()));
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.server), Signal::KILL);
        let _ = self.server.wait();
    }
}
