//! Conducting runs of checklists: what happens in one is written down first, and has happened then.
//!
//! Every console on this host reads the same entries, and judges what is to be written under the journal's lock by what
//! stands there; so two of them never disagree about what happened, nor act both. All of it blocks.

mod acting;
mod beginning;
mod reading;
#[cfg(test)]
mod tests;

pub(super) use self::acting::Binding;
pub use self::{
    acting::Step,
    beginning::{Beginning, Prepared, Unfit},
    reading::resolve,
};

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use jiff::Timestamp;

use super::{
    ledger::{Ledger, plain},
    lists,
};
use crate::{
    checklist::{
        self, End, Event, Hold, ItemId, Opened, Refused, RunId, State, Walk, What, same_person,
    },
    domain::service::ServiceId,
    journal::{Following, Journal, KeptRun},
    safe,
    state::{operations::Leftover, walking::Unfinished},
    text::SafeText,
};

/// The runs that this console walks or follows.
pub struct Conductor {
    ledger: Arc<Ledger>,
    open: Mutex<BTreeMap<RunId, Open>>,
    /// The items of which it is being read what became of them.
    readings: Mutex<BTreeSet<(RunId, ItemId)>>,
    /// How actions of this console ended that could not be written down yet: their steps wait for it.
    owed: Mutex<Vec<(RunId, Event)>>,
}

struct Open {
    kept: KeptRun,
    following: Following,
    walk: Walk,
    /// The list's file as it was looked at last: when it was written, and how long it is.
    file: Option<(SystemTime, u64)>,
    /// What happened and was not told yet.
    untold: Vec<Event>,
}

/// What was written of a run since it was last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct News {
    /// What happened.
    pub events: Vec<Event>,
    /// Who has control now.
    pub hold: Hold,
    /// Of which moments the newest verified backups are, where there are others than those told last.
    pub backups: BTreeMap<ServiceId, Timestamp>,
}

impl Conductor {
    /// Of a journal.
    pub const fn new(ledger: Arc<Ledger>) -> Self {
        Self {
            ledger,
            open: Mutex::new(BTreeMap::new()),
            readings: Mutex::new(BTreeSet::new()),
            owed: Mutex::new(Vec::new()),
        }
    }

    /// Opens a run that was begun on the daemon or cluster of that identity, to look at it: who has control keeps it.
    ///
    /// # Errors
    /// In words: there is no such run, it was begun elsewhere, or the journal cannot be read.
    pub fn look_at(&self, identity: &str, run: &RunId) -> Result<Opened, SafeText> {
        self.read(self.ledger.journal()?, identity, run)
    }

    /// Opens a run that was begun on the daemon or cluster of that identity. Where its console is gone, and `by` had control,
    /// this one has it from then on, and says first what was cut off.
    ///
    /// # Errors
    /// In words: there is no such run, it was begun elsewhere, or the journal cannot be read or written.
    pub fn resume(
        &self,
        identity: &str,
        run: &RunId,
        by: &SafeText,
        at: Timestamp,
    ) -> Result<Opened, SafeText> {
        let opened = self.look_at(identity, run)?;
        let walk = Walk::open(&opened)?;
        let own = same_person(walk.run().pilot(), by) && walk.run().ended().is_none();
        if opened.hold != Hold::Nobody || !own {
            return Ok(opened);
        }
        self.take_over(run, by, What::Resumed, at)?;
        self.look_at(identity, run)
    }

    /// Takes control: it was offered, or the console that had it is gone.
    ///
    /// # Errors
    /// In words: neither is so, or the journal cannot be written.
    pub fn take(
        &self,
        run: &RunId,
        by: &SafeText,
        at: Timestamp,
    ) -> Result<Option<Refused>, SafeText> {
        let what = self.with(run, |open, journal| {
            open.catch_up(journal)?;
            let first_is_gone = open.walk.hold() == Hold::Nobody;
            if first_is_gone && same_person(open.walk.run().pilot(), by) {
                return Ok(What::Resumed);
            }
            Ok(What::ControlTaken { first_is_gone })
        })??;
        self.take_over(run, by, what, at)
    }

    /// Leaves a run that is open here for good: who has control does, or anybody once their console is gone.
    ///
    /// # Errors
    /// In words: the journal cannot be read or written.
    pub fn leave(
        &self,
        run: &RunId,
        by: &SafeText,
        reason: SafeText,
        at: Timestamp,
    ) -> Result<Option<Refused>, SafeText> {
        if let Some(refused) = self.take(run, by, at)? {
            return Ok(Some(refused));
        }
        let what = What::Ended(End::Left { reason });
        let by = by.clone();
        let event = Event::new(at, by, what);
        self.record(run, &[event])
    }

