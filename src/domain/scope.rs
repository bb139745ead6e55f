//! Where a key is pressed: what has the focus decides what a key means.

use strum::{Display, EnumIter, EnumString, IntoStaticStr};

/// The part of the screen that a key goes to.
///
/// A key is looked up in its own scope first, then in [`Scope::parent`], and so on.
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
    EnumString,
    IntoStaticStr,
    serde::Serialize,
    serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
#[strum(serialize_all = "kebab-case")]
pub enum Scope {
    /// Everywhere, also while text is typed: only keys that type nothing.
    Anywhere,
    /// Every pane and view, where no text is typed and no dialog is open.
    Global,
    /// The list of services and their replicas.
    Services,
    /// The rollouts, and the actions under way.
    Rollouts,
    /// The alerts.
    Alerts,
    /// The live logs.
    Logs,
    /// Everything about one service, and its events.
    Details,
    /// The raw object as the platform has it.
    Inspect,
    /// The list that is walked.
    Checklist,
    /// A plan or a question that has no text field.
    Dialog,
    /// A text field: a filter, a search, a name typed to confirm. Letters only ever go into the text.
    Input,
    /// The command palette: its letters go into the text.
    Palette,
    /// A list to choose from: environments, revisions, since, sort.
    Picker,
    /// The help.
    Help,
}

impl Scope {
    /// The name in a keymap: `services`.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The heading above its keys in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Anywhere => "Everywhere, also while typing",
            Self::Global => "In every pane",
            Self::Services => "Services",
            Self::Rollouts => "Rollouts",
            Self::Alerts => "Alerts",
            Self::Logs => "Logs",
            Self::Details => "Details of a service",
            Self::Inspect => "The raw object",
            Self::Checklist => "A checklist",
            Self::Dialog => "Plans and questions",
            Self::Input => "While typing",
            Self::Palette => "The command palette",
            Self::Picker => "Lists to choose from",
            Self::Help => "The help",
        }
    }

    /// Where a key is looked up that this scope has no meaning for.
    pub const fn parent(self) -> Option<Self> {
        match self {
            Self::Anywhere => None,
            Self::Services
            | Self::Rollouts
            | Self::Alerts
            | Self::Logs
            | Self::Details
            | Self::Inspect
            | Self::Checklist => Some(Self::Global),
            Self::Global
            | Self::Dialog
            | Self::Input
            | Self::Palette
            | Self::Picker
            | Self::Help => Some(Self::Anywhere),
        }
    }

    /// This scope, its parent, and so on up to [`Scope::Anywhere`].
    pub fn lookup(self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self), |scope| scope.parent())
    }

    /// Whether a key pressed in `self` may get its meaning from `other`.
    pub fn inherits(self, other: Self) -> bool {
        self.lookup().any(|scope| scope == other)
    }

    /// Whether letters are text here, so that no command may sit on one.
    pub const fn takes_text(self) -> bool {
        matches!(self, Self::Anywhere | Self::Input | Self::Palette)
    }
}
