use serde_json::{Value, json};

use super::*;
use crate::{
    domain::{action::EnvironmentKind, service::ServiceId},
    plan::{Resumed, Sent},
    platform::docker::actions::{work::Act, world::ImageInfo},
};

/// A replica of `shop/api`, running `v1`.
fn replica(number: u32, change: impl FnOnce(&mut Value)) -> Container {
    let mut inspect: Value =
        serde_json::from_str(include_str!("../spec/inspects/compose.json")).unwrap();
    inspect["Id"] = format!("{number:064x}").into();
    inspect["Name"] = format!("/shop-api-{number}").into();
    inspect["Config"]["Labels"]["com.docker.compose.container-number"] = number.to_string().into();
    inspect["Mounts"] = json!([]);
    inspect["State"]["Health"]["Status"] = "healthy".into();
    change(&mut inspect);
    Container(inspect)
}

fn world(containers: Vec<Container>) -> World {
    let v1 = containers[0].image_id().to_owned();
    let image = |id: &str, env: Value| ImageInfo {
        id: id.to_owned(),
        tags: Vec::new(),
        config: json!({ "Env": env }),
    };
    let images = [
        (v1.clone(), image(&v1, json!(["PATH=/bin", "VERSION=1"]))),
        (
            "qd-busybox:v1".to_owned(),
            image(&v1, json!(["PATH=/bin", "VERSION=1"])),
        ),
        (
            "qd-busybox:v2".to_owned(),
            image("sha256:2222", json!(["PATH=/bin", "TOKEN=opensesame"])),
        ),
    ];
    World {
        identity: SafeText::from_static("daemon-1"),
        containers,
        images: images.into(),
        kept: Vec::new(),
    }
}

fn ask(action: Action, world: &World) -> Ask {
    Ask {
        action,
        target: Target {
            environment: SafeText::from_static("local"),
            kind: EnvironmentKind::Production,
            identity: world.identity.clone(),
            service: ServiceId {
                group: SafeText::from_static("shop"),
                name: SafeText::from_static("api"),
            },
            seen: world.containers.iter().map(seen).collect(),
            replicas: world.containers.len() as u32,
            image: SafeText::from_static("qd-busybox:v1"),
            ..Target::default()
        },
        history: Vec::new(),
        resumes: None,
    }
}

fn planned(action: Action, world: &World) -> Result<PlanDraft, Refusal> {
    plan(&ask(action, world), world, &Patience::default())
}

fn rollout() -> Action {
    Action::Rollout {
        image: SafeText::from_static("v2"),
    }
}

/// `create shop-api-1 (new); …`, without the service's name.
fn steps(draft: &PlanDraft) -> String {
    let line = |s: &crate::plan::Step| format!("{} {}", s.verb, s.object).replace("shop-api-", "");
    draft
        .preview
        .steps
        .iter()
        .map(line)
        .collect::<Vec<_>>()
        .join("; ")
}

#[test]
fn a_rollout_says_what_it_does_and_shows_no_value() {
    let world = world(vec![replica(1, |_| {})]);
    let draft = planned(rollout(), &world).unwrap();
    assert_eq!(
        steps(&draft),
        "tag v1 as quarterdeck/shop/api; create 1 (new); connect 1 (new) to shop_default; start 1 (new); await 1 (new); \
         stop 1 (old); remove 1 (old); rename 1 (new) to 1"
    );
    let lines: Vec<_> = draft
        .preview
        .changes
        .iter()
        .map(|c| format!("{:?} {} {}", c.kind, c.field, c.value))
        .collect();
    assert_eq!(
        lines[2..],
        ["Removed env VERSION", "Added env TOKEN"],
        "the names of variables alone"
    );
    assert_eq!(
        draft.preview.ask.action,
        Action::Rollout {
            image: SafeText::from_static("qd-busybox:v2")
        }
    );
    let told = serde_json::to_string(&draft.preview).unwrap();
    assert!(
        !told.contains("opensesame") && !told.contains("hunter2"),
        "{told}"
    );
}

