//! Reading one container's log, through its restarts and ours.

use std::sync::Arc;

use futures_util::StreamExt;
use http_body_util::BodyStream;
use jiff::{SignedDuration, Timestamp};
use tokio::{
    sync::{mpsc, watch},
    time::sleep,
};

use super::{outlet::Outlet, resume::Resume};
use crate::{
    domain::{
        instance::Instance,
        log::{LogEvent, LogOrigin, RawLine, Since},
    },
    platform::docker::{
        backoff::Backoff, clock::now, engine::Engine, error::CallError, frames::LogDecoder,
        wire::Inspected,
    },
    safe,
    text::SafeText,
};

/// Which run of its process a container is in; another one means that its log goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Run {
    present: bool,
    started: Option<Timestamp>,
}

impl Run {
    /// The run that an instance shows.
    pub(super) fn of(instance: &Instance) -> Self {
        Self {
            present: true,
            started: instance.started,
        }
    }
}

/// Reads one container's log.
pub(super) struct Reader {
    pub(super) engine: Engine,
    pub(super) origin: Arc<LogOrigin>,
    pub(super) sink: mpsc::Sender<LogEvent>,
    pub(super) since: Since,
    /// Only what was written before its process last started.
    pub(super) previous: bool,
    pub(super) follow: bool,
    pub(super) runs: watch::Receiver<Run>,
}

/// After so many failures in a row the reason is told: one may be an outage that has its own words.
const TOLD_AFTER: u32 = 3;

/// How reading a stream ended.
enum End {
    /// It was read to its end.
    Read,
    /// It broke, or could not be begun; `None` when the connection was given up for it.
    Broken(Option<CallError>),
    /// The container is gone, or nobody listens.
    Over,
    /// Its log can't be read, for the reason given.
    Unreadable(SafeText),
}

