//! Gate 11: action races. Double Enter, conflicts, somebody else at work, answers lost on either side of the send, the
//! console killed at any send. At most one send a step; never a false "done" or "failed".
//!
//! The Engine is a scripted one in memory, so that thousands fit; the same is done to the real one in `tests/docker`.

mod engine;
mod record;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    domain::{
        action::{Action, EnvironmentKind},
        service::ServiceId,
    },
    plan::{Ask, Carry, Confirmed, Outcome, Plan, PlanId, Preview, Target},
    platform::docker::actions::{Actions, Patience},
    text::SafeText,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use self::{
    engine::{Fault, Scripted},
    record::Ledger,
};
use crate::fuzz::{gate, seeds};

const PATIENCE: Patience = Patience {
    steady: Duration::ZERO,
    poll: Duration::from_micros(200),
    slack: Duration::from_millis(20),
    settle: Duration::from_millis(2),
    back: Duration::from_millis(50),
};

/// One race: what is asked for, and what gets in its way.
struct Race {
    seed: u64,
    engine: Scripted,
    ledger: Arc<Ledger>,
    actions: Actions<Scripted>,
    action: Action,
}

impl Race {
    fn new(seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let replicas = dice.usize(1..4);
        let ledger = Arc::<Ledger>::default();
        let engine = Scripted::new(replicas, dice.bool(), Arc::clone(&ledger));
        let action = match dice.u8(0..10) {
            0 => Action::Restart,
            1 => Action::Stop,
            2 => Action::Scale {
                replicas: replicas as u32 + dice.u32(1..3),
            },
            3 if replicas > 1 => Action::Scale { replicas: 1 },
            4 => rollout("shop:bad"),
            5 => rollout("shop:sick"),
            _ => rollout("shop:v2"),
        };
        let fault = match dice.u8(0..8) {
            0 => Fault::None,
            1 => Fault::LoseRequest,
            2 => Fault::LoseAnswer,
            3 => Fault::KillBefore,
            4 => Fault::KillAfter,
            5 => Fault::Error,
            6 => Fault::SomebodyRemoves,
            _ => Fault::SomebodyRestarts,
        };
        engine.plan_fault(dice.usize(0..14), fault);
        let actions = Actions::new(engine.clone(), PATIENCE);
        Self {
            seed,
            engine,
            ledger,
            actions,
            action,
        }
    }

    fn ask(&self, action: Action) -> Ask {
        Ask {
            action,
            target: Target {
                environment: SafeText::from_static("test"),
                kind: EnvironmentKind::Development,
                identity: SafeText::from_static(engine::IDENTITY),
                service: ServiceId {
                    group: SafeText::from_static("shop"),
                    name: SafeText::from_static("api"),
                },
                seen: self.engine.seen(),
                replicas: self.engine.replicas(),
                image: SafeText::from_static("shop:v1"),
                ..Target::default()
            },
            history: Vec::new(),
            resumes: None,
        }
    }

    /// Carries out until it ends; `None` when the console was killed.
    async fn carry(&self, preview: Preview) -> Option<Outcome> {
        let (progress, _told) = mpsc::channel(256);
        let carry = Carry {
            plan: confirmed(preview),
            recorder: Arc::clone(&self.ledger) as _,
            keeper: Arc::clone(&self.ledger) as _,
            progress,
            stop: CancellationToken::new(),
        };
        tokio::select! {
            biased;
            outcome = self.actions.carry(carry) => Some(outcome),
            () = self.engine.killed() => None,
        }
    }