#[test]
fn a_single_replica_with_a_port_of_its_own_is_down_for_a_while() {
    let fixed =
        |c: &mut Value| c["HostConfig"]["PortBindings"]["8080/tcp"][0]["HostPort"] = json!("80");
    let world = world(vec![replica(1, fixed)]);
    let draft = planned(rollout(), &world).unwrap();
    assert_eq!(
        steps(&draft),
        "tag v1 as quarterdeck/shop/api; create 1 (new); connect 1 (new) to shop_default; stop 1 (old); start 1 (new); \
         await 1 (new); remove 1 (old); rename 1 (new) to 1"
    );
    assert!(
        draft.preview.impact.starts_with("down for about 3 s"),
        "{}",
        draft.preview.impact
    );
    assert!(
        draft.preview.notes[0].text.contains("port 80"),
        "{:?}",
        draft.preview.notes
    );
}

#[test]
fn a_name_that_somebody_chose_is_free_before_the_new_one_is_made() {
    let named = |c: &mut Value| c["Name"] = "/theapi".into();
    let draft = planned(rollout(), &world(vec![replica(1, named)])).unwrap();
    assert_eq!(
        steps(&draft),
        "tag v1 as quarterdeck/shop/api; rename theapi aside; create theapi (new); connect theapi (new) to shop_default; \
         stop theapi (old); rename theapi (new) to theapi; start theapi; await theapi; remove theapi (old)"
    );
    assert_eq!(numbers(&draft), ["1"]);
}

#[test]
fn no_new_container_has_a_number_that_compose_knows_another_by() {
    let numbered = |n: u32, number: &'static str| {
        replica(n, move |c| {
            c["Config"]["Labels"]["com.docker.compose.container-number"] = number.into();
        })
    };
    let two = world(vec![numbered(1, "3"), numbered(2, "2")]);
    assert_eq!(numbers(&planned(rollout(), &two).unwrap()), ["4", "5"]);
    let draft = planned(Action::Scale { replicas: 3 }, &two).unwrap();
    assert_eq!(numbers(&draft), ["4"]);
    assert!(steps(&draft).contains("rename 4 to 4"), "{}", steps(&draft));
    let fewer = planned(Action::Scale { replicas: 1 }, &two).unwrap();
    assert_eq!(steps(&fewer), "stop 2; remove 2", "by their names");
}

/// The numbers under which Compose will know what is made.
fn numbers(draft: &PlanDraft) -> Vec<&str> {
    let works = draft.groups.iter().flat_map(|g| &g.works);
    works
        .filter_map(|work| match &work.act {
            Act::Create { body, .. } => {
                body["Labels"]["com.docker.compose.container-number"].as_str()
            }
            _ => None,
        })
        .collect()
}

#[test]
fn a_cut_by_more_than_half_is_typed_in_production() {
    let three = world((1..=3).map(|n| replica(n, |_| {})).collect());
    let draft = planned(Action::Scale { replicas: 1 }, &three).unwrap();
    assert_eq!(steps(&draft), "stop 3; remove 3; stop 2; remove 2");
    assert_eq!(draft.preview.risk, Risk::Typed);
    assert_eq!(
        planned(Action::Restart, &three).unwrap().preview.risk,
        Risk::Plain
    );
}

#[test]
fn scaling_says_what_a_plain_up_returns_to() {
    let three = world((1..=3).map(|n| replica(n, |_| {})).collect());
    for replicas in [2, 5] {
        let draft = planned(Action::Scale { replicas }, &three).unwrap();
        let said = "a plain `docker compose up` returns to the number that its file says";
        let mut notes = draft.preview.notes.iter();
        let note = notes.find(|note| &*note.text == said);
        assert!(
            note.is_some_and(|note| note.severity.is_some()),
            "{replicas}: {draft:?}"
        );
    }
}

