//! A connection or a listener, on a unix socket, TCP, or TLS over it.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

use super::tls::{Settings, TlsStream};

/// How long a read waits before it looks whether the test changed its mind.
pub(super) const TICK: Duration = Duration::from_millis(20);

pub(super) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream>),
}

impl Stream {
    /// Connects to an upstream, `unix:///path` or `tcp://host:port`; with TLS over it where there are settings for that.
    pub(super) fn connect(host: &str, tls: Option<&Settings>) -> io::Result<Self> {
        if let Some(path) = host.strip_prefix("unix://") {
            let stream = Self::Unix(UnixStream::connect(path)?);
            stream.tick()?;
            return Ok(stream);
        }
        let address = host.split_once("://").map_or(host, |(_, address)| address);
        let stream = Self::Tcp(TcpStream::connect(address)?);
        stream.tick()?;
        let name = address.rsplit_once(':').map_or(address, |(name, _)| name);
        stream.within(|socket| tls.map(|tls| tls.connect(socket, name)))
    }

    /// The client's side of a connection that was taken.
    pub(super) fn taken(self, tls: Option<&Settings>) -> io::Result<Self> {
        self.within(|socket| tls.map(|tls| tls.accept(socket)))
    }

    /// TLS over this, if there is any.
    fn within(
        self,
        wrap: impl FnOnce(TcpStream) -> Option<io::Result<TlsStream>>,
    ) -> io::Result<Self> {
        let Self::Tcp(socket) = &self else {
            return Ok(self);
        };
        match wrap(socket.try_clone()?) {
            None => Ok(self),
            Some(stream) => Ok(Self::Tls(Box::new(stream?))),
        }
    }

    fn tick(&self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream
                .set_nodelay(true)
                .and_then(|()| stream.set_read_timeout(Some(TICK))),
            Self::Unix(stream) => stream.set_read_timeout(Some(TICK)),
            Self::Tls(_) => Ok(()),
        }
    }

    /// Reads; `None` when nothing came within a tick, 0 bytes at the end.
    pub(super) fn read(&self, buffer: &mut [u8]) -> io::Result<Option<usize>> {
        let read = match self {
            Self::Tcp(stream) => (&*stream).read(buffer),
            Self::Unix(stream) => (&*stream).read(buffer),
            Self::Tls(stream) => return stream.read(buffer),
        };
        match read {
            Ok(count) => Ok(Some(count)),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock
                        | io::ErrorKind::TimedOut
                        | io::ErrorKind::Interrupted
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => (&*stream).write_all(bytes),
            Self::Unix(stream) => (&*stream).write_all(bytes),
            Self::Tls(stream) => stream.write(bytes),
        }
    }

    /// Ends one or both directions in order.
    pub(super) fn shutdown(&self, how: Shutdown) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(how),
            Self::Unix(stream) => stream.shutdown(how),
            Self::Tls(stream) => stream.shutdown(how),
        };
    }

    /// When it is dropped, the other end gets RST instead of FIN. TCP alone.
    pub(super) fn reset_on_drop(&self) {
        let socket = match self {
            Self::Tcp(socket) => socket,
            Self::Tls(stream) => stream.socket(),
            Self::Unix(_) => return,
        };
        let _ = socket2::SockRef::from(socket).set_linger(Some(Duration::ZERO));
    }
}

pub(super) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Listener {
    pub(super) fn unix(path: &Path) -> Self {
        Self::Unix(UnixListener::bind(path).expect("a socket in a folder of our own"))
    }

    /// On loopback, with its port.
    pub(super) fn tcp() -> (Self, u16) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("it is bound").port();
        (Self::Tcp(listener), port)
    }

    pub(super) fn accept(&self) -> io::Result<Stream> {
        let stream = match self {
            Self::Tcp(listener) => Stream::Tcp(listener.accept()?.0),
            Self::Unix(listener) => Stream::Unix(listener.accept()?.0),
        };
        stream.tick()?;
        Ok(stream)
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Tcp(listener) => listener.as_fd(),
            Self::Unix(listener) => listener.as_fd(),
        }
    }
}
