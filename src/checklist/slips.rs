//! What was meant to be an item, or a key, and is none: it would be walked without a word about what is missing.

use std::ops::Range;

use super::{keys::Reader, markdown::DraftItem, order::forms};
use crate::{
    expr::{self, FUNCTIONS},
    text::is_odd,
};

impl Reader<'_> {
    /// Warns of lines that look like an item and are none, in `text` from byte `from`.
    pub(super) fn boxes(&mut self, text: &str, from: usize) {
        let mut at = from;
        let mut is_code = false;
        for line in text[from..].split_inclusive('\n') {
            let start = line.trim_start();
            let place = at + line.len() - start.len();
            at += line.len();
            if start.starts_with("```") || start.starts_with("~~~") {
                is_code = !is_code;
            } else if !is_code && let Some(written) = no_box(start) {
                self.problem(place..place + written, "this is no item, and is not walked")
                    .help("write it with one space before, in and after the box: `- [ ] …`")
                    .warning();
            }
        }
    }

    /// Warns of characters that are shown otherwise than they stand there, or not at all: of each line the first.
    pub(super) fn odd(&mut self, text: &str, from: usize) {
        let mut at = from;
        for line in text[from..].split_inclusive('\n') {
            let found = line.char_indices().find(|(_, c)| is_odd(*c));
            if let Some((before, c)) = found {
                let place = at + before..at + before + c.len_utf8();
                let code = u32::from(c);
                let message =
                    format!("U+{code:04X} is not text, and is not shown as it stands here");
                self.problem(place, message).help("leave it out").warning();
            }
            at += line.len();
        }
    }

    /// Warns of a key that stands among the words of an item, where it does nothing.
    pub(super) fn stray(&mut self, draft: &DraftItem) {
        if let Some(key) = stray(&draft.text) {
            let place = draft.words.clone().unwrap_or(draft.start..draft.start);
            self.problem(
                place,
                format!("`{key}:` does nothing here: it stands outside of backticks"),
            )
            .help(format!(
                "write `{key}: …` with a backtick before and after it"
            ))
            .warning();
        }
    }

    /// Warns of an expression without the key that makes it one.
    pub(super) fn bare(&mut self, code: &str, span: Range<usize>) {
        if begins_with_function(code.trim()) && expr::parse(code).is_ok() {
            self.problem(
                span,
                "this does nothing: it is an expression without its key",
            )
            .help(format!("write `check: {}`", code.trim()))
            .warning();
        }
    }
}

/// How long what looks like the box of an item is, where it is none.
fn no_box(line: &str) -> Option<usize> {
    let bullet = line.strip_prefix(['-', '*', '+'])?;
    let rest = bullet.trim_start_matches(' ');
    let (inner, after) = rest.strip_prefix('[')?.split_once(']')?;
    let is_meant = matches!(inner.trim(), "" | "x" | "X") && !after.starts_with(['(', '[', ':']);
    let is_one = bullet.len() > rest.len()
        && inner.len() == 1
        && (after.trim_end().is_empty() || after.starts_with([' ', '\t']));
    (is_meant && !is_one).then(|| line.len() - after.len())
}

/// The key that stands among these words, with what would make it one.
fn stray(words: &str) -> Option<&'static str> {
    let after = |key: &str| {
        let at = words.find(key)?;
        let is_whole = !words[..at].ends_with(char::is_alphanumeric);
        is_whole.then(|| words[at + key.len()..].trim_start())
    };
    let acts = |said: &str| {
        let verb = said.split_whitespace().next();
        forms().any(|form| form.split(' ').next() == verb)
    };
    if after("check:").is_some_and(begins_with_function) {
        Some("check")
    } else if after("soak:").is_some_and(begins_with_function) {
        Some("soak")
    } else {
        after("do:").is_some_and(acts).then_some("do")
    }
}

fn begins_with_function(said: &str) -> bool {
    let called = said.split_once('(').map(|(name, _)| name);
    FUNCTIONS
        .iter()
        .any(|function| Some(function.name) == called)
}
