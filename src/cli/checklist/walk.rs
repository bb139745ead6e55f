//! `checklist run`: a list walked without a screen. Nobody is asked anything: what only people know is said beforehand, or
//! the run ends there.

use std::{path::PathBuf, sync::Arc, time::Duration};

use clap::Args;
use jiff::Timestamp;
use tokio::{runtime::Handle, select, sync::mpsc, time::timeout};

use super::{
    given::{Given, named},
    operator,
};
use crate::{
    app::{
        asking::Asking,
        conduct::{self, Beginning, Conductor, Step, Unfit},
        ledger::Ledger,
        operate::Hands,
    },
    checklist::{
        self, End, Event, Hold, ItemId, Kind, RunId, State, Walk, What, record, same_person,
    },
    cli::{
        act::{self, Part},
        alerts,
        arguments::duration,
        context::{Context, FIRST_WORD, Reached},
        exit::{CommandResult, Exit, Fault},
        out,
    },
    domain::service::ServiceId,
    expr::{Answer, Once, Query},
    plan::Target,
    platform::InFlight,
    safe,
    state::{Pane, unseen, walking::Unfinished},
    text::SafeText,
};

/// How long it is waited for news of the platform before the next look.
const LOOK: Duration = Duration::from_millis(500);

/// `quarterdeck checklist run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The Markdown file
    #[arg(required_unless_present = "resume", conflicts_with = "resume")]
    file: Option<PathBuf>,
    /// The list or procedure in it; all lists with boxes where none is named
    #[arg(long, value_name = "NAME", conflicts_with = "resume")]
    list: Option<String>,
    /// Go on with a run whose console is gone
    #[arg(long, value_name = "RUN")]
    resume: Option<String>,
    /// How long what sets no timeout of its own may take to become true
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    wait: Duration,
    /// The record as one JSON object; the way goes to standard error
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    given: Given,
}

pub(super) async fn run(context: &Context, asked: Run) -> CommandResult {
    let by = operator(context)?;
    let mut reached = context.reach().await?;
    reached.signals().await;
    let (tell, answers) = mpsc::channel(64);
    let asker = reached.asker.clone();
    let asking = Asking::new(Handle::current(), asker, reached.clock(), tell);
    let ledger = context.ledger();
    let conductor = Arc::new(Conductor::new(Arc::clone(&ledger)));
    let identity = reached.state().snapshot.host.identity.clone();
    let mut hand = Hand {
        context,
        reached,
        identity,
        asking,
        answers,
        ledger,
        conductor,
        asked,
        by,
        run: RunId(SafeText::EMPTY),
    };
    let ended = hand.walk().await;
    if hand.run.0.is_empty() {
        return ended;
    }
    let walk = hand.conductor.walk(&hand.run).map_err(Fault::failed)?;
    if hand.asked.json {
        out::json(&record::Record::of(walk.run()))?;
    }
    for line in record::summary(walk.run()) {
        out::say(&line);
    }
    ended
}

/// Whoever walks it.
struct Hand<'a> {
    context: &'a Context,
    reached: Reached,
    /// Of the daemon or cluster on which it is walked.
    identity: SafeText,
    asking: Asking,
    answers: mpsc::Receiver<(Query, Answer)>,
    ledger: Arc<Ledger>,
    conductor: Arc<Conductor>,
    asked: Run,
    by: SafeText,
    run: RunId,
}

