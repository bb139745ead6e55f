//! The connection: what is stale is never called live, and what is back is live again.

use std::time::Duration;

use quarterdeck::{
    domain::{
        details::PlatformEvent,
        service::ServiceId,
        source::{SourceHealth, SourceState},
    },
    plan::exec::ExecSpec,
    platform::{Request, docker::DockerOptions},
};

use super::{Reading, id};
use crate::support::daemon::Daemon;
use crate::support::docker_or_skip;
use crate::support::proxy::{Fault, Proxy, Rule};
use crate::support::wait::{SOON, timestamp, wait_until};

#[test]
fn a_silent_connection_is_stale_within_10_s_and_live_again_5_s_after_healing() {
    let daemon = docker_or_skip!();
    for proxy in [Proxy::unix(&daemon.host), Proxy::tcp(&daemon.host)] {
        let reading = Reading::of(&proxy.host, &[]);
        let before = reading.live().snapshot.services.len();
        proxy.stall();
        let stale = reading.within(Duration::from_secs(10), "stale", |s| {
            s.health == SourceHealth::Stale
        });
        assert_eq!(stale.snapshot.services.len(), before, "old rows stand");
        assert!(
            stale.problem.contains("no answer from"),
            "{}",
            stale.problem
        );
        proxy.heal();
        reading.within(Duration::from_secs(5), "live again", |s| {
            s.health == SourceHealth::Live
        });
        assert!(reading.state().problem.is_empty());

        // Connections of before stay silent for good; new ones are well.
        proxy.stall();
        reading.within(Duration::from_secs(10), "stale", |s| {
            s.health == SourceHealth::Stale
        });
        proxy.abandon();
        reading.within(Duration::from_secs(5), "live again", |s| {
            s.health == SourceHealth::Live
        });
    }
}

#[test]
fn while_the_daemon_does_not_answer_no_verdict_moves_by_time_alone() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    let reading = Reading::of(&proxy.host, &[]);
    reading.live();
    let name = format!("made-{}", std::process::id());
    daemon.docker(&["create", "--name", &name, "qd-busybox:v1"]);
    let service = id("", &name);
    let made = reading.service(&service, "it is made", |s| s.why == *"starting");
    let made = made.instances[0].created.expect("it was made");
    let late = || timestamp().duration_since(made).as_secs() >= 35;
    proxy.stall();
    let stale = |state: &SourceState| {
        let row = state.snapshot.service(&service).expect("old rows stand");
        assert_eq!(&*row.why, "starting", "{state:#?}");
        state.health == SourceHealth::Stale
    };
    reading.until("stale", stale);
    reading.within(Duration::from_mins(1), "what was due is over", |state| {
        assert!(stale(state), "{state:#?}");
        late()
    });
    proxy.heal();
    reading.service(&service, "the verdict moves", |s| {
        s.why == *"made, never started"
    });
    daemon.docker(&["rm", "--force", &name]);
}

#[test]
fn a_daemon_that_goes_and_returns_is_offline_and_its_rows_stand() {
    let _shared = docker_or_skip!();
    let daemon = Daemon::private(&[]);
    daemon.docker(&[
        "run",
        "--detach",
        "--name",
        "stays",
        "--restart",
        "always",
        "qd-busybox:v1",
    ]);
    daemon.docker(&["run", "--detach", "--name", "ends", "qd-busybox:v1"]);
    let reading = Reading::of(&daemon.host, &[]);
    reading.service(&id("", "ends"), "both run", |s| s.ready() == 1);
    daemon.kill();
    let gone = reading.until("offline", |s| s.health == SourceHealth::Offline);
    assert_eq!(
        gone.snapshot.services.len(),
        2,
        "an outage is not an empty host"
    );
    assert!(
        gone.problem.contains("sudo systemctl start docker"),
        "{}",
        gone.problem
    );
    daemon.up();
    reading.live();
    reading.service(&id("", "stays"), "started again by the daemon", |s| {
        s.ready() == 1
    });
    reading.service(&id("", "ends"), "ended with the daemon", |s| s.ready() == 0);
}

#[test]
fn a_socket_that_is_not_there_is_said_so_and_found_when_it_comes() {
    let daemon = docker_or_skip!();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let socket = folder.path().join("docker.sock");
    let reading = Reading::of(&format!("unix://{}", socket.display()), &[]);
    let state = reading.until("offline", |s| s.health == SourceHealth::Offline);
    assert!(
        state.problem.contains("does not exist") && state.problem.contains("in the settings"),
        "{}",
        state.problem
    );
    std::os::unix::fs::symlink(daemon.socket(), &socket).expect("a link");
    reading.live();
}

#[test]
fn events_that_broke_off_are_a_gap_and_nothing_is_missed() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    let mut reading = Reading::of(&proxy.host, &[]);
    reading.live();
    let name = format!("gap-{}", std::process::id());
    proxy.refuse();
    reading.until("offline", |s| s.health == SourceHealth::Offline);
    daemon.docker(&["run", "--detach", "--name", &name, "qd-busybox:v1"]);
    proxy.heal();
    reading.service(&id("", &name), "what began in between is there", |s| {
        s.ready() == 1
    });
    wait_until(
        "the gap is told",
        SOON,
        || matches!(reading.handle.events.try_recv(), Ok(PlatformEvent::Gap { from, to }) if from < to),
    );
    daemon.docker(&["rm", "--force", &name]);
}

