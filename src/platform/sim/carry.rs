//! Carries a confirmed plan out in virtual time: one step after another, each written down before it is sent.

use std::{collections::HashMap, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{
    scenario::Index,
    stage::Work,
    walk::{self, Move, Op, Who},
    world::{Change, Replica, Tick, World, ticks},
};
use crate::{
    domain::{
        action::{Action, ClusterAction},
        instance::{InstanceId, Phase, Probe},
    },
    plan::{
        Ask, Carry, Outcome, Progress, StepState,
        record::{Failure, OperationWriter},
    },
    safe,
    text::SafeText,
};

mod backup;
mod controllers;
mod errand;
mod recording;
mod send;
mod undo;

pub(super) use backup::dump_time;
pub(super) use controllers::BESIDE;
use send::Sent;

/// Without a health check a replica counts once it has run for so long.
pub(super) const STEADY: Duration = Duration::from_secs(4);
/// What does not serve after so long will not.
const PATIENCE: Duration = Duration::from_mins(3);

/// How a step went.
enum Went {
    Done(Option<InstanceId>),
    Failed(Failure, SafeText),
    /// It is no longer what was seen.
    Changed(SafeText),
    /// It may have happened or not.
    Unknown(SafeText),
    /// Told to stop while waiting.
    Stopped,
}

/// One plan being carried out.
struct SimRun {
    work: Work,
    carry: Carry,
    end: CancellationToken,
    /// The service; of what is done to a node there is none.
    about: Option<Index>,
    writer: OperationWriter,
    moves: Vec<Move>,
    /// What the plan made, by number.
    made: HashMap<u32, InstanceId>,
    /// Steps that have taken effect.
    applied: usize,
    /// Why a step failed, where one did.
    failed: Failure,
    /// Whether what ran before serves again.
    restored: bool,
    by: String,
}

/// Carries a plan out to its end, and tells its outcome.
pub(super) async fn carry(work: Work, carry: Carry, end: CancellationToken) {
    let progress = carry.progress.clone();
    let entered = work.shared.in_flight.enter(&carry.plan.target().service);
    let (outcome, _work) = match entered {
        // The plan is told as ended once another one may begin.
        Ok(_flight) => begin(work, carry, end).await,
        Err(busy) => {
            let why = busy.why;
            (Outcome::Superseded { applied: 0, why }, work)
        }
    };
    // Nobody may be listening any more.
    let _ = progress.send(Progress::Ended(outcome)).await;
}

async fn begin(work: Work, carry: Carry, end: CancellationToken) -> (Outcome, Work) {
    let prepared = {
        let stage = work.shared.lock();
        let ask = &carry.plan.preview().ask;
        prepare(&stage.world, ask)
    };
    let (about, moves, after) = match prepared {
        Ok(prepared) => prepared,
        Err(why) => return (Outcome::Superseded { applied: 0, why }, work),
    };
    // The steps that were agreed to are the steps that are taken.
    let agreed = &carry.plan.preview().steps;
    if moves.len() != agreed.len() || moves.iter().zip(agreed).any(|(m, s)| m.step() != *s) {
        let why = SafeText::from_static("what is there changed since the preview; look again");
        return (Outcome::Superseded { applied: 0, why }, work);
    }
    let start = recording::start(&carry, after);
    let after = start.after.clone();
    let writer = match OperationWriter::begin(&carry, start).await {
        Ok(writer) => writer,
        Err(error) => {
            let outcome = Outcome::Failed {
                step: 0,
                applied: 0,
                why: SafeText::line(error.to_string()),
                now: SafeText::from_static("nothing was sent"),
            };
            return (outcome, work);
        }
    };
    let by = carry.plan.agreed().by.to_string();
    let mut run = SimRun {
        work,
        carry,
        end,
        about,
        writer,
        moves,
        made: HashMap::new(),
        applied: 0,
        failed: Failure::Platform,
        restored: false,
        by,
    };
    let id = SafeText::name(run.writer.operation().as_str());
    run.tell(Progress::Begun(id)).await;
    let outcome = run.steps().await;
    run.close(&outcome, after).await;
    (outcome, run.work)
}

/// The service, the steps, and image and id of the image that shall run.
type Prepared = (Option<Index>, Vec<Move>, Option<(SafeText, SafeText)>);

fn prepare(world: &World, ask: &Ask) -> Result<Prepared, SafeText> {
    let about = world.find(&ask.target.service);
    if super::errand::is_one(ask) {
        let errand = super::errand::plan(world, ask).map_err(|refusal| refusal.why)?;
        return Ok((about, errand.moves, None));
    }
    let service = about.ok_or(SafeText::from_static("the service is gone"))?;
    let to = match &ask.action {
        Action::Rollout { image } => world.revision_by_image(service, image),
        Action::RollBack { to: Some(id) } => walk::revision_of(world, service, id),
        _ => None,
    };
    let moves = walk::walk(world, service, ask, to);
    let after = to.map(|to| (world.image(service, to), world.image_id(service, to)));
    Ok((about, moves, after))
}

impl SimRun {
    /// The service that it is about.
    fn service(&self) -> Index {
        self.about
            .expect("what is done to a node takes no step that asks for a service")
    }

    async fn steps(&mut self) -> Outcome {
        if let Some(why) = self.unlike_seen() {
            return Outcome::Superseded { applied: 0, why };
        }
        for at in 0..self.moves.len() {
            if self.told_to_stop() {
                return Outcome::Cancelled {
                    applied: self.applied,
                };
            }
            if let Some(outcome) = self.superseded() {
                return outcome;
            }
            let step = self.moves[at].clone();
            let written = self.intent(at, &step).await;
            let receipt = match written {
                Ok(receipt) => receipt,
                Err(error) => {
                    return Outcome::Failed {
                        step: at,
                        applied: self.applied,
                        why: SafeText::line(error.to_string()),
                        now: SafeText::from_static("nothing more was sent"),
                    };
                }
            };
            self.tell(Progress::Step(at, StepState::Running)).await;
            let went = self.take(at, &step).await;
            self.outcome(receipt, &went).await;
            match went {
                Went::Done(_) => {
                    self.applied += 1;
                    self.tell(Progress::Step(at, StepState::Done)).await;
                }
                Went::Failed(failure, why) => {
                    self.tell(Progress::Step(at, StepState::Failed(why.clone())))
                        .await;
                    self.failed = failure;
                    let now = self.put_back(at).await;
                    return Outcome::Failed {
                        step: at,
                        applied: self.applied,
                        why,
                        now,
                    };
                }
                Went::Changed(why) => {
                    self.tell(Progress::Step(at, StepState::Failed(why.clone())))
                        .await;
                    return Outcome::Superseded {
                        applied: self.applied,
                        why,
                    };
                }
                Went::Unknown(why) => return Outcome::Unverified(why),
                Went::Stopped => {
                    return Outcome::Cancelled {
                        applied: self.applied,
                    };
                }
            }
        }
        // Until the platform shows it, nothing is verified: the state of the next tick is the first that does.
        self.work.sleep(1).await;
        let superseded = self.superseded();
        superseded.unwrap_or_else(|| Outcome::Verified(self.shown()))
    }

    /// Whether somebody else brings another version in the middle of it: what is left is theirs.
    fn superseded(&self) -> Option<Outcome> {
        let service = self.about?;
        let stage = self.work.shared.lock();
        let world = &stage.world;
        let set = self.moves.iter().find_map(|step| match step.op {
            Op::Template { revision, .. } => Some(revision),
            _ => None,
        });
        let restarts = *self.carry.plan.action() == Action::Restart;
        let (to, by) = match (set, world.releasing(service)) {
            (None, Some(theirs)) if restarts && !world.scenario.cluster() => theirs,
            (Some(set), Some(theirs)) if self.applied > 0 && theirs.0 != set => theirs,
            _ => return None,
        };
        let version = super::preview::version(world, service, to);
        Some(Outcome::Superseded {
            applied: self.applied,
            why: safe!("{by} rolls out {version} meanwhile"),
        })
    }

    fn told_to_stop(&self) -> bool {
        self.carry.stop.is_cancelled() || self.end.is_cancelled()
    }

    async fn tell(&self, progress: Progress) {
        // The executor goes on when nobody listens.
        let _ = self.carry.progress.send(progress).await;
    }

    fn wait_for(&self, what: &str) {
        // Only ever of the moment: one that finds no room is not missed.
        let _ = self
            .carry
            .progress
            .try_send(Progress::Waiting(SafeText::line(what)));
    }

    /// What is no longer as it was when the dialog opened.
    fn unlike_seen(&self) -> Option<SafeText> {
        let stage = self.work.shared.lock();
        let target = self.carry.plan.target();
        if stage.world.scenario.cluster() {
            let scales = matches!(self.carry.plan.action(), Action::Scale { .. });
            return scales
                .then(|| self.scaled_meanwhile(&stage.world))
                .flatten();
        }
        let replicas = &stage.world.services[self.service()].replicas;
        for seen in &target.seen {
            let Some(now) = replicas.iter().find(|r| r.id == seen.id) else {
                let why = format!("{} is gone: somebody removed it", seen.name);
                return Some(SafeText::line(&why));
            };
            let started = now.started.map(|t| stage.world.when(t));
            // One that restarts by itself is still the one that was seen.
            if now.restarts == 0 && started != seen.started {
                let why = format!("{} was restarted meanwhile", seen.name);
                return Some(SafeText::line(&why));
            }
        }
        if replicas.len() != target.seen.len() {
            let why = format!("there are {} replicas now", replicas.len());
            return Some(SafeText::line(&why));
        }
        None
    }

    fn id(&self, who: Who) -> Option<InstanceId> {
        match who {
            Who::Seen(at) => self.carry.plan.target().seen.get(at).map(|s| s.id.clone()),
            Who::New(number) => self.made.get(&number).cloned(),
        }
    }

    fn id_of(&self, step: &Move) -> Option<InstanceId> {
        match step.op {
            Op::Start(who)
            | Op::Await(who)
            | Op::Stop(who)
            | Op::Restart(who)
            | Op::Remove(who)
            | Op::Rename(who, _) => self.id(who),
            Op::Errand(errand) => errand.who().and_then(|who| self.id(who)),
            Op::Create { .. }
            | Op::Dump
            | Op::Verify
            | Op::Scale(_)
            | Op::Template { .. }
            | Op::Switch { .. }
            | Op::Beside(_)
            | Op::Settle => None,
        }
    }

    /// Takes one step of the plan, or of the way back.
    async fn take(&mut self, at: usize, step: &Move) -> Went {
        let id = self.id_of(step);
        let gone = || Went::Failed(Failure::Gone, SafeText::from_static("it is gone"));
        let change = match (step.op, id) {
            (Op::Dump, _) => return self.dump().await,
            (Op::Verify, _) => return self.verify().await,
            (Op::Settle, _) => return self.until_it_settles().await,
            (Op::Beside(old), _) => return self.beside(old).await,
            (Op::Errand(errand), id) => return self.errand(at, errand, id, &step.object).await,
            (Op::Switch { route, from }, _) => Change::Switch {
                route,
                from,
                to: self.service(),
                by: self.by.clone(),
            },
            (Op::Scale(replicas), _) => Change::Scale {
                service: self.service(),
                replicas,
            },
            (Op::Template { revision, anew }, _) => Change::Template {
                service: self.service(),
                revision,
                by: self.by.clone(),
                anew,
            },
            (Op::Await(_), Some(id)) => return self.until_it_serves(&id, &step.object).await,
            (Op::Create { number, revision }, _) => Change::Create {
                service: self.service(),
                number,
                revision,
                by: self.by.clone(),
            },
            (Op::Start(_), Some(id)) => Change::Start { id },
            (Op::Stop(_), Some(id)) => Change::Stop { id, seen: None },
            (Op::Restart(who), Some(id)) => Change::Restart {
                seen: match who {
                    Who::Seen(n) => self.carry.plan.target().seen[n].started,
                    Who::New(_) => None,
                },
                id,
            },
            (Op::Remove(_), Some(id)) => Change::Remove { id },
            (Op::Rename(_, aside), Some(id)) => {
                let number = self.number(&id);
                let stage = self.work.shared.lock();
                let name = walk::name(&stage.world.scenario, self.service(), number, aside);
                Change::Rename { id, name }
            }
            (_, None) => return gone(),
        };
        match self.send(at, &change).await {
            Sent::Done(id) => {
                if let Op::Create { number, .. } = step.op {
                    self.made.insert(number, id.clone());
                }
                if let Op::Stop(_) = step.op {
                    return self.until_it_stopped(id, &step.object).await;
                }
                Went::Done(Some(id))
            }
            sent => sent.went(),
        }
    }

    fn number(&self, id: &InstanceId) -> u32 {
        let stage = self.work.shared.lock();
        stage.world.replica(id).map_or(0, |(_, _, r)| r.number)
    }

    /// Waits until a replica serves by the platform's own word.
    async fn until_it_serves(&mut self, id: &InstanceId, name: &SafeText) -> Went {
        let begun = self.work.shared.lock().world.tick;
        loop {
            if self.told_to_stop() {
                return Went::Stopped;
            }
            let seen = {
                let stage = self.work.shared.lock();
                // While the platform cannot be reached, nothing is seen of it.
                let reached = stage.world.cut().is_none();
                let now = stage.world.tick;
                if reached {
                    judge(&stage.world, id, now)
                } else {
                    Waits::For("the connection")
                }
            };
            match seen {
                Waits::Over(went) => return went,
                Waits::For(what) => self.wait_for(&format!("{name}: {what}")),
            }
            if self.work.shared.lock().world.tick - begun > ticks(PATIENCE) {
                let why = format!("{name} did not serve within {} s", PATIENCE.as_secs());
                return Went::Failed(Failure::TimedOut, SafeText::line(&why));
            }
            self.work.sleep(2).await;
        }
    }

    /// Stopping takes its time, up to the grace period.
    async fn until_it_stopped(&mut self, id: InstanceId, name: &SafeText) -> Went {
        loop {
            let stopping = {
                let stage = self.work.shared.lock();
                let replica = stage.world.replica(&id);
                replica.is_some_and(|(_, _, r)| r.phase == Phase::Stopping)
            };
            if !stopping {
                return Went::Done(Some(id));
            }
            self.wait_for(&format!("{name}: stopping"));
            self.work.sleep(1).await;
        }
    }

    /// What the platform shows at the end, in words.
    fn shown(&self) -> SafeText {
        let stage = self.work.shared.lock();
        if let Some(text) = self.errand_shown(&stage.world) {
            return SafeText::line(&text);
        }
        let now = &stage.world.services[self.service()];
        let ready = now.replicas.iter().filter(|r| r.ready()).count();
        let all = now.replicas.len();
        let text = match self.carry.plan.action() {
            Action::Scale { .. } => format!("{ready}/{all} serve"),
            Action::Restart => format!("{ready}/{all} run anew"),
            Action::Start => format!("{ready}/{all} run"),
            Action::Stop => "stopped".to_owned(),
            Action::Cluster(ClusterAction::Switch) => {
                let name = &stage.world.scenario.services[self.service()].name;
                format!("{ready} of {name} serve, and nothing else does")
            }
            Action::Pause | Action::Unpause | Action::Cluster(_) => String::new(),
            Action::Rollout { .. } | Action::RollBack { .. } => {
                let snapshot = stage.world.snapshot();
                let version = snapshot
                    .service(&self.carry.plan.target().service)
                    .map_or(SafeText::EMPTY, |s| s.version.clone());
                format!("{ready}/{all} on {version}")
            }
            Action::BackUp => super::preview::backup_words(&stage.world, self.service()),
        };
        SafeText::line(&text)
    }
}

/// What a wait has come to.
enum Waits {
    Over(Went),
    For(&'static str),
}

/// What the platform shows of a replica that is to serve.
fn judge(world: &World, id: &InstanceId, now: Tick) -> Waits {
    let Some((service, _, replica)) = world.replica(id) else {
        let why = format!("{} is gone: somebody removed it", id.short());
        return Waits::Over(Went::Changed(SafeText::line(&why)));
    };
    let spec = &world.scenario.services[service];
    let name = &replica.name;
    let fail = |failure, why: String| Waits::Over(Went::Failed(failure, SafeText::line(&why)));
    let code = replica.exit_code.unwrap_or(0);
    let words = match &replica.last_words {
        words if words.is_empty() => String::new(),
        words => format!(": {words}"),
    };
    match (replica.phase, &replica.probe) {
        (Phase::Restarting | Phase::Dead | Phase::Exited, _) => {
            fail(Failure::Exited, format!("{name} ended, exit {code}{words}"))
        }
        (Phase::Running, _) if replica.restarts > 0 => fail(
            Failure::Exited,
            format!("{name} ended and was started again, exit {code}{words}"),
        ),
        // What is known good is not to blame for a check that fails through another service: its next run may pass.
        (Phase::Running, Probe::Unhealthy { .. }) if looks_through(world, service, replica) => {
            Waits::For("its health check: a service that it needs does not answer")
        }
        (Phase::Running, Probe::Unhealthy { output, .. }) => {
            fail(Failure::Unhealthy, format!("{name} is unhealthy: {output}"))
        }
        (Phase::Running, Probe::Healthy) => Waits::Over(Went::Done(Some(id.clone()))),
        (Phase::Running, Probe::None) if replica.up(now) >= ticks(spec.starts_in.max(STEADY)) => {
            Waits::Over(Went::Done(Some(id.clone())))
        }
        (Phase::Running, Probe::None) => Waits::For("running for a few seconds"),
        (Phase::Running, Probe::Starting) => Waits::For("its health check"),
        _ => Waits::For("its start"),
    }
}

/// Whether the check of a replica of a known-good revision asks other services too.
fn looks_through(world: &World, service: Index, replica: &Replica) -> bool {
    let check = world.scenario.services[service].check.as_ref();
    let known_good = world.services[service].past[replica.revision].known_good;
    known_good.is_some() && check.is_some_and(|check| check.through)
}