impl Reader {
    /// Reads until there is nothing more to come.
    pub(super) async fn run(mut self) {
        let mut outlet = Outlet::new(Arc::clone(&self.origin), self.sink.clone());
        let mut resume = Resume::default();
        let mut backoff = Backoff::default();
        let mut failures = 0;
        loop {
            let run = self.runs.borrow_and_update().clone();
            let before = resume.since();
            let mut turns = self.engine.turns();
            let end = tokio::select! {
                end = self.read(&mut outlet, &mut resume) => end,
                _ = turns.changed() => End::Broken(None),
            };
            if resume.since() != before {
                backoff.reset();
                failures = 0;
            }
            match end {
                End::Over => return,
                End::Unreadable(why) => {
                    let _ = self
                        .sink
                        .send(LogEvent::Unreadable(Arc::clone(&self.origin), why))
                        .await;
                    return;
                }
                End::Read if !self.follow || self.previous => {
                    outlet.flush().await;
                    return;
                }
                End::Read => {
                    if !outlet.flush().await {
                        return;
                    }
                    // The log goes on when its process runs again.
                    let again = self.runs.wait_for(|now| *now != run).await;
                    if !again.is_ok_and(|now| now.present) {
                        return;
                    }
                }
                End::Broken(why) => {
                    failures += u32::from(why.is_some());
                    if let Some(why) = why.filter(|_| failures == TOLD_AFTER) {
                        let told = LogEvent::Unreadable(Arc::clone(&self.origin), why.text());
                        // Who only wants what is there gets an end, not a wait without one.
                        if self.sink.send(told).await.is_err() || !self.follow {
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
                    if !self.follow {
                        continue;
                    }
                    if !self.runs.borrow().present {
                        return;
                    }
                }
            }
        }
    }

    async fn read(&self, outlet: &mut Outlet, resume: &mut Resume) -> End {
        let id = &self.origin.instance.0;
        let about = match self
            .engine
            .get::<Inspected>(&format!("/containers/{id}/json"))
            .await
        {
            Ok(about) => about,
            Err(CallError::Refused { status: 404, .. }) => return End::Over,
            Err(CallError::Refused { message, .. }) => return End::Unreadable(message),
            Err(error) => return End::Broken(Some(error)),
        };
        resume.begin();
        let body = match self.engine.stream(&self.path(&about, resume)).await {
            Ok(body) => body,
            Err(CallError::Refused { status: 404, .. }) => return End::Over,
            Err(CallError::Refused { message, .. }) => {
                return End::Unreadable(unreadable(&about, &message));
            }
            Err(error) => return End::Broken(Some(error)),
        };
        let from = match self.since {
            Since::At(moment) => Some(moment),
            _ => None,
        };
        let mut decoder = LogDecoder::new(about.config.tty);
        let mut body = BodyStream::new(body);
        // A line without a stamp is as old as the one before it.
        let mut last: Option<Timestamp> = None;
        let mut first_bytes: Vec<u8> = Vec::new();
        loop {
            let frame = tokio::select! {
                frame = body.next() => frame,
                listened = outlet.send() => if listened { continue } else { return End::Over },
            };
            let ended = frame.is_none();
            let mut take = |line: crate::platform::docker::frames::Line| {
                let at = line.at.or(last).unwrap_or_else(now);
                last = Some(at);
                let line = RawLine {
                    at,
                    stream: line.stream,
                    bytes: line.bytes.into(),
                };
                if resume.is_new(&line) && from.is_none_or(|from| line.at >= from) {
                    outlet.push(line);
                }
            };
            match frame {
                Some(Ok(frame)) => {
                    if let Some(data) = frame.data_ref() {
                        if first_bytes.len() < 512 {
                            first_bytes.extend(data.iter().take(512));
                        }
                        decoder.feed(data, take);
                    }
                }
                Some(Err(error)) => return End::Broken(Some(CallError::from_body(error))),
                None => decoder.finish(&mut take),
            }
            if ended {
                return refused_in_body(&about, &first_bytes).map_or(End::Read, End::Unreadable);
            }
        }
    }

    fn path(&self, about: &Inspected, resume: &Resume) -> String {
        let span = if !self.previous {
            if self.follow {
                "&follow=1".to_owned()
            } else {
                String::new()
            }
        } else if let Some(until) = between_runs(about) {
            format!(
                "&until={}.{:09}",
                until.as_second(),
                until.subsec_nanosecond()
            )
        } else {
            String::new()
        };
        let from = match (resume.since(), self.since) {
            (Some(second), _) => format!("&since={second}"),
            (None, Since::Tail(lines)) => format!("&tail={lines}"),
            (None, Since::At(moment)) => format!("&since={}", moment.as_second()),
            (None, Since::All) => String::new(),
        };
        format!(
            "/containers/{}/logs?stdout=1&stderr=1&timestamps=1{span}{from}",
            about.id
        )
    }
}

/// A moment after the last line of the run before, and before the first of the present one; `None` when it never ran.
///
/// Docker notes a start when it has happened, so that a process that is quick has written before it. Between two runs lie
/// 100 ms or more: the middle is safe where both ends are known.
fn between_runs(about: &Inspected) -> Option<Timestamp> {
    let started = about.state.started_at?;
    let gap = match about.state.finished_at {
        Some(finished) if finished < started => started.duration_since(finished) / 2,
        _ => SignedDuration::from_millis(50),
    };
    started.checked_sub(gap).ok()
}

/// Says which log driver it is that can't be read.
fn unreadable(about: &Inspected, message: &SafeText) -> SafeText {
    let driver = &about.host_config.log_config.driver;
    if message.contains("does not support reading") || driver == "none" {
        safe!("log driver {driver} can't be read")
    } else {
        safe!("log driver {driver}: {message}")
    }
}

/// Some daemons tell of a driver that can't be read in the stream itself, with status 200.
fn refused_in_body(about: &Inspected, first: &[u8]) -> Option<SafeText> {
    const READABLE: [&str; 4] = ["json-file", "local", "journald", ""];
    let driver = about.host_config.log_config.driver.as_str();
    let text = String::from_utf8_lossy(first);
    let refused = text.contains("does not support reading");
    (refused && !READABLE.contains(&driver)).then(|| safe!("log driver {driver} can't be read"))
}
