//! The one way to an API server: read-only is enforced here, and nothing is ever sent twice.

#[cfg(test)]
mod answered;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::BodyExt as _;
use hyper::rt;
use hyper_util::client::{legacy::connect::Connection, proxy::matcher::Intercept};
use jiff::Timestamp;
use kube::{
    Client, Config,
    client::{Body, ConfigExt as _},
};
use prost::Message;
use serde::de::DeserializeOwned;
use tower::{BoxError, Service, ServiceBuilder};

use super::{
    KubernetesOptions, connect,
    kubeconfig::{self, Meant},
    plugin,
    proxy::{self, Way},
    raw,
    wire::{self, WireError, meta},
};
use crate::{platform::echo, safe, text::SafeText};

/// How long an answer may take to begin, and each of its parts after that.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The longest answer that is read whole.
const LARGEST: usize = 64 << 20;

/// Why a request had no good answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    /// The server said no.
    #[error("{message}")]
    Refused {
        /// As HTTP has it.
        code: u16,
        /// In a word: `Forbidden`, `NotFound`, `Expired`.
        reason: SafeText,
        /// In the server's words.
        message: SafeText,
    },
    /// There was no answer; whether the request arrived is not known.
    #[error("{0}")]
    Lost(SafeText),
    /// There was no answer for so long; whether the request arrived is not known.
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
    /// The credentials could not be had, or no longer work.
    #[error("{0}")]
    Login(SafeText),
    /// There is no place to send anything to: what the kubeconfig says cannot be used.
    #[error("{0}")]
    Unset(SafeText),
    /// The answer was not what it should be.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// It would change something, and this console only looks.
    #[error("read-only: this console was started to look, not to change")]
    ReadOnly,
}

impl ApiError {
    /// The HTTP status, where there was one.
    pub(super) fn code(&self) -> Option<u16> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// The server's words without what may be secret of what it was sent: it, or a webhook, may repeat that.
    fn without_secrets_of(self, sent: &[u8]) -> Self {
        match self {
            Self::Refused {
                code,
                reason,
                message,
            } => Self::Refused {
                code,
                reason,
                message: SafeText::line(echo::hidden(&message, sent, raw::hide)),
            },
            other => other,
        }
    }

    /// A list or a place in a watch that the server no longer has.
    pub(super) fn expired(&self) -> bool {
        self.code() == Some(StatusCode::GONE.as_u16())
    }
}

/// A way to one API server, pinned when it was first taken.
#[derive(Clone, Debug)]
pub(super) struct Api(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: KubernetesOptions,
    login: Mutex<Option<Login>>,
    /// Getting credentials means to run a program, that may open a browser.
    dear: AtomicBool,
    /// What brings credentials back, as one types it.
    remedy: Mutex<SafeText>,
    /// Why there are no credentials.
    refused: Mutex<SafeText>,
}

/// What a kubeconfig came to.
struct Login {
    context: String,
    config: Config,
    proxy: Option<Intercept>,
    client: Client,
    /// Until when the credentials are good, where somebody said so.
    until: Option<Timestamp>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}

impl Api {
    /// Nothing is read yet and nothing sent.
    pub(super) fn new(options: KubernetesOptions) -> Self {
        Self(Arc::new(Inner {
            options,
            login: Mutex::default(),
            dear: AtomicBool::default(),
            remedy: Mutex::default(),
            refused: Mutex::default(),
        }))
    }

    /// Reads the kubeconfig, gets credentials, and makes a client with them; the second time anew, for the same place.
    ///
    /// # Errors
    /// The kubeconfig, certificates, keys or credentials do not read, a credential plugin failed, or the context leads elsewhere by now.
    pub(super) async fn log_in(&self) -> Result<(), ApiError> {
        let pinned = self.place();
        let options = KubernetesOptions {
            context: pinned
                .as_ref()
                .map(|(context, _)| context.clone())
                .or_else(|| self.0.options.context.clone()),
            ..self.0.options.clone()
        };
        let Meant {
            context,
            mut config,
            proxy,
        } = kubeconfig::config(&options)
            .await
            .map_err(ApiError::Unset)?;
        let server = config.cluster_url.to_string();
        if let Some((context, before)) = pinned.filter(|(_, before)| *before != server) {
            return Err(ApiError::Unset(safe!(
                "context {context} leads to {server} by now, and this console shows {before}. Start it anew to go there"
            )));
        }
        let plugin = config.auth_info.exec.as_ref();
        self.0.dear.store(plugin.is_some(), Ordering::Relaxed);
        *lock(&self.0.remedy) = plugin::remedy(plugin);
        let until = plugin::settle(&mut config.auth_info)
            .await
            .map_err(|words| {
                lock(&self.0.refused).clone_from(&words);
                ApiError::Login(words)
            })?;
        let client = client(&config, proxy.as_ref())?;
        *self.login() = Some(Login {
            context,
            config,
            proxy,
            client,
            until,
        });
        Ok(())
    }

    /// For how long a watch is to be opened, where somebody said so.
    pub(super) fn watch_time(&self) -> Option<Duration> {
        self.0.options.watch
    }

