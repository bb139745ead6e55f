//! Gate 6: logs are counted exactly, whatever comes; and what reads them takes any bytes (gates 1 and 2).

use std::sync::Arc;

use jiff::Timestamp;
use quarterdeck::{
    app,
    domain::{
        command::Command,
        instance::InstanceId,
        log::{LogEvent, LogLine, LogOrigin, RawLine, Since, Stream, field, parts},
        service::ServiceId,
    },
    state::{Model, Msg, Pane, logs, update},
    text::SafeText,
};
use tokio::sync::mpsc;

use crate::{fuzz::fuzz, hostile_text::is_clean};

/// Lines as services write them, to make others from.
const CORPUS: &[&[u8]] = &[
    br#"{"time":"2026-11-21T14:02:10Z","level":"error","msg":"pool \"x\" timeout","status":503,"a":{"b":[1,{}]},"t":"77ab"}"#,
    br#"{"level":30,"time":1700000000000,"pid":1,"msg":"a\u001b[2J\u202e\ud83d\n"}"#,
    br#"{"@t":"2026-11-21T14:02:10Z","@mt":"HTTP {Method:x} {@Path} in {Elapsed:0.0} ms {","Method":"GET","Path":"/","Elapsed":3}"#,
    br#"time=2026-11-21T14:02:10Z level=warn msg="slow \"query\"" took=12ms bare n= q="never closed"#,
    br#"10.0.0.1 - - [21/Nov/2026:14:02:10 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8""#,
    b"E1121 14:02:10.112044       1 server.go:12] gone",
    b"2026-11-21 14:02:10.112 UTC [123] ERROR:  relation \"x\" does not exist",
    b"2026-11-21 14:02:10.112 UTC [123] STATEMENT:  select 1",
    b"1:M 21 Nov 2026 14:02:11.123 # WARNING low memory",
    b"Traceback (most recent call last):",
    b"  File \"a.py\", line 3, in b",
    b"app.errors.Gone: no such id",
    b"\x1b[32mINFO\x1b[0m ready \x1b[1;38;5;208mx",
    "2026-11-21T14:02:10,112+01:00 【ERROR】 日本語 ERROR: café".as_bytes(),
];

#[test]
fn whatever_a_service_writes_can_be_read() {
    fuzz("log lines", CORPUS, |bytes| {
        let raw = RawLine {
            at: Timestamp::UNIX_EPOCH,
            stream: Stream::Out,
            bytes: bytes.into(),
        };
        let line = LogLine::read(&raw);
        let text = line.text.text();
        match parts(text) {
            quarterdeck::domain::log::Parts::Prose(start) => assert!(text.is_char_boundary(start)),
            quarterdeck::domain::log::Parts::Fields { message, fields } => {
                assert!(is_clean(&message), "{message:?}");
                for (name, value) in fields {
                    assert!(is_clean(&name) && is_clean(&value), "{name:?} {value:?}");
                }
            }
        }
        for name in ["status", "method", "level", "took", "t"] {
            assert!(field(text, name).is_none_or(|value| is_clean(&value)));
        }
    });
}

fn origin(number: u64) -> Arc<LogOrigin> {
    Arc::new(LogOrigin {
        service: ServiceId {
            group: SafeText::name("shop"),
            name: SafeText::name(format!("service{}", number % 3)),
        },
        log: InstanceId(SafeText::name(format!("instance{number}"))).into(),
        label: SafeText::name(format!("service {number}")),
    })
}

fn following(memory: usize) -> Model {
    let mut model = Model {
        size: (80, 24),
        focus: Pane::Logs,
        zoomed: true,
        logs: logs::Logs::new(memory, Since::Tail(200)),
        ..Model::default()
    };
    let _ = logs::follow(&mut model, Vec::new());
    model
}

/// What the pane says of itself adds up to what was given to it.
fn adds_up(model: &Model, given: u64) {
    let (pane, store) = (&model.logs, model.logs.store());
    assert_eq!(pane.received(), given);
    assert_eq!(store.lines() + store.evicted() + pane.dropped(), given);
}

