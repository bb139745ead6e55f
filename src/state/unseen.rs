//! What may not be looked at, for the pane that would show it: an empty one would read as if nothing were wrong.

use super::Pane;
use crate::{
    domain::{host::Host, source::SourceState},
    safe,
    text::SafeText,
};

/// What a pane is made of, as the platform names it.
const fn made_of(pane: Pane) -> &'static [&'static str] {
    match pane {
        Pane::Services => &[
            "namespaces",
            "pods",
            "deployments",
            "statefulsets",
            "daemonsets",
            "jobs",
            "cronjobs",
        ],
        Pane::Rollouts => &[
            "pods",
            "deployments",
            "replicasets",
            "statefulsets",
            "daemonsets",
        ],
        Pane::Alerts => &[
            "pods",
            "events",
            "deployments",
            "statefulsets",
            "daemonsets",
            "jobs",
            "cronjobs",
        ],
        Pane::Logs => &["pods"],
    }
}

/// Why a pane can't show all that there is, in words; empty where it can.
pub fn of(state: &SourceState, pane: Pane) -> SafeText {
    let unseen = among(&state.snapshot.host, made_of(pane));
    if pane != Pane::Alerts {
        return unseen;
    }
    // Who tells of alerts, and does not.
    let silent = state.signals.unseen_alerts();
    match (unseen.is_empty(), silent.is_empty()) {
        (true, _) => silent,
        (_, true) => unseen,
        _ => safe!("{unseen}; {silent}"),
    }
}

/// What of these kinds may not be looked at, in words; empty where all may be.
pub fn among(host: &Host, kinds: &[&str]) -> SafeText {
    let unseen = host.unseen.iter().filter(|one| kinds.contains(&&*one.what));
    let why: Vec<&str> = unseen.map(|one| &*one.why).collect();
    safe!("{}", why.join("; "))
}
