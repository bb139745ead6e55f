//! The state machine that cleans text.
//!
//! It goes over the bytes once, keeps runs of printable ASCII in one piece, and looks closer at everything else.

use std::fmt::Write as _;

use ratatui::style::Style;

use super::marks::{MAX_MARKS, Treatment, treatment};
use super::sequence::{self, Decoded, Sequence};
use super::sgr::Pen;
use super::styled::StyledRun;
use super::width;

/// Text is never longer than this: what is more is cut, and counted in a note at the end.
pub const MAX_LINE_BYTES: usize = 64 * 1024;

/// Where text is cut that is too long, so that the note fits too.
const CUT_BYTES: usize = MAX_LINE_BYTES - 64;

const TAB: usize = 8;

/// How much of the text is interpreted.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// Nothing: everything odd is made visible.
    Name,
    /// Escape sequences, tabs, carriage returns and line breaks, as prose and logs use them.
    Prose,
}

/// Clean text, and the parts of it that are styled.
#[derive(Default)]
pub(super) struct Sanitised {
    pub(super) text: String,
    pub(super) runs: Vec<StyledRun>,
}

/// The text, if there is nothing to clean: printable ASCII of moderate length, as most of it is.
pub(super) fn already_clean(bytes: &[u8]) -> Option<&str> {
    let clean =
        bytes.len() <= MAX_LINE_BYTES && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'));
    if clean {
        std::str::from_utf8(bytes).ok()
    } else {
        None
    }
}

/// Cleans `bytes`, from the end of which `missing` bytes were cut before.
pub(super) fn sanitise(bytes: &[u8], policy: Policy, missing: u64) -> Sanitised {
    let mut machine = Machine {
        policy,
        ..Machine::new()
    };
    let bytes = if policy == Policy::Prose {
        without_line_end(bytes)
    } else {
        bytes
    };
    let mut at = 0;
    let mut cut = (0, 0);
    while at < bytes.len() && machine.out.text.len() <= MAX_LINE_BYTES {
        if machine.out.text.len() <= CUT_BYTES {
            cut = (machine.out.text.len(), at);
        }
        at += machine.step(&bytes[at..]);
    }
    machine.end_run();
    if missing > 0 && machine.out.text.len() <= CUT_BYTES {
        machine.note(missing);
    } else if missing > 0 || machine.out.text.len() > MAX_LINE_BYTES {
        machine.truncate(cut.0);
        machine.note(missing + (bytes.len() - cut.1) as u64);
    }
    machine.out
}

fn without_line_end(bytes: &[u8]) -> &[u8] {
    let kept = bytes
        .iter()
        .rposition(|byte| !matches!(byte, b'\r' | b'\n'))
        .map_or(0, |last| last + 1);
    &bytes[..kept]
}

struct Machine {
    policy: Policy,
    out: Sanitised,
    pen: Pen,
    /// `pen.style()`, kept: most lines change it rarely.
    style: Style,
    /// Where the text in this style begins.
    run_start: usize,
    /// Where the line of the input begins, of which prose may have several.
    line_start: usize,
    /// A carriage return was read: what comes next overwrites the line.
    overwrite: bool,
    /// Marks on the last letter; none may stand without one.
    marks: Option<u8>,
    /// The columns up to a byte of the text, for tabs.
    measured: (usize, usize),
}

impl Machine {
    fn new() -> Self {
        Self {
            policy: Policy::Prose,
            out: Sanitised::default(),
            pen: Pen::default(),
            style: Style::new(),
            run_start: 0,
            line_start: 0,
            overwrite: false,
            marks: None,
            measured: (0, 0),
        }
    }

    /// Takes one piece from the beginning of `rest`, which is not empty, and tells its length.
    fn step(&mut self, rest: &[u8]) -> usize {
        match rest[0] {
            b' '..=b'~' => self.ascii(rest),
            0x1B => 1 + self.escape(sequence::after_escape(&rest[1..]), "␛"),
            b'\n' if self.policy == Policy::Prose => {
                self.overwrite = false;
                self.put(" ");
                self.start_line();
                1
            }
            b'\t' if self.policy == Policy::Prose => {
                self.tab();
                1
            }
            b'\r' if self.policy == Policy::Prose => {
                // A terminal returns to the beginning of the line and lets what follows overwrite it: of a progress bar,
                // the last state is left. `\r\n` is a line break.
                self.overwrite = rest.get(1) != Some(&b'\n');
                1
            }
            control @ (0..0x20 | 0x7F) => {
                self.put("^");
                self.put_char(char::from(control ^ 0x40));
                1
            }
            _ => self.beyond_ascii(rest),
        }
    }

