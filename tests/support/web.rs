//! Small servers of a test's own, on loopback.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
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

/// A server that speaks TLS, with a certificate of its own; it ends with this value.
pub(crate) struct Tls {
    server: Child,
    pub(crate) port: u16,
    _folder: TempDir,
}

impl Tls {
    /// Its certificate is good for so many days.
    pub(crate) fn start(days: u32) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let openssl = || {
            let mut command = Command::new("openssl");
            command.current_dir(folder.path()).stdin(Stdio::null());
            command
        };
        let make = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=localhost \
                    -keyout key.pem -out cert.pem -days";
        let made = make.split_whitespace().collect::<Vec<_>>();
        output(openssl().args(made).arg(days.to_string()));
        let port = free_port();
        let server = openssl()
            .args(["s_server", "-www", "-cert", "cert.pem", "-key", "key.pem"])
            .args(["-accept", &format!("127.0.0.1:{port}")])
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

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.server), Signal::KILL);
        let _ = self.server.wait();
    }
}
