//! What has changed under an open dialog: what was frozen is no longer what is there.

use super::{super::super::Model, PlanDialog, Stage};
use crate::{
    plan::{SeenInstance, Target},
    text::SafeText,
};

/// At most so many changes are named.
const NAMED: usize = 3;

/// What differs between what the dialog froze and what the platform shows now; `None` where nothing does.
pub fn changed(model: &Model, dialog: &PlanDialog) -> Option<SafeText> {
    if !matches!(dialog.stage, Stage::Ready(_)) {
        return None;
    }
    let frozen = &dialog.target;
    let Some(row) = model.snapshot().service(&frozen.service) else {
        return Some(SafeText::format(format_args!("{} is gone", frozen.service)));
    };
    let now = Target::freeze(
        frozen.environment.clone(),
        frozen.kind,
        frozen.identity.clone(),
        row,
    );
    let mut changes = Vec::new();
    for seen in &frozen.seen {
        match now.seen.iter().find(|i| i.id == seen.id) {
            None => changes.push(format!("{} is gone", seen.name)),
            Some(is) if restarted(seen, is) && !restarts_by_itself(row, is) => {
                changes.push(format!("{} was started again", seen.name));
            }
            Some(_) => {}
        }
    }
    let known = |i: &&SeenInstance| !frozen.seen.iter().any(|seen| seen.id == i.id);
    let new = now.seen.iter().filter(known);
    changes.extend(new.map(|i| format!("{} is new", i.name)));
    if changes.is_empty() && now.replicas != frozen.replicas {
        changes.push(format!(
            "{} replicas are wanted, not {}",
            now.replicas, frozen.replicas
        ));
    }
    let more = changes.len().saturating_sub(NAMED);
    changes.truncate(NAMED);
    if more > 0 {
        changes.push(format!("{more} more"));
    }
    (!changes.is_empty()).then(|| SafeText::line(changes.join(", ")))
}

fn restarted(seen: &SeenInstance, is: &SeenInstance) -> bool {
    seen.started.is_some() && is.started.is_some() && seen.started != is.started
}

/// A crash loop starts again and again; that is what one acts upon, not a change of it.
fn restarts_by_itself(row: &crate::domain::service::Service, is: &SeenInstance) -> bool {
    row.instances
        .iter()
        .any(|i| i.id == is.id && i.restarts > 0)
}
