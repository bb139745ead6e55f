//! `check` of a service: what is looked at in the background.

use std::{collections::BTreeMap, time::Duration};

use regex::Regex;
use tokio_postgres::config::SslMode;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    address::{self, Address, HostPort, Web},
    environment::Environment,
};
use crate::{
    config::reader::{Keys, Reader, Text},
    domain::{suggest::did_you_mean, values::Span},
};

const KINDS: [&str; 5] = ["http", "tcp", "tls", "postgres", "redis"];
const COMMON: [&str; 3] = ["every", "timeout", "environments"];
const OF_HTTP: [&str; 4] = ["method", "status", "body", "latency"];
const CHECK: Keys<'_> = Keys {
    known: &[
        "http",
        "tcp",
        "tls",
        "postgres",
        "redis",
        "every",
        "timeout",
        "environments",
        "method",
        "status",
        "body",
        "latency",
    ],
    later: &["pgbouncer", "command"],
};
/// Methods that change nothing.
const METHODS: [(&str, Method); 2] = [("GET", Method::Get), ("HEAD", Method::Head)];

const EVERY: Duration = Duration::from_secs(15);
const TIMEOUT: Duration = Duration::from_secs(3);
/// Days are what a certificate's time is counted in.
const EVERY_OF_TLS: Duration = Duration::from_hours(1);

/// Something of a service that is looked at in the background.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The service's name.
    pub service: String,
    /// What is looked at.
    pub what: What,
    /// How long after one look the next begins.
    pub every: Duration,
    /// How long a look may take.
    pub timeout: Duration,
    /// Only in these environments; empty means in all.
    pub environments: Vec<String>,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// Whether a request over HTTP is answered as it is to be.
    Http(Http),
    /// Whether somebody listens there.
    Tcp(HostPort),
    /// For how many days the certificate is still good.
    Tls(HostPort),
    /// Whether a PostgreSQL answers `SELECT 1`, and how many connections are left.
    Postgres(Address),
    /// Whether a Redis answers PING, and how much memory is left.
    Redis(Address),
}

/// A request, and the answer that is wanted.
#[derive(Clone, Debug)]
pub struct Http {
    /// Where to.
    pub url: Web,
    /// How.
    pub method: Method,
    /// The status of the answer; `None` wants 200 to 299.
    pub status: Option<u32>,
    /// What its text must contain.
    pub body: Option<Regex>,
    /// From when on it is slow.
    pub latency: Option<Duration>,
}

impl PartialEq for Http {
    fn eq(&self, other: &Self) -> bool {
        let body = |http: &Self| http.body.as_ref().map(|body| body.as_str().to_owned());
        (&self.url, self.method, self.status, self.latency)
            == (&other.url, other.method, other.status, other.latency)
            && body(self) == body(other)
    }
}

/// How a request is made; nothing that changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `HEAD`
    Head,
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    service: &str,
    table: &DeTable<'_>,
    environments: &BTreeMap<String, Environment>,
) -> Vec<Check> {
    let Some(value) = table.get("check") else {
        return Vec::new();
    };
    let one = std::slice::from_ref(value);
    let items = match value.get_ref() {
        DeValue::Array(items) => items.iter().as_slice(),
        _ => one,
    };
    let checks = items
        .iter()
        .filter_map(|item| check(reader, service, item, environments));
    checks.collect()
}

fn check(
    reader: &mut Reader<'_>,
    service: &str,
    item: &Spanned<DeValue<'_>>,
    environments: &BTreeMap<String, Environment>,
) -> Option<Check> {
    let table = reader.as_table(item, "check")?;
    reader.keys(table.value, "check", &CHECK);
    let mut kinds = KINDS.into_iter().filter(|k| table.value.contains_key(*k));
    let (Some(kind), None) = (kinds.next(), kinds.next()) else {
        reader
            .problem(table.span, "a check looks at one thing")
            .help(format!("give it one of {}", KINDS.join(", ")));
        return None;
    };
    if kind != "http" {
        for (key, _) in table.value {
            if OF_HTTP.contains(&key.get_ref().as_ref()) {
                reader
                    .problem(key.span(), format!("only http has a {}", key.get_ref()))
                    .help(format!("beside {kind} it takes {}", COMMON.join(", ")));
            }
        }
    }
    let what = what(reader, kind, table.value);
    let span = |reader: &mut Reader<'_>, key: &str, usual| {
        let found = reader.parsed::<Span>(table.value, key);
        let Some(found) = found else { return usual };
        if found.value.0 < Duration::from_secs(1) {
            reader.problem(found.span, format!("{key} has to be at least 1s"));
        }
        found.value.0
    };
    let usual = if kind == "tls" { EVERY_OF_TLS } else { EVERY };
    let (every, timeout) = (
        span(reader, "every", usual),
        span(reader, "timeout", TIMEOUT),
    );
    let only = reader.strings(table.value, "environments");
    let only = only.unwrap_or_default();
    for name in only.iter().filter(|n| !environments.contains_key(&n.value)) {
        let known = environments.keys().map(String::as_str);
        let help = did_you_mean(&name.value, known);
        let message = format!("there is no environment {}", name.shown());
        reader
            .problem(name.span.clone(), message)
            .maybe_help(help.filter(|_| !name.expanded));
    }
    let what = what?;
    if let What::Http(http) = &what
        && http.url.proxied().is_some()
    {
        in_clusters(reader, table.value, &only, environments);
    }
    Some(Check {
        service: service.to_owned(),
        what,
        every,
        timeout,
        environments: only.into_iter().map(|name| name.value).collect(),
    })
}

