//! `argoproj.io/v1alpha1`: Argo Rollouts, which come as JSON. Only what is shown is read.

use std::collections::BTreeMap;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer};

use super::{
    core::{ClaimSource, Container, PodSpec, PodTemplate, Volume, VolumeSource},
    form::{self, Form},
    frame::{Frames, WireError},
    meta::{ObjectMeta, OwnerReference, Page, Pair, Status, Time},
};

/// A Rollout.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Rollout {
    /// What every object has.
    #[serde(deserialize_with = "metadata")]
    pub metadata: ObjectMeta,
    /// What it should be.
    pub spec: RolloutSpec,
    /// What it is.
    pub status: RolloutStatus,
}

/// What a Rollout should be.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutSpec {
    /// How many pods.
    pub replicas: Option<i32>,
    /// What they are made from.
    #[serde(deserialize_with = "template")]
    pub template: PodTemplate,
    /// Whether changes wait.
    pub paused: bool,
}

/// What a Rollout is, by its controller's own word.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct RolloutStatus {
    /// The generation that its controller has seen, as text; before 0.10 a hash.
    pub observed_generation: String,
    /// Pods.
    #[serde(rename = "replicas")]
    pub pods: i32,
    /// Of the present template.
    pub updated_replicas: i32,
    /// Ready.
    pub ready_replicas: i32,
    /// Ready for long enough.
    pub available_replicas: i32,
    /// `Healthy`, `Progressing`, `Paused` or `Degraded`.
    pub phase: String,
    /// Why, in words.
    pub message: String,
    /// Its controller has paused it.
    pub controller_pause: bool,
    /// Why it is paused.
    pub pause_conditions: Option<Vec<serde::de::IgnoredAny>>,
    /// Somebody, or an analysis, has given the update up.
    pub abort: bool,
    /// The hash of the template that serves.
    #[serde(rename = "stableRS")]
    pub stable: String,
    /// The last restart that it is through with.
    pub restarted_at: String,
}

impl Form for Rollout {
    const ACCEPT: [&'static str; 2] = form::JSON;

    fn page(answer: Bytes) -> Result<Page, WireError> {
        form::page(&answer)
    }

    fn event(frames: &mut Frames) -> Result<Option<(Bytes, Bytes)>, WireError> {
        form::event(frames)
    }

    fn status(raw: Bytes) -> Result<Status, WireError> {
        form::status(&raw)
    }

    fn read(raw: Bytes) -> Result<Self, WireError> {
        form::parse(&raw)
    }
}

/// What every object has; without who changed which field, which is the most of it.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Meta {
    name: String,
    namespace: String,
    uid: String,
    resource_version: String,
    generation: i64,
    creation_timestamp: Option<String>,
    deletion_timestamp: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: BTreeMap<String, String>,
    owner_references: Vec<Owner>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Owner {
    kind: String,
    name: String,
    uid: String,
    controller: bool,
    api_version: String,
}

fn metadata<'de, D: Deserializer<'de>>(from: D) -> Result<ObjectMeta, D::Error> {
    Ok(Meta::deserialize(from)?.into())
}

impl From<Meta> for ObjectMeta {
    fn from(meta: Meta) -> Self {
        Self {
            name: meta.name.into(),
            namespace: meta.namespace.into(),
            uid: meta.uid.into(),
            resource_version: meta.resource_version.into(),
            generation: meta.generation,
            created: meta.creation_timestamp.as_deref().and_then(time),
            deleted: meta.deletion_timestamp.as_deref().and_then(time),
            labels: pairs(meta.labels),
            annotations: pairs(meta.annotations),
            owners: meta.owner_references.into_iter().map(owner).collect(),
        }
    }
}

fn owner(owner: Owner) -> OwnerReference {
    OwnerReference {
        kind: owner.kind.into(),
        name: owner.name.into(),
        uid: owner.uid.into(),
        controller: owner.controller,
        api_version: owner.api_version.into(),
    }
}

fn pairs(map: BTreeMap<String, String>) -> Vec<Pair> {
    let pair = |(key, value): (String, String)| Pair {
        key: key.into(),
        value: value.into(),
    };
    map.into_iter().map(pair).collect()
}

fn time(text: &str) -> Option<Time> {
    let at: Timestamp = text.parse().ok()?;
    Some(Time {
        seconds: at.as_second(),
        nanos: at.subsec_nanosecond(),
    })
}

/// What pods are made from.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Template {
    metadata: Meta,
    spec: Pod,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Pod {
    containers: Vec<One>,
    volumes: Vec<OneVolume>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct One {
    name: String,
    image: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct OneVolume {
    name: String,
    persistent_volume_claim: Option<Claim>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Claim {
    claim_name: String,
}

fn template<'de, D: Deserializer<'de>>(from: D) -> Result<PodTemplate, D::Error> {
    let template = Template::deserialize(from)?;
    let container = |one: One| Container {
        name: one.name.into(),
        image: one.image.into(),
        ..Container::default()
    };
    let volume = |one: OneVolume| Volume {
        name: one.name.into(),
        source: Some(VolumeSource {
            claim: one.persistent_volume_claim.map(|claim| ClaimSource {
                claim: claim.claim_name.into(),
            }),
            ..VolumeSource::default()
        }),
    };
    Ok(PodTemplate {
        metadata: Some(template.metadata.into()),
        spec: Some(PodSpec {
            containers: template
                .spec
                .containers
                .into_iter()
                .map(container)
                .collect(),
            volumes: template.spec.volumes.into_iter().map(volume).collect(),
            ..PodSpec::default()
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"type":"MODIFIED","object":{"apiVersion":"argoproj.io/v1alpha1","kind":"Rollout",
"metadata":{"name":"api","namespace":"shop","uid":"u","generation":4,"resourceVersion":"77","creationTimestamp":null,
"managedFields":[{"manager":"kubectl"}]},
"spec":{"replicas":3,"template":{"metadata":{"labels":{"app":"api"}},"spec":{"containers":[{"name":"api","image":"api:v2"}]}}},
"status":{"phase":"Degraded","abort":true,"observedGeneration":"4","stableRS":"abc","pauseConditions":null}}}"#;

    #[test]
    fn an_event_is_read_into_the_shapes_of_other_kinds() {
        let mut frames = Frames::default();
        frames.push(EVENT.replace('\n', "").as_bytes());
        assert!(Rollout::event(&mut frames).unwrap().is_none(), "half of it");
        frames.push(b"\n");
        let (kind, raw) = Rollout::event(&mut frames).unwrap().unwrap();
        assert_eq!(kind, "MODIFIED");
        let rollout = Rollout::read(raw).unwrap();
        assert_eq!(rollout.metadata.resource_version, "77");
        assert_eq!(
            rollout.spec.template.spec.unwrap().containers[0].image,
            "api:v2"
        );
        assert!(rollout.status.abort);
    }

    #[test]
    fn a_list_says_where_a_watch_goes_on_and_an_error_what_it_is() {
        let list = br#"{"metadata":{"resourceVersion":"9","continue":"more"},"items":[{"metadata":{"name":"a"}}]}"#;
        let page = Rollout::page(Bytes::from_static(list)).unwrap();
        let place = page.metadata.unwrap();
        assert_eq!(
            (&*place.resource_version, &*place.continue_token),
            (&b"9"[..], &b"more"[..])
        );
        assert_eq!(
            Rollout::read(page.items[0].clone()).unwrap().metadata.name,
            "a"
        );
        let gone = br#"{"kind":"Status","message":"too old","reason":"Expired","code":410}"#;
        assert_eq!(Rollout::status(Bytes::from_static(gone)).unwrap().code, 410);
    }
}
