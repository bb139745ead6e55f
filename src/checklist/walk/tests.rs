//! What a look at a list tells, look after look.

use super::*;
use crate::{
    checklist::{Start, tests::document},
    expr::{Observation, Value},
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
    walk: Walk,
    events: Vec<Event>,
}

impl Watched {
    fn new(text: &str) -> Self {
        let document = document(text);
        let start = Start {
            name: document.name.clone(),
            hash: document.hash.clone(),
            list: None,
            planned_end: None,
            way_back_until: None,
            rehearsal: false,
        };
        let started = Event {
            at: at(0),
            by: SafeText::from_static("ana"),
            what: What::Started(start),
        };
        let walk = Walk::open(&Opened {
            run: RunId(SafeText::from_static("run-1")),
            path: PathBuf::from("list.md"),
            text: text.to_owned(),
            events: vec![started.clone()],
            hold: Hold::Own,
        });
        Self {
            walk: walk.expect("it is one"),
            events: vec![started],
        }
    }

    /// Looks until there is nothing new at that moment; says what was.
    fn look(&mut self, seconds: i64, holds: Option<bool>) -> Vec<String> {
        let now = at(seconds);
        let mut told = Vec::new();
        loop {
            let events = self.walk.look(&All(holds, now), now);
            if events.is_empty() {
                return told;
            }
            for event in events {
                self.walk.happened(&event).expect("what is told can happen");
                told.push(event.what.sentence().to_string());
                self.events.push(event);
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
