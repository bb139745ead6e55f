//! What rows do not hold and an operator wants to know at once: the last words of a process that died, the claim that a pod
//! waits for, and who changed what is being rolled out. Asked once for each death and each change, and seldom while it waits; a
//! few at a time.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    api::ApiError,
    cluster::Cluster,
    details::claims,
    metadata::{self, Managed},
    rollouts::Rollouts,
    rows::{Workload, home},
    store::Uid,
};
use crate::{
    clock,
    domain::{
        health::Health,
        instance::{Instance, Phase},
        log::{self, LogLine, RawLine, Stream},
        service::{Service, ServiceKind},
    },
    safe,
    text::SafeText,
};

/// Questions that are out at the same time.
const AT_ONCE: usize = 4;

/// Lines that are read of a log.
const TAIL: usize = 12;

/// How long a pod may be without a word of the scheduler's.
const PATIENCE: SignedDuration = SignedDuration::from_mins(1);

/// What was asked.
#[derive(Debug)]
pub(super) struct Inquiries {
    tasks: JoinSet<()>,
    turns: Arc<Semaphore>,
}

impl Default for Inquiries {
    fn default() -> Self {
        Self {
            tasks: JoinSet::new(),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl Inquiries {
    /// Asks what is worth asking now.
    pub(super) fn ask(
        &mut self,
        cluster: &Arc<Cluster>,
        services: &[Arc<Service>],
        rollouts: &Rollouts,
    ) {
        while self.tasks.try_join_next().is_some() {}
        let sick = services.iter().filter(|s| {
            s.kind != ServiceKind::Node && matches!(s.health, Health::Critical | Health::Warning)
        });
        for service in sick {
            if let Some(dead) = service.instances.iter().find(|i| died(i)) {
                self.last_words(cluster, service, dead);
            }
            let now = clock::now();
            if let Some(waiting) = service.instances.iter().find(|i| may_wait(i, now)) {
                self.claim(cluster, service, waiting, now);
            }
        }
        for (top, _) in rollouts.nobodys() {
            let workload = cluster.store().workloads.get(top).cloned();
            if let Some(workload) = workload {
                self.manager(cluster, workload);
            }
        }
    }

    fn last_words(&mut self, cluster: &Arc<Cluster>, service: &Service, dead: &Instance) {
        let uid = dead.id.0.clone();
        let container = cluster
            .store()
            .pods
            .get(&uid)
            .and_then(|p| p.containers.first().cloned());
        let Some(container) = container else {
            return;
        };
        let path = format!(
            "/api/v1/namespaces/{}/pods/{}/log?container={container}&tailLines={TAIL}&timestamps=true",
            service.id.group, dead.name
        );
        let question = (uid.clone(), dead.restarts.into());
        self.put(cluster, question, async move |cluster| {
            let words = read(&cluster, &path).await?;
            if !words.is_empty() {
                cluster.store().note_words(&uid, words);
            }
            Ok(())
        });
    }

    /// Which claim a pod waits for; asked again whenever it has waited twice as long, for the reason may come late.
    fn claim(
        &mut self,
        cluster: &Arc<Cluster>,
        service: &Service,
        waiting: &Instance,
        now: Timestamp,
    ) {
        let uid = waiting.id.0.clone();
        // Its process has never begun: no death of it has a number below zero.
        let doubled = age(waiting, now).as_secs().max(1).ilog2();
        let (namespace, pod) = (service.id.group.clone(), waiting.name.clone());
        let question = (uid.clone(), -1 - i64::from(doubled));
        self.put(cluster, question, async move |cluster| {
            let claim = claims::awaited(&cluster, &namespace, &pod).await?;
            cluster.store().note_claim(&uid, claim);
            Ok(())
        });
    }

    fn manager(&mut self, cluster: &Arc<Cluster>, workload: Workload) {
        let question = (workload.uid.clone(), workload.progress.generation);
        self.put(cluster, question, async move |cluster| {
            if let Some(name) = changed_by(&cluster, &workload).await? {
                let mut store = cluster.store();
                store.note_manager(&workload.uid, workload.progress.generation, name);
            }
            Ok(())
        });
    }

    /// Puts a question in its turn, if it is a new one. What cannot be had is not said: rows do without until it is asked again.
    fn put<F: Future<Output = Result<(), ApiError>> + Send + 'static>(
        &mut self,
        cluster: &Arc<Cluster>,
        (uid, number): (Uid, i64),
        question: impl FnOnce(Arc<Cluster>) -> F + Send + 'static,
    ) {
        if !cluster.store().asks(&uid, number, clock::now()) {
            return;
        }
        let (cluster, turns) = (Arc::clone(cluster), Arc::clone(&self.turns));
        self.tasks.spawn(async move {
            let Ok(_turn) = turns.acquire().await else {
                return;
            };
            match question(Arc::clone(&cluster)).await {
                Ok(()) => {
                    cluster.changed.send_replace(());
                }
                Err(_) => cluster.store().unanswered(&uid, number, clock::now()),
            }
        });
    }
}

/// How old it is.
fn age(instance: &Instance, now: Timestamp) -> SignedDuration {
    let age = instance.created.map(|created| now.duration_since(created));
    age.unwrap_or_default()
}

/// Whether it has no node, and may have none because a volume is not there: the scheduler says so, or has said nothing for a
/// minute, as where the volume is only made for the node that it would choose.
fn may_wait(instance: &Instance, now: Timestamp) -> bool {
    if instance.phase != Phase::Created || !instance.node.is_empty() {
        return false;
    }
    let why = instance.why.to_lowercase();
    if why.starts_with("unschedulable") {
        why.contains("persistent") || why.contains("claim")
    } else {
        age(instance, now) >= PATIENCE
    }
}

/// Whether its process ended by itself, and not well.
fn died(instance: &Instance) -> bool {
    matches!(instance.phase, Phase::Restarting | Phase::Exited)
        && instance.exit_code.is_some_and(|code| code != 0)
}

/// The last words of a container's run before the present one; of the present one, where there was none before.
async fn read(cluster: &Cluster, path: &str) -> Result<SafeText, ApiError> {
    let previous = format!("{path}&previous=true");
    let text = match cluster.api.get(&previous, "*/*").await {
        Ok(text) if !text.is_empty() => text,
        _ => cluster.api.get(path, "*/*").await?,
    };
    let lines: Vec<LogLine> = text
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let space = line.iter().position(|byte| *byte == b' ')?;
            let at: Timestamp = std::str::from_utf8(&line[..space]).ok()?.parse().ok()?;
            Some(LogLine::read(&RawLine {
                at,
                stream: Stream::Out,
                bytes: line[space + 1..].to_vec().into(),
            }))
        })
        .collect();
    Ok(log::last_words(&lines))
}

