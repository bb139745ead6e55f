//! One send, and what the platform shows of it. An answer that is lost, or that may have been given by something in
//! between, is settled by reading; nothing is ever sent again.

use std::time::Duration;

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::super::{
    container::{Container, number, text},
    healthy::Patience,
    wire::{Wire, container},
    world::image,
};
use crate::{
    plan::record::Failure,
    platform::docker::{
        error::{CallError, advised},
        percent::encode,
    },
    safe,
    text::SafeText,
};

/// What came of a send.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sent {
    /// The platform shows it; with the id of what was made.
    Shown(Option<String>),
    /// It did not happen.
    Not(Failure, SafeText),
    /// What it was to happen to is gone.
    Gone,
    /// Reading did not settle it.
    Unknown(SafeText),
}

/// A step as it goes over the wire: ids and names resolved.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Order {
    /// Name an image.
    Tag {
        image: String,
        repository: String,
        tag: String,
    },
    /// Make a container.
    Create { name: String, body: Value },
    /// Connect a container to a network.
    Connect {
        id: String,
        network: String,
        endpoint: Value,
    },
    /// Start it; with when it had started before.
    Start { id: String, before: String },
    /// Stop it; with its grace period.
    Stop { id: String, grace: Duration },
    /// Restart it; with its grace period and when it had started before.
    Restart {
        id: String,
        grace: Duration,
        before: String,
    },
    /// Rename it.
    Rename { id: String, name: String },
    /// Remove it, without its volumes.
    Remove { id: String },
}

/// What reading shows of an order.
enum Effect {
    /// It has happened.
    Shown(Option<String>),
    /// It has not; with the platform's words, if it has any.
    Absent(String),
    /// What it was to happen to is not there.
    Gone,
}

/// How long one answer may take beyond a grace period.
const DEADLINE: Duration = Duration::from_mins(1);

/// How long a container gets to end by itself. Docker takes 10 s where nobody chose.
pub(super) fn grace(container: &Container) -> Duration {
    match number(&container.0, "/Config/StopTimeout") {
        0 => Duration::from_secs(10),
        seconds => Duration::from_secs(seconds.clamp(1, 86_400) as u64),
    }
}

/// When a container had started, as Docker writes it.
pub(super) fn started(container: &Container) -> String {
    text(&container.0, "/State/StartedAt").to_owned()
}

/// What the answer to a send tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// All there is to know.
    Known(Sent),
    /// Not what came of it: that takes reading.
    Lost(Lost),
}

/// An answer that does not tell what came of a send.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lost {
    /// Whether the platform itself answered, and so is through with it.
    pub(super) answered: bool,
    status: Option<u16>,
    words: SafeText,
}

/// Sends an order, once.
pub(super) async fn send(wire: &impl Wire, order: &Order) -> Reply {
    let (method, path, body) = request(order);
    let deadline = DEADLINE + waits(order);
    let error = match wire.call(method, &path, body.as_ref(), deadline).await {
        Ok(answer) => match (order, made(&answer)) {
            (Order::Create { .. }, None) => CallError::Garbled(safe!("no id")),
            (_, id) => return Reply::Known(Sent::Shown(id)),
        },
        Err(error) => error,
    };
    let words = error.text();
    let refused = |why| Reply::Known(Sent::Not(why, words.clone()));
    match error {
        CallError::ReadOnly | CallError::Refused { status: 403, .. } => refused(Failure::Forbidden),
        CallError::Unreachable { .. } => refused(Failure::Offline),
        CallError::Refused { status, .. } if status < 500 && !matches!(status, 404 | 409) => {
            refused(Failure::Platform)
        }
        // These may come from something in between.
        CallError::Refused { status, .. } => Reply::Lost(Lost {
            answered: !matches!(status, 502..=504),
            status: Some(status),
            words,
        }),
        CallError::Silent(_) | CallError::Broken(_) | CallError::Garbled(_) => Reply::Lost(Lost {
            answered: false,
            status: None,
            words,
        }),
    }
}

