//! A key with what is held beside it, and how it is written: `ctrl-s`, `shift-tab`, `f1`, `?`.

use std::{fmt, str::FromStr};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// A key that can carry a meaning. Shift is part of a character (`S`), and a flag on the others.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub enum Key {
    /// What the key types, shift applied.
    Char(char),
    /// Enter, or return.
    Enter,
    /// Escape.
    Esc,
    /// The tabulator.
    Tab,
    /// Delete to the left.
    Backspace,
    /// Delete to the right.
    Delete,
    /// Insert.
    Insert,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// A function key, 1 to 12.
    F(u8),
}

/// Keys with a name of their own, as written and as printed.
const NAMED: [(&str, Key); 15] = [
    ("space", Key::Char(' ')),
    ("enter", Key::Enter),
    ("esc", Key::Esc),
    ("tab", Key::Tab),
    ("backspace", Key::Backspace),
    ("delete", Key::Delete),
    ("insert", Key::Insert),
    ("home", Key::Home),
    ("end", Key::End),
    ("page-up", Key::PageUp),
    ("page-down", Key::PageDown),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
];

/// One press: a key and what is held beside it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct KeyChord {
    /// The key.
    pub key: Key,
    /// Control is held.
    pub ctrl: bool,
    /// Alt, or option, is held.
    pub alt: bool,
    /// Shift is held; never set on a character, which carries it itself.
    pub shift: bool,
}

/// Why a chord cannot be read, or can never arrive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No key is called that.
    #[error("no key is called that")]
    Unknown,
    /// A terminal sends the same bytes for another key.
    #[error("a terminal sends the same for {0}: use that")]
    SameAs(&'static str),
    /// Shift with a character is another character.
    #[error("write the character that shift makes")]
    ShiftedCharacter,
    /// A modifier stands twice.
    #[error("the same modifier stands twice")]
    Twice,
}

impl KeyChord {
    /// The key alone.
    pub const fn plain(key: Key) -> Self {
        Self {
            key,
            ctrl: false,
            alt: false,
            shift: false,
        }
    }

    /// What it types into a text field, if it does.
    pub const fn text(self) -> Option<char> {
        match self.key {
            Key::Char(c) if !self.ctrl && !self.alt => Some(c),
            _ => None,
        }
    }

    /// The chord of a press; `None` for a release and for keys without a meaning here.
    pub fn from_event(event: KeyEvent) -> Option<Self> {
        if event.is_release() {
            return None;
        }
        let mut shift = event.modifiers.contains(KeyModifiers::SHIFT);
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        let key = match event.code {
            KeyCode::Char(c) => {
                // Some terminals send shift as a flag beside the small letter; beside ctrl most cannot send it at all.
                let c = if shift && !ctrl {
                    c.to_uppercase().next().unwrap_or(c)
                } else {
                    c
                };
                shift = false;
                Key::Char(if ctrl { c.to_ascii_lowercase() } else { c })
            }
            KeyCode::BackTab => {
                shift = true;
                Key::Tab
            }
            KeyCode::Enter => Key::Enter,
            KeyCode::Esc => Key::Esc,
            KeyCode::Tab => Key::Tab,
            KeyCode::Backspace => Key::Backspace,
            KeyCode::Delete => Key::Delete,
            KeyCode::Insert => Key::Insert,
            KeyCode::Home => Key::Home,
            KeyCode::End => Key::End,
            KeyCode::PageUp => Key::PageUp,
            KeyCode::PageDown => Key::PageDown,
            KeyCode::Up => Key::Up,
            KeyCode::Down => Key::Down,
            KeyCode::Left => Key::Left,
            KeyCode::Right => Key::Right,
            KeyCode::F(n @ 1..=12) => Key::F(n),
            _ => return None,
        };
        Some(Self {
            key,
            ctrl,
            alt: event.modifiers.contains(KeyModifiers::ALT),
            shift,
        })
    }
}

impl FromStr for KeyChord {
    type Err = KeyError;

