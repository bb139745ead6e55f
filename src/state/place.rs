//! Where the console is, and what changes with it.

use serde::{Deserialize, Serialize};

use super::{Layer, Model, Update, alerts, checklist, logs, rollouts};
use crate::{
    domain::{action::EnvironmentKind, capabilities::Capabilities, host::Host, service::ServiceId},
    text::SafeText,
};

/// Environment and context, as the header shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The environment's name, as configured or found: `shop`, `local`.
    pub environment: SafeText,
    /// What kind of place it is.
    pub kind: EnvironmentKind,
    /// The daemon or the cluster: `docker`, `eks-1`, `demo`.
    pub context: SafeText,
    /// Whether this is a simulation, said on every screen.
    pub simulated: bool,
    /// Whether it is one in which a list is rehearsed, said on every screen instead.
    #[serde(default)]
    pub rehearsal: bool,
    /// Whether it is a copy of a real place, to which one goes back.
    #[serde(default)]
    pub copy: bool,
    /// What may be let go wrong here, in words; nothing where it is real.
    #[serde(default)]
    pub mishaps: Vec<SafeText>,
    /// The environments that could be switched to, this one among them.
    pub others: Vec<SafeText>,
    /// The namespaces of a cluster that are shown, none meaning all; `None` where there are no namespaces.
    pub namespaces: Option<Vec<SafeText>>,
    /// The contexts of the kubeconfig, as it was at the start.
    pub contexts: Vec<SafeText>,
}

impl Place {
    /// The namespaces that are shown, none meaning all: those chosen, or the one that is left where all may not be looked at.
    pub fn shown<'a>(&'a self, host: &'a Host) -> Option<&'a [SafeText]> {
        let chosen = self.namespaces.as_deref()?;
        Some(match &host.confined {
            Some(only) if chosen.is_empty() => std::slice::from_ref(only),
            _ => chosen,
        })
    }

    /// A service by its name, with its group where several may be shown.
    pub fn name_of(&self, host: &Host, id: &ServiceId) -> String {
        match self.shown(host) {
            Some([only]) if *only == id.group => id.name.to_string(),
            _ => id.to_string(),
        }
    }
}

impl Model {
    /// The namespaces that are shown; see [`Place::shown`].
    pub fn namespaces(&self) -> Option<&[SafeText]> {
        self.place.shown(&self.snapshot().host)
    }

    /// A service as it is called here; see [`Place::name_of`].
    pub fn name_of(&self, id: &ServiceId) -> String {
        self.place.name_of(&self.snapshot().host, id)
    }
}

/// Where to go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Where we are, reached anew.
    Here,
    /// The environment of that name.
    Environment(SafeText),
    /// The context of that name.
    Context(SafeText),
    /// These namespaces of the cluster that we are on; none means all.
    Namespaces(Vec<SafeText>),
}

/// A place that was reached.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Connected {
    /// Where.
    pub place: Place,
    /// What can be done there.
    pub capabilities: Capabilities,
    /// How logs begin there.
    pub logs: logs::Beginning,
}

/// Another place is shown from now on. What was known of the one before is forgotten; what is the operator's stays, and
/// so do the actions of this console, wherever they run.
pub(super) fn connected(model: &mut Model, connected: Connected) -> Update {
    let Connected {
        place,
        capabilities,
        logs,
    } = connected;
    let mut before = std::mem::take(model);
    let rehearsed = before.checklist.rehearsed.take().filter(|_| place.copy);
    // What it has control of it keeps, but nobody looks at it any more.
    let closed = checklist::offer::close_run(&mut before);
    *model = Model {
        now: before.now,
        size: before.size,
        utc: before.utc,
        mouse: before.mouse,
        keymap: before.keymap,
        operator: before.operator,
        login: before.login,
        notices: before.notices,
        used: before.used,
        operations: before.operations.elsewhere(),
        next_op: before.next_op,
        logs: before.logs.elsewhere(before.now, logs),
        place,
        capabilities,
        ..Model::default()
    };
    model.checklist.rehearsed = rehearsed;
    closed
        .and(rollouts::refresh(model))
        .and(logs::follow(model, Vec::new()))
}

/// Another daemon answers at the same place: what the journal held of the one before is not its.
pub(super) fn other_daemon(model: &mut Model) -> Update {
    model.operations.leftovers.clear();
    model.layers.retain(|l| !matches!(l, Layer::Leftover(_)));
    model.backup = None;
    let forgotten = rollouts::remember(model, Vec::new());
    forgotten
        .and(alerts::acknowledged(model, Vec::new()))
        .and(checklist::elsewhere(model))
}

#[cfg(test)]
mod tests {

    use jiff::Timestamp;

    use super::*;
    use crate::{
        checklist::{self, Hold, Opened, RunId, Start},
        domain::{
            action::Action,
            alert::{Acknowledgement, Fingerprint},
            fixture,
            report::Source,
            source::SourceState,
        },
        state::{
            Effect, Msg, Work,
            operations::Leftover,
            update,
            walking::{ChecklistMsg, ChecklistWork, Unfinished},
        },
    };

    const HERE: SafeText = SafeText::from_static("daemon-1");
    const THERE: SafeText = SafeText::from_static("daemon-2");
    const RUN: RunId = RunId(SafeText::from_static("run-1"));

    fn shows(model: &mut Model, identity: SafeText) -> Vec<Effect> {
        let state = SourceState {
            generation: model.source.generation + 1,
            ..fixture::state(&identity, Vec::new())
        };
        update(model, Msg::Source(Box::new(state))).effects
    }

