//! What a look at a list tells, look after look.

use proptest::prelude::*;

use super::*;
use crate::{
    checklist::{Start, tests::document},
    expr::{Observation, Value},
    plan::record::{OperationId, OperationResult},
};

/// What every question is answered with; `None` where nobody knows.
struct All(Option<bool>, Timestamp);

impl Facts for All {
    fn answer(&self, _: &Query) -> Answer {
        let Self(holds, at) = *self;
        let holds = holds.ok_or(SafeText::from_static("no answer"))?;
        let words = SafeText::from_static(if holds { "well" } else { "not well" });
        let value = Value::Truth(holds);
        Ok(Observation { value, at, words })
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time of our days")
}

/// A list in Ana's hands, at this console.
struct Watched {
    opened: Opened,
    walk: Walk,
}

impl Watched {
    fn new(text: &str) -> Self {
        let document = document(text);
        let (start, ana) = (Start::of(&document, at(0)), SafeText::from_static("ana"));
        Self::opened(Opened::begins(&document, start, ana, at(0)))
    }

    fn opened(opened: Opened) -> Self {
        let walk = Walk::open(&opened).expect("it is one");
        Self { opened, walk }
    }

    /// The same list, opened anew by somebody who looked at nothing so far.
    fn again(&self, hold: Hold) -> Self {
        Self::opened(Opened {
            hold,
            ..self.opened.clone()
        })
    }

    fn happens(&mut self, seconds: i64, what: What) {
        let ana = SafeText::from_static("ana");
        let event = self.walk.wants(&ana, what, at(seconds));
        let event = event.expect("it can happen");
        self.walk.happened(&event).expect("it can happen");
        self.opened.events.push(event);
    }

    /// Looks until there is nothing new at that moment; says what was.
    fn look(&mut self, seconds: i64, holds: Option<bool>) -> Vec<String> {
        let now = at(seconds);
        let mut told = Vec::new();
        loop {
            let events = self.walk.look(&Once::of(&All(holds, now)), now);
            self.walk.looked(&events, now);
            if events.is_empty() {
                return told;
            }
            for event in events {
                self.walk.happened(&event).expect("what is told can happen");
                told.push(event.what.sentence().to_string());
                self.opened.events.push(event);
            }
            assert!(told.len() < 10, "it never comes to rest: {told:?}");
        }
    }

