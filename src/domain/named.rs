//! What somebody means by a name: one rule for the screen, the command line and lists.

use std::{fmt, sync::Arc};

use super::service::{Service, ServiceKind};
use crate::{safe, text::SafeText};

/// Why a name does not say what is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unclear {
    /// Nothing is called so.
    None {
        /// That it is so.
        words: SafeText,
        /// What may be meant, or that there is nothing; `None` where nothing is like it.
        help: Option<SafeText>,
    },
    /// Several are.
    Several {
        /// That it is so.
        words: SafeText,
        /// Their whole names.
        names: SafeText,
    },
}

impl fmt::Display for Unclear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None { words, help: None } => write!(f, "{words} here"),
            Self::None {
                words,
                help: Some(help),
            } => write!(f, "{words}: {help}"),
            Self::Several { words, names } => write!(f, "{words}; say which: {names}"),
        }
    }
}

/// What one of that kind is called; with none, of any.
pub const fn word(kind: Option<ServiceKind>) -> &'static str {
    match kind {
        Some(ServiceKind::Node) => "node",
        Some(ServiceKind::CronJob) => "cronjob",
        Some(ServiceKind::Deployment) => "deployment",
        Some(ServiceKind::Rollout) => "rollout",
        _ => "service",
    }
}

/// All of that kind that somebody may mean by `name`: with the group before it or without, and where the kind is told by its
/// bare name, or as kubectl writes it: `cronjob/backup`.
pub fn meant<'a>(
    all: &'a [Arc<Service>],
    kind: Option<ServiceKind>,
    name: &str,
) -> Vec<&'a Arc<Service>> {
    let long = name.strip_prefix(word(kind));
    let bare = long.and_then(|rest| rest.strip_prefix('/'));
    let bare = bare.filter(|_| kind.is_some()).unwrap_or(name);
    let is_meant = |service: &&Arc<Service>| {
        let id = &service.id;
        match kind {
            None => id.is_called(name),
            Some(kind) => {
                let own = own(service);
                let so = own == bare || format!("{}/{own}", id.group) == bare;
                service.kind == kind && (so || id.is_called(bare))
            }
        }
    };
    all.iter().filter(is_meant).collect()
}

/// The name without what tells the kind.
pub fn own(service: &Service) -> &str {
    let name = &service.id.name;
    name.strip_prefix(service.kind.prefix()).unwrap_or(name)
}

/// The one of that kind that somebody means by `name`.
///
/// # Errors
/// There is none, or there are several.
pub fn one<'a>(
    all: &'a [Arc<Service>],
    kind: Option<ServiceKind>,
    name: &str,
) -> Result<&'a Arc<Service>, Unclear> {
    only(
        word(kind),
        name,
        meant(all, kind, name),
        || {
            let of_it = all
                .iter()
                .filter(|s| kind.is_none_or(|kind| s.kind == kind));
            of_it.collect()
        },
        |service| service.id.to_string(),
    )
}

/// The one that was found; else what there is, by its whole name.
///
/// # Errors
/// None was found, or several were.
pub fn only<T>(
    what: &str,
    name: &str,
    mut found: Vec<T>,
    all: impl FnOnce() -> Vec<T>,
    whole: impl Fn(&T) -> String,
) -> Result<T, Unclear> {
    let name = SafeText::name(name);
    if found.len() > 1 {
        let names: Vec<String> = found.iter().map(whole).collect();
        return Err(Unclear::Several {
            words: safe!("there are several {what}s called {name}"),
            names: SafeText::line(names.join(", ")),
        });
    }
    let near = |one: &T| {
        let whole = whole(one);
        let own = whole.rsplit('/').next().unwrap_or(&whole);
        (strsim::osa_distance(own, &name), whole)
    };
    found.pop().ok_or_else(|| Unclear::None {
        words: safe!("there is no {what} {name}"),
        help: match all().iter().map(near).min() {
            None if what == "service" => Some(SafeText::from_static("nothing runs here")),
            None => Some(safe!("there are no {what}s here")),
            Some((0..=2, near)) => Some(safe!("did you mean {near}?")),
            Some(_) => None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::service::ServiceId;

    fn there() -> Vec<Arc<Service>> {
        let all = [
            (ServiceKind::Node, "", "node/node-a1"),
            (ServiceKind::CronJob, "shop", "cj/tidy"),
            (ServiceKind::CronJob, "blog", "cj/tidy"),
            (ServiceKind::CronJob, "shop", "cj/postgres-backup"),
            (ServiceKind::Deployment, "shop", "api"),
            (ServiceKind::Deployment, "blog", "api"),
            (ServiceKind::Deployment, "shop", "node-a1"),
            (ServiceKind::Rollout, "shop", "rollout/web"),
        ];
        let service = |(kind, group, name): (ServiceKind, &str, &str)| {
            let (group, name) = (SafeText::name(group), SafeText::name(name));
            let id = ServiceId { group, name };
            Arc::new(Service {
                id,
                kind,
                ..Service::default()
            })
        };
        all.map(service).to_vec()
    }

    #[test]
    fn a_name_means_one_thing_of_its_kind_or_why_it_does_not_is_said() {
        use ServiceKind::{CronJob, Node, Rollout};
        let all = there();
        for (kind, name, wanted) in [
            (Some(Node), "node-a1", "node/node-a1"),
            (Some(Node), "node/node-a1", "node/node-a1"),
            (Some(CronJob), "postgres-backup", "shop/cj/postgres-backup"),
            (
                Some(CronJob),
                "cj/postgres-backup",
                "shop/cj/postgres-backup",
            ),
            (
                Some(CronJob),
                "cronjob/postgres-backup",
                "shop/cj/postgres-backup",
            ),
            (Some(CronJob), "blog/tidy", "blog/cj/tidy"),
            (Some(CronJob), "blog/cj/tidy", "blog/cj/tidy"),
            (Some(Rollout), "web", "shop/rollout/web"),
            (None, "node-a1", "shop/node-a1"),
            (None, "blog/api", "blog/api"),
            (None, "node/node-a1", "node/node-a1"),
        ] {
            let found = one(&all, kind, name).unwrap_or_else(|why| panic!("{why}"));
            assert_eq!(found.id.to_string(), wanted, "{kind:?} {name}");
        }
        for (kind, name, wanted) in [
            (
                Some(Node),
                "nodea1",
                "there is no node nodea1: did you mean node/node-a1?",
            ),
            (Some(Node), "elsewhere", "there is no node elsewhere here"),
            (Some(Node), "api", "there is no node api here"),
            (
                Some(CronJob),
                "tidy",
                "there are several cronjobs called tidy; say which: shop/cj/tidy, blog/cj/tidy",
            ),
            (
                None,
                "api",
                "there are several services called api; say which: shop/api, blog/api",
            ),
            (
                None,
                "tidy",
                "there is no service tidy: did you mean blog/cj/tidy?",
            ),
        ] {
            let why = one(&all, kind, name).expect_err(name);
            assert_eq!(why.to_string(), wanted);
        }
        let why = one(&all[4..], Some(Node), "node-a1").expect_err("none");
        assert_eq!(
            why.to_string(),
            "there is no node node-a1: there are no nodes here"
        );
    }
}
