//! How requests reach a service: the Services that choose its pods, and what leads to them from outside.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    Fact, fact,
    listed::{Kind, Listed},
};
use crate::{
    domain::service::ServiceId,
    platform::kubernetes::{
        cluster::Cluster,
        json::{list, text},
    },
    safe,
    text::SafeText,
};

/// Services.
pub(super) const SERVICES: Kind = Kind {
    api: "/api/v1",
    plural: "services",
    fact: "reached by",
};
const ENDPOINTS: Kind = Kind {
    api: "/apis/discovery.k8s.io/v1",
    plural: "endpointslices",
    fact: "endpoints",
};
const INGRESSES: Kind = Kind {
    api: "/apis/networking.k8s.io/v1",
    plural: "ingresses",
    fact: "ingress",
};
const ROUTES: Kind = Kind {
    api: "/apis/gateway.networking.k8s.io/v1",
    plural: "httproutes",
    fact: "route",
};

/// By which label an EndpointSlice names its Service.
const OF_SERVICE: &str = "kubernetes.io/service-name";

/// The Services that choose the pods of a template, how many of their endpoints are ready, and the hosts and paths that lead
/// to them.
pub(super) async fn of(
    cluster: &Cluster,
    id: &ServiceId,
    services: &Listed,
    template: &Value,
) -> Vec<Fact> {
    let own: Vec<&Value> = services
        .items
        .iter()
        .filter(|service| chooses(service, template))
        .collect();
    let mut facts: Vec<Fact> = services.missing().into_iter().collect();
    if own.is_empty() {
        return facts;
    }
    let names: Vec<&str> = own.iter().map(|s| text(s, "/metadata/name")).collect();
    let mut of_own = "&labelSelector=".to_owned();
    let selector = format!("{OF_SERVICE} in ({})", names.join(","));
    of_own.extend(form_urlencoded::byte_serialize(selector.as_bytes()));
    let (endpoints, ingresses, routes) = tokio::join!(
        ENDPOINTS.list(cluster, &id.group, &of_own),
        INGRESSES.list(cluster, &id.group, ""),
        ROUTES.list(cluster, &id.group, ""),
    );
    for service in own {
        let mut words = reached_by(service);
        if endpoints.missing().is_none() {
            let name = text(service, "/metadata/name");
            words = safe!("{words}, {}", ready(&endpoints.items, name));
        }
        facts.push(fact(SERVICES.fact, words));
    }
    facts.extend(endpoints.missing());
    let led = |all: &Listed, way: fn(&Value, &str) -> Vec<String>| -> Vec<Fact> {
        let each = all.items.iter().flat_map(|one| {
            let to = names.iter().map(|name| (*name, way(one, name)));
            to.filter(|(_, ways)| !ways.is_empty())
                .map(|(service, ways)| {
                    let name = text(one, "/metadata/name");
                    safe!("{name}: {} → {service}", ways.join(", "))
                })
                .collect::<Vec<_>>()
        });
        let each = each.map(|words| fact(all.kind.fact, words));
        each.chain(all.missing()).collect()
    };
    facts.extend(led(&ingresses, by_ingress));
    facts.extend(led(&routes, by_route));
    facts
}

/// Whether a Service chooses the pods of a template. One without a selector chooses none.
fn chooses(service: &Value, template: &Value) -> bool {
    let labels = template.pointer("/metadata/labels");
    let selector = service.pointer("/spec/selector").and_then(Value::as_object);
    selector.is_some_and(|wanted| {
        let has = |(key, value)| labels.and_then(|labels| labels.get(key)) == Some(value);
        !wanted.is_empty() && wanted.iter().all(has)
    })
}

/// A Service as people name it: `api :80 → 8080`.
fn reached_by(service: &Value) -> SafeText {
    let ports = list(service, "/spec/ports").iter();
    let ports = ports.map(|port| match &port["targetPort"] {
        Value::Null => format!(":{}", port["port"]),
        Value::String(name) => format!(":{} → {name}", port["port"]),
        number => format!(":{} → {number}", port["port"]),
    });
    let ports: Vec<String> = ports.collect();
    safe!("{} {}", text(service, "/metadata/name"), ports.join(" "))
}

/// How many of a Service's endpoints are ready. One with several addresses, or in several slices, counts once.
fn ready(slices: &[Value], service: &str) -> SafeText {
    let mut pods: BTreeMap<&str, bool> = BTreeMap::new();
    let own = slices.iter().filter(|slice| {
        let of = slice.pointer("/metadata/labels").map(|l| &l[OF_SERVICE]);
        of.and_then(Value::as_str) == Some(service)
    });
    for endpoint in own.flat_map(|slice| list(slice, "/endpoints")) {
        let pod = match text(endpoint, "/targetRef/name") {
            "" => text(endpoint, "/addresses/0"),
            pod => pod,
        };
        // What is not said counts as ready.
        let ready = endpoint.pointer("/conditions/ready") != Some(&Value::Bool(false));
        *pods.entry(pod).or_default() |= ready;
    }
    match (pods.values().filter(|ready| **ready).count(), pods.len()) {
        (_, 0) => SafeText::from_static("no endpoint"),
        (ready, all) => safe!("{ready} of {all} endpoints ready"),
    }
}

