//! Carries a confirmed plan out: an intent that is durable, one send, and what the platform then shows.

use std::time::Duration;

use self::run::{ActionRun, StepEnd};
use super::{
    container::Container,
    healthy::Patience,
    names,
    planner::{self, PlanDraft},
    settle::Members,
    wire::Wire,
    work::{Act, Group, Work},
    world::{self, World},
};
use crate::{
    plan::{Carry, Outcome, Progress, record::Failure},
    platform::docker::error::CallError,
    safe,
    text::SafeText,
};

mod recording;
mod run;
mod sending;

/// How long a listener may keep us waiting before it misses something.
const LISTENER: Duration = Duration::from_secs(1);

/// Carries a plan out and says how it ended, to the end of `carry.progress` too.
pub(super) async fn carry(wire: &impl Wire, carry: Carry, patience: Patience) -> Outcome {
    let outcome = go(wire, &carry, patience).await;
    tell(&carry, Progress::Ended(outcome.clone())).await;
    outcome
}

/// Tells the listener, if there is one that listens.
async fn tell(carry: &Carry, progress: Progress) {
    // Whether it heard makes no difference to what has to be done.
    let _ = tokio::time::timeout(LISTENER, carry.progress.send(progress)).await;
}

async fn go(wire: &impl Wire, carry: &Carry, patience: Patience) -> Outcome {
    let preview = carry.plan.preview();
    let superseded = |why| Outcome::Superseded { applied: 0, why };
    let world = match World::read(wire, &preview.ask).await {
        Ok(world) => world,
        Err(error) => return superseded(safe!("nothing was sent: {error}")),
    };
    if let Some(change) = planner::changed(&preview.ask.target, &world) {
        return superseded(change);
    }
    let draft = match planner::plan(&preview.ask, &world, &patience) {
        Ok(draft) => draft,
        Err(refusal) => return superseded(refusal.why),
    };
    if !same_plan(&draft, preview) {
        return superseded(safe!("what it takes has changed since it was confirmed"));
    }
    let mut run = match ActionRun::begin(wire, carry, patience, &draft, &world).await {
        Ok(run) => run,
        Err(error) => {
            return Outcome::Failed {
                step: 0,
                applied: 0,
                why: safe!("nothing was sent: {error}"),
                now: SafeText::default(),
            };
        }
    };
    let begun = Progress::Begun(safe!("{}", run.operation()));
    tell(carry, begun).await;
    let ended = all(&mut run, &draft).await;
    let outcome = match (ended, verify(wire, &draft, &preview.ask).await) {
        (Ok(()), Ok(words)) => Outcome::Verified(words),
        (Ok(()), Err(words)) => Outcome::Unverified(words),
        // What the platform shows counts: a step that failed may have been put right on the way back.
        (Err(Outcome::Failed { .. } | Outcome::Unverified(_)), Ok(words)) if shows(preview) => {
            run.close();
            Outcome::Verified(words)
        }
        (Err(outcome), _) => outcome,
    };
    run.end(&outcome).await;
    outcome
}

/// Whether a plan is the one that was agreed to. Values that only a request shows are not compared: they may not have
/// come through.
fn same_plan(draft: &PlanDraft, agreed: &crate::plan::Preview) -> bool {
    let lines = |p: &crate::plan::Preview| -> Vec<_> {
        p.changes
            .iter()
            .map(|c| (c.kind, c.field.clone(), c.value.clone()))
            .collect()
    };
    draft.preview.steps == agreed.steps && lines(&draft.preview) == lines(agreed)
}

/// Whether it can be seen on the containers that an action was carried out. A restart leaves them as they were.
fn shows(preview: &crate::plan::Preview) -> bool {
    !matches!(preview.ask.action, crate::domain::action::Action::Restart)
}

/// Every group in turn.
async fn all<W: Wire>(run: &mut ActionRun<'_, W>, draft: &PlanDraft) -> Result<(), Outcome> {
    for group in &draft.groups {
        if let Err(why) = run.enter(group).await {
            let (step, applied) = (run.next(), run.applied());
            return Err(Outcome::Failed {
                step,
                applied,
                why,
                now: safe!("nothing of it was touched"),
            });
        }
        for work in &group.works {
            if run.stopped() {
                return Err(Outcome::Cancelled {
                    applied: run.applied(),
                });
            }
            match run.step(work).await {
                StepEnd::Done => {}
                StepEnd::Cancelled => {
                    return Err(Outcome::Cancelled {
                        applied: run.applied(),
                    });
                }
                StepEnd::Unverified(why) => return Err(Outcome::Unverified(why)),
                StepEnd::Unrecorded(why) => {
                    let (step, applied) = (run.at(), run.applied());
                    return Err(Outcome::Failed {
                        step,
                        applied,
                        why,
                        now: safe!("nothing more was sent"),
                    });
                }
                StepEnd::Superseded(why) if !run.touched() => {
                    return Err(Outcome::Superseded {
                        applied: run.applied(),
                        why,
                    });
                }
                StepEnd::Superseded(why) => {
                    let applied = run.applied();
                    let now = put_back(run, draft, group).await;
                    let why = if now.is_empty() {
                        why
                    } else {
                        safe!("{why}; {now}")
                    };
                    return Err(Outcome::Superseded { applied, why });
                }
                StepEnd::Failed(_, why) => {
                    let (step, applied) = (run.at(), run.applied());
                    let now = put_back(run, draft, group).await;
                    return Err(Outcome::Failed {
                        step,
                        applied,
                        why,
                        now,
                    });
                }
            }
        }
    }
    Ok(())
}