    /// Leaves all connections behind: the next request makes a new one.
    pub(super) fn reconnect(&self) {
        if let Some(login) = &mut *self.login()
            && let Ok(client) = client(&login.config, login.proxy.as_ref())
        {
            login.client = client;
        }
    }

    /// Whether the credentials are still to be had, or end before that moment.
    pub(super) fn wants_login(&self, soon: Timestamp) -> bool {
        let login = self.login();
        let login = login.as_ref();
        login.is_none_or(|login| login.until.is_some_and(|until| until < soon))
    }

    /// Whether getting other credentials means to run a program, that may open a browser.
    pub(super) fn is_login_dear(&self) -> bool {
        self.0.dear.load(Ordering::Relaxed)
    }

    /// What brings a login back that has ended, as one types it.
    pub(super) fn remedy(&self) -> SafeText {
        lock(&self.0.remedy).clone()
    }

    /// The context's name and the server's address, once they are known.
    pub(super) fn place(&self) -> Option<(String, String)> {
        let login = self.login();
        let login = login.as_ref()?;
        Some((login.context.clone(), login.config.cluster_url.to_string()))
    }

    /// The namespace that the context sets, or the one that is meant where none is set.
    pub(super) fn own_namespace(&self) -> String {
        let login = self.login();
        let own = login
            .as_ref()
            .map(|login| login.config.default_namespace.clone());
        own.unwrap_or_else(|| "default".to_owned())
    }

