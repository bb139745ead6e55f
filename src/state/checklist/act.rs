//! What the keys do to the list that is walked.

use ratatui::layout::Position;

use super::{
    super::{
        Layer, Model, Update, Work,
        layer::{close, plan, prompt, question},
        layout, logs,
        operations::{self, Leftover},
        walking::ChecklistWork,
    },
    Line, View,
};
use crate::{
    checklist::{End, Hold, ItemId, Kind, State, Step, Wanted, What, record, same_person},
    domain::{action::Action, alert::Severity, command::Command, scope::Scope, service::ServiceId},
    plan::PlanId,
    safe,
    text::{SafeText, lines},
};

/// What somebody is asked to say, in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// Why a step is left out.
    Skip(ItemId),
    /// Why what was attested is not so.
    TakeBack(ItemId),
    /// Who answers for leaving it out.
    Waiver(ItemId),
    /// Why, by whom.
    Waive(ItemId, SafeText),
    /// Something to remember about it.
    Note(ItemId),
    /// Who says go beside the one who has control.
    Second(ItemId),
    /// Why not.
    NoGo(ItemId),
    /// To whom control is offered.
    Give,
    /// Why it is left before its end.
    Leave,
    /// What was read of an action of which nobody knows: that it happened, or that it did not.
    Read(ItemId, bool),
}

/// A command while the walk is on top; `None` when it is a global one.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    let view = model.checklist.view.as_ref()?;
    let selected = view.cursor.selected?;
    if is_own(command)
        && let Some(why) = why_not(model, command)
    {
        return Some(refused(model, why));
    }
    let page = usize::from(super::parts(model).steps.height.saturating_sub(3)).max(1);
    let page = page.cast_signed();
    Some(match command {
        Command::Up => step(model, -1),
        Command::Down => step(model, 1),
        Command::PageUp => step(model, -page),
        Command::PageDown => step(model, page),
        Command::Top => step(model, isize::MIN / 2),
        Command::Bottom => step(model, isize::MAX / 2),
        Command::Zoom => {
            let view = model.checklist.view.as_mut()?;
            view.whole = !view.whole;
            Update::redraw()
        }
        Command::Back => close(model),
        Command::Settle => settle(model),
        Command::Note => say(model, Say::Note(selected)),
        Command::Skip => say(model, Say::Skip(selected)),
        Command::TakeBack => say(model, Say::TakeBack(selected)),
        Command::Waive => say(model, Say::Waiver(selected)),
        Command::RollBack => {
            let service = model.way_back().ok()?;
            operations::give_up(model, &service)
                .unwrap_or_else(|| plan::act(model, Action::RollBack { to: None }, vec![service]))
        }
        Command::HandOver => hand_over(model),
        Command::Halt => {
            let plan = acts(model)?;
            operations::halt(model, plan)
        }
        Command::EndWalk if view.through() => wants(model, What::Ended(End::Done)),
        Command::EndWalk => say(model, Say::Leave),
        Command::Save => save(model),
        // The second of two Enters that agreed to a plan means nothing.
        Command::Open if model.operations.just_begun(model.now) => Update::none(),
        Command::Open => {
            let why = why_not(model, Command::Settle).unwrap_or_else(|| the_key(model));
            refused(model, why)
        }
        _ => return None,
    })
}

/// Which key does what is next.
fn the_key(model: &Model) -> SafeText {
    let keys = model.keymap.chords(Scope::Checklist, Command::Settle);
    let key = keys.first().map_or_else(
        || safe!(":{}", Command::Settle.name()),
        |chord| safe!("{chord}"),
    );
    safe!("{key} is the key here: {}", settles(model))
}

/// What the one key does now, in a word or two.
pub fn settles(model: &Model) -> &'static str {
    let view = model.checklist.view.as_ref();
    let selected = view.and_then(|view| Some((view, view.selected()?)));
    match selected {
        Some((view, _)) if view.through() => "end the walk",
        Some((_, (_, step))) if step.state.is_settled() => "to what is next",
        Some((_, (_, step))) if step.state == State::Uncertain => "find out",
        Some((_, (item, _))) => match item.kind {
            Kind::Do(..) => "show the plan",
            Kind::Gate => "go or no go",
            Kind::Attest | Kind::Check(_) | Kind::Soak(..) => "it is done",
        },
        None => Command::Settle.label(),
    }
}

