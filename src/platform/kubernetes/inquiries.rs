//! What rows do not hold and an operator wants to know at once: the last words of a process that died, and who changed what
//! is being rolled out. Asked once for each death and each change, a few at a time.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    cluster::Cluster,
    metadata::{self, Managed},
    rollouts::Rollouts,
    rows::{Workload, home},
    store::Uid,
};
use crate::{
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

/// What was asked.
#[derive(Debug)]
pub(super) struct Inquiries {
    /// Pods by the number of restarts, and workloads by the generation, of the last question.
    asked: HashMap<Uid, i64>,
    tasks: JoinSet<()>,
    turns: Arc<Semaphore>,
}

impl Default for Inquiries {
    fn default() -> Self {
        Self {
            asked: HashMap::new(),
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
        }
        for (top, _) in rollouts.nobodys() {
            let workload = cluster.store().workloads.get(top).cloned();
            if let Some(workload) = workload {
                self.manager(cluster, workload);
            }
        }
    }

    /// Whether it has not been asked yet.
    fn is_new(&mut self, uid: &Uid, number: i64) -> bool {
        self.asked.insert(uid.clone(), number) != Some(number)
    }

    fn last_words(&mut self, cluster: &Arc<Cluster>, service: &Service, dead: &Instance) {
        let uid = dead.id.0.clone();
        let container = cluster
            .store()
            .pods
            .get(&uid)
            .and_then(|p| p.containers.first().cloned());
        let Some(container) = container.filter(|_| self.is_new(&uid, dead.restarts.into())) else {
            return;
        };
        let path = format!(
            "/api/v1/namespaces/{}/pods/{}/log?container={container}&tailLines={TAIL}&timestamps=true",
            service.id.group, dead.name
        );
        self.spawn(cluster, async move |cluster| {
            let words = read(&cluster, &path).await?;
            cluster.store().note_words(&uid, words);
            Some(())
        });
    }

    fn manager(&mut self, cluster: &Arc<Cluster>, workload: Workload) {
        if !self.is_new(&workload.uid, workload.progress.generation) {
            return;
        }
        self.spawn(cluster, async move |cluster| {
            let name = changed_by(&cluster, &workload).await?;
            let mut store = cluster.store();
            store.note_manager(&workload.uid, workload.progress.generation, name);
            Some(())
        });
    }

    /// Runs a question in its turn. What cannot be had is not said: rows do without.
    fn spawn<F: Future<Output = Option<()>> + Send + 'static>(
        &mut self,
        cluster: &Arc<Cluster>,
        question: impl FnOnce(Arc<Cluster>) -> F + Send + 'static,
    ) {
        let (cluster, turns) = (Arc::clone(cluster), Arc::clone(&self.turns));
        self.tasks.spawn(async move {
            let Ok(_turn) = turns.acquire().await else {
                return;
            };
            if question(Arc::clone(&cluster)).await.is_some() {
                cluster.changed.send_replace(());
            }
        });
    }
}

/// Whether its process ended by itself, and not well.
fn died(instance: &Instance) -> bool {
    matches!(instance.phase, Phase::Restarting | Phase::Exited)
        && instance.exit_code.is_some_and(|code| code != 0)
}

/// The last words of a container's run before the present one; of the present one, where there was none before.
async fn read(cluster: &Cluster, path: &str) -> Option<SafeText> {
    let previous = format!("{path}&previous=true");
    let text = match cluster.api.get(&previous, "*/*").await {
        Ok(text) if !text.is_empty() => text,
        _ => cluster.api.get(path, "*/*").await.ok()?,
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
    Some(log::last_words(&lines)).filter(|words| !words.is_empty())
}

/// Who changed a workload's template last.
async fn changed_by(cluster: &Cluster, workload: &Workload) -> Option<SafeText> {
    let (api, plural) = home(workload.kind);
    let (namespace, name) = (&workload.id.group, &workload.name);
    let path = format!("{api}/namespaces/{namespace}/{plural}/{name}");
    let found = metadata::of(&cluster.api, &path).await.ok()?;
    let template = |m: &&Managed| {
        m.subresource.is_empty() && m.fields_v1.pointer("/f:spec/f:template").is_some()
    };
    let managers = found.managed_fields.iter().filter(template);
    managers.max_by_key(|m| m.time).map(|m| words(&m.manager))
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
