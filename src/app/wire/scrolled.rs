//! Rows that stand higher than they did, over the whole width of the screen: the terminal can move them by itself.

use ratatui::buffer::{Buffer, Cell};

/// So many of the lowest rows that differ are looked for further up: below the lines that move, few others do.
const LOOKED_FOR: usize = 4;

/// The rows from `top` on, up to but not `bottom`, of which the lower ones moved up by so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scrolled {
    pub(super) top: usize,
    pub(super) bottom: usize,
    pub(super) by: usize,
}

impl Scrolled {
    /// Finds them: the lowest row that went up, and what went with it.
    pub(super) fn find(shown: &Buffer, next: &Buffer) -> Option<Self> {
        (0..usize::from(next.area.height))
            .rev()
            .filter(|&y| row(shown, y) != row(next, y))
            .take(LOOKED_FOR)
            .find_map(|last| {
                let by = (1..=last).find(|by| row(shown, last) == row(next, last - by))?;
                let moved = (0..=last - by)
                    .take_while(|up| row(shown, last - up) == row(next, last - by - up))
                    .count();
                Some(Self {
                    top: last + 1 - by - moved,
                    bottom: last + 1,
                    by,
                })
            })
    }

    /// Has the terminal do it as every terminal can since the VT100: line feeds on the last row of a region, and no region
    /// afterwards. New rows are empty.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        let Self { top, bottom, by } = self;
        out.extend_from_slice(format!("\x1b[{};{bottom}r\x1b[{bottom}H", top + 1).as_bytes());
        out.extend(std::iter::repeat_n(b'\n', by));
        out.extend_from_slice(b"\x1b[r");
    }

    /// Does the same to what the terminal shows.
    pub(super) fn apply(self, shown: &mut Buffer) {
        let width = usize::from(shown.area.width);
        let region = &mut shown.content[self.top * width..self.bottom * width];
        region.rotate_left(self.by * width);
        let kept = region.len() - self.by * width;
        region[kept..].iter_mut().for_each(Cell::reset);
    }
}

fn row(buffer: &Buffer, y: usize) -> &[Cell] {
    let width = usize::from(buffer.area.width);
    &buffer.content[y * width..(y + 1) * width]
}
