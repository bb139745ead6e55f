//! Who joined, and who was there already.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::domain::{
    fixture,
    log::{RawLine, Stream},
};

/// A platform whose logs say nothing, and never end.
#[derive(Clone)]
struct Silent;

impl LogSource for Silent {
    async fn read(&self, _: &LogWish, _: &mut Outlet, _: &mut Resume) -> LogEnd {
        std::future::pending().await
    }

    fn logs_of(&self, _: &Instance) -> Vec<SafeText> {
        vec![SafeText::EMPTY]
    }
}

#[tokio::test]
async fn who_the_first_list_comes_to_late_was_there_already() {
    let copies = |count: u32, health| {
        let each = (1..=count).map(|n| fixture::instance("api", n, &format!("id-{n}")));
        SourceState {
            health,
            proof: Some(clock::now()),
            generation: u64::from(count),
            ..fixture::state("cluster", vec![fixture::service("api", each.collect())])
        }
    };
    let (states, state) = watch::channel(copies(1, SourceHealth::CatchingUp));
    let (sink, mut events) = mpsc::channel(8);
    let request = LogRequest {
        services: Vec::new(),
        since: Since::Tail(10),
        previous: false,
        follow: true,
        sink,
        stop: CancellationToken::new(),
    };
    let served = tokio::spawn(async move { serve(&Silent, state, request).await });
    // A list that comes in parts, and then one that joins.
    for (count, health) in [
        (2, SourceHealth::CatchingUp),
        (3, SourceHealth::Live),
        (4, SourceHealth::Live),
    ] {
        states.send_replace(copies(count, health));
        // Each is looked at before the next: the receiver has marked it as seen.
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    }
    let LogEvent::Joined(who, _) = events.recv().await.expect("one joins") else {
        panic!("nothing else is told");
    };
    assert_eq!(who.log.instance.0, "id-4");
    assert!(events.try_recv().is_err(), "nobody else joined");
    served.abort();
}

/// A platform whose streams have a line each, and then end in that way.
#[derive(Clone)]
struct Ends(End);

type End = fn() -> LogEnd;

impl LogSource for Ends {
    async fn read(&self, _: &LogWish, outlet: &mut Outlet, _: &mut Resume) -> LogEnd {
        outlet.push(RawLine {
            at: clock::now(),
            stream: Stream::Out,
            bytes: b"a line".as_slice().into(),
        });
        (self.0)()
    }

    fn logs_of(&self, _: &Instance) -> Vec<SafeText> {
        vec![SafeText::EMPTY]
    }
}

#[tokio::test]
async fn what_was_read_is_told_however_the_stream_ended() {
    let ends: [(End, &[&str]); 5] = [
        (|| LogEnd::Read, &["1 line"]),
        (|| LogEnd::Over, &["1 line"]),
        (|| LogEnd::Unreadable(safe!("no")), &["1 line", "no"]),
        (|| LogEnd::NotYet(SafeText::EMPTY), &["1 line"]),
        (
            || LogEnd::Broken(Some(safe!("gone"))),
            &["1 line", "1 line", "1 line", "gone"],
        ),
    ];
    for (end, told) in ends {
        let (sink, mut events) = mpsc::channel(8);
        let instance = fixture::instance("api", 1, "id-1");
        let log = LogId {
            instance: instance.id.clone(),
            container: SafeText::EMPTY,
        };
        let reader = Reader {
            source: Ends(end),
            wish: LogWish {
                origin: Arc::new(origin(&fixture::service("api", Vec::new()), &instance, log)),
                since: Since::All,
                previous: false,
                follow: false,
            },
            sink,
            processes: watch::channel(Process::of(&instance)).1,
            turnstile: Turnstile::new(1),
        };
        reader.run(None).await;
        let mut heard = Vec::new();
        while let Some(event) = events.recv().await {
            heard.push(match event {
                LogEvent::Lines { lines, .. } => safe!("{} line", lines.len()),
                LogEvent::Unreadable(_, why) => why,
                _ => safe!("something else"),
            });
        }
        assert_eq!(heard, told);
    }
}
