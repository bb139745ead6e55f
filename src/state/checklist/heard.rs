//! What is heard of checklists, and what a look at the platform tells.

use super::{
    super::{
        Effect, Layer, Model, Pane, Update, Work,
        layer::{prompt, question},
        unseen,
        walking::{ChecklistMsg, ChecklistWork},
    },
    View,
    act::refused,
};
use crate::{
    checklist::{Hold, ItemId, Walk},
    expr::Once,
    plan::PlanId,
    safe,
    text::SafeText,
};

/// Something was heard.
pub fn heard(model: &mut Model, msg: ChecklistMsg) -> Update {
    let shown = &model.source.snapshot.host.identity;
    match msg {
        // The answer of another daemon than the one that is shown.
        ChecklistMsg::Found(of, _) | ChecklistMsg::BackedUp(of, _) if of != *shown => {
            return Update::none();
        }
        ChecklistMsg::Opened(of, opened) if of != *shown => {
            return Update::effect(Work::Checklist(ChecklistWork::Close(opened.run)));
        }
        ChecklistMsg::Wanted => {
            model.checklist.wanted = true;
            return super::offer::open(model);
        }
        ChecklistMsg::Offered(offers) => {
            model.checklist.offers = Some(offers);
            return super::offer::offered(model);
        }
        ChecklistMsg::Found(_, unfinished) => model.checklist.unfinished = unfinished,
        ChecklistMsg::Opened(_, opened) => {
            model.checklist.opening = false;
            return match Walk::open(&opened) {
                Ok(walk) => open(model, walk),
                Err(why) => refused(model, why),
            };
        }
        ChecklistMsg::Happened(run, events) => {
            let by = model.operator.clone().unwrap_or_default();
            let view = model.checklist.view.as_mut();
            let Some(view) = view.filter(|view| *view.walk.id() == run) else {
                return Update::none();
            };
            let mut followed = true;
            for event in &events {
                followed &= view.walk.happened(event).is_ok();
                // The journal lets go of it: what nothing of was sent is not gone on with, but begun anew.
                if let Some(settled) = view.run().settles(&event.what) {
                    model.operations.settled(&SafeText::name(settled.as_str()));
                }
            }
            view.walk.look_again();
            view.settle();
            if !followed {
                // Another console wrote what this one does not know: the journal has all of it.
                return Update::effect(Work::Checklist(ChecklistWork::Resume { run, by }));
            }
            return resolve(model).and(look(model)).and(Update::redraw());
        }
        ChecklistMsg::Held(run, hold) => {
            let view = model.checklist.view.as_mut();
            let Some(view) = view.filter(|view| *view.walk.id() == run) else {
                return Update::none();
            };
            view.walk.held(hold);
            return resolve(model).and(look(model)).and(Update::redraw());
        }
        ChecklistMsg::Refused(why) => {
            model.checklist.opening = false;
            if let Some(view) = &mut model.checklist.view {
                view.walk.look_again();
            }
            return refused(model, why);
        }
        ChecklistMsg::Unread(run, item, why) => {
            let view = model.checklist.view.as_mut();
            let view = view.filter(|view| *view.walk.id() == run);
            // It is read again with all that happens, and told once.
            let told = view.map(|view| view.unread.insert(item, why.clone()));
            return match told {
                Some(before) if before.as_ref() != Some(&why) => refused(model, why),
                _ => Update::none(),
            };
        }
        ChecklistMsg::Answered(answers) => {
            if let Some(view) = &mut model.checklist.view {
                view.walk.asked.extend(answers);
            }
            return look(model).and(Update::redraw());
        }
        ChecklistMsg::BackedUp(_, backups) => {
            if let Some(view) = &mut model.checklist.view {
                view.walk.backed_up(backups);
            }
            return look(model).and(Update::redraw());
        }
    }
    super::offer::settle(model);
    Update::redraw()
}

/// Another daemon answers at the same place: what is walked, and what was found there, is of the one before it.
pub fn elsewhere(model: &mut Model) -> Update {
    model.checklist.unfinished.clear();
    model.checklist.opening = false;
    super::offer::settle(model);
    let Some(view) = &model.checklist.view else {
        return Update::none();
    };
    let why = safe!(
        "another daemon or cluster answers here: {} is not walked on it",
        view.run().start().name
    );
    model.layers.retain(|layer| !is_of_the_walk(layer));
    refused(model, why).and(super::offer::close_run(model))
}

