//! A large cluster as its user meets it: 10,000 pods in 1,000 Deployments on the test cluster. Prints one table.
//!
//! It wants the cluster of `tests/kubernetes/cluster start NAME 10`, filled by `tests/kubernetes/fill NAME`, with the variables of
//! `cluster env NAME`. `cargo bench --bench kubernetes`, and `-- quick` for a shorter one.

#[path = "../tests/support/support.rs"]
mod support;

mod figures {
    pub(crate) mod idle;
    pub(crate) mod keys;
    pub(crate) mod quantile;
    pub(crate) mod shipped;
    pub(crate) mod start;
}

use std::{
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use figures::{idle, keys, quantile::quantile, shipped, start};
use kube::{
    Api, Client, Config,
    api::{Patch, PatchParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use quarterdeck::{
    domain::service::ServiceKind,
    platform::kubernetes::{self, KubernetesOptions},
};
use serde_json::{Value, json};
use support::{
    cluster::Cluster,
    console::{Start, quarterdeck},
    wait::{SOON, now},
};
use tempfile::TempDir;

/// Pods there are.
const PODS: usize = 10_000;

/// Changes a second that are asked for.
const RATE: u32 = 500;

/// Requests that are under way at the same time.
const AT_ONCE: u32 = 32;

fn main() {
    let Some(cluster) = Cluster::shared() else {
        return;
    };
    let quick = std::env::args().any(|argument| argument == "quick");
    let (starts, time, presses) = if quick {
        (5, Duration::from_secs(10), 200)
    } else {
        (20, Duration::from_mins(1), 1_000)
    };
    shipped::ship();
    println!("| figure, 10,000 pods | measured | bound |\n| --- | --- | --- |");
    let (first, all) = reading(&cluster, starts);
    row("first rows, reading alone", &milliseconds(first), "–");
    row("all rows, reading alone", &milliseconds(all), "–");
    let frame = start::first_frame(|| console(&cluster), starts);
    row("first frame", &fraction(frame), "6 ms");
    let silent = Silent::new(&cluster);
    let frame = start::first_frame(|| silent.console(), starts);
    row("first frame, a silent API server", &fraction(frame), "6 ms");
    let on_screen = |what: &str, shown: &dyn Fn(&vt100::Screen) -> bool, bound| {
        let took = start::until(what, || console(&cluster), starts, shown);
        row(what, &milliseconds(took), bound);
    };
    let first = |screen: &vt100::Screen| screen.contents().contains("app-0");
    on_screen("first rows on the screen", &first, "40 ms");
    on_screen("all rows on the screen", &all_rows, "–");
    on_screen("all pods on the screen", &live, "500 ms");
    let quiet = idle::measure(console(&cluster), live, time);
    row("RSS, quiet", &mebibytes(quiet.rss_bytes), "40 MiB");
    row(
        "CPU, quiet",
        &format!("{:.2} %", quiet.cpu_share * 100.0),
        "0.2 %",
    );
    let bytes = format!("{:.0} bytes/s", quiet.bytes_per_second);
    row("to the terminal, quiet", &bytes, "60 bytes/s");
    let pressed = |keys| keys::measure(console(&cluster), live, keys, presses);
    key_rows("quiet", &pressed(keys::CURSOR), ["1 ms", "4 ms"]);
    key_rows("quiet, help", &pressed(keys::HELP), ["–", "–"]);
    key_rows("quiet, filter", &filtered(&cluster, presses), ["–", "8 ms"]);
    let changes = Changes::begin(&cluster);
    let (before, began) = (changes.count(), now());
    let changing = idle::measure(console(&cluster), live, time);
    let rate = (changes.count() - before) as f64 / began.elapsed().as_secs_f64();
    row("changes, each of a pod", &format!("{rate:.0}/s"), "500/s");
    row("RSS, changing", &mebibytes(changing.rss_bytes), "40 MiB");
    row(
        "CPU, changing",
        &format!("{:.1} %", changing.cpu_share * 100.0),
        "–",
    );
    key_rows("changing", &pressed(keys::CURSOR), ["–", "33 ms"]);
    key_rows(
        "changing, filter",
        &filtered(&cluster, presses),
        ["–", "33 ms"],
    );
    let later = idle::measure(console(&cluster), live, 2 * time);
    row(
        "RSS, changing twice as long",
        &mebibytes(later.rss_bytes),
        "the same",
    );
}

fn key_rows(when: &str, keys: &keys::Keys, bounds: [&str; 2]) {
    for (which, took, bound) in [("p50", keys.p50, bounds[0]), ("p99", keys.p99, bounds[1])] {
        row(
            &format!("key to frame {which}, {when}"),
            &fraction(took),
            bound,
        );
    }
}

/// A letter behind others in the filter of the services is typed, and taken back.
fn filtered(cluster: &Cluster, presses: usize) -> keys::Keys {
    let console = console(cluster).start();
    console.expect_within(SOON, "all pods", live);
    console.keys("/app-0");
    keys::measure_at(&console, ["7", "\x7f"], presses)
}

/// A server that takes connections and says nothing, and the way to it.
struct Silent {
    _listens: TcpListener,
    folder: TempDir,
}

impl Silent {
    fn new(cluster: &Cluster) -> Self {
        let listens = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listens.local_addr().expect("an address");
        let folder = tempfile::tempdir().expect("a folder");
        let text = std::fs::read_to_string(cluster.kubeconfig("admin")).expect("it reads");
        let from = text.find("https://").expect("a server") + "https://".len();
        let to = from + text[from..].find('\'').expect("in quotes");
        let text = format!("{}{address}{}", &text[..from], &text[to..]);
        std::fs::write(folder.path().join("kubeconfig"), text).expect("it is written");
        Self {
            _listens: listens,
            folder,
        }
    }

    fn console(&self) -> Start {
        let kubeconfig = self.folder.path().join("kubeconfig");
        quarterdeck(&["--kubeconfig", &kubeconfig.to_string_lossy()]).size(120, 40)
    }
}

fn all_rows(screen: &vt100::Screen) -> bool {
    screen.contents().contains("Services 1000")
}

/// Every pod has been read as well: nothing is marked as unknown any more.
fn live(screen: &vt100::Screen) -> bool {
    all_rows(screen) && !screen.contents().contains("CATCHING UP")
}

fn console(cluster: &Cluster) -> Start {
    let kubeconfig = cluster.kubeconfig("admin");
    quarterdeck(&["--kubeconfig", &kubeconfig.to_string_lossy()]).size(120, 40)
}

/// From the start of reading to the first services, and to all pods of all.
fn reading(cluster: &Cluster, times: usize) -> (Duration, Duration) {
    let one = || {
        let started = now();
        let mut handle = kubernetes::start(KubernetesOptions {
            kubeconfig: Some(cluster.kubeconfig("admin")),
            ..KubernetesOptions::default()
        });
        let mut until = |pods: usize| {
            let shown = handle.state.wait_for(|state| {
                let services = state.snapshot.services.iter();
                let workloads = services.filter(|s| s.kind == ServiceKind::Deployment);
                let (count, ready) = workloads.fold((0, 0), |(count, ready), s| {
                    (count + 1, ready + s.ready() as usize)
                });
                count > 0 && ready >= pods
            });
            drop(runtime().block_on(shown).expect("it goes on"));
            started.elapsed()
        };
        (until(0), until(PODS))
    };
    let (first, all) = (0..times).map(|_| one()).unzip();
    (median(first), median(all))
}

/// Changes of pods, until the process ends.
struct Changes(Arc<AtomicUsize>);

impl Changes {
    fn begin(cluster: &Cluster) -> Self {
        let done = Arc::new(AtomicUsize::new(0));
        let kubeconfig = Kubeconfig::read_from(cluster.kubeconfig("admin")).expect("it reads");
        let all = {
            let done = Arc::clone(&done);
            async move {
                let options = KubeConfigOptions::default();
                let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
                let client = Client::try_from(config.expect("a configuration")).expect("a client");
                let workers = (0..AT_ONCE).map(|n| change(client.clone(), n, Arc::clone(&done)));
                futures_util::future::join_all(workers).await;
            }
        };
        std::thread::spawn(move || runtime().block_on(all));
        Self(done)
    }

    /// How many there have been.
    fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

/// Gives one pod after another another annotation, all workers together at the rate.
async fn change(client: Client, worker: u32, done: Arc<AtomicUsize>) {
    let namespace = format!("fill-{}", worker % 10);
    let pods: Api<k8s_openapi::api::core::v1::Pod> = Api::namespaced(client, &namespace);
    let listed = pods.list_metadata(&kube::api::ListParams::default()).await;
    let names: Vec<String> = listed
        .expect("a list")
        .items
        .into_iter()
        .filter_map(|pod| pod.metadata.name)
        .collect();
    let mut pace = tokio::time::interval(Duration::from_secs(1) * AT_ONCE / RATE);
    for (number, name) in names.iter().cycle().enumerate() {
        pace.tick().await;
        let patch: Value =
            json!({ "metadata": { "annotations": { "bench": number.to_string() } } });
        let (how, patch) = (PatchParams::default(), Patch::Merge(patch));
        if pods.patch_metadata(name, &how, &patch).await.is_ok() {
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
}

fn median(values: Vec<Duration>) -> Duration {
    quantile(values, 0.5)
}

fn row(figure: &str, measured: &str, bound: &str) {
    println!("| {figure} | {measured} | {bound} |");
}

fn milliseconds(time: Duration) -> String {
    format!("{:.0} ms", time.as_secs_f64() * 1e3)
}

fn fraction(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1e3)
}

fn mebibytes(bytes: f64) -> String {
    format!("{:.1} MiB", bytes / 1_048_576.0)
}
