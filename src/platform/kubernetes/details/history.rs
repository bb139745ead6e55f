//! What a workload ran, and how each differs from the one before.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use super::Fact;
use crate::{
    clock,
    domain::{image::version, revision::Revision, service::Service},
    plan::{Change, ChangeKind},
    platform::kubernetes::actions::{Kept, changes as differences},
    safe,
    text::SafeText,
};

/// So many of the newest differences are told.
const TOLD: usize = 10;

/// Everything that the cluster keeps, the newest first. How well it ran is the journal's to tell.
pub(super) fn revisions(kept: &[Kept], service: &Service) -> Vec<Revision> {
    kept.iter()
        .map(|one| {
            let image = image(one);
            let made = one.made.unwrap_or(Timestamp::UNIX_EPOCH);
            let runs = service.instances.iter().any(|i| i.revision == one.name);
            Revision {
                id: one.name.clone(),
                version: version(&image),
                image,
                first_seen: made,
                last_seen: if runs { clock::now() } else { made },
                healthy: Duration::ZERO,
                known_good: None,
                current: one.current,
                available: true,
            }
        })
        .collect()
}

fn image(kept: &Kept) -> SafeText {
    let image = kept.template.pointer("/spec/containers/0/image");
    SafeText::name(image.and_then(|i| i.as_str()).unwrap_or_default())
}

/// How each revision differs from the one before it, the newest first.
pub(super) fn changes(kept: &[Kept]) -> Vec<Fact> {
    kept.windows(2)
        .take(TOLD)
        .map(|pair| {
            let (newer, older) = (&pair[0], &pair[1]);
            let mut parts = words(&differences(&older.template, &newer.template));
            if !newer.cause.is_empty() {
                parts.push(safe!("“{}”", newer.cause));
            }
            let value = if parts.is_empty() {
                SafeText::from_static("the same template")
            } else {
                SafeText::line(
                    parts
                        .iter()
                        .map(SafeText::as_str)
                        .collect::<Vec<_>>()
                        .join("; "),
                )
            };
            Fact {
                name: safe!("{} → {}", older.number, newer.number),
                value,
            }
        })
        .collect()
}

/// Differences in words: values only of what is open to be read.
fn words(changes: &[Change]) -> Vec<SafeText> {
    let mut fields: BTreeMap<(&SafeText, Option<&SafeText>), [Option<&Change>; 2]> =
        BTreeMap::new();
    for change in changes {
        // What may be secret is told apart by its name, what is open by its field alone.
        let name = change.secret.as_ref().map(|_| &change.value);
        let sides = fields.entry((&change.field, name)).or_default();
        sides[usize::from(change.kind == ChangeKind::Added)] = Some(change);
    }
    let said = fields.into_iter().map(|((field, name), [before, after])| {
        let what = match name.filter(|name| &***name != "…") {
            Some(name) => safe!("{field} {name}"),
            None => field.clone(),
        };
        match (before, after, name) {
            (Some(before), Some(after), None) => safe!("{what} {} → {}", before.value, after.value),
            (Some(_), Some(_), Some(_)) => safe!("{what} changed"),
            (None, _, _) => safe!("{what} added"),
            (_, None, _) => safe!("{what} removed"),
        }
    });
    said.collect()
}
