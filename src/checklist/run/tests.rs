//! What may happen in a run, what may not, and that nothing else ever does.

mod anything;
mod said;

use super::*;
use crate::{
    checklist::{
        record::{self, Record},
        tests::document,
    },
    expr::{Evidence, Truth, Verdict},
    plan::record::Failure,
};

const LIST: &str = "---\nname: Deploy day\nabort-when: alerts(critical) > 0\n---\n\
## Before\n\
- [ ] Support is there\n\
- [ ] Healthy `check: healthy(*)` `timeout: 5m`\n\
- [ ] Backup `do: backup db` `check: backup_age(db) < 1h` `killer`\n\
- [ ] Go `gate`\n\
## During\n\
- [ ] Roll out `do: rollout api v2`\n\
- [ ] Quiet `soak: healthy(*) for 10m` `owner: eve`\n";
const SUPPORT: ItemId = ItemId(1);
const HEALTHY: ItemId = ItemId(2);
const BACKUP: ItemId = ItemId(3);
const GATE: ItemId = ItemId(4);
const ROLLOUT: ItemId = ItemId(5);
const QUIET: ItemId = ItemId(6);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time of our days")
}

fn text(text: &str) -> SafeText {
    SafeText::name(text)
}

fn start(document: &Document) -> Start {
    Start {
        planned_end: Some(at(600)),
        way_back_until: Some(at(1_800)),
        rehearsal: true,
        ..Start::of(document, at(0))
    }
}

/// A run, and all that happened in it.
struct Walk {
    run: Run,
    events: Vec<Event>,
}

impl Walk {
    fn new() -> Self {
        let document = document(LIST);
        let start = start(&document);
        let what = What::Started(start.clone());
        let run = Run::new(document, start, text("ana"), at(0)).expect("it begins");
        let event = Event::new(at(0), text("ana"), what);
        Self {
            run,
            events: vec![event],
        }
    }

    fn by(&mut self, by: &str, seconds: i64, what: What) -> Result<(), Refused> {
        let event = Event::new(at(seconds), text(by), what);
        self.run.apply(&event)?;
        self.events.push(event);
        Ok(())
    }

    fn ana(&mut self, seconds: i64, what: What) -> Result<(), Refused> {
        self.by("ana", seconds, what)
    }

    /// A look at an item; says whether it told anything.
    fn look(&mut self, seconds: i64, item: ItemId, truth: Truth, words: &str) -> bool {
        match self.run.observe(item, &verdict(truth, words), at(seconds)) {
            Some(event) => {
                self.run.apply(&event).expect("what is observed can happen");
                self.events.push(event);
                true
            }
            None => false,
        }
    }

    fn state(&self, item: ItemId) -> State {
        self.run.step(item).expect("it is walked").state
    }

    /// Up to where the gate is next.
    fn to_the_gate() -> Self {
        let mut walk = Self::new();
        walk.ana(1, begin(BACKUP, "op-1")).expect("it begins");
        walk.ana(9, end(BACKUP, "op-1", OperationResult::Verified))
            .expect("it ends");
        assert!(walk.look(10, BACKUP, Truth::True, "12 s old"));
        walk.ana(11, What::Attested { item: SUPPORT })
            .expect("she may");
        assert!(walk.look(12, HEALTHY, Truth::True, "5 of 5 well"));
        walk
    }
}

fn verdict(truth: Truth, words: &str) -> Verdict {
    let evidence = vec![Evidence {
        truth,
        words: text(words),
        at: None,
    }];
    Verdict { truth, evidence }
}

fn op(id: &str) -> OperationId {
    OperationId::parse(id)
}

fn begin(item: ItemId, id: &str) -> What {
    let operation = op(id);
    What::DoBegun { item, operation }
}

fn end(item: ItemId, id: &str, result: OperationResult) -> What {
    What::DoEnded {
        item,
        operation: op(id),
        result,
        words: text("as the platform says"),
    }
}

