//! Why a service is not well, the most likely cause first.

use super::{Evidence, Happening, Rows};
use crate::{
    domain::{
        health::Health,
        instance::{Instance, Phase},
        service::Service,
    },
    platform::kubernetes::{rows::Pod, why},
    safe,
    text::SafeText,
};

/// Events that are cited.
const CITED: usize = 3;

/// What speaks for a service's state: what is wrong with the whole of it, then its pods, the nodes under them, and what the
/// cluster warned of last.
pub(super) fn of(rows: &Rows<'_>, service: &Service, happened: &[Happening]) -> Vec<Evidence> {
    let say = |health, text, since| Evidence {
        health,
        text,
        since,
    };
    let whole = service
        .troubles
        .iter()
        .map(|t| say(t.health, t.text.clone(), t.since));
    let mut all: Vec<Evidence> = whole.collect();
    if rows.node.is_none() {
        all.extend(rows.pods.iter().flat_map(|pod| of_pod(pod)));
    }
    for node in rows.store.nodes.values() {
        let here = rows
            .pods
            .iter()
            .filter(|p| p.instance.node == node.name)
            .count();
        let judged = why::node(node);
        if here > 0 && rows.node.is_none() && judged.health < Health::Well {
            let text = safe!("{} under {here} of its pods: {}", node.name, judged.why);
            all.push(say(judged.health, text, judged.since));
        }
    }
    if all.is_empty() && service.health < Health::Well && !service.why.is_empty() {
        all.push(say(service.health, service.why.clone(), service.why_since));
    }
    all.sort_by_key(|evidence| evidence.health);
    if service.health < Health::Well {
        let warned = happened
            .iter()
            .filter(|h| h.health <= Health::Warning)
            .take(CITED);
        all.extend(warned.map(|h| say(Health::Warning, safe!("event: {}", h.text), Some(h.at))));
    }
    all
}

fn of_pod(pod: &Pod) -> Vec<Evidence> {
    let instance = &pod.instance;
    // One that was told to go says nothing of the others.
    let leaves = instance.phase == Phase::Stopping;
    if leaves || matches!(instance.health, Health::Well | Health::Off) {
        return Vec::new();
    }
    let name = &instance.name;
    let mut all = vec![Evidence {
        health: instance.health,
        text: safe!("{name}: {}", why::words(instance)),
        since: pod.since,
    }];
    if let Some(text) = killed(instance) {
        let cause = Evidence {
            health: instance.health,
            text: safe!("{name}: {text}"),
            since: instance.finished,
        };
        all.insert(0, cause);
    }
    if instance.restarts > 0 {
        all.push(Evidence {
            health: instance.health,
            text: safe!(
                "{name}: started again {} times{}",
                instance.restarts,
                meaning(instance.exit_code)
            ),
            since: instance.finished,
        });
    }
    all
}

/// What a kill for memory is due to.
fn killed(instance: &Instance) -> Option<SafeText> {
    if !instance.oom_killed {
        return None;
    }
    Some(match instance.usage.memory_limit_bytes {
        Some(limit) => safe!(
            "killed for its memory, its limit is {} MiB",
            limit / (1 << 20)
        ),
        None => SafeText::from_static(
            "killed for its memory, and not every container has a limit: the node may have run out",
        ),
    })
}

/// What an exit code says by convention.
fn meaning(code: Option<i64>) -> &'static str {
    match code {
        Some(126) => ", last exit 126 (its command can't be run)",
        Some(127) => ", last exit 127 (its command was not found)",
        Some(134) => ", last exit 134 (it aborted)",
        Some(137) => ", last exit 137 (killed)",
        Some(139) => ", last exit 139 (segmentation fault)",
        Some(143) => ", last exit 143 (asked to end)",
        _ => "",
    }
}
