//! An action: its preview, to be confirmed. The target is frozen when the dialog opens.

use super::{
    super::{
        Model, OpId, Update, Work, checklist, hints,
        operations::{self, Leftover},
        text_field::TextField,
    },
    Layer, Scroll, prompt, scrolled,
};
use crate::{
    checklist::ItemId,
    domain::{
        action::Action,
        alert::Severity,
        command::Command,
        key::KeyChord,
        scope::Scope,
        service::{Service, ServiceId},
    },
    plan::{Confirmed, NotYet, Owner, Plan, PlanId, Preview, Previewed, Refusal, Risk, Target},
    safe,
    text::SafeText,
};

mod changed;
mod lines;
mod revision;
#[cfg(test)]
mod tests;

pub use changed::changed;
pub use lines::{LABEL, Line, Page, page};

/// What is typed to act although nothing can be written down.
pub const UNRECORDED: &str = "unrecorded";

/// Where the dialog is.
#[derive(Debug)]
pub enum Stage {
    /// The preview is awaited.
    Asking,
    /// It can't be done.
    Refused(Refusal),
    /// It is complete and can be read.
    Ready(Plan<Previewed>),
}

/// The dialog of one action on one service.
#[derive(Debug)]
pub struct PlanDialog {
    /// What was asked for.
    pub action: Action,
    /// What it is about, frozen.
    pub target: Target,
    /// Where the dialog is.
    pub stage: Stage,
    /// What is typed, where something must be.
    pub field: TextField,
    /// Why Enter did not count, in words; empty otherwise.
    pub problem: SafeText,
    /// Why the journal can't be written, where it can't: then that must be accepted in a word.
    pub unrecorded: Option<SafeText>,
    /// Which of several services this one is, from 1, and how many there are.
    pub turn: (usize, usize),
    /// Whether the whole diff and all steps are shown.
    pub whole_diff: bool,
    /// Whether what is to be changed in Git is shown.
    pub in_git: bool,
    /// Whether hidden values are shown.
    pub revealed: bool,
    /// The first line shown.
    pub scroll: Scroll,
    /// The services whose turn comes after this one's.
    rest: Vec<ServiceId>,
    resumes: Option<SafeText>,
    /// The step of the checklist whose action it is.
    step: Option<ItemId>,
    op: OpId,
    ripe: bool,
}

impl PlanDialog {
    /// The scope of its keys: where something is typed, letters are only ever text.
    pub fn scope(&self) -> Scope {
        if self.expected().is_some() {
            Scope::Input
        } else {
            Scope::Dialog
        }
    }

    /// The text field, where there is one.
    pub fn field_mut(&mut self) -> Option<&mut TextField> {
        self.expected().is_some().then_some(&mut self.field)
    }

    /// What must be typed before Enter counts; `None` where Enter alone does.
    pub fn expected(&self) -> Option<String> {
        let Stage::Ready(plan) = &self.stage else {
            return None;
        };
        let name = (plan.preview().risk == Risk::Typed).then(|| plan.target().typed_name());
        match (name, &self.unrecorded) {
            (Some(name), None) => Some(name),
            (None, Some(_)) => Some(UNRECORDED.to_owned()),
            (Some(name), Some(_)) => Some(format!("{name} {UNRECORDED}")),
            (None, None) => None,
        }
    }

    /// Who would put it back; `None` where nobody is known to.
    pub fn owner(&self) -> Option<&Owner> {
        match &self.stage {
            Stage::Ready(plan) => plan.preview().owner.as_ref(),
            _ => None,
        }
    }

    /// Whether the preview has stood for long enough to be agreed to.
    pub const fn ripe(&self) -> bool {
        self.ripe
    }

    /// Whether another one follows.
    pub const fn followed(&self) -> bool {
        !self.rest.is_empty()
    }
}

/// What a dialog is opened for, beside its action and its service.
#[derive(Debug, Default)]
struct Opening {
    rest: Vec<ServiceId>,
    turn: (usize, usize),
    resumes: Option<SafeText>,
    unrecorded: Option<SafeText>,
    step: Option<ItemId>,
}

