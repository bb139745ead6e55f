//! Where the parts of a dialog stand.

use ratatui::layout::Rect;

use super::super::{Model, layout};

/// The widest that a dialog gets.
const WIDEST: u16 = 96;
/// From this height of the screen's middle on it has its own line of keys.
const OWN_KEYS: u16 = 14;

/// The parts of a dialog, one under the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// Its frame.
    pub frame: Rect,
    /// Its lines.
    pub text: Rect,
    /// What must be typed, and the text field; no rows high where there is none.
    pub field: Rect,
    /// The line between these and the keys.
    pub rule: Option<Rect>,
    /// The keys; no rows high where the screen's own line of keys has to do.
    pub keys: Rect,
}

/// The screen between header and keys.
pub fn body(model: &Model) -> Rect {
    let (columns, rows) = model.size;
    layout::bare(Rect::new(0, 0, columns, rows)).body
}

/// Whether dialogs have their own line of keys on this screen.
pub fn has_keys(model: &Model) -> bool {
    body(model).height >= OWN_KEYS
}

/// How many columns the lines of a dialog have.
pub fn columns(body: Rect) -> u16 {
    body.width.min(WIDEST).saturating_sub(4)
}

/// Where the parts of a dialog of so many lines and rows of fields stand in the middle of `body`.
pub fn parts(body: Rect, lines: usize, field: u16) -> Parts {
    let keys = if body.height >= OWN_KEYS { 2 } else { 0 };
    let wanted = u16::try_from(lines).unwrap_or(u16::MAX / 2) + field + keys + 2;
    let (width, height) = (body.width.min(WIDEST), wanted.min(body.height));
    let frame = Rect {
        x: body.x + (body.width - width) / 2,
        y: body.y + (body.height - height) / 2,
        width,
        height,
    };
    let within = Rect {
        x: frame.x + 2.min(width),
        y: frame.y + 1.min(height),
        width: width.saturating_sub(4),
        height: height.saturating_sub(2),
    };
    let keys = keys.min(within.height);
    let field = field.min(within.height - keys);
    let text = within.height - keys - field;
    let part = |from: u16, height: u16| Rect {
        y: within.y + from,
        height,
        ..within
    };
    Parts {
        frame,
        text: part(0, text),
        field: part(text, field),
        rule: (keys == 2).then(|| Rect {
            y: within.y + text + field,
            height: 1,
            ..frame
        }),
        keys: part(within.height.saturating_sub(1), u16::from(keys == 2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_stay_within_the_body_however_small_it_is() {
        for (width, height) in [(80, 22), (40, 8), (5, 3), (1, 1), (0, 0)] {
            let body = Rect::new(0, 1, width, height);
            let parts = parts(body, 30, 2);
            for part in [parts.frame, parts.text, parts.field, parts.keys] {
                assert_eq!(
                    part.intersection(body).area(),
                    part.area(),
                    "{part:?} in {body:?}"
                );
            }
            assert!(parts.text.height + parts.field.height + parts.keys.height <= body.height);
        }
    }
}
