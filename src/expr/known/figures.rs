//! What a snapshot tells of one service, and of the host.

use std::time::Duration;

use jiff::Timestamp;

use super::worst::Figure;
use crate::{
    domain::{
        figures::size,
        health::Health,
        host::Host,
        image,
        instance::{Instance, Phase},
        rollout::{Rollout, RolloutState},
        service::{Service, ServiceKind, Traffic},
    },
    expr::{Measure, Value},
    safe,
    text::SafeText,
};

/// Whether it is well. One that was stopped is not, but for a task that has ended.
pub(super) fn healthy(service: &Service) -> Figure {
    let health = service.health;
    let ends = matches!(service.kind, ServiceKind::Job | ServiceKind::CronJob);
    let word = match health {
        Health::Off if ends => "ended",
        other => other.word(),
    };
    let words = if service.why.is_empty() {
        SafeText::from_static(word)
    } else {
        safe!("{word}: {}", service.why)
    };
    match health {
        Health::Unknown => Figure::Unknown(words),
        Health::Well => Figure::Known(Value::Truth(true), words),
        Health::Off => Figure::Known(Value::Truth(ends), words),
        Health::Critical | Health::Warning => Figure::Known(Value::Truth(false), words),
    }
}

/// How many copies serve.
pub(super) fn ready(service: &Service) -> Figure {
    if ends(service) {
        return Figure::Absent(SafeText::from_static("a task that ends serves nothing"));
    }
    let (ready, wanted) = (service.ready(), service.wanted());
    let words = safe!("{ready}/{wanted} ready{}", running(service));
    Figure::Known(Value::Count(ready.into()), words)
}

/// The version that its copies run; unknown while they run several.
pub(super) fn version(service: &Service) -> Figure {
    let mut versions: Vec<SafeText> = Vec::new();
    for copy in &service.instances {
        let version = image::version(&copy.image);
        if !versions.contains(&version) {
            versions.push(version);
        }
    }
    match versions.as_slice() {
        [] => Figure::Unknown(SafeText::from_static("no copy of it is there")),
        [one] if one.is_empty() => Figure::Unknown(SafeText::from_static("its image has no name")),
        [one] => {
            let words = safe!("{one}{}", running(service));
            Figure::Known(Value::Text(one.clone()), words)
        }
        several => {
            let names: Vec<&str> = several.iter().map(SafeText::as_str).collect();
            Figure::Unknown(safe!("its copies run {}", names.join(" and ")))
        }
    }
}

/// Whether all that is wanted is new and serves; `newest` is its last rollout, where the platform shows one.
pub(super) fn rolled_out(service: &Service, newest: Option<&Rollout>) -> Figure {
    if ends(service) {
        return Figure::Absent(SafeText::from_static("a task that ends is not rolled out"));
    }
    let not = |words| Figure::Known(Value::Truth(false), words);
    if let Some(rollout) = newest {
        let state = match &rollout.state {
            RolloutState::Progressing => Some("under way"),
            RolloutState::Stuck(_) => Some("stuck"),
            RolloutState::Held(_) => Some("held"),
            RolloutState::Failed(_) => Some("failed"),
            RolloutState::Done | RolloutState::Superseded => None,
        };
        if let Some(state) = state {
            let (ready, wanted, to) = (rollout.ready(), rollout.wanted, &rollout.to);
            let reason = rollout.state.reason().map_or("", SafeText::as_str);
            let colon = if reason.is_empty() { "" } else { ": " };
            return not(safe!("{ready}/{wanted} on {to}, {state}{colon}{reason}"));
        }
    }
    let (ready, wanted) = (service.ready(), service.wanted());
    let mut made_from = service.instances.iter().map(|copy| copy.made_from());
    let first = made_from.next();
    if first.is_some_and(|first| first.is_empty()) {
        return Figure::Unknown(SafeText::from_static(
            "what its copies were made from is unknown",
        ));
    }
    let of_one = made_from.all(|other| Some(other) == first);
    let there = service.instances.len() as u32;
    let words = safe!("{ready}/{wanted} ready{}", running(service));
    let truth = wanted > 0 && of_one && ready == wanted && there == wanted;
    Figure::Known(Value::Truth(truth), words)
}

/// How often the platform started its copies again.
pub(super) fn restarts(service: &Service) -> Figure {
    let counts = service
        .instances
        .iter()
        .map(|copy| i64::from(copy.restarts));
    counted(service, counts.sum(), true, "")
}

/// How often it did so since `start`, of the copies that are there now.
pub(super) fn restarts_since(service: &Service, start: Timestamp) -> Figure {
    let (mut sum, mut exact) = (0, true);
    for copy in &service.instances {
        let count = i64::from(copy.restarts);
        let is_new = copy.created.is_some_and(|created| created > start);
        match copy.started {
            _ if count == 0 || is_new => sum += count,
            None => {
                let why = safe!("when {} was started is unknown", copy.name);
                return Figure::Unknown(why);
            }
            Some(last) if last <= start => {}
            // The last of its restarts came since then; the others may have come before.
            Some(_) => {
                sum += 1;
                exact = exact && count == 1;
            }
        }
    }
    counted(service, sum, exact, " since start")
}

