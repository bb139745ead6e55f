//! Whether what is known can be believed: the pulse, the subscription to events, and what both make of each other.

use std::collections::{HashSet, VecDeque};

use jiff::Timestamp;
use tokio::{task::AbortHandle, time::Instant};

use super::Collector;
use crate::{
    clock,
    domain::{details::PlatformEvent, source::SourceHealth},
    platform::{
        backoff::Backoff,
        docker::{
            error::CallError,
            link::{LinkEvent, Subscription},
            trouble,
            wire::Event,
        },
    },
    safe,
    text::SafeText,
};

/// How far back the events are asked for at first, in seconds: the daemon keeps 256.
const LOOK_BACK: i64 = 3600;

/// Events kept for a list that is late: more than a daemon replays. The oldest make room.
const MOST_EARLY: usize = 1024;

/// How the connection is.
#[derive(Debug, Default)]
pub(super) struct Connection {
    pulse: Option<Result<(), CallError>>,
    /// Whether the daemon has said who it is since the connection came up; `None` while it is asked.
    pub(super) introduced: Option<Result<(), CallError>>,
    subscription: Option<AbortHandle>,
    /// The subscription's number.
    number: u64,
    resubscribe: Backoff,
    pub(super) resubscribe_at: Option<Instant>,
    subscribed: bool,
    /// A list came since the connection came up.
    pub(super) listed: bool,
    /// One is under way; with the containers that events told of since it was asked for: of these it may know less.
    pub(super) listing: Option<HashSet<String>>,
    /// Why none has come, where one was waited for in vain.
    pub(super) unlisted: Option<CallError>,
    /// Events that came before the first list.
    pub(super) early: VecDeque<Event>,
    pub(super) last_event: Option<Timestamp>,
    /// What the present subscription replays up to here was told already.
    replayed: Option<Timestamp>,
    lost_at: Option<Timestamp>,
    /// Looks at everything in a row that found what no event had told.
    suspicions: u32,
}

impl Connection {
    /// The last pulse was felt.
    pub(super) fn lives(&self) -> bool {
        matches!(self.pulse, Some(Ok(())))
    }

    /// Notes that an event came; `false` when it was told before, for a daemon that replays tells the last one again.
    pub(super) fn heard(&mut self, at: Timestamp) -> bool {
        if self.replayed.is_some_and(|last| at <= last) {
            return false;
        }
        self.last_event = self.last_event.max(Some(at));
        self.suspicions = 0;
        true
    }

    /// Lets an event pass that can be acted on. One that came before the first list waits for it; one of a subscription
    /// that was given up is told again by the next.
    fn admit(&mut self, number: u64, event: Event) -> Option<Event> {
        if number != self.number {
            return None;
        }
        if self.listed {
            return Some(event);
        }
        if self.early.len() >= MOST_EARLY {
            self.early.pop_front();
        }
        self.early.push_back(event);
        None
    }

    /// The subscription is given up, or has ended: what happened since its last sign is not known.
    fn lose(&mut self, proof: Option<Timestamp>) {
        if let Some(old) = self.subscription.take() {
            old.abort();
        }
        // The next one tells them again.
        self.early.clear();
        if std::mem::take(&mut self.subscribed) {
            self.lost_at = self.last_event.max(proof);
        }
    }

    /// Another daemon answers: its events are no sequel, and are asked for from their beginning.
    pub(super) fn forget(&mut self) {
        self.lose(None);
        self.listed = false;
        self.last_event = None;
        self.replayed = None;
        self.lost_at = None;
    }

    /// Why the daemon does not say who it is; empty when it has, or may yet.
    fn nameless(&self) -> SafeText {
        match &self.introduced {
            Some(Err(error)) => safe!(
                "the daemon does not say who it is, so nothing can be changed there, and how full its disk is is unknown: {error}"
            ),
            None | Some(Ok(())) => SafeText::EMPTY,
        }
    }

    /// How it is, in the console's terms, and what is wrong.
    fn judge(
        &self,
        rows: bool,
        proven: bool,
        explain: impl Fn(&CallError) -> SafeText,
    ) -> (SourceHealth, SafeText) {
        match &self.pulse {
            Some(Ok(())) if self.subscribed && self.listed => (SourceHealth::Live, self.nameless()),
            Some(Ok(())) if rows => (SourceHealth::CatchingUp, SafeText::EMPTY),
            Some(Err(error @ CallError::Silent(_))) if proven => {
                (SourceHealth::Stale, explain(error))
            }
            Some(Err(error)) => (SourceHealth::Offline, explain(error)),
            None | Some(Ok(())) => {
                let why = self.unlisted.as_ref().map(explain);
                (SourceHealth::Connecting, why.unwrap_or_default())
            }
        }
    }
}

