//! What a plan is made from: a workload and what has a say in it, read at one moment from the server and not from what was
//! collected, which may be older.

use serde_json::Value;

use super::{
    LOOK_AGAIN,
    object::{Object, Place, list, number, text},
    refusal,
};
use crate::{
    domain::{
        action::Action,
        service::{ServiceId, ServiceKind},
    },
    plan::{Ask, Refusal},
    platform::kubernetes::{
        api::{Api, ApiError},
        cluster::Cluster,
        details::{
            configs::{self, Config},
            helm::{self, Deployed},
        },
    },
    safe,
    text::SafeText,
};

/// Everything a plan is made from.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct World {
    /// Whose this is, by the cluster's own identity.
    pub(super) identity: SafeText,
    /// Where the workload is.
    pub(super) place: Place,
    /// The workload.
    pub(super) object: Object,
    /// ReplicaSets or ControllerRevisions, the newest first; read where an action is about them.
    pub(super) revisions: Vec<Value>,
    /// Its pods; read where a stuck one may block the way back.
    pub(super) pods: Vec<Value>,
    /// ConfigMaps and Secrets that its revisions name; looked at where one of them may come back.
    pub(super) configs: Vec<Config>,
    /// What Helm deployed of it, the newest first; looked at where one of them may come back.
    pub(super) deployed: Vec<Deployed>,
    /// What scales it by itself.
    pub(super) autoscalers: Said,
    /// What is said of how many must serve.
    pub(super) budgets: Said,
    /// What its namespace may use.
    pub(super) quotas: Said,
}

/// What others say of it; why that could not be read, in words: it may be forbidden.
pub(super) type Said = Result<Vec<Value>, SafeText>;

/// Why there is no world to plan in.
#[derive(Debug)]
pub(super) enum Unread {
    /// It has no workload.
    NoWorkload,
    /// It is gone.
    Gone,
    /// The server did not tell.
    Failed(ApiError),
}

impl Unread {
    /// In words.
    pub(super) fn words(&self, service: &ServiceId) -> SafeText {
        match self {
            Self::NoWorkload => {
                safe!("{service} has no workload that could be changed: its pods are all there is")
            }
            Self::Gone => safe!("{service} is gone: somebody deleted it"),
            Self::Failed(error) => safe!("{service} could not be read: {error}"),
        }
    }

    pub(super) fn refusal(&self, service: &ServiceId) -> Refusal {
        let instead = match self {
            Self::NoWorkload => SafeText::from_static("act on what made them"),
            Self::Gone => LOOK_AGAIN,
            Self::Failed(_) => SafeText::from_static("nothing was changed"),
        };
        refusal(self.words(service), instead)
    }
}

impl World {
    /// Reads what a question is about.
    pub(super) async fn read(cluster: &Cluster, ask: &Ask) -> Result<Self, Unread> {
        let api = &cluster.api;
        let place = Place::of(&ask.target.service).ok_or(Unread::NoWorkload)?;
        let object = object(api, &place).await?;
        let back = matches!(ask.action, Action::RollBack { .. });
        let rolls = back || matches!(ask.action, Action::Rollout { .. });
        let scale = matches!(ask.action, Action::Scale { .. });
        let stateful = place.kind == ServiceKind::StatefulSet;
        let namespace = &place.namespace;
        let (revisions, pods, autoscalers, budgets, quotas) = tokio::join!(
            async {
                if rolls {
                    revisions(api, &place, &object).await
                } else {
                    Ok(Vec::new())
                }
            },
            async {
                if stateful && back {
                    pods(api, &place, &object).await
                } else {
                    Ok(Vec::new())
                }
            },
            said(
                api,
                "/apis/autoscaling/v2",
                namespace,
                "horizontalpodautoscalers",
                true
            ),
            said(
                api,
                "/apis/policy/v1",
                namespace,
                "poddisruptionbudgets",
                scale
            ),
            said(api, "/api/v1", namespace, "resourcequotas", scale),
        );
        let revisions = revisions.map_err(Unread::Failed)?;
        let (configs, deployed) = if back {
            let templates = revisions
                .iter()
                .map(|r| super::template::kept(place.kind, r));
            let named = templates.flat_map(|template| configs::named(&template));
            tokio::join!(
                configs::read(api, namespace, named.collect()),
                helm::deployed(api, &object.0),
            )
        } else {
            (Vec::new(), Vec::new())
        };
        Ok(Self {
            identity: cluster.state.borrow().snapshot.host.identity.clone(),
            place,
            object,
            revisions,
            pods: pods.map_err(Unread::Failed)?,
            configs,
            deployed,
            autoscalers,
            budgets,
            quotas,
        })
    }
}

