//! Whether a restart happened whose end nobody knows.

use super::*;
use crate::{
    domain::instance::InstanceId,
    plan::{self, Ask, Preview, Risk, SeenInstance, Side, Verb},
    platform::Request,
};

/// A console in which the restart of two copies came to an end that nobody knows. They had started at second 1, as its intents
/// say; by now they show these starts, of which a platform makes what is left to do.
async fn reads_a_restart(starts: [i64; 2]) -> (Result<Option<Refused>, SafeText>, State) {
    let host = Host::new();
    let ana = Arc::new(host.console());
    let run = host.begin(&ana);
    let binding = backs_up(Arc::clone(&ana), &run);
    let start = OperationStart {
        action: "restart".into(),
        target: Target {
            cluster: "here".into(),
            service: "postgres".into(),
            ..Target::default()
        },
        ..backup(4)
    };
    let operation = binding.begin(&start).expect("it is its turn");
    for (step, id) in [(1, "one"), (2, "two")] {
        let intent = StepIntent {
            operation: operation.clone(),
            step,
            verb: "restart".into(),
            object: id.into(),
            object_id: id.into(),
            before: Facts {
                started: Some(at(1)),
                ..Facts::default()
            },
            after: Facts::default(),
        };
        binding.intent(&intent).expect("it is written");
    }
    let end = OperationEnd {
        operation,
        result: OperationResult::Unverified,
        after: Facts::default(),
    };
    binding.end(&end).expect("it is written");
    let lost = Outcome::Unverified(text("the daemon is away"));
    binding.step.ended(&lost).await;
    let (requests, mut asked) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(Request::Preview(ask, answer)) = asked.recv().await {
            let _ = answer.send(Ok(left(*ask, starts)));
        }
    });
    let settings = Settings::default();
    let hands = Hands::new(
        &requests,
        &Capabilities::default(),
        &settings,
        InFlight::default(),
    );
    let seen = |id: &str| SeenInstance {
        id: InstanceId(text(id)),
        name: text(id),
        number: 1,
        started: None,
        image_id: text("sha256:1"),
    };
    let there = |service: &ServiceId| {
        Some(plan::Target {
            identity: text("here"),
            service: service.clone(),
            seen: vec![seen("one"), seen("two")],
            ..plan::Target::default()
        })
    };
    let read = resolve(&ana, &hands, there, (run.clone(), BACKUP), at(10)).await;
    (read, state(&ana, &run, BACKUP))
}

/// What is left of a restart where the copies started then: what has started since is only waited for.
fn left(ask: Ask, starts: [i64; 2]) -> Preview {
    let sent = &ask.resumes.as_ref().expect("it is taken up").sent;
    let copies = sent.iter().zip(starts).flat_map(|(sent, start)| {
        let step = |verb| plan::Step {
            verb,
            object: sent.object.clone(),
        };
        let again = (sent.started == Some(at(start))).then(|| step(Verb::Restart));
        again.into_iter().chain([step(Verb::Await)])
    });
    Preview {
        steps: copies.collect(),
        ask: ask.clone(),
        now: Side::default(),
        to: Side::default(),
        changes: Vec::new(),
        remains: Vec::new(),
        notes: Vec::new(),
        impact: SafeText::EMPTY,
        estimate: None,
        risk: Risk::Plain,
        choices: Vec::new(),
        owner: None,
    }
}

#[tokio::test]
async fn of_a_restart_that_nobody_knows_the_end_of_the_copies_tell_by_their_starts() {
    let (read, state) = reads_a_restart([5, 6]).await;
    assert_eq!((read, state), (Ok(None), State::Passed));
    let (read, state) = reads_a_restart([1, 1]).await;
    assert_eq!((read, state), (Ok(None), State::Pending));
    let (read, state) = reads_a_restart([5, 1]).await;
    let why = read.expect_err("it is not one thing or the other");
    assert!(why.starts_with("1 of 2 copies have started since"), "{why}");
    assert_eq!(state, State::Uncertain);
}
