//! The lists of a scenario: its team's own words, live, and walked from the first item to the last in a rehearsal.

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use quarterdeck::checklist::{
    self, Document, Event, Item, ItemId, Kind, ListKind, Opened, Start, Walk, What,
};
use quarterdeck::domain::action::Action;
use quarterdeck::domain::report::Source;
use quarterdeck::domain::service::Service;
use quarterdeck::domain::source::SourceHealth;
use quarterdeck::domain::threshold::Thresholds;
use quarterdeck::expr::Once;
use quarterdeck::plan::Outcome;
use quarterdeck::plan::record::{OperationId, OperationResult};
use quarterdeck::platform::sim;
use quarterdeck::signal::Watch;
use quarterdeck::text::SafeText;

use crate::hand::Hand;

const NAME: &str = "ancient-compute";

fn live() -> &'static str {
    let mut scenarios = sim::scenarios().iter();
    let lists = scenarios.find(|scenario| scenario.name == NAME);
    lists.and_then(|scenario| scenario.lists).unwrap()
}

fn document(name: &str, text: &str) -> Document {
    let source = Source::new(Path::new(name), text);
    let reading = checklist::read(&source, None).unwrap_or_else(|report| panic!("{report}"));
    assert!(reading.warnings.is_empty(), "{}", reading.warnings);
    reading.document
}

#[test]
fn the_live_lists_say_what_the_teams_file_says_and_nothing_else() {
    let path = format!("{}/tests/deployments/{NAME}.md", env!("CARGO_MANIFEST_DIR"));
    let theirs = document(NAME, &std::fs::read_to_string(path).unwrap());
    let ours = document(NAME, live());
    let words = |document: &Document| -> Vec<(String, Vec<String>)> {
        let list = |list: &checklist::List| {
            let items = list.items.iter().map(|item| item.text.to_string());
            let mut items: Vec<_> = items.collect();
            if list.kind == ListKind::Checklist {
                // A killer is moved to where it is walked.
                items.sort();
            }
            (list.name.to_string(), items)
        };
        document.lists.iter().map(list).collect()
    };
    assert_eq!(words(&ours), words(&theirs));
    let counts = |kind| -> Vec<usize> {
        let lists = ours.lists.iter().filter(|list| list.kind == kind);
        lists.map(|list| list.items.len()).collect()
    };
    assert_eq!(counts(ListKind::Checklist), [7, 5, 5, 5]);
    assert_eq!(counts(ListKind::Procedure), [5, 6, 7, 7]);
    let mut live: Vec<&str> = ours.items().map(|item| item.kind.word()).collect();
    live.retain(|word| *word != "attest");
    live.sort_unstable();
    assert_eq!(
        live,
        [
            "check", "check", "check", "check", "do", "do", "gate", "soak", "soak"
        ]
    );
}

/// A list in somebody's hands, on a world whose clock is moved by hand.
struct Walker {
    hand: Hand,
    walk: Walk,
    events: Vec<Event>,
    watch: Watch,
}

impl Walker {
    async fn begin(seed: u64) -> Self {
        let hand = Hand::with(NAME, |options| {
            options.scenario = Arc::new((*options.scenario).clone().rehearsed());
            options.seed = seed;
        })
        .await;
        let (document, now) = (document(NAME, live()), hand.control.now());
        let start = Start {
            rehearsal: true,
            ..Start::of(&document, now)
        };
        let opened = Opened::begins(&document, start, SafeText::name("ana"), now);
        Self {
            hand,
            walk: Walk::open(&opened).unwrap(),
            events: opened.events,
            watch: Watch::default(),
        }
    }

    fn happens(&mut self, event: Event) {
        self.walk.happened(&event).unwrap();
        self.events.push(event);
    }

    fn now(&self) -> Timestamp {
        self.hand.control.now()
    }

    /// A person does it.
    fn says(&mut self, by: &str, what: What) {
        let event = self.walk.wants(&SafeText::name(by), what, self.now());
        self.happens(event.unwrap());
    }

    /// A second passes, and what is in reach is looked at.
    async fn look(&mut self) {
        self.hand.advance(1).await;
        let (state, now) = (self.hand.handle.state.borrow().clone(), self.now());
        let alerts = self.watch.alerts(&state, &|_| Thresholds::default(), now);
        let services = state.snapshot.services.iter();
        self.walk.measure(services.map(|service| &**service));
        let facts = self.walk.facts(&state, &alerts, None, now);
        let told = self.walk.look(&Once::of(&facts), now);
        self.walk.looked(&told, now);
        for event in told {
            self.happens(event);
        }
    }

    /// Carries an item's action out.
    async fn act(&mut self, item: &Item, about: &str, action: &Action) {
        let operation = OperationId::parse(&format!("op-{}", item.id));
        let item = item.id;
        self.says(
            "ana",
            What::DoBegun {
                item,
                operation: operation.clone(),
            },
        );
        let outcome = self.hand.carry(about, action.clone()).await;
        assert!(matches!(outcome, Outcome::Verified(_)), "{outcome:?}");
        if *action == Action::BackUp {
            let backed_up = self.hand.service(about).id.clone();
            self.walk.backups.insert(backed_up, self.now());
        }
        self.says(
            "ana",
            What::DoEnded {
                item,
                operation,
                result: OperationResult::Verified,
                words: SafeText::line(outcome.word()),
            },
        );
    }

