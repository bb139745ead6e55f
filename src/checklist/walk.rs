//! A run in somebody's hands: what is looked at, what is asked, and what a person may do.
//!
//! ```text
//! look ─> events ─> written down (by whoever conducts) ─> happened ─> the run has moved
//! ```
//!
//! Nothing moves before it is written down; so a look that was not written yet is not looked again.

mod reach;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Document, Event, ItemId, Kind, Refused, Run, Start, State, What,
    read::{self, Reading},
};
use crate::{
    domain::{
        alert::Alert,
        past::keep_newest,
        report::Source,
        service::{Service, ServiceId},
        source::SourceState,
    },
    expr::{Answer, Expr, Facts, Known, Once, Query, Truth, Verdict},
    safe,
    text::SafeText,
};

/// What was asked, and not answered again for so long, is not known any more.
const FRESH: Duration = Duration::from_secs(30);

/// Names a run in the journal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunId(pub SafeText);

/// Which console has control of a run; who that is, the run itself says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// This one.
    Own,
    /// Another one, which lives.
    Other,
    /// None: the console that had it is gone.
    Nobody,
}

/// A run as it is opened: all of it from the journal and the file that is kept with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Which.
    pub run: RunId,
    /// Where the list's file was read.
    pub path: PathBuf,
    /// The file as it was at the start.
    pub text: String,
    /// What happened so far, the start first.
    pub events: Vec<Event>,
    /// Who has control of it.
    pub hold: Hold,
}

impl Opened {
    /// A run of a document that begins here; the journal gives it its name.
    pub fn begins(document: &Document, start: Start, by: SafeText, at: Timestamp) -> Self {
        let what = What::Started(start);
        Self {
            run: RunId(SafeText::EMPTY),
            path: document.source.path().to_owned(),
            text: document.source.text().to_owned(),
            events: vec![Event::new(at, by, what)],
            hold: Hold::Own,
        }
    }
}

/// A run that is walked, or followed.
#[derive(Clone, Debug)]
pub struct Walk {
    id: RunId,
    run: Run,
    hold: Hold,
    /// Whether what the last look told is being written down.
    writing: bool,
    /// What was asked in the background.
    pub asked: BTreeMap<Query, Answer>,
    /// Of which moment the newest verified backup of a service is.
    pub backups: BTreeMap<ServiceId, Timestamp>,
    /// Services whose traffic was measured in this run.
    measured: BTreeSet<ServiceId>,
    /// When what must hold for a time was last looked at.
    watched: BTreeMap<ItemId, Timestamp>,
}

impl Walk {
    /// The run that was opened.
    ///
    /// # Errors
    /// Its file or its record is not what a run is made of; in words.
    pub fn open(opened: &Opened) -> Result<Self, SafeText> {
        let source = Source::new(&opened.path, opened.text.clone());
        let Reading { document, .. } = read::read(&source, None).map_err(|report| {
            let first = report.problems().first().map(ToString::to_string);
            SafeText::line(first.unwrap_or_default())
        })?;
        let run = Run::replay(Arc::new(document), &opened.events);
        let run = run.map_err(|refused| safe!("the record of this run: {refused}"))?;
        Ok(Self {
            id: opened.run.clone(),
            run,
            hold: opened.hold,
            writing: false,
            asked: BTreeMap::new(),
            backups: BTreeMap::new(),
            measured: BTreeSet::new(),
            watched: BTreeMap::new(),
        })
    }

    /// Its name in the journal.
    pub const fn id(&self) -> &RunId {
        &self.id
    }

    /// What was made of it so far.
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// Which console has control.
    pub const fn hold(&self) -> Hold {
        self.hold
    }

    /// Another console has control from now on, or none.
    pub fn held(&mut self, hold: Hold) {
        self.hold = hold;
        self.writing = false;
    }

