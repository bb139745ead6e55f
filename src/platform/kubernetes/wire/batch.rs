//! `batch/v1`.

use bytes::Bytes;
use prost::Message;

use super::{
    core::{ObjectReference, PodCondition, PodTemplate},
    meta::{ObjectMeta, Time},
};

/// A Job.
#[derive(Clone, PartialEq, Message)]
pub struct Job {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should be.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<JobSpec>,
    /// What it is.
    #[prost(message, optional, tag = "3")]
    pub status: Option<JobStatus>,
}

/// What a Job should be.
#[derive(Clone, PartialEq, Message)]
pub struct JobSpec {
    /// Pods at a time.
    #[prost(int32, optional, tag = "1")]
    pub parallelism: Option<i32>,
    /// Pods that must succeed.
    #[prost(int32, optional, tag = "2")]
    pub completions: Option<i32>,
    /// What they are made from.
    #[prost(message, optional, tag = "6")]
    pub template: Option<PodTemplate>,
    /// Failures it may have.
    #[prost(int32, optional, tag = "7")]
    pub backoff_limit: Option<i32>,
    /// Whether it waits.
    #[prost(bool, tag = "10")]
    pub suspend: bool,
}

/// What a Job is.
#[derive(Clone, PartialEq, Message)]
pub struct JobStatus {
    /// Complete, failed. (`since` is the time of the change.)
    #[prost(message, repeated, tag = "1")]
    pub conditions: Vec<PodCondition>,
    /// When it began.
    #[prost(message, optional, tag = "2")]
    pub started: Option<Time>,
    /// When it ended well.
    #[prost(message, optional, tag = "3")]
    pub completed: Option<Time>,
    /// Pods that run.
    #[prost(int32, tag = "4")]
    pub active: i32,
    /// Pods that ended well.
    #[prost(int32, tag = "5")]
    pub succeeded: i32,
    /// Pods that did not.
    #[prost(int32, tag = "6")]
    pub failed: i32,
}

/// A CronJob.
#[derive(Clone, PartialEq, Message)]
pub struct CronJob {
    /// What every object has.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// What it should be.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<CronJobSpec>,
    /// What it is.
    #[prost(message, optional, tag = "3")]
    pub status: Option<CronJobStatus>,
}

/// What a CronJob should be.
#[derive(Clone, PartialEq, Message)]
pub struct CronJobSpec {
    /// As cron writes it.
    #[prost(bytes = "bytes", tag = "1")]
    pub schedule: Bytes,
    /// How late it may begin.
    #[prost(int64, optional, tag = "2")]
    pub starting_deadline_seconds: Option<i64>,
    /// `Allow`, `Forbid` or `Replace`.
    #[prost(bytes = "bytes", tag = "3")]
    pub concurrency: Bytes,
    /// Whether it waits.
    #[prost(bool, tag = "4")]
    pub suspend: bool,
    /// What its Jobs are made from.
    #[prost(message, optional, tag = "5")]
    pub template: Option<JobTemplate>,
    /// The time zone of the schedule.
    #[prost(bytes = "bytes", tag = "8")]
    pub zone: Bytes,
}

/// What Jobs are made from.
#[derive(Clone, PartialEq, Message)]
pub struct JobTemplate {
    /// Their labels.
    #[prost(message, optional, tag = "1")]
    pub metadata: Option<ObjectMeta>,
    /// Their spec.
    #[prost(message, optional, tag = "2")]
    pub spec: Option<JobSpec>,
}

/// What a CronJob is.
#[derive(Clone, PartialEq, Message)]
pub struct CronJobStatus {
    /// Jobs that run.
    #[prost(message, repeated, tag = "1")]
    pub active: Vec<ObjectReference>,
    /// When it last began.
    #[prost(message, optional, tag = "4")]
    pub scheduled: Option<Time>,
    /// When it last ended well.
    #[prost(message, optional, tag = "5")]
    pub succeeded: Option<Time>,
}
