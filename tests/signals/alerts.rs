//! Alerts that others tell.

use quarterdeck::domain::alert::{Alert, Severity};

use crate::{
    rig::{LONG, Watched},
    support::{server::Server, wait::wait_until, web::free_port},
};

fn alerts(watched: &Watched) -> Vec<Alert> {
    watched.state().signals.alerts.clone()
}

#[test]
fn of_several_peers_an_alert_is_told_once_and_a_dead_one_takes_none_away() {
    let (Some(one), Some(other)) = (Server::alertmanager(), Server::alertmanager()) else {
        return;
    };
    for peer in [&one, &other] {
        peer.raise(r#""alertname": "Slow", "service": "api", "severity": "critical""#);
    }
    other.raise(r#""alertname": "Disk", "severity": "warning""#);
    other.raise(r#""alertname": "Watchdog", "severity": "none""#);
    let silence = r#"{"matchers": [{"name": "alertname", "value": "Disk", "isRegex": false, "isEqual": true}],
        "startsAt": "2026-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z", "createdBy": "me", "comment": "known"}"#;
    other.request("POST", "/api/v2/silences", silence);
    let dead = free_port();
    let watched = Watched::new(
        &["api", "web"],
        &format!(
            "[environment.shop]\nalertmanager = ['{}', 'http://127.0.0.1:{dead}', '{}']",
            one.url(),
            other.url()
        ),
    );
    wait_until("both are told", LONG, || {
        alerts(&watched).iter().filter(|a| a.silenced).count() == 1
    });
    let all = alerts(&watched);
    let slow: Vec<_> = all.iter().filter(|a| a.summary.contains("Slow")).collect();
    let [slow] = slow[..] else { panic!("{all:?}") };
    assert_eq!(&*slow.summary, "api Slow");
    assert_eq!(
        (slow.severity, &*slow.detail),
        (Severity::Critical, "it burns")
    );
    assert_eq!(
        slow.service.as_ref().map(ToString::to_string),
        Some("shop/api".to_owned())
    );
    assert_eq!(
        all.len(),
        2,
        "what only says that alerts come through is none: {all:?}"
    );
    let unseen = watched.state().signals.unseen_alerts();
    assert_eq!(
        &*unseen,
        format!("Alertmanager http://127.0.0.1:{dead}: refused: nothing listens there")
    );

    // The last that answers knows of one alone; then nobody does, and what was last told stands.
    drop(other);
    wait_until("one is left", LONG, || alerts(&watched).len() == 1);
    drop(one);
    wait_until("all are silent", LONG, || {
        let state = watched.state();
        let silent = state
            .signals
            .sources
            .iter()
            .filter(|s| !s.problem.is_empty());
        silent.count() == 3
    });
    assert_eq!(alerts(&watched).len(), 2);
}

#[test]
fn what_prometheus_is_about_to_raise_is_told_as_pending() {
    let rules = "groups: [{name: all, rules: [\
        {alert: Soon, expr: 'vector(1)', for: 1h, labels: {severity: critical, app: api}},\
        {alert: Now, expr: 'vector(1)', labels: {severity: critical}}]}]\n";
    let Some(prometheus) = Server::prometheus(&[], rules) else {
        return;
    };
    let told = |services: &[&str], alertmanager: &str| {
        let watched = Watched::new(
            services,
            &format!(
                "[environment.shop]\nprometheus = {{ url = '{}', every = '1s' }}\n{alertmanager}",
                prometheus.url()
            ),
        );
        wait_until("the rules have been looked at", LONG, || {
            !alerts(&watched).is_empty()
        });
        let all = alerts(&watched).into_iter();
        let mut all: Vec<_> = all.map(|a| (a.summary.to_string(), a.severity)).collect();
        all.sort();
        all
    };
    let pending = |words: &str| (format!("{words}, pending"), Severity::Warning);
    // What is raised an Alertmanager tells, where there is one.
    let elsewhere = format!("alertmanager = 'http://127.0.0.1:{}'", free_port());
    assert_eq!(told(&["api"], &elsewhere), [pending("api Soon")]);
    // Also where nothing runs.
    assert_eq!(told(&[], &elsewhere), [pending("Soon")]);
    let raised = ("Now".to_owned(), Severity::Critical);
    assert_eq!(told(&["api"], ""), [raised, pending("api Soon")]);
}
