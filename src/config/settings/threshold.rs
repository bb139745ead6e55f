//! `[threshold]`, and `threshold.…` of a service.

use std::time::Duration;

use toml::de::DeTable;

use crate::{
    config::reader::{Keys, Located, Reader},
    domain::{
        threshold::{Threshold, Thresholds},
        values::{Percent, Span},
    },
};

const LATER: &[&str] = &[
    "error_rate",
    "p95",
    "p99",
    "cpu",
    "pool",
    "slow_queries",
    "unavailable",
];
const EVERYWHERE: Keys<'_> = Keys {
    known: &["memory", "disk_free"],
    later: LATER,
};
const OF_SERVICE: Keys<'_> = Keys {
    known: &["memory"],
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
    Thresholds {
        memory: steps(reader, table.value, "memory", Worse::Above).unwrap_or(usual.memory),
        disk_free: steps(reader, table.value, "disk_free", Worse::Below).unwrap_or(usual.disk_free),
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
    Thresholds {
        memory: steps(reader, table.value, "memory", Worse::Above).unwrap_or(usual.memory),
        ..usual
    }
}

fn steps(
    reader: &mut Reader<'_>,
    table: &DeTable<'_>,
    key: &str,
    worse: Worse,
) -> Option<Threshold> {
    let table = reader.table(table, key)?;
    reader.keys(table.value, key, &STEPS);
    let warning: Option<Located<Percent>> = reader.parsed(table.value, "warning");
    let critical: Option<Located<Percent>> = reader.parsed(table.value, "critical");
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
        warning: warning.map(|found| found.value.0),
        critical: critical.map(|found| found.value.0),
        hold: hold.map_or(Duration::ZERO, |found| found.value.0),
    })
}
