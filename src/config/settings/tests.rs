use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    backup::What,
    environment::{Docker, Kubernetes, Tls},
    *,
};
use crate::domain::{
    action::EnvironmentKind,
    values::{ByteSize, Since, Span},
};

fn read_with(text: &str, variables: &[(&str, &str)]) -> (Settings, Report) {
    let mut report = Report::default();
    let source = Source::new(Path::new("/srv/shop/quarterdeck.toml"), text);
    let variables = variables.iter().copied().collect();
    let settings = parse(&source, &variables, &mut report);
    (settings, report)
}

fn settings(text: &str, variables: &[(&str, &str)]) -> Settings {
    let (settings, report) = read_with(text, variables);
    assert!(report.is_empty(), "{report}");
    settings
}

#[test]
fn nothing_set_is_the_defaults() {
    assert_eq!(settings("", &[]), Settings::default());
}

const EXAMPLE: &str = include_str!("../../../assets/quarterdeck.example.toml");

#[test]
fn the_example_sets_nothing_where_it_is_copied_as_it_stands() {
    assert_eq!(settings(EXAMPLE, &[]), Settings::default());
}

#[test]
fn the_example_without_its_marks_sets_everything_that_can_be_set() {
    let live = |line: &'static str| match line.strip_prefix('#') {
        Some(rest) if !rest.is_empty() && !rest.starts_with(' ') => rest,
        _ => line,
    };
    let live: Vec<&str> = EXAMPLE.lines().map(live).collect();
    let found = settings(&live.join("\n"), &[("DOCKER", "10.0.0.5")]);
    assert_eq!(
        found.preferences,
        Preferences {
            environment: None,
            operator: Some("sre-1".to_owned()),
            read_only: true,
            known_good_after: Span(Duration::from_mins(5)),
            theme: Some("nord".to_owned()),
            keymap: "vim".to_owned(),
            mouse: false,
            ascii: Some(true),
            utc: true,
            logs_memory: ByteSize(16 << 20),
            logs_since: Since::Ago(Span(Duration::from_mins(15))),
        }
    );
    let shop = &found.environments["shop"];
    assert_eq!(
        (shop.kind, shop.read_only),
        (EnvironmentKind::Production, true)
    );
    assert_eq!(
        shop.docker,
        Docker {
            host: Some("tcp://10.0.0.5:2376".to_owned()),
            context: None,
            tls: Some(Tls {
                ca: Some(PathBuf::from("/srv/shop/ca.pem")),
                cert: Some(PathBuf::from("/srv/shop/c.pem")),
                key: Some(PathBuf::from("/srv/shop/k.pem")),
            }),
            projects: vec!["shop".to_owned()],
        }
    );
    assert_eq!(
        found.environments["live"].kubernetes,
        Some(Kubernetes {
            kubeconfig: Some(PathBuf::from("/srv/shop/kubeconfig")),
            context: Some("eks-1".to_owned()),
            namespaces: vec!["shop".to_owned(), "payments".to_owned()],
        })
    );
    assert_eq!(
        found.environments["local"].kind,
        EnvironmentKind::Development
    );
    let api = found.thresholds("api");
    assert_eq!(
        (api.memory.warning, api.memory.critical),
        (Some(70.0), Some(90.0))
    );
    assert_eq!(api.memory.hold, Duration::from_mins(2));
    assert_eq!(found.thresholds("web").memory.warning, Some(80.0));
    assert_eq!(found.thresholds("web").disk_free.critical, Some(5.0));
    assert_eq!(
        (api.error_rate.critical, api.p95.warning),
        (Some(1.0), Some(250.0))
    );
    let commands = found.commands.iter();
    let commands: Vec<_> = commands
        .map(|c| (c.program.clone(), c.arguments()))
        .collect();
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        commands,
        [
            (PathBuf::from("pg_isready"), &*words(&["-h", "db"])),
            (
                PathBuf::from("/srv/shop/./smoke-test"),
                &*words(&["--quick"])
            ),
        ]
    );
    let prometheus = found.environments["shop"].prometheus.as_ref().unwrap();
    assert_eq!(prometheus.url.to_string(), "http://prometheus:9090");
    assert_eq!(
        (prometheus.least, prometheus.window, prometheus.every),
        (50, Duration::from_mins(2), Duration::from_secs(30))
    );
    assert_eq!(prometheus.labels, ["app", "job"]);
    assert_eq!(found.environments["live"].alertmanager.len(), 2);
    let known_by = ("job".to_owned(), "shop-api".to_owned());
    assert_eq!(found.metrics["api"], known_by);
    let checks = found.checks.iter();
    let checks: Vec<_> = checks
        .map(|c| (c.service.as_str(), c.every.as_secs(), c.timeout.as_secs()))
        .collect();
    assert_eq!(
        checks,
        [
            ("api", 5, 3),
            ("api", 15, 1),
            ("api", 3_600, 3),
            ("postgres", 15, 3),
            ("redis", 15, 3)
        ]
    );
    let postgres = &found.backups["postgres"];
    assert_eq!(postgres.to, PathBuf::from("/srv/shop/backups"));
    assert_eq!(postgres.keep_days, Some(30));
    assert_eq!(
        found.backups["files"].what,
        What::Volume("shop_files".to_owned())
    );
    assert_eq!(found.backups["files"].keep_days, None);
}