fn reason(words: &str) -> SafeText {
    text(words)
}

#[test]
fn a_list_is_walked_from_the_first_to_the_last() {
    let mut walk = Walk::to_the_gate();
    assert_eq!(walk.run.next(), Some(GATE));
    walk.ana(20, What::Go { item: GATE }).expect("she says go");
    assert_eq!(walk.state(GATE), State::Running);
    assert_eq!(
        walk.ana(21, What::Go { item: GATE }),
        Err(Refused::SaidAlready)
    );
    walk.by("bob", 22, What::Go { item: GATE }).expect("he too");
    assert_eq!(walk.state(GATE), State::Passed);
    walk.ana(30, begin(ROLLOUT, "op-2")).expect("it begins");
    walk.ana(60, end(ROLLOUT, "op-2", OperationResult::Verified))
        .expect("it ends");
    assert_eq!(walk.run.next(), Some(QUIET));
    assert!(walk.look(100, QUIET, Truth::True, "well"));
    assert!(!walk.look(699, QUIET, Truth::True, "well"));
    assert_eq!(
        walk.run.held(QUIET, at(699)),
        Some(Duration::from_secs(599))
    );
    assert!(walk.look(700, QUIET, Truth::True, "still well"));
    assert_eq!((walk.run.next(), walk.run.progress()), (None, (6, 6)));
    assert_eq!(
        walk.run.way_back_left(at(700)),
        Some(SignedDuration::from_secs(1_100))
    );
    walk.ana(701, What::Ended(End::Done))
        .expect("all is settled");
    insta::assert_snapshot!(record::markdown(&walk.run));
    let json = serde_json::to_string_pretty(&Record::of(&walk.run)).expect("it serialises");
    insta::assert_snapshot!(json);
}

#[test]
fn killers_come_first_and_nothing_acts_past_what_is_open() {
    let mut walk = Walk::new();
    assert_eq!(walk.run.next(), Some(BACKUP));
    assert_eq!(
        walk.ana(1, begin(ROLLOUT, "op-1")),
        Err(Refused::NotYet(BACKUP, text("Backup")))
    );
    assert_eq!(
        walk.ana(1, What::Go { item: GATE }),
        Err(Refused::NotYet(BACKUP, text("Backup")))
    );
    let mut walk = Walk::to_the_gate();
    assert_eq!(
        walk.ana(20, begin(ROLLOUT, "op-2")),
        Err(Refused::NotYet(GATE, text("Go")))
    );
}

#[test]
fn a_killer_is_waived_by_a_second_person_alone() {
    let mut walk = Walk::new();
    let (item, reason) = (BACKUP, reason("the database is empty"));
    let skip = What::Skipped {
        item,
        reason: reason.clone(),
    };
    assert_eq!(walk.ana(1, skip), Err(Refused::Killer));
    let waive = What::Waived { item, reason };
    assert_eq!(
        walk.by(" Ana ", 1, waive.clone()),
        Err(Refused::NotASecondPerson)
    );
    assert_eq!(walk.by(" ", 1, waive.clone()), Err(Refused::Nameless));
    walk.by("bob", 1, waive).expect("he is another one");
    assert_eq!(walk.state(BACKUP), State::Waived);
    assert_eq!(walk.run.next(), Some(SUPPORT));
}

#[test]
fn a_gate_is_not_skipped_and_what_was_said_of_it_stays() {
    let mut walk = Walk::to_the_gate();
    let (item, reason) = (GATE, reason("the disk is full"));
    let no = What::NoGo {
        item,
        reason: reason.clone(),
    };
    walk.by("bob", 20, no).expect("whoever watches may say so");
    let skip = What::Skipped { item, reason };
    assert_eq!(walk.ana(21, skip), Err(Refused::Killer));
    let to = text("bob");
    walk.ana(22, What::ControlGiven { to }).expect("she may");
    let first_is_gone = false;
    walk.by("bob", 23, What::ControlTaken { first_is_gone })
        .expect("it is offered");
    walk.by("bob", 24, What::Go { item }).expect("he may");
    walk.by("ana", 25, What::Go { item }).expect("she may");
    assert_eq!(walk.state(GATE), State::Passed);
    let record = record::markdown(&walk.run);
    assert!(record.contains("no go: the disk is full"), "{record}");
    assert!(record.contains("took control from ana"), "{record}");
}

