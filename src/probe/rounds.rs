//! The rounds: each look in a task of its own, and one that gathers what they bring.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    alertmanager::{self, Told},
    fill::Filled,
    look,
    prometheus::{self, Measured},
    way::Way,
};
use crate::{
    clock,
    config::{
        Settings,
        settings::{address::Web, check::Check as Wanted},
    },
    domain::{
        signals::{Check, Look, NOT_YET, Signals, Source},
        source::SourceState,
    },
    safe,
    text::SafeText,
};

/// How long Prometheus and Alertmanager may take to answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);
/// How long it is waited for services before what they serve is asked.
const SHOWN: Duration = Duration::from_secs(2);
/// How long after an answer a peer of Alertmanager is asked again.
const EVERY: Duration = Duration::from_secs(15);

/// What is looked at in an environment.
pub(super) struct Plan {
    checks: Vec<Arc<Wanted>>,
    prometheus: Option<Arc<prometheus::Source>>,
    peers: Vec<Web>,
}

/// What one of the tasks brings.
enum News {
    Look(usize, Look),
    Measured(Result<(Measured, Vec<Told>), SafeText>),
    Peer(usize, Result<Vec<Told>, SafeText>),
}

impl Plan {
    /// What the settings want in that environment; `None` where that is nothing.
    pub(super) fn of(settings: &Settings, environment: &str, way: &Way) -> Option<Self> {
        let checks = settings.checks_in(environment).cloned().map(Arc::new);
        let place = settings.environments.get(environment);
        let prometheus = place.and_then(|place| {
            let source = prometheus::Source {
                settings: place.prometheus.clone()?,
                known_by: settings.metrics.clone(),
                namespaces: place.kubernetes.is_some(),
                way: way.clone(),
            };
            Some(Arc::new(source))
        });
        let plan = Self {
            checks: checks.collect(),
            prometheus,
            peers: place.map_or_else(Vec::new, |place| place.alertmanager.clone()),
        };
        let is_empty = plan.checks.is_empty() && plan.prometheus.is_none() && plan.peers.is_empty();
        (!is_empty).then_some(plan)
    }

    /// What is known before anybody has answered.
    fn signals(&self) -> Signals {
        let checks = self.checks.iter().map(|wanted| {
            Arc::new(Check {
                service: SafeText::name(&wanted.service),
                name: wanted.what.name(),
                last: None,
            })
        });
        let asked = |name, measures| Source {
            name,
            measures,
            answered: None,
            problem: NOT_YET,
        };
        let prometheus = self.prometheus.iter();
        let prometheus = prometheus.map(|p| asked(safe!("Prometheus {}", p.settings.url), true));
        let peers = self.peers.iter();
        let peers = peers.map(|peer| asked(safe!("Alertmanager {peer}"), false));
        Signals {
            checks: checks.collect(),
            sources: prometheus.chain(peers).collect(),
            alerts: Vec::new(),
        }
    }

    /// The state to begin with.
    pub(super) fn first(&self, shown: &SourceState) -> SourceState {
        SourceState {
            signals: Arc::new(self.signals()),
            ..shown.clone()
        }
    }

    /// The labels that may name a service.
    fn labels(&self) -> Vec<String> {
        self.prometheus.as_ref().map_or_else(
            || ["service", "app", "job"].map(str::to_owned).to_vec(),
            |prometheus| prometheus.settings.labels.clone(),
        )
    }
}

/// Runs until nobody listens any more, or the platform has ended.
pub(super) async fn run(
    plan: Plan,
    way: Way,
    mut shown: watch::Receiver<SourceState>,
    out: watch::Sender<SourceState>,
) {
    let (tell, mut news) = mpsc::channel(16);
    let mut tasks = JoinSet::new();
    for (number, wanted) in plan.checks.iter().enumerate() {
        tasks.spawn(looks(number, Arc::clone(wanted), way.clone(), tell.clone()));
    }
    if let Some(source) = &plan.prometheus {
        let firing = plan.peers.is_empty();
        tasks.spawn(measures(
            Arc::clone(source),
            firing,
            shown.clone(),
            tell.clone(),
        ));
    }
    for (number, peer) in plan.peers.iter().enumerate() {
        tasks.spawn(asks(number, peer.clone(), way.clone(), tell.clone()));
    }
    let mut gathered = Gathered::new(&plan);
    loop {
        tokio::select! {
            changed = shown.changed() => if changed.is_err() { return },
            Some(news) = news.recv() => gathered.take(news),
            () = out.closed() => return,
        }
        let state = shown.borrow_and_update().clone();
        out.send_replace(gathered.state(state));
    }
}

