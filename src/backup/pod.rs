//! A pod's description, as Kubernetes has it: the container that is meant, its environment and its claims.

use serde_json::Value;

use crate::{
    backup::container::Container,
    domain::json::{list, text},
    safe,
    text::SafeText,
};

/// Which container is meant where nobody names one.
const DEFAULT: &str = "/metadata/annotations/kubectl.kubernetes.io~1default-container";

/// What the container itself is asked where its environment comes from `Secret`s and `ConfigMap`s: a user and a database, no
/// password.
pub(super) const ASKS: [&str; 4] = [
    "sh",
    "-c",
    r#"printf '%s\n%s\n' "${POSTGRES_USER-}" "${POSTGRES_DB-}""#,
    "sh",
];

/// Reads it.
///
/// # Errors
/// In words, when it has no container.
pub(super) fn read(pod: &Value) -> Result<Container, SafeText> {
    let containers = list(pod, "/spec/containers");
    let wanted = text(pod, DEFAULT);
    let named = containers.iter().find(|c| text(c, "/name") == wanted);
    let container = named
        .or(containers.first())
        .ok_or_else(|| safe!("the pod has no container"))?;
    let name = text(container, "/name");
    let statuses = list(pod, "/status/containerStatuses");
    let status = statuses.iter().find(|s| text(s, "/name") == name);
    let running = status.and_then(|s| s.pointer("/state/running"));
    let env = list(container, "/env");
    let pairs = env
        .iter()
        .map(|one| (text(one, "/name"), text(one, "/value")));
    let from =
        |one: &Value| one.get("valueFrom").is_some() && text(one, "/name").starts_with("POSTGRES_");
    Ok(Container {
        running: running.is_some(),
        started: running.and_then(|r| text(r, "/startedAt").parse().ok()),
        volumes: list(container, "/volumeMounts")
            .iter()
            .filter_map(|mount| {
                let claim = claim(pod, text(mount, "/name"))?;
                Some((claim, text(mount, "/mountPath").to_owned()))
            })
            .collect(),
        asks: env.iter().any(from) || !list(container, "/envFrom").is_empty(),
        ..Container::of(text(container, "/image"), pairs)
    })
}

/// The name of the claim behind a volume; `None` for what holds no data of its own.
fn claim(pod: &Value, volume: &str) -> Option<String> {
    let volumes = list(pod, "/spec/volumes");
    let volume = volumes.iter().find(|v| text(v, "/name") == volume)?;
    let claim = volume.pointer("/persistentVolumeClaim/claimName")?;
    claim.as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod() -> Value {
        json!({
            "kind": "Pod",
            "metadata": {"annotations": {"kubectl.kubernetes.io/default-container": "db"}},
            "spec": {
                "containers": [
                    {"name": "proxy", "image": "envoy"},
                    {"name": "db", "image": "postgres:17",
                     "env": [
                        {"name": "POSTGRES_USER", "value": "shop"},
                        {"name": "POSTGRES_PASSWORD", "value": "CANARY"},
                     ],
                     "volumeMounts": [
                        {"name": "data", "mountPath": "/var/lib/postgresql"},
                        {"name": "tmp", "mountPath": "/tmp"},
                     ]},
                ],
                "volumes": [
                    {"name": "data", "persistentVolumeClaim": {"claimName": "data-db-0"}},
                    {"name": "tmp", "emptyDir": {}},
                ],
            },
            "status": {"containerStatuses": [
                {"name": "db", "state": {"running": {"startedAt": "2026-11-21T12:00:00Z"}}},
            ]},
        })
    }

    #[test]
    fn the_container_that_is_meant_tells_its_database_and_its_claims() {
        let container = Container::read(pod().to_string().as_bytes()).unwrap();
        assert!(container.running && container.postgres && !container.asks);
        assert_eq!(container.user(), "shop");
        let claim = ("data-db-0".to_owned(), "/var/lib/postgresql".to_owned());
        assert_eq!(container.volumes, [claim]);
        let started = container.started.map(|at| at.to_string());
        assert_eq!(started.as_deref(), Some("2026-11-21T12:00:00Z"));
        let words = container.without_secrets(b"FATAL: CANARY is wrong");
        assert_eq!(words, "FATAL: ••• is wrong".as_bytes());
    }

    #[test]
    fn what_comes_from_a_secret_is_asked_of_the_container() {
        let mut pod = pod();
        pod["spec"]["containers"][1]["env"][0] = json!({
            "name": "POSTGRES_USER",
            "valueFrom": {"secretKeyRef": {"name": "db", "key": "user"}},
        });
        let mut container = read(&pod).unwrap();
        assert!(container.asks);
        container.learn("shop\n\n");
        assert_eq!(
            (container.user(), container.database),
            ("shop".to_owned(), None)
        );
    }
}