/// The mouse was pressed over the walk: a step that is hit is selected.
pub fn press(model: &mut Model, column: u16, row: u16) -> Update {
    let steps = layout::inner(super::parts(model).steps);
    if let Some(view) = &mut model.checklist.view
        && steps.contains(Position::new(column, row))
        && let Some(Line::Step(id)) =
            (view.lines).get(view.cursor.first() + usize::from(row - steps.y))
        && let Some(at) = view.order.iter().position(|step| step == id)
    {
        view.cursor.go(&view.order, at);
        view.hold();
    }
    Update::redraw()
}

/// Whether control is somebody else's, so that the key that hands it over takes it.
pub fn may_take(model: &Model) -> bool {
    let view = model.checklist.view.as_ref();
    view.is_some_and(|view| view.walk.hold() != Hold::Own)
}

const fn is_own(command: Command) -> bool {
    matches!(
        command,
        Command::Settle
            | Command::TakeBack
            | Command::Skip
            | Command::Waive
            | Command::RollBack
            | Command::HandOver
            | Command::Halt
            | Command::EndWalk
    )
}

/// Why a command of the walk can do nothing now; `None` when it can.
pub fn why_not(model: &Model, command: Command) -> Option<SafeText> {
    const NOTHING: SafeText = SafeText::from_static("no list is walked here");
    let Some(view) = &model.checklist.view else {
        return Some(NOTHING);
    };
    let Some((item, step)) = view.selected() else {
        return Some(NOTHING);
    };
    let run = view.run();
    let over = run.ended().is_some();
    let follows = view.walk.hold() != Hold::Own;
    let has_control = || match view.walk.hold() {
        Hold::Nobody => safe!("nobody has control: the console of {} is gone", run.pilot()),
        _ => safe!("{} has control; you watch", run.pilot()),
    };
    match command {
        Command::Note | Command::Save => None,
        _ if over => Some(SafeText::from_static("this run is over")),
        Command::RollBack => model.way_back().err(),
        Command::HandOver if view.walk.hold() == Hold::Other && !is_offered(model) => Some(safe!(
            "{} has control, and has not offered it to you",
            run.pilot()
        )),
        Command::HandOver => None,
        Command::Waive => left(step),
        Command::Halt => acts(model).is_none().then_some(SafeText::from_static(
            "no action of a step is under way here",
        )),
        // Whoever watches may say go: two have to.
        Command::Settle if matches!(item.kind, Kind::Gate) && !step.state.is_settled() => None,
        _ if follows => Some(has_control()),
        Command::Skip if item.binds() => Some(SafeText::from_static(
            "this step may not be skipped; a second person can waive it",
        )),
        Command::Skip => left(step),
        Command::TakeBack if step.state != State::Attested => Some(SafeText::from_static(
            "only what somebody attested can be taken back",
        )),
        Command::TakeBack => {
            let stands = run.nothing_stands_on(item).err();
            stands.map(|why| safe!("{why}"))
        }
        Command::Settle if view.through() => None,
        Command::Settle => match (&item.kind, step.state) {
            // It may be that the cursor was moved: the key leads back to what is next.
            (_, state) if state.is_settled() => None,
            (_, State::Uncertain) => None,
            (Kind::Check(_) | Kind::Soak(..), _) => Some(SafeText::from_static(
                "it proves itself as soon as it is so; nobody can say it instead",
            )),
            (Kind::Do(..), _) if step.is_acting() => {
                Some(SafeText::from_static("its action is under way"))
            }
            (Kind::Do(..), State::Running) => Some(SafeText::from_static(
                "it is done; it proves itself as soon as its check holds",
            )),
            (Kind::Do(..), _) => run.may_act(item.id).err().map(|why| safe!("{why}")),
            _ => None,
        },
        _ => None,
    }
}

/// The action of a step that is under way, where this console carries it out.
fn acts(model: &Model) -> Option<PlanId> {
    let run = model.checklist.view.as_ref()?.run();
    let (item, _) = run.steps().find(|(_, step)| step.is_acting())?;
    let service = model.service_of(item)?;
    let identity = &model.snapshot().host.identity;
    let operation = model.operations.under_way(identity, &service)?;
    Some(operation.plan.id())
}

