//! The model of the whole screen, and the one pure function that changes it.
//!
//! [`update`] does no I/O and reads no clock: everything comes in as a [`Msg`], everything to be done goes out as an
//! [`Effect`]. Each pane has a file here (what it knows, how it changes) and one of the same name in `ui` (how it looks).

pub mod alerts;
pub mod checklist;
pub mod effect;
pub mod hints;
pub mod keys;
pub mod layer;
pub mod layout;
pub mod list;
pub mod logs;
pub mod msg;
pub mod notices;
pub mod operations;
pub mod place;
pub mod rollouts;
pub mod services;
pub mod standing;
pub mod text_field;
pub mod unseen;
pub mod walking;

use std::sync::Arc;

use jiff::Timestamp;

pub use self::{
    effect::{Effect, Loop, Work},
    layer::Layer,
    msg::{Msg, OpId, SubscriptionId},
    place::{Destination, Place},
};
use crate::{
    domain::{
        capabilities::Capabilities,
        details::{Happening, PlatformEvent},
        keymap::Keymap,
        scope::Scope,
        snapshot::Snapshot,
        source::SourceState,
    },
    text::SafeText,
};

/// One of the four panes of the home screen, in the order of the keys `1` to `4`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Pane {
    /// Services and their replicas.
    #[default]
    Services,
    /// Rollouts and actions under way.
    Rollouts,
    /// Alerts.
    Alerts,
    /// Live logs.
    Logs,
}

impl Pane {
    /// In the order of the keys.
    pub const ALL: [Self; 4] = [Self::Services, Self::Rollouts, Self::Alerts, Self::Logs];

    /// The scope of its keys.
    pub const fn scope(self) -> Scope {
        match self {
            Self::Services => Scope::Services,
            Self::Rollouts => Scope::Rollouts,
            Self::Alerts => Scope::Alerts,
            Self::Logs => Scope::Logs,
        }
    }
}

/// Everything the screen shows. Drawing takes it by `&` and cannot change it.
#[derive(Debug, Default)]
pub struct Model {
    /// The time, as the last [`Msg::Clock`] said.
    pub now: Timestamp,
    /// The time that the first one of this place said: what began later was watched.
    pub opened: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// Whether times are shown in UTC rather than local time.
    pub utc: bool,
    /// Whether the console takes the mouse.
    pub mouse: bool,
    /// Where we are: environment and context.
    pub place: Place,
    /// What the platform shows, and how much of it can be believed.
    pub source: SourceState,
    /// What can be done here.
    pub capabilities: Capabilities,
    /// Which key means what.
    pub keymap: Arc<Keymap>,
    /// The pane that keys go to when nothing lies on top.
    pub focus: Pane,
    /// Whether the pane in focus has the whole screen.
    pub zoomed: bool,
    /// The services pane.
    pub services: services::Services,
    /// The rollouts pane.
    pub rollouts: rollouts::Rollouts,
    /// The alerts pane.
    pub alerts: alerts::Alerts,
    /// The logs pane.
    pub logs: logs::Logs,
    /// The list that is walked, and those that can be.
    pub checklist: checklist::Checklists,
    /// What lies on top of the panes; the last takes the keys.
    pub layers: Vec<Layer>,
    /// Actions of this console: under way, ended, and left over from an earlier one.
    pub operations: operations::Operations,
    /// Short messages at the bottom.
    pub notices: notices::Notices,
    /// What happened on the platform, newest last, bounded.
    pub happenings: std::collections::VecDeque<Happening>,
    /// How often each command was run from the palette.
    pub used: layer::palette::Used,
    /// The account that runs the console, proposed as the operator's name; empty where it says nothing about a person.
    pub login: SafeText,
    /// Who acts; asked for at the first action where nobody said.
    pub operator: Option<SafeText>,
    /// When the newest verified backup here was made.
    pub backup: Option<Timestamp>,
    /// The number of the last question; an answer to a superseded one is dropped.
    pub next_op: u64,
}

/// How many happenings are kept.
const HAPPENINGS: usize = 1_000;

/// What an update brings: things to do, and whether to draw.
#[must_use = "what is to be done is lost with it"]
#[derive(Debug, Default, PartialEq)]
pub struct Update {
    /// To be carried out by the runtime, in order.
    pub effects: Vec<Effect>,
    /// Whether the screen looks different now.
    pub dirty: bool,
}

impl Update {
    /// Nothing changed.
    pub fn none() -> Self {
        Self::default()
    }

    /// The screen looks different.
    pub fn redraw() -> Self {
        Self {
            effects: Vec::new(),
            dirty: true,
        }
    }

    /// Something is to be done, and the screen looks different.
    pub fn effect(effect: impl Into<Effect>) -> Self {
        Self {
            effects: vec![effect.into()],
            dirty: true,
        }
    }

    /// Both.
    pub fn and(mut self, other: Self) -> Self {
        self.effects.extend(other.effects);
        self.dirty |= other.dirty;
        self
    }
}

impl Model {
    /// The services and the rest as last seen.
    pub fn snapshot(&self) -> &Snapshot {
        &self.source.snapshot
    }

    /// Where keys go now.
    pub fn scope(&self) -> Scope {
        self.layers
            .last()
            .map_or_else(|| self.focus_scope(), Layer::scope)
    }

    fn focus_scope(&self) -> Scope {
        match self.focus {
            Pane::Services if self.services.filter.editing() => Scope::Input,
            Pane::Alerts if self.alerts.filter.editing() => Scope::Input,
            Pane::Logs if self.logs.editing() => Scope::Input,
            pane => pane.scope(),
        }
    }

