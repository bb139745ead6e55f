//! An action: its preview, to be confirmed. The target is frozen when the dialog opens.

use super::{
    super::{Effect, Model, OpId, Update, operations, text_field::TextField},
    Layer, close, prompt,
};
use crate::{
    domain::{action::Action, command::Command, key::KeyChord, scope::Scope, service::ServiceId},
    plan::{Confirmed, NotYet, Plan, PlanId, Preview, Previewed, Refusal, Risk, Target},
    text::SafeText,
};

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
    /// What is typed, where a name must be.
    pub field: TextField,
    /// Why Enter did not count, in words; empty otherwise.
    pub problem: SafeText,
    /// Whether the whole diff is shown.
    pub whole_diff: bool,
    /// Whether hidden values are shown.
    pub revealed: bool,
    resumes: Option<SafeText>,
    op: OpId,
    ripe: bool,
}

impl PlanDialog {
    /// The scope of its keys: where a name is typed, letters are only ever text.
    pub fn scope(&self) -> Scope {
        if self.typed() {
            Scope::Input
        } else {
            Scope::Dialog
        }
    }

    /// The text field, where there is one.
    pub fn field_mut(&mut self) -> Option<&mut TextField> {
        self.typed().then_some(&mut self.field)
    }

    /// Whether a name must be typed.
    pub fn typed(&self) -> bool {
        matches!(&self.stage, Stage::Ready(plan) if plan.preview().risk == Risk::Typed)
    }

    /// Whether Enter counts by now.
    pub const fn ripe(&self) -> bool {
        self.ripe
    }
}

/// Begins an action, asking who acts where nobody said.
pub fn act(model: &mut Model, action: Action, service: ServiceId) -> Update {
    if model.operator.is_none() {
        let then = prompt::Then::Act(action, service);
        return prompt::ask(model, prompt::Asked::Operator(Box::new(then)), "");
    }
    open(model, action, &service, None)
}

/// Opens the dialog and asks for the preview.
pub fn open(
    model: &mut Model,
    action: Action,
    service: &ServiceId,
    resumes: Option<SafeText>,
) -> Update {
    let Some(row) = model.snapshot().service(service) else {
        let now = model.now;
        let gone = SafeText::format(format_args!("{service} is gone"));
        model
            .notices
            .say(now, Some(crate::domain::alert::Severity::Warning), gone);
        return Update::redraw();
    };
    let identity = model.snapshot().host.identity.clone();
    let target = Target::freeze(
        model.place.environment.clone(),
        model.place.kind,
        identity,
        row,
    );
    let op = model.next_op();
    let effect = Effect::Preview {
        op,
        action: action.clone(),
        target: Box::new(target.clone()),
        resumes: resumes.clone(),
    };
    model.layers.push(Layer::Plan(PlanDialog {
        action,
        target,
        stage: Stage::Asking,
        field: TextField::default(),
        problem: SafeText::default(),
        whole_diff: false,
        revealed: false,
        resumes,
        op,
        ripe: false,
    }));
    Update::effect(effect)
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

/// A key while it is on top.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    let Some(Layer::Plan(dialog)) = model.layers.last_mut() else {
        return Update::none();
    };
    match command {
        Some(Command::Cancel) => return close(model),
        Some(Command::Confirm) => return confirm(model),
        Some(Command::WholeDiff) => dialog.whole_diff = !dialog.whole_diff,
        Some(Command::Reveal) => dialog.revealed = !dialog.revealed,
        Some(Command::NextChoice | Command::Right) => return choose(model, 1),
        Some(Command::PreviousChoice | Command::Left) => return choose(model, -1),
        _ => {
            if dialog.typed() {
                dialog.field.key(chord);
            }
        }
    }
    Update::redraw()
}

/// Another revision to go back to: another question, with a preview of its own.
fn choose(model: &mut Model, by: isize) -> Update {
    let Some(Layer::Plan(dialog)) = model.layers.last() else {
        return Update::none();
    };
    let Stage::Ready(plan) = &dialog.stage else {
        return Update::none();
    };
    let Action::RollBack { to: Some(to) } = plan.action() else {
        return Update::none();
    };
    let choices: Vec<_> = plan
        .preview()
        .choices
        .iter()
        .filter(|r| !r.current && r.available)
        .collect();
    let Some(at) = choices.iter().position(|r| r.id == *to) else {
        return Update::none();
    };
    let Some(next) = at.checked_add_signed(by).and_then(|at| choices.get(at)) else {
        return Update::none();
    };
    let action = Action::RollBack {
        to: Some(next.id.clone()),
    };
    let op = model.next_op();
    let Some(Layer::Plan(dialog)) = model.layers.last_mut() else {
        return Update::none();
    };
    dialog.op = op;
    dialog.ripe = false;
    dialog.stage = Stage::Asking;
    Update::effect(Effect::Preview {
        op,
        action,
        target: Box::new(dialog.target.clone()),
        resumes: dialog.resumes.clone(),
    })
}

fn confirm(model: &mut Model) -> Update {
    let (now, by) = (model.now, model.operator.clone().unwrap_or_default());
    let Some(Layer::Plan(dialog)) = model.layers.last_mut() else {
        return Update::none();
    };
    let plan = match &dialog.stage {
        Stage::Asking => return Update::none(),
        Stage::Refused(_) => return close(model),
        Stage::Ready(plan) => plan,
    };
    let agreed = Confirmed {
        by,
        at: now,
        reason: SafeText::default(),
        unrecorded: false,
    };
    match plan.confirm(dialog.field.text(), agreed) {
        Ok(confirmed) => {
            model.layers.pop();
            operations::begin(model, confirmed)
        }
        // Nobody reads a preview in less: this Enter was meant for something else.
        Err(NotYet::JustShown) => Update::none(),
        Err(NotYet::NameDiffers) => {
            dialog.problem =
                SafeText::format(format_args!("type {} to go on", plan.target().typed_name()));
            Update::redraw()
        }
    }
}
