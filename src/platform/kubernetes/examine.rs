//! A cluster looked at once, for whoever wants to know why something does not work: who we are there, and what that allows.

use http::Method;
use serde::Deserialize;
use serde_json::json;

use super::{
    KubernetesOptions,
    api::{self, Api},
    fetch,
    rights::{self, Need, need},
    rows,
};
use crate::{
    domain::{proxied::Proxied, rights::SHELL, service::ServiceKind},
    safe,
    text::SafeText,
};

/// What was found.
#[derive(Debug)]
pub struct Findings {
    /// The address of the API server.
    pub server: SafeText,
    /// For example `v1.36.3, linux/amd64`, or why it is not known.
    pub version: Result<SafeText, SafeText>,
    /// The account that the credentials lead to, or why they lead to none.
    pub account: Result<SafeText, SafeText>,
    /// What each feature lacks, in words; features that lack nothing are not among them.
    pub lacks: Vec<Lack>,
}

/// A feature that does not work, or not whole.
#[derive(Debug, PartialEq, Eq)]
pub struct Lack {
    /// The feature.
    pub feature: &'static str,
    /// Whether it shows something, rather than changing something.
    pub shows: bool,
    /// In words: you may not list pods in shop.
    pub why: SafeText,
}

/// A feature and what it takes.
struct Feature {
    name: &'static str,
    shows: bool,
    /// Whether it is about what lies outside of namespaces.
    outside: bool,
    needs: &'static [Need],
    /// Actions, by their word, on services of a kind: what they take is known elsewhere.
    deeds: &'static [(&'static str, ServiceKind)],
}

impl Feature {
    fn takes(&self) -> Vec<Need> {
        let deeds = self.deeds.iter();
        let deeds = deeds.flat_map(|(word, kind)| rights::needs(word, *kind));
        let mut all = Vec::new();
        for need in self.needs.iter().chain(deeds) {
            if !all.contains(need) {
                all.push(*need);
            }
        }
        all
    }
}

const fn shows(name: &'static str, needs: &'static [Need]) -> Feature {
    Feature {
        name,
        shows: true,
        outside: false,
        needs,
        deeds: &[],
    }
}

