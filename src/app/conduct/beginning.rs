//! How a run begins: whatever is wrong with it is known before anything of it is kept.

use std::path::Path;

use jiff::Timestamp;

use super::{Conductor, lists, plain};
use crate::{
    checklist::{Known, Opened, Run, Start, Walk},
    domain::{action::EnvironmentKind, report::Report},
    safe,
    state::Place,
    text::SafeText,
};

/// How a run begins.
pub struct Beginning<'a> {
    /// The identity of the daemon or cluster on which it is walked.
    pub identity: &'a str,
    /// Where that is.
    pub place: &'a Place,
    /// The list's file.
    pub file: &'a Path,
    /// The list in it; `None` for all with boxes.
    pub list: Option<SafeText>,
    /// The names that the list may speak of; `None` where nobody looked.
    pub known: Option<&'a Known>,
    /// Who begins.
    pub by: SafeText,
    /// When.
    pub at: Timestamp,
}

/// A run that can begin, of which nothing is kept yet.
pub struct Prepared {
    identity: String,
    opened: Opened,
    walk: Walk,
}

impl Prepared {
    /// The run as it will be.
    pub const fn run(&self) -> &Run {
        self.walk.run()
    }
}

/// Why a run cannot begin.
#[derive(Debug)]
pub enum Unfit {
    /// All that is wrong with its list.
    Mistakes(Report),
    /// The file cannot be read, or it is one for another environment.
    Else(SafeText),
}

impl From<SafeText> for Unfit {
    fn from(why: SafeText) -> Self {
        Self::Else(why)
    }
}

impl Unfit {
    /// In one line.
    pub fn line(self) -> SafeText {
        match self {
            Self::Mistakes(report) => {
                let first = report.problems().iter().find(|p| !p.is_warning());
                let first = first.map(ToString::to_string).unwrap_or_default();
                safe!("{first}; `quarterdeck checklist lint --live` shows every mistake")
            }
            Self::Else(why) => why,
        }
    }
}

impl Beginning<'_> {
    /// Reads the list.
    ///
    /// # Errors
    /// It is none, or one for another environment.
    pub fn prepared(self) -> Result<Prepared, Unfit> {
        let Self { at, by, list, .. } = self;
        let document = lists::document(self.file, self.known)?.map_err(Unfit::Mistakes)?;
        if let Some(meant) = &document.environment {
            is_meant(meant, self.place)?;
        }
        let start = Start {
            list,
            rehearsal: self.place.simulated,
            ..Start::of(&document, at)
        };
        let opened = Opened::begins(&document, start, by, at);
        Ok(Prepared {
            identity: self.identity.to_owned(),
            walk: Walk::open(&opened).map_err(Unfit::Else)?,
            opened,
        })
    }
}

impl Conductor {
    /// Begins a run.
    ///
    /// # Errors
    /// In words: the journal cannot be written.
    pub fn start(&self, prepared: Prepared) -> Result<Opened, SafeText> {
        let Prepared {
            identity, opened, ..
        } = prepared;
        let journal = self.ledger.journal()?;
        let kept = (opened.path.as_path(), opened.text.as_str());
        let run = journal.begin_run(&identity, kept, opened.events[0].clone());
        self.read(journal, &identity, &run.map_err(plain)?)
    }
}

/// Whether a list for that environment, by its name or its kind, may be begun there. It may be rehearsed anywhere; and what
/// nobody has named is held for production.
///
/// # Errors
/// It may not; says where one is.
fn is_meant(meant: &SafeText, place: &Place) -> Result<(), SafeText> {
    let kind = match place.kind {
        EnvironmentKind::Unknown => EnvironmentKind::Production,
        kind => kind,
    };
    let mut fits = [place.environment.as_str(), kind.word()].into_iter();
    if place.simulated || fits.any(|name| name.eq_ignore_ascii_case(meant)) {
        return Ok(());
    }
    let is = match place.kind {
        EnvironmentKind::Unknown => SafeText::from_static("of no kind that the settings say"),
        kind => SafeText::from_static(kind.word()),
    };
    Err(safe!(
        "this list is for {meant} (`environment:`), and {} is {is}",
        place.environment
    ))
}