    /// Whether a preview is about to be read for long enough, or what a command waits for about to be there.
    pub fn ripening(&self) -> bool {
        match self.layers.last() {
            Some(Layer::Plan(plan)) => !plan.ripe(),
            Some(Layer::Waiting(waiting)) => waiting.resumes(),
            _ => false,
        }
    }

    /// A new number for a question.
    pub fn next_op(&mut self) -> OpId {
        self.next_op += 1;
        OpId(self.next_op)
    }
}

/// Changes the model by one message. Pure: the same model and message give the same result, always.
pub fn update(model: &mut Model, msg: Msg) -> Update {
    // Lines that follow others move nothing but themselves, and they come in their thousands.
    let moves = !matches!(msg, Msg::Logs(..)) || model.logs.store().is_empty();
    let mut update = changed(model, msg);
    if update.dirty && moves {
        update.effects.extend(layout::settle(model));
    }
    update
}

fn changed(model: &mut Model, msg: Msg) -> Update {
    match msg {
        Msg::Clock(now) => clock(model, now),
        Msg::Resized(cols, rows) => {
            model.size = (cols, rows);
            Update::redraw()
        }
        Msg::Key(chord) => keys::key(model, chord),
        Msg::Paste(text) => keys::paste(model, &text),
        Msg::Mouse(mouse) => keys::mouse(model, mouse),
        // The answer of another daemon than the one that is shown.
        Msg::Unfinished(of, _)
        | Msg::Left(of, _)
        | Msg::Acknowledged(of, _)
        | Msg::Backup(of, _)
        | Msg::History(of, _)
            if of != model.snapshot().host.identity =>
        {
            Update::none()
        }
        Msg::Connected(connected) => place::connected(model, *connected),
        Msg::Environments(names) => {
            model.place.others = names;
            Update::redraw()
        }
        Msg::Open(name) => services::open(model, &name),
        Msg::Source(state) => source(model, *state),
        Msg::Checklist(msg) => checklist::heard(model, msg),
        Msg::Platform(event) => platform(model, event),
        Msg::Alerts(alerts) => alerts::arrived(model, alerts).and(checklist::look(model)),
        Msg::Acknowledged(_, acknowledged) => alerts::acknowledged(model, acknowledged),
        Msg::Logs(subscription, items) => logs::arrived(model, subscription, items),
        Msg::Previewed(op, answer) => layer::plan::previewed(model, op, *answer),
        Msg::Progress(plan, progress) => operations::progress(model, plan, progress),
        Msg::Unrecordable(plan, why) => layer::plan::unrecordable(model, plan, why),
        Msg::Unfinished(_, left) => operations::unfinished(model, left),
        Msg::Left(_, left) => operations::left(model, *left),
        Msg::History(_, changes) => rollouts::remember(model, changes),
        Msg::LookedClosely(op, answer) => layer::prompt::arrived(model, op, &answer)
            .and(layer::details::arrived(model, op, *answer)),
        Msg::Inspected(op, answer) => layer::inspect::arrived(model, op, answer),
        Msg::Namespaces(op, told) => layer::places::arrived(model, op, told),
        Msg::Backup(_, at) => {
            model.backup = at;
            Update::redraw()
        }
        Msg::Keymap(keymap) => {
            model.keymap = keymap;
            Update::redraw()
        }
        Msg::WantsMouse(mouse) => {
            model.mouse = mouse;
            Update::effect(Loop::CaptureMouse(mouse))
        }
        Msg::WantsUtc(utc) => {
            model.utc = utc;
            Update::redraw()
        }
        Msg::SettingsChanged => Update::effect(Loop::Reload),
        Msg::Notice(severity, text) => {
            let now = model.now;
            model.notices.say(now, severity, text);
            Update::redraw()
        }
    }
}

/// Time passes: whatever ends by itself, ends. Draws once a second, since relative times are on screen.
fn clock(model: &mut Model, now: Timestamp) -> Update {
    // A place has a clock of its own: its first word counts.
    if model.opened == Timestamp::default() {
        model.opened = now;
    }
    let ticked = now.as_second() != model.now.as_second();
    model.now = now;
    let expired = model.notices.expire(now);
    let ripened = layer::plan::ripen(model);
    let resumed = layer::waiting::resume(model);
    let worked = logs::work(model);
    let looked = if ticked {
        checklist::look(model)
    } else {
        Update::none()
    };
    worked.and(resumed).and(looked).and(Update {
        effects: Vec::new(),
        dirty: ticked || expired || ripened,
    })
}

fn source(model: &mut Model, state: SourceState) -> Update {
    if state.generation < model.source.generation {
        return Update::none();
    }
    let before = std::mem::replace(&mut model.source, state);
    let (was, is) = (&before.snapshot.host, &model.source.snapshot.host);
    let other = if was.identity != is.identity && !was.identity.is_empty() {
        place::other_daemon(model)
    } else {
        Update::none()
    };
    other
        .and(services::refresh(model))
        .and(rollouts::refresh(model))
        .and(layer::details::refresh(model))
        .and(checklist::look(model))
        .and(checklist::rehearsal::arrived(model))
        .and(Update::redraw())
}

fn platform(model: &mut Model, event: PlatformEvent) -> Update {
    let happening = match event {
        PlatformEvent::Happened(happening) => happening,
        PlatformEvent::Gap { from, to } => Happening {
            at: to,
            service: None,
            text: SafeText::format(format_args!(
                "events from {from:.0} to {to:.0} may be missing"
            )),
            health: crate::domain::health::Health::Unknown,
        },
    };
    if model.happenings.len() == HAPPENINGS {
        model.happenings.pop_front();
    }
    model.happenings.push_back(happening);
    Update {
        effects: Vec::new(),
        dirty: matches!(model.layers.last(), Some(Layer::Events(_))),
    }
}
