//! What writes cells: it knows where the terminal's cursor stands and in which colours it writes.

use ratatui::{
    buffer::{Buffer, Cell, CellWidth as _},
    style::{Color, Modifier},
};

/// What is seen of a blank besides its ground.
const SEEN_ON_BLANK: Modifier = Modifier::UNDERLINED
    .union(Modifier::SLOW_BLINK)
    .union(Modifier::RAPID_BLINK)
    .union(Modifier::REVERSED)
    .union(Modifier::CROSSED_OUT);

/// So many cells are written once more rather than skipped: no way to skip them is shorter.
const NEAR: u16 = 3;

/// How the terminal writes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Ink {
    fg: Color,
    bg: Color,
    modifier: Modifier,
}

/// The pen.
pub(super) struct Pen<'a> {
    page: &'a Buffer,
    out: &'a mut Vec<u8>,
    ink: Ink,
    /// Where the next character goes, if that is known.
    at: Option<(u16, u16)>,
    /// Whether it was ASCII alone that moved the cursor since it was placed: of other characters terminals differ in how
    /// wide they are, so that no way may be told from where the cursor stands.
    sure: bool,
}

impl<'a> Pen<'a> {
    /// A pen for cells of that page, before anything is known of the cursor.
    pub(super) fn new(page: &'a Buffer, out: &'a mut Vec<u8>) -> Self {
        Self {
            page,
            out,
            ink: Ink::default(),
            at: None,
            sure: false,
        }
    }

    /// Writes the cell there.
    pub(super) fn write(&mut self, column: u16, row: u16) {
        self.go(column, row);
        self.print(column, row);
    }

    /// Leaves the terminal its own colours.
    pub(super) fn put_down(mut self) {
        self.dip(Ink::default());
    }

    fn go(&mut self, column: u16, row: u16) {
        let ahead = match self.at {
            Some((at, here)) if here == row && at <= column && (self.sure || at == column) => {
                column - at
            }
            _ => return self.place(column, row),
        };
        let between = column - ahead..column;
        if ahead <= NEAR
            && between
                .clone()
                .all(|column| self.writes_as_it_is(column, row))
        {
            between.for_each(|column| self.print(column, row));
        } else {
            self.out.extend_from_slice(b"\x1b[");
            if ahead > 1 {
                self.number(ahead);
            }
            self.out.push(b'C');
        }
    }

    fn place(&mut self, column: u16, row: u16) {
        self.out.extend_from_slice(b"\x1b[");
        self.number(row + 1);
        if column > 0 {
            self.out.push(b';');
            self.number(column + 1);
        }
        self.out.push(b'H');
        self.sure = true;
    }

    /// Whether the cell is one byte in the colours of now.
    fn writes_as_it_is(&self, column: u16, row: u16) -> bool {
        let cell = &self.page[(column, row)];
        cell.symbol().len() == 1 && self.wanted(cell) == self.ink
    }

    fn print(&mut self, column: u16, row: u16) {
        let cell = &self.page[(column, row)];
        self.dip(self.wanted(cell));
        let symbol = cell.symbol();
        self.out.extend_from_slice(symbol.as_bytes());
        let ascii = symbol.len() == 1;
        self.sure &= ascii;
        self.at = (ascii || cell.cell_width() == 1).then_some((column + 1, row));
    }

    /// The ink for a cell: as it is now, where the difference would not be seen.
    fn wanted(&self, cell: &Cell) -> Ink {
        let seen = cell.modifier.intersection(SEEN_ON_BLANK);
        if cell.symbol() != " " || !seen.is_empty() {
            return Ink {
                fg: cell.fg,
                bg: cell.bg,
                modifier: cell.modifier,
            };
        }
        Ink {
            bg: cell.bg,
            modifier: self.ink.modifier.difference(SEEN_ON_BLANK),
            ..self.ink
        }
    }

    fn dip(&mut self, ink: Ink) {
        if ink == self.ink {
            return;
        }
        self.out.extend_from_slice(b"\x1b[");
        if ink == Ink::default() {
            self.ink = ink;
        } else if !self.ink.modifier.difference(ink.modifier).is_empty() {
            self.code(0);
            self.ink = Ink::default();
        }
        let added = ink.modifier.difference(self.ink.modifier);
        // Their codes are in the order of their bits.
        for code in (1..=9).filter(|code| added.bits() & (1 << (code - 1)) != 0) {
            self.code(code);
        }
        // Many terminals write bold in a brighter colour, but not where the colour is told by its number.
        let bold = ink.modifier.contains(Modifier::BOLD);
        let bolder = added.contains(Modifier::BOLD) && ink.fg != Color::Reset;
        if ink.fg != self.ink.fg || bolder {
            self.colour(ink.fg, 30, !bold);
        }
        if ink.bg != self.ink.bg {
            self.colour(ink.bg, 40, true);
        }
        self.ink = ink;
        self.out.pop_if(|last| *last == b';');
        self.out.push(b'm');
    }

    /// The codes of a colour; `base` is 30 for ink and 40 for the ground. The sixteen have short ones.
    fn colour(&mut self, colour: Color, base: u16, short: bool) {
        let index = match colour {
            Color::Reset => return self.code(base + 9),
            Color::Rgb(r, g, b) => {
                return self.codes([base + 8, 2, r.into(), g.into(), b.into()]);
            }
            Color::Indexed(index) => return self.codes([base + 8, 5, index.into()]),
            Color::Black => 0,
            Color::Red => 1,
            Color::Green => 2,
            Color::Yellow => 3,
            Color::Blue => 4,
            Color::Magenta => 5,
            Color::Cyan => 6,
            Color::Gray => 7,
            Color::DarkGray => 8,
            Color::LightRed => 9,
            Color::LightGreen => 10,
            Color::LightYellow => 11,
            Color::LightBlue => 12,
            Color::LightMagenta => 13,
            Color::LightCyan => 14,
            Color::White => 15,
        };
        match index {
            _ if !short => self.codes([base + 8, 5, index]),
            0..8 => self.code(base + index),
            _ => self.code(base + 52 + index),
        }
    }

    fn codes<const COUNT: usize>(&mut self, codes: [u16; COUNT]) {
        for code in codes {
            self.code(code);
        }
    }

    fn code(&mut self, code: u16) {
        self.number(code);
        self.out.push(b';');
    }

    fn number(&mut self, number: u16) {
        if number >= 10 {
            self.number(number / 10);
        }
        self.out.push(b'0' + (number % 10) as u8);
    }
}
