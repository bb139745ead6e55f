//! What an incident looks like on the screen: what comes first, by whose fault, and what is told of before.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use quarterdeck::config;
use quarterdeck::domain::alert::{Alert, Severity};
use quarterdeck::domain::command::Command;
use quarterdeck::domain::details::PlatformEvent;
use quarterdeck::domain::glyphs::Glyphs;
use quarterdeck::domain::log::{LogEvent, LogItem, LogLine, Since};
use quarterdeck::domain::scope::Scope;
use quarterdeck::domain::threshold::Thresholds;
use quarterdeck::platform::sim::Fault;
use quarterdeck::platform::{LogRequest, Request};
use quarterdeck::signal::Watch;
use quarterdeck::state::Layer;
use quarterdeck::state::layer::{
    Scroll,
    help::{self, Help},
    palette,
};
use quarterdeck::state::services::RowId;
use quarterdeck::state::text_field::FilterField;
use quarterdeck::state::{Model, Msg, update};
use quarterdeck::ui::{self, Look};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::hand::{Hand, rollout};

fn tell(model: &mut Model, msg: Msg) {
    // What is to be done about it is not what is looked at here.
    let _ = update(model, msg);
}

/// The console on that world as it is now.
fn console(hand: &Hand) -> Model {
    let mut model = Model {
        size: (240, 40),
        ..Model::default()
    };
    tell(&mut model, Msg::Clock(hand.control.now()));
    let state = hand.handle.state.borrow().clone();
    tell(&mut model, Msg::Source(Box::new(state)));
    model
}

fn frame(model: &Model) -> String {
    let look = Look {
        theme: config::theme::built_in("dark").unwrap(),
        glyphs: Glyphs::UNICODE,
        zone: TimeZone::UTC,
    };
    let mut terminal = Terminal::new(TestBackend::new(240, 40)).unwrap();
    terminal
        .draw(|f| ui::draw(model, &look, f.buffer_mut()))
        .unwrap();
    let cells = &terminal.backend().buffer().content;
    let row = |cells: &[ratatui::buffer::Cell]| -> String {
        cells.iter().map(ratatui::buffer::Cell::symbol).collect()
    };
    cells.chunks(240).map(row).collect::<Vec<_>>().join("\n")
}

fn first_rows(model: &Model, count: usize) -> Vec<String> {
    let services = model.services.rows().iter().filter_map(RowId::service);
    services.take(count).map(|id| id.name.to_string()).collect()
}

#[tokio::test]
async fn what_changed_comes_first_then_what_the_others_suffer_from_and_they_point_at_it() {
    let hand = Hand::on("spiral-core").await;
    hand.advance(90).await;
    let model = console(&hand);
    assert_eq!(first_rows(&model, 2), ["orchestrator", "redis"]);
    let frame = frame(&model);
    for words in [
        "maxmemory 100 % used, 4 need it",
        "redis fails (changed 1m ago)",
        "crash loop, exit 1 ← redis: OOM command not allowed",
    ] {
        assert!(frame.contains(words), "no {words:?} in\n{frame}");
    }
}

#[tokio::test]
async fn a_cause_behind_one_that_suffers_itself_is_the_one_that_is_pointed_at() {
    let hand = Hand::on("three-tier-template").await;
    hand.advance(60).await;
    let model = console(&hand);
    assert_eq!(first_rows(&model, 2), ["api", "postgres"]);
    let web = &hand.service("web").id;
    let cause = model.services.standing(web).and_then(|s| s.cause.clone());
    assert_eq!(cause.unwrap().name.as_str(), "postgres");
}

#[tokio::test]
async fn what_happened_before_the_console_opened_is_told() {
    let mut late = Hand::with("three-tier-template", |options| {
        options.at = Duration::from_mins(2);
    })
    .await;
    late.advance(1).await;
    let opened = late.control.now();
    let mut told = Vec::new();
    while let Ok(event) = late.handle.events.try_recv() {
        if let PlatformEvent::Happened(happening) = event {
            assert!(happening.at <= opened);
            told.push(happening.text.to_string());
        }
    }
    let release = "compose rolls out api v1.8.2";
    assert!(told.iter().any(|text| text == release), "{told:?}");
}

#[tokio::test]
async fn checks_that_fail_while_a_replica_starts_are_told_before_they_count() {
    let hand = Hand::on("three-tier-template").await;
    let preview = hand.preview("api", rollout("v1.9.0-rc1")).await.unwrap();
    let _way = hand.begin(preview).await;
    let words = "starting, check failing: HTTP 503";
    let starting = |hand: &Hand| {
        let api = hand.service("api");
        let mut whys = api.instances.iter().map(|i| i.why.to_string());
        whys.find(|why| why.starts_with("starting"))
    };
    let mut said = Vec::new();
    for _ in 0..600 {
        hand.control.advance(Duration::from_millis(100)).await;
        said.extend(starting(&hand).filter(|why| !said.contains(why)));
    }
    assert_eq!(said.first().map(String::as_str), Some("starting"));
    assert!(said.iter().any(|why| why.starts_with(words)), "{said:?}");
}

