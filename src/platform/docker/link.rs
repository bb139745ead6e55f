//! The two tasks that keep the connection honest: a pulse, and the stream of events.
//!
//! A stream that is silent may be dead (a half-open connection says nothing), so the pulse alone decides what is live.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use http_body_util::BodyStream;
use tokio::{
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};

use crate::platform::{
    backoff::Backoff,
    docker::{
        engine::{Engine, PING},
        error::CallError,
        percent::encode,
        wire::Event,
    },
};

/// Between two proofs of life, with the least time between any two added.
const PULSE: Duration = Duration::from_millis(4500);

/// Between two attempts while there is none, where an attempt costs nothing.
const PULSE_SOUGHT: Duration = Duration::from_millis(500);

/// No event is longer, its end included; a container with more labels than that is not told of by events.
const LONGEST_EVENT: usize = 256 * 1024;

/// What the two tasks report.
#[derive(Debug)]
pub(super) enum LinkEvent {
    /// It lives, or it does not.
    Pulse(Result<(), CallError>),
    /// The subscription of that number is through.
    Subscribed(u64),
    /// One event, of the subscription of that number.
    Event(u64, Box<Event>),
    /// It broke, or could not be made.
    Lost(u64),
}

/// A subscription to events.
#[derive(Debug)]
pub(super) struct Subscription {
    pub(super) engine: Engine,
    /// Tells what comes from this one from what an earlier one left.
    pub(super) number: u64,
    /// From when on: `seconds.nanoseconds`.
    pub(super) since: String,
    /// Whether the daemon can be trusted to filter (Podman's filter for deaths is broken).
    pub(super) filtered: bool,
    pub(super) out: mpsc::Sender<LinkEvent>,
}

/// Feels the pulse for ever: every 5 s, and at once when `hurry` says that something broke.
pub(super) async fn pulse(
    engine: Engine,
    dear: bool,
    hurry: Arc<Notify>,
    out: mpsc::Sender<LinkEvent>,
) {
    let mut backoff = Backoff::default();
    let mut alive = true;
    let mut proven = false;
    loop {
        let ping = engine.ping(!alive);
        tokio::pin!(ping);
        let answer = if let Ok(answer) = timeout(PING, &mut ping).await {
            answer
        } else {
            // A tunnel may be opened anew for longer; what was live is not meanwhile.
            let silent = LinkEvent::Pulse(Err(CallError::Silent(PING)));
            if proven && out.send(silent).await.is_err() {
                return;
            }
            ping.await
        };
        alive = answer.is_ok();
        proven |= alive;
        if out.send(LinkEvent::Pulse(answer)).await.is_err() {
            return;
        }
        let wait = if alive {
            backoff.reset();
            PULSE
        } else if dear {
            backoff.next()
        } else {
            PULSE_SOUGHT
        };
        // Not faster than that even in a hurry: what breaks again and again is no reason to spin.
        sleep(wait.min(PULSE_SOUGHT)).await;
        if alive {
            let _ = timeout(wait, hurry.notified()).await;
        } else {
            sleep(wait.saturating_sub(PULSE_SOUGHT)).await;
        }
    }
}

impl Subscription {
    /// Hands events out until the stream breaks. The daemon replays what it still has (256 at most) since then, and goes on
    /// without a gap in between.
    pub(super) async fn run(self) {
        let _ = self.read().await;
        let _ = self.out.send(LinkEvent::Lost(self.number)).await;
    }

    async fn read(&self) -> Result<(), CallError> {
        // Filtered over there: health checks alone cause three events a run that nobody shows.
        const ALL: &str = r#"{"type":["container"]}"#;
        const SHOWN: &str = r#"{"type":["container"],"event":["create","start","die","stop","kill","restart","pause","unpause","oom","rename","destroy","update","health_status"]}"#;
        let filters = encode(if self.filtered { SHOWN } else { ALL });
        let body = self
            .engine
            .stream(&format!("/events?since={}&filters={filters}", self.since))
            .await?;
        if self
            .out
            .send(LinkEvent::Subscribed(self.number))
            .await
            .is_err()
        {
            return Ok(());
        }
        let mut body = BodyStream::new(body);
        let mut lines = Lines::default();
        while let Some(frame) = body.next().await {
            let Ok(data) = frame.map_err(CallError::from_body)?.into_data() else {
                continue;
            };
            for event in lines.feed(&data) {
                let event = LinkEvent::Event(self.number, Box::new(event));
                if self.out.send(event).await.is_err() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// The stream of events, one JSON object a line, however it is cut into pieces.
#[derive(Debug, Default)]
struct Lines {
    /// The line that has not ended yet; empty when it is too long.
    begun: Vec<u8>,
    too_long: bool,
}

impl Lines {
    /// The events whose lines end with this piece.
    fn feed(&mut self, piece: &[u8]) -> Vec<Event> {
        let mut events = Vec::new();
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.too_long |= self.begun.len() + part.len() > LONGEST_EVENT;
            if self.too_long {
                self.begun = Vec::new();
            } else {
                self.begun.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                events.extend(serde_json::from_slice::<Event>(&self.begun));
                self.begun.clear();
                self.too_long = false;
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of that many bytes, its end included, that tells of the container of that name.
    fn line(name: &str, bytes: usize) -> String {
        let event = format!(r#"{{"Type":"container","Action":"start","Actor":{{"ID":"{name}"}}}}"#);
        " ".repeat(bytes - 1 - event.len()) + &event + "\n"
    }

    /// The containers told of, when the text comes in these pieces.
    fn told<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut lines = Lines::default();
        let events = pieces.into_iter().flat_map(|piece| lines.feed(piece));
        events.map(|event| event.actor.id).collect()
    }

    #[test]
    fn events_are_the_same_wherever_the_stream_is_cut() {
        let text = ["é1", "2", "3"].map(|name| line(name, 80)).concat() + "\nnot an event\n";
        let text = (text + &line("4", 80)).into_bytes();
        let whole = ["é1", "2", "3", "4"];
        assert_eq!(told([&*text]), whole);
        for cut in 0..=text.len() {
            let (left, right) = text.split_at(cut);
            assert_eq!(told([left, right]), whole, "cut at {cut}");
        }
        for size in 1..100 {
            assert_eq!(told(text.chunks(size)), whole, "in pieces of {size}");
        }
    }

    #[test]
    fn an_event_that_is_too_long_is_left_out_alone_wherever_it_is_cut() {
        for (bytes, whole) in [
            (LONGEST_EVENT, &["1", "long", "3"][..]),
            (LONGEST_EVENT + 1, &["1", "3"]),
            (3 * LONGEST_EVENT, &["1", "3"]),
        ] {
            let text = [line("1", 80), line("long", bytes), line("3", 80)].concat();
            let text = text.into_bytes();
            assert_eq!(told([&*text]), whole, "{bytes}");
            let edges = [80, 80 + LONGEST_EVENT, 80 + bytes];
            let cuts = edges.iter().flat_map(|edge| edge - 80..=edge + 80);
            for cut in cuts.filter(|cut| *cut <= text.len()) {
                let (left, right) = text.split_at(cut);
                assert_eq!(told([left, right]), whole, "{bytes}, cut at {cut}");
            }
            assert_eq!(told(text.chunks(4096)), whole, "{bytes}, in pieces");
        }
    }

    #[test]
    fn an_event_without_an_end_is_not_kept_for_ever() {
        let mut lines = Lines::default();
        for _ in 0..64 {
            assert!(lines.feed(&vec![b' '; 32 * 1024]).is_empty());
            assert!(lines.begun.capacity() <= 2 * LONGEST_EVENT);
        }
    }
}
