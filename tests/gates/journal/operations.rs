//! What an operation left in the middle looks like to the next console, and what answers questions about the past.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixDatagram;
use std::process::Stdio;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

use quarterdeck::domain::alert::{Acknowledgement, Fingerprint};
use quarterdeck::journal::record::{Record, RevisionNote, Sighting};
use quarterdeck::journal::{self, Filter, Journal, Options, Unrecorded};
use quarterdeck::plan::record::{
    Facts, Failure, Label, OperationEnd, OperationId, OperationResult, OperationStart, RecordError,
    Recorder, StepOutcome, StepResult, Target,
};

use quarterdeck::text::SafeText;

use super::support::{self, child, done, entries, intent, note, open, operate, start, target, who};

/// The child: stops in the middle of an operation and waits to be killed.
#[test]
fn stopped_in_the_middle() {
    let Some(root) = support::child_root() else {
        return;
    };
    let journal = open(&root);
    let operation = journal.begin(&start(3)).unwrap();
    for step in 1..=2 {
        let receipt = journal.intent(&intent(&operation, step)).unwrap();
        journal.outcome(&receipt, &done()).unwrap();
    }
    journal.intent(&intent(&operation, 3)).unwrap();
    println!("\nin the middle");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn an_interrupted_operation_is_offered_once_its_console_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let mut console = child("journal::operations::stopped_in_the_middle", root.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(console.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "in the middle"));

    let journal = open(root.path());
    assert_eq!(journal.unfinished().unwrap(), [], "its console lives");
    console.kill().unwrap();
    console.wait().unwrap();
    let offered = journal.unfinished().unwrap();
    assert_eq!(offered.len(), 1);
    assert_eq!(offered[0].progress(), (2, 3));
    assert_eq!(offered[0].steps[2].outcome, None);
    assert_eq!(&offered[0].start, &start(3));

    // One of two consoles takes it up; the other may neither do the same nor end it, until that one is gone as well.
    let id = &offered[0].id;
    let (ana, ben) = (open(root.path()), open(root.path()));
    let second = ana.begin(&taking_up(id, "ana")).unwrap();
    assert_eq!(ben.unfinished().unwrap(), []);
    let taken = |id: &OperationId| RecordError::Taken {
        id: id.clone(),
        by: Some("ana".into()),
    };
    assert_eq!(ben.begin(&taking_up(id, "ben")), Err(taken(id)));
    assert_eq!(ben.leave(id.clone()), Err(taken(id)));
    assert_eq!(ben.claimable(id), Err(taken(id)));
    assert_eq!(ana.claimable(id).unwrap().progress(), (2, 3));
    let words = taken(id).to_string();
    assert!(words.starts_with("ana works on operation "), "{words}");
    drop(ana);

    // Now there are two to choose from, about the same steps: who has the one has the other.
    assert_eq!(ben.unfinished().unwrap().len(), 2);
    let third = ben.begin(&taking_up(&second, "ben")).unwrap();
    let cleo = open(root.path());
    assert_eq!(cleo.unfinished().unwrap(), []);
    let refused = cleo.begin(&taking_up(id, "cleo")).unwrap_err();
    assert!(refused.to_string().starts_with("ben works on "));
    end(&ben, third, OperationResult::PutBack);
    // So is what is left of them: there is nothing to leave as it is any more.
    let over = RecordError::Taken {
        id: id.clone(),
        by: None,
    };
    assert_eq!(ben.leave(id.clone()), Err(over));
    drop(ben);
    assert_eq!(cleo.unfinished().unwrap(), []);
    support::assert_fits(&cleo);
}

