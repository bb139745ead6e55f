//! Following logs: history, what is yet to come, and what nobody took in time.

use quarterdeck::domain::log::{LogEvent, Since};
use quarterdeck::platform::{LogRequest, Request};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::hand::Hand;

pub(crate) struct Reader {
    sink: mpsc::Receiver<LogEvent>,
    lines: Vec<String>,
    received: u64,
    dropped: u64,
}

impl Reader {
    pub(crate) async fn on(
        hand: &Hand,
        services: &[&str],
        since: Since,
        previous: bool,
        follow: bool,
    ) -> Self {
        let (to, sink) = mpsc::channel(4);
        let request = LogRequest {
            services: services
                .iter()
                .map(|s| hand.service(s).id.clone())
                .collect(),
            since,
            previous,
            follow,
            sink: to,
            stop: CancellationToken::new(),
        };
        hand.handle
            .requests
            .send(Request::Logs(request))
            .await
            .unwrap();
        Self {
            sink,
            lines: Vec::new(),
            received: 0,
            dropped: 0,
        }
    }

    fn take(&mut self, event: LogEvent) {
        if let LogEvent::Lines { lines, dropped, .. } = event {
            self.received += lines.len() as u64;
            self.dropped += dropped;
            let lines = lines.into_iter();
            self.lines
                .extend(lines.map(|l| String::from_utf8_lossy(&l.bytes).into_owned()));
        }
    }

    /// Everything there is, of a subscription that does not follow.
    pub(crate) async fn all(mut self) -> Vec<String> {
        while let Some(event) = self.sink.recv().await {
            self.take(event);
        }
        self.lines
    }
}

#[tokio::test]
async fn a_flood_is_received_or_counted_to_the_line() {
    let hand = Hand::on("three-tier-template").await;
    let mut reader = Reader::on(&hand, &[], Since::All, false, true).await;
    // The subscription has begun once something of it arrived.
    let first = reader.sink.recv().await.unwrap();
    reader.take(first);
    hand.control.flood(200_000);
    hand.advance(3).await;
    hand.control.flood(0);
    hand.advance(1).await;
    let written = hand.control.world(|world| world.lines_written());
    while reader.received + reader.dropped < written {
        let event = reader.sink.recv().await.unwrap();
        reader.take(event);
    }
    assert_eq!(reader.received + reader.dropped, written);
    assert!(written > 600_000);
    assert!(reader.dropped > 100_000, "{}", reader.dropped);
}

#[tokio::test]
async fn history_is_a_tail_of_each_replica_or_all_there_is() {
    let hand = Hand::on("three-tier-template").await;
    hand.advance(5).await;
    let tail = Reader::on(&hand, &["api"], Since::Tail(3), false, false).await;
    let tail = tail.all().await;
    assert!((9..=24).contains(&tail.len()), "{}", tail.len());
    let since = Since::At(hand.control.now());
    let none = Reader::on(&hand, &["api"], since, false, false).await;
    assert_eq!(none.all().await, Vec::<String>::new());
    let all = Reader::on(&hand, &["api"], Since::All, false, false).await;
    assert!(all.all().await.len() > 100);
}

#[tokio::test]
async fn the_run_before_says_why_it_ended() {
    let hand = Hand::on("spiral-core").await;
    hand.advance(90).await;
    let before = Reader::on(&hand, &["developer-agent"], Since::All, true, false).await;
    let before = before.all().await;
    assert!(
        before.iter().any(|l| l.contains("OOM command not allowed")),
        "{before:?}"
    );
}

#[tokio::test]
async fn a_stack_trace_stays_together_and_a_subscription_ends_when_told() {
    let hand = Hand::on("three-tier-template").await;
    hand.advance(60).await;
    let lines = Reader::on(&hand, &["api"], Since::All, false, false)
        .await
        .all()
        .await;
    let head = lines
        .iter()
        .position(|l| l.starts_with("Unhandled exception."))
        .expect("a trace");
    assert!(lines[head + 1].starts_with("   at Npgsql."));
    let mut follower = Reader::on(&hand, &[], Since::All, false, true).await;
    drop(hand);
    while follower.sink.recv().await.is_some() {}
}