/// Undoes what was begun on one replica. Says in words how that went.
async fn put_back<W: Wire>(
    run: &mut ActionRun<'_, W>,
    draft: &PlanDraft,
    group: &Group,
) -> SafeText {
    if group.base.is_empty() {
        return SafeText::default();
    }
    let first = draft
        .groups
        .iter()
        .find(|g| !g.base.is_empty() && !g.works.is_empty());
    let moved = draft.moved.as_ref().filter(|_| first == Some(group));
    let containers = match run.containers().await {
        Ok(containers) => containers,
        Err(error) => return safe!("what is left of it can't be read: {error}"),
    };
    let mut works = way_back(group, run.made(), run.removed(), &containers);
    works.extend(moved.cloned());
    if works.is_empty() {
        return standing(group, &containers);
    }
    run.leave();
    for work in &works {
        let what = safe!("{} {}", work.step.verb, work.step.object);
        run.tell(Progress::PuttingBack(what)).await;
        match run.step(work).await {
            StepEnd::Done => {}
            StepEnd::Failed(Failure::Exited | Failure::Unhealthy | Failure::TimedOut, why)
                if matches!(work.act, Act::Await(_)) =>
            {
                return safe!(
                    "{} is back as it was, and does not serve: {why}",
                    group.base
                );
            }
            StepEnd::Failed(_, why)
            | StepEnd::Superseded(why)
            | StepEnd::Unverified(why)
            | StepEnd::Unrecorded(why) => return safe!("putting it back did not work: {why}"),
            StepEnd::Cancelled => return safe!("putting it back was broken off"),
        }
    }
    match run.containers().await {
        Ok(containers) => standing(group, &containers),
        Err(error) => safe!("what is left of it can't be read: {error}"),
    }
}

/// The steps that undo what was begun on a replica.
fn way_back(
    group: &Group,
    made: Option<&str>,
    removed: bool,
    containers: &[Container],
) -> Vec<Work> {
    let all = Members::sort(containers);
    let Some(members) = all.into_iter().find(|m| m.base == group.base) else {
        return Vec::new();
    };
    let ours = containers.iter().find(|c| Some(c.id()) == made);
    let alone = ours.is_some_and(|ours| {
        let others = members.plain.iter().chain(&members.new).chain(&members.old);
        others.clone().all(|c| c.id() == ours.id())
    });
    if let Some(ours) = ours.filter(|_| alone) {
        if removed {
            // It is all there is, so it stays, whatever happened; its name is what may be missing.
            return members.settle(Some(ours.image_id())).works;
        }
        // The old one was taken away by somebody, or there never was one: only what we brought goes.
        let mut works = Vec::new();
        let called = members.called(ours);
        if ours.alive() {
            works.push(Act::Stop(super::settle::there(ours)).on(&called));
        }
        works.push(Act::Remove(super::settle::there(ours)).on(&called));
        return works;
    }
    members.settle(Some(&group.image)).works
}

/// What is there of a replica, in words.
fn standing(group: &Group, containers: &[Container]) -> SafeText {
    let plain = containers.iter().find(|c| c.name() == group.base);
    let leftover = containers
        .iter()
        .find(|c| c.name() != group.base && names::parse(c.name()).0 == group.base);
    match (plain, leftover) {
        (_, Some(leftover)) => safe!("{} is still there", leftover.name()),
        (Some(plain), None) if plain.serves() && plain.image_id() == group.image => {
            safe!("the old {} serves", group.base)
        }
        (Some(plain), None) => safe!("{} is {}", group.base, plain.status()),
        (None, None) => safe!("{} is not there", group.base),
    }
}

/// Reads the whole service back. What it shows, in words; `Err` where that is not what was wanted.
async fn verify(
    wire: &impl Wire,
    draft: &PlanDraft,
    ask: &crate::plan::Ask,
) -> Result<SafeText, SafeText> {
    use crate::domain::action::Action;
    let containers =
        world::containers(wire, &ask.target.service)
            .await
            .map_err(|error: CallError| {
                safe!("everything was sent; reading it back failed: {error}")
            })?;
    let stopping = matches!(ask.action, Action::Stop);
    let good = |c: &&Container| {
        let image = draft
            .image
            .as_deref()
            .is_none_or(|image| c.image_id() == image);
        let state = if stopping { !c.alive() } else { c.serves() };
        image && state && names::parse(c.name()).1 == names::Part::Plain
    };
    let (all, fine, wanted) = (
        containers.len(),
        containers.iter().filter(good).count(),
        draft.replicas,
    );
    let on = match &draft.image {
        Some(_) => format!(" on {}", draft.preview.to.what),
        None => String::new(),
    };
    let checked = containers
        .iter()
        .all(|c| c.check() != super::container::Check::None);
    let state = if stopping {
        "stopped"
    } else if checked {
        "healthy"
    } else {
        "running"
    };
    let words = safe!("{fine}/{wanted}{on}, {state}");
    if fine >= draft.serving && all == wanted {
        Ok(words)
    } else {
        Err(safe!("{words}; {all} are there"))
    }
}