#[test]
fn of_two_who_take_up_the_same_exactly_one_gets_it() {
    for round in 0..crate::gate::size(20, 400) {
        let root = tempfile::tempdir().unwrap();
        let left = open(root.path()).begin(&start(2)).unwrap();
        let consoles = [open(root.path()), open(root.path())];
        let at_once = Barrier::new(2);
        // Some end it without more ado.
        let leaves = round % 4 == 0;
        let took = thread::scope(|scope| {
            let [one, other] = &consoles;
            let take = |console: &Journal, leaves| {
                at_once.wait();
                if leaves {
                    console.leave(left.clone())
                } else {
                    console.begin(&taking_up(&left, "ana")).map(drop)
                }
            };
            let one = scope.spawn(move || take(one, false));
            let other = scope.spawn(move || take(other, leaves));
            [one.join().unwrap(), other.join().unwrap()]
        });
        let by = took[0].is_ok().then(|| "ana".into());
        let by = by.or_else(|| (!leaves).then(|| "ana".into()));
        let taken = Err(RecordError::Taken { id: left, by });
        assert!(
            took == [Ok(()), taken.clone()] || took == [taken, Ok(())],
            "{took:?}"
        );
        support::assert_fits(&consoles[0]);
    }
}

#[test]
fn what_is_over_is_not_taken_up_though_the_journal_need_not_be_written() {
    let root = tempfile::tempdir().unwrap();
    let left = open(root.path()).begin(&start(2)).unwrap();
    let journal = open(root.path());
    journal.leave(left.clone()).unwrap();
    let over = RecordError::Taken {
        id: left.clone(),
        by: None,
    };
    assert_eq!(journal.leave(left.clone()), Err(over.clone()));
    let unrecorded = Unrecorded::to(Arc::new(journal));
    let begun = unrecorded.begin(&taking_up(&left, "ana"));
    assert_eq!(begun, Err(over));
}

#[test]
fn what_an_early_version_took_over_is_its_own() {
    let root = tempfile::tempdir().unwrap();
    let operation = open(root.path()).begin(&start(2)).unwrap();
    let early = open(root.path());
    early.begin(&start(1)).unwrap();
    early.write(&Record::TakenOver { operation }).unwrap();
    assert_eq!(open(root.path()).unfinished().unwrap(), []);
    drop(early);
    assert_eq!(open(root.path()).unfinished().unwrap().len(), 2);
}

/// What takes up an operation.
fn taking_up(operation: &OperationId, by: &str) -> OperationStart {
    OperationStart {
        resumes: Some(operation.clone()),
        by: by.into(),
        ..start(1)
    }
}

fn end(journal: &Journal, operation: OperationId, result: OperationResult) {
    let after = Facts::default();
    let end = OperationEnd {
        operation,
        result,
        after,
    };
    journal.end(&end).unwrap();
}

/// Consoles that go on with an operation, one after another; each is gone at the end of its line.
#[test]
fn going_on_ends_what_was_left_unless_it_fails() {
    let root = tempfile::tempdir().unwrap();
    let left = || open(root.path()).unfinished().unwrap();
    let first = open(root.path()).begin(&start(2)).unwrap();
    let resume = |result| {
        let journal = open(root.path());
        let operation = journal.begin(&taking_up(&first, "ana")).unwrap();
        assert_eq!(left(), [], "somebody works on it");
        end(&journal, operation, result);
    };
    assert_eq!(left()[0].id, first);
    let why = Failure::Unhealthy;
    resume(OperationResult::Failed { step: 1, why });
    assert_eq!(left()[0].id, first, "the way back failed");
    resume(OperationResult::Verified);
    assert_eq!(left(), []);

    let second = open(root.path()).begin(&start(2)).unwrap();
    open(root.path()).leave(second).unwrap();
    assert_eq!(left(), []);
}

