//! What stands between a workload and its pods: a ReplicaSet of a Deployment or of a Rollout.

use jiff::Timestamp;

use super::{Condition, Owner, controller, time, value};
use crate::{
    platform::kubernetes::{argo, store::Uid, texts::Texts, wire::apps},
    text::SafeText,
};

/// A ReplicaSet.
#[derive(Clone, Debug, PartialEq)]
pub(in super::super) struct Set {
    /// Its uid.
    pub(in super::super) uid: Uid,
    /// Its name.
    pub(in super::super) name: SafeText,
    /// Where it is.
    pub(in super::super) namespace: SafeText,
    /// The Deployment, or whoever else manages it.
    pub(in super::super) owner: Option<Owner>,
    /// What tells it from the others of a Rollout; empty else.
    pub(in super::super) hash: SafeText,
    /// What its owner numbers it; 0 where it has none.
    pub(in super::super) revision: u64,
    /// Pods it should have.
    pub(in super::super) desired: u32,
    /// Its first container's image.
    pub(in super::super) image: SafeText,
    /// When it was made.
    pub(in super::super) created: Option<Timestamp>,
    /// Why it cannot make its pods: quota, an admission webhook.
    pub(in super::super) failure: Option<Condition>,
}

impl Set {
    pub(in super::super) fn of(wire: &apps::ReplicaSet, texts: &mut Texts) -> Self {
        let meta = wire.metadata.clone().unwrap_or_default();
        let spec = wire.spec.as_ref();
        let image = spec
            .and_then(|s| s.template.as_ref()?.spec.as_ref()?.containers.first())
            .map_or(&b""[..], |c| &c.image);
        let revision = ["deployment.kubernetes.io/revision", argo::REVISION].map(|key| {
            let number = std::str::from_utf8(value(&meta.annotations, key)).ok();
            number.and_then(|number| number.parse().ok())
        });
        let failure = wire.status.as_ref().and_then(|s| {
            let failed =
                |c: &&apps::SetCondition| *c.kind == *b"ReplicaFailure" && *c.status == *b"True";
            s.conditions.iter().find(failed)
        });
        Self {
            uid: texts.name(&meta.uid),
            name: SafeText::name(&meta.name),
            namespace: texts.name(&meta.namespace),
            owner: controller(&meta, texts),
            hash: texts.name(value(&meta.labels, argo::HASH)),
            revision: revision.into_iter().flatten().next().unwrap_or(0),
            desired: spec.and_then(|s| s.replicas).unwrap_or(1).max(0) as u32,
            image: texts.name(image),
            created: time(meta.created.as_ref()),
            failure: failure
                .map(|c| Condition::new(&c.kind, &c.reason, &c.message, c.since.as_ref(), texts)),
        }
    }
}
