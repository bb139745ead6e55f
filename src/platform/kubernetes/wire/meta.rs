//! `meta/v1`, `runtime` and `resource`: what every object has.

use bytes::Bytes;
use prost::Message;

/// The envelope of an object.
#[derive(Clone, PartialEq, Message)]
pub struct Unknown {
    /// Its kind.
    #[prost(message, optional, tag = "1")]
    pub type_meta: Option<TypeMeta>,
    /// The object itself.
    #[prost(bytes = "bytes", tag = "2")]
    pub raw: Bytes,
}

/// A kind.
#[derive(Clone, PartialEq, Message)]
pub struct TypeMeta {
    /// `apps/v1`.
    #[prost(bytes = "bytes", tag = "1")]
    pub api_version: Bytes,
    /// `Deployment`.
    #[prost(bytes = "bytes", tag = "2")]
    pub kind: Bytes,
}

/// An object within another one.
#[derive(Clone, PartialEq, Message)]
pub struct RawExtension {
    /// Its bytes: an envelope again, or JSON.
    #[prost(bytes = "bytes", tag = "1")]
    pub raw: Bytes,
}

/// One change.
#[derive(Clone, PartialEq, Message)]
pub struct WatchEvent {
    /// `ADDED`, `MODIFIED`, `DELETED`, `BOOKMARK` or `ERROR`.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
    /// What changed, or a [`Status`].
    #[prost(message, optional, tag = "2")]
    pub object: Option<RawExtension>,
}

/// An error, in the server's words.
#[derive(Clone, PartialEq, Message)]
pub struct Status {
    /// Unused.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ListMeta>,
    /// For people.
    #[prost(bytes = "bytes", tag = "3")]
    pub message: Bytes,
    /// `Expired`, `Forbidden` …
    #[prost(bytes = "bytes", tag = "4")]
    pub reason: Bytes,
    /// As HTTP has it.
    #[prost(int32, tag = "6")]
    pub code: i32,
}

/// Of a list.
#[derive(Clone, PartialEq, Message)]
pub struct ListMeta {
    /// Where a watch goes on from.
    #[prost(bytes = "bytes", tag = "2")]
    pub resource_version: Bytes,
    /// Where the next page begins; empty on the last one.
    #[prost(bytes = "bytes", tag = "3")]
    pub continue_token: Bytes,
    /// How many are yet to come.
    #[prost(int64, optional, tag = "4")]
    pub remaining: Option<i64>,
}

/// A moment.
#[derive(Clone, PartialEq, Message)]
pub struct Time {
    /// Since 1970.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// Of a second.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// An entry of a map of strings.
#[derive(Clone, PartialEq, Message)]
pub struct Pair {
    /// Its key.
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    /// Its value.
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
}

/// What every object has.
#[derive(Clone, PartialEq, Message)]
pub struct ObjectMeta {
    /// Its name.
    #[prost(bytes = "bytes", tag = "1")]
    pub name: Bytes,
    /// Empty for what belongs to the cluster.
    #[prost(bytes = "bytes", tag = "3")]
    pub namespace: Bytes,
    /// Identifies it for ever; names do not.
    #[prost(bytes = "bytes", tag = "5")]
    pub uid: Bytes,
    /// Its version in the store.
    #[prost(bytes = "bytes", tag = "6")]
    pub resource_version: Bytes,
    /// Counts changes of its spec.
    #[prost(int64, tag = "7")]
    pub generation: i64,
    /// When it was made.
    #[prost(message, optional, tag = "8")]
    pub created: Option<Time>,
    /// When it began to be deleted.
    #[prost(message, optional, tag = "9")]
    pub deleted: Option<Time>,
    /// Labels.
    #[prost(message, repeated, tag = "11")]
    pub labels: Vec<Pair>,
    /// Annotations.
    #[prost(message, repeated, tag = "12")]
    pub annotations: Vec<Pair>,
    /// Who owns it.
    #[prost(message, repeated, tag = "13")]
    pub owners: Vec<OwnerReference>,
}

/// An owner.
#[derive(Clone, PartialEq, Message)]
pub struct OwnerReference {
    /// `ReplicaSet`.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
    /// Its name.
    #[prost(bytes = "bytes", tag = "3")]
    pub name: Bytes,
    /// Its uid.
    #[prost(bytes = "bytes", tag = "4")]
    pub uid: Bytes,
    /// Whether it manages the object.
    #[prost(bool, tag = "6")]
    pub controller: bool,
    /// `apps/v1`.
    #[prost(bytes = "bytes", tag = "5")]
    pub api_version: Bytes,
}

/// An amount: `250m`, `64Mi`.
#[derive(Clone, PartialEq, Message)]
pub struct Quantity {
    /// As written.
    #[prost(bytes = "bytes", tag = "1")]
    pub text: Bytes,
}

/// An entry of a map of amounts.
#[derive(Clone, PartialEq, Message)]
pub struct QuantityPair {
    /// `cpu`, `memory` …
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    /// How much.
    #[prost(message, optional, tag = "2")]
    pub value: Option<Quantity>,
}

/// A number or a share.
#[derive(Clone, PartialEq, Message)]
pub struct IntOrString {
    /// 0 is a number, 1 text.
    #[prost(int64, tag = "1")]
    pub kind: i64,
    /// The number.
    #[prost(int32, tag = "2")]
    pub number: i32,
    /// The text: `25%`.
    #[prost(bytes = "bytes", tag = "3")]
    pub text: Bytes,
}

/// Chooses by labels.
#[derive(Clone, PartialEq, Message)]
pub struct LabelSelector {
    /// All of these.
    #[prost(message, repeated, tag = "1")]
    pub labels: Vec<Pair>,
    /// And these.
    #[prost(message, repeated, tag = "2")]
    pub expressions: Vec<Requirement>,
}

/// One condition on a label.
#[derive(Clone, PartialEq, Message)]
pub struct Requirement {
    /// Which label.
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    /// `In`, `NotIn`, `Exists`, `DoesNotExist`.
    #[prost(bytes = "bytes", tag = "2")]
    pub operator: Bytes,
    /// Its values.
    #[prost(bytes = "bytes", repeated, tag = "3")]
    pub values: Vec<Bytes>,
}

/// `meta/v1` Condition.
#[derive(Clone, PartialEq, Message)]
pub struct Condition {
    /// Which.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
    /// `True`, `False` or `Unknown`.
    #[prost(bytes = "bytes", tag = "2")]
    pub status: Bytes,
    /// When that changed.
    #[prost(message, optional, tag = "4")]
    pub since: Option<Time>,
    /// In a word.
    #[prost(bytes = "bytes", tag = "5")]
    pub reason: Bytes,
    /// In words.
    #[prost(bytes = "bytes", tag = "6")]
    pub message: Bytes,
}

/// Any list: its objects stay bytes until their kind reads them.
#[derive(Clone, PartialEq, Message)]
pub struct Page {
    /// Where it stands.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ListMeta>,
    /// The objects.
    #[prost(bytes = "bytes", repeated, tag = "2")]
    pub items: Vec<Bytes>,
}
