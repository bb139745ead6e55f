//! Who says what a workload is to be, and undoes what others change: Argo CD, Flux, Helm, a controller of its own; and what to
//! change there for a change to last.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::{
    object::{Object, list, text},
    work::Goal,
    world::World,
};
use crate::{
    plan::{Change, ChangeKind, Owner},
    platform::kubernetes::details::helm,
    safe,
    text::SafeText,
};

/// Somebody who says what a workload is to be.
pub(in super::super) struct Says {
    /// `Argo CD (app shop)`.
    name: SafeText,
    /// How and when it undoes what others change.
    undoes: SafeText,
    /// Where it has from what the workload is to be; empty where that is its own affair.
    source: SafeText,
    /// All that in one sentence.
    pub(in super::super) words: SafeText,
}

/// All of them, the one that decides first. An object is called as a step calls it; `back` is where it goes back to what it was, and says how
/// Helm goes back there.
pub(in super::super) fn all(object: &Object, called: &str, back: Option<SafeText>) -> Vec<Says> {
    let manifest = safe!("the manifest of {called} in Git");
    let mut owners = Vec::new();
    // `app:group/Kind:namespace/name`
    let tracked = object.annotation("argocd.argoproj.io/tracking-id");
    let tracked = tracked.split(':').next().unwrap_or_default();
    let application = match tracked {
        "" => object.label("argocd.argoproj.io/instance"),
        tracked => tracked,
    };
    if !application.is_empty() {
        owners.push(Says {
            name: safe!("Argo CD, application {application}"),
            undoes: safe!(
                "it undoes this within seconds where self-heal is on, else at its next sync"
            ),
            source: manifest.clone(),
            words: safe!(
                "Argo CD owns this (app {application}): with self-heal on it undoes this within seconds, else at its next sync; change it in Git too"
            ),
        });
    }
    for (key, what) in [
        ("kustomize.toolkit.fluxcd.io/name", "Kustomization"),
        ("helm.toolkit.fluxcd.io/name", "HelmRelease"),
    ] {
        let name = object.label(key);
        if name.is_empty() {
            continue;
        }
        owners.push(Says {
            name: safe!("Flux, {what} {name}"),
            undoes: safe!("it undoes this when it next reconciles"),
            source: if what == "HelmRelease" {
                safe!("in Git the values of HelmRelease {name} by which {called} comes to have")
            } else {
                manifest.clone()
            },
            words: safe!(
                "Flux owns this ({what} {name}): it undoes this when it next reconciles; change it in Git too"
            ),
        });
    }
    let release = object.annotation("meta.helm.sh/release-name");
    if !release.is_empty() && owners.is_empty() {
        owners.push(helm(called, back, release));
    }
    for owner in list(&object.0, "/metadata/ownerReferences") {
        if owner["controller"] == Value::Bool(true) {
            let name = safe!(
                "{} {}",
                SafeText::name(text(owner, "/kind")),
                SafeText::name(text(owner, "/name"))
            );
            owners.push(Says {
                words: safe!("{name} controls this: it may undo this within seconds"),
                undoes: safe!("it may undo this within seconds"),
                source: SafeText::EMPTY,
                name,
            });
        }
    }
    owners
}

/// The command by which Helm goes back to what runs a template.
pub(super) fn helm_back(world: &World, template: &Value) -> Option<SafeText> {
    let (release, namespace) = helm::release(&world.object.0)?;
    let (release, namespace) = (SafeText::name(release), SafeText::name(namespace));
    let to = world.deployed.iter().find(|one| one.runs(template));
    Some(match to {
        Some(to) => safe!("helm rollback {release} {} -n {namespace}", to.version),
        None => safe!(
            "helm rollback {release} REVISION -n {namespace} (helm history {release} -n {namespace} lists them)"
        ),
    })
}

fn helm(called: &str, back: Option<SafeText>, release: &str) -> Says {
    Says {
        name: safe!("Helm, release {release}"),
        undoes: safe!("its next upgrade may undo this"),
        source: safe!("the values of release {release} by which {called} comes to have"),
        words: match back {
            Some(command) => safe!(
                "Helm deployed this (release {release}): Helm's history will disagree, and its next upgrade goes forward again; {command} keeps both in step"
            ),
            None => safe!("Helm deployed this (release {release}): its next upgrade may undo this"),
        },
    }
}

/// The one that decides, with what to change there; `None` where nobody does, or what is wanted is nothing that it holds.
pub(in super::super) fn decides(owners: Vec<Says>, edits: Vec<Change>) -> Option<Owner> {
    let owner = owners.into_iter().next()?;
    (!owner.source.is_empty() && !edits.is_empty()).then_some(Owner {
        name: owner.name,
        undoes: owner.undoes,
        source: owner.source,
        edits,
    })
}

