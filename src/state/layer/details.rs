//! One service, looked at closely.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    super::{Model, OpId, Update, Work},
    Layer, Scroll, close, scrolled,
};
use crate::{
    domain::{
        self,
        command::Command,
        service::{Service, ServiceId},
        snapshot::Snapshot,
    },
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
    /// The service's row when it was asked for, and when what was found was.
    asked_of: Option<Arc<Service>>,
    found_of: Option<Arc<Service>>,
}

impl Details {
    /// Whether it is to be asked for again.
    fn is_due(&self, snapshot: &Snapshot, now: Timestamp) -> bool {
        let row = snapshot.service(&self.service);
        let same = match (&self.asked_of, row) {
            (Some(before), Some(now)) => Arc::ptr_eq(before, now),
            (before, now) => before.is_none() && now.is_none(),
        };
        let old = now.duration_since(self.asked) >= FRESH;
        !self.awaited && !same && (old || !self.is_about(row.map(AsRef::as_ref)))
    }

    /// Whether what was found is about the trouble that the service is in now.
    fn is_about(&self, now: Option<&Service>) -> bool {
        match (self.found_of.as_deref(), now) {
            (Some(then), Some(now)) => {
                then.health == now.health && gist(&then.why) == gist(&now.why)
            }
            (then, now) => then.is_none() && now.is_none(),
        }
    }
}

/// What is wrong, without figures that move and what a log said: `crash loop, exit`.
fn gist(why: &str) -> String {
    let what = why.split(": ").next().unwrap_or_default();
    what.chars().filter(|c| !c.is_ascii_digit()).collect()
}

/// Opens the details of a service.
pub fn open(model: &mut Model, service: ServiceId) -> Update {
    let op = model.next_op();
    let row = model.snapshot().service(&service).cloned();
    model.layers.push(Layer::Details(Details {
        service: service.clone(),
        found: None,
        scroll: Scroll::default(),
        op,
        asked: model.now,
        awaited: true,
        asked_of: row.clone(),
        found_of: row,
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
            details.found_of = details.asked_of.clone();
            details.found = Some(answer);
            return Update::redraw();
        }
    }
    Update::none()
}

/// The platform shows something else: asks again, where the service has changed since it was asked for, and what is known of
/// it is old or about another trouble.
pub fn refresh(model: &mut Model) -> Update {
    let (now, snapshot) = (model.now, Arc::clone(&model.source.snapshot));
    let due = |layer: &Layer| matches!(layer, Layer::Details(d) if d.is_due(&snapshot, now));
    let Some(at) = model.layers.iter().position(due) else {
        return Update::none();
    };
    let op = model.next_op();
    let Layer::Details(details) = &mut model.layers[at] else {
        return Update::none();
    };
    (details.op, details.asked, details.awaited) = (op, now, true);
    details.asked_of = snapshot.service(&details.service).cloned();
    Update::effect(Work::LookClosely(op, details.service.clone()))
}

/// A command while they are on top; `None` when it is a global one.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    if command == Command::Back {
        return Some(close(model));
    }
    scrolled(model, command)
}
