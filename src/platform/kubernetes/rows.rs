//! What is kept of an object: what its row shows and what it is joined by, never the object.

mod pod;
mod set;
mod workload;

pub(super) use pod::Pod;
pub(super) use set::Set;
pub(super) use workload::{Condition, Progress, Workload, count, home, kind, prefix};

use jiff::Timestamp;

use super::{
    store::Uid,
    texts::Texts,
    wire::{core, meta},
};
use crate::text::SafeText;

/// The object that manages another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owner {
    /// Its uid.
    pub(super) uid: Uid,
    /// `ReplicaSet`, `Job`, or what somebody else's controller calls its kind.
    pub(super) kind: SafeText,
    /// Its name.
    pub(super) name: SafeText,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    /// Its name.
    pub(super) name: SafeText,
    /// Its uid.
    pub(super) uid: Uid,
    /// Its zone; empty where it has none.
    pub(super) zone: SafeText,
    /// Whether the kubelet says it is ready; `None` while it does not say.
    pub(super) ready: Option<bool>,
    /// What it suffers from (`MemoryPressure` …), with its words.
    pub(super) pressures: Vec<Condition>,
    /// When readiness last changed.
    pub(super) since: Option<Timestamp>,
    /// No new pods go there.
    pub(super) cordoned: bool,
    /// The kubelet's version.
    pub(super) version: SafeText,
    /// When it joined.
    pub(super) created: Option<Timestamp>,
    /// Processor it can give, in percent of one core.
    pub(super) cpu_percent: Option<f32>,
    /// Memory it can give.
    pub(super) memory_bytes: Option<u64>,
}

impl Node {
    pub(super) fn of(wire: &core::Node, texts: &mut Texts) -> Self {
        let empty = meta::ObjectMeta::default();
        let meta = wire.metadata.as_ref().unwrap_or(&empty);
        let status = wire.status.clone().unwrap_or_default();
        let ready = status.conditions.iter().find(|c| *c.kind == *b"Ready");
        let amount = |key: &str| {
            let pair = status
                .allocatable
                .iter()
                .find(|p| *p.key == *key.as_bytes())?;
            pair.value.as_ref().map(|q| q.text.clone())
        };
        Self {
            name: texts.name(&meta.name),
            uid: SafeText::name(&meta.uid),
            zone: texts.name(value(&meta.labels, "topology.kubernetes.io/zone")),
            ready: ready.and_then(|c| truth(&c.status)),
            pressures: status
                .conditions
                .iter()
                .filter(|c| *c.kind != *b"Ready" && truth(&c.status) == Some(true))
                .map(|c| Condition::new(&c.kind, &c.reason, &c.message, c.since.as_ref(), texts))
                .collect(),
            since: ready.and_then(|c| time(c.since.as_ref())),
            cordoned: wire.spec.as_ref().is_some_and(|s| s.unschedulable),
            version: texts.name(status.info.as_ref().map_or(&b""[..], |i| &i.kubelet)),
            created: time(meta.created.as_ref()),
            cpu_percent: amount("cpu").and_then(|a| super::quantity::cpu_percent(&a)),
            memory_bytes: amount("memory").and_then(|a| super::quantity::bytes(&a)),
        }
    }
}

/// A moment; `None` where there is none.
pub(super) fn time(time: Option<&meta::Time>) -> Option<Timestamp> {
    let time = time.filter(|t| t.seconds != 0)?;
    Timestamp::new(time.seconds, time.nanos).ok()
}

/// `True`, `False`, or neither.
pub(super) fn truth(status: &[u8]) -> Option<bool> {
    match status {
        b"True" => Some(true),
        b"False" => Some(false),
        _ => None,
    }
}

/// The value of a label or an annotation; empty where there is none.
pub(super) fn value<'a>(pairs: &'a [meta::Pair], key: &str) -> &'a [u8] {
    pairs
        .iter()
        .find(|p| *p.key == *key.as_bytes())
        .map_or(&[], |p| &p.value)
}

/// The labels of an object.
pub(super) fn labels(pairs: &[meta::Pair], texts: &mut Texts) -> Vec<(SafeText, SafeText)> {
    pairs
        .iter()
        .map(|pair| (texts.name(&pair.key), texts.name(&pair.value)))
        .collect()
}

/// Who manages an object.
pub(super) fn controller(meta: &meta::ObjectMeta, texts: &mut Texts) -> Option<Owner> {
    let owner = meta.owners.iter().find(|o| o.controller)?;
    Some(Owner {
        uid: texts.name(&owner.uid),
        kind: texts.name(&owner.kind),
        name: texts.name(&owner.name),
    })
}
