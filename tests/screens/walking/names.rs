//! What a step is about: found by its bare name, and never guessed.

use std::sync::Arc;

use quarterdeck::{
    domain::service::{Service, ServiceId, ServiceKind},
    plan::record::OperationResult,
};

use super::*;

/// A console in which that list is walked, beside a node, a CronJob and what else there is.
fn walks_beside(list: &str, more: &[(ServiceKind, &str, &str)]) -> Model {
    let mut model = shop();
    model.operator = Some(text("ana"));
    let _ = update(&mut model, Msg::Clock(at(100)));
    let _ = update(&mut model, Msg::Resized(80, 24));
    let mut source = model.source.clone();
    let snapshot = Arc::make_mut(&mut source.snapshot);
    for &(kind, group, name) in more {
        let (group, name) = (text(group), text(name));
        let id = ServiceId { group, name };
        snapshot.services.push(Arc::new(Service {
            id,
            kind,
            ..Service::default()
        }));
    }
    let _ = update(&mut model, Msg::Source(Box::new(source)));
    let opened = opened(&model, list, Hold::Own, Vec::new());
    let _ = update(&mut model, opened);
    model
}

/// The service and the action whose plan is asked for.
fn previewed(effects: Vec<Effect>) -> Vec<(String, Action)> {
    let previews = effects.into_iter().filter_map(|effect| match effect {
        Effect::Work(Work::Preview { action, target, .. }) => {
            Some((target.service.to_string(), action))
        }
        _ => None,
    });
    previews.collect()
}

#[test]
fn a_node_and_a_cronjob_are_found_by_their_bare_names() {
    let there = [
        (ServiceKind::Node, "", "node/node-a1"),
        (ServiceKind::CronJob, "shop", "cj/postgres-backup"),
    ];
    for (order, wanted) in [
        ("cordon node-a1", "node/node-a1"),
        ("drain node/node-a1", "node/node-a1"),
        ("cronjob postgres-backup", "shop/cj/postgres-backup"),
    ] {
        let mut model = walks_beside(&format!("- [ ] Do it `do: {order}`\n"), &there);
        let effects = press(&mut model, "space");
        let found: Vec<String> = previewed(effects).into_iter().map(|(of, _)| of).collect();
        assert_eq!(found, [wanted], "{order}: {}", said(&model));
        assert_eq!(
            model.step_service().map(|id| id.to_string()).as_deref(),
            Some(wanted)
        );
    }
    let mut model = walks_beside("- [ ] Do it `do: cordon nodea1`\n", &there);
    assert_eq!(previewed(press(&mut model, "space")), []);
    assert_eq!(
        said(&model),
        "there is no node nodea1: did you mean node/node-a1?"
    );
}

#[test]
fn of_two_that_share_a_name_none_is_picked() {
    let there = [(ServiceKind::Compose, "blog", "api")];
    let several = |model: &Model| {
        let said = said(model);
        said.starts_with("there are several services called api; say which: ")
            && said.contains("blog/api")
    };
    let mut model = walks_beside("- [ ] Do it `do: restart api`\n", &there);
    assert_eq!(previewed(press(&mut model, "space")), []);
    assert!(several(&model), "{}", said(&model));
    assert_eq!(model.step_service(), None, "nor are its logs shown");
    let mut model = walks_beside("- [ ] Do it `do: restart blog/api`\n", &there);
    let found = previewed(press(&mut model, "space"));
    assert_eq!(found, [("blog/api".to_owned(), Action::Restart)]);

    // Nor for the way back: of what the abort criterion names, and of what was rolled out.
    let list = "- [ ] Out `do: rollout api v2`\n";
    for list in [
        list,
        &format!("---\nabort-when: restarts(api) > 9\n---\n{list}"),
    ] {
        let mut model = walks_beside(list, &there);
        let (item, operation) = (ItemId(1), OperationId::parse("op-1"));
        let begun = What::DoBegun {
            item,
            operation: operation.clone(),
        };
        let ended = What::DoEnded {
            item,
            operation,
            result: OperationResult::Verified,
            words: text("done"),
        };
        let events = vec![by(1, "ana", begun), by(2, "ana", ended)];
        let _ = update(&mut model, happened(events));
        assert_eq!(previewed(press(&mut model, "u")), []);
        assert!(several(&model), "{}", said(&model));
    }
}
