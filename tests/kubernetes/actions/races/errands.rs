//! The same of what is no patch of a workload: a Job that is made, a pod that is deleted, a node that is cordoned, and one
//! whose pods are evicted.

use std::{collections::BTreeMap, sync::Arc};

use quarterdeck::{
    domain::action::{Action, ClusterAction},
    plan::{Ask, Outcome, record::Recorder},
    platform::kubernetes::KubernetesOptions,
};
use tokio_util::sync::CancellationToken;

use super::{before, reopen, resumed};
use crate::{
    actions::rig::{Rig, object},
    nodes::{OwnNode, three},
    pods::cron,
    support::{
        cluster::{Cluster, Namespace},
        cluster_or_skip,
        mortal::Mortal,
        proxy::{Fault, Proxy, Request, Rule},
    },
};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    RunNow,
    DeletePod,
    Cordon,
    Drain,
}

#[derive(Clone, Debug)]
enum Trouble {
    /// Of the nth send that does something.
    Wire(usize, Fault),
    /// At the nth write of the journal, just before or just after it.
    Killed { write: usize, before: bool },
}

struct Errand<'a> {
    deed: Deed,
    trouble: Trouble,
    namespace: &'a Namespace<'a>,
    node: Option<OwnNode<'a>>,
}

impl<'a> Errand<'a> {
    /// With what it is about.
    fn begin(
        cluster: &'a Cluster,
        namespace: &'a Namespace<'a>,
        deed: Deed,
        trouble: Trouble,
    ) -> Self {
        let on_node = matches!(deed, Deed::Cordon | Deed::Drain);
        let node = on_node.then(|| OwnNode::new(cluster, namespace));
        match (deed, &node) {
            (Deed::RunNow, _) => namespace.apply(&cron("report", "ends", "Allow")),
            (Deed::DeletePod, _) => crate::reading::deployment(namespace, "api", 1),
            (Deed::Drain, Some(node)) => three(namespace, node),
            _ => {}
        }
        Self {
            deed,
            trouble,
            namespace,
            node,
        }
    }

    async fn ask(&self, rig: &Rig) -> Ask {
        let cluster = match self.deed {
            Deed::RunNow => {
                return rig
                    .ask("cj/report", Action::Cluster(ClusterAction::RunNow))
                    .await;
            }
            Deed::DeletePod => {
                let api = rig.service("api", |api| api.ready() == 1).await;
                let pod = api.instances[0].id.clone();
                return rig
                    .ask("api", Action::Cluster(ClusterAction::DeletePod { pod }))
                    .await;
            }
            Deed::Cordon => ClusterAction::Cordon,
            Deed::Drain => ClusterAction::Drain,
        };
        let node = self.node.as_ref().expect("it is about one");
        node.ask(rig, cluster).await
    }

    /// How many Jobs there are, of what was asked for.
    fn jobs(&self) -> usize {
        let jobs = object(self.namespace, "jobs");
        jobs["items"].as_array().map_or(0, Vec::len)
    }

    /// Whether the cluster shows that all of it was done.
    fn shows(&self, ask: &Ask) -> bool {
        let gone = |ask: &Ask| {
            let pods = object(self.namespace, "pods");
            let mut pods = pods["items"].as_array().into_iter().flatten();
            let seen = &ask.target.seen;
            !pods.any(|pod| {
                let going = pod["metadata"]["deletionTimestamp"].is_string();
                !going && seen.iter().any(|one| pod["metadata"]["uid"] == *one.id.0)
            })
        };
        let cordoned = || self.node.as_ref().is_some_and(OwnNode::cordoned);
        match self.deed {
            Deed::RunNow => self.jobs() == 1,
            Deed::DeletePod => gone(ask),
            Deed::Cordon => cordoned(),
            Deed::Drain => cordoned() && gone(ask),
        }
    }

