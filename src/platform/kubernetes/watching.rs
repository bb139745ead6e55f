//! Following one kind of object: the first page at once, then a watch that begins with everything and stays live.
//!
//! `limit=50` fills the screen while the watch-list is still being sent; a server that refuses watch-lists is listed page by
//! page and then watched (<https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists>). A watch whose server
//! is alive is never silent for long: bookmarks come each minute. One that is silent for longer is begun anew.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use prost::Message;

use crate::{platform::backoff::Backoff, text::SafeText};

use super::{
    api::{self, Api, ApiError},
    wire::{self, Frames, WireError, meta},
};

/// Rows for the first screen.
const FIRST: usize = 50;

/// Objects a page, where there is no watch-list.
const PAGE: usize = 500;

/// Load balancers cut what is idle for 240 s.
const WATCH_SECONDS: u32 = 200;

/// Bookmarks come each minute.
const SILENT: Duration = Duration::from_secs(70);

/// A kind of object that can be followed.
pub(super) trait Resource: Message + Default + 'static {
    /// `/api/v1` or `/apis/apps/v1`.
    const API: &'static str;
    /// As in its path: `deployments`.
    const PLURAL: &'static str;
    /// Whether it belongs to a namespace.
    const NAMESPACED: bool = true;

    /// What every object has.
    fn metadata(&self) -> Option<&meta::ObjectMeta>;

    /// Where objects of it are: in one namespace, or everywhere.
    fn path(namespace: Option<&str>) -> String {
        match namespace.filter(|_| Self::NAMESPACED) {
            Some(namespace) => format!("{}/namespaces/{namespace}/{}", Self::API, Self::PLURAL),
            None => format!("{}/{}", Self::API, Self::PLURAL),
        }
    }
}

/// What happened to objects of a kind.
#[derive(Debug)]
pub(super) enum Change<W> {
    /// All objects are about to be told; those that are not, are gone at [`Change::Complete`].
    Begin,
    /// An object is there, or is different.
    There(W),
    /// The object with this uid is gone.
    Gone(Bytes),
    /// All have been told; it is live from here on.
    Complete,
    /// The server has just proved that this watch lives.
    Alive,
    /// It is not live any more, for this reason; it is begun anew.
    Broken(ApiError),
}

/// Follows a kind until dropped. `tell` is called as bytes arrive, and must not block.
pub(super) async fn follow<W: Resource>(
    api: Api,
    namespace: Option<String>,
    mut tell: impl FnMut(Change<W>),
) {
    let path = W::path(namespace.as_deref());
    let mut backoff = Backoff::default();
    let mut streams = true;
    let mut place: Option<Bytes> = None;
    loop {
        let result = match place.take() {
            Some(version) => {
                watch(&api, &path, Start::After(version), &mut backoff, &mut tell).await
            }
            None => whole::<W>(&api, &path, &mut streams, &mut backoff, &mut tell).await,
        };
        match result {
            // Its time was over: go on where it ended.
            Ok(version) => place = version,
            Err(error) if error.expired() => {}
            Err(error) => {
                tell(Change::Broken(error));
                tokio::time::sleep(backoff.next()).await;
            }
        }
    }
}

/// Where a watch begins.
enum Start {
    /// With all that is there.
    Everything,
    /// After this version.
    After(Bytes),
}

/// Reads everything and watches on.
async fn whole<W: Resource>(
    api: &Api,
    path: &str,
    streams: &mut bool,
    backoff: &mut Backoff,
    tell: &mut impl FnMut(Change<W>),
) -> Result<Option<Bytes>, ApiError> {
    tell(Change::Begin);
    if *streams {
        page::<W>(api, path, FIRST, &Bytes::new(), tell).await?;
        match watch(api, path, Start::Everything, backoff, tell).await {
            // An API server before 1.32, or with its cache off, does not know the parameter.
            Err(ApiError::Refused {
                code: 400 | 422, ..
            }) => *streams = false,
            ended => return ended,
        }
    }
    let mut token = Bytes::new();
    loop {
        let list = page::<W>(api, path, PAGE, &token, tell).await?;
        token = list.continue_token;
        if token.is_empty() {
            tell(Change::Complete);
            return watch(
                api,
                path,
                Start::After(list.resource_version),
                backoff,
                tell,
            )
            .await;
        }
    }
}