#[test]
fn a_variable_wins_over_the_file_and_an_empty_one_is_none() {
    let text = "read_only = false\n[ui]\ntheme = 'nord'\nutc = true\n";
    let variables = [
        ("QUARTERDECK_READ_ONLY", "1"),
        ("QUARTERDECK_THEME", ""),
        ("QUARTERDECK_UTC", "no"),
    ];
    let found = settings(text, &variables).preferences;
    assert!(found.read_only);
    assert_eq!(found.theme.as_deref(), Some("nord"));
    assert!(!found.utc);
}

#[test]
fn every_mistake_is_shown_at_its_place() {
    let (_, report) = read_with(
        r#"read_only = "yes"
known_good_after = "10 parsecs"
[environment.shop]
kind = "prod"
swarm = { context = "eks-1" }
docker = { host = "localhost", contxt = "x" }
[environment."a b"]
[service.api]
runbook = "https://wiki/api"
threshold.memory = { warning = "90%", critical = "80%", for = 3 }
treshold.memory = {}
[backup.postgres]
postgres = { service = "postgres" }
to = "s3://bucket/${TOKEN}"
every = "24h"
[backup.nothing]
[ui]
theme = "${THEME}"
mouse = "${MOUSE"
[logs]
memory = "64"
"#,
        &[
            ("TOKEN", "hunter2"),
            ("QUARTERDECK_MOUSE", "hunter3"),
            ("QUARTERDECK_READONLY", "1"),
            ("QUARTERDECK_PORT", "tcp://10.0.0.1:80"),
        ],
    );
    assert!(
        !report.to_string().contains("hunter"),
        "a value of a variable is shown"
    );
    insta::assert_snapshot!(report, @r#"
    error: read_only: expected true or false, found a string
     --> /srv/shop/quarterdeck.toml:1:13
      |
    1 | read_only = "yes"
      |             ^^^^^

    error: `10 parsecs` is no value for known_good_after
     --> /srv/shop/quarterdeck.toml:2:20
      |
    2 | known_good_after = "10 parsecs"
      |                    ^^^^^^^^^^^^
      |
      = help: write a number with ms, s, m, h or d, such as 10m or 1h30m

    error: `prod` is not a kind
     --> /srv/shop/quarterdeck.toml:4:8
      |
    4 | kind = "prod"
      |        ^^^^^^
      |
      = help: did you mean `production`?

    error: `swarm` is not supported yet
     --> /srv/shop/quarterdeck.toml:5:1
      |
    5 | swarm = { context = "eks-1" }
      | ^^^^^ in environment.shop
      |
      = help: take it out, or put a # in front, until it is

    error: this is not the address of a daemon
     --> /srv/shop/quarterdeck.toml:6:19
      |
    6 | docker = { host = "localhost", contxt = "x" }
      |                   ^^^^^^^^^^^
      |
      = help: write unix:///var/run/docker.sock, tcp://HOST:2376 or ssh://USER@HOST

    error: docker has no key `contxt`
     --> /srv/shop/quarterdeck.toml:6:32
      |
    6 | docker = { host = "localhost", contxt = "x" }
      |                                ^^^^^^
      |
      = help: did you mean `context`?

    error: `a b` cannot be a name
     --> /srv/shop/quarterdeck.toml:7:14
      |
    7 | [environment."a b"]
      |              ^^^^^
      |
      = help: a name has letters, digits, dots, dashes and underscores

    error: `runbook` is not supported yet
     --> /srv/shop/quarterdeck.toml:9:1
      |
    9 | runbook = "https://wiki/api"
      | ^^^^^^^ in service.api
      |
      = help: take it out, or put a # in front, until it is

    error: critical has to lie above warning
      --> /srv/shop/quarterdeck.toml:10:50
       |
    10 | threshold.memory = { warning = "90%", critical = "80%", for = 3 }
       |                                ----- the warning ^^^^^

    error: for: expected a string, found a whole number
      --> /srv/shop/quarterdeck.toml:10:63
       |
    10 | threshold.memory = { warning = "90%", critical = "80%", for = 3 }
       |                                                               ^

    error: service.api has no key `treshold`
      --> /srv/shop/quarterdeck.toml:11:1
       |
    11 | treshold.memory = {}
       | ^^^^^^^^
       |
       = help: did you mean `threshold`?

    error: postgres needs a database
      --> /srv/shop/quarterdeck.toml:13:12
       |
    13 | postgres = { service = "postgres" }
       |            ^^^^^^^^^^^^^^^^^^^^^^^^

    error: only a directory is supported yet
      --> /srv/shop/quarterdeck.toml:14:6
       |
    14 | to = "s3://bucket/${TOKEN}"
       |      ^^^^^^^^^^^^^^^^^^^^^^
       |
       = help: write a path

    error: `every` is not supported yet
      --> /srv/shop/quarterdeck.toml:15:1
       |
    15 | every = "24h"
       | ^^^^^ in backup.postgres
       |
       = help: take it out, or put a # in front, until it is

    error: backup.nothing copies nothing
      --> /srv/shop/quarterdeck.toml:16:9
       |
    16 | [backup.nothing]
       |         ^^^^^^^
       |
       = help: write postgres = { service = "…", database = "…" }, or volume = "…"

    error: backup.nothing goes nowhere
      --> /srv/shop/quarterdeck.toml:16:9
       |
    16 | [backup.nothing]
       |         ^^^^^^^
       |
       = help: write to = "DIRECTORY"

    error: the variable THEME is not set
      --> /srv/shop/quarterdeck.toml:18:10
       |
    18 | theme = "${THEME}"
       |          ^^^^^^^^ asked for here
       |
       = help: set it, or give a default: ${THEME:-…}

    error: this is not a variable
      --> /srv/shop/quarterdeck.toml:19:10
       |
    19 | mouse = "${MOUSE"
       |          ^^
       |
       = help: write ${NAME} or ${NAME:-default}; $${ stands for ${ itself

    error: `64` is no value for memory
      --> /srv/shop/quarterdeck.toml:21:10
       |
    21 | memory = "64"
       |          ^^^^
       |
       = help: write a number with B, KiB, MiB or GiB, such as 64 MiB

    error: this value can't be read
     |
     = note: in the environment variable QUARTERDECK_MOUSE
     = help: write true or false

    error: there is no such variable
     |
     = note: in the environment variable QUARTERDECK_READONLY
     = help: did you mean `QUARTERDECK_READ_ONLY`?

    21 mistakes in the settings; nothing was started
    "#);
}

#[test]
fn an_environment_is_a_daemon_or_a_cluster() {
    let (_, report) = read_with(
        r#"[environment.shop]
docker.host = "unix:///run/docker.sock"
kubernetes = { context = "eks-1", namespaces = ["shop", "../Shop"], contxt = "" }
"#,
        &[],
    );
    insta::assert_snapshot!(report, @r#"
    error: an environment is a daemon or a cluster
     --> /srv/shop/quarterdeck.toml:3:14
      |
    3 | kubernetes = { context = "eks-1", namespaces = ["shop", "../Shop"], contxt = "" }
      |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: keep docker or kubernetes, and make two environments of it where you want both

    error: this cannot be the name of a namespace
     --> /srv/shop/quarterdeck.toml:3:57
      |
    3 | kubernetes = { context = "eks-1", namespaces = ["shop", "../Shop"], contxt = "" }
      |                                                         ^^^^^^^^^
      |
      = help: a namespace has small letters, digits and dashes

    error: kubernetes has no key `contxt`
     --> /srv/shop/quarterdeck.toml:3:69
      |
    3 | kubernetes = { context = "eks-1", namespaces = ["shop", "../Shop"], contxt = "" }
      |                                                                     ^^^^^^
      |
      = help: did you mean `context`?

    3 mistakes in the settings; nothing was started
    "#);
}

#[test]
fn a_value_that_a_variable_brought_is_never_shown() {
    let secret = "hunter2 \u{1b}[31m";
    for line in [
        "known_good_after = '${S}'",
        "read_only = '${S}'",
        "logs.memory = '${S}'",
        "logs.since = '${S}'",
        "environment.a.kind = '${S}'",
        "environment.a.docker.host = '${S}'",
        "threshold.memory.warning = '${S}'",
        "backup.a = { volume = 'v', to = 's3://${S}' }",
        "backup.a = { volume = 'v', to = '/b', keep.days = '${S}' }",
    ] {
        let (_, report) = read_with(line, &[("S", secret)]);
        assert!(!report.is_empty(), "{line} is taken");
        assert!(!report.to_string().contains("hunter2"), "{report}");
        assert!(!format!("{report:?}").contains("hunter2"), "{report:?}");
    }
    for preference in &preferences::PREFERENCES {
        let (_, report) = read_with("", &[(&preference.variable(), secret)]);
        assert!(!report.to_string().contains("hunter2"), "{report}");
    }
}

#[test]
fn each_preference_has_a_field() {
    let fields = serde_json::to_value(Preferences::default()).expect("serialises");
    let mut named: Vec<String> = preferences::PREFERENCES
        .iter()
        .map(|one| one.variable()["QUARTERDECK_".len()..].to_lowercase())
        .collect();
    named.sort();
    let fields: Vec<&String> = fields.as_object().expect("a struct").keys().collect();
    assert_eq!(named.iter().collect::<Vec<_>>(), fields);
}

#[test]
fn mistakes_in_checks_are_told_without_what_is_secret_in_them() {
    let (_, report) = read_with(
        r#"[environment.shop]
prometheus = { labels = ["a-b"] }
alertmanager = ["ftp://am"]
[service.api]
metrics = { app = "a", job = "b" }
check = [
  { http = "http://api", tcp = "api:1" },
  { tcp = "api", status = 200 },
  { http = "http://u:hunter2@api", body = "(", environments = ["shp"], every = "0s" },
  { postgres = "postgres://u:hunter2@db:none/x" },
  { redis = "${SECRET}" },
]
"#,
        &[("SECRET", "hunter2")],
    );
    let told = report.render(false);
    for part in [
        "prometheus has no address",
        "this is no such address",
        "metrics names one label",
        "a check looks at one thing",
        "only http has a status",
        "this is no host and port",
        "is not a body",
        "there is no environment `shp`",
        "every has to be at least 1s",
        "quarterdeck.toml:10",
        "quarterdeck.toml:11",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn a_service_of_a_cluster_is_an_address_where_there_is_a_cluster() {
    let found = settings(
        r#"[environment.live]
kubernetes = {}
prometheus = { url = "kubernetes://monitoring/prometheus:web/prom?${TOKEN}" }
alertmanager = ["kubernetes://monitoring/alertmanager:9093", "http://alertmanager:9093/am?a=b"]
[environment.local]
[service.api]
check = { http = "kubernetes://shop/api:8080/health", environments = ["live"] }
"#,
        &[("TOKEN", "token=hunter2")],
    );
    let live = &found.environments["live"];
    let prometheus = &live.prometheus.as_ref().unwrap().url;
    assert_eq!(
        prometheus.to_string(),
        "kubernetes://monitoring/prometheus:web/prom"
    );
    assert!(!format!("{found:?}").contains("hunter2"));
    let page = prometheus.below("api/v1/query", &[("query", "up > 0")]);
    assert_eq!(
        page.proxied().unwrap().secret_path(),
        "/api/v1/namespaces/monitoring/services/prometheus:web/proxy/prom/api/v1/query?token=hunter2&query=up+%3E+0"
    );
    let direct = live.alertmanager[1].below("api/v2/alerts", &[("c", "d")]);
    let Web::Direct(direct) = direct else {
        panic!("{direct}")
    };
    assert_eq!(
        direct.secret().as_str(),
        "http://alertmanager:9093/am/api/v2/alerts?a=b&c=d"
    );
    let asked = |environment| {
        let all = found.proxied(environment);
        all.map(|page| (page.namespace(), page.place()))
            .collect::<Vec<_>>()
    };
    let place = |namespace, place: &str| (namespace, place.to_owned());
    let of_live = [
        place("monitoring", "prometheus:web"),
        place("monitoring", "alertmanager:9093"),
        place("shop", "api:8080"),
    ];
    assert_eq!(asked("live"), of_live);
    assert_eq!(asked("local"), []);
}

#[test]
fn a_service_of_a_cluster_is_no_address_where_there_is_none() {
    let (_, report) = read_with(
        r#"[environment.live]
kubernetes = {}
prometheus = { url = "kubernetes://monitoring/prometheus" }
alertmanager = ["kubernetes://u:hunter2@shop/a:80", "kubernetes://shop/a:80/../.."]
[environment.local]
alertmanager = "kubernetes://monitoring/alertmanager:9093"
[service.api]
check = [
  { http = "kubernetes://shop/api:8080/health" },
  { http = "kubernetes://shop/api:8080/health", environments = ["local"] },
  { http = "kubernetes://shop/api:8080", environments = ["live"], method = "HEAD" },
]
"#,
        &[],
    );
    let told = report.render(false);
    for (times, part) in [
        (3, "this is no Service of a cluster"),
        (3, "write kubernetes://NAMESPACE/SERVICE:PORT/PATH"),
        (1, "this environment is no cluster"),
        (2, "it is looked at in local, which is no cluster"),
        (1, r#"write environments = ["live"] beside it"#),
        (1, "a Service of a cluster is asked by GET"),
    ] {
        assert_eq!(told.matches(part).count(), times, "{part}: {told}");
    }
}

#[test]
fn an_address_is_never_written_with_its_password() {
    let text = "[service.db]\ncheck = [{ postgres = 'postgres://u:${PW}@db:5433/shop?application_name=${PW}' }]";
    let found = settings(text, &[("PW", "hunter2")]);
    let written = format!("{found:?}");
    assert!(written.contains("postgres://db:5433/shop"), "{written}");
    assert!(!written.contains("hunter2"), "{written}");
}

#[test]
fn what_a_shell_would_read_and_what_a_variable_holds_is_no_command() {
    for (command, why) in [
        ("", "there is no command"),
        ("a | b", "no shell reads this"),
        ("a && b", "no shell reads this"),
        ("a 'b c'", "no shell reads this"),
        ("a ${TOKEN}", "what a variable holds would be seen"),
    ] {
        let text = format!("[checklist]\ncommands = [\"{command}\"]");
        let (settings, report) = read_with(&text, &[("TOKEN", "hunter2")]);
        let told = report.to_string();
        assert!(told.contains(why) && !told.contains("hunter2"), "{told}");
        assert_eq!(settings.commands, []);
    }
}
