//! `audit verify`: does every entry still fit the one before it?

use std::collections::VecDeque;
use std::fmt;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::entry::{Entry, Hash, Link};
use super::files::{self, Line, Lines, failed};
use super::head::{self, Found, Head, Lock};
use super::record::{Gap, GapCause, Record};
use crate::plan::record::RecordError;

/// What a walk over the whole journal found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// How many entries fit, up to the first that does not.
    pub entries: u64,
    /// The last entry that fits.
    pub head: Head,
    /// The first entry that does not fit; `None` when all do.
    pub mismatch: Option<Mismatch>,
    /// What is worth knowing and no sign of a change.
    pub notes: Vec<Note>,
}

/// The first place that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: u64,
    /// What should stand there.
    pub expected: Expected,
}

/// What should stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// An entry whose bytes give its hash: these were changed, or are no entry.
    Sealed,
    /// The entry of this number: one is missing, or one was put in.
    Seq(u64),
    /// An entry that follows the entry of this hash.
    Prev(Hash),
    /// The entry of this number and hash, as the head says: it was changed, or is missing.
    Head(Head),
    /// A head that names the last entry: it is missing or damaged.
    SomeHead,
    /// Entries that were durable when this gap was written, from one number to another.
    Lost {
        /// The first.
        from: u64,
        /// The last; the head was lost as well when it is smaller than `from`.
        to: u64,
    },
}

/// What is worth knowing and no sign of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A last line without an end: a crash, or a write under way. The next writer sets it aside.
    TornTail {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: u64,
        /// Its bytes so far.
        bytes: u64,
    },
    /// A crash left bytes that were set aside.
    SetAside {
        /// The side file.
        file: PathBuf,
    },
    /// The disk did not confirm entries; none of them was relied on.
    Unconfirmed {
        /// The file that begins with the gap.
        file: PathBuf,
        /// The last entry before.
        after: u64,
    },
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            expected,
        } = self;
        write!(f, "{}:{line}: {expected}", file.display())
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sealed => {
                f.write_str("expected an entry whose hash fits its bytes; this line was changed")
            }
            Self::Seq(seq) => write!(f, "expected entry {seq}; one is missing, or one was put in"),
            Self::Prev(hash) => write!(f, "expected an entry that follows {hash}"),
            Self::Head(Head { seq, hash }) => {
                write!(f, "expected entry {seq} with hash {hash}, as the head says")
            }
            Self::SomeHead => {
                f.write_str("expected a head that names the last entry; it is missing or damaged")
            }
            Self::Lost { from, to } if to < from => {
                write!(
                    f,
                    "expected a head when this was written; entries from {from} on may be missing"
                )
            }
            Self::Lost { from, to } => {
                write!(f, "expected entries {from} to {to}, which are missing")
            }
        }
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TornTail { file, line, bytes } => {
                write!(
                    f,
                    "{}:{line}: {bytes} bytes of a half-written entry; the next entry sets them aside",
                    file.display()
                )
            }
            Self::SetAside { file } => {
                write!(f, "{}: what a crash left half-written", file.display())
            }
            Self::Unconfirmed { file, after } => {
                write!(
                    f,
                    "{}: the disk did not confirm what followed entry {after}; it was written again here",
                    file.display()
                )
            }
        }
    }
}

/// Walks over all segments in `folder`.
pub(super) fn verify(folder: &Path) -> Result<Report, RecordError> {
    let io = |doing| move |error: io::Error| failed(doing, folder, &error);
    // The lock is held for the list and the lengths alone; what is appended later is not looked at.
    let lock = Lock::take_to_read(folder)?;
    let found = lock
        .as_ref()
        .map_or(Ok(Found::Empty), Lock::read)
        .map_err(io("read the head in"))?;
    let segments = files::segments(folder).map_err(io("list"))?;
    let last_size = segments
        .last()
        .map_or(Ok(0), |path| path.metadata().map(|meta| meta.len()));
    let last_size = last_size.map_err(io("read"))?;
    let aside = files::torn(folder).map_err(io("list"))?;
    drop(lock);

    let mut walk = Walk::new(&found);
    for (index, path) in segments.iter().enumerate() {
        let next = segments.get(index + 1);
        let limit = if next.is_none() { last_size } else { u64::MAX };
        walk.segment(path, limit, next)
            .map_err(|error| failed("read", path, &error))?;
        if walk.mismatch.is_some() {
            break;
        }
    }
    walk.compare_with_head(&found, &head::path(folder), segments.last());
    walk.notes
        .extend(aside.into_iter().map(|file| Note::SetAside { file }));
    let head = walk.last();
    Ok(Report {
        entries: walk.entries,
        head,
        mismatch: walk.mismatch,
        notes: walk.notes,
    })
}

struct Walk {
    /// The last entries that fit, oldest first. A gap after a failed sync goes back over one batch.
    recent: VecDeque<Head>,
    entries: u64,
    /// The line after the last that was read.
    next_line: u64,
    vouched: Option<Head>,
    vouched_seen: bool,
    mismatch: Option<Mismatch>,
    notes: Vec<Note>,
}

impl Walk {
    fn new(found: &Found) -> Self {
        let vouched = if let Found::Head(head) = found {
            Some(head.clone())
        } else {
            None
        };
        Self {
            recent: VecDeque::from([Head::start()]),
            entries: 0,
            next_line: 1,
            vouched_seen: vouched == Some(Head::start()),
            vouched,
            mismatch: None,
            notes: Vec::new(),
        }
    }

