//! Gate 1: hostile bytes, drawn by ratatui, do nothing to the terminal and show only what we meant.

use std::collections::HashSet;

use quarterdeck::text::{SafeText, StyledText};
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, List, Paragraph, Row, Table};

use crate::judge::foreign_to_a_frame;
use crate::screen::{judged, paint};

/// What was used against terminals, and what lies close to it.
pub(crate) const CORPUS: &[&[u8]] = &[
    b"",
    b"GET /health 200 3ms",
    b"\x1b]0;title\x07\x1b]2;title\x1b\\",
    b"\x1b]52;c;ZXZpbA==\x07",
    b"\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\",
    b"\x1b]50;?\x07\x1b]4;1;?\x07\x1b]10;?\x07",
    b"\x1b[?1049h\x1b[2J\x1b[H\x1b[3J",
    b"\x1b[5;10r\x1b[?6h\x1b[?25l\x1b[s\x1b[u",
    b"\x1b[?2004h\x1b[?1003h\x1b[?1006h\x1b[>1u\x1b=\x1b[?1h",
    b"\x1b[6n\x1b[c\x1b[>c\x1b[21t\x1bZ\x05",
    b"\x1bP$q\"p\x1b\\\x1bP+q544e\x1b\\\x1bPq#0;2;0;0;0~\x1b\\",
    b"\x1b_Gf=24,a=T;AAAA\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\",
    b"\x1bc\x1b#8\x1b(0lqk\x1b(B\x0e\x0f\x1b7\x1b8\x1bD\x1bM\x1bE",
    b"\xc2\x9b31m\xc2\x9d0;t\xc2\x9c\xc2\x90q\xc2\x9c\xc2\x9fx\xc2\x9c\xc2\x84\xc2\x85\xc2\x8d",
    b"\x9b2J\x9d0;t\x9c\x90q\x9c\x84\x85\x8d\x9b",
    b"\x1b[31;1mred\x1b[0m \x1b[38;5;208mindexed\x1b[48;2;1;2;3mtrue\x1b[38:2::9:8:7mcolons\x1b[m",
    b"\x1b[8mhidden\x1b[28m\x1b[30;40mblack\x1b[37;47mwhite\x1b[7mreversed",
    b"\x1b[99999999999999999999999m\x1b[;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;;m\x1b[38;38;5;48;2;m",
    b"\x1b]0;never ended \x1b[31 nor this \x1bP nor that",
    b"a\rb\r\nc\x08\x08d\x7f\x00\x0b\x0c\te\tf",
    b"one\ntwo\n\nthree\r",
    "pay\u{202e}fdp.exe\u{2066}\u{2069}\u{200e}\u{200f}\u{61c}".as_bytes(),
    "a\u{200b}b\u{200c}c\u{200d}d\u{2060}e\u{feff}f\u{ad}g\u{34f}h\u{3164}i\u{2028}j\u{2029}".as_bytes(),
    "\u{e0001}\u{e0041}\u{e007f}\u{fff9}\u{fffb}\u{fffe}\u{ffff}\u{e0100}".as_bytes(),
    "Z\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{30a}\u{489}".as_bytes(),
    "\u{301}first \u{1160}\u{11a8} \u{e31}".as_bytes(),
    "日本語 한국어 ﾊﾞﾝｸﾞﾙ café ⚠\u{fe0f} 👩\u{200d}💻 👍🏽 🇩🇪 1\u{fe0f}\u{20e3}".as_bytes(),
    b"\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\xe2\x9c \xe6\x9c\x9c",
    b"${jndi:ldap://x} %s%n `id` $(id) '; DROP TABLE--",
];

/// Neither control nor anything that reorders or is zero columns wide without a letter under it.
pub(crate) fn is_clean(text: &str) -> bool {
    let odd = |c: char| {
        c.is_control()
            || matches!(c, '\u{61C}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}'
                | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}')
    };
    !text.contains(odd)
}

