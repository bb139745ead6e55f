//! From a key to what it does: the layer on top, then the pane in focus, then what works everywhere.

use ratatui::layout::Rect;

use super::{
    Effect, Layer, Loop, Model, Pane, Update, Work, alerts, checklist, hints,
    layer::{
        self, details, diagnostics, events, help, inspect, leftover, messages, palette, picker,
        places, plan, prompt, question, waiting,
    },
    layout, logs,
    msg::{Mouse, MouseAction},
    operations, rollouts, services,
    text_field::FilterField,
};
use crate::{
    domain::{
        action::{Action, ClusterAction},
        alert::Severity,
        command::Command,
        instance::InstanceId,
        key::KeyChord,
        scope::Scope,
        service::ServiceId,
    },
    text::SafeText,
};

/// A key was pressed.
pub fn key(model: &mut Model, chord: KeyChord) -> Update {
    let seen = model.notices.seen();
    model.services.held |= !model.services.rows().is_empty();
    let mut update = pressed(model, chord);
    update.dirty |= seen;
    update
}

fn pressed(model: &mut Model, chord: KeyChord) -> Update {
    let scope = model.scope();
    let command = model.keymap.command(scope, chord);
    match command {
        Some(Command::Redraw) => return Update::effect(Loop::Repaint),
        Some(Command::Suspend) => return Update::effect(Loop::Suspend),
        // Also while something is asked or typed.
        Some(Command::Quit) if model.keymap.command(Scope::Anywhere, chord) == command => {
            return run(model, Command::Quit);
        }
        _ => {}
    }
    if !model.layers.is_empty()
        && let Some(update) = layer::key(model, chord, command)
    {
        return update;
    }
    if model.layers.is_empty() && scope == Scope::Input {
        return edit(model, chord, command);
    }
    command.map_or_else(Update::none, |command| run(model, command))
}

/// A key while the text field of a pane is edited.
fn edit(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    if model.focus == Pane::Logs {
        return logs::edit(model, chord, command);
    }
    let Some(filter) = row_filter(model) else {
        return Update::none();
    };
    match command {
        Some(Command::Confirm) => filter.keep(),
        Some(Command::Cancel) => filter.clear(),
        _ => {
            filter.field_mut().key(chord);
        }
    }
    filtered(model)
}

/// The filter over the rows of the pane in focus, where it has one.
const fn row_filter(model: &mut Model) -> Option<&mut FilterField> {
    match model.focus {
        Pane::Services => Some(&mut model.services.filter),
        Pane::Alerts => Some(&mut model.alerts.filter),
        Pane::Rollouts | Pane::Logs => None,
    }
}

/// The filter of the pane in focus has changed: its cursor stands on a row that is shown.
fn filtered(model: &mut Model) -> Update {
    match model.focus {
        Pane::Services => services::refresh(model),
        Pane::Alerts => alerts::refresh(model),
        Pane::Rollouts | Pane::Logs => Update::none(),
    }
}

/// Text was pasted: it goes into the text field, if there is one, and is never a key.
pub fn paste(model: &mut Model, text: &str) -> Update {
    if !model.layers.is_empty() {
        return layer::paste(model, text);
    }
    if model.focus == Pane::Logs {
        return logs::paste(model, text);
    }
    let Some(filter) = row_filter(model).filter(|filter| filter.editing()) else {
        return Update::none();
    };
    filter.field_mut().insert(text);
    filtered(model)
}

/// The mouse did something: a press selects, the wheel turns the pane under it.
pub fn mouse(model: &mut Model, mouse: Mouse) -> Update {
    model.services.held |= !model.services.rows().is_empty();
    let step = match mouse.action {
        MouseAction::Press => None,
        MouseAction::ScrollUp => Some(Command::Up),
        MouseAction::ScrollDown => Some(Command::Down),
    };
    let (columns, rows) = model.size;
    let regions = layout::layout(Rect::new(0, 0, columns, rows), model);
    // A layer has the wheel to itself; nothing under it can be hit by chance.
    let Some(pane) = regions
        .pane_at(mouse.column, mouse.row)
        .filter(|_| model.layers.is_empty())
    else {
        return match step {
            Some(command) if !model.layers.is_empty() => layer::turn(model, command),
            None if checklist::is_on_top(model) => checklist::press(model, mouse.column, mouse.row),
            _ => Update::none(),
        };
    };
    if let Some(command) = step {
        return match pane {
            Pane::Services => services::command(model, command),
            Pane::Rollouts => rollouts::command(model, command),
            Pane::Alerts => alerts::command(model, command),
            Pane::Logs => logs::command(model, command),
        }
        .unwrap_or_default();
    }
    model.focus = pane;
    let inner = regions.inner(pane);
    let Some(line) = mouse.row.checked_sub(inner.y).map(usize::from) else {
        return Update::redraw();
    };
    match pane {
        Pane::Services => services::press(model, inner, mouse.row),
        Pane::Rollouts => rollouts::press(model, line, inner),
        Pane::Alerts => alerts::press(model, line, inner.height),
        Pane::Logs => {}
    }
    Update::redraw()
}

