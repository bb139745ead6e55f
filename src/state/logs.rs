//! The logs pane: lines of many services, merged by time.

use std::{collections::VecDeque, sync::Arc};

use super::{Effect, Model, SubscriptionId, Update};
use crate::domain::{
    command::Command,
    key::KeyChord,
    log::{LogItem, LogLine, LogOrigin, Since},
    service::ServiceId,
};

/// What the pane knows.
#[derive(Debug, Default)]
pub struct Logs {
    /// The subscription whose lines are taken.
    pub subscription: SubscriptionId,
    /// Of which services; empty means all.
    pub services: Vec<ServiceId>,
    /// Lines, oldest first.
    pub lines: VecDeque<(Arc<LogOrigin>, LogLine)>,
    /// Lines lost on the way.
    pub dropped: u64,
}

impl Logs {
    /// Whether keys go into a text field of this pane.
    pub const fn editing(&self) -> bool {
        false
    }
}

/// Follows the logs of these services; empty means all.
pub fn follow(model: &mut Model, services: Vec<ServiceId>) -> Update {
    let logs = &mut model.logs;
    logs.subscription.0 += 1;
    logs.services = services;
    logs.lines.clear();
    Update::effect(Effect::FollowLogs {
        subscription: logs.subscription,
        services: logs.services.clone(),
        since: Since::Tail(200),
        previous: false,
    })
}

/// Lines have come.
pub fn arrived(model: &mut Model, subscription: SubscriptionId, items: Vec<LogItem>) -> Update {
    let logs = &mut model.logs;
    if subscription != logs.subscription {
        return Update::none();
    }
    for item in items {
        match item {
            LogItem::Line(origin, line) => {
                if logs.lines.len() == 10_000 {
                    logs.lines.pop_front();
                }
                logs.lines.push_back((origin, line));
            }
            LogItem::Dropped(_, lines) => logs.dropped += lines,
            LogItem::Joined(..) | LogItem::Left(..) | LogItem::Unreadable(..) => {}
        }
    }
    Update::redraw()
}

/// A command in this pane; `None` when it is not this pane's.
pub fn command(_model: &mut Model, _command: Command) -> Option<Update> {
    None
}

/// A key while a text field of this pane is edited; `command` is what the input scope makes of it.
pub fn edit(_model: &mut Model, _chord: KeyChord, _command: Option<Command>) -> Update {
    Update::none()
}

/// The services whose logs are shown.
pub fn subject(model: &Model) -> Option<ServiceId> {
    model.logs.services.first().cloned()
}
