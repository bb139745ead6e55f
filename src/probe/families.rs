//! The families of metrics that tell requests, and what Prometheus is asked of each.

use std::{collections::BTreeSet, time::Duration};

/// One way in which servers count their requests.
pub(super) struct Family {
    /// Counts requests.
    pub(super) requests: &'static str,
    /// The labels that may hold the status.
    statuses: &'static [&'static str],
    /// Counts times to answer.
    times: &'static str,
    /// Milliseconds in a unit of them.
    pub(super) milliseconds: f64,
    /// What else must hold of a series.
    only: &'static str,
    /// The labels that hold the name of a service here, before those of the settings.
    pub(super) names: &'static [&'static str],
    /// The label that holds its namespace.
    pub(super) namespace: &'static str,
}

/// Those that are known, the best first: what a service says of itself before what others say who stand before it.
pub(super) const ALL: [Family; 5] = [
    Family {
        requests: "http_requests_total",
        statuses: &["code", "status"],
        times: "http_request_duration_seconds_bucket",
        milliseconds: 1_000.0,
        only: "",
        names: &[],
        namespace: "namespace",
    },
    Family {
        requests: "http_server_requests_seconds_count",
        statuses: &["status"],
        times: "http_server_requests_seconds_bucket",
        milliseconds: 1_000.0,
        only: "",
        names: &[],
        namespace: "namespace",
    },
    Family {
        requests: "http_server_request_duration_seconds_count",
        statuses: &["http_response_status_code"],
        times: "http_server_request_duration_seconds_bucket",
        milliseconds: 1_000.0,
        only: "",
        names: &[],
        namespace: "namespace",
    },
    Family {
        requests: "nginx_ingress_controller_requests",
        statuses: &["status"],
        times: "nginx_ingress_controller_request_duration_seconds_bucket",
        milliseconds: 1_000.0,
        only: "",
        names: &["exported_service"],
        namespace: "exported_namespace",
    },
    Family {
        requests: "istio_requests_total",
        statuses: &["response_code"],
        times: "istio_request_duration_milliseconds_bucket",
        milliseconds: 1.0,
        only: r#"reporter="destination""#,
        names: &["destination_workload", "destination_service_name"],
        namespace: "destination_workload_namespace",
    },
];

/// Which of the families there are, and which values the labels have.
pub(super) fn discovery(labels: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = ALL.iter().map(|family| family.requests).collect();
    let labels: Vec<&str> = labels.iter().copied().collect();
    format!(
        "group by (__name__, {}) ({{__name__=~\"{}\"}})",
        labels.join(", "),
        names.join("|")
    )
}

/// What is asked of a family, for services that a label names.
pub(super) struct Questions {
    /// Requests a second.
    pub(super) rate: String,
    /// Failed ones, in percent of those that tell their status. Where none does, there is no answer: absent is not 0.
    pub(super) errors: String,
    /// The 95th percentile of the time to answer.
    pub(super) p95: String,
}

impl Family {
    /// The questions about the services whose names `label` holds, told apart by their namespaces or not; rates are of the
    /// window.
    pub(super) fn questions(
        &self,
        label: &str,
        names: &BTreeSet<&str>,
        namespaces: bool,
        window: Duration,
    ) -> Questions {
        let window = window.as_secs();
        let by = if namespaces {
            format!("{label}, {}", self.namespace)
        } else {
            label.to_owned()
        };
        let names: Vec<String> = names.iter().map(|name| regex::escape(name)).collect();
        let named = format!(r#"{label}=~"{}""#, quoted(&names.join("|")));
        let rate = |metric: &str, status: &str| {
            let matchers = [self.only, named.as_str(), status];
            let matchers: Vec<&str> = matchers.into_iter().filter(|m| !m.is_empty()).collect();
            format!("rate({metric}{{{}}}[{window}s])", matchers.join(","))
        };
        let with = |operator: &str| {
            let each = self.statuses.iter();
            let each: Vec<String> = each
                .map(|status| rate(self.requests, &format!("{status}{operator}")))
                .collect();
            format!("sum by ({by}) ({})", each.join(" or "))
        };
        let (failed, all) = (with(r#"=~"5..""#), with(r#"!="""#));
        Questions {
            rate: format!("sum by ({by}) ({})", rate(self.requests, "")),
            errors: format!("100 * ({failed} or 0 * {all}) / {all}"),
            p95: format!(
                "histogram_quantile(0.95, sum by (le, {by}) ({}))",
                rate(self.times, "")
            ),
        }
    }
}

/// Inside the quotes of a query.
fn quoted(text: &str) -> String {
    text.replace('\\', r"\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_errors_is_of_those_requests_that_tell_their_status() {
        let asked = ALL[0].questions(
            "app",
            &BTreeSet::from(["api", "w.eb"]),
            true,
            Duration::from_mins(5),
        );
        let of = |status: &str| {
            format!(r#"rate(http_requests_total{{app=~"api|w\\.eb",{status}}}[300s])"#)
        };
        let sum = |one: &str| {
            format!(
                "sum by (app, namespace) ({} or {})",
                of(&format!("code{one}")),
                of(&format!("status{one}"))
            )
        };
        let (failed, all) = (sum(r#"=~"5..""#), sum(r#"!="""#));
        assert_eq!(
            asked.errors,
            format!("100 * ({failed} or 0 * {all}) / {all}")
        );
    }
}