/// The hosts and paths by which an Ingress leads to a Service.
fn by_ingress(ingress: &Value, service: &str) -> Vec<String> {
    let leads = |backend: &Value| text(backend, "/service/name") == service;
    let mut ways = Vec::new();
    for rule in list(ingress, "/spec/rules") {
        let host = any_host(text(rule, "/host"));
        let paths = list(rule, "/http/paths").iter();
        let paths = paths.filter(|path| leads(&path["backend"]));
        ways.extend(paths.map(|path| format!("{host}{}", text(path, "/path"))));
    }
    if ingress.pointer("/spec/defaultBackend").is_some_and(leads) {
        ways.push("whatever no rule takes".to_owned());
    }
    ways
}

/// The hosts and paths by which an HTTPRoute leads to a Service; where it leads to others as well, to it how often.
fn by_route(route: &Value, service: &str) -> Vec<String> {
    let namespace = text(route, "/metadata/namespace");
    let leads = |backend: &&Value| {
        let elsewhere = text(backend, "/namespace");
        text(backend, "/name") == service
            && matches!(text(backend, "/kind"), "" | "Service")
            && (elsewhere.is_empty() || elsewhere == namespace)
    };
    let weight = |backend: &Value| backend["weight"].as_u64().unwrap_or(1);
    let hosts = match list(route, "/spec/hostnames") {
        [] => vec!["*"],
        some => some.iter().filter_map(Value::as_str).collect(),
    };
    let mut ways = Vec::new();
    for rule in list(route, "/spec/rules") {
        let backends = list(rule, "/backendRefs");
        let own: Vec<&Value> = backends.iter().filter(leads).collect();
        if own.is_empty() {
            continue;
        }
        let paths: Vec<&str> = match list(rule, "/matches") {
            [] => vec!["/"],
            some => {
                let path = |one| match text(one, "/path/value") {
                    "" => "/",
                    path => path,
                };
                some.iter().map(path).collect()
            }
        };
        let (share, all): (u64, u64) = (
            own.iter().map(|backend| weight(backend)).sum(),
            backends.iter().map(weight).sum(),
        );
        let share = if share == all {
            String::new()
        } else {
            format!(" ({share} of {all})")
        };
        for host in &hosts {
            ways.extend(paths.iter().map(|path| format!("{host}{path}{share}")));
        }
    }
    ways
}

fn any_host(host: &str) -> &str {
    if host.is_empty() { "*" } else { host }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_service_chooses_pods_that_have_all_its_labels() {
        let template = json!({"metadata": {"labels": {"app": "api", "color": "blue"}}});
        let chosen = |selector: Value| chooses(&json!({"spec": {"selector": selector}}), &template);
        assert!(chosen(json!({"app": "api"})));
        assert!(chosen(json!({"app": "api", "color": "blue"})));
        assert!(!chosen(json!({"app": "api", "color": "green"})));
        assert!(!chosen(json!({})), "one that chooses nothing");
        assert!(!chosen(Value::Null), "one whose endpoints somebody writes");
    }

    #[test]
    fn a_pod_with_two_addresses_is_one_endpoint() {
        let slice = |of: &str, endpoints: Value| json!({"metadata": {"labels": {OF_SERVICE: of}}, "endpoints": endpoints});
        let pod = |name: &str, address: &str, ready: Value| json!({"addresses": [address], "targetRef": {"name": name}, "conditions": {"ready": ready}});
        let slices = [
            slice(
                "api",
                json!([
                    pod("a", "10.0.0.1", json!(true)),
                    pod("b", "10.0.0.2", json!(false))
                ]),
            ),
            slice(
                "api",
                json!([
                    pod("a", "fd00::1", json!(true)),
                    {"addresses": ["fd00::9"]}
                ]),
            ),
            slice("web", json!([pod("c", "10.0.0.3", json!(true))])),
        ];
        assert_eq!(ready(&slices, "api"), "2 of 3 endpoints ready");
        assert_eq!(ready(&slices, "none"), "no endpoint");
    }

    #[test]
    fn an_ingress_leads_by_host_and_path() {
        let to = |name: &str| json!({"service": {"name": name}});
        let ingress = json!({"spec": {
            "defaultBackend": to("api"),
            "rules": [
                {"host": "shop.example.com", "http": {"paths": [
                    {"path": "/api", "backend": to("api")},
                    {"path": "/", "backend": to("web")},
                ]}},
                {"http": {"paths": [{"path": "/v2", "backend": to("api")}]}},
                {"host": "empty.example.com"},
            ],
        }});
        let expected = ["shop.example.com/api", "*/v2", "whatever no rule takes"];
        assert_eq!(by_ingress(&ingress, "api"), expected);
        assert_eq!(by_ingress(&ingress, "web"), ["shop.example.com/"]);
    }

    #[test]
    fn a_route_says_how_much_of_it_leads_there() {
        let route = json!({"metadata": {"namespace": "shop"}, "spec": {
            "hostnames": ["a.example.com", "b.example.com"],
            "rules": [
                {"backendRefs": [{"name": "api", "weight": 90}, {"name": "api-new", "weight": 10}]},
                {"matches": [{"path": {"value": "/api"}}, {"headers": []}],
                 "backendRefs": [{"name": "api", "namespace": "shop"}]},
                {"backendRefs": [{"name": "api", "namespace": "other"}]},
                {"backendRefs": [{"name": "api", "kind": "Bucket"}]},
            ],
        }});
        let expected = [
            "a.example.com/ (90 of 100)",
            "b.example.com/ (90 of 100)",
            "a.example.com/api",
            "a.example.com/",
            "b.example.com/api",
            "b.example.com/",
        ];
        assert_eq!(by_route(&route, "api"), expected);
    }
}
