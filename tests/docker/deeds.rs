//! Lists that act: each verb of `do:` that Docker knows is carried out, and told with what shows it; what it does not know is
//! refused in words.

use std::fs;

use crate::support::{
    compose::{Compose, Replica},
    daemon::Daemon,
    docker_or_skip,
    wait::{SOON, wait_until},
    walked::{Walked, kind_of},
};

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    deploy: {replicas: 2}
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1:8080/"], interval: 1s}
  db:
    image: qd-postgres:15
    environment: {POSTGRES_PASSWORD: pw, POSTGRES_USER: shop, POSTGRES_DB: orders}
"#;

const LIST: &str = "\
# Deeds
- [ ] Copied `do: backup db` `check: backup_age(db) < 1h`
- [ ] Rolled out `do: rollout api v2` `check: version(api) == \"v2\"`
- [ ] Rolled back `do: rollback api` `check: version(api) == \"v1\"`
- [ ] Scaled `do: scale api 3`
- [ ] Restarted `do: restart api`
- [ ] Stopped `do: stop api` `check: ready(api) == 0`
- [ ] Started `do: start api` `check: ready(api) == 3`
";

/// A shop that serves, and a walk of that list on it.
fn walk(daemon: &Daemon, list: &str) -> (Compose, Walked) {
    let shop = Compose::up(daemon, "deeds", SHOP);
    for service in ["api", "db"] {
        // A database that begins beside others takes its time.
        wait_until(&format!("{service} is healthy"), SOON * 3, || {
            let all = shop.replicas(service);
            all.iter().all(|replica| replica.health == "healthy")
        });
    }
    let host = ("DOCKER_HOST", daemon.host.clone());
    let walked = Walked::new(list, &["--yes"], &[host]);
    let settings = format!(
        "[environment.here]\nkind = 'development'\ndocker.projects = ['{}']\n",
        shop.project
    );
    fs::write(walked.home().join("quarterdeck.toml"), settings).expect("it is written");
    (shop, walked)
}

#[test]
fn every_verb_is_carried_out_and_told_with_its_evidence() {
    let daemon = docker_or_skip!();
    let (shop, walked) = walk(&daemon, LIST);
    let before = shop.replicas("api");
    walked.with(&[]);
    walked.assert_whole(7);
    let after = shop.replicas("api");
    let serves = |image: &str, state: &str| (image.to_owned(), state.to_owned());
    let served: Vec<_> = after.iter().map(|r| serves(&r.image, &r.state)).collect();
    assert_eq!(served, vec![serves("qd-busybox:v1", "running"); 3]);
    let anew = |old: &Replica| after.iter().all(|new| new.id != old.id);
    assert!(before.iter().all(anew), "{after:?}");
    walked.assert_told(&[
        ("backup", "backed up <1m ago"),
        ("rollout", "v2 on v2"),
        ("rollback", "v1 on v1"),
        ("scale", "verified: 3/3, healthy"),
        ("restart", "verified: 3/3, healthy"),
        ("stop", "0/3 ready"),
        ("start", "3/3 ready"),
    ]);
}

#[test]
fn what_docker_cannot_do_is_refused_in_words() {
    let daemon = docker_or_skip!();
    let (_shop, walked) = walk(&daemon, "- [ ] Held `do: pause api`\n");
    let told = walked.ends(4, &[]);
    let why = "pause of api: there is nothing to pause: what Docker is told it does at once";
    assert!(told.contains(why), "{told}");
    let (record, ticked) = walked.record();
    assert_eq!(record["steps"][0]["state"], "pending", "{record}");
    assert!(ticked.contains(why), "{ticked}");
    let begun = |entry| kind_of(entry) == "operation-begin";
    assert!(!walked.entries().iter().any(begun), "nothing was begun");
}
