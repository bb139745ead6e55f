//! `status`: the services, worst first.

use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    context::{Context, Reached},
    exit::{CommandResult, Exit},
    out::{self, Paint, Style},
    table::{Side, Table},
};
use crate::{
    domain::{
        action::EnvironmentKind,
        figures,
        health::Health,
        instance::{Instance, Usage},
        service::{Service, ServiceKind},
        source::SourceState,
    },
    state::{Pane, Place, unseen},
    text::{SafeText, counted},
};

/// `quarterdeck status`.
#[derive(Debug, Args)]
pub(super) struct Status {
    /// These services alone: their names, or PROJECT/NAME
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// The nodes of the cluster, instead of the services; without it those that are unwell stand below
    #[arg(long, conflicts_with = "services")]
    nodes: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
    /// Exit with 1 when a service, or a node, is critical
    #[arg(long)]
    exit_code: bool,
}

pub(super) async fn run(context: &Context, status: Status) -> CommandResult {
    let mut reached = context.reach().await?;
    reached.figures().await;
    reached.signals().await;
    let chosen = chosen(&reached, &status.services)?;
    let unseen = unseen::of(&reached.state(), Pane::Services);
    if !unseen.is_empty() {
        out::say(&format!("not all is shown: {unseen}"));
    }
    let critical = chosen.iter().any(|s| s.health == Health::Critical);
    let (mut nodes, mut services): (Vec<_>, Vec<_>) = chosen
        .into_iter()
        .partition(|s| s.kind == ServiceKind::Node);
    if status.json {
        if status.nodes {
            services.clear();
        }
        let report = Report::new(&reached.place, &reached.state(), &services, &nodes);
        out::json(&report)?;
    } else {
        let style = context.style();
        let mut text = heading(&reached, &services, &nodes, &style);
        if status.nodes {
            services.clear();
        } else if status.services.is_empty() {
            nodes.retain(|node| node.health != Health::Well);
        }
        for (heads, rows) in [(["SERVICE", "READY"], services), (["NODE", "PODS"], nodes)] {
            if !rows.is_empty() {
                text.push_str(&table(heads, &rows, &reached, &style));
            }
        }
        out::print(&text)?;
    }
    Ok(if status.exit_code && critical {
        Exit::Failed
    } else {
        Exit::Done
    })
}

/// The services and nodes asked for, or all of them, worst first.
fn chosen(reached: &Reached, names: &[String]) -> Result<Vec<Arc<Service>>, super::exit::Fault> {
    let mut shown = if names.is_empty() {
        reached.state().snapshot.services.clone()
    } else {
        names
            .iter()
            .map(|name| reached.service(name))
            .collect::<Result<_, _>>()?
    };
    shown.sort_by(|a, b| (a.health, &a.id).cmp(&(b.health, &b.id)));
    shown.dedup_by(|a, b| a.id == b.id);
    Ok(shown)
}

/// Where this is, and how it is in a line.
fn heading(
    reached: &Reached,
    services: &[Arc<Service>],
    nodes: &[Arc<Service>],
    style: &Style,
) -> String {
    let (place, state) = (&reached.place, reached.state());
    let shown = services.iter().chain(nodes);
    let count = |health| shown.clone().filter(|s| s.health == health).count();
    let (critical, warning) = (count(Health::Critical), count(Health::Warning));
    let host = &state.snapshot.host;
    let kind = (place.kind != EnvironmentKind::Unknown).then(|| place.kind.word());
    let simulated = place.simulated.then_some("simulated");
    let known: Vec<&str> = kind.into_iter().chain(simulated).collect();
    let known = match known.as_slice() {
        [] => String::new(),
        known => format!(" ({})", known.join(", ")),
    };
    let mut line = format!(
        "{}{known}  {}  {}  {}",
        style.paint(Paint::Strong, &place.environment),
        host.name,
        host.version,
        counted(services.len(), "service"),
    );
    if !nodes.is_empty() {
        line += &format!(", {}", counted(nodes.len(), "node"));
    }
    for (count, paint, word) in [
        (critical, Paint::Critical, "critical"),
        (warning, Paint::Warning, "warning"),
    ] {
        if count > 0 {
            line += "  ";
            line += &style.paint(paint, &format!("{count} {word}"));
        }
    }
    line + "\n"
}

