//! `autoscaling/v2` and `policy/v1`: what else decides how many pods there are.

use bytes::Bytes;
use prost::Message;

use super::meta::{Condition, IntOrString, LabelSelector, ObjectMeta, Time};

/// A HorizontalPodAutoscaler.
#[derive(Clone, PartialEq, Message)]
pub struct Autoscaler {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should do.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<AutoscalerSpec>,
    /// What it does.
    #[prost(message, optional, tag = "3")]
    pub status: Option<AutoscalerStatus>,
}

/// What an autoscaler should do.
#[derive(Clone, PartialEq, Message)]
pub struct AutoscalerSpec {
    /// To what.
    #[prost(message, optional, tag = "1")]
    pub target: Option<ScaleTarget>,
    /// At least.
    #[prost(int32, optional, tag = "2")]
    pub min: Option<i32>,
    /// At most.
    #[prost(int32, tag = "3")]
    pub max: i32,
}

/// What is scaled.
#[derive(Clone, PartialEq, Message)]
pub struct ScaleTarget {
    /// Its kind.
    #[prost(bytes = "bytes", tag = "1")]
    pub kind: Bytes,
    /// Its name.
    #[prost(bytes = "bytes", tag = "2")]
    pub name: Bytes,
}

/// What an autoscaler does.
#[derive(Clone, PartialEq, Message)]
pub struct AutoscalerStatus {
    /// When it last changed the number.
    #[prost(message, optional, tag = "2")]
    pub last_scale: Option<Time>,
    /// Pods there are.
    #[prost(int32, tag = "3")]
    pub current: i32,
    /// Pods it wants.
    #[prost(int32, tag = "4")]
    pub desired: i32,
    /// Able, active, limited.
    #[prost(message, repeated, tag = "6")]
    pub conditions: Vec<ScaleCondition>,
}

/// A condition of an autoscaler.
#[derive(Clone, PartialEq, Message)]
pub struct ScaleCondition {
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

/// A PodDisruptionBudget.
#[derive(Clone, PartialEq, Message)]
pub struct DisruptionBudget {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it keeps.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<DisruptionBudgetSpec>,
    /// Where it stands.
    #[prost(message, optional, tag = "3")]
    pub status: Option<DisruptionBudgetStatus>,
}

/// What a budget keeps.
#[derive(Clone, PartialEq, Message)]
pub struct DisruptionBudgetSpec {
    /// At least so many.
    #[prost(message, optional, tag = "1")]
    pub min_available: Option<IntOrString>,
    /// Of these pods.
    #[prost(message, optional, tag = "2")]
    pub selector: Option<LabelSelector>,
    /// At most so few.
    #[prost(message, optional, tag = "3")]
    pub max_unavailable: Option<IntOrString>,
}

/// Where a budget stands.
#[derive(Clone, PartialEq, Message)]
pub struct DisruptionBudgetStatus {
    /// Evictions it allows now.
    #[prost(int32, tag = "3")]
    pub allowed: i32,
    /// Pods that are healthy.
    #[prost(int32, tag = "4")]
    pub healthy: i32,
    /// Healthy pods it wants.
    #[prost(int32, tag = "5")]
    pub wanted: i32,
    /// Pods it counts.
    #[prost(int32, tag = "6")]
    pub expected: i32,
    /// Whether it could count.
    #[prost(message, repeated, tag = "7")]
    pub conditions: Vec<Condition>,
}
