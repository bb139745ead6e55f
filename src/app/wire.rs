//! A frame on its way to the terminal: as few bytes as turn what it shows into what it is to show.
//!
//! People sit behind slow links, and where lines flow by, each of them moves all rows of a pane. So the terminal moves the
//! rows that only stand higher; the cursor goes the shortest way, and nothing is said of colours that holds already.

mod pen;
mod scrolled;
#[cfg(test)]
mod tests;

use ratatui::buffer::Buffer;

use self::{pen::Pen, scrolled::Scrolled};

/// A screen with nothing on it, from whatever was there.
pub const CLEAR: &str = "\x1b[H\x1b[J";

/// Appends what turns a terminal that shows `shown` into one that shows `next`, which is of the same size. Colours are the
/// terminal's own before and after. What `shown` holds afterwards is of no use.
pub fn paint(shown: &mut Buffer, next: &Buffer, out: &mut Vec<u8>) {
    let begin = out.len();
    cells(shown, next, out);
    let Some(scrolled) = Scrolled::find(shown, next) else {
        return;
    };
    let plain = out.len();
    scrolled.write(out);
    scrolled.apply(shown);
    cells(shown, next, out);
    // Lines that resemble each other may be cheaper to mend where they stand: the shorter of both goes out.
    if out.len() - plain < plain - begin {
        out.drain(begin..plain);
    } else {
        out.truncate(plain);
    }
}

/// Appends every cell that differs.
fn cells(shown: &Buffer, next: &Buffer, out: &mut Vec<u8>) {
    let mut pen = Pen::new(next, out);
    for (column, row, _) in shown.diff_iter(next) {
        pen.write(column, row);
    }
    pen.put_down();
}
