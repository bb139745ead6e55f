//! Following one kind of object: the first page at once, then a watch that begins with everything and stays live.
//!
//! `limit=50` fills the screen while the watch-list is still being sent; a server that refuses watch-lists is listed page by
//! page and then watched (<https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists>). A watch whose server
//! is alive is never silent for long: bookmarks come each minute. One that is silent for longer is begun anew.

use std::{marker::PhantomData, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use kube::client::Body;
use tokio::{
    sync::watch,
    time::{Instant, timeout},
};

use crate::{platform::backoff::Backoff, safe, text::SafeText};

use super::{
    api::{Api, ApiError},
    wire::{Form, Frames, meta},
};

/// Rows for the first screen.
const FIRST: usize = 50;

/// Objects a page, where there is no watch-list.
const PAGE: usize = 500;

/// For how long a watch is opened: load balancers cut what is idle for 240 s.
const WATCH: Duration = Duration::from_secs(200);

/// Bookmarks come each minute, give or take a second; a silent watch is begun anew before it is called silent.
const SILENT: Duration = Duration::from_secs(64);

/// A watch that ends sooner was not ended because its time was over.
const SHORT: Duration = Duration::from_secs(1);

/// The longest wait after a failure: rows are as the server's within 10 s of its health.
const LONGEST_WAIT: Duration = Duration::from_secs(7);

/// Between two attempts at what may not be looked at: permissions change rarely.
const FORBIDDEN_WAIT: Duration = Duration::from_mins(5);

/// So many failures in a row at the same place, and everything is read anew.
const FAILURES_AT_A_PLACE: u32 = 3;

/// What all watches obey.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gate {
    /// No watch is opened meanwhile: the server is away, or has not said yet that it is the same one.
    pub(super) shut: bool,
    /// Counts the times that all watches are to be opened anew, at the place where each is.
    pub(super) reopened: u32,
    /// Counts the times that everything is to be read anew.
    pub(super) begun: u32,
}

impl Gate {
    /// No watch has been opened yet.
    pub(super) fn shut() -> Self {
        Self {
            shut: true,
            ..Self::default()
        }
    }
}

/// A kind of object that can be followed.
pub(super) trait Resource: Form {
    /// `/api/v1` or `/apis/apps/v1`.
    const API: &'static str;
    /// As in its path: `deployments`.
    const PLURAL: &'static str;
    /// Whether it belongs to a namespace.
    const NAMESPACED: bool = true;

    /// Objects of it tell what happened: of those that are there one page is enough, and they are told once.
    const PASSING: bool = false;

    /// Somebody added it to Kubernetes: most clusters have no such kind.
    const ADDED: bool = false;

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
    /// The watch is being opened, at its beginning or where it was; it does not tell yet.
    Opening,
    /// Its time was over, or it was silent for so long: it is opened again, where it was or at its beginning.
    Renewing,
    /// All objects are about to be told; those that are not, are gone at [`Change::Complete`].
    Begin,
    /// An object is there, or is different.
    There(W),
    /// The object with this uid is gone.
    Gone(Bytes),
    /// All have been told.
    Complete,
    /// The server has just proved that this watch lives.
    Alive,
    /// It does not tell any more, for this reason; it is opened anew.
    Broken(ApiError),
}

/// Follows a kind until dropped. `tell` is called as bytes arrive, and must not block.
pub(super) async fn follow<W: Resource>(
    api: Api,
    namespace: Option<String>,
    mut gate: watch::Receiver<Gate>,
    tell: impl FnMut(Change<W>) + Send,
) {
    let mut following = Following {
        api,
        path: W::path(namespace.as_deref()),
        place: None,
        streams: true,
        told: false,
        over: false,
        tell,
        kind: PhantomData,
    };
    let mut backoff = Backoff::at_most(LONGEST_WAIT);
    let mut last = *gate.borrow();
    let mut failures = 0;
    loop {
        // Its sender lives as long as the collector.
        let Ok(now) = gate.wait_for(|gate| !gate.shut).await.map(|gate| *gate) else {
            return;
        };
        let before = std::mem::replace(&mut last, now);
        following.over &= before == now;
        if before.begun != now.begun {
            following.place = None;
        }
        let attempt = async {
            let error = following.attempt(&mut backoff).await?;
            failures += 1;
            if failures >= FAILURES_AT_A_PLACE || error.expired() {
                following.place = None;
            }
            let wait = match error.code() {
                Some(403 | 404) => FORBIDDEN_WAIT,
                _ => backoff.next(),
            };
            (following.tell)(Change::Broken(error));
            tokio::time::sleep(wait).await;
            Some(())
        };
        tokio::select! {
            biased;
            _ = gate.wait_for(|gate| !gate.shut && *gate != now) => {
                backoff.reset();
                failures = 0;
            }
            went_well = attempt => if went_well.is_none() {
                failures = 0;
            }
        }
    }
}