    fn state(&self, item: u32) -> State {
        let step = self.walk.run().step(ItemId(item));
        step.expect("it is walked").state
    }
}

/// What began to hold late holds, and passes; it is not too late, and then begun, at each look.
#[test]
fn a_soak_that_began_in_time_may_end_after_it() {
    let mut list = Watched::new("- [ ] Quiet `soak: healthy(*) for 10m` `timeout: 15m`\n");
    assert_eq!(list.look(14 * 60, Some(false)), [""; 0]);
    assert_eq!(list.look(14 * 60 + 1, Some(true)), ["step 1 holds: well"]);
    for seconds in (14 * 60 + 20..24 * 60).step_by(20) {
        assert_eq!(list.look(seconds, Some(true)), [""; 0], "{seconds}");
    }
    assert_eq!(list.look(24 * 60 + 1, Some(true)), ["step 1 held: well"]);
}

/// What is too late may come true all the same, and is told once to be late.
#[test]
fn a_soak_that_is_late_begins_once() {
    let mut list = Watched::new("- [ ] Quiet `soak: healthy(*) for 10m` `timeout: 15m`\n");
    assert_eq!(list.look(15 * 60, None), ["step 1 took too long"]);
    assert_eq!(list.look(16 * 60, Some(true)), ["step 1 holds: well"]);
    assert_eq!(list.look(16 * 60 + 20, Some(true)), [""; 0]);
    assert_eq!(list.state(1), State::Running);
}

const QUIET: &str = "- [ ] Quiet `soak: healthy(*) for 10m`\n";

/// The console slept, was stopped, or showed another place: what it sees then is well, and says nothing of the time between.
#[test]
fn a_soak_begins_again_where_nobody_looked() {
    let mut list = Watched::new(QUIET);
    assert_eq!(list.look(0, Some(true)), ["step 1 holds: well"]);
    assert_eq!(list.look(30, Some(true)), [""; 0]);
    assert_eq!(
        list.look(61, Some(true)),
        [
            "step 1 begins again: nobody looked for 0:31",
            "step 1 holds: well"
        ]
    );
    let mut again = list.again(Hold::Own);
    assert_eq!(
        again.look(700, Some(true)),
        [
            "step 1 begins again: nobody looked for 10m",
            "step 1 holds: well"
        ]
    );
}

/// It is not watched either while what comes before it waits for a person.
#[test]
fn a_soak_out_of_reach_begins_again() {
    let mut list = Watched::new(&format!("- [ ] Somebody is there\n{QUIET}"));
    let item = ItemId(1);
    list.happens(0, What::Attested { item });
    assert_eq!(list.look(0, Some(true)), ["step 2 holds: well"]);
    let why = SafeText::from_static("the list's file says it otherwise now");
    list.happens(1, What::WentStale { item, why });
    assert_eq!(list.look(20, Some(true)), [""; 0]);
    assert_eq!(list.look(40, Some(true)), [""; 0]);
    list.happens(41, What::Attested { item });
    assert_eq!(
        list.look(41, Some(true)),
        [
            "step 2 begins again: nobody looked for 0:41",
            "step 2 holds: well"
        ]
    );
}

/// Whoever is handed control has followed a console that looked.
#[test]
fn a_soak_goes_on_in_other_hands() {
    let mut list = Watched::new(QUIET);
    assert_eq!(list.look(0, Some(true)), ["step 1 holds: well"]);
    let mut other = list.again(Hold::Other);
    for seconds in (0..600).step_by(20) {
        assert_eq!(other.look(seconds, Some(true)), [""; 0]);
    }
    other.walk.held(Hold::Own);
    assert_eq!(other.look(600, Some(true)), ["step 1 held: well"]);
}

/// That it begins again may not have been written down, the disk being full: it is said again.
#[test]
fn what_was_not_written_is_told_again() {
    let mut list = Watched::new(QUIET);
    assert_eq!(list.look(0, Some(true)), ["step 1 holds: well"]);
    let lost = list.walk.look(&Once::of(&All(Some(true), at(60))), at(60));
    list.walk.looked(&lost, at(60));
    assert_eq!(lost.len(), 1);
    assert_eq!(
        list.look(61, Some(true)),
        [
            "step 1 begins again: nobody looked for 1:01",
            "step 1 holds: well"
        ]
    );
}

/// The time that nobody has agreed to an action, that its console was gone, or that it had passed, is not what it took.
#[test]
fn a_timeout_counts_while_something_is_waited_for() {
    let mut list = Watched::new(
        "- [ ] New `do: restart api` `check: healthy(api)` `timeout: 5m`\n\
         - [ ] Well `check: healthy(*)` `timeout: 5m`\n",
    );
    let (item, operation) = (ItemId(1), OperationId::parse("op-1"));
    assert_eq!(list.look(3_600, Some(false)), [""; 0], "nobody agreed");
    let begun = operation.clone();
    list.happens(3_601, What::DoBegun { item, operation });
    list.happens(
        3_605,
        What::DoEnded {
            item,
            operation: begun,
            result: OperationResult::Verified,
            words: SafeText::from_static("restarted"),
        },
    );
    assert_eq!(list.look(3_606, None), ["step 2 is not known: no answer"]);
    assert_eq!(list.look(3_900, None), [""; 0]);
    let mut again = list.again(Hold::Own);
    again.happens(9_000, What::Resumed);
    assert_eq!(again.look(9_299, None), [""; 0], "its console was gone");
    assert_eq!(again.look(9_300, None).len(), 2, "both took too long");
    // It has come true by the first look after its time.
    assert_eq!(
        list.look(5_000, Some(true)),
        ["step 1 holds: well", "step 2 holds: well"]
    );
    assert_eq!(list.look(8_000, None).len(), 2);
    assert_eq!([list.state(1), list.state(2)], [State::Stale; 2]);
    assert_eq!(list.look(8_299, None), [""; 0]);
    assert_eq!(
        list.look(8_300, None),
        ["step 1 took too long", "step 2 took too long"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is seen, and whenever: what is told at one moment ends.
    #[test]
    fn looks_come_to_rest(
        seen in prop::collection::vec((0..400_i64, prop::sample::select(vec![None, Some(false), Some(true)])), 1..40),
    ) {
        let mut list = Watched::new(
            "- [ ] Well `check: healthy(*)` `timeout: 5m`\n\
             - [ ] Quiet `soak: healthy(*) for 4m` `timeout: 5m`\n\
             - [ ] Calm `soak: not healthy(*) for 10m` `timeout: 2m`\n",
        );
        let mut now = 0;
        for (later, holds) in seen {
            now += later;
            list.look(now, holds);
        }
    }
}
