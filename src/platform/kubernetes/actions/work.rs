//! A plan as the executor carries it out: each step of the preview with what it does, and what shall be seen at the end.

use serde_json::{Value, json};

use super::object::{Object, Place, entry, text};
use crate::{
    plan::{Step, Verb},
    safe,
    text::SafeText,
};

/// The annotation of a template by which kubectl restarts, and so do we.
pub(super) const RESTARTED: &str = "kubectl.kubernetes.io/restartedAt";

/// What an action wants of a workload's spec.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Goal {
    /// So many pods.
    Replicas(u32),
    /// This template, and for a Deployment these annotations beside it.
    Template {
        /// What pods are made from.
        template: Value,
        /// The object's annotations; `None` leaves them.
        annotations: Option<Value>,
    },
    /// That image in that container, by its place in the template.
    Image {
        /// Its place.
        index: usize,
        /// Its name.
        container: String,
        /// The image.
        image: String,
    },
    /// Pods made anew, since that moment.
    Restarted(String),
    /// A Deployment or a Rollout whose changes wait, or do not.
    Paused(bool),
    /// A CronJob that begins no Jobs, or does.
    Suspended(bool),
}

impl Goal {
    /// Whether the workload's spec has it.
    pub(super) fn shown(&self, object: &Object) -> bool {
        match self {
            Self::Replicas(replicas) => object.replicas() == *replicas,
            Self::Template { template, .. } => object.template() == template,
            Self::Image {
                index,
                container,
                image,
            } => object
                .containers()
                .get(*index)
                .is_some_and(|c| text(c, "/name") == container && text(c, "/image") == image),
            Self::Restarted(at) => restarted(object) == at,
            Self::Paused(paused) => object.is_paused() == *paused,
            Self::Suspended(suspended) => object.is_suspended() == *suspended,
        }
    }

    /// The same of another moment: what an object shows now of what this is about.
    pub(super) fn as_now(&self, object: &Object) -> Self {
        match self {
            Self::Replicas(_) => Self::Replicas(object.replicas()),
            Self::Template { .. } => Self::Template {
                template: object.template().clone(),
                annotations: None,
            },
            Self::Image {
                index, container, ..
            } => Self::Image {
                index: *index,
                container: container.clone(),
                image: object
                    .containers()
                    .get(*index)
                    .map(|c| text(c, "/image").to_owned())
                    .unwrap_or_default(),
            },
            Self::Restarted(_) => Self::Restarted(restarted(object).to_owned()),
            Self::Paused(_) => Self::Paused(object.is_paused()),
            Self::Suspended(_) => Self::Suspended(object.is_suspended()),
        }
    }

    /// Who last wrote what it is about, as they call themselves.
    pub(super) fn written_by(&self, object: &Object) -> SafeText {
        let template = ["f:spec", "f:template"];
        match self {
            Self::Replicas(_) => object.written_by(&["f:spec", "f:replicas"]),
            Self::Template { .. } => object.written_by(&template),
            Self::Image { container, .. } => {
                let key = format!("k:{}", json!({ "name": container }));
                let rest = ["f:spec", "f:containers", &key, "f:image"];
                object.written_by(&[&template[..], &rest].concat())
            }
            Self::Restarted(_) if object.0.pointer("/spec/restartAt").is_some() => {
                object.written_by(&["f:spec", "f:restartAt"])
            }
            Self::Restarted(_) => {
                let key = format!("f:{RESTARTED}");
                let rest = ["f:metadata", "f:annotations", &key];
                object.written_by(&[&template[..], &rest].concat())
            }
            Self::Paused(_) => object.written_by(&["f:spec", "f:paused"]),
            Self::Suspended(_) => object.written_by(&["f:spec", "f:suspend"]),
        }
    }

    /// Whether pods are replaced, started or ended for it.
    pub(super) const fn moves_pods(&self) -> bool {
        !matches!(self, Self::Paused(true) | Self::Suspended(_))
    }
}

/// When somebody last restarted it, by its template or as an Argo Rollout has it; empty where nobody did.
pub(super) fn restarted(object: &Object) -> &str {
    match text(&object.0, "/spec/restartAt") {
        "" => entry(object.template(), "/metadata/annotations", RESTARTED),
        at => at,
    }
}

/// What a step does.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Act {
    /// Makes the workload's spec what is wanted.
    Change,
    /// Deletes a pod that would never become ready and that everything waits for, by its name and uid.
    Delete(String, String),
    /// Waits until its controller has done it; sends nothing.
    Await,
}

/// One step with what it does.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Work {
    /// As the preview names it.
    pub(super) step: Step,
    /// What it does.
    pub(super) act: Act,
}

impl Act {
    /// As the preview names it.
    pub(super) fn on(self, place: &Place) -> Work {
        let (verb, object) = match &self {
            Self::Change => (Verb::Patch, safe!("{}", place.words())),
            Self::Delete(pod, _) => (Verb::Remove, safe!("pod {pod}")),
            Self::Await => (Verb::Await, safe!("{}", place.words())),
        };
        Work {
            step: Step { verb, object },
            act: self,
        }
    }
}