    fn ascii(&mut self, rest: &[u8]) -> usize {
        let written = self.out.text.len();
        let room = if written < CUT_BYTES {
            CUT_BYTES - written
        } else {
            MAX_LINE_BYTES + 1 - written
        };
        let len = rest
            .iter()
            .take(room)
            .take_while(|byte| matches!(byte, b' '..=b'~'))
            .count();
        self.put(std::str::from_utf8(&rest[..len]).expect("printable ASCII is UTF-8"));
        len
    }

    fn beyond_ascii(&mut self, rest: &[u8]) -> usize {
        let (decoded, len) = sequence::decode(rest);
        match decoded {
            Decoded::Char(c) => self.character(c),
            Decoded::C1(byte) => {
                let sequence = sequence::after_c1(byte, &rest[len..]);
                return len + self.escape(sequence, &format!("<U+{byte:04X}>"));
            }
            // In a page of eight-bit text this byte is a letter: only a whole sequence makes it a control.
            Decoded::RawC1(byte) => {
                let sequence =
                    sequence::after_c1(byte, &rest[len..]).filter(|sequence| sequence.complete);
                return len + self.escape(sequence, "\u{FFFD}");
            }
            Decoded::Invalid => self.put("\u{FFFD}"),
        }
        len
    }

    /// Leaves a sequence out, colours apart, and tells its length; where there is none, `shown` stands for the control.
    fn escape(&mut self, sequence: Option<Sequence<'_>>, shown: &str) -> usize {
        let Some(sequence) = sequence.filter(|_| self.policy == Policy::Prose) else {
            self.put(shown);
            return 0;
        };
        if let Some(parameters) = sequence.sgr {
            self.pen.apply(parameters);
            self.restyle(self.pen.style());
        }
        sequence.len
    }

    fn character(&mut self, c: char) {
        match treatment(c) {
            Treatment::Keep => self.put_char(c),
            Treatment::Glue if self.policy == Policy::Prose => {}
            Treatment::Glue | Treatment::Mark => {
                let shown = format!("<U+{:04X}>", u32::from(c));
                self.put(&shown);
            }
            Treatment::Combine => {
                self.begin();
                let marks = self.marks.unwrap_or_else(|| {
                    self.out.text.push('◌');
                    0
                });
                if marks < MAX_MARKS {
                    self.out.text.push(c);
                }
                self.marks = Some(marks.saturating_add(1));
            }
        }
    }

    fn tab(&mut self) {
        self.begin();
        let (upto, columns) = self.measured;
        let columns = columns + width::width(&self.out.text[upto..]);
        let spaces = TAB - columns % TAB;
        self.put(&"        "[..spaces]);
        self.measured = (self.out.text.len(), columns + spaces);
    }

    fn put(&mut self, shown: &str) {
        self.begin();
        self.out.text.push_str(shown);
        self.marks = Some(0);
    }

    fn put_char(&mut self, c: char) {
        self.begin();
        self.out.text.push(c);
        self.marks = Some(0);
    }

    /// Before anything is added.
    fn begin(&mut self) {
        if !std::mem::take(&mut self.overwrite) {
            return;
        }
        self.truncate(self.line_start);
        self.start_line();
    }

    fn start_line(&mut self) {
        self.line_start = self.out.text.len();
        self.measured = (self.line_start, 0);
        self.marks = None;
    }

    fn restyle(&mut self, style: Style) {
        if style != self.style {
            self.end_run();
            self.style = style;
        }
    }

    fn end_run(&mut self) {
        let (start, end) = (self.run_start, self.out.text.len());
        self.run_start = end;
        if start == end || self.style == Style::new() {
            return;
        }
        match self.out.runs.last_mut() {
            Some(last) if last.end == start as u32 && last.style == self.style => {
                last.end = end as u32;
            }
            _ => self.out.runs.push(StyledRun {
                start: start as u32,
                end: end as u32,
                style: self.style,
            }),
        }
    }

    fn truncate(&mut self, len: usize) {
        self.out.text.truncate(len);
        self.out.runs.retain_mut(|run| {
            run.end = run.end.min(len as u32);
            run.start < run.end
        });
        self.run_start = self.run_start.min(len);
    }

    fn note(&mut self, missing: u64) {
        write!(self.out.text, "… {missing} more bytes").expect("writing to a string cannot fail");
    }
}
