//! Blue/green by selector: a Service that selects one of two Deployments by a label is made to select the other one.

use http::Method;
use serde_json::{Map, Value, json};

use super::{
    effect::{Effect, Shown},
    errand::{Errand, Task, must_read},
    object::{Object, Place, entry, list, text},
    order::Order,
    planner::owners,
    refusal,
};
use crate::{
    domain::service::ServiceKind,
    plan::{
        Ask, Change, ChangeKind, Refusal, Side, Step, Verb,
        preview::{passed, warning},
    },
    platform::kubernetes::{
        api::{Api, ApiError, JSON_PATCH},
        cluster::Cluster,
    },
    safe,
    text::SafeText,
};

/// Whoever has this annotation is switched by Argo Rollouts.
const MANAGED: &str = "argo-rollouts.argoproj.io/managed-by-rollouts";

/// A Service that is switched from one colour to another.
#[derive(Clone, Debug)]
pub(super) struct Switch {
    namespace: String,
    /// The Service's name.
    service: String,
    /// The label by which colours differ.
    key: String,
    /// Its value before, and after.
    from: String,
    to: String,
    /// What it selects afterwards, as a query has it.
    selector: String,
    /// The Deployment that served before.
    pub(super) old: SafeText,
}

/// Makes the plan: the traffic goes to the Deployment that is asked about.
///
/// # Errors
/// There is nothing to switch, too few of its pods are ready, or somebody else does it.
pub(super) async fn plan(cluster: &Cluster, ask: &Ask) -> Result<Errand, Refusal> {
    let api = &cluster.api;
    let target = &ask.target.service;
    let place = Place::of(target)
        .filter(|place| place.kind == ServiceKind::Deployment)
        .ok_or_else(|| refusal(safe!("{target} is no Deployment"), SafeText::EMPTY))?;
    let unread = |error: ApiError| {
        refusal(
            safe!("it could not be read: {error}"),
            safe!("nothing was changed"),
        )
    };
    let new = must_read(api, &place.path(), &place.name).await?;
    let namespace = &place.namespace;
    let (services, deployments) = tokio::try_join!(
        items(api, format!("/api/v1/namespaces/{namespace}/services")),
        items(
            api,
            format!("/apis/apps/v1/namespaces/{namespace}/deployments")
        ),
    )
    .map_err(unread)?;
    let (service, switch) = find(&services, &deployments, &new, &place)?;
    if !entry(service, "/metadata/annotations", MANAGED).is_empty() {
        return Err(refusal(
            safe!(
                "Argo Rollouts switches service {} by itself",
                switch.service
            ),
            safe!("promote its Rollout"),
        ));
    }
    let (slices, pods) =
        tokio::try_join!(items(api, switch.slices()), items(api, switch.pods())).map_err(unread)?;
    let serving = endpoints(&slices).filter(|one| serves(one)).count();
    let ready = pods.iter().filter(|pod| ready(pod)).count();
    let Switch { from, to, old, .. } = &switch;
    if ready < serving.max(1) {
        return Err(refusal(
            safe!(
                "{ready} of {} are ready, and {serving} of {old} serve now",
                place.name
            ),
            safe!("let as many be ready first, then switch"),
        ));
    }
    let (uid, name) = (text(service, "/metadata/uid").to_owned(), &switch.service);
    let object = safe!("service {name}");
    let step = |verb, object: &SafeText| Step {
        verb,
        object: object.clone(),
    };
    let await_task = |object: &SafeText, effect| Task {
        step: step(Verb::Await, object),
        uid: uid.clone(),
        order: None,
        effect,
    };
    let tasks = vec![
        Task {
            step: step(Verb::Patch, &object),
            uid: uid.clone(),
            order: Some(switch.order(&uid)),
            effect: Effect::Selects(switch.clone()),
        },
        await_task(&object, Effect::Serves(switch.clone())),
        await_task(
            &safe!("deployment {old}, still up"),
            Effect::Beside(switch.clone()),
        ),
    ];
    let line = |kind, value: &str| Change {
        kind,
        field: safe!("selector {}", switch.key),
        value: SafeText::name(value),
        secret: None,
    };
    let changes = vec![line(ChangeKind::Removed, from), line(ChangeKind::Added, to)];
    let says = owners::all(&Object(service.clone()), &object, None);
    let edits = changes.iter().map(|change| Change {
        field: safe!("spec.selector.{}", switch.key),
        ..change.clone()
    });
    let mut notes = vec![passed(safe!(
        "{ready} of {} are ready, {serving} serve now",
        place.name
    ))];
    notes.extend(says.iter().map(|owner| warning(owner.words.clone())));
    let mut ask = ask.clone();
    ask.target.uid = SafeText::name(text(&new, "/metadata/uid"));
    let sides = [
        Side {
            what: SafeText::name(from),
            facts: safe!("{serving} of {old} serve"),
        },
        Side {
            what: SafeText::name(to),
            facts: safe!("{ready} of {} are ready", place.name),
        },
    ];
    let impact =
        safe!("new connections go to {to} at once; those that are open stay where they are");
    let owner = owners::decides(says, edits.collect());
    let mut errand = Errand::new(ask, sides, impact, notes, tasks);
    errand.preview.owner = owner;
    errand.preview.changes = changes;
    errand.preview.remains = vec![safe!(
        "{old} stays up as it is: switching back is the same once more; scale it down when nobody wants that"
    )];
    Ok(errand)
}