    /// What is known for it at this moment.
    pub fn facts<'a>(
        &'a self,
        state: &'a SourceState,
        alerts: &'a [Alert],
        unseen_alerts: Option<&'a SafeText>,
        now: Timestamp,
    ) -> Known<'a> {
        Known {
            state,
            alerts,
            unseen_alerts,
            backups: &self.backups,
            asked: &self.asked,
            measured: &self.measured,
            start: Some(self.run.began()),
            now,
            fresh: FRESH,
        }
    }

    /// Remembers whose traffic is measured: once it was, its absence is no reason to leave it out.
    pub fn measure<'s>(&mut self, services: impl IntoIterator<Item = &'s Service>) {
        let is_measured = |service: &&Service| {
            let traffic = &service.traffic;
            traffic.rate.or(traffic.error_percent).is_some() || traffic.p95_ms.is_some()
        };
        let seen = services.into_iter().filter(is_measured);
        self.measured.extend(seen.map(|service| service.id.clone()));
    }

    /// Backups were made of that moment each: of a service counts the newest.
    pub fn backed_up(&mut self, backups: impl IntoIterator<Item = (ServiceId, Timestamp)>) {
        for (service, of) in backups {
            keep_newest(&mut self.backups, service, of);
        }
    }

    /// What an item's condition comes to now, whether or not it is looked at; `None` where it has none.
    pub fn verdict(&self, item: ItemId, facts: &impl Facts) -> Option<Verdict> {
        let kind = &self.run.document().item(item)?.kind;
        let mut verdict = kind.condition()?.expr.evaluate(facts);
        // What it put into service has to be what runs: of what went back since, nothing is proved.
        if let Kind::Do(order, _) = kind
            && let Some(version) = order.version()
        {
            let runs = Expr::runs(&order.about, version).evaluate(facts);
            if runs.truth != Truth::True {
                verdict.truth = verdict.truth.min(runs.truth);
                verdict.evidence.extend(runs.evidence);
            }
        }
        Some(verdict)
    }

    /// What the abort criterion comes to now; `None` where there is none.
    fn aborts(&self, facts: &impl Facts) -> Option<Verdict> {
        let abort = self.run.document().abort_when.as_ref()?;
        Some(abort.expr.evaluate(facts))
    }

    /// What says now that the abort criterion is met, while it is; where nothing does, what said so when it began.
    pub fn breach(&self, facts: &impl Facts) -> Option<SafeText> {
        let breach = self.run.breach()?;
        let now = self.aborts(facts).filter(|now| now.truth == Truth::True);
        Some(now.map_or_else(|| breach.evidence.clone(), |now| now.words()))
    }

    /// What a look tells that is new, to be [written down](Self::writes). Only who has control looks, and not while it is
    /// being written down what the last look told.
    pub fn look(&self, facts: &Once<'_, impl Facts>, now: Timestamp) -> Vec<Event> {
        if self.hold != Hold::Own || self.run.ended().is_some() || self.writing {
            return Vec::new();
        }
        let mut events = self.run.overdue(now);
        events.extend(
            self.aborts(facts)
                .and_then(|verdict| self.run.observe_abort(&verdict, now)),
        );
        for item in self.in_reach() {
            if let Some(long) = self.unwatched(item, now) {
                events.extend(self.run.unwatched(item, long, now));
                continue;
            }
            let Some(verdict) = self.verdict(item, facts) else {
                continue;
            };
            let late = (events.iter()).position(|event| event.what.item() == Some(item));
            match late {
                // It has come true by now, whoever was away meanwhile.
                Some(late) if verdict.truth == Truth::True => drop(events.remove(late)),
                Some(_) => continue,
                None => {}
            }
            events.extend(self.run.observe(item, &verdict, now));
        }
        events
    }

    /// For how long nobody has looked at what must hold for a time, where that is too long to say that it held.
    fn unwatched(&self, item: ItemId, now: Timestamp) -> Option<Duration> {
        let clock = self.run.step(item)?.clock?;
        let last = self.watched.get(&item).map_or(clock, |at| clock.max(*at));
        let long = Duration::try_from(now.duration_since(last)).ok()?;
        (long > FRESH).then_some(long)
    }

    /// Remembers what is in reach as looked at: here, with what that told, or by the console that has control, which lives.
    pub fn looked(&mut self, told: &[Event], now: Timestamp) {
        let looks = match self.hold {
            Hold::Own => !self.writing,
            Hold::Other => true,
            Hold::Nobody => false,
        };
        if !looks {
            return;
        }
        // What was told may not be written down: it is told again then.
        for item in self.in_reach() {
            if !told.iter().any(|event| event.what.item() == Some(item)) {
                self.watched.insert(item, now);
            }
        }
    }

    /// What a look told is being written down: until that [has been](Self::look_again), nothing is looked at.
    pub const fn writes(&mut self) {
        self.writing = true;
    }

    /// What is asked in the background for what is in reach, each question once; nothing once the run has ended.
    pub fn queries(&self) -> Vec<Query> {
        if self.run.ended().is_some() {
            return Vec::new();
        }
        let document = self.run.document();
        let items = self.in_reach().into_iter();
        let items = items.filter_map(|item| document.item(item)?.kind.condition());
        let mut queries = BTreeSet::new();
        for condition in items.chain(&document.abort_when) {
            let asked = condition.expr.queries().into_iter();
            queries.extend(asked.filter(|query| query.is_asked()).cloned());
        }
        queries.into_iter().collect()
    }

    /// What a person wants, as the event that is to be written down.
    ///
    /// # Errors
    /// It cannot happen, or another console has control.
    pub fn wants(&self, by: &SafeText, what: What, now: Timestamp) -> Result<Event, Refused> {
        if self.hold != Hold::Own && !what.is_open_to_all() {
            return Err(Refused::NotInControl(self.run.pilot().clone()));
        }
        let event = Event::new(now, by.clone(), what);
        self.run.admit(&event)?;
        Ok(event)
    }

    /// It is written down, by this console or by another one: now it has happened.
    ///
    /// # Errors
    /// It cannot follow what is here: the run has to be opened anew.
    pub fn happened(&mut self, event: &Event) -> Result<(), Refused> {
        self.run.apply(event)
    }

    /// What the last look told is written down, as far as it could happen: it is looked again.
    pub const fn look_again(&mut self) {
        self.writing = false;
    }

    /// Whether an action of its is under way, as far as the record says.
    pub fn acts(&self) -> bool {
        self.run.steps().any(|(_, step)| step.is_acting())
    }

    /// The steps of which nobody knows what became.
    pub fn uncertain(&self) -> impl Iterator<Item = ItemId> {
        let steps = self.run.steps();
        let open = steps.filter(|(_, step)| step.state == State::Uncertain);
        open.map(|(item, _)| item.id)
    }
}
