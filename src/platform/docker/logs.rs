//! Reading one container's log; [`follow`](crate::platform::follow) does the rest.

use futures_util::StreamExt;
use http_body_util::BodyStream;
use jiff::{SignedDuration, Timestamp};

use crate::{
    clock,
    domain::{
        instance::{Instance, Phase},
        log::{RawLine, Since},
    },
    platform::{
        docker::{
            engine::Engine,
            error::CallError,
            frames::{Line, LogDecoder},
            wire::Inspected,
        },
        follow::{LogEnd, LogSource, LogWish, Outlet, Resume},
    },
    safe,
    text::SafeText,
};

impl LogSource for Engine {
    async fn read(&self, wish: &LogWish, outlet: &mut Outlet, resume: &mut Resume) -> LogEnd {
        let id = &wish.origin.log.instance.0;
        let about = match self
            .get::<Inspected>(&format!("/containers/{id}/json"))
            .await
        {
            Ok(about) => about,
            Err(CallError::Refused { status: 404, .. }) => return LogEnd::Over,
            Err(CallError::Refused { message, .. }) => return LogEnd::Unreadable(message),
            Err(error) => return LogEnd::Broken(Some(error.text())),
        };
        resume.begin();
        let body = match self.stream(&path(wish, &about, resume)).await {
            Ok(body) => body,
            Err(CallError::Refused { status: 404, .. }) => return LogEnd::Over,
            Err(CallError::Refused { message, .. }) => {
                return LogEnd::Unreadable(unreadable(&about, &message));
            }
            Err(error) => return LogEnd::Broken(Some(error.text())),
        };
        let from = match wish.since {
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
                listened = outlet.send() => if listened { continue } else { return LogEnd::Over },
            };
            let ended = frame.is_none();
            let mut take = |line: Line| {
                let at = line.at.or(last).unwrap_or_else(clock::now);
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
                Some(Err(error)) => {
                    return LogEnd::Broken(Some(CallError::from_body(error).text()));
                }
                None => decoder.finish(&mut take),
            }
            if ended {
                return refused_in_body(&about, &first_bytes)
                    .map_or(LogEnd::Read, LogEnd::Unreadable);
            }
        }
    }

    fn logs_of(&self, instance: &Instance) -> Vec<SafeText> {
        // What never ran has no log, and a daemon answers for it with nothing.
        match instance.phase {
            Phase::Created => Vec::new(),
            _ => vec![SafeText::EMPTY],
        }
    }

    fn given_up(&self) -> impl Future<Output = ()> + Send {
        let mut turns = self.turns();
        async move { drop(turns.changed().await) }
    }
}

fn path(wish: &LogWish, about: &Inspected, resume: &Resume) -> String {
    let span = if !wish.previous {
        if wish.follow {
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
    let from = match (resume.since(), wish.since) {
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
