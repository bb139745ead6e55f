//! What the account may do, asked for each namespace on screen, so that what is forbidden is greyed out before it is tried.
//! A preview asks again, for the one object.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::{
    api::{self, Api, ApiError},
    cluster::Cluster,
};
use crate::{
    domain::{
        action::ClusterAction,
        rights::{Forbidden, Rights, SHELL},
        service::ServiceKind,
    },
    safe,
    text::SafeText,
};

/// Roles change seldom.
const FRESH: Duration = Duration::from_mins(2);

/// Somebody may do something to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// `get`, `list`, `watch`, `create`, `patch`, `delete`.
    pub(super) verb: &'static str,
    /// `apps`; empty for the core.
    pub(super) group: &'static str,
    /// `deployments`, `pods/exec`.
    pub(super) resource: &'static str,
}

pub(super) const fn need(verb: &'static str, group: &'static str, resource: &'static str) -> Need {
    Need {
        verb,
        group,
        resource,
    }
}

/// What there may be to see in a namespace, and what it takes.
pub(super) const SIGHTS: [(&str, &[Need]); 4] = [
    (
        "workloads",
        &[
            need("list", "apps", "deployments"),
            need("list", "apps", "statefulsets"),
        ],
    ),
    ("pods", &[need("list", "", "pods")]),
    ("logs", &[need("get", "", "pods/log")]),
    ("events", &[need("list", "", "events")]),
];

/// What an action takes, by its word, on a service of a kind. Empty where nothing is known of it: it is tried then.
pub(super) fn needs(word: &str, kind: ServiceKind) -> &'static [Need] {
    use ServiceKind as K;
    match (word, kind) {
        ("run" | "backup", K::CronJob) => const { &[need("create", "batch", "jobs")] },
        // Since 1.35 a server asks for both where a WebSocket begins with a GET; before, for the second.
        (SHELL | "backup", kind) if kind != K::Node => {
            const {
                &[
                    need("create", "", "pods/exec"),
                    need("get", "", "pods/exec"),
                ]
            }
        }
        ("delete-pod", kind) if kind != K::Node => const { &[need("delete", "", "pods")] },
        ("scale", K::Deployment) => const { &[need("patch", "apps", "deployments/scale")] },
        ("scale", K::StatefulSet) => const { &[need("patch", "apps", "statefulsets/scale")] },
        ("restart" | "rollout" | "rollback" | "pause" | "unpause", K::Deployment) => {
            const { &[need("patch", "apps", "deployments")] }
        }
        ("restart" | "rollout" | "rollback", K::StatefulSet) => {
            const { &[need("patch", "apps", "statefulsets")] }
        }
        ("restart" | "rollout" | "rollback", K::DaemonSet) => {
            const { &[need("patch", "apps", "daemonsets")] }
        }
        ("scale", K::Rollout) => const { &[need("patch", "argoproj.io", "rollouts/scale")] },
        ("restart" | "rollout" | "rollback" | "pause" | "unpause", K::Rollout) => {
            const { &[need("patch", "argoproj.io", "rollouts")] }
        }
        ("promote" | "promote-full" | "abort" | "retry", K::Rollout) => {
            const { &[need("patch", "argoproj.io", "rollouts/status")] }
        }
        ("pause" | "unpause", K::CronJob) => const { &[need("patch", "batch", "cronjobs")] },
        ("switch", K::Deployment) => {
            const {
                &[
                    need("patch", "", "services"),
                    need("list", "", "services"),
                    need("list", "discovery.k8s.io", "endpointslices"),
                ]
            }
        }
        ("cordon" | "uncordon", K::Node) => const { &[need("patch", "", "nodes")] },
        ("drain", K::Node) => {
            const {
                &[
                    need("patch", "", "nodes"),
                    need("list", "", "pods"),
                    need("create", "", "pods/eviction"),
                ]
            }
        }
        _ => &[],
    }
}

/// The words that [`needs`] knows.
pub(super) fn words() -> Vec<&'static str> {
    let workload = [
        "backup", "scale", "restart", "rollout", "rollback", "pause", "unpause",
    ];
    let words = workload.into_iter().chain(ClusterAction::words());
    words.chain([SHELL]).collect()
}

