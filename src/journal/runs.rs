//! Runs of checklists: what happened in each, as the entries have it, and the files that were walked, by their hashes.
//!
//! Whose run it is stands in the entries: the console that wrote the last `started`, `resumed` or `control-taken` has
//! control, for as long as it lives.

use std::{
    collections::VecDeque,
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use super::{
    entry::Entry,
    files::{self, Lines, failed, make_private_folder, open_private},
    record::{Gap, GapCause, Record, Walked},
    session,
};
use crate::{
    checklist::{Event, Hold, RunId, What},
    plan::record::{Label, RecordError},
    text::SafeText,
};

/// A run, as far as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptRun {
    /// Which.
    pub run: RunId,
    /// The daemon or cluster on which it is walked, by its identity.
    pub cluster: Label,
    /// Where the list's file was read.
    pub path: PathBuf,
    /// What happened, the start first.
    pub events: Vec<Event>,
    /// The console that has control, or had it last.
    holder: Label,
}

impl KeptRun {
    /// What is walked, and which list of it.
    pub fn name(&self) -> (SafeText, Option<SafeText>) {
        match self.events.first().map(|event| &event.what) {
            Some(What::Started(start)) => (start.name.clone(), start.list.clone()),
            _ => (SafeText::EMPTY, None),
        }
    }

    /// SHA-256 of its file.
    pub fn hash(&self) -> &str {
        match self.events.first().map(|event| &event.what) {
            Some(What::Started(start)) => &start.hash,
            _ => "",
        }
    }

    /// Who has control.
    pub fn pilot(&self) -> SafeText {
        let mut last = self.events.iter().rev();
        let pilot = last.find(|event| takes(&event.what));
        pilot.map_or(SafeText::EMPTY, |event| event.by.clone())
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        let ends = |event: &Event| matches!(event.what, What::Ended(_));
        self.events.iter().any(ends)
    }

    fn take_in(&mut self, session: Label, event: Event) {
        if takes(&event.what) {
            self.holder = session;
        }
        self.events.push(event);
    }
}

/// Whether whoever writes it has control from then on.
pub(super) const fn takes(what: &What) -> bool {
    matches!(
        what,
        What::Started(_) | What::Resumed | What::ControlTaken { .. }
    )
}

/// A run that is read on and on, entry by entry as they are written.
#[derive(Debug)]
pub struct Following {
    run: RunId,
    folder: PathBuf,
    /// The segment that was read last, and how far.
    at: Option<(PathBuf, u64)>,
    holder: Label,
    /// Whether a backup was made, by whomever, and nobody has looked which.
    pub(super) backed_up: bool,
    dedup: Dedup,
}

impl Following {
    pub(super) fn new(folder: &Path, run: RunId) -> Self {
        Self {
            run,
            folder: folder.to_owned(),
            at: None,
            holder: Label::default(),
            backed_up: false,
            dedup: Dedup::default(),
        }
    }

    /// What was written of the run since it was read last. Blocks.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn news(&mut self) -> Result<Vec<Event>, RecordError> {
        let mut news = Vec::new();
        for entry in self.entries()? {
            self.backed_up |= matches!(entry.record, Record::Backup(_));
            if let Some((session, walked)) = self.dedup.walked(entry)
                && walked.run == self.run
            {
                if takes(&walked.event.what) {
                    self.holder = session;
                }
                news.push(walked.event);
            }
        }
        Ok(news)
    }

    /// Which console has control, where `own` is this one.
    pub(super) fn hold(&self, own: &Label) -> Hold {
        hold(&self.folder, &self.holder, own)
    }

    /// Where one of them cannot be read now, all of them are read the next time.
    fn entries(&mut self) -> Result<Vec<Entry>, RecordError> {
        let folder = &self.folder;
        let segments = files::segments(folder).map_err(|e| failed("list", folder, &e))?;
        let mut at = self.at.clone();
        let (last, mut from) = at.clone().unwrap_or_default();
        let mut entries = Vec::new();
        for path in segments.into_iter().filter(|path| *path >= last) {
            let reading = |error: io::Error| failed("read", &path, &error);
            let mut file = File::open(&path).map_err(reading)?;
            if path != last {
                from = 0;
            }
            file.seek(SeekFrom::Start(from)).map_err(reading)?;
            for line in Lines::new(file) {
                let line = line.map_err(reading)?;
                // What a console is about to end, or a crash cut off, is read when it is whole.
                if !line.complete {
                    break;
                }
                from += line.bytes.len() as u64 + 1;
                entries.extend(Entry::parse(&line.bytes));
            }
            at = Some((path, from));
        }
        self.at = at;
        Ok(entries)
    }
}