#[test]
fn what_cannot_be_done_is_refused_in_words() {
    type Change = fn(&mut Value);
    let cases: [(Action, Change, &str); 5] = [
        (
            rollout(),
            |c| c["HostConfig"]["AutoRemove"] = true.into(),
            "--rm",
        ),
        (
            Action::Stop,
            |c| c["HostConfig"]["AutoRemove"] = true.into(),
            "--rm",
        ),
        (
            Action::Restart,
            |c| c["State"]["Status"] = "paused".into(),
            "paused",
        ),
        (
            rollout(),
            |c| c["Config"]["Labels"]["com.docker.swarm.task.id"] = "x".into(),
            "Swarm",
        ),
        (
            Action::Scale { replicas: 2 },
            |c| c["State"]["Status"] = "exited".into(),
            "no copy serves",
        ),
    ];
    for (action, change, word) in cases {
        let refusal = planned(action, &world(vec![replica(1, change)])).expect_err(word);
        assert!(refusal.why.contains(word), "{refusal:?}");
    }
}

#[test]
fn a_start_by_the_restart_policy_is_no_change_and_one_by_hand_is() {
    let before = world(vec![replica(1, |_| {})]);
    let ask = ask(Action::Restart, &before);
    let later = |restarts: i64| {
        world(vec![replica(1, |c| {
            c["State"]["StartedAt"] = "2026-11-21T13:00:00Z".into();
            c["RestartCount"] = restarts.into();
        })])
    };
    assert_eq!(changed(&ask.target, &later(3)), None);
    assert!(
        changed(&ask.target, &later(0))
            .unwrap()
            .contains("started again")
    );
}

#[test]
fn a_crash_loop_is_planned_alike_in_each_of_its_moments() {
    let plans = ["running", "restarting"].map(|status| {
        planned(
            rollout(),
            &world(vec![replica(1, |c| c["State"]["Status"] = status.into())]),
        )
        .unwrap()
        .groups
    });
    assert_eq!(
        plans[0].iter().map(|g| g.works.len()).collect::<Vec<_>>(),
        plans[1].iter().map(|g| g.works.len()).collect::<Vec<_>>()
    );
}

#[test]
fn another_daemon_under_the_same_address_is_refused_and_supersedes() {
    let here = world(vec![replica(1, |_| {})]);
    let mut there = here.clone();
    there.identity = SafeText::from_static("daemon-2");
    let mut ask = ask(Action::Restart, &here);
    for resumes in [None, Some(SafeText::from_static("an operation").into())] {
        ask.resumes = resumes;
        let refusal = plan(&ask, &there, &Patience::default()).expect_err("it is refused");
        assert_eq!(&*refusal.why, "another daemon answers under this address");
    }
    let change = changed(&ask.target, &there).expect("it is noticed");
    assert!(change.contains("another daemon"), "{change}");
}

#[test]
fn a_copy_that_somebody_adds_where_there_was_none_is_noticed() {
    let now = world(vec![replica(1, |_| {})]);
    let mut ask = ask(Action::Restart, &now);
    ask.target.seen.clear();
    let refusal = plan(&ask, &now, &Patience::default()).expect_err("it is refused");
    assert!(refusal.why.contains("was added by somebody"), "{refusal:?}");
}

/// Each copy is restarted once, however often the console was lost on the way.
#[test]
fn an_interrupted_restart_goes_on_where_it_was() {
    let now = world(vec![replica(1, |_| {}), replica(2, |_| {})]);
    let mut ask = ask(Action::Restart, &now);
    let sent = |container: &Container, started| Sent {
        verb: SafeText::from_static("restart"),
        object: SafeText::EMPTY,
        id: SafeText::name(container.id()),
        started,
        anew: None,
    };
    let [one, two] = now.containers.as_slice() else {
        unreachable!()
    };
    let earlier = "2020-01-01T00:00:00Z".parse().ok();
    ask.resumes = Some(Resumed {
        // What it was then counts; that it was seen once more by a later one does not.
        sent: vec![
            sent(one, earlier),
            sent(one, one.started()),
            sent(two, two.started()),
        ],
        ..Resumed::from(SafeText::from_static("an operation"))
    });
    let draft = plan(&ask, &now, &Patience::default()).unwrap();
    assert_eq!(steps(&draft), "await 1; restart 2; await 2");
}
