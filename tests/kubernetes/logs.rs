//! Logs of pods, through the API server.

use std::{
    collections::BTreeSet,
    fmt::Write as _,
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    time::Duration,
};

use quarterdeck::{
    domain::{
        log::{LogEvent, RawLine, Since},
        service::ServiceKind,
        source::SourceHealth,
    },
    platform::{LogRequest, PlatformHandle, Request, kubernetes},
};
use tokio::{
    sync::{Mutex, MutexGuard, mpsc},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::support::{
    cluster::{Cluster, Namespace},
    cluster_or_skip,
    wait::SOON,
};

/// A subscription, and what has come of it.
struct Heard {
    events: mpsc::Receiver<LogEvent>,
    stop: CancellationToken,
    /// Labels and lines, in the order in which they came.
    lines: Vec<(String, String)>,
    joined: Vec<String>,
    left: Vec<String>,
    unreadable: Vec<String>,
    bounded: Option<(usize, usize)>,
    dropped: u64,
}

impl Heard {
    async fn of(platform: &PlatformHandle, since: Since, follow: bool, previous: bool) -> Self {
        let (sink, events) = mpsc::channel(4);
        let stop = CancellationToken::new();
        let request = LogRequest {
            services: Vec::new(),
            since,
            previous,
            follow,
            sink,
            stop: stop.clone(),
        };
        let asked = platform.requests.send(Request::Logs(request)).await;
        asked.expect("the platform is there");
        Self {
            events,
            stop,
            lines: Vec::new(),
            joined: Vec::new(),
            left: Vec::new(),
            unreadable: Vec::new(),
            bounded: None,
            dropped: 0,
        }
    }

    fn take(&mut self, event: LogEvent) {
        match event {
            LogEvent::Lines {
                origin,
                lines,
                dropped,
            } => {
                self.dropped += dropped;
                let text = |line: RawLine| String::from_utf8_lossy(&line.bytes).into_owned();
                let label = origin.label.to_string();
                let lines = lines.into_iter().map(|line| (label.clone(), text(line)));
                self.lines.extend(lines);
            }
            LogEvent::Joined(origin, _) => self.joined.push(origin.label.to_string()),
            LogEvent::Left(origin, _) => self.left.push(origin.label.to_string()),
            LogEvent::Unreadable(origin, why) => {
                self.unreadable.push(format!("{}: {why}", origin.label));
            }
            LogEvent::Bounded { followed, waiting } => self.bounded = Some((followed, waiting)),
        }
    }

    /// Takes what comes until it is so; fails after half a minute.
    async fn until(&mut self, what: &str, so: impl Fn(&Self) -> bool) {
        let taken = timeout(SOON, async {
            while !so(self) {
                let event = self.events.recv().await.expect("it goes on");
                self.take(event);
            }
        });
        let came = taken.await.is_ok();
        assert!(
            came,
            "{what}: {:?} {:?} {:?} {:?} {:?}",
            self.lines, self.joined, self.left, self.unreadable, self.bounded
        );
    }

    /// Takes all there is.
    async fn read_out(&mut self) {
        while let Some(event) = timeout(Duration::from_mins(1), self.events.recv())
            .await
            .expect("it comes to an end")
        {
            self.take(event);
        }
    }

    fn labels(&self) -> BTreeSet<&str> {
        self.lines.iter().map(|(label, _)| label.as_str()).collect()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What all containers log. The kubelets have one file for them all, so the tests of it take turns.
pub(crate) struct Written<'a> {
    folder: &'a Path,
    _turn: MutexGuard<'static, ()>,
}

impl<'a> Written<'a> {
    pub(crate) async fn of(cluster: &'a Cluster, text: &str) -> Self {
        static TURN: Mutex<()> = Mutex::const_new(());
        let turn = TURN.lock().await;
        cluster.write_log(text);
        Self {
            folder: &cluster.folder,
            _turn: turn,
        }
    }

    /// More of it, in the CRI's format.
    pub(crate) fn write(&self, text: &str) {
        let file = self.folder.join("logs/current.log");
        let file = OpenOptions::new().append(true).open(file);
        let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
        written.expect("the log is written");
    }

    /// What the run before wrote.
    fn write_previous(&self, text: &str) {
        let file = self.folder.join("logs/previous.log");
        fs::write(file, text).expect("the log is written");
    }
}

async fn started(cluster: &Cluster, namespace: &Namespace<'_>, pods: usize) -> PlatformHandle {
    serving(kubernetes::start(cluster.options(namespace)), pods).await
}

/// The same platform, once all is known of it and so many pods serve: of what came while it was still being read, nobody
/// knows whether it joined.
async fn serving(mut platform: PlatformHandle, pods: usize) -> PlatformHandle {
    let all = platform.state.wait_for(|state| {
        // A node's row has its pods as well.
        let there = state.snapshot.services.iter();
        let there = there.filter(|service| service.kind != ServiceKind::Node);
        let instances = there.flat_map(|service| &service.instances);
        let ready = instances.filter(|instance| instance.ready()).count();
        state.health == SourceHealth::Live && ready == pods
    });
    let shown = timeout(Duration::from_mins(1), all).await.is_ok();
    assert!(shown, "{pods} pods serve");
    platform
}

const ONE: &str = "2026-11-21T12:00:00.1Z stdout F one\n";

const TWO: &str = r"
apiVersion: v1
kind: Pod
metadata: {name: two}
spec:
  initContainers:
  - {name: migrate, image: shop/migrate:1}
  - {name: proxy, image: shop/proxy:1, restartPolicy: Always}
  containers:
  - {name: main, image: shop/api:1}
  - {name: side, image: shop/side:1}
";

#[tokio::test]
async fn each_container_of_a_pod_is_followed_under_its_own_name() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("logs");
    let written = Written::of(&cluster, ONE).await;
    namespace.apply(TWO);
    let platform = started(&cluster, &namespace, 1).await;
    let mut heard = Heard::of(&platform, Since::All, true, false).await;
    let all = BTreeSet::from(["two", "two/migrate", "two/proxy", "two/side"]);
    heard
        .until("four containers wrote", |h| h.labels() == all)
        .await;
    written.write("2026-11-21T12:00:01.1Z stderr F two\n");
    let both = |h: &Heard| h.lines.iter().filter(|(_, line)| line == "two").count() == 4;
    heard.until("what is written later comes", both).await;
    assert_eq!(heard.lines.len(), 8, "each line once: {:?}", heard.lines);
    assert!(
        heard.joined.is_empty(),
        "they were there from the beginning"
    );
}

#[tokio::test]
async fn pods_join_and_leave_by_themselves() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("logs");
    let _written = Written::of(&cluster, ONE).await;
    namespace.kubectl(&["create", "deployment", "api", "--image=shop/api:1"]);
    let platform = started(&cluster, &namespace, 1).await;
    let mut heard = Heard::of(&platform, Since::All, true, false).await;
    heard.until("it wrote", |h| h.lines.len() == 1).await;
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=2"]);
    heard
        .until("the second one joined and wrote", |h| {
            h.joined.len() == 1 && h.labels().len() == 2
        })
        .await;
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=0"]);
    heard.until("both left", |h| h.left.len() == 2).await;
    assert_eq!(heard.lines.len(), 2, "each line once: {:?}", heard.lines);
}

