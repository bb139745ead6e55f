//! The alerts pane: grouped by whether the deployment brought them.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look, banner, figures,
    paint::{Row, line, select},
};
use crate::{
    domain::{
        alert::{Alert, Severity},
        theme::Role,
    },
    state::{
        Model, Pane,
        alerts::{Group, Line, lines},
        unseen,
    },
    text::width,
};

/// Who tells of alerts beside the console itself: what is theirs is known by their name.
const OTHERS: [&str; 2] = ["alertmanager", "prometheus"];

/// Draws it.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    let pane = &model.alerts;
    if pane.all().is_empty() {
        let unseen = unseen::of(&model.source, Pane::Alerts);
        return banner::empty_or_unseen(model, look, &unseen, "none", area, buffer);
    }
    let lines = lines(model, area.height);
    let first = pane.cursor.first();
    let widest = pane.all().iter().map(|a| a.summary.width()).max();
    let summary = widest
        .unwrap_or(0)
        .min(usize::from(area.width).saturating_sub(10));
    for (number, shown) in (0..area.height).zip(lines.iter().skip(first)) {
        let at = line(area, number);
        let selected =
            shown.fingerprint().is_some() && shown.fingerprint() == pane.cursor.selected.as_ref();
        let mut row = Row::new();
        match shown {
            Line::Heading(group, count) => {
                row.push(
                    format!(" {} {count}", group.title()),
                    look.style(Role::Column),
                );
            }
            Line::Strip(group, alerts) => {
                let before = lines[..first + usize::from(number)].last();
                let goes_on = matches!(before, Some(Line::Strip(above, _)) if above == group);
                let by_name = (number == 0 || goes_on) && *group != Group::Silenced;
                let title = if goes_on { "" } else { group.title() };
                row.push(format!(" {title:17} "), look.style(Role::Column));
                let room = usize::from(area.width);
                strip(model, look, alerts, by_name, room, &mut row);
            }
            Line::Alert(_, alert) => {
                row.push(
                    if selected { look.glyphs.cursor } else { " " },
                    look.style(Role::Accent),
                );
                single(model, look, alert, summary, &mut row);
            }
        }
        row.draw(look, at, buffer);
        if figures::stale(model) {
            buffer.set_style(at, look.style(Role::Stale));
        }
        if selected {
            let focused = model.focus == Pane::Alerts && model.layers.is_empty();
            select(look, at, focused, 3..3 + summary as u16, buffer);
        }
    }
}

const fn sign(look: &Look, severity: Severity) -> (&'static str, Role) {
    match severity {
        Severity::Critical => (look.glyphs.critical, Role::Critical),
        Severity::Warning => (look.glyphs.warning, Role::Warning),
    }
}

/// One alert: how bad, what, since when, and who knows of it.
fn single(model: &Model, look: &Look, alert: &Alert, columns: usize, row: &mut Row) {
    let (sign, role) = sign(look, alert.severity);
    row.push(format!("{sign} "), look.style(role));
    let summary = width::pad(&alert.summary, columns);
    row.push(summary, look.style(Role::Text)).gap(1);
    row.push(
        width::pad_left(&since(model, alert), 5),
        look.style(Role::Dim),
    );
    if let Some(known) = model.alerts.acknowledgement(&alert.fingerprint, model.now) {
        let until = figures::minute(model, look, known.until);
        row.push(
            format!("  {} until {until}", known.by),
            look.style(Role::Dim),
        );
    }
    if OTHERS.contains(&alert.source.as_str()) {
        row.push(format!("  {}", alert.source), look.style(Role::Dim));
    }
    if !alert.detail.is_empty() {
        row.push(format!("  {}", alert.detail), look.style(Role::Dim));
    }
}

/// For how long it has been so; for longer than that, where nobody saw it begin.
fn since(model: &Model, alert: &Alert) -> String {
    let until = figures::known_until(model);
    let lasting = |from| figures::lasting(figures::seconds(from, until));
    alert
        .since
        .map_or_else(|| format!(">{}", lasting(alert.seen)), lasting)
}

/// A whole group in a line: the first one by name, the others as counts.
fn strip(model: &Model, look: &Look, alerts: &[&Alert], by_name: bool, room: usize, row: &mut Row) {
    let mut first = true;
    for severity in [Severity::Critical, Severity::Warning] {
        let of: Vec<_> = alerts.iter().filter(|a| a.severity == severity).collect();
        let (sign, role) = sign(look, severity);
        if of.is_empty() {
            continue;
        }
        if !by_name {
            row.push(format!("{sign} {}  ", of.len()), look.style(role));
            continue;
        }
        for alert in of {
            let mut one = Row::new();
            one.push(format!("{sign} "), look.style(role));
            one.push(alert.summary.as_str(), look.style(Role::Text))
                .gap(1);
            one.push(since(model, alert), look.style(Role::Dim)).gap(3);
            if row.width() + one.width() > room + 3 {
                if first {
                    // Cut, the first one still says more than that there is one.
                    row.append(one);
                    return;
                }
                row.push(look.glyphs.ellipsis, look.style(Role::Dim));
                return;
            }
            row.append(one);
            first = false;
        }
    }
}
