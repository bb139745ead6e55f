//! Scenario files: the ones built in can be read, and all that is wrong with another one is said at once.

use std::path::Path;

use quarterdeck::platform::sim::{self, Scenario};

#[test]
fn what_is_built_in_is_what_the_list_says() {
    for info in sim::scenarios() {
        let scenario = info.load();
        assert_eq!(
            (scenario.name.as_str(), scenario.about.as_str()),
            (info.name, info.about)
        );
    }
}

const BROKEN: &str = r#"name = "x"
about = "y"
environment = "e"
kind = "prodction"
project = "p"
colour = "red"

[host]
name = "h"
version = "v"
disk = "many"

[[service]]
name = "api"
image = "a"
version = "v2"
depends_on = ["postgers"]
ports = ["99999"]

[service.load]
rate = -1

[[service.call]]
to = "db"

[[service.revision]]
version = "v1"

[[service.log]]
on = "request"
line = "$nothing"

[[service]]
name = "postgres"
image = "postgres"
version = "16"

[service.load]

[[service.call]]
to = "api"

[[service.revision]]
version = "16"

[[story]]
at = "soon"
do = "relase"

[[story]]
when = "postgres.conections > 8"
do = "release"
service = "api"
version = "v9"
"#;

#[test]
fn every_mistake_is_found_with_its_line_and_column() {
    let mistakes = Scenario::parse(Path::new("my.toml"), BROKEN).unwrap_err();
    let said = mistakes.to_string();
    for line in [
        "my.toml:4:8: `kind` cannot be `prodction`: did you mean `production`?",
        "my.toml:6:1: a scenario has no `colour`",
        "my.toml:11:8: `disk` wants a size such as \"512M\"",
        "my.toml:16:11: no revision `v2`: did you mean `v1`?",
        "my.toml:17:15: no service `postgers`: did you mean `postgres`?",
        "my.toml:18:10: a port is written as",
        "my.toml:21:8: `rate` wants a number, 0 to 1000000000",
        "my.toml:24:6: no service `db`",
        "my.toml:31:8: nothing is called `$nothing`",
        "my.toml:47:6: `at` wants a time such as \"2m30s\"",
        "my.toml:48:6: nothing is called `relase`: did you mean `release`?",
        "my.toml:51:8: no figure `conections`: did you mean `connections`?",
        "my.toml:54:11: api has no revision `v9`",
    ] {
        assert!(said.contains(line), "{line}\n--- in ---\n{said}");
    }
    assert!(mistakes.all.is_sorted_by_key(|m| (m.line, m.column)));
}

#[test]
fn broken_toml_and_circles_are_mistakes_too() {
    let broken = Scenario::parse(Path::new("m"), "name = \nabout = [").unwrap_err();
    assert_eq!(
        (broken.all[0].line, broken.all.len() > 1),
        (1, true),
        "{broken}"
    );
    let circle = sim::load("three-tier-template".as_ref()).unwrap();
    assert_eq!(circle.project, "shop");
    let source = include_str!("../../assets/scenarios/three-tier-template.toml");
    let circle = source.replace(
        "image = \"postgres\"",
        "image = \"postgres\"\n[[service.call]]\nto = \"web\"\n",
    );
    let mistakes = Scenario::parse(Path::new("m"), &circle)
        .unwrap_err()
        .to_string();
    assert!(
        mistakes.contains("call each other in a circle"),
        "{mistakes}"
    );
}

#[test]
fn what_only_a_cluster_has_is_refused_elsewhere_and_wrong_clusters_say_where() {
    let source = include_str!("../../assets/scenarios/specify.toml");
    let mistakes = |source: &str| {
        let read = Scenario::parse(Path::new("m"), source);
        read.map_or_else(|mistakes| mistakes.to_string(), |_| String::new())
    };
    assert_eq!(mistakes(source), "");
    let without_nodes = source.replace("[[node]]", "[[unknown]]");
    assert!(mistakes(&without_nodes).contains("only a cluster has workloads"));
    for (right, wrong, said) in [
        (
            "selects = \"specify-blue\"",
            "selects = \"redis\"",
            "`selects` is one of `among`",
        ),
        (
            "to = \"specify-green\"",
            "to = \"redis\"",
            "specify cannot select `redis`",
        ),
        (
            "route = \"specify\"",
            "route = \"specfy\"",
            "did you mean `specify`?",
        ),
        (
            "min = 3, max = 10",
            "min = 11, max = 10",
            "`min` is at most `max`",
        ),
        (
            "cpu_request = 0.1\nmemory_request = \"256M\"\nmin_available = 2",
            "",
            "an autoscaler needs",
        ),
        (
            "max_memory = \"800M\"",
            "max_memory = \"800M\"\npool = 4",
            "a pool of connections",
        ),
    ] {
        let mistakes = mistakes(&source.replace(right, wrong));
        assert!(mistakes.contains(said), "no {said:?} in {mistakes:?}");
    }
}

#[test]
fn a_scenario_can_be_a_file_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.toml");
    std::fs::write(
        &path,
        include_str!("../../assets/scenarios/spiral-core.toml"),
    )
    .unwrap();
    assert_eq!(sim::load(&path).unwrap().project, "spiral");
    let missing = sim::load("nowhere".as_ref()).unwrap_err().to_string();
    assert!(
        missing.contains("three-tier-template, spiral-core, specify, arches, ancient-compute"),
        "{missing}"
    );
}
