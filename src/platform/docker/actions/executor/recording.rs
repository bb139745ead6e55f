//! The journal's side of carrying out: what is written before and after each send.

use std::sync::Arc;

use crate::plan::{
    Carry, Keeper, Verb,
    record::{
        Facts, Label, OperationEnd, OperationId, OperationStart, Receipt, RecordError, Recorder,
        StepIntent, StepName, StepOutcome, Target,
    },
};

use super::super::{container::Container, planner::Draft};
use crate::domain::{action::Action, service::ServiceId};

/// Writes for one operation. With `unrecorded` agreed to, a journal that fails stops nothing.
pub(super) struct Record {
    recorder: Arc<dyn Recorder>,
    keeper: Arc<dyn Keeper>,
    unrecorded: bool,
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
            unrecorded: carry.plan.agreed().unrecorded,
        }
    }

    /// Begins the operation. `None` where it stays unrecorded.
    pub(super) async fn begin(
        &self,
        start: OperationStart,
    ) -> Result<Option<OperationId>, RecordError> {
        let recorder = Arc::clone(&self.recorder);
        match blocking(move || recorder.begin(&start)).await {
            Ok(id) => Ok(Some(id)),
            Err(_) if self.unrecorded => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes an intent durable. `None` where it stays unrecorded.
    pub(super) async fn intent(&self, intent: StepIntent) -> Result<Option<Receipt>, RecordError> {
        let recorder = Arc::clone(&self.recorder);
        match blocking(move || recorder.intent(&intent)).await {
            Ok(receipt) => Ok(Some(receipt)),
            Err(_) if self.unrecorded => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes what came of a step. What was done is done: a journal that fails now changes nothing about it, and the
    /// next intent will find out.
    pub(super) async fn outcome(&self, receipt: Option<Receipt>, outcome: StepOutcome) {
        let Some(receipt) = receipt else { return };
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

/// How an operation is written down.
pub(super) fn start(carry: &Carry, draft: &Draft) -> OperationStart {
    let ask = &draft.preview.ask;
    let target = &ask.target;
    let label = |text: &str| Label::from(text);
    let first = target.seen.first();
    let mut before = Facts {
        replicas: Some(target.replicas),
        image: Some(label(&target.image)),
        image_id: first.map(|seen| label(&seen.image_id)),
        ..Facts::default()
    };
    let mut after = Facts {
        image_id: draft.image.as_deref().map(Label::from),
        ..Facts::default()
    };
    match &ask.action {
        Action::Scale { replicas } => after.replicas = Some(*replicas),
        Action::Rollout { image } => after.image = Some(label(image)),
        Action::RollBack { .. } => after.image = Some(label(&draft.preview.to.what)),
        Action::Start => after.state = Some(label("running")),
        Action::Stop => after.state = Some(label("stopped")),
        Action::Restart | Action::BackUp => {}
    }
    if draft.image.is_some() {
        // Of several images the one to come back to is the one that is replaced.
        let replaced = draft
            .groups
            .iter()
            .map(|g| g.image.as_str())
            .find(|image| !image.is_empty() && Some(*image) != draft.image.as_deref());
        before.image_id = replaced.map(Label::from).or(before.image_id);
    }
    OperationStart {
        action: label(ask.action.word()),
        target: Target {
            context: label(&target.environment),
            cluster: label(&target.identity),
            project: label(&target.service.group),
            service: label(&target.service.name),
            objects: target.seen.iter().map(|seen| label(&seen.id.0)).collect(),
        },
        by: label(&carry.plan.agreed().by),
        reason: label(&carry.plan.agreed().reason),
        before,
        after,
        steps: draft
            .preview
            .steps
            .iter()
            .map(|step| StepName {
                verb: verb(step.verb),
                object: label(&step.object),
            })
            .collect(),
        resumes: ask.resumes.as_deref().map(OperationId::parse),
    }
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
