//! Gate 11 on Kubernetes: answers lost on either side of a send, somebody else's writes before it, in the moment of it and
//! after it, double Enter, and the console killed at any write of its journal, after which the next one goes on or puts it
//! back. At most one send a step; never a false done or failed.

mod beside;
mod errands;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    sync::Arc,
};

use quarterdeck::{
    domain::action::Action,
    journal::{self, Journal, Unfinished, Who},
    plan::{Outcome, Resumed, Sent, record::Recorder},
    text::SafeText,
};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use self::beside::{Beside, When};
use super::rig::{Rig, back, object, part, rollout, scale};
use crate::support::{
    cluster::{Cluster, Namespace},
    cluster_or_skip, gate,
    mortal::Mortal,
    proxy::{Fault, Papers, Proxy, Rule},
};

/// What gets in the way.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    None,
    LosesRequest,
    LosesAnswer,
    CutsAnswer,
    /// A status that something in between answers with.
    Answers(u16),
    Scaled(When),
    Released(When),
    MadeAnew(When),
    /// At the nth write of the journal, just before or just after it.
    Killed {
        write: usize,
        before: bool,
    },
}

impl Trouble {
    /// What sort of trouble it is; `None` without any.
    fn sort(self) -> Option<&'static str> {
        Some(match self {
            Self::None => return None,
            Self::LosesRequest | Self::LosesAnswer | Self::CutsAnswer | Self::Answers(_) => "wire",
            Self::Scaled(_) => "scaled",
            Self::Released(_) => "released",
            Self::MadeAnew(_) => "made anew",
            Self::Killed { .. } => "killed",
        })
    }
}

struct Race<'a> {
    seed: u64,
    /// Of a StatefulSet; else of a Deployment.
    ordered: bool,
    action: Action,
    trouble: Trouble,
    namespace: &'a Namespace<'a>,
}

/// All seeds, those first whose races show the most that none before them does.
fn seeds() -> Vec<u64> {
    let mut left: Vec<_> = (0..400).map(|seed| (seed, shown_by(seed))).collect();
    let (mut seen, mut order) = (BTreeSet::new(), Vec::new());
    while !left.is_empty() {
        let new = |at: &usize| left[*at].1.difference(&seen).count();
        let most = (0..left.len()).rev().max_by_key(new);
        let (seed, shows) = left.remove(most.expect("some are left"));
        seen.extend(shows);
        order.push(seed);
    }
    order
}

/// What the race of a seed shows: a trouble in its moment; an action, and a kind of workload, in that sort of trouble.
fn shown_by(seed: u64) -> BTreeSet<String> {
    let (ordered, action, trouble) = drawn(seed);
    let sort = trouble.sort().map(|sort| {
        let kind = if ordered { "StatefulSet" } else { "Deployment" };
        [
            format!("{} {sort}", action.word()),
            format!("{kind} {sort}"),
        ]
    });
    let sort = sort.into_iter().flatten();
    sort.chain([format!("{trouble:?}")]).collect()
}

/// Whether it is about a StatefulSet, what is done, and what gets in the way.
fn drawn(seed: u64) -> (bool, Action, Trouble) {
    let mut dice = fastrand::Rng::with_seed(seed);
    let action = match dice.u8(..6) {
        0 => Action::Restart,
        1 => scale(4),
        2 => scale(1),
        3 => back(),
        4 => Action::Pause,
        _ => rollout("v3"),
    };
    let when = [When::Preview, When::Intent, When::Outcome][dice.usize(..3)];
    let trouble = match dice.u8(..12) {
        0 => Trouble::None,
        1 => Trouble::LosesRequest,
        2 => Trouble::LosesAnswer,
        3 => Trouble::CutsAnswer,
        4 => Trouble::Answers(if dice.bool() { 503 } else { 500 }),
        5 | 6 => Trouble::Scaled(when),
        7 => Trouble::Released(when),
        8 => Trouble::MadeAnew(when),
        _ => Trouble::Killed {
            write: dice.usize(..6),
            before: dice.bool(),
        },
    };
    // A StatefulSet cannot be paused; to make another one of its name takes more than a line.
    let ordered =
        dice.u8(..3) == 0 && action != Action::Pause && !matches!(trouble, Trouble::MadeAnew(_));
    (ordered, action, trouble)
}

/// Requests of ours that change the workload, but for dry runs.
fn sends(proxy: &Proxy) -> usize {
    let all = proxy.requests();
    let ours = |r: &&crate::support::proxy::Request| {
        r.method == "PATCH"
            && r.path.contains("fieldManager=quarterdeck")
            && !r.path.contains("dryRun")
    };
    all.iter().filter(ours).count()
}

impl<'a> Race<'a> {
    fn of(seed: u64, namespace: &'a Namespace<'a>) -> Self {
        let (ordered, action, trouble) = drawn(seed);
        Self {
            seed,
            ordered,
            action,
            trouble,
            namespace,
        }
    }

