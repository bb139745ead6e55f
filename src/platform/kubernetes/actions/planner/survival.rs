//! Will it survive? Who undoes what others change, and what stands in the way of more or fewer pods.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    super::{
        object::{list, number, text},
        work::Goal,
        world::{Said, World},
    },
    owners::Says,
    warning,
};
use crate::{plan::Note, platform::kubernetes::quantity, safe, text::SafeText};

/// What undoes such a change, in words. Returns whether something is known to do so by itself.
pub(super) fn notes(world: &World, goal: &Goal, says: &[Says], notes: &mut Vec<Note>) -> bool {
    let before = notes.len();
    notes.extend(says.iter().map(|owner| warning(owner.words.clone())));
    if let Goal::Replicas(_) = goal {
        autoscalers(world, notes);
    }
    notes.len() > before
}

/// What others say; where that could not be read, it is said that nothing is known of it.
fn read<'w>(said: &'w Said, what: &'static str, notes: &mut Vec<Note>) -> &'w [Value] {
    match said {
        Ok(all) => all,
        Err(why) => {
            notes.push(warning(safe!("{what} could not be read: {why}")));
            &[]
        }
    }
}

/// What scales it by itself.
fn autoscalers(world: &World, notes: &mut Vec<Note>) {
    for one in read(&world.autoscalers, "autoscalers", notes) {
        let of = |field: &str| text(one, &format!("/spec/scaleTargetRef/{field}"));
        if (of("kind"), of("name")) != (world.place.kind_name(), world.place.name.as_str()) {
            continue;
        }
        let (name, least, most) = (
            SafeText::name(text(one, "/metadata/name")),
            number(one, "/spec/minReplicas").max(1),
            number(one, "/spec/maxReplicas"),
        );
        let keda = list(one, "/metadata/ownerReferences")
            .iter()
            .find(|owner| text(owner, "/kind") == "ScaledObject");
        let who = match keda {
            Some(owner) => safe!(
                "KEDA (ScaledObject {})",
                SafeText::name(text(owner, "/name"))
            ),
            None => safe!("the autoscaler {name}"),
        };
        notes.push(warning(safe!(
            "{who} sets the number of copies, {least} to {most}: it undoes this within about 15 s"
        )));
    }
}

/// How many must serve, by what nodes are drained.
pub(super) fn budgets(world: &World, replicas: u32, notes: &mut Vec<Note>) {
    let labels = world.object.template().pointer("/metadata/labels");
    for budget in read(&world.budgets, "budgets", notes) {
        let selects = budget
            .pointer("/spec/selector/matchLabels")
            .and_then(Value::as_object)
            .is_some_and(|wanted| {
                !wanted.is_empty()
                    && wanted
                        .iter()
                        .all(|(key, value)| labels.and_then(|l| l.get(key)) == Some(value))
            });
        let Some(least) = budget
            .pointer("/spec/minAvailable")
            .and_then(Value::as_u64)
            .filter(|_| selects)
        else {
            continue;
        };
        if u64::from(replicas) <= least {
            notes.push(warning(safe!(
                "the budget {} wants {least} serving: with {replicas} no node under them can be drained",
                SafeText::name(text(budget, "/metadata/name"))
            )));
        }
    }
}

/// What the namespace may use, against what more copies ask for.
pub(super) fn quotas(world: &World, replicas: u32, notes: &mut Vec<Note>) {
    let more = replicas.saturating_sub(world.object.replicas());
    if more == 0 {
        return;
    }
    let each = asked_for(world);
    for quota in read(&world.quotas, "quotas", notes) {
        let hard = quota.pointer("/status/hard").and_then(Value::as_object);
        for (what, hard) in hard.into_iter().flatten() {
            let used = quota
                .pointer("/status/used")
                .and_then(|used| used.get(what));
            let (Some(each), Some(hard), Some(used)) =
                (each.get(short(what)), amount(Some(hard)), amount(used))
            else {
                continue;
            };
            let room = ((hard - used) / each).floor().max(0.0);
            if room < f64::from(more) {
                notes.push(warning(safe!(
                    "the quota {} has room for {room} more of {more}: {} is used up then",
                    SafeText::name(text(quota, "/metadata/name")),
                    SafeText::name(what)
                )));
            }
        }
    }
}

/// `cpu` and `requests.cpu` are the same, and so are `pods` and `count/pods`.
fn short(what: &str) -> &str {
    match what {
        "count/pods" => "pods",
        "cpu" => "requests.cpu",
        "memory" => "requests.memory",
        what => what,
    }
}

/// What one more pod takes of a quota.
fn asked_for(world: &World) -> BTreeMap<&'static str, f64> {
    let mut each = BTreeMap::from([("pods", 1.0)]);
    for container in world.object.containers() {
        for (what, at) in [
            ("requests.cpu", "/resources/requests/cpu"),
            ("requests.memory", "/resources/requests/memory"),
            ("limits.cpu", "/resources/limits/cpu"),
            ("limits.memory", "/resources/limits/memory"),
        ] {
            if let Some(amount) = amount(container.pointer(at)) {
                *each.entry(what).or_default() += amount;
            }
        }
    }
    each.retain(|_, amount| *amount > 0.0);
    each
}

fn amount(value: Option<&Value>) -> Option<f64> {
    quantity::parse(value?.as_str()?.as_bytes())
}

#[cfg(test)]
mod tests {
    use crate::domain::alert::Severity;

    use super::*;

    #[test]
    fn what_could_not_be_read_is_warned_of() {
        let mut notes = Vec::new();
        let said = Err(safe!("etcd is away"));
        assert!(read(&said, "quotas", &mut notes).is_empty());
        assert_eq!(&*notes[0].text, "quotas could not be read: etcd is away");
        assert_eq!(notes[0].severity, Some(Severity::Warning));
        assert!(read(&Ok(Vec::new()), "quotas", &mut notes).is_empty());
        assert_eq!(notes.len(), 1, "that there are none is no warning");
    }
}
