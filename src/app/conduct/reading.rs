//! What became of a step of which nobody knows: by the journal, and else by the platform, in the same way as what was
//! interrupted is taken up again. Nothing is ever done to find out.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::spawn_blocking;

use super::{Conductor, unpoisoned};
use crate::{
    app::{
        ledger::{Ledger, plain},
        operate::{self, Hands},
    },
    checklist::{Event, ItemId, Refused, RunId, State, What},
    domain::{action::Action, service::ServiceId},
    journal::{Fate, Known},
    plan::{
        Resumed, Sent, Target, Verb,
        record::{OperationId, OperationResult, OperationStart, StepIntent},
    },
    safe,
    text::SafeText,
};

/// Finds out whether an item's action happened, and writes that down. `freeze` makes a target of a service as it is shown.
/// Where that is known by now, or is being found out, there is nothing to do.
///
/// # Errors
/// In words: why that cannot be read now. The step stays as it is.
pub async fn resolve(
    conductor: &Arc<Conductor>,
    hands: &Hands,
    freeze: impl Fn(&ServiceId) -> Option<Target>,
    (run, item): (RunId, ItemId),
    at: Timestamp,
) -> Result<Option<Refused>, SafeText> {
    let Some(_reading) = Reading::begin(conductor, (run.clone(), item)) else {
        return Ok(None);
    };
    let walk = conductor.walk(&run)?;
    let step = walk
        .run()
        .step(item)
        .filter(|s| s.state == State::Uncertain);
    let Some(operation) = step.and_then(|step| step.operation.clone()) else {
        return Ok(None);
    };
    let ledger = Arc::clone(&conductor.ledger);
    let Read {
        happened,
        unsent,
        evidence,
    } = read(&ledger, hands, freeze, &operation).await?;
    let event = Event::new(
        at,
        walk.run().pilot().clone(),
        What::Resolved {
            item,
            happened,
            unsent,
            evidence,
        },
    );
    let mut events = vec![event];
    if unsent {
        // The world is still the one before it, and nobody watched it meanwhile.
        let mut now = walk.run().clone();
        let resolved = now.apply(&events[0]);
        events.extend(resolved.into_iter().flat_map(|()| now.look_once_more(at)));
    }
    let conductor = Arc::clone(conductor);
    let written = spawn_blocking(move || conductor.record(&run, &events));
    written.await.map_err(|_| FAILED)?
}

const FAILED: SafeText = SafeText::from_static("the journal's task failed");

/// That it is being read what became of an item: of two who read at once, one would read what the other has just written.
struct Reading<'a> {
    conductor: &'a Conductor,
    of: (RunId, ItemId),
}

impl<'a> Reading<'a> {
    /// `None` while it is being read already.
    fn begin(conductor: &'a Conductor, of: (RunId, ItemId)) -> Option<Self> {
        let first = unpoisoned(&conductor.readings).insert(of.clone());
        first.then_some(Self { conductor, of })
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        unpoisoned(&self.conductor.readings).remove(&self.of);
    }
}

/// What was read of an action.
struct Read {
    happened: bool,
    /// Whether nothing of it was ever sent.
    unsent: bool,
    evidence: SafeText,
}

impl Read {
    const fn new(happened: bool, evidence: SafeText) -> Self {
        Self {
            happened,
            unsent: false,
            evidence,
        }
    }
}