fn table(
    [name, copies]: [&'static str; 2],
    shown: &[Arc<Service>],
    reached: &Reached,
    style: &Style,
) -> String {
    let now = reached.now();
    let state = reached.state();
    let coming = state.snapshot.coming();
    let mut table = Table::new(&[
        ("", Side::Left),
        (name, Side::Left),
        (copies, Side::Right),
        ("VERSION", Side::Left),
        ("FOR", Side::Right),
        ("RATE", Side::Right),
        ("ERRORS", Side::Right),
        ("P95", Side::Right),
        ("CPU", Side::Right),
        ("MEMORY", Side::Right),
        ("WHY", Side::Left),
    ]);
    // A column without any source is not shown.
    let some = |has: &dyn Fn(&Service) -> bool| shown.iter().any(|s| has(s));
    let (rate, errors, p95) = (
        some(&|s| s.traffic.rate.is_some()),
        some(&|s| s.traffic.error_percent.is_some()),
        some(&|s| s.traffic.p95_ms.is_some()),
    );
    let (cpu, memory) = (
        some(&|s| s.usage.cpu_percent.is_some()),
        some(&|s| s.usage.memory_bytes.is_some()),
    );
    for service in shown {
        let (sign, paint) = style.health(service.health);
        let figure = |there: bool, figure: Option<String>| {
            let none = || style.glyphs.none.to_owned();
            let words = if there {
                figure.unwrap_or_else(none)
            } else {
                String::new()
            };
            (words, Paint::Plain)
        };
        let (traffic, usage) = (&service.traffic, &service.usage);
        let age = service.since.map(|since| figures::age(seconds(since, now)));
        let why = match service.health {
            _ if !service.why.is_empty() => service.why.to_string(),
            Health::Well => String::new(),
            health => health.word().to_owned(),
        };
        let version = match coming.get(&service.id) {
            Some(to) => format!("{} {} {to}", service.version, style.glyphs.arrow),
            None => service.version.to_string(),
        };
        table.row(vec![
            (sign.to_owned(), paint),
            (reached.name_of(&service.id), Paint::Plain),
            (format!("{}/{}", service.ready(), service.wanted()), paint),
            (version, Paint::Plain),
            figure(true, age),
            figure(rate, traffic.rate.map(figures::rate)),
            figure(errors, traffic.error_percent.map(figures::percent)),
            figure(p95, traffic.p95_ms.map(figures::millis)),
            figure(cpu, usage.cpu_percent.map(|cpu| format!("{cpu:.0}%"))),
            figure(memory, memory_of(usage)),
            (why, paint),
        ]);
    }
    table.render(style)
}

/// In percent of the limit; without one, as it is.
fn memory_of(usage: &Usage) -> Option<String> {
    let percent = usage
        .memory_percent()
        .map(|percent| format!("{percent:.0}%"));
    percent.or_else(|| usage.memory_bytes.map(figures::bytes))
}

/// Whole seconds from one moment to another, never below 0.
pub(super) fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_second() - from.as_second()).unwrap_or(0)
}

/// `status --json`. Times are RFC 3339, figures without a source are absent or null.
#[derive(Serialize)]
struct Report {
    environment: SafeText,
    kind: &'static str,
    simulated: bool,
    host: HostJson,
    services: Vec<ServiceJson>,
    nodes: Vec<NodeJson>,
}

#[derive(Serialize)]
struct HostJson {
    name: SafeText,
    identity: SafeText,
    version: SafeText,
    /// When the platform last proved that it lives.
    proof: Option<Timestamp>,
}

