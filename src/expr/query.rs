//! What an expression asks about what runs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{domain::alert::Severity, expr::value::quoted, text::SafeText};

/// Whose figure is asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// The one of that name, or `group/name`.
    One(SafeText),
    /// All there are, `*`: the worst of them counts.
    All,
}

/// What is asked of an answer over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum HttpField {
    /// Its status, a count.
    Status,
    /// How long it took, a duration.
    Latency,
}

/// What a figure is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Measure {
    /// In percent of all there is.
    Percent,
    /// In bytes.
    Bytes,
}

/// A question whose answer an expression needs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Query {
    /// Whether it is well, as the console judges it.
    Healthy(Subject),
    /// How many copies serve.
    Ready(Subject),
    /// The version of a service: its image's tag, or the start of its digest.
    Version(SafeText),
    /// Whether every copy that is wanted is of the newest revision, and serves.
    RolledOut(Subject),
    /// How often its copies were started again by the platform.
    Restarts {
        /// Whose.
        subject: Subject,
        /// Only those since the run of the list began.
        since_start: bool,
    },
    /// The age of the newest verified backup.
    BackupAge(Subject),
    /// How many alerts stand, of that severity or, with `None`, of any.
    Alerts(Option<Severity>),
    /// What a request over HTTP brings.
    Http {
        /// Where to.
        url: SafeText,
        /// What of it.
        field: HttpField,
    },
    /// The 95th percentile of the time to answer.
    P95(Subject),
    /// Failed requests, in percent of all.
    ErrorRate(Subject),
    /// Requests per second.
    Traffic(Subject),
    /// Days for which the certificate that a host shows is still good; less than 0 once it has expired.
    CertDays(SafeText),
    /// Disk that is free where the platform keeps its data.
    FreeDisk(Subject, Measure),
    /// Memory in use: in percent of the limit, or in bytes.
    Memory(Subject, Measure),
    /// Connections in use, in percent of the most that it takes.
    Connections(Subject),
    /// Whether a variable of the environment is set.
    Env(SafeText),
    /// Whether a command ends with 0; run only where the settings allow it.
    Command(SafeText),
}

impl Query {
    /// Its function's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Healthy(_) => "healthy",
            Self::Ready(_) => "ready",
            Self::Version(_) => "version",
            Self::RolledOut(_) => "rolled_out",
            Self::Restarts { .. } => "restarts",
            Self::BackupAge(_) => "backup_age",
            Self::Alerts(_) => "alerts",
            Self::Http { .. } => "http",
            Self::P95(_) => "p95",
            Self::ErrorRate(_) => "error_rate",
            Self::Traffic(_) => "traffic",
            Self::CertDays(_) => "cert_days",
            Self::FreeDisk(..) => "free_disk",
            Self::Memory(..) => "memory",
            Self::Connections(_) => "connections",
            Self::Env(_) => "env",
            Self::Command(_) => "command",
        }
    }

    /// Whether it is answered by somebody who asks for it in the background, and not by what the console looks at anyway.
    pub const fn is_asked(&self) -> bool {
        matches!(
            self,
            Self::Http { .. }
                | Self::CertDays(_)
                | Self::Connections(_)
                | Self::Env(_)
                | Self::Command(_)
        )
    }

    /// The name of the service that it is about; `None` where it is about all of them, or none.
    pub const fn service(&self) -> Option<&SafeText> {
        match self {
            Self::Version(name)
            | Self::Healthy(Subject::One(name))
            | Self::Ready(Subject::One(name))
            | Self::RolledOut(Subject::One(name))
            | Self::Restarts {
                subject: Subject::One(name),
                ..
            }
            | Self::BackupAge(Subject::One(name))
            | Self::P95(Subject::One(name))
            | Self::ErrorRate(Subject::One(name))
            | Self::Traffic(Subject::One(name))
            | Self::Memory(Subject::One(name), _)
            | Self::Connections(Subject::One(name)) => Some(name),
            _ => None,
        }
    }
}

impl fmt::Display for Query {
    /// As it is written: `ready(api)`, `http("http://api/health").status`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name();
        match self {
            Self::Healthy(subject)
            | Self::Ready(subject)
            | Self::RolledOut(subject)
            | Self::Restarts { subject, .. }
            | Self::BackupAge(subject)
            | Self::P95(subject)
            | Self::ErrorRate(subject)
            | Self::Traffic(subject)
            | Self::FreeDisk(subject, _)
            | Self::Memory(subject, _)
            | Self::Connections(subject) => match subject {
                Subject::One(of) => call(f, name, of),
                Subject::All => write!(f, "{name}(*)"),
            },
            Self::Version(of) | Self::CertDays(of) | Self::Env(of) => call(f, name, of),
            Self::Command(of) => write!(f, "{name}({})", quoted(of)),
            Self::Alerts(None) => write!(f, "{name}(*)"),
            Self::Alerts(Some(severity)) => write!(f, "{name}({})", severity.word()),
            Self::Http { url, field } => {
                call(f, name, url)?;
                f.write_str(match field {
                    HttpField::Status => ".status",
                    HttpField::Latency => ".latency",
                })
            }
        }
    }
}

/// The argument stands bare where that is as good.
fn call(f: &mut fmt::Formatter<'_>, name: &str, argument: &str) -> fmt::Result {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
    if argument.chars().all(is_plain) {
        write!(f, "{name}({argument})")
    } else {
        write!(f, "{name}({})", quoted(argument))
    }
}
