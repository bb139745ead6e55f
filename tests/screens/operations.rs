//! This console's own actions in the rollouts pane: under way, put right, ended.

use std::{sync::Arc, time::Duration};

use insta::assert_snapshot;
use jiff::{SignedDuration, Timestamp};
use quarterdeck::{
    domain::{
        action::{Action, EnvironmentKind},
        alert::Alert,
        host::Host,
        past::Past,
        revision::Revision,
        rollout::RolloutState,
        snapshot::Snapshot,
        source::SourceHealth,
    },
    plan::{
        Ask, Confirmed, Outcome, Plan, PlanId, Preview, Previewed, Progress, Risk, Side, Step,
        StepState, Target, Verb,
    },
    state::{Model, Msg, Pane, alerts::Group, operations, update},
    text::SafeText,
};

use crate::{
    fixture::{ago, alerts, connecting, id, now, shop, snapshot, source},
    picture::{look, picture, text},
};

pub(crate) const PLAN: PlanId = PlanId(7);

/// A rollback of `api` in five steps that somebody agreed to 31 seconds ago.
pub(crate) fn agreed(model: &Model) -> Plan<Confirmed> {
    let api = model.snapshot().service(&id("api")).expect("api");
    let target = Target::freeze(
        SafeText::name("shop"),
        EnvironmentKind::Production,
        model.snapshot().host.identity.clone(),
        api,
    );
    let side = |what: &str| Side {
        what: SafeText::name(what),
        facts: SafeText::EMPTY,
    };
    let step = |number| Step {
        verb: Verb::Create,
        object: SafeText::name(format!("shop-api-{number}")),
    };
    let preview = Preview {
        ask: Ask {
            action: Action::RollBack {
                to: Some(SafeText::name("sha256:13")),
            },
            target,
            history: Vec::<Revision>::new(),
            resumes: None,
        },
        now: side("v1.8.2"),
        to: side("v1.8.1"),
        changes: Vec::new(),
        remains: Vec::new(),
        notes: Vec::new(),
        steps: (1..=5).map(step).collect(),
        impact: SafeText::EMPTY,
        estimate: Some(Duration::from_secs(50)),
        risk: Risk::Plain,
        choices: Vec::new(),
        owner: None,
    };
    let plan: Plan<Previewed> = Plan::new(PLAN, preview, ago(60));
    let agreed = Confirmed {
        by: SafeText::name("sre-1"),
        at: ago(31),
        reason: SafeText::EMPTY,
        unrecorded: false,
    };
    plan.confirm("", agreed)
        .expect("it has stood for long enough")
}

fn under_way() -> Model {
    let mut model = shop();
    // The platform shows what the action brings about: two of five are new.
    let mut seen = snapshot();
    seen.host = Arc::new(Host {
        identity: SafeText::name("cluster"),
        ..Host::default()
    });
    let api = Arc::make_mut(&mut seen.rollouts[1]);
    api.started = ago(30);
    api.state = RolloutState::Progressing;
    api.new.truncate(2);
    let state = source(SourceHealth::Live, 0, seen);
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    let plan = agreed(&model);
    let _ = operations::begin(&mut model, plan);
    for progress in [
        Progress::Begun(SafeText::name("op-1")),
        Progress::Step(0, StepState::Done),
        Progress::Step(1, StepState::Done),
        Progress::Step(2, StepState::Running),
        Progress::Waiting(SafeText::line("shop-api-3: health check, 2nd run")),
    ] {
        let _ = update(&mut model, Msg::Progress(PLAN, progress));
    }
    model.focus = Pane::Rollouts;
    model
}

#[test]
fn under_way_says_how_far_how_long_and_what_it_waits_for() {
    let mut model = under_way();
    assert_snapshot!(picture(&mut model, &look(), 80, 24));
    assert_snapshot!(text(&mut model, &look(), 120, 40));
}

#[test]
fn longer_than_expected_is_said() {
    let mut model = under_way();
    let later = now() + SignedDuration::from_secs(60);
    let _ = update(&mut model, Msg::Clock(later));
    let text = text(&mut model, &look(), 80, 24);
    assert!(text.contains("longer than expected"), "{text}");
}

#[test]
fn a_daemon_that_goes_away_is_said_at_once_and_nothing_is_counted_down() {
    let mut model = under_way();
    let mut state = model.source.clone();
    state.health = SourceHealth::Offline;
    state.proof = Some(now() - SignedDuration::from_secs(4));
    state.generation += 1;
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    let shown = text(&mut model, &look(), 80, 24);
    assert!(
        shown.contains("daemon away for 0:04, step 3 unknown"),
        "{shown}"
    );
    assert!(!shown.contains(" left"), "{shown}");
}

