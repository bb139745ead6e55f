//! Reading one instance's log, through its restarts and ours.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::sleep,
};

use super::{
    Outlet, Resume,
    turnstile::{Turn, Turnstile},
};
use crate::{
    domain::{
        instance::Instance,
        log::{LogEvent, LogOrigin, Since},
    },
    platform::backoff::Backoff,
    text::SafeText,
};

/// How a platform reads the log of one instance.
pub(in crate::platform) trait LogSource: Clone + Send + Sync + 'static {
    /// So many logs are followed at a time; the others wait until one of them has ended.
    const AT_ONCE: usize = Semaphore::MAX_PERMITS;

    /// Reads one stream to its end, from where `resume` is, and pushes into `outlet` what is new to it. While it waits for
    /// more it sends what the outlet holds.
    fn read(
        &self,
        wish: &LogWish,
        outlet: &mut Outlet,
        resume: &mut Resume,
    ) -> impl Future<Output = LogEnd> + Send;

    /// The logs of an instance, each by its container's name, which is empty for the main one; none where it never ran.
    fn logs_of(&self, instance: &Instance) -> Vec<SafeText>;

    /// Ready when the connections of before were given up: a stream of theirs may be silent for good.
    fn given_up(&self) -> impl Future<Output = ()> + Send {
        std::future::pending()
    }
}

/// What is wanted of one log.
#[derive(Debug)]
pub(in crate::platform) struct LogWish {
    /// Whose it is.
    pub(in crate::platform) origin: Arc<LogOrigin>,
    /// From when on.
    pub(in crate::platform) since: Since,
    /// Only what was written before its process last started.
    pub(in crate::platform) previous: bool,
    /// Whether to go on with what is yet to come.
    pub(in crate::platform) follow: bool,
}

/// How reading a stream ended.
pub(in crate::platform) enum LogEnd {
    /// It was read to its end.
    Read,
    /// It broke, or could not be begun; `None` when the connection was given up for it.
    Broken(Option<SafeText>),
    /// The instance is gone, or nobody listens.
    Over,
    /// Its log can't be read, for the reason given.
    Unreadable(SafeText),
    /// It can't be read yet, for the reason given; without one this is as it should be.
    NotYet(SafeText),
}

/// Which run of its process an instance is in; another one means that its log goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    present: bool,
    started: Option<Timestamp>,
    restarts: u32,
}

impl Process {
    /// The run that an instance shows.
    pub(super) fn of(instance: &Instance) -> Self {
        Self {
            present: true,
            started: instance.started,
            restarts: instance.restarts,
        }
    }
}

/// Reads one instance's log.
pub(super) struct Reader<S> {
    pub(super) source: S,
    pub(super) wish: LogWish,
    pub(super) sink: mpsc::Sender<LogEvent>,
    pub(super) processes: watch::Receiver<Process>,
    pub(super) turnstile: Turnstile,
}

/// A stream ends by itself once its instance is gone. One that does not within this time holds back others for nothing.
const LINGERS: Duration = Duration::from_secs(5);

/// Ready when the instance has been gone for long enough.
async fn lingered(processes: &mut watch::Receiver<Process>) {
    // Without a sender it is as it was.
    if processes.wait_for(|now| !now.present).await.is_err() {
        std::future::pending::<()>().await;
    }
    sleep(LINGERS).await;
}

/// After so many failures in a row the reason is told: one may be an outage that has its own words.
const TOLD_AFTER: u32 = 3;

impl<S: LogSource> Reader<S> {
    /// Reads until there is nothing more to come; at first with the turn that it may have been given.
    pub(super) async fn run(mut self, given: Option<Turn>) {
        let mut outlet = Outlet::new(Arc::clone(&self.wish.origin), self.sink.clone());
        self.read(&mut outlet, given).await;
        // What was had is told, however it ended. Where nobody listens this ends at once.
        outlet.flush().await;
    }

    async fn read(&mut self, outlet: &mut Outlet, mut given: Option<Turn>) {
        let mut resume = Resume::default();
        let mut backoff = Backoff::default();
        let mut failures = 0;
        let mut told = SafeText::EMPTY;
        loop {
            let process = self.processes.borrow_and_update().clone();
            let before = resume.since();
            let turn = match given.take() {
                Some(turn) => turn,
                None => match self.turn().await {
                    Some(turn) => turn,
                    None => return,
                },
            };
            let end = tokio::select! {
                end = self.source.read(&self.wish, outlet, &mut resume) => end,
                () = self.source.given_up() => LogEnd::Broken(None),
                () = lingered(&mut self.processes) => LogEnd::Read,
            };
            drop(turn);
            if resume.since() != before {
                backoff.reset();
                failures = 0;
            }
            match end {
                LogEnd::Over => return,
                LogEnd::Unreadable(why) => {
                    self.unreadable(outlet, why).await;
                    return;
                }
                LogEnd::NotYet(why) => {
                    if !why.is_empty() && why != told {
                        told = why.clone();
                        if !self.unreadable(outlet, why).await {
                            return;
                        }
                    }
                    if !self.wish.follow {
                        return;
                    }
                    tokio::select! {
                        again = self.processes.wait_for(|now| *now != process) => {
                            if !again.is_ok_and(|now| now.present) {
                                return;
                            }
                            backoff.reset();
                        }
                        () = sleep(backoff.next()) => {}
                    }
                }
                LogEnd::Read if !self.wish.follow || self.wish.previous => return,
                LogEnd::Read => {
                    if !outlet.flush().await {
                        return;
                    }
                    // The log goes on when its process runs again.
                    let again = self.processes.wait_for(|now| *now != process).await;
                    if !again.is_ok_and(|now| now.present) {
                        return;
                    }
                }
                LogEnd::Broken(why) => {
                    failures += u32::from(why.is_some());
                    if let Some(why) = why.filter(|_| failures == TOLD_AFTER) {
                        // Who only wants what is there gets an end, not a wait without one.
                        if !self.unreadable(outlet, why).await || !self.wish.follow {
                            return;
                        }
                    }
                    let wait = sleep(backoff.next());
                    tokio::pin!(wait);
                    loop {
                        tokio::select! {
                            () = &mut wait => break,
                            listened = outlet.send() => if !listened { return },
                        }
                    }
                    if self.wish.follow && !self.processes.borrow().present {
                        return;
                    }
                }
            }
        }
    }

    /// Waits until it may read; `None` when its instance is gone before.
    async fn turn(&mut self) -> Option<Turn> {
        tokio::select! {
            turn = self.turnstile.enter() => turn,
            Ok(_) = self.processes.wait_for(|now| !now.present) => None,
        }
    }

    /// Says why it can't be read, after what could be; `false` when nobody listens any more.
    async fn unreadable(&self, outlet: &mut Outlet, why: SafeText) -> bool {
        let told = LogEvent::Unreadable(Arc::clone(&self.wish.origin), why);
        outlet.flush().await && self.sink.send(told).await.is_ok()
    }
}
