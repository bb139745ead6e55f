//! What the cluster shows of a step: whether it has happened yet.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    cronjob,
    object::{list, text},
    steer::Steer,
    switch::Switch,
};
use crate::{
    platform::kubernetes::api::{Api, ApiError},
    safe,
    text::SafeText,
};

/// What the cluster shows.
pub(super) enum Effect {
    /// The object at that path is gone, or is being deleted, or is another one. With `wholly`, being deleted is not enough.
    Gone {
        /// Where it is.
        path: String,
        /// Which it was.
        uid: String,
        /// Whether it has to be gone to its end.
        wholly: bool,
    },
    /// None of these is left on a node.
    AllGone {
        /// The node's name.
        node: String,
        /// By what they are called, with their uids.
        pods: Vec<(String, String)>,
    },
    /// The node at that path takes new pods, or takes none.
    Cordoned(String, bool),
    /// There is an object at that path.
    There(String),
    /// The Job at that path has ended well.
    Ended(String),
    /// A Service selects the other colour.
    Selects(Switch),
    /// The other colour alone is behind it.
    Serves(Switch),
    /// The colour that served before has been up beside it for a while.
    Beside(Switch),
    /// The status of an Argo Rollout has what somebody wants of its update.
    Steered(Steer),
    /// Its controller has done it.
    Followed(Steer),
}

/// What is shown of an effect.
pub(super) enum Shown {
    /// It is so; in words.
    Yes(SafeText),
    /// Not yet; what is waited for.
    NotYet(SafeText),
    /// It will never be.
    Never(SafeText),
    /// What it is about is something else by now; what, in words.
    Else(SafeText),
}

impl Effect {
    /// Whether it is so by now.
    ///
    /// # Errors
    /// The server does not tell.
    pub(super) async fn shown(&self, api: &Api) -> Result<Shown, ApiError> {
        match self {
            Self::AllGone { node, pods } => {
                let found: Value = api.json(&pods_on(node)).await?;
                let there: HashSet<&str> = list(&found, "/items")
                    .iter()
                    .map(|pod| text(pod, "/metadata/uid"))
                    .collect();
                let mut left = pods.iter().filter(|(_, uid)| there.contains(uid.as_str()));
                let Some((first, _)) = left.next() else {
                    return Ok(Shown::Yes(safe!("drained: {} pods are gone", pods.len())));
                };
                Ok(Shown::NotYet(safe!(
                    "{} of {} pods are gone; {first} is stopping",
                    pods.len() - 1 - left.count(),
                    pods.len()
                )))
            }
            Self::Gone { path, uid, wholly } => {
                let Some(object) = read(api, path).await? else {
                    return Ok(Shown::Yes(SafeText::from_static("the pod is gone")));
                };
                let goes = !wholly && !text(&object, "/metadata/deletionTimestamp").is_empty();
                let another = text(&object, "/metadata/uid") != uid;
                Ok(if goes || another {
                    Shown::Yes(SafeText::from_static("the pod is gone"))
                } else {
                    Shown::NotYet(safe!("{} is stopping", text(&object, "/metadata/name")))
                })
            }
            Self::Cordoned(path, wanted) => {
                let object = read(api, path).await?.unwrap_or_default();
                let is = object["spec"]["unschedulable"] == Value::Bool(true);
                Ok(if is == *wanted {
                    Shown::Yes(SafeText::from_static(if is {
                        "it takes no new pods"
                    } else {
                        "it takes new pods again"
                    }))
                } else {
                    Shown::NotYet(SafeText::EMPTY)
                })
            }
            Self::Selects(switch) => switch.selected(api).await,
            Self::Serves(switch) | Self::Beside(switch) => switch.serves(api).await,
            Self::Steered(steer) => steer.written(api).await,
            Self::Followed(steer) => steer.followed(api).await,
            Self::There(path) => Ok(match read(api, path).await? {
                Some(_) => Shown::Yes(SafeText::EMPTY),
                None => Shown::NotYet(SafeText::EMPTY),
            }),
            Self::Ended(path) => cronjob::ended(api, path).await.map(|end| match end {
                cronjob::Ended::Well(words) => Shown::Yes(words),
                cronjob::Ended::Badly(words) => Shown::Never(words),
                cronjob::Ended::NotYet(words) => Shown::NotYet(words),
            }),
        }
    }
}

/// Where the pods of a node are listed.
pub(super) fn pods_on(node: &str) -> String {
    format!("/api/v1/pods?fieldSelector=spec.nodeName%3D{node}")
}

/// An object; `None` where there is none.
pub(super) async fn read(api: &Api, path: &str) -> Result<Option<Value>, ApiError> {
    match api.json(path).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.code() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn two_gone() -> Effect {
        let pod = |name: &str| (name.to_owned(), format!("uid-{name}"));
        Effect::AllGone {
            node: "n1".to_owned(),
            pods: vec![pod("a"), pod("b")],
        }
    }

    #[tokio::test]
    async fn a_server_that_does_not_tell_is_no_pod_that_stops() {
        for code in [403, 503] {
            let api = Api::answered(move |_| (code, json!({ "message": "not now" })));
            let shown = two_gone().shown(&api).await;
            assert_eq!(shown.err().and_then(|error| error.code()), Some(code));
        }
    }

    #[tokio::test]
    async fn pods_of_a_drain_are_known_by_their_uids() {
        let on_node = |uids: &'static [&'static str]| {
            Api::answered(move |path| {
                assert_eq!(path, "/api/v1/pods?fieldSelector=spec.nodeName%3Dn1");
                let pod = |uid: &&str| json!({ "metadata": { "uid": uid } });
                let items: Vec<Value> = uids.iter().map(pod).collect();
                (200, json!({ "items": items }))
            })
        };
        // One of a DaemonSet stays, and one under a name of before is another.
        let shown = two_gone().shown(&on_node(&["uid-daemon", "uid-b"])).await;
        assert!(
            matches!(shown, Ok(Shown::NotYet(words)) if &*words == "1 of 2 pods are gone; b is stopping")
        );
        let shown = two_gone().shown(&on_node(&["uid-daemon", "other-b"])).await;
        assert!(matches!(shown, Ok(Shown::Yes(words)) if &*words == "drained: 2 pods are gone"));
    }
}
