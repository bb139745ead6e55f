//! What an entry says, in pieces of one style each, and what the search finds in it.

use ratatui::style::Style;
use regex::Regex;

use super::super::Look;
use crate::{
    domain::{
        log::{Level, Parts, parts},
        theme::Role,
    },
    state::logs::{Logs, entry::Entry},
    text::{StyledText, width},
};

/// More of a line is never on screen, in bytes.
const LONGEST: usize = 64 << 10;

/// Text and its styles, by bytes.
#[derive(Debug, Default)]
pub(super) struct Body {
    text: String,
    /// The byte behind each piece, and its style.
    pieces: Vec<(usize, Style)>,
}

impl Body {
    fn push(&mut self, text: &str, style: Style) {
        if !text.is_empty() {
            self.text.push_str(text);
            self.pieces.push((self.text.len(), style));
        }
    }

    /// The whole text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The pieces of the bytes `from..to`.
    pub(super) fn between(&self, from: usize, to: usize) -> impl Iterator<Item = (&str, Style)> {
        let mut start = 0;
        self.pieces.iter().filter_map(move |&(end, style)| {
            let (first, last) = (start.max(from), end.min(to));
            start = end;
            (first < last).then(|| (&self.text[first..last], style))
        })
    }

    /// Marks what the search finds.
    fn mark(&mut self, find: &Regex, style: Style) {
        let found: Vec<_> = find
            .find_iter(&self.text)
            .map(|m| m.range())
            .filter(|range| !range.is_empty())
            .take(100)
            .collect();
        if found.is_empty() {
            return;
        }
        let mut pieces = Vec::with_capacity(self.pieces.len() + 2 * found.len());
        let mut at = 0;
        for range in found {
            pieces.extend(
                self.between(at, range.start)
                    .map(|(text, style)| (text.len(), style)),
            );
            pieces.push((range.len(), style));
            at = range.end;
        }
        pieces.extend(
            self.between(at, self.text.len())
                .map(|(text, style)| (text.len(), style)),
        );
        let mut end = 0;
        self.pieces = pieces
            .into_iter()
            .map(|(length, style)| {
                end += length;
                (end, style)
            })
            .collect();
    }

    /// The byte at which so many columns have gone by.
    pub(super) fn skip(&self, columns: usize) -> usize {
        width::head(&self.text, columns).len()
    }
}

/// What a line says.
pub(super) fn of(logs: &Logs, look: &Look, entry: &Entry, line: &StyledText) -> Body {
    let mut body = Body::default();
    let text = line.text();
    let grave = entry.level >= Some(Level::Error);
    let said = look.style(if grave { Role::Critical } else { Role::Text });
    if entry.continues() {
        let blanks = text.len() - text.trim_start_matches(' ').len();
        // Indentation beyond the first columns says how frames nest; those themselves say nothing.
        styled(&mut body, line, blanks.min(4), look.style(Role::Dim));
    } else if logs.raw || text.len() > LONGEST {
        styled(&mut body, line, 0, look.style(Role::Text));
    } else {
        match parts(text) {
            Parts::Prose(start) => styled(&mut body, line, start, look.style(Role::Text)),
            Parts::Fields { message, fields } => {
                body.push(&message, said);
                for (name, value) in fields {
                    let gap = if body.text.is_empty() { "" } else { " " };
                    body.push(gap, Style::new());
                    body.push(&name, look.style(Role::LogField));
                    body.push("=", look.style(Role::Dim));
                    body.push(&value, look.style(Role::Dim));
                }
            }
        }
    }
    if let Some(find) = &logs.look().find {
        let current = logs.current == Some(entry.key);
        let role = if current {
            Role::MatchCurrent
        } else {
            Role::Match
        };
        body.mark(find, look.style(role));
    }
    body
}

/// The line's own colours, from a byte on.
fn styled(body: &mut Body, line: &StyledText, start: usize, plain: Style) {
    let mut at = 0;
    for (text, style) in line.pieces() {
        let skipped = start.saturating_sub(at).min(text.len());
        at += text.len();
        body.push(&text[skipped..], plain.patch(style));
    }
}