    fn from_str(written: &str) -> Result<Self, KeyError> {
        let mut rest = written;
        let (mut ctrl, mut alt, mut shift) = (false, false, false);
        loop {
            let (held, after) = if let Some(after) = rest.strip_prefix("ctrl-") {
                (&mut ctrl, after)
            } else if let Some(after) = rest.strip_prefix("alt-") {
                (&mut alt, after)
            } else if let Some(after) = rest.strip_prefix("shift-") {
                (&mut shift, after)
            } else {
                break;
            };
            if std::mem::replace(held, true) {
                return Err(KeyError::Twice);
            }
            rest = after;
        }
        let key = parse_key(rest).ok_or(KeyError::Unknown)?;
        match key {
            Key::Char(_) if shift => return Err(KeyError::ShiftedCharacter),
            Key::Char(c) if ctrl && c.is_ascii_uppercase() => {
                return Err(KeyError::SameAs("its small letter"));
            }
            Key::Char('i') if ctrl => return Err(KeyError::SameAs("tab")),
            Key::Char('m') if ctrl => return Err(KeyError::SameAs("enter")),
            Key::Char('[') if ctrl => return Err(KeyError::SameAs("esc")),
            _ => {}
        }
        Ok(Self {
            key,
            ctrl,
            alt,
            shift,
        })
    }
}

fn parse_key(written: &str) -> Option<Key> {
    let mut chars = written.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return (!c.is_control() && !c.is_whitespace()).then_some(Key::Char(c));
    }
    if let Some((_, key)) = NAMED.iter().find(|(name, _)| *name == written) {
        return Some(*key);
    }
    let number = written.strip_prefix('f')?;
    (1..=12).find(|n: &u8| n.to_string() == number).map(Key::F)
}

impl fmt::Display for KeyChord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (held, name) in [
            (self.ctrl, "ctrl-"),
            (self.alt, "alt-"),
            (self.shift, "shift-"),
        ] {
            if held {
                f.write_str(name)?;
            }
        }
        if let Some((name, _)) = NAMED.iter().find(|(_, key)| *key == self.key) {
            return f.write_str(name);
        }
        match self.key {
            Key::Char(c) => write!(f, "{c}"),
            Key::F(n) => write!(f, "f{n}"),
            other => unreachable!("{other:?} is in NAMED"),
        }
    }
}

/// Names that a mistyped key is compared with.
pub fn key_names() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_again() {
        for written in [
            "q",
            "?",
            "S",
            "-",
            "ctrl--",
            "ctrl-s",
            "alt-1",
            "shift-tab",
            "space",
            "f12",
            "ctrl-alt-up",
            "é",
        ] {
            let chord: KeyChord = written.parse().expect(written);
            assert_eq!(chord.to_string(), written);
        }
    }

    #[test]
    fn a_chord_that_can_never_arrive_is_refused() {
        for (written, error) in [
            ("", KeyError::Unknown),
            ("ctrl-", KeyError::Unknown),
            ("entr", KeyError::Unknown),
            ("f13", KeyError::Unknown),
            ("f01", KeyError::Unknown),
            ("ctrl-i", KeyError::SameAs("tab")),
            ("ctrl-m", KeyError::SameAs("enter")),
            ("ctrl-S", KeyError::SameAs("its small letter")),
            ("shift-s", KeyError::ShiftedCharacter),
            ("ctrl-ctrl-s", KeyError::Twice),
        ] {
            assert_eq!(written.parse::<KeyChord>(), Err(error), "{written}");
        }
    }

    #[test]
    fn events_become_the_chords_that_keymaps_write() {
        for (code, modifiers, written) in [
            (KeyCode::Char('S'), KeyModifiers::SHIFT, "S"),
            (KeyCode::Char('s'), KeyModifiers::SHIFT, "S"),
            (KeyCode::Char('?'), KeyModifiers::NONE, "?"),
            (KeyCode::Char('s'), KeyModifiers::CONTROL, "ctrl-s"),
            (KeyCode::BackTab, KeyModifiers::SHIFT, "shift-tab"),
            (KeyCode::BackTab, KeyModifiers::NONE, "shift-tab"),
            (KeyCode::Char(' '), KeyModifiers::NONE, "space"),
            (KeyCode::F(5), KeyModifiers::NONE, "f5"),
        ] {
            let chord = KeyChord::from_event(KeyEvent::new(code, modifiers)).expect(written);
            assert_eq!(chord.to_string(), written);
        }
    }
}
