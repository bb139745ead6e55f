//! The console without a terminal: the real model, the real drawing, and a platform that stands still between steps.

mod conducting;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use quarterdeck::{
    app::ledger::Ledger,
    config,
    domain::{glyphs::Glyphs, source::SourceHealth, threshold::Thresholds},
    journal::{self, Journal},
    plan::{Ask, Carry, Confirmed, Plan, PlanId, Progress},
    platform::{
        CarryRequest, PlatformHandle, Request,
        sim::{self, Scenario, SimControl, SimOptions},
    },
    signal::Watch,
    state::{Effect, Loop, Model, Msg, Place, Work, update},
    text::SafeText,
    ui::{self, Look},
};
use ratatui::{Terminal, backend::TestBackend};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use self::conducting::Conducting;

/// A tenth of a second: what one step of the clock is.
const STEP: Duration = Duration::from_millis(100);

pub(crate) struct Console {
    pub(crate) model: Model,
    /// Everything that was to be done, in order.
    pub(crate) effects: Vec<Effect>,
    platform: PlatformHandle,
    control: SimControl,
    journal: Arc<Journal>,
    watch: Watch,
    under_way: HashMap<PlanId, mpsc::Receiver<Progress>>,
    conducting: Conducting,
    /// The folder of the journal, and of the lists.
    folder: tempfile::TempDir,
}

impl Console {
    /// The shop, so far into its story.
    pub(crate) async fn shop(at: Duration, read_only: bool) -> Self {
        Self::unanswered(at, read_only).await.answered().await
    }

    /// Another scenario, so far into its story.
    pub(crate) async fn of(scenario: &str, at: Duration) -> Self {
        let scenario = sim::load(scenario.as_ref()).expect("it is built in");
        Self::playing(scenario, at, false).await.answered().await
    }

    /// A rehearsal of the lists of a scenario.
    pub(crate) async fn rehearsing(scenario: &str) -> Self {
        let info = sim::scenarios().iter().find(|known| known.name == scenario);
        let info = info.expect("it is built in");
        let mut console = Self::playing(info.load().rehearsed(), Duration::ZERO, false).await;
        console.model.place.rehearsal = true;
        console.conducting.file = console.folder.path().join(format!("{scenario}.md"));
        let lists = info.lists.expect("it has lists");
        std::fs::write(&console.conducting.file, lists).expect("the list is written");
        console.answered().await
    }

    async fn answered(mut self) -> Self {
        self.until("services", |model| {
            model.source.health == SourceHealth::Live && !model.snapshot().services.is_empty()
        })
        .await;
        self
    }

    /// The same, before the first answer.
    pub(crate) async fn unanswered(at: Duration, read_only: bool) -> Self {
        Self::playing(sim::scenarios()[0].load(), at, read_only).await
    }

    async fn playing(scenario: Scenario, at: Duration, read_only: bool) -> Self {
        let place = Place {
            environment: SafeText::name(&scenario.environment),
            kind: scenario.kind,
            context: SafeText::from_static("demo"),
            simulated: true,
            mishaps: scenario.mishaps().collect(),
            ..Place::default()
        };
        let start = "2026-11-21T14:00:00Z".parse().expect("a time");
        let (platform, control) = sim::start(SimOptions {
            speed: 0.0,
            read_only,
            ..SimOptions::new(scenario, start)
        });
        control.advance(at).await;
        let state = tempfile::tempdir().expect("a folder");
        let ledger = Arc::new(Ledger::new(Some(state.path().to_owned())));
        let journal = Arc::clone(ledger.journal().expect("a journal"));
        Self {
            model: Model {
                keymap: Arc::new(config::keymap::built_in("default").expect("shipped")),
                operator: Some(SafeText::name("ana")),
                size: (80, 24),
                utc: true,
                place,
                capabilities: platform.capabilities.clone(),
                ..Model::default()
            },
            effects: Vec::new(),
            platform,
            control,
            journal,
            watch: Watch::default(),
            under_way: HashMap::new(),
            conducting: Conducting::new(ledger, PathBuf::new()),
            folder: state,
        }
    }

    /// Keys, one after another, no time between them.
    pub(crate) async fn keys(&mut self, keys: &str) {
        for key in keys.split_whitespace() {
            self.take(Msg::Key(key.parse().expect(key))).await;
        }
    }

    /// Lets time pass until it is so; at most two minutes of it.
    pub(crate) async fn until(&mut self, what: &str, holds: impl Fn(&Model) -> bool) {
        self.lasts(STEP, what, holds).await;
    }

    /// The same, for what takes up to twenty minutes: the screen is told once a second.
    pub(crate) async fn long_until(&mut self, what: &str, holds: impl Fn(&Model) -> bool) {
        self.lasts(10 * STEP, what, holds).await;
    }

    async fn lasts(&mut self, step: Duration, what: &str, holds: impl Fn(&Model) -> bool) {
        for _ in 0..1_200 {
            if holds(&self.model) {
                return;
            }
            self.step(step).await;
        }
        panic!("waited in vain for {what}:\n{}", self.frame());
    }

