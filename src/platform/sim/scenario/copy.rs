//! A copy of what runs somewhere, to rehearse on: the same names, kinds, replicas and versions, all of it well.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    CheckSpec, Cut, Fault, Flaw, HostSpec, Index, Load, LogSpec, Mishap, NodeSpec, On, Restart,
    RevisionSpec, Scenario, ServiceSpec, Template, VolumeSpec, Workload,
};
use crate::domain::{
    action::EnvironmentKind,
    image::Name,
    instance::Probe,
    log::Stream,
    service::{Service, ServiceKind},
    snapshot::Snapshot,
};

/// For how long the version before the present one served, where nobody knows.
const BEFORE: Duration = Duration::from_hours(30 * 24);

/// What a copy calls the version before, where nobody knows.
const PREVIOUS: &str = "previous";

/// For so long what is copied has served at least: it is what one goes back to.
const STOOD: Duration = Duration::from_mins(15);

/// What a replica takes, where nobody knows.
const MEMORY: u64 = 64 << 20;

/// Requests a second, where nobody knows.
const RATE: f32 = 5.0;

impl Scenario {
    /// A copy of the services that are shown there at that moment. Nothing goes wrong in it by itself, whatever does there.
    pub fn copy_of(
        environment: &str,
        kind: EnvironmentKind,
        shown: &Snapshot,
        now: Timestamp,
    ) -> Self {
        let is_node = |service: &&Service| service.kind == ServiceKind::Node;
        let all = || shown.services.iter().map(|service| &**service);
        let mut nodes: Vec<NodeSpec> = all().filter(is_node).map(node).collect();
        let services: Vec<&Service> = all().filter(|service| !is_node(service)).collect();
        let on_host =
            |s: &&Service| matches!(s.kind, ServiceKind::Compose | ServiceKind::Container);
        if nodes.is_empty() && !services.iter().all(on_host) {
            // One that may not be looked at is there all the same.
            nodes.push(NodeSpec {
                name: "node".to_owned(),
                zone: String::new(),
                memory: 64 << 30,
            });
        }
        let specs: Vec<ServiceSpec> = services
            .iter()
            .map(|service| spec(service, before(shown, service), nodes.len(), now))
            .collect();
        let host = &shown.host;
        Self {
            name: environment.to_owned(),
            about: format!("a copy of {environment}"),
            environment: environment.to_owned(),
            kind,
            project: String::new(),
            host: HostSpec {
                name: host.name.to_string(),
                version: format!("{} (simulated)", host.version),
                disk_size: host.disk_size_bytes.unwrap_or(80 << 30),
                disk_used: host.disk_size_bytes.map_or(30 << 30, |size| {
                    size.saturating_sub(host.disk_free_bytes.unwrap_or(size / 2))
                }),
            },
            nodes,
            routes: Vec::new(),
            order: (0..specs.len()).collect(),
            mishaps: mishaps(&specs),
            services: specs,
            story: Vec::new(),
            any_tag: true,
        }
    }
}

fn node(node: &Service) -> NodeSpec {
    NodeSpec {
        name: node.id.bare().to_owned(),
        zone: node.zone.to_string(),
        memory: node.usage.memory_limit_bytes.unwrap_or(16 << 30),
    }
}

/// The version that the last rollout of a service came from.
fn before<'s>(shown: &'s Snapshot, service: &Service) -> Option<&'s str> {
    let mut rollouts = shown.rollouts.iter();
    let last = rollouts.find(|rollout| rollout.service == service.id)?;
    (!last.from.is_empty() && last.from != service.version).then_some(last.from.as_str())
}