/// The Service that selects another colour of a Deployment, and how it is made to select this one.
fn find<'s>(
    services: &'s [Value],
    deployments: &[Value],
    new: &Value,
    place: &Place,
) -> Result<(&'s Value, Switch), Refusal> {
    let labels = of(new, "/spec/template/metadata/labels");
    let mut found = Vec::new();
    let mut already = None;
    for service in services {
        let selector = of(service, "/spec/selector");
        if selector.is_empty() {
            continue;
        }
        let differs = |(key, value): &(&String, &Value)| labels.get(*key) != Some(*value);
        let mut others = selector.iter().filter(differs);
        let Some((key, from)) = others.next() else {
            already = Some(text(service, "/metadata/name"));
            continue;
        };
        let (Some(to), Some(from), None) = (
            labels.get(key).and_then(Value::as_str),
            from.as_str(),
            others.next(),
        ) else {
            continue;
        };
        let serves = |one: &&Value| {
            let theirs = of(one, "/spec/template/metadata/labels");
            selector
                .iter()
                .all(|(key, value)| theirs.get(key) == Some(value))
        };
        let name = text(service, "/metadata/name");
        // A Service of one colour alone bears its name, and stays what it is.
        let of_one = name.split('-').any(|part| part == from);
        let Some(old) = deployments.iter().find(serves).filter(|_| !of_one) else {
            continue;
        };
        let selected = selector.iter().map(|(name, value)| {
            let value = if name == key {
                to
            } else {
                value.as_str().unwrap_or_default()
            };
            format!("{name}={value}")
        });
        found.push((
            service,
            Switch {
                namespace: place.namespace.clone(),
                service: name.to_owned(),
                key: key.clone(),
                from: from.to_owned(),
                to: to.to_owned(),
                selector: selected.collect::<Vec<_>>().join(","),
                old: SafeText::name(text(old, "/metadata/name")),
            },
        ));
    }
    match (found.len(), already) {
        (1, _) => Ok(found.remove(0)),
        (0, Some(service)) => Err(refusal(
            safe!("service {service} sends to {} already", place.name),
            safe!("choose the other colour"),
        )),
        (0, None) => Err(refusal(
            safe!("no Service selects another colour of {}", place.name),
            safe!("a label like color or version must tell them apart, in selector and pods"),
        )),
        _ => {
            let names: Vec<&str> = found.iter().map(|(_, one)| one.service.as_str()).collect();
            Err(refusal(
                safe!(
                    "several Services select another colour: {}",
                    names.join(", ")
                ),
                safe!("switch them by kubectl, in the order that is right"),
            ))
        }
    }
}

