//! What an operator names: a Deployment, a StatefulSet, a DaemonSet, a Job, a CronJob, an Argo Rollout.

use jiff::Timestamp;

use super::{Owner, controller, labels, time, truth, value};
use crate::{
    domain::service::{ServiceId, ServiceKind},
    platform::kubernetes::{
        argo::{self, Stage},
        store::Uid,
        texts::Texts,
        wire::{self, apps, batch, core, meta},
    },
    safe,
    text::SafeText,
};

/// A condition that says something, in its controller's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Condition {
    /// `ReplicaFailure`.
    pub(in super::super) kind: SafeText,
    /// `FailedCreate`.
    pub(in super::super) reason: SafeText,
    /// In words.
    pub(in super::super) message: SafeText,
    /// When its status changed.
    pub(in super::super) since: Option<Timestamp>,
}

impl Condition {
    pub(in super::super) fn new(
        kind: &[u8],
        reason: &[u8],
        message: &[u8],
        since: Option<&meta::Time>,
        texts: &mut Texts,
    ) -> Self {
        Self {
            kind: texts.name(kind),
            reason: texts.name(reason),
            message: texts.words(SafeText::line(message)),
            since: time(since),
        }
    }
}

/// The figures by which a rollout is judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Progress {
    /// Counts changes of the spec.
    pub(in super::super) generation: i64,
    /// The last of them that its controller has seen.
    pub(in super::super) observed: i64,
    /// Pods there should be.
    pub(in super::super) desired: u32,
    /// Pods there are.
    pub(in super::super) replicas: u32,
    /// Of the present template.
    pub(in super::super) updated: u32,
    /// That serve.
    pub(in super::super) ready: u32,
    /// That have served for long enough.
    pub(in super::super) available: u32,
    /// StatefulSet: pods below this ordinal stay on the old revision.
    pub(in super::super) partition: u32,
    /// Pods are replaced only as somebody deletes them.
    pub(in super::super) on_delete: bool,
    /// Changes wait: somebody paused it.
    pub(in super::super) paused: bool,
}

/// A workload.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Workload {
    /// Its identity as a service.
    pub(in super::super) id: ServiceId,
    /// Its uid.
    pub(in super::super) uid: Uid,
    /// What it is.
    pub(in super::super) kind: ServiceKind,
    /// Its own name.
    pub(in super::super) name: SafeText,
    /// Who manages it; a CronJob its Jobs.
    pub(in super::super) owner: Option<Owner>,
    /// How far its rollout is.
    pub(in super::super) progress: Progress,
    /// The conditions that are not as they should be, and `Progressing`.
    pub(in super::super) conditions: Vec<Condition>,
    /// The present revision: a Deployment's number, a set's name; empty where it has none.
    pub(in super::super) revision: SafeText,
    /// Images of its containers, the first one first.
    pub(in super::super) images: Vec<SafeText>,
    /// Labels of its pods.
    pub(in super::super) labels: Vec<(SafeText, SafeText)>,
    /// When it was made.
    pub(in super::super) created: Option<Timestamp>,
    /// Holds volumes of its own, or claims.
    pub(in super::super) stateful: bool,
    /// CronJob: when it last began; Job: when it began.
    pub(in super::super) started: Option<Timestamp>,
    /// CronJob: when it last ended well; Job: when it ended.
    pub(in super::super) ended: Option<Timestamp>,
    /// CronJob: its schedule; empty else.
    pub(in super::super) schedule: SafeText,
    /// CronJob, Job: it waits until somebody lets it.
    pub(in super::super) suspended: bool,
    /// Job: pods that failed, and how often they may.
    pub(in super::super) failures: (u32, u32),
    /// Who deploys it, where a label or annotation says so: `Argo CD`, `Flux`, `Helm`.
    pub(in super::super) deployed_by: SafeText,
    /// Rollout: what its controller says of it.
    pub(in super::super) stage: Option<Box<Stage>>,
}

/// How a kind is written before a name, as kubectl abbreviates it; Deployments need none.
pub(in super::super) const fn prefix(kind: ServiceKind) -> &'static str {
    kind.prefix()
}

/// The kind that the API calls so, and how it is named in paths; `None` for what somebody else's controller manages.
pub(in super::super) fn kind(name: &str) -> Option<(ServiceKind, &'static str)> {
    Some(match name {
        "Deployment" => (ServiceKind::Deployment, "deployments"),
        "StatefulSet" => (ServiceKind::StatefulSet, "statefulsets"),
        "DaemonSet" => (ServiceKind::DaemonSet, "daemonsets"),
        "Job" => (ServiceKind::Job, "jobs"),
        "CronJob" => (ServiceKind::CronJob, "cronjobs"),
        "Rollout" => (ServiceKind::Rollout, "rollouts"),
        _ => return None,
    })
}

