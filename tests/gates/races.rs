//! Gate 11 on the simulator, as an operator meets it: keys into the state machine, its effects to the platform, the real
//! journal between them. Double Enter, somebody else at work, answers lost on either side, and the console killed at any
//! write, after which the next one goes on or puts it back.

mod deck;
mod killed;
#[path = "../support/mortal.rs"]
mod mortal;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use quarterdeck::{
    domain::action::Action,
    plan::Outcome,
    platform::sim::{Cut, Fault, Lost},
    text::SafeText,
};

use self::deck::{Deck, World};
use crate::fuzz::{gate, seeds};

/// The longest race is over within seconds, also on a busy machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// The service that is acted on, and its number in the scenario.
const SERVICE: &str = "api";
const INDEX: usize = 1;

/// What gets in the way.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    None,
    Loses(Lost),
    SomebodyRestarts,
    SomebodyReleases,
    Silence,
    /// At the nth write of the journal, just before or just after it.
    Kill {
        write: usize,
        before: bool,
    },
}

struct Race {
    seed: u64,
    action: Action,
    trouble: Trouble,
    /// Ticks after which the trouble comes.
    after: usize,
}

impl Race {
    fn of(seed: u64) -> Self {
        let mut dice = fastrand::Rng::with_seed(seed);
        let action = match dice.u8(..7) {
            0 => Action::Restart,
            1 => Action::Stop,
            2 => Action::Scale { replicas: 5 },
            3 => Action::Scale { replicas: 1 },
            4 => Action::RollBack { to: None },
            _ => Action::Rollout {
                image: SafeText::from_static("v1.8.2"),
            },
        };
        let trouble = match dice.u8(..10) {
            0 => Trouble::None,
            1 => Trouble::Loses(Lost::Request),
            2 => Trouble::Loses(Lost::Answer),
            3 => Trouble::SomebodyRestarts,
            4 => Trouble::SomebodyReleases,
            5 => Trouble::Silence,
            _ => Trouble::Kill {
                write: dice.usize(..16),
                before: dice.bool(),
            },
        };
        Self {
            seed,
            action,
            trouble,
            after: dice.usize(..120),
        }
    }

    async fn run(&self) -> &'static str {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let world = World::start(self.seed).await;
        let before = world.picture();
        let mut deck = Deck::on(&world, folder.path());
        if let Trouble::Kill { write, before } = self.trouble {
            deck.dies(write, before);
        }
        if !deck.ask(&world, self.action.clone()).await {
            return "refused";
        }
        let plan = deck.confirm_twice();
        let mut carried = deck.carry(&world, plan).await;
        let mut ticks = 0;
        let outcome = loop {
            if ticks == self.after {
                self.strike(&world);
            }
            if ticks == self.after + 300 {
                world.control.heal();
            }
            ticks += 1;
            if let Some(outcome) = deck.turn(&world, &mut carried).await {
                break outcome;
            }
            assert!(ticks < 20_000, "seed {}: no end", self.seed);
        };
        world.control.heal();
        world.control.advance(Duration::from_secs(1)).await;
        let what = format!(
            "seed {}: {:?}, {:?}\n  before {before}\n  after  {}\n  {outcome:?}",
            self.seed,
            self.action,
            self.trouble,
            world.picture()
        );
        assert!(deck.announced_each_step_once(), "a step sent twice: {what}");
        let shown = world.shows(&self.action);
        if deck.died() && deck.ended() {
            // It died with nothing left to do.
            assert_eq!(matches!(outcome, Outcome::Verified(_)), shown, "{what}");
            return "killed after";
        }
        if deck.died() {
            drop(deck);
            return self.take_up(&world, folder.path(), &before, &what).await;
        }
        match &outcome {
            Outcome::Verified(_) => assert!(
                shown
                    || matches!(
                        self.trouble,
                        Trouble::SomebodyRestarts | Trouble::SomebodyReleases
                    ),
                "a false done: {what}"
            ),
            Outcome::Failed { .. } => assert!(!shown, "a false failed: {what}"),
            Outcome::Unverified(_) | Outcome::Superseded { .. } | Outcome::Reverted { .. } => {}
            Outcome::Cancelled { .. } => panic!("{what}"),
        }
        outcome.word()
    }

    fn strike(&self, world: &World) {
        let control = &world.control;
        match self.trouble {
            Trouble::None | Trouble::Kill { .. } => {}
            Trouble::Loses(lost) => control.lose(lost),
            Trouble::SomebodyRestarts => control.inject(Fault::Restart { service: INDEX }, None),
            Trouble::SomebodyReleases => control.inject(
                Fault::Release {
                    service: INDEX,
                    revision: 0,
                    by: "somebody".to_owned(),
                },
                None,
            ),
            Trouble::Silence => control.inject(Fault::Disconnect(Cut::Silent), None),
        }
    }

    /// The next console finds it in the journal: goes on, or puts it back.
    async fn take_up(
        &self,
        world: &World,
        folder: &std::path::Path,
        before: &str,
        what: &str,
    ) -> &'static str {
        let mut deck = Deck::on(world, folder);
        let Some(offered) = deck.offered() else {
            assert_eq!(
                world.picture(),
                before,
                "nothing was written, nothing was sent: {what}"
            );
            return "killed before";
        };
        let go_on = self.seed.is_multiple_of(2) || !offered.can_be_put_back;
        let wanted = deck.answer(world, go_on).await;
        let Some(wanted) = wanted else {
            // There is nothing left to do, or nothing to undo.
            let there = if go_on {
                world.shows(&self.action)
            } else {
                world.picture() == before
            };
            assert!(there, "refused: {what}");
            return "killed, nothing left";
        };
        let plan = deck.confirm_twice();
        let mut carried = deck.carry(world, plan).await;
        let outcome = loop {
            if let Some(outcome) = deck.turn(world, &mut carried).await {
                break outcome;
            }
        };
        world.control.advance(Duration::from_secs(1)).await;
        let after = world.picture();
        let way = if go_on { "gone on" } else { "put back" };
        match outcome {
            Outcome::Verified(_) => {
                assert!(world.shows(&wanted), "{way}: {wanted:?}: {after}: {what}");
            }
            Outcome::Failed { .. } => {
                assert!(!world.shows(&wanted), "{way}: {wanted:?}: {after}: {what}");
            }
            // The last send of the killed console took effect only now.
            Outcome::Superseded { .. } => return "overtaken by the killed one's send",
            other => panic!("{way}: {other:?}: {after}: {what}"),
        }
        way
    }
}

fn run(seed: u64) -> &'static str {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(Race::of(seed).run())
}

/// Put back after a kill between the stop and the removal of a replica that was to go: it is started again.
#[test]
fn a_replica_stopped_on_its_way_out_serves_again_when_put_back() {
    assert_eq!(run(211), "put back");
}

#[test]
fn races_end_in_what_is_true() {
    let ends = Arc::new(Mutex::new(BTreeMap::<&str, usize>::new()));
    let counted = Arc::clone(&ends);
    seeds("races", gate::size(200, 10_000), PATIENCE, move |seed| {
        let end = run(seed);
        *counted.lock().expect("it counts").entry(end).or_default() += 1;
    });
    let ends = ends.lock().expect("it counts");
    println!("{ends:?}");
    for end in [
        "verified",
        "not verified",
        "superseded",
        "gone on",
        "put back",
    ] {
        assert!(ends.contains_key(end), "no race ended {end}: {ends:?}");
    }
}
