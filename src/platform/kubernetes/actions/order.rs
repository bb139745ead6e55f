//! What goes over the wire: a change with its precondition, on what it is about and not on the whole object.

use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{
    object::{Object, Place, text},
    work::{Goal, RESTARTED},
};
use crate::{
    domain::service::ServiceKind,
    platform::kubernetes::api::{Api, ApiError, JSON, JSON_PATCH, STRATEGIC_PATCH},
};

/// What we are to the API server. A name that begins with `kubectl` is taken over by Flux, which makes a second rollout.
pub(super) const MANAGER: &str = "quarterdeck";

/// One request that changes something.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    pub(super) method: Method,
    /// Without a query.
    pub(super) path: String,
    pub(super) content_type: &'static str,
    pub(super) body: Value,
}

impl Order {
    /// Sends it, with who we are; a trial goes through everything but storing.
    ///
    /// # Errors
    /// See [`ApiError`].
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        api: &Api,
        trial: bool,
    ) -> Result<T, ApiError> {
        let dry_run = if trial { "&dryRun=All" } else { "" };
        let address = format!("{}?fieldManager={MANAGER}{dry_run}", self.path);
        let mut body = self.body.clone();
        // Of a deletion the server reads what stands in the body, and then nothing of the query.
        if trial && self.method == Method::DELETE {
            body["dryRun"] = json!(["All"]);
        }
        let body = body.to_string().into_bytes();
        api.change(self.method.clone(), &address, self.content_type, body)
            .await
    }
}

/// Makes a workload's spec what is wanted, if it is still as it was seen.
pub(super) fn change(place: &Place, seen: &Object, goal: &Goal) -> Order {
    let uid = seen.uid();
    let patch = |path: String, body: Value| Order {
        method: Method::PATCH,
        path,
        content_type: JSON_PATCH,
        body,
    };
    let same = json!({ "op": "test", "path": "/metadata/uid", "value": uid });
    match goal {
        Goal::Replicas(replicas) => patch(
            format!("{}/scale", place.path()),
            json!([
                same,
                // A number that is zero is left out of a Scale.
                { "op": "test", "path": "/spec/replicas", "value": nonzero(seen.replicas()) },
                { "op": "add", "path": "/spec/replicas", "value": replicas },
            ]),
        ),
        Goal::Template {
            template,
            annotations,
        } => {
            let mut body = vec![
                same,
                json!({ "op": "test", "path": "/metadata/generation", "value": seen.generation() }),
                json!({ "op": "replace", "path": "/spec/template", "value": template }),
            ];
            body.extend(annotations.as_ref().map(
                |annotations| json!({ "op": "add", "path": "/metadata/annotations", "value": annotations }),
            ));
            patch(place.path(), Value::Array(body))
        }
        Goal::Image { index, image, .. } => {
            let at = format!("/spec/template/spec/containers/{index}");
            let is = seen.containers().get(*index).unwrap_or(&Value::Null);
            patch(
                place.path(),
                json!([
                    same,
                    { "op": "test", "path": format!("{at}/name"), "value": text(is, "/name") },
                    { "op": "test", "path": format!("{at}/image"), "value": text(is, "/image") },
                    { "op": "replace", "path": format!("{at}/image"), "value": image },
                ]),
            )
        }
        // Its controller reads when from the spec, and a custom resource takes no strategic patch.
        Goal::Restarted(at) if place.kind == ServiceKind::Rollout => patch(
            place.path(),
            json!([same, { "op": "add", "path": "/spec/restartAt", "value": at }]),
        ),
        // The uid in it makes it fail on another object of that name.
        Goal::Restarted(at) => Order {
            method: Method::PATCH,
            path: place.path(),
            content_type: STRATEGIC_PATCH,
            body: json!({
                "metadata": { "uid": uid },
                "spec": { "template": { "metadata": { "annotations": { RESTARTED: at } } } },
            }),
        },
        Goal::Paused(paused) => patch(
            place.path(),
            switch(
                same,
                "/spec/paused",
                seen.0.pointer("/spec/paused"),
                *paused,
            ),
        ),
        Goal::Suspended(suspended) => patch(
            place.path(),
            switch(
                same,
                "/spec/suspend",
                seen.0.pointer("/spec/suspend"),
                *suspended,
            ),
        ),
    }
}

fn switch(same: Value, path: &str, seen: Option<&Value>, to: bool) -> Value {
    json!([
        same,
        { "op": "test", "path": path, "value": seen },
        { "op": "add", "path": path, "value": to },
    ])
}

fn nonzero(number: u32) -> Option<u32> {
    (number != 0).then_some(number)
}

/// Deletes a pod, if it is still that one.
pub(super) fn delete(place: &Place, pod: &str, uid: &str) -> Order {
    Order {
        method: Method::DELETE,
        path: format!("/api/v1/namespaces/{}/pods/{pod}", place.namespace),
        content_type: JSON,
        body: json!({
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "preconditions": { "uid": uid },
        }),
    }
}