/// Why a step cannot be left out any more: it is settled, it acts, or may have acted.
fn left(step: &Step) -> Option<SafeText> {
    let late = step.state.is_settled() || step.is_acting() || step.state == State::Uncertain;
    late.then(|| safe!("this step is {}", step.state))
}

pub(super) fn refused(model: &mut Model, why: SafeText) -> Update {
    let now = model.now;
    model.notices.say(now, Some(Severity::Warning), why);
    Update::redraw()
}

/// The cursor so many steps down; on what is next it goes along from then on.
fn step(model: &mut Model, by: isize) -> Update {
    if let Some(view) = &mut model.checklist.view {
        view.cursor.step(&view.order, by);
        view.hold();
    }
    Update::redraw()
}

/// The one key for the next thing.
fn settle(model: &mut Model) -> Update {
    let Some(view) = &mut model.checklist.view else {
        return Update::none();
    };
    if view.through() {
        return wants(model, What::Ended(End::Done));
    }
    let Some((item, step)) = view.selected() else {
        return Update::none();
    };
    let id = item.id;
    if step.state.is_settled() {
        view.held = false;
        view.settle();
        return Update::redraw();
    }
    if step.state == State::Uncertain {
        return question::ask(model, question::Asked::Uncertain(id));
    }
    match &item.kind {
        Kind::Attest => wants(model, What::Attested { item: id }),
        Kind::Gate => question::ask(model, question::Asked::Gate(id)),
        Kind::Do(order, _) => {
            let order = order.clone();
            match model.ordered(&order) {
                Ok(service) => act(model, id, service, &order.wanted),
                Err(why) => refused(model, why),
            }
        }
        Kind::Check(_) | Kind::Soak(..) => Update::none(),
    }
}

fn act(model: &mut Model, id: ItemId, service: ServiceId, wanted: &Wanted) -> Update {
    let followed = if model.logs.follows(&service) {
        Update::none()
    } else {
        logs::follow(model, vec![service.clone()])
    };
    if let Some(left) = half_done(model, id) {
        return followed.and(plan::act_for(
            model,
            left.action,
            &service,
            id,
            Some(left.operation),
        ));
    }
    followed.and(match wanted {
        Wanted::Action(action) => plan::act_for(model, action.clone(), &service, id, None),
        Wanted::Rollout => {
            let asked = prompt::Asked::Rollout(vec![service], Some(id));
            prompt::ask(model, asked, "")
        }
    })
}

/// What an earlier console began of a step's action and did not bring to its end: the rest alone is to be done.
fn half_done(model: &Model, id: ItemId) -> Option<Leftover> {
    let view = model.checklist.view.as_ref()?;
    let begun = view.run().step(id)?.operation.as_ref()?;
    let mut left = model.operations.leftovers.iter();
    left.find(|left| left.operation.as_str() == begun.as_str())
        .cloned()
}

/// Of an action of which nobody knows: it is read again, or somebody has looked.
pub fn find_out(model: &mut Model, item: ItemId, happened: Option<bool>) -> Update {
    if let Some(happened) = happened {
        return say(model, Say::Read(item, happened));
    }
    let Some(view) = &mut model.checklist.view else {
        return Update::none();
    };
    // Who asks is told, also what was told before.
    view.unread.remove(&item);
    let resolve = ChecklistWork::Resolve(view.walk.id().clone(), item);
    Update::effect(Work::Checklist(resolve))
}

/// A gate is answered: go, or no go.
pub fn gate(model: &mut Model, item: ItemId, go: bool) -> Update {
    if !go {
        return say(model, Say::NoGo(item));
    }
    let by = model.operator.clone().unwrap_or_default();
    let view = model.checklist.view.as_ref();
    let said = view.and_then(|view| view.run().step(item));
    let said = said.is_some_and(|step| step.go.iter().any(|name| same_person(name, &by)));
    if said {
        say(model, Say::Second(item))
    } else {
        wants(model, What::Go { item })
    }
}

/// Whether control is offered to who sits here.
pub fn is_offered(model: &Model) -> bool {
    let view = model.checklist.view.as_ref();
    let to = view.and_then(|view| view.run().offered());
    to.zip(model.operator.as_ref())
        .is_some_and(|(to, by)| same_person(to, by))
}