#[tokio::test]
async fn a_log_that_is_cut_off_goes_on_by_its_time_and_has_each_line_once() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("logs");
    let written = Written::of(&cluster, ONE).await;
    namespace.kubectl(&["run", "api", "--image=shop/api:1"]);
    let proxy = cluster.passing_proxy();
    let kubeconfig = cluster.kubeconfig_by("admin", &proxy.host);
    let options = namespace.options_by(kubeconfig.path());
    let platform = serving(kubernetes::start(options), 1).await;
    let mut heard = Heard::of(&platform, Since::All, true, false).await;
    let mut expected = vec!["one".to_owned()];
    heard.until("it wrote", |h| h.lines.len() == 1).await;
    for round in 1..=4 {
        // What is written while nobody hears it comes afterwards; lines of one moment are told apart.
        proxy.refuse();
        for line in ["a", "b"] {
            let line = format!("{line}{round}");
            written.write(&format!("2026-11-21T12:00:0{round}.5Z stdout F {line}\n"));
            expected.push(line);
        }
        proxy.heal();
        let all = expected.len();
        heard.until("it goes on", |h| h.lines.len() >= all).await;
    }
    written.write("2026-11-21T12:00:05Z stdout F last\n");
    expected.push("last".to_owned());
    let last = |h: &Heard| h.lines.iter().any(|(_, line)| line == "last");
    heard.until("it is followed", last).await;
    let lines: Vec<&String> = heard.lines.iter().map(|(_, line)| line).collect();
    assert_eq!(lines, expected.iter().collect::<Vec<_>>());
    assert_eq!(heard.dropped, 0);
}