    /// As the console calls it.
    fn name(&self) -> &'static str {
        if self.ordered { "sts/api" } else { "api" }
    }

    /// As kubectl calls it.
    fn what(&self) -> &'static str {
        if self.ordered {
            "statefulset/api"
        } else {
            "deployment/api"
        }
    }

    /// Two copies of v2, and v1 to go back to.
    fn begin(&self) {
        self.make("v1");
        self.namespace
            .kubectl(&["set", "image", self.what(), "api=shop/api:v2"]);
        self.settled();
    }

    fn make(&self, tag: &str) {
        if self.ordered {
            self.namespace.apply(&format!(
                "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: api}}\nspec:\n  replicas: 2\n  serviceName: none\n  \
                 selector: {{matchLabels: {{app: api}}}}\n  template:\n    metadata: {{labels: {{app: api}}}}\n    \
                 spec: {{containers: [{{name: api, image: 'shop/api:{tag}'}}]}}\n"
            ));
        } else {
            let image = format!("--image=shop/api:{tag}");
            self.namespace
                .kubectl(&["create", "deployment", "api", &image, "--replicas=2"]);
        }
        self.settled();
    }

    fn settled(&self) {
        self.namespace
            .kubectl(&["rollout", "status", self.what(), "--timeout=60s"]);
    }

    /// Whether the cluster shows an action.
    fn shows(&self, action: &Action) -> bool {
        let api = object(self.namespace, self.what());
        let spec = &api["spec"];
        let image = spec["template"]["spec"]["containers"][0]["image"]
            .as_str()
            .unwrap_or_default();
        match action {
            Action::Scale { replicas } => spec["replicas"] == *replicas,
            Action::Rollout { .. } => image == "shop/api:v3",
            Action::RollBack { to } => {
                // Put back: to the revision of v2.
                let first = to
                    .as_ref()
                    .is_none_or(|to| self.image_of(to) == "shop/api:v1");
                image == if first { "shop/api:v1" } else { "shop/api:v2" }
            }
            Action::Restart => spec["template"]["metadata"]["annotations"]
                .get("kubectl.kubernetes.io/restartedAt")
                .is_some(),
            Action::Pause => spec["paused"] == true,
            Action::Unpause => spec["paused"] != true,
            other => panic!("no such race: {other:?}"),
        }
    }

    /// That of a revision, by its name.
    fn image_of(&self, revision: &SafeText) -> String {
        let (kind, spec) = if self.ordered {
            ("controllerrevision", "/data/spec")
        } else {
            ("replicaset", "/spec")
        };
        let image = format!("{spec}/template/spec/containers/0/image");
        let image = part(self.namespace, &format!("{kind}/{revision}"), &image);
        image.as_str().unwrap_or_default().to_owned()
    }

    /// What somebody else does, if that is the trouble.
    fn somebody(&self) -> Option<(When, Box<dyn FnOnce() + Send>)> {
        let (name, what) = (self.namespace.name.clone(), self.what());
        let run = move |lines: &'static [&'static [&'static str]]| {
            let cluster = Cluster::shared().expect("it is there");
            for line in lines {
                let whole: Vec<&str> = ["--namespace", &name]
                    .into_iter()
                    .chain(
                        line.iter()
                            .map(|word| if *word == "IT" { what } else { word }),
                    )
                    .collect();
                cluster.kubectl(&whole);
            }
        };
        let (when, lines): (When, &[&[&str]]) = match self.trouble {
            Trouble::Scaled(when) => (when, &[&["scale", "IT", "--replicas=3"]]),
            Trouble::Released(when) => (when, &[&["set", "image", "IT", "api=shop/api:v7"]]),
            Trouble::MadeAnew(when) => (
                when,
                &[
                    &["delete", "deployment", "api", "--wait=true"],
                    &[
                        "create",
                        "deployment",
                        "api",
                        "--image=shop/api:v5",
                        "--replicas=2",
                    ],
                ],
            ),
            _ => return None,
        };
        Some((when, Box::new(move || run(lines))))
    }

    fn break_wire(&self, proxy: &Proxy) {
        let fault = match self.trouble {
            Trouble::LosesRequest => Fault::LoseRequest,
            Trouble::LosesAnswer => Fault::LoseAnswer,
            Trouble::CutsAnswer => Fault::Truncate(200),
            Trouble::Answers(status) => Fault::Answer(status, "something in between".to_owned()),
            _ => return,
        };
        proxy.on(Rule::once("fieldManager=quarterdeck", fault).method("PATCH"));
    }

    async fn run(&self, cluster: &Cluster) -> &'static str {
        self.begin();
        let (proxy, folder) = before(cluster);
        let options = self.namespace.options_by(&folder.path().join("kubeconfig"));
        let rig = Rig::with(options, self.namespace);
        rig.service(self.name(), |api| api.ready() == 2).await;
        let preview = rig.preview(self.name(), self.action.clone()).await;
        let preview = preview.unwrap_or_else(|no| panic!("seed {}: {no:?}", self.seed));
        let mortal = Mortal::new(Arc::clone(&rig.journal) as _);
        let beside = Arc::new(Beside::new(mortal));
        match (self.trouble, self.somebody()) {
            (Trouble::Killed { write, before }, _) => beside.mortal.dies(write, before),
            (_, Some((When::Preview, act))) => {
                tokio::task::spawn_blocking(act).await.expect("it acts");
            }
            (_, Some((when, act))) => beside.at(when, act),
            _ => {}
        }
        self.break_wire(&proxy);
        // Enter, Enter: the second one finds the first under way, or what it did.
        let recorder = || Arc::clone(&beside) as Arc<dyn Recorder>;
        let stop = CancellationToken::new;
        let first = rig.carrying(preview.clone(), stop(), recorder()).await;
        let second = rig.carrying(preview, stop(), recorder()).await;
        let ((outcome, _), (again, _)) = tokio::join!(first.ended(), second.ended());
        assert!(
            matches!(again, Outcome::Superseded { applied: 0, .. }) || beside.mortal.dead(),
            "seed {}: the second Enter did something: {again:?}",
            self.seed
        );
        let what = format!(
            "seed {}: {}, {:?}, {:?}: {outcome:?}, {} sent",
            self.seed,
            self.name(),
            self.action,
            self.trouble,
            sends(&proxy)
        );
        assert!(sends(&proxy) <= 1, "sent twice: {what}");
        if beside.mortal.dead() {
            return self.take_up(&rig, &proxy, &what).await;
        }
        self.judge(&outcome, &what);
        outcome.word()
    }

    /// Whether somebody changed just what the action is about before it was sent.
    fn conflicts(&self) -> bool {
        let about = match self.trouble {
            Trouble::MadeAnew(_) => true,
            Trouble::Scaled(_) => {
                matches!(self.action, Action::Scale { .. } | Action::RollBack { .. })
            }
            Trouble::Released(_) => {
                matches!(
                    self.action,
                    Action::Rollout { .. } | Action::RollBack { .. }
                )
            }
            _ => false,
        };
        about && !self.trouble_after()
    }

    /// Whether an outcome is true.
    fn judge(&self, outcome: &Outcome, what: &str) {
        let kept = matches!(outcome, Outcome::Superseded { applied: 0, .. });
        assert!(kept || !self.conflicts(), "it was overwritten: {what}");
        let shown = self.shows(&self.action);
        let others = matches!(
            self.trouble,
            Trouble::Scaled(_) | Trouble::Released(_) | Trouble::MadeAnew(_)
        );
        match outcome {
            Outcome::Verified(_) => assert!(shown || self.trouble_after(), "a false done: {what}"),
            Outcome::Failed { .. } => assert!(!shown, "a false failed: {what}"),
            Outcome::Superseded { applied: 0, .. } => {
                assert!(others && !shown, "nothing was in the way: {what}");
            }
            Outcome::Superseded { .. } => assert!(others, "nobody was there: {what}"),
            Outcome::Unverified(_) => {
                let lost = matches!(self.trouble, Trouble::LosesRequest | Trouble::Answers(503));
                assert!(lost && !shown, "reading settles it: {what}");
            }
            Outcome::Reverted { .. } | Outcome::Cancelled { .. } => panic!("{what}"),
        }
    }

    /// Whether somebody acts once our change is made.
    fn trouble_after(&self) -> bool {
        matches!(
            self.trouble,
            Trouble::Scaled(When::Outcome)
                | Trouble::Released(When::Outcome)
                | Trouble::MadeAnew(When::Outcome)
        )
    }

    /// The next console finds it in the journal: goes on, or puts it back.
    async fn take_up(&self, rig: &Rig, proxy: &Proxy, what: &str) -> &'static str {
        let (next, left) = reopen(rig);
        let sent = sends(proxy);
        let Some(left) = left else {
            assert_eq!(self.shows(&self.action), sent == 1, "{what}");
            return "killed with nothing left";
        };
        let go_on = self.seed.is_multiple_of(2) || left.start.back().is_none();
        let wanted = if go_on {
            left.start.action()
        } else {
            left.start.back()
        };
        let wanted = wanted.expect("it is known");
        let mut ask = rig.ask(self.name(), wanted.clone()).await;
        ask.resumes = Some(resumed(&left));
        let preview = match rig.previewed(ask).await {
            Ok(preview) => preview,
            Err(no) => {
                assert!(self.shows(&wanted), "refused ({no:?}): {what}");
                return "killed, nothing left to do";
            }
        };
        let recorder = Arc::clone(&next) as Arc<dyn Recorder>;
        let carrying = rig.carrying(preview, CancellationToken::new(), recorder);
        let (outcome, _) = carrying.await.ended().await;
        let what = format!("{what}; then {wanted:?}: {outcome:?}");
        assert!(matches!(outcome, Outcome::Verified(_)), "{what}");
        assert!(self.shows(&wanted), "{what}");
        if go_on {
            assert_eq!(sends(proxy), 1, "one send, whoever made it: {what}");
            "gone on"
        } else {
            assert!(sends(proxy) <= 2, "{what}");
            "put back"
        }
    }
}

