use std::{num::NonZeroU16, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;
use ratatui::{
    buffer::CellWidth as _,
    layout::Rect,
    style::{Color, Modifier, Style},
};

use super::*;
use crate::{
    config,
    domain::{
        glyphs::Glyphs,
        log::{LogItem, LogLine, LogOrigin, RawLine, Stream},
    },
    state::{Model, Msg, update},
    text::SafeText,
    ui::{self, Look},
};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

/// A terminal, what it is to show, and what came over the wire.
struct Session {
    terminal: vt100::Parser,
    shown: Buffer,
    next: Buffer,
}

impl Session {
    fn new((columns, rows): (u16, u16)) -> Self {
        let size = |cells| NonZeroU16::new(cells).expect("a terminal has a size");
        let empty = Buffer::empty(Rect::new(0, 0, columns, rows));
        Self {
            terminal: vt100::Parser::new(size(rows), size(columns), 0),
            shown: empty.clone(),
            next: empty,
        }
    }

    /// Sends what was drawn into `next`, and holds what the terminal then shows against it. Gives the bytes.
    fn frame(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        paint(&mut self.shown, &self.next, &mut bytes);
        self.shown = self.next.clone();
        self.terminal.process(&bytes);
        let screen = self.terminal.screen();
        for (x, y) in self.next.area.positions().map(Into::into) {
            let meant = &self.next[(x, y)];
            let seen = screen.cell(y, x).expect("within the screen");
            if seen.is_wide_continuation() {
                continue;
            }
            let contents = if seen.has_contents() {
                seen.contents()
            } else {
                " "
            };
            assert_eq!(contents, meant.symbol(), "at {x}, {y}");
            assert_eq!(seen.bgcolor(), colour(meant.bg), "ground at {x}, {y}");
            let has = |modifier| meant.modifier.contains(modifier);
            assert_eq!(seen.inverse(), has(Modifier::REVERSED), "at {x}, {y}");
            assert_eq!(seen.underline(), has(Modifier::UNDERLINED), "at {x}, {y}");
            if contents != " " || seen.inverse() || seen.underline() {
                assert_eq!(seen.fgcolor(), colour(meant.fg), "ink at {x}, {y}");
                assert_eq!(seen.bold(), has(Modifier::BOLD), "at {x}, {y}");
                assert_eq!(seen.italic(), has(Modifier::ITALIC), "at {x}, {y}");
            }
        }
        bytes
    }

    fn line(&mut self, row: u16, text: &str) {
        let blank = " ".repeat(self.next.area.width.into());
        self.next.set_string(0, row, blank, Style::reset());
        self.next.set_string(0, row, text, Style::new());
    }

    /// No character of two columns is written over by half, as drawing sees to it.
    fn mend(&mut self) {
        for (x, y) in self.next.area.positions().map(Into::into) {
            if self.next[(x, y)].cell_width() < 2 {
                continue;
            }
            let head = self.next[(x, y)].clone();
            match self.next.cell_mut((x + 1, y)) {
                Some(half) if half.symbol() == " " => _ = half.set_style(head.style()),
                _ => _ = self.next[(x, y)].set_symbol(" "),
            }
        }
    }

    /// Moves the rows `top..bottom` up by one, and writes a line under them.
    fn flow(&mut self, top: u16, bottom: u16, text: &str) {
        for y in top..bottom - 1 {
            for x in 0..self.next.area.width {
                self.next[(x, y)] = self.next[(x, y + 1)].clone();
            }
        }
        self.line(bottom - 1, text);
    }
}

fn colour(colour: Color) -> vt100::Color {
    const NAMED: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    match colour {
        Color::Reset => vt100::Color::Default,
        Color::Rgb(r, g, b) => vt100::Color::Rgb(r, g, b),
        Color::Indexed(index) => vt100::Color::Idx(index),
        named => {
            let index = NAMED.iter().position(|colour| *colour == named);
            vt100::Color::Idx(index.expect("one of sixteen") as u8)
        }
    }
}

fn style() -> impl Strategy<Value = Style> {
    let colour = || {
        prop_oneof![
            Just(Color::Reset),
            Just(Color::Red),
            Just(Color::LightBlue),
            any::<u8>().prop_map(Color::Indexed),
            any::<[u8; 3]>().prop_map(|[r, g, b]| Color::Rgb(r, g, b)),
        ]
    };
    let modifier = prop_oneof![
        4 => Just(Modifier::empty()),
        // This terminal is bold or dim, but not both.
        1 => any::<u16>().prop_map(|bits| Modifier::from_bits_truncate(bits) - Modifier::DIM),
    ];
    (
        colour(),
        prop_oneof![3 => Just(Color::Reset), 1 => colour()],
        modifier,
    )
        .prop_map(|(fg, bg, modifier)| Style::new().fg(fg).bg(bg).add_modifier(modifier))
}

/// What happens to a screen between two frames.
#[derive(Clone, Debug)]
enum Change {
    /// Lines flow by between two rows, given as shares of the height.
    Flow(f64, f64, Vec<String>),
    Write(f64, f64, String, Style),
    Ground(f64, f64, Style),
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let share = || 0.0..1.0;
    let text = || "[ -~]{0,6}(│|é|コ|e\u{301}|   )?[ a-c]{0,40}";
    let change = prop_oneof![
        (share(), share(), prop::collection::vec(text(), 1..6))
            .prop_map(|(a, b, lines)| Change::Flow(a, b, lines)),
        (share(), share(), text(), style())
            .prop_map(|(x, y, text, style)| Change::Write(x, y, text, style)),
        (share(), share(), style()).prop_map(|(x, y, style)| Change::Ground(x, y, style)),
    ];
    prop::collection::vec(change, 0..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_terminal_shows_what_was_drawn(
        size in prop::sample::select(&SIZES[..]),
        frames in prop::collection::vec(changes(), 1..12),
    ) {
        let mut session = Session::new(size);
        let at = |share: f64, most: u16| (share * f64::from(most)) as u16;
        for changes in frames {
            for change in changes {
                match change {
                    Change::Flow(a, b, lines) => {
                        let (a, b) = (at(a, size.1), at(b, size.1));
                        for line in lines {
                            session.flow(a.min(b), a.max(b) + 1, &line);
                        }
                    }
                    Change::Write(x, y, text, style) => {
                        session.next.set_string(at(x, size.0), at(y, size.1), text, style);
                    }
                    Change::Ground(x, y, style) => {
                        let (x, y) = (at(x, size.0), at(y, size.1));
                        session.next.set_style(Rect::new(x, y, size.0 - x, 1), style);
                    }
                }
            }
            session.mend();
            session.frame();
        }
    }
}

/// A pane of lines over the whole width, from row 10 on, with no two lines alike.
fn full_pane(size: (u16, u16)) -> Session {
    let mut session = Session::new(size);
    for y in 10..size.1 - 2 {
        session.line(y, &said(u64::from(y)));
    }
    session.frame();
    session
}

/// A line of which little stands in others.
fn said(number: u64) -> String {
    let mut random = fastrand::Rng::with_seed(number);
    (0..60).map(|_| random.alphanumeric()).collect()
}

#[test]
fn a_line_more_costs_no_more_than_it_says() {
    for size in SIZES {
        let mut session = full_pane(size);
        for number in 1_000..1_020 {
            session.flow(10, size.1 - 2, &said(number));
            session.line(0, &format!("a clock {number}"));
            let bytes = session.frame();
            assert!(bytes.len() < 100, "{}", bytes.escape_ascii());
        }
    }
}

#[test]
fn the_console_itself_sends_little_more_than_the_lines_that_flow_by() {
    let look = Look {
        theme: config::theme::built_in("dark").expect("shipped"),
        glyphs: Glyphs::UNICODE,
        zone: TimeZone::UTC,
    };
    for size in SIZES {
        let mut session = Session::new(size);
        let mut model = Model {
            size,
            ..Model::default()
        };
        let mut late = Vec::new();
        for number in 0..90 {
            let raw = RawLine {
                at: Timestamp::from_second(number as i64).expect("in time"),
                stream: Stream::Out,
                bytes: said(number).into_bytes().into(),
            };
            let origin = LogOrigin {
                label: SafeText::name(format!("api {}", number % 3)),
                ..LogOrigin::of_all()
            };
            let item = LogItem::Line(Arc::new(origin), LogLine::read(&raw));
            let msg = Msg::Logs(model.logs.subscription, vec![item]);
            let _ = update(&mut model, msg);
            session.next.reset();
            ui::draw(&model, &look, &mut session.next);
            let bytes = session.frame().len();
            if number >= 70 {
                late.push(bytes);
            }
        }
        let mean = late.iter().sum::<usize>() / late.len();
        assert!(mean < 160, "{size:?}: {late:?}");
    }
}

#[test]
fn rows_beside_others_that_stay_are_not_moved() {
    let size = SIZES[0];
    let mut session = full_pane(size);
    for y in 10..size.1 - 2 {
        session
            .next
            .set_string(70, y, format!("│ stays {y}"), Style::new());
    }
    session.frame();
    for y in 10..size.1 - 3 {
        for x in 0..70 {
            session.next[(x, y)] = session.next[(x, y + 1)].clone();
        }
    }
    let bytes = session.frame();
    assert!(!bytes.contains(&b'\n'), "{}", bytes.escape_ascii());
}

#[test]
fn lines_that_resemble_each_other_are_mended_where_they_stand() {
    let size = SIZES[0];
    let mut session = Session::new(size);
    for y in 10..14 {
        session.line(y, &format!("{}{y}", said(0)));
    }
    session.frame();
    session.flow(10, 14, &format!("{}{}", said(0), 14));
    let bytes = session.frame();
    assert!(bytes.len() < 60, "{}", bytes.escape_ascii());
}

#[test]
fn nothing_new_is_nothing_and_a_frame_leaves_the_terminal_its_colours() {
    let mut session = Session::new(SIZES[0]);
    assert_eq!(session.frame(), b"");
    session.next.set_string(0, 0, "x", Color::Red);
    assert_eq!(session.frame(), b"\x1b[1H\x1b[31mx\x1b[m");
}

#[test]
fn bold_is_no_brighter_than_the_theme_says() {
    let mut session = Session::new(SIZES[0]);
    session.next.set_string(0, 0, "x", Color::Red);
    let bold = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);
    session.next.set_string(1, 0, "y", bold);
    assert_eq!(session.frame(), b"\x1b[1H\x1b[31mx\x1b[1;38;5;1my\x1b[m");
}

#[test]
fn behind_what_terminals_differ_about_the_cursor_is_placed() {
    let mut session = Session::new(SIZES[0]);
    session.next.set_string(0, 0, "ab....c", Style::new());
    session.frame();
    session.next.set_string(0, 0, "xb....y", Style::new());
    assert_eq!(session.frame(), b"\x1b[1Hx\x1b[5Cy");
    session.next.set_string(0, 0, "é", Style::new());
    session.next.set_string(6, 0, "z", Style::new());
    assert_eq!(session.frame(), "\x1b[1Hé\x1b[1;7Hz".as_bytes());
}