#[tokio::test]
async fn the_run_before_a_tail_and_a_moment_are_asked_for() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("logs");
    let written = Written::of(&cluster, ONE).await;
    written.write("2026-11-21T12:00:00.6Z stdout F two\n2026-11-21T12:00:01Z stdout F three\n");
    written.write_previous("2026-11-21T11:00:00.1Z stdout F before\n");
    namespace.kubectl(&["run", "api", "--image=shop/api:1"]);
    let platform = started(&cluster, &namespace, 1).await;
    let moment = "2026-11-21T12:00:00.5Z".parse().expect("a time");
    for (since, previous, expected) in [
        (Since::All, false, "one two three"),
        (Since::Tail(1), false, "three"),
        (Since::At(moment), false, "two three"),
        (Since::All, true, "before"),
    ] {
        let mut heard = Heard::of(&platform, since, false, previous).await;
        heard.read_out().await;
        let lines: Vec<&str> = heard.lines.iter().map(|(_, line)| &**line).collect();
        assert_eq!(lines.join(" "), expected);
    }
}

#[tokio::test]
async fn fifty_are_followed_at_once_and_the_rest_is_told() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("logs");
    let _written = Written::of(&cluster, ONE).await;
    namespace.kubectl(&[
        "create",
        "deployment",
        "api",
        "--image=shop/api:1",
        "--replicas=60",
    ]);
    let platform = started(&cluster, &namespace, 60).await;
    let mut heard = Heard::of(&platform, Since::All, true, false).await;
    heard
        .until("fifty wrote, and ten wait", |h| {
            h.lines.len() == 50 && h.bounded == Some((50, 10))
        })
        .await;
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=45"]);
    heard
        .until("those that waited are followed too", |h| {
            h.bounded.is_some_and(|(_, waiting)| waiting == 0)
        })
        .await;
}

#[tokio::test]
async fn received_is_kept_and_dropped_however_slowly_it_is_taken() {
    const LINES: u64 = 120_000;
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("logs");
    let mut text = String::new();
    for number in 0..LINES {
        let (second, micro) = (number / 50_000, number % 50_000);
        let _ = writeln!(
            text,
            "2026-11-21T12:00:{second:02}.{:06}Z stdout F request {number} took 12 ms and came from somewhere",
            micro * 20
        );
    }
    let _written = Written::of(&cluster, &text).await;
    namespace.kubectl(&["run", "api", "--image=shop/api:1"]);
    let platform = started(&cluster, &namespace, 1).await;
    let mut heard = Heard::of(&platform, Since::All, false, false).await;
    heard.read_out().await;
    assert_eq!(heard.lines.len() as u64 + heard.dropped, LINES);
    let last = heard.lines.last().map(|(_, line)| line.clone());
    assert!(last.is_some_and(|line| line.contains(&format!("request {} ", LINES - 1))));
}