/// A workload as it is now.
pub(super) async fn object(api: &Api, place: &Place) -> Result<Object, Unread> {
    match api.json(&place.path()).await {
        Ok(value) => Ok(Object(value)),
        Err(error) if error.code() == Some(404) => Err(Unread::Gone),
        Err(error) => Err(Unread::Failed(error)),
    }
}

/// What it ran and can run again, the newest first.
pub(super) async fn revisions(
    api: &Api,
    place: &Place,
    object: &Object,
) -> Result<Vec<Value>, ApiError> {
    let (plural, revision): (_, fn(&Value) -> i64) = match place.kind {
        kind if kind.has_sets() => ("replicasets", super::template::number),
        ServiceKind::StatefulSet | ServiceKind::DaemonSet => {
            ("controllerrevisions", |kept| number(kept, "/revision"))
        }
        _ => return Ok(Vec::new()),
    };
    let mut owned = owned(api, "/apis/apps/v1", plural, place, object).await?;
    owned.sort_by_key(|one| std::cmp::Reverse(revision(one)));
    Ok(owned)
}

/// Its pods.
async fn pods(api: &Api, place: &Place, object: &Object) -> Result<Vec<Value>, ApiError> {
    owned(api, "/api/v1", "pods", place, object).await
}

/// Objects that a workload controls, found by its selector.
async fn owned(
    api: &Api,
    group: &str,
    plural: &str,
    place: &Place,
    object: &Object,
) -> Result<Vec<Value>, ApiError> {
    let mut path = format!(
        "{group}/namespaces/{}/{plural}?labelSelector=",
        place.namespace
    );
    path.extend(form_urlencoded::byte_serialize(selector(object).as_bytes()));
    let mut found: Value = api.json(&path).await?;
    let items = found["items"].take();
    let Value::Array(mut items) = items else {
        return Ok(Vec::new());
    };
    items.retain(|item| {
        list(item, "/metadata/ownerReferences").iter().any(|owner| {
            owner["controller"] == Value::Bool(true) && text(owner, "/uid") == object.uid()
        })
    });
    Ok(items)
}

/// A workload's selector as a query has it.
fn selector(object: &Object) -> String {
    let labels = object.0.pointer("/spec/selector/matchLabels");
    let mut terms: Vec<String> = labels
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    for expression in list(&object.0, "/spec/selector/matchExpressions") {
        let key = text(expression, "/key");
        let values: Vec<&str> = list(expression, "/values")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let values = values.join(",");
        terms.push(match text(expression, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        });
    }
    terms.join(",")
}

/// What somebody else says of it.
async fn said(api: &Api, group: &str, namespace: &str, plural: &str, wanted: bool) -> Said {
    if !wanted {
        return Ok(Vec::new());
    }
    let path = format!("{group}/namespaces/{namespace}/{plural}");
    let found: Result<Value, ApiError> = api.json(&path).await;
    let mut found = found.map_err(|error| safe!("{error}"))?;
    match found["items"].take() {
        Value::Array(items) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn why_something_could_not_be_read_is_kept() {
        let api = Api::answered(|_| (500, json!({ "message": "etcd is away" })));
        let said = said(&api, "/api/v1", "shop", "resourcequotas", true).await;
        assert_eq!(said, Err(safe!("etcd is away")));
    }
}