    /// What an operator sees on a small terminal, and on a large one.
    pub(crate) async fn pictures(&mut self) -> String {
        let mut pictures = Vec::new();
        for (columns, rows) in [(120, 40), (80, 24)] {
            self.take(Msg::Resized(columns, rows)).await;
            pictures.push(format!("{columns}x{rows}\n{}", self.frame()));
        }
        pictures.reverse();
        self.conducting.anonymous(&pictures.join("\n\n"))
    }

    /// What an operator sees.
    pub(crate) fn frame(&self) -> String {
        let look = Look {
            theme: config::theme::built_in("dark").expect("shipped"),
            glyphs: Glyphs::UNICODE,
            zone: TimeZone::UTC,
        };
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a terminal");
        let drawn = terminal.draw(|frame| ui::draw(&self.model, &look, frame.buffer_mut()));
        drawn.expect("a frame");
        let buffer = terminal.backend().buffer();
        let rows = buffer.content.chunks(usize::from(columns));
        let row = |cells: &[ratatui::buffer::Cell]| -> String {
            cells.iter().map(ratatui::buffer::Cell::symbol).collect()
        };
        rows.map(row).collect::<Vec<_>>().join("\n")
    }

    /// So much time passes.
    async fn step(&mut self, step: Duration) {
        self.control.advance(step).await;
        self.take(Msg::Clock(self.control.now())).await;
        if self
            .platform
            .state
            .has_changed()
            .expect("the world is there")
        {
            let state = self.platform.state.borrow_and_update().clone();
            let alerts = self
                .watch
                .alerts(&state, &|_| Thresholds::default(), self.control.now());
            self.take(Msg::Source(Box::new(state))).await;
            self.take(Msg::Alerts(alerts)).await;
        }
        while let Ok(event) = self.platform.events.try_recv() {
            self.take(Msg::Platform(event)).await;
        }
        let mut told = Vec::new();
        for (id, progress) in &mut self.under_way {
            while let Ok(progress) = progress.try_recv() {
                told.extend(self.conducting.acted(&self.model, *id, &progress));
                told.push(Msg::Progress(*id, progress));
            }
        }
        for msg in told {
            self.take(msg).await;
        }
    }

    async fn take(&mut self, msg: Msg) {
        let mut effects = update(&mut self.model, msg).effects;
        while !effects.is_empty() {
            self.effects.extend(effects.iter().cloned());
            let mut answers = Vec::new();
            for effect in effects {
                answers.extend(self.answer(effect).await);
            }
            let after = answers
                .into_iter()
                .map(|msg| update(&mut self.model, msg).effects);
            effects = after.flatten().collect();
        }
    }

    /// Carries an effect out on the platform; its answers, where it has any at once.
    async fn answer(&mut self, effect: Effect) -> Vec<Msg> {
        let answer = match effect {
            Effect::Work(Work::Preview {
                op,
                action,
                target,
                resumes,
            }) => {
                let ask = Ask {
                    action,
                    target: *target,
                    history: Vec::new(),
                    resumes: resumes.map(Into::into),
                };
                let answer = self.ask(|to| Request::Preview(Box::new(ask), to)).await;
                Some(Msg::Previewed(op, Box::new(answer)))
            }
            Effect::Work(Work::LookClosely(op, service)) => {
                let answer = self.ask(|to| Request::Details(service, to)).await;
                Some(Msg::LookedClosely(op, Box::new(answer)))
            }
            Effect::Work(Work::Inspect(op, instance)) => {
                let answer = self.ask(|to| Request::Raw(instance, to)).await;
                Some(Msg::Inspected(op, answer))
            }
            Effect::Loop(Loop::LetGoWrong(Some(place))) => {
                self.control.play(place);
                None
            }
            Effect::Loop(Loop::LetGoWrong(None)) => {
                self.control.heal();
                None
            }
            Effect::Work(Work::Carry(plan)) => {
                self.carry(*plan).await;
                None
            }
            Effect::Work(Work::Checklist(work)) => {
                return self.conducting.conduct(&self.model, work);
            }
            _ => None,
        };
        answer.into_iter().collect()
    }

    async fn ask<T>(&self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> T {
        let (to, answer) = oneshot::channel();
        let sent = self.platform.requests.send(request(to)).await;
        sent.expect("the world listens");
        answer.await.expect("the world answers")
    }

    async fn carry(&mut self, plan: Plan<Confirmed>) {
        let (progress, told) = mpsc::channel(512);
        self.under_way.insert(plan.id(), told);
        let keeper = Arc::new(self.journal.kept(&plan.target().identity));
        let carry = Carry {
            plan,
            recorder: Arc::clone(&self.journal) as Arc<_>,
            keeper,
            progress,
            stop: CancellationToken::new(),
        };
        let request = Request::Carry(Box::new(CarryRequest(carry)));
        let sent = self.platform.requests.send(request).await;
        sent.expect("the world listens");
    }

    /// How many entries of that kind the journal holds.
    pub(crate) fn recorded(&self) -> usize {
        let all = self.journal.search(&journal::Filter::default());
        all.expect("a journal that can be read").len()
    }
}
