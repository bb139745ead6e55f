//! From the text of a scenario file to a checked [`Scenario`].

use std::{ops::Range, time::Duration};

use toml::de::DeTable;

use super::{
    Beat, Begin, Callee, Cut, Fault, Figure, HostSpec, Index, Mishap, RouteSpec, Scenario,
    ServiceSpec, cluster,
    mistake::{Collector, Mistake},
    read_service,
    reader::{At, Fields, meant},
};
use crate::domain::{action::EnvironmentKind, service::ServiceKind};

/// Names of the services and the routes, for whatever refers to them.
pub(super) struct Names {
    services: Vec<String>,
    routes: Vec<RouteSpec>,
    /// Whether there are nodes.
    pub(super) cluster: bool,
}

impl Names {
    /// A service, or a route to one of several.
    pub(super) fn callee(&self, name: &At<String>, mistakes: &mut Collector<'_>) -> Option<Callee> {
        if let Some(route) = self.routes.iter().position(|r| r.name == name.value) {
            return Some(Callee {
                service: self.routes[route].selects,
                route: Some(route),
            });
        }
        let service = self.find(name, mistakes)?;
        Some(Callee {
            service,
            route: None,
        })
    }

    pub(super) fn find(&self, name: &At<String>, mistakes: &mut Collector<'_>) -> Option<Index> {
        let found = self.services.iter().position(|known| *known == name.value);
        if found.is_none() {
            let hint = meant(&name.value, self.services.iter().map(String::as_str));
            mistakes.add(&name.at, format!("no service `{}`{hint}", name.value));
        }
        found
    }
}

pub(super) fn scenario(source: &str) -> Result<Scenario, Vec<Mistake>> {
    let mut mistakes = Collector::new(source);
    let (table, errors) = DeTable::parse_recoverable(source);
    for error in &errors {
        let at = error.span().unwrap_or(0..0);
        mistakes.add(&at, error.message());
    }
    if !errors.is_empty() {
        // A table that did not parse would be said to lack all that was not understood.
        return Err(mistakes.into_mistakes());
    }
    let mut top = Fields::new(table.get_ref(), 0..0, "a scenario");
    let name = top.needed_text("name", &mut mistakes).value;
    let about = top.needed_text("about", &mut mistakes).value;
    let environment = top.needed_text("environment", &mut mistakes).value;
    let kind = top
        .choice(
            "kind",
            &[
                ("production", EnvironmentKind::Production),
                ("staging", EnvironmentKind::Staging),
                ("development", EnvironmentKind::Development),
            ],
            &mut mistakes,
        )
        .unwrap_or_default();
    let project = top.needed_text("project", &mut mistakes).value;
    let host = host(&mut top, &mut mistakes);
    let mut tables = top.tables("service", &mut mistakes);
    if tables.is_empty() {
        mistakes.add(&top.place(), "a scenario needs at least one [[service]]");
    }
    let nodes = cluster::nodes(&mut top, &mut mistakes);
    let mut names = Names {
        services: Vec::new(),
        routes: Vec::new(),
        cluster: !nodes.is_empty(),
    };
    for table in &mut tables {
        let name = table.needed_text("name", &mut mistakes);
        if names.services.contains(&name.value) {
            let again = format!("there is a service `{}` already", name.value);
            mistakes.add(&name.at, again);
        }
        names.services.push(name.value);
    }
    names.routes = cluster::routes(&mut top, &names, &mut mistakes);
    let mut places = Vec::new();
    let mut services: Vec<ServiceSpec> = tables
        .into_iter()
        .zip(names.services.clone())
        .map(|(table, name)| {
            places.push(table.place());
            read_service::service(table, name, &names, &mut mistakes)
        })
        .collect();
    for (service, place) in services.iter_mut().zip(&places) {
        if service.workload.kind == ServiceKind::DaemonSet {
            service.replicas = nodes.len() as u32;
        }
        if let Some(auto) = service.workload.autoscaler
            && service.replicas > auto.max
        {
            mistakes.add(place, "`replicas` are more than its autoscaler's `max`");
        }
    }
    let order = order(&services, &names.routes, &places, &mut mistakes);
    let story = top
        .tables("story", &mut mistakes)
        .into_iter()
        .filter_map(|table| beat(table, &names, &services, &mut mistakes))
        .collect();
    let mishaps = top
        .tables("fault", &mut mistakes)
        .into_iter()
        .filter_map(|table| mishap(table, &names, &services, &mut mistakes))
        .collect();
    top.finish(&mut mistakes);
    let found = mistakes.into_mistakes();
    if !found.is_empty() {
        return Err(found);
    }
    Ok(Scenario {
        name,
        about,
        environment,
        kind,
        project,
        host,
        nodes,
        routes: names.routes,
        services,
        order,
        story,
        mishaps,
        any_tag: false,
    })
}

