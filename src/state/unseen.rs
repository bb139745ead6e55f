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
            "rollouts",
        ],
        Pane::Rollouts => &[
            "pods",
            "deployments",
            "replicasets",
            "statefulsets",
            "daemonsets",
            "rollouts",
        ],
        Pane::Alerts => &[
            "pods",
            "events",
            "deployments",
            "statefulsets",
            "daemonsets",
            "jobs",
            "cronjobs",
            "rollouts",
            // Alerts that are no service's own: at its maximum, a budget that blocks, a quota that is used up.
            "horizontalpodautoscalers",
            "poddisruptionbudgets",
            "resourcequotas",
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{host::Unseen, snapshot::Snapshot};

    #[test]
    fn each_pane_names_what_it_would_show_and_may_not() {
        let pane = |what: &'static str, pane| {
            let host = Host {
                unseen: vec![Unseen {
                    what: SafeText::from_static(what),
                    why: safe!("you may not list {what}"),
                }],
                ..Host::default()
            };
            let snapshot = Arc::new(Snapshot {
                host: host.into(),
                ..Snapshot::default()
            });
            let state = SourceState {
                snapshot,
                ..SourceState::default()
            };
            of(&state, pane).contains(what)
        };
        for what in [
            "horizontalpodautoscalers",
            "poddisruptionbudgets",
            "resourcequotas",
        ] {
            let panes = [Pane::Services, Pane::Rollouts, Pane::Alerts, Pane::Logs];
            let says = panes.map(|one| pane(what, one));
            assert_eq!(says, [false, false, true, false], "{what}");
        }
        for one in [Pane::Services, Pane::Rollouts, Pane::Alerts] {
            assert!(pane("rollouts", one));
        }
    }
}
