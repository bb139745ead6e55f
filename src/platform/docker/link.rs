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

/// No event is longer; a container with more labels than that is not told of by events.
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
        let mut buffer: Vec<u8> = Vec::new();
        while let Some(frame) = body.next().await {
            let Ok(data) = frame.map_err(CallError::from_body)?.into_data() else {
                continue;
            };
            buffer.extend_from_slice(&data);
            let mut read = 0;
            // One JSON object a line.
            while let Some(end) = buffer[read..].iter().position(|b| *b == b'\n') {
                let line = &buffer[read..read + end];
                read += end + 1;
                if let Ok(event) = serde_json::from_slice::<Event>(line)
                    && self
                        .out
                        .send(LinkEvent::Event(self.number, Box::new(event)))
                        .await
                        .is_err()
                {
                    return Ok(());
                }
            }
            buffer.drain(..read);
            if buffer.len() > LONGEST_EVENT {
                buffer = Vec::new();
            }
        }
        Ok(())
    }
}
