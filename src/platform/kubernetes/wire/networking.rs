//! `networking/v1` and `discovery/v1`: how requests reach pods.

use bytes::Bytes;
use prost::Message;

use super::{core::ObjectReference, meta::ObjectMeta};

/// An Ingress.
#[derive(Clone, PartialEq, Message)]
pub struct Ingress {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should do.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<IngressSpec>,
}

/// What an Ingress should do.
#[derive(Clone, PartialEq, Message)]
pub struct IngressSpec {
    /// Where the rest goes.
    #[prost(message, optional, tag = "1")]
    pub default: Option<IngressBackend>,
    /// Which host goes where.
    #[prost(message, repeated, tag = "3")]
    pub rules: Vec<IngressRule>,
}

/// Which host goes where.
#[derive(Clone, PartialEq, Message)]
pub struct IngressRule {
    /// The host.
    #[prost(bytes = "bytes", tag = "1")]
    pub host: Bytes,
    /// Its paths.
    #[prost(message, optional, tag = "2")]
    pub value: Option<IngressRuleValue>,
}

/// The rule of a host.
#[derive(Clone, PartialEq, Message)]
pub struct IngressRuleValue {
    /// By path.
    #[prost(message, optional, tag = "1")]
    pub http: Option<IngressPaths>,
}

/// Paths of a host.
#[derive(Clone, PartialEq, Message)]
pub struct IngressPaths {
    /// One after another.
    #[prost(message, repeated, tag = "1")]
    pub paths: Vec<IngressPath>,
}

/// Which path goes where.
#[derive(Clone, PartialEq, Message)]
pub struct IngressPath {
    /// The path.
    #[prost(bytes = "bytes", tag = "1")]
    pub path: Bytes,
    /// Where it goes.
    #[prost(message, optional, tag = "2")]
    pub backend: Option<IngressBackend>,
}

/// Where requests go.
#[derive(Clone, PartialEq, Message)]
pub struct IngressBackend {
    /// To which Service.
    #[prost(message, optional, tag = "4")]
    pub service: Option<IngressService>,
}

/// A Service.
#[derive(Clone, PartialEq, Message)]
pub struct IngressService {
    /// Its name.
    #[prost(bytes = "bytes", tag = "1")]
    pub name: Bytes,
}

/// Some of the addresses of a Service.
#[derive(Clone, PartialEq, Message)]
pub struct EndpointSlice {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// Its addresses.
    #[prost(message, repeated, tag = "2")]
    pub endpoints: Vec<Endpoint>,
}

/// An address.
#[derive(Clone, PartialEq, Message)]
pub struct Endpoint {
    /// Whether it serves.
    #[prost(message, optional, tag = "2")]
    pub conditions: Option<EndpointConditions>,
    /// Which pod it is.
    #[prost(message, optional, tag = "4")]
    pub target: Option<ObjectReference>,
    /// On which node.
    #[prost(bytes = "bytes", tag = "6")]
    pub node: Bytes,
    /// In which zone.
    #[prost(bytes = "bytes", tag = "7")]
    pub zone: Bytes,
}

/// Whether an address serves.
#[derive(Clone, PartialEq, Message)]
pub struct EndpointConditions {
    /// It does.
    #[prost(bool, optional, tag = "1")]
    pub ready: Option<bool>,
    /// It does, or would but for its leaving.
    #[prost(bool, optional, tag = "2")]
    pub serving: Option<bool>,
    /// It leaves.
    #[prost(bool, optional, tag = "3")]
    pub terminating: Option<bool>,
}
