//! TLS on either side of the proxy, so that requests can be read and answered in between.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore};
use rustls::{ServerConfig, ServerConnection};

use super::stream::TICK;

/// Who the proxy is to both sides, in PEM files.
pub(crate) struct Papers<'a> {
    /// Who vouches for the upstream.
    pub(crate) ca: &'a Path,
    /// Certificate and key that clients are shown: the upstream's own, or any that they trust.
    pub(crate) server: (&'a Path, &'a Path),
    /// Certificate and key that the upstream is shown, where it asks for one. A client's own does not reach it: who logs
    /// in by certificate is, to the upstream, who is named here. A token passes.
    pub(crate) client: Option<(&'a Path, &'a Path)>,
}

/// The settings of both sides, made once. HTTP/1.1 alone is offered, since the proxy reads no HTTP/2.
pub(super) struct Settings {
    server: Arc<ServerConfig>,
    client: Arc<ClientConfig>,
}

impl Settings {
    pub(super) fn read(papers: &Papers<'_>) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates(papers.ca));
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_root_certificates(roots);
        let mut client = match papers.client {
            None => client.with_no_client_auth(),
            Some((certificate, secret)) => client
                .with_client_auth_cert(certificates(certificate), key(secret))
                .expect("a client's certificate and its key"),
        };
        let (certificate, secret) = papers.server;
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has them")
            .with_no_client_auth()
            .with_single_cert(certificates(certificate), key(secret))
            .expect("a server's certificate and its key");
        let http = vec![b"http/1.1".to_vec()];
        client.alpn_protocols.clone_from(&http);
        server.alpn_protocols = http;
        Self {
            server: Arc::new(server),
            client: Arc::new(client),
        }
    }

    /// A client's connection.
    pub(super) fn accept(&self, socket: TcpStream) -> io::Result<TlsStream> {
        let session = ServerConnection::new(Arc::clone(&self.server)).map_err(io::Error::other)?;
        Ok(TlsStream::new(socket, session.into()))
    }

    /// Ours to the upstream of that name or address.
    pub(super) fn connect(&self, socket: TcpStream, name: &str) -> io::Result<TlsStream> {
        let name = ServerName::try_from(name.to_owned()).map_err(io::Error::other)?;
        let session =
            ClientConnection::new(Arc::clone(&self.client), name).map_err(io::Error::other)?;
        Ok(TlsStream::new(socket, session.into()))
    }
}

fn certificates(path: &Path) -> Vec<CertificateDer<'static>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    read.unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn key(path: &Path) -> PrivateKeyDer<'static> {
    PrivateKeyDer::from_pem_file(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A connection that one thread reads and another writes. The handshake goes along with the reading.
pub(super) struct TlsStream {
    socket: TcpStream,
    session: Mutex<Connection>,
}

impl TlsStream {
    fn new(socket: TcpStream, session: Connection) -> Self {
        Self {
            socket,
            session: Mutex::new(session),
        }
    }

    pub(super) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    fn session(&self) -> MutexGuard<'_, Connection> {
        self.session
            .lock()
            .expect("no thread of the proxy panics while it holds this")
    }

    /// Sends what the session has to say.
    fn flush(&self, session: &mut Connection) -> io::Result<()> {
        while session.wants_write() {
            session.write_tls(&mut &self.socket)?;
        }
        Ok(())
    }

    /// As [`super::stream::Stream::read`]. Waits without holding the session, so that the other thread may write.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let mut session = self.session();
        self.flush(&mut session)?;
        if let Some(read) = decrypted(&mut session, buffer)? {
            return Ok(Some(read));
        }
        drop(session);
        let tick = Timespec::try_from(TICK).expect("it is short");
        let mut readable = [PollFd::new(&self.socket, PollFlags::IN)];
        if poll(&mut readable, Some(&tick)) == Ok(0) {
            return Ok(None);
        }
        let mut session = self.session();
        session.read_tls(&mut &self.socket)?;
        let understood = session.process_new_packets().map_err(io::Error::other);
        // What was not understood is said to the other side.
        self.flush(&mut session)?;
        understood?;
        decrypted(&mut session, buffer)
    }

    pub(super) fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let mut session = self.session();
            let written = session.writer().write(bytes)?;
            self.flush(&mut session)?;
            drop(session);
            bytes = &bytes[written..];
            if written == 0 {
                // No room before the handshake is through, which is for the reading thread to go on with.
                std::thread::park_timeout(TICK);
            }
        }
        Ok(())
    }

    /// An end of our half is said within TLS; an end of both is a connection that breaks.
    pub(super) fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        if how == Shutdown::Write {
            let mut session = self.session();
            session.send_close_notify();
            self.flush(&mut session)?;
        }
        self.socket.shutdown(how)
    }
}

fn decrypted(session: &mut Connection, buffer: &mut [u8]) -> io::Result<Option<usize>> {
    match session.reader().read(buffer) {
        Ok(read) => Ok(Some(read)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}
