//! The steps: sign, text, and how each of them stands. Only what is shown is looked at.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    super::{
        Look, figures,
        layer::titled,
        paint::{Row, line, select},
    },
    cut, title, within,
};
use crate::{
    checklist::{Item, Kind, State, Step},
    domain::theme::Role,
    expr::{Truth, Verdict},
    state::{
        Model,
        checklist::{Line, View},
    },
    text::{SafeText, width},
};

pub(super) fn draw(model: &Model, look: &Look, view: &View, frame: Rect, buffer: &mut Buffer) {
    let run = view.run();
    let lists = &run.document().lists;
    let section = view.section();
    let name = section.map_or("", |at| lists[at].name.as_str());
    let (done, of) = section.map_or((0, 0), |at| view.settled(at));
    let area = within(frame);
    let (first, lines) = (view.cursor.first(), view.lines());
    let below = lines.len().saturating_sub(first + usize::from(area.height));
    let mut right = format!("{done} of {of}");
    for (count, sign) in [(first, look.glyphs.up), (below, look.glyphs.down)] {
        if count > 0 {
            right.push_str(&format!("  {count} more {sign}"));
        }
    }
    title(look, titled(look, name), &right, frame, buffer);
    for (number, entry) in (0..area.height).zip(lines.iter().skip(first)) {
        let at = line(area, number);
        match entry {
            Line::Section(list) => {
                let mut row = Row::new();
                let (done, of) = view.settled(*list);
                row.gap(1)
                    .push(lists[*list].name.as_str(), look.style(Role::Column));
                row.push(format!("  {done} of {of}"), look.style(Role::Dim));
                row.draw(look, at, buffer);
            }
            Line::Step(id) => {
                if let Some((item, step)) = run.document().item(*id).zip(run.step(*id)) {
                    let selected = view.cursor.selected == Some(*id);
                    row(model, look, view, (item, step), selected, at.width).draw(look, at, buffer);
                    if selected {
                        select(look, at, model.layers.len() == 1, 1..1, buffer);
                    }
                }
            }
        }
    }
}

fn row(
    model: &Model,
    look: &Look,
    view: &View,
    (item, step): (&Item, &Step),
    selected: bool,
    columns: u16,
) -> Row {
    let columns = usize::from(columns);
    let mut row = Row::new();
    let cursor = if selected { look.glyphs.cursor } else { " " };
    row.push(cursor, look.style(Role::Accent));
    let (sign, role) = sign(look, step.state);
    row.push(sign, look.style(role)).gap(1);
    let killer = if item.killer { look.glyphs.killer } else { " " };
    row.push(killer, look.style(Role::Warning)).gap(1);
    row.gap(usize::from(item.depth.min(4)) * 2);
    let told = columns * 2 / 5;
    let room = columns.saturating_sub(row.width() + told + 1).max(8);
    let text = width::pad(&cut(look, &item.text, room), room);
    row.push(text, look.style(Role::Text)).gap(1);
    let (words, role) = stands(model, look, view, item, step);
    row.push(words, look.style(role));
    row
}

/// The sign of a state; a word stands beside each that is not well.
pub(super) const fn sign(look: &Look, state: State) -> (&'static str, Role) {
    let glyphs = look.glyphs;
    match state {
        State::Pending => (" ", Role::Text),
        State::Running => (glyphs.pending, Role::Accent),
        State::Passed | State::Attested => (glyphs.good, Role::Good),
        State::Failed => (glyphs.bad, Role::Critical),
        State::Skipped | State::Waived => (glyphs.none, Role::Warning),
        State::Stale | State::Uncertain => (glyphs.unknown, Role::Unknown),
    }
}

/// How it stands, in words.
fn stands(model: &Model, look: &Look, view: &View, item: &Item, step: &Step) -> (String, Role) {
    let at = step.at.map(|at| figures::minute(model, look, at));
    let at = at.unwrap_or_default();
    let Step { by, words, .. } = step;
    match step.state {
        State::Pending => {
            let owner = item.owner.as_ref().map(|of| format!(", {of}"));
            (
                format!("{}{}", item.kind.word(), owner.unwrap_or_default()),
                Role::Dim,
            )
        }
        State::Running => (running(model, item, step), Role::Accent),
        State::Passed => (format!("{at} {words}"), Role::Text),
        State::Attested => (format!("{at} says {by}"), Role::Text),
        State::Failed if matches!(item.kind, Kind::Gate) => {
            (format!("NO GO {at} {by}: {words}"), Role::Critical)
        }
        State::Failed => (
            format!("failed {at} {}", newest(view, item, step)),
            Role::Critical,
        ),
        State::Skipped | State::Waived => {
            (format!("{} by {by}: {words}", step.state), Role::Warning)
        }
        State::Stale | State::Uncertain => (format!("{}: {words}", step.state), Role::Unknown),
    }
}

/// Why it fails, as it is now: what is written down of it is the first reason.
fn newest(view: &View, item: &Item, step: &Step) -> SafeText {
    let is_looked_at = matches!(item.kind, Kind::Check(_)) || step.done;
    let verdict = view.verdict(item.id).filter(|_| is_looked_at);
    let fails = verdict.filter(|verdict| verdict.truth == Truth::False);
    fails.map_or_else(|| step.words.clone(), Verdict::words)
}

fn running(model: &Model, item: &Item, step: &Step) -> String {
    match &item.kind {
        Kind::Soak(_, long) => match step.clock {
            Some(clock) => {
                let held = figures::seconds(clock, model.now).min(long.as_secs());
                let (held, long) = (figures::elapsed(held), figures::elapsed(long.as_secs()));
                format!("{held} of {long}")
            }
            None => format!("waits to hold: {}", step.words),
        },
        Kind::Do(..) if step.is_acting() => {
            let since = step.at.map_or(0, |at| figures::seconds(at, model.now));
            format!("under way for {}", figures::lasting(since))
        }
        Kind::Do(..) => "done; waits for its proof".to_owned(),
        Kind::Gate => format!("{}; one other needed", step.words),
        Kind::Check(_) | Kind::Attest => format!("unknown: {}", step.words),
    }
}
