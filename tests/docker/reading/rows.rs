//! The rows: what runs, how well, how much it uses, and what is being rolled out.

use quarterdeck::domain::{
    details::PlatformEvent,
    health::Health,
    instance::{Phase, Probe},
    rollout::RolloutState,
    source::SourceHealth,
};
use quarterdeck::platform::Request;

use super::{Reading, id};
use crate::support::compose::Compose;
use crate::support::daemon::Daemon;
use crate::support::docker_or_skip;
use crate::support::wait::{SOON, wait_until};

const SHOP: &str = r#"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
    depends_on: [store]
    ports: ["8080"]
    deploy: {replicas: 2, resources: {limits: {memory: 32M}}}
    healthcheck: {test: [CMD, wget, -qO-, "http://127.0.0.1:8080/"], interval: 1s}
  store:
    image: qd-busybox:v1
    stop_grace_period: 1s
    volumes: ["data:/data"]
  broken:
    image: qd-busybox:bad
    restart: always
  sick:
    image: qd-busybox:unhealthy
    stop_grace_period: 1s
  failed:
    image: qd-busybox:v1
    command: [sh, -c, "exit 3"]
  done:
    image: qd-busybox:v1
    command: [sh, -c, "exit 0"]
  greedy:
    image: qd-busybox:v1
    command: [tail, /dev/zero]
    deploy: {resources: {limits: {memory: 16M}}}
volumes: {data: {}}
"#;

#[test]
fn each_service_is_said_as_it_is() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "rows", SHOP);
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let of = |service: &str| id(&shop.project, service);

    let api = reading.service(&of("api"), "two that serve", |s| s.ready() == 2);
    assert_eq!(
        (api.health, &*api.why, &*api.version),
        (Health::Well, "", "v1")
    );
    assert_eq!(api.depends_on, [of("store")]);
    assert!(api.ports[0].host.is_some() && api.ports[0].container == 8080);
    assert!(!api.stateful);
    assert!(
        reading
            .service(&of("store"), "store runs", |s| s.ready() == 1)
            .stateful
    );

    reading.service(&of("broken"), "a crash loop", |s| {
        s.health == Health::Critical
            && &*s.why == "crash loop, exit 1: config: DATABASE_URL is not set"
            && s.why_since.is_some()
    });
    let sick = reading.service(&of("sick"), "unhealthy", |s| {
        &*s.why == "unhealthy" && s.why_since.is_some()
    });
    let Probe::Unhealthy { streak, output } = &sick.instances[0].probe else {
        panic!("{sick:?}")
    };
    assert!(*streak >= 2 && &**output == "connection refused");
    reading.service(&of("failed"), "exit 3", |s| {
        s.health == Health::Critical && &*s.why == "exited 3"
    });
    reading.service(&of("done"), "done, and no harm in it", |s| {
        s.health == Health::Off && s.why.is_empty()
    });
    // The daemon itself misses the kernel's word now and then: then there is nothing to show, and it is killed once more.
    let name = format!("{}-greedy-1", shop.project);
    let killed = (0..5).any(|_| {
        daemon.docker(&["wait", &name]);
        let said = daemon.docker(&["inspect", "--format", "{{.State.OOMKilled}}", &name]);
        let killed = said.trim() == "true";
        if !killed {
            daemon.docker(&["start", &name]);
        }
        killed
    });
    assert!(killed, "the daemon never said so");
    let greedy = reading.service(&of("greedy"), "out of memory", |s| {
        &*s.why == "exited 137, OOM"
    });
    assert!(greedy.instances[0].oom_killed && greedy.health == Health::Critical);

    // Compose itself is the judge of what is there.
    let shown = || {
        let state = reading.state();
        let mut rows: Vec<(String, String, String)> = Vec::new();
        for service in &state.snapshot.services {
            for i in &service.instances {
                let phase = format!("{:?}", i.phase).to_lowercase();
                rows.push((i.id.short().to_owned(), service.id.name.to_string(), phase));
            }
        }
        rows.sort();
        rows
    };
    let told = || {
        let mut rows: Vec<(String, String, String)> = shop
            .ps()
            .into_iter()
            .map(|r| (r.id[..12].to_owned(), r.service, r.state))
            .collect();
        rows.sort();
        rows
    };
    shop.run(&["stop", "broken"]);
    reading.until(&format!("what compose tells: {:#?}", told()), |_| {
        shown() == told()
    });
    reading.service(&of("broken"), "stopped by someone is off", |s| {
        s.health == Health::Off
    });
}

