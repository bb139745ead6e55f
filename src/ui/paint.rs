//! One row of the screen, filled from the left, from the right, and cut where it must be.

use std::ops::Range;

use ratatui::{
    buffer::{Buffer, CellWidth as _},
    layout::Rect,
    style::Style,
    text::Span,
    widgets::{Clear, Widget as _},
};

use super::Look;
use crate::{domain::theme::Role, text::width};

/// Pieces of text side by side.
#[derive(Debug, Default)]
pub(super) struct Row {
    spans: Vec<Span<'static>>,
    width: usize,
}

impl Row {
    /// An empty one.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Adds text.
    pub(super) fn push(&mut self, text: impl Into<String>, style: Style) -> &mut Self {
        let text = text.into();
        self.width += width::width(&text);
        self.spans.push(Span::styled(text, style));
        self
    }

    /// Adds so many blanks.
    pub(super) fn gap(&mut self, columns: usize) -> &mut Self {
        self.push(" ".repeat(columns), Style::new())
    }

    /// Adds text that was padded to its column. The style ends with the words: where it underlines or reverses, blanks would show.
    pub(super) fn cell(&mut self, text: &str, style: Style) -> &mut Self {
        let words = text.trim_end_matches(' ');
        self.push(words, style).gap(text.len() - words.len())
    }

    /// Columns filled so far.
    pub(super) const fn width(&self) -> usize {
        self.width
    }

    /// Everything of another row, behind this one.
    pub(super) fn append(&mut self, other: Self) -> &mut Self {
        self.width += other.width;
        self.spans.extend(other.spans);
        self
    }

    /// Draws it from the left of `area`'s first row. Where it is cut, a sign says so.
    pub(super) fn draw(self, look: &Look, area: Rect, buffer: &mut Buffer) {
        let area = area.intersection(buffer.area);
        if area.is_empty() {
            return;
        }
        let mut x = area.x;
        for span in &self.spans {
            x = put(buffer, (x, area.y), area.right(), span);
        }
        if self.width > usize::from(area.width) {
            let last = area.right() - 1;
            let sign = Rect {
                x: last,
                width: 1,
                height: 1,
                ..area
            };
            clear_wide(sign, WIDEST.min(last - area.x), buffer);
            buffer[(last, area.y)].set_symbol(look.glyphs.ellipsis);
        }
    }

    /// Draws it at the right end of `area`'s first row, if it fits.
    pub(super) fn draw_right(self, look: &Look, area: Rect, buffer: &mut Buffer) {
        let Some(before) = usize::from(area.width).checked_sub(self.width) else {
            return;
        };
        let area = Rect {
            x: area.x + before as u16,
            width: self.width as u16,
            ..area
        };
        self.draw(look, area, buffer);
    }
}

/// Writes a span from a cell on, up to the column `end`, and returns the column behind it. Most text is ASCII, a cell a byte;
/// looking for its graphemes is a fifth of what a frame costs.
fn put(buffer: &mut Buffer, (mut x, y): (u16, u16), end: u16, span: &Span<'_>) -> u16 {
    let text: &str = &span.content;
    if !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        let room = usize::from(end.saturating_sub(x));
        return buffer.set_stringn(x, y, text, room, span.style).0;
    }
    for at in 0..text.len().min(usize::from(end.saturating_sub(x))) {
        let cell = &mut buffer[(x, y)];
        cell.set_symbol(&text[at..=at]).set_style(span.style);
        x += 1;
    }
    x
}

/// Empties `area`. A wide character that begins left of it and reaches into it goes as well: half of one cannot be drawn.
pub(super) fn clear(area: Rect, buffer: &mut Buffer) {
    Clear.render(area, buffer);
    clear_wide(area, WIDEST.min(area.x), buffer);
}

/// Empties the characters that begin up to so many columns left of `area` and reach into it.
fn clear_wide(area: Rect, columns: u16, buffer: &mut Buffer) {
    for y in area.top()..area.bottom() {
        for back in 1..=columns {
            let cell = &mut buffer[(area.x - back, y)];
            if cell.cell_width() > back {
                cell.set_symbol(" ");
            }
        }
    }
}

/// The most columns that one character takes, by the reckoning of what draws it.
const WIDEST: u16 = 3;

/// Shows that the cursor is on a row: the whole of it in the pane in focus, else just what it is called.
pub(super) fn select(look: &Look, row: Rect, focused: bool, name: Range<u16>, buffer: &mut Buffer) {
    let (columns, role) = if focused {
        (1..row.width, Role::Selection)
    } else {
        (name, Role::SelectionIdle)
    };
    let end = columns.end.min(row.width);
    let start = columns.start.min(end);
    let blank = |column: &u16| buffer[(row.x + column, row.y)].symbol() == " ";
    let end = if focused {
        end
    } else {
        end - (start..end).rev().take_while(blank).count() as u16
    };
    let cells = Rect {
        x: row.x + start,
        width: end - start,
        ..row
    };
    if focused {
        // One look for the whole row: colours that were made for the ground are not legible on it.
        buffer.set_style(cells, Style::reset());
    }
    buffer.set_style(cells, look.style(role));
}

/// The row of `area` that is so many below its first.
pub(super) const fn line(area: Rect, number: u16) -> Rect {
    Rect {
        y: area.y.saturating_add(number),
        height: if number < area.height { 1 } else { 0 },
        ..area
    }
}