/// What a disk did not confirm stands there again after a gap that says so: it has happened once.
#[derive(Debug, Default)]
struct Dedup {
    /// What happened last, with the numbers of its entries.
    last: Vec<(u64, Walked)>,
    /// What comes again.
    again: VecDeque<Walked>,
}

impl Dedup {
    /// What an entry says that happened in a run, and in which console; `None` where it says nothing of any, or again.
    fn walked(&mut self, entry: Entry) -> Option<(Label, Walked)> {
        let again = std::mem::take(&mut self.again);
        match entry.record {
            Record::Checklist(walked) => {
                self.last.push((entry.seq, (*walked).clone()));
                if again.front() == Some(&*walked) {
                    self.again = again;
                    self.again.pop_front();
                    return None;
                }
                Some((entry.session, *walked))
            }
            Record::Gap(Gap {
                after,
                cause: GapCause::SyncFailed,
            }) => {
                let unconfirmed = self.last.drain(..).filter(|(seq, _)| *seq > after);
                self.again = unconfirmed.map(|(_, walked)| walked).collect();
                None
            }
            _ => {
                self.last.clear();
                None
            }
        }
    }
}

fn hold(folder: &Path, holder: &Label, own: &Label) -> Hold {
    if holder == own {
        Hold::Own
    } else if session::lives(folder, holder) {
        Hold::Other
    } else {
        Hold::Nobody
    }
}

/// Every run of the journal in `folder`, oldest first, each with the console that has control where `own` is this one.
pub(super) fn all(folder: &Path, own: &Label) -> Result<Vec<(KeptRun, Hold)>, RecordError> {
    let mut runs: Vec<KeptRun> = Vec::new();
    let mut dedup = Dedup::default();
    super::audit::entries(folder, |entry| {
        let Some((session, walked)) = dedup.walked(entry) else {
            return;
        };
        let Walked {
            run,
            cluster,
            path,
            event,
            ..
        } = walked;
        match runs.iter_mut().rev().find(|kept| kept.run == run) {
            Some(kept) => kept.take_in(session, event),
            None => runs.push(KeptRun {
                run,
                cluster,
                path: PathBuf::from(path.as_str()),
                events: vec![event],
                holder: session,
            }),
        }
    })?;
    let held = |run: KeptRun| {
        let hold = hold(folder, &run.holder, own);
        (run, hold)
    };
    Ok(runs.into_iter().map(held).collect())
}

fn place(root: &Path, hash: &str) -> PathBuf {
    let digits = hash.chars().filter(char::is_ascii_hexdigit).take(64);
    root.join("lists")
        .join(digits.collect::<String>())
        .with_extension("md")
}

/// Keeps a list's file under its hash. Durable when it returns.
pub(super) fn keep(root: &Path, hash: &str, text: &str) -> Result<(), RecordError> {
    let path = place(root, hash);
    if read(root, hash).is_ok_and(|kept| kept == text) {
        return Ok(());
    }
    let written = (|| {
        let folder = path.parent().unwrap_or(root);
        make_private_folder(folder)?;
        let draft = path.with_extension(format!("{}.draft", std::process::id()));
        let mut file = open_private(
            &draft,
            OpenOptions::new().write(true).create(true).truncate(true),
        )?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&draft, &path)?;
        File::open(folder)?.sync_all()
    })();
    written.map_err(|error: io::Error| failed("write to", &path, &error))
}

/// A list's file as it was kept.
pub(super) fn read(root: &Path, hash: &str) -> Result<String, RecordError> {
    let path = place(root, hash);
    let read = || {
        let mut text = String::new();
        open_private(&path, &mut OpenOptions::new())?.read_to_string(&mut text)?;
        Ok(text)
    };
    read().map_err(|error: io::Error| failed("read", &path, &error))
}
