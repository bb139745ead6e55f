mod restart;

use std::path::PathBuf;

use super::*;
use tokio::sync::mpsc;

use crate::{
    app::operate::Hands,
    checklist::{End, ItemId},
    config::settings::Settings,
    domain::{action::EnvironmentKind, capabilities::Capabilities},
    plan::{
        Outcome,
        record::{
            Facts, OperationEnd, OperationResult, OperationStart, RecordError, Recorder as _,
            StepIntent, StepName, StepOutcome, StepResult, Target,
        },
    },
    platform::InFlight,
    state::Place,
};

const LIST: &str = "\
## Before
- [ ] Support is there
- [ ] Backup taken `do: backup postgres`
- [ ] Go / no-go `gate`
";
const SUPPORT: ItemId = ItemId(1);
const BACKUP: ItemId = ItemId(2);
const GATE: ItemId = ItemId(3);

struct Host {
    folder: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("day.md"), LIST).expect("it is written");
        Self { folder }
    }

    fn list(&self) -> PathBuf {
        self.folder.path().join("day.md")
    }

    /// A console on this host.
    fn console(&self) -> Conductor {
        let root = Some(self.folder.path().join("state"));
        Conductor::new(Arc::new(Ledger::new(root)))
    }

    fn begin(&self, console: &Conductor) -> RunId {
        let place = Place::default();
        self.begin_at(console, &place).expect("it begins").run
    }

    fn begin_at(&self, console: &Conductor, place: &Place) -> Result<Opened, SafeText> {
        let beginning = Beginning {
            identity: "here",
            place,
            file: &self.list(),
            list: None,
            known: None,
            by: text("ana"),
            at: at(0),
        };
        console.start(beginning.prepared().map_err(Unfit::line)?)
    }
}

fn text(words: &str) -> SafeText {
    SafeText::line(words)
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time")
}

fn event(by: &str, what: What) -> Event {
    let by = text(by);
    Event::new(at(1), by, what)
}

fn attest() -> Event {
    event("ana", What::Attested { item: SUPPORT })
}

fn state(console: &Conductor, run: &RunId, item: ItemId) -> State {
    let walk = console.walk(run).expect("it is open");
    walk.run().step(item).expect("it is there").state
}

/// The backup of the list, about to begin in that console.
fn backs_up(console: impl Into<Arc<Conductor>>, run: &RunId) -> Binding {
    let console = console.into();
    let journal = Arc::clone(console.ledger.journal().expect("there is one"));
    let item = (run.clone(), BACKUP);
    Binding {
        recorder: journal,
        step: Step::new(console, item, text("ana"), Arc::new(|| at(2))),
    }
}

/// A backup in so many steps.
fn backup(steps: u16) -> OperationStart {
    let step = |_| StepName {
        verb: "copy".into(),
        object: "orders".into(),
    };
    OperationStart {
        action: "backup".into(),
        target: Target::default(),
        by: "ana".into(),
        reason: "".into(),
        before: Facts::default(),
        after: Facts::default(),
        steps: (0..steps).map(step).collect(),
        resumes: None,
    }
}

/// A console dies in a backup of one step, which was done or not even sent; and Ana goes on in another one.
fn interrupted(host: &Host, done: bool) -> (Arc<Conductor>, RunId) {
    let ana = host.console();
    let run = host.begin(&ana);
    let binding = backs_up(ana, &run);
    let operation = binding.begin(&backup(1)).expect("it is its turn");
    if done {
        let intent = StepIntent {
            operation,
            step: 1,
            verb: "copy".into(),
            object: "orders".into(),
            object_id: "".into(),
            before: Facts::default(),
            after: Facts::default(),
        };
        let outcome = StepOutcome {
            result: StepResult::Done,
            object_id: "".into(),
        };
        let receipt = binding.intent(&intent).expect("it is written");
        binding.outcome(&receipt, &outcome).expect("it is written");
    }
    drop(binding);
    (Arc::new(goes_on(host, &run)), run)
}

/// Another console of Ana's, in which she goes on with a run whose console died in its backup.
fn goes_on(host: &Host, run: &RunId) -> Conductor {
    let again = host.console();
    let opened = again.resume("here", run, &text("ana"), at(9));
    assert_eq!(opened.expect("it is hers").hold, Hold::Own);
    assert_eq!(state(&again, run, BACKUP), State::Uncertain);
    again
}

/// Finds out what became of the backup, where no platform answers.
async fn find_out(console: &Arc<Conductor>, run: &RunId) -> Result<Option<Refused>, SafeText> {
    let (requests, _) = mpsc::channel(1);
    let hands = Hands::new(
        &requests,
        &Capabilities::default(),
        &Settings::default(),
        InFlight::default(),
    );
    resolve(console, &hands, |_| None, (run.clone(), BACKUP), at(10)).await
}