/// Reads until it is known what came of an order.
pub(super) async fn settle(
    wire: &impl Wire,
    order: &Order,
    patience: &Patience,
    lost: Lost,
) -> Sent {
    let Lost {
        answered,
        status,
        words,
    } = lost;
    let began = Instant::now();
    let mut alive_since = None;
    let mut was_down = false;
    loop {
        match effect(wire, order).await {
            Ok(Effect::Shown(id)) => return Sent::Shown(id),
            Ok(Effect::Gone) => return Sent::Gone,
            Ok(Effect::Absent(its_words)) => {
                let its_words = if its_words.is_empty() {
                    words.clone()
                } else {
                    advised(&safe!("{its_words}"))
                };
                if answered {
                    return Sent::Not(failure(order, status), its_words);
                }
                let since = *alive_since.get_or_insert_with(Instant::now);
                if since.elapsed() >= patience.settle + waits(order) {
                    // A daemon that is new has none of its predecessor's work in hand.
                    return if was_down {
                        Sent::Not(Failure::Offline, words)
                    } else {
                        Sent::Unknown(safe!("{words}, and nothing shows that it was done"))
                    };
                }
            }
            Err(error) => {
                was_down |= matches!(error, CallError::Unreachable { .. });
                alive_since = None;
                if began.elapsed() >= patience.back {
                    return Sent::Unknown(safe!("{words}, and since then: {error}"));
                }
            }
        }
        sleep(patience.poll).await;
    }
}

const fn failure(order: &Order, status: Option<u16>) -> Failure {
    match (order, status) {
        (Order::Create { .. }, Some(404)) => Failure::ImageMissing,
        (_, Some(409)) => Failure::Conflict,
        _ => Failure::Platform,
    }
}

/// How long the platform itself may wait before it has done it.
const fn waits(order: &Order) -> Duration {
    match order {
        Order::Stop { grace, .. } | Order::Restart { grace, .. } => *grace,
        _ => Duration::ZERO,
    }
}

fn request(order: &Order) -> (Method, String, Option<Value>) {
    let post = |path: String| (Method::POST, path, None);
    match order {
        Order::Tag {
            image,
            repository,
            tag,
        } => post(format!(
            "/images/{}/tag?repo={}&tag={}",
            encode(image),
            encode(repository),
            encode(tag)
        )),
        Order::Create { name, body } => {
            let path = format!("/containers/create?name={}", encode(name));
            (Method::POST, path, Some(body.clone()))
        }
        Order::Connect {
            id,
            network,
            endpoint,
        } => {
            let body = json!({ "Container": id, "EndpointConfig": endpoint });
            (
                Method::POST,
                format!("/networks/{}/connect", encode(network)),
                Some(body),
            )
        }
        Order::Start { id, .. } => post(format!("/containers/{id}/start")),
        // Without `t` the container's own grace period counts.
        Order::Stop { id, .. } => post(format!("/containers/{id}/stop")),
        Order::Restart { id, .. } => post(format!("/containers/{id}/restart")),
        Order::Rename { id, name } => {
            post(format!("/containers/{id}/rename?name={}", encode(name)))
        }
        Order::Remove { id } => (Method::DELETE, format!("/containers/{id}"), None),
    }
}

/// The id in an answer, where it holds one.
fn made(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    answer.get("Id")?.as_str().map(str::to_owned)
}

/// Whether the platform shows it.
async fn effect(wire: &impl Wire, order: &Order) -> Result<Effect, CallError> {
    let shown_if = |shown: bool, words: String| {
        if shown {
            Effect::Shown(None)
        } else {
            Effect::Absent(words)
        }
    };
    let id = match order {
        Order::Tag {
            image: id,
            repository,
            tag,
        } => {
            let name = format!("{repository}:{tag}");
            return Ok(match image(wire, id).await? {
                Some(image) => shown_if(image.tags.contains(&name), String::new()),
                None => Effect::Gone,
            });
        }
        Order::Create { name, .. } => {
            return Ok(match container(wire, name).await? {
                Some(made) => Effect::Shown(Some(made.id().to_owned())),
                None => Effect::Absent(String::new()),
            });
        }
        Order::Connect { id, .. }
        | Order::Start { id, .. }
        | Order::Stop { id, .. }
        | Order::Restart { id, .. }
        | Order::Rename { id, .. }
        | Order::Remove { id } => id,
    };
    let Some(is) = container(wire, id).await? else {
        return Ok(match order {
            Order::Remove { .. } => Effect::Shown(None),
            _ => Effect::Gone,
        });
    };
    Ok(match order {
        Order::Connect { network, .. } => shown_if(
            is.networks().any(|(name, _)| name == network),
            String::new(),
        ),
        Order::Start { before, .. } | Order::Restart { before, .. } => shown_if(
            started(&is) != *before,
            text(&is.0, "/State/Error").to_owned(),
        ),
        Order::Stop { .. } => shown_if(!is.alive(), String::new()),
        Order::Rename { name, .. } => shown_if(is.name() == name, String::new()),
        Order::Tag { .. } | Order::Create { .. } | Order::Remove { .. } => {
            Effect::Absent(String::new())
        }
    })
}
