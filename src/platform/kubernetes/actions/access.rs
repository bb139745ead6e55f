//! May I? Asked of the server at each preview. What it does not say stays enabled.

use http::Method;
use serde_json::{Value, json};

use super::{
    object::{Place, text},
    planner::PlanDraft,
    refusal,
    work::{Act, Goal},
};
use crate::{
    domain::alert::Severity,
    plan::{Note, Refusal},
    platform::kubernetes::api::{Api, JSON},
    safe,
    text::SafeText,
};

/// What a step needs.
struct Right {
    verb: &'static str,
    group: &'static str,
    resource: &'static str,
    subresource: &'static str,
}

/// Asks whether every step of a plan is allowed.
///
/// # Errors
/// One is not.
pub(super) async fn check(api: &Api, draft: &mut PlanDraft) -> Result<(), Refusal> {
    let place = draft.place.clone();
    let rights: Vec<Right> = draft
        .works
        .iter()
        .filter_map(|work| right(&place, &work.act, &draft.goal))
        .collect();
    let mut unknown = None;
    for right in &rights {
        match allowed(api, &place, right).await {
            Ok(None) => {}
            Ok(Some(why)) => {
                let Right {
                    verb,
                    resource,
                    subresource,
                    ..
                } = right;
                let slash = if subresource.is_empty() { "" } else { "/" };
                return Err(refusal(
                    safe!(
                        "you may not {verb} {resource}{slash}{subresource} in {}{why}",
                        place.namespace
                    ),
                    safe!("ask who gives rights in this cluster"),
                ));
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

fn right(place: &Place, act: &Act, goal: &Goal) -> Option<Right> {
    match act {
        Act::Change => Some(Right {
            verb: "patch",
            group: place.group(),
            resource: place.plural(),
            subresource: if matches!(goal, Goal::Replicas(_)) {
                "scale"
            } else {
                ""
            },
        }),
        Act::Delete(..) => Some(Right {
            verb: "delete",
            group: "",
            resource: "pods",
            subresource: "",
        }),
        Act::Await => None,
    }
}

/// `None` where it is allowed, else why not, as the end of a sentence.
async fn allowed(api: &Api, place: &Place, right: &Right) -> Result<Option<SafeText>, SafeText> {
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "namespace": place.namespace,
            "name": if right.resource == "pods" { "" } else { place.name.as_str() },
            "verb": right.verb,
            "group": right.group,
            "resource": right.resource,
            "subresource": right.subresource,
        } },
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let answer: Value = api
        .change(Method::POST, path, JSON, body.to_string().into_bytes())
        .await
        .map_err(|error| safe!("{error}"))?;
    let status = &answer["status"];
    match status["allowed"].as_bool() {
        Some(true) => Ok(None),
        // A webhook that could not decide is no refusal.
        _ if !text(status, "/evaluationError").is_empty() => {
            Err(SafeText::line(text(status, "/evaluationError")))
        }
        _ => Ok(Some(match text(status, "/reason") {
            "" => SafeText::EMPTY,
            why => safe!(": {why}"),
        })),
    }
}
