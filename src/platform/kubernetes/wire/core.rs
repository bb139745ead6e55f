//! `core/v1`.

use bytes::Bytes;
use prost::Message;

use super::meta::{ObjectMeta, QuantityPair, Time};

/// A pod.
#[derive(Clone, PartialEq, Message)]
pub struct Pod {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should be.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PodSpec>,
    /// What it is.
    #[prost(message, optional, tag = "3")]
    pub status: Option<PodStatus>,
}

/// What a pod should be.
#[derive(Clone, PartialEq, Message)]
pub struct PodSpec {
    /// Its volumes.
    #[prost(message, repeated, tag = "1")]
    pub volumes: Vec<Volume>,
    /// Its containers.
    #[prost(message, repeated, tag = "2")]
    pub containers: Vec<Container>,
    /// `Always`, `OnFailure` or `Never`.
    #[prost(bytes = "bytes", tag = "3")]
    pub restart_policy: Bytes,
    /// How long it may take to stop.
    #[prost(int64, optional, tag = "4")]
    pub grace_seconds: Option<i64>,
    /// Where it was put.
    #[prost(bytes = "bytes", tag = "10")]
    pub node_name: Bytes,
    /// What runs before them.
    #[prost(message, repeated, tag = "20")]
    pub init_containers: Vec<Container>,
}

/// A volume.
#[derive(Clone, PartialEq, Message)]
pub struct Volume {
    /// Its name in the pod.
    #[prost(bytes = "bytes", tag = "1")]
    pub name: Bytes,
    /// Where it comes from.
    #[prost(message, optional, tag = "2")]
    pub source: Option<VolumeSource>,
}

/// Where a volume comes from.
#[derive(Clone, PartialEq, Message)]
pub struct VolumeSource {
    /// A Secret; its name is in another field, unread.
    #[prost(message, optional, tag = "6")]
    pub secret: Option<NamedSource>,
    /// A claim.
    #[prost(message, optional, tag = "10")]
    pub claim: Option<ClaimSource>,
}

/// A source that is only counted.
#[derive(Clone, PartialEq, Message)]
pub struct NamedSource {
    /// Its name.
    #[prost(bytes = "bytes", tag = "1")]
    pub name: Bytes,
}

/// A claim used as volume.
#[derive(Clone, PartialEq, Message)]
pub struct ClaimSource {
    /// Its name.
    #[prost(bytes = "bytes", tag = "1")]
    pub claim: Bytes,
}

/// A container.
#[derive(Clone, PartialEq, Message)]
pub struct Container {
    /// Its name.
    #[prost(bytes = "bytes", tag = "1")]
    pub name: Bytes,
    /// As written.
    #[prost(bytes = "bytes", tag = "2")]
    pub image: Bytes,
    /// What it listens on.
    #[prost(message, repeated, tag = "6")]
    pub ports: Vec<ContainerPort>,
    /// Its environment; values are not read.
    #[prost(message, repeated, tag = "7")]
    pub env: Vec<EnvVar>,
    /// What it asks for and may use.
    #[prost(message, optional, tag = "8")]
    pub resources: Option<Resources>,
    /// Whether it has a liveness probe.
    #[prost(message, optional, tag = "10")]
    pub liveness: Option<Present>,
    /// Whether it has a readiness probe.
    #[prost(message, optional, tag = "11")]
    pub readiness: Option<Present>,
    /// Whether it has a startup probe.
    #[prost(message, optional, tag = "22")]
    pub startup: Option<Present>,
    /// `Always` makes an init container a sidecar.
    #[prost(bytes = "bytes", tag = "24")]
    pub restart_policy: Bytes,
}

/// Something of which it only matters that it is there.
#[derive(Clone, PartialEq, Message)]
pub struct Present {}

/// A port.
#[derive(Clone, PartialEq, Message)]
pub struct ContainerPort {
    /// Its name.
    #[prost(bytes = "bytes", tag = "1")]
    pub name: Bytes,
    /// On the node, when fixed.
    #[prost(int32, tag = "2")]
    pub host: i32,
    /// In the pod.
    #[prost(int32, tag = "3")]
    pub port: i32,
    /// `TCP`.
    #[prost(bytes = "bytes", tag = "4")]
    pub protocol: Bytes,
}

/// The name of a variable.
#[derive(Clone, PartialEq, Message)]
pub struct EnvVar {
    /// Its name.
    #[prost(bytes = "bytes", tag = "1")]
    pub name: Bytes,
}