/// What was found out about the backup, each time: whether it had happened, and whether nothing of it was sent.
fn found_out(console: &Conductor, run: &RunId) -> Vec<(bool, bool)> {
    let journal = console.ledger.journal().expect("there is one");
    let events = journal.follow(run).news().expect("it is read");
    let found = events.into_iter().filter_map(|event| match event.what {
        What::Resolved {
            happened, unsent, ..
        } => Some((happened, unsent)),
        _ => None,
    });
    found.collect()
}

#[test]
fn a_list_is_begun_in_the_environment_that_it_is_for() {
    use EnvironmentKind::{Development, Production, Staging, Unknown};
    let host = Host::new();
    let console = host.console();
    for (meant, kind, fits) in [
        ("staging", Staging, true),
        ("Shop", Development, true),
        ("staging", Production, false),
        ("production", Staging, false),
        ("production", Unknown, true),
        ("staging", Unknown, false),
    ] {
        let list = format!("---\nenvironment: {meant}\n---\n{LIST}");
        fs::write(host.list(), list).expect("it is written");
        let mut place = Place {
            environment: text("shop"),
            kind,
            ..Place::default()
        };
        let begun = host.begin_at(&console, &place);
        assert_eq!(begun.is_ok(), fits, "{meant} at {kind:?}: {begun:?}");
        if let Err(why) = begun {
            assert!(why.contains(meant) && why.contains("shop"), "{why}");
        }
        place.simulated = true;
        assert!(host.begin_at(&console, &place).is_ok(), "it is rehearsed");
    }
}

#[test]
fn another_console_follows_and_takes_control_when_it_is_given() {
    let host = Host::new();
    let (ana, bob) = (host.console(), host.console());
    let run = host.begin(&ana);
    let seen = bob
        .resume("here", &run, &text("bob"), at(1))
        .expect("it is read");
    assert_eq!((seen.hold, seen.text.as_str()), (Hold::Other, LIST));
    assert_eq!(ana.record(&run, &[attest()]), Ok(None));
    let news = bob.news(&run).expect("it is read");
    assert_eq!((news.events, news.hold), (vec![attest()], Hold::Other));
    let in_control = Refused::NotInControl(text("ana"));
    let skip = event(
        "ana",
        What::Skipped {
            item: BACKUP,
            reason: text("no"),
        },
    );
    assert_eq!(bob.record(&run, &[skip]), Ok(Some(in_control)));
    let not_offered = Some(Refused::NotOffered(text("ana")));
    assert_eq!(bob.take(&run, &text("bob"), at(2)), Ok(not_offered));
    let give = event("ana", What::ControlGiven { to: text("bob") });
    assert_eq!(ana.record(&run, &[give]), Ok(None));
    assert_eq!(bob.take(&run, &text("bob"), at(3)), Ok(None));
    assert_eq!(bob.news(&run).expect("it is read").hold, Hold::Own);
    assert_eq!(ana.news(&run).expect("it is read").hold, Hold::Other);
}

#[test]
fn control_falls_to_another_one_once_the_first_console_is_gone() {
    let host = Host::new();
    let (ana, bob) = (host.console(), host.console());
    let run = host.begin(&ana);
    assert_eq!(ana.record(&run, &[attest()]), Ok(None));
    bob.resume("here", &run, &text("bob"), at(1))
        .expect("it is read");
    drop(ana);
    assert_eq!(bob.news(&run).expect("it is read").hold, Hold::Nobody);
    let (eve, again) = (host.console(), host.console());
    let whose = eve
        .resume("here", &run, &text("eve"), at(2))
        .expect("it is read");
    assert_eq!(whose.hold, Hold::Nobody, "to look is not to take");
    assert_eq!(bob.take(&run, &text("bob"), at(3)), Ok(None));
    assert!(matches!(
        eve.take(&run, &text("eve"), at(3)),
        Ok(Some(Refused::NotOffered(_)))
    ));
    drop(bob);
    let opened = again
        .resume("here", &run, &text("Bob"), at(4))
        .expect("it is read");
    assert_eq!(opened.hold, Hold::Own, "it is his");
    assert_eq!(state(&again, &run, SUPPORT), State::Attested);
}

#[test]
fn control_is_its_own_persons_however_the_name_is_written() {
    let host = Host::new();
    let (ana, first) = (host.console(), host.console());
    let run = host.begin(&ana);
    let to = text("Jörg");
    ana.record(&run, &[event("ana", What::ControlGiven { to })])
        .expect("it is written");
    first
        .resume("here", &run, &text("Jörg"), at(1))
        .expect("it is read");
    assert_eq!(first.take(&run, &text("Jörg"), at(2)), Ok(None));
    drop(first);
    let again = host.console();
    let opened = again
        .resume("here", &run, &text("JÖRG"), at(3))
        .expect("it is read");
    assert_eq!(opened.hold, Hold::Own);
}