#[test]
fn short_strings_all_of_them() {
    let mut shown = HashSet::new();
    for one in 0..=255 {
        clean(&[one], &mut shown);
        for two in 0..=255 {
            clean(&[one, two], &mut shown);
        }
    }
    draw_all(&shown);
}

#[test]
fn strings_of_three_bytes_with_an_introducer() {
    let special = |byte: u8| byte == 0x1B || (0x80..=0x9F).contains(&byte);
    let mut shown = HashSet::new();
    for one in 0..=255 {
        for two in 0..=255 {
            for three in 0..=255 {
                if special(one) || special(two) || special(three) {
                    clean(&[one, two, three], &mut shown);
                }
            }
        }
    }
    draw_all(&shown);
}

#[test]
fn the_corpus_in_every_kind_of_widget() {
    for bytes in CORPUS {
        for line in [
            StyledText::from(SafeText::name(bytes)),
            SafeText::line(bytes).into(),
            StyledText::log_line(bytes),
        ] {
            assert!(is_clean(line.text()), "{line:?}");
            let text = || {
                line.pieces()
                    .map(|(text, style)| Span::styled(text, style))
                    .collect::<Line>()
            };
            let (frame, buffer) = paint(COLUMNS, ROWS, |area, buffer| {
                use ratatui::widgets::Widget;
                let [top, middle, bottom] = [0, 8, 16].map(|y| Rect {
                    y,
                    height: 8,
                    ..area
                });
                Paragraph::new(text())
                    .block(Block::bordered().title(text()).title_bottom(text()))
                    .render(top, buffer);
                Widget::render(List::new([text(), text()]), middle, buffer);
                let widths = [ratatui::layout::Constraint::Length(30); 2];
                Widget::render(
                    Table::new([Row::new([text(), text()])], widths),
                    bottom,
                    buffer,
                );
            });
            judged(&frame, &buffer);
        }
    }
}

#[test]
fn the_judge_sees_what_raw_bytes_do() {
    for bytes in [
        "\u{1b}]0;t\u{7}",
        "\u{7}",
        "\u{1b}[?1049h",
        "\u{1b}[2J",
        "\u{9b}2J",
        "\u{1b}[5;10r",
        "\n",
        "\u{1b}",
        "\u{1b}[31",
    ] {
        assert!(foreign_to_a_frame(bytes.as_bytes()).is_some(), "{bytes:?}");
    }
    assert_eq!(
        foreign_to_a_frame("\u{1b}[1;1H\u{1b}[38;5;1mé\u{1b}[?25l".as_bytes()),
        None
    );
}

/// Cleans `bytes` in every way, and notes what would be shown.
fn clean(bytes: &[u8], shown: &mut HashSet<SafeText>) {
    let line = StyledText::log_line(bytes);
    for text in [line.text().clone(), SafeText::name(bytes)] {
        if !shown.contains(&text) {
            assert!(
                is_clean(&text),
                "{} shows as {text:?}",
                bytes.escape_ascii()
            );
            shown.insert(text);
        }
    }
}

const ROWS: u16 = 60;
const COLUMNS: u16 = 240;
/// Columns for one text, the last of which holds a mark of ours.
const SLOT: u16 = 24;

/// Draws every text side by side with others, a mark after each.
fn draw_all(texts: &HashSet<SafeText>) {
    let texts: Vec<&SafeText> = texts.iter().collect();
    for page in texts.chunks(usize::from(ROWS * (COLUMNS / SLOT))) {
        let (frame, buffer) = paint(COLUMNS, ROWS, |area, buffer| {
            let slots = area
                .rows()
                .flat_map(|row| (0..COLUMNS / SLOT).map(move |slot| (slot * SLOT, row.y)));
            for (text, (x, y)) in page.iter().zip(slots) {
                buffer.set_stringn(
                    x,
                    y,
                    text.truncated(usize::from(SLOT - 1)),
                    usize::from(SLOT - 1),
                    ratatui::style::Style::new(),
                );
                buffer.set_string(x + SLOT - 1, y, "│", ratatui::style::Style::new());
            }
        });
        judged(&frame, &buffer);
    }
}