#[derive(Serialize)]
struct ServiceJson {
    name: String,
    project: SafeText,
    health: &'static str,
    why: SafeText,
    why_since: Option<Timestamp>,
    ready: u32,
    wanted: u32,
    image: SafeText,
    version: SafeText,
    since: Option<Timestamp>,
    #[serde(flatten)]
    usage: UsageJson,
    requests_per_second: Option<f32>,
    error_percent: Option<f32>,
    p95_milliseconds: Option<f32>,
    instances: Vec<InstanceJson>,
}

/// A node of the cluster.
#[derive(Serialize)]
struct NodeJson {
    name: SafeText,
    zone: SafeText,
    health: &'static str,
    why: SafeText,
    why_since: Option<Timestamp>,
    version: SafeText,
    pods: usize,
    #[serde(flatten)]
    usage: UsageJson,
}

#[derive(Serialize)]
struct UsageJson {
    cpu_percent: Option<f32>,
    memory_bytes: Option<u64>,
    memory_limit_bytes: Option<u64>,
}

#[derive(Serialize)]
struct InstanceJson {
    id: SafeText,
    name: SafeText,
    health: &'static str,
    why: SafeText,
    ready: bool,
    started: Option<Timestamp>,
    restarts: u32,
    exit_code: Option<i64>,
    image: SafeText,
    image_id: SafeText,
    #[serde(flatten)]
    usage: UsageJson,
}

impl Report {
    fn new(
        place: &Place,
        state: &SourceState,
        services: &[Arc<Service>],
        nodes: &[Arc<Service>],
    ) -> Self {
        let host = &state.snapshot.host;
        Self {
            environment: place.environment.clone(),
            kind: place.kind.word(),
            simulated: place.simulated,
            host: HostJson {
                name: host.name.clone(),
                identity: host.identity.clone(),
                version: host.version.clone(),
                proof: state.proof,
            },
            services: services.iter().map(|s| ServiceJson::new(s)).collect(),
            nodes: nodes.iter().map(|n| NodeJson::new(n)).collect(),
        }
    }
}

impl ServiceJson {
    fn new(service: &Service) -> Self {
        Self {
            name: service.id.name.to_string(),
            project: service.id.group.clone(),
            health: service.health.word(),
            why: service.why.clone(),
            why_since: service.why_since,
            ready: service.ready(),
            wanted: service.wanted(),
            image: service.image.clone(),
            version: service.version.clone(),
            since: service.since,
            usage: UsageJson::new(&service.usage),
            requests_per_second: service.traffic.rate,
            error_percent: service.traffic.error_percent,
            p95_milliseconds: service.traffic.p95_ms,
            instances: service
                .instances
                .iter()
                .map(|i| InstanceJson::new(i))
                .collect(),
        }
    }
}

impl NodeJson {
    fn new(node: &Service) -> Self {
        Self {
            name: SafeText::name(node.id.bare()),
            zone: node.zone.clone(),
            health: node.health.word(),
            why: node.why.clone(),
            why_since: node.why_since,
            version: node.version.clone(),
            pods: node.instances.len(),
            usage: UsageJson::new(&node.usage),
        }
    }
}

impl InstanceJson {
    fn new(instance: &Instance) -> Self {
        Self {
            id: instance.id.0.clone(),
            name: instance.name.clone(),
            health: instance.health.word(),
            why: instance.why.clone(),
            ready: instance.ready(),
            started: instance.started,
            restarts: instance.restarts,
            exit_code: instance.exit_code,
            image: instance.image.clone(),
            image_id: instance.image_id.clone(),
            usage: UsageJson::new(&instance.usage),
        }
    }
}

impl UsageJson {
    const fn new(usage: &Usage) -> Self {
        Self {
            cpu_percent: usage.cpu_percent,
            memory_bytes: usage.memory_bytes,
            memory_limit_bytes: usage.memory_limit_bytes,
        }
    }
}