#[test]
fn what_is_being_put_back_is_not_stopped() {
    let mut model = under_way();
    let back = Progress::PuttingBack(SafeText::line("remove shop-api-3 (new)"));
    let _ = update(&mut model, Msg::Progress(PLAN, back));
    let halted = operations::halt(&mut model, PLAN);
    assert!(halted.effects.is_empty(), "nothing is told to stop");
    let shown = text(&mut model, &look(), 80, 24);
    assert!(shown.contains("being put back: stopping now"), "{shown}");
}

#[test]
fn a_failure_says_why_and_what_is_done_about_it() {
    let mut model = under_way();
    let why = SafeText::line("exit 1 before its health check passed");
    for progress in [
        Progress::Step(2, StepState::Failed(why.clone())),
        Progress::PuttingBack(SafeText::line("shop-api-3 serves again with v1.8.2")),
    ] {
        let _ = update(&mut model, Msg::Progress(PLAN, progress));
    }
    let during = text(&mut model, &look(), 80, 24);
    assert!(
        during.contains("putting back: shop-api-3 serves again"),
        "{during}"
    );
    let outcome = Outcome::Failed {
        step: 2,
        applied: 2,
        why,
        now: SafeText::line("the old one serves again"),
    };
    let _ = update(&mut model, Msg::Progress(PLAN, Progress::Ended(outcome)));
    assert_snapshot!(text(&mut model, &look(), 80, 24));
}

#[test]
fn while_nothing_moves_what_was_changed_before_stands_there() {
    let mut model = shop();
    let quiet = Snapshot {
        rollouts: Vec::new(),
        ..snapshot()
    };
    let identity = quiet.host.identity.clone();
    let state = source(SourceHealth::Live, 0, quiet);
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    let past =
        |seq, name: &str, action: &str, from: &str, to: &str, by: &str, outcome: &str| Past {
            seq,
            operation: SafeText::name(if by.is_empty() { "" } else { "op" }),
            service: id(name),
            action: SafeText::name(action),
            from: SafeText::name(from),
            to: SafeText::name(to),
            by: SafeText::name(by),
            at: ago(4_000 * seq as i64),
            outcome: SafeText::line(outcome),
            well: outcome != "failed",
        };
    let changes = vec![
        past(
            1, "api", "rollback", "v1.8.2", "v1.8.1", "sre-1", "verified",
        ),
        past(2, "worker", "", "v1.8.1", "v1.8.2", "", "noticed"),
        past(3, "web", "scale", "2", "3", "ana", "failed"),
        past(30, "redis", "restart", "", "", "ana", "verified"),
    ];
    let _ = update(&mut model, Msg::History(identity, changes));
    assert_snapshot!(picture(&mut model, &look(), 80, 24));
    assert_snapshot!(text(&mut model, &look(), 120, 40));
    // What moves has the pane to itself.
    let plan = agreed(&model);
    let _ = operations::begin(&mut model, plan);
    let text = text(&mut model, &look(), 80, 24);
    assert!(!text.contains("by sre-1"), "{text}");
}

#[test]
fn of_a_rollout_that_was_under_way_before_it_says_so() {
    let mut seen = snapshot();
    let rollout = Arc::make_mut(&mut seen.rollouts[0]);
    rollout.began_before = true;
    rollout.started = ago(4);
    let mut model = connecting();
    let state = source(SourceHealth::Live, 0, seen);
    let _ = update(&mut model, Msg::Source(Box::new(state)));
    let text = text(&mut model, &look(), 100, 24);
    assert!(text.contains("stuck since before 14:02"), "{text}");
    assert!(!text.contains("stuck 0:04"), "{text}");
    // Nothing counts as brought by it.
    let brought: Vec<Timestamp> = model.deployments().map(|r| r.started).collect();
    assert_eq!(brought, [ago(190)]);
}

#[test]
fn what_came_with_a_deployment_is_new_though_another_one_followed_on_another_service() {
    let mut model = shop();
    let began = |seconds| move |alert: &mut Alert| alert.since = Some(ago(seconds));
    let mut found = alerts();
    found.truncate(3);
    // worker was deployed at 124, api at 190; the platform's times are whole seconds.
    found
        .iter_mut()
        .zip([125, 150, 150])
        .for_each(|(alert, at)| began(at)(alert));
    let _ = update(&mut model, Msg::Alerts(found));
    let groups: Vec<(Group, String)> = model
        .grouped_alerts()
        .into_iter()
        .map(|(group, alert)| (group, alert.service.as_ref().unwrap().name.to_string()))
        .collect();
    let expected = [
        (Group::NewSinceDeploy, "worker"),
        (Group::NewSinceDeploy, "api"),
        (Group::AlreadyThere, "postgres"),
    ]
    .map(|(group, name)| (group, name.to_owned()));
    assert_eq!(groups, expected);
}
