//! Where an Argo Rollout stands. Its controller says so itself; what it has not looked at yet is no answer, and an update that
//! was given up is no outage (`utils/rollout/rolloututil.go` of argo-rollouts).

use super::{
    rows::{Progress, Set, Workload, count},
    status::Verdict,
    wire::argo::{RolloutSpec, RolloutStatus},
};
use crate::{safe, text::SafeText};

/// The annotation that numbers its revisions.
pub(super) const REVISION: &str = "rollout.argoproj.io/revision";

/// The label by which it tells its ReplicaSets apart.
pub(super) const HASH: &str = "rollouts-pod-template-hash";

/// What its controller says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stage {
    /// `Healthy`, `Progressing`, `Paused` or `Degraded`.
    phase: SafeText,
    /// Why, in its words.
    message: SafeText,
    /// Somebody lets it go on, and it has not noticed yet.
    pub(super) unpausing: bool,
    /// Somebody begins an update that was given up again, and it has not noticed yet.
    retrying: bool,
    /// The update was given up.
    aborted: bool,
    /// The hash of the template that serves.
    stable: SafeText,
    /// The last restart that it is through with.
    pub(super) restarted: SafeText,
}

impl Stage {
    /// What a status says.
    pub(super) fn of(status: &RolloutStatus) -> Self {
        let pauses = status.pause_conditions.as_ref();
        Self {
            phase: SafeText::name(&status.phase),
            message: SafeText::line(&status.message),
            unpausing: status.controller_pause && pauses.is_none_or(Vec::is_empty),
            retrying: !status.abort && status.message.starts_with("RolloutAborted"),
            aborted: status.abort,
            stable: SafeText::name(&status.stable),
            restarted: SafeText::name(&status.restarted_at),
        }
    }

    /// Where its update stands, once its controller has seen the last change.
    pub(super) fn verdict(&self) -> Verdict {
        if self.unpausing {
            return Verdict::Progressing(SafeText::from_static("it is about to go on"));
        }
        if self.retrying {
            return Verdict::Progressing(SafeText::from_static("it is about to begin again"));
        }
        match self.phase.as_str() {
            "Healthy" => Verdict::Done,
            "Degraded" => Verdict::Failed(self.message.clone()),
            "Paused" => Verdict::Progressing(self.paused()),
            _ if self.message.is_empty() => {
                Verdict::Progressing(SafeText::from_static("its controller is at it"))
            }
            _ => Verdict::Progressing(self.message.clone()),
        }
    }

    /// What it waits for, where it waits for somebody.
    pub(super) fn held(&self) -> Option<SafeText> {
        (!self.unpausing && &*self.phase == "Paused").then(|| self.paused())
    }

    fn paused(&self) -> SafeText {
        match self.message.as_str() {
            "CanaryPauseStep" => safe!("paused at a step of its canary"),
            "BlueGreenPause" => safe!("paused before it switches to the new colour"),
            message => safe!("paused: {message}"),
        }
    }
}

/// The figures by which it is judged.
pub(super) fn progress(generation: i64, spec: &RolloutSpec, status: &RolloutStatus) -> Progress {
    Progress {
        generation,
        // Before 0.10 it is a hash, and says nothing of what was seen.
        observed: status.observed_generation.parse().unwrap_or(generation),
        desired: count(spec.replicas.unwrap_or(1)),
        replicas: count(status.pods),
        updated: count(status.updated_replicas),
        ready: count(status.ready_replicas),
        available: count(status.available_replicas),
        paused: spec.paused,
        ..Progress::default()
    }
}

/// Of an update that was given up, what serves instead.
pub(super) fn aborted<'a>(
    workload: &Workload,
    mut sets: impl Iterator<Item = &'a Set>,
) -> Option<SafeText> {
    let stage = workload.stage.as_deref().filter(|stage| stage.aborted)?;
    let serving = sets.find(|set| set.hash == stage.stable);
    let serving = serving.map_or(SafeText::EMPTY, |set| {
        safe!(", revision {} serving", set.revision)
    });
    Some(safe!("ABORTED{serving}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(json: &str) -> Stage {
        Stage::of(&serde_json::from_str(json).expect("a status"))
    }

    #[test]
    fn what_its_controller_has_not_noticed_yet_comes_before_its_phase() {
        let paused = stage(
            r#"{"phase":"Paused","message":"CanaryPauseStep","controllerPause":true,"pauseConditions":[{}]}"#,
        );
        assert_eq!(
            paused.held().as_deref(),
            Some("paused at a step of its canary")
        );
        let unpausing = stage(r#"{"phase":"Paused","controllerPause":true}"#);
        assert_eq!(unpausing.held(), None);
        assert!(matches!(unpausing.verdict(), Verdict::Progressing(_)));
        let aborted = r#""phase":"Degraded","message":"RolloutAborted: to revision 2""#;
        let verdict = |abort: bool| stage(&format!(r#"{{{aborted},"abort":{abort}}}"#)).verdict();
        assert!(matches!(verdict(true), Verdict::Failed(_)));
        assert!(matches!(verdict(false), Verdict::Progressing(_)));
    }

    #[test]
    fn its_phase_decides() {
        let verdict =
            |phase: &str| stage(&format!(r#"{{"phase":"{phase}","message":"why"}}"#)).verdict();
        assert_eq!(verdict("Healthy"), Verdict::Done);
        let why = || SafeText::from_static("why");
        assert_eq!(verdict("Degraded"), Verdict::Failed(why()));
        assert_eq!(verdict("Progressing"), Verdict::Progressing(why()));
    }

    #[test]
    fn an_older_controllers_hash_counts_as_seen() {
        let status = |observed: &str| RolloutStatus {
            observed_generation: observed.to_owned(),
            ..RolloutStatus::default()
        };
        let observed = |text| progress(7, &RolloutSpec::default(), &status(text)).observed;
        assert_eq!((observed("6"), observed("7d9f"), observed("")), (6, 7, 7));
    }
}