#[test]
fn what_was_seen_before_an_action_proves_nothing_of_what_it_brought() {
    let mut walk = Walk::new();
    walk.ana(1, begin(BACKUP, "op-1")).expect("it begins");
    let ended = end(BACKUP, "op-1", OperationResult::Verified);
    walk.ana(60, ended).expect("it ends");
    let seen = |second| {
        let mut seen = verdict(Truth::True, "12 s old");
        seen.evidence[0].at = Some(at(second));
        seen
    };
    // Prometheus was asked before that.
    assert_eq!(walk.run.observe(BACKUP, &seen(49), at(61)), None);
    assert!(walk.run.observe(BACKUP, &seen(61), at(61)).is_some());
    // A live platform says every few seconds that it is.
    assert!(walk.run.observe(BACKUP, &seen(55), at(61)).is_some());
    // What is not so is told at once.
    let mut no = verdict(Truth::False, "2 d old");
    no.evidence[0].at = Some(at(49));
    assert!(walk.run.observe(BACKUP, &no, at(61)).is_some());
}

#[test]
fn what_is_not_known_never_passes() {
    let mut walk = Walk::new();
    assert!(walk.look(1, HEALTHY, Truth::Unknown, "no answer"));
    assert_eq!(walk.state(HEALTHY), State::Running);
    assert!(walk.look(2, HEALTHY, Truth::True, "5 of 5 well"));
    assert!(!walk.look(3, HEALTHY, Truth::True, "5 of 5 well"));
    assert!(walk.look(4, HEALTHY, Truth::Unknown, "cut off"));
    assert_eq!(walk.state(HEALTHY), State::Stale);
    assert!(walk.look(5, HEALTHY, Truth::False, "4 of 5 well"));
    assert_eq!(walk.state(HEALTHY), State::Failed);
}

#[test]
fn a_soak_begins_again_on_anything_but_true() {
    let mut walk = Walk::new();
    assert!(!walk.look(0, QUIET, Truth::Unknown, "?"));
    for (seconds, truth) in [(600, Truth::Unknown), (2_000, Truth::False)] {
        assert!(walk.look(seconds, QUIET, Truth::True, "well"));
        assert!(walk.look(seconds + 599, QUIET, truth, "not so"));
        assert_eq!(walk.run.held(QUIET, at(seconds + 600)), None);
        assert!(!walk.look(seconds + 600, QUIET, truth, "not so"));
    }
    assert!(walk.look(5_000, QUIET, Truth::True, "well"));
    let held = What::SoakHeld {
        item: QUIET,
        evidence: text("well"),
    };
    assert_eq!(walk.ana(5_599, held.clone()), Err(Refused::TooEarly));
    assert_eq!(walk.ana(0, held.clone()), Err(Refused::TooEarly));
    walk.ana(5_600, held).expect("its time is over");
    assert_eq!(walk.run.step(QUIET).expect("it is there").resets, 2);
}

/// A platform that falls silent is said to be stale after a while only; until then what it said last is shown.
#[test]
fn a_soak_has_held_as_long_as_it_was_seen() {
    let mut walk = Walk::new();
    assert!(walk.look(0, QUIET, Truth::True, "well"));
    let mut last = verdict(Truth::True, "well");
    last.evidence[0].at = Some(at(599));
    assert_eq!(walk.run.observe(QUIET, &last, at(605)), None);
    last.evidence[0].at = Some(at(600));
    let held = walk.run.observe(QUIET, &last, at(605));
    assert!(matches!(
        held,
        Some(Event {
            what: What::SoakHeld { .. },
            ..
        })
    ));
}

