//! Who is reached through the proxy of the API server: Prometheus, Alertmanager and pages, and what is known when they are not.

use std::{net::SocketAddrV4, path::Path, sync::atomic::Ordering, time::Duration};

use quarterdeck::{
    domain::{
        alert::Severity,
        service::Traffic,
        signals::Found,
        source::{SourceHealth, SourceState},
    },
    platform::{PlatformHandle, kubernetes},
    probe,
};
use tokio::time::timeout;

use crate::{
    reading::deployment,
    support::{
        address::OwnAddress,
        cluster::Namespace,
        cluster_or_skip,
        server::Server,
        settings::settings,
        shop::{EACH, Shop},
    },
};

/// How long what is asked every few seconds may take to be seen.
const LONG: Duration = Duration::from_secs(90);

/// A console's view of a namespace, with what these settings add to it.
fn console(kubeconfig: &Path, namespace: &Namespace<'_>, text: &str) -> PlatformHandle {
    let platform = kubernetes::start(namespace.options_by(kubeconfig));
    let text = text.replace("NS", &namespace.name);
    probe::attend(platform, &settings(&text), "live")
}

/// Waits until what is shown fits.
#[track_caller]
fn until(
    console: &PlatformHandle,
    what: &str,
    fits: impl FnMut(&SourceState) -> bool,
) -> impl Future<Output = SourceState> {
    let mut state = console.state.clone();
    let at = std::panic::Location::caller();
    async move {
        let seen = timeout(LONG, state.wait_for(fits)).await;
        let seen = seen.map(|seen| seen.expect("it lives").clone());
        seen.unwrap_or_else(|_| {
            let shown = state.borrow().clone();
            panic!(
                "{at}: waited in vain: {what}; there is {:#?}",
                shown.signals
            )
        })
    }
}

/// How a check stands; empty until it has been made.
fn check(state: &SourceState, number: usize) -> String {
    let last = state.signals.checks[number].last.as_ref();
    last.map_or(String::new(), |look| match &look.found {
        Found::Well(words) => format!("well: {words}"),
        Found::Bad(severity, words) => format!("{}: {words}", severity.word()),
        Found::Unknown(words) => format!("unknown: {words}"),
    })
}

fn traffic(state: &SourceState) -> Traffic {
    let named = state.snapshot.named("api");
    named
        .first()
        .map_or_else(Traffic::default, |api| api.traffic)
}

/// A Service of a pod that is a server of this machine: no node runs it, and it has that address. To whatever is no pod the
/// API server does not lead.
fn serve(namespace: &Namespace<'_>, name: &str, at: SocketAddrV4) {
    let (host, port) = (at.ip(), at.port());
    namespace.apply(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\n\
         spec: {{schedulerName: nobody, containers: [{{name: {name}, image: '{name}:v1'}}]}}\n\
         ---\napiVersion: v1\nkind: Service\nmetadata: {{name: {name}}}\n\
         spec: {{ports: [{{name: web, port: 80}}]}}\n\
         ---\napiVersion: v1\nkind: Endpoints\nmetadata: {{name: {name}}}\n\
         subsets: [{{addresses: [{{ip: {host}, targetRef: {{kind: Pod, namespace: {}, name: {name}}}}}], ports: [{{name: web, port: {port}}}]}}]\n",
        namespace.name
    ));
    let status = format!(r#"{{"status": {{"podIP": "{host}", "podIPs": [{{"ip": "{host}"}}]}}}}"#);
    let patch = [
        "patch",
        "pod",
        name,
        "--subresource=status",
        "--patch",
        &status,
    ];
    namespace.kubectl(&patch);
}

