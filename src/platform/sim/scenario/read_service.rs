//! One `[[service]]` of a scenario file.

use std::time::Duration;

use super::{
    Call, CheckSpec, Flaw, Load, LogSpec, On, Restart, RevisionSpec, ServiceSpec, Store, Template,
    VolumeSpec, cluster,
    mistake::Collector,
    read::Names,
    reader::{At, Fields, meant},
};
use crate::domain::log::Stream;

pub(super) fn service(
    mut table: Fields<'_, '_>,
    name: String,
    names: &Names,
    mistakes: &mut Collector<'_>,
) -> ServiceSpec {
    let mut revisions: Vec<RevisionSpec> = Vec::new();
    for row in table.tables("revision", mistakes) {
        let at = row.place();
        let revision = revision(row, mistakes);
        if revisions.iter().any(|r| r.version == revision.version) {
            mistakes.add(&at, format!("revision `{}` stands twice", revision.version));
        }
        revisions.push(revision);
    }
    let version = table.needed_text("version", mistakes);
    let current = revisions.iter().position(|r| r.version == version.value);
    if current.is_none() && !version.value.is_empty() {
        let known = revisions.iter().map(|r| r.version.as_str());
        let hint = if revisions.is_empty() {
            format!(": {name} needs at least one [[service.revision]]")
        } else {
            meant(&version.value, known)
        };
        mistakes.add(
            &version.at,
            format!("no revision `{}`{hint}", version.value),
        );
    }
    let calls = table
        .tables("call", mistakes)
        .into_iter()
        .filter_map(|row| call(row, names, mistakes))
        .collect();
    let needs = table
        .words("depends_on", mistakes)
        .iter()
        .filter_map(|needed| names.callee(needed, mistakes))
        .collect();
    let logs = table
        .tables("log", mistakes)
        .into_iter()
        .filter_map(|row| log(row, names, &revisions, mistakes))
        .collect();
    let seconds =
        |at: Option<At<Duration>>, default| at.map_or(Duration::from_secs(default), |at| at.value);
    let spec = ServiceSpec {
        image: table.needed_text("image", mistakes).value,
        replicas: table
            .whole("replicas", 0..=500, mistakes)
            .map_or(1, |n| n.value),
        ports: ports(&mut table, mistakes),
        command: table
            .text("command", mistakes)
            .map_or_else(String::new, |c| c.value),
        restart: table
            .choice(
                "restart",
                &[
                    ("no", Restart::No),
                    ("on-failure", Restart::OnFailure),
                    ("always", Restart::Always),
                    ("unless-stopped", Restart::UnlessStopped),
                ],
                mistakes,
            )
            .unwrap_or(Restart::UnlessStopped),
        grace: seconds(table.duration("stop_grace_period", mistakes), 10),
        stops_in: seconds(table.duration("stops_in", mistakes), 1),
        starts_in: seconds(table.duration("starts_in", mistakes), 2),
        check: check(&mut table, mistakes),
        cpu_limit: table.number("cpus", mistakes).map(|n| n.value as f32),
        memory_limit: table.size("memory_limit", mistakes).map(|s| s.value),
        environment: table
            .words("environment", mistakes)
            .into_iter()
            .map(|word| word.value)
            .collect(),
        volume: volume(&mut table, mistakes),
        load: load(&mut table, mistakes),
        store: store(&mut table, mistakes),
        workload: cluster::workload(&mut table, names.cluster, mistakes),
        name,
        calls,
        needs,
        revisions,
        current: current.unwrap_or(0),
        logs,
    };
    table.finish(mistakes);
    spec
}

