//! A list whose steps are proved by real servers, each of which is cut while it is walked: what nobody tells proves nothing.

use std::cell::RefCell;

use serde_json::Value;

use super::{
    postgres::Postgres,
    proxy::Proxy,
    server::Server,
    shop::{EACH, Shop},
    walked::{Turn, Walked, kind_of},
    web::free_port,
};

const PASSWORD: &str = "pw";

/// One step for each of those who prove something, and all of it for a time that is shorter than it takes to notice that one
/// of them is silent.
pub(crate) const LIST: &str = r#"# Cut
- [ ] Few errors `check: error_rate(api) < 1%`
- [ ] Quick `check: p95(api) < 1s`
- [ ] No alert `check: alerts("critical") == 0`
- [ ] Room `check: connections(db) < 80%`
- [ ] Well `check: healthy(api)`
- [ ] All of it `soak: error_rate(api) < 1% and p95(api) < 1s and alerts("critical") == 0 and connections(db) < 80% and healthy(api) for 10s`
"#;

/// Those who prove it beside the platform.
pub(crate) struct Witnesses {
    prometheus: Proxy,
    alertmanager: Proxy,
    /// Between Prometheus and the service.
    api: Proxy,
    postgres: RefCell<Option<Postgres>>,
    port: u16,
    _servers: (Server, Server),
}

impl Witnesses {
    /// `None` where one of them is not installed; a failure in CI.
    pub(crate) fn start() -> Option<Self> {
        let shop = Shop::start(true, EACH);
        let before = |port: u16| Proxy::passing(&format!("tcp://127.0.0.1:{port}"));
        let api = before(shop.port);
        let (_, port) = api.host.rsplit_once(':').expect("a port");
        let port = port.parse().expect("a number");
        let prometheus = Server::prometheus(&[("api", port)], "groups: []\n")?;
        let alertmanager = Server::alertmanager()?;
        let port = free_port();
        Some(Self {
            prometheus: before(prometheus.at.port()),
            alertmanager: before(alertmanager.at.port()),
            api,
            postgres: RefCell::new(Some(postgres(port)?)),
            port,
            _servers: (prometheus, alertmanager),
        })
    }

    /// The settings that name them, in an environment of that platform.
    pub(crate) fn settings(&self, platform: &str) -> String {
        let [prometheus, alertmanager] =
            [&self.prometheus, &self.alertmanager].map(|to| to.host.replace("tcp://", "http://"));
        // How full the disk of this machine is has no part in it.
        format!(
            "[environment.here]\nkind = 'development'\n{platform}\nalertmanager = '{alertmanager}'\n\
             prometheus = {{ url = '{prometheus}', window = '10s', every = '1s' }}\n\
             [threshold]\ndisk_free = {{ warning = '1%' }}\n\
             [service.db]\ncheck = [{{ postgres = 'postgres://shop:{PASSWORD}@127.0.0.1:{}/postgres', every = '1s' }}]\n",
            self.port
        )
    }

