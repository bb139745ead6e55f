//! Nodes: no new pods there, new pods again, or none at all.

use http::Method;
use serde_json::{Value, json};

use super::{
    effect::{Effect, pods_on},
    errand::{Errand, Task, must_read, post, precondition},
    object::{list, text},
    order::Order,
    pod::gone_effect,
    refusal,
};
use crate::{
    domain::{alert::Severity, instance::InstanceId},
    plan::{Ask, Note, Refusal, SeenInstance, Side, Step, Verb},
    platform::kubernetes::{
        api::{Api, JSON_PATCH},
        cluster::Cluster,
    },
    safe,
    text::SafeText,
};

/// So many pods are named, where a note is about several.
const NAMED: usize = 3;

/// What a node is to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    /// It takes new pods.
    Open,
    /// It takes none.
    Cordoned,
    /// It takes none, and those that are there go.
    Empty,
}

/// Makes the plan.
///
/// # Errors
/// It is no node, or it is so already.
pub(super) async fn plan(cluster: &Cluster, ask: &Ask, wish: Wish) -> Result<Errand, Refusal> {
    let api = &cluster.api;
    let service = &ask.target.service;
    let name = service.node().ok_or_else(|| {
        refusal(
            safe!("{service} is no node"),
            SafeText::from_static(":nodes shows them"),
        )
    })?;
    let path = format!("/api/v1/nodes/{name}");
    let node = must_read(api, &path, name).await?;
    let uid = text(&node, "/metadata/uid").to_owned();
    let cordoned = node["spec"]["unschedulable"] == true;
    let wanted = wish != Wish::Open;
    let drains = wish == Wish::Empty;
    if cordoned == wanted && !drains {
        let is = if wanted {
            "takes no new pods"
        } else {
            "takes new pods"
        };
        return Err(Refusal::already(safe!(
            "there is nothing to do: {name} {is} already"
        )));
    }
    let mut tasks = Vec::new();
    if cordoned != wanted || drains {
        tasks.push(Task {
            step: Step {
                verb: Verb::Patch,
                object: safe!("node {name}"),
            },
            uid: uid.clone(),
            order: Some(patch(path.clone(), &uid, wanted)),
            effect: Effect::Cordoned(path, wanted),
        });
    }
    let mut notes = Vec::new();
    let mut ask = ask.clone();
    let mut pods = Vec::new();
    if drains {
        pods = leaving(api, name).await?;
        notes = budgets(api, &pods).await;
        notes.extend(alone(&pods));
        notes.extend(local(&pods));
        ask.target.seen = pods.iter().map(seen).collect();
        tasks.extend(evictions(&pods));
    }
    if drains && !pods.is_empty() {
        let gone = |pod: &Value| {
            let of = |field| text(pod, field).to_owned();
            (of("/metadata/name"), of("/metadata/uid"))
        };
        tasks.push(Task {
            step: Step {
                verb: Verb::Await,
                object: safe!("node {name}"),
            },
            uid: uid.clone(),
            order: None,
            effect: Effect::AllGone {
                node: name.to_owned(),
                pods: pods.iter().map(gone).collect(),
            },
        });
    }
    ask.target.uid = SafeText::name(&uid);
    let now = Side {
        what: state(cordoned),
        facts: SafeText::EMPTY,
    };
    let to = Side {
        what: state(wanted),
        facts: match pods.len() {
            _ if !drains => SafeText::EMPTY,
            0 => SafeText::from_static("no pod has to go"),
            1 => SafeText::from_static("1 pod goes"),
            count => safe!("{count} pods go"),
        },
    };
    let impact = SafeText::from_static(match wish {
        Wish::Empty => {
            "pods are evicted one after another, as their budgets allow; pods of DaemonSets stay"
        }
        Wish::Cordoned => "what runs there stays",
        Wish::Open => "pods may be put there again; none comes back by itself",
    });
    Ok(Errand::new(ask, [now, to], impact, notes, tasks))
}

const fn state(cordoned: bool) -> SafeText {
    SafeText::from_static(if cordoned {
        "takes no new pods"
    } else {
        "takes new pods"
    })
}

fn patch(path: String, uid: &str, cordoned: bool) -> Order {
    Order {
        method: Method::PATCH,
        path,
        content_type: JSON_PATCH,
        body: json!([
            { "op": "test", "path": "/metadata/uid", "value": uid },
            { "op": "add", "path": "/spec/unschedulable", "value": cordoned },
        ]),
    }
}

/// The pods that a drain makes go, by namespace and name: not those of DaemonSets, which come back at once, nor those that
/// the kubelet makes by itself.
async fn leaving(api: &Api, node: &str) -> Result<Vec<Value>, Refusal> {
    let found: Value = api.json(&pods_on(node)).await.map_err(|error| {
        refusal(
            safe!("its pods could not be read: {error}"),
            SafeText::EMPTY,
        )
    })?;
    let mut pods = list(&found, "/items").to_vec();
    pods.retain(|pod| {
        let mirror = pod["metadata"]["annotations"]["kubernetes.io/config.mirror"].is_string();
        let goes = !text(pod, "/metadata/deletionTimestamp").is_empty();
        let daemon = controller(pod).is_some_and(|owner| owner["kind"] == "DaemonSet");
        !mirror && !goes && !daemon
    });
    pods.sort_by_key(|pod| {
        (
            text(pod, "/metadata/namespace").to_owned(),
            text(pod, "/metadata/name").to_owned(),
        )
    });
    Ok(pods)
}

