//! Carries effects out, each in a task of its own, and brings the answers back as messages.

use std::{collections::HashMap, mem, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    runtime::Handle,
    sync::{mpsc, oneshot, watch},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use super::{
    ledger::Ledger,
    lines,
    observe::{self, Observer},
    operate::{self, Hands, Told},
    walking::Walking,
    watch as files,
};
use crate::{
    config::{Files, settings::Settings},
    domain::{alert::Severity, log::Since, service::ServiceId, source::SourceState},
    journal,
    plan::{Confirmed, Outcome, Plan, PlanId, Progress},
    platform::{InFlight, LogRequest, Request},
    probe::Asker,
    signal::Watch,
    state::{
        Model, Msg, OpId, Place, SubscriptionId, Work, operations::Leftover, walking::ChecklistMsg,
    },
    text::SafeText,
};

/// How long the way out waits for the step under way.
const LAST_STEP: Duration = Duration::from_millis(1_200);

/// The tasks around the loop.
pub(super) struct Runtime {
    /// Where they run: on a thread of their own, so that looking at log lines never holds up a key.
    work: Handle,
    /// To the platform; closed until one is reached.
    requests: mpsc::Sender<Request>,
    answers: mpsc::Sender<Msg>,
    lines: mpsc::Sender<Msg>,
    ledger: Arc<Ledger>,
    /// What is on screen, for the platform; only the latest counts.
    visible: watch::Sender<Vec<ServiceId>>,
    following: CancellationToken,
    /// The subscription to logs whose lines count.
    followed: SubscriptionId,
    under_way: HashMap<PlanId, Running>,
    /// On the platform that is spoken to now.
    in_flight: InFlight,
    settings: Arc<Settings>,
    watch: Watch,
    /// Who watches for how long what runs is well; nobody does in a rehearsal.
    observer: Option<Observer>,
    walking: Walking,
    /// Where that is written down, and the lists of the command line.
    state: Option<PathBuf>,
    lists: Vec<PathBuf>,
    /// The journal of what is real and who writes the runs in it, while a rehearsal has its own.
    real: Option<(Arc<Ledger>, Walking)>,
    /// Whose leftovers and acknowledgements have been looked up.
    greeted: SafeText,
}

struct Running {
    stop: CancellationToken,
    ended: CancellationToken,
}

impl Runtime {
    /// A runtime, its answers, and the log lines (apart from each other, so that lines never hold up an answer).
    pub(super) fn new(
        work: Handle,
        state: Option<PathBuf>,
        watched: Files,
        lists: Vec<PathBuf>,
    ) -> (Self, mpsc::Receiver<Msg>, mpsc::Receiver<Msg>) {
        let (answers, answered) = mpsc::channel(256);
        let (lines, looked_at) = mpsc::channel(64);
        let ledger = Arc::new(Ledger::new(state.clone()));
        let walking = Walking::new(&work, &ledger, lists.clone(), answers.clone());
        let runtime = Self {
            work,
            requests: mpsc::channel(1).0,
            answers,
            lines,
            ledger,
            walking,
            state,
            lists,
            real: None,
            visible: watch::Sender::default(),
            following: CancellationToken::new(),
            followed: SubscriptionId::default(),
            under_way: HashMap::new(),
            in_flight: InFlight::default(),
            settings: Arc::default(),
            watch: Watch::default(),
            observer: None,
            greeted: SafeText::default(),
        };
        runtime
            .work
            .spawn(files::changes(watched, runtime.answers.clone()));
        (runtime, answered, looked_at)
    }

    /// These settings hold from now on.
    pub(super) fn adopt(&mut self, settings: Arc<Settings>) {
        self.settings = settings;
    }

    /// Another platform is spoken to from now on.
    pub(super) fn reached(&mut self, requests: mpsc::Sender<Request>, place: &Place, asker: Asker) {
        self.requests = requests;
        self.walking.turn(asker);
        self.in_flight = InFlight::default();
        self.visible = watch::Sender::default();
        self.work
            .spawn(show(self.visible.subscribe(), self.requests.clone()));
        self.observer = (!place.simulated).then(|| {
            observe::start(
                &self.work,
                Arc::clone(&self.ledger),
                self.requests.clone(),
                place.environment.clone(),
                self.settings.preferences.known_good_after.0,
            )
        });
        self.watch = Watch::default();
        self.greeted = SafeText::default();
    }

    /// From now on nothing is written down among what is real.
    pub(super) fn rehearse(&mut self) {
        let state = self.state.as_deref().map(journal::rehearsals);
        let ledger = Arc::new(Ledger::new(state));
        let lists = self.lists.clone();
        let walking = Walking::new(&self.work, &ledger, lists, self.answers.clone());
        let ledger = mem::replace(&mut self.ledger, ledger);
        let walking = mem::replace(&mut self.walking, walking);
        self.real = Some((ledger, walking));
    }

    /// The rehearsal is over, and with it what was going on there.
    pub(super) fn end_rehearsal(&mut self) {
        if let Some((ledger, walking)) = self.real.take() {
            (self.ledger, self.walking) = (ledger, walking);
        }
        for (_, running) in self.under_way.drain() {
            running.stop.cancel();
        }
    }

    /// What is looked up once a platform has said who it is: what an earlier console left there, what is acknowledged.
    fn greet(&mut self, identity: &SafeText) {
        if *identity == self.greeted {
            return;
        }
        self.greeted = identity.clone();
        let identity = identity.clone();
        // A rehearsal's world ended with its console.
        if self.observer.is_some() {
            self.walking.greet(identity.clone());
        }
        self.ledger_task(move |ledger| ledger.greetings(&identity));
    }

    /// What follows from a message.
    pub(super) fn derive(&mut self, msg: &Msg, now: Timestamp) -> Vec<Msg> {
        self.walking.clock(now);
        match msg {
            Msg::Source(state) => {
                self.greet(&state.snapshot.host.identity);
                if let Some(observer) = &self.observer {
                    observer.show(SourceState::clone(state));
                }
                let thresholds = |service: &str| *self.settings.thresholds(service);
                vec![Msg::Alerts(self.watch.alerts(state, &thresholds, now))]
            }
            // Lines of a subscription before are of services that may not be followed any more.
            Msg::Logs(subscription, items) if *subscription == self.followed => {
                self.watch.hear(items, now);
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    /// Begins no further step of anything, and waits a moment for the steps under way.
    pub(super) async fn stop_all(&mut self) {
        for running in self.under_way.values() {
            running.stop.cancel();
        }
        let ends: Vec<_> = self.under_way.values().map(|r| r.ended.clone()).collect();
        let observer = self.observer.take();
        let written = async {
            if let Some(observer) = observer {
                observer.end().await;
            }
        };
        let ended = async {
            for end in ends {
                end.cancelled().await;
            }
        };
        let all = async { tokio::join!(written, ended) };
        // Out of time: the journal holds the intent, and the next start offers to go on.
        let _ = timeout(LAST_STEP, all).await;
    }

    /// Has one thing done.
    pub(super) fn carry_out(&mut self, work: Work, model: &Model) {
        match work {
            Work::Preview {
                op,
                action,
                target,
                resumes,
            } => {
                let (hands, answers) = (self.hands(model), self.answers.clone());
                let ledger = Arc::clone(&self.ledger);
                self.work.spawn(async move {
                    let answer = operate::preview(&hands, &ledger, action, *target, resumes).await;
                    let _ = answers.send(Msg::Previewed(op, Box::new(answer))).await;
                });
            }
            Work::Carry(plan) => self.carry(*plan, model),
            Work::Halt(plan) => {
                if let Some(running) = self.under_way.get(&plan) {
                    running.stop.cancel();
                }
            }
            Work::Forget(operation) => self.ledger_task(move |ledger| {
                let left = ledger.forget(&operation);
                left.err()
                    .map(|why| Msg::Notice(Some(Severity::Warning), why))
                    .into_iter()
                    .collect()
            }),
            Work::Acknowledge {
                fingerprint,
                summary,
                by,
                minutes,
            } => {
                let identity = model.snapshot().host.identity.clone();
                self.ledger_task(move |ledger| {
                    ledger.acknowledge(&identity, fingerprint, &summary, by, minutes)
                });
            }
            Work::FollowLogs {
                subscription,
                services,
                since,
                previous,
            } => {
                self.watch.follow(&services, model.now);
                self.follow(subscription, services, since, previous);
            }
            Work::LookClosely(op, service) => {
                let identity = model.snapshot().host.identity.clone();
                self.look_closely(op, service, identity);
            }
            Work::Inspect(op, instance) => {
                let (reply, answer) = oneshot::channel();
                self.ask(Request::Raw(instance, reply), answer, move |a| {
                    Msg::Inspected(op, a)
                });
            }
            Work::Namespaces(op) => {
                let (reply, answer) = oneshot::channel();
                self.ask(Request::Namespaces(reply), answer, move |told| {
                    Msg::Namespaces(op, told)
                });
            }
            Work::Visible(services) => {
                self.visible.send_replace(services);
            }
            Work::Refresh => self.tell(Request::Refresh),
            Work::Checklist(work) => {
                let hands = self.hands(model);
                self.walking.carry_out(work, hands, &self.settings, model);
            }
            Work::Save { name, text } => self.save(name, text),
        }
    }

    fn hands(&self, model: &Model) -> Hands {
        Hands::new(
            &self.requests,
            &model.capabilities,
            &self.settings,
            self.in_flight.clone(),
        )
    }

    fn carry(&mut self, plan: Plan<Confirmed>, model: &Model) {
        let id = plan.id();
        let step = self.walking.step(id, plan.agreed().by.clone());
        let is_backup = operate::copies_and_verifies(plan.action(), &plan.target().service);
        let agreed = plan.agreed().at;
        let identity = plan.target().identity.clone();
        let service = plan.target().service.clone();
        let resumes = plan.preview().ask.resumed();
        let running = Running {
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
        };
        let (stop, ended) = (running.stop.clone(), running.ended.clone());
        self.under_way.retain(|_, r| !r.ended.is_cancelled());
        self.under_way.insert(id, running);
        let (progress, mut told) = mpsc::channel(64);
        self.work.spawn(operate::carry(
            self.hands(model),
            Arc::clone(&self.ledger),
            plan,
            step,
            stop,
            progress,
        ));
        let answers = self.answers.clone();
        let ledger = Arc::clone(&self.ledger);
        self.work.spawn(async move {
            let mut open: Vec<SafeText> = resumes.into_iter().collect();
            while let Some(told) = told.recv().await {
                if let Told::Progress(Progress::Begun(operation)) = &told {
                    open.push(operation.clone());
                }
                let ended = matches!(told, Told::Progress(Progress::Ended(Outcome::Verified(_))));
                if is_backup && ended {
                    // What it holds is of when it began.
                    let _ = answers
                        .send(Msg::Backup(identity.clone(), Some(agreed)))
                        .await;
                    let newest = vec![(service.clone(), agreed)];
                    let newest = ChecklistMsg::BackedUp(identity.clone(), newest);
                    let _ = answers.send(Msg::Checklist(newest)).await;
                }
                let msg = match told {
                    Told::Progress(progress) => Msg::Progress(id, progress),
                    Told::Unrecordable(why) => Msg::Unrecordable(id, why),
                    Told::Refused(why) => {
                        let outcome = Outcome::Superseded { applied: 0, why };
                        Msg::Progress(id, Progress::Ended(outcome))
                    }
                };
                let _ = answers.send(msg).await;
            }
            ended.cancel();
            let read = move || -> Vec<Leftover> {
                open.iter()
                    .filter_map(|operation| ledger.left(operation))
                    .collect()
            };
            for left in tokio::task::spawn_blocking(read).await.unwrap_or_default() {
                let _ = answers
                    .send(Msg::Left(identity.clone(), Box::new(left)))
                    .await;
            }
        });
    }

    fn follow(
        &mut self,
        subscription: SubscriptionId,
        services: Vec<ServiceId>,
        since: Since,
        previous: bool,
    ) {
        self.following.cancel();
        self.following = CancellationToken::new();
        self.followed = subscription;
        let (sink, events) = mpsc::channel(64);
        let stop = self.following.clone();
        self.tell(Request::Logs(LogRequest {
            services,
            since,
            previous,
            follow: true,
            sink,
            stop,
        }));
        self.work
            .spawn(lines::look_at(subscription, events, self.lines.clone()));
    }

    /// What the platform knows of a service, and of what ran before what the journal adds.
    fn look_closely(&self, op: OpId, service: ServiceId, identity: SafeText) {
        let (requests, answers) = (self.requests.clone(), self.answers.clone());
        let ledger = Arc::clone(&self.ledger);
        self.work.spawn(async move {
            let (reply, answer) = oneshot::channel();
            let asked = requests
                .send(Request::Details(service.clone(), reply))
                .await;
            let mut found = match asked {
                Ok(()) => answer.await.unwrap_or_else(|_| Err(operate::gone())),
                Err(_) => Err(operate::gone()),
            };
            if let Ok(details) = &mut found {
                details.remember(ledger.history(identity, service).await);
            }
            let _ = answers.send(Msg::LookedClosely(op, Box::new(found))).await;
        });
    }

    fn ask<T: Send + 'static>(
        &self,
        request: Request,
        answer: oneshot::Receiver<Result<T, SafeText>>,
        msg: impl FnOnce(Result<T, SafeText>) -> Msg + Send + 'static,
    ) {
        let (requests, answers) = (self.requests.clone(), self.answers.clone());
        self.work.spawn(async move {
            let answer = match requests.send(request).await {
                Ok(()) => answer.await.unwrap_or_else(|_| Err(operate::gone())),
                Err(_) => Err(operate::gone()),
            };
            let _ = answers.send(msg(answer)).await;
        });
    }

    /// Tells the platform something that has no answer.
    pub(super) fn tell(&self, request: Request) {
        if let Err(mpsc::error::TrySendError::Full(request)) = self.requests.try_send(request) {
            let requests = self.requests.clone();
            self.work.spawn(async move { requests.send(request).await });
        }
    }

    fn ledger_task(&self, work: impl FnOnce(&Ledger) -> Vec<Msg> + Send + 'static) {
        let (ledger, answers) = (Arc::clone(&self.ledger), self.answers.clone());
        self.work.spawn(async move {
            let msgs = tokio::task::spawn_blocking(move || work(&ledger))
                .await
                .unwrap_or_default();
            for msg in msgs {
                let _ = answers.send(msg).await;
            }
        });
    }

    fn save(&self, name: String, text: String) {
        let answers = self.answers.clone();
        self.work.spawn_blocking(move || {
            use std::io::Write as _;
            let written = std::fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(&name)
                .and_then(|mut file| file.write_all(text.as_bytes()));
            let (severity, text) = match written {
                Ok(()) => (None, SafeText::format(format_args!("saved to {name}"))),
                Err(error) => (
                    Some(Severity::Warning),
                    SafeText::format(format_args!("not saved to {name}: {error}")),
                ),
            };
            let _ = answers.blocking_send(Msg::Notice(severity, text));
        });
    }
}

/// Tells the platform what is on screen, as fast as it takes that, and only ever the latest.
async fn show(mut visible: watch::Receiver<Vec<ServiceId>>, requests: mpsc::Sender<Request>) {
    while visible.changed().await.is_ok() {
        let services = visible.borrow_and_update().clone();
        if requests.send(Request::Visible(services)).await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_platform_hears_the_latest_of_what_is_on_screen_and_nothing_older_after_it() {
        let (requests, mut heard) = mpsc::channel(1);
        let visible = watch::Sender::<Vec<ServiceId>>::default();
        let task = tokio::spawn(show(visible.subscribe(), requests));
        let id = |number: usize| ServiceId {
            group: SafeText::from_static("shop"),
            name: SafeText::name(number.to_string()),
        };
        for number in 0..100 {
            visible.send_replace(vec![id(number)]);
            tokio::task::yield_now().await;
        }
        drop(visible);
        let mut order = Vec::new();
        while let Some(Request::Visible(services)) = heard.recv().await {
            order.extend(services);
        }
        task.await.expect("it ends with the connection");
        assert_eq!(order.last(), Some(&id(99)));
        assert!(order.len() <= 3, "{order:?}");
    }
}
