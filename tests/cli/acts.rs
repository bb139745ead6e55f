//! Acting: each command shows its plan, needs agreement, ends with what the platform shows, and leaves a record.

use crate::run::{CALM, Home, Ran};

/// What stands in the journal of rehearsals.
fn audit(home: &Home, more: &[&str]) -> Ran {
    home.run(&[&["audit", CALM], more].concat()).ends(0)
}

#[test]
fn every_action_is_carried_out_and_recorded() {
    let home = Home::new();
    for (arguments, word) in [
        (&["scale", "web", "4"][..], "scale"),
        (&["restart", "web"], "restart"),
        (&["rollback", "web"], "rollback"),
        (&["backup", "postgres"], "backup"),
    ] {
        let ran = home
            .rehearse(&[arguments, &["--yes", "--reason=OPS-7"]].concat())
            .ends(0);
        for part in ["now", "to", "steps", "verified"] {
            assert!(ran.out.contains(part), "{word}: {part}: {}", ran.out);
        }
        let told = audit(&home, &["--steps"]).out;
        assert!(
            told.contains(&format!("{word} of shop/")) && told.contains("(OPS-7)"),
            "{told}"
        );
    }
    assert!(audit(&home, &[]).out.contains("  ana  "));
    let none = audit(&home, &["--by=nobody"]);
    assert_eq!(none.out, "");
    assert!(none.err.contains("nothing in the journal"), "{}", none.err);
    home.run(&["audit", CALM, "verify"]).ends(0);
}

#[test]
fn the_audit_is_a_line_an_operation() {
    let home = Home::new();
    for arguments in [
        &["scale", "web", "4", "--reason=OPS-7"][..],
        &["rollback", "web"],
        &["restart", "postgres"],
    ] {
        home.rehearse(&[arguments, &["--yes"]].concat()).ends(0);
    }
    let told = audit(&home, &[]).out;
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 4, "{told}");
    for (line, parts) in [
        (lines[1], ["scale shop/web 2 → 4", "OPS-7"]),
        (lines[2], ["rollback shop/web v4.1.0 → v4.0.3", "shop"]),
        (lines[3], ["restart shop/postgres", "ana"]),
    ] {
        for part in parts {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert!(line.contains("  verified  "), "{line}");
        assert!(line.trim_end_matches("  OPS-7").contains("0:0"), "{line}");
    }
    assert!(!told.contains("sha256"), "{told}");
    assert!(
        lines.iter().all(|line| line.chars().count() <= 100),
        "{told}"
    );
    // What was asked for tells whole operations, however many of its entries match.
    let of_postgres = audit(&home, &["--service=postgres"]).out;
    assert_eq!(of_postgres.lines().count(), 2, "{of_postgres}");
    let steps = audit(&home, &["--steps"]).out;
    assert!(steps.lines().count() > 10, "{steps}");
    assert!(steps.contains("step 1: "), "{steps}");
}

#[test]
fn an_outcome_in_json_stands_alone_on_the_output() {
    let home = Home::new();
    let ran = home
        .rehearse(&["scale", "web", "4", "--yes", "--json"])
        .ends(0);
    let [outcome] = ran.json().try_into().expect("one object");
    assert_eq!(outcome["outcome"], "verified");
    assert_eq!(outcome["exit_code"], 0);
    assert_eq!(outcome["steps_done"], outcome["steps"]);
    assert!(ran.err.contains("Scale shop/web"), "{}", ran.err);
    let operation = outcome["operation"].as_str().expect("an id");
    let told = audit(&home, &["--operation", operation, "--json"]).json();
    assert!(told.len() > 2, "{told:?}");
    assert!(
        told[0]["sentence"]
            .as_str()
            .is_some_and(|s| s.contains("2 → 4 replicas")),
        "{}",
        told[0]
    );
}

#[test]
fn what_was_verified_says_which_alerts_remain() {
    let home = Home::new();
    let incident = [
        "--yes",
        "--json",
        "--demo",
        "--at=2m",
        "--speed=50",
        "--operator=ana",
    ];
    let ran = |what: &[&str]| home.run(&[what, &incident].concat()).ends(0);
    // It fails for what it needs: a restart comes to its end, and mends nothing.
    let [outcome] = ran(&["restart", "web"])
        .json()
        .try_into()
        .expect("one object");
    assert_eq!(outcome["outcome"], "verified");
    assert_eq!(outcome["alerts_remaining"], 1, "{outcome}");
    let sentence = outcome["sentence"].as_str().expect("words");
    assert!(
        sentence.ends_with("1 critical alert remains on web"),
        "{outcome}"
    );
}

