//! Text that repeats in a cluster is kept once: node names, images, namespaces, reasons.

use std::collections::HashSet;

use crate::text::SafeText;

/// Forgets all when it has grown to so many: a cluster's set of names turns over.
const MANY: usize = 100_000;

/// Keeps one copy of each text.
#[derive(Debug, Default)]
pub(super) struct Texts {
    known: HashSet<SafeText>,
}

impl Texts {
    /// A name, shared with its equals.
    pub(super) fn name(&mut self, bytes: &[u8]) -> SafeText {
        if bytes.is_empty() {
            return SafeText::EMPTY;
        }
        // What is already clean is looked up without being cleaned again.
        if let Some(known) = std::str::from_utf8(bytes)
            .ok()
            .and_then(|text| self.known.get(text))
        {
            return known.clone();
        }
        self.keep(SafeText::name(bytes))
    }

    /// Words, shared with their equals.
    pub(super) fn words(&mut self, text: SafeText) -> SafeText {
        match self.known.get(text.as_str()) {
            Some(known) => known.clone(),
            None => self.keep(text),
        }
    }

    fn keep(&mut self, text: SafeText) -> SafeText {
        if self.known.len() >= MANY {
            self.known.clear();
        }
        self.known.insert(text.clone());
        text
    }
}