#[test]
fn what_acted_when_the_console_went_is_uncertain_and_not_begun_again() {
    let host = Host::new();
    let ana = host.console();
    let run = host.begin(&ana);
    ana.record(&run, &[attest()]).expect("it is written");
    let binding = backs_up(ana, &run);
    let start = backup(0);
    let operation = binding.begin(&start).expect("it is its turn");
    assert!(
        matches!(binding.begin(&start), Err(RecordError::NotItsTurn { .. })),
        "it acts"
    );
    drop(binding);
    let again = goes_on(&host, &run);
    let journal = again.ledger.journal().expect("there is one");
    let fate = journal.known(&operation).expect("it is read").fate;
    assert_eq!(fate, crate::journal::Fate::Unsent);
    let end = OperationEnd {
        operation: operation.clone(),
        result: OperationResult::Verified,
        after: Facts::default(),
    };
    journal.end(&end).expect("it is written");
    let fate = journal.known(&operation).expect("it is read").fate;
    assert_eq!(fate, crate::journal::Fate::Ended(OperationResult::Verified));
    assert!(journal.verify().expect("it is read").mismatch.is_none());
}

#[test]
fn a_file_that_changes_while_it_is_walked_is_noticed_and_what_it_says_otherwise_is_stale() {
    let host = Host::new();
    let (ana, bob) = (host.console(), host.console());
    let run = host.begin(&ana);
    ana.record(&run, &[attest()]).expect("it is written");
    bob.resume("here", &run, &text("bob"), at(1))
        .expect("it is read");
    let is = |console: &Conductor| {
        let walk = console.walk(&run).expect("it is open");
        (
            walk.run().changed().is_some(),
            state(console, &run, SUPPORT),
        )
    };
    ana.look_at_file(&run, at(2)).expect("it is read");
    assert_eq!(is(&ana), (false, State::Attested));
    let longer = LIST.replace("Backup taken", "Backup is taken");
    fs::write(host.list(), &longer).expect("it is written");
    bob.look_at_file(&run, at(3)).expect("it is read");
    assert_eq!(
        is(&ana),
        (false, State::Attested),
        "who follows notes nothing"
    );
    ana.look_at_file(&run, at(3)).expect("it is read");
    assert_eq!(is(&ana), (true, State::Attested), "that item is as it was");
    let other = longer.replace("Support is there", "Support is awake");
    fs::write(host.list(), other).expect("it is written");
    ana.look_at_file(&run, at(4)).expect("it is read");
    assert_eq!(is(&ana), (true, State::Stale));
    bob.news(&run).expect("it is read");
    assert_eq!(is(&bob), (true, State::Stale), "who follows sees it");
}

#[test]
fn a_changed_file_is_noticed_and_what_was_read_is_walked() {
    let host = Host::new();
    let ana = host.console();
    let run = host.begin(&ana);
    drop(ana);
    fs::write(host.list(), "- [ ] another\n").expect("it is written");
    let again = host.console();
    let opened = again
        .resume("here", &run, &text("ana"), at(5))
        .expect("it is hers");
    assert_eq!(opened.text, LIST);
    let walk = again.walk(&run).expect("it is open");
    assert!(walk.run().changed().is_some());
    assert_eq!(walk.run().progress(), (0, 3));
    let left = What::Ended(End::Left {
        reason: text("tomorrow"),
    });
    assert_eq!(again.unfinished("here").expect("it is read").len(), 1);
    assert_eq!(again.unfinished("elsewhere").expect("it is read").len(), 0);
    again
        .record(&run, &[event("ana", left)])
        .expect("it is written");
    assert_eq!(again.unfinished("here").expect("it is read").len(), 0);
    assert_eq!(state(&again, &run, GATE), State::Pending);
}

#[tokio::test]
async fn what_was_found_out_is_written_before_the_journal_forgets_what_says_so() {
    for (done, found) in [(true, (true, false)), (false, (false, true))] {
        let host = Host::new();
        let (ana, run) = interrupted(&host, done);
        let bob = Arc::new(host.console());
        bob.resume("here", &run, &text("bob"), at(9))
            .expect("it is read");
        let give = event("ana", What::ControlGiven { to: text("bob") });
        ana.record(&run, &[give]).expect("it is written");
        assert_eq!(bob.take(&run, &text("bob"), at(9)), Ok(None));
        // As good as killed before it is written: what she finds out is not hers to write any more.
        let refused = Some(Refused::NotInControl(text("bob")));
        assert_eq!(find_out(&ana, &run).await, Ok(refused));
        drop(ana);
        assert_eq!(find_out(&bob, &run).await, Ok(None));
        assert_eq!(found_out(&bob, &run), [found]);
        let journal = bob.ledger.journal().expect("there is one");
        let left = journal.unfinished().expect("it is read");
        assert!(left.is_empty(), "nothing is left to do: {left:?}");
    }
}