/// Begins an action on one service after another, asking who acts where nobody said, and nothing where it would be refused.
pub fn act(model: &mut Model, action: Action, services: Vec<ServiceId>) -> Update {
    let possible = |id| why_not(model, &action, id).is_none();
    if model.operator.is_none() && services.iter().any(possible) {
        let then = prompt::Then::Act(action, services);
        return prompt::ask(
            model,
            prompt::Asked::Operator(Box::new(then)),
            &model.login.clone(),
        );
    }
    let opening = Opening {
        turn: (0, services.len()),
        rest: services,
        ..Opening::default()
    };
    next(model, &action, opening)
}

/// Begins the action of a checklist's step, or takes it up where an earlier console left it in the middle.
pub fn act_for(
    model: &mut Model,
    action: Action,
    service: &ServiceId,
    step: ItemId,
    resumes: Option<SafeText>,
) -> Update {
    let opening = Opening {
        turn: (1, 1),
        step: Some(step),
        resumes,
        ..Opening::default()
    };
    open(model, action, service, opening).unwrap_or_else(Update::redraw)
}

/// Begins what takes up an action that an earlier console left.
pub fn resume(model: &mut Model, action: Action, leftover: &Leftover) -> Update {
    if model.operator.is_none() && why_not(model, &action, &leftover.service).is_none() {
        let then = prompt::Then::Resume(action, Box::new(leftover.clone()));
        return prompt::ask(
            model,
            prompt::Asked::Operator(Box::new(then)),
            &model.login.clone(),
        );
    }
    let opening = Opening {
        turn: (1, 1),
        resumes: Some(leftover.operation.clone()),
        ..Opening::default()
    };
    open(model, action, &leftover.service, opening).unwrap_or_else(Update::redraw)
}

/// The dialog of the next service that has one.
fn next(model: &mut Model, action: &Action, opening: Opening) -> Update {
    let Opening {
        mut rest, mut turn, ..
    } = opening;
    while !rest.is_empty() {
        let service = rest.remove(0);
        turn.0 += 1;
        let opening = Opening {
            rest: rest.clone(),
            turn,
            ..Opening::default()
        };
        if let Some(update) = open(model, action.clone(), &service, opening) {
            return update;
        }
    }
    Update::redraw()
}

/// Opens the dialog and asks for the preview. `None` where there is nothing to ask about; a notice then says why.
fn open(
    model: &mut Model,
    action: Action,
    service: &ServiceId,
    opening: Opening,
) -> Option<Update> {
    let why_not = why_not(model, &action, service);
    let row = model.snapshot().service(service);
    let (Some(row), None) = (row, &why_not) else {
        let now = model.now;
        let why = why_not.unwrap_or_default();
        model.notices.say(now, Some(Severity::Warning), why);
        return None;
    };
    let target = freeze(model, row);
    model.layers.push(Layer::Plan(PlanDialog {
        action,
        target,
        stage: Stage::Asking,
        field: TextField::default(),
        problem: SafeText::default(),
        unrecorded: opening.unrecorded,
        turn: opening.turn,
        whole_diff: false,
        in_git: false,
        revealed: false,
        scroll: Scroll::default(),
        rest: opening.rest,
        resumes: opening.resumes,
        step: opening.step,
        op: OpId::default(),
        ripe: false,
    }));
    Some(ask(model))
}

/// Why an action on a service can't even be asked about; `None` where it can.
fn why_not(model: &Model, action: &Action, service: &ServiceId) -> Option<SafeText> {
    let refused = model.capabilities.refuses(action);
    refused.or_else(|| {
        let host = &model.snapshot().host;
        let Some(row) = model.snapshot().service(service) else {
            return Some(SafeText::format(format_args!("{service} is gone")));
        };
        if let Some(why) = host.rights.refuses(row, action.word()) {
            return Some(why.clone());
        }
        busy(model, service).or_else(|| unnamed(model))
    })
}

/// Why nothing can be recorded yet: a record that does not say of which daemon or cluster could never be matched again.
pub fn unnamed(model: &Model) -> Option<SafeText> {
    let unknown = model.snapshot().host.identity.is_empty();
    unknown.then(|| match model.source.problem.as_str() {
        "" => {
            SafeText::from_static("the platform has not said yet who it is; try again in a moment")
        }
        why => safe!("the platform has not said yet who it is: {why}"),
    })
}

