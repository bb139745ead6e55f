//! How servers tell Prometheus of their requests, as each of the libraries writes it, and what is asked of that by hand.

use std::fmt::Write as _;

use crate::support::shop::{EACH, Shop};

/// One way to count requests.
pub(crate) struct Family {
    /// The service that is counted so.
    pub(crate) service: &'static str,
    /// The labels that Prometheus gives to who tells it, in YAML.
    pub(crate) target: &'static str,
    /// The counter, where it is not the histogram's own.
    counter: Option<&'static str>,
    /// The histogram of times, and the bounds of its two buckets.
    times: (&'static str, [&'static str; 2]),
    /// The labels that they bear, of a status.
    labels: &'static str,
    /// Those of somebody else's requests, which all take long.
    others: Option<&'static str>,
    /// What is selected by hand: its requests, those that failed, and the buckets.
    selected: [&'static str; 3],
    /// Milliseconds in a unit of its times.
    milliseconds: u32,
}

pub(crate) const ALL: [Family; 6] = [
    Family {
        service: "plain",
        target: "",
        counter: Some("http_requests_total"),
        times: ("http_request_duration_seconds", ["0.1", "0.3"]),
        labels: r#"code="STATUS",method="get""#,
        others: None,
        selected: [
            r#"http_requests_total{job="plain"}"#,
            r#"http_requests_total{job="plain",code=~"5.."}"#,
            r#"http_request_duration_seconds_bucket{job="plain"}"#,
        ],
        milliseconds: 1_000,
    },
    // The instrumentator of FastAPI tells classes.
    Family {
        service: "classes",
        target: "",
        counter: Some("http_requests_total"),
        times: ("http_request_duration_seconds", ["0.1", "0.3"]),
        labels: r#"handler="/orders/{id}",method="GET",status="CLASS""#,
        others: None,
        selected: [
            r#"http_requests_total{job="classes"}"#,
            r#"http_requests_total{job="classes",status="5xx"}"#,
            r#"http_request_duration_seconds_bucket{job="classes"}"#,
        ],
        milliseconds: 1_000,
    },
    // Micrometer, as Spring Boot has it where histograms are turned on.
    Family {
        service: "spring",
        target: "",
        counter: None,
        times: ("http_server_requests_seconds", ["0.1", "0.3"]),
        labels: r#"application="shop",error="none",exception="none",method="GET",outcome="OUTCOME",status="STATUS",uri="/orders/{id}""#,
        others: None,
        selected: [
            r#"http_server_requests_seconds_count{job="spring"}"#,
            r#"http_server_requests_seconds_count{job="spring",outcome="SERVER_ERROR"}"#,
            r#"http_server_requests_seconds_bucket{job="spring"}"#,
        ],
        milliseconds: 1_000,
    },
    // The conventions of OpenTelemetry for HTTP, by its exporter for Prometheus.
    Family {
        service: "otel",
        target: "",
        counter: None,
        times: ("http_server_request_duration_seconds", ["0.1", "0.3"]),
        labels: r#"http_request_method="GET",http_response_status_code="STATUS",http_route="/orders/{id}",network_protocol_version="1.1",otel_scope_name="shop",otel_scope_version="",url_scheme="http""#,
        others: None,
        selected: [
            r#"http_server_request_duration_seconds_count{job="otel"}"#,
            r#"http_server_request_duration_seconds_count{job="otel",http_response_status_code="500"}"#,
            r#"http_server_request_duration_seconds_bucket{job="otel"}"#,
        ],
        milliseconds: 1_000,
    },
    // Who stands before services tells of all of them. Prometheus has names for it too: what it says is exported.
    Family {
        service: "ingress",
        target: "namespace: ingress-nginx, service: ingress-nginx-controller-metrics",
        counter: Some("nginx_ingress_controller_requests"),
        times: (
            "nginx_ingress_controller_request_duration_seconds",
            ["0.1", "0.3"],
        ),
        labels: r#"canary="",controller_class="k8s.io/ingress-nginx",controller_namespace="ingress-nginx",controller_pod="ingress-nginx-controller-0",host="shop.example",ingress="shop",method="GET",namespace="shop",path="/",service="ingress",status="STATUS""#,
        others: Some(
            r#"canary="",controller_class="k8s.io/ingress-nginx",controller_namespace="ingress-nginx",controller_pod="ingress-nginx-controller-0",host="shop.example",ingress="shop",method="GET",namespace="shop",path="/other",service="other",status="STATUS""#,
        ),
        selected: [
            r#"nginx_ingress_controller_requests{exported_service="ingress"}"#,
            r#"nginx_ingress_controller_requests{exported_service="ingress",status="500"}"#,
            r#"nginx_ingress_controller_request_duration_seconds_bucket{exported_service="ingress"}"#,
        ],
        milliseconds: 1_000,
    },
    // Each request is told by who sent it too.
    Family {
        service: "mesh",
        target: "namespace: shop, pod: mesh-0",
        counter: Some("istio_requests_total"),
        times: ("istio_request_duration_milliseconds", ["100", "300"]),
        labels: r#"reporter="destination",source_workload="web",destination_workload="mesh",destination_workload_namespace="shop",destination_service_name="mesh",request_protocol="http",response_code="STATUS",response_flags="-",connection_security_policy="mutual_tls""#,
        others: Some(
            r#"reporter="source",source_workload="web",destination_workload="mesh",destination_workload_namespace="shop",destination_service_name="mesh",request_protocol="http",response_code="STATUS",response_flags="-",connection_security_policy="unknown""#,
        ),
        selected: [
            r#"istio_requests_total{destination_workload="mesh",reporter="destination"}"#,
            r#"istio_requests_total{destination_workload="mesh",reporter="destination",response_code="500"}"#,
            r#"istio_request_duration_milliseconds_bucket{destination_workload="mesh",reporter="destination"}"#,
        ],
        milliseconds: 1,
    },
];