    async fn run(&self, cluster: &Cluster) -> &'static str {
        let (proxy, folder) = before(cluster);
        let options = KubernetesOptions {
            kubeconfig: Some(folder.path().join("kubeconfig")),
            ..cluster.options(self.namespace)
        };
        let rig = Rig::with(options, self.namespace);
        let ask = self.ask(&rig).await;
        let preview = rig.previewed(ask).await.expect("it can be done");
        // Which pods a drain makes go is known with the preview.
        let ask = preview.ask.clone();
        let mortal = Arc::new(Mortal::new(Arc::clone(&rig.journal) as _));
        match &self.trouble {
            Trouble::Wire(nth, fault) => proxy.on(Rule::on_act(*nth, fault.clone())),
            Trouble::Killed { write, before } => mortal.dies(*write, *before),
        }
        // Enter, Enter: the second one finds the first under way, or what it did.
        let recorder = || Arc::clone(&mortal) as Arc<dyn Recorder>;
        let stop = CancellationToken::new;
        let first = rig.carrying(preview.clone(), stop(), recorder()).await;
        let second = rig.carrying(preview, stop(), recorder()).await;
        let ((outcome, _), (again, _)) = tokio::join!(first.ended(), second.ended());
        let what = format!("{:?}, {:?}: {outcome:?}", self.deed, self.trouble);
        assert!(
            matches!(again, Outcome::Superseded { applied: 0, .. }) || mortal.dead(),
            "the second Enter did something: {what}, {again:?}"
        );
        let sent = sends(proxy.requests());
        assert!(sent.values().all(|times| *times == 1), "{what}: {sent:?}");
        match (&self.trouble, &outcome) {
            (Trouble::Wire(_, Fault::LoseRequest), Outcome::Unverified(_)) => {
                assert!(!self.shows(&ask), "{what}");
            }
            (Trouble::Wire(_, Fault::LoseAnswer | Fault::Truncate(_)), Outcome::Verified(_)) => {
                assert!(self.shows(&ask), "a false done: {what}");
                return "verified";
            }
            (Trouble::Killed { .. }, _) if mortal.dead() => {}
            _ => panic!("{what}"),
        }
        self.take_up(&rig, &proxy, &ask, &what).await
    }

    /// The next console finds it in the journal, and goes on.
    async fn take_up(&self, rig: &Rig, proxy: &Proxy, before: &Ask, what: &str) -> &'static str {
        let (next, left) = reopen(rig);
        let Some(left) = left else {
            assert!(
                self.shows(before) || sends(proxy.requests()).is_empty(),
                "{what}"
            );
            return "nothing left";
        };
        // Which pod it was, the journal does not keep: that is asked for as before.
        let wanted = left.start.action();
        assert!(
            wanted.is_none_or(|wanted| wanted == before.action),
            "{left:?}: {what}"
        );
        let mut ask = before.clone();
        ask.resumes = Some(resumed(&left));
        if self.deed == Deed::Drain {
            // Those that come in their places are pinned to that node as well: once all are there, what it takes stands still.
            let status = ["rollout", "status", "deployment/api", "--timeout=60s"];
            self.namespace.kubectl(&status);
        }
        let end = match rig.previewed(ask).await {
            Ok(preview) => {
                let recorder = Arc::clone(&next) as Arc<dyn Recorder>;
                let carrying = rig.carrying(preview, CancellationToken::new(), recorder);
                let (outcome, _) = carrying.await.ended().await;
                assert!(
                    matches!(outcome, Outcome::Verified(_)),
                    "{what}; then {outcome:?}"
                );
                "gone on"
            }
            Err(no) => {
                assert!(self.shows(before), "refused ({no:?}): {what}");
                "done before"
            }
        };
        assert!(self.shows(before), "{what}");
        // A node is cordoned again by who goes on with its drain, which changes nothing; all else comes through once.
        let mut came = sends(proxy.acts());
        came.retain(|(method, _), _| method != "PATCH");
        assert!(came.values().all(|times| *times == 1), "{what}: {came:?}");
        end
    }
}

/// How often each change was sent, but for dry runs.
fn sends(mut all: Vec<Request>) -> BTreeMap<(String, String), usize> {
    all.retain(Request::acts);
    let mut counted = BTreeMap::new();
    for sent in all {
        *counted.entry((sent.method, sent.path)).or_default() += 1;
    }
    counted
}

/// Runs an errand through each trouble, two beside each other.
fn through(deed: Deed, later: impl IntoIterator<Item = Trouble>) {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let killed = |(write, before)| Trouble::Killed { write, before };
    let wire = [Fault::LoseRequest, Fault::LoseAnswer, Fault::Truncate(200)];
    // The operation, its intent, its outcome.
    let kills = [(0, true), (1, true), (1, false), (2, true), (2, false)];
    let all: Vec<Trouble> = wire
        .map(|fault| Trouble::Wire(0, fault))
        .into_iter()
        .chain(kills.map(killed))
        .chain(later)
        .collect();
    let troubles = std::sync::Mutex::new(all.into_iter());
    std::thread::scope(|scope| {
        let run = || {
            loop {
                let Some(trouble) = troubles.lock().expect("nobody panics").next() else {
                    return;
                };
                let namespace = cluster.namespace("errand");
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                let errand = Errand::begin(&cluster, &namespace, deed, trouble.clone());
                let end = runtime.block_on(errand.run(&cluster));
                println!("{deed:?}, {trouble:?}: {end}");
            }
        };
        let both = [(); 2].map(|()| scope.spawn(run));
        for one in both {
            if let Err(panic) = one.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
}

#[test]
fn a_cron_job_run_by_hand_makes_one_job() {
    let _cluster = cluster_or_skip!();
    through(Deed::RunNow, []);
}

#[test]
fn a_pod_is_deleted_once() {
    let _cluster = cluster_or_skip!();
    through(Deed::DeletePod, []);
}

#[test]
fn a_node_is_cordoned_once() {
    let _cluster = cluster_or_skip!();
    through(Deed::Cordon, []);
}

#[test]
fn each_pod_of_a_drain_is_evicted_once() {
    let _cluster = cluster_or_skip!();
    let wire = [Fault::LoseRequest, Fault::LoseAnswer];
    let killed = |(write, before)| Trouble::Killed { write, before };
    let at_a_pod = [(3, true), (3, false), (4, true), (4, false), (6, true)];
    through(
        Deed::Drain,
        wire.map(|fault| Trouble::Wire(1, fault))
            .into_iter()
            .chain(at_a_pod.map(killed)),
    );
}