#[test]
fn a_container_outside_compose_is_a_service_and_follows_what_is_done_to_it() {
    let daemon = docker_or_skip!();
    let reading = Reading::of(&daemon.host, &[]);
    reading.live();
    let name = format!("lone-{}", std::process::id());
    let container = daemon.docker(&["run", "--detach", "--name", &name, "qd-busybox:v1"]);
    let lone = reading.service(&id("", &name), "it runs", |s| s.ready() == 1);
    assert_eq!(&*lone.instances[0].id.0, container);
    daemon.docker(&["pause", &name]);
    reading.service(&id("", &name), "paused", |s| {
        &*s.why == "paused" && s.why_since.is_some()
    });
    daemon.docker(&["unpause", &name]);
    reading.service(&id("", &name), "it goes on", |s| s.health == Health::Well);
    let other = format!("{name}-b");
    daemon.docker(&["rename", &name, &other]);
    reading.service(&id("", &other), "it has another name", |s| s.ready() == 1);
    daemon.docker(&["stop", "--time", "0", &other]);
    reading.service(&id("", &other), "stopped on purpose", |s| {
        s.instances[0].phase == Phase::Exited && s.health == Health::Off
    });
    daemon.docker(&["rm", &other]);
    reading.until("it is gone", |state| {
        state.snapshot.service(&id("", &other)).is_none()
    });
}

#[test]
fn figures_of_use_come_and_those_on_screen_stay_fresh() {
    let daemon = docker_or_skip!();
    let file = "services: {busy: {image: \"qd-busybox:v1\", command: [sh, -c, \"while :; do :; done\"], \
        stop_grace_period: 0s, deploy: {resources: {limits: {memory: 32M}}}}}";
    let shop = Compose::up(&daemon, "figures", file);
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let busy = id(&shop.project, "busy");
    reading.ask(Request::Visible(vec![busy.clone()]));
    let row = reading.service(&busy, "figures", |s| {
        s.usage.cpu_percent.is_some_and(|p| p > 5.0)
    });
    assert_eq!(row.usage.memory_limit_bytes, Some(32 << 20));
    assert!(
        row.usage
            .memory_bytes
            .is_some_and(|bytes| bytes > 0 && bytes < 32 << 20)
    );
    assert!(row.usage.rx_bytes_per_s.is_some());
}

const TALKS: &str = r#"
services:
  crashes:
    image: qd-busybox:v1
    restart: always
    command: [sh, -c, "echo 'level=error msg=\"cannot start\" err=\"no such table: orders\"' >&2; exit 4"]
  slow:
    image: qd-busybox:v1
    stop_grace_period: 1s
    depends_on: {job: {condition: service_completed_successfully}}
    healthcheck: {test: [CMD-SHELL, "echo warming up; exit 1"], interval: 1s, start_period: 5m}
  job:
    image: qd-busybox:v1
    command: [sh, -c, "exit 0"]
"#;

#[test]
fn what_fails_is_said_in_its_own_words() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "talks", TALKS);
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let of = |service: &str| id(&shop.project, service);
    let crashes = reading.service(&of("crashes"), "its last words", |s| {
        &*s.why == "crash loop, exit 4: no such table: orders"
    });
    assert_eq!(&*crashes.instances[0].last_words, "no such table: orders");
    reading.service(&of("slow"), "a check that fails while it starts", |s| {
        reading.ask(Request::Refresh);
        &*s.why == "starting, check failing: warming up" && s.health == Health::Unknown
    });
    let job = reading.service(&of("job"), "a job that has ended", |s| s.ready() == 0);
    assert_eq!((job.health, &*job.why), (Health::Off, ""));
}

#[test]
fn what_another_shell_rolls_out_is_shown_to_its_end() {
    let daemon = docker_or_skip!();
    let file = |image: &str| {
        format!(
            "services: {{api: {{image: \"qd-busybox:{image}\", stop_grace_period: 1s, restart: always, deploy: {{replicas: 2}}}}}}"
        )
    };
    let shop = Compose::up(&daemon, "rolled", &file("v1"));
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    reading.service(&id(&shop.project, "api"), "two run", |s| s.ready() == 2);
    assert!(reading.state().snapshot.rollouts.is_empty());

    shop.write(&file("v2"));
    shop.run(&["up", "--detach"]);
    let state = reading.until("done", |state| {
        state
            .snapshot
            .rollouts
            .first()
            .is_some_and(|r| r.state == RolloutState::Done)
    });
    let done = &state.snapshot.rollouts[0];
    assert_eq!(
        (&*done.from, &*done.to, done.ready(), &*done.by),
        ("v1", "v2", 2, "compose")
    );
    assert!(done.ended.is_some());

    shop.write(&file("bad"));
    shop.run(&["up", "--detach"]);
    reading.until("stuck, and why", |state| {
        let newest = &state.snapshot.rollouts[0];
        matches!(&newest.state, RolloutState::Stuck(why) if &**why == "crash loop, exit 1: config: DATABASE_URL is not set")
            && &*newest.to == "bad"
    });
}

