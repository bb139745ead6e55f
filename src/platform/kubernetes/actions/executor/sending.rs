//! One send, and what the cluster shows of it. An answer that is lost, or that something in between may have given, is
//! settled by reading; nothing is ever sent again.

use http::StatusCode;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{
    super::{
        object::text,
        order::Order,
        settle_timer::SettleTimer,
        world::{self, Unread},
    },
    run::ActionRun,
};
use crate::{
    plan::{Progress, StepState, record::Failure},
    platform::kubernetes::api::ApiError,
    safe,
    text::SafeText,
};

/// What came of a send.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sent {
    /// The cluster shows it; with the object as the answer has it.
    Shown(Option<Value>),
    /// It did not happen.
    Not(Failure, SafeText),
    /// It did not happen, since it is no longer as it was seen.
    Changed(SafeText),
    /// Reading did not settle it.
    Unknown(SafeText),
}

/// What the answer to a send tells.
enum Reply {
    Taken(Value),
    /// It was refused for what it asked for: the precondition, or its content.
    Refused(Failure, SafeText),
    /// Nothing of it happened, whatever is there.
    Barred(Failure, SafeText),
    /// Not what came of it; whether the server itself answered, and so is through with it.
    Lost {
        answered: bool,
        words: SafeText,
    },
}

/// What reading shows of a send.
enum Effect {
    /// It has happened.
    Shown,
    /// It has not.
    Absent,
    /// It is something else by now; what, in words.
    Else(SafeText),
}

async fn send(run: &ActionRun<'_>, order: &Order) -> Reply {
    let error = match order.send::<Value>(&run.cluster.api, false).await {
        Ok(value) => return Reply::Taken(value),
        Err(error) => error,
    };
    let words = safe!("{error}");
    match &error {
        ApiError::ReadOnly | ApiError::Login(_) | ApiError::Unset(_) => {
            Reply::Barred(Failure::Forbidden, words)
        }
        ApiError::Refused { code, .. } => {
            match StatusCode::from_u16(*code).unwrap_or(StatusCode::BAD_GATEWAY) {
                StatusCode::FORBIDDEN => Reply::Barred(Failure::Forbidden, words),
                StatusCode::NOT_FOUND => Reply::Refused(Failure::Gone, words),
                StatusCode::CONFLICT => Reply::Refused(Failure::Conflict, words),
                code if code.is_client_error() => Reply::Refused(Failure::Platform, words),
                // These may come from something in between, or from a server that goes on with it.
                StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT => Reply::Lost {
                    answered: false,
                    words,
                },
                _ => Reply::Lost {
                    answered: true,
                    words,
                },
            }
        }
        ApiError::Lost(_) | ApiError::Silent(_) | ApiError::Wire(_) => Reply::Lost {
            answered: false,
            words,
        },
    }
}

/// Sends a change of the workload, once.
pub(super) async fn send_change(run: &ActionRun<'_>, order: &Order) -> Sent {
    match send(run, order).await {
        Reply::Taken(value) => Sent::Shown(Some(value)),
        Reply::Barred(why, words) => Sent::Not(why, words),
        // The precondition's own answer says nothing of what changed: read again.
        Reply::Refused(why, words) => match change_effect(run).await {
            Ok(Effect::Else(change)) => Sent::Changed(change),
            Ok(Effect::Shown) => Sent::Changed(safe!(
                "somebody else did the same meanwhile, and ours was refused"
            )),
            Ok(Effect::Absent) | Err(_) => Sent::Not(why, words),
        },
        Reply::Lost { answered, words } => settle_change(run, answered, words).await,
    }
}

/// Deletes a pod that blocks, once. One that is gone, or is another one by now, blocks no longer.
pub(super) async fn send_delete(run: &ActionRun<'_>, order: &Order, uid: &str) -> Sent {
    let (answered, words) = match send(run, order).await {
        Reply::Taken(_) | Reply::Refused(Failure::Gone | Failure::Conflict, _) => {
            return Sent::Shown(None);
        }
        Reply::Refused(why, words) | Reply::Barred(why, words) => return Sent::Not(why, words),
        Reply::Lost { answered, words } => (answered, words),
    };
    let mut waiting = Settling::new(run, answered, words).await;
    loop {
        let asked = Instant::now();
        let effect = match run.cluster.api.json::<Value>(&order.path).await {
            Err(error) if error.code() == Some(404) => Ok(Effect::Shown),
            Err(error) => Err(safe!("{error}")),
            Ok(pod) => Ok(
                if text(&pod, "/metadata/uid") != uid
                    || pod.pointer("/metadata/deletionTimestamp").is_some()
                {
                    Effect::Shown
                } else {
                    Effect::Absent
                },
            ),
        };
        if let Some(sent) = waiting.look(asked, effect) {
            return sent;
        }
        sleep(run.patience.poll).await;
    }
}

async fn settle_change(run: &ActionRun<'_>, answered: bool, words: SafeText) -> Sent {
    let mut waiting = Settling::new(run, answered, words).await;
    loop {
        let asked = Instant::now();
        let effect = change_effect(run).await;
        if let Some(sent) = waiting.look(asked, effect) {
            return sent;
        }
        sleep(run.patience.poll).await;
    }
}

/// Whether the workload shows the change.
async fn change_effect(run: &ActionRun<'_>) -> Result<Effect, SafeText> {
    let service = &run.carry.plan.target().service;
    let object = match world::object(&run.cluster.api, &run.place).await {
        Ok(object) => object,
        Err(Unread::Gone) => return Ok(Effect::Else(Unread::Gone.words(service))),
        Err(error) => return Err(error.words(service)),
    };
    let by = run.goal.written_by(&object);
    Ok(if object.uid() != run.uid {
        Effect::Else(safe!(
            "{service} was deleted and made again: it is another object"
        ))
    } else if run.goal.shown(&object) {
        Effect::Shown
    } else if run.goal.as_now(&object) != run.was {
        Effect::Else(safe!("{by} changed {service} meanwhile"))
    } else if object.generation() != run.carry.plan.target().generation {
        Effect::Else(safe!("{by} changed something else of {service} meanwhile"))
    } else {
        Effect::Absent
    })
}

/// A lost answer that is being settled.
struct Settling {
    answered: bool,
    words: SafeText,
    timer: SettleTimer,
}

impl Settling {
    async fn new(run: &ActionRun<'_>, answered: bool, words: SafeText) -> Self {
        if !answered {
            let uncertain = Progress::Step(run.at(), StepState::Uncertain);
            run.tell(uncertain).await;
        }
        Self {
            answered,
            words,
            timer: SettleTimer::start(run.patience, Instant::now()),
        }
    }

    /// What one look, begun then, says of it; `None` while it says nothing yet.
    fn look(&mut self, asked: Instant, effect: Result<Effect, SafeText>) -> Option<Sent> {
        let words = &self.words;
        match effect {
            Ok(Effect::Shown) => Some(Sent::Shown(None)),
            // Ours may have come before it.
            Ok(Effect::Else(change)) => Some(Sent::Unknown(safe!("{words}; {change}"))),
            Ok(Effect::Absent) if self.answered => {
                Some(Sent::Not(Failure::Platform, words.clone()))
            }
            Ok(Effect::Absent) => (self.timer.shows_nothing(asked))
                .then(|| Sent::Unknown(safe!("{words}, and nothing shows that it was done"))),
            Err(error) => (self.timer.is_away(Instant::now()))
                .then(|| Sent::Unknown(safe!("{words}, and since then: {error}"))),
        }
    }
}