const fn changes(name: &'static str, deeds: &'static [(&'static str, ServiceKind)]) -> Feature {
    Feature {
        shows: false,
        deeds,
        ..shows(name, &[])
    }
}

const FEATURES: [Feature; 20] = [
    shows(
        "services",
        &[
            need("watch", "apps", "deployments"),
            need("watch", "apps", "statefulsets"),
            need("watch", "apps", "daemonsets"),
            need("watch", "batch", "jobs"),
            need("watch", "batch", "cronjobs"),
        ],
    ),
    shows("replicas", &[need("watch", "", "pods")]),
    shows("rollouts", &[need("watch", "apps", "replicasets")]),
    shows("logs", &[need("get", "", "pods/log")]),
    shows("events", &[need("watch", "", "events")]),
    shows(
        "details",
        &[
            need("list", "", "services"),
            need("list", "apps", "controllerrevisions"),
            need("watch", "autoscaling", "horizontalpodautoscalers"),
            need("watch", "policy", "poddisruptionbudgets"),
            need("list", "networking.k8s.io", "networkpolicies"),
            need("list", "networking.k8s.io", "ingresses"),
            need("list", "discovery.k8s.io", "endpointslices"),
            need("list", "", "persistentvolumeclaims"),
            need("watch", "", "resourcequotas"),
            need("list", "", "resourcequotas"),
            need("get", "", "configmaps"),
        ],
    ),
    Feature {
        outside: true,
        ..shows("nodes", &[need("watch", "", "nodes")])
    },
    Feature {
        outside: true,
        ..shows("namespaces", &[need("list", "", "namespaces")])
    },
    changes(
        "scale",
        &[
            ("scale", ServiceKind::Deployment),
            ("scale", ServiceKind::StatefulSet),
        ],
    ),
    changes(
        "restart, rollout, rollback",
        &[
            ("restart", ServiceKind::Deployment),
            ("restart", ServiceKind::StatefulSet),
            ("restart", ServiceKind::DaemonSet),
        ],
    ),
    changes(
        "pause, unpause",
        &[
            ("pause", ServiceKind::Deployment),
            ("pause", ServiceKind::CronJob),
        ],
    ),
    changes(
        "switch between colours",
        &[("switch", ServiceKind::Deployment)],
    ),
    changes("deleting a pod", &[("delete-pod", ServiceKind::Pod)]),
    changes("running a CronJob now", &[("run", ServiceKind::CronJob)]),
    Feature {
        outside: true,
        ..changes("cordon, uncordon", &[("cordon", ServiceKind::Node)])
    },
    Feature {
        outside: true,
        ..changes("drain", &[("drain", ServiceKind::Node)])
    },
    Feature {
        shows: false,
        ..shows(
            "warnings before an action",
            &[need("list", "", "resourcequotas")],
        )
    },
    changes("shell", &[(SHELL, ServiceKind::Pod)]),
    shows(ARGO, &[need("watch", "argoproj.io", "rollouts")]),
    changes(
        "Argo Rollouts: restart, scale, promote, abort, retry",
        &[
            ("restart", ServiceKind::Rollout),
            ("scale", ServiceKind::Rollout),
            ("promote", ServiceKind::Rollout),
        ],
    ),
];

const ARGO: &str = "Argo Rollouts";

/// Looks at the cluster that is meant, and whether these Services may be asked through it. Nothing is changed.
///
/// # Errors
/// In words: there is none, or there are no credentials for it.
pub async fn examine(
    options: &KubernetesOptions,
    proxied: &[&Proxied],
) -> Result<Findings, SafeText> {
    let api = Api::new(KubernetesOptions {
        read_only: true,
        ..options.clone()
    });
    let login = api.log_in().await;
    let Some((_, server)) = api.place() else {
        return Err(login
            .err()
            .map_or(SafeText::EMPTY, |error| safe!("{error}")));
    };
    let version = version(&api).await;
    let account = account(&api).await;
    let mut lacking = Vec::new();
    if account.is_ok() {
        lacking = lacks(&api, &options.namespaces).await;
        lacking.extend(unasked(&api, proxied).await);
    }
    Ok(Findings {
        server: SafeText::line(server),
        version,
        account,
        lacks: lacking,
    })
}

async fn version(api: &Api) -> Result<SafeText, SafeText> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Version {
        git_version: String,
        platform: String,
    }
    let found: Version = api
        .json("/version")
        .await
        .map_err(|error| safe!("{error}"))?;
    Ok(safe!("{}, {}", found.git_version, found.platform))
}

async fn account(api: &Api) -> Result<SafeText, SafeText> {
    #[derive(Deserialize)]
    struct Review {
        status: Status,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        user_info: User,
    }
    #[derive(Deserialize)]
    struct User {
        username: String,
    }
    let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    let body = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
    let review = api.change::<Review>(Method::POST, path, api::JSON, body.to_string().into());
    let review = review.await.map_err(|error| safe!("{error}"))?;
    Ok(SafeText::name(review.status.user_info.username))
}

async fn lacks(api: &Api, namespaces: &[String]) -> Vec<Lack> {
    let mut lacks = Vec::new();
    let (home, plural) = rows::home(ServiceKind::Rollout);
    let argo = api.has(home, plural).await.unwrap_or(false);
    let there = |feature: &&Feature| argo || !feature.name.ends_with(ARGO);
    for feature in FEATURES.iter().filter(there) {
        let everywhere = feature.outside || namespaces.is_empty();
        let places: Vec<Option<&str>> = if everywhere {
            vec![None]
        } else {
            namespaces.iter().map(|name| Some(name.as_str())).collect()
        };
        let mut missing = Vec::new();
        for place in places {
            for need in feature.takes() {
                // What can't be asked is not known to be missing.
                if let Ok(false) = rights::may(api, place, need).await {
                    let place = place.unwrap_or("all namespaces");
                    missing.push(if feature.outside {
                        format!("{} {}", need.verb, need.resource)
                    } else {
                        format!("{} {} in {place}", need.verb, need.resource)
                    });
                }
            }
        }
        if !missing.is_empty() {
            lacks.push(Lack {
                feature: feature.name,
                shows: feature.shows,
                why: safe!("you may not {}", missing.join(", ")),
            });
        }
    }
    lacks
}

/// What it lacks to ask Services through the API server; what the settings do not ask there is no feature that lacks.
async fn unasked(api: &Api, proxied: &[&Proxied]) -> Option<Lack> {
    let mut missing: Vec<String> = Vec::new();
    for page in proxied {
        let refused = rights::refused(api, fetch::NEED, page.namespace(), &page.place()).await;
        // What can't be asked is not known to be missing.
        let why = refused.ok().flatten().map(|why| why.to_string());
        missing.extend(why.filter(|why| !missing.contains(why)));
    }
    (!missing.is_empty()).then(|| Lack {
        feature: "checks, metrics and alerts through the API server",
        shows: true,
        why: safe!("{}", missing.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_an_action_takes_some_feature_names() {
        let named: Vec<Need> = FEATURES.iter().flat_map(Feature::takes).collect();
        for (word, kind) in rights::words()
            .into_iter()
            .flat_map(|word| rights::KINDS.map(|kind| (word, kind)))
        {
            for need in rights::needs(word, kind) {
                assert!(named.contains(need), "{word} of a {kind:?}: {need:?}");
            }
        }
    }
}
