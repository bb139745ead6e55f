//! A list that is walked meanwhile: opened in anybody's hands, written down late or never, its actions lost or done.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use jiff::Timestamp;
use quarterdeck::{
    checklist::{self, Event, Hold, ItemId, Opened, RunId, Start, What},
    domain::{report::Source, service::Service, snapshot::Snapshot},
    plan::{
        PlanId,
        record::{OperationId, OperationResult},
    },
    safe,
    state::{
        Model, Msg,
        walking::{ChecklistMsg, ChecklistWork},
    },
    text::SafeText,
};

const LIST: &str = "---
abort-when: not healthy(*)
---
# Night
- [ ] Somebody is there
- [ ] It is new `do: restart api`
- [ ] It is well `check: healthy(*)`
- [ ] It stays so `soak: alerts(critical) == 0 for 10s` `timeout: 1m`
- [ ] Nobody leaves this out `killer`
- [ ] Go / no-go `gate`
- [ ] It is another one `do: rollout api` `check: rolled_out(api)`
";

/// The service that the list acts on: one that would have a hostile name has this one.
pub(super) fn name_one(source: &mut Msg) {
    if let Msg::Source(state) = source
        && let Some(first) = state.snapshot.services.first()
    {
        let mut named = Service::clone(first);
        named.id.name = SafeText::from_static("api");
        let mut snapshot = Snapshot::clone(&state.snapshot);
        snapshot.services[0] = Arc::new(named);
        state.snapshot = Arc::new(snapshot);
    }
}

#[derive(Default)]
pub(super) struct Walks {
    /// What is still to be heard, the oldest first.
    news: Vec<ChecklistMsg>,
    /// The actions of steps, and who agreed to them.
    doing: BTreeMap<PlanId, (RunId, ItemId, SafeText)>,
    runs: u32,
    /// How much people said.
    pub(super) said: usize,
}

impl Walks {
    /// A list is opened, in whoever's hands.
    pub(super) fn opens(
        &mut self,
        model: &Model,
        random: &mut fastrand::Rng,
        at: Timestamp,
    ) -> Msg {
        self.runs += 1;
        let read = checklist::read(&Source::new(Path::new("night.md"), LIST), None);
        let document = read.unwrap_or_else(|report| panic!("{report}")).document;
        let start = Start {
            planned_end: Some(at),
            way_back_until: Some(at),
            rehearsal: random.bool(),
            ..Start::of(&document, at)
        };
        let by = model
            .operator
            .clone()
            .filter(|name| !name.trim().is_empty());
        let by = by.unwrap_or(SafeText::from_static("sre-1"));
        let opened = Opened {
            run: RunId(safe!("run-{}", self.runs)),
            hold: [Hold::Own, Hold::Own, Hold::Other, Hold::Nobody][random.usize(..4)],
            ..Opened::begins(&document, start, by, at)
        };
        let identity = model.snapshot().host.identity.clone();
        Msg::Checklist(ChecklistMsg::Opened(identity, Box::new(opened)))
    }

    /// The screen wants something of it; `key` is whether a key was pressed.
    pub(super) fn wants(&mut self, model: &Model, work: ChecklistWork, key: bool) {
        match work {
            ChecklistWork::Record(run, events) => {
                for Event { what, .. } in &events {
                    let says = matches!(
                        what,
                        What::Attested { .. }
                            | What::Skipped { .. }
                            | What::Waived { .. }
                            | What::Noted { .. }
                            | What::Resolved { .. }
                            | What::Go { .. }
                            | What::NoGo { .. }
                            | What::ControlGiven { .. }
                            | What::Ended(_)
                    );
                    assert!(key || !says, "{what:?} was said without a key");
                    let view = model.checklist.view.as_ref();
                    let own = view.is_some_and(|view| view.walk.hold() == Hold::Own);
                    assert!(own || what.is_open_to_all(), "{what:?} by one who watches");
                    self.said += usize::from(says);
                }
                self.news.push(ChecklistMsg::Happened(run, events));
            }
            ChecklistWork::Take { run, .. } => self.news.push(ChecklistMsg::Held(run, Hold::Own)),
            ChecklistWork::Doing { run, item, plan } => {
                assert!(key, "an action of a step was begun without a key");
                let by = model.operator.clone().unwrap_or_default();
                self.doing.insert(plan, (run, item, by));
            }
            ChecklistWork::Start { .. }
            | ChecklistWork::Resume { .. }
            | ChecklistWork::Resolve(..)
            | ChecklistWork::Offer
            | ChecklistWork::Ask(..)
            | ChecklistWork::Close(_) => {}
        }
    }

    /// A plan went out.
    pub(super) fn acts(&mut self, plan: PlanId, at: Timestamp) {
        self.tells(plan, at, |item, operation| What::DoBegun {
            item,
            operation,
        });
    }

    /// A plan came to its end, or to where nobody knows.
    pub(super) fn acted(&mut self, plan: PlanId, random: &mut fastrand::Rng, at: Timestamp) {
        let result = [
            OperationResult::Verified,
            OperationResult::PutBack,
            OperationResult::Unverified,
        ][random.usize(..3)];
        self.tells(plan, at, |item, operation| What::DoEnded {
            item,
            operation,
            result,
            words: SafeText::from_static("as it was seen"),
        });
    }

    fn tells(&mut self, plan: PlanId, at: Timestamp, what: impl Fn(ItemId, OperationId) -> What) {
        if let Some((run, item, by)) = self.doing.get(&plan) {
            let operation = OperationId::parse(&format!("op-{}", plan.0));
            let event = Event::new(at, by.clone(), what(*item, operation));
            let happened = ChecklistMsg::Happened(run.clone(), vec![event]);
            self.news.push(happened);
        }
    }

    /// What is heard next: that it was written down, that it could not be, or that somebody else has control.
    pub(super) fn heard(&mut self, random: &mut fastrand::Rng) -> Option<Msg> {
        if self.news.is_empty() {
            return None;
        }
        let news = self.news.remove(0);
        let news = match (random.u8(..16), news) {
            (0, ChecklistMsg::Happened(..)) => {
                ChecklistMsg::Refused(SafeText::from_static("the disk is full"))
            }
            (1, ChecklistMsg::Happened(run, _)) => ChecklistMsg::Held(run, Hold::Other),
            (_, news) => news,
        };
        Some(Msg::Checklist(news))
    }
}
