//! An action from the question to its outcome: one way, for the console and for the command line.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    backups::Backups,
    conduct::Step,
    ledger::{Ledger, Memory, plain},
};
use crate::{
    clock,
    config::settings::Settings,
    domain::{
        action::Action,
        alert::Severity,
        capabilities::Capabilities,
        figures,
        service::{ServiceId, ServiceKind},
    },
    plan::{
        Ask, Confirmed, Note, Outcome, Plan, Preview, Progress, Refusal, Resumed, Target,
        record::RecordError,
    },
    platform::{CarryRequest, InFlight, Request},
    safe,
    text::SafeText,
};

/// Who does it: the platform; or we, where it is a backup and the platform makes none by itself. What a CronJob backs up,
/// its own Job does.
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

    fn backups(&self, action: &Action, service: &ServiceId) -> Option<Arc<Backups>> {
        self.backups
            .clone()
            .filter(|_| copies_and_verifies(action, service))
    }
}

/// Whether an action is a backup whose copy is verified here; of a CronJob's is known how its Job ended, and no more.
pub(super) fn copies_and_verifies(action: &Action, service: &ServiceId) -> bool {
    *action == Action::BackUp && !service.name.starts_with(ServiceKind::CronJob.prefix())
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
    let resumes = match resumes {
        Some(id) => Some(ledger.resumed(id).await),
        None => None,
    };
    preview_of(hands, ledger, action, target, resumes).await
}

/// The same, of an operation of which more is known than that it is open.
///
/// # Errors
/// Why it can't be done, and what could be done instead.
pub(super) async fn preview_of(
    hands: &Hands,
    ledger: &Arc<Ledger>,
    action: Action,
    target: Target,
    resumes: Option<Resumed>,
) -> Result<Preview, Refusal> {
    hands.in_flight.free(&target.service)?;
    if let Some(why) = ledger.in_the_way(&action, &target).await {
        return Err(Refusal {
            so_already: false,
            why,
            instead: SafeText::from_static("wait until it has ended"),
        });
    }
    let refusal = || Refusal {
        so_already: false,
        why: gone(),
        instead: SafeText::default(),
    };
    let of = || (target.identity.clone(), target.service.clone());
    let (identity, service) = of();
    let history = ledger.history(identity, service).await;
    let rolled_back = match action {
        Action::RollBack { .. } if resumes.is_none() => {
            let (identity, service) = of();
            ledger.last_rollback(identity, service).await
        }
        _ => None,
    };
    let ask = Ask {
        action,
        target,
        history,
        resumes,
    };
    if let Some(backups) = hands.backups(&ask.action, &ask.target.service) {
        return backups.preview(ask).await;
    }
    let (reply, answer) = oneshot::channel();
    let asked = hands
        .requests
        .send(Request::Preview(Box::new(ask), reply))
        .await;
    asked.map_err(|_| refusal())?;
    let mut preview = answer.await.unwrap_or_else(|_| Err(refusal()))?;
    if let Some(at) = rolled_back {
        warn_of_another(&mut preview, at, clock::now());
    }
    Ok(preview)
}

/// Who rolls back once more within this time may not know that somebody did.
const LATELY: SignedDuration = SignedDuration::from_hours(24);

/// Warns of a rollback that comes right after another one, which was at `at`, and goes further back.
fn warn_of_another(preview: &mut Preview, at: Timestamp, now: Timestamp) {
    let since = now.duration_since(at);
    let Action::RollBack { to: Some(to) } = &preview.ask.action else {
        return;
    };
    let chosen = preview.choices.iter().find(|c| c.id == *to);
    let current = preview.choices.iter().find(|c| c.current);
    let further = chosen
        .zip(current)
        .is_none_or(|(chosen, current)| chosen.first_seen < current.first_seen);
    if since > LATELY || !further {
        return;
    }
    let text = safe!(
        "{} was rolled back {} ago; this goes one further back",
        preview.ask.target.service.name,
        figures::age(since.as_secs().unsigned_abs())
    );
    let severity = Some(Severity::Warning);
    let worse = |note: &Note| note.severity == Some(Severity::Critical);
    let at = preview.notes.iter().take_while(|note| worse(note)).count();
    preview.notes.insert(at, Note { severity, text });
}

/// What is told of an action under way.
#[derive(Clone, Debug)]
pub enum Told {
    /// How far it is.
    Progress(Progress),
    /// Nothing was sent, since nothing can be written down, for this reason.
    Unrecordable(SafeText),
    /// It did not begin, and nothing was sent: another action on that service is under way, in these words.
    Refused(SafeText),
}