#[test]
fn nothing_is_done_twice() {
    let mut walk = Walk::new();
    walk.ana(1, begin(BACKUP, "op-1")).expect("it begins");
    assert_eq!(
        walk.ana(2, begin(BACKUP, "op-2")),
        Err(Refused::OtherState(State::Running))
    );
    let cut = walk.run.interrupted(at(3));
    for event in cut {
        walk.run
            .apply(&event)
            .expect("what was cut off can be told");
    }
    assert_eq!(
        (walk.state(BACKUP), walk.run.next()),
        (State::Uncertain, Some(BACKUP))
    );
    assert_eq!(
        walk.ana(4, begin(BACKUP, "op-2")),
        Err(Refused::OtherState(State::Uncertain))
    );
    let skip = What::Waived {
        item: BACKUP,
        reason: reason("never mind"),
    };
    assert_eq!(
        walk.by("bob", 4, skip),
        Err(Refused::OtherState(State::Uncertain))
    );
    let resolved = |happened| What::Resolved {
        item: BACKUP,
        happened,
        unsent: false,
        evidence: text("no such backup"),
    };
    walk.ana(5, resolved(false)).expect("it was read");
    assert_eq!(
        walk.ana(6, begin(BACKUP, "op-1")),
        Err(Refused::OtherOperation)
    );
    walk.ana(6, begin(BACKUP, "op-2"))
        .expect("it never happened");
    walk.ana(7, end(BACKUP, "op-2", OperationResult::Unverified))
        .expect("the answer was lost");
    walk.ana(8, resolved(true)).expect("it was read");
    assert!(walk.look(9, BACKUP, Truth::True, "3 s old"));
    assert_eq!(
        walk.ana(10, begin(BACKUP, "op-3")),
        Err(Refused::OtherState(State::Passed))
    );
}

#[test]
fn a_check_proves_what_was_done_and_not_what_was_before() {
    let mut walk = Walk::new();
    assert!(!walk.look(1, BACKUP, Truth::True, "59 min old"));
    walk.ana(2, begin(BACKUP, "op-1")).expect("it begins");
    assert!(!walk.look(3, BACKUP, Truth::True, "59 min old"));
    let why = Failure::Conflict;
    walk.ana(
        4,
        end(BACKUP, "op-1", OperationResult::Failed { step: 1, why }),
    )
    .expect("it ends");
    assert_eq!(walk.state(BACKUP), State::Failed);
    assert!(!walk.look(5, BACKUP, Truth::True, "59 min old"));
}

#[test]
fn whoever_goes_on_looks_again() {
    use State::{Attested, Pending, Running, Stale};
    let mut walk = Walk::to_the_gate();
    assert!(walk.look(15, QUIET, Truth::True, "well"));
    for event in walk.run.interrupted(at(20)) {
        walk.run.apply(&event).expect("it can be told");
    }
    let states = [SUPPORT, HEALTHY, BACKUP, GATE, QUIET].map(|item| walk.state(item));
    assert_eq!(states, [Attested, Stale, Stale, Pending, Running]);
    assert_eq!(walk.run.held(QUIET, at(30)), None);
    assert!(walk.look(21, BACKUP, Truth::True, "21 s old"));
    assert_eq!(walk.state(BACKUP), State::Passed);
}

