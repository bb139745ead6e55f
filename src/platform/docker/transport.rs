//! The one way out to a daemon: our own calls and bollard's leave through [`Transport::send`].
//!
//! Two rules are kept here, below everything that could forget them:
//! - in read-only mode nothing but GET and HEAD leaves;
//! - what may change something goes by a connection of its own, made for it, and is never sent twice. A pooled
//!   connection can be dead without our knowing, and "it broke while I sent" would then not tell whether it arrived.

use std::{
    future::Future,
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_util::Stream;
use http_body_util::{Either, Full, StreamBody};
use hyper::{
    Method, Request, Response, Uri,
    body::{Frame, Incoming},
};
use hyper_util::{
    client::legacy::{
        Client,
        connect::{Connected, Connection},
    },
    rt::{TokioExecutor, TokioIo, TokioTimer},
};
use rustls::pki_types::ServerName;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpStream, UnixStream},
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::{
    platform::docker::{
        error::CallError,
        host::Address,
        tls,
        tunnel::{self, Tunnel},
    },
    safe,
    text::SafeText,
};

/// How long a connection may take to come up (a tunnel has its own, longer).
const CONNECTING: Duration = Duration::from_secs(10);

/// How long what was sent may stay unacknowledged before the kernel gives a TCP connection up.
const UNACKNOWLEDGED: Duration = Duration::from_secs(15);

/// Idle connections kept; the rest are closed as their answers end.
const KEPT_IDLE: usize = 2;

/// A request's body, of the very type that bollard sends.
pub type Body = Either<
    Full<Bytes>,
    StreamBody<Pin<Box<dyn Stream<Item = Result<Frame<Bytes>, io::Error>> + Send>>>,
>;

/// A body that is here as a whole; empty for none.
pub fn whole(bytes: Bytes) -> Body {
    Either::Left(Full::new(bytes))
}

/// The way to one daemon.
pub struct Transport {
    /// Keeps connections, for what only reads; made anew after an outage.
    reading: Mutex<Client<Connector, Body>>,
    /// A connection for each request, for what may change something (and for whoever doubts the kept ones).
    changing: Client<Connector, Body>,
    connector: Connector,
    authority: String,
    read_only: bool,
}

fn client(connector: &Connector, idle: usize) -> Client<Connector, Body> {
    Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(idle)
        .pool_timer(TokioTimer::new())
        .retry_canceled_requests(false)
        // A read buffer grows to what it is allowed; ours stays small, however fast a log is.
        .http1_max_buf_size(64 * 1024)
        .build(connector.clone())
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport")
            .field("authority", &self.authority)
            .finish_non_exhaustive()
    }
}

impl Transport {
    /// Prepares the way; nothing is connected yet.
    ///
    /// # Errors
    /// TLS material that can't be used.
    pub fn new(address: &Address, read_only: bool) -> Result<Self, SafeText> {
        let (route, authority) = match address {
            Address::Unix(path) => (Route::Unix(path.clone()), "docker".to_owned()),
            Address::Ssh {
                destination,
                port,
                socket,
            } => {
                let tunnel = Tunnel::new(destination, *port, socket, tunnel::folder());
                (Route::Tunnel(Box::new(tunnel)), "docker".to_owned())
            }
            Address::Tcp {
                host,
                port,
                tls: files,
            } => {
                let tls = match files {
                    Some(files) => {
                        let name = ServerName::try_from(host.clone()).map_err(|_| {
                            safe!("{host} is no name that a certificate could carry")
                        })?;
                        Some(Box::new((TlsConnector::from(tls::settings(files)?), name)))
                    }
                    None => None,
                };
                let authority = if host.contains(':') {
                    format!("[{host}]:{port}")
                } else {
                    format!("{host}:{port}")
                };
                (
                    Route::Tcp {
                        host: host.clone(),
                        port: *port,
                        tls,
                    },
                    authority,
                )
            }
        };
        Ok(Self::by(route, authority, read_only))
    }

    fn by(route: Route, authority: String, read_only: bool) -> Self {
        let connector = Connector(Arc::new(route));
        Self {
            reading: Mutex::new(client(&connector, KEPT_IDLE)),
            changing: client(&connector, 0),
            connector,
            authority,
            read_only,
        }
    }

    /// The way through a tunnel that a test made.
    #[cfg(test)]
    pub(super) fn through(tunnel: Tunnel) -> Self {
        Self::by(Route::Tunnel(Box::new(tunnel)), "docker".to_owned(), false)
    }