/// Who changed a workload's template last.
async fn changed_by(cluster: &Cluster, workload: &Workload) -> Result<Option<SafeText>, ApiError> {
    let (api, plural) = home(workload.kind);
    let (namespace, name) = (&workload.id.group, &workload.name);
    let path = format!("{api}/namespaces/{namespace}/{plural}/{name}");
    let found = metadata::of(&cluster.api, &path).await?;
    let template = |m: &&Managed| {
        m.subresource.is_empty() && m.fields_v1.pointer("/f:spec/f:template").is_some()
    };
    let managers = found.managed_fields.iter().filter(template);
    let last = managers.max_by_key(|m| m.time);
    Ok(last.map(|m| words(&m.manager)))
}

/// A manager's name as people know it: `kubectl-client-side-apply` is `kubectl apply`.
fn words(manager: &str) -> SafeText {
    match manager.strip_prefix("kubectl-") {
        Some(verb) => safe!("kubectl {}", verb.trim_start_matches("client-side-")),
        None => SafeText::name(manager),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn managers_are_called_as_people_know_them() {
        for (manager, name) in [
            ("kubectl-client-side-apply", "kubectl apply"),
            ("kubectl-set", "kubectl set"),
            ("argocd-controller", "argocd-controller"),
        ] {
            assert_eq!(words(manager).as_str(), name);
        }
    }
}
