//! Agreement that fits the risk.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    domain::action::{Action, ClusterAction},
    plan::{preview::Preview, target::Target},
    text::SafeText,
};

/// How long a complete preview must have stood before it can be agreed to: nobody reads faster.
pub const STANDING: SignedDuration = SignedDuration::from_millis(300);

/// How a plan must be confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Risk {
    /// Enter.
    Plain,
    /// The target's name, typed.
    Typed,
}

impl Risk {
    /// A name is typed only where mistakes are dear, for a cut by more than half, to zero, or what destroys:
    /// confirming everything only trains the hand.
    pub fn of(action: &Action, target: &Target) -> Self {
        let cut = match action {
            Action::Scale { replicas } => replicas * 2 < target.replicas,
            Action::Stop | Action::Cluster(ClusterAction::Drain) => true,
            _ => false,
        };
        if cut && target.kind.guarded() {
            Self::Typed
        } else {
            Self::Plain
        }
    }
}

/// Numbers the plans of one session; shown as four hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PlanId(pub u32);

impl std::fmt::Display for PlanId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Spread neighbours apart, so that two plans never look alike at a glance. Odd multipliers are bijective.
        write!(f, "{:04x}", self.0.wrapping_mul(0x9e37) & 0xffff)
    }
}

/// A plan, in one of its stages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan<S> {
    id: PlanId,
    preview: Arc<Preview>,
    stage: S,
}

/// The stage of a plan that is being read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previewed {
    complete: Timestamp,
}

/// The stage of a plan that somebody agreed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// Who agreed.
    pub by: SafeText,
    /// When.
    pub at: Timestamp,
    /// Why, or a ticket; may be empty.
    pub reason: SafeText,
    /// Whether they accepted that it leaves no record (they typed `unrecorded`, since no journal can be written).
    pub unrecorded: bool,
}

/// Why a plan is not confirmed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotYet {
    /// It has not stood for long enough to be read.
    JustShown,
    /// The name typed is not the target's.
    NameDiffers,
}

impl<S> Plan<S> {
    /// Its number.
    pub const fn id(&self) -> PlanId {
        self.id
    }

    /// What it does.
    pub const fn preview(&self) -> &Arc<Preview> {
        &self.preview
    }

    /// What it is about.
    pub fn target(&self) -> &Target {
        &self.preview.ask.target
    }

    /// What it does, resolved.
    pub fn action(&self) -> &Action {
        &self.preview.ask.action
    }
}

impl Plan<Previewed> {
    /// A plan whose preview became complete at `now`.
    pub fn new(id: PlanId, preview: Preview, now: Timestamp) -> Self {
        Self {
            id,
            preview: Arc::new(preview),
            stage: Previewed { complete: now },
        }
    }

    /// Whether Enter counts at `now`.
    pub fn ready(&self, now: Timestamp) -> bool {
        now.duration_since(self.stage.complete) >= STANDING
    }

    /// Agrees to it.
    ///
    /// # Errors
    /// Says why not yet; the plan itself is unchanged.
    pub fn confirm(&self, typed: &str, agreed: Confirmed) -> Result<Plan<Confirmed>, NotYet> {
        if !self.ready(agreed.at) {
            return Err(NotYet::JustShown);
        }
        if self.preview.risk == Risk::Typed && typed.trim() != self.target().typed_name() {
            return Err(NotYet::NameDiffers);
        }
        Ok(Plan {
            id: self.id,
            preview: Arc::clone(&self.preview),
            stage: agreed,
        })
    }
}

impl Plan<Confirmed> {
    /// Who agreed, when and why.
    pub const fn agreed(&self) -> &Confirmed {
        &self.stage
    }
}
