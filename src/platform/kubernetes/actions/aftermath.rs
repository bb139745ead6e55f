//! What becomes of a change after it is done: for five minutes it is watched whether somebody undoes it.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    Patience,
    object::{Object, Place},
    order::MANAGER,
    work::Goal,
    world::{self, Unread},
};
use crate::{
    clock,
    domain::{details::Happening, health::Health, service::ServiceId},
    platform::kubernetes::cluster::Cluster,
    safe,
    text::SafeText,
};

/// A change that is done.
#[derive(Debug)]
pub(super) struct Aftermath {
    pub(super) service: ServiceId,
    pub(super) place: Place,
    /// The workload's identity.
    pub(super) uid: String,
    /// What its spec shows.
    pub(super) goal: Goal,
    /// What it showed before.
    pub(super) was: Goal,
    /// What was done: `scale`, `rollback`.
    pub(super) word: &'static str,
    /// When it was sent.
    pub(super) since: Instant,
}

impl Aftermath {
    /// Watches, and tells the console when somebody undoes it.
    pub(super) async fn watch(self, cluster: Arc<Cluster>, patience: Patience) {
        let until = Instant::now() + patience.after;
        while Instant::now() < until {
            sleep(patience.poll * 4).await;
            match world::object(&cluster.api, &self.place).await {
                Ok(object) if object.uid() != self.uid => return,
                Ok(object) if !self.goal.shown(&object) => {
                    if let Some(text) = self.undone(&object) {
                        cluster.happened(Happening {
                            at: clock::now(),
                            service: Some(self.service),
                            text,
                            health: Health::Warning,
                        });
                    }
                    return;
                }
                Err(Unread::Gone | Unread::NoWorkload) => return,
                // A server that is away says nothing of who undid what.
                Ok(_) | Err(Unread::Failed(_)) => {}
            }
        }
    }

    /// Says who undid it; `None` where it is the next change and no undoing, or our own.
    fn undone(&self, object: &Object) -> Option<SafeText> {
        let by = self.goal.written_by(object);
        let back = self.was.shown(object);
        if &*by == MANAGER || !(back || matches!(self.goal, Goal::Replicas(_))) {
            return None;
        }
        let after = seconds(self.since.elapsed());
        Some(match (&self.goal, back) {
            (Goal::Replicas(replicas), false) => safe!(
                "{by} set {} copies {after} after you set {replicas}",
                object.replicas()
            ),
            _ => safe!("{} undone by {by} after {after}", self.word),
        })
    }
}

/// `6 s`, `2 min`.
fn seconds(after: Duration) -> String {
    match after.as_secs() {
        seconds @ ..120 => format!("{seconds} s"),
        seconds => format!("{} min", seconds / 60),
    }
}
