//! Whatever events there are: each one is applied or refused, and no state comes of them that cannot be.

use proptest::prelude::*;

use super::*;

fn what() -> impl Strategy<Value = What> {
    let item = (0..8_u32).prop_map(ItemId);
    let words = prop::sample::select(vec!["", " ", "so it is"]).prop_map(text);
    let name = prop::sample::select(vec!["", "ana", "Bob", "eve"]).prop_map(text);
    let id = (0..5_u8).prop_map(|n| op(&format!("op-{n}")));
    let found = prop::sample::select(vec![Finding::True, Finding::False, Finding::Unknown]);
    let result = prop::sample::select(vec![
        OperationResult::Verified,
        OperationResult::Unverified,
        OperationResult::Cancelled,
        OperationResult::PutBack,
    ]);
    (
        0..21_u8,
        item,
        words,
        name,
        id,
        (found, result, any::<bool>()),
    )
        .prop_map(
            |(which, item, words, name, operation, (found, result, flag))| match which {
                0 => What::Checked {
                    item,
                    found,
                    evidence: words,
                },
                1 => What::Attested { item },
                2 => What::Skipped {
                    item,
                    reason: words,
                },
                3 => What::Waived {
                    item,
                    reason: words,
                },
                4 => What::Noted {
                    item: flag.then_some(item),
                    text: words,
                },
                5 | 6 => What::DoBegun { item, operation },
                7 | 8 => What::DoEnded {
                    item,
                    operation,
                    result,
                    words,
                },
                9 => What::Uncertain { item, why: words },
                10 => What::Resolved {
                    item,
                    happened: flag,
                    unsent: found == Finding::True,
                    evidence: words,
                },
                11 => What::SoakBegun {
                    item,
                    evidence: words,
                },
                12 => What::SoakReset {
                    item,
                    evidence: words,
                },
                13 => What::SoakHeld {
                    item,
                    evidence: words,
                },
                14 if flag => What::TakenBack {
                    item,
                    reason: words,
                },
                14 => What::TimedOut { item },
                15 => What::Go { item },
                16 => What::NoGo {
                    item,
                    reason: words,
                },
                17 => What::WentStale { item, why: words },
                18 if flag => What::BreachBegun { evidence: words },
                18 => What::BreachEnded { evidence: words },
                19 if flag => What::ControlGiven { to: name },
                19 => What::ControlTaken {
                    first_is_gone: found == Finding::True,
                },
                _ if flag => What::FileChanged { hash: words },
                _ => What::Ended(if found == Finding::True {
                    End::Done
                } else {
                    End::Left { reason: words }
                }),
            },
        )
}

fn event() -> impl Strategy<Value = Event> {
    let by = prop::sample::select(vec!["", "ana", "ana", "ana", "bob", "EVE"]);
    (by, -10..2_000_i64, what())
        .prop_map(|(by, seconds, what)| Event::new(at(seconds), text(by), what))
}

/// Nothing that cannot be.
fn sound(run: &Run) {
    let mut acting = Vec::new();
    for (item, step) in run.steps() {
        let soaks = matches!(item.kind, Kind::Soak(..));
        let does = matches!(item.kind, Kind::Do(..));
        match step.state {
            State::Attested => assert!(matches!(item.kind, Kind::Attest)),
            State::Passed => match item.kind {
                Kind::Attest => panic!("an attest proves nothing"),
                Kind::Gate => assert!(step.go.len() > 1),
                Kind::Do(..) => assert!(step.done && step.operation.is_some()),
                Kind::Check(_) | Kind::Soak(..) => {}
            },
            State::Skipped => assert!(!item.killer && !step.words.trim().is_empty()),
            State::Waived => assert!(!step.words.trim().is_empty()),
            State::Uncertain => assert!(does && step.operation.is_some()),
            State::Pending | State::Running | State::Failed | State::Stale => {}
        }
        assert!(step.clock.is_none() || soaks && step.state == State::Running);
        assert!(step.operation.is_none() || does);
        assert!(step.state == State::Pending || step.at.is_some() && step.opened.is_some());
        acting.extend(step.operation.as_ref());
    }
    let of = acting.len();
    acting.sort();
    acting.dedup();
    assert_eq!(acting.len(), of, "an operation is of one step");
    assert!(!run.pilot().trim().is_empty());
    if let Some((_, End::Done)) = run.ended() {
        assert_eq!(run.next(), None);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_events_lead_where_nothing_can_be(events in prop::collection::vec(event(), 0..60)) {
        let mut walk = Walk::new();
        for event in events {
            let before = format!("{:?}", walk.run.steps);
            if walk.run.apply(&event).is_ok() {
                walk.events.push(event);
            } else {
                prop_assert_eq!(format!("{:?}", walk.run.steps), before);
            }
            sound(&walk.run);
        }
        let lines: Vec<String> = walk.events.iter()
            .map(|event| serde_json::to_string(event).expect("an event serialises")).collect();
        let read: Vec<Event> = lines.iter()
            .map(|line| serde_json::from_str(line).expect("an event reads back")).collect();
        prop_assert_eq!(&read, &walk.events);
        let again = Run::replay(Arc::clone(walk.run.document()), &read).expect("what happened can happen");
        prop_assert_eq!(format!("{:?}", again), format!("{:?}", walk.run));
        let record = record::markdown(&walk.run);
        prop_assert_eq!(document(&record).items().count(), 6);
        prop_assert!(serde_json::to_string(&Record::of(&walk.run)).is_ok());
    }
}
