//! `apps/v1`.

use bytes::Bytes;
use prost::Message;

use super::{
    core::PodTemplate,
    meta::{IntOrString, LabelSelector, ObjectMeta, RawExtension, Time},
};

/// A Deployment.
#[derive(Clone, PartialEq, Message)]
pub struct Deployment {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should be.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DeploymentSpec>,
    /// What it is.
    #[prost(message, optional, tag = "3")]
    pub status: Option<DeploymentStatus>,
}

/// What a Deployment should be.
#[derive(Clone, PartialEq, Message)]
pub struct DeploymentSpec {
    /// How many pods.
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    /// Which are its pods.
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    /// What they are made from.
    #[prost(message, optional, tag = "3")]
    pub template: Option<PodTemplate>,
    /// How they are replaced.
    #[prost(message, optional, tag = "4")]
    pub strategy: Option<DeploymentStrategy>,
    /// Whether changes wait.
    #[prost(bool, tag = "7")]
    pub paused: bool,
    /// How long a rollout may stand still.
    #[prost(int32, optional, tag = "9")]
    pub deadline_seconds: Option<i32>,
}

/// How pods are replaced.
#[derive(Clone, PartialEq, Message)]
pub struct DeploymentStrategy {
    /// `RollingUpdate` or `Recreate`.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
    /// How many at a time.
    #[prost(message, optional, tag = "2")]
    pub rolling: Option<RollingUpdate>,
}

/// How many at a time.
#[derive(Clone, PartialEq, Message)]
pub struct RollingUpdate {
    /// May be missing.
    #[prost(message, optional, tag = "1")]
    pub max_unavailable: Option<IntOrString>,
    /// May be too many.
    #[prost(message, optional, tag = "2")]
    pub max_surge: Option<IntOrString>,
}

/// What a Deployment is.
#[derive(Clone, PartialEq, Message)]
pub struct DeploymentStatus {
    /// The generation its controller has seen.
    #[prost(int64, tag = "1")]
    pub observed: i64,
    /// Pods.
    #[prost(int32, tag = "2")]
    pub replicas: i32,
    /// Of the present template.
    #[prost(int32, tag = "3")]
    pub updated: i32,
    /// Ready for long enough.
    #[prost(int32, tag = "4")]
    pub available: i32,
    /// Missing.
    #[prost(int32, tag = "5")]
    pub unavailable: i32,
    /// Available, progressing.
    #[prost(message, repeated, tag = "6")]
    pub conditions: Vec<DeploymentCondition>,
    /// Ready.
    #[prost(int32, tag = "7")]
    pub ready: i32,
}

/// A condition of a Deployment.
#[derive(Clone, PartialEq, Message)]
pub struct DeploymentCondition {
    /// Which.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
    /// `True`, `False` or `Unknown`.
    #[prost(bytes = "bytes", tag = "2")]
    pub status: Bytes,
    /// In a word.
    #[prost(bytes = "bytes", tag = "4")]
    pub reason: Bytes,
    /// In words.
    #[prost(bytes = "bytes", tag = "5")]
    pub message: Bytes,
    /// When it was last looked at.
    #[prost(message, optional, tag = "6")]
    pub updated: Option<Time>,
    /// When its status changed.
    #[prost(message, optional, tag = "7")]
    pub since: Option<Time>,
}

/// A ReplicaSet.
#[derive(Clone, PartialEq, Message)]
pub struct ReplicaSet {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should be.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<ReplicaSetSpec>,
    /// What it is.
    #[prost(message, optional, tag = "3")]
    pub status: Option<ReplicaSetStatus>,
}

/// What a ReplicaSet should be.
#[derive(Clone, PartialEq, Message)]
pub struct ReplicaSetSpec {
    /// How many pods.
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    /// What they are made from.
    #[prost(message, optional, tag = "3")]
    pub template: Option<PodTemplate>,
}

/// What a ReplicaSet is.
#[derive(Clone, PartialEq, Message)]
pub struct ReplicaSetStatus {
    /// Pods.
    #[prost(int32, tag = "1")]
    pub replicas: i32,
    /// Ready.
    #[prost(int32, tag = "4")]
    pub ready: i32,
    /// Ready for long enough.
    #[prost(int32, tag = "5")]
    pub available: i32,
    /// Whether its pods could be made.
    #[prost(message, repeated, tag = "6")]
    pub conditions: Vec<SetCondition>,
}

/// A condition of a set.
#[derive(Clone, PartialEq, Message)]
pub struct SetCondition {
    /// Which.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
    /// `True`, `False` or `Unknown`.
    #[prost(bytes = "bytes", tag = "2")]
    pub status: Bytes,
    /// When that changed.
    #[prost(message, optional, tag = "3")]
    pub since: Option<Time>,
    /// In a word.
    #[prost(bytes = "bytes", tag = "4")]
    pub reason: Bytes,
    /// In words.
    #[prost(bytes = "bytes", tag = "5")]
    pub message: Bytes,
}