#[test]
fn every_line_is_kept_or_counted_whatever_is_done_meanwhile() {
    const KEYS: [Command; 14] = [
        Command::Up,
        Command::Down,
        Command::PageUp,
        Command::Top,
        Command::Follow,
        Command::LevelError,
        Command::LevelTrace,
        Command::Fold,
        Command::ClearView,
        Command::Back,
        Command::Wrap,
        Command::FindNext,
        Command::FindPrevious,
        Command::PageDown,
    ];
    let rounds = crate::gate::size(40, 2_000) as u64;
    for seed in 0..rounds {
        let mut random = fastrand::Rng::with_seed(seed);
        let memory = random.usize(20_000..400_000);
        let mut model = following(memory);
        let origins: Vec<_> = (0..random.u64(1..8)).map(origin).collect();
        let (mut given, mut now) = (0, 1_700_000_000_000_i64);
        for _ in 0..150 {
            now += random.i64(0..2_000);
            let clock = Timestamp::from_millisecond(now).expect("a time");
            let _ = update(&mut model, Msg::Clock(clock));
            let from = random.choice(&origins).expect("there is one").clone();
            let lines: Vec<RawLine> = (0..random.i64(0..80))
                .map(|n| {
                    let text = random.choice(CORPUS).expect("there are some");
                    let at = now + n - if random.u8(..8) == 0 { 60_000 } else { 0 };
                    RawLine {
                        at: Timestamp::from_millisecond(at).expect("a time"),
                        stream: Stream::Out,
                        bytes: [text, format!(" {}", random.u8(..)).as_bytes()]
                            .concat()
                            .into(),
                    }
                })
                .collect();
            let dropped = if random.u8(..6) == 0 {
                random.u64(..1_000)
            } else {
                0
            };
            given += lines.len() as u64 + dropped;
            let events = [
                LogEvent::Lines {
                    origin: from.clone(),
                    lines,
                    dropped,
                },
                LogEvent::Left(from, clock),
            ];
            let items = events
                .into_iter()
                .take(1 + usize::from(random.u8(..20) == 0));
            for msg in through_lines(&model, items.collect()) {
                let _ = update(&mut model, msg);
            }
            if random.bool() {
                let command = *random.choice(&KEYS).expect("there are some");
                let _ = quarterdeck::state::keys::run(&mut model, command);
            }
            if model.logs.editing() {
                model.logs.typed.editing = None;
            } else if random.u8(..10) == 0 {
                let _ = quarterdeck::state::keys::run(&mut model, Command::FilterLines);
                let _ = logs::paste(
                    &mut model,
                    ["pool", "status>=500", "/x", "!relation", "("][random.usize(..5)],
                );
            }
            assert!(model.logs.store().bytes() <= memory, "seed {seed}");
            if model.logs.renews() {
                // Older lines were asked for: another subscription begins, and counts anew.
                given = 0;
            } else {
                adds_up(&model, given);
            }
        }
        // What the counts of chunks say is what stepping through says.
        while model.logs.busy() {
            let now = model.now;
            let _ = update(&mut model, Msg::Clock(now));
        }
        let store = model.logs.store();
        let shown = store.down_from(logs::entry::Key::default()).count();
        assert_eq!(store.shown(), shown, "seed {seed}");
        let ordered = store
            .down_from(logs::entry::Key::default())
            .is_sorted_by_key(|e| e.key);
        assert!(ordered, "seed {seed}");
    }
}

/// The messages that become of events, by the task that looks at lines.
fn through_lines(model: &Model, events: Vec<LogEvent>) -> Vec<Msg> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let (sink, source) = mpsc::channel(events.len().max(1));
        let (out, mut msgs) = mpsc::channel(1_024);
        for event in events {
            sink.send(event).await.expect("there is room");
        }
        drop(sink);
        app::lines::look_at(model.logs.subscription, source, out).await;
        let mut all = Vec::new();
        while let Ok(msg) = msgs.try_recv() {
            all.push(msg);
        }
        all
    })
}

#[test]
fn a_burst_is_counted_exactly() {
    let lines = crate::gate::size(500_000, 30_000_000) as u64;
    let mut model = following(16 << 20);
    let (sink, source) = mpsc::channel(64);
    let (out, mut msgs) = mpsc::channel(64);
    let look = app::lines::look_at(model.logs.subscription, source, out);
    let write = async move {
        let origins: Vec<_> = (0..10).map(origin).collect();
        let mut left = lines;
        let mut at = 1_700_000_000_000_000_i64;
        for n in 0.. {
            let batch = left.min(500);
            left -= batch;
            let raw = |_| {
                at += 2;
                RawLine {
                    at: Timestamp::from_microsecond(at).expect("a time"),
                    stream: Stream::Err,
                    bytes: CORPUS[(at / 2) as usize % CORPUS.len()].into(),
                }
            };
            let event = LogEvent::Lines {
                origin: origins[n % origins.len()].clone(),
                lines: (0..batch).map(raw).collect(),
                dropped: 0,
            };
            if left == 0 {
                let _ = sink.send(event).await;
                return;
            }
            if sink.send(event).await.is_err() {
                return;
            }
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let reader = std::thread::spawn(move || runtime.block_on(async { tokio::join!(look, write) }));
    while let Some(msg) = msgs.blocking_recv() {
        let _ = update(&mut model, msg);
    }
    reader.join().expect("the reader ends");
    adds_up(&model, lines);
    assert!(model.logs.store().evicted() > 0, "nothing fell out");
}
