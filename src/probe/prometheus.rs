//! Prometheus: what services serve, and the alerts that it is about to raise.

use std::collections::BTreeMap;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    alertmanager::{Labels, Told, plain},
    families::{self, ALL},
    http,
    rounds::PATIENCE,
    way::Way,
};
use crate::{
    config::settings::prometheus::Prometheus,
    domain::service::{Service, ServiceId, ServiceKind, Traffic},
    safe,
    text::SafeText,
};

/// How it is asked in this environment.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) settings: Prometheus,
    /// The label and its value by which it knows a service, by name, where that isn't its own name.
    pub(super) known_by: BTreeMap<String, (String, String)>,
    /// Whether services are told apart by namespaces.
    pub(super) namespaces: bool,
    pub(super) way: Way,
}

/// What services serve.
pub(super) type Measured = BTreeMap<ServiceId, Traffic>;

/// Under what Prometheus knows a service: number of the family, label, value.
type KnownAs<'a> = (usize, &'a str, &'a str);

#[derive(Deserialize)]
struct Answer<T> {
    data: Option<T>,
    error: Option<String>,
}

impl<T> Answer<T> {
    fn data(self) -> Result<T, SafeText> {
        let why = || match self.error {
            Some(error) => SafeText::line(error),
            None => SafeText::from_static("it answers without data"),
        };
        self.data.ok_or_else(why)
    }
}

#[derive(Deserialize)]
struct Vector {
    result: Vec<Sample>,
}

#[derive(Deserialize)]
struct Sample {
    metric: Labels,
    /// The moment, and the figure as text.
    value: (f64, String),
}

#[derive(Deserialize)]
struct Alerts {
    alerts: Vec<Pending>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pending {
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    state: String,
    active_at: Option<Timestamp>,
}

impl Source {
    async fn query(&self, promql: &str) -> Result<Vec<Sample>, SafeText> {
        let page = self
            .settings
            .url
            .below("api/v1/query", &[("query", promql)]);
        let answer: Answer<Vector> = http::json(&page, &self.way, PATIENCE).await?;
        Ok(answer.data()?.result)
    }

    /// What these services serve; what it doesn't know of is not in it.
    ///
    /// # Errors
    /// Why it doesn't answer.
    pub(super) async fn measure(&self, services: &[ServiceId]) -> Result<Measured, SafeText> {
        let own = self.settings.labels.iter().map(String::as_str);
        let given = self.known_by.values().map(|(label, _)| label.as_str());
        let of_families = ALL
            .iter()
            .flat_map(|family| family.names.iter().copied().chain([family.namespace]));
        let labels = own.chain(given).chain(of_families).collect();
        let series = self.query(&families::discovery(&labels)).await?;
        let mut groups: BTreeMap<(usize, &str), Vec<(&ServiceId, &str)>> = BTreeMap::new();
        for service in services {
            if let Some((family, label, value)) = self.known_as(service, &series) {
                let of = groups.entry((family, label)).or_default();
                of.push((service, value));
            }
        }
        let each = groups
            .iter()
            .map(async |((family, label), services)| self.figures(*family, label, services).await);
        Ok(try_join_all(each).await?.into_iter().flatten().collect())
    }

    /// Under what it knows a service: the best family that has a series of its, by the best label.
    fn known_as<'a>(&'a self, service: &'a ServiceId, series: &[Sample]) -> Option<KnownAs<'a>> {
        let name = plain(service);
        let given = self.known_by.get(name);
        ALL.iter().enumerate().find_map(|(number, family)| {
            let of_family = |s: &&Sample| s.metric.get("__name__") == Some(family.requests);
            let is_there = |label: &str, value: &str| {
                series.iter().filter(of_family).any(|s| {
                    s.metric.get(label) == Some(value)
                        && self.is_of(service, s.metric.get(family.namespace))
                })
            };
            if let Some((label, value)) = given {
                return is_there(label, value).then_some((number, label.as_str(), value.as_str()));
            }
            let own = self.settings.labels.iter().map(String::as_str);
            let mut labels = family.names.iter().copied().chain(own);
            let label = labels.find(|label| is_there(label, name))?;
            Some((number, label, name))
        })
    }

    /// Whether a series of that namespace may be of a service; one without is of any.
    fn is_of(&self, service: &ServiceId, namespace: Option<&str>) -> bool {
        !self.namespaces || namespace.is_none_or(|named| *service.group == *named)
    }

    async fn figures(
        &self,
        family: usize,
        label: &str,
        services: &[(&ServiceId, &str)],
    ) -> Result<Measured, SafeText> {
        let family = &ALL[family];
        let names = services.iter().map(|(_, value)| *value).collect();
        let asked = family.questions(label, &names, self.namespaces, self.settings.window);
        let (rates, errors, times) = tokio::try_join!(
            self.query(&asked.rate),
            self.query(&asked.errors),
            self.query(&asked.p95)
        )?;
        let window = self.settings.window.as_secs_f64();
        let figures = services.iter().map(|(service, value)| {
            let figure = |samples: &[Sample]| {
                let mut of = samples.iter().filter(|s| {
                    s.metric.get(label) == Some(value)
                        && self.is_of(service, s.metric.get(family.namespace))
                });
                // With its namespace before without.
                let found = of
                    .clone()
                    .find(|s| s.metric.get(family.namespace).is_some());
                found.or_else(|| of.next())?.value.1.parse::<f64>().ok()
            };
            let rate = figure(&rates);
            let is_few = rate.is_none_or(|rate| rate * window < f64::from(self.settings.least));
            // What is no number says that there are too few requests to tell.
            let telling =
                |found: Option<f64>| found.map(|f| if is_few { f32::NAN } else { f as f32 });
            let traffic = Traffic {
                rate: rate.map(|rate| rate as f32),
                error_percent: telling(figure(&errors)),
                p95_ms: telling(figure(&times).map(|p95| p95 * family.milliseconds)),
            };
            (ServiceId::clone(service), traffic)
        });
        Ok(figures.collect())
    }

    /// The alerts that it is about to raise; with `firing` also those that it raises.
    ///
    /// # Errors
    /// Why it doesn't answer.
    pub(super) async fn alerts(&self, firing: bool) -> Result<Vec<Told>, SafeText> {
        let page = self.settings.url.below("api/v1/alerts", &[]);
        let answer: Answer<Alerts> = http::json(&page, &self.way, PATIENCE).await?;
        let alerts = answer.data()?.alerts.into_iter();
        let wanted = alerts.filter(|alert| alert.state == "pending" || firing);
        Ok(wanted
            .map(|alert| Told {
                fingerprint: safe!("prometheus {}", alert.labels),
                labels: alert.labels,
                annotations: alert.annotations,
                since: alert.active_at,
                silenced: false,
                pending: alert.state == "pending",
                source: SafeText::from_static("prometheus"),
            })
            .collect())
    }
}

/// The services that may serve requests.
pub(super) fn serving<'a>(services: impl Iterator<Item = &'a Service>) -> Vec<ServiceId> {
    let ends = [ServiceKind::Node, ServiceKind::Job, ServiceKind::CronJob];
    let serving = services.filter(|service| !ends.contains(&service.kind));
    serving.map(|service| service.id.clone()).collect()
}