    fn remembered(model: &mut Model, of: &SafeText) {
        let fingerprint = Fingerprint(SafeText::from_static("down"));
        let leftover = Leftover {
            operation: SafeText::from_static("op-1"),
            action: Action::Restart,
            back: None,
            service: fixture::id("api"),
            done: 1,
            of: 2,
            by: SafeText::from_static("ana"),
            began: Timestamp::UNIX_EPOCH,
        };
        let seen = Acknowledgement {
            fingerprint,
            by: SafeText::from_static("ana"),
            at: Timestamp::UNIX_EPOCH,
            until: Timestamp::MAX,
        };
        for msg in [
            Msg::Unfinished(of.clone(), vec![leftover]),
            Msg::Acknowledged(of.clone(), vec![seen]),
            Msg::Backup(of.clone(), Some(Timestamp::UNIX_EPOCH)),
        ] {
            let _ = update(model, msg);
        }
    }

    /// A list is walked, and another one was begun; what comes of hearing that.
    fn walks(model: &mut Model, of: &SafeText) -> Vec<Effect> {
        let text = "- [ ] Support is there\n";
        let read = checklist::read(&Source::new("day.md".as_ref(), text), None);
        let document = read.unwrap_or_else(|report| panic!("{report}")).document;
        let (at, by) = (Timestamp::UNIX_EPOCH, SafeText::from_static("ana"));
        let start = Start::of(&document, at);
        let unfinished = Unfinished {
            run: RunId(SafeText::from_static("run-2")),
            name: document.name.clone(),
            list: None,
            began: at,
            last: at,
            pilot: by.clone(),
            hold: Hold::Other,
        };
        let opened = Opened {
            run: RUN,
            ..Opened::begins(&document, start, by, at)
        };
        [
            ChecklistMsg::Found(of.clone(), vec![unfinished]),
            ChecklistMsg::Opened(of.clone(), Box::new(opened)),
            ChecklistMsg::BackedUp(of.clone(), vec![(fixture::id("api"), at)]),
        ]
        .into_iter()
        .flat_map(|msg| update(model, Msg::Checklist(msg)).effects)
        .collect()
    }

    /// What is shown of checklists: runs that were found, the walk, its layer, and backups that it knows of.
    fn walked(model: &Model) -> [bool; 4] {
        let view = model.checklist.view.as_ref();
        [
            !model.checklist.unfinished.is_empty(),
            view.is_some(),
            model.layers.iter().any(|l| matches!(l, Layer::Walk)),
            view.is_some_and(|view| !view.walk.backups.is_empty()),
        ]
    }

    fn closes(effects: &[Effect]) -> bool {
        let closes = |effect: &Effect| matches!(effect, Effect::Work(Work::Checklist(ChecklistWork::Close(run))) if *run == RUN);
        effects.iter().any(closes)
    }

    #[test]
    fn a_list_is_walked_on_one_daemon_and_not_on_the_next() {
        let mut model = Model::default();
        shows(&mut model, HERE);
        assert!(closes(&walks(&mut model, &THERE)), "that one is not here");
        assert_eq!(walked(&model), [false; 4]);
        assert!(!closes(&walks(&mut model, &HERE)));
        assert_eq!(walked(&model), [true; 4]);
        shows(&mut model, HERE);
        assert_eq!(walked(&model), [true; 4]);
        assert!(closes(&shows(&mut model, THERE)));
        assert_eq!(walked(&model), [false; 4]);
    }

    /// What is shown of the journal: leftovers, whether one is offered, an acknowledgement, a backup.
    fn shown(model: &Model) -> [bool; 4] {
        let fingerprint = Fingerprint(SafeText::from_static("down"));
        let seen = model.alerts.acknowledgement(&fingerprint, model.now);
        let offered = |layer: &Layer| matches!(layer, Layer::Leftover(_));
        [
            !model.operations.leftovers.is_empty(),
            model.layers.iter().any(offered),
            seen.is_some(),
            model.backup.is_some(),
        ]
    }

    #[test]
    fn a_late_answer_about_another_daemon_is_dropped() {
        let mut model = Model::default();
        shows(&mut model, HERE);
        remembered(&mut model, &THERE);
        assert_eq!(shown(&model), [false; 4]);
        remembered(&mut model, &HERE);
        assert_eq!(shown(&model), [true; 4]);
    }

    #[test]
    fn nothing_of_a_place_is_left_at_the_next() {
        let mut model = Model {
            operator: Some(SafeText::from_static("ana")),
            utc: true,
            size: (80, 24),
            ..Model::default()
        };
        shows(&mut model, HERE);
        remembered(&mut model, &HERE);
        let before = model.logs.subscription;
        let update = update(&mut model, Msg::Connected(Box::default()));
        assert_eq!(shown(&model), [false; 4]);
        assert!(model.snapshot().host.identity.is_empty());
        assert!(model.operator.is_some() && model.utc && model.size == (80, 24));
        let follows = |effect: &Effect| match effect {
            Effect::Work(Work::FollowLogs { subscription, .. }) => *subscription > before,
            _ => false,
        };
        assert!(update.effects.iter().any(follows), "{update:?}");
    }

    #[test]
    fn nothing_is_left_when_another_daemon_answers_at_the_same_place() {
        let mut model = Model::default();
        shows(&mut model, HERE);
        remembered(&mut model, &HERE);
        shows(&mut model, HERE);
        assert_eq!(shown(&model), [true; 4]);
        shows(&mut model, THERE);
        assert_eq!(shown(&model), [false; 4]);
    }
}