#[test]
fn without_agreement_nothing_is_sent() {
    let home = Home::new();
    let ran = home.rehearse(&["scale", "web", "4"]).ends(4);
    assert!(ran.err.contains("--yes"), "{}", ran.err);
    // Dear, in production: the name itself.
    for yes in ["--yes", "--yes=shop/postgres"] {
        let ran = home.rehearse(&["stop", "web", yes]).ends(4);
        assert!(ran.err.contains("--yes=shop/web"), "{}", ran.err);
    }
    let ran = home
        .rehearse(&["scale", "web", "4", "--yes=shop/postgres"])
        .ends(4);
    assert!(ran.err.contains("not about"), "{}", ran.err);
    let ran = home.rehearse(&["scale", "web", "4", "--dry-run"]).ends(0);
    assert!(ran.out.contains("Scale shop/web"), "{}", ran.out);
    let told = audit(&home, &[]).out;
    assert!(
        told.starts_with("nothing has been done from here yet"),
        "{told}"
    );
    home.rehearse(&["stop", "web", "--yes=shop/web"]).ends(0);
}

#[test]
fn nobody_acts_without_a_name() {
    let ran = Home::new().run(&["restart", "web", "--yes", CALM]).ends(2);
    assert!(ran.err.contains("QUARTERDECK_OPERATOR"), "{}", ran.err);
}

#[test]
fn read_only_refuses_every_action() {
    let home = Home::new();
    for arguments in [
        &["scale", "web", "4"][..],
        &["restart", "web"],
        &["rollout", "web", "v9"],
        &["rollback", "web"],
        &["start", "web"],
        &["stop", "web"],
        &["backup", "postgres"],
    ] {
        let ran = home
            .rehearse(&[arguments, &["--yes", "--read-only"]].concat())
            .ends(4);
        assert!(ran.err.contains("read-only"), "{}", ran.err);
    }
}

#[test]
fn what_cannot_be_done_says_why() {
    let home = Home::new();
    // As many as there are.
    let ran = home.rehearse(&["scale", "web", "2", "--yes"]).ends(4);
    assert!(!ran.err.is_empty());
    let ran = home.rehearse(&["restart", "wep", "--yes"]).ends(2);
    assert!(ran.err.contains("did you mean shop/web?"), "{}", ran.err);
    let ran = home
        .rehearse(&["rollback", "web", "--to=v0.0.0", "--yes"])
        .ends(2);
    assert!(ran.err.contains("v4.0.3"), "{}", ran.err);
    home.rehearse(&["rollback", "web", "--to=v4.0.3", "--yes"])
        .ends(0);
}

#[test]
fn a_changed_entry_is_found() {
    let home = Home::new();
    home.rehearse(&["scale", "web", "4", "--yes"]).ends(0);
    let folder = home.path().join(".local/state/quarterdeck/demo/journal");
    let segment = std::fs::read_dir(folder)
        .expect("the journal")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "jsonl"))
        .expect("a segment");
    let text = std::fs::read_to_string(&segment).expect("the segment is readable");
    std::fs::write(&segment, text.replacen("\"ana\"", "\"bob\"", 1)).expect("and writable");
    let ran = home.run(&["audit", CALM, "verify"]).ends(1);
    assert!(ran.out.contains("this line was changed"), "{}", ran.out);
    let ran = home.run(&["audit", CALM, "verify", "--json"]).ends(1);
    assert_eq!(ran.json()[0]["intact"], false);
}

