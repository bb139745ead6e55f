//! Quotas: what a namespace may use, and what of it is nearly used up.

use super::{
    quantity,
    store::Uid,
    texts::Texts,
    wire::{core, meta::QuantityPair},
};
use crate::{domain::host, text::SafeText};

/// From here on it is said that little is left: 1 is all.
pub(super) const NEARLY_FULL: f64 = 0.9;

/// A ResourceQuota, as far as it is nearly used up.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quota {
    /// Its uid.
    pub(super) uid: Uid,
    /// What little is left of.
    pub(super) scarce: Vec<host::Quota>,
}

impl Quota {
    /// As a watch tells it.
    pub(super) fn of(wire: &core::ResourceQuota, texts: &mut Texts) -> Self {
        let meta = wire.metadata.clone().unwrap_or_default();
        let status = wire.status.clone().unwrap_or_default();
        let (namespace, name) = (texts.name(&meta.namespace), texts.name(&meta.name));
        let amount = |pair: &QuantityPair| pair.value.clone().unwrap_or_default().text;
        let scarce = status.hard.iter().filter_map(|pair| {
            let hard = amount(pair);
            let used = status.used.iter().find(|used| used.key == pair.key);
            let used = amount(used?);
            // Where nothing may be used at all, nothing has been used up.
            quantity::parse(&hard).filter(|hard| *hard > 0.0)?;
            let share = share(&used, &hard);
            (share >= NEARLY_FULL).then(|| host::Quota {
                namespace: namespace.clone(),
                name: name.clone(),
                what: SafeText::name(&pair.key),
                used: SafeText::name(&used),
                hard: SafeText::name(&hard),
                percent: (share * 100.0) as u32,
            })
        });
        Self {
            uid: texts.name(&meta.uid),
            scarce: scarce.collect(),
        }
    }
}

/// How full: 1 is all.
pub(super) fn share(used: &[u8], hard: &[u8]) -> f64 {
    match (quantity::parse(used), quantity::parse(hard)) {
        (Some(used), Some(hard)) if hard > 0.0 => used / hard,
        // Where nothing may be used, nothing is left.
        (_, Some(_)) => 1.0,
        _ => 0.0,
    }
}
