//! The connection: what is stale is never called live, and what is back is live again.

use std::time::Duration;

use quarterdeck::{
    domain::source::{SourceHealth, SourceState},
    platform::kubernetes::KubernetesOptions,
};

use super::{Reading, deployment};
use crate::support::{
    cluster_or_skip,
    proxy::{Fault, Request, Rule},
    wait::timestamp,
};

#[test]
fn a_silent_connection_is_stale_within_15_s_and_live_again_5_s_after_healing() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("silent");
    deployment(&namespace, "api", 2);
    let proxy = cluster.passing_proxy();
    let kubeconfig = cluster.kubeconfig_by("admin", &proxy.host);
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    reading.serves("api", 2);
    reading.live();

    proxy.stall();
    let stale = reading.within(Duration::from_secs(15), "stale", |s| {
        s.health == SourceHealth::Stale
    });
    assert!(
        stale.problem.contains("no answer from"),
        "{}",
        stale.problem
    );
    assert_eq!(stale.snapshot.named("api")[0].ready(), 2, "old rows stand");
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=3"]);
    proxy.heal();
    let live = reading.within(Duration::from_secs(5), "live again", |s| {
        s.health == SourceHealth::Live
    });
    assert!(live.problem.is_empty());
    reading.serves("api", 3);

    // Connections of before stay silent for good; new ones are well.
    proxy.stall();
    reading.within(Duration::from_secs(15), "stale", |s| {
        s.health == SourceHealth::Stale
    });
    proxy.abandon();
    reading.within(Duration::from_secs(5), "live again", |s| {
        s.health == SourceHealth::Live
    });
}

/// On a slow link one of the watches is being opened again at any time, and no soak would come to its end.
#[test]
fn a_watch_whose_time_is_over_is_opened_again_without_a_doubt() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("renewed");
    deployment(&namespace, "api", 1);
    let proxy = cluster.terminating_proxy();
    let token = namespace.token(None);
    let kubeconfig = cluster.kubeconfig_of(&token, &proxy.host);
    let reading = Reading::with(KubernetesOptions {
        watch: Some(Duration::from_secs(2)),
        ..namespace.options_by(kubeconfig.path())
    });
    reading.serves("api", 1);
    reading.live();
    proxy.delay(Duration::from_millis(300));
    let renewed = || {
        let all = proxy.requests();
        let again =
            |r: &&Request| r.path.contains("watch=1&") && r.path.contains("resourceVersion=");
        all.iter().filter(again).count()
    };
    let enough = renewed() + 60;
    reading.until("sixty were opened again", |state| {
        assert_eq!(state.health, SourceHealth::Live, "{}", state.problem);
        renewed() >= enough
    });
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=2"]);
    reading.serves("api", 2);
}

#[test]
fn while_the_server_does_not_answer_no_verdict_moves_by_time_alone() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("frozen");
    let proxy = cluster.passing_proxy();
    let kubeconfig = cluster.kubeconfig_by("admin", &proxy.host);
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    reading.live();
    crate::journeys::deployment(
        &namespace,
        "api",
        ", quarterdeck.test/stage: never-ready",
        1,
    );
    let said = |state: &SourceState| {
        let api = state.snapshot.named("api");
        api.first().and_then(|api| {
            Some((
                api.instances.first()?.created?,
                api.instances[0].why.clone(),
            ))
        })
    };
    let young = reading.until("its pod starts", |state| {
        said(state).is_some_and(|(_, why)| why == *"starting")
    });
    let (made, words) = said(&young).expect("it is there");
    let late = || timestamp().duration_since(made).as_secs() >= 35;
    proxy.stall();
    let stale = |state: &SourceState| {
        assert_eq!(said(state), Some((made, words.clone())), "{state:#?}");
        state.health == SourceHealth::Stale
    };
    reading.until("stale", stale);
    reading.within(Duration::from_mins(1), "what was due is over", |state| {
        assert!(stale(state), "{state:#?}");
        late()
    });
    proxy.heal();
    reading.until("the verdict moves", |state| {
        said(state).is_some_and(|(_, why)| why == *"not ready")
    });
}

#[test]
fn a_server_that_goes_and_returns_is_offline_and_its_rows_stand() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("gone");
    deployment(&namespace, "api", 2);
    let proxy = cluster.passing_proxy();
    let kubeconfig = cluster.kubeconfig_by("admin", &proxy.host);
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    reading.serves("api", 2);
    proxy.refuse();
    let gone = reading.until("offline", |s| s.health == SourceHealth::Offline);
    assert_eq!(gone.snapshot.named("api")[0].ready(), 2, "old rows stand");
    assert!(
        gone.problem.contains("https://127.0.0.1"),
        "{}",
        gone.problem
    );
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=1"]);
    proxy.heal();
    reading.live();
    reading.serves("api", 1);
}

#[test]
fn one_that_is_not_there_at_the_start_is_found_when_it_comes() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("late");
    let proxy = cluster.passing_proxy();
    proxy.refuse();
    let kubeconfig = cluster.kubeconfig_by("admin", &proxy.host);
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    reading.until("offline", |s| s.health == SourceHealth::Offline);
    proxy.heal();
    reading.live();
}

#[test]
fn one_silent_watch_is_stale_within_75_s_though_the_others_live_and_live_again_5_s_after_healing() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("deaf");
    deployment(&namespace, "api", 1);
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&namespace.token(None), &proxy.host);
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    reading.serves("api", 1);
    reading.live();
    // The connections of now tell nothing any more, and of pods no new one does either.
    proxy.on(Rule::once("/pods?", Fault::Silence).times(1000));
    proxy.stall();
    proxy.abandon();
    let stale = reading.within(Duration::from_secs(75), "stale", |s| {
        s.health == SourceHealth::Stale && s.problem.starts_with("pods of ")
    });
    assert_eq!(stale.snapshot.named("api")[0].ready(), 1, "old rows stand");
    namespace.kubectl(&["scale", "deployment", "api", "--replicas=2"]);
    proxy.calm();
    reading.within(Duration::from_secs(5), "live again", |s| {
        s.health == SourceHealth::Live
    });
    reading.serves("api", 2);
}

