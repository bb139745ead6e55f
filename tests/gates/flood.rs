//! Gate 6: more log lines than anybody can read, from the platform's own handle to what the screen keeps. Every line is
//! kept, or fell out of memory and was counted, or was lost on the way and was counted.

use std::time::Duration;

use quarterdeck::{
    app::lines,
    domain::log::{LogItem, Since},
    platform::{
        LogRequest, PlatformHandle, Request,
        sim::{self, SimControl, SimOptions},
    },
    state::{Model, Msg, logs, update},
};
use tokio::{sync::mpsc, time::timeout};
use tokio_util::sync::CancellationToken;

/// Virtual time between two looks at the screen.
const STEP: Duration = Duration::from_millis(100);
/// Nothing comes any more when nothing came for so long; the world stands still then.
const QUIET: Duration = Duration::from_secs(10);

struct Flood {
    model: Model,
    control: SimControl,
    msgs: mpsc::Receiver<Msg>,
    /// As the messages have it, to compare with what the state says.
    lines: u64,
    lost: u64,
    _platform: PlatformHandle,
}

impl Flood {
    /// A console whose logs take so many bytes.
    async fn start(memory: usize) -> Self {
        let scenario = sim::load("three-tier-template".as_ref()).expect("it is built in");
        let start = "2026-11-21T14:00:00Z".parse().expect("a time");
        let (platform, control) = sim::start(SimOptions {
            speed: 0.0,
            ..SimOptions::new(scenario, start)
        });
        let mut model = Model {
            logs: logs::Logs::new(memory, Since::All),
            ..Model::default()
        };
        let _ = logs::follow(&mut model, Vec::new());
        let (sink, events) = mpsc::channel(64);
        let request = Request::Logs(LogRequest {
            services: Vec::new(),
            since: Since::All,
            previous: false,
            follow: true,
            sink,
            stop: CancellationToken::new(),
        });
        platform.requests.send(request).await.expect("it runs");
        let (out, msgs) = mpsc::channel(4);
        tokio::spawn(lines::look_at(model.logs.subscription, events, out));
        let mut flood = Self {
            model,
            control,
            msgs,
            lines: 0,
            lost: 0,
            _platform: platform,
        };
        // From here on the subscription is there.
        let first = flood.msgs.recv().await.expect("the replicas join");
        flood.take(first);
        flood
    }

    fn take(&mut self, msg: Msg) {
        if let Msg::Logs(_, items) = &msg {
            for item in items {
                match item {
                    LogItem::Line(..) => self.lines += 1,
                    LogItem::Dropped(_, lines) => self.lost += lines,
                    _ => {}
                }
            }
        }
        let _ = update(&mut self.model, msg);
    }

    /// So many lines a second, for so long; takes what comes as the loop does, and no more than it would between frames.
    async fn pour(&mut self, lines_per_s: u32, lasts: Duration) {
        self.control.flood(lines_per_s);
        for _ in 0..lasts.as_millis() / STEP.as_millis() {
            self.control.advance(STEP).await;
            for _ in 0..64 {
                tokio::task::yield_now().await;
                let Ok(msg) = self.msgs.try_recv() else { break };
                self.take(msg);
            }
        }
        self.control.flood(0);
    }

    /// Takes all that is still under way, and compares.
    async fn settle(&mut self) {
        let written = self.control.world(|world| world.lines_written());
        while self.lines + self.lost < written {
            let msg = timeout(QUIET, self.msgs.recv()).await;
            let msg = msg.unwrap_or_else(|_| {
                panic!("{} and {} lost are not {written}", self.lines, self.lost)
            });
            self.take(msg.expect("it runs"));
        }
        let logs = &self.model.logs;
        let store = logs.store();
        assert_eq!(logs.received(), written);
        assert_eq!(logs.dropped(), self.lost);
        assert_eq!(store.lines() + store.evicted(), self.lines);
    }
}

#[tokio::test]
async fn fifty_thousand_lines_a_second() {
    let mut flood = Flood::start(16 << 20).await;
    let lasts = crate::gate::size(30, 600) as u64;
    flood.pour(50_000, Duration::from_secs(lasts)).await;
    flood.settle().await;
    assert!(flood.model.logs.store().evicted() > 0, "nothing fell out");
    assert!(flood.lines + flood.lost >= lasts * 50_000);
}

#[tokio::test]
async fn bursts_of_half_a_million_a_second() {
    let mut flood = Flood::start(1 << 20).await;
    let bursts = crate::gate::size(3, 100);
    for _ in 0..bursts {
        flood.pour(500_000, Duration::from_secs(1)).await;
        flood.settle().await;
        flood.pour(0, Duration::from_secs(1)).await;
    }
    flood.settle().await;
    assert!(flood.lost > 0, "nothing was lost, so that was not tested");
}
