//! Lists before they are walked: their mistakes, what is in them, and one to begin with.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use crate::run::{CALM, Home};

fn deployment(name: &str) -> String {
    format!("{}/tests/deployments/{name}.md", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn a_list_of_a_teams_own_is_walkable_as_it_is() {
    let home = Home::new();
    let ran = home.run(&["checklist", "lint", &deployment("ancient-compute")]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.ends_with("can be walked: 47 steps in 8 lists\n"),
        "{ran:?}"
    );
}

#[test]
fn every_mistake_has_its_place_and_nothing_is_walked() {
    let home = Home::new();
    let list = home.path().join("list.md");
    fs::write(
        &list,
        "# A\n- [ ] a `chek: healthy(*)`\n- [ ] b `check: helthy(*)`\n",
    )
    .expect("written");
    let list = list.display().to_string();
    let ran = home.run(&["checklist", "lint", &list]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    for told in [
        "list.md:2:10",
        "did you mean `check`?",
        "list.md:3:17",
        "cannot be walked: 2 mistakes",
    ] {
        assert!(ran.out.contains(told), "{told}: {ran:?}");
    }
    let ran = home.run(&["checklist", "lint", "--json", &list]);
    let json = &ran.json()[0];
    assert_eq!((ran.code, &json["walkable"]), (Some(1), &false.into()));
    let problem = &json["problems"][1];
    assert_eq!(
        (&problem["line"], &problem["column"]),
        (&3.into(), &17.into())
    );
    assert_eq!(problem["level"], "error");
}

#[test]
fn a_file_without_a_list_says_what_to_do() {
    let home = Home::new();
    let ran = home.run(&["checklist", "lint", &deployment("spiral-core")]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out.contains("no list in this file") && ran.out.contains("quarterdeck checklist new"),
        "{ran:?}"
    );
    let ran = home.run(&["checklist", "lint", "nowhere.md"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.err.contains("nowhere.md cannot be read"), "{ran:?}");
    let binary = home.path().join("binary.md");
    fs::write(&binary, b"# A\n- [ ] \xff\n").expect("written");
    let ran = home.run(&["checklist", "lint", &binary.display().to_string()]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.out.contains("binary.md:2:7") && ran.out.contains("this is not UTF-8"),
        "{ran:?}"
    );
}

#[test]
fn lists_and_procedures_are_told_with_their_counts() {
    let home = Home::new();
    let ran = home.run(&[
        "checklist",
        "list",
        &deployment("three-tier-template"),
        &deployment("arches"),
    ]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    for line in [
        "    6 steps  Rolling Updates\n",
        "    4 items  Security Enhancements\n",
        "    8 items  1. Pre-Deployment Checklist\n",
    ] {
        assert!(ran.out.contains(line), "{line}: {ran:?}");
    }
    let ran = home.run(&["checklist", "list", "--json", &deployment("specify")]);
    let lines = ran.json();
    assert_eq!(lines.len(), 3, "{ran:?}");
    assert_eq!(
        (&lines[2]["steps"], &lines[2]["kind"], &lines[2]["line"]),
        (&5.into(), &"procedure".into(), &403.into())
    );
}

#[test]
fn without_a_file_the_lists_of_this_folder_are_told() {
    let home = Home::new();
    let folder = home.path().join("checklists");
    fs::create_dir(&folder).expect("a folder");
    let ran = home.run(&["checklist", "list"]);
    assert!(
        ran.code == Some(0) && ran.err.contains("checklist new deploy-day"),
        "{ran:?}"
    );
    fs::write(folder.join("a.md"), "- [ ] one\n").expect("written");
    fs::write(home.path().join("README.md"), "nothing\n").expect("written");
    fs::write(home.path().join("b.md"), "- [ ] `chek: x`\n").expect("written");
    let ran = home.run(&["checklist", "list"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.out, "checklists/a.md  a\n    1 item   a\n");
    assert!(
        ran.err.contains("b.md:1:8: there is no key `chek`") && !ran.err.contains("README"),
        "{ran:?}"
    );
}

#[test]
fn a_new_list_speaks_of_what_runs_and_passes() {
    let home = Home::new();
    let list = home.path().join("deploy.md").display().to_string();
    let new = ["checklist", "new", "deploy-day", "--output", &list, CALM];
    let ran = home.run(&new);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let text = fs::read_to_string(&list).expect("it is there");
    for line in [
        "- [ ] Roll out web `do: rollout web` `check: rolled_out(web)`",
        "A backup of postgres is taken",
    ] {
        assert!(text.contains(line), "{text}");
    }
    let ran = home.run(&["checklist", "lint", &list, "--live", CALM]);
    assert_eq!(
        (ran.code, ran.out.contains("warning")),
        (Some(0), false),
        "{ran:?}"
    );
    let ran = home.run(&new);
    assert_eq!(
        ran.code,
        Some(1),
        "what is there is not written over: {ran:?}"
    );
    fs::write(&list, text.replace("rollout web", "rollout weeb")).expect("written");
    let ran = home.run(&["checklist", "lint", &list, "--live", CALM]);
    assert!(
        ran.code == Some(1) && ran.out.contains("did you mean `web`?"),
        "{ran:?}"
    );
}

#[test]
fn without_a_platform_a_new_list_says_that_it_names_nothing() {
    let home = Home::new();
    let ran = home.run(&["checklist", "new", "on-call-handover"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(
        ran.out.starts_with("---\nname: On-call handover\n"),
        "{ran:?}"
    );
    assert!(ran.err.contains("no service is filled in"), "{ran:?}");
}

const DAY: &str = "\
# Day
## Before
- [ ] All is well `check: healthy(*)`
- [ ] Support is there
- [ ] Go / no-go `gate`
- [ ] Restart web `do: restart web`
";

/// Runs the list on a simulated deployment with these options more, and gives its name.
fn walk(home: &Home, options: &[&str]) -> (crate::run::Ran, String) {
    let list = home.path().join("day.md");
    fs::write(&list, DAY).expect("written");
    let list = list.display().to_string();
    let mut run = vec!["checklist", "run", &list, CALM, "--operator", "ana"];
    run.extend(options);
    let ran = home.run(&run);
    let told = ran.err.lines().find_map(|line| line.strip_prefix("run "));
    let run = told.unwrap_or_default().to_owned();
    (ran, run)
}

#[test]
fn a_list_is_walked_without_a_screen_as_far_as_it_was_agreed_to() {
    let home = Home::new();
    let (ran, _) = walk(&home, &["--yes"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.err.contains("--attest 2"), "{ran:?}");
    let (ran, _) = walk(&home, &["--attest", "2"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.err.contains("--go NAME"), "{ran:?}");
    let (ran, _) = walk(&home, &["--attest", "2", "--go", "Ana", "--yes"]);
    assert_eq!(ran.code, Some(4), "one person is not two: {ran:?}");
    let (ran, _) = walk(&home, &["--attest", "2", "--go", "bob"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(ran.err.contains("--yes"), "{ran:?}");
    let (ran, run) = walk(&home, &["--attest", "2", "--go", "bob", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = home.run(&["checklist", "export", &run, CALM]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.out.matches("- [x] ").count(), 4, "{ran:?}");
    assert!(
        ran.out.contains("ana") && ran.out.contains("bob"),
        "{ran:?}"
    );
    let ran = home.run(&["checklist", "show", "--json", CALM]);
    let is = |word: &str| ran.out.matches(word).count();
    assert_eq!(
        (is("\"over\""), is("\"left in the middle\"")),
        (1, 4),
        "{ran:?}"
    );
    let ran = home.run(&["audit", CALM]);
    assert!(ran.out.contains("Day: step 2 attested"), "{ran:?}");
    let ran = home.run(&["audit", "verify", CALM]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_run_that_waited_for_what_was_not_given_goes_on_when_it_is() {
    let home = Home::new();
    let (ran, run) = walk(&home, &["--yes"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(
        ran.err.contains(&format!("checklist run --resume {run}")),
        "{ran:?}"
    );
    let resume = |options: &[&str]| {
        let run = ["checklist", "run", "--resume", &run, CALM, "--operator=ana"];
        home.run(&[&run, options].concat())
    };
    let ran = resume(&["--attest", "2"]);
    assert!(
        ran.code == Some(4) && ran.err.contains("--go NAME"),
        "{ran:?}"
    );
    let ran = resume(&["--go", "Ana"]);
    assert_eq!(ran.code, Some(4), "one person is not two: {ran:?}");
    let ran = resume(&["--go", "bob"]);
    assert!(ran.code == Some(4) && ran.err.contains("--yes"), "{ran:?}");
    let ran = resume(&["--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = home.run(&["checklist", "export", &run, CALM]);
    assert_eq!(ran.out.matches("- [x] ").count(), 4, "{ran:?}");
    let ran = resume(&[]);
    assert!(
        ran.code == Some(2) && ran.err.contains("is over"),
        "{ran:?}"
    );
}

#[test]
fn why_a_run_was_left_is_told_though_it_cannot_be_written_down() {
    let home = Home::new();
    let list = home.path().join("day.md");
    let never = "- [ ] Web is large `check: ready(web) > 99`\n";
    fs::write(&list, never).expect("written");
    let list = list.display().to_string();
    let run = [
        "checklist",
        "run",
        &list,
        CALM,
        "--operator=ana",
        "--wait=2s",
    ];
    let mut command = home.command(&run);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut walks = command.spawn().expect("it starts");
    let told = BufReader::new(walks.stdout.take().expect("it is ours"));
    let first = told.lines().next().expect("it is told").expect("text");
    assert!(first.starts_with("step 1 does not hold"), "{first}");
    // What is written down from now on cannot be.
    let journal = home.path().join(".local/state/quarterdeck/demo/journal");
    fs::rename(journal.join("head"), journal.join("away")).expect("it goes");
    fs::create_dir(journal.join("head")).expect("what cannot be written");
    let ended = walks.wait_with_output().expect("it ends");
    let said = String::from_utf8(ended.stderr).expect("text");
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.contains("quarterdeck: step 1, Web is large"), "{said}");
    assert!(
        said.contains("that it was left is not written down"),
        "{said}"
    );
}

#[test]
fn nothing_more_is_begun_once_the_abort_criterion_is_met() {
    let home = Home::new();
    let list = home.path().join("day.md");
    let text =
        "---\nabort-when: ready(web) >= 2\n---\n# Day\n- [ ] Restart web `do: restart web`\n";
    fs::write(&list, text).expect("written");
    let list = list.display().to_string();
    let ran = home.run(&["checklist", "run", &list, CALM, "--operator=ana", "--yes"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(
        ran.err.contains("the abort criterion is met: 2/2 ready"),
        "{ran:?}"
    );
    let ran = home.run(&["audit", CALM]);
    assert!(!ran.out.contains("restart"), "{ran:?}");
}