/// What an action on a service is about, as it is now.
fn freeze(model: &Model, service: &Service) -> Target {
    Target::freeze(
        model.place.environment.clone(),
        model.place.kind,
        model.snapshot().host.identity.clone(),
        service,
    )
}

/// Why no action on that service can begin now: another one is under way there, be it a backup.
fn busy(model: &Model, service: &ServiceId) -> Option<SafeText> {
    let identity = &model.snapshot().host.identity;
    let operation = model.operations.under_way(identity, service)?;
    // The key is one of what is behind the dialog.
    let behind = if model.checklist.view.is_some() {
        Scope::Checklist
    } else {
        Scope::Services
    };
    let halt = model.keymap.chords(behind, Command::Halt);
    let way_out = halt.first().map_or_else(String::new, |key| {
        format!("; {key} begins no further step of it")
    });
    Some(SafeText::format(format_args!(
        "{} {} is under way: one action at a time{way_out}",
        operation.plan.action().word(),
        service.name
    )))
}

/// Asks for the preview of the dialog on top, anew: what was to be read is void.
fn ask(model: &mut Model) -> Update {
    let op = model.next_op();
    let Some(Layer::Plan(dialog)) = model.layers.last_mut() else {
        return Update::none();
    };
    dialog.op = op;
    dialog.ripe = false;
    dialog.stage = Stage::Asking;
    dialog.field = TextField::default();
    dialog.problem = SafeText::default();
    dialog.revealed = false;
    dialog.scroll = Scroll::default();
    Update::effect(Work::Preview {
        op,
        action: dialog.action.clone(),
        target: Box::new(dialog.target.clone()),
        resumes: dialog.resumes.clone(),
    })
}

/// Freezes the target as it is now, and asks for a preview of that.
fn look_again(model: &mut Model) -> Update {
    let Some(Layer::Plan(dialog)) = model.layers.last() else {
        return Update::none();
    };
    let service = dialog.target.service.clone();
    let Some(row) = model.snapshot().service(&service) else {
        return leave(model);
    };
    let target = freeze(model, row);
    if let Some(Layer::Plan(dialog)) = model.layers.last_mut() {
        dialog.target = target;
    }
    ask(model)
}

/// The answer has come.
pub fn previewed(model: &mut Model, op: OpId, answer: Result<Preview, Refusal>) -> Update {
    let now = model.now;
    let Some(dialog) = model.layers.iter_mut().find_map(|l| match l {
        Layer::Plan(dialog) if dialog.op == op => Some(dialog),
        _ => None,
    }) else {
        return Update::none();
    };
    dialog.stage = match answer {
        Ok(preview) => Stage::Ready(Plan::new(PlanId(op.0 as u32), preview, now)),
        Err(refusal) => Stage::Refused(refusal),
    };
    Update::redraw()
}

/// Time has passed: Enter may count by now. Says whether the screen looks different.
pub fn ripen(model: &mut Model) -> bool {
    let now = model.now;
    let Some(Layer::Plan(dialog)) = model.layers.last_mut() else {
        return false;
    };
    let ripe = matches!(&dialog.stage, Stage::Ready(plan) if plan.ready(now));
    std::mem::replace(&mut dialog.ripe, ripe) != ripe
}

/// The journal could not be written, and nothing was sent: the plan is shown again, and that must be accepted.
pub fn unrecordable(model: &mut Model, plan: PlanId, why: SafeText) -> Update {
    let Some(plan) = operations::withdraw(model, plan) else {
        return Update::none();
    };
    let opening = Opening {
        turn: (1, 1),
        resumes: plan.preview().ask.resumed(),
        unrecorded: Some(why),
        step: checklist::step_of(model, plan.id()),
        ..Opening::default()
    };
    let (action, service) = (plan.action().clone(), plan.target().service.clone());
    open(model, action, &service, opening).unwrap_or_else(Update::redraw)
}

