//! Looking: status, logs, alerts, audit, doctor, completions, man.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use crate::run::Home;

#[test]
fn status_is_a_table_worst_first() {
    let ran = Home::new().incident(&["status"]).ends(0);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(
        lines[0].starts_with("shop (production, simulated)"),
        "{}",
        ran.out
    );
    assert!(lines[1].contains("SERVICE"), "{}", ran.out);
    assert!(lines[2].starts_with('▲'), "{}", ran.out);
    assert!(!ran.out.contains('\x1b'), "no colours in a pipe");
}

#[test]
fn status_in_json_holds_what_the_table_shows() {
    let ran = Home::new().incident(&["status", "--json", "api"]).ends(0);
    let [status] = ran.json().try_into().expect("one object");
    assert_eq!(status["environment"], "shop");
    assert_eq!(status["services"].as_array().map(Vec::len), Some(1));
    let api = &status["services"][0];
    assert_eq!(
        (&api["name"], &api["project"]),
        (&"api".into(), &"shop".into())
    );
    assert_eq!(api["instances"].as_array().map(Vec::len), Some(3));
    assert!(api["since"].is_string(), "{api}");
}

#[test]
fn nodes_stand_apart_from_the_services() {
    let home = Home::new();
    let status = |more: &[&str]| home.run(&[&["status", "--demo=specify"], more].concat());
    let [both] = status(&["--json"]).ends(0).json().try_into().expect("one");
    let names = |list: &str| -> Vec<String> {
        let all = both[list].as_array().expect("a list").iter();
        all.map(|one| one["name"].to_string()).collect()
    };
    assert!(names("nodes").len() > 1, "{both}");
    let nodes = names("services");
    let nodes: Vec<_> = nodes.iter().filter(|s| s.contains("node/")).collect();
    assert!(nodes.is_empty(), "{nodes:?}");
    // In words: those that are well are counted, and listed when asked for.
    let ran = status(&[]).ends(0).out;
    assert!(ran.contains(" nodes") && !ran.contains("node/"), "{ran}");
    let ran = status(&["--nodes"]).ends(0).out;
    assert!(ran.contains("NODE") && ran.contains("node/"), "{ran}");
    assert!(!ran.contains("SERVICE"), "{ran}");
}

#[test]
fn something_critical_is_told_by_the_exit_code_where_that_is_asked() {
    let home = Home::new();
    for command in ["status", "alerts"] {
        home.incident(&[command, "--exit-code"]).ends(1);
        home.incident(&[command]).ends(0);
        home.rehearse(&[command, "--exit-code"]).ends(0);
    }
}

#[test]
fn alerts_say_what_and_since_when() {
    let home = Home::new();
    let ran = home.incident(&["alerts", "--json"]).ends(0);
    let alerts = ran.json();
    assert!(
        alerts.iter().any(|a| a["severity"] == "critical"),
        "{}",
        ran.out
    );
    assert!(alerts[0]["service"].is_string(), "{}", ran.out);
    let ran = home.rehearse(&["alerts"]).ends(0);
    assert_eq!(ran.out, "nothing wants an eye\n");
}

#[test]
fn logs_are_merged_by_time_and_filtered() {
    let home = Home::new();
    let ran = home.incident(&["logs", "--json", "web", "api"]).ends(0);
    let lines = ran.json();
    let times: Vec<&str> = lines.iter().filter_map(|l| l["time"].as_str()).collect();
    assert!(times.len() > 100, "{}", ran.out);
    let parsed: Vec<jiff::Timestamp> = times.iter().map(|t| t.parse().expect("RFC 3339")).collect();
    assert!(parsed.is_sorted());
    let services: std::collections::BTreeSet<_> =
        lines.iter().filter_map(|l| l["service"].as_str()).collect();
    assert_eq!(
        services.into_iter().collect::<Vec<_>>(),
        ["shop/api", "shop/web"]
    );

    let ran = home
        .incident(&["logs", "web", "--grep", "nothing writes this"])
        .ends(0);
    assert_eq!(ran.out, "");
    let ran = home.incident(&["logs", "web", "--grep", "GET /"]).ends(0);
    assert!(
        ran.out.lines().count() > 0 && ran.out.lines().all(|l| l.contains("GET /")),
        "{}",
        ran.out
    );
}