    /// Waits for a tunnel, where the way leads through one: its login may take longer than any answer, and has its own
    /// deadline. Whoever gives up does not end it.
    ///
    /// # Errors
    /// Why it does not come up.
    pub async fn open(&self) -> Result<(), CallError> {
        match &*self.connector.0 {
            Route::Tunnel(tunnel) => tunnel.open().await.map_err(|e| CallError::from_io(&e)),
            Route::Unix(_) | Route::Tcp { .. } => Ok(()),
        }
    }

    /// The host part of every URI.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Uses none of the connections of before again: after an outage any of them may be dead without our knowing.
    pub fn reconnect(&self) {
        let new = client(&self.connector, KEPT_IDLE);
        *self.reading.lock().unwrap_or_else(PoisonError::into_inner) = new;
    }

    /// Sends a request and waits for the head of its answer, whatever its status.
    ///
    /// # Errors
    /// [`CallError::ReadOnly`] before anything leaves; else what went wrong on the way.
    pub async fn send(
        &self,
        request: Request<Body>,
        deadline: Duration,
    ) -> Result<Response<Incoming>, CallError> {
        self.send_by(request, deadline, false).await
    }

    /// As [`Transport::send`], but with `anew` on a connection of its own even for what only reads.
    ///
    /// # Errors
    /// As [`Transport::send`].
    pub async fn send_by(
        &self,
        request: Request<Body>,
        deadline: Duration,
        anew: bool,
    ) -> Result<Response<Incoming>, CallError> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        if !reads && self.read_only {
            return Err(CallError::ReadOnly);
        }
        let client = if reads && !anew {
            self.reading
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
        } else {
            self.changing.clone()
        };
        match timeout(deadline, client.request(request)).await {
            Ok(answer) => answer.map_err(CallError::from_client),
            Err(_) => Err(CallError::Silent(deadline)),
        }
    }
}

/// Where a connection leads.
enum Route {
    Unix(std::path::PathBuf),
    Tcp {
        host: String,
        port: u16,
        tls: Option<Box<(TlsConnector, ServerName<'static>)>>,
    },
    Tunnel(Box<Tunnel>),
}

impl Route {
    async fn connect(&self) -> io::Result<Socket> {
        match self {
            Self::Unix(path) => UnixStream::connect(path).await.map(Socket::Unix),
            Self::Tunnel(tunnel) => tunnel.connect().await.map(Socket::Unix),
            Self::Tcp { host, port, tls } => {
                let open = async {
                    let stream = TcpStream::connect((host.as_str(), *port)).await?;
                    notice_silence(&stream)?;
                    Ok(match tls {
                        None => Socket::Tcp(stream),
                        Some(tls) => {
                            let (connector, name) = &**tls;
                            Socket::Tls(Box::new(connector.connect(name.clone(), stream).await?))
                        }
                    })
                };
                timeout(CONNECTING, open)
                    .await
                    .unwrap_or_else(|_| Err(io::Error::from(io::ErrorKind::TimedOut)))
            }
        }
    }
}

/// Makes the kernel notice a peer that is gone without a word, and send small requests at once.
fn notice_silence(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new()
        .with_time(Duration::from_secs(10))
        .with_interval(Duration::from_secs(5));
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    let keepalive = keepalive.with_retries(3);
    socket.set_tcp_keepalive(&keepalive)?;
    #[cfg(target_os = "linux")]
    socket.set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    Ok(())
}

/// Opens connections for the HTTP client; the URI does not matter, there is one daemon.
#[derive(Clone)]
struct Connector(Arc<Route>);

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<Socket>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let route = Arc::clone(&self.0);
        Box::pin(async move { route.connect().await.map(TokioIo::new) })
    }
}

/// An open connection of any kind.
enum Socket {
    Unix(UnixStream),
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Connection for Socket {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

/// Does the same with whichever stream it is.
macro_rules! each {
    ($socket:expr, $stream:ident => $do:expr) => {
        match $socket.get_mut() {
            Socket::Unix(stream) => {
                let $stream = Pin::new(stream);
                $do
            }
            Socket::Tcp(stream) => {
                let $stream = Pin::new(stream);
                $do
            }
            Socket::Tls(stream) => {
                let $stream = Pin::new(&mut **stream);
                $do
            }
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_read(cx, buf))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        each!(self, stream => stream.poll_write(cx, buf))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(self, stream => stream.poll_shutdown(cx))
    }
}
