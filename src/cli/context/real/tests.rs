use std::path::Path;

use super::*;

const CLUSTERS: &str = "
current-context: eks-1
clusters: [{name: one, cluster: {server: 'https://one:6443'}}]
contexts:
- {name: eks-1, context: {cluster: one, namespace: team}}
- {name: eks-2, context: {cluster: one}}
";

/// A way with that kubeconfig in the place of the one that `kubectl` uses.
fn way(settings: Settings, by_hand: ByHand, kept: Option<&Path>) -> Real {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config");
    std::fs::write(&file, CLUSTERS).expect("it is written");
    let contexts = kubernetes::contexts(Some(&file)).expect("it reads");
    let kubeconfigs = Kubeconfigs(RefCell::new([(None, Ok(Arc::new(contexts)))].into()));
    let mut real = Real {
        settings: Arc::new(settings),
        by_hand,
        at: Arc::default(),
        last: None,
        chosen: BTreeMap::new(),
        memory: Memory::read(kept.map(Path::to_owned)),
        remembers: kept.is_some(),
        kubeconfigs,
    };
    if let Some(at) = real.begin().expect("it leads somewhere") {
        real.lead(at);
    }
    real
}

fn clusters(all: &[(&str, EnvironmentKind, &str, &[&str])]) -> Settings {
    let mut settings = Settings::default();
    for (name, kind, context, namespaces) in all {
        let environment = Environment {
            kind: *kind,
            kubernetes: Some(Kubernetes {
                context: Some((*context).to_owned()),
                namespaces: namespaces.iter().map(|name| (*name).to_owned()).collect(),
                kubeconfig: None,
            }),
            ..Environment::default()
        };
        settings
            .environments
            .insert((*name).to_owned(), environment);
    }
    settings
}

fn shown(real: &Real) -> String {
    match real.spot() {
        Spot::Docker(options) => format!("docker {}", options.host.unwrap_or_default()),
        Spot::Kubernetes(options) => format!(
            "{} {}",
            options.context.unwrap_or_default(),
            options.namespaces.join(",")
        ),
    }
}

fn go(real: &mut Real, destination: Destination) {
    let settings = Arc::clone(&real.settings);
    real.turn(&destination, &settings);
}

#[test]
fn what_is_named_by_hand_is_none_of_the_environments() {
    let by_hand = ByHand {
        docker_host: Some("unix:///by/hand".to_owned()),
        ..ByHand::default()
    };
    let settings = clusters(&[("live", EnvironmentKind::Production, "eks-1", &[])]);
    let real = way(settings, by_hand, None);
    assert_eq!(shown(&real), "docker unix:///by/hand");
    assert_eq!(real.place().kind, EnvironmentKind::Unknown);
}

#[test]
fn a_context_that_the_settings_know_is_as_careful_as_they_say() {
    let by_hand = ByHand {
        kube_context: Some("eks-1".to_owned()),
        ..ByHand::default()
    };
    let settings = clusters(&[
        ("a-test", EnvironmentKind::Development, "eks-1", &[]),
        ("live", EnvironmentKind::Production, "eks-1", &["shop"]),
    ]);
    let mut real = way(settings, by_hand, None);
    assert_eq!(real.place().kind, EnvironmentKind::Production);
    go(&mut real, Destination::Context(SafeText::name("eks-2")));
    assert_eq!(real.place().kind, EnvironmentKind::Unknown);
    assert_eq!(shown(&real), "eks-2 ");
    go(&mut real, Destination::Context(SafeText::name("eks-1")));
    assert_eq!(&*real.place().environment, "live");
}

#[test]
fn namespaces_are_those_chosen_then_named_then_set_then_the_contexts() {
    let settings = clusters(&[("live", EnvironmentKind::Production, "eks-1", &["shop"])]);
    let mut real = way(settings.clone(), ByHand::default(), None);
    assert_eq!(shown(&real), "eks-1 shop");
    go(
        &mut real,
        Destination::Namespaces(vec![SafeText::name("ops")]),
    );
    assert_eq!(shown(&real), "eks-1 ops");
    // All of an environment is what the settings make of it.
    go(&mut real, Destination::Namespaces(Vec::new()));
    assert_eq!(shown(&real), "eks-1 shop");
    let by_hand = ByHand {
        namespaces: vec!["other".to_owned()],
        ..ByHand::default()
    };
    let real = way(settings, by_hand.clone(), None);
    assert_eq!(shown(&real), "eks-1 other");
    assert_eq!(real.place().kind, EnvironmentKind::Production);
    assert_eq!(
        shown(&way(Settings::default(), by_hand, None)),
        "eks-1 other"
    );
    let mut own = way(Settings::default(), ByHand::default(), None);
    go(&mut own, Destination::Environment(SafeText::name("eks-1")));
    assert_eq!(shown(&own), "eks-1 team");
}

