//! What the console itself does: its figures, and its own log. The logger is a global, so nothing else looks at it.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    text::{Line, Span},
    widgets::Widget as _,
};
use tui_logger::{ExtLogRecord, LogFormatter, TuiLoggerWidget};

use super::{boxed, titled};
use crate::{
    domain::{host::Host, theme::Role},
    state::{Model, layer},
    text::{SafeText, width},
    ui::{
        Look, figures,
        paint::{Row, line},
    },
};

/// Columns of a figure's name.
const NAME: usize = 12;

pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    boxed(
        model,
        look,
        titled(look, "Diagnostics"),
        Row::new(),
        area,
        buffer,
    );
    let inner = layer::within(area);
    let figures = figures(model, look);
    let count = (figures.len() as u16).min(inner.height);
    for (number, (name, value)) in (0..count).zip(figures) {
        let mut row = Row::new();
        row.push(width::pad(name, NAME), look.style(Role::Dim))
            .gap(2);
        row.push(value, look.style(Role::Text));
        row.draw(look, line(inner, number), buffer);
    }
    let below = Rect {
        y: inner.y + count,
        height: inner.height - count,
        ..inner
    };
    let mut head = Row::new();
    head.push("The console's own log", look.style(Role::Column));
    head.draw(look, line(below, 1), buffer);
    let log = Rect {
        y: below.y + 2.min(below.height),
        height: below.height.saturating_sub(2),
        ..below
    };
    if !log.is_empty() {
        // Entries wait until somebody looks: a thread that moved them would never rest.
        tui_logger::move_events();
        let entries = Entries { look: look.clone() };
        TuiLoggerWidget::default()
            .formatter(Box::new(entries))
            .render(log, buffer);
    }
}

fn figures(model: &Model, look: &Look) -> Vec<(&'static str, String)> {
    let source = &model.source;
    let proof = source.proof.map_or_else(
        || "no answer yet".to_owned(),
        |proof| {
            let seconds = figures::seconds(proof, model.now);
            let at = figures::clock(model, look, proof);
            format!("last answer {at}, {} ago", figures::elapsed(seconds))
        },
    );
    let snapshot = model.snapshot();
    let replicas: usize = snapshot.services.iter().map(|s| s.instances.len()).sum();
    let host = &snapshot.host.identity;
    let (columns, rows) = model.size;
    let operations = model.operations.newest_first().count();
    let mut figures = vec![
        ("source", format!("{}, {proof}", source.health.word())),
        (
            "answers",
            format!("{} states since the start", source.generation),
        ),
        (
            "shown",
            format!("{} services, {replicas} replicas", snapshot.services.len()),
        ),
        (
            "events",
            format!("{} kept, of at most 1000", model.happenings.len()),
        ),
        (
            "actions",
            format!(
                "{operations} of this console, {} under way, {} left unfinished before",
                model.operations.running().count(),
                model.operations.leftovers.len()
            ),
        ),
        ("disk", disk(&snapshot.host, &source.problem)),
        ("screen", format!("{columns}x{rows}")),
        ("questions", format!("{} asked", model.next_op)),
    ];
    if !host.is_empty() {
        figures.insert(1, ("identity", host.to_string()));
    }
    if !source.problem.is_empty() {
        figures.insert(1, ("problem", source.problem.to_string()));
    }
    figures
}

/// How full the disk is where the daemon keeps its data, or why that is not known.
fn disk(host: &Host, problem: &str) -> String {
    match (host.disk_free_bytes, host.disk_size_bytes) {
        (Some(free), Some(size)) => {
            format!("{} free of {}", figures::bytes(free), figures::bytes(size))
        }
        _ if !problem.is_empty() => format!("unknown: {problem}"),
        _ => "unknown: only that of a daemon on this machine is looked at".to_owned(),
    }
}

/// Entries of the log as rows. Their words may be a platform's, so they pass the same gate as everything.
struct Entries {
    look: Look,
}

impl LogFormatter for Entries {
    fn min_width(&self) -> u16 {
        20
    }

    fn format(&self, columns: usize, entry: &ExtLogRecord) -> Vec<Line<'_>> {
        let role = match entry.level {
            log::Level::Error => Role::LevelError,
            log::Level::Warn => Role::LevelWarn,
            log::Level::Info => Role::LevelInfo,
            log::Level::Debug => Role::LevelDebug,
            log::Level::Trace => Role::LevelTrace,
        };
        let at = entry.timestamp.strftime("%H:%M:%S").to_string();
        let text = SafeText::line(format!("{}: {}", entry.target(), entry.msg()));
        let before = format!("{at} {:<5} ", entry.level);
        let room = columns.saturating_sub(before.len()).max(8);
        let indent = " ".repeat(before.len());
        let rows = width::wrap(&text, room).into_iter().enumerate();
        let row = |(number, row): (usize, &str)| {
            let before = if number == 0 { &before } else { &indent };
            Line::from(vec![
                Span::styled(before.clone(), self.look.style(role)),
                Span::styled(row.to_owned(), self.look.style(Role::Text)),
            ])
        };
        rows.map(row).collect()
    }
}