#[test]
fn a_stream_of_events_that_is_silent_while_pings_answer_hides_nothing() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    let streams = || {
        let all = proxy.requests().into_iter();
        all.filter(|one| one.path.contains("/events")).count()
    };
    let names = ["unheard", "unseen"].map(|name| format!("{name}-{}", std::process::id()));
    let [first, second] = names.each_ref().map(|name| id("", name));
    daemon.docker(&["run", "--detach", "--name", &names[1], "qd-busybox:v1"]);
    // The stream's head and at most a piece of an event pass, then nothing for good.
    proxy.on(Rule::once("/events", Fault::Blackhole(300)));
    let mut reading = Reading::of(&proxy.host, &[]);
    reading.live();
    reading.service(&second, "it runs", |s| s.ready() == 1);
    wait_until("the stream is silent", SOON, || proxy.silent() == 1);
    let there = |service: &ServiceId, state: &SourceState| {
        assert_eq!(state.health, SourceHealth::Live, "pings answer");
        state.snapshot.service(service).is_some()
    };
    daemon.docker(&["create", "--name", &names[0], "qd-busybox:v1"]);
    // All is looked at about every 30 s, whatever events tell.
    reading.within(Duration::from_secs(40), "made, as no event told", |s| {
        there(&first, s)
    });

    // Missed a second time, it is made anew, and what it left out is told.
    assert_eq!((streams(), proxy.silent()), (1, 1));
    daemon.docker(&["rm", "--force", &names[1]]);
    reading.ask(Request::Refresh);
    reading.until("it went", |s| s.snapshot.service(&second).is_none());
    wait_until("a stream anew", SOON, || streams() == 2);
    wait_until(
        "the gap and what was in it",
        SOON,
        || matches!(reading.handle.events.try_recv(), Ok(PlatformEvent::Gap { from, to }) if from < to),
    );
    wait_until(
        "what happened then",
        SOON,
        || matches!(reading.handle.events.try_recv(), Ok(PlatformEvent::Happened(told)) if told.service.as_ref() == Some(&second)),
    );
    reading.live();
    daemon.docker(&["rm", &names[0]]);
}

#[test]
fn in_read_only_mode_nothing_leaves_that_could_change_something() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    let name = format!("looked-at-{}", std::process::id());
    daemon.docker(&["run", "--detach", "--name", &name, "qd-busybox:v1"]);
    let reading = Reading::with(DockerOptions {
        host: Some(proxy.host.clone()),
        read_only: true,
        ..DockerOptions::default()
    });
    let row = reading.service(&id("", &name), "it runs", |s| s.ready() == 1);
    assert!(reading.handle.capabilities.read_only);
    let spec = ExecSpec {
        instance: row.instances[0].id.clone(),
        argv: vec!["true".into()],
        user: None,
        input: quarterdeck::plan::exec::Input::Nothing,
    };
    let refused = reading
        .answer(|to| Request::Exec(spec, to))
        .expect_err("an exec changes something");
    assert!(refused.contains("read-only"), "{refused}");
    assert!(proxy.requests().len() > 3 && proxy.mutating().is_empty());
    daemon.docker(&["rm", "--force", &name]);
}

#[test]
fn a_daemon_that_does_not_say_who_it_is_says_so_when_it_is_asked_again() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    let sick = Fault::Answer(
        500,
        r#"{"message":"the storage driver is away"}"#.to_owned(),
    );
    proxy.on(Rule::once("/info", sick));
    let reading = Reading::of(&proxy.host, &[]);
    let nameless = reading.until("live, and the reason told", |s| {
        s.health == SourceHealth::Live && s.problem.contains("the storage driver is away")
    });
    assert!(nameless.snapshot.host.identity.is_empty());
    reading.ask(Request::Refresh);
    reading.until("it has a name, and all is well", |s| {
        !s.snapshot.host.identity.is_empty() && s.problem.is_empty()
    });
}

#[test]
fn of_another_daemon_under_the_same_address_nothing_is_known_yet() {
    let daemon = docker_or_skip!();
    let proxy = Proxy::unix(&daemon.host);
    let ended = daemon.docker(&[
        "run",
        "--detach",
        "--name",
        "another",
        "qd-busybox:v1",
        "true",
    ]);
    let reading = Reading::of(&proxy.host, &[]);
    let service = id("", "another");
    reading.service(&service, "it is shown", |_| true);
    let known = reading.until("it said who it is", |s| {
        !s.snapshot.host.identity.is_empty()
    });
    let first = known.snapshot.host.identity.clone();
    let again = daemon.docker(&["start", &ended]);
    assert_eq!(again, ended);
    let history = || {
        let details = reading.answer(|to| Request::Details(service.clone(), to));
        details.expect("it is there").happenings
    };
    wait_until("what happened is told", SOON, || !history().is_empty());

    let another = r#"{"ID":"another-daemon","Name":"there","ServerVersion":"1"}"#;
    proxy.on(Rule::once("/info", Fault::Answer(200, another.to_owned())));
    let none = Fault::Answer(200, String::new());
    proxy.on(Rule::once("/events", none).times(1000));
    proxy.refuse();
    reading.until("it is gone", |s| s.health == SourceHealth::Offline);
    proxy.heal();
    let now = reading.until("another one, and its rows", |s| {
        s.snapshot.host.identity != first && s.snapshot.service(&service).is_some()
    });
    assert_eq!(&*now.snapshot.host.identity, "another-daemon");
    assert_eq!(&*now.snapshot.host.name, "there");
    assert_eq!(history(), [], "what happened elsewhere is not told of it");
    daemon.docker(&["rm", "--force", &ended]);
}
