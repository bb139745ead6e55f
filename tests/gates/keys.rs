//! Gate 2, the operator's side: keys, pastes and clicks in any order, while the platform does as it likes, at any size.
//! Nothing panics, what is selected exists, an action goes out only after its preview was there to be read, and of a list
//! that is walked only a key says what a person says.

mod walks;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    config,
    domain::{
        key::{Key, KeyChord},
        scope::Scope,
        source::SourceHealth,
    },
    plan::PlanId,
    state::{
        Effect, Layer, Loop, Model, Msg, OpId, Pane, Work,
        msg::{Mouse, MouseAction},
        update,
    },
    ui::{self, Look},
};
use ratatui::{Terminal, backend::TestBackend};
use strum::IntoEnumIterator as _;

use self::walks::Walks;
use crate::{
    fuzz::{HANG, gate, seeds},
    hostile_text::CORPUS,
    panes::world::{Outside, at},
    screen::{look, show},
};

const MESSAGES: usize = 160;

struct Session {
    model: Model,
    random: fastrand::Rng,
    outside: Outside<'static>,
    chords: Arc<Vec<KeyChord>>,
    now: Timestamp,
    /// Previews that are asked for.
    asked: Vec<(OpId, Effect)>,
    /// When each was answered.
    answered: BTreeMap<PlanId, Timestamp>,
    carried: Vec<PlanId>,
    walks: Walks,
}