impl Collector {
    pub(super) fn link(&mut self, event: LinkEvent) {
        let current = self.connection.number;
        match event {
            LinkEvent::Pulse(pulse) => self.pulse(pulse),
            LinkEvent::Subscribed(number) if number == current => {
                self.connection.subscribed = true;
                self.connection.resubscribe.reset();
                if let Some(from) = self.connection.lost_at.take() {
                    self.outbox.push(PlatformEvent::Gap {
                        from,
                        to: clock::now(),
                    });
                    self.list();
                }
            }
            LinkEvent::Event(number, event) => {
                if let Some(event) = self.connection.admit(number, *event) {
                    self.event(&event);
                }
            }
            LinkEvent::Lost(number) if number == current => {
                self.connection.lose(self.published.proof());
                self.hurry.notify_one();
                let wait = self.connection.resubscribe.next();
                self.connection.resubscribe_at = Some(Instant::now() + wait);
            }
            // Of a subscription that was given up.
            LinkEvent::Subscribed(_) | LinkEvent::Lost(_) => {}
        }
        self.judge_link();
    }

    fn pulse(&mut self, pulse: Result<(), CallError>) {
        let was = self.connection.lives();
        self.connection.pulse = Some(pulse);
        if !self.connection.lives() {
            self.connection.listed = false;
            return;
        }
        self.published.proven(clock::now());
        if !was {
            // A new connection: nothing that was begun over the old one is waited for.
            self.calls.abort_all();
            self.inspections.abandon();
            self.sampling.abandon();
            self.connection.listing = None;
            self.connection.unlisted = None;
            self.engine.reconnect();
            self.connection.introduced = None;
            self.ask_host();
            self.connection.lose(self.published.proof());
            self.subscribe();
        }
        if !self.connection.listed {
            self.list();
        }
    }

    pub(super) fn subscribe(&mut self) {
        let connection = &mut self.connection;
        connection.resubscribe_at = None;
        if connection.subscription.is_some() || !connection.lives() {
            return;
        }
        connection.number += 1;
        connection.replayed = connection.last_event;
        let subscription = Subscription {
            engine: self.engine.clone(),
            number: connection.number,
            since: match connection.last_event {
                Some(at) => format!("{}.{:09}", at.as_second(), at.subsec_nanosecond()),
                None => (clock::now().as_second() - LOOK_BACK).to_string(),
            },
            filtered: !self.engine.is_podman(),
            out: self.links.clone(),
        };
        connection.subscription = Some(self.calls.spawn(subscription.run()));
    }

    /// A stream of events that says nothing of what changes may be dead without our knowing: twice in a row, with no event
    /// in between, and it is made anew.
    pub(super) fn suspect(&mut self, missed: bool) {
        let connection = &mut self.connection;
        connection.suspicions += u32::from(missed && connection.subscribed);
        if connection.suspicions >= 2 {
            connection.suspicions = 0;
            connection.lose(self.published.proof());
            self.subscribe();
        }
    }

    pub(super) fn judge_link(&mut self) {
        let place = &self.place;
        let (rows, proven) = (self.published.has_rows(), self.published.proof().is_some());
        let (health, problem) = self
            .connection
            .judge(rows, proven, |error| trouble::explain(error, place));
        self.published.link(health, problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An event that tells which one it is.
    fn event(number: usize) -> Event {
        Event {
            kind: number.to_string(),
            ..Event::default()
        }
    }

    #[test]
    fn events_of_a_subscription_that_was_given_up_do_not_count() {
        let mut connection = Connection {
            number: 2,
            listed: true,
            ..Connection::default()
        };
        assert!(connection.admit(1, event(0)).is_none());
        assert!(connection.admit(2, event(0)).is_some());
    }

    #[test]
    fn what_waits_for_the_first_list_has_a_bound_and_ends_with_its_subscription() {
        let mut connection = Connection::default();
        for number in 0..3 * MOST_EARLY {
            assert!(connection.admit(0, event(number)).is_none());
        }
        assert_eq!(connection.early.len(), MOST_EARLY);
        let newest = connection.early.back().map(|event| event.kind.clone());
        assert_eq!(newest, Some((3 * MOST_EARLY - 1).to_string()));
        connection.lose(None);
        assert!(connection.early.is_empty());
    }
}
