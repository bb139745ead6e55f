//! Which keys are worth a hint: only those that exist, and work, where the keys go now.

use super::{
    Layer, Model, Pane, Update, alerts, checklist, keys, layer, logs,
    services::{self, RowId},
};
use crate::{
    domain::{
        action::{Action, ClusterAction},
        alert::Severity,
        command::Command,
        instance::InstanceId,
        key::KeyChord,
        rights::SHELL,
        rollout::RolloutState,
        scope::Scope,
        service::ServiceKind,
        source::SourceHealth,
    },
    text::SafeText,
};

/// Keys and what they do here, the most useful first; help and quit are not among them.
pub fn hints(model: &Model) -> Vec<(KeyChord, Command)> {
    let scope = model.scope();
    offered(model, scope)
        .iter()
        .filter(|command| works(model, **command) && fits(model, **command))
        .filter_map(|&command| Some((*model.keymap.chords(scope, command).first()?, command)))
        .collect()
}

/// Whether it is likely to be meant: of a service with several pods, a row of one; of an update, where it is.
fn fits(model: &Model, command: Command) -> bool {
    match command {
        Command::DeletePod => {
            matches!(model.services.cursor.selected, Some(RowId::Instance(..)))
                || subject_is(model, |kind| kind == ServiceKind::Pod)
        }
        Command::Promote | Command::Abort => update_is(model, RolloutState::open),
        Command::Retry => update_is(model, |state| matches!(state, RolloutState::Failed(_))),
        _ => true,
    }
}

/// Whether the last rollout of what a key would be about is so.
fn update_is(model: &Model, fits: impl Fn(&RolloutState) -> bool) -> bool {
    let Some(service) = keys::subject(model) else {
        return false;
    };
    let mut rollouts = model.snapshot().rollouts.iter();
    let last = rollouts.find(|rollout| rollout.service == service);
    last.is_some_and(|rollout| fits(&rollout.state))
}

fn offered(model: &Model, scope: Scope) -> &'static [Command] {
    use Command as C;
    match scope {
        Scope::Services => &[
            C::Back,
            C::EndRehearsal,
            C::Leftovers,
            C::Halt,
            C::Scale,
            C::Restart,
            C::RollBack,
            C::RunNow,
            C::Cordon,
            C::Uncordon,
            C::Drain,
            C::Promote,
            C::Abort,
            C::Retry,
            C::DeletePod,
            C::Backup,
            C::Logs,
            C::Open,
            C::Rollout,
            C::Filter,
            C::Mark,
            C::Zoom,
            C::Palette,
            C::Shell,
            C::Events,
            C::Pause,
            C::Unpause,
            C::Nodes,
            C::Namespaces,
        ],
        Scope::Rollouts => &[
            C::Back,
            C::EndRehearsal,
            C::Leftovers,
            C::Halt,
            C::Open,
            C::Promote,
            C::Abort,
            C::RollBack,
            C::Retry,
            C::Logs,
            C::Events,
            C::Zoom,
            C::Palette,
        ],
        Scope::Alerts => &[
            C::Back,
            C::EndRehearsal,
            C::Leftovers,
            C::Acknowledge,
            C::Open,
            C::Logs,
            C::Events,
            C::Filter,
            C::Zoom,
            C::Palette,
        ],
        Scope::Logs => &[
            C::Back,
            C::Find,
            C::FilterLines,
            C::PreviousLogs,
            C::Follow,
            C::Since,
            C::Wrap,
            C::Timestamps,
            C::RawLines,
            C::Save,
            C::Copy,
            C::Zoom,
        ],
        Scope::Details => &[
            C::Back,
            C::Halt,
            C::RollBack,
            C::Restart,
            C::Scale,
            C::RunNow,
            C::Cordon,
            C::Uncordon,
            C::Drain,
            C::Promote,
            C::Abort,
            C::Retry,
            C::Logs,
            C::Inspect,
            C::Events,
            C::Backup,
            C::Shell,
            C::Pause,
            C::Unpause,
        ],
        Scope::Checklist => &[
            C::Halt,
            C::Settle,
            C::RollBack,
            C::EndRehearsal,
            C::Back,
            C::TakeBack,
            C::Skip,
            C::Note,
            C::Waive,
            C::HandOver,
            C::EndWalk,
            C::Save,
            C::Zoom,
        ],
        Scope::Inspect => &[C::Back, C::Find, C::FindNext, C::Wrap, C::Copy, C::Save],
        Scope::Dialog | Scope::Input => match model.layers.last() {
            Some(Layer::Plan(dialog)) => match &dialog.stage {
                layer::plan::Stage::Ready(_) => &[
                    C::Confirm,
                    C::Cancel,
                    C::WholeDiff,
                    C::InGit,
                    C::Reveal,
                    C::NextChoice,
                ],
                _ => &[C::Cancel],
            },
            Some(Layer::Question(_) | Layer::Leftover(_)) => {
                &[C::Confirm, C::Cancel, C::NextChoice]
            }
            Some(Layer::Waiting(_)) => &[C::Cancel],
            _ => &[C::Confirm, C::Cancel],
        },
        Scope::Palette | Scope::Picker => &[C::Confirm, C::Cancel, C::Rehearse],
        Scope::Help => &[C::Back, C::Find],
        Scope::Global => &[C::Back, C::Palette],
        Scope::Anywhere => &[],
    }
}