/// X is interrupted, so is Y that goes on with it, and Z goes on with Y.
#[test]
fn going_on_settles_all_that_it_continues() {
    use OperationResult::{LeftAsIs, PutBack, Superseded, Unverified, Verified};
    for result in [Verified, Unverified, PutBack, LeftAsIs, Superseded] {
        let root = tempfile::tempdir().unwrap();
        let left = || {
            let left = open(root.path()).unfinished().unwrap();
            left.into_iter().map(|one| one.id).collect::<Vec<_>>()
        };
        let take_up = |before: &OperationId| {
            let taking = taking_up(before, "ana");
            open(root.path()).begin(&taking).unwrap()
        };
        let x = open(root.path()).begin(&start(2)).unwrap();
        let y = take_up(&x);
        assert_eq!(left(), [x.clone(), y.clone()]);
        let same = open(root.path()).same(&y).unwrap();
        assert_eq!(
            same.into_iter().map(|one| one.id).collect::<Vec<_>>(),
            left()
        );
        if result == LeftAsIs {
            open(root.path()).leave(y).unwrap();
            assert_eq!(left(), []);
            continue;
        }
        let journal = open(root.path());
        let z = journal.begin(&taking_up(&y, "ana")).unwrap();
        end(&journal, z, result);
        drop(journal);
        let none_or_both = if result == Superseded {
            vec![x, y]
        } else {
            Vec::new()
        };
        assert_eq!(left(), none_or_both, "{result}");
    }
}

#[test]
fn an_outcome_keeps_its_reason_and_latency() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    let operation = journal.begin(&start(1)).unwrap();
    let receipt = journal.intent(&intent(&operation, 1)).unwrap();
    let result = StepResult::Failed {
        why: Failure::Unhealthy,
    };
    let outcome = StepOutcome {
        result,
        object_id: Label::default(),
    };
    journal.outcome(&receipt, &outcome).unwrap();
    let Record::Outcome(read) = entries(&journal).pop().unwrap().record else {
        panic!()
    };
    assert_eq!((read.intent, &read.outcome), (receipt.seq, &outcome));
    assert!(read.latency_ms < 60_000);
    assert_eq!(journal.unfinished().unwrap(), [], "the console lives");
}

#[test]
fn audit_answers_by_service_operator_operation_and_time() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    operate(&journal, 1, |_, _| {});
    let split = entries(&journal).last().unwrap().time;
    let mut second = None;
    let by_ben = OperationStart {
        by: "ben".into(),
        ..start(2)
    };
    support::carry_out(&journal, &by_ben, |operation, _| {
        second = Some(operation.clone());
    });
    journal.write(&note("lunch")).unwrap();

    let count = |filter: Filter| journal.search(&filter).unwrap().len();
    assert_eq!(count(Filter::default()), 4 + 6 + 1);
    let service = |name: &str| Filter {
        service: Some(name.to_owned()),
        ..Filter::default()
    };
    assert_eq!(count(service("api")), 10);
    assert_eq!(count(service("shop/api")), 10);
    assert_eq!(count(service("blog/api")), 0);
    let operator = Some("ben".to_owned());
    assert_eq!(
        count(Filter {
            operator,
            ..Filter::default()
        }),
        7
    );
    assert_eq!(
        count(Filter {
            operation: second,
            ..Filter::default()
        }),
        6
    );
    assert_eq!(
        count(Filter {
            since: Some(split),
            ..Filter::default()
        }),
        8
    );
    assert_eq!(
        count(Filter {
            until: Some(split),
            ..Filter::default()
        }),
        3
    );
}

