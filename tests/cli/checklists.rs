//! Lists before they are walked: their mistakes, what is in them, and one to begin with.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
    time::Duration,
};

use crate::{
    run::{CALM, Home},
    support::wait::wait_until,
};

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
    let steps: Vec<_> = lines.iter().filter_map(|l| l["items"].as_array()).collect();
    let last = steps.into_iter().flatten().last().expect("it has steps");
    assert_eq!(last["kind"], "attest");
}

#[test]
fn each_step_of_a_file_is_told_with_the_number_that_names_it() {
    let home = Home::new();
    let list = home.path().join("day.md");
    fs::write(&list, DAY).expect("written");
    let ran = home.run(&["checklist", "list", &list.display().to_string()]);
    let told = "  Day\n    4 items  Before\n           1  check   All is well\n           2  attest  Support is there\n           \
                3  gate    Go / no-go\n           4  do      Restart web\n";
    assert!(ran.code == Some(0) && ran.out.ends_with(told), "{ran:?}");
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

/// Ana runs the list on a simulated deployment with these options more; gives its name too.
fn walk(home: &Home, options: &[&str]) -> (crate::run::Ran, String) {
    walk_as(home, "ana", options)
}

fn walk_as(home: &Home, operator: &str, options: &[&str]) -> (crate::run::Ran, String) {
    let list = home.path().join("day.md");
    fs::write(&list, DAY).expect("written");
    let list = list.display().to_string();
    let mut run = vec!["checklist", "run", &list, CALM, "--operator", operator];
    run.extend(options);
    let ran = home.run(&run);
    let told = ran.err.lines().find_map(|line| line.strip_prefix("run "));
    let run = told.unwrap_or_default().to_owned();
    (ran, run)
}

/// How often the journal has a run that ended, and one that did not.
fn runs(home: &Home) -> (usize, usize) {
    let ran = home.run(&["checklist", "show", "--json", CALM]).ends(0);
    let is = |word: &str| ran.out.matches(word).count();
    (is("\"over\""), is("\"left in the middle\""))
}

#[test]
fn what_is_missing_or_wrong_is_told_at_once_before_anything_is_begun() {
    let home = Home::new();
    let told = |options: &[&str], code, words: &[&str]| {
        let (ran, run) = walk(&home, options);
        assert_eq!((ran.code, run.as_str()), (Some(code), ""), "{ran:?}");
        for words in words {
            assert!(ran.err.contains(words), "{words}: {ran:?}");
        }
    };
    let attest = "step 2, Support is there: nobody attested it; --attest 2";
    let gate = "step 3, Go / no-go: a second person has to say go; --go NAME";
    let act = "step 4, Restart web: it acts only when that is agreed to; --yes";
    told(&[], 4, &[attest, gate, act, "--partly"]);
    let one = "one person is not two; --go NAME";
    told(&["--attest=2", "--go=Ana", "--yes"], 4, &[one]);
    let wrong = [
        "--attest 1: step 1, All is well is not attested: it is a check",
        "--attest 9: there is no step 9 in this run",
        "--yes=shop/api: no step acts on that",
    ];
    let given = ["--attest=1", "--attest=9", "--yes=shop/api"];
    told(&given, 2, &[&wrong[..], &[attest, gate]].concat());
    told(&[&given[..], &["--partly"]].concat(), 2, &wrong);
    assert_eq!(runs(&home), (0, 0), "nothing is kept of what was refused");
}

#[test]
fn a_list_is_walked_without_a_screen_as_it_was_agreed_to() {
    let home = Home::new();
    let (ran, run) = walk(&home, &["--attest", "2", "--go", "bob", "--yes"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let ran = home.run(&["checklist", "export", &run, CALM]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert_eq!(ran.out.matches("- [x] ").count(), 4, "{ran:?}");
    assert!(ran.out.contains("by bob, entered by ana: go"), "{ran:?}");
    let ran = home.run(&["audit", CALM]);
    assert!(ran.out.contains("step 3: go, entered by ana"), "{ran:?}");
    assert_eq!(runs(&home), (1, 0));
    let ran = home.run(&["audit", CALM]);
    assert!(ran.out.contains("Day: step 2 attested"), "{ran:?}");
    let ran = home.run(&["audit", "verify", CALM]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn a_run_that_was_begun_in_part_goes_on_when_the_rest_is_given() {
    let home = Home::new();
    let (ran, run) = walk(&home, &["--yes", "--partly"]);
    assert_eq!(ran.code, Some(4), "{ran:?}");
    assert!(
        ran.err.contains(&format!("checklist run --resume {run}")),
        "{ran:?}"
    );
    let resume = |options: &[&str]| {
        let run = ["checklist", "run", "--resume", &run, CALM, "--operator=ana"];
        home.run(&[&run, options].concat())
    };
    let ran = resume(&["--attest", "2", "--partly"]);
    assert!(
        ran.code == Some(4) && ran.err.contains("--go NAME"),
        "{ran:?}"
    );
    let ran = resume(&["--go", "bob"]);
    assert!(ran.code == Some(4) && ran.err.contains("--yes"), "{ran:?}");
    assert!(!ran.err.contains("--attest"), "that was said: {ran:?}");
    let ran = resume(&["--attest=1", "--go=bob", "--yes"]);
    assert!(
        ran.code == Some(2) && ran.err.contains("--attest 1"),
        "{ran:?}"
    );
    let ran = resume(&["--go", "bob", "--yes"]);
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
fn a_run_that_is_left_open_is_told_of_when_its_list_is_begun_anew() {
    let home = Home::new();
    let (_, looked) = walk(&home, &["--partly"]);
    assert_eq!(runs(&home), (0, 1));
    // Nobody has said or done anything in it, so it ends by itself.
    let (ran, said) = walk(&home, &["--partly", "--attest=2"]);
    assert_eq!((ran.code, runs(&home)), (Some(4), (1, 1)), "{ran:?}");
    assert_ne!(looked, said);
    let all = ["--attest=2", "--go=bob", "--yes"];
    let (ran, anew) = walk(&home, &all);
    assert_eq!((ran.code, anew.as_str()), (Some(4), ""), "{ran:?}");
    for way in ["checklist run --resume", "checklist end"] {
        let way = format!("quarterdeck {way} {said} --demo=");
        assert!(ran.err.contains(&way), "{way}: {ran:?}");
    }
    // Somebody else's, or another list's, is not in the way.
    let (ran, _) = walk_as(&home, "eve", &["--partly", "--attest=2"]);
    assert!(ran.err.contains("step 3, Go / no-go"), "{ran:?}");
    let (ran, _) = walk(&home, &["--partly", "--attest=2", "--list=Before"]);
    assert!(ran.err.contains("step 3, Go / no-go"), "{ran:?}");
    let end = ["checklist", "end", &said, CALM, "--operator=bob"];
    home.run(&end).ends(2);
    home.run(&[&end[..], &["--reason=the release waits"]].concat())
        .ends(0);
    let ran = home.run(&["checklist", "export", &said, CALM]).ends(0);
    assert!(ran.out.contains("the release waits"), "{ran:?}");
    let again = [&end[..], &["--reason=again"]].concat();
    assert!(home.run(&again).ends(2).err.contains("is over"));
    let (ran, _) = walk(&home, &all);
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

#[test]
fn what_is_refused_before_anything_was_done_is_not_left_open() {
    let home = Home::new();
    let list = home.path().join("day.md");
    fs::write(&list, "- [ ] Stop web `do: stop web`\n").expect("written");
    let list = list.display().to_string();
    let run = ["checklist", "run", &list, CALM, "--operator=ana", "--yes"];
    // It is dear, which its plan says.
    let ran = home.run(&run).ends(4);
    assert!(ran.err.contains("--yes=shop/web"), "{ran:?}");
    assert_eq!(runs(&home), (1, 0));
}

/// A run of which the console was killed while it restarted web, on a deployment that has no web any more.
struct Killed {
    home: Home,
    run: String,
    elsewhere: String,
}

impl Killed {
    fn new() -> Self {
        let home = Home::new();
        let list = home.path().join("day.md");
        let text = "- [ ] Restart web `do: restart web`\n- [ ] It works\n";
        fs::write(&list, text).expect("written");
        let list = list.display().to_string();
        let given = ["--operator=ana", "--yes", "--partly", "--speed=0.1"];
        let begin = ["checklist", "run", &list, CALM];
        let mut begin = home.command(&[&begin[..], &given].concat());
        begin.stdout(Stdio::null()).stderr(Stdio::null());
        let mut walks = begin.spawn().expect("it starts");
        let journal = home.path().join(".local/state/quarterdeck/demo/journal");
        wait_until("something is sent", Duration::from_mins(1), || {
            let segments = fs::read_dir(&journal).into_iter().flatten().flatten();
            let text = segments.filter_map(|segment| fs::read_to_string(segment.path()).ok());
            text.collect::<String>().contains("\"intent\"")
        });
        walks.kill().expect("it is killed");
        walks.wait().expect("it is gone");
        let calm = fs::read_to_string(CALM.trim_start_matches("--demo=")).expect("it is there");
        let elsewhere = home.path().join("elsewhere.toml");
        let without = calm.replace("name = \"web\"", "name = \"www\"");
        fs::write(&elsewhere, without).expect("written");
        let elsewhere = format!("--demo={}", elsewhere.display());
        let shown = home.run(&["checklist", "show", "--json", CALM]).ends(0);
        let run = shown.json()[0]["run"].as_str().expect("a run").to_owned();
        Self {
            home,
            run,
            elsewhere,
        }
    }

    fn resume(&self, given: &[&str]) -> crate::run::Ran {
        let resume = ["checklist", "run", "--resume", &self.run, &self.elsewhere];
        let resume = [&resume[..], &["--operator=ana", "--partly"], given].concat();
        self.home.run(&resume)
    }

    /// What `resume` offers.
    fn left(&self) -> String {
        let resume = ["resume", &self.elsewhere];
        self.home.run(&resume).ends(0).out
    }

    fn record(&self) -> String {
        let export = ["checklist", "export", &self.run, CALM];
        self.home.run(&export).ends(0).out
    }
}

#[test]
fn what_cannot_be_read_of_a_killed_step_is_as_somebody_saw_it() {
    let killed = Killed::new();
    let ran = killed.resume(&["--attest=2"]).ends(5);
    for words in [
        "step 1, Restart web: shop/web is not there",
        "--happened 1=WORDS, or --not-happened 1=WORDS",
        &format!("quarterdeck checklist run --resume {}", killed.run),
    ] {
        assert!(ran.err.contains(words), "{words}: {ran:?}");
    }
    let ran = killed.resume(&["--happened=2=I was there"]).ends(2);
    let why = "--happened 2: step 2, It works is pending, not uncertain";
    assert!(ran.err.contains(why), "{ran:?}");
    let both = ["--happened=1=yes", "--not-happened=1=no"];
    let ran = killed.resume(&both).ends(2);
    assert!(ran.err.contains("one thing alone"), "{ran:?}");
    let ran = killed.resume(&["--happened=1"]).ends(2);
    assert!(ran.err.contains("what you saw"), "{ran:?}");
    let left = killed.left();
    assert!(left.contains("restart shop/web"), "{left}");
    let seen = ["--attest=2", "--happened=1=both copies are new"];
    let ran = killed.resume(&seen).ends(0);
    assert_eq!(killed.left(), "nothing is unfinished here\n");
    let words = "it had happened: ana read: both copies are new";
    assert!(ran.out.contains(words), "{ran:?}");
    let record = killed.record();
    assert!(record.contains("both copies are new"), "{record}");
}

#[test]
fn what_somebody_saw_had_not_happened_is_to_be_done() {
    let killed = Killed::new();
    let ran = killed.resume(&["--not-happened=1=no copy is new"]).ends(4);
    assert!(
        ran.err.contains("step 1, Restart web: it acts only when"),
        "{ran:?}"
    );
    // It is gone on with where it was.
    let left = killed.left();
    assert!(left.contains("restart shop/web"), "{left}");
    let ran = killed.resume(&["--yes", "--not-happened=1=again"]).ends(2);
    assert!(ran.err.contains("is pending, not uncertain"), "{ran:?}");
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

#[test]
fn every_mistake_is_told_before_a_walk_and_nothing_is_begun() {
    let home = Home::new();
    let list = home.path().join("day.md");
    let text = "# Day\n- [ ] Sing\n- [ ] Well `check: helthy(web)`\n- [ ] Again `do: restart wbe`\n\
        - [ ] Out `do: cordon nodea1`\n";
    fs::write(&list, text).expect("the home is writable");
    let list = list.display().to_string();
    let run = |list: &str| {
        home.run(&[
            "checklist",
            "run",
            list,
            CALM,
            "--operator=ana",
            "--attest=1",
            "--yes",
        ])
    };
    let ran = run(&list);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    for told in [
        "cannot be walked",
        "helthy",
        "day.md:3:",
        "there is no service `wbe`",
        "there are postgres, web",
        "day.md:4:",
        "there is no node `nodea1`",
        "day.md:5:",
    ] {
        assert!(ran.err.contains(told), "{told}: {}", ran.err);
    }
    let ran = home.run(&["checklist", "show", CALM]).ends(0);
    assert_eq!(ran.out, "no list was walked yet\n");
}