    /// Has the list walked from a beginning at which Prometheus and Alertmanager are silent; then each of those who prove it is
    /// cut while all of it soaks, the platform last, and is there again.
    pub(crate) fn each_cut(&self, walked: &Walked, pause: impl Fn(), resume: impl Fn()) {
        self.prometheus.refuse();
        self.alertmanager.refuse();
        let heal = || {
            self.prometheus.heal();
            self.alertmanager.heal();
        };
        let silent: Unknown = &[
            (1, "nothing measures its errors; Prometheus http://"),
            (
                2,
                "nothing measures its times to answer; Prometheus http://",
            ),
            (3, "Alertmanager http://"),
        ];
        let cuts = [
            Cut::new(
                &silent[..2],
                || self.prometheus.refuse(),
                || self.prometheus.heal(),
            ),
            Cut::new(
                &[(1, "no answer within 5 s"), (2, "no answer within 5 s")],
                || self.prometheus.stall(),
                || self.prometheus.heal(),
            ),
            // What it measures is gone, and what it measured before stands in no look any more.
            Cut::new(
                &[(1, "nothing measures"), (2, "nothing measures")],
                || self.api.refuse(),
                || self.api.heal(),
            ),
            Cut::new(
                &silent[2..],
                || self.alertmanager.stall(),
                || self.alertmanager.heal(),
            ),
            Cut::new(
                &[(4, "refused: nothing listens there")],
                || drop(self.postgres.take()),
                || drop(self.postgres.replace(postgres(self.port))),
            ),
            Cut::new(
                &[(1, STALE), (2, STALE), (3, STALE), (5, STALE)],
                pause,
                resume,
            ),
        ];
        let untold = |new: &[Value]| is_told(new, silent);
        let ends: Vec<_> = cuts
            .iter()
            .map(|cut| {
                let ends = || {
                    cut.assert_nothing_proved(&walked.entries());
                    (cut.ends)();
                };
                (|new: &[Value]| cut.is_told(new), ends)
            })
            .collect();
        let mut turns: Vec<Turn<'_>> = vec![(&untold, &heal)];
        for (cut, (is_told, ends)) in cuts.iter().zip(&ends) {
            turns.push((&soaks, &*cut.begins));
            turns.push((is_told, ends));
        }
        walked.with(&turns);
        walked.assert_whole(6);
        let entries = walked.entries();
        let times = |kind: &str| {
            entries
                .iter()
                .filter(|entry| kind_of(entry) == kind)
                .count()
        };
        assert!(times("soak-reset") >= cuts.len());
        assert_eq!(times("soak-begun"), times("soak-reset") + 1);
        assert_eq!(times("soak-held"), 1);
    }
}

fn postgres(port: u16) -> Option<Postgres> {
    Postgres::listening(PASSWORD, port, 10)
}

/// Whether the soak's clock runs.
fn soaks(new: &[Value]) -> bool {
    new.iter().any(|entry| kind_of(entry) == "soak-begun")
}

const STALE: &str = "the platform is STALE, last heard of ";

/// Steps of which nobody can tell anything, and why.
type Unknown = &'static [(u64, &'static str)];

/// Whether all of that was told.
fn is_told(new: &[Value], unknown: Unknown) -> bool {
    unknown.iter().all(|(item, why)| {
        let told = |look: Look<'_>| look.item == *item && look.is_unknown_for(why);
        new.iter().filter_map(Look::of).any(told)
    })
}

/// Somebody who is cut, and is there again.
struct Cut<'c> {
    unknown: Unknown,
    begins: Box<dyn Fn() + 'c>,
    ends: Box<dyn Fn() + 'c>,
}

impl<'c> Cut<'c> {
    fn new(unknown: Unknown, begins: impl Fn() + 'c, ends: impl Fn() + 'c) -> Self {
        Self {
            unknown,
            begins: Box::new(begins),
            ends: Box::new(ends),
        }
    }

    /// Whether all that it leaves unknown was told to be, and that the soak begins again.
    fn is_told(&self, new: &[Value]) -> bool {
        is_told(new, self.unknown) && new.iter().any(|entry| kind_of(entry) == "soak-reset")
    }

    /// Since it was told to be unknown nothing of it was proved.
    fn assert_nothing_proved(&self, entries: &[Value]) {
        for (item, _) in self.unknown {
            let mut looks = entries.iter().rev().filter_map(Look::of);
            let last = looks.find(|look| look.item == *item);
            assert_eq!(last.expect("it was looked at").found, "unknown");
        }
        let soaked = ["soak-begun", "soak-held", "soak-reset"];
        let last = entries
            .iter()
            .map(kind_of)
            .rfind(|kind| soaked.contains(kind));
        assert_eq!(last, Some("soak-reset"));
    }
}

/// What a look at a step found.
struct Look<'e> {
    item: u64,
    found: &'e str,
    evidence: &'e str,
}

impl<'e> Look<'e> {
    fn of(entry: &'e Value) -> Option<Self> {
        let what = &entry["event"]["what"];
        Some(Self {
            item: what["item"].as_u64()?,
            found: what["found"].as_str()?,
            evidence: what["evidence"].as_str()?,
        })
    }

    fn is_unknown_for(&self, why: &str) -> bool {
        self.found == "unknown" && self.evidence.contains(why)
    }
}
