//! Health checks: what is well, what is not, and what nobody can tell.

use std::{net::TcpListener, sync::Arc};

use quarterdeck::{
    domain::{alert::Severity, threshold::Thresholds},
    expr::{HttpField, Query, Subject, Value},
    probe::Asker,
    signal::Watch,
    text::SafeText,
};

use crate::{
    rig::Watched,
    support::{
        postgres::Postgres,
        server::Server,
        settings::settings,
        web::{answering, free_port, page},
    },
};

const SECRET: &str = "c4n4ry-0f-7he-ch3ck5";

fn checked(check: &str) -> Watched {
    let text = format!(
        "[environment.shop]\n[service.api]\ncheck = [{{ {check}, every = '1s', timeout = '2s' }}]"
    );
    Watched::new(&["api"], &text)
}

/// The alerts that follow, by summary.
fn alerts(watched: &Watched) -> Vec<(String, Severity)> {
    let now = crate::support::wait::timestamp();
    let alerts = Watch::default().alerts(&watched.state(), &|_| Thresholds::default(), now);
    let alerts = alerts.into_iter();
    alerts
        .map(|alert| (alert.summary.to_string(), alert.severity))
        .collect()
}

#[test]
fn a_page_is_held_to_its_status_and_its_text() {
    let (port, answer) = answering(&page("200 OK", "status: ok"));
    let watched = checked(&format!(
        "http = 'http://u:{SECRET}@127.0.0.1:{port}/health', body = 'ok$'"
    ));
    watched.until_check("well: 200");
    assert_eq!(alerts(&watched), []);
    *answer.lock().unwrap() = page("200 OK", "status: bad");
    watched.until_check("critical: 200, but the answer does not contain ok$");
    *answer.lock().unwrap() = page("503 Service Unavailable", "no");
    watched.until_check("critical: 503");
    let told = ("api http /health: 503".to_owned(), Severity::Critical);
    assert_eq!(alerts(&watched), [told]);
    // No answer at all: the connection is broken off.
    *answer.lock().unwrap() = String::new();
    watched.until_check("critical: ");
    let state = format!("{:?}", watched.state());
    assert!(!state.contains(SECRET), "{state}");
}

#[test]
fn who_is_not_there_is_refused_and_whose_name_nobody_knows_is_unknown() {
    let port = free_port();
    let watched = checked(&format!("tcp = '127.0.0.1:{port}'"));
    watched.until_check("critical: refused");
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    watched.until_check("well: open");
    drop(listener);
    let nowhere = checked("http = 'http://nobody.invalid/'");
    nowhere.until_check("unknown: ");
    let [(told, Severity::Warning)] = &alerts(&nowhere)[..] else {
        panic!("{:?}", alerts(&nowhere))
    };
    assert!(told.starts_with("api http / cannot be checked: "), "{told}");
}

#[test]
fn a_postgres_tells_its_connections_and_not_its_password() {
    let port = free_port();
    let Some(postgres) = Postgres::listening(SECRET, port, 10) else {
        return;
    };
    let address = |password: &str| format!("postgres://shop:{password}@127.0.0.1:{port}/postgres");
    let watched = checked(&format!("postgres = '{}'", address(SECRET)));
    watched.until_check("well: 1 of 10 connections");
    let text = format!(
        "[service.api]\ncheck = [{{ postgres = '{}' }}]",
        address(SECRET)
    );
    let asker = Asker::new(Arc::new(settings(&text)), "");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let ask = |of: &str| {
        let query = Query::Connections(Subject::One(SafeText::name(of)));
        runtime.block_on(asker.ask(&query))
    };
    let value = ask("shop/api").unwrap().value;
    assert!(
        matches!(value, Value::Percent(percent) if percent >= 10.0),
        "{value}"
    );
    assert!(ask("web").unwrap_err().contains("web has no check"));
    let wrong = checked(&format!("postgres = '{}'", address("wr0ng-0ne")));
    wrong.until_check("unknown: password authentication failed");
    drop(postgres);
    watched.until_check("critical: refused");
    for state in [watched.state(), wrong.state()] {
        let state = format!("{state:?}");
        assert!(
            !state.contains(SECRET) && !state.contains("wr0ng-0ne"),
            "{state}"
        );
    }
}

#[test]
fn a_redis_tells_its_memory_and_not_its_password() {
    let Some(redis) = Server::redis(SECRET, "100mb") else {
        return;
    };
    let address = |password: &str| {
        format!(
            "redis = 'redis://:{password}@127.0.0.1:{}'",
            redis.at.port()
        )
    };
    let watched = checked(&address(SECRET));
    watched.until_check("well: ");
    assert!(
        watched.check().ends_with(" of 100 MiB"),
        "{}",
        watched.check()
    );
    let wrong = checked(&address("wr0ng-0ne"));
    wrong.until_check("unknown: it does not accept the password");
    drop(redis);
    watched.until_check("critical: refused");
    let state = format!("{:?}{:?}", watched.state(), wrong.state());
    assert!(
        !state.contains(SECRET) && !state.contains("wr0ng-0ne"),
        "{state}"
    );
}

#[test]
fn one_question_has_one_answer_or_a_reason() {
    let (port, _answer) = answering(&page("404 Not Found", ""));
    let asker = Asker::new(Arc::new(settings("")), "");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let http = |port: u16, field| {
        let url = SafeText::name(format!("http://127.0.0.1:{port}/"));
        runtime.block_on(asker.ask(&Query::Http { url, field }))
    };
    assert_eq!(
        http(port, HttpField::Status).unwrap().value,
        Value::Count(404)
    );
    let latency = http(port, HttpField::Latency).unwrap();
    assert!(matches!(latency.value, Value::Span(_)), "{}", latency.value);
    let refused = http(free_port(), HttpField::Status).unwrap_err();
    assert!(refused.contains("refused"), "{refused}");
    let asked = |query| runtime.block_on(asker.ask(&query));
    let days = asked(Query::CertDays(SafeText::name(format!("127.0.0.1:{port}"))));
    assert!(
        days.unwrap_err().contains("no TLS"),
        "plain HTTP has no certificate"
    );
    let set = |name: &str| asked(Query::Env(SafeText::name(name))).unwrap().value;
    assert_eq!(set("PATH"), Value::Truth(true));
    assert_eq!(set("QUARTERDECK_NEVER_SET"), Value::Truth(false));
}

#[test]
fn nothing_set_up_is_nothing_run() {
    let watched = Watched::new(
        &["api"],
        "[environment.shop]\n[environment.other]\nalertmanager = 'http://127.0.0.1:1'\n[service.api]\ncheck = [{ tcp = '127.0.0.1:1', environments = ['other'] }]",
    );
    assert_eq!(
        *watched.state().signals,
        quarterdeck::domain::signals::Signals::default()
    );
}
