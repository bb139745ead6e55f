//! Calls to a daemon's Engine API.
//!
//! Two ways, one transport. What is read often (lists, inspects, figures, events, logs) goes by [`Engine::get`] into small
//! types of our own that declare only what is shown: bollard's models hold every field of the API and cost a multiple in
//! time and memory. What sends a body that must come through whole (a container made anew from its own inspect) goes by
//! [`Engine::send`] as JSON. Everything else uses bollard's typed calls, by [`Engine::bollard`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bollard::{API_DEFAULT_VERSION, BollardRequest, ClientVersion, Docker};
use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CONNECTION, CONTENT_TYPE, HeaderValue, UPGRADE},
    upgrade::Upgraded,
};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::{sync::watch, time::timeout};

use crate::{
    platform::docker::{
        echo,
        error::CallError,
        transport::{Body, Transport, whole},
    },
    safe,
    text::SafeText,
};

/// How long an answer may take, unless a call says otherwise.
pub const ANSWER: Duration = Duration::from_secs(30);

/// How long a proof of life may take, over a tunnel that is open.
pub(super) const PING: Duration = Duration::from_secs(3);

/// No answer we read as a whole is larger; a list of 10,000 containers has about 20 MiB.
const LARGEST: usize = 128 * 1024 * 1024;

/// A daemon to call. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Engine(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    transport: Arc<Transport>,
    /// The minor number of the API's version (the major one is 1); 0 until it is agreed on.
    minor: AtomicUsize,
    podman: AtomicBool,
    /// Counts the times that connections were given up.
    turn: watch::Sender<u64>,
}

impl Engine {
    /// Nothing is sent yet; [`Engine::ping`] agrees on a version.
    pub fn new(transport: Transport) -> Self {
        Self(Arc::new(Inner {
            transport: Arc::new(transport),
            minor: AtomicUsize::new(0),
            podman: AtomicBool::new(false),
            turn: watch::Sender::new(0),
        }))
    }

    /// A proof of life, within 3 s of the moment at which a tunnel is open, where one is needed. It also agrees on the API's version: the daemon's, or the newest we know. With `anew`
    /// it goes by a connection of its own: those kept from before an outage may be dead.
    ///
    /// # Errors
    /// As any call.
    pub async fn ping(&self, anew: bool) -> Result<(), CallError> {
        let request = self.request(Method::GET, "/_ping", whole(Bytes::new()), false)?;
        self.0.transport.open().await?;
        let answer = self.0.transport.send_by(request, PING, anew).await?;
        let told = answer
            .headers()
            .get("api-version")
            .and_then(|v| v.to_str().ok());
        let minor = told
            .and_then(|v| v.strip_prefix("1."))
            .and_then(|v| v.parse::<usize>().ok());
        if let Some(minor) = minor {
            self.0.minor.store(
                minor.min(API_DEFAULT_VERSION.minor_version),
                Ordering::Relaxed,
            );
        }
        let podman = answer.headers().contains_key("libpod-api-version");
        self.0.podman.store(podman, Ordering::Relaxed);
        let answer = good(answer, b"").await?;
        timeout(PING, collect(answer))
            .await
            .map_err(|_| CallError::Silent(PING))??;
        Ok(())
    }

    /// The version agreed on, as 41 of 1.41; 0 before the first [`Engine::ping`].
    pub fn api_minor(&self) -> usize {
        self.0.minor.load(Ordering::Relaxed)
    }

    /// Uses none of the connections of before again, and tells those who read from one.
    pub fn reconnect(&self) {
        self.0.transport.reconnect();
        self.0.turn.send_modify(|turn| *turn += 1);
    }

    /// Changes when connections were given up: a stream from before may be silent for good.
    pub fn turns(&self) -> watch::Receiver<u64> {
        self.0.turn.subscribe()
    }

    /// Whether it is Podman that answers as if it were Docker.
    pub fn is_podman(&self) -> bool {
        self.0.podman.load(Ordering::Relaxed)
    }

    /// Bollard's client over the same transport, for its typed calls. Cheap; make one where it is used. An error becomes
    /// a [`CallError`] by `?` or `into`. A call that waits over there (a stop with its grace period) needs a `deadline`
    /// that is longer than that; else [`ANSWER`] is right.
    pub fn bollard(&self, deadline: Duration) -> Docker {
        let transport = Arc::clone(&self.0.transport);
        let address = format!("http://{}", transport.authority());
        let version = match self.api_minor() {
            0 => *API_DEFAULT_VERSION,
            minor_version => ClientVersion {
                major_version: 1,
                minor_version,
            },
        };
        let send = move |request: BollardRequest| {
            let transport = Arc::clone(&transport);
            async move {
                // bollard has no variant for ours; an I/O error carries it whole.
                transport.send(request, deadline).await.map_err(|e| {
                    bollard::errors::Error::IOError {
                        err: std::io::Error::other(e),
                    }
                })
            }
        };
        // Ours is the deadline that counts; bollard's is for what ours did not catch.
        Docker::connect_with_custom_transport(send, Some(address), deadline.as_secs() + 5, &version)
            .expect("making a client of a custom transport has no way to fail")
    }

