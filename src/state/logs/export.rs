//! Entries as text, for a file or the clipboard. All of it has been cleaned where it came in.

use std::fmt::Write as _;

use super::{
    entry::{Entry, Key, What},
    store::Store,
};
use crate::domain::log::{Level, Parts, bounded, parts};

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// As its service wrote it.
    Written,
    /// Level, message and fields.
    Fields,
    /// Level and message alone.
    Message,
}

/// Writes an entry and a line break.
pub(super) fn write(entry: &Entry, form: Form, text: &mut String) {
    let (at, label) = (entry.at(), &entry.origin.label);
    // Writing to a String cannot fail.
    let _ = match &entry.what {
        What::Line(line) => {
            let _ = write!(text, "{at:.3} {label} ");
            line_of(line.text(), entry.level, form, text);
            if entry.repeats > 0 {
                let _ = write!(text, " ×{}", entry.repeats + 1);
            }
            writeln!(text)
        }
        What::Joined => writeln!(text, "{at:.3} -- {label} joined"),
        What::Left => writeln!(text, "{at:.3} -- {label} left"),
        What::Lost(lines) => writeln!(text, "{at:.3} -- {label}: {lines} lines lost on the way"),
        What::Fallen(lines) => writeln!(text, "{at:.3} -- {lines} lines fell out of memory"),
        What::Unreadable(why) => writeln!(text, "{at:.3} -- {label} can't be read: {why}"),
        What::Bounded(followed, waiting) => {
            writeln!(text, "{at:.3} -- {}", bounded(*followed, *waiting))
        }
    };
}

fn line_of(line: &str, level: Option<Level>, form: Form, text: &mut String) {
    if form == Form::Written {
        text.push_str(line);
        return;
    }
    if let Some(level) = level {
        text.push_str(level.shown());
        text.push(' ');
    }
    match parts(line) {
        Parts::Prose(start) => text.push_str(&line[start..]),
        Parts::Fields { message, .. } if form == Form::Message && !message.is_empty() => {
            text.push_str(&message);
        }
        fields @ Parts::Fields { .. } => {
            // Writing to a String cannot fail.
            let _ = write!(text, "{fields}");
        }
    }
}

/// What is being written for a file, in slices.
#[derive(Debug)]
pub(super) struct Saving {
    pub(super) name: String,
    form: Form,
    next: Option<Key>,
    text: String,
}

impl Saving {
    pub(super) fn begin(name: String, form: Form, first: Option<Key>) -> Self {
        Self {
            name,
            form,
            next: first,
            text: String::new(),
        }
    }

    /// Writes about so many entries; the text, once all are written.
    pub(super) fn go_on(&mut self, store: &Store, budget: usize) -> Option<String> {
        if let Some(next) = self.next.take() {
            let mut entries = store.down_from(next);
            for entry in entries.by_ref().take(budget) {
                write(entry, self.form, &mut self.text);
            }
            self.next = entries.next().map(|entry| entry.key);
        }
        self.next.is_none().then(|| std::mem::take(&mut self.text))
    }
}

/// A file name out of what is shown and when.
pub(super) fn file_name(subject: &str, at: jiff::Timestamp) -> String {
    let subject: String = subject
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '-'
            }
        })
        .take(80)
        .collect();
    format!("logs-{subject}-{}.log", at.strftime("%Y%m%dT%H%M%SZ"))
}
