//! Logs: every line once, whoever comes and goes, and whatever a container prints.

use std::collections::BTreeMap;

use quarterdeck::{
    domain::{
        log::{LogEvent, Since, Stream},
        service::ServiceId,
        source::SourceHealth,
    },
    platform::{LogRequest, Request},
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Reading, id};
use crate::support::compose::Compose;
use crate::support::docker_or_skip;
use crate::support::proxy::{Fault, Proxy, Rule};
use crate::support::wait::{SOON, deadline, left, wait_until};

/// A subscription, and all that it delivered.
struct Logs {
    events: mpsc::Receiver<LogEvent>,
    stop: CancellationToken,
    lines: Vec<(String, Stream, Vec<u8>)>,
    said: Vec<String>,
    dropped: u64,
}

impl Logs {
    fn of(reading: &Reading, services: &[ServiceId], since: Since, follow: bool) -> Self {
        Self::with(reading, services, since, follow, false)
    }

    fn with(
        reading: &Reading,
        services: &[ServiceId],
        since: Since,
        follow: bool,
        previous: bool,
    ) -> Self {
        let (sink, events) = mpsc::channel(64);
        let stop = CancellationToken::new();
        reading.ask(Request::Logs(LogRequest {
            services: services.to_vec(),
            since,
            previous,
            follow,
            sink,
            stop: stop.clone(),
        }));
        Self {
            events,
            stop,
            lines: Vec::new(),
            said: Vec::new(),
            dropped: 0,
        }
    }

    /// Takes what has come; `false` when the subscription has ended.
    fn take(&mut self) -> bool {
        loop {
            match self.events.try_recv() {
                Ok(LogEvent::Lines {
                    origin,
                    lines,
                    dropped,
                }) => {
                    self.dropped += dropped;
                    self.lines.extend(
                        lines
                            .into_iter()
                            .map(|l| (origin.label.to_string(), l.stream, l.bytes.into_vec())),
                    );
                }
                Ok(LogEvent::Joined(origin, _)) => {
                    self.said.push(format!("{} joined", origin.label));
                }
                Ok(LogEvent::Left(origin, _)) => self.said.push(format!("{} left", origin.label)),
                Ok(LogEvent::Unreadable(origin, why)) => {
                    self.said.push(format!("{}: {why}", origin.label));
                }
                Ok(LogEvent::Bounded { followed, .. }) => {
                    self.said.push(format!("{followed} followed"));
                }
                Err(mpsc::error::TryRecvError::Empty) => return true,
                Err(mpsc::error::TryRecvError::Disconnected) => return false,
            }
        }
    }

    #[track_caller]
    fn until(&mut self, what: &str, fits: impl Fn(&Self) -> bool) {
        let end = deadline(SOON);
        while !{
            self.take();
            fits(self)
        } {
            assert!(
                !left(end).is_zero(),
                "waited in vain: {what}; {} lines, {:?}",
                self.lines.len(),
                self.said
            );
            std::thread::park_timeout(std::time::Duration::from_millis(10));
        }
    }

    #[track_caller]
    fn drain(&mut self) {
        wait_until("the subscription ends", SOON, || !self.take());
    }

    fn texts(&self) -> Vec<String> {
        self.lines
            .iter()
            .map(|(_, _, bytes)| String::from_utf8_lossy(bytes).into_owned())
            .collect()
    }
}

/// A project of one service that runs a script.
fn project(
    daemon: &crate::support::daemon::Daemon,
    name: &str,
    script: &str,
    more: &str,
) -> Compose {
    let script = script.replace('$', "$$");
    let file = format!(
        "services:\n  api:\n    image: qd-busybox:v1\n    stop_grace_period: 0s\n    command: [sh, -c, '{script}']\n{more}"
    );
    Compose::up(daemon, name, &file)
}

#[test]
fn both_streams_come_and_a_tail_and_all_that_follows() {
    let daemon = docker_or_skip!();
    let shop = project(
        &daemon,
        "both",
        "for i in 1 2 3; do echo out $i; done; echo err >&2; sleep 1000",
        "",
    );
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let api = id(&shop.project, "api");
    let mut logs = Logs::of(&reading, std::slice::from_ref(&api), Since::All, true);
    logs.until("four lines", |logs| logs.lines.len() == 4);
    let out: Vec<&[u8]> = logs
        .lines
        .iter()
        .filter(|l| l.1 == Stream::Out)
        .map(|l| &*l.2)
        .collect();
    assert_eq!(out, [b"out 1", b"out 2", b"out 3"]);
    assert!(
        logs.lines
            .iter()
            .any(|l| l.1 == Stream::Err && l.2 == b"err")
    );
    logs.stop.cancel();
    logs.drain();
    let mut tail = Logs::of(&reading, &[api], Since::Tail(1), false);
    tail.drain();
    assert_eq!(tail.lines.len(), 1);
}

