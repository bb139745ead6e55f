//! The logs pane: what services write, as an operator reads it.

use std::sync::Arc;

use insta::assert_snapshot;
use jiff::SignedDuration;
use quarterdeck::{
    domain::{
        command::Command,
        glyphs::Glyphs,
        instance::InstanceId,
        log::{LogItem, LogLine, LogOrigin, Stream},
    },
    state::{Model, Msg, Pane, SubscriptionId, keys, logs, update},
    text::{SafeText, StyledText},
    ui::Look,
};

use crate::{
    fixture::{ago, id, now, shop},
    picture::{look, picture, text},
};

fn origin(service: &str, number: u32) -> Arc<LogOrigin> {
    Arc::new(LogOrigin {
        service: id(service),
        log: InstanceId(SafeText::name(format!("{service}{number}"))).into(),
        label: SafeText::name(format!("{service} {number}")),
    })
}

fn line(from: &Arc<LogOrigin>, seconds: i64, millis: i64, text: &str) -> LogItem {
    let at = ago(seconds) + SignedDuration::from_millis(millis);
    let text = StyledText::log_line(text.as_bytes());
    LogItem::Line(Arc::clone(from), LogLine::new(at, Stream::Out, text))
}

/// The pane zoomed, with lines of every format and what happens between them.
fn zoomed() -> Model {
    let mut model = shop();
    model.focus = Pane::Logs;
    let _ = keys::run(&mut model, Command::Zoom);
    let _ = update(&mut model, Msg::Resized(100, 30));
    let _ = logs::follow(&mut model, vec![id("worker"), id("api")]);
    let (api, new, worker) = (origin("api", 1), origin("api", 5), origin("worker", 2));
    let mut items = Vec::new();
    for second in (10..180).rev() {
        let level = if second < 120 && second % 7 == 0 {
            "error"
        } else {
            "info"
        };
        items.push(line(
            &api,
            second,
            0,
            &format!(r#"{{"level":"{level}","msg":"GET /v1/orders/{second}","status":200}}"#),
        ));
    }
    items.extend([
        line(&api, 6, 391, r#"{"time":"2026-11-21T14:02:05Z","level":50,"msg":"POST /v1/pay pool timeout","status":500,"took":"5000ms","trace":"77ab"}"#),
        line(&api, 6, 392, "    at pool.take (pool.js:7:3)"),
        line(&api, 6, 393, "Caused by: too many connections (100/100)"),
        LogItem::Joined(new.clone(), ago(5)),
        line(&new, 5, 4, "\u{1b}[32mINFO\u{1b}[0m listening on \u{1b}[1m:8080\u{1b}[0m"),
        line(&new, 4, 0, "time=2026-11-21T14:02:07Z level=warn msg=\"slow query\" took=5.1s"),
        LogItem::Dropped(new.clone(), 120),
    ]);
    items.extend((0..32).map(|n| {
        line(
            &worker,
            3,
            n * 10,
            "2026-11-21 14:02:08,112 ERROR cannot reach redis:6379: refused",
        )
    }));
    items.extend([
        line(&api, 2, 0, r#"10.0.0.7 - - [21/Nov/2026:14:02:09 +0000] "GET /v1/orders HTTP/1.1" 502 157 "-" "curl/8.5""#),
        LogItem::Unreadable(origin("worker", 3), SafeText::line("log driver syslog can't be read")),
        line(&worker, 1, 0, "a very long line of prose that does not fit on any screen, for it goes on and on, and then some more, until it ends at last"),
    ]);
    send(&mut model, items);
    model
}

fn send(model: &mut Model, items: Vec<LogItem>) {
    let SubscriptionId(number) = model.logs.subscription;
    let _ = update(model, Msg::Logs(SubscriptionId(number), items));
}

fn press(model: &mut Model, commands: &[Command]) {
    for &command in commands {
        let _ = keys::run(model, command);
    }
    while model.logs.busy() {
        let _ = update(model, Msg::Clock(now()));
    }
}

fn typed(model: &mut Model, command: Command, words: &str) {
    press(model, &[command]);
    let _ = logs::paste(model, words);
    press(model, &[]);
}

#[test]
fn every_format_as_message_and_fields() {
    assert_snapshot!(picture(&mut zoomed(), &look(), 100, 30));
}

#[test]
fn at_every_size() {
    let mut all = String::new();
    for (columns, rows) in [(40, 10), (80, 24), (200, 20)] {
        all.push_str(&text(&mut zoomed(), &look(), columns, rows));
        all.push_str("\n\n");
    }
    assert_snapshot!(all);
}

#[test]
fn as_written_wrapped_and_without_times() {
    let mut model = zoomed();
    press(
        &mut model,
        &[Command::RawLines, Command::Wrap, Command::Timestamps],
    );
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn standing_still_while_more_comes() {
    let mut model = zoomed();
    press(&mut model, &[Command::PageUp]);
    let before = text(&mut model, &look(), 100, 30);
    let api = origin("api", 1);
    let more = (0..214)
        .map(|n| line(&api, 0, n, &format!("INFO more {n}")))
        .collect();
    send(&mut model, more);
    let after = text(&mut model, &look(), 100, 30);
    assert!(after.contains("214 new"), "{after}");
    let lines = |text: &str| text.lines().skip(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines(&before), lines(&after));
    press(&mut model, &[Command::Follow]);
    let after = text(&mut model, &look(), 100, 30);
    assert!(
        after.contains("more 213") && after.contains("following"),
        "{after}"
    );
}

#[test]
fn what_is_found_and_filtered_is_said() {
    let mut model = zoomed();
    press(&mut model, &[Command::LevelWarn]);
    typed(&mut model, Command::FilterLines, "status>=500");
    model.logs.typed.editing = None;
    typed(&mut model, Command::Find, "pay");
    model.logs.typed.editing = None;
    press(&mut model, &[Command::FindPrevious]);
    assert_snapshot!(picture(&mut model, &look(), 100, 16));
}

#[test]
fn a_mistake_is_shown_with_a_caret() {
    let mut model = zoomed();
    typed(&mut model, Command::FilterLines, "GET /orders(1/");
    assert_snapshot!(text(&mut model, &look(), 80, 16));
}

#[test]
fn a_moment_is_chosen_on_the_histogram() {
    let mut model = zoomed();
    let left = [Command::Left; 30];
    press(&mut model, &left);
    let chosen = text(&mut model, &look(), 100, 20);
    press(&mut model, &[Command::Open]);
    assert_snapshot!(format!(
        "{chosen}\n\n{}",
        text(&mut model, &look(), 100, 20)
    ));
}

#[test]
fn in_ascii() {
    let ascii = Look {
        glyphs: Glyphs::ASCII,
        ..look()
    };
    let text = text(&mut zoomed(), &ascii, 100, 30);
    assert!(text.is_ascii(), "{text}");
}

#[test]
fn a_strip_shows_the_gravest_of_the_last_lines() {
    let mut model = zoomed();
    press(&mut model, &[Command::Zoom]);
    model.focus = Pane::Services;
    let text = text(&mut model, &look(), 80, 24);
    assert!(text.contains("cannot reach redis:6379"), "{text}");
    assert!(!text.contains("until it ends"), "{text}");
}
