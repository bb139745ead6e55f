//! What every object has, and nothing else of it: no data, no secrets.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::api::{Api, ApiError};
/// No other form is accepted: a server that does not know this one sends nothing.
const ALONE: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
}

/// What every object has.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    /// When it was made.
    pub(super) creation_timestamp: Option<Timestamp>,
    /// Who changed it.
    #[serde(default)]
    pub(super) managed_fields: Vec<Managed>,
}

/// Who last set some of an object's fields.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Managed {
    /// Who.
    #[serde(default)]
    pub(super) manager: String,
    /// When.
    pub(super) time: Option<Timestamp>,
    /// By way of which part: `status`, `scale`.
    #[serde(default)]
    pub(super) subresource: String,
    /// Which fields, never what is in them.
    #[serde(default)]
    pub(super) fields_v1: Value,
}

/// Of the object at a path.
///
/// # Errors
/// See [`ApiError`].
pub(super) async fn of(api: &Api, path: &str) -> Result<Metadata, ApiError> {
    let object: Object = api.json_as(path, ALONE).await?;
    Ok(object.metadata)
}