/// Carries a plan out, be it the action of a step of a checklist. Whatever happens, the last thing told is how it ended, or why it
/// did not begin.
pub async fn carry(
    hands: Hands,
    ledger: Arc<Ledger>,
    plan: Plan<Confirmed>,
    step: Option<Step>,
    stop: CancellationToken,
    told: mpsc::Sender<Told>,
) {
    // Whoever does it, a backup counts too: what it copies must not be replaced under it.
    let flight = match hands.in_flight.enter(&plan.target().service) {
        Ok(flight) => flight,
        Err(busy) => {
            let _ = told.send(Told::Refused(busy.why)).await;
            return;
        }
    };
    let (progress, mut heard) = mpsc::channel(64);
    let memory = Arc::new(Memory::default());
    let backups = hands.backups(plan.action(), &plan.target().service);
    let bound = step.clone();
    let carry = ledger.carry(plan, bound, progress, stop, Arc::clone(&memory));
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
        if let (Progress::Ended(outcome), Some(step)) = (&progress, &step) {
            step.ended(outcome).await;
        }
        if ended {
            // Who hears that it has ended may begin another one, here or in another console.
            let_go(&ledger, &memory).await;
            flight = None;
        }
        let word = match memory.refused().filter(|_| ended) {
            // Nothing is wrong with the journal, so nothing is to be accepted about it.
            Some(busy @ RecordError::UnderWay { .. }) => Told::Refused(plain(busy)),
            Some(taken @ (RecordError::Taken { .. } | RecordError::NotItsTurn { .. })) => {
                let (applied, why) = (0, plain(taken));
                Told::Progress(Progress::Ended(Outcome::Superseded { applied, why }))
            }
            Some(error) => Told::Unrecordable(plain(error)),
            None => Told::Progress(progress),
        };
        let _ = told.send(word).await;
    }
    if flight.is_some() {
        let why = if sent {
            SafeText::from_static("the platform's task ended")
        } else {
            gone()
        };
        let outcome = Outcome::Unverified(why);
        if let Some(step) = &step {
            step.ended(&outcome).await;
        }
        let_go(&ledger, &memory).await;
        let _ = told.send(Told::Progress(Progress::Ended(outcome))).await;
    }
}

/// What ended in the middle is anybody's from then on, though this console lives.
async fn let_go(ledger: &Arc<Ledger>, memory: &Memory) {
    if let Some(operation) = memory.open() {
        ledger.let_go(operation).await;
    }
}

/// Said where nobody answers any more.
pub const fn gone() -> SafeText {
    SafeText::from_static("the platform is gone")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        domain::{action::EnvironmentKind, revision::Revision},
        plan::{Risk, Side},
    };

    fn at(minute: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minute)
    }

    /// A rollback to `to`, where v1, v2 and v3 were first seen one after another and v2 runs.
    fn preview(to: &str) -> Preview {
        let choice = |(seen, version): (i64, &str)| Revision {
            id: SafeText::name(version),
            image: SafeText::EMPTY,
            version: SafeText::name(version),
            first_seen: at(seen),
            last_seen: at(seen),
            healthy: Duration::ZERO,
            known_good: None,
            current: version == "v2",
            available: true,
        };
        let ask = Ask {
            action: Action::RollBack {
                to: Some(SafeText::name(to)),
            },
            target: Target {
                environment: SafeText::EMPTY,
                kind: EnvironmentKind::Production,
                identity: SafeText::EMPTY,
                service: ServiceId {
                    group: SafeText::EMPTY,
                    name: SafeText::from_static("api"),
                },
                seen: Vec::new(),
                replicas: 1,
                ..Target::default()
            },
            history: Vec::new(),
            resumes: None,
        };
        Preview {
            ask,
            now: Side::default(),
            to: Side::default(),
            changes: Vec::new(),
            remains: Vec::new(),
            notes: Vec::new(),
            steps: Vec::new(),
            impact: SafeText::EMPTY,
            estimate: None,
            risk: Risk::Plain,
            choices: [(3, "v3"), (2, "v2"), (1, "v1")].map(choice).into(),
            owner: None,
        }
    }

    fn warned(to: &str, now: Timestamp) -> Vec<String> {
        let mut preview = preview(to);
        warn_of_another(&mut preview, at(100), now);
        preview.notes.iter().map(|n| n.text.to_string()).collect()
    }

    #[test]
    fn a_rollback_right_after_another_one_is_warned_of_where_it_goes_further_back() {
        assert_eq!(
            warned("v1", at(104)),
            ["api was rolled back 4m ago; this goes one further back"]
        );
        assert!(warned("v3", at(104)).is_empty(), "it undoes the first one");
        assert!(
            warned("v1", at(100 + 25 * 60)).is_empty(),
            "that is history"
        );
    }
}