fn ports(table: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Vec<(u16, Option<u16>)> {
    let mut ports = Vec::new();
    for written in table.words("ports", mistakes) {
        let read = match written.value.split_once(':') {
            Some((host, inside)) => inside
                .parse()
                .ok()
                .and_then(|inside| Some((inside, Some(host.parse().ok()?)))),
            None => written.value.parse().ok().map(|inside| (inside, None)),
        };
        match read {
            Some(port) => ports.push(port),
            None => mistakes.add(&written.at, "a port is written as \"5432\" or \"3000:80\""),
        }
    }
    ports
}

fn check(table: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Option<CheckSpec> {
    let mut table = table.table("check", mistakes)?;
    let spec = CheckSpec {
        command: table.needed_text("command", mistakes).value,
        interval: table
            .duration("interval", mistakes)
            .map_or(Duration::from_secs(30), |d| d.value),
        timeout: table
            .duration("timeout", mistakes)
            .map_or(Duration::from_secs(5), |d| d.value),
        retries: table
            .whole("retries", 1..=100, mistakes)
            .map_or(3, |n| n.value),
        start_period: table
            .duration("start_period", mistakes)
            .map_or(Duration::ZERO, |d| d.value),
        through: table.flag("through", mistakes),
    };
    if spec.interval < Duration::from_millis(100) {
        mistakes.add(&table.place(), "a check's `interval` is at least 100ms");
    }
    table.finish(mistakes);
    Some(spec)
}

fn volume(table: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Option<VolumeSpec> {
    let mut table = table.table("volume", mistakes)?;
    let spec = VolumeSpec {
        name: table.needed_text("name", mistakes).value,
        path: table.needed_text("path", mistakes).value,
        bytes: table.size("size", mistakes).map_or(1 << 30, |s| s.value),
    };
    table.finish(mistakes);
    Some(spec)
}

/// Log entries a second of one service: each is made in turn, so many more would stop the world.
const MOST_LOGS: f32 = 10_000.0;

fn load(table: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Load {
    let place = table.place();
    let Some(mut table) = table.table("load", mistakes) else {
        mistakes.add(&place, "service needs a [service.load]");
        return Load {
            rate: 0.0,
            capacity: 1.0,
            p95_ms: 0.0,
            cpu_ms: 0.0,
            memory: 0,
            logs: 0.0,
        };
    };
    let load = Load {
        rate: table.number_or("rate", 0.0, mistakes) as f32,
        capacity: table.number_or("capacity", 1_000.0, mistakes) as f32,
        p95_ms: table.number_or("p95_ms", 5.0, mistakes) as f32,
        cpu_ms: table.number_or("cpu_ms", 1.0, mistakes) as f32,
        memory: table.size("memory", mistakes).map_or(64 << 20, |s| s.value),
        logs: table.number_or("logs", 1.0, mistakes) as f32,
    };
    if load.capacity <= 0.0 {
        mistakes.add(&table.place(), "`capacity` is more than 0");
    }
    if load.logs > MOST_LOGS {
        mistakes.add(
            &table.place(),
            format!("`logs` is at most {MOST_LOGS} a second"),
        );
    }
    table.finish(mistakes);
    load
}

fn store(table: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Option<Store> {
    let database = table.whole("max_connections", 1..=100_000, mistakes);
    let cache = table.size("max_memory", mistakes);
    let pool = table.whole("pool", 1..=100_000, mistakes);
    let place = match (&database, &cache, &pool) {
        (Some(_), Some(other), _) => Some(other.at.clone()),
        (Some(_), _, Some(other)) | (_, Some(_), Some(other)) => Some(other.at.clone()),
        _ => None,
    };
    if let Some(place) = place {
        let several = "a service is a database (`max_connections`), a pool of connections (`pool`) or a cache (`max_memory`)";
        mistakes.add(&place, several);
        return None;
    }
    let database = database.map(|max| Store::Database {
        max_connections: max.value,
    });
    let cache = cache.map(|max| Store::Cache {
        max_memory: max.value,
    });
    let pool = pool.map(|size| Store::Pool { size: size.value });
    database.or(cache).or(pool)
}

fn call(mut table: Fields<'_, '_>, names: &Names, mistakes: &mut Collector<'_>) -> Option<Call> {
    let to = table.needed_text("to", mistakes);
    let to = (!to.value.is_empty())
        .then(|| names.callee(&to, mistakes))
        .flatten();
    let per = table.number_or("per", 1.0, mistakes) as f32;
    let connections = table.number_or("connections", 0.0, mistakes) as f32;
    let hurts = table.number_or("hurts", 1.0, mistakes) as f32;
    let code = table.whole("exits", 1..=255, mistakes);
    let after = table.duration("after", mistakes);
    table.finish(mistakes);
    Some(Call {
        to: to?,
        per,
        connections,
        hurts: hurts.min(1.0),
        exits: code.map(|code| {
            let after = after.map_or(Duration::from_secs(2), |after| after.value);
            (i64::from(code.value), after)
        }),
    })
}

fn revision(mut table: Fields<'_, '_>, mistakes: &mut Collector<'_>) -> RevisionSpec {
    let exits = table.whole("exits", 1..=255, mistakes);
    let after = table.duration("after", mistakes);
    let flaw = Flaw {
        error_percent: table.number_or("errors", 0.0, mistakes) as f32,
        extra_ms: table.number_or("extra_ms", 0.0, mistakes) as f32,
        extra_cpu_ms: table.number_or("extra_cpu_ms", 0.0, mistakes) as f32,
        leaks_memory_per_s: table
            .size("leaks_memory", mistakes)
            .map_or(0.0, |s| s.value as f64),
        leaks_connections_per_s: table.number_or("leaks_connections", 0.0, mistakes) as f32,
        leaks_connections_up_to: table.number_or("up_to", 1_000.0, mistakes) as f32,
        keeps_bytes_per_s: table
            .size("keeps_keys", mistakes)
            .map_or(0.0, |s| s.value as f64),
        exits: exits.map(|code| {
            let after = after.map_or(Duration::from_secs(2), |after| after.value);
            (after, i64::from(code.value))
        }),
        unhealthy: table.flag("unhealthy", mistakes),
        check_says: table
            .text("check_says", mistakes)
            .map_or_else(String::new, |says| says.value),
    };
    let spec = RevisionSpec {
        version: table.needed_text("version", mistakes).value,
        began: table.duration("began", mistakes).map(|d| d.value),
        served: table
            .duration("served", mistakes)
            .map_or(Duration::ZERO, |d| d.value),
        flaw,
        adds: table
            .words("adds", mistakes)
            .into_iter()
            .map(|word| word.value)
            .collect(),
    };
    table.finish(mistakes);
    spec
}

fn log(
    mut table: Fields<'_, '_>,
    names: &Names,
    revisions: &[RevisionSpec],
    mistakes: &mut Collector<'_>,
) -> Option<LogSpec> {
    let every = table.duration("every", mistakes);
    let occasions = [
        ("start", On::Start),
        ("stop", On::Stop),
        ("exit", On::Exit),
        ("end", On::End),
        ("request", On::Request),
        ("error", On::Error),
        ("refused", On::Refused),
    ];
    let on = table.choice("on", &occasions, mistakes);
    let place = table.place();
    let on = match (on, &every) {
        (None, Some(every)) if every.value >= Duration::from_secs(1) => {
            Some(On::Every(every.value))
        }
        (None, Some(every)) => {
            mistakes.add(&every.at, "`every` is at least 1s");
            None
        }
        (Some(on), None) => Some(on),
        _ => {
            mistakes.add(&place, "log needs one of `on` and `every`");
            None
        }
    };
    let because = table
        .text("because", mistakes)
        .and_then(|name| names.find(&name, mistakes));
    let version = table.text("version", mistakes);
    let revision = version.and_then(|version| {
        let found = revisions.iter().position(|r| r.version == version.value);
        if found.is_none() {
            mistakes.add(&version.at, format!("no revision `{}`", version.value));
        }
        found
    });
    let weight = table.number_or("weight", 1.0, mistakes) as f32;
    let stream = if table.flag("stderr", mistakes) {
        Stream::Err
    } else {
        Stream::Out
    };
    let line = table.needed_text("line", mistakes);
    table.finish(mistakes);
    let template = Template::parse(&line.value)
        .map_err(|why| mistakes.add(&line.at, why))
        .ok();
    Some(LogSpec {
        on: on?,
        because,
        revision,
        weight,
        stream,
        template: template?,
    })
}