/// A proxy before the API server, and a folder with a kubeconfig that goes by it.
fn before(cluster: &Cluster) -> (Proxy, TempDir) {
    let file = |name: &str| cluster.folder.join(name);
    let papers = Papers {
        ca: &file("ca.pem"),
        server: (&file("server.pem"), &file("server-key.pem")),
        client: Some((&file("admin.pem"), &file("admin-key.pem"))),
    };
    let config = fs::read_to_string(cluster.kubeconfig("admin")).expect("it is there");
    let server = config
        .split('\'')
        .find(|part| part.starts_with("https://"))
        .expect("it names its server");
    let proxy = Proxy::terminating(server, &papers);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let through = config.replace(server, &proxy.host.replace("tcp://", "https://"));
    fs::write(folder.path().join("kubeconfig"), through).expect("it is written");
    (proxy, folder)
}

/// Opens the journal as the next console does, and what was left in it.
fn reopen(rig: &Rig) -> (Arc<Journal>, Option<Unfinished>) {
    // The former console's hold on its session ends with it; here it is dropped by the copy of its folder.
    let copy = rig.state.path().join("next");
    copy_folder(&rig.state.path().join("journal"), &copy.join("journal"));
    let next = journal::open(&copy, Who::here("tester")).expect("a journal");
    let mut left = next.unfinished().expect("it reads");
    assert!(left.len() <= 1, "{left:?}");
    next.verify().expect("nobody changed it");
    (Arc::new(next), left.pop())
}