/// What was proved of the world before an action stays proved; what stands after it is looked at once more.
#[test]
fn what_lies_before_an_action_stays_proved() {
    use State::{Passed, Pending, Stale, Uncertain};
    let cut = |walk: &mut Walk, seconds| {
        let mut told = walk.run.interrupted(at(seconds));
        told.insert(0, Event::new(at(seconds), text("ana"), What::Resumed));
        for event in told {
            walk.by(&event.by, seconds, event.what)
                .expect("it can be told");
        }
    };
    let mut walk = Walk::to_the_gate();
    for by in ["ana", "bob"] {
        walk.by(by, 20, What::Go { item: GATE }).expect("go");
    }
    walk.ana(30, begin(ROLLOUT, "op-2")).expect("it begins");
    cut(&mut walk, 40);
    let states = |walk: &Walk| [HEALTHY, BACKUP, ROLLOUT].map(|item| walk.state(item));
    assert_eq!(states(&walk), [Passed, Passed, Uncertain]);
    let healthy = |walk: &Walk| walk.run.step(HEALTHY).expect("it is there").clone();
    assert_eq!(healthy(&walk).at, Some(at(12)));
    assert!(walk.run.proved_before_interruption(&healthy(&walk)));
    let resolved = |unsent| What::Resolved {
        item: ROLLOUT,
        happened: false,
        unsent,
        evidence: text("so it is"),
    };
    // Something of it was done: there is no way back to what was looked at.
    let mut begun = Walk {
        run: walk.run.clone(),
        events: Vec::new(),
    };
    begun.ana(41, resolved(false)).expect("it was read");
    cut(&mut begun, 42);
    assert_eq!(states(&begun), [Passed, Passed, Pending]);
    // Nothing was sent: it is the world of before, which nobody watched meanwhile.
    walk.ana(41, resolved(true)).expect("it was read");
    for event in walk.run.look_once_more(at(41)) {
        walk.run.apply(&event).expect("it can be told");
    }
    assert_eq!(states(&walk), [Stale, Stale, Pending]);
    assert!(walk.look(42, HEALTHY, Truth::True, "5 of 5 well"));
    assert!(!walk.run.proved_before_interruption(&healthy(&walk)));
    cut(&mut walk, 43);
    assert_eq!(states(&walk), [Stale, Stale, Pending]);
}

#[test]
fn control_is_given_and_taken() {
    let mut walk = Walk::new();
    let take = |first_is_gone| What::ControlTaken { first_is_gone };
    let not_offered = Err(Refused::NotOffered(text("ana")));
    assert_eq!(walk.by("bob", 1, take(false)), not_offered);
    let give = What::ControlGiven { to: text("bob") };
    assert_eq!(
        walk.by("bob", 2, give.clone()),
        Err(Refused::NotInControl(text("ana")))
    );
    walk.ana(2, give).expect("it is hers");
    assert_eq!(walk.by("eve", 3, take(false)), not_offered);
    walk.by("bob", 3, take(false)).expect("he was offered it");
    let attest = What::Attested { item: SUPPORT };
    assert_eq!(
        walk.ana(4, attest.clone()),
        Err(Refused::NotInControl(text("bob")))
    );
    walk.by("eve", 5, take(true)).expect("he is gone");
    walk.by("eve", 6, attest).expect("she has control");
}

#[test]
fn a_no_go_wants_everybody_anew() {
    let mut walk = Walk::to_the_gate();
    walk.ana(20, What::Go { item: GATE }).expect("she says go");
    let no = What::NoGo {
        item: GATE,
        reason: reason("traffic is odd"),
    };
    walk.by("bob", 21, no).expect("he says no");
    assert_eq!(walk.state(GATE), State::Failed);
    walk.by("bob", 30, What::Go { item: GATE })
        .expect("he thinks better");
    walk.by("eve", 31, What::Go { item: GATE })
        .expect("she too");
    assert_eq!(
        walk.state(GATE),
        State::Running,
        "whoever has control did not say it"
    );
    walk.ana(32, What::Go { item: GATE }).expect("she says go");
    assert_eq!(walk.state(GATE), State::Passed);
}