/// API servers before 1.32, and those whose cache is off.
#[test]
fn a_server_that_knows_no_watch_lists_is_listed_by_pages_and_then_watched() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("pages");
    // More than a page of pods, that no node has to run.
    namespace.apply(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: many}\nspec:\n  replicas: 520\n  \
         selector: {matchLabels: {app: many}}\n  template:\n    metadata: {labels: {app: many}}\n    spec:\n      \
         schedulingGates: [{name: quarterdeck.test/never}]\n      containers: [{name: main, image: 'shop/many:v1'}]\n",
    );
    namespace.kubectl(&[
        "wait",
        "deployment/many",
        "--for=jsonpath={.status.replicas}=520",
        "--timeout=120s",
    ]);
    let token = namespace.token(None);
    for (code, other) in [(400, "first"), (422, "second")] {
        let proxy = cluster.terminating_proxy();
        let words =
            "sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled";
        let status = format!(
            r#"{{"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "{words}", "code": {code}}}"#
        );
        let refused = Fault::Answer(code, status);
        proxy.on(Rule::once("sendInitialEvents", refused).times(usize::MAX));
        let kubeconfig = cluster.kubeconfig_of(&token, &proxy.host);
        let reading = Reading::of(kubeconfig.path(), &[&namespace]);
        let has = |pods: usize| {
            move |state: &SourceState| {
                let many = state.snapshot.named("many");
                many.first()
                    .is_some_and(|many| many.instances.len() == pods)
            }
        };
        reading.until("all are listed", has(520));
        assert_eq!(reading.live().problem, "");
        let of_pods = |part: &str| {
            let all = proxy.requests();
            let fits = |path: &str| path.contains("/pods?") && path.contains(part);
            all.iter().filter(|sent| fits(&sent.path)).count()
        };
        assert_eq!(of_pods("limit=500"), 2, "{code}: two pages");
        assert_eq!(of_pods("&continue="), 1, "{code}");
        // A change, one that is new, and those that are gone, by the watch.
        deployment(&namespace, other, 1);
        reading.serves(other, 1);
        namespace.kubectl(&["scale", "deployment", "many", "--replicas=510"]);
        reading.until("ten are gone", has(510));
        namespace.kubectl(&["delete", "deployment", other]);
        reading.until("it is gone", |s| s.snapshot.named(other).is_empty());
        namespace.kubectl(&["scale", "deployment", "many", "--replicas=520"]);
        reading.until("ten are there again", has(520));
        assert_eq!(of_pods("limit=500"), 2, "{code}: nothing is listed again");
        assert_eq!(of_pods("sendInitialEvents"), 1, "{code}: it is asked once");
        assert_eq!(reading.live().health, SourceHealth::Live);
    }
}

#[test]
fn of_another_cluster_under_the_same_address_nothing_is_known_yet() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("another");
    deployment(&namespace, "api", 1);
    let proxy = cluster.terminating_proxy();
    let kubeconfig = cluster.kubeconfig_of(&namespace.token(None), &proxy.host);
    let reading = Reading::of(kubeconfig.path(), &[&namespace]);
    let known = reading.until("it said who it is", |s| {
        s.health == SourceHealth::Live && !s.snapshot.host.identity.is_empty()
    });
    // The other one has no Deployment, and may not be asked who it is.
    let hidden = Fault::Answer(404, String::new());
    proxy.on(Rule::once("/namespaces/kube-system", hidden).times(1000));
    proxy.on(Rule::once("/deployments?", Fault::Silence).times(1000));
    proxy.refuse();
    reading.until("it is gone", |s| s.health == SourceHealth::Offline);
    proxy.heal();
    let other = reading.until("another one", |s| {
        s.snapshot.host.identity != known.snapshot.host.identity
    });
    assert!(other.snapshot.host.identity.starts_with("https://"));
    assert!(
        reading
            .until("its own rows", |s| s.snapshot.named("api").is_empty())
            .health
            != SourceHealth::Live
    );
}

#[test]
fn of_a_cluster_that_was_replaced_nothing_is_shown_as_the_new_ones() {
    let cluster = cluster_or_skip!().private();
    let reading = Reading::with(KubernetesOptions {
        kubeconfig: Some(cluster.kubeconfig("admin")),
        namespaces: vec!["default".to_owned()],
        ..KubernetesOptions::default()
    });
    let deploy = |name| cluster.kubectl(&["create", "deployment", name, "--image=shop/api:v1"]);
    deploy("before");
    reading.serves("before", 1);
    let known = reading.until("it said who it is", |s| {
        s.health == SourceHealth::Live && !s.snapshot.host.identity.is_empty()
    });
    let first = &known.snapshot.host.identity;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            cluster.replace();
            deploy("after");
        });
        reading.within(Duration::from_mins(2), "the new one and its rows", |s| {
            let (before, after) = (s.snapshot.named("before"), s.snapshot.named("after"));
            let same = s.snapshot.host.identity == *first;
            assert!(
                if same { after } else { before.clone() }.is_empty(),
                "{s:#?}"
            );
            assert!(s.health != SourceHealth::Live || !same || !before.is_empty());
            let serves = s
                .snapshot
                .named("after")
                .first()
                .is_some_and(|a| a.ready() == 1);
            s.health == SourceHealth::Live && serves
        });
    });
}
