//! What stands around workloads and decides about their pods: autoscalers and disruption budgets.

use jiff::Timestamp;

use super::{
    rows::{Condition, prefix, time, truth},
    store::Uid,
    texts::Texts,
    wire::{autoscaling, meta},
};
use crate::{
    domain::service::{ServiceId, ServiceKind},
    safe,
    text::SafeText,
};

/// Labels of an object.
pub(super) type Labels = [(SafeText, SafeText)];

/// A HorizontalPodAutoscaler.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Autoscaler {
    /// Its uid.
    pub(super) uid: Uid,
    /// Its name.
    pub(super) name: SafeText,
    /// What it scales.
    pub(super) target: ServiceId,
    /// How few pods, and how many, it may set.
    pub(super) bounds: (u32, u32),
    /// Pods there are, and how many it wants.
    pub(super) pods: (u32, u32),
    /// It wants more than it may have, in its own words.
    pub(super) limited: Option<Condition>,
    /// It cannot tell how many it wants, or cannot set them.
    pub(super) unable: Option<Condition>,
}

impl Autoscaler {
    /// As a watch tells it.
    pub(super) fn of(wire: &autoscaling::Autoscaler, texts: &mut Texts) -> Self {
        let meta = wire.metadata.clone().unwrap_or_default();
        let spec = wire.spec.clone().unwrap_or_default();
        let status = wire.status.clone().unwrap_or_default();
        let target = spec.target.unwrap_or_default();
        let kind = match &*target.kind {
            b"StatefulSet" => ServiceKind::StatefulSet,
            b"Deployment" => ServiceKind::Deployment,
            b"Rollout" => ServiceKind::Rollout,
            _ => ServiceKind::Custom,
        };
        let mut condition = |kind: &[u8], wanted: bool, reason: Option<&[u8]>| {
            let found = status.conditions.iter().find(|c| {
                *c.kind == *kind
                    && truth(&c.status) == Some(wanted)
                    && reason.is_none_or(|reason| *c.reason == *reason)
            })?;
            let since = found.since.as_ref();
            Some(Condition::new(
                &found.kind,
                &found.reason,
                &found.message,
                since,
                texts,
            ))
        };
        let limited = condition(b"ScalingLimited", true, Some(b"TooManyReplicas"));
        let unable = condition(b"AbleToScale", false, None)
            .or_else(|| condition(b"ScalingActive", false, None))
            // Somebody scaled to zero, which turns it off.
            .filter(|c| &*c.reason != "ScalingDisabled");
        Self {
            uid: texts.name(&meta.uid),
            name: texts.name(&meta.name),
            target: ServiceId {
                group: texts.name(&meta.namespace),
                name: safe!("{}{}", prefix(kind), SafeText::name(&target.name)),
            },
            bounds: (count(spec.min.unwrap_or(1)), count(spec.max)),
            pods: (count(status.current), count(status.desired)),
            limited,
            unable,
        }
    }
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Budget {
    /// Its uid.
    pub(super) uid: Uid,
    /// Its name.
    pub(super) name: SafeText,
    /// Where its pods are.
    pub(super) namespace: SafeText,
    /// Which pods are its.
    pub(super) selector: Selector,
    /// Pods that may be evicted now.
    pub(super) allowed: u32,
    /// Pods that serve, how many of them it wants to, and how many it counts.
    pub(super) pods: (u32, u32, u32),
    /// When it last began, or ceased, to let pods go.
    pub(super) since: Option<Timestamp>,
    /// Its controller has counted.
    pub(super) counted: bool,
}

impl Budget {
    /// As a watch tells it.
    pub(super) fn of(wire: &autoscaling::DisruptionBudget, texts: &mut Texts) -> Self {
        let meta = wire.metadata.clone().unwrap_or_default();
        let spec = wire.spec.clone().unwrap_or_default();
        let status = wire.status.clone().unwrap_or_default();
        let allows = status
            .conditions
            .iter()
            .find(|c| *c.kind == *b"DisruptionAllowed");
        Self {
            uid: texts.name(&meta.uid),
            name: texts.name(&meta.name),
            namespace: texts.name(&meta.namespace),
            selector: Selector::of(spec.selector.as_ref(), texts),
            allowed: count(status.allowed),
            pods: (
                count(status.healthy),
                count(status.wanted),
                count(status.expected),
            ),
            since: allows.and_then(|c| time(c.since.as_ref())),
            counted: wire.status.is_some(),
        }
    }
}

/// Chooses pods by their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Selector {
    /// None at all: it chooses nothing.
    nothing: bool,
    rules: Vec<(SafeText, Rule)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Rule {
    In(Vec<SafeText>),
    NotIn(Vec<SafeText>),
    Exists,
    Missing,
}

impl Selector {
    /// As an object has it; without one it chooses nothing, with an empty one everything.
    pub(super) fn of(wire: Option<&meta::LabelSelector>, texts: &mut Texts) -> Self {
        let Some(wire) = wire else {
            return Self {
                nothing: true,
                rules: Vec::new(),
            };
        };
        let mut rules = Vec::new();
        for label in &wire.labels {
            let value = vec![texts.name(&label.value)];
            rules.push((texts.name(&label.key), Rule::In(value)));
        }
        for expression in &wire.expressions {
            let values = expression.values.iter().map(|v| texts.name(v)).collect();
            let rule = match &*expression.operator {
                b"In" => Rule::In(values),
                b"NotIn" => Rule::NotIn(values),
                b"Exists" => Rule::Exists,
                _ => Rule::Missing,
            };
            rules.push((texts.name(&expression.key), rule));
        }
        Self {
            nothing: false,
            rules,
        }
    }

