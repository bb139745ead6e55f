//! A console without its terminal, and the simulated world that it stands on.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, LazyLock},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    config,
    domain::{
        action::{Action, EnvironmentKind},
        instance::Phase,
        keymap::Keymap,
        service::Service,
        source::SourceHealth,
    },
    journal::{self, Options, Who},
    plan::{Ask, Carry, Confirmed, Outcome, Plan, Progress},
    platform::{
        CarryRequest, PlatformHandle, Request,
        sim::{self, Scenario, SimControl, SimOptions},
    },
    state::{
        Effect, Layer, Model, Msg, Place, Work, layer::plan, operations::Leftover,
        place::Connected, update,
    },
    text::SafeText,
};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::{
    SERVICE,
    killed::{NoKeeper, Noted},
    mortal::Mortal,
};

const TICK: Duration = Duration::from_millis(100);

/// The world, which outlives every console.
pub(super) struct World {
    pub(super) control: SimControl,
    handle: PlatformHandle,
}

impl World {
    pub(super) async fn start(seed: u64) -> Self {
        let scenario = UNEVENTFUL.clone();
        let start = "2026-11-21T14:00:00Z".parse().expect("a time");
        let (handle, control) = sim::start(SimOptions {
            speed: 0.0,
            seed,
            ..SimOptions::new(scenario, start)
        });
        let mut state = handle.state.clone();
        state
            .wait_for(|state| state.health == SourceHealth::Live)
            .await
            .expect("it runs");
        Self { control, handle }
    }

    fn service(&self) -> Arc<Service> {
        let snapshot = self.control.world(|world| world.snapshot());
        let mut services = snapshot.services.iter();
        let found = services.find(|service| &*service.id.name == SERVICE);
        Arc::clone(found.expect("nobody removes it"))
    }

    /// What there is, in words.
    pub(super) fn picture(&self) -> String {
        let service = self.service();
        let mut all: Vec<String> = service
            .instances
            .iter()
            .map(|i| format!("{} {} {:?} {:?}", i.name, i.image, i.phase, i.started))
            .collect();
        all.sort();
        all.join(", ")
    }

    /// Whether it is there what an action wants.
    pub(super) fn shows(&self, action: &Action) -> bool {
        let service = self.service();
        let all = &service.instances;
        let serving = all.iter().all(|i| i.phase == Phase::Running);
        match action {
            Action::Scale { replicas } => all.len() == *replicas as usize && serving,
            Action::Stop => all.iter().all(|i| i.phase == Phase::Exited),
            Action::Rollout { image } => serving && all.iter().all(|i| i.image.ends_with(&**image)),
            Action::RollBack { to: Some(to) } => serving && all.iter().all(|i| i.image_id == *to),
            Action::RollBack { to: None } => serving,
            Action::Restart | Action::Start => serving,
            Action::BackUp | Action::Pause | Action::Unpause | Action::Cluster(_) => false,
        }
    }
}

/// The shop, in which nothing happens but what a race does.
static UNEVENTFUL: LazyLock<Scenario> = LazyLock::new(|| {
    let source = include_str!("../../../assets/scenarios/three-tier-template.toml");
    let mut scenario: toml::Table = source.parse().expect("it is built in");
    scenario.remove("story").expect("it has a story");
    Scenario::parse("uneventful".as_ref(), &scenario.to_string()).expect("a story is optional")
});

static KEYMAP: LazyLock<Arc<Keymap>> =
    LazyLock::new(|| Arc::new(config::keymap::built_in("default").expect("shipped")));

/// What an earlier console left.
pub(super) struct Offered {
    pub(super) can_be_put_back: bool,
}

/// A plan under way.
pub(super) struct Carried {
    plan: Plan<Confirmed>,
    progress: mpsc::Receiver<Progress>,
}

/// A console.
pub(super) struct Deck {
    model: Model,
    effects: Vec<Effect>,
    /// What is written goes by the one that dies to the one that notes it.
    journal: Arc<Mortal>,
    noted: Arc<Noted>,
    now: Timestamp,
}

impl Deck {
    pub(super) fn on(world: &World, folder: &Path) -> Self {
        let options = Options {
            syslog: PathBuf::from("/nonexistent/log"),
            ..Options::default()
        };
        let journal = journal::open_with(folder, Who::here("ana"), options).expect("a journal");
        let noted = Arc::new(Noted::new(Arc::new(journal)));
        let mut deck = Self {
            model: Model::default(),
            effects: Vec::new(),
            journal: Arc::new(Mortal::new(Arc::clone(&noted) as _)),
            noted,
            now: world.control.now(),
        };
        deck.give(Msg::Keymap(Arc::clone(&KEYMAP)));
        deck.give(Msg::Clock(deck.now));
        deck.give(Msg::Connected(Box::new(Connected {
            place: Place {
                environment: SafeText::from_static("demo"),
                kind: EnvironmentKind::Development,
                ..Place::default()
            },
            ..Connected::default()
        })));
        let source = world.handle.state.borrow().clone();
        deck.give(Msg::Source(Box::new(source)));
        deck.model.operator = Some(SafeText::from_static("ana"));
        deck
    }

    pub(super) fn dies(&self, write: usize, before: bool) {
        self.journal.dies(write, before);
    }

    pub(super) fn died(&self) -> bool {
        self.journal.dead()
    }

    /// Whether it wrote down how its action ended.
    pub(super) fn ended(&self) -> bool {
        self.noted.ended()
    }

