//! What the journal is told of an operation in the world.

use super::{Move, SimRun, Went};
use crate::{
    domain::instance::InstanceId,
    plan::{
        Carry, Outcome,
        record::{
            About, Facts, Failure, Label, OperationResult, OperationStart, Receipt, RecordError,
            StepResult,
        },
    },
    text::SafeText,
};

/// How an operation is written down; `after` is the image and the id of the image that shall run.
pub(super) fn start(carry: &Carry, after: Option<(SafeText, SafeText)>) -> OperationStart {
    let mut start = OperationStart::of(&carry.plan);
    if let Some((image, id)) = after {
        start.after.image = Some(Label::from(&image));
        start.after.image_id = Some(Label::from(&id));
    }
    start
}

impl SimRun {
    /// Writes what is about to be sent; nothing is sent unless this went well.
    pub(super) async fn intent(&self, at: usize, step: &Move) -> Result<Receipt, RecordError> {
        let about = About {
            id: label(self.id_of(step).as_ref()),
            ..About::default()
        };
        self.writer.intent(at, &step.step(), about).await
    }

    /// Writes what came of a step.
    pub(super) async fn outcome(&self, receipt: Receipt, went: &Went) {
        let failed = |why| StepResult::Failed { why };
        let (result, made) = match went {
            Went::Done(id) => (StepResult::Done, id.as_ref()),
            Went::Failed(why, _) => (failed(*why), None),
            Went::Changed(_) => (failed(Failure::Changed), None),
            Went::Unknown(_) => (StepResult::Unverified, None),
            Went::Stopped => (StepResult::NotSent, None),
        };
        self.writer.outcome(receipt, result, label(made)).await;
    }

    /// Writes that the operation is over. One that was stopped in the middle is not: the next start offers to go on.
    pub(super) async fn close(&self, outcome: &Outcome, after: Facts) {
        let result = match outcome {
            Outcome::Failed { .. } if self.restored => OperationResult::PutBack,
            Outcome::Cancelled { .. } if self.applied > 0 => return,
            other => OperationResult::of(other, self.failed),
        };
        let after = if result == OperationResult::Verified {
            after
        } else {
            Facts::default()
        };
        self.writer.end(result, after).await;
    }
}

fn label(id: Option<&InstanceId>) -> Label {
    id.map(|id| Label::from(&id.0)).unwrap_or_default()
}