#[test]
fn what_is_chosen_is_kept_for_the_next_console_alone() {
    let kept = tempfile::tempdir().expect("a folder");
    let mut real = way(Settings::default(), ByHand::default(), Some(kept.path()));
    go(&mut real, Destination::Environment(SafeText::name("eks-1")));
    go(&mut real, Destination::Namespaces(Vec::new()));
    assert_eq!(shown(&real), "eks-1 ");
    let again = || {
        let mut next = way(Settings::default(), ByHand::default(), Some(kept.path()));
        go(&mut next, Destination::Environment(SafeText::name("eks-1")));
        next
    };
    assert_eq!(shown(&again()), "eks-1 ");
    let command = Real {
        remembers: false,
        ..again()
    };
    assert_eq!(shown(&command), "eks-1 team");
}

#[test]
fn the_settings_of_that_moment_lead_to_an_environment() {
    let settings = clusters(&[("live", EnvironmentKind::Production, "eks-1", &[])]);
    let mut real = way(settings.clone(), ByHand::default(), None);
    let mut later = settings;
    later.preferences.read_only = true;
    real.turn(&Destination::Here, &Arc::new(later));
    let Spot::Kubernetes(options) = real.spot() else {
        panic!("it is still a cluster");
    };
    assert!(options.read_only);
    // A name that they do not know leads to no other environment.
    go(&mut real, Destination::Environment(SafeText::name("gone")));
    assert_eq!(shown(&real), "docker ");
}

#[test]
fn another_context_is_one_of_the_same_kubeconfig_and_its_current_one_leads_back_to_the_environment()
{
    let file = PathBuf::from("/etc/ops/kubeconfig");
    let mut settings = clusters(&[("live", EnvironmentKind::Production, "", &["shop"])]);
    let live = settings.environments.get_mut("live").expect("it is there");
    let of = live.kubernetes.as_mut().expect("a cluster");
    (of.context, of.kubeconfig) = (None, Some(file.clone()));
    let mut real = way(settings, ByHand::default(), None);
    let same = real.kubeconfigs.contexts(None);
    real.kubeconfigs
        .0
        .borrow_mut()
        .insert(Some(file.clone()), Ok(same));
    go(&mut real, Destination::Context(SafeText::name("eks-2")));
    assert_eq!(shown(&real), "eks-2 ");
    assert_eq!(real.kubeconfig(), Some(file));
    assert_eq!(real.place().kind, EnvironmentKind::Unknown);
    go(&mut real, Destination::Context(SafeText::name("eks-1")));
    assert_eq!(shown(&real), "eks-1 shop");
    assert_eq!(real.place().kind, EnvironmentKind::Production);
}

#[test]
fn a_kubeconfig_named_by_hand_is_the_one_that_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("prod.yaml");
    // Its context has the name of the one that is found without it.
    std::fs::write(&file, CLUSTERS.replace("one:6443", "prod:6443")).expect("it is written");
    let by_hand = ByHand {
        kubeconfig: Some(file.clone()),
        ..ByHand::default()
    };
    let mut real = way(Settings::default(), by_hand, None);
    for context in ["eks-1", "eks-2"] {
        go(&mut real, Destination::Context(SafeText::name(context)));
        let Spot::Kubernetes(options) = real.spot() else {
            panic!("it is a cluster");
        };
        assert_eq!(options.kubeconfig.as_ref(), Some(&file));
        assert_eq!(options.context.as_deref(), Some(context));
    }
}

#[test]
fn an_environment_that_the_settings_know_no_more_is_reached_as_they_had_it() {
    let settings = clusters(&[("live", EnvironmentKind::Production, "eks-2", &["shop"])]);
    let mut real = way(settings, ByHand::default(), None);
    let without = Arc::new(Settings::default());
    for _ in 0..2 {
        real.turn(&Destination::Here, &without);
        assert_eq!(shown(&real), "eks-2 shop");
        assert_eq!(real.place().kind, EnvironmentKind::Production);
    }
}
