//! The frames of the panes, joined where they meet, and what stands in them.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    symbols::line,
};

use super::{Look, figures, paint::Row};
use crate::{
    domain::{action::EnvironmentKind, theme::Role},
    state::{
        Model, Pane, alerts,
        layout::{self, Regions},
        rollouts,
        services::{self, Sort},
    },
};

/// Draws the frames of the panes that are shown, with their titles.
pub(super) fn draw(model: &Model, look: &Look, regions: &Regions, buffer: &mut Buffer) {
    let frames: Vec<Rect> = regions
        .panes
        .into_iter()
        .flatten()
        .chain(regions.aside)
        .collect();
    let style = border(model, look);
    for &frame in &frames {
        lines(&frames, frame, set(model, look), style, buffer);
    }
    let focused = regions
        .frame(model.focus)
        .filter(|_| model.layers.is_empty());
    if let Some(frame) = focused {
        let style = focused_border(model, look);
        lines(&frames, frame, set(model, look), style, buffer);
    }
    for pane in Pane::ALL {
        if let Some(frame) = regions.frame(pane) {
            title(model, look, pane, frame, buffer);
            if regions.shown() == 1 && regions.aside.is_none() {
                others(model, look, frame, buffer);
            }
        }
    }
}

/// A frame of its own, for what lies over the panes.
pub(super) fn alone(model: &Model, look: &Look, frame: Rect, buffer: &mut Buffer) {
    let style = focused_border(model, look);
    lines(&[frame], frame, set(model, look), style, buffer);
}

/// The lines of the frame: double in production.
pub(super) fn set<'a>(model: &Model, look: &'a Look) -> &'a line::Set<'static> {
    if model.place.kind == EnvironmentKind::Production {
        &look.glyphs.double
    } else {
        &look.glyphs.single
    }
}

/// Production keeps its colour: where keys go, the weight of the lines and the bar before the title say.
fn focused_border(model: &Model, look: &Look) -> Style {
    if model.place.kind == EnvironmentKind::Production {
        look.style(Role::BorderProduction)
            .add_modifier(Modifier::BOLD)
    } else {
        look.style(Role::BorderFocus)
    }
}

fn border(model: &Model, look: &Look) -> Style {
    look.style(if model.place.kind == EnvironmentKind::Production {
        Role::BorderProduction
    } else {
        Role::Border
    })
}

/// Draws the border of `frame`; each cell reaches to all neighbours that any of `frames` has a line to.
fn lines(
    frames: &[Rect],
    frame: Rect,
    set: &line::Set<'static>,
    style: Style,
    buffer: &mut Buffer,
) {
    if frame.width < 2 || frame.height < 2 {
        return;
    }
    let (right, bottom) = (frame.right() - 1, frame.bottom() - 1);
    let across = (frame.x..=right).flat_map(|x| [(x, frame.y), (x, bottom)]);
    let down = (frame.y..=bottom).flat_map(|y| [(frame.x, y), (right, y)]);
    for at in across.chain(down) {
        if let Some(cell) = buffer.cell_mut(at) {
            cell.set_symbol(joint(reach(frames, at), set))
                .set_style(style);
        }
    }
}

/// Whether a line goes from the cell to above, to below, to the left and to the right.
fn reach(frames: &[Rect], (x, y): (u16, u16)) -> [bool; 4] {
    let mut reach = [false; 4];
    for frame in frames
        .iter()
        .filter(|f| f.width > 1 && f.height > 1 && f.contains((x, y).into()))
    {
        let (right, bottom) = (frame.right() - 1, frame.bottom() - 1);
        if x == frame.x || x == right {
            reach[0] |= y > frame.y;
            reach[1] |= y < bottom;
        }
        if y == frame.y || y == bottom {
            reach[2] |= x > frame.x;
            reach[3] |= x < right;
        }
    }
    reach
}

const fn joint(reach: [bool; 4], set: &line::Set<'static>) -> &'static str {
    match reach {
        [true, true, true, true] => set.cross,
        [true, true, true, false] => set.vertical_left,
        [true, true, false, true] => set.vertical_right,
        [true, false, true, true] => set.horizontal_up,
        [false, true, true, true] => set.horizontal_down,
        [true, false, true, false] => set.bottom_right,
        [true, false, false, true] => set.bottom_left,
        [false, true, true, false] => set.top_right,
        [false, true, false, true] => set.top_left,
        [_, _, false, false] => set.vertical,
        [false, false, _, _] => set.horizontal,
    }
}

/// Takes the style of the border from the cells that words are to stand in.
pub(super) fn plain(look: &Look, area: Rect, columns: u16, buffer: &mut Buffer) {
    let width = columns.min(area.width);
    let cells = Rect { width, ..area };
    buffer.set_style(cells, Style::reset());
    buffer.set_style(cells, look.style(Role::Text));
}

/// The name of a pane and what it counts, on its upper border.
fn title(model: &Model, look: &Look, pane: Pane, frame: Rect, buffer: &mut Buffer) {
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
    name.push(format!("{} ", called(model, pane)), look.style(style));
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

fn called(model: &Model, pane: Pane) -> String {
    match pane {
        Pane::Services => {
            let all = model.snapshot().services.len();
            let shown = model.services.shown_services();
            if model.source.proof.is_none() {
                "Services".to_owned()
            } else if shown == all {
                format!("Services {all}")
            } else {
                format!("Services {shown} of {all}")
            }
        }
        Pane::Rollouts => match model.rollouts.rows().len() {
            0 => "Rollouts".to_owned(),
            rows => format!("Rollouts {rows}"),
        },
        Pane::Alerts => match model.alerts.all().len() {
            0 => "Alerts".to_owned(),
            all => format!("Alerts {all}"),
        },
        Pane::Logs => super::logs::title(model),
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
        Pane::Logs => super::logs::aside(model),
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
            let lines = alerts::lines(model, inner.height).len();
            (model.alerts.cursor.first(), lines, inner.height)
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
fn others(model: &Model, look: &Look, frame: Rect, buffer: &mut Buffer) {
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
            pane => called(model, pane),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_that_share_a_border_are_joined() {
        let left = Rect::new(0, 0, 4, 3);
        let upper = Rect::new(3, 0, 4, 2);
        let lower = Rect::new(3, 1, 4, 2);
        let frames = [left, upper, lower];
        let mut buffer = Buffer::empty(Rect::new(0, 0, 7, 3));
        for frame in frames {
            lines(&frames, frame, &line::NORMAL, Style::new(), &mut buffer);
        }
        assert_eq!(
            buffer,
            Buffer::with_lines(["┌──┬──┐", "│  ├──┤", "└──┴──┘"])
        );
    }
}
