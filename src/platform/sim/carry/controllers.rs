//! What a cluster carries out by itself: told once, then watched.

use std::time::Duration;

use super::{PATIENCE, SimRun, Went};
use crate::{
    plan::{Outcome, record::Failure},
    platform::sim::{
        scenario::Index,
        world::{SECOND, Settling, World, ticks},
    },
    text::SafeText,
};

/// How long the colour that served before is watched beside the one that serves now.
pub(crate) const BESIDE: Duration = Duration::from_secs(30);

impl SimRun {
    /// Pods come and go by themselves; only another number of wanted ones means that somebody else was here.
    pub(super) fn scaled_meanwhile(&self, world: &World) -> Option<SafeText> {
        let seen = self.carry.plan.target().replicas;
        let now = world.services[self.service()].desired;
        (now != seen).then(|| {
            let why = format!("it was scaled to {now} meanwhile; it had {seen}");
            SafeText::line(&why)
        })
    }

    /// Counts down while two colours are up. Who breaks it off has seen enough.
    pub(super) async fn beside(&mut self, old: Index) -> Went {
        for left in (1..=BESIDE.as_secs()).rev() {
            if self.told_to_stop() {
                break;
            }
            let (name, serves) = {
                let stage = self.work.shared.lock();
                let name = stage.world.scenario.services[old].name.clone();
                (name, stage.world.routed(self.service()).is_some())
            };
            if !serves {
                let why = "somebody switched it meanwhile";
                return Went::Changed(SafeText::from_static(why));
            }
            self.wait_for(&format!("{name} stays up beside it, {left} s more"));
            self.work.sleep(SECOND).await;
        }
        Went::Done(None)
    }

    /// Waits until the cluster shows what it was told.
    pub(super) async fn until_it_settles(&mut self) -> Went {
        let begun = self.work.shared.lock().world.tick;
        let mut last = String::new();
        loop {
            // A tick passes first: what was told is carried out from the next one on.
            self.work.sleep(2).await;
            if self.told_to_stop() {
                return Went::Stopped;
            }
            if let Some(Outcome::Superseded { why, .. }) = self.superseded() {
                return Went::Changed(why);
            }
            let (seen, now) = {
                let stage = self.work.shared.lock();
                let reached = stage.world.cut().is_none();
                let seen = reached.then(|| stage.world.settling(self.service()));
                (seen, stage.world.tick)
            };
            match seen {
                Some(Settling::Done) => return Went::Done(None),
                Some(Settling::Broken(why)) => {
                    return Went::Failed(Failure::Unhealthy, why);
                }
                Some(Settling::Under(words)) => {
                    self.wait_for(&words);
                    last = words;
                }
                None => self.wait_for("waiting for the connection"),
            }
            if now - begun > ticks(PATIENCE) {
                let why = format!("not done within {} s: {last}", PATIENCE.as_secs());
                return Went::Failed(Failure::TimedOut, SafeText::line(&why));
            }
        }
    }
}
