//! What services serve, of a real Prometheus that looks at a small server.

use std::{fmt::Write as _, sync::atomic::Ordering};

use quarterdeck::domain::service::Traffic;
use serde_json::Value;

use crate::{
    rig::{LONG, Watched},
    support::{
        proxy::Proxy,
        server::Server,
        shop::{EACH, Shop},
        wait::{wait_for, wait_until},
    },
};

/// One figure, of Prometheus itself.
fn by_hand(prometheus: &Server, promql: &str) -> Option<f64> {
    let query = promql.bytes().fold(String::new(), |mut query, byte| {
        let _ = write!(query, "%{byte:02X}");
        query
    });
    let path = format!("/api/v1/query?query={query}");
    let answer: Value = serde_json::from_str(&prometheus.request("GET", &path, "")).unwrap();
    let figure = answer["data"]["result"][0]["value"][1].as_str()?;
    figure.parse().ok()
}

fn traffic(watched: &Watched, service: &str) -> Traffic {
    let state = watched.state();
    let mut all = state.snapshot.services.iter();
    all.find(|s| *s.id.name == *service).unwrap().traffic
}

fn near(one: f64, other: f64, percent: f64) -> bool {
    (one - other).abs() <= other.abs() * percent / 100.0
}

#[test]
fn figures_agree_with_promql_asked_by_hand_and_are_gone_with_prometheus() {
    let (api, bare, calm) = (
        Shop::start(true, EACH),
        Shop::start(false, EACH),
        Shop::start(true, 1),
    );
    let targets = [
        ("shop-api", api.port),
        ("bare", bare.port),
        ("calm", calm.port),
    ];
    let Some(prometheus) = Server::prometheus(&targets, "groups: []\n") else {
        return;
    };
    let proxy = Proxy::passing(&format!("tcp://{}", prometheus.at));
    let url = proxy.host.replace("tcp://", "http://");
    let watched = Watched::new(
        &["api", "bare", "calm", "other"],
        &format!(
            "[environment.shop]\nprometheus = {{ url = '{url}', window = '10s', every = '1s', least = 100 }}\n\
             [service.api]\nmetrics = {{ job = 'shop-api' }}\n"
        ),
    );
    let api_now = || traffic(&watched, "api");

    api.failing.store(14, Ordering::Relaxed);
    wait_until("the share of errors is 1.4 %", LONG, || {
        api_now()
            .error_percent
            .is_some_and(|e| near(e.into(), 1.4, 1.0))
    });
    let all = r#"sum(rate(http_requests_total{job="shop-api"}[10s]))"#;
    let failed = r#"sum(rate(http_requests_total{job="shop-api",code=~"5.."}[10s]))"#;
    let errors = wait_for("errors by hand", LONG, || {
        by_hand(&prometheus, &format!("100 * {failed} / {all}")).filter(|e| near(*e, 1.4, 1.0))
    });
    assert!(near(
        f64::from(api_now().error_percent.unwrap()),
        errors,
        5.0
    ));
    let p95 = "histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{job=\"shop-api\"}[10s])))";
    let p95 = 1_000.0 * by_hand(&prometheus, p95).unwrap();
    let told = f64::from(api_now().p95_ms.unwrap());
    assert!(near(told, p95, 5.0), "{told} ms, by hand {p95} ms");
    wait_until("requests a second agree", LONG, || {
        let (told, hand) = (api_now().rate, by_hand(&prometheus, all));
        matches!((told, hand), (Some(told), Some(hand)) if near(told.into(), hand, 2.0))
    });

    // Absent is not 0, and too few tell nothing; of what is not known nothing is told.
    let bare = traffic(&watched, "bare");
    assert!(
        bare.rate.is_some() && bare.error_percent.is_none(),
        "{bare:?}"
    );
    let few = traffic(&watched, "calm");
    assert!(
        few.rate.is_some() && few.error_percent.unwrap().is_nan(),
        "{few:?}"
    );
    assert_eq!(traffic(&watched, "other"), Traffic::default());

    api.failing.store(0, Ordering::Relaxed);
    wait_until("there are no errors again", LONG, || {
        api_now().error_percent == Some(0.0)
    });

    proxy.refuse();
    wait_until("nothing is known", LONG, || api_now() == Traffic::default());
    let unseen = watched.state().signals.unseen_alerts();
    assert!(
        unseen.starts_with("Prometheus http://127.0.0.1"),
        "{unseen}"
    );
    proxy.heal();
    wait_until("figures are back", LONG, || api_now().rate.is_some());
    assert!(watched.state().signals.unseen_alerts().is_empty());
}
