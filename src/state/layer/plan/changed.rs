//! What has changed under an open dialog: what was frozen is no longer what is there.

use super::{super::super::Model, PlanDialog, Stage};
use crate::{
    domain::{
        action::{Action, ClusterAction},
        service::{Service, ServiceKind},
    },
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
    if !frozen.uid.is_empty() && now.uid != frozen.uid {
        return Some(SafeText::format(format_args!(
            "{} was deleted and made again",
            frozen.service
        )));
    }
    let mut changes = Vec::new();
    for seen in frozen.seen.iter().filter(|seen| matters(dialog, row, seen)) {
        match now.seen.iter().find(|i| i.id == seen.id) {
            None => changes.push(format!("{} is gone", seen.name)),
            Some(is) if restarted(seen, is) && !restarts_by_itself(row, is) => {
                changes.push(format!("{} was started again", seen.name));
            }
            Some(_) => {}
        }
    }
    let new = now
        .seen
        .iter()
        .filter(|i| matters(dialog, row, i) && !frozen.seen.iter().any(|seen| seen.id == i.id));
    changes.extend(new.map(|i| format!("{} is new", i.name)));
    // Of a node, and of what runs now and then, nobody wants a number.
    let counts = !matches!(
        row.kind,
        ServiceKind::Node | ServiceKind::CronJob | ServiceKind::Job | ServiceKind::Pod
    );
    if counts && changes.is_empty() && now.replicas != frozen.replicas {
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

/// Whether the action is about that very copy. A cluster's controllers make and end pods all the time, above all while
/// something is being rolled out, and what must be as it was stands in the write itself.
fn matters(dialog: &PlanDialog, row: &Service, copy: &SeenInstance) -> bool {
    match &dialog.action {
        Action::Cluster(ClusterAction::DeletePod { pod }) => *pod == copy.id,
        Action::Cluster(ClusterAction::Drain) => true,
        Action::BackUp => row.kind != ServiceKind::CronJob,
        _ => matches!(row.kind, ServiceKind::Compose | ServiceKind::Container),
    }
}

fn restarted(seen: &SeenInstance, is: &SeenInstance) -> bool {
    seen.started.is_some() && is.started.is_some() && seen.started != is.started
}

/// A crash loop starts again and again; that is what one acts upon, not a change of it.
fn restarts_by_itself(row: &Service, is: &SeenInstance) -> bool {
    row.instances
        .iter()
        .any(|i| i.id == is.id && i.restarts > 0)
}
