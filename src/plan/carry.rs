//! Carrying a confirmed plan out: what the executor is given, and what it tells.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::service::ServiceId,
    plan::{
        confirm::{Confirmed, Plan},
        outcome::Outcome,
        record::Recorder,
    },
    text::SafeText,
};

/// Keeps what ran, so that it can run again: on Docker the container's inspect JSON, which holds secrets and so lives in
/// files of mode 0600 and never in the journal. Blocking; call it from a blocking task.
pub trait Keeper: Send + Sync {
    /// Keeps the description of a revision of a service, replacing an older one.
    ///
    /// # Errors
    /// The I/O error; the caller must then not remove what it could not keep.
    fn keep(&self, service: &ServiceId, revision: &str, description: &[u8]) -> std::io::Result<()>;

    /// What was kept, if anything.
    ///
    /// # Errors
    /// The I/O error.
    fn recall(&self, service: &ServiceId, revision: &str) -> std::io::Result<Option<Vec<u8>>>;
}

/// A confirmed plan with all that carrying it out needs.
pub struct Carry {
    /// The plan.
    pub plan: Plan<Confirmed>,
    /// Where each step's intent becomes durable before its send.
    pub recorder: Arc<dyn Recorder>,
    /// Where revisions are kept.
    pub keeper: Arc<dyn Keeper>,
    /// Where progress goes. The executor goes on when nobody listens.
    pub progress: mpsc::Sender<Progress>,
    /// Once cancelled, no further step is begun.
    pub stop: CancellationToken,
}

/// Where one step is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StepState {
    /// Its intent is durable; it is being sent or waited for.
    Running,
    /// The platform shows it.
    Done,
    /// It failed.
    Failed(SafeText),
    /// Its answer was lost; the platform is being read to find out.
    Uncertain,
}

/// What carrying out tells while it goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Progress {
    /// It has begun, under this id in the journal.
    Begun(SafeText),
    /// A step changed its state.
    Step(usize, StepState),
    /// What is being waited for now: `api-2: health check, 2nd run`.
    Waiting(SafeText),
    /// A failure is being put right by these further steps (the way back).
    PuttingBack(SafeText),
    /// It has ended; nothing follows.
    Ended(Outcome),
}