    fn give(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg).effects;
        self.effects.extend(effects);
    }

    fn press(&mut self, key: &str) {
        self.give(Msg::Key(key.parse().expect("a key")));
    }

    /// Opens the dialog and waits for its preview; gives whether it can be done.
    pub(super) async fn ask(&mut self, world: &World, action: Action) -> bool {
        let service = world.service().id.clone();
        let asked = plan::act(&mut self.model, action, vec![service]).effects;
        self.effects.extend(asked);
        self.previewed(world).await.is_some()
    }

    /// Answers the question that is open; gives what is then proposed.
    async fn previewed(&mut self, world: &World) -> Option<Action> {
        let mut effects = std::mem::take(&mut self.effects).into_iter();
        let (op, ask) = effects.find_map(|effect| match effect {
            Effect::Work(Work::Preview {
                op,
                action,
                target,
                resumes,
            }) => Some((
                op,
                Ask {
                    action,
                    target: *target,
                    history: Vec::new(),
                    resumes: resumes.map(Into::into),
                },
            )),
            _ => None,
        })?;
        let (to, answer) = oneshot::channel();
        let request = Request::Preview(Box::new(ask), to);
        world.handle.requests.send(request).await.expect("it runs");
        let answer = answer.await.expect("it answers");
        let proposed = answer.as_ref().ok().map(|it| it.ask.action.clone());
        self.give(Msg::Previewed(op, Box::new(answer)));
        proposed
    }

    /// Enter before it can have been read, then Enter, Enter: one plan goes out.
    pub(super) fn confirm_twice(&mut self) -> Plan<Confirmed> {
        self.press("enter");
        assert!(self.carries().is_empty(), "nobody reads so fast");
        self.now += SignedDuration::from_secs(1);
        self.give(Msg::Clock(self.now));
        self.press("enter");
        self.press("enter");
        let mut plans = self.carries();
        assert_eq!(plans.len(), 1, "two Enters are one action");
        plans.remove(0)
    }

    fn carries(&mut self) -> Vec<Plan<Confirmed>> {
        let effects = std::mem::take(&mut self.effects).into_iter();
        let plans = effects.filter_map(|effect| match effect {
            Effect::Work(Work::Carry(plan)) => Some(*plan),
            _ => None,
        });
        plans.collect()
    }

    /// Sends it twice, as an answer that was waited for in vain would make one do.
    pub(super) async fn carry(&mut self, world: &World, plan: Plan<Confirmed>) -> Carried {
        let mut ways = Vec::new();
        for _ in 0..2 {
            let (progress, told) = mpsc::channel(1_024);
            let carry = Carry {
                plan: plan.clone(),
                recorder: Arc::clone(&self.journal) as _,
                keeper: Arc::new(NoKeeper),
                progress,
                stop: CancellationToken::new(),
            };
            let request = Request::Carry(Box::new(CarryRequest(carry)));
            world.handle.requests.send(request).await.expect("it runs");
            ways.push(told);
        }
        let mut second = ways.pop().expect("there are two");
        let told = second.recv().await;
        // Killed at its first write, the first may be over by then.
        assert!(
            matches!(
                told,
                Some(Progress::Ended(Outcome::Superseded { applied: 0, .. }))
            ) || self.died(),
            "{told:?}"
        );
        let progress = ways.pop().expect("there are two");
        Carried { plan, progress }
    }

    /// A tick of the world, and what it brings; the outcome, once there is one.
    pub(super) async fn turn(&mut self, world: &World, carried: &mut Carried) -> Option<Outcome> {
        world.control.advance(TICK).await;
        let service = world.service();
        // One more than there should be, while one is replaced. What is on its way out is no copy too many: somebody
        // else's release brings its next one before the last has ended.
        let most = carried.plan.target().replicas.max(5) as usize + 1;
        let copies = service.instances.iter();
        let copies = copies.filter(|i| i.phase != Phase::Stopping).count();
        assert!(copies <= most, "{}", world.picture());
        while let Ok(progress) = carried.progress.try_recv() {
            let ended = match &progress {
                Progress::Ended(outcome) => Some(outcome.clone()),
                _ => None,
            };
            self.give(Msg::Progress(carried.plan.id(), progress));
            if ended.is_some() {
                return ended;
            }
        }
        None
    }

    /// No step of an operation was announced more than once.
    pub(super) fn announced_each_step_once(&self) -> bool {
        let announced = self.noted.announced.lock().expect("no writer panics");
        let mut steps: Vec<_> = announced
            .iter()
            .map(|intent| (intent.operation.as_str().to_owned(), intent.step))
            .collect();
        let all = steps.len();
        steps.sort();
        steps.dedup();
        steps.len() == all
    }

    /// What the journal holds of an earlier console is offered.
    pub(super) fn offered(&mut self) -> Option<Offered> {
        let left = self.noted.journal.unfinished().expect("it can be read");
        let left: Vec<Leftover> = left
            .iter()
            .map(|it| Leftover {
                operation: SafeText::name(it.id.as_str()),
                action: it.start.action().expect("a kind of ours"),
                back: it.start.back(),
                service: it.start.target.service_id(),
                done: it.progress().0,
                of: it.progress().1,
                by: SafeText::name(it.start.by.as_str()),
                began: it.began,
            })
            .collect();
        let first = left.first()?;
        let offered = Offered {
            can_be_put_back: first.back.is_some(),
        };
        let identity = self.model.snapshot().host.identity.clone();
        self.give(Msg::Unfinished(identity, left));
        assert!(matches!(self.model.layers.last(), Some(Layer::Leftover(_))));
        Some(offered)
    }

    /// Chooses to go on or to put it back; gives what is then proposed, unless there is nothing to do.
    pub(super) async fn answer(&mut self, world: &World, go_on: bool) -> Option<Action> {
        // It begins at the last answer, to decide later.
        self.press("down");
        if !go_on {
            self.press("down");
        }
        self.press("enter");
        self.previewed(world).await
    }
}
