//! What a plan is made from: a service's containers and the images in question, read at one moment.

use std::collections::BTreeMap;

use futures_util::future::{try_join, try_join_all};
use hyper::Method;
use serde_json::{Value, json};

use super::{
    container::{Container, PROJECT, SERVICE, text},
    names,
    reference::{Reference, keep_repository},
    wire::{Wire, container, find, get},
};
use crate::{
    domain::{action::Action, service::ServiceId},
    plan::Ask,
    platform::docker::{
        engine::{self, ANSWER},
        error::CallError,
        percent::encode,
        wire::Info,
    },
    text::SafeText,
};

/// An image as far as a plan needs it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ImageInfo {
    /// `sha256:…`.
    pub(crate) id: String,
    /// The names it has.
    pub(crate) tags: Vec<String>,
    /// What it supplies to its containers.
    pub(crate) config: Value,
}

/// Everything a plan is made from.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct World {
    /// Who answered: the daemon's own identity.
    pub(crate) identity: SafeText,
    /// The service's containers, by number and name; among them what an interrupted action left.
    pub(crate) containers: Vec<Container>,
    /// Images by the reference they were asked for: ids, names, quarterdeck's own tags.
    pub(crate) images: BTreeMap<String, ImageInfo>,
    /// The names under which we kept what this service ran, newest first.
    pub(crate) kept: Vec<String>,
}

impl World {
    /// Reads all that a question needs.
    ///
    /// # Errors
    /// As any call.
    pub(crate) async fn read(wire: &impl Wire, ask: &Ask) -> Result<Self, CallError> {
        let (identity, containers) =
            try_join(identity(wire), containers(wire, &ask.target.service)).await?;
        let mut wanted: Vec<String> = containers
            .iter()
            .flat_map(|c| [c.image_id().to_owned(), c.image().to_owned()])
            .collect();
        let mut kept = Vec::new();
        match &ask.action {
            Action::Rollout { image } => {
                let current = containers.first().map(Container::image).unwrap_or_default();
                wanted.extend(crate::domain::image::asked(image, current));
            }
            Action::RollBack { to } => {
                kept = kept_names(wire, &ask.target.service).await?;
                wanted.extend(kept.iter().cloned());
                wanted.extend(to.iter().map(ToString::to_string));
                for revision in &ask.history {
                    wanted.extend([revision.id.to_string(), revision.image.to_string()]);
                }
            }
            _ => {}
        }
        wanted.sort();
        wanted.dedup();
        let images = try_join_all(wanted.into_iter().filter(|w| !w.is_empty()).map(
            |reference| async move {
                let image = image(wire, &reference).await?;
                Ok::<_, CallError>(image.map(|image| (reference, image)))
            },
        ))
        .await?;
        let mut world = Self {
            identity,
            containers,
            images: BTreeMap::new(),
            kept,
        };
        for (reference, image) in images.into_iter().flatten() {
            // Its id and each of its names stand for it as well.
            for name in image.tags.iter().chain([&image.id, &reference]) {
                world.images.insert(name.clone(), image.clone());
            }
        }
        Ok(world)
    }

    /// What a reference stands for here, if anything.
    pub(crate) fn image(&self, reference: &str) -> Option<&ImageInfo> {
        self.images.get(reference)
    }

    /// The numbers that no container of the service has, with Compose or in its name, the lowest first: after a hundred
    /// rollouts they are as small as after two.
    pub(crate) fn free_numbers(&self) -> impl Iterator<Item = u32> {
        let ours = |c: &Container, number| c.compose_number() == number || c.number() == number;
        (1..).filter(move |&number| !self.containers.iter().any(|c| ours(c, number)))
    }

    /// The containers that have a replica's own name.
    pub(crate) fn plain(&self) -> impl Iterator<Item = &Container> {
        self.containers
            .iter()
            .filter(|c| names::parse(c.name()).1 == names::Part::Plain)
    }
}

/// Who answers.
async fn identity(wire: &impl Wire) -> Result<SafeText, CallError> {
    let answer = wire.call(Method::GET, "/info", None, ANSWER).await?;
    Ok(engine::parse::<Info>(&answer)?.identity())
}

/// What a reference stands for, if anything.
///
/// # Errors
/// As any call.
pub(super) async fn image(
    wire: &impl Wire,
    reference: &str,
) -> Result<Option<ImageInfo>, CallError> {
    let path = format!("/images/{}/json", encode(reference));
    Ok(find(wire, &path).await?.map(|image| ImageInfo {
        id: text(&image, "/Id").to_owned(),
        tags: strings(&image["RepoTags"]),
        config: image["Config"].clone(),
    }))
}

/// A service's containers, whole, by number and name.
///
/// # Errors
/// As any call.
pub(super) async fn containers(
    wire: &impl Wire,
    service: &ServiceId,
) -> Result<Vec<Container>, CallError> {
    let filter = if service.group.is_empty() {
        // Docker takes this as a regular expression over names; what does not fit is dropped below.
        json!({ "name": [regex::escape(&service.name)] })
    } else {
        json!({ "label": [
            format!("{PROJECT}={}", service.group),
            format!("{SERVICE}={}", service.name),
            "com.docker.compose.oneoff=False",
        ]})
    };
    let path = format!(
        "/containers/json?all=1&filters={}",
        encode(&filter.to_string())
    );
    let list = get(wire, &path).await?;
    let ids = list
        .as_array()
        .into_iter()
        .flatten()
        .map(|c| text(c, "/Id").to_owned());
    let inspected = try_join_all(ids.map(|id| async move { container(wire, &id).await })).await?;
    let mut containers: Vec<Container> = inspected
        .into_iter()
        .flatten()
        .filter(|c| {
            if service.group.is_empty() {
                !c.compose() && names::parse(c.name()).0 == &*service.name
            } else {
                text(&c.0, "/State/Status") != "removing"
            }
        })
        .collect();
    containers.sort_by(|a, b| (a.number(), a.name()).cmp(&(b.number(), b.name())));
    Ok(containers)
}

/// The names under which we kept what a service ran, newest first: their tags are times.
async fn kept_names(wire: &impl Wire, service: &ServiceId) -> Result<Vec<String>, CallError> {
    let repository = keep_repository(service);
    let filter = json!({ "reference": [repository] }).to_string();
    let list = get(wire, &format!("/images/json?filters={}", encode(&filter))).await?;
    let mut names: Vec<String> = list
        .as_array()
        .into_iter()
        .flatten()
        .flat_map(|image| strings(&image["RepoTags"]))
        .filter(|name| Reference::parse(name).repository == repository)
        .collect();
    names.sort();
    names.reverse();
    Ok(names)
}

fn strings(value: &Value) -> Vec<String> {
    value
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