async fn looks(number: usize, wanted: Arc<Wanted>, way: Way, tell: mpsc::Sender<News>) {
    loop {
        let look = look::at(&wanted, &way).await;
        if tell.send(News::Look(number, look)).await.is_err() {
            return;
        }
        sleep(wanted.every).await;
    }
}

async fn measures(
    source: Arc<prometheus::Source>,
    firing: bool,
    mut shown: watch::Receiver<SourceState>,
    tell: mpsc::Sender<News>,
) {
    // What services serve is asked once they are shown; alerts there are also where none is.
    let has_services = |state: &SourceState| !state.snapshot.services.is_empty();
    if let Ok(Err(_)) = timeout(SHOWN, shown.wait_for(has_services)).await {
        return;
    }
    loop {
        let services = {
            let snapshot = Arc::clone(&shown.borrow().snapshot);
            prometheus::serving(snapshot.services.iter().map(AsRef::as_ref))
        };
        let told = tokio::try_join!(source.measure(&services), source.alerts(firing));
        if tell.send(News::Measured(told)).await.is_err() {
            return;
        }
        let every = source.settings.every;
        if services.is_empty() {
            // As soon as there is something to measure.
            if let Ok(Err(_)) = timeout(every, shown.wait_for(has_services)).await {
                return;
            }
        } else {
            sleep(every).await;
        }
    }
}

async fn asks(number: usize, peer: Web, way: Way, tell: mpsc::Sender<News>) {
    loop {
        let told = alertmanager::alerts(&peer, &way).await;
        if tell.send(News::Peer(number, told)).await.is_err() {
            return;
        }
        sleep(EVERY).await;
    }
}

/// What the tasks have brought so far.
struct Gathered {
    signals: Signals,
    labels: Vec<String>,
    has_prometheus: bool,
    measured: Measured,
    filled: Filled,
    /// What Prometheus tells of alerts.
    pending: Vec<Told>,
    /// What each peer told last, and whether it still answers.
    peers: Vec<(Vec<Told>, bool)>,
}

impl Gathered {
    fn new(plan: &Plan) -> Self {
        Self {
            signals: plan.signals(),
            labels: plan.labels(),
            has_prometheus: plan.prometheus.is_some(),
            measured: Measured::new(),
            filled: Filled::default(),
            pending: Vec::new(),
            peers: vec![(Vec::new(), false); plan.peers.len()],
        }
    }

    fn take(&mut self, news: News) {
        match news {
            News::Look(number, look) => {
                Arc::make_mut(&mut self.signals.checks[number]).last = Some(look);
            }
            News::Measured(told) => {
                self.answered(0, told.as_ref().err());
                match told {
                    Ok((measured, pending)) => {
                        self.measured = measured;
                        self.pending = pending;
                    }
                    // Of what it measured nobody knows any more; its alerts stand until somebody says otherwise.
                    Err(_) => self.measured.clear(),
                }
            }
            News::Peer(number, told) => {
                self.answered(
                    usize::from(self.has_prometheus) + number,
                    told.as_ref().err(),
                );
                let (last, answers) = &mut self.peers[number];
                *answers = told.is_ok();
                if let Ok(told) = told {
                    *last = told;
                }
            }
        }
    }

    fn answered(&mut self, source: usize, problem: Option<&SafeText>) {
        let source = &mut self.signals.sources[source];
        match problem {
            None => {
                source.answered = Some(clock::now());
                source.problem = SafeText::EMPTY;
            }
            Some(why) => source.problem = why.clone(),
        }
    }

    /// What others tell, each once: what peers told that are silent counts only where all are.
    fn told(&self) -> BTreeMap<&SafeText, &Told> {
        let any = self.peers.iter().any(|(_, answers)| *answers);
        let peers = self.peers.iter().filter(|(_, answers)| *answers || !any);
        let raised = peers.flat_map(|(told, _)| told);
        let all = raised.chain(&self.pending);
        all.map(|told| (&told.fingerprint, told)).collect()
    }

    /// What the platform shows, with all that.
    fn state(&mut self, shown: SourceState) -> SourceState {
        let told = self.told();
        let alerts = told
            .values()
            .filter_map(|told| told.alert(&self.labels, &shown.snapshot));
        let alerts = alerts.collect();
        let signals = Signals {
            alerts,
            ..self.signals.clone()
        };
        SourceState {
            snapshot: self.filled.fill(&shown.snapshot, &self.measured),
            signals: Arc::new(signals),
            ..shown
        }
    }
}
