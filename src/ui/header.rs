//! The line at the top: where we are, how much of it can be believed, how bad it is, who acts, what time it is.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Look, figures, paint::Row};
use crate::{
    domain::{action::EnvironmentKind, source::SourceHealth, theme::Role},
    state::Model,
};

/// Draws it. What matters most stands at the left; what has no room is left out from the middle.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    buffer.set_style(area, look.style(Role::Header));
    let room = usize::from(area.width);
    let clock = clock(model, look);
    let mut right = Row::new();
    if clock.width() < room / 2 {
        right.append(clock);
    }
    if let Some(operator) = &model.operator {
        let mut with = Row::new();
        with.push(operator.truncated(16).as_str(), look.style(Role::Dim))
            .gap(1);
        with.append(right);
        right = with;
    }
    let mut left = Row::new();
    left.gap(1);
    for piece in pieces(model, look) {
        if left.width() + piece.width() + 2 + right.width() <= room || left.width() <= 1 {
            left.append(piece).gap(2);
        }
    }
    let taken = left.width() as u16;
    left.draw(look, area, buffer);
    let rest = Rect {
        x: area.x + taken.min(area.width),
        width: area.width.saturating_sub(taken),
        ..area
    };
    right.draw_right(look, rest, buffer);
}

/// What there is to say, the most important first.
fn pieces(model: &Model, look: &Look) -> Vec<Row> {
    let mut pieces = Vec::new();
    let mut say = |text: String, role: Role| {
        let mut row = Row::new();
        row.push(text, look.style(role));
        pieces.push(row);
    };
    let place = &model.place;
    if place.simulated {
        say("DEMO".to_owned(), Role::Production);
    }
    match place.kind {
        EnvironmentKind::Production => say("PRODUCTION".to_owned(), Role::Production),
        EnvironmentKind::Unknown => say("KIND UNKNOWN".to_owned(), Role::Dim),
        kind => say(kind.word().to_uppercase(), Role::Accent),
    }
    if let Some(words) = health(model) {
        say(words, Role::Critical);
    }
    let name = match (place.environment.is_empty(), place.context.is_empty()) {
        (false, false) => format!("{}@{}", place.environment, place.context),
        (false, true) => place.environment.to_string(),
        _ => place.context.to_string(),
    };
    if !name.is_empty() {
        say(name, Role::Header);
    }
    pieces.extend(alerts(model, look));
    let mut say = |text: String, role: Role| {
        let mut row = Row::new();
        row.push(text, look.style(role));
        pieces.push(row);
    };
    if model.capabilities.read_only {
        say("read-only".to_owned(), Role::Info);
    }
    if let Some(at) = model.backup {
        let age = figures::age(figures::seconds(at, model.now));
        say(format!("backup {age}"), Role::Dim);
    }
    pieces
}

/// How the connection is; a live one says nothing.
fn health(model: &Model) -> Option<String> {
    let health = model.source.health;
    let since = model
        .source
        .proof
        .map(|proof| figures::seconds(proof, model.now));
    match (health, since) {
        (SourceHealth::Live, _) => None,
        (SourceHealth::Connecting | SourceHealth::CatchingUp, _) | (_, None) => {
            Some(health.word().to_owned())
        }
        (_, Some(seconds @ 0..60)) => Some(format!("{} {seconds} s", health.word())),
        (_, Some(seconds)) => Some(format!("{} {}", health.word(), figures::age(seconds))),
    }
}

/// How many alerts there are. No alerts are no good news while nobody answers.
fn alerts(model: &Model, look: &Look) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut say = |text: String, role: Role| {
        let mut row = Row::new();
        row.push(text, look.style(role));
        rows.push(row);
    };
    match model.alert_counts() {
        (0, 0) if model.source.health == SourceHealth::Connecting => {}
        (0, 0) if figures::stale(model) => say("alerts unknown".to_owned(), Role::Unknown),
        (critical, warning) => {
            if critical > 0 {
                say(format!("{critical} critical"), Role::Critical);
            }
            if warning > 0 {
                say(format!("{warning} warning"), Role::Warning);
            }
        }
    }
    rows
}

/// The time, in plain style: it changes every second, and styles cost bytes on a slow line.
fn clock(model: &Model, look: &Look) -> Row {
    let mut row = Row::new();
    if model.now.as_second() > 0 {
        row.push(
            figures::clock(model, look, model.now),
            look.style(Role::Header),
        );
        row.push(
            format!(" {} ", figures::zone_name(model, look)),
            look.style(Role::Header),
        );
    }
    row
}