/// A kind that is being followed.
struct Following<W, T> {
    api: Api,
    path: String,
    /// Where the watch goes on from; `None` where everything is to be read.
    place: Option<Bytes>,
    /// Whether the server knows watch-lists.
    streams: bool,
    /// Everything has been told once.
    told: bool,
    /// The last watch did not break.
    over: bool,
    tell: T,
    kind: PhantomData<fn() -> W>,
}

impl<W: Resource, T: FnMut(Change<W>)> Following<W, T> {
    /// Watches, from its place or from the beginning, until that ends; why, where that is no regular end.
    async fn attempt(&mut self, backoff: &mut Backoff) -> Option<ApiError> {
        let begun = Instant::now();
        (self.tell)(if std::mem::take(&mut self.over) {
            Change::Renewing
        } else {
            Change::Opening
        });
        let ended = match self.place.clone() {
            Some(version) => self.watch(&Start::After(version), backoff).await,
            None => self.whole(backoff).await,
        };
        match ended {
            // Its time was over: it goes on where it ended.
            Ok(()) if begun.elapsed() >= SHORT => {
                self.over = true;
                None
            }
            Ok(()) => Some(ApiError::Lost(SafeText::from_static(
                "the server ended the watch at once",
            ))),
            // The place is too old, which is nobody's fault: everything is read, at once.
            Err(error) if error.expired() && self.place.take().is_some() => None,
            Err(error) => Some(error),
        }
    }

    /// Reads everything and watches on.
    async fn whole(&mut self, backoff: &mut Backoff) -> Result<(), ApiError> {
        if W::PASSING {
            return self.lately(backoff).await;
        }
        if W::ADDED {
            self.known().await?;
        }
        if self.streams {
            if !self.told {
                (self.tell)(Change::Begin);
                self.page(FIRST, &Bytes::new()).await?;
            }
            // Rows of that page that are gone by now are swept away with what the watch tells.
            (self.tell)(Change::Begin);
            match self.watch(&Start::Everything, backoff).await {
                // An API server before 1.32, or with its cache off, does not know the parameter.
                Err(ApiError::Refused {
                    code: 400 | 422, ..
                }) => self.streams = false,
                ended => return ended,
            }
        }
        (self.tell)(Change::Begin);
        let mut token = Bytes::new();
        loop {
            let list = self.page(PAGE, &token).await?;
            token = list.continue_token;
            if token.is_empty() {
                self.told = true;
                (self.tell)(Change::Complete);
                self.place = Some(list.resource_version.clone());
                return self
                    .watch(&Start::After(list.resource_version), backoff)
                    .await;
            }
        }
    }

    /// Asks whether the server has such a kind at all: everybody may know that, and who may not list what is not there would
    /// be told that it is forbidden.
    async fn known(&self) -> Result<(), ApiError> {
        if self.api.has(W::API, W::PLURAL).await? {
            return Ok(());
        }
        Err(ApiError::Refused {
            code: StatusCode::NOT_FOUND.as_u16(),
            reason: SafeText::from_static("NotFound"),
            message: safe!("this cluster has no {}", W::PLURAL),
        })
    }

    /// Reads a page of what happened before, once, and watches what happens from now on.
    async fn lately(&mut self, backoff: &mut Backoff) -> Result<(), ApiError> {
        (self.tell)(Change::Begin);
        let limit = if self.told { 1 } else { PAGE };
        let list = self.list(&format!("{}?limit={limit}", self.path)).await?;
        for item in list.items.into_iter().filter(|_| !self.told) {
            (self.tell)(Change::There(W::read(item)?));
        }
        self.told = true;
        (self.tell)(Change::Complete);
        let version = list.metadata.unwrap_or_default().resource_version;
        self.place = Some(version.clone());
        self.watch(&Start::After(version), backoff).await
    }

