//! Which keys are worth a hint: only those that exist, and work, where the keys go now.

use super::{Layer, Model, Pane, keys, layer};
use crate::domain::{action::Action, command::Command, key::KeyChord, scope::Scope};

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
        Scope::Inspect => &[C::Back, C::Find, C::Wrap, C::Copy, C::Save, C::Reveal],
        Scope::Dialog | Scope::Input => match model.layers.last() {
            Some(Layer::Plan(dialog)) => match &dialog.stage {
                layer::plan::Stage::Ready(_) => &[
                    C::Confirm,
                    C::WholeDiff,
                    C::Reveal,
                    C::NextChoice,
                    C::Cancel,
                ],
                _ => &[C::Cancel],
            },
            Some(Layer::Question(_) | Layer::Leftover(_)) => {
                &[C::Confirm, C::NextChoice, C::Cancel]
            }
            _ => &[C::Confirm, C::Cancel],
        },
        Scope::Palette | Scope::Picker => &[C::Confirm, C::Cancel],
        Scope::Help => &[C::Back],
        Scope::Anywhere | Scope::Global => &[],
    }
}

/// Whether a command can do something now.
fn works(model: &Model, command: Command) -> bool {
    let can = &model.capabilities;
    if command.mutates() && can.read_only {
        return false;
    }
    if about_a_service(command) && keys::subject(model).is_none() {
        return false;
    }
    let refused = |action: &Action| can.refuses(action).is_some();
    match command {
        Command::Scale => !refused(&Action::Scale { replicas: 1 }),
        Command::Restart => !refused(&Action::Restart),
        Command::RollBack => !refused(&Action::RollBack { to: None }),
        Command::Backup => !refused(&Action::BackUp),
        Command::Shell => can.exec,
        Command::Filter => match model.focus {
            Pane::Alerts => !model.alerts.all().is_empty(),
            _ => !model.snapshot().services.is_empty(),
        },
        Command::Back => {
            !model.layers.is_empty()
                || model.zoomed
                || !model.services.filter.text().is_empty() && model.focus == Pane::Services
                || !model.alerts.filter.text().is_empty() && model.focus == Pane::Alerts
        }
        Command::Acknowledge => !model.grouped_alerts().is_empty(),
        Command::Halt => model.operations.running().next().is_some(),
        _ => true,
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
            | Command::Shell
            | Command::Open
            | Command::Mark
            | Command::Logs
    )
}
