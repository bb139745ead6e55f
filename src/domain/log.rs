//! A line of a service's log.

mod access;
mod fields;
mod gist;
mod json;
mod level;
mod logfmt;
mod plain;

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use fields::{Parts, field, parts};
pub use gist::{gist, grave, last_words};

use crate::{
    domain::{instance::InstanceId, service::ServiceId},
    text::{SafeText, StyledText},
};

/// How grave a line says it is. Ordered from chatter to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Step by step.
    Trace,
    /// For whoever wrote it.
    Debug,
    /// As it should be.
    Info,
    /// Worth a look.
    Warn,
    /// Something failed.
    Error,
    /// It gave up.
    Fatal,
}

/// Which of the two streams a line came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Stream {
    /// Standard output, or a terminal.
    Out,
    /// Standard error.
    Err,
}

/// A log: an instance has one, and a pod one a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogId {
    /// The instance.
    pub instance: InstanceId,
    /// The container in it; empty for the main one, and where there is but one.
    pub container: SafeText,
}

/// Who wrote a line; shared by all lines of one log.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LogOrigin {
    /// The service.
    pub service: ServiceId,
    /// Which of its logs.
    pub log: LogId,
    /// As shown: `api 2`, or the service alone where there is but one; `api-7f9c-x2k1p/proxy` for a pod's container.
    pub label: SafeText,
}

impl From<InstanceId> for LogId {
    /// An instance's one log, or its main one.
    fn from(instance: InstanceId) -> Self {
        Self {
            instance,
            container: SafeText::EMPTY,
        }
    }
}

impl LogOrigin {
    /// The origin of what is said of the logs together.
    pub fn of_all() -> Self {
        Self {
            service: ServiceId::default(),
            log: LogId::default(),
            label: SafeText::EMPTY,
        }
    }
}

/// A line as it comes from the platform: bytes not yet looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RawLine {
    /// By the platform's clock.
    pub at: Timestamp,
    /// Which stream.
    pub stream: Stream,
    /// Without its line end, at most 64 KiB; hostile until it has passed [`crate::text`].
    pub bytes: Box<[u8]>,
}

/// What a log subscription delivers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum LogEvent {
    /// Lines of one instance, in its order.
    Lines {
        /// Who wrote them.
        origin: Arc<LogOrigin>,
        /// The lines.
        lines: Vec<RawLine>,
        /// Lines (whole, never shown) that were lost just before these, since nobody took them in time.
        dropped: u64,
    },
    /// An instance is followed from now on.
    Joined(Arc<LogOrigin>, Timestamp),
    /// An instance is gone.
    Left(Arc<LogOrigin>, Timestamp),
    /// Its log can't be read, and why ("log driver syslog can't be read").
    Unreadable(Arc<LogOrigin>, SafeText),
    /// The platform lets so many logs be followed at a time, and so many others wait for one of them to end.
    Bounded {
        /// That are followed.
        followed: usize,
        /// That wait; 0 once all are followed again.
        waiting: usize,
    },
}

/// What is said where a platform bounds how many logs are followed: `50 of 120 logs followed, …`.
pub fn bounded(followed: usize, waiting: usize) -> String {
    if waiting == 0 {
        return "all logs are followed".to_owned();
    }
    let all = followed + waiting;
    format!("{followed} of {all} logs followed, the others wait: choose fewer services")
}

/// How far back a subscription begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Since {
    /// The last so many lines of each instance.
    Tail(u32),
    /// From a moment on.
    At(Timestamp),
    /// All there is.
    All,
}

/// How a line hangs together with the one that its instance wrote before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Joint {
    /// It stands for itself.
    #[default]
    Alone,
    /// It belongs to the line above: a frame of a stack trace, a cause, what is indented.
    Continues,
    /// It begins a trace of Python: by itself, or of the error above.
    Traceback,
    /// It may be the last line of such a trace, or stand for itself.
    MayEndTraceback,
}

/// A line that has been looked at: safe to draw, its level known where it says one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogLine {
    /// By the platform's clock.
    pub at: Timestamp,
    /// Which stream.
    pub stream: Stream,
    /// What it says of itself; `None` where it says nothing.
    pub level: Option<Level>,
    /// The line.
    pub text: StyledText,
    /// How it hangs together with the line before.
    pub joint: Joint,
    /// The same for lines that say the same, whenever they say it.
    pub digest: u64,
}

/// What the logs pane takes in: [`LogEvent`]s with their lines looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LogItem {
    /// A line.
    Line(Arc<LogOrigin>, LogLine),
    /// So many lines of that instance were lost here.
    Dropped(Arc<LogOrigin>, u64),
    /// An instance is followed from now on.
    Joined(Arc<LogOrigin>, Timestamp),
    /// An instance is gone.
    Left(Arc<LogOrigin>, Timestamp),
    /// Its log can't be read, and why.
    Unreadable(Arc<LogOrigin>, SafeText),
    /// So many logs are followed, and so many wait.
    Bounded {
        /// That are followed.
        followed: usize,
        /// That wait; 0 once all are followed again.
        waiting: usize,
    },
}

impl LogLine {
    /// Looks at a line: what is drawn of it, and how grave it says it is.
    pub fn read(raw: &RawLine) -> Self {
        Self::new(raw.at, raw.stream, StyledText::log_line(&raw.bytes))
    }

    /// A line that has been cleaned.
    pub fn new(at: Timestamp, stream: Stream, text: StyledText) -> Self {
        let joint = if plain::continues(text.text()) {
            Joint::Continues
        } else if plain::traceback(text.text()) {
            Joint::Traceback
        } else if plain::ends_traceback(text.text()) {
            Joint::MayEndTraceback
        } else {
            Joint::Alone
        };
        Self {
            at,
            stream,
            level: fields::level(text.text()),
            digest: fields::digest(text.text()),
            joint,
            text,
        }
    }
}