fn spec(service: &Service, before: Option<&str>, nodes: usize, now: Timestamp) -> ServiceSpec {
    let name = service.id.name.strip_prefix(service.kind.prefix());
    let name = name.unwrap_or(&service.id.name).to_owned();
    let workload = Workload {
        kind: service.kind,
        namespace: Some(service.id.group.to_string()),
        lasts: Duration::from_secs(10),
        ..Workload::default()
    };
    let image = Name::parse(&service.image);
    let version = match (image.tag, service.version.as_str()) {
        (Some(tag), _) => tag,
        (None, "") => "present",
        (None, version) => version,
    };
    let repository = Some(image.repository).filter(|repository| !repository.is_empty());
    let one = service.instances.first();
    let memory_limit = one.and_then(|one| one.usage.memory_limit_bytes);
    let memory = one.and_then(|one| one.usage.memory_bytes).unwrap_or(MEMORY);
    let checked = one.is_some_and(|one| one.probe != Probe::None);
    let replicas = match service.kind {
        ServiceKind::DaemonSet => nodes as u32,
        _ if workload.comes_and_goes() => 0,
        _ => service.wanted(),
    };
    let rate = match service.traffic.rate {
        _ if workload.comes_and_goes() => 0.0,
        rate => rate.unwrap_or(RATE),
    };
    ServiceSpec {
        image: repository.unwrap_or(&name).to_owned(),
        replicas,
        ports: service
            .ports
            .iter()
            .map(|p| (p.container, p.host))
            .collect(),
        command: String::new(),
        restart: Restart::UnlessStopped,
        grace: Duration::from_secs(10),
        stops_in: Duration::from_secs(1),
        starts_in: Duration::from_secs(2),
        check: checked.then(|| CheckSpec {
            command: "as it is checked there".to_owned(),
            interval: Duration::from_secs(5),
            timeout: Duration::from_secs(2),
            retries: 3,
            start_period: Duration::ZERO,
            through: false,
        }),
        cpu_limit: None,
        memory_limit,
        environment: Vec::new(),
        volume: service.stateful.then(|| VolumeSpec {
            name: format!("{name}-data"),
            path: "/data".to_owned(),
            bytes: 512 << 20,
        }),
        load: Load {
            rate,
            capacity: rate / replicas.max(1) as f32 * 4.0 + 20.0,
            p95_ms: service.traffic.p95_ms.unwrap_or(20.0),
            cpu_ms: 2.0,
            // What is about to be killed for memory there is not killed here.
            memory: memory_limit.map_or(memory, |limit| memory.min(limit / 2)),
            logs: 0.5,
        },
        calls: Vec::new(),
        needs: Vec::new(),
        workload,
        store: None,
        revisions: revisions(service, version, before.unwrap_or(PREVIOUS), now),
        current: 1,
        logs: logs(&name),
        name,
    }
}

/// The one before, and the present one; what else is rolled out is learned when somebody asks for it.
fn revisions(service: &Service, version: &str, before: &str, now: Timestamp) -> Vec<RevisionSpec> {
    let since = service.since.unwrap_or(now);
    let served = Duration::try_from(now.duration_since(since)).unwrap_or_default();
    let served = served.max(STOOD);
    let revision = |version: &str, began: Duration, served| RevisionSpec {
        began: Some(began),
        served,
        ..RevisionSpec::new(version)
    };
    vec![
        revision(before, served + BEFORE, BEFORE),
        revision(version, served, served),
    ]
}

impl RevisionSpec {
    /// A release that has not run yet, and has no flaw.
    pub(crate) fn new(version: &str) -> Self {
        Self {
            version: version.to_owned(),
            began: None,
            served: Duration::ZERO,
            flaw: Flaw::default(),
            adds: Vec::new(),
        }
    }
}

fn logs(name: &str) -> Vec<LogSpec> {
    // A dollar in a name would be a place to fill in.
    let name = name.replace('$', "$$");
    let lines = [
        (On::Start, format!("{name} $version started")),
        (On::Stop, format!("{name} stops")),
        (On::Request, "request 200 $ms ms".to_owned()),
        (On::Error, "ERROR request 500 $ms ms".to_owned()),
    ];
    let log = |(on, line): (On, String)| {
        Some(LogSpec {
            on,
            because: None,
            revision: None,
            weight: 1.0,
            stream: Stream::Out,
            template: Template::parse(&line).ok()?,
        })
    };
    lines.into_iter().filter_map(log).collect()
}

/// What may be let go wrong with each service, and with the way to all of them.
fn mishaps(services: &[ServiceSpec]) -> Vec<Mishap> {
    let runs = |(_, spec): &(Index, &ServiceSpec)| spec.replicas > 0;
    let each = services.iter().enumerate().filter(runs);
    let each = each.flat_map(|(service, spec)| {
        let name = &spec.name;
        [
            Mishap {
                name: format!("a fifth of what {name} is asked fails, for 2 minutes"),
                fault: Fault::Errors {
                    service,
                    percent: 20.0,
                },
                lasts: Some(Duration::from_mins(2)),
            },
            Mishap {
                name: format!("{name} stops, and does not come up for a minute"),
                fault: Fault::Crash { service, code: 1 },
                lasts: Some(Duration::from_mins(1)),
            },
        ]
    });
    let cut = Mishap {
        name: "the connection is cut for half a minute".to_owned(),
        fault: Fault::Disconnect(Cut::Silent),
        lasts: Some(Duration::from_secs(30)),
    };
    [cut].into_iter().chain(each).collect()
}