#[test]
fn revisions_add_up() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    let see = |target: Target, image: &str, seen| {
        let (image_id, version) = (format!("sha256:{image}").into(), image.into());
        let image = format!("shop/api:{image}").into();
        let note = RevisionNote {
            target,
            image_id,
            image,
            version,
            seen,
        };
        journal.write(&Record::Revision(note)).unwrap();
    };
    let elsewhere = Target {
        cluster: "daemon-2".into(),
        ..target()
    };
    let renamed = Target {
        context: "other-name".into(),
        ..target()
    };
    see(target(), "v1", Sighting::Running);
    see(target(), "v1", Sighting::Healthy { seconds: 400 });
    see(renamed, "v1", Sighting::Healthy { seconds: 200 });
    see(target(), "v1", Sighting::KnownGood);
    see(target(), "v2", Sighting::Running);
    see(elsewhere, "v3", Sighting::Running);
    see(target(), "v2", Sighting::Healthy { seconds: u64::MAX });
    see(target(), "v2", Sighting::Healthy { seconds: u64::MAX });

    let revisions = journal
        .revisions("daemon-1", &target().service_id())
        .unwrap();
    let images: Vec<_> = revisions.iter().map(|r| r.image.as_str()).collect();
    assert_eq!(images, ["shop/api:v2", "shop/api:v1"]);
    assert_eq!(revisions[1].healthy, Duration::from_mins(10));
    assert!(revisions[1].known_good.is_some() && revisions[0].known_good.is_none());
}

#[test]
fn an_acknowledgement_holds_until_it_runs_out() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    let acknowledge = |identity: &str, fingerprint: &str, until: &str| {
        let seen = Acknowledgement {
            fingerprint: Fingerprint(SafeText::name(fingerprint)),
            by: SafeText::name("ana"),
            at: until.parse().unwrap(),
            until: until.parse().unwrap(),
        };
        journal.acknowledge(identity, &seen).unwrap();
    };
    let (past, future) = ("2001-01-01T00:00:00Z", "9999-01-01T00:00:00Z");
    acknowledge("daemon-1", "a", future);
    acknowledge("daemon-1", "b", past);
    acknowledge("daemon-1", "c", future);
    acknowledge("daemon-1", "c", past);
    acknowledge("daemon-2", "d", future);
    acknowledge("daemon-2", "a", past);
    let held = journal.acknowledgements("daemon-1").unwrap();
    let fingerprints: Vec<_> = held.iter().map(|a| a.fingerprint.0.as_str()).collect();
    assert_eq!(fingerprints, ["a"]);
    assert!(held[0].at > past.parse().unwrap());
}

#[test]
fn the_head_is_mirrored_to_the_systems_log() {
    let root = tempfile::tempdir().unwrap();
    let syslog = root.path().join("log");
    let socket = UnixDatagram::bind(&syslog).unwrap();
    let options = Options {
        syslog,
        ..support::options()
    };
    let journal = journal::open_with(root.path(), who(), options).unwrap();
    let mut buffer = [0; 1024];
    let mut logged = || {
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8(buffer[..length].to_vec()).unwrap()
    };
    let head = journal.write(&note("x")).unwrap();
    assert!(logged().ends_with(&format!("journal 1 {}", head.hash)));

    // With the journal's folder gone nothing can be written, and the operator goes on.
    std::fs::remove_dir_all(root.path().join("journal")).unwrap();
    let unrecorded = Unrecorded::to(Arc::new(journal));
    let operation = unrecorded.begin(&start(1)).unwrap();
    let receipt = unrecorded.intent(&intent(&operation, 1)).unwrap();
    unrecorded.outcome(&receipt, &done()).unwrap();
    assert!(logged().contains("UNRECORDED rollout of shop/api in default by ana"));
}

#[test]
fn what_was_verified_later_settles_what_it_took_the_place_of() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    let begin = |action: &str, service: &str| {
        let mut start = start(1);
        start.action = Label::from(action);
        start.target.service = Label::from(service);
        journal.begin(&start).unwrap()
    };
    let [rollout, scale] = ["rollout", "scale"].map(|action| begin(action, "api"));
    let elsewhere = begin("rollout", "web");
    let rollback = begin("rollback", "api");
    let left = |id| journal.claimable(id).is_ok();
    assert!(left(&rollout), "it may still be put back");
    journal
        .end(&OperationEnd {
            operation: rollback,
            result: OperationResult::Verified,
            after: Facts::default(),
        })
        .unwrap();
    assert!(
        !left(&rollout),
        "going on would bring back what was rolled back"
    );
    assert!(left(&scale) && left(&elsewhere));
}
