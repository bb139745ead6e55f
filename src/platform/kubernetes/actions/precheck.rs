//! The dry run: the server takes the change through everything but storing it.

use serde::de::IgnoredAny;

use super::{planner::PlanDraft, refusal, work::Act};
use crate::{
    domain::alert::Severity,
    plan::{Note, Refusal},
    platform::kubernetes::api::{Api, ApiError},
    safe,
};

/// Tries the change of a plan.
///
/// # Errors
/// The server would refuse it.
pub(super) async fn dry_run(api: &Api, draft: &mut PlanDraft) -> Result<(), Refusal> {
    if draft.works.iter().all(|work| work.act != Act::Change) {
        return Ok(());
    }
    let order = &draft.order;
    let address = order.address(true);
    let sent = api.change::<IgnoredAny>(
        order.method.clone(),
        &address,
        order.content_type,
        order.body.to_string().into_bytes(),
    );
    let could_not = |why: &dyn std::fmt::Display| Note {
        severity: Some(Severity::Warning),
        text: safe!("could not pre-check: {why}"),
    };
    let note = match sent.await {
        Ok(_) => Note {
            severity: None,
            text: safe!("dry run accepted"),
        },
        Err(error @ ApiError::Refused { code, .. }) => match code {
            // A webhook that says nothing of side effects cannot be tried.
            400 if error.to_string().contains("dry run") => could_not(&error),
            429 | 500.. => could_not(&error),
            _ => {
                return Err(refusal(
                    safe!("the cluster would refuse it: {error}"),
                    safe!("nothing was changed"),
                ));
            }
        },
        Err(error) => could_not(&error),
    };
    draft.note(note);
    Ok(())
}
