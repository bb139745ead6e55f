//! How many columns text takes on the screen, and how it is cut to fit.
//!
//! Counted by grapheme, exactly as ratatui fills its cells. What is cut is cut between graphemes: where a character of two
//! columns does not fit in the last one, the result is a column short, and [`pad`] fills it.

use std::borrow::Cow;

use ratatui::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;

const ELLIPSIS: &str = "…";

/// Columns that clean `text` takes.
pub fn width(text: &str) -> usize {
    if text.is_ascii() {
        text.len()
    } else {
        text.graphemes(true).map(columns_of).sum()
    }
}

fn columns_of(grapheme: &str) -> usize {
    usize::from(grapheme.cell_width())
}

/// As much of the beginning of `text` as fits in `columns`.
pub fn head(text: &str, columns: usize) -> &str {
    if text.is_ascii() {
        return &text[..text.len().min(columns)];
    }
    let mut room = columns;
    let end = text
        .grapheme_indices(true)
        .find(|(_, grapheme)| !takes(&mut room, grapheme));
    &text[..end.map_or(text.len(), |(at, _)| at)]
}

/// As much of the end of `text` as fits in `columns`.
pub fn tail(text: &str, columns: usize) -> &str {
    if text.is_ascii() {
        return &text[text.len().saturating_sub(columns)..];
    }
    let mut room = columns;
    let start = text
        .grapheme_indices(true)
        .rev()
        .take_while(|(_, grapheme)| takes(&mut room, grapheme))
        .last();
    &text[start.map_or(text.len(), |(at, _)| at)..]
}

/// Takes the grapheme's columns from the room, if it fits.
fn takes(room: &mut usize, grapheme: &str) -> bool {
    let left = room.checked_sub(columns_of(grapheme));
    *room = left.unwrap_or(*room);
    left.is_some()
}

fn fits(text: &str, columns: usize) -> bool {
    head(text, columns).len() == text.len()
}

/// `text`, if it fits in `columns`; else its beginning and `…`.
pub fn truncate(text: &str, columns: usize) -> Cow<'_, str> {
    if fits(text, columns) {
        return Cow::Borrowed(text);
    }
    match columns.checked_sub(1) {
        Some(room) => Cow::Owned(format!("{}{ELLIPSIS}", head(text, room))),
        None => Cow::Borrowed(""),
    }
}

/// `text`, if it fits in `columns`; else its beginning, `…`, and its end: for names whose ends tell them apart.
pub fn truncate_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if fits(text, columns) {
        return Cow::Borrowed(text);
    }
    match columns.checked_sub(1) {
        Some(room) => {
            let end = room / 2;
            Cow::Owned(format!(
                "{}{ELLIPSIS}{}",
                head(text, room - end),
                tail(text, end)
            ))
        }
        None => Cow::Borrowed(""),
    }
}

/// `text` in exactly `columns`: truncated, or with spaces after it.
pub fn pad(text: &str, columns: usize) -> String {
    let shown = truncate(text, columns);
    let spaces = columns - width(&shown);
    format!("{shown}{:spaces$}", "")
}

/// `text` in exactly `columns`, with the spaces before it: for figures.
pub fn pad_left(text: &str, columns: usize) -> String {
    let shown = truncate(text, columns);
    let spaces = columns - width(&shown);
    format!("{:spaces$}{shown}", "")
}

/// `text` in rows of at most `columns`, broken at spaces where there are any; a space at a break is left out. At least one
/// row, and in no columns at all just that, empty.
pub fn wrap(text: &str, columns: usize) -> Vec<&str> {
    let mut rows = Vec::new();
    let mut rest = text;
    while !fits(rest, columns) {
        let row = head(rest, columns);
        if row.is_empty() {
            // Too narrow for a single character: there is nothing to show.
            rest = "";
            break;
        }
        // The space may stand just behind the row. Indentation is no place to break.
        let broken = match rest[row.len()..].strip_prefix(' ') {
            Some(_) => Some(row.len()),
            None => row
                .rfind(' ')
                .filter(|&at| !row[..at].trim_start_matches(' ').is_empty()),
        };
        let end = broken.unwrap_or(row.len());
        rows.push(rest[..end].trim_end_matches(' '));
        rest = if broken.is_some() {
            rest[end..].trim_start_matches(' ')
        } else {
            &rest[end..]
        };
    }
    if rows.is_empty() || !rest.is_empty() {
        rows.push(rest);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SafeText;
    use proptest::prelude::*;

    #[test]
    fn fits_to_columns() {
        assert_eq!(width("日本"), 4);
        assert_eq!(truncate("quarterdeck", 11), "quarterdeck");
        assert_eq!(truncate("quarterdeck", 5), "quar…");
        assert_eq!(truncate("日本語", 4), "日…");
        assert_eq!(truncate("ab", 0), "");
        assert_eq!(truncate_middle("quarterdeck", 6), "qua…ck");
        assert_eq!(truncate_middle("日本語日本語", 6), "日…語");
        assert_eq!(pad("日本語", 4), "日… ");
        assert_eq!(pad_left("42", 5), "   42");
    }

    #[test]
    fn wraps_at_spaces() {
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(
            wrap("antidisestablishment", 8),
            ["antidise", "stablish", "ment"]
        );
        assert_eq!(
            wrap("    at com.example.Main", 8),
            ["    at", "com.exam", "ple.Main"]
        );
        assert_eq!(wrap("日本語", 5), ["日本", "語"]);
        assert_eq!(wrap("日", 1), [""]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked(text in "\\PC{0,12}", columns in 0_usize..20) {
            let text = SafeText::line(text);
            prop_assert_eq!(width(&pad(&text, columns)), columns);
            prop_assert_eq!(width(&pad_left(&text, columns)), columns);
            prop_assert!(width(&truncate(&text, columns)) <= columns);
            prop_assert!(width(&truncate_middle(&text, columns)) <= columns);
            prop_assert!(wrap(&text, columns).iter().all(|row| width(row) <= columns));
        }

        #[test]
        fn wrapping_loses_only_spaces(text in "[a-c日 ]{0,20}", columns in 2_usize..10) {
            let shown: String = wrap(&text, columns).concat();
            prop_assert_eq!(shown.replace(' ', ""), text.replace(' ', ""));
        }
    }
}
