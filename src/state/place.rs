//! Where the console is.

use serde::{Deserialize, Serialize};

use crate::{domain::action::EnvironmentKind, text::SafeText};

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
