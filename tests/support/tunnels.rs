//! An HTTP proxy that tunnels: it answers `CONNECT`, and passes all that follows. Every name is this machine to it.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

/// It ends with this value; connections that it has made end with their peers.
pub(crate) struct Tunnels {
    /// `127.0.0.1:3128`.
    pub(crate) address: String,
    asked: Arc<Mutex<Vec<String>>>,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Tunnels {
    /// Listens; with credentials, `me:secret` in base64, only who shows them may pass.
    pub(crate) fn start(credentials: Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (asked, stop) = (Arc::default(), Arc::new(AtomicBool::new(false)));
        let accepting = std::thread::spawn({
            let (asked, stop) = (Arc::clone(&asked), Arc::clone(&stop));
            move || {
                for client in listener.incoming().flatten() {
                    if stop.load(Ordering::Acquire) {
                        return;
                    }
                    let asked = Arc::clone(&asked);
                    std::thread::spawn(move || serve(client, credentials, &asked));
                }
            }
        });
        Self {
            address,
            asked,
            stop,
            accepting: Some(accepting),
        }
    }

    /// Where to it was asked to lead: `kubernetes.default.svc:6443`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no thread panics").clone()
    }
}

impl Drop for Tunnels {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // It waits for a connection.
        let _ = TcpStream::connect(&self.address);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

/// One connection; whatever breaks ends it.
fn serve(client: TcpStream, credentials: Option<&str>, asked: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(client.try_clone().ok()?);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let target = lines[0]
        .strip_prefix("CONNECT ")?
        .split(' ')
        .next()?
        .to_owned();
    let mut client = client;
    let wanted = credentials
        .map(|credentials| format!("proxy-authorization: basic {credentials}").to_lowercase());
    if wanted.is_some_and(|wanted| !lines.iter().any(|line| line.to_lowercase() == wanted)) {
        let no = "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n";
        return client.write_all(no.as_bytes()).ok();
    }
    let (_, port) = target.rsplit_once(':')?;
    let mut server = TcpStream::connect(format!("127.0.0.1:{port}")).ok()?;
    asked.lock().expect("no thread panics").push(target);
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let (mut from, mut to) = (server.try_clone().ok()?, client.try_clone().ok()?);
    let back = std::thread::spawn(move || pass(&mut from, &mut to));
    server.write_all(reader.buffer()).ok()?;
    pass(&mut client, &mut server);
    back.join().ok()
}

/// All bytes, and then the end of them.
fn pass(from: &mut TcpStream, to: &mut TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
    let _ = from.shutdown(Shutdown::Read);
}