fn hand_over(model: &mut Model) -> Update {
    let Some(view) = &model.checklist.view else {
        return Update::none();
    };
    let by = model.operator.clone().unwrap_or_default();
    match view.walk.hold() {
        Hold::Own => say(model, Say::Give),
        Hold::Other | Hold::Nobody => {
            let run = view.walk.id().clone();
            Update::effect(Work::Checklist(ChecklistWork::Take { run, by }))
        }
    }
}

/// Has it written down that the operator did something.
pub(super) fn wants(model: &mut Model, what: What) -> Update {
    let by = model.operator.clone().unwrap_or_default();
    wants_by(model, &by, what).unwrap_or_else(|why| refused(model, why))
}

fn wants_by(model: &mut Model, by: &SafeText, what: What) -> Result<Update, SafeText> {
    let now = model.now;
    let Some(view) = &mut model.checklist.view else {
        return Ok(Update::none());
    };
    let event = view.walk.wants(by, what, now);
    let mut event = event.map_err(|refused| safe!("{refused}"))?;
    if let Some(operator) = &model.operator {
        event = event.at_console_of(operator);
    }
    // What is done is done to what is shown; what is next then is shown next.
    view.held = false;
    let record = ChecklistWork::Record(view.walk.id().clone(), vec![event]);
    Ok(Update::effect(Work::Checklist(record)))
}

/// Asks in a line.
fn say(model: &mut Model, say: Say) -> Update {
    prompt::ask(model, prompt::Asked::Walk(say), "")
}

/// What was asked has been answered.
///
/// # Errors
/// It is no answer; says why, and the question stays.
pub fn answer(model: &mut Model, asked: &Say, text: &str) -> Result<Update, SafeText> {
    let by = model.operator.clone().unwrap_or_default();
    let (line, name) = (SafeText::line(text), SafeText::name(text));
    let what = match asked.clone() {
        Say::Waiver(item) => {
            may(
                model,
                &name,
                What::Waived {
                    item,
                    reason: name.clone(),
                },
            )?;
            model.layers.pop();
            return Ok(say(model, Say::Waive(item, name)));
        }
        Say::Waive(item, second) => {
            let update = wants_by(model, &second, What::Waived { item, reason: line })?;
            model.layers.pop();
            return Ok(update);
        }
        Say::Second(item) => {
            let update = wants_by(model, &name, What::Go { item })?;
            model.layers.pop();
            return Ok(update);
        }
        Say::TakeBack(item) => What::TakenBack { item, reason: line },
        Say::Skip(item) => What::Skipped { item, reason: line },
        Say::Note(item) => What::Noted {
            item: Some(item),
            text: line,
        },
        Say::NoGo(item) => What::NoGo { item, reason: line },
        Say::Give => What::ControlGiven { to: name },
        Say::Leave => What::Ended(End::Left { reason: line }),
        Say::Read(..) if line.trim().is_empty() => {
            return Err(SafeText::from_static("what was read is needed"));
        }
        Say::Read(item, happened) => What::seen(item, happened, &by, &line),
    };
    let update = wants_by(model, &by, what)?;
    model.layers.pop();
    Ok(update)
}

/// Whether that could happen.
fn may(model: &Model, by: &SafeText, what: What) -> Result<(), SafeText> {
    let view: Option<&View> = model.checklist.view.as_ref();
    let Some(view) = view else { return Ok(()) };
    let wants = view.walk.wants(by, what, model.now);
    wants.map(drop).map_err(|refused| safe!("{refused}"))
}

/// The record so far, as a file: the list, ticked.
fn save(model: &Model) -> Update {
    let Some(view) = &model.checklist.view else {
        return Update::none();
    };
    let run = view.run();
    let name = run.start().name.to_lowercase();
    let words: Vec<&str> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let began = run.began().strftime("%Y%m%d-%H%M%S");
    Update::effect(Work::Save {
        name: format!("checklist-{}-{began}.md", words.join("-")),
        text: lines(&record::markdown(run)).into_owned(),
    })
}

/// Whether keys go to the walk.
pub fn is_on_top(model: &Model) -> bool {
    matches!(model.layers.last(), Some(Layer::Walk))
}

/// Whether the walk is what is looked at, whatever asks something over it.
pub fn is_shown(model: &Model) -> bool {
    let shown = model.layers.iter().rev().find(|layer| layer.shows());
    matches!(shown, Some(Layer::Walk))
}