impl Switch {
    fn order(&self, uid: &str) -> Order {
        let (namespace, service) = (&self.namespace, &self.service);
        let key = self.key.replace('~', "~0").replace('/', "~1");
        let path = format!("/spec/selector/{key}");
        Order {
            method: Method::PATCH,
            path: format!("/api/v1/namespaces/{namespace}/services/{service}"),
            content_type: JSON_PATCH,
            body: json!([
                { "op": "test", "path": "/metadata/uid", "value": uid },
                { "op": "test", "path": path, "value": self.from },
                { "op": "replace", "path": path, "value": self.to },
            ]),
        }
    }

    fn list(&self, api: &str, plural: &str, parameter: &str, value: &str) -> String {
        let mut path = format!("{api}/namespaces/{}/{plural}?{parameter}=", self.namespace);
        path.extend(form_urlencoded::byte_serialize(value.as_bytes()));
        path
    }

    fn slices(&self) -> String {
        let of = format!("kubernetes.io/service-name={}", self.service);
        self.list(
            "/apis/discovery.k8s.io/v1",
            "endpointslices",
            "labelSelector",
            &of,
        )
    }

    fn pods(&self) -> String {
        self.list("/api/v1", "pods", "labelSelector", &self.selector)
    }

    /// Whether the Service selects the new colour.
    pub(super) async fn selected(&self, api: &Api) -> Result<Shown, ApiError> {
        let named = format!("metadata.name={}", self.service);
        let path = self.list("/api/v1", "services", "fieldSelector", &named);
        let found = items(api, path).await?;
        let Some(service) = found.first() else {
            return Ok(Shown::Else(safe!("service {} is gone", self.service)));
        };
        let is = entry(service, "/spec/selector", &self.key);
        Ok(if is == self.to {
            Shown::Yes(SafeText::EMPTY)
        } else {
            Shown::Else(safe!(
                "service {} selects {} {is}: somebody changed it",
                self.service,
                self.key
            ))
        })
    }

    /// Whether the new colour alone is behind the Service.
    pub(super) async fn serves(&self, api: &Api) -> Result<Shown, ApiError> {
        if let Shown::Else(why) = self.selected(api).await? {
            return Ok(Shown::Else(why));
        }
        let (slices, pods) = tokio::try_join!(items(api, self.slices()), items(api, self.pods()))?;
        let of_new = |one: &&Value| {
            let uid = text(one, "/targetRef/uid");
            pods.iter().any(|pod| text(pod, "/metadata/uid") == uid)
        };
        let (new, old): (Vec<&Value>, Vec<&Value>) = endpoints(&slices).partition(of_new);
        let serving = new.iter().filter(|one| serves(one)).count();
        Ok(match (serving, old.len()) {
            (0, _) => Shown::NotYet(safe!("no pod of {} is behind it yet", self.to)),
            (_, 0) => Shown::Yes(safe!(
                "{serving} of {} serve, and nothing else does",
                self.to
            )),
            (_, old) => Shown::NotYet(safe!("{old} that are not {} are behind it still", self.to)),
        })
    }
}

async fn items(api: &Api, path: String) -> Result<Vec<Value>, ApiError> {
    let mut found: Value = api.json(&path).await?;
    match found["items"].take() {
        Value::Array(items) => Ok(items),
        _ => Ok(Vec::new()),
    }
}

fn of<'v>(object: &'v Value, pointer: &str) -> &'v Map<String, Value> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    object
        .pointer(pointer)
        .and_then(Value::as_object)
        .unwrap_or(&NONE)
}

fn endpoints(slices: &[Value]) -> impl Iterator<Item = &Value> {
    slices.iter().flat_map(|slice| list(slice, "/endpoints"))
}

/// Traffic goes there; where nobody says whether it is ready, it does.
fn serves(endpoint: &Value) -> bool {
    endpoint.pointer("/conditions/ready") != Some(&Value::Bool(false))
}

fn ready(pod: &Value) -> bool {
    let says = |c: &Value| text(c, "/type") == "Ready" && text(c, "/status") == "True";
    pod.pointer("/metadata/deletionTimestamp").is_none()
        && list(pod, "/status/conditions").iter().any(says)
}