/// Why a command can do nothing now; `None` when it can.
pub fn why_not(model: &Model, command: Command) -> Option<SafeText> {
    if command.mutates()
        && let Some(why) = model.capabilities.read_only_reason()
    {
        return Some(why);
    }
    if let Some(why) = action(command).and_then(|action| model.capabilities.lacks(&action)) {
        return Some(why);
    }
    if checklist::is_shown(model) && command.scopes().contains(&Scope::Checklist) {
        return checklist::why_not(model, command);
    }
    let (works, why) = match command {
        Command::Nodes => (
            // Those of a cluster may be about to be told.
            model.services.nodes
                || shows(model, ServiceKind::Node)
                || known(model, command) && model.source.health != SourceHealth::Live,
            "there are no nodes here",
        ),
        Command::RunNow => (
            subject_is(model, |kind| kind == ServiceKind::CronJob),
            "only a CronJob is run by hand",
        ),
        Command::Switch => (
            subject_is(model, |kind| kind == ServiceKind::Deployment),
            "only one of two Deployments is switched to",
        ),
        Command::Promote | Command::PromoteFull | Command::Abort | Command::Retry => (
            subject_is(model, |kind| kind == ServiceKind::Rollout),
            "this is for Argo Rollouts",
        ),
        Command::DeletePod => (
            subject_is(model, |kind| {
                !matches!(
                    kind,
                    ServiceKind::Compose | ServiceKind::Container | ServiceKind::Node
                )
            }),
            "there is no pod to delete",
        ),
        Command::Cordon | Command::Uncordon | Command::Drain => (
            subject_is(model, |kind| kind == ServiceKind::Node),
            "this is for nodes: :nodes shows them",
        ),
        Command::Scale | Command::Restart | Command::Rollout | Command::RollBack => (
            !subject_is(model, |kind| {
                matches!(
                    kind,
                    ServiceKind::Node | ServiceKind::CronJob | ServiceKind::Job
                )
            }),
            "this is for what serves all the time",
        ),
        Command::Backup => (
            !subject_is(model, |kind| kind == ServiceKind::Node),
            "this is for services: :nodes shows them again",
        ),
        Command::Pause | Command::Unpause => (
            subject_is(model, |kind| {
                matches!(
                    kind,
                    ServiceKind::Deployment | ServiceKind::Rollout | ServiceKind::CronJob
                )
            }),
            "this is for Deployments, Rollouts and CronJobs",
        ),
        Command::Shell => (model.capabilities.exec, "no shell can be opened here"),
        Command::Filter => match model.focus {
            Pane::Alerts => (!model.alerts.all().is_empty(), "there is no alert"),
            _ => (
                !model.snapshot().services.is_empty() || !layer::waiting::answered(model),
                "there is no service",
            ),
        },
        Command::Acknowledge => (
            model.shown_alerts().next().is_some(),
            "there is no alert to acknowledge",
        ),
        Command::Halt => (haltable(model), "no action of yours is under way on it"),
        Command::Namespaces | Command::AllNamespaces => (
            model.place.namespaces.is_some(),
            "there are no namespaces here",
        ),
        Command::Contexts => (
            !model.place.contexts.is_empty(),
            "there are no contexts here",
        ),
        Command::Mishaps => (
            !model.place.mishaps.is_empty(),
            "nothing can be let go wrong here",
        ),
        Command::EndRehearsal => (model.place.copy, "this is no rehearsal"),
        Command::Leftovers => (
            !model.operations.leftovers.is_empty(),
            "nothing is left unfinished here",
        ),
        _ => (true, ""),
    };
    if !works {
        return Some(SafeText::from_static(why));
    }
    if needs_service(model, command) && keys::subject(model).is_none() {
        return Some(SafeText::from_static(if checklist::is_shown(model) {
            "this step is about no service"
        } else {
            "no service is selected"
        }));
    }
    if command == Command::Shell {
        return forbidden(model, SHELL);
    }
    let action = action(command)?;
    let refused = model.capabilities.refuses(&action);
    refused.or_else(|| forbidden(model, action.word()))
}