/// Whether it is the walk, or asks something about a step of it.
fn is_of_the_walk(layer: &Layer) -> bool {
    match layer {
        Layer::Walk => true,
        Layer::Question(question) => question.asked != question::Asked::Leave,
        Layer::Prompt(prompt) => matches!(
            prompt.asked,
            prompt::Asked::Walk(_) | prompt::Asked::Rollout(_, Some(_))
        ),
        _ => false,
    }
}

/// A run is open: it takes the place of the offer.
fn open(model: &mut Model, walk: Walk) -> Update {
    model.checklist.view = Some(View::new(walk));
    model
        .layers
        .retain(|layer| !matches!(layer, Layer::Lists(_) | Layer::Walk));
    // Under what asks something meanwhile.
    let fills = model.layers.iter().rposition(Layer::fills);
    model
        .layers
        .insert(fills.map_or(0, |at| at + 1), Layer::Walk);
    resolve(model).and(look(model)).and(Update::redraw())
}

/// Has it read what became of actions of which nobody knows.
fn resolve(model: &Model) -> Update {
    let mut update = Update::none();
    let view = model.checklist.view.as_ref();
    if let Some(walk) = view.map(|view| &view.walk)
        && walk.hold() == Hold::Own
    {
        let uncertain = walk.uncertain();
        let works = uncertain.map(|item| ChecklistWork::Resolve(walk.id().clone(), item));
        let effects = works.map(|work| Effect::Work(Work::Checklist(work)));
        update.effects.extend(effects);
    }
    update
}

/// Looks at what is in reach: what is new is to be written down, and what is to be asked for is asked.
pub fn look(model: &mut Model) -> Update {
    let unseen = unseen::of(&model.source, Pane::Alerts);
    let unseen = Some(&unseen).filter(|why| !why.is_empty());
    let Some(view) = &mut model.checklist.view else {
        return Update::none();
    };
    let services = model.source.snapshot.services.iter();
    view.walk.measure(services.map(|service| &**service));
    let mut update = Update::none();
    let mut work = |work| update.effects.push(Effect::Work(Work::Checklist(work)));
    let queries = view.walk.queries();
    if queries != view.asked {
        work(ChecklistWork::Ask(view.walk.id().clone(), queries.clone()));
        view.asked = queries;
    }
    let (source, alerts, now) = (&model.source, model.alerts.all(), model.now);
    let known = view.walk.facts(source, alerts, unseen, now);
    let facts = Once::of(&known);
    let events = view.walk.look(&facts, now);
    view.breach = view.walk.breach(&facts);
    view.verdicts = view
        .shown()
        .map(|item| (item, view.walk.verdict(item, &facts)))
        .collect();
    view.walk.looked(&events, now);
    if !events.is_empty() {
        view.walk.writes();
        work(ChecklistWork::Record(view.walk.id().clone(), events));
    }
    update
}

/// The step that the cursor has come to is shown: what its condition comes to is known with the next look of all, and
/// until then by one of its own.
pub(super) fn judge_selected(model: &mut Model) {
    let unseen = unseen::of(&model.source, Pane::Alerts);
    let unseen = Some(&unseen).filter(|why| !why.is_empty());
    let Some(view) = &mut model.checklist.view else {
        return;
    };
    if let Some(item) = view.cursor.selected
        && !view.verdicts.contains_key(&item)
    {
        let (source, alerts, now) = (&model.source, model.alerts.all(), model.now);
        let facts = view.walk.facts(source, alerts, unseen, now);
        let verdict = view.walk.verdict(item, &facts);
        view.verdicts.insert(item, verdict);
    }
}

/// That a plan is a step's own action, where it is one: told before it is carried out.
pub fn doing(model: &mut Model, step: Option<ItemId>, plan: PlanId) -> Update {
    let view = model.checklist.view.as_mut();
    let Some((view, item)) = view.zip(step) else {
        return Update::none();
    };
    view.doing.push((plan, item));
    let run = view.walk.id().clone();
    Update::effect(Work::Checklist(ChecklistWork::Doing { run, item, plan }))
}

/// The step of the open run whose own action a plan is.
pub fn step_of(model: &Model, plan: PlanId) -> Option<ItemId> {
    let doing = &model.checklist.view.as_ref()?.doing;
    let of = doing.iter().find(|(of, _)| *of == plan);
    of.map(|(_, item)| *item)
}
