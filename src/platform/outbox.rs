//! Events on their way to the console: none is lost without saying so.

use std::collections::VecDeque;

use tokio::sync::mpsc;

use crate::platform::PlatformEvent;

/// So many wait for a console that is busy; beyond, the oldest become a gap.
const WAITING: usize = 4096;

/// Events that the console has not taken yet.
#[derive(Debug)]
pub(super) struct Outbox {
    out: mpsc::Sender<PlatformEvent>,
    waiting: VecDeque<PlatformEvent>,
}

impl Outbox {
    pub(super) fn new(out: mpsc::Sender<PlatformEvent>) -> Self {
        Self {
            out,
            waiting: VecDeque::new(),
        }
    }

    /// Sends one, or lets it wait behind the others.
    pub(super) fn push(&mut self, event: PlatformEvent) {
        if self.waiting.len() >= WAITING {
            self.forget_two();
        }
        self.waiting.push_back(event);
        self.deliver();
    }

    /// Sends what the console has room for now.
    pub(super) fn deliver(&mut self) {
        while let Some(event) = self.waiting.pop_front() {
            if let Err(mpsc::error::TrySendError::Full(event)) = self.out.try_send(event) {
                self.waiting.push_front(event);
                return;
            }
        }
    }

    /// Sends what waits as the console takes it; never ends while nothing waits.
    pub(super) async fn drain(&mut self) {
        if self.waiting.is_empty() {
            return std::future::pending().await;
        }
        match self.out.reserve().await {
            Ok(permit) => {
                if let Some(event) = self.waiting.pop_front() {
                    permit.send(event);
                }
            }
            Err(_) => self.waiting.clear(),
        }
    }

    /// The two oldest become one gap.
    fn forget_two(&mut self) {
        let span = |event: &PlatformEvent| match event {
            PlatformEvent::Happened(happening) => (happening.at, happening.at),
            PlatformEvent::Gap { from, to } => (*from, *to),
        };
        if let (Some(a), Some(b)) = (self.waiting.pop_front(), self.waiting.pop_front()) {
            let ((a, b), (c, d)) = (span(&a), span(&b));
            self.waiting.push_front(PlatformEvent::Gap {
                from: a.min(c),
                to: b.max(d),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{details::Happening, health::Health},
        text::SafeText,
    };
    use jiff::Timestamp;

    #[tokio::test]
    async fn what_nobody_takes_becomes_a_gap_that_covers_it() {
        let (out, mut taken) = mpsc::channel(1);
        let mut outbox = Outbox::new(out);
        let total = i64::try_from(WAITING).expect("a small number") + 10;
        for second in 0..total {
            let at = Timestamp::from_second(second).unwrap();
            outbox.push(PlatformEvent::Happened(Happening {
                at,
                service: None,
                text: SafeText::EMPTY,
                health: Health::Well,
            }));
        }
        let (mut told, mut covered) = (0, 0);
        while told + covered < total {
            match taken.try_recv() {
                Ok(PlatformEvent::Happened(_)) => told += 1,
                Ok(PlatformEvent::Gap { from, to }) => {
                    covered += to.as_second() - from.as_second() + 1;
                }
                Err(_) => outbox.drain().await,
            }
        }
        assert_eq!(told + covered, total);
        assert!(covered > 0);
    }
}
