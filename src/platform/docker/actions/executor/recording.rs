//! The journal's side of carrying out: what is written before and after each send.

use std::sync::Arc;

use crate::plan::{
    Carry, Keeper, Verb,
    record::{
        Facts, Label, OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder,
        StepIntent, StepOutcome,
    },
};

use super::super::{container::Container, planner::Draft};
use crate::domain::service::ServiceId;

/// Writes for one operation.
pub(super) struct Record {
    recorder: Arc<dyn Recorder>,
    keeper: Arc<dyn Keeper>,
}

/// Runs what blocks where it may.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl Record {
    pub(super) fn new(carry: &Carry) -> Self {
        Self {
            recorder: Arc::clone(&carry.recorder),
            keeper: Arc::clone(&carry.keeper),
        }
    }

    /// Begins the operation.
    pub(super) async fn begin(&self, start: OperationStart) -> Result<OperationId, RecordError> {
        let recorder = Arc::clone(&self.recorder);
        blocking(move || recorder.begin(&start)).await
    }

    /// Makes an intent durable.
    pub(super) async fn intent(&self, intent: StepIntent) -> Result<Receipt, RecordError> {
        let recorder = Arc::clone(&self.recorder);
        blocking(move || recorder.intent(&intent)).await
    }

    /// Writes what came of a step. What was done is done: a journal that fails now changes nothing about it, and the
    /// next intent will find out.
    pub(super) async fn outcome(&self, receipt: Receipt, outcome: StepOutcome) {
        let recorder = Arc::clone(&self.recorder);
        let written = blocking(move || recorder.outcome(&receipt, &outcome)).await;
        if let Err(error) = written {
            log::error!("the outcome of a step could not be recorded: {error}");
        }
    }

    /// Writes that the operation is over.
    pub(super) async fn end(&self, end: OperationEnd) {
        let recorder = Arc::clone(&self.recorder);
        let written = blocking(move || recorder.end(&end)).await;
        if let Err(error) = written {
            log::error!("the end of an operation could not be recorded: {error}");
        }
    }

    /// Keeps what ran before it is removed.
    pub(super) async fn keep(
        &self,
        service: ServiceId,
        container: &Container,
    ) -> std::io::Result<()> {
        let keeper = Arc::clone(&self.keeper);
        let (revision, description) = (container.image_id().to_owned(), container.0.to_string());
        blocking(move || keeper.keep(&service, &revision, description.as_bytes())).await
    }
}

/// How an operation is written down. Of several images the one to come back to is the one that is replaced.
pub(super) fn start(carry: &Carry, draft: &Draft) -> OperationStart {
    let mut start = OperationStart::of(&carry.plan);
    if let Some(image) = &draft.image {
        let is_replaced = |id: &&str| !id.is_empty() && id != image;
        let replaced = draft
            .groups
            .iter()
            .map(|g| g.image.as_str())
            .find(is_replaced);
        start.before.image_id = replaced.map(Label::from).or(start.before.image_id);
    }
    start
}

/// The journal's word for a verb.
pub(super) fn verb(verb: Verb) -> Label {
    Label::from(verb.to_string())
}

/// What is worth remembering of a container.
pub(super) fn facts(container: &Container) -> Facts {
    Facts {
        image: Some(Label::from(container.image())),
        image_id: Some(Label::from(container.image_id())),
        name: Some(Label::from(container.name())),
        state: Some(Label::from(container.status())),
        replicas: None,
    }
}