    /// Whether it chooses what has these labels.
    pub(super) fn chooses(&self, labels: &Labels) -> bool {
        let value = |key: &SafeText| labels.iter().find(|(k, _)| k == key).map(|(_, v)| v);
        let holds = |(key, rule): &(SafeText, Rule)| match (rule, value(key)) {
            (Rule::In(values), Some(value)) => values.contains(value),
            (Rule::In(_), None) => false,
            (Rule::NotIn(values), Some(value)) => !values.contains(value),
            (Rule::NotIn(_) | Rule::Missing, None) => true,
            (Rule::Exists, found) => found.is_some(),
            (Rule::Missing, Some(_)) => false,
        };
        !self.nothing && self.rules.iter().all(holds)
    }
}

fn count(number: i32) -> u32 {
    u32::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::kubernetes::rows::labels;
    use bytes::Bytes;

    fn requirement(
        key: &'static str,
        operator: &'static str,
        values: &[&'static str],
    ) -> meta::Requirement {
        meta::Requirement {
            key: Bytes::from_static(key.as_bytes()),
            operator: Bytes::from_static(operator.as_bytes()),
            values: values
                .iter()
                .map(|v| Bytes::from_static(v.as_bytes()))
                .collect(),
        }
    }

    fn pair(key: &'static str, value: &'static str) -> meta::Pair {
        meta::Pair {
            key: Bytes::from_static(key.as_bytes()),
            value: Bytes::from_static(value.as_bytes()),
        }
    }

    #[test]
    fn a_selector_chooses_as_kubernetes_does() {
        let mut texts = Texts::default();
        let api = labels(&[pair("app", "api"), pair("tier", "web")], &mut texts);
        let mut chooses = |labels: Vec<meta::Pair>, expressions: Vec<meta::Requirement>| {
            let wire = meta::LabelSelector {
                labels,
                expressions,
            };
            Selector::of(Some(&wire), &mut texts).chooses(&api)
        };
        assert!(chooses(vec![], vec![]), "an empty one chooses everything");
        assert!(chooses(vec![pair("app", "api")], vec![]));
        assert!(!chooses(vec![pair("app", "web")], vec![]));
        assert!(chooses(
            vec![],
            vec![requirement("app", "In", &["web", "api"])]
        ));
        assert!(!chooses(
            vec![],
            vec![requirement("app", "NotIn", &["api"])]
        ));
        assert!(chooses(vec![], vec![requirement("zone", "NotIn", &["a"])]));
        assert!(chooses(vec![], vec![requirement("tier", "Exists", &[])]));
        assert!(!chooses(
            vec![],
            vec![requirement("tier", "DoesNotExist", &[])]
        ));
        assert!(
            !Selector::of(None, &mut Texts::default()).chooses(&api),
            "none chooses nothing"
        );
    }
}