#[test]
fn copies_that_join_are_followed_and_those_that_leave_are_said() {
    let daemon = docker_or_skip!();
    let shop = project(&daemon, "joins", "echo up; sleep 1000", "");
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let mut logs = Logs::of(&reading, &[id(&shop.project, "api")], Since::All, true);
    logs.until("the first", |logs| logs.lines.len() == 1);
    assert!(
        logs.said.is_empty(),
        "who is there from the beginning does not join"
    );
    shop.run(&["up", "--detach", "--scale", "api=2"]);
    logs.until("the second", |logs| {
        logs.lines.len() == 2 && logs.said == ["api 2 joined"]
    });
    shop.run(&["up", "--detach", "--scale", "api=1"]);
    logs.until("the second has left", |logs| {
        logs.said == ["api 2 joined", "api 2 left"]
    });
}

#[test]
fn a_process_that_restarts_goes_on_in_the_same_log() {
    let daemon = docker_or_skip!();
    let shop = project(
        &daemon,
        "again",
        "echo run; exit 1",
        "    restart: always\n",
    );
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let api = id(&shop.project, "api");
    let mut logs = Logs::of(&reading, std::slice::from_ref(&api), Since::All, true);
    logs.until("five runs", |logs| logs.lines.len() >= 5);
    shop.run(&["stop", "api"]);
    let told = shop
        .run(&["logs", "--no-log-prefix", "api"])
        .lines()
        .count();
    logs.until("each run once", |logs| logs.lines.len() == told);
}

#[test]
fn the_run_before_the_present_one_is_told_alone() {
    let daemon = docker_or_skip!();
    let script = "if [ -e /tmp/once ]; then echo second; sleep 1000; fi; touch /tmp/once; echo first; exit 1";
    let shop = project(&daemon, "before", script, "    restart: always\n");
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let api = id(&shop.project, "api");
    let mut logs = Logs::of(&reading, std::slice::from_ref(&api), Since::All, true);
    logs.until("both runs", |logs| logs.texts() == ["first", "second"]);
    let mut before = Logs::with(&reading, &[api], Since::All, false, true);
    before.drain();
    assert_eq!(before.texts(), ["first"]);
}

#[test]
fn a_broken_connection_loses_no_line_and_doubles_none() {
    let daemon = docker_or_skip!();
    let script = "i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; [ $((i % 50)) -ne 0 ] || sleep 0.1; done; sleep 1000";
    let shop = project(&daemon, "breaks", script, "");
    let proxy = Proxy::unix(&daemon.host);
    let reading = Reading::of(&proxy.host, &[&shop.project]);
    let mut logs = Logs::of(&reading, &[id(&shop.project, "api")], Since::All, true);
    for part in 1..=4 {
        logs.until("some lines", |logs| logs.lines.len() >= part * 300);
        proxy.cut();
    }
    logs.until("the last line", |logs| {
        logs.texts().last().is_some_and(|l| l == "line 2000")
    });
    let expected: Vec<String> = (1..=2000).map(|i| format!("line {i}")).collect();
    assert_eq!(logs.texts(), expected);
    assert_eq!(logs.dropped, 0);
}

#[test]
fn a_stream_that_went_silent_for_good_is_read_anew() {
    let daemon = docker_or_skip!();
    let script = "i=0; while :; do i=$((i+1)); echo line $i; sleep 0.2; done";
    let shop = project(&daemon, "silent", script, "");
    let proxy = Proxy::unix(&daemon.host);
    let reading = Reading::of(&proxy.host, &[&shop.project]);
    let mut logs = Logs::of(&reading, &[id(&shop.project, "api")], Since::All, true);
    logs.until("some lines", |logs| logs.lines.len() > 3);
    proxy.stall();
    reading.until("stale", |s| s.health == SourceHealth::Stale);
    proxy.abandon();
    logs.take();
    let had = logs.lines.len();
    logs.until("lines go on", |logs| logs.lines.len() > had + 20);
    let expected: Vec<String> = (1..=logs.lines.len())
        .map(|i| format!("line {i}"))
        .collect();
    assert_eq!(logs.texts(), expected);
}