    /// Reads something. The path begins with `/` and has no version (`/containers/json?all=1`).
    ///
    /// # Errors
    /// As any call.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, CallError> {
        parse(&self.get_bytes(path).await?)
    }

    /// Reads something as it is.
    ///
    /// # Errors
    /// As any call.
    pub async fn get_bytes(&self, path: &str) -> Result<Bytes, CallError> {
        self.send(Method::GET, path, Bytes::new(), ANSWER).await
    }

    /// Sends something and reads its answer, within `deadline` from first to last. JSON, or nothing, for a body.
    ///
    /// # Errors
    /// As any call; [`CallError::may_have_been_done`] says whether it may have taken effect all the same.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
        deadline: Duration,
    ) -> Result<Bytes, CallError> {
        let request = self.request(method, path, whole(body.clone()), true)?;
        let call = async {
            let answer = self.0.transport.send(request, deadline).await?;
            collect(good(answer, &body).await?).await
        };
        timeout(deadline, call)
            .await
            .map_err(|_| CallError::Silent(deadline))?
    }

    /// Reads something without an end: events, logs, an archive. Only its head has a deadline.
    ///
    /// # Errors
    /// As any call.
    pub async fn stream(&self, path: &str) -> Result<Incoming, CallError> {
        let request = self.request(Method::GET, path, whole(Bytes::new()), true)?;
        let answer = self.0.transport.send(request, ANSWER).await?;
        Ok(good(answer, b"").await?.into_body())
    }

    /// Starts something that then speaks both ways over its connection (an exec, an attach).
    ///
    /// # Errors
    /// As any call.
    pub async fn upgrade(&self, path: &str, body: Bytes) -> Result<TokioIo<Upgraded>, CallError> {
        let mut request = self.request(Method::POST, path, whole(body.clone()), true)?;
        request
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("Upgrade"));
        request
            .headers_mut()
            .insert(UPGRADE, HeaderValue::from_static("tcp"));
        let answer = good(self.0.transport.send(request, ANSWER).await?, &body).await?;
        let upgraded = hyper::upgrade::on(answer)
            .await
            .map_err(CallError::from_body)?;
        Ok(TokioIo::new(upgraded))
    }

    fn request(
        &self,
        method: Method,
        path: &str,
        body: Body,
        versioned: bool,
    ) -> Result<Request<Body>, CallError> {
        let authority = self.0.transport.authority();
        let uri = match self.api_minor() {
            minor if versioned && minor > 0 => format!("http://{authority}/v1.{minor}{path}"),
            _ => format!("http://{authority}{path}"),
        };
        Request::builder()
            .method(method)
            .uri(uri)
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .map_err(|e| CallError::Garbled(safe!("a path that can't be asked for: {e}")))
    }
}

/// Reads an answer's JSON.
///
/// # Errors
/// [`CallError::Garbled`].
pub fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CallError> {
    serde_json::from_slice(bytes).map_err(|e| CallError::Garbled(safe!("{e}")))
}

/// Lets good answers pass; makes an error of the others, with the daemon's own words, but for what was secret in `sent`.
async fn good(answer: Response<Incoming>, sent: &[u8]) -> Result<Response<Incoming>, CallError> {
    #[derive(Deserialize)]
    struct Words {
        message: String,
    }
    let status = answer.status();
    if status.is_success()
        || status == StatusCode::NOT_MODIFIED
        || status == StatusCode::SWITCHING_PROTOCOLS
    {
        return Ok(answer);
    }
    let body = collect(answer).await?;
    let message = match serde_json::from_slice::<Words>(&body) {
        Ok(words) => words.message,
        Err(_) => String::from_utf8_lossy(&body).into_owned(),
    };
    let message = SafeText::line(echo::hidden(&message, sent));
    Err(CallError::refused(status.as_u16(), message))
}

async fn collect(answer: Response<Incoming>) -> Result<Bytes, CallError> {
    let body = Limited::new(answer.into_body(), LARGEST);
    match body.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(e) => Err(match e.downcast::<hyper::Error>() {
            Ok(e) => CallError::from_body(*e),
            Err(e) => CallError::Garbled(safe!("{e}")),
        }),
    }
}