/// The action that a command begins, of no service yet; `None` for what begins none.
pub fn action(command: Command) -> Option<Action> {
    Some(match command {
        Command::Scale => Action::Scale { replicas: 1 },
        Command::Restart => Action::Restart,
        Command::Rollout => Action::Rollout {
            image: SafeText::EMPTY,
        },
        Command::RollBack => Action::RollBack { to: None },
        Command::Backup => Action::BackUp,
        Command::Start => Action::Start,
        Command::Stop => Action::Stop,
        Command::Pause => Action::Pause,
        Command::Unpause => Action::Unpause,
        Command::RunNow => Action::Cluster(ClusterAction::RunNow),
        Command::DeletePod => Action::Cluster(ClusterAction::DeletePod {
            pod: InstanceId(SafeText::EMPTY),
        }),
        Command::Cordon => Action::Cluster(ClusterAction::Cordon),
        Command::Uncordon => Action::Cluster(ClusterAction::Uncordon),
        Command::Drain => Action::Cluster(ClusterAction::Drain),
        Command::Switch => Action::Cluster(ClusterAction::Switch),
        Command::Promote => Action::Cluster(ClusterAction::Promote { full: false }),
        Command::PromoteFull => Action::Cluster(ClusterAction::Promote { full: true }),
        Command::Abort => Action::Cluster(ClusterAction::Abort),
        Command::Retry => Action::Cluster(ClusterAction::Retry),
        _ => return None,
    })
}

/// Whether this platform knows such a thing at all: what it does not is listed nowhere.
pub fn known(model: &Model, command: Command) -> bool {
    let lacks = |action: Action| model.capabilities.lacks(&action).is_some();
    match command {
        Command::Namespaces | Command::AllNamespaces => model.place.namespaces.is_some(),
        Command::Contexts => !model.place.contexts.is_empty(),
        Command::Mishaps => !model.place.mishaps.is_empty(),
        Command::EndRehearsal => model.place.copy,
        Command::Rehearse => !model.place.simulated,
        Command::Nodes => model.place.namespaces.is_some() || shows(model, ServiceKind::Node),
        Command::Shell => model.capabilities.exec,
        // A kind that somebody added to a cluster, and to most of them nobody.
        Command::Promote | Command::PromoteFull | Command::Abort | Command::Retry => {
            shows(model, ServiceKind::Rollout)
        }
        command => !action(command).is_some_and(lacks),
    }
}

