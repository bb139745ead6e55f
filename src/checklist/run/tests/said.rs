//! What people said: at whose console, and taken back.

use super::*;

/// What `who` says at the console of ana.
fn typed(walk: &mut Walk, who: &str, seconds: i64, what: What) {
    let event = Event::new(at(seconds), text(who), what);
    let event = event.at_console_of(&text("ana"));
    walk.run.apply(&event).expect("it can happen");
    walk.events.push(event);
}

fn step_record(run: &Run, item: ItemId) -> serde_json::Value {
    let record = serde_json::to_value(Record::of(run)).expect("it serialises");
    record["steps"]
        .as_array()
        .and_then(|steps| steps.iter().find(|step| step["step"] == item.0))
        .cloned()
        .expect("it is walked")
}

fn take_back(item: ItemId) -> What {
    let reason = text("the wrong team");
    What::TakenBack { item, reason }
}

#[test]
fn the_record_says_at_whose_console_a_second_person_said_it() {
    let mut walk = Walk::to_the_gate();
    // However her own name is written there, it is she.
    typed(&mut walk, "Ana", 20, What::Go { item: GATE });
    typed(&mut walk, "bob", 21, What::Go { item: GATE });
    let reason = text("by hand");
    let item = ROLLOUT;
    typed(&mut walk, "eve", 22, What::Waived { item, reason });
    assert_eq!(walk.state(GATE), State::Passed);
    let record = record::markdown(&walk.run);
    for line in [
        "by bob, entered by ana: go: Ana, bob",
        "by bob, entered by ana: go\n",
        "by eve, entered by ana: by hand",
        "- waived by eve, entered by ana: Roll out (by hand)",
    ] {
        assert!(record.contains(line), "{line}: {record}");
    }
    assert_eq!(record.matches("entered by").count(), 4, "{record}");
    let gate = step_record(&walk.run, GATE);
    assert_eq!(
        (&gate["by"], &gate["entered_by"]),
        (&"bob".into(), &"ana".into())
    );
    assert_eq!(gate["notes"][0]["entered_by"], "ana");
    assert_eq!(step_record(&walk.run, SUPPORT).get("entered_by"), None);
    let [.., own, second, _] = &walk.events[..] else {
        panic!("they happened");
    };
    assert_eq!(own.sentence(), "step 4: go");
    assert_eq!(second.sentence(), "step 4: go, entered by ana");
}

#[test]
fn what_was_written_before_consoles_were_told_apart_is_read() {
    let line = r#"{"at":"2026-11-21T14:00:00Z","by":"bob","what":{"is":"go","item":4}}"#;
    let event: Event = serde_json::from_str(line).expect("it is read");
    assert_eq!(event.entered_by, None);
    // And is written so, where one sat at their own.
    assert_eq!(serde_json::to_string(&event).expect("it is written"), line);
}

#[test]
fn an_attestation_is_taken_back_and_stays_in_the_record() {
    let mut walk = Walk::to_the_gate();
    assert_eq!(
        walk.by("bob", 20, take_back(SUPPORT)),
        Err(Refused::NotInControl(text("ana")))
    );
    let (item, reason) = (SUPPORT, text(" "));
    assert_eq!(
        walk.ana(20, What::TakenBack { item, reason }),
        Err(Refused::NoReason)
    );
    let refused = walk.ana(20, take_back(HEALTHY));
    assert_eq!(refused, Err(Refused::OtherState(State::Passed)));
    walk.ana(20, take_back(SUPPORT))
        .expect("nothing stands on it");
    assert_eq!(
        (walk.state(SUPPORT), walk.run.next()),
        (State::Pending, Some(SUPPORT))
    );
    walk.ana(30, What::Attested { item: SUPPORT })
        .expect("it is so now");
    let record = record::markdown(&walk.run);
    let both = [
        "  - attested ",
        "taken back: the wrong team (attested 2027-01-15 08:00:11 UTC by ana)",
    ];
    assert!(both.iter().all(|line| record.contains(line)), "{record}");
    assert_eq!(
        step_record(&walk.run, SUPPORT)["notes"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    let again = Run::replay(Arc::clone(walk.run.document()), &walk.events);
    assert_eq!(record::markdown(&again.expect("it happened")), record);
}

/// A gate asks for all before it, and an action for what nobody may skip.
#[test]
fn what_was_gone_on_with_is_not_taken_back() {
    let mut walk = Walk::to_the_gate();
    walk.ana(20, What::Go { item: GATE })
        .expect("all is settled");
    assert_eq!(
        walk.ana(21, take_back(SUPPORT)),
        Err(Refused::StoodOn(GATE))
    );
    let (item, reason) = (GATE, text("wait"));
    walk.ana(22, What::NoGo { item, reason }).expect("she may");
    walk.ana(23, take_back(SUPPORT))
        .expect("nobody goes on with it");

    let list = "- [ ] One\n- [ ] Two `killer`\n- [ ] Act `do: restart api`\n";
    let document = document(list);
    let [one, two, act] = [1, 2, 3].map(ItemId);
    let start = start(&document);
    let mut run = Run::new(document, start, text("ana"), at(0)).expect("it begins");
    let mut says = |seconds, what| run.apply(&Event::new(at(seconds), text("ana"), what));
    says(1, What::Attested { item: two }).expect("she may");
    says(2, What::Attested { item: one }).expect("she may");
    says(3, begin(act, "op-1")).expect("what binds is settled");
    assert_eq!(says(4, take_back(two)), Err(Refused::StoodOn(act)));
    says(5, take_back(one)).expect("the action did not wait for it");
}
