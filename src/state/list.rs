//! A list in which a row is selected by what it is, never by where it stands.

/// Identity of the selected row and the first row drawn. Rows that move cannot redirect an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor<Id> {
    /// The selected row's identity.
    pub selected: Option<Id>,
    /// Where it stood when it was last seen, so that a vanished row hands over to its neighbour.
    place: usize,
    /// The first line drawn.
    first: usize,
}

impl<Id> Default for Cursor<Id> {
    fn default() -> Self {
        Self {
            selected: None,
            place: 0,
            first: 0,
        }
    }
}

impl<Id: PartialEq + Clone> Cursor<Id> {
    /// Where the selected row stands among `rows`.
    pub fn position(&self, rows: &[Id]) -> Option<usize> {
        let selected = self.selected.as_ref()?;
        // Mostly it is where it was, and a long list need not be gone through.
        if rows.get(self.place) == Some(selected) {
            return Some(self.place);
        }
        rows.iter().position(|row| row == selected)
    }

    /// The first line drawn.
    pub const fn first(&self) -> usize {
        self.first
    }

    /// Keeps the line of the selected row, one of `lines`, within the `height` that are drawn.
    pub fn scroll(&mut self, line: usize, lines: usize, height: usize) {
        let lowest = (line + 1).saturating_sub(height);
        let last = lines.saturating_sub(height);
        self.first = self
            .first
            .clamp(lowest.min(line), line.max(lowest))
            .min(last);
    }

    /// Rows have changed: stay on the same one, or, if it is gone, on what stands in its place.
    pub fn settle(&mut self, rows: &[Id]) {
        match self.position(rows) {
            Some(place) => self.place = place,
            None => self.go(rows, self.place),
        }
    }

    /// To the row at `place`, or the last one.
    pub fn go(&mut self, rows: &[Id], place: usize) {
        self.place = place.min(rows.len().saturating_sub(1));
        self.selected = rows.get(self.place).cloned();
    }

    /// So many rows down, or up when negative.
    pub fn step(&mut self, rows: &[Id], by: isize) {
        let from = self.position(rows).unwrap_or(self.place);
        self.go(rows, from.saturating_add_signed(by));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_selected_line_is_always_drawn_and_no_room_is_wasted() {
        let mut cursor = Cursor::<u8>::default();
        for (line, lines, height, first) in [
            (0, 10, 4, 0),
            (3, 10, 4, 0),
            (4, 10, 4, 1),
            (2, 10, 4, 1),
            (0, 10, 4, 0),
            (9, 10, 4, 6),
            (4, 5, 4, 1),
            (4, 5, 9, 0),
            (4, 5, 0, 4),
        ] {
            cursor.scroll(line, lines, height);
            assert_eq!(cursor.first(), first, "line {line} of {lines} in {height}");
        }
    }

    #[test]
    fn stays_on_the_same_row_when_rows_move() {
        let mut cursor = Cursor::default();
        cursor.go(&["a", "b", "c"], 1);
        cursor.settle(&["c", "x", "y", "b"]);
        assert_eq!(cursor.selected, Some("b"));
    }

    #[test]
    fn a_vanished_row_hands_over_to_its_neighbour() {
        let mut cursor = Cursor::default();
        cursor.go(&["a", "b", "c"], 1);
        cursor.settle(&["a", "c"]);
        assert_eq!(cursor.selected, Some("c"));
        cursor.settle(&[]);
        assert_eq!(cursor.selected, None);
    }
}
