//! Where the console is, and what changes with it.

use serde::{Deserialize, Serialize};

use super::{Layer, Model, Update, alerts, logs, rollouts};
use crate::{
    domain::{action::EnvironmentKind, capabilities::Capabilities},
    text::SafeText,
};

/// Environment and context, as the header shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The environment's name, as configured or found: `shop`, `local`.
    pub environment: SafeText,
    /// What kind of place it is.
    pub kind: EnvironmentKind,
    /// The daemon or the cluster: `docker`, `eks-1`, `demo`.
    pub context: SafeText,
    /// Whether this is a simulation, said on every screen.
    pub simulated: bool,
    /// The environments that could be switched to, this one among them.
    pub others: Vec<SafeText>,
}

/// A place that was reached.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Connected {
    /// Where.
    pub place: Place,
    /// What can be done there.
    pub capabilities: Capabilities,
    /// How logs begin there.
    pub logs: logs::Beginning,
}

/// Another place is shown from now on. What was known of the one before is forgotten; what is the operator's stays, and
/// so do the actions of this console, wherever they run.
pub(super) fn connected(model: &mut Model, connected: Connected) -> Update {
    let Connected {
        place,
        capabilities,
        logs,
    } = connected;
    let before = std::mem::take(model);
    *model = Model {
        now: before.now,
        size: before.size,
        utc: before.utc,
        mouse: before.mouse,
        keymap: before.keymap,
        operator: before.operator,
        login: before.login,
        notices: before.notices,
        used: before.used,
        operations: before.operations.elsewhere(),
        next_op: before.next_op,
        logs: before.logs.elsewhere(before.now, logs),
        place,
        capabilities,
        ..Model::default()
    };
    rollouts::refresh(model).and(logs::follow(model, Vec::new()))
}

/// Another daemon answers at the same place: what the journal held of the one before is not its.
pub(super) fn other_daemon(model: &mut Model) -> Update {
    model.operations.leftovers.clear();
    model.layers.retain(|l| !matches!(l, Layer::Leftover(_)));
    model.backup = None;
    alerts::acknowledged(model, Vec::new())
}