/// A key while it is on top.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    if let Some(update) = command.and_then(|command| scrolled(model, command)) {
        return update;
    }
    let Some(Layer::Plan(dialog)) = model.layers.last_mut() else {
        return Update::none();
    };
    match command {
        Some(Command::Cancel) => return leave(model),
        Some(Command::Confirm) => return confirm(model),
        Some(Command::WholeDiff) => {
            dialog.whole_diff = !dialog.whole_diff;
            dialog.in_git = false;
            dialog.scroll = Scroll::default();
        }
        Some(Command::InGit) => {
            dialog.in_git = !dialog.in_git && dialog.owner().is_some();
            dialog.whole_diff = false;
            dialog.scroll = Scroll::default();
        }
        Some(Command::Reveal) => dialog.revealed = !dialog.revealed,
        Some(Command::NextChoice | Command::Right) => return revision::choose(model, 1),
        Some(Command::PreviousChoice | Command::Left) => return revision::choose(model, -1),
        _ => match dialog.field_mut() {
            Some(field) => {
                field.key(chord);
                dialog.problem = SafeText::default();
            }
            None => return Update::none(),
        },
    }
    Update::redraw()
}

/// Takes the dialog away, everything as it was. The next service's turn comes, where there are several.
fn leave(model: &mut Model) -> Update {
    let Some(Layer::Plan(dialog)) = model.layers.pop() else {
        return Update::none();
    };
    follow(model, dialog)
}

fn follow(model: &mut Model, done: PlanDialog) -> Update {
    let opening = Opening {
        turn: done.turn,
        rest: done.rest,
        ..Opening::default()
    };
    // A revision is one service's own: of the next one its own last known good is proposed.
    let action = match done.action {
        Action::RollBack { .. } => Action::RollBack { to: None },
        action => action,
    };
    next(model, &action, opening)
}

fn confirm(model: &mut Model) -> Update {
    let asks =
        matches!(model.layers.last(), Some(Layer::Plan(d)) if matches!(d.stage, Stage::Ready(_)));
    // It may have become so since the dialog was opened.
    if asks && let Some(refused) = hints::refuse(model) {
        return refused;
    }
    let (now, by) = (model.now, model.operator.clone().unwrap_or_default());
    let Some(Layer::Plan(dialog)) = model.layers.last() else {
        return Update::none();
    };
    let plan = match &dialog.stage {
        Stage::Asking => return Update::none(),
        Stage::Refused(_) => return leave(model),
        Stage::Ready(plan) => plan,
    };
    // Nobody reads a preview in less: this Enter was meant for something else.
    if !plan.ready(now) {
        return Update::none();
    }
    // What an earlier console left may have been taken up over this dialog.
    if let Some(why) = busy(model, &dialog.target.service) {
        model.notices.say(now, Some(Severity::Warning), why);
        return Update::redraw();
    }
    if changed(model, dialog).is_some() {
        return look_again(model);
    }
    let typed = dialog.field.text().trim();
    let unrecorded = dialog.unrecorded.is_some();
    // All that is asked for, and nothing else: "not unrecorded" is no agreement.
    let name = match dialog.expected() {
        Some(expected) if expected != typed => None,
        _ => Some(plan.target().typed_name()),
    };
    let agreed = Confirmed {
        by,
        at: now,
        reason: SafeText::default(),
        unrecorded,
    };
    let confirmed = name
        .ok_or(NotYet::NameDiffers)
        .and_then(|name| plan.confirm(&name, agreed));
    match confirmed {
        Ok(confirmed) => {
            let Some(Layer::Plan(dialog)) = model.layers.pop() else {
                return Update::none();
            };
            if let Some(operation) = &dialog.resumes {
                model.operations.settled(operation);
            }
            if dialog.turn.1 > 1 {
                model.services.marked.remove(&dialog.target.service);
            }
            let told = checklist::doing(model, dialog.step, confirmed.id());
            told.and(operations::begin(model, confirmed))
                .and(follow(model, dialog))
        }
        Err(NotYet::JustShown) => Update::none(),
        Err(NotYet::NameDiffers) => {
            let expected = dialog.expected().unwrap_or_default();
            if let Some(Layer::Plan(dialog)) = model.layers.last_mut() {
                dialog.problem = SafeText::format(format_args!("that is not {expected}"));
            }
            Update::redraw()
        }
    }
}