impl Family {
    /// A server that counts so.
    pub(crate) fn start(&'static self) -> Shop {
        Shop::telling(EACH, |good, bad| {
            // No failed request yet is no series, as with most libraries.
            let all = [
                ("200", "2xx", "SUCCESS", good),
                ("500", "5xx", "SERVER_ERROR", bad),
            ];
            let (times, _) = self.times;
            let mut text = format!("# TYPE {times} histogram\n");
            for (status, class, outcome, count) in all {
                let of = |labels: &str| {
                    let labels = labels.replace("STATUS", status).replace("CLASS", class);
                    labels.replace("OUTCOME", outcome)
                };
                if count > 0 {
                    text += &self.series(&of(self.labels), count, count * 9 / 10);
                    text +=
                        &(self.others).map_or(String::new(), |who| self.series(&of(who), count, 0));
                }
            }
            text
        })
    }

    /// What is told of so many requests, of which so many were quick.
    fn series(&self, labels: &str, all: u64, quick: u64) -> String {
        let (times, [short, long]) = self.times;
        let mut text = String::new();
        if let Some(counter) = self.counter {
            let _ = writeln!(text, "{counter}{{{labels}}} {all}");
        }
        for (bound, count) in [(short, quick), (long, all), ("+Inf", all)] {
            let _ = writeln!(text, "{times}_bucket{{{labels},le=\"{bound}\"}} {count}");
        }
        let _ = writeln!(
            text,
            "{times}_sum{{{labels}}} {all}\n{times}_count{{{labels}}} {all}"
        );
        text
    }

    /// Requests a second, as one asks for them.
    pub(crate) fn rate(&self) -> String {
        format!("sum(rate({}[10s]))", self.selected[0])
    }

    /// Those that failed, in percent.
    pub(crate) fn errors(&self) -> String {
        format!(
            "100 * sum(rate({}[10s])) / {}",
            self.selected[1],
            self.rate()
        )
    }

    /// The 95th percentile of the times, in milliseconds.
    pub(crate) fn p95(&self) -> String {
        let Self {
            selected: [.., buckets],
            milliseconds,
            ..
        } = self;
        format!("{milliseconds} * histogram_quantile(0.95, sum by (le) (rate({buckets}[10s])))")
    }
}