/// What only a cluster leads to is looked at in clusters alone.
fn in_clusters(
    reader: &mut Reader<'_>,
    table: &DeTable<'_>,
    only: &[Text],
    environments: &BTreeMap<String, Environment>,
) {
    let looked_at = |name: &str| only.is_empty() || only.iter().any(|one| one.value == name);
    let (clusters, others): (Vec<_>, Vec<_>) = environments
        .iter()
        .filter(|(name, _)| looked_at(name))
        .partition(|(_, environment)| environment.kubernetes.is_some());
    let (Some((other, _)), Some(at)) = (others.first(), table.get("http")) else {
        return;
    };
    let clusters: Vec<String> = clusters
        .iter()
        .map(|(name, _)| format!("{name:?}"))
        .collect();
    let help = if clusters.is_empty() {
        address::no_cluster(other)
    } else {
        format!("write environments = [{}] beside it", clusters.join(", "))
    };
    reader
        .problem(
            at.span(),
            format!("it is looked at in {other}, which is no cluster"),
        )
        .help(help);
}

fn what(reader: &mut Reader<'_>, kind: &str, table: &DeTable<'_>) -> Option<What> {
    if kind == "http" {
        return http(reader, table).map(What::Http);
    }
    let text = reader.string(table, kind)?;
    let url = |reader: &mut Reader<'_>, schemes: &[&str], example| {
        address::of(reader, &text, schemes, example)
    };
    match kind {
        "postgres" => {
            let example = "postgres://USER:${PASSWORD}@HOST/DATABASE";
            let address = url(reader, &["postgres", "postgresql"], example)?;
            let parsed = address.secret().as_str().parse::<tokio_postgres::Config>();
            let Ok(config) = parsed else {
                reader
                    .problem(text.span, "PostgreSQL can't be reached by this")
                    .help(format!("write {example}"));
                return None;
            };
            if config.get_ssl_mode() == SslMode::Require {
                reader
                    .problem(text.span, "TLS to PostgreSQL is not supported yet")
                    .help("leave sslmode out");
                return None;
            }
            Some(What::Postgres(address))
        }
        "redis" => {
            let address = url(reader, &["redis"], "redis://:${PASSWORD}@HOST:6379")?;
            Some(What::Redis(address))
        }
        _ => {
            let usual = (kind == "tls").then_some(443);
            let Some(place) = HostPort::parse(&text.value, usual) else {
                reader
                    .problem(text.span, "this is no host and port")
                    .help("write HOST:PORT");
                return None;
            };
            Some(if kind == "tls" {
                What::Tls(place)
            } else {
                What::Tcp(place)
            })
        }
    }
}

fn http(reader: &mut Reader<'_>, table: &DeTable<'_>) -> Option<Http> {
    let url = reader.string(table, "http");
    let url = url.and_then(|text| address::web(reader, &text));
    let method = reader.choice(table, "method", &METHODS);
    if let Some(at) = table.get("method")
        && method == Some(Method::Head)
        && url.as_ref().is_some_and(|url| url.proxied().is_some())
    {
        reader
            .problem(at.span(), "a Service of a cluster is asked by GET")
            .help("leave method out: to HEAD, an answer of the API server's own looks like the Service's");
    }
    let status = reader.number(table, "status");
    if let Some(status) = status.as_ref().filter(|s| !(100..600).contains(&s.value)) {
        reader.problem(status.span.clone(), "a status is from 100 to 599");
    }
    let body = reader.parsed::<Regex>(table, "body");
    let latency = reader.parsed::<Span>(table, "latency");
    Some(Http {
        url: url?,
        method: method.unwrap_or(Method::Get),
        status: status.map(|found| found.value),
        body: body.map(|found| found.value),
        latency: latency.map(|found| found.value.0),
    })
}
