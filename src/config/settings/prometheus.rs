//! `prometheus` of an environment, and `metrics` of a service.

use std::time::Duration;

use toml::de::DeTable;

use super::address::{self, Web};
use crate::{
    config::reader::{Keys, Reader},
    domain::values::Span,
};

const PROMETHEUS: Keys<'_> = Keys {
    known: &["url", "labels", "least", "window", "every"],
    later: &[],
};

/// Requests in the window from which on shares and times of them tell something.
const LEAST: u32 = 20;
const WINDOW: Duration = Duration::from_mins(5);
const EVERY: Duration = Duration::from_secs(15);

/// Who measures what runs in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prometheus {
    /// Where it answers.
    pub url: Web,
    /// The labels that may hold the name of a service, the best first.
    pub labels: Vec<String>,
    /// Requests in the window from which on shares and times of them tell something.
    pub least: u32,
    /// The time that rates are made of; whole seconds.
    pub window: Duration,
    /// How long after one answer it is asked again.
    pub every: Duration,
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    environment: &DeTable<'_>,
    is_cluster: bool,
) -> Option<Prometheus> {
    let table = reader.table(environment, "prometheus")?;
    reader.keys(table.value, "prometheus", &PROMETHEUS);
    if !table.value.contains_key("url") {
        reader
            .problem(table.span, "prometheus has no address")
            .help(r#"write prometheus = { url = "http://HOST:9090" }"#);
        return None;
    }
    let labels = match reader.strings(table.value, "labels") {
        None => ["service", "app", "job"].map(str::to_owned).to_vec(),
        Some(labels) => labels
            .into_iter()
            .filter(|label| is_label(reader, &label.value, &label.span))
            .map(|label| label.value)
            .collect(),
    };
    let least = reader.number(table.value, "least");
    let mut span = |key: &str, usual, least: u64| {
        let Some(found) = reader.parsed::<Span>(table.value, key) else {
            return usual;
        };
        if found.value.0 < Duration::from_secs(least) {
            reader.problem(found.span, format!("{key} has to be at least {least}s"));
        }
        found.value.0
    };
    let (window, every) = (span("window", WINDOW, 10), span("every", EVERY, 1));
    let url = reader.string(table.value, "url")?;
    Some(Prometheus {
        url: address::web_of(reader, &url, is_cluster)?,
        labels,
        least: least.map_or(LEAST, |found| found.value),
        window,
        every,
    })
}

/// The label and its value by which Prometheus knows a service: `metrics = { app = "shop-api" }`.
pub(super) fn read_of_service(
    reader: &mut Reader<'_>,
    service: &DeTable<'_>,
) -> Option<(String, String)> {
    let table = reader.table(service, "metrics")?;
    let mut labels = table.value.iter();
    let (Some((label, value)), None) = (labels.next(), labels.next()) else {
        reader
            .problem(table.span, "metrics names one label")
            .help(r#"write metrics = { app = "shop-api" }"#);
        return None;
    };
    let name = label.get_ref().as_ref();
    let value = reader.as_string(value, name)?;
    is_label(reader, name, &label.span()).then(|| (name.to_owned(), value.value))
}

/// Whether it can be the name of a label; told where it can't.
fn is_label(reader: &mut Reader<'_>, name: &str, span: &std::ops::Range<usize>) -> bool {
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let first = name.bytes().next();
    let valid = first.is_some_and(|b| !b.is_ascii_digit()) && name.bytes().all(is_plain);
    if !valid {
        reader
            .problem(span.clone(), "this cannot be the name of a label")
            .help("a label has letters, digits and underscores");
    }
    valid
}
