//! The line at the top: where we are, how much of it can be believed, how bad it is, who acts, what time it is.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use super::{Look, figures, paint::Row};
use crate::{
    domain::{action::EnvironmentKind, source::SourceHealth, theme::Role},
    state::{Model, Pane, checklist::is_shown, unseen},
};

/// Below this width counts are signs and figures, without words.
const TERSE: u16 = 60;

/// One thing that it says.
struct Piece {
    row: Row,
    /// Where there is no room for all of them, the one of the highest rank goes first.
    rank: u8,
    right: bool,
}

/// Draws it; what has no room is left out, whole.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    buffer.set_style(area, look.style(Role::Header));
    let mut pieces = pieces(model, look, area.width < TERSE);
    let room = usize::from(area.width);
    while pieces.len() > 1 && pieces.iter().map(|p| p.row.width() + 2).sum::<usize>() > room {
        if let Some(at) = (0..pieces.len()).max_by_key(|&at| pieces[at].rank) {
            pieces.remove(at);
        }
    }
    let (mut left, mut right) = (Row::new(), Row::new());
    left.gap(1);
    for piece in pieces {
        if piece.right {
            right.append(piece.row).gap(1);
        } else {
            left.append(piece.row).gap(2);
        }
    }
    let taken = (left.width() as u16).min(area.width);
    left.draw(look, area, buffer);
    let rest = Rect {
        x: area.x + taken,
        width: area.width - taken,
        ..area
    };
    right.draw_right(look, rest, buffer);
}

/// What there is to say, from left to right.
fn pieces(model: &Model, look: &Look, terse: bool) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut say = |rank: u8, right: bool, text: String, style: Style| {
        let mut row = Row::new();
        row.push(text, style);
        pieces.push(Piece { row, rank, right });
    };
    let style = |role| look.style(role);
    let place = &model.place;
    let walks = model.checklist.view.as_ref();
    let rehearses = place.rehearsal || walks.is_some_and(|view| view.run().start().rehearsal);
    if place.simulated || rehearses {
        let word = if rehearses { "REHEARSAL" } else { "DEMO" };
        say(1, false, word.to_owned(), style(Role::Choice));
    }
    match place.kind {
        EnvironmentKind::Production => {
            say(0, false, "PRODUCTION".to_owned(), style(Role::Production));
        }
        // That nobody named its kind is no news; what follows from it, dialogs say.
        EnvironmentKind::Unknown => {}
        kind => say(4, false, kind.word().to_uppercase(), style(Role::Accent)),
    }
    if let Some(words) = health(model) {
        say(1, false, words, style(Role::Critical));
    }
    let name = match (place.environment.is_empty(), place.context.is_empty()) {
        // One that was found is called as its context is.
        (false, false) if place.environment == place.context => place.context.to_string(),
        (false, false) => format!("{}@{}", place.environment, place.context),
        (false, true) => place.environment.to_string(),
        _ => place.context.to_string(),
    };
    if !name.is_empty() {
        say(5, false, name, style(Role::Header));
    }
    if let Some(namespaces) = model.namespaces() {
        let words = match namespaces {
            [] if terse => "all".to_owned(),
            [] => "all namespaces".to_owned(),
            [one] => one.to_string(),
            several => format!("{} namespaces", several.len()),
        };
        say(5, false, words, style(Role::Header));
    }
    match model.alert_counts() {
        (0, 0) if model.source.health == SourceHealth::Connecting => {}
        // No alerts are no good news while nobody answers, or where what they come from may not be looked at.
        (0, 0) if figures::stale(model) || blind(model) => {
            say(2, false, "alerts unknown".to_owned(), style(Role::Unknown));
        }
        (critical, warning) => {
            let counts = [
                (
                    critical,
                    look.glyphs.critical,
                    "critical",
                    Role::Critical,
                    1,
                ),
                (warning, look.glyphs.warning, "warning", Role::Warning, 2),
            ];
            for (count, sign, word, role, rank) in counts.into_iter().filter(|c| c.0 > 0) {
                let text = if terse {
                    format!("{sign} {count}")
                } else {
                    format!("{count} {word}")
                };
                say(rank, false, text, style(role));
            }
        }
    }
    if let Some(view) = walks.filter(|view| !is_shown(model) && view.run().ended().is_none()) {
        let run = view.run();
        let (done, of) = run.progress();
        let words = format!("{} {done}/{of}", run.start().name);
        match run.breach() {
            Some(_) => say(1, false, format!("ABORT? {words}"), style(Role::Critical)),
            None => say(4, false, words, style(Role::Accent)),
        }
    }
    if model.capabilities.read_only {
        say(6, false, "read-only".to_owned(), style(Role::Info));
    }
    if let Some(at) = model.backup {
        let age = figures::age(figures::seconds(at, model.now));
        say(8, false, format!("backup {age}"), style(Role::Dim));
    }
    if let Some(operator) = &model.operator {
        say(
            9,
            true,
            operator.truncated(16).to_string(),
            style(Role::Dim),
        );
    }
    if model.now.as_second() > 0 {
        // In the plain style of the line: it changes every second, and styles cost bytes on a slow one.
        let time = figures::clock(model, look, model.now);
        let zone = figures::zone_name(model, look);
        say(3, true, format!("{time} {zone}"), style(Role::Header));
    }
    pieces
}

/// Whether there may be alerts that nobody can know of.
fn blind(model: &Model) -> bool {
    !unseen::of(&model.source, Pane::Alerts).is_empty()
}

/// How the connection is; a live one says nothing.
fn health(model: &Model) -> Option<String> {
    let health = model.source.health;
    let since = model
        .source
        .proof
        .map(|proof| figures::seconds(proof, model.now));
    match (health, since) {
        // It lives, and does not say who it is.
        (SourceHealth::Live, _) if !model.source.problem.is_empty() => {
            Some("identity unknown, no changes".to_owned())
        }
        (SourceHealth::Live, _) => None,
        (SourceHealth::Connecting | SourceHealth::CatchingUp, _) | (_, None) => {
            Some(health.word().to_owned())
        }
        (_, Some(seconds @ 0..60)) => Some(format!("{} {seconds} s", health.word())),
        (_, Some(seconds)) => Some(format!("{} {}", health.word(), figures::age(seconds))),
    }
}