/// Requests and limits.
#[derive(Clone, PartialEq, Message)]
pub struct Resources {
    /// What it may use.
    #[prost(message, repeated, tag = "1")]
    pub limits: Vec<QuantityPair>,
    /// What is kept for it.
    #[prost(message, repeated, tag = "2")]
    pub requests: Vec<QuantityPair>,
}

/// What a pod is.
#[derive(Clone, PartialEq, Message)]
pub struct PodStatus {
    /// `Pending`, `Running`, `Succeeded`, `Failed`, `Unknown`.
    #[prost(bytes = "bytes", tag = "1")]
    pub phase: Bytes,
    /// Scheduled, initialised, ready.
    #[prost(message, repeated, tag = "2")]
    pub conditions: Vec<PodCondition>,
    /// Why it is in this phase.
    #[prost(bytes = "bytes", tag = "3")]
    pub message: Bytes,
    /// The same in a word: `Evicted`.
    #[prost(bytes = "bytes", tag = "4")]
    pub reason: Bytes,
    /// Its address.
    #[prost(bytes = "bytes", tag = "6")]
    pub ip: Bytes,
    /// When the kubelet took it.
    #[prost(message, optional, tag = "7")]
    pub started: Option<Time>,
    /// Its containers.
    #[prost(message, repeated, tag = "8")]
    pub containers: Vec<ContainerStatus>,
    /// Those that run before.
    #[prost(message, repeated, tag = "10")]
    pub init_containers: Vec<ContainerStatus>,
}