fn counted(service: &Service, sum: i64, exact: bool, since: &str) -> Figure {
    if ends(service) {
        return Figure::Absent(SafeText::from_static("a task that ends is not kept up"));
    }
    let copies = match service.instances.len() {
        0 => return Figure::Unknown(SafeText::from_static("no copy of it is there")),
        1 => "of 1 copy".to_owned(),
        n => format!("of {n} copies"),
    };
    let noun = if sum == 1 { "restart" } else { "restarts" };
    if exact {
        Figure::Known(Value::Count(sum), safe!("{sum} {noun}{since} {copies}"))
    } else {
        let value = Value::AtLeast(Box::new(Value::Count(sum)));
        Figure::Known(value, safe!("{sum} {noun} or more{since} {copies}"))
    }
}

/// What its largest copy uses.
pub(super) fn memory(service: &Service, measure: Measure) -> Figure {
    let mut largest: Option<(f64, u64, &Instance)> = None;
    for copy in service
        .instances
        .iter()
        .filter(|copy| copy.phase == Phase::Running)
    {
        let usage = &copy.usage;
        let Some(bytes) = usage.memory_bytes else {
            return Figure::Unknown(safe!("the memory of {} is not measured", copy.name));
        };
        let figure = match measure {
            Measure::Bytes => bytes as f64,
            Measure::Percent => match usage.memory_percent() {
                Some(percent) => f64::from(percent),
                None => return Figure::Absent(safe!("{} has no memory limit", copy.name)),
            },
        };
        if largest.is_none_or(|(most, ..)| figure > most) {
            largest = Some((figure, bytes, copy));
        }
    }
    match (largest, measure) {
        (None, _) => Figure::Absent(SafeText::from_static("no copy of it runs")),
        (Some((_, bytes, copy)), Measure::Bytes) => {
            let words = safe!("{} of memory at {}", size(bytes), copy.name);
            Figure::Known(Value::Bytes(bytes), words)
        }
        (Some((percent, _, copy)), Measure::Percent) => {
            let percent = rounded(percent, 1.0);
            let words = safe!("{percent} % of its memory limit at {}", copy.name);
            Figure::Known(Value::Percent(percent), words)
        }
    }
}

/// Disk that is free where the platform keeps its data.
pub(super) fn free_disk(host: &Host, measure: Measure) -> Figure {
    let unknown = Figure::Unknown(SafeText::from_static("free disk is not known here"));
    let Some(free) = host.disk_free_bytes else {
        return unknown;
    };
    let value = match (measure, host.disk_size_bytes) {
        (Measure::Bytes, _) => Value::Bytes(free),
        (Measure::Percent, Some(size)) if size > 0 => {
            Value::Percent(rounded(free as f64 * 100.0 / size as f64, 1.0))
        }
        (Measure::Percent, _) => return unknown,
    };
    let words = match (&value, host.disk_size_bytes) {
        (Value::Percent(percent), Some(all)) => {
            safe!("{percent} % of {} free on {}", size(all), host.name)
        }
        _ => safe!("{} free on {}", size(free), host.name),
    };
    Figure::Known(value, words)
}

/// The 95th percentile of the time to answer, to the next millisecond.
pub(super) fn p95(traffic: &Traffic) -> Figure {
    measured(traffic.p95_ms, "times to answer", |ms| {
        let span = Duration::try_from_secs_f64(ms.ceil() / 1000.0).ok()?;
        let value = Value::Span(span);
        let words = safe!("p95 {value}");
        Some((value, words))
    })
}

/// Failed requests, of all.
pub(super) fn error_rate(traffic: &Traffic) -> Figure {
    measured(traffic.error_percent, "errors", |percent| {
        let percent = rounded(percent, 1000.0);
        Some((Value::Percent(percent), safe!("{percent} % errors")))
    })
}

/// Requests a second.
pub(super) fn traffic(traffic: &Traffic) -> Figure {
    measured(traffic.rate, "requests", |rate| {
        let rate = rounded(rate, 10.0);
        Some((Value::Rate(rate), safe!("{rate} requests a second")))
    })
}

/// A figure of its traffic: what is no number comes from too few requests.
fn measured(
    figure: Option<f32>,
    what: &str,
    told: impl Fn(f64) -> Option<(Value, SafeText)>,
) -> Figure {
    let Some(figure) = figure.map(f64::from) else {
        return Figure::Absent(safe!("nothing measures its {what}"));
    };
    let is_number = figure.is_finite() && figure >= 0.0;
    match is_number.then(|| told(figure)).flatten() {
        Some((value, words)) => Figure::Known(value, words),
        None => Figure::Unknown(safe!("too little traffic to tell its {what}")),
    }
}

/// As it is told, so that the words never contradict the verdict.
fn rounded(figure: f64, steps: f64) -> f64 {
    (figure * steps).round() / steps
}

/// Whether it is a task, and nothing that is kept running.
const fn ends(service: &Service) -> bool {
    matches!(service.kind, ServiceKind::Job | ServiceKind::CronJob)
}

/// ` on v1.8.2 (sha256:0123456789ab)`: what its copies run, where they run the same.
fn running(service: &Service) -> String {
    let mut ids = service.instances.iter().map(|copy| &copy.image_id);
    let first = ids.next();
    let is_one = ids.all(|other| Some(other) == first);
    let version = &service.version;
    let digest = first.and_then(|id| image::Name::parse(id).digest);
    match digest.and_then(|digest| digest.get(..12).or(Some(digest))) {
        _ if version.is_empty() => String::new(),
        _ if !is_one => format!(" on {version} and others"),
        Some(digest) => format!(" on {version} (sha256:{digest})"),
        None => format!(" on {version}"),
    }
}