/// A StatefulSet.
#[derive(Clone, PartialEq, Message)]
pub struct StatefulSet {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should be.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<StatefulSetSpec>,
    /// What it is.
    #[prost(message, optional, tag = "3")]
    pub status: Option<StatefulSetStatus>,
}

/// What a StatefulSet should be.
#[derive(Clone, PartialEq, Message)]
pub struct StatefulSetSpec {
    /// How many pods.
    #[prost(int32, optional, tag = "1")]
    pub replicas: Option<i32>,
    /// Which are its pods.
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    /// What they are made from.
    #[prost(message, optional, tag = "3")]
    pub template: Option<PodTemplate>,
    /// Volumes of their own: whether there are any is all that is asked.
    #[prost(bytes = "bytes", repeated, tag = "4")]
    pub claims: Vec<Bytes>,
    /// `OrderedReady` or `Parallel`.
    #[prost(bytes = "bytes", tag = "6")]
    pub management: Bytes,
    /// How they are replaced.
    #[prost(message, optional, tag = "7")]
    pub strategy: Option<StatefulSetStrategy>,
}

/// How pods are replaced.
#[derive(Clone, PartialEq, Message)]
pub struct StatefulSetStrategy {
    /// `RollingUpdate` or `OnDelete`.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
    /// Which of them.
    #[prost(message, optional, tag = "2")]
    pub rolling: Option<Partition>,
}

/// Pods below this ordinal stay as they are.
#[derive(Clone, PartialEq, Message)]
pub struct Partition {
    /// The ordinal.
    #[prost(int32, tag = "1")]
    pub partition: i32,
}

/// What a StatefulSet is.
#[derive(Clone, PartialEq, Message)]
pub struct StatefulSetStatus {
    /// The generation its controller has seen.
    #[prost(int64, tag = "1")]
    pub observed: i64,
    /// Pods.
    #[prost(int32, tag = "2")]
    pub replicas: i32,
    /// Ready.
    #[prost(int32, tag = "3")]
    pub ready: i32,
    /// Of the current revision.
    #[prost(int32, tag = "4")]
    pub current: i32,
    /// Of the update revision.
    #[prost(int32, tag = "5")]
    pub updated: i32,
    /// The revision before.
    #[prost(bytes = "bytes", tag = "6")]
    pub current_revision: Bytes,
    /// The revision to come.
    #[prost(bytes = "bytes", tag = "7")]
    pub update_revision: Bytes,
    /// Ready for long enough.
    #[prost(int32, tag = "11")]
    pub available: i32,
}

/// A DaemonSet.
#[derive(Clone, PartialEq, Message)]
pub struct DaemonSet {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should be.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DaemonSetSpec>,
    /// What it is.
    #[prost(message, optional, tag = "3")]
    pub status: Option<DaemonSetStatus>,
}

/// What a DaemonSet should be.
#[derive(Clone, PartialEq, Message)]
pub struct DaemonSetSpec {
    /// Which are its pods.
    #[prost(message, optional, tag = "1")]
    pub selector: Option<LabelSelector>,
    /// What they are made from.
    #[prost(message, optional, tag = "2")]
    pub template: Option<PodTemplate>,
    /// How they are replaced.
    #[prost(message, optional, tag = "3")]
    pub strategy: Option<DaemonSetStrategy>,
}

/// How pods are replaced.
#[derive(Clone, PartialEq, Message)]
pub struct DaemonSetStrategy {
    /// `RollingUpdate` or `OnDelete`.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
}

/// What a DaemonSet is.
#[derive(Clone, PartialEq, Message)]
pub struct DaemonSetStatus {
    /// Nodes that run it and should.
    #[prost(int32, tag = "1")]
    pub current: i32,
    /// Nodes that run it and should not.
    #[prost(int32, tag = "2")]
    pub misscheduled: i32,
    /// Nodes that should.
    #[prost(int32, tag = "3")]
    pub desired: i32,
    /// Ready.
    #[prost(int32, tag = "4")]
    pub ready: i32,
    /// The generation its controller has seen.
    #[prost(int64, tag = "5")]
    pub observed: i64,
    /// Of the present template.
    #[prost(int32, tag = "6")]
    pub updated: i32,
    /// Ready for long enough.
    #[prost(int32, tag = "7")]
    pub available: i32,
    /// Missing.
    #[prost(int32, tag = "8")]
    pub unavailable: i32,
}

/// A template that was.
#[derive(Clone, PartialEq, Message)]
pub struct ControllerRevision {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// The template, as JSON.
    #[prost(message, optional, tag = "2")]
    pub data: Option<RawExtension>,
    /// Its number.
    #[prost(int64, tag = "3")]
    pub revision: i64,
}