async fn page<W: Resource>(
    api: &Api,
    path: &str,
    limit: usize,
    token: &Bytes,
    tell: &mut impl FnMut(Change<W>),
) -> Result<meta::ListMeta, ApiError> {
    let mut query = format!("{path}?limit={limit}");
    if !token.is_empty() {
        query.push_str("&continue=");
        query.extend(form_urlencoded::byte_serialize(token));
    }
    let list: meta::Page = api.protobuf(&query).await?;
    for item in list.items {
        tell(Change::There(W::decode(item).map_err(WireError::from)?));
    }
    Ok(list.metadata.unwrap_or_default())
}

/// Watches until the server ends it; the version to go on from, where one is known.
async fn watch<W: Resource>(
    api: &Api,
    path: &str,
    start: Start,
    backoff: &mut Backoff,
    tell: &mut impl FnMut(Change<W>),
) -> Result<Option<Bytes>, ApiError> {
    let mut place = match &start {
        Start::Everything => None,
        Start::After(version) => Some(version.clone()),
    };
    let begin = match &start {
        Start::Everything => "sendInitialEvents=true&resourceVersionMatch=NotOlderThan".to_owned(),
        Start::After(version) => format!("resourceVersion={}", String::from_utf8_lossy(version)),
    };
    let request = Request::get(format!(
        "{path}?watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&{begin}"
    ))
    .header(header::ACCEPT, api::PROTOBUF_WATCH)
    .header(header::ACCEPT_ENCODING, "identity")
    .body(Body::empty())
    .map_err(|error| ApiError::Lost(SafeText::line(error.to_string())))?;
    let mut body = api.send(request).await?.into_body();
    let mut frames = Frames::default();
    loop {
        let Ok(part) = tokio::time::timeout(SILENT, body.frame()).await else {
            return Err(ApiError::Lost(SafeText::format(format_args!(
                "the watch on {path} has been silent for {} s",
                SILENT.as_secs()
            ))));
        };
        let data = match part {
            None => return Ok(place),
            Some(Err(error)) => return Err(super::connect::lost(error)),
            Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
        };
        frames.push(&data);
        while let Some(frame) = frames.next()? {
            match event::<W>(frame)? {
                Seen::There(object) => {
                    if let Some(meta) = object.metadata() {
                        place = place.map(|_| meta.resource_version.clone());
                    }
                    tell(Change::There(object));
                }
                Seen::Gone(uid, version) => {
                    place = place.map(|_| version);
                    tell(Change::Gone(uid));
                }
                Seen::Bookmark { version, complete } => {
                    if complete {
                        tell(Change::Complete);
                    }
                    place = Some(version);
                    backoff.reset();
                    tell(Change::Alive);
                }
            }
        }
    }
}

/// One event of a watch.
enum Seen<W> {
    There(W),
    Gone(Bytes, Bytes),
    Bookmark { version: Bytes, complete: bool },
}

fn event<W: Resource>(frame: Bytes) -> Result<Seen<W>, ApiError> {
    let event = meta::WatchEvent::decode(frame).map_err(WireError::from)?;
    let raw = wire::object(event.object.unwrap_or_default().raw)?.raw;
    if *event.kind == *b"ERROR" {
        let status = meta::Status::decode(raw).map_err(WireError::from)?;
        return Err(ApiError::Refused {
            code: u16::try_from(status.code).unwrap_or(500),
            reason: SafeText::name(&status.reason),
            message: SafeText::line(&status.message),
        });
    }
    let object = W::decode(raw).map_err(WireError::from)?;
    let meta = object.metadata().cloned().unwrap_or_default();
    Ok(match &*event.kind {
        b"DELETED" => Seen::Gone(meta.uid, meta.resource_version),
        b"BOOKMARK" => Seen::Bookmark {
            complete: meta
                .annotations
                .iter()
                .any(|a| *a.key == *b"k8s.io/initial-events-end"),
            version: meta.resource_version,
        },
        _ => Seen::There(object),
    })
}