/// Where workloads of a kind are at the API server: the group and version, and the kind as in paths.
pub(in super::super) const fn home(kind: ServiceKind) -> (&'static str, &'static str) {
    match kind {
        ServiceKind::StatefulSet => ("/apis/apps/v1", "statefulsets"),
        ServiceKind::DaemonSet => ("/apis/apps/v1", "daemonsets"),
        ServiceKind::Job => ("/apis/batch/v1", "jobs"),
        ServiceKind::CronJob => ("/apis/batch/v1", "cronjobs"),
        ServiceKind::Rollout => ("/apis/argoproj.io/v1alpha1", "rollouts"),
        _ => ("/apis/apps/v1", "deployments"),
    }
}

impl Workload {
    /// The CronJob that made this Job.
    pub(in super::super) fn cron(&self) -> Option<&Owner> {
        let owner = self.owner.as_ref();
        owner.filter(|owner| self.kind == ServiceKind::Job && &*owner.kind == "CronJob")
    }

    fn new(
        kind: ServiceKind,
        meta: &meta::ObjectMeta,
        template: Option<&core::PodTemplate>,
        texts: &mut Texts,
    ) -> Self {
        let name = texts.name(&meta.name);
        let spec = template.and_then(|t| t.spec.as_ref());
        let claims = |s: &core::PodSpec| {
            s.volumes
                .iter()
                .any(|v| v.source.as_ref().is_some_and(|s| s.claim.is_some()))
        };
        Self {
            id: ServiceId {
                group: texts.name(&meta.namespace),
                name: texts.words(safe!("{}{name}", prefix(kind))),
            },
            uid: texts.name(&meta.uid),
            kind,
            name,
            owner: controller(meta, texts),
            progress: Progress {
                generation: meta.generation,
                ..Progress::default()
            },
            conditions: Vec::new(),
            revision: SafeText::EMPTY,
            images: spec.map_or_else(Vec::new, |s| {
                s.containers.iter().map(|c| texts.name(&c.image)).collect()
            }),
            labels: template
                .and_then(|t| t.metadata.as_ref())
                .map_or_else(Vec::new, |meta| labels(&meta.labels, texts)),
            created: time(meta.created.as_ref()),
            stateful: spec.is_some_and(claims),
            started: None,
            ended: None,
            schedule: SafeText::EMPTY,
            suspended: false,
            failures: (0, 0),
            deployed_by: deployed_by(meta),
            stage: None,
        }
    }

    pub(in super::super) fn deployment(wire: &apps::Deployment, texts: &mut Texts) -> Self {
        let meta = wire.metadata.clone().unwrap_or_default();
        let spec = wire.spec.clone().unwrap_or_default();
        let status = wire.status.clone().unwrap_or_default();
        let mut row = Self::new(
            ServiceKind::Deployment,
            &meta,
            spec.template.as_ref(),
            texts,
        );
        row.revision = texts.name(value(
            &meta.annotations,
            "deployment.kubernetes.io/revision",
        ));
        row.progress = Progress {
            observed: status.observed,
            desired: count(spec.replicas.unwrap_or(1)),
            replicas: count(status.replicas),
            updated: count(status.updated),
            ready: count(status.ready),
            available: count(status.available),
            paused: spec.paused,
            ..row.progress
        };
        let telling = |c: &&apps::DeploymentCondition| match &*c.kind {
            b"Available" => truth(&c.status) == Some(false),
            b"ReplicaFailure" => truth(&c.status) == Some(true),
            _ => true,
        };
        row.conditions = status
            .conditions
            .iter()
            .filter(telling)
            .map(|c| Condition::new(&c.kind, &c.reason, &c.message, c.since.as_ref(), texts))
            .collect();
        row
    }

    pub(in super::super) fn stateful_set(wire: &apps::StatefulSet, texts: &mut Texts) -> Self {
        let meta = wire.metadata.clone().unwrap_or_default();
        let spec = wire.spec.clone().unwrap_or_default();
        let status = wire.status.clone().unwrap_or_default();
        let strategy = spec.strategy.clone().unwrap_or_default();
        let mut row = Self::new(
            ServiceKind::StatefulSet,
            &meta,
            spec.template.as_ref(),
            texts,
        );
        row.stateful |= !spec.claims.is_empty();
        row.revision = texts.name(&status.update_revision);
        row.progress = Progress {
            observed: status.observed,
            desired: count(spec.replicas.unwrap_or(1)),
            replicas: count(status.replicas),
            updated: count(status.updated),
            ready: count(status.ready),
            available: count(status.available),
            partition: count(strategy.rolling.map_or(0, |r| r.partition)),
            on_delete: *strategy.kind == *b"OnDelete",
            ..row.progress
        };
        row
    }