impl Session {
    fn new(seed: u64, chords: Arc<Vec<KeyChord>>) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut model = Model::default();
        let keymap = config::keymap::built_in("default").expect("shipped");
        let _ = update(&mut model, Msg::Keymap(Arc::new(keymap)));
        model.capabilities.exec = random.bool();
        model.capabilities.read_only = random.u8(..8) == 0;
        let mut session = Self {
            model,
            outside: Outside::new(CORPUS, random.usize(..CORPUS.len())),
            random,
            chords,
            now: at(0),
            asked: Vec::new(),
            answered: BTreeMap::new(),
            carried: Vec::new(),
            walks: Walks::default(),
        };
        session.give(Msg::Clock(at(0)));
        session.give(Msg::Resized(80, 24));
        let place = session.outside.place();
        session.give(place);
        session.platform();
        session
    }

    /// Gives a message, and checks what comes of it.
    fn give(&mut self, msg: Msg) {
        let key = matches!(msg, Msg::Key(_));
        let dialog = self.dialog();
        for effect in update(&mut self.model, msg).effects {
            match effect {
                Effect::Work(Work::Preview { op, .. }) => self.asked.push((op, effect)),
                Effect::Work(Work::Carry(plan)) => {
                    assert!(key, "an action went out without a key");
                    assert!(!self.model.capabilities.read_only, "in spite of read-only");
                    let shown = self.answered.get(&plan.id()).expect("a preview was shown");
                    let stood = self.now.duration_since(*shown);
                    assert!(
                        stood >= SignedDuration::from_millis(300),
                        "it stood for {stood:#}"
                    );
                    assert!(!self.carried.contains(&plan.id()), "it went out twice");
                    let (expected, typed) = dialog.clone().expect("its dialog was on top");
                    if let Some(expected) = expected {
                        assert_eq!(typed.trim(), expected);
                    }
                    self.carried.push(plan.id());
                    self.walks.acts(plan.id(), self.now);
                }
                Effect::Work(Work::Checklist(work)) => self.walks.wants(&self.model, work, key),
                Effect::Loop(Loop::Shell(_)) => assert!(!self.model.capabilities.read_only),
                _ => {}
            }
        }
        self.selected_exists();
    }

    /// What is to be typed in the dialog on top, and what is.
    fn dialog(&self) -> Option<(Option<String>, String)> {
        match self.model.layers.last() {
            Some(Layer::Plan(plan)) => Some((plan.expected(), plan.field.text().to_owned())),
            _ => None,
        }
    }

    fn selected_exists(&self) {
        let model = &self.model;
        if let Some(row) = &model.services.cursor.selected {
            assert!(model.services.rows().contains(row), "no such row: {row:?}");
        }
        if let Some(row) = &model.rollouts.cursor.selected {
            assert!(model.rollouts.rows().contains(row), "no such row: {row:?}");
        }
        if let Some(alert) = &model.alerts.cursor.selected {
            let known = model.alerts.all().iter().any(|a| a.fingerprint == *alert);
            assert!(known, "no such alert: {alert:?}");
        }
    }

    fn platform(&mut self) {
        let services = self.random.usize(0..5);
        let health = [
            SourceHealth::Live,
            SourceHealth::Stale,
            SourceHealth::Offline,
        ];
        let health = health[self.random.usize(..3)];
        let mut source = self.outside.source(services, health);
        walks::name_one(&mut source);
        self.give(source);
        let count = self.random.usize(..6);
        for msg in self.outside.alerts(count) {
            self.give(msg);
        }
    }

    fn key(&mut self) {
        let chord = match self.random.u8(..10) {
            0 | 1 => KeyChord::plain(Key::Enter),
            2 => KeyChord::plain(Key::Char(self.random.char(' '..))),
            _ => *self.random.choice(&*self.chords).expect("there are some"),
        };
        self.give(Msg::Key(chord));
        // One who means it types what is asked for, has read long enough, and confirms.
        if let Some(Layer::Plan(plan)) = self.model.layers.last()
            && self.random.bool()
        {
            if let Some(expected) = plan.expected() {
                self.give(Msg::Paste(expected));
            }
            self.passes(1_000);
            self.give(Msg::Key(KeyChord::plain(Key::Enter)));
        }
    }

    fn passes(&mut self, milliseconds: i64) {
        self.now += SignedDuration::from_millis(milliseconds);
        self.give(Msg::Clock(self.now));
    }

    /// An answer comes, in time, late or never.
    fn answer(&mut self) {
        let op = self.model.next_op;
        // A platform that nothing may be changed on refuses, wherever a question comes from.
        let refused = self.model.capabilities.read_only || self.random.u8(..4) == 0;
        let asked = self.asked.pop();
        match asked {
            Some((OpId(op), _)) if refused => {
                for msg in self.outside.refused(op) {
                    self.give(msg);
                }
            }
            Some((OpId(op), Effect::Work(Work::Preview { action, target, .. }))) => {
                self.answered.entry(PlanId(op as u32)).or_insert(self.now);
                let preview = self.outside.preview(op, action, *target);
                self.give(preview);
            }
            _ => {
                for msg in [self.outside.details(op), self.outside.raw(op)] {
                    self.give(msg);
                }
            }
        }
    }

    fn step(&mut self) {
        match self.random.u8(..22) {
            20 => {
                if let Some(msg) = self.walks.heard(&mut self.random) {
                    self.give(msg);
                }
            }
            21 => {
                if self.random.u8(..3) == 0 {
                    let msg = self.walks.opens(&self.model, &mut self.random, self.now);
                    self.give(msg);
                }
            }
            0..9 => self.key(),
            9 | 10 => {
                let milliseconds = [1, 50, 299, 300, 400, 1_000][self.random.usize(..6)];
                self.passes(milliseconds);
            }
            11..13 => self.answer(),
            13 => {
                let (columns, rows) = (self.random.u16(..130), self.random.u16(..50));
                self.give(Msg::Resized(columns, rows));
            }
            14 => {
                let paste = self.outside.paste();
                self.give(paste);
            }
            15 => {
                let actions = [
                    MouseAction::Press,
                    MouseAction::ScrollUp,
                    MouseAction::ScrollDown,
                ];
                let mouse = Mouse {
                    action: actions[self.random.usize(..3)],
                    column: self.random.u16(..140),
                    row: self.random.u16(..60),
                };
                self.give(Msg::Mouse(mouse));
            }
            16 => self.platform(),
            17 => {
                let lines = self.random.usize(..40);
                let lines = self.outside.logs(&self.model, lines);
                self.give(lines);
            }
            18 => {
                if let Some(plan) = self.carried.last().copied() {
                    if self.random.u8(..4) == 0 {
                        let msg = self.outside.unrecordable(plan);
                        self.give(msg);
                        return;
                    }
                    self.walks.acted(plan, &mut self.random, self.now);
                    for msg in self.outside.progress(plan) {
                        self.give(msg);
                    }
                }
            }
            _ => {
                let service = self.model.snapshot().services.first().map(|s| s.id.clone());
                let msg = match service.filter(|_| self.random.u8(..4) == 0) {
                    Some(service) => self.outside.leftover(service),
                    None => self.outside.happening(),
                };
                self.give(msg);
            }
        }
    }

    fn draw(&mut self, look: &Look) {
        let (columns, rows) = self.model.size;
        if self.random.u8(..32) == 0 && columns > 0 && rows > 1 {
            show(&mut self.model, look, (columns, rows));
            return;
        }
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("no terminal");
        terminal
            .draw(|frame| ui::draw(&self.model, look, frame.buffer_mut()))
            .expect("it takes a frame");
    }
}

#[test]
fn any_sequence_of_messages() {
    let keymap = config::keymap::built_in("default").expect("shipped");
    let chords = Scope::iter().flat_map(|scope| keymap.own(scope).map(|(chord, _)| chord));
    let chords = Arc::new(chords.collect::<Vec<_>>());
    let look = look();
    let (carried, said) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&carried), Arc::clone(&said));
    let sessions = gate::size(1_000, 100_000);
    seeds("messages", sessions, HANG, move |seed| {
        let mut session = Session::new(seed, Arc::clone(&chords));
        for _ in 0..MESSAGES {
            session.step();
            if session.random.u8(..16) == 0 {
                session.draw(&look);
            }
        }
        assert!(Pane::ALL.contains(&session.model.focus));
        counted
            .0
            .fetch_add(session.carried.len(), Ordering::Relaxed);
        counted.1.fetch_add(session.walks.said, Ordering::Relaxed);
    });
    for (what, count) in [
        ("actions went out", carried),
        ("things were said in a walk", said),
    ] {
        let count = count.load(Ordering::Relaxed);
        assert!(count > 20, "only {count} {what}: too few to tell");
    }
}