    /// Under the lock: of two who come at once, the second finds the first.
    fn take_over(
        &self,
        run: &RunId,
        by: &SafeText,
        what: What,
        at: Timestamp,
    ) -> Result<Option<Refused>, SafeText> {
        let gone = !matches!(
            what,
            What::ControlTaken {
                first_is_gone: false
            }
        );
        let by = by.clone();
        let taken = Event::new(at, by, what);
        let changed = self.with(run, |open, _| changed(open, at))?;
        self.write(run, |walk| {
            if gone && walk.hold() != Hold::Nobody {
                let pilot = walk.run().pilot().clone();
                return (Vec::new(), Some(Refused::NotOffered(pilot)));
            }
            let mut now = walk.run().clone();
            if let Err(refused) = now.apply(&taken) {
                return (Vec::new(), Some(refused));
            }
            let mut events = vec![taken.clone()];
            let cut = if gone {
                now.interrupted(at)
            } else {
                Vec::new()
            };
            let told = cut.into_iter().chain(changed.clone());
            events.extend(told.filter(|event| now.apply(event).is_ok()));
            (events, None)
        })
    }

    /// Writes down what of this can happen; the rest is dropped, and why is told of what a person wanted. An operation of which
    /// that says that nothing is left to do is not offered any more.
    ///
    /// # Errors
    /// In words: the journal cannot be read or written.
    pub fn record(&self, run: &RunId, events: &[Event]) -> Result<Option<Refused>, SafeText> {
        let mut settled = Vec::new();
        let refused = self.write(run, |walk| {
            let (mut now, mut refused) = (walk.run().clone(), None);
            let mut fit = Vec::new();
            for event in events {
                let own = walk.hold() == Hold::Own || event.what.is_open_to_all();
                let admitted = if own {
                    now.apply(event)
                } else {
                    Err(Refused::NotInControl(now.pilot().clone()))
                };
                match admitted {
                    Ok(()) => fit.push(event.clone()),
                    // What was only looked at is looked at again.
                    Err(why) if event.what.is_said() || event.what.operation().is_some() => {
                        refused = refused.or(Some(why));
                    }
                    Err(_) => {}
                }
            }
            let settles = |event: &Event| now.settles(&event.what).cloned();
            settled = fit.iter().filter_map(settles).collect();
            (fit, refused)
        })?;
        // Not before: who reads what became of it once more would find that it was left, and no longer what says so.
        for operation in settled {
            // The step is settled. What cannot be left now is offered again, and leaves nothing to do.
            let _ = self.ledger.forget(operation.as_str());
        }
        Ok(refused)
    }

    /// Notes where this console has control that the list's file is another one now. It is read where it was written since.
    ///
    /// # Errors
    /// In words: the journal cannot be read or written.
    pub fn look_at_file(&self, run: &RunId, at: Timestamp) -> Result<(), SafeText> {
        let seen = self.with(run, |open, _| {
            let is = fs::metadata(&open.kept.path).ok();
            let is = is.and_then(|is| Some((is.modified().ok()?, is.len())));
            let looks = open.walk.hold() == Hold::Own && is != open.file;
            looks.then(|| (is, changed(open, at)))
        })?;
        let Some((is, changed)) = seen else {
            return Ok(());
        };
        if !changed.is_empty() {
            self.record(run, &changed)?;
        }
        // What could not be written down is looked at again.
        self.with(run, |open, _| open.file = is)
    }

    /// What was written of a run since it was last told.
    ///
    /// # Errors
    /// In words: the journal cannot be read, or the run is not open.
    pub fn news(&self, run: &RunId) -> Result<News, SafeText> {
        // What cannot be written yet is owed; that it cannot is told with what somebody does.
        let _ = self.settle_up(run);
        self.with(run, |open, journal| {
            open.catch_up(journal)?;
            let backups = journal.new_backups(&open.kept, &mut open.following);
            Ok(News {
                backups: backups.map_err(plain)?,
                events: std::mem::take(&mut open.untold),
                hold: open.walk.hold(),
            })
        })?
    }

    /// A run that is open, as it stands.
    ///
    /// # Errors
    /// In words: it is not open.
    pub fn walk(&self, run: &RunId) -> Result<Walk, SafeText> {
        self.with(run, |open, _| open.walk.clone())
    }

    /// What is left of actions of an open run's steps, where this console may take it up.
    pub(super) fn half_done(&self, run: &RunId) -> Vec<Leftover> {
        let walk = self.walk(run);
        let steps = walk.iter().flat_map(|walk| walk.run().steps());
        let open = steps.filter(|(_, step)| step.state == State::Pending);
        let begun = open.filter_map(|(_, step)| step.operation.as_ref());
        begun
            .filter_map(|id| self.ledger.left(id.as_str()))
            .collect()
    }