/// Reads all that the world has written of its logs since `since`.
async fn logs(hand: &Hand, since: Since) -> Vec<LogItem> {
    let (sink, mut events) = mpsc::channel(4_096);
    let request = LogRequest {
        services: Vec::new(),
        since,
        previous: false,
        follow: false,
        sink,
        stop: CancellationToken::new(),
    };
    hand.handle
        .requests
        .send(Request::Logs(request))
        .await
        .unwrap();
    let mut items = Vec::new();
    while let Some(event) = events.recv().await {
        if let LogEvent::Lines { origin, lines, .. } = event {
            let read = lines.iter().map(LogLine::read);
            items.extend(read.map(|line| LogItem::Line(origin.clone(), line)));
        }
    }
    items
}

fn of_logs(alerts: &[Alert]) -> Vec<&Alert> {
    alerts.iter().filter(|a| &*a.source == "logs").collect()
}

#[tokio::test]
async fn errors_too_few_for_the_figures_are_heard_in_the_log_and_only_where_it_is_followed() {
    // The figures call half a percent well; the log says it each time.
    const AGENT: usize = 0;
    let hand = Hand::with("spiral-core", |options| options.at = Duration::ZERO).await;
    let mut watch = Watch::default();
    let thresholds = |_: &str| Thresholds::default();
    watch.follow(&[], hand.control.now());
    watch.hear(&logs(&hand, Since::All).await, hand.control.now());
    let state = hand.handle.state.borrow().clone();
    let alerts = watch.alerts(&state, &thresholds, hand.control.now());
    assert_eq!(of_logs(&alerts).len(), 0, "{alerts:?}");
    hand.control.world(|world| world.set_log_factor(50.0));
    let errors = Fault::Errors {
        service: AGENT,
        percent: 0.4,
    };
    hand.control.inject(errors, None);
    let began = hand.control.now();
    hand.advance(10).await;
    let state = hand.handle.state.borrow().clone();
    let now = hand.control.now();
    assert_eq!(of_logs(&watch.alerts(&state, &thresholds, now)).len(), 0);
    watch.hear(&logs(&hand, Since::At(began)).await, now);
    let alerts = watch.alerts(&state, &thresholds, now);
    let said = of_logs(&alerts);
    assert_eq!(said.len(), 1, "{alerts:?}");
    assert_eq!(said[0].severity, Severity::Warning);
    assert!(said[0].summary.contains("orchestrator errors in its log:"));
    assert!(said[0].detail.contains("status=503"));
    // On the screen it is no longer well.
    let mut model = console(&hand);
    assert!(!frame(&model).contains("errors in its log"));
    tell(&mut model, Msg::Alerts(alerts.clone()));
    assert_eq!(first_rows(&model, 1), ["orchestrator"]);
    assert!(frame(&model).contains("errors in its log: "));
}

#[tokio::test]
async fn help_and_palette_list_what_this_platform_can_do() {
    use Command as C;
    let listed = async |scenario: &str| {
        let hand = Hand::on(scenario).await;
        let mut model = console(&hand);
        model.capabilities = hand.handle.capabilities.clone();
        model.keymap = Arc::new(config::keymap::built_in("default").unwrap());
        let help = Help {
            about: Scope::Services,
            search: FilterField::default(),
            scroll: Scroll::default(),
        };
        let help = help
            .lines(&model)
            .into_iter()
            .filter_map(|line| match line {
                help::Line::Keys(_, command) => Some(command),
                _ => None,
            });
        let help: Vec<Command> = help.collect();
        let _ = palette::open(&mut model);
        let Some(Layer::Palette(palette)) = model.layers.last() else {
            panic!("no palette");
        };
        let palette = palette
            .found(&model)
            .into_iter()
            .filter_map(|f| match f.entry {
                palette::Entry::Command(command) => Some(command),
                palette::Entry::Service(_) => None,
            });
        let palette: Vec<Command> = palette.collect();
        // What is there elsewhere is still told to who asks for it by its name.
        let typed = |model: &mut Model, text: &str| {
            tell(model, Msg::Paste(text.to_owned()));
            let Some(Layer::Palette(palette)) = model.layers.last() else {
                panic!("no palette");
            };
            let found = palette.found(model).into_iter().next();
            found
                .and_then(|found| found.why_not)
                .map(|why| why.to_string())
        };
        let why = typed(&mut model, "cordon");
        (help, palette, why)
    };
    let of_clusters = [
        C::Cordon,
        C::Drain,
        C::RunNow,
        C::DeletePod,
        C::Switch,
        C::Nodes,
    ];
    let (help, palette, why) = listed("three-tier-template").await;
    for command in of_clusters
        .into_iter()
        .chain([C::Namespaces, C::AllNamespaces])
    {
        assert!(!help.contains(&command), "{command}");
        assert!(!palette.contains(&command), "{command}");
    }
    // Nobody added that kind to either world.
    let of_argo = [C::Promote, C::PromoteFull, C::Abort, C::Retry];
    assert!(
        !of_argo
            .iter()
            .any(|c| help.contains(c) || palette.contains(c))
    );
    assert!(palette.contains(&C::Start) && help.contains(&C::Stop));
    let expected = "this is for clusters: there are neither pods nor nodes here";
    assert_eq!(why.as_deref(), Some(expected));
    let (help, palette, _) = listed("specify").await;
    for command in [C::Start, C::Stop] {
        assert!(!help.contains(&command), "{command}");
        assert!(!palette.contains(&command), "{command}");
    }
    assert!(
        !of_argo
            .iter()
            .any(|c| help.contains(c) || palette.contains(c))
    );
    assert!(palette.contains(&C::Switch) && palette.contains(&C::Nodes));
}
