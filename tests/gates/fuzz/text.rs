//! The sanitiser, colours out of logs, and cutting to columns.

use quarterdeck::text::{MAX_LINE_BYTES, SafeText, StyledText, legible, width};

use super::{each, fuzz};
use crate::hostile_text::{CORPUS, is_clean};

#[test]
fn sanitiser() {
    fuzz("sanitiser", CORPUS, |bytes| {
        let (name, line) = (SafeText::name(bytes), SafeText::line(bytes));
        assert_eq!(SafeText::line(&name), name);
        assert_eq!(SafeText::name(&line), line);
        for text in [name, line] {
            assert!(is_clean(&text) && text.len() <= MAX_LINE_BYTES, "{text:?}");
        }
    });
}

#[test]
fn styled_text() {
    fuzz("styled text", CORPUS, |bytes| {
        let line = StyledText::log_line(bytes);
        assert_eq!(*line.text(), SafeText::line(bytes));
        assert_eq!(
            *line.text(),
            line.pieces()
                .map(|(text, _)| text)
                .collect::<String>()
                .as_str()
        );
        let mut free = 0;
        for run in line.runs() {
            assert!(free <= run.start && run.start < run.end, "{run:?}");
            assert_eq!(legible(run.style), run.style);
            free = run.end;
        }
    });
}

#[test]
fn widths() {
    fuzz("widths", CORPUS, |bytes| {
        let columns = usize::from(bytes.first().copied().unwrap_or(0) % 40);
        let text = SafeText::line(&bytes[..bytes.len().min(512)]);
        assert_eq!(width::width(&width::pad(&text, columns)), columns);
        assert_eq!(width::width(&width::pad_left(&text, columns)), columns);
        assert!(width::width(&width::truncate_middle(&text, columns)) <= columns);
        assert!(
            width::wrap(&text, columns)
                .iter()
                .all(|row| width::width(row) <= columns)
        );
    });
}

#[test]
fn a_line_of_introducers_is_gone_over_once() {
    let lines = [
        "\u{1b}]", "\u{1b}P", "\u{1b}[", "\u{9d}", "\r\u{1b}", "\t", "\u{301}",
    ]
    .map(|piece| piece.repeat(30_000));
    let raw = [0x90, 0x9B, 0xE2].map(|byte| vec![byte; MAX_LINE_BYTES]);
    let lines: Vec<&[u8]> = lines
        .iter()
        .map(String::as_bytes)
        .chain(raw.iter().map(Vec::as_slice))
        .collect();
    each("introducers", &lines, |bytes| {
        assert!(SafeText::name(bytes).len() <= MAX_LINE_BYTES);
        assert!(StyledText::log_line(bytes).text().len() <= MAX_LINE_BYTES);
    });
}
