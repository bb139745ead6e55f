//! Deleting a pod: exactly the one that was shown, by its uid.

use http::Method;

use super::{
    LOOK_AGAIN,
    effect::Effect,
    errand::{Errand, Task, must_read, precondition},
    object::{list, text},
    order::Order,
    refusal,
};
use crate::{
    domain::{alert::Severity, instance::InstanceId},
    plan::{Ask, Note, Refusal, Side, Step, Verb},
    platform::kubernetes::{api::JSON, cluster::Cluster},
    safe,
    text::SafeText,
};

/// Makes the plan.
///
/// # Errors
/// It is gone, or is being deleted already.
pub(super) async fn plan(cluster: &Cluster, ask: &Ask, id: &InstanceId) -> Result<Errand, Refusal> {
    let gone = || refusal(SafeText::from_static("the pod is gone"), LOOK_AGAIN);
    let seen = ask.target.seen.iter().find(|seen| seen.id == *id);
    let name = seen.ok_or_else(gone)?.name.clone();
    let path = format!(
        "/api/v1/namespaces/{}/pods/{name}",
        ask.target.service.group
    );
    let pod = must_read(&cluster.api, &path, &name).await?;
    if text(&pod, "/metadata/uid") != &*id.0 {
        return Err(gone());
    }
    if !text(&pod, "/metadata/deletionTimestamp").is_empty() {
        return Err(refusal(
            safe!("{name} is being deleted already"),
            SafeText::EMPTY,
        ));
    }
    let owner = list(&pod, "/metadata/ownerReferences")
        .iter()
        .find(|owner| owner["controller"] == true);
    let (comes, note) = match owner {
        Some(owner) => (
            safe!(
                "another one, made by {} {}",
                text(owner, "/kind"),
                text(owner, "/name")
            ),
            None,
        ),
        None => (
            SafeText::from_static("nothing"),
            Some(Note {
                severity: Some(Severity::Critical),
                text: safe!("nobody manages {name}: it does not come back"),
            }),
        ),
    };
    let grace = pod["spec"]["terminationGracePeriodSeconds"]
        .as_i64()
        .unwrap_or(30);
    let step = |verb| Step {
        verb,
        object: safe!("pod {name}"),
    };
    let tasks = vec![
        Task {
            step: step(Verb::Remove),
            uid: id.0.to_string(),
            order: Some(delete(path.clone(), &id.0)),
            effect: gone_effect(path.clone(), &id.0, false),
        },
        Task {
            step: step(Verb::Await),
            uid: id.0.to_string(),
            order: None,
            effect: gone_effect(path, &id.0, true),
        },
    ];
    let now = Side {
        what: name.clone(),
        facts: SafeText::name(text(&pod, "/status/phase")),
    };
    let to = Side {
        what: comes,
        facts: SafeText::EMPTY,
    };
    let impact = safe!("it has {grace} s to stop");
    let notes = note.into_iter().collect();
    Ok(Errand::new(ask.clone(), [now, to], impact, notes, tasks))
}

fn delete(path: String, uid: &str) -> Order {
    Order {
        method: Method::DELETE,
        path,
        content_type: JSON,
        body: precondition(uid),
    }
}

pub(super) fn gone_effect(path: String, uid: &str, wholly: bool) -> Effect {
    Effect::Gone {
        path,
        uid: uid.to_owned(),
        wholly,
    }
}
