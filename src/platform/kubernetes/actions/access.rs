//! May I? Asked of the server at each preview, for the one object. What it does not say stays enabled.

use super::{planner::PlanDraft, refusal, work::Act};
use crate::{
    domain::alert::Severity,
    plan::{Note, Refusal},
    platform::kubernetes::{
        api::Api,
        rights::{self, Need},
    },
    safe,
};

/// What deleting a pod takes.
const DELETE: Need = Need {
    verb: "delete",
    group: "",
    resource: "pods",
};

/// Asks whether every step of a plan is allowed.
///
/// # Errors
/// One is not.
pub(super) async fn check(api: &Api, draft: &mut PlanDraft) -> Result<(), Refusal> {
    let place = &draft.place;
    let word = draft.preview.ask.action.word();
    let mut unknown = None;
    for work in &draft.works {
        let (need, name) = match &work.act {
            Act::Change => (rights::needs(word, place.kind), place.name.as_str()),
            Act::Delete(pod, _) => (Some(DELETE), pod.as_str()),
            Act::Await => continue,
        };
        let Some(need) = need else { continue };
        match rights::refused(api, need, &place.namespace, name).await {
            Ok(None) => {}
            Ok(Some(why)) => {
                let instead = safe!("ask who gives rights in this cluster");
                return Err(refusal(why, instead));
            }
            Err(why) => unknown = Some(why),
        }
    }
    draft.note(match unknown {
        None => Note {
            severity: None,
            text: safe!("permitted"),
        },
        Some(why) => Note {
            severity: Some(Severity::Warning),
            text: safe!("whether it is permitted could not be asked: {why}"),
        },
    });
    Ok(())
}
