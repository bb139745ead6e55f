//! The namespaces that may be chosen, and what may not be seen there.

use futures_util::{StreamExt as _, stream};
use serde::Deserialize;

use super::{
    api::{Api, ApiError},
    rights::{self, Need},
};
use crate::{domain::namespace::Namespace, safe, text::SafeText};

/// Only the names are wanted.
const METADATA: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// Who has more will type a name.
const MOST: usize = 5_000;

/// Reviews that are asked for at once, and at most: each is a request.
const AT_ONCE: usize = 8;
const REVIEWED: usize = 200;

/// What it takes to see every namespace.
const EVERYTHING: Need = Need {
    verb: "list",
    group: "",
    resource: "pods",
};

/// All of them, by name.
///
/// # Errors
/// In words: they may not be listed, or there was no answer.
pub(super) async fn list(api: &Api) -> Result<Vec<Namespace>, SafeText> {
    let names = names(api).await.map_err(|error| match error.code() {
        Some(403) => SafeText::from_static(
            "namespaces may not be listed with these credentials: type the name of one",
        ),
        _ => safe!("the namespaces are not known: {error}"),
    })?;
    let everywhere = rights::may(api, None, EVERYTHING).await;
    let reviewed = if matches!(everywhere, Ok(true)) {
        0
    } else {
        REVIEWED
    };
    let note = |(at, name): (usize, SafeText)| async move {
        let rules = if at < reviewed {
            rights::rules(api, &name).await.ok()
        } else {
            None
        };
        let note = rules.map(|rules| rules.unseen()).unwrap_or_default();
        Namespace { name, note }
    };
    let each = stream::iter(names.into_iter().enumerate().map(note));
    Ok(each.buffered(AT_ONCE).collect().await)
}

async fn names(api: &Api) -> Result<Vec<SafeText>, ApiError> {
    #[derive(Deserialize)]
    struct List {
        items: Vec<Item>,
    }
    #[derive(Deserialize)]
    struct Item {
        metadata: Metadata,
    }
    #[derive(Deserialize)]
    struct Metadata {
        name: SafeText,
    }
    let path = format!("/api/v1/namespaces?limit={MOST}");
    let list: List = api.json_as(&path, METADATA).await?;
    Ok(list
        .items
        .into_iter()
        .map(|item| item.metadata.name)
        .collect())
}
