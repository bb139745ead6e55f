//! One service, looked at closely.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    super::{Model, OpId, Update, Work},
    Layer, Scroll, close, scrolled,
};
use crate::{
    domain::{self, command::Command, service::ServiceId},
    text::SafeText,
};

mod lines;

pub use lines::{Line, NAMES, lines};

/// How old an answer gets, at most, while the service goes on changing.
const FRESH: SignedDuration = SignedDuration::from_secs(4);

/// What is known, or why nothing is.
#[derive(Debug)]
pub struct Details {
    /// Which service.
    pub service: ServiceId,
    /// What was found out beyond its row; `None` while that is awaited.
    pub found: Option<Result<domain::details::Details, SafeText>>,
    /// The first line shown.
    pub scroll: Scroll,
    op: OpId,
    asked: Timestamp,
    awaited: bool,
}

/// Opens the details of a service.
pub fn open(model: &mut Model, service: ServiceId) -> Update {
    let op = model.next_op();
    model.layers.push(Layer::Details(Details {
        service: service.clone(),
        found: None,
        scroll: Scroll::default(),
        op,
        asked: model.now,
        awaited: true,
    }));
    Update::effect(Work::LookClosely(op, service))
}

/// The answer has come.
pub fn arrived(
    model: &mut Model,
    op: OpId,
    answer: Result<domain::details::Details, SafeText>,
) -> Update {
    for layer in &mut model.layers {
        if let Layer::Details(details) = layer
            && details.op == op
        {
            details.awaited = false;
            details.found = Some(answer);
            return Update::redraw();
        }
    }
    Update::none()
}

/// The platform shows something else: asks again, where what is known of the service is old and it has changed.
pub fn refresh(model: &mut Model, before: &domain::snapshot::Snapshot) -> Update {
    let now = model.now;
    let Some((service, due)) = model.layers.iter().find_map(|layer| match layer {
        Layer::Details(d) => Some((
            d.service.clone(),
            !d.awaited && now.duration_since(d.asked) >= FRESH,
        )),
        _ => None,
    }) else {
        return Update::none();
    };
    let same = match (before.service(&service), model.snapshot().service(&service)) {
        (Some(before), Some(now)) => Arc::ptr_eq(before, now),
        (None, None) => true,
        _ => false,
    };
    if !due || same {
        return Update::none();
    }
    let op = model.next_op();
    for layer in &mut model.layers {
        if let Layer::Details(details) = layer {
            (details.op, details.asked, details.awaited) = (op, now, true);
        }
    }
    Update::effect(Work::LookClosely(op, service))
}

/// A command while they are on top; `None` when it is a global one.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    if command == Command::Back {
        return Some(close(model));
    }
    scrolled(model, command)
}