    async fn run(self) -> &'static str {
        let before = self.engine.picture();
        let runs = self.engine.seen();
        let preview = match self.actions.preview(self.ask(self.action.clone())).await {
            Ok(preview) => preview,
            Err(refusal) => panic!("seed {}: {refusal:?}", self.seed),
        };
        let sends = self.engine.sends();
        // Enter, twice: the second one finds the first under way.
        let (first, second) =
            tokio::join!(biased; self.carry(preview.clone()), self.carry(preview));
        let second = second.filter(|_| first.is_some());
        if let Some(second) = &second {
            assert!(
                matches!(second, Outcome::Superseded { applied: 0, .. }),
                "seed {}: {second:?}",
                self.seed
            );
        }
        let after = self.engine.picture();
        let what = format!(
            "seed {}: {:?} {:?}\n  before {before}\n  after  {after}\n  {first:?}",
            self.seed,
            self.action,
            self.engine.fault()
        );
        assert!(
            self.engine.sends() - sends <= self.ledger.intents(),
            "{what}"
        );
        let Some(outcome) = first else {
            self.resume(&before, &what).await;
            return "killed";
        };
        let again = self.engine.seen();
        let fresh = again
            .iter()
            .all(|is| runs.iter().all(|was| was.started != is.started));
        let done = self.engine.shows(&self.action) && (self.action != Action::Restart || fresh);
        match &outcome {
            Outcome::Verified(_) => assert!(done, "a false done: {what}"),
            Outcome::Failed { now, .. } => {
                assert!(!done, "a false failed: {what}");
                if now.contains("the old") && now.contains("serves") {
                    assert!(self.engine.settled(), "{what}");
                }
            }
            Outcome::Superseded { .. } | Outcome::Unverified(_) => {}
            other => panic!("{other:?}: {what}"),
        }
        self.mend(&what).await;
        outcome.word()
    }

    /// The next console takes up what the killed one left: goes on, or puts it back.
    async fn resume(&self, before: &str, what: &str) {
        let Some((id, start)) = self.ledger.open() else {
            assert_eq!(
                self.engine.picture(),
                *before,
                "nothing began, nothing changed: {what}"
            );
            return;
        };
        let go_on = self.seed.is_multiple_of(2);
        let Some(action) = (if go_on { start.action() } else { start.back() }) else {
            return;
        };
        let mut ask = self.ask(action.clone());
        ask.resumes = Some(SafeText::name(id.as_str()).into());
        self.engine.heal();
        let way = if go_on { "gone on" } else { "put back" };
        match self.actions.preview(ask).await {
            Err(refusal) => assert!(
                refusal.why.contains("already") || refusal.why.contains("runs"),
                "{way}: {refusal:?}: {what}"
            ),
            Ok(preview) => {
                let outcome = self.carry(preview).await.expect("no second kill");
                let after = self.engine.picture();
                match outcome {
                    Outcome::Verified(_) => {
                        assert!(self.engine.shows(&action), "{way}: {after}: {what}");
                    }
                    // A bad image stays bad.
                    Outcome::Failed { .. } => assert!(
                        go_on && Scripted::brings_bad(&self.action),
                        "{way}: {outcome:?}: {what}"
                    ),
                    other => panic!("{way}: {other:?}: {after}: {what}"),
                }
            }
        }
        assert!(
            self.engine.settled(),
            "{way}: {}: {what}",
            self.engine.picture()
        );
        if !go_on && !matches!(self.action, Action::Restart) {
            assert_eq!(self.engine.picture(), *before, "{way}: {what}");
        }
    }

    /// Whatever was left, the next action settles it.
    async fn mend(&self, what: &str) {
        self.engine.heal();
        let next = rollout("shop:v3");
        if let Ok(preview) = self.actions.preview(self.ask(next.clone())).await {
            let outcome = self
                .carry(preview)
                .await
                .expect("no kill is planned any more");
            assert!(
                matches!(outcome, Outcome::Verified(_)),
                "mending: {outcome:?} {}: {what}",
                self.engine.picture()
            );
            assert!(
                self.engine.shows(&next) && self.engine.settled(),
                "mending: {}: {what}",
                self.engine.picture()
            );
        } else {
            assert_eq!(self.engine.replicas(), 0, "{what}");
        }
    }
}

fn rollout(image: &'static str) -> Action {
    Action::Rollout {
        image: SafeText::from_static(image),
    }
}

fn confirmed(preview: Preview) -> Plan<Confirmed> {
    let agreed = Confirmed {
        by: SafeText::from_static("tester"),
        at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(1),
        reason: SafeText::default(),
        unrecorded: false,
    };
    Plan::new(PlanId(1), preview, Timestamp::UNIX_EPOCH)
        .confirm("", agreed)
        .expect("nothing is typed in development")
}

#[test]
fn races_end_in_what_is_true() {
    let ends = Arc::new(Mutex::new(BTreeMap::<&str, usize>::new()));
    let counted = Arc::clone(&ends);
    let races = gate::size(400, 10_000);
    seeds("races", races, Duration::from_mins(1), move |seed| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let end = runtime.block_on(Race::new(seed).run());
        *counted.lock().unwrap().entry(end).or_default() += 1;
    });
    let ends = ends.lock().unwrap();
    println!("{ends:?}");
    for end in ["verified", "not verified", "failed", "superseded", "killed"] {
        assert!(
            ends.contains_key(end),
            "no race ended {end}, so none of those was tested: {ends:?}"
        );
    }
}