/// The kinds that it knows, in namespaces; and outside of them there are nodes.
pub(super) const KINDS: [ServiceKind; 8] = [
    ServiceKind::Deployment,
    ServiceKind::Rollout,
    ServiceKind::StatefulSet,
    ServiceKind::DaemonSet,
    ServiceKind::Job,
    ServiceKind::CronJob,
    ServiceKind::Pod,
    ServiceKind::Node,
];

/// What a server says to "may I?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum May {
    Yes,
    No,
    /// It does not know all the rules, or the rule is for some names alone.
    Unknown,
}

/// The rules of an account in a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Rules {
    resource_rules: Vec<Rule>,
    incomplete: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Rule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

impl Rule {
    fn is_about(&self, need: Need) -> bool {
        let any =
            |given: &[String], wanted: &str| given.iter().any(|one| one == "*" || one == wanted);
        // `*/scale` is that part of every resource.
        let part = need
            .resource
            .split_once('/')
            .map(|(_, part)| format!("*/{part}"));
        any(&self.verbs, need.verb)
            && any(&self.api_groups, need.group)
            && (any(&self.resources, need.resource)
                || part.is_some_and(|part| self.resources.contains(&part)))
    }
}

impl Rules {
    /// Whether the account has what it takes.
    pub(super) fn may(&self, need: Need) -> May {
        let mut about = self
            .resource_rules
            .iter()
            .filter(|rule| rule.is_about(need));
        let mut some = false;
        if about.any(|rule| {
            some = true;
            rule.resource_names.is_empty()
        }) {
            May::Yes
        } else if some || self.incomplete {
            May::Unknown
        } else {
            May::No
        }
    }

    /// What may not be seen, in words; empty where everything may be.
    pub(super) fn unseen(&self) -> SafeText {
        let lacks = |needs: &[Need]| needs.iter().any(|need| self.may(*need) == May::No);
        let hidden = SIGHTS.iter().filter(|(_, needs)| lacks(needs));
        let hidden: Vec<String> = hidden.map(|(what, _)| format!("no {what}")).collect();
        if hidden.len() == SIGHTS.len() {
            SafeText::from_static("nothing may be seen")
        } else {
            SafeText::line(hidden.join(", "))
        }
    }

    fn forbidden(&self, namespace: &SafeText) -> Vec<Forbidden> {
        let kinds = KINDS.iter().filter(|kind| **kind != ServiceKind::Node);
        kinds
            .flat_map(|kind| forbidden(*kind, namespace, |need| self.may(need) == May::No))
            .collect()
    }
}

/// What can't be done to services of a kind there, by what the account lacks.
fn forbidden(
    kind: ServiceKind,
    namespace: &SafeText,
    lacks: impl Fn(Need) -> bool,
) -> Vec<Forbidden> {
    let each = words().into_iter().filter_map(|word| {
        let missing = needs(word, kind).iter().find(|need| lacks(**need))?;
        Some(Forbidden {
            group: namespace.clone(),
            kind,
            word: SafeText::from_static(word),
            why: refusal(*missing, namespace),
        })
    });
    each.collect()
}

/// In words: you may not patch deployments in shop. Without a namespace it is about all of them, and what is in none.
pub(super) fn refusal(need: Need, namespace: &SafeText) -> SafeText {
    let Need { verb, resource, .. } = need;
    match (resource, &**namespace) {
        ("nodes" | "namespaces", _) => safe!("you may not {verb} {resource}"),
        (_, "") => safe!("you may not {verb} {resource} in all namespaces"),
        (_, name) => safe!("you may not {verb} {resource} in {name}"),
    }
}

/// The rules of the account in a namespace.
///
/// # Errors
/// See [`ApiError`].
pub(super) async fn rules(api: &Api, namespace: &str) -> Result<Rules, ApiError> {
    #[derive(Deserialize)]
    struct Review {
        status: Rules,
    }
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectRulesReview",
        "spec": { "namespace": namespace },
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
    let review: Review = api
        .change(Method::POST, path, api::JSON, body.to_string().into())
        .await?;
    Ok(review.status)
}

/// What a server says of one question.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    allowed: bool,
    reason: String,
    evaluation_error: String,
}

