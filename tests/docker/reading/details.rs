//! A closer look: why, how it is set up, and none of its secrets.

use quarterdeck::{domain::health::Health, platform::Request};

use super::{Reading, id};
use crate::support::compose::Compose;
use crate::support::docker_or_skip;

const FILE: &str = r#"
services:
  sick:
    image: qd-busybox:unhealthy
    stop_grace_period: 1s
    restart: unless-stopped
    command: [sh, -c, "exec serve", --password, CANARY]
    environment: {DATABASE_URL: "postgres://u:CANARY@db", MODE: CANARY}
    labels: {api.token: CANARY}
  web:
    image: qd-busybox:v1
    stop_grace_period: 1s
    depends_on: [sick]
"#;

#[test]
fn details_say_why_and_hold_no_secret() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "details", FILE);
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let sick = id(&shop.project, "sick");
    let row = reading.service(&sick, "unhealthy", |s| &*s.why == "unhealthy");
    let details = reading
        .answer(|to| Request::Details(sick.clone(), to))
        .expect("details");
    assert!(
        details.evidence[0].text.contains("connection refused"),
        "{:?}",
        details.evidence
    );
    assert_eq!(details.evidence[0].health, Health::Critical);
    assert_eq!(details.needed_by, [id(&shop.project, "web")]);
    let names: Vec<&str> = details.environment.iter().map(|name| &**name).collect();
    assert_eq!(names, ["DATABASE_URL", "MODE", "PATH", "VERSION"]);
    let fact = |name: &str| {
        details
            .facts
            .iter()
            .find(|f| &*f.name == name)
            .map(|f| f.value.to_string())
    };
    assert_eq!(fact("restart policy").as_deref(), Some("unless-stopped"));
    assert_eq!(fact("stop grace period").as_deref(), Some("1 s"));
    assert!(
        details
            .checks
            .iter()
            .any(|c| c.value.contains("failed connection refused")),
        "{:?}",
        details.checks
    );
    assert!(
        details
            .happenings
            .iter()
            .any(|h| h.text.contains("started")),
        "{:?}",
        details.happenings
    );
    assert!(details.revisions[0].current && &*details.revisions[0].image == "qd-busybox:unhealthy");
    assert!(!format!("{details:?}").contains("CANARY"));

    let raw = reading
        .answer(|to| Request::Raw(row.instances[0].id.clone(), to))
        .expect("the raw object");
    assert!(
        raw.contains("DATABASE_URL") && raw.contains("\n  \"Name\""),
        "{raw}"
    );
    assert!(!raw.contains("CANARY"), "{raw}");

    let missing = reading.answer(|to| Request::Details(id("", "nobody"), to));
    assert!(missing.is_err_and(|why| why.contains("gone")));
}