    /// Does what is next, as a person would; `None` at the end.
    async fn step(&mut self) -> Option<()> {
        let item = self.walk.run().next()?;
        let item = self.walk.run().document().item(item).unwrap().clone();
        let done = self.walk.run().step(item.id).unwrap().done;
        match &item.kind {
            Kind::Attest => self.says("ana", What::Attested { item: item.id }),
            Kind::Gate => {
                self.says("ana", What::Go { item: item.id });
                self.says("ben", What::Go { item: item.id });
            }
            Kind::Do(order, _) if !done => {
                let action = order.action().unwrap().clone();
                self.act(&item, &order.about, &action).await;
            }
            Kind::Do(..) | Kind::Check(_) | Kind::Soak(..) => self.look().await,
        }
        Some(())
    }

    /// Walks until nothing is left; at most an hour of looking.
    async fn reach_the_end(&mut self) {
        for _ in 0..3_600 {
            if self.step().await.is_none() {
                return;
            }
        }
        let stuck = self.walk.run().next().unwrap();
        panic!("{:?}: {:?}", stuck, self.walk.run().step(stuck));
    }
}

impl Walker {
    /// Walks until what must hold for a time is the next thing, and holds.
    async fn reach_a_soak(&mut self) -> ItemId {
        loop {
            let next = self.walk.run().next().unwrap();
            if self.walk.run().step(next).unwrap().clock.is_some() {
                return next;
            }
            self.step().await;
        }
    }

    /// Lets what is called so go wrong.
    fn goes_wrong(&self, words: &str) {
        let scenario = sim::load(NAME.as_ref()).unwrap();
        let place = scenario.mishaps().position(|name| name.contains(words));
        self.hand.control.play(place.expect(words));
    }
}

#[tokio::test]
async fn errors_on_a_key_break_a_soak_and_meet_the_abort_criterion_until_they_are_over() {
    let mut walker = Walker::begin(1).await;
    let soak = walker.reach_a_soak().await;
    walker.goes_wrong("backend is asked fails");
    for _ in 0..20 {
        walker.look().await;
    }
    let run = walker.walk.run();
    let step = run.step(soak).unwrap();
    assert!(step.clock.is_none() && step.resets > 0, "{step:?}");
    let breach = run.breach().expect("3 % are more than 1 %");
    assert!(breach.evidence.contains("errors"), "{breach:?}");
    walker.reach_the_end().await;
    assert_eq!(
        (walker.walk.run().breach(), walker.walk.run().breaches()),
        (None, 1)
    );
    assert_eq!(walker.walk.run().progress(), (22, 22));
}

#[tokio::test]
async fn a_cut_network_proves_nothing_and_the_soak_begins_again() {
    let mut walker = Walker::begin(2).await;
    let soak = walker.reach_a_soak().await;
    walker.goes_wrong("network to the cluster is cut");
    for _ in 0..25 {
        walker.look().await;
    }
    let step = walker.walk.run().step(soak).unwrap();
    assert!(step.clock.is_none() && step.resets == 1, "{step:?}");
    assert!(step.words.contains("the platform is"), "{step:?}");
    walker.reach_the_end().await;
    assert_eq!(walker.walk.run().breaches(), 0);
}

#[tokio::test]
async fn what_is_offered_to_go_wrong_does_in_every_scenario() {
    for info in sim::scenarios() {
        let count = info.load().mishaps().count();
        assert!(count > 0, "{}", info.name);
        for place in 0..count {
            let hand = Hand::with(info.name, |options| {
                options.scenario = Arc::new((*options.scenario).clone().rehearsed());
            })
            .await;
            let hurt = hand.hurt();
            let before = hand.snapshot();
            hand.control.play(place);
            let mut seen = false;
            for _ in 0..60 {
                hand.advance(1).await;
                let live = hand.handle.state.borrow().health == SourceHealth::Live;
                let others = before.services.iter().any(|was| {
                    let copies = |service: &Service| -> Vec<_> {
                        service
                            .instances
                            .iter()
                            .map(|copy| copy.id.clone())
                            .collect()
                    };
                    copies(was) != copies(&hand.service(&was.id.name))
                });
                seen |= !live || others || hand.hurt() != hurt;
            }
            assert!(seen, "{}: {place}", info.name);
        }
    }
}

#[tokio::test]
async fn the_four_lists_are_walked_from_the_first_item_to_the_last() {
    for seed in 0..4 {
        let mut walker = Walker::begin(seed).await;
        walker.reach_the_end().await;
        let run = walker.walk.run();
        assert_eq!(run.progress(), (22, 22));
        assert_eq!(run.breaches(), 0, "a good release breaks nothing off");
        for (item, step) in run.steps() {
            assert_eq!(step.resets, 0, "{}: {:?}", item.text, step.last_reset);
        }
        let backend = walker.hand.service("backend");
        assert_eq!((&*backend.version, backend.ready()), ("v1.1.0", 3));
    }
}

#[test]
fn the_readme_shows_the_list_as_it_is_before_and_after() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let (readme, before) = (
        read("README.md"),
        read("tests/deployments/ancient-compute.md"),
    );
    let mut blocks = readme.split("```markdown\n").skip(1);
    for text in [&*before, live()] {
        let block = blocks.next().unwrap().split("```").next().unwrap();
        for section in block.trim().split("\n\n") {
            assert!(text.contains(section), "{section}");
        }
    }
}
