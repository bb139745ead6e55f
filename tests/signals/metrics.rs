//! What services serve, of a real Prometheus that looks at a small server.

use std::{fmt::Write as _, net::Ipv4Addr, sync::atomic::Ordering};

use quarterdeck::domain::service::Traffic;
use serde_json::Value;

use crate::{
    families::{self, Family},
    rig::{LONG, Watched},
    support::{
        proxy::Proxy,
        server::{Job, Server},
        shop::{EACH, Shop},
        wait::wait_until,
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

/// Whether a figure agrees with what is asked by hand, which is asked again: both go on.
fn agree(told: Option<f32>, prometheus: &Server, promql: &str, percent: f64) -> bool {
    let by_hand = by_hand(prometheus, promql);
    matches!((told, by_hand), (Some(told), Some(hand)) if near(told.into(), hand, percent))
}

#[test]
fn the_figures_of_each_family_agree_with_promql_asked_by_hand() {
    let shops = families::ALL.each_ref().map(Family::start);
    let jobs = families::ALL.each_ref().map(|family| family.service);
    let jobs = jobs.iter().zip(&shops).zip(&families::ALL);
    let jobs: Vec<_> = jobs
        .map(|((name, shop), family)| Job {
            name,
            port: shop.port,
            labels: family.target,
        })
        .collect();
    let Some(prometheus) = Server::prometheus_of(Ipv4Addr::LOCALHOST, &jobs, "groups: []\n") else {
        return;
    };
    let services = families::ALL.each_ref().map(|family| family.service);
    let watched = Watched::new(
        &services,
        &format!(
            "[environment.shop]\nprometheus = {{ url = '{}', window = '10s', every = '1s' }}\n",
            prometheus.url()
        ),
    );
    let fail = |share: u64| {
        for shop in &shops {
            shop.failing.store(share, Ordering::Relaxed);
        }
    };
    let errors = |family: &Family| traffic(&watched, family.service).error_percent;
    fail(14);
    for family in &families::ALL {
        let of = family.service;
        wait_until(&format!("1.4 % of {of} fail"), LONG, || {
            let told = errors(family).is_some_and(|e| near(e.into(), 1.4, 1.0));
            told && agree(errors(family), &prometheus, &family.errors(), 5.0)
        });
        wait_until(&format!("the p95 of {of} agrees"), LONG, || {
            let p95 = traffic(&watched, of).p95_ms;
            p95.is_some_and(|p95| near(p95.into(), 200.0, 5.0))
                && agree(p95, &prometheus, &family.p95(), 5.0)
        });
        wait_until(&format!("requests a second of {of} agree"), LONG, || {
            let rate = traffic(&watched, of).rate;
            agree(rate, &prometheus, &family.rate(), 2.0)
        });
    }
    fail(0);
    for family in &families::ALL {
        let what = format!("there are no errors of {} again", family.service);
        wait_until(&what, LONG, || errors(family) == Some(0.0));
    }
}

#[test]
fn what_is_not_measured_is_not_0_and_figures_are_gone_with_prometheus() {
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

    wait_until("all are measured", LONG, || {
        let told = ["api", "bare", "calm"].map(|service| traffic(&watched, service).p95_ms);
        told.iter().all(Option::is_some) && api_now().error_percent == Some(0.0)
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