fn controller(pod: &Value) -> Option<&Value> {
    let owners = list(pod, "/metadata/ownerReferences");
    owners.iter().find(|owner| owner["controller"] == true)
}

fn pod_path(pod: &Value) -> String {
    let (namespace, name) = (
        text(pod, "/metadata/namespace"),
        text(pod, "/metadata/name"),
    );
    format!("/api/v1/namespaces/{namespace}/pods/{name}")
}

fn seen(pod: &Value) -> SeenInstance {
    SeenInstance {
        id: InstanceId(SafeText::name(text(pod, "/metadata/uid"))),
        name: SafeText::name(text(pod, "/metadata/name")),
        number: 0,
        started: None,
        image_id: SafeText::EMPTY,
    }
}

fn evictions(pods: &[Value]) -> impl Iterator<Item = Task> {
    pods.iter().map(|pod| {
        let (path, uid) = (pod_path(pod), text(pod, "/metadata/uid"));
        let (namespace, name) = (
            text(pod, "/metadata/namespace"),
            text(pod, "/metadata/name"),
        );
        let body = json!({
            "apiVersion": "policy/v1", "kind": "Eviction",
            "metadata": { "name": name, "namespace": namespace },
            "deleteOptions": precondition(uid),
        });
        Task {
            step: Step {
                verb: Verb::Remove,
                object: safe!("pod {namespace}/{name}"),
            },
            uid: uid.to_owned(),
            order: Some(post(format!("{path}/eviction"), body)),
            effect: gone_effect(path, uid, false),
        }
    })
}

fn warning(text: SafeText) -> Note {
    Note {
        severity: Some(Severity::Warning),
        text,
    }
}

fn critical(text: SafeText) -> Note {
    Note {
        severity: Some(Severity::Critical),
        text,
    }
}

/// The budgets that let none of these pods go now, and the pods that are never evicted because several are about them.
async fn budgets(api: &Api, pods: &[Value]) -> Vec<Note> {
    let found = match api
        .json::<Value>("/apis/policy/v1/poddisruptionbudgets")
        .await
    {
        Ok(found) => found,
        Err(error) => return vec![warning(safe!("budgets could not be read: {error}"))],
    };
    let blocked = |budget: &&Value| {
        budget["status"]["disruptionsAllowed"]
            .as_i64()
            .unwrap_or_default()
            == 0
            && pods.iter().any(|pod| covers(budget, pod))
    };
    let all = list(&found, "/items");
    // No budget is asked about what has ended, or has not begun.
    let runs = |pod: &&Value| text(pod, "/status/phase") == "Running";
    let several = pods.iter().filter(runs).filter_map(|pod| {
        let about: Vec<&str> = all
            .iter()
            .filter(|budget| covers(budget, pod))
            .map(|budget| text(budget, "/metadata/name"))
            .collect();
        (about.len() > 1).then(|| {
            let (names, pod) = (about.join(" and "), text(pod, "/metadata/name"));
            critical(safe!(
                "{pod} is never evicted, for several PDBs are about it: {names}"
            ))
        })
    });
    all.iter()
        .filter(blocked)
        .map(|budget| {
            let status = &budget["status"];
            let count = |key: &str| status[key].as_i64().unwrap_or_default();
            warning(safe!(
                "PDB {}/{} lets none of its pods go now: {} of {} that it needs are healthy",
                text(budget, "/metadata/namespace"),
                text(budget, "/metadata/name"),
                count("currentHealthy"),
                count("desiredHealthy")
            ))
        })
        .chain(several)
        .collect()
}

/// Whether a budget is about a pod, by its labels.
fn covers(budget: &Value, pod: &Value) -> bool {
    let same = text(budget, "/metadata/namespace") == text(pod, "/metadata/namespace");
    let labels = budget.pointer("/spec/selector/matchLabels");
    let mut labels = labels.and_then(Value::as_object).into_iter().flatten();
    let has = |key: &str| &pod["metadata"]["labels"][key];
    let meets = |wanted: &Value| {
        let label = has(text(wanted, "/key"));
        let among = list(wanted, "/values").contains(label);
        match text(wanted, "/operator") {
            "In" => among,
            "NotIn" => !among,
            "Exists" => label.is_string(),
            _ => !label.is_string(),
        }
    };
    let wanted = list(budget, "/spec/selector/matchExpressions");
    // One without a selector is about no pod.
    let selects = budget["spec"]["selector"].is_object();
    same && selects && labels.all(|(key, value)| has(key) == value) && wanted.iter().all(meets)
}

/// The pods that nobody makes again.
fn alone(pods: &[Value]) -> impl Iterator<Item = Note> {
    pods.iter()
        .filter(|pod| controller(pod).is_none())
        .map(|pod| {
            let name = text(pod, "/metadata/name");
            critical(safe!("nobody manages {name}: it does not come back"))
        })
}

/// The pods that take with them what they keep on the node.
fn local(pods: &[Value]) -> Option<Note> {
    let keeps = |pod: &&Value| {
        let mut volumes = list(pod, "/spec/volumes").iter();
        volumes.any(|volume| volume["emptyDir"].is_object())
    };
    let names: Vec<&str> = pods
        .iter()
        .filter(keeps)
        .map(|pod| text(pod, "/metadata/name"))
        .collect();
    let (first, more) = names.split_at(NAMED.min(names.len()));
    let more = match more.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!names.is_empty()).then(|| {
        let first = first.join(", ");
        warning(safe!("what is in emptyDir volumes is lost: {first}{more}"))
    })
}
