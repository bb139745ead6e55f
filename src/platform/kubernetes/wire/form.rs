//! The two forms in which objects come: protobuf for the kinds that Kubernetes has by itself, JSON for those that somebody
//! added.

use bytes::Bytes;
use prost::Message;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    frame::{Frames, WireError, object},
    meta::{ListMeta, Page, Status, WatchEvent},
};

/// An object that comes in one of the two forms.
pub trait Form: Default + 'static {
    /// What a list is asked for as, and a watch.
    const ACCEPT: [&'static str; 2];

    /// What a list's answer holds; its objects stay bytes.
    ///
    /// # Errors
    /// It is no list in this form.
    fn page(answer: Bytes) -> Result<Page, WireError>;

    /// The next whole event of a watch: of which kind, and its object's bytes.
    ///
    /// # Errors
    /// It is no event in this form.
    fn event(frames: &mut Frames) -> Result<Option<(Bytes, Bytes)>, WireError>;

    /// An error that came as an event.
    ///
    /// # Errors
    /// It does not read.
    fn status(raw: Bytes) -> Result<Status, WireError>;

    /// An object.
    ///
    /// # Errors
    /// It does not read.
    fn read(raw: Bytes) -> Result<Self, WireError>;
}

impl<M: Message + Default + 'static> Form for M {
    const ACCEPT: [&'static str; 2] = [
        "application/vnd.kubernetes.protobuf",
        "application/vnd.kubernetes.protobuf;stream=watch",
    ];

    fn page(answer: Bytes) -> Result<Page, WireError> {
        Ok(Page::decode(object(answer)?.raw)?)
    }

    fn event(frames: &mut Frames) -> Result<Option<(Bytes, Bytes)>, WireError> {
        let Some(frame) = frames.whole()? else {
            return Ok(None);
        };
        let event = WatchEvent::decode(frame)?;
        let raw = object(event.object.unwrap_or_default().raw)?.raw;
        Ok(Some((event.kind, raw)))
    }

    fn status(raw: Bytes) -> Result<Status, WireError> {
        Ok(Status::decode(raw)?)
    }

    fn read(raw: Bytes) -> Result<Self, WireError> {
        Ok(Self::decode(raw)?)
    }
}

/// JSON is asked for in the same way, be it once or as a watch.
pub(super) const JSON: [&str; 2] = ["application/json", "application/json"];

/// What a list's answer holds, as JSON.
pub(super) fn page(answer: &[u8]) -> Result<Page, WireError> {
    #[derive(Deserialize)]
    struct List<'a> {
        metadata: Place,
        #[serde(borrow)]
        items: Vec<&'a RawValue>,
    }
    #[derive(Deserialize, Default)]
    #[serde(default, rename_all = "camelCase")]
    struct Place {
        resource_version: String,
        r#continue: String,
    }
    let list: List<'_> = parse(answer)?;
    Ok(Page {
        metadata: Some(ListMeta {
            resource_version: list.metadata.resource_version.into(),
            continue_token: list.metadata.r#continue.into(),
            remaining: None,
        }),
        items: list.items.iter().map(|item| bytes(item)).collect(),
    })
}

/// The next line of a watch, as JSON.
pub(super) fn event(frames: &mut Frames) -> Result<Option<(Bytes, Bytes)>, WireError> {
    #[derive(Deserialize)]
    struct Event<'a> {
        r#type: String,
        #[serde(borrow)]
        object: &'a RawValue,
    }
    let Some(line) = frames.line()? else {
        return Ok(None);
    };
    let event: Event<'_> = parse(&line)?;
    Ok(Some((event.r#type.into(), bytes(event.object))))
}

/// An error that came as an event, as JSON.
pub(super) fn status(raw: &[u8]) -> Result<Status, WireError> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Words {
        message: String,
        reason: String,
        code: i32,
    }
    let words: Words = parse(raw)?;
    Ok(Status {
        metadata: None,
        message: words.message.into(),
        reason: words.reason.into(),
        code: words.code,
    })
}

/// Anything, as JSON.
pub(super) fn parse<'a, T: Deserialize<'a>>(raw: &'a [u8]) -> Result<T, WireError> {
    serde_json::from_slice(raw).map_err(|error| WireError::Json(error.to_string()))
}

fn bytes(raw: &RawValue) -> Bytes {
    Bytes::copy_from_slice(raw.get().as_bytes())
}