#[test]
fn what_happens_is_told_once_in_words() {
    let daemon = docker_or_skip!();
    let mut reading = Reading::of(&daemon.host, &[]);
    reading.live();
    let name = format!("told-{}", std::process::id());
    daemon.docker(&[
        "run",
        "--name",
        &name,
        "qd-busybox:v1",
        "sh",
        "-c",
        "exit 0",
    ]);
    daemon.docker(&["rm", &name]);
    let mut told: Vec<String> = Vec::new();
    wait_until("it was removed", SOON, || {
        while let Ok(event) = reading.handle.events.try_recv() {
            if let PlatformEvent::Happened(happening) = event
                && happening.text.starts_with(&name)
            {
                told.push(happening.text[name.len()..].to_owned());
            }
        }
        told.last().is_some_and(|last| last == " removed")
    });
    assert_eq!(
        told,
        [
            " made from qd-busybox:v1",
            " started",
            " ended, exit 0",
            " removed"
        ]
    );
}

#[test]
fn the_host_is_known_with_its_disk() {
    let daemon = docker_or_skip!();
    let reading = Reading::of(&daemon.host, &[]);
    let state = reading.until("the host and its disk", |state| {
        state.snapshot.host.disk_free_bytes.is_some()
    });
    let host = &state.snapshot.host;
    assert!(
        host.version.starts_with("Docker ") && host.version.contains("API 1."),
        "{host:?}"
    );
    assert_eq!(
        &*host.identity,
        daemon.docker(&["info", "--format", "{{.ID}}"])
    );
    assert!(host.disk_free_bytes < host.disk_size_bytes);
    assert_eq!(state.health, SourceHealth::Live);
}

#[test]
fn a_console_over_tls_sees_the_same() {
    let daemon = docker_or_skip!();
    // The address and its certificates come as a context, as `docker context create` keeps it.
    let home = tempfile::tempdir().expect("a temporary folder");
    let docker = |arguments: &[&str]| {
        crate::support::daemon::output(
            std::process::Command::new("docker")
                .env("DOCKER_CONFIG", home.path())
                .args(arguments),
        )
    };
    let endpoint = |daemon: &Daemon| {
        let file = |name: &str| daemon.certificates.join(name).display().to_string();
        format!(
            "host={},ca={},cert={},key={}",
            daemon.tls_host,
            file("ca.pem"),
            file("cert.pem"),
            file("key.pem")
        )
    };
    docker(&["context", "create", "tls", "--docker", &endpoint(&daemon)]);
    let variable =
        |name: &str| (name == "DOCKER_CONFIG").then(|| home.path().display().to_string());
    let around = quarterdeck::platform::docker::host::Surroundings {
        variable: &variable,
        usable: &|_| false,
    };
    let options = quarterdeck::platform::docker::DockerOptions {
        context: Some("tls".into()),
        ..Default::default()
    };
    let place =
        quarterdeck::platform::docker::host::locate(&options, around).expect("the context is read");
    let transport = quarterdeck::platform::docker::transport::Transport::new(&place.address, false)
        .expect("TLS");
    let engine = quarterdeck::platform::docker::engine::Engine::new(transport);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        engine.ping(false).await.expect("it answers over TLS");
        let listed: serde_json::Value = engine.get("/containers/json?all=1").await.expect("a list");
        assert!(listed.is_array());
    });
}

/// A stopped container does not keep its image from being removed; it then cannot be made anew.
#[test]
fn an_image_that_is_gone_is_told() {
    let daemon = docker_or_skip!();
    // An image of its own, so that no other test misses it.
    daemon.docker(&[
        "run",
        "--name",
        "lost-seed",
        "qd-busybox:v1",
        "touch",
        "/own",
    ]);
    daemon.docker(&["commit", "lost-seed", "lost-image:1"]);
    let file = "services:\n  lost:\n    image: lost-image:1\n    command: [sh, -c, \"exit 0\"]\n";
    let shop = Compose::up(&daemon, "lost", file);
    daemon.docker(&["rm", "lost-seed"]);
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let lost = id(&shop.project, "lost");
    reading.service(&lost, "it ended", |s| {
        s.instances
            .first()
            .is_some_and(|i| i.phase == Phase::Exited)
            && s.why.is_empty()
    });
    daemon.docker(&["image", "rm", "--force", "lost-image:1"]);
    daemon.docker(&["start", &format!("{}-lost-1", shop.project)]);
    reading.service(&lost, "its image is missing", |s| {
        &*s.why == "image missing: lost-image:1" && s.health == Health::Warning
    });
}
