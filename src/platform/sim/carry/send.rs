//! The way of a request to the platform and of its answer back, with all that can go wrong between.

use super::{SimRun, Went, ticks};
use crate::{
    domain::instance::{InstanceId, Phase},
    plan::{Progress, StepState, record::Failure},
    platform::sim::{
        scenario::Cut,
        stage::Lost,
        world::{Change, Denied, SECOND, Tick, World},
    },
    text::SafeText,
};

/// For how long the platform is read after an answer was lost.
const READING: Tick = 10 * SECOND;

/// What is known of a request that was sent, once.
pub(super) enum Sent {
    Done(InstanceId),
    Changed(SafeText),
    Gone(SafeText),
    /// Not now: a budget needs it.
    Blocked(SafeText),
    /// It never left.
    Offline,
    /// The answer was lost, and reading did not settle it.
    Unknown(SafeText),
}

impl Sent {
    /// How the step went by that, where it does no more than send.
    pub(super) fn went(self) -> Went {
        match self {
            Self::Done(id) => Went::Done(Some(id)),
            Self::Changed(why) | Self::Gone(why) | Self::Blocked(why) => Went::Changed(why),
            Self::Offline => Went::Failed(
                Failure::Offline,
                SafeText::from_static("the platform refuses connections"),
            ),
            Self::Unknown(why) => Went::Unknown(why),
        }
    }
}

impl SimRun {
    /// Sends a change once. A lost answer is settled by reading, never by sending again.
    pub(super) async fn send(&mut self, at: usize, change: &Change) -> Sent {
        let latency = self.work.shared.lock().world.latency();
        self.work.sleep(ticks(latency)).await;
        let (answer, before) = {
            let mut stage = self.work.shared.lock();
            let before = stage.world.serial();
            let lost = match stage.world.cut() {
                Some(Cut::Refused) => return Sent::Offline,
                Some(Cut::Silent) => Some(Lost::Request),
                None => stage.losing.pop_front(),
            };
            let answer = match lost {
                Some(Lost::Request) => None,
                Some(Lost::Answer) => {
                    // It is carried out; nobody hears of it.
                    let _ = stage.world.change(change);
                    None
                }
                None => Some(stage.world.change(change)),
            };
            (answer, before)
        };
        match answer {
            Some(Ok(id)) => Sent::Done(id),
            Some(Err(Denied::Gone(why))) => Sent::Gone(why),
            Some(Err(Denied::Changed(why))) => Sent::Changed(why),
            Some(Err(Denied::Blocked(why))) => Sent::Blocked(why),
            None => {
                self.tell(Progress::Step(at, StepState::Uncertain)).await;
                self.settle(change, before).await
            }
        }
    }

    /// Reads the platform until it shows the change, for a while.
    async fn settle(&mut self, change: &Change, before: u32) -> Sent {
        let begun = self.work.shared.lock().world.tick;
        loop {
            self.wait_for("the answer was lost: reading the platform to find out");
            self.work.sleep(5).await;
            let stage = self.work.shared.lock();
            if stage.world.cut().is_none()
                && let Some(id) = stage.world.shows(change, before)
            {
                return Sent::Done(id);
            }
            if stage.world.tick - begun > READING {
                let step = match change {
                    Change::Create { .. } | Change::Run { .. } => "create",
                    Change::Start { .. } => "start",
                    Change::Stop { .. } => "stop",
                    Change::Restart { .. } => "restart",
                    Change::Remove { .. } => "remove",
                    Change::Rename { .. } => "rename",
                    Change::Scale { .. } => "scale",
                    Change::Delete { .. } => "delete",
                    Change::Evict { .. } => "evict",
                    Change::Template { .. } | Change::Switch { .. } | Change::Cordon { .. } => {
                        "patch"
                    }
                };
                let why =
                    format!("the answer to `{step}` was lost, and the platform does not show it");
                return Sent::Unknown(SafeText::line(&why));
            }
        }
    }
}

impl World {
    /// The replica that a change was about, if the change shows. `before` is how many had been made until then.
    fn shows(&self, change: &Change, before: u32) -> Option<InstanceId> {
        let about = |id: &InstanceId| self.replica(id).map(|(_, _, replica)| replica);
        match change {
            Change::Create {
                service,
                number,
                revision,
                ..
            } => self.services[*service]
                .replicas
                .iter()
                .find(|r| r.serial > before && r.number == *number && r.revision == *revision)
                .map(|r| r.id.clone()),
            Change::Start { id } => about(id)?.running().then(|| id.clone()),
            Change::Stop { id, .. } => {
                let stopped = matches!(about(id)?.phase, Phase::Exited | Phase::Stopping);
                stopped.then(|| id.clone())
            }
            Change::Restart { id, seen } => {
                let replica = about(id)?;
                let started = replica.started.map(|t| self.when(t));
                (replica.running() && started != *seen).then(|| id.clone())
            }
            Change::Remove { id } => about(id).is_none().then(|| id.clone()),
            Change::Delete { id } | Change::Evict { id } => about(id)
                .is_none_or(|pod| pod.phase == Phase::Stopping)
                .then(|| id.clone()),
            Change::Cordon { node, cordoned } => {
                (self.cordoned(*node) == *cordoned).then(InstanceId::default)
            }
            Change::Run { service, number } => {
                let mut jobs = self.services[*service].replicas.iter();
                let made = jobs.find(|job| job.serial > before && job.number == *number);
                made.map(|job| job.id.clone())
            }
            Change::Scale { service, replicas } => {
                (self.services[*service].desired == *replicas).then(|| self.first_of(*service))
            }
            // A restart leaves the template's revision as it was: only its newer replicas show it.
            Change::Template {
                service,
                revision,
                anew,
                ..
            } => {
                let now = &self.services[*service];
                let newer = now.replicas.iter().any(|r| r.serial > before);
                (now.template == *revision && (!anew || newer)).then(|| self.first_of(*service))
            }
            Change::Switch { route, to, .. } => {
                (self.selected(*route) == *to).then(|| self.first_of(*to))
            }
            Change::Rename { id, name } => (about(id)?.name == *name).then(|| id.clone()),
        }
    }
}
