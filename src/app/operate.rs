//! An action from the question to its outcome: one way, for the console and for the command line.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    backups::Backups,
    ledger::{Ledger, Unrecordable},
};
use crate::{
    config::settings::Settings,
    domain::{action::Action, capabilities::Capabilities},
    plan::{Ask, Confirmed, Outcome, Plan, Preview, Progress, Refusal, Target},
    platform::{CarryRequest, InFlight, Request},
    text::SafeText,
};

/// Who does it: the platform; or we, where it is a backup and the platform makes none by itself.
#[derive(Clone)]
pub struct Hands {
    requests: mpsc::Sender<Request>,
    backups: Option<Arc<Backups>>,
    in_flight: InFlight,
}

impl Hands {
    /// Hands on a platform, which back up as the settings want it. `in_flight` is shared by all hands on it.
    pub fn new(
        requests: &mpsc::Sender<Request>,
        capabilities: &Capabilities,
        settings: &Settings,
        in_flight: InFlight,
    ) -> Self {
        Self {
            requests: requests.clone(),
            backups: Backups::of(requests, capabilities, settings).map(Arc::new),
            in_flight,
        }
    }

    fn backups(&self, action: &Action) -> Option<Arc<Backups>> {
        self.backups.clone().filter(|_| *action == Action::BackUp)
    }
}

/// Asks what it would mean to do this, with what ran before from the journal.
///
/// # Errors
/// Why it can't be done, and what could be done instead.
pub async fn preview(
    hands: &Hands,
    ledger: &Arc<Ledger>,
    action: Action,
    target: Target,
    resumes: Option<SafeText>,
) -> Result<Preview, Refusal> {
    hands.in_flight.free(&target.service)?;
    let refusal = || Refusal {
        why: gone(),
        instead: SafeText::default(),
    };
    let history = ledger
        .history(target.identity.clone(), target.service.clone())
        .await;
    let ask = Ask {
        action,
        target,
        history,
        resumes,
    };
    if let Some(backups) = hands.backups(&ask.action) {
        return backups.preview(ask).await;
    }
    let (reply, answer) = oneshot::channel();
    let asked = hands
        .requests
        .send(Request::Preview(Box::new(ask), reply))
        .await;
    asked.map_err(|_| refusal())?;
    answer.await.unwrap_or_else(|_| Err(refusal()))
}

/// What is told of an action under way.
#[derive(Clone, Debug)]
pub enum Told {
    /// How far it is.
    Progress(Progress),
    /// Nothing was sent, since nothing can be written down, for this reason.
    Unrecordable(SafeText),
}

/// Carries a plan out. Whatever happens, the last thing told is how it ended, or why it can't be recorded.
pub async fn carry(
    hands: Hands,
    ledger: Arc<Ledger>,
    plan: Plan<Confirmed>,
    stop: CancellationToken,
    told: mpsc::Sender<Told>,
) {
    // Whoever does it, a backup counts too: what it copies must not be replaced under it.
    let flight = match hands.in_flight.enter(&plan.target().service) {
        Ok(flight) => flight,
        Err(busy) => {
            let why = busy.why;
            let ended = Progress::Ended(Outcome::Superseded { applied: 0, why });
            let _ = told.send(Told::Progress(ended)).await;
            return;
        }
    };
    let (progress, mut heard) = mpsc::channel(64);
    let unrecordable = Unrecordable::default();
    let backups = hands.backups(plan.action());
    let carry = ledger.carry(plan, progress, stop, Arc::clone(&unrecordable));
    let sent = match (carry.await, backups) {
        (Ok(carry), Some(backups)) => {
            let journal = ledger.journal().ok().map(Arc::clone);
            tokio::spawn(async move { backups.carry(carry, journal).await });
            true
        }
        (Ok(carry), None) => {
            let request = Request::Carry(Box::new(CarryRequest(carry)));
            hands.requests.send(request).await.is_ok()
        }
        (Err(why), _) => {
            let _ = told.send(Told::Unrecordable(why)).await;
            return;
        }
    };
    let mut flight = Some(flight);
    while let Some(progress) = heard.recv().await {
        let ended = matches!(progress, Progress::Ended(_));
        if ended {
            // Who hears that it has ended may begin another one.
            flight = None;
        }
        let word = match unrecordable.get() {
            Some(why) if ended => Told::Unrecordable(why.clone()),
            _ => Told::Progress(progress),
        };
        let _ = told.send(word).await;
    }
    if flight.is_some() {
        let why = if sent {
            SafeText::from_static("the platform's task ended")
        } else {
            gone()
        };
        let ended = Progress::Ended(Outcome::Unverified(why));
        let _ = told.send(Told::Progress(ended)).await;
    }
}

/// Said where nobody answers any more.
pub const fn gone() -> SafeText {
    SafeText::from_static("the platform is gone")
}
