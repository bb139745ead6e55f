use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::{
    domain::{
        instance::InstanceId,
        log::{LogLine, LogOrigin, Stream},
    },
    state::{Msg, update},
    text::StyledText,
};

pub(crate) fn origin(name: &str) -> Arc<LogOrigin> {
    Arc::new(LogOrigin {
        service: ServiceId {
            group: SafeText::name("shop"),
            name: SafeText::name(name.split(' ').next().unwrap_or_default()),
        },
        log: InstanceId(SafeText::name(name)).into(),
        label: SafeText::name(name),
    })
}

pub(crate) fn item(from: &Arc<LogOrigin>, millis: i64, text: &str) -> LogItem {
    let at = Timestamp::from_millisecond(millis).unwrap();
    let text = StyledText::log_line(text.as_bytes());
    LogItem::Line(Arc::clone(from), LogLine::new(at, Stream::Out, text))
}

/// An entry of `api`.
pub(crate) fn entry(text: &str) -> Entry {
    let from = origin("api");
    let LogItem::Line(_, line) = item(&from, 0, text) else {
        unreachable!()
    };
    Origins::default().line(&from, line, i64::MIN).entry
}

fn model(memory: usize) -> Model {
    let mut model = Model {
        size: (120, 24),
        focus: Pane::Logs,
        zoomed: true,
        logs: Logs::new(memory, Since::Tail(TAIL)),
        ..Model::default()
    };
    let _ = follow(&mut model, Vec::new());
    model
}

fn send(model: &mut Model, items: Vec<LogItem>) {
    let subscription = model.logs.subscription;
    let _ = update(model, Msg::Logs(subscription, items));
}

fn settle(model: &mut Model) {
    while model.logs.busy() {
        let _ = update(model, Msg::Clock(model.now));
    }
}

/// What is shown, from top to bottom.
fn shown(model: &Model) -> Vec<String> {
    let entries = model.logs.store.down_from(model.logs.start());
    entries.map(words).collect()
}

fn words(entry: &Entry) -> String {
    entry.line().map_or_else(
        || format!("{:?}", entry.what),
        |line| line.text().to_string(),
    )
}

fn screen(model: &Model) -> Vec<String> {
    view::on_screen(&model.logs, view::rows(model))
        .into_iter()
        .map(words)
        .collect()
}

fn numbered(model: &mut Model, numbers: std::ops::Range<i64>) {
    let api = origin("api 1");
    let items = numbers
        .map(|n| item(&api, n * 1_000, &format!("line {n}")))
        .collect();
    send(model, items);
}

fn filter(model: &mut Model, text: &str) {
    command(model, Command::FilterLines);
    let _ = paste(model, text);
    model.logs.typed.editing = None;
    settle(model);
}

#[test]
fn instances_are_merged_by_time_each_in_its_order() {
    let mut model = model(MEMORY);
    let (a, b) = (origin("api 1"), origin("api 2"));
    send(
        &mut model,
        vec![
            item(&a, 1_000, "a1"),
            item(&a, 5_000, "a5"),
            item(&a, 4_000, "a4 late"),
        ],
    );
    send(
        &mut model,
        vec![
            item(&b, 500, "b0"),
            item(&b, 2_000, "b2"),
            item(&b, 6_000, "b6"),
        ],
    );
    assert_eq!(shown(&model), ["b0", "a1", "b2", "a5", "a4 late", "b6"]);
}

#[test]
fn a_trace_stays_with_its_line_and_is_filtered_with_it() {
    let mut model = model(MEMORY);
    let (a, b) = (origin("api 1"), origin("api 2"));
    send(
        &mut model,
        vec![
            item(&a, 1_000, "ERROR pool timeout"),
            item(&a, 1_002, "    at Pool.take(Pool.java:7)"),
            item(&b, 1_001, "INFO fine"),
            item(&a, 1_003, "Caused by: too many connections"),
        ],
    );
    let trace = [
        "ERROR pool timeout",
        "    at Pool.take(Pool.java:7)",
        "Caused by: too many connections",
    ];
    assert_eq!(shown(&model)[..3], trace);
    command(&mut model, Command::LevelError);
    settle(&mut model);
    assert_eq!(shown(&model), trace);
    filter(&mut model, "connections");
    assert_eq!(shown(&model), trace);
    filter(&mut model, " !java");
    assert!(shown(&model).is_empty());
}

#[test]
fn filters_are_views() {
    let mut model = model(MEMORY);
    numbered(&mut model, 0..2_000);
    let all = shown(&model);
    filter(&mut model, "\"line 19\"");
    assert_eq!(shown(&model).len(), 111);
    // What comes while it is set is judged too.
    numbered(&mut model, 2_000..2_001);
    numbered(&mut model, 1_900_000..1_900_001);
    assert_eq!(shown(&model).len(), 112);
    command(&mut model, Command::Back);
    settle(&mut model);
    assert_eq!(shown(&model)[..2_000], all);
    assert_eq!(shown(&model).len(), 2_002);
}

#[test]
fn a_mistake_keeps_the_last_good_view() {
    let mut model = model(MEMORY);
    numbered(&mut model, 0..20);
    filter(&mut model, "/line 1.");
    assert_eq!(shown(&model).len(), 10);
    filter(&mut model, "(");
    assert_eq!(shown(&model).len(), 10);
    assert_eq!(model.logs.typed.mistake.as_ref().map(|m| m.column), Some(8));
}