#[test]
fn without_a_place_for_the_journal_nothing_is_sent() {
    let home = Home::new();
    let state = home.path().join("state");
    std::fs::write(&state, "a file, not a folder").expect("the home is writable");
    let restart = [
        "restart",
        "web",
        "--yes",
        CALM,
        "--speed=50",
        "--operator=ana",
    ];
    let with = |more: &[&str]| {
        let mut command = home.command(&[&restart, more].concat());
        crate::run::ran(command.env("QUARTERDECK_STATE_DIR", &state))
    };
    let ran = with(&[]).ends(4);
    assert!(ran.err.contains("nothing was sent"), "{}", ran.err);
    assert!(ran.err.contains("--unrecorded"), "{}", ran.err);
    let journal = state.join("demo/journal").display().to_string();
    for part in [journal.as_str(), "chown", "QUARTERDECK_STATE_DIR"] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    let ran = with(&["--unrecorded"]).ends(0);
    assert!(ran.out.contains("verified"), "{}", ran.out);
}

#[test]
fn what_is_there_in_clusters_alone_is_found_by_its_bare_name() {
    let home = Home::new();
    let ask = |arguments: &[&str]| {
        let here = ["--demo=specify", "--speed=20", "--operator=ana"];
        home.run(&[arguments, &here].concat())
    };
    let status = home.run(&["status", "--demo=specify", "--json"]).ends(0);
    let [status] = status.json().try_into().expect("one object");
    let node = status["nodes"][0]["name"].as_str().expect("a name");
    let service = &status["services"][0];
    let pod = service["instances"][0]["name"].as_str().expect("a name");
    // A drain is dear: it needs the name.
    let agreed = format!("--yes=specify/node/{node}");
    for (arguments, says) in [
        (&["cordon", node, "--yes"][..], "it takes no new pods"),
        (&["drain", node, &agreed], " pods are gone"),
        (&["delete", "pod", pod, "--yes"], "the pod is gone"),
        (
            &["run", "postgres-backup", "--yes"],
            "postgres-backup-manual-1 ended well; it said last: specify.dump",
        ),
    ] {
        let ran = ask(arguments).ends(0);
        assert!(ran.out.contains(says), "{arguments:?}: {}", ran.out);
    }
    let again = ask(&["uncordon", node, "--yes"]);
    assert!(
        again.err.contains("takes new pods already"),
        "{}",
        again.err
    );
    for (arguments, says) in [
        (
            &["cordon", &format!("{node}x")][..],
            format!("did you mean node/{node}?"),
        ),
        (&["run", "no-such-job"], "there is no cronjob".to_owned()),
        (
            &["delete", "pod", "nobody"],
            "there is no pod nobody".to_owned(),
        ),
        (
            &["delete", "node", node],
            "[possible values: pod]".to_owned(),
        ),
    ] {
        let ran = ask(&[arguments, &["--yes"]].concat()).ends(2);
        assert!(ran.err.contains(&says), "{arguments:?}: {}", ran.err);
    }
    // What there is not at all is refused with the reason, whatever is named.
    for verb in ["drain", "promote", "abort", "retry"] {
        let ran = home.rehearse(&[verb, "web", "--yes"]).ends(4);
        let why = "this is for clusters: there are neither pods nor nodes here";
        assert!(ran.err.contains(why), "{verb}: {}", ran.err);
    }
    let ran = ask(&["promote", "core", "--full", "--yes"]).ends(4);
    let why = "promote-full of core: there are no Argo Rollouts here";
    assert!(ran.err.contains(why), "{}", ran.err);
}

#[test]
fn a_number_of_copies_that_is_none_is_told_with_what_is_expected() {
    let home = Home::new();
    for written in ["lots", "-1", "1001", "3.5"] {
        let ran = home.rehearse(&["scale", "api", written, "--yes"]).ends(2);
        let said = format!("invalid value '{written}'");
        let expected = "a number of copies from 0 to 1000: quarterdeck scale api 3";
        assert!(
            ran.err.contains(&said) && ran.err.contains(expected),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_daemon_named_by_hand_is_said_to_be() {
    let home = Home::new();
    let nowhere = "unix:///nowhere/docker.sock";
    let ran = home.run(&["doctor", "--docker-host", nowhere]);
    assert!(
        ran.out
            .contains("unix:///nowhere/docker.sock, by --docker-host"),
        "{}",
        ran.out
    );
    let ran = home.run(&["status", "--docker-host", nowhere]);
    assert!(
        ran.err.contains("name another with --docker-host"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("DOCKER_HOST"), "{}", ran.err);
}