/// What is to be changed in the manifest, value by value.
pub(super) fn edits(object: &Object, goal: &Goal) -> Vec<Change> {
    let mut found = Vec::new();
    match goal {
        Goal::Replicas(wanted) => {
            let (is, will) = (Value::from(object.replicas()), Value::from(*wanted));
            differ("spec.replicas", Some(&is), Some(&will), &mut found);
        }
        Goal::Image { index, image, .. } => {
            let mut will = object.template().clone();
            if let Some(place) = will.pointer_mut(&format!("/spec/containers/{index}/image")) {
                *place = Value::from(image.as_str());
            }
            differ(
                "spec.template",
                Some(object.template()),
                Some(&will),
                &mut found,
            );
        }
        Goal::Template { template, .. } => {
            differ(
                "spec.template",
                Some(object.template()),
                Some(template),
                &mut found,
            );
        }
        Goal::Paused(wanted) => {
            let (is, will) = (Value::from(object.is_paused()), Value::from(*wanted));
            differ("spec.paused", Some(&is), Some(&will), &mut found);
        }
        Goal::Suspended(wanted) => {
            let (is, will) = (Value::from(object.is_suspended()), Value::from(*wanted));
            differ("spec.suspend", Some(&is), Some(&will), &mut found);
        }
        // When it was restarted stands nowhere but in the cluster.
        Goal::Restarted(_) => {}
    }
    found
}

/// What anybody may read; any other value may be secret.
const OPEN: [&str; 4] = ["image", "replicas", "paused", "suspend"];

/// Goes down as far as two values are alike. Paths are written as kustomize has them: `containers.[name=api].image`.
fn differ(path: &str, is: Option<&Value>, will: Option<&Value>, found: &mut Vec<Change>) {
    if is == will {
        return;
    }
    if let (Some(Value::Object(a)), Some(Value::Object(b))) = (is, will) {
        let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
        for key in keys {
            let below = if key.contains(['.', '/']) {
                format!("{path}.[{key}]")
            } else {
                format!("{path}.{key}")
            };
            differ(&below, a.get(key), b.get(key), found);
        }
        return;
    }
    if let (Some(Value::Array(a)), Some(Value::Array(b))) = (is, will)
        && let (Some(a_names), Some(b_names)) = (names(a), names(b))
    {
        let all: BTreeSet<&str> = a_names.iter().chain(&b_names).copied().collect();
        for name in all {
            let one = |all: &[Value]| all.iter().find(|one| text(one, "/name") == name).cloned();
            let below = format!("{path}.[name={name}]");
            differ(&below, one(a).as_ref(), one(b).as_ref(), found);
        }
        return;
    }
    let leaf = path.rsplit('.').next().unwrap_or_default();
    for (kind, value) in [(ChangeKind::Removed, is), (ChangeKind::Added, will)] {
        let Some(value) = value else { continue };
        let shown = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let open = OPEN.contains(&leaf);
        found.push(Change {
            kind,
            field: SafeText::name(path),
            value: if open {
                SafeText::name(&shown)
            } else {
                SafeText::from_static("…")
            },
            secret: (!open).then(|| SafeText::line(&shown)),
        });
    }
}

/// The names of a list's elements, where each has one.
fn names(list: &[Value]) -> Option<Vec<&str>> {
    let name = |one| Some(text(one, "/name")).filter(|name| !name.is_empty());
    list.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_change_is_told_by_its_path_and_only_what_is_open_by_its_value() {
        let template = |image: &str, env: Value| {
            json!({ "metadata": { "annotations": { "team/name": image } },
                "spec": { "containers": [{ "name": "log", "image": "log:v1" },
                    { "name": "api", "image": image, "env": env, "args": ["--key", image] }] } })
        };
        let is = template("api:v1", json!([{ "name": "LEVEL", "value": "info" }]));
        let will = template(
            "api:v2",
            json!([{ "name": "LEVEL", "value": "debug" }, { "name": "NEW", "value": "1" }]),
        );
        let mut found = Vec::new();
        differ("spec.template", Some(&is), Some(&will), &mut found);
        let told: Vec<_> = found
            .iter()
            .map(|c| format!("{} {}", c.field, c.value))
            .collect();
        let api = "spec.template.spec.containers.[name=api]";
        let expected = [
            "spec.template.metadata.annotations.[team/name] …".to_owned(),
            "spec.template.metadata.annotations.[team/name] …".to_owned(),
            format!("{api}.args …"),
            format!("{api}.args …"),
            format!("{api}.env.[name=LEVEL].value …"),
            format!("{api}.env.[name=LEVEL].value …"),
            format!("{api}.env.[name=NEW] …"),
            format!("{api}.image api:v1"),
            format!("{api}.image api:v2"),
        ];
        assert_eq!(told, expected);
    }
}