#[tokio::test]
async fn prometheus_alertmanager_and_a_page_are_reached_through_the_api_server() {
    let cluster = cluster_or_skip!();
    let Some(own) = OwnAddress::new() else { return };
    let shop = Shop::start(true, EACH);
    shop.failing.store(14, Ordering::Relaxed);
    let targets = [("api", shop.port)];
    let prometheus = Server::prometheus_on(own.0, &targets, "groups: []\n");
    let alertmanager = Server::alertmanager_on(own.0);
    let (Some(prometheus), Some(alertmanager)) = (prometheus, alertmanager) else {
        return;
    };
    alertmanager.raise(r#""alertname": "Slow", "service": "api", "severity": "critical""#);
    let namespace = cluster.namespace("signals");
    deployment(&namespace, "api", 1);
    serve(&namespace, "prometheus", prometheus.at);
    serve(&namespace, "alertmanager", alertmanager.at);
    let console = console(
        &cluster.kubeconfig("admin"),
        &namespace,
        "[environment.live]\nkubernetes = {}\nalertmanager = 'kubernetes://NS/alertmanager:80'\n\
         prometheus = { url = 'kubernetes://NS/prometheus:web', window = '10s', every = '1s', least = 100 }\n\
         [service.api]\ncheck = [\n\
         { http = 'kubernetes://NS/prometheus:web/-/ready', body = 'Server is Ready', every = '1s' },\n\
         { http = 'kubernetes://NS/prometheus:web/nowhere', every = '1s' }]\n",
    );
    until(&console, "the share of errors is 1.4 %", |state| {
        let errors = traffic(state).error_percent;
        errors.is_some_and(|errors| (1.38..1.42).contains(&errors))
    })
    .await;
    let state = until(&console, "both checks were made", |state| {
        !check(state, 0).is_empty() && !check(state, 1).is_empty()
    })
    .await;
    assert_eq!(check(&state, 0), "well: 200");
    // What the Service says is not what the API server says.
    assert_eq!(check(&state, 1), "critical: 404");
    let state = until(&console, "an alert is told", |state| {
        !state.signals.alerts.is_empty()
    })
    .await;
    let [slow] = &state.signals.alerts[..] else {
        panic!("{:?}", state.signals.alerts)
    };
    assert_eq!(
        (&*slow.summary, slow.severity),
        ("api Slow", Severity::Critical)
    );
    assert!(state.signals.unseen_alerts().is_empty());

    drop(prometheus);
    let why = "the API server does not reach it: dial tcp";
    let state = until(&console, "nothing is known of what is served", |state| {
        traffic(state) == Traffic::default() && check(state, 0).contains(why)
    })
    .await;
    let unseen = state.signals.unseen_alerts();
    let source = format!(
        "Prometheus kubernetes://{}/prometheus:web: {why}",
        namespace.name
    );
    assert!(unseen.starts_with(&source), "{unseen}");
    assert!(unseen.ends_with("connection refused"), "{unseen}");
    assert!(
        check(&state, 0).starts_with("critical: "),
        "{}",
        check(&state, 0)
    );
}

/// Services of which nobody answers.
const NOBODY: &str = "[environment.live]\nkubernetes = {}\n[service.api]\ncheck = [\n\
    { http = 'kubernetes://NS/idle:80/health', status = 503, every = '1s' },\n\
    { http = 'kubernetes://NS/nobody:80/health', status = 404, every = '1s' }]\n";

/// A Service without anybody behind it.
fn idle(namespace: &Namespace<'_>) {
    namespace.apply(
        "apiVersion: v1\nkind: Service\nmetadata: {name: idle}\nspec: {ports: [{port: 80}], selector: {app: idle}}\n",
    );
}

#[tokio::test]
async fn what_the_api_server_answers_itself_is_never_the_answer_that_is_wanted() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("signals");
    idle(&namespace);
    let see = "{apiGroups: ['', apps], resources: [pods, deployments], verbs: [list, watch]}";
    let token = namespace.token(Some(&format!("[{see}]")));
    let kubeconfig = cluster.kubeconfig_of(&token, &cluster.server());
    let console = console(kubeconfig.path(), &namespace, NOBODY);
    let forbidden = format!(
        "unknown: you may not get services/proxy in {}",
        namespace.name
    );
    until(&console, "it may not be asked", |state| {
        [0, 1]
            .iter()
            .all(|number| check(state, *number) == forbidden)
    })
    .await;

    namespace.apply(&format!(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: console}}\n\
         rules: [{see}, {{apiGroups: [''], resources: [services/proxy], verbs: [get]}}]\n"
    ));
    until(&console, "nobody is there", |state| {
        check(state, 0).starts_with("critical: the API server does not reach it: no endpoints")
            && check(state, 1) == "unknown: the API server: services \"nobody\" not found"
    })
    .await;
}

#[tokio::test]
async fn while_the_api_server_is_not_reached_nothing_is_known_of_those_behind_it() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("signals");
    idle(&namespace);
    let proxy = cluster.passing_proxy();
    let kubeconfig = cluster.kubeconfig_by("admin", &proxy.host);
    let console = console(kubeconfig.path(), &namespace, NOBODY);
    let reached = |state: &SourceState| check(state, 0).contains("no endpoints");
    until(&console, "it is asked", reached).await;
    proxy.refuse();
    let cut = |state: &SourceState| state.health == SourceHealth::Offline;
    until(&console, "the platform is cut", cut).await;
    let state = until(&console, "nothing is known", |state| {
        check(state, 0).starts_with("unknown: ")
    })
    .await;
    assert!(check(&state, 0).len() > "unknown: ".len());
    proxy.heal();
    until(&console, "it is asked again", reached).await;
}
