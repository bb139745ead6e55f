//! The nodes of a cluster, and one of them being drained, as the simulated cluster has them.

use std::{path::Path, sync::Arc, time::Duration};

use insta::assert_snapshot;
use jiff::SignedDuration;
use quarterdeck::{
    domain::{
        action::{Action, ClusterAction, EnvironmentKind},
        command::Command,
        health::Health,
        snapshot::Snapshot,
        source::SourceHealth,
    },
    plan::{
        Ask, Confirmed, Plan, PlanId, Preview, Progress, Risk, Side, Step, StepState, Target, Verb,
    },
    platform::sim::{self, World},
    state::{Model, Msg, Pane, keys, operations, services::RowId, update},
    text::SafeText,
};

use crate::{
    fixture::{ago, connecting, now, source},
    picture::{look, picture, text},
};

const SIZES: [(u16, u16); 4] = [(40, 10), (80, 24), (120, 40), (200, 60)];
const PLAN: PlanId = PlanId(9);

fn all_sizes(model: impl Fn() -> Model) -> String {
    let one = |(columns, rows): (u16, u16)| {
        let text = text(&mut model(), &look(), columns, rows);
        format!("{columns}x{rows}\n{text}")
    };
    SIZES.map(one).join("\n\n")
}

/// The cluster five seconds into its story, with a node that does not answer and one that is cordoned.
fn cluster() -> Snapshot {
    let scenario = sim::load(Path::new("arches")).expect("built in");
    let origin = now() - SignedDuration::from_secs(5);
    let mut world = World::new(Arc::new(scenario), 1, origin);
    world.run_to(Duration::from_secs(5));
    let mut snapshot = Snapshot::clone(&world.snapshot());
    for service in &mut snapshot.services {
        let (health, why) = match &*service.id.name {
            "node/ip-10-0-2-87" => (Health::Critical, "its kubelet no longer answers"),
            "node/ip-10-0-3-11" => (Health::Well, "cordoned: no new pods go there"),
            _ => continue,
        };
        let node = Arc::make_mut(service);
        (node.health, node.why) = (health, SafeText::line(why));
        node.why_since = (health != Health::Well).then(|| ago(95));
    }
    snapshot
}

fn nodes() -> Model {
    let mut model = connecting();
    let state = source(SourceHealth::Live, 0, cluster());
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    let _ = keys::run(&mut model, Command::Nodes);
    model
}

/// The cordoned node, from which two of three pods are gone; the third is kept by its budget.
fn drained() -> Model {
    let mut model = nodes();
    let snapshot = model.source.snapshot.clone();
    let mut services = snapshot.services.iter();
    let node = services
        .find(|s| &*s.id.name == "node/ip-10-0-3-11")
        .expect("a node");
    model.services.cursor.selected = Some(RowId::Service(node.id.clone()));
    let target = Target::freeze(
        SafeText::name("shop"),
        EnvironmentKind::Production,
        snapshot.host.identity.clone(),
        node,
    );
    let side = |what| Side {
        what: SafeText::from_static(what),
        facts: SafeText::EMPTY,
    };
    let step = |verb, object| Step {
        verb,
        object: SafeText::from_static(object),
    };
    let preview = Preview {
        ask: Ask {
            action: Action::Cluster(ClusterAction::Drain),
            target,
            history: Vec::new(),
            resumes: None,
        },
        now: side("takes new pods"),
        to: side("takes no new pods"),
        changes: Vec::new(),
        remains: Vec::new(),
        notes: Vec::new(),
        steps: vec![
            step(Verb::Patch, "node ip-10-0-3-11"),
            step(Verb::Remove, "pod archesai/archesai-api-5d8f-kq2lx"),
            step(Verb::Remove, "pod observability/grafana-66c4-t9zwr"),
            step(Verb::Remove, "pod data/postgres-0"),
            step(Verb::Await, "node ip-10-0-3-11"),
        ],
        impact: SafeText::EMPTY,
        estimate: None,
        risk: Risk::Plain,
        choices: Vec::new(),
        owner: None,
    };
    let agreed = Confirmed {
        by: SafeText::name("sre-1"),
        at: ago(31),
        reason: SafeText::EMPTY,
        unrecorded: false,
    };
    let plan = Plan::new(PLAN, preview, ago(60))
        .confirm("", agreed)
        .expect("it has stood for long enough");
    let _ = operations::begin(&mut model, plan);
    let waits = "PDB data/postgres lets none of its pods go now: 1 of 1 that it needs are healthy";
    for progress in [
        Progress::Begun(SafeText::name("op-1")),
        Progress::Step(0, StepState::Done),
        Progress::Step(1, StepState::Done),
        Progress::Step(2, StepState::Done),
        Progress::Step(3, StepState::Running),
        Progress::Waiting(SafeText::line(waits)),
    ] {
        let _ = update(&mut model, Msg::Progress(PLAN, progress));
    }
    model
}

#[test]
fn at_every_size() {
    assert_snapshot!(all_sizes(nodes));
    assert_snapshot!(picture(&mut nodes(), &look(), 80, 24));
}

#[test]
fn while_one_is_drained_the_budget_that_keeps_a_pod_is_said() {
    let zoomed = || {
        let mut model = drained();
        model.focus = Pane::Rollouts;
        model
    };
    assert_snapshot!(all_sizes(zoomed));
    assert_snapshot!(picture(&mut drained(), &look(), 80, 24));
}
