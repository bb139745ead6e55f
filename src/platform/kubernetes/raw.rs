//! An object as the server has it, as YAML, without what may be secret and without what only machines read.

mod mask;

pub(super) use mask::hide;

use serde_json::Value;

use super::{
    cluster::Cluster,
    rows::{home, prefix},
    why,
};
use crate::{
    domain::{instance::InstanceId, service::ServiceKind},
    safe,
    text::SafeText,
};

/// The object of that uid: a pod, a workload, a node.
///
/// # Errors
/// In words, when it is gone or the server does not tell.
pub(super) async fn of(cluster: &Cluster, id: &InstanceId) -> Result<String, SafeText> {
    let (path, words) = place(cluster, id).ok_or_else(|| SafeText::from_static("it is gone"))?;
    let mut object: Value = cluster
        .api
        .json(&path)
        .await
        .map_err(|error| safe!("{error}"))?;
    hide(&mut object);
    let yaml = serde_saphyr::to_string(&object)
        .map_err(|error| safe!("it does not write as YAML: {error}"))?;
    let mut text = String::new();
    for line in words {
        text.push_str("# ");
        text.push_str(&line);
        text.push('\n');
    }
    Ok(text + &yaml)
}

/// Where it is, and what is to be said of it before its text.
fn place(cluster: &Cluster, id: &InstanceId) -> Option<(String, Vec<SafeText>)> {
    let store = cluster.store();
    if let Some(pod) = store.pods.get(&id.0) {
        let instance = &pod.instance;
        let path = format!(
            "/api/v1/namespaces/{}/pods/{}",
            pod.namespace, instance.name
        );
        let place = if instance.node.is_empty() {
            SafeText::from_static("on no node yet")
        } else {
            safe!("on {}", instance.node)
        };
        let mut words = vec![safe!(
            "pod {}, {}, {place}, started again {} times",
            instance.name,
            instance.word(),
            instance.restarts
        )];
        if !instance.why.is_empty() {
            words.push(why::words(instance));
        }
        return Some((path, words));
    }
    if let Some(workload) = store.workloads.get(&id.0) {
        let (api, plural) = home(workload.kind);
        let (namespace, name) = (&workload.id.group, &workload.name);
        let path = format!("{api}/namespaces/{namespace}/{plural}/{name}");
        return Some((path, Vec::new()));
    }
    let node = store.nodes.get(&id.0)?;
    let words = safe!(
        "{}{}: {}",
        prefix(ServiceKind::Node),
        node.name,
        why::node(node).why
    );
    Some((format!("/api/v1/nodes/{}", node.name), vec![words]))
}
