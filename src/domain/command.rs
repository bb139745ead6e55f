//! Everything that a key, the palette or a click can mean.

use strum::{Display, EnumIter, EnumMessage, EnumString, IntoStaticStr, VariantNames};

use super::scope::Scope;

/// One meaning. Its documentation is its line in the help, its `message` its word in the hint bar.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Display,
    EnumIter,
    EnumMessage,
    EnumString,
    IntoStaticStr,
    VariantNames,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Command {
    /// Leave; asks first while an action runs.
    #[strum(message = "quit")]
    Quit,
    /// Draw the whole screen anew.
    #[strum(message = "redraw")]
    Redraw,
    /// Put the console into the background of the shell.
    #[strum(message = "suspend")]
    Suspend,

    /// Show every key that works here.
    #[strum(message = "help")]
    Help,
    /// Find and run any command by its name.
    #[strum(message = "command")]
    Palette,
    /// Keep the rows that match; ! keeps the others.
    #[strum(message = "filter")]
    Filter,
    /// Go in: to the service of the row, and its logs.
    #[strum(message = "open")]
    Open,
    /// Go back, close, or clear the filter.
    #[strum(message = "back")]
    Back,
    /// Up one row.
    #[strum(message = "up")]
    Up,
    /// Down one row.
    #[strum(message = "down")]
    Down,
    /// To the first row.
    #[strum(message = "top")]
    Top,
    /// To the last row.
    #[strum(message = "bottom")]
    Bottom,
    /// Up one page.
    #[strum(message = "page up")]
    PageUp,
    /// Down one page.
    #[strum(message = "page down")]
    PageDown,
    /// Left: columns, long lines, the value before.
    #[strum(message = "left")]
    Left,
    /// Right: columns, long lines, the value after.
    #[strum(message = "right")]
    Right,
    /// To the next pane.
    #[strum(message = "next pane")]
    NextPane,
    /// To the previous pane.
    #[strum(message = "previous pane")]
    PreviousPane,
    /// To the services.
    #[strum(message = "services")]
    FocusServices,
    /// To the rollouts.
    #[strum(message = "rollouts")]
    FocusRollouts,
    /// To the alerts.
    #[strum(message = "alerts")]
    FocusAlerts,
    /// To the logs as they are.
    #[strum(message = "logs")]
    FocusLogs,
    /// Give the pane the whole screen, or take it back.
    #[strum(message = "zoom")]
    Zoom,
    /// Choose another environment.
    #[strum(message = "environments")]
    Environments,
    /// Choose which namespace of the cluster is shown.
    #[strum(message = "namespaces")]
    Namespaces,
    /// Show all namespaces of the cluster.
    #[strum(message = "all namespaces")]
    AllNamespaces,
    /// Go to the cluster of another context.
    #[strum(message = "contexts")]
    Contexts,
    /// Show the cluster's nodes, or its services again.
    #[strum(message = "nodes")]
    Nodes,
    /// Switch between local time and UTC.
    #[strum(message = "utc")]
    ToggleUtc,
    /// Give the mouse to the terminal, or take it back.
    #[strum(message = "mouse")]
    ToggleMouse,
    /// Read the settings and the platform anew.
    #[strum(message = "reload")]
    Reload,
    /// Let something go wrong in a demo, or heal it.
    #[strum(message = "let go wrong")]
    Mishaps,
    /// Show the console's own log, tasks and figures.
    #[strum(message = "diagnostics")]
    Diagnostics,
    /// Show all that was told here, whole.
    #[strum(message = "messages")]
    Messages,

    /// Walk a checklist, step by step.
    #[strum(message = "checklist")]
    Checklist,
    /// Do, attest or answer the step; the one key.
    #[strum(message = "do")]
    Settle,
    /// Write a note on the step.
    #[strum(message = "note")]
    Note,
    /// Take back that it was attested, with a reason.
    #[strum(message = "take back")]
    TakeBack,
    /// Leave the step out, with a reason.
    #[strum(message = "skip")]
    Skip,
    /// Leave it out; a second person answers for it.
    #[strum(message = "waive")]
    Waive,
    /// Offer control to somebody, or take it.
    #[strum(message = "hand over")]
    HandOver,
    /// Rehearse the list, on a copy of what runs here.
    #[strum(message = "rehearse")]
    Rehearse,
    /// End the rehearsal, and go back to the real one.
    #[strum(message = "end rehearsal")]
    EndRehearsal,
    /// End the walk; before its end with a reason.
    #[strum(message = "end")]
    EndWalk,

    /// Take up what an earlier console left unfinished.
    #[strum(message = "unfinished")]
    Leftovers,

    /// Mark the row: the next action takes all marked.
    #[strum(message = "mark")]
    Mark,
    /// Choose the order of the rows.
    #[strum(message = "sort")]
    Sort,
    /// Show all about the service, and why it is unwell.
    #[strum(message = "details")]
    Details,
    /// Show the raw object as the platform has it.
    #[strum(message = "inspect")]
    Inspect,
    /// Show what happened to it.
    #[strum(message = "events")]
    Events,
    /// Follow its logs.
    #[strum(message = "logs")]
    Logs,
    /// Show the logs of the run before this one.
    #[strum(message = "previous")]
    PreviousLogs,
    /// Change the number of replicas.
    #[strum(message = "scale")]
    Scale,
    /// Restart, one replica after another.
    #[strum(message = "restart")]
    Restart,
    /// Roll out another image or tag.
    #[strum(message = "rollout")]
    Rollout,
    /// Go back to an image that ran here.
    #[strum(message = "roll back")]
    RollBack,
    /// Back up what the service holds, and verify it.
    #[strum(message = "backup")]
    Backup,
    /// Start what is stopped.
    #[strum(message = "start")]
    Start,
    /// Stop what runs.
    #[strum(message = "stop")]
    Stop,
    /// Let a rollout, or a CronJob's Jobs, wait.
    #[strum(message = "pause")]
    Pause,
    /// Let what is paused go on.
    #[strum(message = "unpause")]
    Unpause,
    /// Run the CronJob now, follow its Job to its end.
    #[strum(message = "run now")]
    RunNow,
    /// Delete a pod: the selected one, or the first.
    #[strum(message = "delete pod")]
    DeletePod,
    /// Let no new pods onto the node.
    #[strum(message = "cordon")]
    Cordon,
    /// Let pods onto the node again.
    #[strum(message = "uncordon")]
    Uncordon,
    /// Make all pods leave the node, as budgets allow.
    #[strum(message = "drain")]
    Drain,
    /// Send the traffic here, off the other colour.
    #[strum(message = "switch")]
    Switch,
    /// Let an Argo Rollout go on from where it waits.
    #[strum(message = "promote")]
    Promote,
    /// Promote it to its end: no pause, no analysis.
    #[strum(message = "promote fully")]
    PromoteFull,
    /// Give an Argo Rollout's update up, as it was.
    #[strum(message = "abort")]
    Abort,
    /// Begin an update that was given up again.
    #[strum(message = "retry")]
    Retry,
    /// Open a shell in a replica.
    #[strum(message = "shell")]
    Shell,
    /// Acknowledge the alert, or take that back.
    #[strum(message = "acknowledge")]
    Acknowledge,
    /// Begin no further step of the action under way.
    #[strum(message = "halt")]
    Halt,

    /// Search the text.
    #[strum(message = "find")]
    Find,
    /// To the next match.
    #[strum(message = "next")]
    FindNext,
    /// To the previous match.
    #[strum(message = "previous match")]
    FindPrevious,
    /// Keep lines by text, regex or field: status>=500.
    #[strum(message = "filter")]
    FilterLines,
    /// Show every level.
    #[strum(message = "trace")]
    LevelTrace,
    /// Show debug and above.
    #[strum(message = "debug")]
    LevelDebug,
    /// Show info and above.
    #[strum(message = "info")]
    LevelInfo,
    /// Show warnings and above.
    #[strum(message = "warn")]
    LevelWarn,
    /// Show errors alone.
    #[strum(message = "error")]
    LevelError,
    /// Choose how far back the logs go.
    #[strum(message = "since")]
    Since,
    /// Follow: back to the newest line, and stay there.
    #[strum(message = "follow")]
    Follow,
    /// Wrap long lines.
    #[strum(message = "wrap")]
    Wrap,
    /// Show or hide the times.
    #[strum(message = "times")]
    Timestamps,
    /// Show lines as written, or message and fields.
    #[strum(message = "raw")]
    RawLines,
    /// Fold repeated lines into one.
    #[strum(message = "fold")]
    Fold,
    /// Begin with an empty view; nothing is lost.
    #[strum(message = "clear")]
    ClearView,
    /// Save what is shown to a file.
    #[strum(message = "save")]
    Save,
    /// Copy what is shown to the clipboard.
    #[strum(message = "copy")]
    Copy,

    /// Do it.
    #[strum(message = "confirm")]
    Confirm,
    /// Leave everything as it is.
    #[strum(message = "cancel")]
    Cancel,
    /// To the next choice.
    #[strum(message = "choose")]
    NextChoice,
    /// To the previous choice.
    #[strum(message = "choose back")]
    PreviousChoice,
    /// Show one hidden value; it is not recorded.
    #[strum(message = "reveal")]
    Reveal,
    /// Show everything that changes.
    #[strum(message = "whole diff")]
    WholeDiff,
    /// Show what to change in Git, so that it lasts.
    #[strum(message = "in git")]
    InGit,
}