#[test]
fn whoever_closes_the_pipe_has_seen_enough() {
    let home = Home::new();
    let mut child = home
        .command(&["logs", "--follow", "--demo", "--speed=50"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary starts");
    let mut out = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    out.read_line(&mut line).expect("it writes");
    assert!(!line.is_empty());
    drop(out);
    let mut err = String::new();
    child
        .stderr
        .take()
        .expect("its errors")
        .read_to_string(&mut err)
        .expect("it writes UTF-8");
    let ended = child.wait().expect("it is our child");
    assert_eq!((ended.code(), err.as_str()), (Some(0), ""));
}

#[test]
fn nothing_recorded_is_no_error_and_makes_nothing() {
    let home = Home::new();
    for command in [&["audit"][..], &["audit", "verify"]] {
        let ran = home.run(command).ends(0);
        let journal = home.path().join(".local/state/quarterdeck/journal");
        assert_eq!(
            ran.out,
            format!(
                "nothing has been done from here yet; the journal is at {}\n",
                journal.display()
            )
        );
    }
    let ran = home.run(&["audit", "--json"]).ends(0);
    assert_eq!(ran.out, "");
    assert_eq!(std::fs::read_dir(home.path()).expect("the home").count(), 0);
}

#[test]
fn doctor_says_what_is_wrong_and_what_mends_it() {
    let home = Home::new();
    let ran = home.run(&["doctor"]).ends(1);
    assert!(ran.out.contains("no.sock does not exist"), "{}", ran.out);
    assert!(ran.out.contains("DOCKER_HOST"), "{}", ran.out);
    // What mends it stands under what was found; what was not looked at is not good.
    let mend = |line: &str| line.trim_start().starts_with("→ ");
    assert!(ran.out.lines().any(mend), "{}", ran.out);
    let terminal = ran.out.lines().find(|line| line.contains(" terminal "));
    let terminal = terminal.expect("a line of its own");
    assert!(!terminal.contains('✔'), "{terminal}");
    let ran = home.run(&["doctor", "--demo", "--json"]).ends(0);
    let about: Vec<String> = ran
        .json()
        .iter()
        .map(|c| c["about"].as_str().unwrap_or_default().to_owned())
        .collect();
    for wanted in ["settings", "platform", "journal", "terminal"] {
        assert!(about.iter().any(|a| a == wanted), "{wanted}: {}", ran.out);
    }
}

#[test]
fn no_line_of_the_help_is_wider_than_80_columns() {
    let home = Home::new();
    let help = home.run(&["--help"]).ends(0).out;
    let commands: Vec<&str> = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(
        commands.contains(&"rollback") && commands.contains(&"man"),
        "{help}"
    );
    for command in [&[][..], &["audit", "verify"]]
        .into_iter()
        .chain(commands.iter().map(std::slice::from_ref))
    {
        for asked in ["--help", "-h"] {
            let ran = home.run(&[command, &[asked]].concat()).ends(0);
            for line in ran.out.lines() {
                assert!(line.chars().count() <= 80, "{command:?}: {line}");
            }
        }
    }
}

#[test]
fn a_shell_and_man_are_served() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = home.run(&["completions", shell]).ends(0);
        assert!(ran.out.contains("rollback"), "{shell}");
    }
    let ran = home.run(&["man"]).ends(0);
    for section in ["COMMANDS", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
        assert!(ran.out.contains(section), "{section}");
    }
    let ran = home.run(&["--help"]).ends(0);
    assert!(ran.out.contains("Exit codes:"), "{}", ran.out);
}