    async fn page(&mut self, limit: usize, token: &Bytes) -> Result<meta::ListMeta, ApiError> {
        let mut query = format!("{}?limit={limit}", self.path);
        if !token.is_empty() {
            query.push_str("&continue=");
            query.extend(form_urlencoded::byte_serialize(token));
        }
        let list = self.list(&query).await?;
        for item in list.items {
            (self.tell)(Change::There(W::read(item)?));
        }
        Ok(list.metadata.unwrap_or_default())
    }

    async fn list(&self, query: &str) -> Result<meta::Page, ApiError> {
        Ok(W::page(self.api.get(query, W::ACCEPT[0]).await?)?)
    }

    /// Watches until the server ends it. The place moves along, once everything has been told.
    async fn watch(&mut self, start: &Start, backoff: &mut Backoff) -> Result<(), ApiError> {
        let mut body = self.api.send(self.request(start)?).await?.into_body();
        if let Start::After(_) = start {
            backoff.reset();
            (self.tell)(Change::Alive);
        }
        let mut frames = Frames::default();
        loop {
            let Ok(part) = timeout(SILENT, body.frame()).await else {
                // What it would have told is not known.
                self.place = None;
                return Ok(());
            };
            let data = match part {
                None => return Ok(()),
                Some(Err(error)) => return Err(super::connect::lost(error)),
                Some(Ok(frame)) => frame.into_data().unwrap_or_default(),
            };
            frames.push(&data);
            while let Some((kind, raw)) = W::event(&mut frames)? {
                self.event(event::<W>(&kind, raw)?, backoff);
            }
            if self.place.is_some() {
                (self.tell)(Change::Alive);
            }
        }
    }

    fn request(&self, start: &Start) -> Result<Request<Body>, ApiError> {
        let begin = match start {
            Start::Everything => {
                "sendInitialEvents=true&resourceVersionMatch=NotOlderThan".to_owned()
            }
            Start::After(version) => {
                format!("resourceVersion={}", String::from_utf8_lossy(version))
            }
        };
        let seconds = self.api.watch_time().unwrap_or(WATCH).as_secs();
        Request::get(format!(
            "{}?watch=1&allowWatchBookmarks=true&timeoutSeconds={seconds}&{begin}",
            self.path
        ))
        .header(header::ACCEPT, W::ACCEPT[1])
        .header(header::ACCEPT_ENCODING, "identity")
        .body(Body::empty())
        .map_err(|error| ApiError::Lost(SafeText::line(error.to_string())))
    }

    fn event(&mut self, seen: Seen<W>, backoff: &mut Backoff) {
        // Before everything has been told, objects come in no order: none of their versions is a place to go on from.
        let version = match seen {
            Seen::There(object, version) => {
                (self.tell)(Change::There(object));
                version
            }
            Seen::Gone(uid, version) => {
                (self.tell)(Change::Gone(uid));
                version
            }
            Seen::Bookmark { version, complete } => {
                if complete {
                    self.told = true;
                    self.place = Some(version.clone());
                    backoff.reset();
                    (self.tell)(Change::Complete);
                }
                version
            }
        };
        if let Some(place) = &mut self.place {
            *place = version;
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

/// One event of a watch.
enum Seen<W> {
    There(W, Bytes),
    Gone(Bytes, Bytes),
    Bookmark { version: Bytes, complete: bool },
}

fn event<W: Resource>(kind: &[u8], raw: Bytes) -> Result<Seen<W>, ApiError> {
    if kind == b"ERROR" {
        let status = W::status(raw)?;
        return Err(ApiError::Refused {
            code: u16::try_from(status.code).unwrap_or(500),
            reason: SafeText::name(&status.reason),
            message: SafeText::line(&status.message),
        });
    }
    let object = W::read(raw)?;
    let meta = object.metadata().cloned().unwrap_or_default();
    Ok(match kind {
        b"DELETED" => Seen::Gone(meta.uid, meta.resource_version),
        b"BOOKMARK" => Seen::Bookmark {
            complete: meta
                .annotations
                .iter()
                .any(|a| *a.key == *b"k8s.io/initial-events-end"),
            version: meta.resource_version,
        },
        _ => Seen::There(object, meta.resource_version),
    })
}
