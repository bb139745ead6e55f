//! What pods use, where the cluster measures it (metrics.k8s.io, by metrics-server or another): polled, since it cannot be watched.

use std::{collections::HashMap, sync::Arc, time::Duration};

use serde::Deserialize;
use tokio::{sync::watch, time::sleep};

use super::{api::ApiError, cluster::Cluster, quantity, watching::Gate};

/// Between two looks: metrics-server measures every 15 s.
const APART: Duration = Duration::from_secs(15);

/// So many pods make each look a second rarer: their figures come as JSON, all at once.
const PODS_A_SECOND: u32 = 500;

/// Between two looks at whether anything measures by now.
const ABSENT: Duration = Duration::from_mins(5);

/// So many looks in vain, and figures are no longer shown as those of now.
const IN_VAIN: u32 = 4;

/// What the containers of a pod use together.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Used {
    /// Processor time, in percent of one core.
    pub(super) cpu_percent: f32,
    /// Memory in bytes.
    pub(super) memory_bytes: u64,
}

/// What pods use, by namespace and name.
pub(super) type Measured = HashMap<(String, String), Used>;

#[derive(Deserialize)]
struct List {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    metadata: Metadata,
    #[serde(default)]
    containers: Vec<Container>,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    usage: Amounts,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Amounts {
    cpu: String,
    memory: String,
}

/// Looks at what pods of these namespaces use (of all, without any), until dropped. Nothing is asked while the gate is shut.
pub(super) async fn follow(
    cluster: Arc<Cluster>,
    namespaces: Vec<String>,
    mut gate: watch::Receiver<Gate>,
) {
    let mut changed = cluster.changed.subscribe();
    // Figures of pods that are not told yet would be lost.
    while !cluster.store().feeds.settled("pods") {
        if changed.changed().await.is_err() {
            return;
        }
    }
    let mut in_vain = 0;
    loop {
        if gate.wait_for(|gate| !gate.shut).await.is_err() {
            return;
        }
        let wait = match measured(&cluster, &namespaces).await {
            Ok(measured) => {
                in_vain = 0;
                cluster.store().measured(&measured);
                APART + Duration::from_secs(1) * measured.len() as u32 / PODS_A_SECOND
            }
            Err(error) => {
                in_vain += 1;
                if in_vain == IN_VAIN {
                    cluster.store().measured(&Measured::new());
                }
                match error.code() {
                    Some(403 | 404) => ABSENT,
                    _ => APART,
                }
            }
        };
        cluster.changed.send_replace(());
        sleep(wait).await;
    }
}

async fn measured(cluster: &Cluster, namespaces: &[String]) -> Result<Measured, ApiError> {
    const API: &str = "/apis/metrics.k8s.io/v1beta1";
    let mut paths: Vec<String> = namespaces
        .iter()
        .map(|namespace| format!("{API}/namespaces/{namespace}/pods"))
        .collect();
    if paths.is_empty() {
        paths.push(format!("{API}/pods"));
    }
    let mut all = Measured::new();
    for path in paths {
        let list: List = cluster.api.json(&path).await?;
        all.extend(list.items.into_iter().map(|item| {
            let used = sum(&item.containers);
            ((item.metadata.namespace, item.metadata.name), used)
        }));
    }
    Ok(all)
}

fn sum(containers: &[Container]) -> Used {
    let mut all = Used::default();
    for Container { usage } in containers {
        all.cpu_percent += quantity::cpu_percent(usage.cpu.as_bytes()).unwrap_or_default();
        all.memory_bytes += quantity::bytes(usage.memory.as_bytes()).unwrap_or_default();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_add_up_in_the_units_of_metrics_server() {
        let text = r#"{"kind":"PodMetricsList","items":[{"metadata":{"name":"api-1","namespace":"shop"},
            "containers":[{"name":"a","usage":{"cpu":"250000000n","memory":"64Mi"}},{"name":"b","usage":{"cpu":"5m","memory":"1024Ki"}}]}]}"#;
        let list: List = serde_json::from_str(text).expect("it reads");
        let used = sum(&list.items[0].containers);
        assert!((used.cpu_percent - 25.5).abs() < 0.01, "{used:?}");
        assert_eq!(used.memory_bytes, 65 << 20);
    }
}
