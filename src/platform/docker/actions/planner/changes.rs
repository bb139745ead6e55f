//! What a new image changes: of variables the names, values only on request.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{
    container::Container,
    spec::{Image, Purpose, is_empty, spec},
    world::ImageInfo,
};
use crate::{
    domain::image::version,
    plan::{Change, ChangeKind},
    safe,
    text::SafeText,
};

/// The lines of the diff.
pub(super) fn changes(
    old: &Container,
    old_image: &ImageInfo,
    reference: &str,
    new_image: &ImageInfo,
    image: Image<'_>,
) -> Vec<Change> {
    let mut lines = Vec::new();
    let named = |reference: &str, info: &ImageInfo| safe!("{reference} ({})", version(&info.id));
    line(
        &mut lines,
        ChangeKind::Removed,
        "image",
        named(old.image(), old_image),
        None,
    );
    line(
        &mut lines,
        ChangeKind::Added,
        "image",
        named(reference, new_image),
        None,
    );

    let before = old.0["Config"].clone();
    let purpose = Purpose::Replace {
        number: old.compose_number(),
    };
    let after = spec(old, purpose, image).create;
    for field in ["Entrypoint", "Cmd", "WorkingDir", "User", "Healthcheck"] {
        let is = &before[field];
        let will = if is_empty(&after[field]) {
            &new_image.config[field]
        } else {
            &after[field]
        };
        if is != will && !(is_empty(is) && is_empty(will)) {
            let name = word(field);
            for (kind, value) in [(ChangeKind::Removed, is), (ChangeKind::Added, will)] {
                if !is_empty(value) {
                    // Arguments can hold secrets too.
                    line(
                        &mut lines,
                        kind,
                        name,
                        SafeText::from_static("…"),
                        Some(safe!("{value}")),
                    );
                }
            }
        }
    }
    let mut will = variables(&new_image.config["Env"]);
    will.extend(variables(&after["Env"]));
    diff(&mut lines, "env", &variables(&before["Env"]), &will);
    lines
}

/// Names and values of variables.
fn variables(env: &Value) -> BTreeMap<String, String> {
    env.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn diff(
    lines: &mut Vec<Change>,
    field: &'static str,
    is: &BTreeMap<String, String>,
    will: &BTreeMap<String, String>,
) {
    for (name, value) in is {
        if will.get(name) != Some(value) {
            line(
                lines,
                ChangeKind::Removed,
                field,
                SafeText::name(name),
                Some(SafeText::line(value)),
            );
        }
    }
    for (name, value) in will {
        if is.get(name) != Some(value) {
            line(
                lines,
                ChangeKind::Added,
                field,
                SafeText::name(name),
                Some(SafeText::line(value)),
            );
        }
    }
}

fn line(
    lines: &mut Vec<Change>,
    kind: ChangeKind,
    field: &'static str,
    value: SafeText,
    secret: Option<SafeText>,
) {
    lines.push(Change {
        kind,
        field: SafeText::from_static(field),
        value,
        secret,
    });
}

/// An operator's word for a field of the API.
fn word(field: &str) -> &'static str {
    match field {
        "Entrypoint" => "entrypoint",
        "Cmd" => "command",
        "WorkingDir" => "directory",
        "User" => "user",
        _ => "health check",
    }
}
