//! What the API server sends, as protobuf: only the fields that are shown, with the tags of Kubernetes' `generated.proto`. What
//! somebody added to Kubernetes comes as JSON, and is read into the same shapes.
//!
//! Text stays as slices of the received bytes until it becomes a `SafeText` of a row; unknown fields are skipped. An object
//! is `k8s\0` and an [`meta::Unknown`]; a watch is a row of length-prefixed [`meta::WatchEvent`]s
//! (<https://kubernetes.io/docs/reference/using-api/api-concepts/#protobuf-encoding>).

pub mod apps;
pub mod argo;
pub mod autoscaling;
pub mod batch;
pub mod core;
pub mod form;
pub mod frame;
pub mod meta;
mod resources;

pub use form::Form;
pub use frame::{Frames, WireError, object};
