//! The frames of the panes, joined where they meet, and what stands in them.

mod title;

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Modifier, Style},
    symbols::line,
};

use super::Look;
use crate::{
    domain::{action::EnvironmentKind, theme::Role},
    state::{Model, Pane, layout::Regions},
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
            title::draw(model, look, pane, frame, buffer);
            if regions.shown() == 1 && regions.aside.is_none() {
                title::others(model, look, frame, buffer);
            }
        }
    }
}

/// Frames one under the other that share their borders, over the panes.
pub(super) fn joined(model: &Model, look: &Look, frames: &[Rect], buffer: &mut Buffer) {
    let style = focused_border(model, look);
    for &frame in frames {
        lines(frames, frame, set(model, look), style, buffer);
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