/// Asks whether the account may do that: in a namespace or in all, to an object of that name or to any.
async fn ask(api: &Api, need: Need, namespace: &str, name: &str) -> Result<Answer, ApiError> {
    #[derive(Deserialize)]
    struct Review {
        status: Answer,
    }
    let (resource, part) = need.resource.split_once('/').unwrap_or((need.resource, ""));
    let body = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": { "resourceAttributes": {
            "namespace": namespace,
            "name": name,
            "verb": need.verb,
            "group": need.group,
            "resource": resource,
            "subresource": part,
        } },
    });
    let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
    let review: Review = api
        .change(Method::POST, path, api::JSON, body.to_string().into())
        .await?;
    Ok(review.status)
}

/// Whether the account may do that in a namespace, or (with none) in all of them and outside of any.
///
/// # Errors
/// See [`ApiError`].
pub(super) async fn may(api: &Api, namespace: Option<&str>, need: Need) -> Result<bool, ApiError> {
    let answer = ask(api, need, namespace.unwrap_or_default(), "").await?;
    Ok(answer.allowed)
}

/// What of the nodes' actions the account may not do: rules are told by namespace, and nodes are in none.
async fn forbidden_outside(api: &Api) -> Result<Vec<Forbidden>, ApiError> {
    let mut lacking = Vec::new();
    for word in words() {
        for need in needs(word, ServiceKind::Node) {
            if !lacking.contains(need) && !may(api, None, *need).await? {
                lacking.push(*need);
            }
        }
    }
    let lacks = |need| lacking.contains(&need);
    Ok(forbidden(ServiceKind::Node, &SafeText::EMPTY, lacks))
}

/// Why the account may not do that to one object; `None` where it may.
///
/// # Errors
/// The server could not be asked, or could not decide; in words.
pub(super) async fn refused(
    api: &Api,
    need: Need,
    namespace: &str,
    name: &str,
) -> Result<Option<SafeText>, SafeText> {
    let answer = ask(api, need, namespace, name).await;
    let answer = answer.map_err(|error| safe!("{error}"))?;
    if answer.allowed {
        return Ok(None);
    }
    // One that could not decide is no refusal.
    if !answer.evaluation_error.is_empty() {
        return Err(SafeText::line(answer.evaluation_error));
    }
    let plain = refusal(need, &SafeText::name(namespace));
    Ok(Some(if answer.reason.is_empty() {
        plain
    } else {
        safe!("{plain}: {}", answer.reason)
    }))
}

/// What is known of what the account may do.
#[derive(Debug, Default)]
pub(super) struct Known(Mutex<Asked>);

#[derive(Debug, Default)]
struct Asked {
    /// When each namespace was asked about; the one without a name is what lies outside of all.
    at: BTreeMap<SafeText, Instant>,
    /// What is forbidden in each.
    forbidden: BTreeMap<SafeText, Vec<Forbidden>>,
    /// All of it.
    told: Arc<Rights>,
}

impl Known {
    /// What is forbidden in the namespaces that were asked about.
    pub(super) fn rights(&self) -> Arc<Rights> {
        let asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&asked.told)
    }

    /// Those that nobody asked about lately; they count as asked about from now on.
    fn due(&self, namespaces: BTreeSet<SafeText>) -> Vec<SafeText> {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let fresh = |at: &Instant| now.duration_since(*at) < FRESH;
        let due: Vec<SafeText> = namespaces
            .into_iter()
            .filter(|name| !asked.at.get(name).is_some_and(fresh))
            .collect();
        asked.at.extend(due.iter().map(|name| (name.clone(), now)));
        due
    }

    fn learn(&self, namespace: SafeText, forbidden: Vec<Forbidden>) {
        let mut asked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        asked.forbidden.insert(namespace, forbidden);
        let forbidden = asked.forbidden.values().flatten().cloned().collect();
        asked.told = Arc::new(Rights { forbidden });
    }
}

