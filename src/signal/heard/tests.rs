//! Rates of errors in logs that tests write down.

use std::sync::Arc;

use super::*;
use crate::{
    domain::{instance::InstanceId, log::Stream},
    text::StyledText,
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn id(name: &'static str) -> ServiceId {
    ServiceId {
        group: SafeText::from_static("shop"),
        name: SafeText::from_static(name),
    }
}

fn line(service: &'static str, seconds: i64, text: &str) -> LogItem {
    let origin = LogOrigin {
        service: id(service),
        log: InstanceId(SafeText::from_static(service)).into(),
        label: SafeText::from_static(service),
    };
    let text = StyledText::log_line(text.as_bytes());
    LogItem::Line(
        Arc::new(origin),
        LogLine::new(at(seconds), Stream::Out, text),
    )
}

fn error(service: &'static str, seconds: i64) -> LogItem {
    line(
        service,
        seconds,
        r#"level=error msg="cannot pay" err="card service answered 500""#,
    )
}

/// Everything said of a service at that second: words, detail, and since when.
fn said(
    heard: &mut Heard,
    service: &'static str,
    seconds: i64,
) -> Option<(String, String, Option<Timestamp>)> {
    let finding = heard.finding(&id(service), at(seconds))?;
    let detail = finding.detail.to_string();
    let alert = finding.alert(None, at(0));
    let since = heard.services[&id(service)].high.unwrap().since;
    Some((alert.summary.to_string(), detail, since))
}

/// All are followed from second 0, and a line of `api` says so.
fn listening() -> Heard {
    let mut heard = Heard::default();
    heard.follow(&[], at(0));
    heard.take(&[line("api", 0, "level=info msg=listening port=80")], at(0));
    heard
}

#[test]
fn errors_behind_a_check_that_passes_are_told_with_their_rate_their_words_and_their_beginning() {
    let mut heard = listening();
    assert_eq!(said(&mut heard, "api", 290), None);
    for second in 300..342 {
        heard.take(&[error("api", second)], at(second));
    }
    assert_eq!(
        said(&mut heard, "api", 342),
        Some((
            "api errors in its log: 42/min".to_owned(),
            "cannot pay: card service answered 500".to_owned(),
            Some(at(300))
        ))
    );
    assert_eq!(said(&mut heard, "web", 342), None, "nobody heard of it");
    let still = said(&mut heard, "api", 380);
    assert_eq!(still.unwrap().2, Some(at(300)), "the same all along");
    assert_eq!(said(&mut heard, "api", 420), None, "it has ended");
}

#[test]
fn a_service_that_always_writes_so_many_errors_is_not_worse_than_it_was() {
    let mut heard = listening();
    for second in (180..600).step_by(30) {
        heard.take(&[error("api", second)], at(second));
    }
    for second in (600..660).step_by(10) {
        heard.take(&[error("api", second)], at(second));
    }
    assert_eq!(
        said(&mut heard, "api", 660),
        None,
        "from 2/min to 6/min and a bit"
    );
    for second in 660..680 {
        heard.take(&[error("api", second)], at(second));
    }
    assert!(
        said(&mut heard, "api", 680).is_some(),
        "many times what it was"
    );
}

#[test]
fn what_was_loud_before_anybody_listened_is_told_and_not_called_new() {
    let mut heard = Heard::default();
    heard.follow(&[], at(0));
    let tail: Vec<LogItem> = (-30..0).map(|second| error("api", second)).collect();
    heard.take(&tail, at(0));
    let (words, _, since) = said(&mut heard, "api", 0).unwrap();
    assert_eq!(words, "api errors in its log: 30/min");
    assert_eq!(since, None);
}

#[test]
fn a_new_subscription_counts_no_line_twice_and_forgets_whom_it_does_not_follow() {
    let mut heard = listening();
    let burst: Vec<LogItem> = (300..310).map(|second| error("api", second)).collect();
    heard.take(&burst, at(310));
    heard.take(&[error("web", 309)], at(310));
    let before = said(&mut heard, "api", 310);
    heard.follow(&[id("api")], at(311));
    heard.take(&burst, at(311));
    assert_eq!(said(&mut heard, "api", 311), before);
    assert!(!heard.services.contains_key(&id("web")));
}

#[test]
fn a_few_errors_are_no_alert() {
    let mut heard = listening();
    for second in (300..340).step_by(10) {
        heard.take(&[error("api", second)], at(second));
    }
    assert_eq!(said(&mut heard, "api", 341), None);
}
