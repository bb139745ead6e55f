//! Which keys are worth a hint: only those that exist, and work, where the keys go now.

use super::{Layer, Model, Pane, keys, layer};
use crate::{
    domain::{action::Action, command::Command, key::KeyChord, scope::Scope},
    text::SafeText,
};

/// Keys and what they do here, the most useful first; help and quit are not among them.
pub fn hints(model: &Model) -> Vec<(KeyChord, Command)> {
    let scope = model.scope();
    offered(model, scope)
        .iter()
        .filter(|command| works(model, **command))
        .filter_map(|&command| Some((*model.keymap.chords(scope, command).first()?, command)))
        .collect()
}

fn offered(model: &Model, scope: Scope) -> &'static [Command] {
    use Command as C;
    match scope {
        Scope::Services => &[
            C::Back,
            C::Leftovers,
            C::Scale,
            C::Restart,
            C::RollBack,
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
        ],
        Scope::Rollouts => &[
            C::Back,
            C::Open,
            C::Halt,
            C::RollBack,
            C::Logs,
            C::Events,
            C::Zoom,
            C::Palette,
        ],
        Scope::Alerts => &[
            C::Back,
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
            C::RollBack,
            C::Restart,
            C::Scale,
            C::Logs,
            C::Inspect,
            C::Events,
            C::Backup,
            C::Shell,
        ],
        Scope::Inspect => &[C::Back, C::Find, C::FindNext, C::Wrap, C::Copy, C::Save],
        Scope::Dialog | Scope::Input => match model.layers.last() {
            Some(Layer::Plan(dialog)) => match &dialog.stage {
                layer::plan::Stage::Ready(_) => &[
                    C::Confirm,
                    C::Cancel,
                    C::WholeDiff,
                    C::Reveal,
                    C::NextChoice,
                ],
                _ => &[C::Cancel],
            },
            Some(Layer::Question(_) | Layer::Leftover(_)) => {
                &[C::Confirm, C::Cancel, C::NextChoice]
            }
            _ => &[C::Confirm, C::Cancel],
        },
        Scope::Palette | Scope::Picker => &[C::Confirm, C::Cancel],
        Scope::Help => &[C::Back, C::Find],
        Scope::Global => &[C::Back, C::Palette],
        Scope::Anywhere => &[],
    }
}

/// Why a command can do nothing now; `None` when it can.
pub fn why_not(model: &Model, command: Command) -> Option<SafeText> {
    let can = &model.capabilities;
    if command.mutates() && can.read_only {
        return can.refuses(&Action::Restart);
    }
    if about_a_service(command) && keys::subject(model).is_none() {
        return Some(SafeText::from_static("no service is selected"));
    }
    let action = match command {
        Command::Scale => Action::Scale { replicas: 1 },
        Command::Restart => Action::Restart,
        Command::Rollout => Action::Rollout {
            image: SafeText::EMPTY,
        },
        Command::RollBack => Action::RollBack { to: None },
        Command::Backup => Action::BackUp,
        Command::Start => Action::Start,
        Command::Stop => Action::Stop,
        _ => {
            let (works, why) = match command {
                Command::Shell => (can.exec, "no shell can be opened here"),
                Command::Filter => match model.focus {
                    Pane::Alerts => (!model.alerts.all().is_empty(), "there is no alert"),
                    _ => (!model.snapshot().services.is_empty(), "there is no service"),
                },
                Command::Acknowledge => (
                    !model.grouped_alerts().is_empty(),
                    "there is no alert to acknowledge",
                ),
                Command::Halt => (
                    model.operations.running().next().is_some(),
                    "no action is under way",
                ),
                Command::Leftovers => (
                    !model.operations.leftovers.is_empty(),
                    "no earlier console left anything unfinished",
                ),
                _ => (true, ""),
            };
            return (!works).then(|| SafeText::from_static(why));
        }
    };
    can.refuses(&action)
}

/// Whether a command can do something now.
fn works(model: &Model, command: Command) -> bool {
    match command {
        Command::Back => {
            !model.layers.is_empty()
                || model.zoomed
                || !model.services.filter.text().is_empty() && model.focus == Pane::Services
                || !model.alerts.filter.text().is_empty() && model.focus == Pane::Alerts
        }
        Command::NextChoice | Command::Reveal => match model.layers.last() {
            Some(Layer::Plan(dialog)) => match &dialog.stage {
                layer::plan::Stage::Ready(plan) if command == Command::Reveal => {
                    plan.preview().changes.iter().any(|c| c.secret.is_some())
                }
                _ => dialog.revisions().is_some(),
            },
            _ => true,
        },
        _ => why_not(model, command).is_none(),
    }
}

const fn about_a_service(command: Command) -> bool {
    matches!(
        command,
        Command::Scale
            | Command::Restart
            | Command::Rollout
            | Command::RollBack
            | Command::Backup
            | Command::Start
            | Command::Stop
            | Command::Shell
            | Command::Open
            | Command::Mark
            | Command::Details
            | Command::Inspect
            | Command::Logs
    )
}