/// Runs a command, from a key or from the palette.
pub fn run(model: &mut Model, command: Command) -> Update {
    // Before a pane takes it: halting is the rollouts' own.
    if command.mutates()
        && let Some(refused) = hints::refuse(model)
    {
        return refused;
    }
    if command.about_service() && waiting::due(model, command) {
        return waiting::open(model, command);
    }
    if model.layers.is_empty() {
        let own = match model.focus {
            Pane::Services => services::command(model, command),
            Pane::Rollouts => rollouts::command(model, command),
            Pane::Alerts => alerts::command(model, command),
            Pane::Logs => logs::command(model, command),
        };
        if let Some(update) = own {
            return update;
        }
    }
    if checklist::is_on_top(model)
        && let Some(update) = checklist::command(model, command)
    {
        return update;
    }
    // The second of two Enters: the first one has begun an action, and this one means nothing.
    if command == Command::Open && model.operations.just_begun(model.now) {
        return Update::none();
    }
    if let Some(why) = hints::why_not(model, command) {
        return say(model, why);
    }
    match command {
        Command::Quit if model.operations.running().next().is_some() => {
            question::ask(model, question::Asked::Leave)
        }
        Command::Quit => Update::effect(Loop::Quit),
        Command::Help => help::open(model),
        Command::Palette => palette::open(model),
        Command::Diagnostics => diagnostics::open(model),
        Command::Messages => messages::open(model),
        Command::Leftovers => leftover::asked(model),
        Command::Checklist => checklist::offer::open(model),
        Command::EndRehearsal => checklist::rehearsal::end(model),
        Command::Environments => picker::environments(model),
        Command::Namespaces => places::namespaces(model),
        Command::AllNamespaces => places::all_namespaces(model),
        Command::Contexts => places::contexts_of_kubeconfig(model),
        Command::Nodes => {
            services::toggle_nodes(model);
            focus(model, Pane::Services)
        }
        Command::Sort => picker::sort(model),
        Command::Mishaps => picker::mishaps(model),
        Command::FocusServices => focus(model, Pane::Services),
        Command::FocusRollouts => focus(model, Pane::Rollouts),
        Command::FocusAlerts => focus(model, Pane::Alerts),
        Command::FocusLogs => focus(model, Pane::Logs),
        Command::NextPane => turn(model, 1),
        Command::PreviousPane => turn(model, Pane::ALL.len() - 1),
        Command::Zoom => {
            model.zoomed = !model.zoomed;
            Update::redraw()
        }
        Command::Back if model.zoomed => {
            model.zoomed = false;
            Update::redraw()
        }
        Command::ToggleUtc => {
            model.utc = !model.utc;
            Update::redraw()
        }
        Command::ToggleMouse => {
            model.mouse = !model.mouse;
            Update::effect(Loop::CaptureMouse(model.mouse))
        }
        Command::Reload => Update {
            effects: vec![Effect::Loop(Loop::Reload), Effect::Work(Work::Refresh)],
            dirty: true,
        },
        _ => about(model, command),
    }
}

fn focus(model: &mut Model, pane: Pane) -> Update {
    model.layers.retain(|layer| !layer.fills());
    model.focus = pane;
    Update::redraw()
}

fn turn(model: &mut Model, by: usize) -> Update {
    let at = Pane::ALL
        .iter()
        .position(|p| *p == model.focus)
        .unwrap_or(0);
    focus(model, Pane::ALL[(at + by) % Pane::ALL.len()])
}

fn say(model: &mut Model, text: SafeText) -> Update {
    let now = model.now;
    model.notices.say(now, Some(Severity::Warning), text);
    Update::redraw()
}