#[test]
fn what_nobody_takes_in_time_is_counted_exactly() {
    let daemon = docker_or_skip!();
    let shop = project(
        &daemon,
        "flood",
        "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); echo line number $i of a flood; done; echo last; sleep 1000",
        "",
    );
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let api = id(&shop.project, "api");
    wait_until("all is written", SOON, || {
        shop.run(&["logs", "--no-log-prefix", "--tail", "1", "api"])
            .trim()
            == "last"
    });
    // Nobody reads until all has come: the ring holds what it may, and counts the rest.
    let mut logs = Logs::of(&reading, &[api], Since::All, true);
    let end = deadline(std::time::Duration::from_secs(3));
    wait_until("the reader has had its time", SOON, || left(end).is_zero());
    logs.until("the last line", |logs| {
        logs.texts().last().is_some_and(|l| l == "last")
    });
    assert_eq!(logs.lines.len() as u64 + logs.dropped, 60_001);
    assert!(logs.dropped > 0);
}

#[test]
fn a_line_without_an_end_and_a_terminal_that_looks_like_frames_harm_nobody() {
    let daemon = docker_or_skip!();
    let file = r#"
services:
  long:
    image: qd-busybox:v1
    stop_grace_period: 0s
    command: [sh, -c, "dd if=/dev/zero bs=1M count=64 2>/dev/null | tr '\\0' x; echo; echo after; sleep 1000"]
  frames:
    image: qd-busybox:v1
    stop_grace_period: 0s
    tty: true
    # Docker's usual driver writes JSON, which cannot hold such bytes.
    logging: {driver: local}
    command: [sh, -c, "printf '\\001\\000\\000\\000\\377\\377\\377\\377'; echo hello; sleep 1000"]
  calm:
    image: qd-busybox:v1
    stop_grace_period: 0s
    command: [sh, -c, "echo calm; sleep 1000"]
"#;
    let shop = Compose::up(&daemon, "hostile", file);
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    reading.until("three services", |state| state.snapshot.services.len() == 3);
    let before = resident();
    let mut logs = Logs::of(&reading, &[], Since::All, true);
    logs.until("all of it", |logs| {
        let texts = logs.texts();
        ["after", "calm"]
            .iter()
            .all(|t| texts.iter().any(|l| l == t))
            && texts.iter().any(|l| l.ends_with("hello"))
    });
    let mut by: BTreeMap<&str, Vec<&[u8]>> = BTreeMap::new();
    for (label, _, bytes) in &logs.lines {
        by.entry(label).or_default().push(bytes);
    }
    assert_eq!(by["long"].len(), 2);
    assert!(by["long"][0].len() <= 64 * 1024);
    assert!(String::from_utf8_lossy(by["long"][0]).ends_with("bytes more, not kept"));
    assert_eq!(by["frames"], [b"\x01\0\0\0\xff\xff\xff\xffhello"]);
    let grown = resident().saturating_sub(before);
    assert!(grown < 8 << 20, "grew by {} KiB", grown >> 10);
}

#[test]
fn a_log_driver_that_cannot_be_read_is_named() {
    let daemon = docker_or_skip!();
    let shop = project(
        &daemon,
        "mute",
        "echo x; sleep 1000",
        "    logging: {driver: none}\n",
    );
    let reading = Reading::of(&daemon.host, &[&shop.project]);
    let mut logs = Logs::of(&reading, &[id(&shop.project, "api")], Since::All, true);
    logs.until("it is said", |logs| {
        logs.said == ["api: log driver none can't be read"]
    });
}

/// Memory of this process, in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("this is Linux");
    let resident = pages
        .split(' ')
        .nth(1)
        .expect("the second figure is resident memory");
    resident.parse::<usize>().expect("a number of pages") * 4096
}

#[test]
fn a_log_that_breaks_again_and_again_says_why_and_comes_when_it_can() {
    let daemon = docker_or_skip!();
    let file = "services: {says: {image: \"qd-busybox:v1\", command: [echo, hello]}}";
    let shop = Compose::up(&daemon, "cutlog", file);
    let proxy = Proxy::unix(&daemon.host);
    let reading = Reading::of(&proxy.host, &[&shop.project]);
    let says = id(&shop.project, "says");
    reading.service(&says, "it is shown", |s| !s.instances.is_empty());
    proxy.on(Rule::once("/logs?", Fault::Truncate(5)).times(3));
    let mut logs = Logs::of(&reading, std::slice::from_ref(&says), Since::All, true);
    logs.until("why it can't be read", |l| {
        l.said
            .iter()
            .any(|said| said.contains("the connection broke"))
    });
    logs.until("its line", |l| !l.lines.is_empty());

    // Who does not follow gets an end.
    proxy.on(Rule::once("/logs?", Fault::Truncate(5)).times(3));
    let mut logs = Logs::of(&reading, &[says], Since::All, false);
    logs.drain();
    assert_eq!(logs.said.len(), 1, "{:?}", logs.said);
}