/// A condition of a pod.
#[derive(Clone, PartialEq, Message)]
pub struct PodCondition {
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

/// What a container is.
#[derive(Clone, PartialEq, Message)]
pub struct ContainerStatus {
    /// Which.
    #[prost(bytes = "bytes", tag = "1")]
    pub name: Bytes,
    /// Now.
    #[prost(message, optional, tag = "2")]
    pub state: Option<ContainerState>,
    /// Before.
    #[prost(message, optional, tag = "3")]
    pub last: Option<ContainerState>,
    /// Whether it serves.
    #[prost(bool, tag = "4")]
    pub ready: bool,
    /// How often it was started again.
    #[prost(int32, tag = "5")]
    pub restarts: i32,
    /// What runs.
    #[prost(bytes = "bytes", tag = "6")]
    pub image: Bytes,
    /// The same, by digest.
    #[prost(bytes = "bytes", tag = "7")]
    pub image_id: Bytes,
    /// Whether its startup probe has passed.
    #[prost(bool, optional, tag = "9")]
    pub started: Option<bool>,
}

/// One of three.
#[derive(Clone, PartialEq, Message)]
pub struct ContainerState {
    /// Not yet, or not now.
    #[prost(message, optional, tag = "1")]
    pub waiting: Option<Waiting>,
    /// It runs.
    #[prost(message, optional, tag = "2")]
    pub running: Option<Running>,
    /// It has ended.
    #[prost(message, optional, tag = "3")]
    pub terminated: Option<Terminated>,
}

/// Why it does not run.
#[derive(Clone, PartialEq, Message)]
pub struct Waiting {
    /// `CrashLoopBackOff`.
    #[prost(bytes = "bytes", tag = "1")]
    pub reason: Bytes,
    /// In words.
    #[prost(bytes = "bytes", tag = "2")]
    pub message: Bytes,
}

/// It runs.
#[derive(Clone, PartialEq, Message)]
pub struct Running {
    /// Since when.
    #[prost(message, optional, tag = "1")]
    pub started: Option<Time>,
}

/// How it ended.
#[derive(Clone, PartialEq, Message)]
pub struct Terminated {
    /// Its exit code.
    #[prost(int32, tag = "1")]
    pub exit_code: i32,
    /// By which signal.
    #[prost(int32, tag = "2")]
    pub signal: i32,
    /// `OOMKilled`, `Error`, `Completed`.
    #[prost(bytes = "bytes", tag = "3")]
    pub reason: Bytes,
    /// Its last words, if it left some.
    #[prost(bytes = "bytes", tag = "4")]
    pub message: Bytes,
    /// When that run began.
    #[prost(message, optional, tag = "5")]
    pub started: Option<Time>,
    /// When it ended.
    #[prost(message, optional, tag = "6")]
    pub finished: Option<Time>,
}

/// What pods are made from.
#[derive(Clone, PartialEq, Message)]
pub struct PodTemplate {
    /// Their labels.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// Their spec.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<PodSpec>,
}

/// Something that happened.
#[derive(Clone, PartialEq, Message)]
pub struct Event {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// To what.
    #[prost(message, optional, tag = "2")]
    pub object: Option<ObjectReference>,
    /// In a word.
    #[prost(bytes = "bytes", tag = "3")]
    pub reason: Bytes,
    /// In words.
    #[prost(bytes = "bytes", tag = "4")]
    pub message: Bytes,
    /// Who says so.
    #[prost(message, optional, tag = "5")]
    pub source: Option<EventSource>,
    /// When it began.
    #[prost(message, optional, tag = "6")]
    pub first: Option<Time>,
    /// When it was last seen.
    #[prost(message, optional, tag = "7")]
    pub last: Option<Time>,
    /// How often.
    #[prost(int32, tag = "8")]
    pub count: i32,
    /// `Normal` or `Warning`.
    #[prost(bytes = "bytes", tag = "9")]
    pub kind: Bytes,
    /// When, in the newer form.
    #[prost(message, optional, tag = "10")]
    pub time: Option<Time>,
    /// Repeats, in the newer form.
    #[prost(message, optional, tag = "11")]
    pub series: Option<EventSeries>,
}

/// Who says so.
#[derive(Clone, PartialEq, Message)]
pub struct EventSource {
    /// `kubelet`.
    #[prost(bytes = "bytes", tag = "1")]
    pub component: Bytes,
    /// On which node.
    #[prost(bytes = "bytes", tag = "2")]
    pub host: Bytes,
}

/// Repeats.
#[derive(Clone, PartialEq, Message)]
pub struct EventSeries {
    /// How often.
    #[prost(int32, tag = "1")]
    pub count: i32,
    /// When last.
    #[prost(message, optional, tag = "2")]
    pub last: Option<Time>,
}

/// Which object.
#[derive(Clone, PartialEq, Message)]
pub struct ObjectReference {
    /// Its kind.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
    /// Its namespace.
    #[prost(bytes = "bytes", tag = "2")]
    pub namespace: Bytes,
    /// Its name.
    #[prost(bytes = "bytes", tag = "3")]
    pub name: Bytes,
    /// Its uid.
    #[prost(bytes = "bytes", tag = "4")]
    pub uid: Bytes,
    /// Which part: `spec.containers{api}`.
    #[prost(bytes = "bytes", tag = "7")]
    pub field: Bytes,
}

/// A node.
#[derive(Clone, PartialEq, Message)]
pub struct Node {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should be.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<NodeSpec>,
    /// What it is.
    #[prost(message, optional, tag = "3")]
    pub status: Option<NodeStatus>,
}

/// What a node should be.
#[derive(Clone, PartialEq, Message)]
pub struct NodeSpec {
    /// Cordoned.
    #[prost(bool, tag = "4")]
    pub unschedulable: bool,
    /// What keeps pods away.
    #[prost(message, repeated, tag = "5")]
    pub taints: Vec<Taint>,
}

/// What keeps pods away.
#[derive(Clone, PartialEq, Message)]
pub struct Taint {
    /// Which.
    #[prost(bytes = "bytes", tag = "1")]
    pub key: Bytes,
    /// Its value.
    #[prost(bytes = "bytes", tag = "2")]
    pub value: Bytes,
    /// `NoSchedule` …
    #[prost(bytes = "bytes", tag = "3")]
    pub effect: Bytes,
}

/// What a node is.
#[derive(Clone, PartialEq, Message)]
pub struct NodeStatus {
    /// What it has.
    #[prost(message, repeated, tag = "1")]
    pub capacity: Vec<QuantityPair>,
    /// What pods may use of it.
    #[prost(message, repeated, tag = "2")]
    pub allocatable: Vec<QuantityPair>,
    /// Ready, under pressure. (Their times have other tags and are not read.)
    #[prost(message, repeated, tag = "4")]
    pub conditions: Vec<PodCondition>,
    /// What it runs.
    #[prost(message, optional, tag = "7")]
    pub info: Option<NodeInfo>,
}

/// What a node runs.
#[derive(Clone, PartialEq, Message)]
pub struct NodeInfo {
    /// The version of its kubelet.
    #[prost(bytes = "bytes", tag = "7")]
    pub kubelet: Bytes,
}

/// A quota of a namespace.
#[derive(Clone, PartialEq, Message)]
pub struct ResourceQuota {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// Where it stands.
    #[prost(message, optional, tag = "3")]
    pub status: Option<ResourceQuotaStatus>,
}

/// Where a quota stands.
#[derive(Clone, PartialEq, Message)]
pub struct ResourceQuotaStatus {
    /// What may be used.
    #[prost(message, repeated, tag = "1")]
    pub hard: Vec<QuantityPair>,
    /// What is used.
    #[prost(message, repeated, tag = "2")]
    pub used: Vec<QuantityPair>,
}

/// A namespace.
#[derive(Clone, PartialEq, Message)]
pub struct Namespace {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
}
