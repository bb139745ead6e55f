//! What the screen wants of checklists, done in order by one task, so that what happened is told in the order in which it
//! did; and the news of other consoles.

#[cfg(test)]
mod tests;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::spawn_blocking,
    time::sleep,
};

use super::{
    asking::{Asking, Now},
    conduct::{self, Beginning, Conductor, Step, Unfit},
    ledger::Ledger,
    lists,
    operate::Hands,
};
use crate::{
    checklist::{Event, Hold, ItemId, Known, RunId, What},
    config::settings::Settings,
    domain::{
        service::{Service, ServiceId},
        source::SourceHealth,
    },
    expr::{Answer, Query},
    plan::{PlanId, Target},
    probe::Asker,
    state::{
        Model, Msg, Place,
        walking::{ChecklistMsg, ChecklistWork},
    },
    text::SafeText,
};

/// How soon what another console wrote is seen here.
const NEWS: Duration = Duration::from_millis(500);

/// The tasks around checklists.
pub(super) struct Walking {
    work: Handle,
    answers: mpsc::Sender<Msg>,
    conductor: Arc<Conductor>,
    jobs: mpsc::UnboundedSender<Job>,
    /// The actions of steps that are carried out next.
    doing: HashMap<PlanId, (RunId, ItemId)>,
    asking: Asking,
    /// The run for which it is asked.
    asks: Option<RunId>,
    /// The time of the place that is shown.
    now: watch::Sender<Timestamp>,
}

/// Something to do, with what the model knew.
struct Job {
    work: ChecklistWork,
    at: Timestamp,
    identity: SafeText,
    place: Place,
    known: Known,
}

impl Walking {
    /// Of a journal; `named` are the lists of the command line.
    pub(super) fn new(
        work: &Handle,
        ledger: &Arc<Ledger>,
        named: Vec<PathBuf>,
        answers: mpsc::Sender<Msg>,
    ) -> Self {
        let conductor = Arc::new(Conductor::new(Arc::clone(ledger)));
        let (jobs, wanted) = mpsc::unbounded_channel();
        let now = watch::Sender::new(Timestamp::UNIX_EPOCH);
        let clerk = Clerk {
            conductor: Arc::clone(&conductor),
            named,
            answers: answers.clone(),
            now: now.subscribe(),
            shown: None,
            place: SafeText::EMPTY,
        };
        work.spawn(clerk.work(wanted));
        let (tell, told) = mpsc::channel(64);
        work.spawn(pass_on(told, answers.clone()));
        let asking = Asking::new(work.clone(), Asker::simulated(), clock(&now), tell);
        Self {
            work: work.clone(),
            answers,
            conductor,
            jobs,
            doing: HashMap::new(),
            asking,
            asks: None,
            now,
        }
    }

    /// It is now this.
    pub(super) fn clock(&self, now: Timestamp) {
        self.now.send_replace(now);
    }

    /// Another place is looked at, where somebody else answers.
    pub(super) fn turn(&mut self, asker: Asker) {
        self.asking.turn(asker);
    }

    /// The step whose action that plan is.
    pub(super) fn step(&mut self, plan: PlanId, by: SafeText) -> Option<Step> {
        let item = self.doing.remove(&plan)?;
        let now = clock(&self.now);
        Some(Step::new(Arc::clone(&self.conductor), item, by, now))
    }

    /// Has one thing done.
    pub(super) fn carry_out(
        &mut self,
        work: ChecklistWork,
        hands: Hands,
        settings: &Settings,
        model: &Model,
    ) {
        match work {
            ChecklistWork::Doing { run, item, plan } => {
                self.doing.insert(plan, (run, item));
            }
            ChecklistWork::Ask(run, queries) => {
                self.asking.want(queries);
                self.asks = Some(run);
            }
            ChecklistWork::Resolve(run, item) => self.resolve(hands, model, (run, item)),
            work => {
                // Another one may be shown by now.
                if let ChecklistWork::Close(run) = &work
                    && self.asks.as_ref() == Some(run)
                {
                    self.asking.want([]);
                }
                // Its task ends with the console.
                let _ = self.jobs.send(Job {
                    work,
                    at: model.now,
                    identity: model.snapshot().host.identity.clone(),
                    place: model.place.clone(),
                    known: Known {
                        services: there(model),
                        ..lists::set(settings)
                    },
                });
            }
        }
    }

