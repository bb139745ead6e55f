//! One action on a service at a time, whichever console of the host begins it.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::sync::{Arc, Barrier};
use std::thread;

use quarterdeck::journal::{Journal, Unrecorded};
use quarterdeck::plan::record::{
    Facts, Failure, OperationEnd, OperationId, OperationResult, OperationStart, RecordError,
    Recorder, StepName, Target,
};

use super::support::{self, child, done, intent, open, start, target};

/// `action` of the service that all are about, by `by`.
fn action(action: &str, by: &str) -> OperationStart {
    OperationStart {
        action: action.into(),
        by: by.into(),
        ..start(2)
    }
}

fn on(target: Target) -> OperationStart {
    OperationStart {
        target,
        ..action("restart", "ben")
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

/// What `ben` is told, in words; `None` where he may begin.
fn refused(journal: &Journal, start: &OperationStart) -> Option<String> {
    let asked = journal.free(start.action.as_str(), &start.target);
    let begun = journal.begin(start);
    let under_way = |error: &RecordError| matches!(error, RecordError::UnderWay { .. });
    assert_eq!(asked.err(), begun.clone().err());
    assert!(begun.as_ref().err().is_none_or(under_way), "{begun:?}");
    begun.err().map(|error| error.to_string())
}

#[test]
fn what_another_console_does_to_a_service_is_not_begun_beside_it() {
    let root = tempfile::tempdir().unwrap();
    let (ana, ben) = (open(root.path()), open(root.path()));
    let restart = ana.begin(&action("restart", "ana")).unwrap();
    for word in ["restart", "rollout", "rollback", "scale", "backup"] {
        let words = refused(&ben, &action(word, "ben")).unwrap();
        let (before, since) = words.split_once(" since ").unwrap();
        assert_eq!(
            before,
            "restart shop/api by ana is under way in another console"
        );
        assert!(
            since.ends_with(" UTC: one action at a time"),
            "{since}: {word}"
        );
    }
    let elsewhere = |change: fn(&mut Target)| {
        let mut target = target();
        change(&mut target);
        refused(&ben, &on(target))
    };
    assert_eq!(elsewhere(|target| target.service = "web".into()), None);
    assert_eq!(elsewhere(|target| target.cluster = "daemon-2".into()), None);
    // Two names may lead to one daemon.
    assert!(elsewhere(|target| target.context = "other".into()).is_some());

    end(&ana, restart, OperationResult::Verified);
    assert_eq!(refused(&ben, &action("restart", "ben")), None);
}

#[test]
fn that_nothing_can_be_written_is_accepted_and_not_that_two_act() {
    let root = tempfile::tempdir().unwrap();
    let (ana, ben) = (open(root.path()), open(root.path()));
    ana.begin(&action("restart", "ana")).unwrap();
    let begun = Unrecorded::to(Arc::new(ben)).begin(&action("restart", "ben"));
    assert!(matches!(begun, Err(RecordError::UnderWay { .. })));
}

/// Each console simulates a world of its own.
#[test]
fn worlds_of_one_name_are_not_one() {
    let root = tempfile::tempdir().unwrap();
    let (ana, ben) = (open(root.path()), open(root.path()));
    let simulated = on(Target {
        cluster: "sim:three-tier".into(),
        ..target()
    });
    ana.begin(&simulated).unwrap();
    assert_eq!(refused(&ben, &simulated), None);
}

#[test]
fn of_two_who_begin_at_once_exactly_one_does() {
    for _ in 0..crate::gate::size(20, 400) {
        let root = tempfile::tempdir().unwrap();
        let consoles = [open(root.path()), open(root.path())];
        let at_once = Barrier::new(2);
        let begun = thread::scope(|scope| {
            let begin = |console: &Journal| {
                at_once.wait();
                console.begin(&action("restart", "ana")).is_ok()
            };
            let [one, other] = &consoles;
            let one = scope.spawn(move || begin(one));
            let other = scope.spawn(move || begin(other));
            [one.join().unwrap(), other.join().unwrap()]
        });
        assert!(begun[0] != begun[1], "{begun:?}");
        support::assert_fits(&consoles[0]);
    }
}

#[test]
fn another_process_is_waited_for_as_long_as_it_lives() {
    let root = tempfile::tempdir().unwrap();
    let mut console = child("journal::operations::stopped_in_the_middle", root.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(console.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "in the middle"));
    let ben = open(root.path());
    let words = refused(&ben, &action("restart", "ben")).unwrap();
    assert!(words.starts_with("rollout shop/api by ana is under way "));
    console.kill().unwrap();
    console.wait().unwrap();
    assert_eq!(refused(&ben, &action("restart", "ben")), None);
}

/// A console that stopped an action in its middle lives on, and does not work on it any more.
#[test]
fn what_was_let_go_is_anybodys() {
    let root = tempfile::tempdir().unwrap();
    let (ana, ben) = (open(root.path()), open(root.path()));
    let halted = ana.begin(&action("restart", "ana")).unwrap();
    assert_eq!(ben.unfinished().unwrap(), []);
    ana.let_go(halted.clone()).unwrap();
    assert_eq!(ben.unfinished().unwrap()[0].id, halted);
    let going_on = OperationStart {
        resumes: Some(halted.clone()),
        ..action("restart", "ben")
    };
    let second = ben.begin(&going_on).unwrap();
    let taken = RecordError::Taken {
        id: halted.clone(),
        by: Some("ben".into()),
    };
    assert_eq!(ana.claimable(&halted), Err(taken));
    assert!(refused(&ana, &action("restart", "ana")).is_some());

    // One that failed is over, and what it went on with is as it was: let go.
    let why = Failure::Unhealthy;
    end(&ben, second, OperationResult::Failed { step: 1, why });
    assert_eq!(ana.unfinished().unwrap()[0].id, halted);
    assert_eq!(refused(&ana, &action("restart", "ana")), None);
}

/// A platform that rolls by itself may be stuck with it for minutes, which is when somebody has to get it back.
#[test]
fn the_way_back_is_open_while_another_console_only_watches() {
    let step = |verb: &str| StepName {
        verb: verb.into(),
        object: "deployment api".into(),
    };
    for (verb, is_open) in [("patch", true), ("create", false)] {
        let root = tempfile::tempdir().unwrap();
        let (ana, ben) = (open(root.path()), open(root.path()));
        let rollout = OperationStart {
            steps: vec![step(verb), step("await")],
            ..action("rollout", "ana")
        };
        let operation = ana.begin(&rollout).unwrap();
        let sends = |at: u16| {
            let mut intent = intent(&operation, at);
            intent.verb = rollout.steps[usize::from(at) - 1].verb.clone();
            ana.intent(&intent).unwrap()
        };
        let receipt = sends(1);
        let word = |word: &str| ben.free(word, &target()).is_ok();
        assert!(!word("rollback"), "it is being sent");
        ana.outcome(&receipt, &done()).unwrap();
        sends(2);
        assert!(!word("rollout") && !word("restart") && !word("scale"));
        for back in ["rollback", "abort", "pause"] {
            assert_eq!(word(back), is_open, "{back} beside {verb}");
        }
    }
}