/// What the journal knows of an operation that is taken up again.
fn resumed(left: &Unfinished) -> Resumed {
    Resumed {
        sent: left
            .steps
            .iter()
            .map(|step| Sent::from(&step.intent))
            .collect(),
        ..Resumed::from(SafeText::name(left.id.as_str()))
    }
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    fs::create_dir_all(to).expect("a folder");
    for file in fs::read_dir(from).expect("it reads") {
        let file = file.expect("it reads");
        let to = to.join(file.file_name());
        if file.file_type().expect("it has one").is_dir() {
            copy_folder(&file.path(), &to);
        } else {
            fs::copy(file.path(), to).expect("it copies");
        }
    }
}

/// Runs some races beside each other, and counts how they ended.
fn races(seeds: impl IntoIterator<Item = u64, IntoIter: Send>) -> BTreeMap<&'static str, usize> {
    let Some(cluster) = Cluster::shared() else {
        return BTreeMap::new();
    };
    let seeds = std::sync::Mutex::new(seeds.into_iter());
    let ends = std::sync::Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        let run = || {
            loop {
                let Some(seed) = seeds.lock().expect("nobody panics").next() else {
                    return;
                };
                let namespace = cluster.namespace("race");
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime");
                let race = Race::of(seed, &namespace);
                let end = runtime.block_on(race.run(&cluster));
                let (name, word) = (race.name(), race.action.word());
                println!("seed {seed}: {word} {name}, {:?}: {end}", race.trouble);
                *ends.lock().expect("nobody panics").entry(end).or_default() += 1;
            }
        };
        let all: Vec<_> = (0..4).map(|_| scope.spawn(run)).collect();
        for one in all {
            if let Err(panic) = one.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    ends.into_inner().expect("nobody panics")
}

#[test]
fn races_end_in_what_is_true() {
    let _cluster = cluster_or_skip!();
    let one = std::env::var("QUARTERDECK_SEED")
        .ok()
        .and_then(|s| s.parse().ok());
    let all = seeds();
    let some = &all[..gate::size(36, all.len())];
    let shown =
        |seeds: &[u64]| -> BTreeSet<_> { seeds.iter().copied().flat_map(shown_by).collect() };
    assert_eq!(shown(some), shown(&all), "too few to show everything");
    let ends = match one {
        Some(seed) => races([seed]),
        None => races(some.iter().copied()),
    };
    println!("{ends:?}");
    if one.is_none() {
        for end in [
            "verified",
            "not verified",
            "superseded",
            "gone on",
            "put back",
        ] {
            assert!(ends.contains_key(end), "no race ended {end}: {ends:?}");
        }
    }
}