fn host(top: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> HostSpec {
    let Some(mut table) = top.table("host", mistakes) else {
        mistakes.add(&top.place(), "a scenario needs a [host]");
        return HostSpec {
            name: String::new(),
            version: String::new(),
            disk_size: 0,
            disk_used: 0,
        };
    };
    let spec = HostSpec {
        name: table.needed_text("name", mistakes).value,
        version: table.needed_text("version", mistakes).value,
        disk_size: table.size("disk", mistakes).map_or(80 << 30, |s| s.value),
        disk_used: table.size("used", mistakes).map_or(30 << 30, |s| s.value),
    };
    if spec.disk_used > spec.disk_size {
        mistakes.add(&table.place(), "more of the disk is used than there is");
    }
    table.finish(mistakes);
    spec
}

/// Every service after all that it calls.
fn order(
    services: &[ServiceSpec],
    routes: &[RouteSpec],
    places: &[Range<usize>],
    mistakes: &mut Collector<'_>,
) -> Vec<Index> {
    let mut order: Vec<Index> = Vec::with_capacity(services.len());
    while order.len() < services.len() {
        let next = (0..services.len()).find(|&n| {
            !order.contains(&n)
                && services[n].calls.iter().all(|call| match call.to.route {
                    Some(route) => routes[route].among.iter().all(|to| order.contains(to)),
                    None => order.contains(&call.to.service),
                })
        });
        let Some(next) = next else {
            let left = (0..services.len()).find(|n| !order.contains(n));
            let at = left.map_or(0..0, |n| places[n].clone());
            mistakes.add(&at, "services call each other in a circle");
            break;
        };
        order.push(next);
    }
    order
}

fn beat(
    mut table: Fields<'_, '_>,
    names: &Names,
    services: &[ServiceSpec],
    mistakes: &mut Collector<'_>,
) -> Option<Beat> {
    let at = table.duration("at", mistakes);
    let when = table.text("when", mistakes);
    let begin = match (at, when) {
        (Some(at), None) => Some(Begin::At(at.value)),
        (None, Some(when)) => condition(&when, names, mistakes),
        _ => {
            let place = table.place();
            mistakes.add(&place, "story needs one of `at` and `when`");
            None
        }
    };
    let (fault, lasts) = what(table, names, services, mistakes)?;
    Some(Beat {
        begin: begin?,
        fault,
        lasts,
    })
}

fn mishap(
    mut table: Fields<'_, '_>,
    names: &Names,
    services: &[ServiceSpec],
    mistakes: &mut Collector<'_>,
) -> Option<Mishap> {
    let name = table.needed_text("name", mistakes).value;
    let (fault, lasts) = what(table, names, services, mistakes)?;
    Some(Mishap { name, fault, lasts })
}

/// What happens, and for how long.
fn what(
    mut table: Fields<'_, '_>,
    names: &Names,
    services: &[ServiceSpec],
    mistakes: &mut Collector<'_>,
) -> Option<(Fault, Option<Duration>)> {
    let lasts = table.duration("lasts", mistakes);
    let fault = fault(&mut table, names, services, mistakes);
    if let (Some(fault), Some(lasts)) = (&fault, &lasts)
        && fault.momentary()
    {
        mistakes.add(&lasts.at, "this is over at once: it takes no `lasts`");
    }
    table.finish(mistakes);
    Some((fault?, lasts.map(|lasts| lasts.value)))
}

/// `postgres.connections > 80`
fn condition(written: &At<String>, names: &Names, mistakes: &mut Collector<'_>) -> Option<Begin> {
    const FIGURES: [(&str, Figure); 6] = [
        ("errors", Figure::Errors),
        ("p95", Figure::P95),
        ("memory", Figure::Memory),
        ("connections", Figure::Connections),
        ("cache", Figure::Cache),
        ("ready", Figure::Ready),
    ];
    let mut words = written.value.split_whitespace();
    let parsed = (|| {
        let (service, figure) = words.next()?.split_once('.')?;
        let over = match words.next()? {
            ">" => true,
            "<" => false,
            _ => return None,
        };
        let bound: f32 = words.next()?.parse().ok()?;
        words
            .next()
            .is_none()
            .then_some((service, figure, over, bound))
    })();
    let Some((service, figure, over, bound)) = parsed else {
        let form = "`when` is written as \"postgres.connections > 80\"";
        mistakes.add(&written.at, form);
        return None;
    };
    let service = At {
        value: service.to_owned(),
        at: written.at.clone(),
    };
    let service = names.find(&service, mistakes);
    let found = FIGURES.iter().find(|(name, _)| *name == figure);
    if found.is_none() {
        let hint = meant(figure, FIGURES.iter().map(|(name, _)| *name));
        mistakes.add(&written.at, format!("no figure `{figure}`{hint}"));
    }
    Some(Begin::When {
        service: service?,
        figure: found?.1,
        over,
        bound,
    })
}

const FAULTS: [&str; 14] = [
    "release",
    "switch",
    "scale",
    "errors",
    "slow",
    "leak-memory",
    "fill-cache",
    "take-connections",
    "fill-disk",
    "crash",
    "restart",
    "remove",
    "disconnect",
    "latency",
];

fn fault(
    table: &mut Fields<'_, '_>,
    names: &Names,
    services: &[ServiceSpec],
    mistakes: &mut Collector<'_>,
) -> Option<Fault> {
    let word = table.needed_text("do", mistakes);
    if word.value.is_empty() {
        return None;
    }
    let known = FAULTS.iter().copied();
    if !known.clone().any(|known| known == word.value) {
        let hint = meant(&word.value, known);
        mistakes.add(
            &word.at,
            format!("nothing is called `{}`{hint}", word.value),
        );
        return None;
    }
    match word.value.as_str() {
        "fill-disk" => {
            return Some(Fault::FillDisk {
                bytes_per_s: size(table, "per_second", mistakes)?,
            });
        }
        "latency" => {
            let by = table.duration("by", mistakes);
            return Some(Fault::Latency(table.need("by", by, mistakes)?.value));
        }
        "switch" => return switch(table, names, mistakes),
        "disconnect" => {
            let cuts = [("silent", Cut::Silent), ("refused", Cut::Refused)];
            let how = table.choice("how", &cuts, mistakes);
            return Some(Fault::Disconnect(how.unwrap_or(Cut::Silent)));
        }
        _ => {}
    }
    let named = table.needed_text("service", mistakes);
    let service = if named.value.is_empty() {
        None
    } else {
        names.find(&named, mistakes)
    };
    // Each arm takes all its fields before it gives up, so that none is called unknown.
    match word.value.as_str() {
        "release" => {
            let version = table.needed_text("version", mistakes);
            let by = table.text("by", mistakes);
            let service = service?;
            let revision = services[service].revision(&version.value);
            if revision.is_none() {
                let versions = services[service].revisions.iter();
                let hint = meant(&version.value, versions.map(|r| r.version.as_str()));
                mistakes.add(
                    &version.at,
                    format!("{} has no revision `{}`{hint}", named.value, version.value),
                );
            }
            Some(Fault::Release {
                service,
                revision: revision?,
                by: by.map_or_else(|| "compose".to_owned(), |by| by.value),
            })
        }
        "scale" => {
            let replicas = table.whole("replicas", 0..=500, mistakes);
            let replicas = table.need("replicas", replicas, mistakes);
            let by = table.text("by", mistakes);
            if !names.cluster {
                mistakes.add(
                    &word.at,
                    "only a cluster scales by itself: it needs a [[node]]",
                );
            }
            Some(Fault::Scale {
                service: service?,
                replicas: replicas?.value,
                by: by.map_or_else(|| "kubectl".to_owned(), |by| by.value),
            })
        }
        "errors" => {
            let percent = number(table, "percent", mistakes);
            Some(Fault::Errors {
                service: service?,
                percent: percent?,
            })
        }
        "slow" => {
            let by = table.duration("by", mistakes);
            let by = table.need("by", by, mistakes);
            Some(Fault::Slow {
                service: service?,
                ms: millis(by?.value),
            })
        }
        "leak-memory" => {
            let bytes_per_s = size(table, "per_second", mistakes);
            Some(Fault::LeakMemory {
                service: service?,
                bytes_per_s: bytes_per_s?,
            })
        }
        "fill-cache" => {
            let bytes_per_s = size(table, "per_second", mistakes);
            Some(Fault::FillCache {
                service: service?,
                bytes_per_s: bytes_per_s?,
            })
        }
        "take-connections" => {
            let count = number(table, "count", mistakes);
            Some(Fault::TakeConnections {
                service: service?,
                count: count?,
            })
        }
        "crash" => {
            let code = table.whole("code", 0..=255, mistakes);
            Some(Fault::Crash {
                service: service?,
                code: code.map_or(1, |code| i64::from(code.value)),
            })
        }
        "restart" => Some(Fault::Restart { service: service? }),
        _ => Some(Fault::Remove { service: service? }),
    }
}

/// A route selects another one of those that it can.
fn switch(
    table: &mut Fields<'_, '_>,
    names: &Names,
    mistakes: &mut Collector<'_>,
) -> Option<Fault> {
    let named = table.needed_text("route", mistakes);
    let to = table.needed_text("to", mistakes);
    let by = table.text("by", mistakes);
    let route = names.routes.iter().position(|r| r.name == named.value);
    if route.is_none() {
        let known = names.routes.iter().map(|r| r.name.as_str());
        let hint = meant(&named.value, known);
        mistakes.add(&named.at, format!("no route `{}`{hint}", named.value));
    }
    let service = names.find(&to, mistakes)?;
    let route = route?;
    if !names.routes[route].among.contains(&service) {
        mistakes.add(
            &to.at,
            format!("{} cannot select `{}`", named.value, to.value),
        );
    }
    Some(Fault::Switch {
        route,
        to: service,
        by: by.map_or_else(|| "kubectl".to_owned(), |by| by.value),
    })
}

fn number(
    table: &mut Fields<'_, '_>,
    key: &'static str,
    mistakes: &mut Collector<'_>,
) -> Option<f32> {
    let value = table.number(key, mistakes);
    table.need(key, value, mistakes).map(|n| n.value as f32)
}

fn size(
    table: &mut Fields<'_, '_>,
    key: &'static str,
    mistakes: &mut Collector<'_>,
) -> Option<f64> {
    let value = table.size(key, mistakes);
    table.need(key, value, mistakes).map(|n| n.value as f64)
}

fn millis(duration: Duration) -> f32 {
    duration.as_secs_f32() * 1_000.0
}
