//! When a change counts as done: by what the workload's controller shows, in the order of kubectl's own rules.

use serde_json::Value;

use super::{
    object::{Object, list, text},
    work::Goal,
};
use crate::{
    domain::service::ServiceKind,
    platform::kubernetes::{
        argo::Stage,
        rows::Progress,
        status::{self, Verdict},
    },
    safe,
    text::SafeText,
};

/// When a deadline of an earlier rollout had passed: its controller says so until the next one has moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stale(Option<String>);

impl Stale {
    /// What is already said before anything is sent.
    pub(super) fn of(object: &Object) -> Self {
        Self(gave_up(object).map(|c| text(c, "/lastUpdateTime").to_owned()))
    }
}

/// The condition by which a Deployment's controller says that it waited for too long.
fn gave_up(object: &Object) -> Option<&Value> {
    list(&object.0, "/status/conditions").iter().find(|c| {
        text(c, "/type") == "Progressing" && text(c, "/reason") == "ProgressDeadlineExceeded"
    })
}

/// How many pods there should be.
pub(super) fn wanted(kind: ServiceKind, object: &Object) -> u32 {
    match kind {
        ServiceKind::CronJob | ServiceKind::Job => 0,
        _ => object.progress(kind).desired,
    }
}

/// Judges a workload that shows what was asked for in its spec.
pub(super) fn verdict(kind: ServiceKind, object: &Object, goal: &Goal, stale: &Stale) -> Verdict {
    let progress = object.progress(kind);
    let stopped = gave_up(object)
        .filter(|condition| stale.0.as_deref() != Some(text(condition, "/lastUpdateTime")))
        .map(|condition| SafeText::line(text(condition, "/message")));
    let seen = progress.observed >= progress.generation;
    if seen && matches!(goal, Goal::Replicas(_)) {
        return scaled(&progress);
    }
    if seen && kind == ServiceKind::Rollout {
        return staged(&object.stage(), goal);
    }
    match status::verdict(kind, &progress, stopped.as_ref()) {
        Verdict::Done if progress.paused => {
            Verdict::Progressing(safe!("it is paused: the change waits"))
        }
        verdict => verdict,
    }
}

/// Judges an Argo Rollout by what its controller says. That it waits at a step is what was asked for.
fn staged(stage: &Stage, goal: &Goal) -> Verdict {
    match goal {
        Goal::Restarted(at) if *stage.restarted == **at => Verdict::Done,
        Goal::Restarted(_) => Verdict::Progressing(safe!("its controller replaces them in turn")),
        _ if stage.held().is_some() => Verdict::Done,
        _ => stage.verdict(),
    }
}

fn scaled(progress: &Progress) -> Verdict {
    let Progress {
        desired,
        replicas,
        available,
        ..
    } = *progress;
    if replicas != desired {
        return Verdict::Progressing(safe!("{replicas} there, {desired} wanted"));
    }
    if available < desired {
        return Verdict::Progressing(safe!("{available} of {desired} serve"));
    }
    Verdict::Done
}

/// What the workload shows at the end, in words.
pub(super) fn words(kind: ServiceKind, object: &Object, goal: &Goal, to: &SafeText) -> SafeText {
    match goal {
        Goal::Paused(true) => return safe!("paused; what serves goes on"),
        Goal::Suspended(true) => return safe!("suspended; no new Job begins"),
        Goal::Suspended(false) => return safe!("on schedule again"),
        _ => {}
    }
    let progress = object.progress(kind);
    let on = match goal {
        Goal::Replicas(_) | Goal::Paused(_) => String::new(),
        _ => format!(" on {to}"),
    };
    if progress.on_delete && !matches!(goal, Goal::Replicas(_)) {
        return safe!(
            "{}/{}{on}: each pod changes when it is deleted (OnDelete)",
            progress.updated,
            progress.desired
        );
    }
    if progress.partition > 0 && !matches!(goal, Goal::Replicas(_)) {
        return safe!(
            "{}/{}{on}: its partition keeps {} on the old one",
            progress.updated,
            progress.desired,
            progress.partition.min(progress.desired)
        );
    }
    if let Some(held) = object
        .stage()
        .held()
        .filter(|_| kind == ServiceKind::Rollout)
    {
        return safe!("{}/{}{on}; {held}", progress.updated, progress.desired);
    }
    safe!("{}/{}{on}, serving", progress.ready, progress.desired)
}
