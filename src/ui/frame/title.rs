//! What stands in the frames: names, counts, what is out of sight.

use ratatui::{buffer::Buffer, layout::Rect, style::Style};

use crate::{
    domain::{source::SourceHealth, theme::Role},
    state::{
        Model, Pane, alerts, layout, rollouts,
        services::{self, Sort},
        unseen,
    },
    ui::{Look, figures, logs, paint::Row},
};

/// Takes the style of the border from the cells that words are to stand in.
fn plain(look: &Look, area: Rect, columns: u16, buffer: &mut Buffer) {
    let width = columns.min(area.width);
    let cells = Rect { width, ..area };
    buffer.set_style(cells, Style::reset());
    buffer.set_style(cells, look.style(Role::Text));
}

/// The name of a pane and what it counts, on its upper border.
pub(super) fn draw(model: &Model, look: &Look, pane: Pane, frame: Rect, buffer: &mut Buffer) {
    let focused = model.focus == pane && model.layers.is_empty();
    let on_border = Rect {
        x: frame.x + 1,
        width: frame.width.saturating_sub(2),
        height: 1,
        ..frame
    };
    let mut name = Row::new();
    // The bar says where keys go also where no colour does.
    let (before, style) = if focused {
        (look.glyphs.cursor, Role::Title)
    } else {
        (" ", Role::Text)
    };
    name.push(before, look.style(Role::BorderFocus));
    name.push(format!("{} ", called(model, look, pane)), look.style(style));
    let filter = match pane {
        Pane::Services => Some(&model.services.filter),
        Pane::Alerts => Some(&model.alerts.filter),
        Pane::Rollouts | Pane::Logs => None,
    };
    if let Some(filter) = filter.filter(|f| f.editing() || !f.text().is_empty()) {
        name.push(
            format!("/{}", filter.field().before()),
            look.style(Role::Input),
        );
        if filter.editing() {
            name.push(look.glyphs.cursor, look.style(Role::Accent));
        }
        let rest = &filter.text()[filter.field().before().len()..];
        name.push(rest, look.style(Role::Input)).gap(1);
    }
    let used = name.width() as u16;
    plain(look, on_border, used, buffer);
    name.draw(look, on_border, buffer);
    let mut right = Row::new();
    if let Some(words) = hidden(model, look, pane, frame) {
        right.push(format!(" {words} "), look.style(Role::Accent));
    }
    if let Some(words) = aside(model, look, pane) {
        right.push(format!(" {words} "), look.style(Role::Dim));
    }
    let rest = Rect {
        x: on_border.x + used.min(on_border.width),
        width: on_border.width.saturating_sub(used + 1),
        ..on_border
    };
    let words = (right.width() as u16).min(rest.width);
    let end = Rect {
        x: rest.right() - words,
        width: words,
        ..rest
    };
    plain(look, end, words, buffer);
    right.draw_right(look, rest, buffer);
}

fn called(model: &Model, look: &Look, pane: Pane) -> String {
    match pane {
        Pane::Services => {
            let all = model.services.extents().services;
            let nodes = model.services.nodes;
            let name = if nodes { "Nodes" } else { "Services" };
            let shown = model.services.shown_services();
            if model.source.proof.is_none() || model.source.health == SourceHealth::Connecting {
                name.to_owned()
            } else if shown == all {
                format!("{name} {all}")
            } else {
                format!("{name} {shown} of {all}")
            }
        }
        Pane::Rollouts => match model.rollouts.present() {
            0 => "Rollouts".to_owned(),
            rows => format!("Rollouts {rows}"),
        },
        Pane::Alerts => match model.alerts.all().len() {
            0 => "Alerts".to_owned(),
            all => format!("Alerts {all}"),
        },
        Pane::Logs => logs::title(model, look),
    }
}

/// What stands at the right of a pane's title.
fn aside(model: &Model, look: &Look, pane: Pane) -> Option<String> {
    match pane {
        Pane::Services if figures::stale(model) => {
            let proof = model.source.proof?;
            Some(format!("as of {}", figures::clock(model, look, proof)))
        }
        Pane::Services if model.snapshot().services.is_empty() => None,
        Pane::Services => Some(match model.services.sort {
            Sort::Worst => "worst first".to_owned(),
            sort => format!("by {sort}"),
        }),
        Pane::Logs => logs::aside(model),
        Pane::Rollouts | Pane::Alerts if !unseen::of(&model.source, pane).is_empty() => {
            Some("not all may be seen".to_owned())
        }
        Pane::Rollouts if model.rollouts.rows().len() > model.rollouts.present() => {
            Some("changed before".to_owned())
        }
        Pane::Rollouts | Pane::Alerts => None,
    }
}

/// How many rows are scrolled out of sight.
fn hidden(model: &Model, look: &Look, pane: Pane, frame: Rect) -> Option<String> {
    let inner = layout::inner(frame);
    let (first, lines, height) = match pane {
        Pane::Services => {
            let height = services::parts(model, inner).rows.height;
            let rows = model.services.rows().len();
            (model.services.cursor.first(), rows, height)
        }
        Pane::Alerts => {
            let lines = alerts::lines(model, inner.height);
            if matches!(lines.first(), Some(alerts::Line::Strip(..))) {
                return None;
            }
            (model.alerts.cursor.first(), lines.len(), inner.height)
        }
        Pane::Rollouts => {
            let lines = rollouts::lines(model, inner.width, inner.height).len();
            (model.rollouts.cursor.first(), lines, inner.height)
        }
        Pane::Logs => return None,
    };
    let below = lines.saturating_sub(first + usize::from(height));
    let up = look.glyphs.up;
    let down = look.glyphs.down;
    match (first, below) {
        (0, 0) => None,
        (above, 0) => Some(format!("{above} more {up}")),
        (0, below) => Some(format!("{below} more {down}")),
        (above, below) => Some(format!("{above} more {up} {below} {down}")),
    }
}

/// The other panes as counts, on the lower border of the only one.
pub(super) fn others(model: &Model, look: &Look, frame: Rect, buffer: &mut Buffer) {
    if frame.height < 3 {
        return;
    }
    let mut row = Row::new();
    for (number, pane) in (1..).zip(Pane::ALL) {
        if pane == model.focus {
            continue;
        }
        row.push(format!(" {number}"), look.style(Role::Key));
        let called = match pane {
            Pane::Logs => "Logs".to_owned(),
            pane => called(model, look, pane),
        };
        row.push(format!(" {called} "), look.style(Role::Text));
    }
    let on_border = Rect {
        x: frame.x + 1,
        y: frame.bottom() - 1,
        width: frame.width.saturating_sub(2),
        height: 1,
    };
    plain(look, on_border, row.width() as u16, buffer);
    row.draw(look, on_border, buffer);
}