    fn last(&self) -> Head {
        self.recent.back().cloned().unwrap_or_else(Head::start)
    }

    fn segment(&mut self, path: &Path, limit: u64, next: Option<&PathBuf>) -> io::Result<()> {
        let file = File::open(path)?;
        self.next_line = 1;
        for line in Lines::new(io::Read::take(file, limit)) {
            let line = line?;
            self.next_line = line.number + 1;
            let wrong = if line.complete {
                self.line(path, &line)
            } else if next.is_none() {
                self.notes.push(Note::TornTail {
                    file: path.to_owned(),
                    line: line.number,
                    bytes: line.bytes.len() as u64,
                });
                None
            } else {
                Some(Expected::Sealed)
            };
            if let Some(expected) = wrong {
                // What a failed sync left may be anything: the gap that follows says where the chain goes on.
                if next.is_some_and(|next| self.goes_on_after_failed_sync(next)) {
                    return Ok(());
                }
                self.mismatch = Some(Mismatch {
                    file: path.to_owned(),
                    line: line.number,
                    expected,
                });
                return Ok(());
            }
        }
        // An empty last segment is one whose first entry was under way.
        if self.next_line == 1 && next.is_some_and(|next| !self.goes_on_after_failed_sync(next)) {
            let expected = Expected::Seq(self.last().seq.saturating_add(1));
            self.mismatch = Some(Mismatch {
                file: path.to_owned(),
                line: 1,
                expected,
            });
        }
        Ok(())
    }

    /// Takes in the line if it fits; else says what was expected.
    fn line(&mut self, path: &Path, line: &Line) -> Option<Expected> {
        let Some(entry) = Link::parse(&line.bytes) else {
            return Some(Expected::Sealed);
        };
        let last = self.last();
        let hole = gap_of(&line.bytes);
        if let Some(Gap {
            after,
            cause: GapCause::SyncFailed,
        }) = hole
            && line.number == 1
        {
            let known = self.recent.iter().rev().find(|head| head.seq == after);
            let Some(known) = known.filter(|_| entry.seq > last.seq) else {
                return Some(Expected::Seq(last.seq.saturating_add(1)));
            };
            if known.hash != entry.prev {
                return Some(Expected::Prev(known.hash.clone()));
            }
            self.notes.push(Note::Unconfirmed {
                file: path.to_owned(),
                after,
            });
        } else if let Some(Gap { after, .. }) = hole {
            return Some(Expected::Lost {
                from: after.saturating_add(1),
                to: entry.seq.saturating_sub(1),
            });
        } else if entry.seq != last.seq.saturating_add(1) {
            return Some(Expected::Seq(last.seq.saturating_add(1)));
        } else if entry.prev != last.hash {
            return Some(Expected::Prev(last.hash));
        }
        if line.number == 1 && files::first_seq(path) != Some(entry.seq) {
            return Some(Expected::Seq(files::first_seq(path).unwrap_or_default()));
        }
        let head = Head {
            seq: entry.seq,
            hash: entry.hash,
        };
        if let Some(vouched) = self
            .vouched
            .as_ref()
            .filter(|vouched| vouched.seq == head.seq)
        {
            if *vouched != head {
                return Some(Expected::Head(vouched.clone()));
            }
            self.vouched_seen = true;
        }
        self.entries += 1;
        self.recent.push_back(head);
        if self.recent.len() > 4 {
            self.recent.pop_front();
        }
        None
    }

    /// Whether the segment begins with a gap that follows one of the last entries, after a sync that failed.
    fn goes_on_after_failed_sync(&self, segment: &Path) -> bool {
        let first = files::open_private(segment, &mut OpenOptions::new())
            .ok()
            .and_then(|file| Lines::new(file).next()?.ok());
        first.is_some_and(|line| {
            let Some(Gap {
                after,
                cause: GapCause::SyncFailed,
            }) = gap_of(&line.bytes)
            else {
                return false;
            };
            Link::parse(&line.bytes).is_some_and(|link| {
                self.recent
                    .iter()
                    .any(|head| head.seq == after && head.hash == link.prev)
            })
        })
    }

    fn compare_with_head(
        &mut self,
        found: &Found,
        head_file: &Path,
        last_segment: Option<&PathBuf>,
    ) {
        if self.mismatch.is_some() {
            return;
        }
        let (file, line, expected) = match (found, &self.vouched) {
            (Found::Head(_), Some(_)) if self.vouched_seen => return,
            (Found::Empty, _) if self.entries == 0 => return,
            (Found::Head(_), Some(vouched)) => {
                let file = last_segment.map_or(head_file, PathBuf::as_path);
                (file, self.next_line, Expected::Head(vouched.clone()))
            }
            _ => (head_file, 1, Expected::SomeHead),
        };
        self.mismatch = Some(Mismatch {
            file: file.to_owned(),
            line,
            expected,
        });
    }
}

fn gap_of(line: &[u8]) -> Option<Gap> {
    // Most entries are none, and reading them whole takes most of the walk's time.
    if !std::str::from_utf8(line).is_ok_and(|text| text.contains("\"gap\"")) {
        return None;
    }
    match Entry::parse(line)?.record {
        Record::Gap(gap) => Some(gap),
        _ => None,
    }
}
