//! Parts of an object as the server has it.

use serde_json::Value;

pub(super) use crate::domain::json::{list, number, text};

/// The containers of a pod template, and the init containers.
pub(super) fn containers(template: &Value) -> impl Iterator<Item = &Value> {
    ["/spec/containers", "/spec/initContainers"]
        .into_iter()
        .flat_map(|at| list(template, at))
}