    pub(in super::super) fn daemon_set(wire: &apps::DaemonSet, texts: &mut Texts) -> Self {
        let meta = wire.metadata.clone().unwrap_or_default();
        let spec = wire.spec.clone().unwrap_or_default();
        let status = wire.status.clone().unwrap_or_default();
        let mut row = Self::new(ServiceKind::DaemonSet, &meta, spec.template.as_ref(), texts);
        row.progress = Progress {
            observed: status.observed,
            desired: count(status.desired),
            replicas: count(status.current),
            updated: count(status.updated),
            ready: count(status.ready),
            available: count(status.available),
            on_delete: spec.strategy.is_some_and(|s| *s.kind == *b"OnDelete"),
            ..row.progress
        };
        row
    }

    pub(in super::super) fn rollout(wire: &wire::argo::Rollout, texts: &mut Texts) -> Self {
        let (meta, spec, status) = (&wire.metadata, &wire.spec, &wire.status);
        let mut row = Self::new(ServiceKind::Rollout, meta, Some(&spec.template), texts);
        row.revision = texts.name(value(&meta.annotations, argo::REVISION));
        row.progress = argo::progress(meta.generation, spec, status);
        row.stage = Some(Box::new(Stage::of(status)));
        row
    }

    pub(in super::super) fn job(wire: &batch::Job, texts: &mut Texts) -> Self {
        let meta = wire.metadata.clone().unwrap_or_default();
        let spec = wire.spec.clone().unwrap_or_default();
        let status = wire.status.clone().unwrap_or_default();
        let mut row = Self::new(ServiceKind::Job, &meta, spec.template.as_ref(), texts);
        row.progress.desired = count(spec.completions.or(spec.parallelism).unwrap_or(1));
        row.progress.ready = count(status.succeeded);
        row.progress.replicas = count(status.active);
        row.suspended = spec.suspend;
        row.started = time(status.started.as_ref());
        row.ended = time(status.completed.as_ref());
        row.failures = (count(status.failed), count(spec.backoff_limit.unwrap_or(6)));
        row.conditions = status
            .conditions
            .iter()
            .filter(|c| truth(&c.status) == Some(true))
            .map(|c| Condition::new(&c.kind, &c.reason, &c.message, c.since.as_ref(), texts))
            .collect();
        row
    }

    pub(in super::super) fn cron_job(wire: &batch::CronJob, texts: &mut Texts) -> Self {
        let meta = wire.metadata.clone().unwrap_or_default();
        let spec = wire.spec.clone().unwrap_or_default();
        let status = wire.status.clone().unwrap_or_default();
        let template = spec
            .template
            .as_ref()
            .and_then(|t| t.spec.as_ref()?.template.as_ref());
        let mut row = Self::new(ServiceKind::CronJob, &meta, template, texts);
        row.progress.replicas = status.active.len() as u32;
        row.suspended = spec.suspend;
        row.started = time(status.scheduled.as_ref());
        row.ended = time(status.succeeded.as_ref());
        row.schedule = if spec.zone.is_empty() {
            texts.name(&spec.schedule)
        } else {
            texts.words(safe!(
                "{} {}",
                SafeText::name(&spec.schedule),
                SafeText::name(&spec.zone)
            ))
        };
        row
    }
}

/// What is never less than nothing.
pub(in super::super) fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

/// Who puts it there, by the marks that deployers leave.
fn deployed_by(meta: &meta::ObjectMeta) -> SafeText {
    let annotated = |key| !value(&meta.annotations, key).is_empty();
    let labelled = |key| !value(&meta.labels, key).is_empty();
    SafeText::from_static(
        if annotated("argocd.argoproj.io/tracking-id") || labelled("argocd.argoproj.io/instance") {
            "Argo CD"
        } else if labelled("kustomize.toolkit.fluxcd.io/name")
            || labelled("helm.toolkit.fluxcd.io/name")
        {
            "Flux"
        } else if annotated("meta.helm.sh/release-name") {
            "Helm"
        } else {
            ""
        },
    )
}
