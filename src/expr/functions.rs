//! The functions there are: one table, from which the parser and the reference are made.

use super::{
    query::{HttpField, Measure, Query, Subject},
    value::Kind,
};
use crate::{domain::alert::Severity, text::SafeText};

/// A function of the language.
#[derive(Debug)]
pub struct Function {
    /// Its name: `ready`.
    pub name: &'static str,
    /// An expression with it: `ready(api) >= 3`.
    pub example: &'static str,
    /// What it tells, in a line.
    pub tells: &'static str,
    /// What it asks, by its argument.
    pub(super) asks: Asks,
    /// What its answer is, where that is not the argument's affair; it may be held against a figure of any of them.
    pub(super) gives: &'static [Kind],
}

/// What a function takes, and the question that it makes of that.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asks {
    /// A service, or `*`.
    Subject(fn(Subject) -> Query),
    /// A service by its name.
    Service(fn(SafeText) -> Query),
    /// `critical`, `warning` or `*`.
    Severity(fn(Option<Severity>) -> Query),
    /// An address for HTTP.
    Url(fn(SafeText, HttpField) -> Query),
    /// A host, and a port where it is not the usual one.
    Host(fn(SafeText) -> Query),
    /// The name of a variable.
    Variable(fn(SafeText) -> Query),
    /// A command.
    Command(fn(SafeText) -> Query),
}

impl Asks {
    /// As in "ready(…) needs the name of a service".
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Subject(_) => "the name of a service, or *",
            Self::Service(_) => "the name of a service",
            Self::Severity(_) => "critical, warning or *",
            Self::Url(_) => "an address",
            Self::Host(_) => "a host",
            Self::Variable(_) => "the name of a variable",
            Self::Command(_) => "a command in quotes",
        }
    }
}

/// Every function, in the order in which people look for them.
pub const FUNCTIONS: &[Function] = &[
    Function {
        name: "healthy",
        example: "healthy(*)",
        tells: "the service is well, as the services pane judges it",
        asks: Asks::Subject(Query::Healthy),
        gives: &[Kind::Truth],
    },
    Function {
        name: "ready",
        example: "ready(api) >= 3",
        tells: "how many copies serve",
        asks: Asks::Subject(Query::Ready),
        gives: &[Kind::Count],
    },
    Function {
        name: "version",
        example: "version(api) == \"1.8.2\"",
        tells: "the version that its copies run: the image's tag, or the start of its digest",
        asks: Asks::Service(Query::Version),
        gives: &[Kind::Text],
    },
    Function {
        name: "rolled_out",
        example: "rolled_out(api)",
        tells: "every copy that is wanted is of one revision and serves, and no rollout is open",
        asks: Asks::Subject(Query::RolledOut),
        gives: &[Kind::Truth],
    },
    Function {
        name: "restarts",
        example: "restarts(api) == 0 since start",
        tells: "how often the platform started its copies again; since the list was begun, with `since start`",
        asks: Asks::Subject(|subject| Query::Restarts {
            subject,
            since_start: false,
        }),
        gives: &[Kind::Count],
    },
    Function {
        name: "backup_age",
        example: "backup_age(postgres) < 1h",
        tells: "the age of its newest verified backup",
        asks: Asks::Subject(Query::BackupAge),
        gives: &[Kind::Span],
    },
    Function {
        name: "alerts",
        example: "alerts(critical) == 0",
        tells: "how many alerts stand, of that severity or of any",
        asks: Asks::Severity(Query::Alerts),
        gives: &[Kind::Count],
    },
    Function {
        name: "http",
        example: "http(https://shop.example/health).status == 200",
        tells: "what a GET brings: its .status, and its .latency as a duration; of kubernetes://NAMESPACE/SERVICE:PORT/PATH through the API server",
        asks: Asks::Url(|url, field| Query::Http { url, field }),
        gives: &[],
    },
    Function {
        name: "p95",
        example: "p95(api) < 250ms",
        tells: "the 95th percentile of the time to answer",
        asks: Asks::Subject(Query::P95),
        gives: &[Kind::Span],
    },
    Function {
        name: "error_rate",
        example: "error_rate(*) < 0.1%",
        tells: "failed requests, of all",
        asks: Asks::Subject(Query::ErrorRate),
        gives: &[Kind::Percent],
    },
    Function {
        name: "traffic",
        example: "traffic(api) > 10",
        tells: "requests a second",
        asks: Asks::Subject(Query::Traffic),
        gives: &[Kind::Rate],
    },
    Function {
        name: "cert_days",
        example: "cert_days(shop.example) > 30",
        tells: "days for which the certificate that the host shows is still good",
        asks: Asks::Host(Query::CertDays),
        gives: &[Kind::Count],
    },
    Function {
        name: "free_disk",
        example: "free_disk(*) > 20%",
        tells: "disk that is free where the platform keeps its data, also in bytes",
        asks: Asks::Subject(|host| Query::FreeDisk(host, Measure::Percent)),
        gives: &[Kind::Percent, Kind::Bytes],
    },
    Function {
        name: "memory",
        example: "memory(api) < 80%",
        tells: "memory that its largest copy uses, of its limit, or in bytes",
        asks: Asks::Subject(|subject| Query::Memory(subject, Measure::Percent)),
        gives: &[Kind::Percent, Kind::Bytes],
    },
    Function {
        name: "connections",
        example: "connections(postgres) < 80%",
        tells: "connections in use, of the most that it takes",
        asks: Asks::Subject(Query::Connections),
        gives: &[Kind::Percent],
    },
    Function {
        name: "env",
        example: "env(DATABASE_URL) is set",
        tells: "the variable is set where the console runs; what it holds is never shown",
        asks: Asks::Variable(Query::Env),
        gives: &[Kind::Truth],
    },
    Function {
        name: "command",
        example: "command(\"./smoke-test\")",
        tells: "the command ends with 0; run only where the settings allow it",
        asks: Asks::Command(Query::Command),
        gives: &[Kind::Truth],
    },
];

/// The function of that name.
pub(super) fn named(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
