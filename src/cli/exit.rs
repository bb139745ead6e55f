//! How a command ends: its exit code, and what it says when it ends without having done what was asked.

use std::{fmt, io};

use strum::IntoEnumIterator as _;

/// The exit codes: a promise to scripts. A signal ends a command with 128 and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
#[repr(u8)]
pub enum Exit {
    /// It is done, and the platform shows it.
    Done = 0,
    /// It failed; or something is critical, where that was asked.
    Failed = 1,
    /// The command line, or the settings, make no sense.
    Usage = 2,
    /// There is no answer from the platform.
    Unreachable = 3,
    /// Nothing was sent.
    Refused = 4,
    /// Sent, and what came of it is not known.
    Unverified = 5,
    /// Somebody or something else changed what this was about.
    Changed = 6,
    /// Stopped on the way.
    Stopped = 7,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// What it says to a script.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done; an action: the platform shows what was asked for",
            Self::Failed => {
                "failed; also: something is wrong (doctor, audit verify, checklist lint, --exit-code)"
            }
            Self::Usage => "the command line or the settings are wrong; nothing was started",
            Self::Unreachable => "the platform cannot be reached, or does not answer",
            Self::Refused => "refused, nothing was sent: read-only, not possible, or not confirmed",
            Self::Unverified => "sent, but what came of it is not known: look before you repeat it",
            Self::Changed => "what it was about changed meanwhile, or somebody undid it",
            Self::Stopped => "stopped before its end; quarterdeck resume goes on or puts back",
        }
    }

    /// What they say of a list that was walked without a screen, where that is more than [`meaning`](Self::meaning).
    pub const OF_LISTS: [(Self, &'static str); 7] = [
        (
            Self::Done,
            "every step is passed, attested, skipped or waived",
        ),
        (
            Self::Failed,
            "a step failed: its action, or it was not true, or not known, in time; or it was to be aborted",
        ),
        (
            Self::Usage,
            "the list is wrong, or not there, or what was given does not fit it; nothing was started",
        ),
        (
            Self::Refused,
            "something is not given (--attest, --go, --yes), an action was refused, or another run of the list is open: it says how to go on",
        ),
        (
            Self::Unverified,
            "what became of a step's action is not known: look, then go on with --resume, and say it by --happened or --not-happened",
        ),
        (
            Self::Changed,
            "what a step's action was about changed meanwhile, or somebody undid it",
        ),
        (
            Self::Stopped,
            "an action was stopped, or somebody else took control",
        ),
    ];

    /// All of them, a line each, for help.
    pub fn help() -> String {
        listed(Self::iter().map(|exit| (exit, exit.meaning())))
    }

    /// Those of a list, the same way.
    pub fn help_of_lists() -> String {
        listed(Self::OF_LISTS.into_iter())
    }
}

fn listed(exits: impl Iterator<Item = (Exit, &'static str)>) -> String {
    let lines = exits.map(|(exit, meaning)| format!("  {}  {meaning}", exit.code()));
    let lines: Vec<String> = lines.collect();
    format!(
        "Exit codes:\n{}\n  128+n  ended by signal n",
        lines.join("\n")
    )
}

/// Why a command ends without having done what was asked.
#[derive(Debug)]
pub(super) enum Fault {
    /// Said in plain words: what happened, and what to do.
    Said(Exit, String),
    /// Nobody reads what is printed any more.
    PipeClosed,
    /// What only a mistake of ours, or of the system's, can bring about.
    Report(color_eyre::Report),
}

impl Fault {
    /// A wrong command line, or wrong settings.
    pub(super) fn usage(words: impl fmt::Display) -> Self {
        Self::Said(Exit::Usage, words.to_string())
    }

    /// Nothing was sent.
    pub(super) fn refused(words: impl fmt::Display) -> Self {
        Self::Said(Exit::Refused, words.to_string())
    }

    /// It did not work.
    pub(super) fn failed(words: impl fmt::Display) -> Self {
        Self::Said(Exit::Failed, words.to_string())
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::PipeClosed
        } else {
            Self::Said(Exit::Failed, error.to_string())
        }
    }
}

impl From<color_eyre::Report> for Fault {
    fn from(report: color_eyre::Report) -> Self {
        Self::Report(report)
    }
}

/// How a command ends.
pub(super) type CommandResult = Result<Exit, Fault>;
