//! Text of several lines that goes to a terminal or into a file as it is.

use std::borrow::Cow;

use super::{MAX_LINE_BYTES, SafeText};

/// The text with its lines and tabs as they are, and every oddity in them visible, as in a [name](SafeText::name).
pub fn lines(text: &str) -> Cow<'_, str> {
    let is_ours = |c: char| matches!(c, ' '..='~' | '\n' | '\t');
    if text.chars().all(is_ours) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        // However many there are, they only end the line.
        let words = line.trim_end_matches(['\r', '\n']);
        for (at, piece) in words.split('\t').enumerate() {
            if at > 0 {
                clean.push('\t');
            }
            let mut rest = piece;
            while !rest.is_empty() {
                // What is cleaned may be longer than it was.
                let (chunk, after) = rest.split_at(rest.floor_char_boundary(MAX_LINE_BYTES / 16));
                clean.push_str(&SafeText::name(chunk));
                rest = after;
            }
        }
        clean.push_str(&line[words.len()..]);
    }
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_of_it_and_the_rest_stands_as_it_was() {
        for same in [
            "",
            "one\n\ttwo \r\n",
            "caf\u{e9} \u{65e5}\u{672c}\n\n",
            &"x\u{e9}".repeat(50_000),
        ] {
            assert_eq!(lines(same), same);
        }
        let told = lines("- [ ] a\u{1b}]0;EVIL\u{7}\tb\rc\u{9b}2J\u{202e}\r\n- [ ] b\n");
        let obeyed =
            |c: char| c.is_control() && !matches!(c, '\n' | '\t' | '\r') || c == '\u{202e}';
        assert!(!told.contains(obeyed), "{told:?}");
        assert_eq!(told.matches('\r').count(), 1, "{told:?}");
        assert!(
            told.starts_with("- [ ] a") && told.ends_with("\r\n- [ ] b\n"),
            "{told:?}"
        );
        assert!(told.contains("EVIL") && told.contains("\tb"), "{told:?}");
    }
}