#[test]
fn what_somebody_saw_to_have_happened_is_not_left_in_the_journal() {
    for happened in [true, false] {
        let host = Host::new();
        let (ana, run) = interrupted(&host, true);
        let journal = ana.ledger.journal().expect("there is one");
        let left = || journal.unfinished().expect("it is read").len();
        assert_eq!(left(), 1);
        let seen = What::seen(BACKUP, happened, "ana", "the folder of the copies");
        assert_eq!(ana.record(&run, &[event("ana", seen)]), Ok(None));
        // What is still to be done is gone on with where it was.
        assert_eq!(left(), usize::from(!happened));
    }
}

#[tokio::test]
async fn what_became_of_an_action_is_found_out_by_one_at_a_time() {
    let host = Host::new();
    let (ana, run) = interrupted(&host, true);
    let (first, second) = tokio::join!(find_out(&ana, &run), find_out(&ana, &run));
    assert_eq!((first, second), (Ok(None), Ok(None)));
    // Asked for before the screen heard of the answer.
    assert_eq!(find_out(&ana, &run).await, Ok(None));
    assert_eq!(found_out(&ana, &run), [(true, false)]);
    assert_eq!(state(&ana, &run, BACKUP), State::Passed);
}

#[test]
fn a_change_of_the_file_that_could_not_be_written_down_is_noticed_the_next_time() {
    let host = Host::new();
    let ana = host.console();
    let run = host.begin(&ana);
    let changed = LIST.replace("Support is there", "Support is awake");
    fs::write(host.list(), changed).expect("it is written");
    let journal = host.folder.path().join("state/journal");
    let mut files = fs::read_dir(&journal).expect("it is there");
    let segment = files.find_map(|file| {
        let path = file.expect("it is read").path();
        path.extension()
            .is_some_and(|end| end == "jsonl")
            .then_some(path)
    });
    let (segment, away) = (segment.expect("there is one"), journal.join("away"));
    fs::rename(&segment, &away).expect("it goes");
    fs::create_dir(&segment).expect("what cannot be read");
    assert!(ana.look_at_file(&run, at(2)).is_err());
    fs::remove_dir(&segment).expect("it goes");
    fs::rename(&away, &segment).expect("it is back");
    ana.look_at_file(&run, at(3)).expect("it is read");
    let walk = ana.walk(&run).expect("it is open");
    assert!(walk.run().changed().is_some());
}

#[test]
fn a_run_is_gone_on_with_where_it_was_begun() {
    let host = Host::new();
    let ana = host.console();
    let run = host.begin(&ana);
    drop(ana);
    let again = host.console();
    let elsewhere = again.resume("elsewhere", &run, &text("ana"), at(2));
    let why = elsewhere.expect_err("it is another one");
    assert!(why.contains("another daemon or cluster"), "{why}");
    assert!(again.walk(&run).is_err(), "nothing of it is looked at");
    let opened = again.resume("here", &run, &text("ana"), at(3));
    let told = opened.expect("it is hers").events;
    assert_eq!(told.len(), 2, "control was not taken elsewhere: {told:?}");
}

#[tokio::test]
async fn how_an_action_ended_is_written_as_soon_as_it_can_be() {
    let host = Host::new();
    let console = Arc::new(host.console());
    let run = host.begin(&console);
    let binding = backs_up(Arc::clone(&console), &run);
    let operation = binding.begin(&backup(1)).expect("it is its turn");
    let end = OperationEnd {
        operation,
        result: OperationResult::Verified,
        after: Facts::default(),
    };
    binding.end(&end).expect("it is written");
    // For a while nothing can be written.
    let head = host.folder.path().join("state/journal/head");
    let away = host.folder.path().join("away");
    fs::rename(&head, &away).expect("it goes");
    fs::create_dir(&head).expect("it is in the way");
    let verified = Outcome::Verified(text("a copy is there"));
    binding.step.ended(&verified).await;
    let told = |news: News| {
        let ended = |event: &&Event| matches!(event.what, What::DoEnded { .. });
        news.events.iter().filter(ended).count()
    };
    assert_eq!(console.news(&run).map(told), Ok(0));
    assert_eq!(state(&console, &run, BACKUP), State::Running);
    fs::remove_dir(&head).expect("it goes");
    fs::rename(&away, &head).expect("it is back");
    assert_eq!(console.news(&run).map(told), Ok(1));
    assert_eq!(state(&console, &run, BACKUP), State::Passed);
    assert_eq!(console.news(&run).map(told), Ok(0), "it is told once");
}
