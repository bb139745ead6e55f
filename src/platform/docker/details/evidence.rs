//! Why a service is not well, the most likely cause first.

use serde_json::Value;

use crate::{
    domain::{
        details::Evidence,
        health::Health,
        instance::{Instance, Probe},
    },
    safe,
};

/// What speaks for each copy's state: the copy in the worst state first, and of each the cause before its effects.
pub(super) fn of(read: &[(&Instance, Value)]) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = read
        .iter()
        .flat_map(|(instance, value)| of_one(instance, value))
        .collect();
    evidence.sort_by_key(|each| each.health);
    evidence
}

fn of_one(instance: &Instance, value: &Value) -> Vec<Evidence> {
    if matches!(instance.health, Health::Well | Health::Off) {
        return Vec::new();
    }
    let name = &instance.name;
    let say = |text, since| Evidence {
        health: instance.health,
        text,
        since,
    };
    let mut evidence = Vec::new();
    if instance.oom_killed {
        let limit = value["HostConfig"]["Memory"]
            .as_u64()
            .filter(|&limit| limit > 0);
        let text = match limit {
            Some(limit) => safe!(
                "{name}: killed for memory, its limit is {} MiB",
                limit / (1 << 20)
            ),
            None => {
                safe!("{name}: killed for memory, and it has no limit of its own: the host ran out")
            }
        };
        evidence.push(say(text, instance.finished));
    }
    let error = value["State"]["Error"].as_str().unwrap_or_default();
    if !error.is_empty() {
        evidence.push(say(
            safe!("{name}: did not start: {error}"),
            instance.finished,
        ));
    }
    if let Probe::Unhealthy { streak, output } = &instance.probe {
        let printed = if output.is_empty() {
            safe!("it prints nothing")
        } else {
            safe!("it prints: {output}")
        };
        evidence.push(say(
            safe!("{name}: its health check failed {streak} times in a row; {printed}"),
            None,
        ));
    }
    if instance.restarts > 0 {
        let times = instance.restarts;
        let text = match instance.exit_code {
            Some(code) => safe!(
                "{name}: started again {times} times, last exit {code}{}",
                meaning(code)
            ),
            None => safe!("{name}: started again {times} times"),
        };
        evidence.push(say(text, instance.finished));
    } else if let Some(code) = instance.exit_code.filter(|code| *code != 0) {
        evidence.push(say(
            safe!("{name}: ended with exit {code}{}", meaning(code)),
            instance.finished,
        ));
    }
    if evidence.is_empty() && !instance.why.is_empty() {
        evidence.push(say(safe!("{name}: {}", instance.why), None));
    }
    evidence
}

/// What an exit code says by convention.
fn meaning(code: i64) -> &'static str {
    match code {
        125 => " (docker itself failed)",
        126 => " (its command can't be run)",
        127 => " (its command was not found)",
        134 => " (it aborted)",
        137 => " (killed)",
        139 => " (segmentation fault)",
        143 => " (asked to end)",
        _ => "",
    }
}
