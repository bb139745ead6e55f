use serde_json::json;

use super::*;

const OPERATION: &str = "1kq3v9z7m-7f3q0";

/// A container in short: its part, its image, its state.
fn container(part: Part, image: &str, status: &str) -> Container {
    let name = match part {
        Part::Plain => "api-1".to_owned(),
        Part::New => names::new("api-1", OPERATION),
        Part::Old => names::old("api-1", OPERATION),
    };
    Container(json!({
        "Id": format!("{part:?}").to_lowercase(), "Name": format!("/{name}"), "Image": image,
        "State": { "Status": status },
    }))
}

/// What is done, and what stays: `stop new, remove new | plain`.
fn settle(containers: &[Container], wanted: Option<&str>) -> String {
    let members = &Members::sort(containers)[0];
    let settled = members.settle(wanted);
    let id = |who: &Who| match who {
        Who::There(id) => id.clone(),
        Who::Made => unreachable!("settling makes nothing"),
    };
    let steps: Vec<String> = settled
        .works
        .iter()
        .map(|work| match &work.act {
            Act::Start(who) => format!("start {}", id(who)),
            Act::Stop(who) => format!("stop {}", id(who)),
            Act::Remove(who) => format!("remove {}", id(who)),
            Act::Await(who) => format!("await {}", id(who)),
            Act::Rename(who, Name::Final(name)) => format!("{} is {name}", id(who)),
            other => panic!("{other:?}"),
        })
        .collect();
    format!(
        "{} | {}",
        steps.join(", "),
        settled.stays.map_or("", Container::id)
    )
}

#[test]
fn one_container_under_its_name_needs_nothing() {
    for status in ["running", "exited", "restarting", "created"] {
        assert_eq!(
            settle(&[container(Part::Plain, "a", status)], Some("b")),
            " | plain"
        );
    }
}

#[test]
fn every_point_of_a_walk_is_settled_forwards_and_back() {
    use Part::{New, Old, Plain};
    type There<'a> = &'a [(Part, &'a str, &'a str)];
    // `a` ran, `b` was being brought. Forwards, where plain `a` stays, it is then replaced in the ordinary way.
    let points: [(There<'_>, &str, &str); 8] = [
        // Both ways: made, not started.
        (
            &[(Plain, "a", "running"), (New, "b", "created")],
            "remove new | plain",
            "await plain, remove new | plain",
        ),
        // Start-first: both run.
        (
            &[(Plain, "a", "running"), (New, "b", "running")],
            "stop new, remove new | plain",
            "await plain, stop new, remove new | plain",
        ),
        // Start-first: the old one has stopped.
        (
            &[(Plain, "a", "exited"), (New, "b", "running")],
            "await new, remove plain, new is api-1 | new",
            "stop new, remove new, start plain, await plain | plain",
        ),
        // Start-first: the old one is gone.
        (
            &[(New, "b", "running")],
            "await new, new is api-1 | new",
            "new is api-1 | new",
        ),
        // Stop-first: the old one gave its name away, and runs.
        (
            &[(New, "b", "created"), (Old, "a", "running")],
            "stop old, new is api-1, start new, await new, remove old | new",
            "await old, remove new, old is api-1 | old",
        ),
        // Stop-first: it has stopped.
        (
            &[(New, "b", "created"), (Old, "a", "exited")],
            "new is api-1, start new, await new, remove old | new",
            "remove new, old is api-1, start old, await old | old",
        ),
        // Stop-first: the new one has the name.
        (
            &[(Plain, "b", "created"), (Old, "a", "exited")],
            "start plain, await plain, remove old | plain",
            "remove plain, old is api-1, start old, await old | old",
        ),
        // Stop-first: it runs.
        (
            &[(Plain, "b", "running"), (Old, "a", "exited")],
            "await plain, remove old | plain",
            "stop plain, remove plain, old is api-1, start old, await old | old",
        ),
    ];
    for (there, forwards, back) in points {
        let there: Vec<_> = there
            .iter()
            .map(|(part, image, status)| container(*part, image, status))
            .collect();
        assert_eq!(settle(&there, Some("b")), forwards, "{there:?}");
        assert_eq!(settle(&there, Some("a")), back, "{there:?}");
    }
}

#[test]
fn what_serves_stays_where_nobody_wishes_anything() {
    let serves = container(Part::Plain, "b", "running");
    assert_eq!(
        settle(&[serves, container(Part::Old, "a", "exited")], None),
        "await plain, remove old | plain"
    );
    let broken = container(Part::Plain, "b", "exited");
    assert_eq!(
        settle(&[broken, container(Part::Old, "a", "exited")], None),
        "remove plain, old is api-1, start old, await old | old"
    );
}

#[test]
fn a_copy_that_was_never_started_goes() {
    assert_eq!(
        settle(&[container(Part::New, "a", "created")], Some("a")),
        "remove new | "
    );
}
