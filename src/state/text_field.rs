//! One line of text that an operator types.

use crate::{
    domain::key::{Key, KeyChord},
    text::is_typable,
};

/// The longest text a field takes; a paste is cut there.
const LONGEST: usize = 256;

/// The text and where the next character goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextField {
    text: String,
    /// In bytes, always at a character's start.
    cursor: usize,
    /// What it holds was proposed and not yet touched: the first character typed takes its place.
    proposal: bool,
}

impl TextField {
    /// A field that holds `text`, the cursor behind it.
    pub fn holding(text: &str) -> Self {
        Self {
            cursor: text.len(),
            text: text.to_owned(),
            proposal: false,
        }
    }

    /// A field that proposes `text`: Enter takes it, the first character typed takes its place.
    pub fn proposing(text: &str) -> Self {
        Self {
            proposal: true,
            ..Self::holding(text)
        }
    }

    /// What has been typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands left of the cursor.
    pub fn before(&self) -> &str {
        &self.text[..self.cursor]
    }

    /// Takes a key; says whether it meant something here.
    pub fn key(&mut self, chord: KeyChord) -> bool {
        if chord.text().is_none() {
            self.proposal = false;
        }
        match (chord.key, chord.ctrl) {
            (Key::Char('u'), true) => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            (Key::Char('w'), true) => {
                let kept = self.before().trim_end().rfind(' ').map_or(0, |at| at + 1);
                self.text.drain(kept..self.cursor);
                self.cursor = kept;
            }
            (Key::Home, _) | (Key::Char('a'), true) => self.cursor = 0,
            (Key::End, _) | (Key::Char('e'), true) => self.cursor = self.text.len(),
            (Key::Left, _) => self.cursor -= self.previous(),
            (Key::Right, _) => self.cursor += self.next(),
            (Key::Backspace, _) => {
                let at = self.cursor - self.previous();
                self.text.drain(at..self.cursor);
                self.cursor = at;
            }
            (Key::Delete, _) => {
                let end = self.cursor + self.next();
                self.text.drain(self.cursor..end);
            }
            _ => match chord.text() {
                Some(c) => self.insert(c.encode_utf8(&mut [0; 4])),
                None => return false,
            },
        }
        true
    }

    /// Puts in text, literally: controls (a pasted Enter among them) and what reorders or hides are left out.
    pub fn insert(&mut self, text: &str) {
        if std::mem::take(&mut self.proposal) {
            *self = Self::default();
        }
        for c in text.chars() {
            if !is_typable(self.before(), c) {
                continue;
            }
            if self.text.len() + c.len_utf8() > LONGEST {
                return;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    fn previous(&self) -> usize {
        self.before().chars().next_back().map_or(0, char::len_utf8)
    }

    fn next(&self) -> usize {
        self.text[self.cursor..]
            .chars()
            .next()
            .map_or(0, char::len_utf8)
    }
}

/// A filter or a search: what is applied, and what is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterField {
    field: TextField,
    editing: bool,
}

impl FilterField {
    /// Whether keys go into it.
    pub const fn editing(&self) -> bool {
        self.editing
    }

    /// What is applied; typing applies at once.
    pub fn text(&self) -> &str {
        self.field.text()
    }

    /// The field, to draw it.
    pub const fn field(&self) -> &TextField {
        &self.field
    }

    /// The field, to type into it.
    pub const fn field_mut(&mut self) -> &mut TextField {
        &mut self.field
    }

    /// Keys go into it from now on.
    pub const fn begin(&mut self) {
        self.editing = true;
    }

    /// Keeps what was typed; keys go to the rows again.
    pub const fn keep(&mut self) {
        self.editing = false;
    }

    /// Takes it away.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether a row of that text is shown: all words occur, whatever the case; a `!` in front turns it round.
    pub fn shows(&self, row: &str) -> bool {
        let (inverse, words) = match self.text().strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, self.text()),
        };
        if words.trim().is_empty() {
            return true;
        }
        let row = row.to_lowercase();
        words
            .split_whitespace()
            .all(|word| row.contains(&word.to_lowercase()))
            != inverse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pasted_enter_is_not_a_key() {
        let mut field = TextField::default();
        field.insert("prod/api\r\nrm");
        assert_eq!(field.text(), "prod/apirm");
    }

    #[test]
    fn a_paste_is_cut_where_the_field_is_full_and_never_inside_a_character() {
        let mut field = TextField::holding("ab");
        field.key(KeyChord::plain(Key::Left));
        field.insert(&"é".repeat(LONGEST));
        // Of the last byte no character can be made.
        assert_eq!(field.text(), format!("a{}b", "é".repeat(LONGEST / 2 - 1)));
        field.key(KeyChord::plain(Key::Char('é')));
        assert_eq!(field.text().len(), LONGEST);
    }

    #[test]
    fn editing_moves_by_characters() {
        let mut field = TextField::holding("aé");
        field.key(KeyChord::plain(Key::Left));
        field.key(KeyChord::plain(Key::Char('x')));
        assert_eq!((field.text(), field.before()), ("axé", "ax"));
        field.key(KeyChord::plain(Key::Backspace));
        field.key(KeyChord::plain(Key::Delete));
        assert_eq!(field.text(), "a");
    }

    #[test]
    fn the_first_character_takes_the_place_of_a_proposal() {
        let mut field = TextField::proposing("4");
        field.key(KeyChord::plain(Key::Char('2')));
        assert_eq!(field.text(), "2");
        field.key(KeyChord::plain(Key::Char('0')));
        assert_eq!(field.text(), "20");
        let mut field = TextField::proposing("root");
        field.key(KeyChord::plain(Key::Left));
        field.key(KeyChord::plain(Key::Char('x')));
        assert_eq!(field.text(), "rooxt");
    }

    #[test]
    fn an_exclamation_mark_turns_a_filter_round() {
        let mut filter = FilterField::default();
        filter.field_mut().insert("API v1");
        assert!(filter.shows("api 3/3 v1.8"));
        assert!(!filter.shows("web 3/3 v1.8"));
        filter.clear();
        filter.field_mut().insert("!api");
        assert!(!filter.shows("api 3/3 v1.8"));
        assert!(filter.shows("web"));
    }
}
