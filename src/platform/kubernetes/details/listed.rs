//! What a namespace holds of a kind; where that may not be known, it is said.

use serde_json::Value;

use super::{Fact, fact};
use crate::{
    platform::kubernetes::{
        api::{Api, ApiError},
        cluster::Cluster,
    },
    safe,
    text::SafeText,
};

/// Objects a page.
const PAGE: usize = 500;

/// So many are looked at.
const MOST: usize = 2000;

/// A kind of objects.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kind {
    /// `/api/v1`, `/apis/apps/v1`.
    pub(super) api: &'static str,
    /// As in its path: `services`.
    pub(super) plural: &'static str,
    /// As a fact about it is called.
    pub(super) fact: &'static str,
}

/// What was found of a kind.
#[derive(Debug)]
pub(super) struct Listed {
    /// Of which kind.
    pub(super) kind: Kind,
    /// The objects.
    pub(super) items: Vec<Value>,
    /// Why these are not all.
    pub(super) missing: Option<SafeText>,
}

impl Kind {
    /// All of it in a namespace that fits a query (`&labelSelector=…`). What is outside of namespaces has none.
    pub(super) async fn list(self, cluster: &Cluster, namespace: &str, query: &str) -> Listed {
        let mut listed = self.none();
        let mut token = String::new();
        while !namespace.is_empty() {
            let path = format!(
                "{}/namespaces/{namespace}/{}?limit={PAGE}{query}{token}",
                self.api, self.plural
            );
            let mut page: Value = match cluster.api.json(&path).await {
                Ok(page) => page,
                Err(error) => {
                    listed.missing = self.unread(&cluster.api, namespace, &error).await;
                    break;
                }
            };
            if let Some(Value::Array(items)) = page.pointer_mut("/items").map(Value::take) {
                listed.items.extend(items.into_iter().map(without_managers));
            }
            let next = page.pointer("/metadata/continue").and_then(Value::as_str);
            let Some(next) = next.filter(|next| !next.is_empty()) else {
                break;
            };
            if listed.items.len() >= MOST {
                let plural = self.plural;
                listed.missing = Some(safe!("of more than {MOST} {plural} not all were looked at"));
                break;
            }
            let next = form_urlencoded::byte_serialize(next.as_bytes());
            token = std::iter::once("&continue=").chain(next).collect();
        }
        listed
    }

    /// Nothing of it.
    pub(super) const fn none(self) -> Listed {
        Listed {
            kind: self,
            items: Vec::new(),
            missing: None,
        }
    }

    /// Why it is not known; `None` where the cluster has no such kind.
    async fn unread(self, api: &Api, namespace: &str, error: &ApiError) -> Option<SafeText> {
        let plural = self.plural;
        match error.code() {
            Some(404) => None,
            // Who may not list a kind is told so even where there is none of it; what kinds there are, everybody may ask.
            Some(403) => match api.get(self.api, "application/json").await {
                Err(error) if error.code() == Some(404) => None,
                _ => Some(safe!("you may not list {plural} in {namespace}")),
            },
            _ => Some(safe!("{plural} could not be read: {error}")),
        }
    }
}

/// An object without who set which of its fields: that is half of it, and is not read here.
fn without_managers(mut object: Value) -> Value {
    if let Some(managers) = object.pointer_mut("/metadata/managedFields") {
        managers.take();
    }
    object
}

impl Listed {
    /// That these are not all, and why.
    pub(super) fn missing(&self) -> Option<Fact> {
        let why = self.missing.clone()?;
        Some(fact(self.kind.fact, why))
    }
}
