//! An action from the question to its outcome: one way, for the console and for the command line.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::ledger::{Ledger, Unrecordable};
use crate::{
    domain::action::Action,
    plan::{Ask, Confirmed, Outcome, Plan, Preview, Progress, Refusal, Target},
    platform::{CarryRequest, Request},
    text::SafeText,
};

/// Asks what it would mean to do this, with what ran before from the journal.
///
/// # Errors
/// Why it can't be done, and what could be done instead.
pub async fn preview(
    requests: &mpsc::Sender<Request>,
    ledger: &Arc<Ledger>,
    action: Action,
    target: Target,
    resumes: Option<SafeText>,
) -> Result<Preview, Refusal> {
    let refusal = || Refusal {
        why: gone(),
        instead: SafeText::default(),
    };
    let history = ledger.history(&target).await;
    let ask = Ask {
        action,
        target,
        history,
        resumes,
    };
    let (reply, answer) = oneshot::channel();
    let asked = requests.send(Request::Preview(Box::new(ask), reply)).await;
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
    requests: mpsc::Sender<Request>,
    ledger: Arc<Ledger>,
    plan: Plan<Confirmed>,
    stop: CancellationToken,
    told: mpsc::Sender<Told>,
) {
    let (progress, mut heard) = mpsc::channel(64);
    let unrecordable = Unrecordable::default();
    let carry = ledger.carry(plan, progress, stop, Arc::clone(&unrecordable));
    let sent = match carry.await {
        Ok(carry) => {
            let request = Request::Carry(Box::new(CarryRequest(carry)));
            requests.send(request).await.is_ok()
        }
        Err(why) => {
            let _ = told.send(Told::Unrecordable(why)).await;
            return;
        }
    };
    let mut over = false;
    while let Some(progress) = heard.recv().await {
        let ended = matches!(progress, Progress::Ended(_));
        over |= ended;
        let word = match unrecordable.get() {
            Some(why) if ended => Told::Unrecordable(why.clone()),
            _ => Told::Progress(progress),
        };
        let _ = told.send(word).await;
    }
    if !over {
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
