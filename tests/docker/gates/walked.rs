//! A gate of checklists: nothing is done twice.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    process::{Child, Command, Stdio},
};

use crate::support::{
    compose::Compose,
    daemon::Daemon,
    docker_or_skip,
    proxy::Proxy,
    wait::{SOON, wait_until},
    walked::{Point, RELEASE, Walked, killed_everywhere},
};

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    deploy: {replicas: 2}
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1:8080/"], interval: 1s}
"#;

/// A shop that serves, and a walk of a list on it.
fn walk(shop: &Compose, host: &str, list: &str, options: &[&str]) -> Walked {
    wait_until("two healthy replicas of api", SOON, || {
        let all = shop.replicas("api");
        all.iter().filter(|r| r.health == "healthy").count() == 2
    });
    let walked = Walked::new(list, options, &[("DOCKER_HOST", host.to_owned())]);
    let environment = format!(
        "[environment.here]\nkind = 'development'\ndocker.projects = ['{}']\n",
        shop.project
    );
    fs::write(walked.home().join("quarterdeck.toml"), environment).expect("it is written");
    walked
}

/// What the daemon itself says was done to a project's containers; it ends with this value.
struct Events {
    client: Child,
    file: tempfile::NamedTempFile,
}

impl Events {
    fn of(daemon: &Daemon, shop: &Compose) -> Self {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let own = format!("label=com.docker.compose.project={}", shop.project);
        let client = Command::new("docker")
            .args(["--host", &daemon.host, "events", "--filter", &own])
            .args(["--filter", "event=restart", "--filter", "event=rename"])
            .args(["--format", "{{.Action}} {{.Actor.ID}}"])
            .stdout(File::create(file.path()).expect("a file"))
            .stderr(Stdio::null())
            .spawn()
            .expect("docker runs");
        Self { client, file }
    }

    fn lines(&self) -> Vec<String> {
        let text = fs::read_to_string(self.file.path()).expect("it is text");
        text.lines().map(str::to_owned).collect()
    }

    /// How often each container was restarted.
    fn restarts(&self) -> Vec<usize> {
        let mut times = BTreeMap::<String, usize>::new();
        for line in self.lines() {
            if let Some(id) = line.strip_prefix("restart ") {
                *times.entry(id.to_owned()).or_default() += 1;
            }
        }
        times.into_values().collect()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}

#[test]
fn killed_at_any_point_of_a_list_everything_is_done_once() {
    let daemon = docker_or_skip!();
    killed_everywhere(|points| release(&daemon, points));
}

fn release(daemon: &Daemon, points: &[Point]) -> usize {
    let shop = Compose::up(daemon, "release", SHOP);
    let proxy = Proxy::unix(&daemon.host);
    let options = ["--attest", "2", "--go", "bob", "--yes"];
    let walked = walk(&shop, &proxy.host, RELEASE, &options);
    let events = Events::of(daemon, &shop);
    let killed = walked.killed_at(points, &proxy);
    walked.assert_whole(8);

    let served: Vec<_> = shop
        .replicas("api")
        .into_iter()
        .map(|r| (r.image, r.state))
        .collect();
    let one = ("qd-busybox:v2".to_owned(), "running".to_owned());
    assert_eq!(served, vec![one; 3], "{points:?}");
    assert_eq!(
        events.restarts(),
        [1, 1],
        "{points:?}: {:?}",
        events.lines()
    );
    // What is sent names what it makes, or what it is about: the same words twice would be a second send.
    let mut sent: Vec<String> = proxy
        .acts()
        .into_iter()
        .map(|r| format!("{} {}", r.method, r.path))
        .collect();
    sent.sort();
    let twice: Vec<_> = sent.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{points:?}: {twice:?}");
    let names = format!("quarterdeck/{}/*", shop.project);
    for name in daemon
        .docker(&["images", "--format", "{{.Repository}}:{{.Tag}}", &names])
        .lines()
    {
        daemon.docker(&["rmi", name]);
    }
    killed
}
