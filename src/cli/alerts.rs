//! `alerts`: what wants an eye, worst first.

use std::{cmp::Reverse, time::Duration};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::{
    context::{Context, Reached},
    exit::{CommandResult, Exit},
    out::{self, Paint, Style},
    status::seconds,
    table::{Side, Table},
};
use crate::{
    domain::{
        alert::{Acknowledgement, Alert, Severity},
        figures,
        service::ServiceId,
        source::SourceState,
    },
    signal::Watch,
    state::{Pane, unseen},
    text::SafeText,
};

/// How long what an action has put an end to may still be shown.
const SETTLES: Duration = Duration::from_secs(2);

/// `quarterdeck alerts`.
#[derive(Debug, Args)]
pub(super) struct Alerts {
    /// As JSON, an object a line
    #[arg(long)]
    json: bool,
    /// Exit with 1 when something is critical that nobody has acknowledged
    #[arg(long)]
    exit_code: bool,
}

pub(super) async fn run(context: &Context, asked: Alerts) -> CommandResult {
    let mut reached = context.reach().await?;
    reached.figures().await;
    reached.signals().await;
    let state = reached.state();
    let now = reached.now();
    let mut alerts = standing(context, &state, now);
    alerts.sort_by(|a, b| {
        (a.severity, Reverse(a.since), &a.fingerprint).cmp(&(
            b.severity,
            Reverse(b.since),
            &b.fingerprint,
        ))
    });
    let known = acknowledged(context, &state.snapshot.host.identity);
    let by = |alert: &Alert| {
        let mut by = known.iter().filter(|a| a.fingerprint == alert.fingerprint);
        by.next_back()
    };
    if asked.json {
        let lines: String = alerts
            .iter()
            .map(|a| out::line_of(&AlertJson::new(a, by(a))))
            .collect();
        out::print(&lines)?;
    } else {
        let unseen = unseen::of(&state, Pane::Alerts);
        if !unseen.is_empty() {
            out::say(&format!("there may be more: {unseen}"));
        }
        if !alerts.is_empty() || unseen.is_empty() {
            out::print(&table(&context.style(), &reached, &alerts, &by))?;
        }
    }
    let loud = |a: &&Alert| a.severity == Severity::Critical && !a.silenced && by(a).is_none();
    let critical = alerts.iter().any(|a| loud(&a));
    Ok(if asked.exit_code && critical {
        Exit::Failed
    } else {
        Exit::Done
    })
}

pub(super) fn standing(context: &Context, state: &SourceState, now: Timestamp) -> Vec<Alert> {
    let settings = &context.config.settings;
    let thresholds = |service: &str| *settings.thresholds(service);
    Watch::default().alerts(state, &thresholds, now)
}

/// How many critical alerts stand on a service after an action on it. What it has put an end to may still be shown for a
/// moment.
pub(super) async fn remaining(context: &Context, reached: &Reached, on: &ServiceId) -> usize {
    let mut states = reached.platform.state.clone();
    let end = Instant::now() + SETTLES;
    loop {
        let state = states.borrow_and_update().clone();
        let on_it = |a: &&Alert| a.severity == Severity::Critical && a.service.as_ref() == Some(on);
        let all = standing(context, &state, reached.now());
        let remain = all.iter().filter(on_it).count();
        let changed = timeout_at(end, states.changed());
        if remain == 0 || !matches!(changed.await, Ok(Ok(()))) {
            return remain;
        }
    }
}

/// Who knows of what. Without a journal, nobody, and that is said.
fn acknowledged(context: &Context, identity: &str) -> Vec<Acknowledgement> {
    let ledger = context.ledger();
    let known = ledger
        .journal()
        .map(|journal| journal.acknowledgements(identity));
    match known {
        Ok(Ok(known)) => known,
        Ok(Err(error)) => {
            out::say(&format!(
                "acknowledgements are not shown: {}",
                SafeText::line(error.to_string())
            ));
            Vec::new()
        }
        Err(why) => {
            out::say(&format!("acknowledgements are not shown: {why}"));
            Vec::new()
        }
    }
}

fn table<'a>(
    style: &Style,
    reached: &Reached,
    alerts: &'a [Alert],
    by: &dyn Fn(&'a Alert) -> Option<&'a Acknowledgement>,
) -> String {
    if alerts.is_empty() {
        return "nothing wants an eye\n".to_owned();
    }
    let mut table = Table::new(&[
        ("", Side::Left),
        ("FOR", Side::Right),
        ("SERVICE", Side::Left),
        ("WHAT", Side::Left),
        ("ACKNOWLEDGED", Side::Left),
    ]);
    for alert in alerts {
        let (sign, paint) = style.severity(Some(alert.severity));
        let known = by(alert).map_or_else(String::new, |a| {
            format!("by {} until {}", a.by, style.time(a.until))
        });
        let age = alert.since.map_or_else(
            || style.glyphs.none.to_owned(),
            |since| figures::lasting(seconds(since, reached.now())),
        );
        let service = alert
            .service
            .as_ref()
            .map_or_else(|| "host".to_owned(), |id| reached.name_of(id));
        table.row(vec![
            (sign.to_owned(), paint),
            (age, Paint::Plain),
            (service, Paint::Plain),
            (alert.summary.to_string(), paint),
            (known, Paint::Dim),
        ]);
    }
    table.render(style)
}

/// A line of `alerts --json`.
#[derive(Serialize)]
struct AlertJson {
    fingerprint: SafeText,
    severity: &'static str,
    service: Option<String>,
    summary: SafeText,
    detail: SafeText,
    since: Option<Timestamp>,
    source: SafeText,
    acknowledged: Option<AcknowledgedJson>,
}

#[derive(Serialize)]
struct AcknowledgedJson {
    by: SafeText,
    at: Timestamp,
    until: Timestamp,
}

impl AlertJson {
    fn new(alert: &Alert, known: Option<&Acknowledgement>) -> Self {
        Self {
            fingerprint: alert.fingerprint.0.clone(),
            severity: alert.severity.word(),
            service: alert.service.as_ref().map(ToString::to_string),
            summary: alert.summary.clone(),
            detail: alert.detail.clone(),
            since: alert.since,
            source: alert.source.clone(),
            acknowledged: known.map(|a| AcknowledgedJson {
                by: a.by.clone(),
                at: a.at,
                until: a.until,
            }),
        }
    }
}
