//! A workload and what it ran before, for whoever looks closely at it.

use jiff::Timestamp;
use serde_json::Value;

use super::{
    object::{self, Place, entry, number},
    template, world,
};
use crate::{
    domain::service::ServiceId, plan::Change, platform::kubernetes::api::Api, text::SafeText,
};

/// A workload as the server has it.
#[derive(Debug)]
pub(in super::super) struct Closely {
    /// It, whole.
    pub(in super::super) object: Value,
    /// What it ran and runs, the newest first.
    pub(in super::super) kept: Vec<Kept>,
}

/// A template that the cluster keeps.
#[derive(Debug)]
pub(in super::super) struct Kept {
    /// The ReplicaSet or ControllerRevision that keeps it.
    pub(in super::super) name: SafeText,
    /// What kubectl numbers it.
    pub(in super::super) number: i64,
    /// When it was made.
    pub(in super::super) made: Option<Timestamp>,
    /// What somebody wrote down about it.
    pub(in super::super) cause: SafeText,
    /// What pods are made from.
    pub(in super::super) template: Value,
    /// It is the present one.
    pub(in super::super) current: bool,
}

impl Closely {
    /// Reads a workload; `None` for what has none.
    ///
    /// # Errors
    /// In words, when it is gone or the server does not tell.
    pub(in super::super) async fn read(
        api: &Api,
        id: &ServiceId,
    ) -> Result<Option<Self>, SafeText> {
        let Some(place) = Place::of(id) else {
            return Ok(None);
        };
        let object = world::object(api, &place).await.map_err(|e| e.words(id))?;
        // Who may not read the history still sees the rest.
        let revisions = world::revisions(api, &place, &object)
            .await
            .unwrap_or_default();
        let kept = revisions.iter().map(|one| {
            let template = template::kept(place.kind, one);
            Kept {
                name: SafeText::name(object::text(one, "/metadata/name")),
                number: match place.kind {
                    kind if kind.has_sets() => template::number(one),
                    _ => number(one, "/revision"),
                },
                made: object::text(one, "/metadata/creationTimestamp")
                    .parse()
                    .ok(),
                cause: SafeText::line(entry(
                    one,
                    "/metadata/annotations",
                    "kubernetes.io/change-cause",
                )),
                current: template == *object.template(),
                template,
            }
        });
        Ok(Some(Self {
            kept: kept.collect(),
            object: object.0,
        }))
    }
}

/// How one template differs from another.
pub(in super::super) fn changes(is: &Value, will: &Value) -> Vec<Change> {
    template::changes(is, will)
}
