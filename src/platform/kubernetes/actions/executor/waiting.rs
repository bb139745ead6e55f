//! Watching what a change does, until the cluster shows it.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{
    super::{
        judge,
        object::Object,
        world::{self, Unread},
    },
    run::ActionRun,
};
use crate::{
    domain::health::Health,
    plan::{Progress, record::Failure},
    platform::kubernetes::status::Verdict,
    safe,
    text::SafeText,
};

/// How a wait ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Waited {
    /// The cluster shows it, in these words.
    Shown(SafeText),
    /// It will not.
    Failed(Failure, SafeText),
    /// Somebody changed or deleted it meanwhile.
    Superseded(SafeText),
    /// Somebody put it back, so long after the send.
    Reverted(SafeText, Duration),
    /// The server could not be asked for too long.
    Unknown(SafeText),
    /// The operator told us to stop.
    Cancelled,
}

impl ActionRun<'_> {
    /// Waits until the workload's controller has done it.
    pub(super) async fn wait(&self) -> Waited {
        let mut told = SafeText::EMPTY;
        let mut moved = (Instant::now(), SafeText::EMPTY);
        let mut heard = Instant::now();
        loop {
            let words = match world::object(&self.cluster.api, &self.place).await {
                Ok(object) => {
                    heard = Instant::now();
                    if let Some(ended) = self.departed(&object) {
                        return ended;
                    }
                    match judge::verdict(self.place.kind, &object, &self.goal, &self.stale) {
                        Verdict::Done => {
                            return Waited::Shown(judge::words(
                                self.place.kind,
                                &object,
                                &self.goal,
                                &self.to,
                            ));
                        }
                        Verdict::Failed(words) => {
                            return Waited::Failed(Failure::TimedOut, self.with_trouble(words));
                        }
                        Verdict::Progressing(words) => {
                            if words != moved.1 {
                                moved = (Instant::now(), words.clone());
                            }
                            self.with_trouble(words)
                        }
                    }
                }
                Err(Unread::Failed(error)) => {
                    if heard.elapsed() >= self.patience.back {
                        return Waited::Unknown(safe!("it was sent; since then: {error}"));
                    }
                    moved.0 = Instant::now();
                    safe!("the API server is away: {error}")
                }
                Err(gone) => {
                    return Waited::Superseded(gone.words(&self.carry.plan.target().service));
                }
            };
            if moved.0.elapsed() >= self.patience.stall {
                let minutes = self.patience.stall.as_secs() / 60;
                return Waited::Failed(
                    Failure::TimedOut,
                    safe!("{words}; nothing moved for {minutes} min"),
                );
            }
            if words != told {
                self.tell(Progress::Waiting(words.clone())).await;
                told = words;
            }
            tokio::select! {
                () = self.carry.stop.cancelled() => return Waited::Cancelled,
                () = sleep(self.patience.poll) => {}
            }
        }
    }

    /// Watches for so long whether it stays as it was made.
    pub(super) async fn stays(&self, hold: Duration) -> Waited {
        let until = Instant::now() + hold;
        loop {
            // A server that is away says nothing of who undid what.
            if let Ok(object) = world::object(&self.cluster.api, &self.place).await
                && let Some(ended) = self.departed(&object)
            {
                return ended;
            }
            if Instant::now() >= until {
                return Waited::Shown(SafeText::EMPTY);
            }
            tokio::select! {
                () = self.carry.stop.cancelled() => return Waited::Cancelled,
                () = sleep(self.patience.poll) => {}
            }
        }
    }

    /// How it is no longer what we made of it; `None` while it is.
    fn departed(&self, object: &Object) -> Option<Waited> {
        let service = &self.carry.plan.target().service;
        if object.uid() != self.uid {
            return Some(Waited::Superseded(safe!(
                "{service} was deleted and made again: it is another object"
            )));
        }
        if object.is_deleted() {
            return Some(Waited::Superseded(safe!("{service} is being deleted")));
        }
        if self.goal.shown(object) {
            return None;
        }
        let by = self.goal.written_by(object);
        Some(if self.was.shown(object) {
            Waited::Reverted(by, self.since.elapsed())
        } else {
            Waited::Superseded(safe!("{by} changed {service} meanwhile"))
        })
    }

    /// Words with what ails a new pod, where something does.
    fn with_trouble(&self, words: SafeText) -> SafeText {
        let store = self.cluster.store();
        let worst = store
            .pods_under(&self.uid)
            .filter(|pod| pod.instance.health == Health::Critical)
            .max_by_key(|pod| pod.instance.created);
        match worst {
            Some(pod) => safe!("{words}; {}: {}", pod.instance.name, pod.instance.why),
            None => words,
        }
    }
}