#[test]
fn the_view_stands_still_whatever_comes() {
    let mut model = model(64 << 10);
    numbered(&mut model, 0..100);
    command(&mut model, Command::Up);
    let seen = screen(&model);
    assert_eq!(seen.last().map(String::as_str), Some("line 98"));
    numbered(&mut model, 100..314);
    assert_eq!(model.logs.new_entries(), Some(214));
    assert_eq!(screen(&model), seen);
    // Late lines of another instance, and so many that all else falls out.
    let late = origin("web 1");
    let items = (0..50).map(|n| item(&late, 90_000 + n, "late")).collect();
    model.now = Timestamp::from_millisecond(91_000).unwrap();
    send(&mut model, items);
    numbered(&mut model, 314..5_000);
    assert_eq!(screen(&model), seen);
    assert!(model.logs.store.bytes() <= 64 << 10);
    assert!(shown(&model).iter().any(|line| line.contains("Fallen")));
    command(&mut model, Command::Follow);
    assert_eq!(screen(&model).last().map(String::as_str), Some("line 4999"));
    assert_eq!(model.logs.new_entries(), None);
}

#[test]
fn scrolling_goes_to_the_ends_and_no_further() {
    let mut model = model(MEMORY);
    numbered(&mut model, 0..100);
    for _ in 0..200 {
        command(&mut model, Command::Up);
    }
    assert_eq!(screen(&model)[0], "line 0");
    assert_eq!(screen(&model).len(), view::rows(&model));
    command(&mut model, Command::Down);
    assert_eq!(screen(&model)[0], "line 1");
    command(&mut model, Command::Top);
    assert_eq!(screen(&model)[0], "line 0");
    for _ in 0..100 {
        command(&mut model, Command::PageDown);
    }
    assert_eq!(model.logs.stand, Stand::Following);
}

#[test]
fn reaching_the_top_asks_for_older_lines_and_stays_there() {
    let mut model = model(MEMORY);
    model.now = Timestamp::from_second(1_000).unwrap();
    numbered(&mut model, 100..200);
    let asked = command(&mut model, Command::Top).unwrap();
    let since: Vec<_> = asked
        .effects
        .iter()
        .filter_map(|e| match e {
            Effect::Work(Work::FollowLogs { since, .. }) => Some(*since),
            _ => None,
        })
        .collect();
    assert_eq!(since, [Since::Tail(1_000)]);
    let seen = screen(&model);
    numbered(&mut model, 0..200);
    assert_eq!(screen(&model), seen);
    command(&mut model, Command::PageUp);
    assert_ne!(screen(&model), seen);
}

#[test]
fn repeats_are_one_line_and_their_number() {
    let mut model = model(MEMORY);
    let (a, b) = (origin("worker 2"), origin("api 1"));
    let mut items: Vec<_> = (0..32)
        .map(|n| item(&a, 1_000 + n * 10, "ERROR refused"))
        .collect();
    items.insert(3, item(&b, 1_021, "INFO fine"));
    send(&mut model, items);
    assert_eq!(shown(&model), ["ERROR refused", "INFO fine"]);
    let first = model.logs.store.down_from(Key::default()).next().unwrap();
    assert_eq!(first.repeats, 31);
    command(&mut model, Command::Fold);
    settle(&mut model);
    assert_eq!(shown(&model).len(), 33);
}

#[test]
fn a_search_goes_from_match_to_match() {
    let mut model = model(MEMORY);
    numbered(&mut model, 0..100);
    command(&mut model, Command::Find);
    let _ = paste(&mut model, "line 1");
    let _ = typing::key(
        &mut model,
        KeyChord::plain(crate::domain::key::Key::Enter),
        Some(Command::Confirm),
    );
    settle(&mut model);
    let at = |model: &Model| words(model.logs.store.get(model.logs.current.unwrap()).unwrap());
    assert_eq!(model.logs.store.found(), 11);
    assert_eq!(at(&model), "line 19");
    command(&mut model, Command::FindPrevious);
    assert_eq!(at(&model), "line 18");
    assert_eq!(
        model.logs.store.found_before(model.logs.current.unwrap()),
        9
    );
    command(&mut model, Command::FindNext);
    command(&mut model, Command::FindNext);
    assert_eq!(at(&model), "line 1");
    assert!(screen(&model).contains(&"line 1".to_owned()));
}

#[test]
fn an_empty_view_loses_nothing() {
    let mut model = model(MEMORY);
    numbered(&mut model, 0..10);
    command(&mut model, Command::ClearView);
    assert!(shown(&model).is_empty() && screen(&model).is_empty());
    numbered(&mut model, 10..12);
    assert_eq!(screen(&model), ["line 10", "line 11"]);
    command(&mut model, Command::Back);
    assert_eq!(screen(&model).len(), 12);
}

#[test]
fn everything_shown_is_saved_in_slices() {
    let mut model = model(MEMORY);
    numbered(&mut model, 0..10_000);
    filter(&mut model, "9");
    let mut effects = save(&mut model, Form::Message).effects;
    while model.logs.busy() {
        effects.extend(work(&mut model).effects);
    }
    let [Effect::Work(Work::Save { name, text })] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    assert_eq!(name, "logs-all-19700101T000000Z.log");
    assert_eq!(text.lines().count(), 3_439);
    assert!(
        text.starts_with("1970-01-01T00:00:09.000Z api 1 line 9\n"),
        "{}",
        &text[..80]
    );
}
