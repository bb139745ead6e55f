//! A frame on its way to a terminal: the bytes that are sent, and the judgement on what they do there.

use quarterdeck::{
    app::wire,
    config,
    domain::glyphs::Glyphs,
    state::{Model, Msg, update},
    ui::{self, Look},
};
use ratatui::{buffer::Buffer, layout::Rect};
use unicode_width::UnicodeWidthStr as _;

use crate::judge::{Judge, stand_ins};

/// As most terminals show it.
pub(crate) fn look() -> Look {
    Look {
        theme: config::theme::built_in("dark").expect("dark is shipped"),
        glyphs: Glyphs::UNICODE,
        zone: jiff::tz::TimeZone::UTC,
    }
}

/// Draws the model at that size, and judges the bytes.
pub(crate) fn show(model: &mut Model, look: &Look, (columns, rows): (u16, u16)) -> Buffer {
    let _ = update(model, Msg::Resized(columns, rows));
    let (bytes, buffer) = paint(columns, rows, |_, buffer| ui::draw(model, look, buffer));
    judged(&bytes, &buffer);
    buffer
}

/// One frame: the bytes for the terminal, and the cells that they stand for.
pub(crate) fn paint(
    columns: u16,
    rows: u16,
    paint: impl FnOnce(Rect, &mut Buffer),
) -> (Vec<u8>, Buffer) {
    let mut shown = Buffer::empty(Rect::new(0, 0, columns, rows));
    let mut buffer = shown.clone();
    paint(buffer.area, &mut buffer);
    let mut bytes = Vec::new();
    wire::paint(&mut shown, &buffer, &mut bytes);
    (bytes, buffer)
}

/// The terminal shows the buffer's cells, and nothing else happened to it.
pub(crate) fn judged(frame: &[u8], buffer: &Buffer) {
    let (columns, rows) = (buffer.area.width, buffer.area.height);
    let mut judge = Judge::new(rows, columns);
    let screen = judge.show(frame);
    for y in 0..rows {
        let mut meant = String::new();
        let mut x = 0;
        while x < columns {
            let symbol = buffer[(x, y)].symbol();
            meant.push_str(symbol);
            // Ratatui leaves a column free behind halfwidth sound marks.
            x += (symbol.width() as u16).max(1);
        }
        let shown = (0..columns).map(|x| screen.cell(y, x).expect("within the screen"));
        let shown = shown.filter(|cell| !cell.is_wide_continuation());
        let shown: String = shown
            .map(|cell| {
                if cell.has_contents() {
                    cell.contents()
                } else {
                    " "
                }
            })
            .collect();
        assert_eq!(stand_ins(&meant), shown, "row {y}");
    }
}