    /// The runs of the place that says who it is.
    pub(super) fn greet(&self, identity: SafeText) {
        let (conductor, answers) = (Arc::clone(&self.conductor), self.answers.clone());
        self.work.spawn(async move {
            let of = identity.clone();
            let found = spawn_blocking(move || conductor.unfinished(&identity)).await;
            // That the journal cannot be read is told with what else is read from it.
            if let Ok(Ok(found)) = found {
                let found = ChecklistMsg::Found(of, found);
                let _ = answers.send(Msg::Checklist(found)).await;
            }
        });
    }

    fn resolve(&self, hands: Hands, model: &Model, item: (RunId, ItemId)) {
        let (conductor, answers) = (Arc::clone(&self.conductor), self.answers.clone());
        let (place, at) = (model.place.clone(), model.now);
        let snapshot = model.snapshot().clone();
        self.work.spawn(async move {
            let freeze = |service: &ServiceId| {
                let identity = snapshot.host.identity.clone();
                let found = snapshot.services.iter().find(|s| s.id == *service)?;
                let environment = place.environment.clone();
                Some(Target::freeze(environment, place.kind, identity, found))
            };
            let (run, id) = item.clone();
            let why = match conduct::resolve(&conductor, &hands, freeze, item, at).await {
                Ok(None) => return,
                Ok(Some(refused)) => SafeText::line(refused.to_string()),
                Err(why) => why,
            };
            let _ = answers
                .send(Msg::Checklist(ChecklistMsg::Unread(run, id, why)))
                .await;
        });
    }
}

/// Tells the time that was told last.
fn clock(told: &watch::Sender<Timestamp>) -> Now {
    let told = told.subscribe();
    Arc::new(move || *told.borrow())
}

/// Passes answers on, those that have come by then in one go.
async fn pass_on(mut told: mpsc::Receiver<(Query, Answer)>, answers: mpsc::Sender<Msg>) {
    while let Some(first) = told.recv().await {
        let mut all = vec![first];
        while let Ok(more) = told.try_recv() {
            all.push(more);
        }
        let all = ChecklistMsg::Answered(all);
        if answers.send(Msg::Checklist(all)).await.is_err() {
            return;
        }
    }
}

/// Who does it.
struct Clerk {
    conductor: Arc<Conductor>,
    named: Vec<PathBuf>,
    answers: mpsc::Sender<Msg>,
    /// The time of the place that is shown.
    now: watch::Receiver<Timestamp>,
    /// The run that is shown, and who had control of it.
    shown: Option<(RunId, Hold)>,
    /// The identity of the daemon or cluster on which that run is walked.
    place: SafeText,
}

impl Clerk {
    async fn work(mut self, mut wanted: mpsc::UnboundedReceiver<Job>) {
        loop {
            let job = tokio::select! {
                biased;
                job = wanted.recv() => match job {
                    Some(job) => Some(job),
                    None => return,
                },
                () = sleep(NEWS), if self.shown.is_some() => None,
            };
            let turn = spawn_blocking(move || {
                let msgs = self.turn(job);
                (self, msgs)
            });
            let Ok((clerk, msgs)) = turn.await else {
                return;
            };
            self = clerk;
            for msg in msgs {
                let _ = self.answers.send(msg).await;
            }
        }
    }

    /// Does a job, and tells what happened since. What a console that went since this one began has left of a step's action is
    /// told first: whoever does that step does the rest alone.
    fn turn(&mut self, job: Option<Job>) -> Vec<Msg> {
        let msgs = self.happens(job);
        let resolves = |event: &Event| matches!(event.what, What::Resolved { .. });
        let may_leave = |msg: &ChecklistMsg| match msg {
            ChecklistMsg::Opened(..) => true,
            ChecklistMsg::Happened(_, events) => events.iter().any(resolves),
            _ => false,
        };
        let run = self.shown.as_ref().filter(|_| msgs.iter().any(may_leave));
        let left = run.map_or_else(Vec::new, |(run, _)| self.conductor.half_done(run));
        let left = left.into_iter().map(Box::new);
        let left = left.map(|left| Msg::Left(self.place.clone(), left));
        left.chain(msgs.into_iter().map(Msg::Checklist)).collect()
    }