/// Whether it happened, and what says so.
async fn read(
    ledger: &Arc<Ledger>,
    hands: &Hands,
    freeze: impl Fn(&ServiceId) -> Option<Target>,
    operation: &OperationId,
) -> Result<Read, SafeText> {
    let (journal, id) = (Arc::clone(ledger), operation.clone());
    let known = spawn_blocking(move || journal.journal()?.known(&id).map_err(plain));
    let Known { fate, start, sent } = known.await.map_err(|_| FAILED)??;
    let text = SafeText::from_static;
    Ok(match fate {
        Fate::Ended(OperationResult::Verified) => {
            Read::new(true, text("the journal has it: verified"))
        }
        // It is over, so nothing can be taken up; what it was to bring about may be there, or not.
        Fate::Ended(OperationResult::Unverified | OperationResult::LeftAsIs) => {
            let (action, target) = wanted(start, freeze)?;
            match action {
                Action::Restart => return restarted(hands, ledger, target, operation, &sent).await,
                Action::BackUp | Action::Cluster(_) => return Err(untold(&action)),
                _ => {}
            }
            match operate::preview(hands, ledger, action, target, None).await {
                Err(refusal) if refusal.so_already => Read::new(true, refusal.why),
                Err(refusal) => return Err(refusal.why),
                Ok(preview) => {
                    let is = preview.now;
                    Read::new(false, safe!("there is {}, {}", is.what, is.facts))
                }
            }
        }
        Fate::Ended(result) => {
            let words = result.to_string().replace('-', " ");
            Read::new(false, safe!("the journal has it: {words}"))
        }
        Fate::BackedUp => Read::new(true, text("a copy was kept, and verified")),
        Fate::Unsent => Read {
            unsent: true,
            ..Read::new(false, text("nothing of it was sent"))
        },
        Fate::UnderWay(by) => return Err(safe!("{by} works on it in another console")),
        Fate::Unknown => return Err(safe!("the journal does not hold operation {operation}")),
        Fate::Open(left) => {
            let (done, of) = left.progress();
            if done == of {
                return Ok(Read::new(true, safe!("all {of} steps of it were done")));
            }
            let (action, target) = wanted(start, freeze)?;
            let resumes = Some(SafeText::name(operation.as_str()));
            match operate::preview(hands, ledger, action, target, resumes).await {
                Err(refusal) if refusal.so_already => Read::new(true, refusal.why),
                Err(refusal) => return Err(refusal.why),
                // It stays open: who does the step takes it up, and does the rest alone.
                Ok(_) => Read::new(
                    false,
                    safe!("{done} of {of} steps of it are known to be done"),
                ),
            }
        }
    })
}

/// Whether a restart happened that nobody takes up any more: by when each copy had started, or by when the workload says that
/// its pods are new.
async fn restarted(
    hands: &Hands,
    ledger: &Arc<Ledger>,
    target: Target,
    operation: &OperationId,
    sent: &[StepIntent],
) -> Result<Read, SafeText> {
    let mut resumed = Resumed::from(SafeText::name(operation.as_str()));
    resumed.sent = sent.iter().map(Sent::from).collect();
    let there = |sent: &Sent| {
        let mut copies = target.seen.iter().map(|seen| &seen.id.0);
        sent.id == target.uid || copies.any(|id| sent.id == *id)
    };
    let sends = |sent: &&Sent| sent.verb != *Verb::Await.to_string();
    let mut sends = resumed.sent.iter().filter(sends).peekable();
    let can_be_told = |sent: &Sent| there(sent) && (sent.started.is_some() || sent.anew.is_some());
    if sends.peek().is_none() || !sends.all(can_be_told) {
        return Err(untold(&Action::Restart));
    }
    let left = operate::preview_of(hands, ledger, Action::Restart, target, Some(resumed)).await;
    let steps = left.map_err(|refusal| refusal.why)?.steps;
    let waits = steps.iter().filter(|step| step.verb == Verb::Await).count();
    match steps.len() - waits {
        0 => Ok(Read::new(
            true,
            SafeText::from_static("all that it was to start anew has started since"),
        )),
        left if left == waits => Ok(Read::new(
            false,
            SafeText::from_static("nothing of it has started since"),
        )),
        left => Err(safe!(
            "{} of {waits} copies have started since: look, and say whether that is all of it",
            waits.saturating_sub(left)
        )),
    }
}

/// What cannot be read.
fn untold(action: &Action) -> SafeText {
    safe!(
        "whether the {} happened cannot be told from what is there now: look, and say so",
        action.word()
    )
}

/// What it was to do, to what is there now.
fn wanted(
    start: Option<OperationStart>,
    freeze: impl Fn(&ServiceId) -> Option<Target>,
) -> Result<(Action, Target), SafeText> {
    let start = start.ok_or(SafeText::from_static("the journal does not hold it"))?;
    let service = start.target.service_id();
    let action = start.action().ok_or(SafeText::from_static(
        "a later version of the console began it",
    ))?;
    let target = freeze(&service).ok_or_else(|| safe!("{service} is not there"))?;
    if target.identity.as_str() != start.target.cluster.as_str() {
        return Err(SafeText::from_static(
            "it was begun on another daemon or cluster than this one",
        ));
    }
    Ok((action, target))
}
