//! What is wrong with a scenario file, and where.

use std::{fmt, ops::Range, path::PathBuf};

/// One mistake in a scenario file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

/// Every mistake of a scenario file, in the file's order.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Mistakes {
    /// The file, or the name of a scenario that is built in.
    pub file: PathBuf,
    /// What is wrong; never empty.
    pub all: Vec<Mistake>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, mistake) in self.all.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            let Mistake { line, column, what } = mistake;
            write!(f, "{}:{line}:{column}: {what}", self.file.display())?;
        }
        Ok(())
    }
}

/// Collects mistakes while a file is read.
#[derive(Debug)]
pub(super) struct Collector<'s> {
    source: &'s str,
    found: Vec<(usize, String)>,
}

impl<'s> Collector<'s> {
    pub(super) const fn new(source: &'s str) -> Self {
        Self {
            source,
            found: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, at: &Range<usize>, what: impl Into<String>) {
        self.found.push((at.start, what.into()));
    }

    pub(super) fn into_mistakes(mut self) -> Vec<Mistake> {
        self.found.sort();
        self.found.dedup();
        let source = self.source;
        self.found
            .into_iter()
            .map(|(at, what)| {
                let before = source.get(..at).unwrap_or(source);
                let line_start = before.rfind('\n').map_or(0, |n| n + 1);
                Mistake {
                    line: before.matches('\n').count() + 1,
                    column: before[line_start..].chars().count() + 1,
                    what,
                }
            })
            .collect()
    }
}
