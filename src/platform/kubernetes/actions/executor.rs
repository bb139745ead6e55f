//! Carries a confirmed plan out: an intent that is durable, one send, and what the cluster then shows.

use std::time::Duration;

use self::{run::ActionRun, waiting::Waited};
use super::{
    Patience,
    aftermath::Aftermath,
    planner::{self, PlanDraft},
    work::{Act, Goal},
    world::World,
};
use crate::{
    clock,
    plan::{Carry, Outcome, Preview, Progress},
    platform::kubernetes::cluster::Cluster,
    safe,
    text::SafeText,
};

mod run;
mod sending;
mod waiting;

/// How long a listener may keep us waiting before it misses something.
const LISTENER: Duration = Duration::from_secs(1);

/// Tells the listener, if there is one that listens.
pub(super) async fn tell(carry: &Carry, progress: Progress) {
    // Whether it heard makes no difference to what has to be done.
    let _ = tokio::time::timeout(LISTENER, carry.progress.send(progress)).await;
}

/// Carries a plan out and says how it ended, and what is to be watched after it.
pub(super) async fn carry(
    cluster: &Cluster,
    carry: &Carry,
    patience: &Patience,
) -> (Outcome, Option<Aftermath>) {
    let draft = match again(cluster, carry).await {
        Ok(draft) => draft,
        Err(why) => return (Outcome::Superseded { applied: 0, why }, None),
    };
    let mut run = match ActionRun::begin(cluster, carry, patience, &draft).await {
        Ok(run) => run,
        Err(error) => {
            let failed = Outcome::Failed {
                step: 0,
                applied: 0,
                why: safe!("nothing was sent: {error}"),
                now: SafeText::EMPTY,
            };
            return (failed, None);
        }
    };
    let begun = Progress::Begun(safe!("{}", run.operation()));
    tell(carry, begun).await;
    let outcome = all(&mut run, &draft).await;
    run.end(&outcome).await;
    let done = matches!(outcome, Outcome::Verified(_));
    (outcome, done.then(|| run.aftermath()))
}

/// The plan made again from what is there now; it must be the one that was agreed to.
async fn again(cluster: &Cluster, carry: &Carry) -> Result<PlanDraft, SafeText> {
    let preview = carry.plan.preview();
    let ask = &preview.ask;
    let world = World::read(cluster, ask)
        .await
        .map_err(|error| error.words(&ask.target.service))?;
    let draft = planner::plan(ask, &world, clock::now()).map_err(|refusal| refusal.why)?;
    if let Some(change) = changed(preview, &draft, &world) {
        let by = draft.goal.written_by(&world.object);
        return Err(safe!("{change}; {by} changed it last"));
    }
    Ok(draft)
}

/// What is no longer as it was agreed to, of what the action is about.
fn changed(agreed: &Preview, draft: &PlanDraft, world: &World) -> Option<SafeText> {
    let (was, is) = (&agreed.ask.target, &draft.preview.ask.target);
    match &draft.goal {
        Goal::Replicas(_) if was.replicas != is.replicas => Some(safe!(
            "{} copies were wanted when it was shown, and {} are now",
            was.replicas,
            is.replicas
        )),
        Goal::Template { .. } if was.generation != is.generation => {
            Some(safe!("{} was changed since it was shown", world.place.name))
        }
        _ if !same_plan(&draft.preview, agreed) => {
            Some(safe!("what it takes has changed since it was shown"))
        }
        _ => None,
    }
}

/// Whether a plan is the one that was agreed to. Values that only a request shows are not compared: they may not have
/// come through.
pub(super) fn same_plan(one: &Preview, other: &Preview) -> bool {
    let lines = |p: &Preview| -> Vec<_> {
        p.changes
            .iter()
            .map(|c| (c.kind, c.field.clone(), c.value.clone()))
            .collect()
    };
    one.steps == other.steps && lines(one) == lines(other)
}

/// Every step in turn.
async fn all(run: &mut ActionRun<'_>, draft: &PlanDraft) -> Outcome {
    let mut shows = SafeText::EMPTY;
    for work in &draft.works {
        if run.stopped() {
            return Outcome::Cancelled {
                applied: run.applied(),
            };
        }
        let applied = run.applied();
        let stuck = work.act == Act::Await && !matches!(draft.goal, Goal::Replicas(_));
        let now = if stuck {
            safe!("what served before still does; rolling back works while it is stuck")
        } else {
            SafeText::EMPTY
        };
        match run.step(work).await.shows(run.at(), applied, now) {
            Ok(words) => shows = words,
            Err(outcome) => return outcome,
        }
    }
    match run.hold().await {
        Waited::Shown(words) if words.is_empty() => Outcome::Verified(shows),
        Waited::Shown(words) => Outcome::Verified(words),
        Waited::Reverted(by, after) => Outcome::Reverted { by, after },
        Waited::Superseded(why) => Outcome::Superseded {
            applied: run.applied(),
            why,
        },
        Waited::Failed(_, why) | Waited::Unknown(why) => Outcome::Unverified(why),
        Waited::Cancelled => Outcome::Verified(shows),
    }
}