/// The service that a command is about: the layer's, or the one under the cursor of the pane in focus.
pub fn subject(model: &Model) -> Option<ServiceId> {
    // What is asked over a view is about what that view shows.
    let shown = model.layers.iter().rev().find(|layer| layer.shows());
    match shown {
        Some(Layer::Walk) => return model.step_service(),
        Some(layer) => return layer.subject(),
        None => {}
    }
    match model.focus {
        Pane::Services => services::subjects(model).into_iter().next(),
        Pane::Rollouts => rollouts::subject(model),
        Pane::Alerts => alerts::subject(model),
        Pane::Logs => logs::subject(model),
    }
}

/// The instance that a command is about: the one under the cursor, or the service's first.
fn instance(model: &Model, service: &ServiceId) -> Option<InstanceId> {
    if model.layers.is_empty()
        && let Some(services::RowId::Instance(_, id)) = &model.services.cursor.selected
        && model.focus == Pane::Services
    {
        return Some(id.clone());
    }
    Some(
        model
            .snapshot()
            .service(service)?
            .instances
            .first()?
            .id
            .clone(),
    )
}

/// A command about a service.
fn about(model: &mut Model, command: Command) -> Update {
    if command == Command::Events && subject(model).is_none() {
        return events::open(model, None);
    }
    if command == Command::Acknowledge {
        return acknowledge(model);
    }
    let Some(service) = subject(model) else {
        return Update::none();
    };
    match command {
        Command::Open | Command::Details => details::open(model, service),
        Command::Events => events::open(model, Some(service)),
        Command::Logs => {
            model.layers.clear();
            model.focus = Pane::Logs;
            logs::follow(model, vec![service])
        }
        Command::PreviousLogs => {
            model.layers.clear();
            model.focus = Pane::Logs;
            logs::previous(model, vec![service])
        }
        Command::Inspect => match instance(model, &service) {
            Some(id) => inspect::open(model, service, id),
            None => say(
                model,
                SafeText::from_static("there is no replica to inspect"),
            ),
        },
        Command::Shell => match instance(model, &service) {
            Some(id) => Update::effect(Loop::Shell(id)),
            None => say(
                model,
                SafeText::from_static("there is no replica to open a shell in"),
            ),
        },
        Command::Scale => {
            let services = all(model, service);
            let now = services.first().and_then(|id| model.snapshot().service(id));
            let now = now.map_or(0, |s| s.wanted()).to_string();
            prompt::ask(model, prompt::Asked::Scale(services), &now)
        }
        Command::Rollout => {
            let services = all(model, service);
            prompt::ask(model, prompt::Asked::Rollout(services, None), "")
        }
        Command::RollBack => operations::give_up(model, &service)
            .unwrap_or_else(|| act(model, Action::RollBack { to: None }, service)),
        Command::DeletePod => match instance(model, &service) {
            Some(pod) => {
                let delete = Action::Cluster(ClusterAction::DeletePod { pod });
                plan::act(model, delete, vec![service])
            }
            None => say(model, SafeText::from_static("there is no pod to delete")),
        },
        Command::Halt => {
            let identity = &model.snapshot().host.identity;
            let plan = model.operations.under_way(identity, &service);
            let plan = plan.map(|o| o.plan.id());
            match plan {
                Some(plan) => operations::halt(model, plan),
                None => say(model, SafeText::from_static("no action is under way on it")),
            }
        }
        command => match hints::action(command) {
            Some(action) => act(model, action, service),
            None => Update::none(),
        },
    }
}

/// The services of an action: the marked ones where rows can be marked, else the one it was asked for.
fn all(model: &Model, service: ServiceId) -> Vec<ServiceId> {
    let on_rows = model.layers.is_empty() && model.focus == Pane::Services;
    if on_rows && !model.services.marked.is_empty() {
        services::subjects(model)
    } else {
        vec![service]
    }
}

fn act(model: &mut Model, action: Action, service: ServiceId) -> Update {
    let services = all(model, service);
    plan::act(model, action, services)
}

fn acknowledge(model: &mut Model) -> Update {
    let selected = if model.layers.is_empty() && model.focus == Pane::Alerts {
        alerts::selected(model).map(|alert| alert.fingerprint.clone())
    } else {
        let service = subject(model);
        let of_service = model
            .grouped_alerts()
            .into_iter()
            .find(|(_, a)| a.service == service && service.is_some());
        of_service.map(|(_, a)| a.fingerprint.clone())
    };
    match selected {
        Some(fingerprint) => prompt::acknowledge(model, fingerprint),
        None => say(
            model,
            SafeText::from_static("there is no alert to acknowledge"),
        ),
    }
}

#[cfg(test)]
mod tests;