    /// The runs of that daemon or cluster that have not ended, the newest first.
    ///
    /// # Errors
    /// In words: the journal cannot be read.
    pub fn unfinished(&self, identity: &str) -> Result<Vec<Unfinished>, SafeText> {
        let mut runs = self.ledger.journal()?.runs(Some(identity)).map_err(plain)?;
        runs.retain(|(run, _)| !run.is_over());
        let told = runs.into_iter().rev().filter_map(|(run, hold)| {
            let (name, list) = run.name();
            Some(Unfinished {
                pilot: run.pilot(),
                began: run.events.first()?.at,
                last: run.events.last()?.at,
                run: run.run,
                name,
                list,
                hold,
            })
        });
        Ok(told.collect())
    }

    fn write(
        &self,
        run: &RunId,
        mut decide: impl FnMut(&Walk) -> (Vec<Event>, Option<Refused>),
    ) -> Result<Option<Refused>, SafeText> {
        self.with(run, |open, journal| {
            let (mut refused, mut misfit) = (None, None);
            let Open {
                kept,
                following,
                walk,
                untold,
                ..
            } = open;
            let written = journal.write_run(kept, following, &mut |news, hold| {
                walk.held(hold);
                misfit = news.iter().find_map(|event| walk.happened(event).err());
                untold.extend(news);
                if misfit.is_some() {
                    return Vec::new();
                }
                let (events, why) = decide(walk);
                refused = why;
                events
            });
            written.map_err(plain)?;
            if let Some(why) = misfit {
                return Err(safe!("the record of this run: {why}"));
            }
            open.catch_up(journal)?;
            Ok(refused)
        })?
    }

    /// Reads a run anew. What proves it, and what it does, is of one daemon or cluster: of that identity.
    fn read(&self, journal: &Journal, identity: &str, run: &RunId) -> Result<Opened, SafeText> {
        let runs = journal.runs(None).map_err(plain)?;
        let found = runs.into_iter().find(|(kept, _)| kept.run == *run);
        let (kept, _) = found.ok_or_else(|| safe!("there is no run {}", run.0))?;
        if kept.cluster.as_str() != identity {
            return Err(safe!(
                "run {} was begun on another daemon or cluster than this one",
                run.0
            ));
        }
        let text = journal.list_file(kept.hash()).map_err(plain)?;
        let mut following = journal.follow(run);
        let events = following.news().map_err(plain)?;
        let opened = Opened {
            run: run.clone(),
            path: kept.path.clone(),
            text,
            events,
            hold: journal.hold(&following),
        };
        let walk = Walk::open(&opened)?;
        let open = Open {
            kept,
            following,
            walk,
            file: None,
            untold: Vec::new(),
        };
        self.open().insert(run.clone(), open);
        Ok(opened)
    }

    fn with<T>(
        &self,
        run: &RunId,
        work: impl FnOnce(&mut Open, &Arc<Journal>) -> T,
    ) -> Result<T, SafeText> {
        let journal = self.ledger.journal()?;
        let mut all = self.open();
        let open = all.get_mut(run);
        let open = open.ok_or_else(|| safe!("run {} is not open here", run.0))?;
        Ok(work(open, journal))
    }

    fn open(&self) -> MutexGuard<'_, BTreeMap<RunId, Open>> {
        unpoisoned(&self.open)
    }
}

impl Open {
    fn catch_up(&mut self, journal: &Journal) -> Result<(), SafeText> {
        let news = self.following.news().map_err(plain)?;
        for event in &news {
            let applied = self.walk.happened(event);
            applied.map_err(|why| safe!("the record of this run: {why}"))?;
        }
        let hold = journal.hold(&self.following);
        if hold != self.walk.hold() {
            self.walk.held(hold);
        }
        self.untold.extend(news);
        Ok(())
    }
}

/// That the file is another one now, where it is there and that was not told before.
fn changed(open: &Open, at: Timestamp) -> Vec<Event> {
    let path = &open.kept.path;
    let file = lists::document(path, None).ok().and_then(Result::ok);
    // What has mistakes, or is no text, says nothing of what was settled.
    let hash = match &file {
        Some(file) => Some(file.hash.clone()),
        None => fs::read(path).ok().map(|bytes| checklist::hash(&bytes)),
    };
    hash.map_or_else(Vec::new, |hash| {
        open.walk.run().file_changed(&hash, file.as_ref(), at)
    })
}

fn unpoisoned<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