impl Hand<'_> {
    async fn walk(&mut self) -> CommandResult {
        let mut walk = self.open()?;
        out::say(&format!("run {}", self.run.0));
        let found = self.find_out(&mut walk).await;
        let ended = match found {
            Ok(()) => self.step_by_step(&mut walk).await,
            Err(fault) => Err(fault),
        };
        if let Err(Fault::Said(exit, why)) = &ended {
            self.stop(&mut walk, *exit, why);
        }
        ended
    }

    async fn step_by_step(&mut self, walk: &mut Walk) -> CommandResult {
        // Its time begins once what it asks was asked.
        let mut since = (None, self.reached.now());
        loop {
            self.ask(walk).await;
            self.look(walk)?;
            let now = self.reached.now();
            // On the screen a person decides what comes of it. Here nobody does.
            if let Some(breach) = walk.run().breach() {
                let why = safe!("the abort criterion is met: {}", breach.evidence);
                return Err(Fault::failed(why));
            }
            let Some(item) = walk.run().next() else {
                self.record(walk, What::Ended(End::Done))?;
                return Ok(Exit::Done);
            };
            if since.0 != Some(item) {
                since = (Some(item), now);
            }
            // What was done may take a moment to be seen.
            if self.turn(walk, item, since.1).await? {
                since = (None, now);
                continue;
            }
            let news = async {
                select! {
                    _ = self.reached.platform.state.changed() => {}
                    Some((query, answer)) = self.answers.recv() => {
                        walk.asked.insert(query, answer);
                    }
                }
            };
            let _ = timeout(LOOK, news).await;
        }
    }

    /// Ends the run, unless somebody can go on with it: then it is told how.
    fn stop(&self, walk: &mut Walk, exit: Exit, why: &str) {
        let again = &self.context.again;
        let go_on = again.command(&format!("checklist run --resume {}", self.run.0));
        let given_up = match exit {
            // Nothing came of it that whoever begins anew would miss.
            Exit::Refused => {
                let goes_on = self.asked.resume.is_some() || self.asked.given.partly;
                !goes_on && walk.run().is_untouched()
            }
            Exit::Stopped | Exit::Unverified => false,
            _ => true,
        };
        if given_up {
            let reason = SafeText::line(why);
            let ended = self.record(walk, What::Ended(End::Left { reason }));
            // Why it was left is what whoever reads it has to know first.
            if let Err(Fault::Said(_, why)) = ended {
                out::say(&format!("that it was left is not written down: {why}"));
            }
            return;
        }
        let uncertain: Vec<ItemId> = walk.uncertain().collect();
        if let (Exit::Unverified, Some(item)) = (exit, uncertain.first()) {
            out::say(&format!(
                "the run stays open: look what became of step {item}, then go on with it by {go_on}; \
                 what is not to be read from here you say: --happened {item}=WORDS, or --not-happened {item}=WORDS"
            ));
        } else if walk.hold() == Hold::Own {
            let end = again.command(&format!("checklist end {}", self.run.0));
            out::say(&format!(
                "the run stays open: go on with it by {go_on}, or end it by {end} --reason WORDS"
            ));
        }
    }

    fn open(&mut self) -> Result<Walk, Fault> {
        let at = self.reached.now();
        let resumed = self.asked.resume.is_some();
        let opened = match (&self.asked.resume, &self.asked.file) {
            (Some(run), _) => {
                let run = RunId(SafeText::name(run));
                self.conductor.resume(&self.identity, &run, &self.by, at)
            }
            (None, Some(file)) => {
                let known = super::known_there(self.context, &self.reached);
                let beginning = Beginning {
                    identity: &self.identity,
                    place: &self.reached.place,
                    file,
                    list: self.asked.list.as_deref().map(SafeText::line),
                    known: Some(&known),
                    by: self.by.clone(),
                    at,
                };
                let prepared = beginning.prepared().map_err(|unfit| match unfit {
                    Unfit::Mistakes(report) => {
                        let name = SafeText::name(file.as_os_str().as_encoded_bytes());
                        let mistakes = report.mistakes(false);
                        Fault::usage(format!("{name} cannot be walked\n{mistakes}"))
                    }
                    Unfit::Else(why) => Fault::usage(why),
                })?;
                self.fits(prepared.run())?;
                self.make_way(prepared.run(), at)?;
                self.conductor.start(prepared)
            }
            (None, None) => unreachable!("the command line wants one of them"),
        };
        let opened = opened.map_err(Fault::usage)?;
        let mut walk = Walk::open(&opened).map_err(Fault::failed)?;
        if walk.run().ended().is_some() {
            return Err(Fault::usage(format!("run {} is over", opened.run.0)));
        }
        match opened.hold {
            Hold::Own => {}
            hold => {
                let pilot = walk.run().pilot();
                let is = if hold == Hold::Other {
                    "in another console"
                } else {
                    "; go on as them: --operator"
                };
                return Err(Fault::refused(format!("{pilot} has control {is}")));
            }
        }
        if resumed {
            self.fits(walk.run())?;
        }
        self.run = opened.run;
        // The backups that there are.
        self.catch_up(&mut walk)?;
        Ok(walk)
    }

    fn fits(&self, run: &checklist::Run) -> Result<(), Fault> {
        let environment = &self.reached.place.environment;
        let state = self.reached.state();
        self.asked.given.fits(run, environment, &state.snapshot)
    }

    /// Of a run of the same list that the same person left open here it is told how to go on with it, or to end it. One in
    /// which nobody has said or done anything ends by itself.
    fn make_way(&self, new: &checklist::Run, at: Timestamp) -> Result<(), Fault> {
        let (start, by) = (new.start(), &self.by);
        let open = self.conductor.unfinished(&self.identity);
        let same = open.map_err(Fault::usage)?.into_iter().filter(|open| {
            (&open.name, &open.list) == (&start.name, &start.list) && same_person(&open.pilot, by)
        });
        for Unfinished {
            run, hold, began, ..
        } in same
        {
            let began = self.context.style().time(began);
            let is = format!("run {} of this list, begun {began}, is", run.0);
            if hold != Hold::Nobody {
                return Err(Fault::refused(format!("{is} under way in another console")));
            }
            let opened = self.conductor.look_at(&self.identity, &run);
            let opened = opened.and_then(|opened| Walk::open(&opened));
            if !opened.map_err(Fault::failed)?.run().is_untouched() {
                let again = &self.context.again;
                return Err(Fault::refused(format!(
                    "{is} open: go on with it by {}, or end it by {} --reason WORDS",
                    again.command(&format!("checklist run --resume {}", run.0)),
                    again.command(&format!("checklist end {}", run.0)),
                )));
            }
            let reason = SafeText::from_static("begun anew; nothing was done in it");
            let left = self.conductor.leave(&run, by, reason, at);
            left.map_err(Fault::failed)?;
        }
        Ok(())
    }

    /// What its turn asks for; says whether something was done about it.
    async fn turn(&self, walk: &mut Walk, item: ItemId, since: Timestamp) -> Result<bool, Fault> {
        let run = walk.run();
        let (Some(is), Some(step)) = (run.document().item(item), run.step(item)) else {
            return Err(Fault::failed(format!("there is no step {item}")));
        };
        let name = named(is);
        if let Some(lacks) = self.asked.given.lacks(run, is, step) {
            return Err(Fault::refused(lacks));
        }
        match &is.kind {
            Kind::Attest => self.record(walk, What::Attested { item })?,
            Kind::Gate => {
                // A console that is gone may have said the one and not the other.
                let said = step.go.clone();
                let second = self.asked.given.go().map(SafeText::name);
                for who in [Some(&self.by), second.as_ref()].into_iter().flatten() {
                    if !said.iter().any(|name| same_person(name, who)) {
                        self.write(walk, who, What::Go { item })?;
                    }
                }
            }
            // What is done may take a moment to be seen.
            Kind::Do(..) if step.state == State::Failed && !step.done => {
                return Err(Fault::failed(format!("{name}: {}", step.words)));
            }
            Kind::Do(order, _) if !step.done && !step.is_acting() => {
                let Some(action) = order.action().cloned() else {
                    return Err(Fault::refused(format!(
                        "{name}: it does not say which image"
                    )));
                };
                let resumes = step.operation.as_ref();
                let resumes = resumes.filter(|id| self.ledger.left(id.as_str()).is_some());
                let resumes = resumes.map(|id| SafeText::name(id.as_str()));
                let part = Part {
                    resumes,
                    step: Some(Step::new(
                        Arc::clone(&self.conductor),
                        (self.run.clone(), item),
                        self.by.clone(),
                        self.reached.clock(),
                    )),
                };
                let about = order.about.clone();
                let ledger = Arc::clone(&self.ledger);
                let exit = act::step(
                    self.context,
                    &self.reached,
                    ledger,
                    (&about, action),
                    part,
                    &self.asked.given.beforehand,
                )
                .await?;
                self.catch_up(walk)?;
                if exit != Exit::Done {
                    let words = walk.run().step(item).map(|step| step.words.clone());
                    let words = words.unwrap_or_default();
                    return Err(Fault::Said(exit, format!("{name}: {words}")));
                }
            }
            Kind::Check(_) | Kind::Soak(..) | Kind::Do(..) => {
                let waited = self.reached.now().duration_since(since).unsigned_abs();
                let soaks = matches!(is.kind, Kind::Soak(..)) && step.clock.is_some();
                let patience = is.timeout.unwrap_or(self.asked.wait);
                if waited > patience && !soaks {
                    return Err(Fault::failed(format!("{name}: {}", step.words)));
                }
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Has it asked what is in reach, and waits for the first answers: each comes within seconds, if only with why there is none.
    async fn ask(&mut self, walk: &mut Walk) {
        let wanted = walk.queries();
        self.asking.want(wanted.clone());
        let first = async {
            while !wanted.iter().all(|query| walk.asked.contains_key(query))
                && let Some((query, answer)) = self.answers.recv().await
            {
                walk.asked.insert(query, answer);
            }
        };
        let _ = timeout(FIRST_WORD, first).await;
        while let Ok((query, answer)) = self.answers.try_recv() {
            walk.asked.insert(query, answer);
        }
    }

    fn look(&self, walk: &mut Walk) -> Result<(), Fault> {
        let (state, now) = (self.reached.state(), self.reached.now());
        if state.snapshot.host.identity != self.identity {
            return Err(Fault::Said(
                Exit::Stopped,
                "another daemon or cluster answers now than the one on which it was begun".into(),
            ));
        }
        let looked = self.conductor.look_at_file(&self.run, now);
        looked.map_err(Fault::failed)?;
        let alerts = alerts::standing(self.context, &state, now);
        let unseen = unseen::of(&state, Pane::Alerts);
        let unseen = Some(&unseen).filter(|why| !why.is_empty());
        walk.measure(state.snapshot.services.iter().map(|service| &**service));
        let known = walk.facts(&state, &alerts, unseen, now);
        let events = walk.look(&Once::of(&known), now);
        walk.looked(&events, now);
        if !events.is_empty() {
            let written = self.conductor.record(&self.run, &events);
            written.map_err(Fault::failed)?;
        }
        self.catch_up(walk)?;
        match walk.hold() {
            Hold::Own => Ok(()),
            _ => Err(Fault::Said(
                Exit::Stopped,
                format!("{} has control now", walk.run().pilot()),
            )),
        }
    }

    fn record(&self, walk: &mut Walk, what: What) -> Result<(), Fault> {
        let by = self.by.clone();
        self.write(walk, &by, what)
    }

    fn write(&self, walk: &mut Walk, by: &SafeText, what: What) -> Result<(), Fault> {
        let event = Event::new(self.reached.now(), by.clone(), what);
        let event = event.at_console_of(&self.by);
        let refused = self.conductor.record(&self.run, &[event]);
        if let Some(why) = refused.map_err(Fault::failed)? {
            return Err(Fault::refused(why));
        }
        self.catch_up(walk)
    }

    /// What was written has happened, and is told.
    fn catch_up(&self, walk: &mut Walk) -> Result<(), Fault> {
        let news = self.conductor.news(&self.run).map_err(Fault::failed)?;
        walk.backed_up(news.backups);
        for event in &news.events {
            walk.happened(event).map_err(Fault::failed)?;
            let line = format!("{}\n", event.sentence());
            if self.asked.json {
                out::say(line.trim_end());
            } else {
                out::print(&line)?;
            }
        }
        if news.hold != walk.hold() {
            walk.held(news.hold);
        }
        Ok(())
    }

    /// What became of actions of which nobody knows: it is read; what cannot be read is as somebody saw it.
    async fn find_out(&self, walk: &mut Walk) -> Result<(), Fault> {
        let uncertain: Vec<ItemId> = walk.uncertain().collect();
        for item in uncertain {
            let read = self.resolve(item).await;
            self.catch_up(walk)?;
            let run = walk.run();
            let name = run.document().item(item).map(named).unwrap_or_default();
            let seen = self.asked.given.seen(item);
            match (read, seen, run.step(item)) {
                (Ok(()), Some((happened, _)), Some(step)) if step.done != happened => {
                    let words = &step.words;
                    let why = format!("{name}: it reads otherwise than you saw it: {words}");
                    return Err(Fault::refused(why));
                }
                (Ok(()), ..) => {}
                (Err(_), Some((happened, words)), _) => {
                    self.record(walk, What::seen(item, happened, &self.by, words))?;
                }
                (Err(why), None, _) => {
                    return Err(Fault::Said(Exit::Unverified, format!("{name}: {why}")));
                }
            }
        }
        Ok(())
    }

    async fn resolve(&self, item: ItemId) -> Result<(), SafeText> {
        let platform = &self.reached.platform;
        let hands = Hands::new(
            &platform.requests,
            &platform.capabilities,
            &self.context.config.settings,
            InFlight::default(),
        );
        let state = self.reached.state();
        let freeze = |service: &ServiceId| {
            let found = state.snapshot.services.iter().find(|s| s.id == *service)?;
            let place = &self.reached.place;
            let identity = state.snapshot.host.identity.clone();
            Some(Target::freeze(
                place.environment.clone(),
                place.kind,
                identity,
                found,
            ))
        };
        let item = (self.run.clone(), item);
        let read = conduct::resolve(&self.conductor, &hands, freeze, item, self.reached.now());
        let refused = read.await?;
        refused.map_or(Ok(()), |refused| Err(safe!("{refused}")))
    }
}