/// These namespaces are on screen, or what is in none: what may be done there is asked, where that was not done lately.
pub(super) fn look(cluster: &Arc<Cluster>, namespaces: impl IntoIterator<Item = SafeText>) {
    let due = cluster.rights.due(namespaces.into_iter().collect());
    if due.is_empty() {
        return;
    }
    let cluster = Arc::clone(cluster);
    tokio::spawn(async move {
        for namespace in due {
            let api = &cluster.api;
            let told = if namespace.is_empty() {
                forbidden_outside(api).await
            } else {
                rules(api, &namespace)
                    .await
                    .map(|rules| rules.forbidden(&namespace))
            };
            match told {
                Ok(forbidden) => {
                    cluster.rights.learn(namespace, forbidden);
                    cluster.changed.send_replace(());
                }
                // What nobody told may be allowed.
                Err(why) => log::debug!("what may be done in {namespace} is not told: {why}"),
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(text: &str) -> Rules {
        serde_json::from_str(text).expect("they read")
    }

    const VIEWER: &str = r#"{"resourceRules": [
        {"verbs": ["get", "list"], "apiGroups": [""], "resources": ["pods", "pods/log"]},
        {"verbs": ["*"], "apiGroups": ["apps"], "resources": ["*/scale"]},
        {"verbs": ["patch"], "apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["api"]},
        {"verbs": ["list"], "apiGroups": ["apps"], "resources": ["deployments", "statefulsets"]}
    ]}"#;

    #[test]
    fn what_no_rule_gives_is_forbidden_and_what_is_not_told_is_tried() {
        let viewer = rules(VIEWER);
        let patch = |resource| need("patch", "apps", resource);
        assert_eq!(viewer.may(patch("deployments/scale")), May::Yes);
        assert_eq!(viewer.may(patch("statefulsets")), May::No);
        // It may be allowed for this name.
        assert_eq!(viewer.may(patch("deployments")), May::Unknown);
        assert_eq!(viewer.may(need("list", "batch", "deployments")), May::No);
        let partial = rules(r#"{"incomplete": true}"#);
        assert_eq!(partial.may(patch("statefulsets")), May::Unknown);
    }

    #[test]
    fn what_is_forbidden_is_told_by_namespace_and_kind() {
        let known = Known::default();
        let shop = SafeText::from_static("shop");
        known.learn(shop.clone(), rules(VIEWER).forbidden(&shop));
        let rights = known.rights();
        let told = |kind, word: &str| {
            let one = rights
                .forbidden
                .iter()
                .find(|f| f.kind == kind && *f.word == *word);
            one.map(|f| f.why.to_string())
        };
        assert_eq!(
            told(ServiceKind::StatefulSet, "restart").as_deref(),
            Some("you may not patch statefulsets in shop")
        );
        assert_eq!(told(ServiceKind::StatefulSet, "scale"), None);
        assert_eq!(told(ServiceKind::Deployment, "restart"), None);
        assert_eq!(
            told(ServiceKind::Pod, SHELL).as_deref(),
            Some("you may not create pods/exec in shop")
        );
        assert_eq!(
            told(ServiceKind::CronJob, "run").as_deref(),
            Some("you may not create jobs in shop")
        );
        assert_eq!(told(ServiceKind::Node, "cordon"), None, "it is in none");
        assert_eq!(&*rules(VIEWER).unseen(), "no events");
        assert_eq!(&*rules("{}").unseen(), "nothing may be seen");
    }

    #[test]
    fn an_action_that_takes_several_rights_is_refused_for_the_first_that_is_missing() {
        let refused = |lacking: &[&str]| {
            let lacks = |need: Need| lacking.contains(&need.resource);
            let all = forbidden(ServiceKind::Node, &SafeText::EMPTY, lacks);
            let words = all.iter().map(|one| format!("{}: {}", one.word, one.why));
            words.collect::<Vec<_>>()
        };
        assert_eq!(
            refused(&["pods/eviction"]),
            ["drain: you may not create pods/eviction in all namespaces"]
        );
        assert_eq!(
            refused(&["nodes", "pods"]),
            ["cordon", "uncordon", "drain"].map(|word| format!("{word}: you may not patch nodes"))
        );
    }

    #[test]
    fn a_namespace_is_asked_about_once_in_a_while() {
        let known = Known::default();
        let shop = || BTreeSet::from([SafeText::from_static("shop")]);
        assert_eq!(known.due(shop()).len(), 1);
        assert_eq!(known.due(shop()).len(), 0);
    }
}
