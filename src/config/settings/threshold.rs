//! `[threshold]`, and `threshold.…` of a service.

use std::{str::FromStr, time::Duration};

use toml::de::DeTable;

use crate::{
    config::reader::{Keys, Located, Reader},
    domain::{
        threshold::{Threshold, Thresholds},
        values::{Percent, Span, ValueError},
    },
};

const LATER: &[&str] = &["p99", "cpu", "pool", "slow_queries", "unavailable"];
const EVERYWHERE: Keys<'_> = Keys {
    known: &["memory", "disk_free", "error_rate", "p95"],
    later: LATER,
};
const OF_SERVICE: Keys<'_> = Keys {
    known: &["memory", "error_rate", "p95"],
    later: LATER,
};
const STEPS: Keys<'_> = Keys {
    known: &["warning", "critical", "for"],
    later: &[],
};

/// Which way a figure gets worse.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Worse {
    Above,
    Below,
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    file: &DeTable<'_>,
    key: &str,
    usual: Thresholds,
) -> Thresholds {
    let Some(table) = reader.table(file, key) else {
        return usual;
    };
    reader.keys(table.value, key, &EVERYWHERE);
    let disk_free = steps(reader, table.value, "disk_free", Worse::Below, of_hundred);
    Thresholds {
        disk_free: disk_free.unwrap_or(usual.disk_free),
        ..of_services(reader, table.value, usual)
    }
}

pub(super) fn read_of_service(
    reader: &mut Reader<'_>,
    service: &DeTable<'_>,
    usual: Thresholds,
) -> Thresholds {
    let Some(table) = reader.table(service, "threshold") else {
        return usual;
    };
    reader.keys(table.value, "threshold", &OF_SERVICE);
    of_services(reader, table.value, usual)
}

/// What a service may have of its own.
fn of_services(reader: &mut Reader<'_>, table: &DeTable<'_>, usual: Thresholds) -> Thresholds {
    let mut percent = |key| steps(reader, table, key, Worse::Above, of_hundred);
    let (memory, error_rate) = (percent("memory"), percent("error_rate"));
    let p95 = steps(reader, table, "p95", Worse::Above, |Span(time)| {
        time.as_secs_f64() * 1_000.0
    });
    Thresholds {
        memory: memory.unwrap_or(usual.memory),
        error_rate: error_rate.unwrap_or(usual.error_rate),
        p95: p95.unwrap_or(usual.p95),
        ..usual
    }
}

const fn of_hundred(Percent(percent): Percent) -> f64 {
    percent
}

fn steps<T: FromStr<Err = ValueError> + PartialOrd + Copy>(
    reader: &mut Reader<'_>,
    table: &DeTable<'_>,
    key: &str,
    worse: Worse,
    figure: impl Fn(T) -> f64,
) -> Option<Threshold> {
    let table = reader.table(table, key)?;
    reader.keys(table.value, key, &STEPS);
    let warning: Option<Located<T>> = reader.parsed(table.value, "warning");
    let critical: Option<Located<T>> = reader.parsed(table.value, "critical");
    if let (Some(warning), Some(critical)) = (&warning, &critical) {
        let (in_order, word) = match worse {
            Worse::Above => (warning.value < critical.value, "above"),
            Worse::Below => (warning.value > critical.value, "below"),
        };
        if !in_order {
            reader
                .problem(
                    critical.span.clone(),
                    format!("critical has to lie {word} warning"),
                )
                .also(warning.span.clone(), "the warning");
        }
    }
    let hold: Option<Located<Span>> = reader.parsed(table.value, "for");
    Some(Threshold {
        warning: warning.map(|found| figure(found.value)),
        critical: critical.map(|found| figure(found.value)),
        hold: hold.map_or(Duration::ZERO, |found| found.value.0),
    })
}