    fn login(&self) -> MutexGuard<'_, Option<Login>> {
        lock(&self.0.login)
    }

    fn client(&self) -> Result<Client, ApiError> {
        let login = self.login();
        match login.as_ref() {
            Some(login) => Ok(login.client.clone()),
            None => Err(ApiError::Login(lock(&self.0.refused).clone())),
        }
    }

    /// Sends once, and waits for the head of the answer. Whatever is not a success is an error, in the server's words.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn send(
        &self,
        request: Request<Body>,
    ) -> Result<http::Response<Body>, ApiError> {
        tokio::time::timeout(PATIENCE, self.wait(request))
            .await
            .map_err(|_| ApiError::Silent(PATIENCE))?
    }

    /// As [`Api::send`], however long the server takes: a log that is followed has no head before its first line.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn wait(
        &self,
        request: Request<Body>,
    ) -> Result<http::Response<Body>, ApiError> {
        let answer = self.answer(request).await?;
        if answer.status().is_success() || answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Ok(answer);
        }
        Err(refusal(answer).await)
    }

    /// As [`Api::wait`], but whatever answer comes is one: through a proxy somebody else may have given it.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn answer(
        &self,
        request: Request<Body>,
    ) -> Result<http::Response<Body>, ApiError> {
        let looks = matches!(*request.method(), Method::GET | Method::HEAD)
            || asks_only(request.uri().path());
        if self.0.options.read_only && !looks {
            return Err(ApiError::ReadOnly);
        }
        self.client()?.send(request).await.map_err(connect::lost)
    }

    /// The body of an answer to a GET, as `accept` asks for it.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn get(&self, path: &str, accept: &'static str) -> Result<Bytes, ApiError> {
        let request = Request::get(path)
            .header(header::ACCEPT, HeaderValue::from_static(accept))
            .body(Body::empty())
            .map_err(|error| ApiError::Lost(SafeText::line(error.to_string())))?;
        whole(self.send(request).await?).await
    }

    /// A GET answered as JSON.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn json<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        self.json_as(path, JSON).await
    }

    /// The same of another form of JSON.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn json_as<T: DeserializeOwned>(
        &self,
        path: &str,
        accept: &'static str,
    ) -> Result<T, ApiError> {
        parse(&self.get(path, accept).await?)
    }

    /// Whether the server has a kind at all.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn has(&self, api: &str, plural: &str) -> Result<bool, ApiError> {
        #[derive(serde::Deserialize)]
        struct Kinds {
            resources: Vec<Kind>,
        }
        #[derive(serde::Deserialize)]
        struct Kind {
            name: String,
        }
        match self.json::<Kinds>(api).await {
            Ok(kinds) => Ok(kinds.resources.iter().any(|kind| kind.name == plural)),
            Err(error) if error.code() == Some(404) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// A GET answered as protobuf.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn protobuf<M: Message + Default>(&self, path: &str) -> Result<M, ApiError> {
        let envelope = wire::object(self.get(path, PROTOBUF).await?)?;
        Ok(M::decode(envelope.raw).map_err(WireError::from)?)
    }

    /// A request with a JSON body, answered as JSON.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        kind: &'static str,
        body: Vec<u8>,
    ) -> Result<T, ApiError> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, HeaderValue::from_static(kind))
            .header(header::ACCEPT, HeaderValue::from_static(JSON))
            .body(Body::from(body.clone()))
            .map_err(|error| ApiError::Lost(SafeText::line(error.to_string())))?;
        let answer = self.send(request).await;
        parse(&whole(answer.map_err(|error| error.without_secrets_of(&body))?).await?)
    }

    /// kube's own client, for what it does over a WebSocket (exec).
    ///
    /// # Errors
    /// This console only looks.
    pub(super) fn for_exec(&self) -> Result<Client, ApiError> {
        if self.0.options.read_only {
            Err(ApiError::ReadOnly)
        } else {
            self.client()
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A client with the credentials of a configuration; nothing is sent yet.
fn client(config: &Config, proxy: Option<&Intercept>) -> Result<Client, ApiError> {
    match proxy::way(proxy, connect::connector()) {
        Way::Straight(connector) => over(config, connector),
        Way::Tunnel(connector) => over(config, connector),
        Way::Socks(connector) => over(config, connector),
    }
}

/// The same, TLS and all else over that.
fn over<C>(config: &Config, connector: C) -> Result<Client, ApiError>
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + rt::Read + rt::Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: std::error::Error + Send + Sync + 'static,
{
    let unset = |error: kube::Error| ApiError::Unset(connect::words(&error));
    let connector = config
        .rustls_https_connector_with_connector(connector)
        .map_err(unset)?;
    let http = hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new())
        .build(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .option_layer(config.auth_layer().map_err(unset)?)
        .layer(config.extra_headers_layer().map_err(unset)?)
        .map_err(BoxError::from)
        .service(http);
    Ok(Client::new(service, config.default_namespace.clone()))
}

/// Content types.
pub(super) const JSON: &str = "application/json";
/// Protobuf, or JSON where a kind has no protobuf.
pub(super) const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
/// RFC 6902.
pub(super) const JSON_PATCH: &str = "application/json-patch+json";
/// Kubernetes' own merge of lists by key.
pub(super) const STRATEGIC_PATCH: &str = "application/strategic-merge-patch+json";

/// Reviews are made by POST and change nothing.
fn asks_only(path: &str) -> bool {
    let asks = [
        "/apis/authorization.k8s.io/",
        "/apis/authentication.k8s.io/",
    ];
    asks.iter().any(|group| path.starts_with(group)) && path.ends_with("reviews")
}

async fn whole(answer: http::Response<Body>) -> Result<Bytes, ApiError> {
    gathered(answer.into_body(), PATIENCE).await
}

/// All of a body, none of whose parts may take longer than that: a large one may take as long as it goes on.
async fn gathered<B>(body: B, patience: Duration) -> Result<Bytes, ApiError>
where
    B: hyper::body::Body<Data = Bytes, Error: Into<BoxError>> + Unpin,
{
    let mut body = http_body_util::Limited::new(body, LARGEST);
    let mut all = BytesMut::new();
    while let Some(part) = tokio::time::timeout(patience, body.frame())
        .await
        .map_err(|_| ApiError::Silent(patience))?
    {
        let part = part.map_err(|error| ApiError::Lost(SafeText::line(error.to_string())))?;
        all.extend_from_slice(&part.into_data().unwrap_or_default());
    }
    Ok(all.freeze())
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(bytes).map_err(|error| {
        ApiError::Lost(SafeText::format(format_args!(
            "the answer does not read: {error}"
        )))
    })
}

/// The server's own words for a failure, whichever way it writes them.
async fn refusal(answer: http::Response<Body>) -> ApiError {
    #[derive(serde::Deserialize, Default)]
    #[serde(default)]
    struct Status {
        message: String,
        reason: String,
    }
    let code = answer.status();
    let body = whole(answer).await.unwrap_or_default();
    let status = match wire::object(body.clone())
        .ok()
        .and_then(|u| meta::Status::decode(u.raw).ok())
    {
        Some(status) => Status {
            message: String::from_utf8_lossy(&status.message).into_owned(),
            reason: String::from_utf8_lossy(&status.reason).into_owned(),
        },
        None => serde_json::from_slice(&body).unwrap_or_else(|_| Status {
            message: String::from_utf8_lossy(&body[..body.len().min(2000)]).into_owned(),
            reason: String::new(),
        }),
    };
    let message = if status.message.is_empty() {
        code.to_string()
    } else {
        status.message
    };
    if code == StatusCode::UNAUTHORIZED {
        return ApiError::Login(SafeText::line(message));
    }
    ApiError::Refused {
        code: code.as_u16(),
        reason: SafeText::name(status.reason),
        message: SafeText::line(message),
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt as _, stream};
    use http_body_util::StreamBody;
    use hyper::body::Frame;

    use super::*;

    #[tokio::test]
    async fn an_answer_that_stops_in_the_middle_is_not_waited_for_without_end() {
        let part = || Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"a part; ")));
        let patience = Duration::from_millis(20);
        let whole = StreamBody::new(stream::iter([part(), part()]));
        let had = gathered(whole, patience).await.expect("it ends");
        assert_eq!(had, "a part; a part; ");
        let stalled = StreamBody::new(stream::iter([part()]).chain(stream::pending()));
        let ended = gathered(stalled, patience).await;
        assert!(matches!(ended, Err(ApiError::Silent(of)) if of == patience));
    }
}