impl Command {
    /// The name in a keymap and in the palette: `roll-back`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The word in the hint bar: `roll back`.
    pub fn label(self) -> &'static str {
        self.get_message().unwrap_or_default()
    }

    /// What fingers that know other consoles type for it.
    pub const fn short(self) -> Option<&'static str> {
        match self {
            Self::Namespaces => Some("ns"),
            Self::Contexts => Some("ctx"),
            _ => None,
        }
    }

    /// The line in the help, a sentence.
    pub fn help(self) -> &'static str {
        self.get_documentation().unwrap_or_default()
    }

    /// Whether it begins something that changes a platform, an alert or a file of the platform's.
    ///
    /// Read-only keeps these out of the screen; the platforms refuse them again where requests leave.
    pub const fn mutates(self) -> bool {
        self.acts() || matches!(self, Self::Acknowledge)
    }

    /// Whether it is about one service, and can do nothing without one.
    pub const fn about_service(self) -> bool {
        self.acts()
            || matches!(
                self,
                Self::Open
                    | Self::Mark
                    | Self::Details
                    | Self::Inspect
                    | Self::Logs
                    | Self::PreviousLogs
            )
    }

    /// Whether it does something to a service.
    const fn acts(self) -> bool {
        matches!(
            self,
            Self::Scale
                | Self::Restart
                | Self::Rollout
                | Self::RollBack
                | Self::Backup
                | Self::Start
                | Self::Stop
                | Self::Pause
                | Self::Unpause
                | Self::RunNow
                | Self::DeletePod
                | Self::Cordon
                | Self::Uncordon
                | Self::Drain
                | Self::Switch
                | Self::Promote
                | Self::PromoteFull
                | Self::Abort
                | Self::Retry
                | Self::Shell
                | Self::Halt
        )
    }

    /// The scopes that know the command; those below them know it too.
    pub const fn scopes(self) -> &'static [Scope] {
        use Scope::{
            Alerts, Anywhere, Checklist, Details, Dialog, Global, Help, Input, Inspect, Logs,
            Palette, Picker,
        };
        use Scope::{Rollouts, Services};
        match self {
            Self::Redraw | Self::Suspend => &[Anywhere],
            Self::Quit => &[Anywhere, Global],

            Self::Help
            | Self::Palette
            | Self::Open
            | Self::NextPane
            | Self::PreviousPane
            | Self::FocusServices
            | Self::FocusRollouts
            | Self::FocusAlerts
            | Self::FocusLogs
            | Self::Zoom
            | Self::Environments
            | Self::Namespaces
            | Self::AllNamespaces
            | Self::Contexts
            | Self::Nodes
            | Self::ToggleUtc
            | Self::ToggleMouse
            | Self::Reload
            | Self::Mishaps
            | Self::Diagnostics
            | Self::Messages
            | Self::Checklist
            | Self::EndRehearsal
            | Self::Leftovers => &[Global],
            Self::Rehearse => &[Picker],
            Self::Settle
            | Self::Note
            | Self::TakeBack
            | Self::Skip
            | Self::Waive
            | Self::HandOver
            | Self::EndWalk => &[Checklist],
            Self::Back => &[Global, Help],
            Self::Up | Self::Down | Self::Top | Self::Bottom => &[Global, Help, Picker],
            Self::PageUp | Self::PageDown => &[Global, Help, Picker, Dialog, Input, Palette],
            Self::Left | Self::Right => &[Global, Dialog],

            Self::Filter => &[Services, Alerts],
            Self::Sort | Self::Mark => &[Services],
            Self::Details => &[Services, Rollouts, Alerts, Logs],
            Self::Inspect | Self::Events => &[Services, Rollouts, Alerts, Logs, Details],
            Self::Logs => &[Services, Rollouts, Alerts, Details],
            Self::PreviousLogs => &[Services, Logs, Details],
            Self::Rollout | Self::Promote | Self::PromoteFull | Self::Abort | Self::Retry => {
                &[Services, Rollouts, Details]
            }
            Self::RollBack => &[Services, Rollouts, Details, Checklist],
            Self::Scale
            | Self::Restart
            | Self::Backup
            | Self::Start
            | Self::Stop
            | Self::Pause
            | Self::Unpause
            | Self::RunNow
            | Self::DeletePod
            | Self::Cordon
            | Self::Uncordon
            | Self::Drain
            | Self::Switch
            | Self::Shell => &[Services, Details],
            Self::Acknowledge => &[Services, Alerts, Details],
            Self::Halt => &[Services, Rollouts, Details, Checklist],

            Self::Find => &[Logs, Inspect, Help],
            Self::Save => &[Logs, Inspect, Checklist],
            Self::FindNext | Self::FindPrevious | Self::Wrap | Self::Copy => &[Logs, Inspect],
            Self::FilterLines
            | Self::LevelTrace
            | Self::LevelDebug
            | Self::LevelInfo
            | Self::LevelWarn
            | Self::LevelError
            | Self::Since
            | Self::Follow
            | Self::Timestamps
            | Self::RawLines
            | Self::Fold
            | Self::ClearView => &[Logs],

            Self::Confirm | Self::Cancel => &[Dialog, Input, Palette, Picker],
            Self::NextChoice | Self::PreviousChoice => &[Dialog, Input, Palette],
            Self::WholeDiff | Self::InGit => &[Dialog, Input],
            Self::Reveal => &[Dialog, Input, Inspect],
        }
    }

    /// Whether the command exists in `scope`, its own or inherited.
    pub fn works_in(self, scope: Scope) -> bool {
        self.scopes().iter().any(|&known| scope.inherits(known))
    }

    /// Whether the palette offers it: not what only moves, and not what answers a dialog.
    pub const fn in_palette(self) -> bool {
        !matches!(
            self,
            Self::Palette
                | Self::Open
                | Self::Back
                | Self::Up
                | Self::Down
                | Self::Top
                | Self::Bottom
                | Self::PageUp
                | Self::PageDown
                | Self::Left
                | Self::Right
                | Self::NextPane
                | Self::PreviousPane
                | Self::FindNext
                | Self::FindPrevious
                | Self::Confirm
                | Self::Cancel
                | Self::NextChoice
                | Self::PreviousChoice
                | Self::Rehearse
                | Self::Reveal
                | Self::WholeDiff
                | Self::InGit
        )
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator as _;

    use super::*;

    #[test]
    fn every_command_says_what_it_does() {
        for command in Command::iter() {
            assert!(
                !command.label().is_empty(),
                "{command} has no word for the hint bar"
            );
            assert!(
                command.help().ends_with('.'),
                "{command} has no sentence for the help"
            );
            // What fits behind the keys on 80 columns.
            assert!(command.help().len() <= 50, "{command} says too much");
            assert_eq!(command.name().parse(), Ok(command));
        }
    }

    #[test]
    fn nothing_that_changes_a_platform_works_while_text_is_typed() {
        for command in Command::iter().filter(|command| command.mutates()) {
            for scope in [
                Scope::Anywhere,
                Scope::Input,
                Scope::Palette,
                Scope::Dialog,
                Scope::Help,
            ] {
                assert!(!command.works_in(scope), "{command} works in {scope}");
            }
        }
    }
}