    fn happens(&mut self, job: Option<Job>) -> Vec<ChecklistMsg> {
        if let (None, Some((run, _))) = (&job, &self.shown) {
            let now = *self.now.borrow();
            // That it cannot be written is told with what somebody does.
            let _ = self.conductor.look_at_file(run, now);
        }
        let done = job.map_or_else(|| Ok(Vec::new()), |job| self.job(job));
        let mut msgs = done.unwrap_or_else(|why| vec![ChecklistMsg::Refused(why)]);
        if let Some((run, hold)) = &mut self.shown {
            // A run that cannot be read is told when something is wanted of it.
            if let Ok(news) = self.conductor.news(run) {
                if !news.events.is_empty() {
                    msgs.insert(0, ChecklistMsg::Happened(run.clone(), news.events));
                }
                if !news.backups.is_empty() {
                    let backups = news.backups.into_iter().collect();
                    msgs.push(ChecklistMsg::BackedUp(self.place.clone(), backups));
                }
                if news.hold != *hold {
                    *hold = news.hold;
                    msgs.push(ChecklistMsg::Held(run.clone(), news.hold));
                }
            }
        }
        msgs
    }

    fn job(&mut self, job: Job) -> Result<Vec<ChecklistMsg>, SafeText> {
        let Job {
            work,
            at,
            identity,
            place,
            known,
        } = job;
        let opened = match work {
            ChecklistWork::Offer => {
                let mut msgs = vec![ChecklistMsg::Offered(lists::offers(
                    &self.named,
                    Some(&known),
                ))];
                // A rehearsal's world ended with its console, and so did its runs.
                if !place.simulated && !identity.is_empty() {
                    let found = self.conductor.unfinished(&identity);
                    msgs.push(match found {
                        Ok(found) => ChecklistMsg::Found(identity, found),
                        Err(why) => ChecklistMsg::Refused(why),
                    });
                }
                return Ok(msgs);
            }
            ChecklistWork::Start { file, list, by } => {
                let beginning = Beginning {
                    identity: &identity,
                    place: &place,
                    file: &file,
                    list,
                    known: Some(&known),
                    by,
                    at,
                };
                self.conductor
                    .start(beginning.prepared().map_err(Unfit::line)?)?
            }
            ChecklistWork::Resume { run, by } => self.conductor.resume(&identity, &run, &by, at)?,
            ChecklistWork::Record(run, events) => {
                return Ok(told(self.conductor.record(&run, &events)?));
            }
            ChecklistWork::Take { run, by } => {
                return Ok(told(self.conductor.take(&run, &by, at)?));
            }
            ChecklistWork::Close(run) => {
                self.shown.take_if(|(shown, _)| *shown == run);
                return Ok(Vec::new());
            }
            // They are no job of this task.
            ChecklistWork::Doing { .. } | ChecklistWork::Resolve(..) | ChecklistWork::Ask(..) => {
                return Ok(Vec::new());
            }
        };
        self.shown = Some((opened.run.clone(), opened.hold));
        self.place = identity.clone();
        Ok(vec![ChecklistMsg::Opened(identity, Box::new(opened))])
    }
}

/// The services, where the platform has told of all of them.
fn there(model: &Model) -> Option<Vec<Arc<Service>>> {
    let live = model.source.health == SourceHealth::Live;
    live.then(|| model.snapshot().services.clone())
}

fn told(refused: Option<crate::checklist::Refused>) -> Vec<ChecklistMsg> {
    let words = refused.map(|why| SafeText::line(why.to_string()));
    words.map(ChecklistMsg::Refused).into_iter().collect()
}