/// Whether something of that kind is there.
fn shows(model: &Model, kind: ServiceKind) -> bool {
    model.snapshot().services.iter().any(|s| s.kind == kind)
}

/// Whether what a key would be about is of such a kind.
fn subject_is(model: &Model, fits: impl Fn(ServiceKind) -> bool) -> bool {
    let subject = keys::subject(model);
    let service = subject.and_then(|id| model.snapshot().service(&id).cloned());
    service.is_some_and(|service| fits(service.kind))
}

/// Why the account may not do that to the service that a key would be about.
fn forbidden(model: &Model, word: &str) -> Option<SafeText> {
    let snapshot = model.snapshot();
    let service = snapshot.service(&keys::subject(model)?)?;
    snapshot.host.rights.refuses(service, word).cloned()
}

/// Says why nothing may be changed, where that is so: dialogs that were open when it became so ask once more.
pub fn refuse(model: &mut Model) -> Option<Update> {
    let why = model.capabilities.read_only_reason()?;
    let now = model.now;
    model.notices.say(now, Some(Severity::Warning), why);
    Some(Update::redraw())
}

/// Whether an action of this console is under way on the service that a key would be about.
fn haltable(model: &Model) -> bool {
    let identity = &model.snapshot().host.identity;
    keys::subject(model).is_some_and(|of| model.operations.under_way(identity, &of).is_some())
}

/// Whether it is about a service that must be told: the logs know of which services they are.
fn needs_service(model: &Model, command: Command) -> bool {
    let logs = model.focus == Pane::Logs && !model.layers.iter().any(Layer::shows);
    command.about_service() && !(logs && command == Command::PreviousLogs)
}

/// Whether `esc` has something to take back, in the order in which it does.
fn takes_back(model: &Model) -> bool {
    let of_pane = match model.focus {
        Pane::Services => services::takes_back(model),
        Pane::Alerts => alerts::takes_back(model),
        Pane::Logs => logs::takes_back(model),
        Pane::Rollouts => false,
    };
    !model.layers.is_empty() || of_pane || model.zoomed
}

/// Whether a command can do something now.
fn works(model: &Model, command: Command) -> bool {
    match command {
        Command::Back => takes_back(model),
        Command::Confirm => match model.layers.last() {
            Some(Layer::Lists(cursor)) => cursor.selected.is_some(),
            _ => true,
        },
        Command::Rehearse => match model.layers.last() {
            Some(Layer::Lists(cursor)) => {
                let selected = cursor.selected.as_ref();
                selected
                    .is_some_and(|choice| checklist::rehearsal::why_not(model, choice).is_none())
            }
            _ => false,
        },
        Command::NextChoice | Command::Reveal | Command::InGit => match model.layers.last() {
            Some(Layer::Plan(dialog)) => match &dialog.stage {
                layer::plan::Stage::Ready(plan) if command == Command::Reveal => {
                    plan.preview().changes.iter().any(|c| c.secret.is_some())
                }
                layer::plan::Stage::Ready(plan) if command == Command::InGit => {
                    plan.preview().owner.is_some()
                }
                _ => dialog.revisions().is_some(),
            },
            _ => true,
        },
        _ => why_not(model, command).is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Place;

    #[test]
    fn nodes_are_gone_to_before_they_are_told() {
        let mut model = Model {
            place: Place {
                namespaces: Some(Vec::new()),
                ..Place::default()
            },
            ..Model::default()
        };
        assert_eq!(why_not(&model, Command::Nodes), None);
        model.source.health = SourceHealth::Live;
        assert!(why_not(&model, Command::Nodes).is_some(), "there are none");
    }
}
