//! Where a workload's rollout stands, by the rules of `kubectl rollout status`
//! (`polymorphichelpers/rollout_status.go`), and what that one does not say.

use super::rows::{Condition, Progress, Workload};
use crate::{
    domain::service::ServiceKind,
    safe,
    text::{SafeText, counted},
};

/// What `kubectl rollout status` would say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is not there yet: what is missing.
    Progressing(SafeText),
    /// It stands still: why.
    Failed(SafeText),
    /// It is there.
    Done,
}

/// Where a rollout stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Status {
    /// As kubectl has it.
    pub(super) verdict: Verdict,
    /// What it waits for somebody to do, or to let it do: resume it, lower its partition, delete its pods.
    pub(super) held: Option<SafeText>,
    /// Why pods cannot be made, in their controller's words: a quota, a webhook.
    pub(super) refused: Option<Condition>,
}

/// Where a workload's rollout stands: first whether its controller has seen the last change, then whether it failed, then what is missing.
pub(super) fn status(workload: &Workload) -> Status {
    let stopped = condition(workload, "Progressing");
    let stopped = stopped.filter(|c| &*c.reason == "ProgressDeadlineExceeded");
    let verdict = match &workload.stage {
        Some(stage) if seen(&workload.progress) => stage.verdict(),
        _ => verdict(
            workload.kind,
            &workload.progress,
            stopped.map(|c| &c.message),
        ),
    };
    Status {
        verdict,
        held: held(workload),
        refused: condition(workload, "ReplicaFailure").cloned(),
    }
}

/// The same by the figures alone; `stopped` says that a Deployment's deadline has passed, in its controller's words.
pub(super) fn verdict(
    kind: ServiceKind,
    progress: &Progress,
    stopped: Option<&SafeText>,
) -> Verdict {
    if !seen(progress) {
        return Verdict::Progressing(SafeText::from_static(
            "its controller has not seen the change yet",
        ));
    }
    match kind {
        ServiceKind::Deployment => deployment(progress, stopped),
        ServiceKind::StatefulSet => stateful_set(progress),
        ServiceKind::DaemonSet => daemon_set(progress),
        // What has no rollouts is always through with them.
        _ => Verdict::Done,
    }
}

/// Whether its controller has seen the last change.
const fn seen(progress: &Progress) -> bool {
    progress.generation <= progress.observed
}

fn deployment(progress: &Progress, stopped: Option<&SafeText>) -> Verdict {
    if let Some(stopped) = stopped {
        return Verdict::Failed(stopped.clone());
    }
    if progress.updated < progress.desired {
        return updated(progress.updated, progress.desired);
    }
    if progress.replicas > progress.updated {
        let old = progress.replicas - progress.updated;
        return Verdict::Progressing(safe!("{} to go", counted(old as usize, "old pod")));
    }
    available(progress.available, progress.updated)
}

fn stateful_set(progress: &Progress) -> Verdict {
    // It deletes no pod by itself: kubectl says that there is no status to wait for.
    if progress.on_delete {
        return Verdict::Done;
    }
    if progress.ready < progress.desired {
        let missing = progress.desired - progress.ready;
        return Verdict::Progressing(safe!("{} not ready", counted(missing as usize, "pod")));
    }
    let wanted = progress.desired.saturating_sub(progress.partition);
    if progress.updated < wanted {
        return updated(progress.updated, wanted);
    }
    Verdict::Done
}

fn daemon_set(progress: &Progress) -> Verdict {
    if progress.on_delete {
        return Verdict::Done;
    }
    if progress.updated < progress.desired {
        return updated(progress.updated, progress.desired);
    }
    available(progress.available, progress.desired)
}

fn updated(updated: u32, wanted: u32) -> Verdict {
    Verdict::Progressing(safe!("{updated} of {wanted} pods are new"))
}

fn available(available: u32, wanted: u32) -> Verdict {
    if available < wanted {
        Verdict::Progressing(safe!("{available} of {wanted} new pods serve"))
    } else {
        Verdict::Done
    }
}

/// What a workload waits for that only somebody can do.
fn held(workload: &Workload) -> Option<SafeText> {
    let progress = &workload.progress;
    if let Some(stage) = &workload.stage {
        return stage.held();
    }
    if progress.paused {
        return Some(SafeText::from_static(
            "paused: changes wait until somebody resumes it",
        ));
    }
    let set = matches!(
        workload.kind,
        ServiceKind::StatefulSet | ServiceKind::DaemonSet
    );
    let old = progress.replicas.saturating_sub(progress.updated);
    if !set || old == 0 {
        return None;
    }
    if progress.on_delete {
        return Some(safe!(
            "OnDelete: {old} old {} until somebody deletes {}",
            stay(old),
            if old == 1 { "it" } else { "them" }
        ));
    }
    let kept = progress.partition.min(progress.desired);
    (kept > 0).then(|| {
        safe!(
            "partition holds {} on the old revision",
            counted(kept as usize, "pod")
        )
    })
}

const fn stay(count: u32) -> &'static str {
    if count == 1 { "pod stays" } else { "pods stay" }
}

/// A condition of a workload by its kind.
pub(super) fn condition<'a>(workload: &'a Workload, kind: &str) -> Option<&'a Condition> {
    workload.conditions.iter().find(|c| &*c.kind == kind)
}

#[cfg(test)]
mod tests;