#[test]
fn a_breach_is_seen_to_begin_and_to_end_and_never_guessed() {
    let mut walk = Walk::new();
    let look = |walk: &mut Walk, seconds, truth| {
        let event = walk
            .run
            .observe_abort(&verdict(truth, "2 critical"), at(seconds));
        event
            .map(|event| walk.run.apply(&event).expect("it can happen"))
            .is_some()
    };
    assert!(!look(&mut walk, 1, Truth::False));
    assert!(!look(&mut walk, 1, Truth::Unknown));
    assert!(look(&mut walk, 2, Truth::True));
    assert!(!look(&mut walk, 3, Truth::True));
    assert!(!look(&mut walk, 3, Truth::Unknown));
    assert_eq!(walk.run.breach().expect("it is met").since, at(2));
    assert!(look(&mut walk, 4, Truth::False));
    assert_eq!((walk.run.breach(), walk.run.breaches()), (None, 1));
}

#[test]
fn what_takes_too_long_fails_and_the_end_waits_for_all() {
    let mut walk = Walk::new();
    assert!(walk.look(1, HEALTHY, Truth::Unknown, "no answer"));
    assert_eq!(walk.run.overdue(at(300)), []);
    for event in walk.run.overdue(at(301)) {
        walk.run.apply(&event).expect("it can be told");
    }
    assert_eq!(walk.state(HEALTHY), State::Failed);
    assert_eq!(
        walk.ana(302, What::Ended(End::Done)),
        Err(Refused::NotYet(BACKUP, text("Backup")))
    );
    let left = |words| {
        What::Ended(End::Left {
            reason: text(words),
        })
    };
    assert_eq!(walk.ana(302, left("  ")), Err(Refused::NoReason));
    walk.ana(303, left("postponed")).expect("she may leave");
    assert_eq!(
        walk.ana(304, What::Attested { item: SUPPORT }),
        Err(Refused::Over)
    );
    let note = What::Noted {
        item: None,
        text: text("tomorrow"),
    };
    walk.by("bob", 305, note)
        .expect("anyone has something to say");
}

#[test]
fn the_record_reads_as_the_same_list_and_says_what_was_left_out() {
    let mut walk = Walk::new();
    let hostile = "- [ ] no ` `check: healthy(*)` <!-- # 1. \u{1b}[2J";
    let skip = What::Skipped {
        item: SUPPORT,
        reason: SafeText::line(hostile),
    };
    walk.ana(1, skip).expect("she may");
    let record = record::markdown(&walk.run);
    let again = document(&record);
    let told = |document: &Document| {
        let items = document.items();
        items
            .map(|item| (item.text.clone(), item.kind.word()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(&again), told(walk.run.document()));
    let summary = record::summary(&walk.run);
    assert!(
        summary[0].starts_with("skipped by ana: Support is there (- [ ] no"),
        "{summary:?}"
    );
    assert_eq!(summary.len(), 1 + 6 - 1);
}

#[test]
fn a_run_is_of_the_file_that_it_began_with() {
    let (one, other) = (document(LIST), document("- [ ] another\n"));
    let begin = |list: Option<&str>| Start {
        list: list.map(text),
        ..start(&one)
    };
    let new =
        |document: &Arc<Document>, start| Run::new(Arc::clone(document), start, text("ana"), at(0));
    assert_eq!(new(&other, begin(None)).err(), Some(Refused::OtherFile));
    assert!(matches!(
        new(&one, begin(Some("Lunch"))),
        Err(Refused::NoList(_))
    ));
    let run = new(&one, begin(Some("during"))).expect("there is such a list");
    assert_eq!(run.progress(), (0, 2));
    let mut walk = Walk::new();
    let changed = |hash: &SafeText| What::FileChanged { hash: hash.clone() };
    assert_eq!(walk.ana(1, changed(&one.hash)), Err(Refused::Same));
    walk.ana(1, changed(&other.hash)).expect("it has changed");
    assert_eq!(walk.run.changed(), Some(&other.hash));
    walk.ana(2, changed(&one.hash)).expect("it is as it was");
    assert_eq!(walk.run.changed(), None);
}
