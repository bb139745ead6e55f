//! One line of text is asked for.

use super::{
    super::{Model, OpId, Update, Work, checklist, hints, text_field::TextField},
    Layer, close, plan,
};
use crate::{
    checklist::ItemId,
    domain::{
        action::{Action, MOST_REPLICAS},
        alert::Fingerprint,
        command::Command,
        details::Details,
        key::{Key, KeyChord},
        revision::Revision,
        service::ServiceId,
    },
    text::SafeText,
};

/// What is asked, and what is done with the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// Who acts? Then go on with what was to be done.
    Operator(Box<Then>),
    /// To how many replicas? One service after another.
    Scale(Vec<ServiceId>),
    /// To which image or tag? One service after another; or of the one of a checklist's step.
    Rollout(Vec<ServiceId>, Option<ItemId>),
    /// What a checklist asks.
    Walk(checklist::Say),
}

/// What waits for the operator's name.
#[derive(Clone, Debug, PartialEq)]
pub enum Then {
    /// An action, on one service after another.
    Act(Action, Vec<ServiceId>),
    /// An action that takes up what an earlier console left.
    Resume(Action, Box<super::super::operations::Leftover>),
    /// An acknowledgement.
    Acknowledge(Fingerprint),
    /// A checklist.
    Walk(checklist::offer::Choice),
}

/// The question and what is typed.
#[derive(Debug)]
pub struct Prompt {
    /// What is asked.
    pub asked: Asked,
    /// What is typed.
    pub field: TextField,
    /// Why the last answer was not taken; empty while none was given.
    pub problem: SafeText,
    /// Revisions that could be chosen, the newest first; `None` while they are awaited.
    pub offered: Option<Vec<Revision>>,
    /// Which of them is chosen.
    pub chosen: Option<usize>,
    op: Option<OpId>,
}

/// Asks.
pub fn ask(model: &mut Model, asked: Asked, proposed: &str) -> Update {
    let lookup = match &asked {
        Asked::Rollout(services, _) => services.first().cloned(),
        Asked::Operator(_) | Asked::Scale(_) | Asked::Walk(_) => None,
    };
    let op = lookup.as_ref().map(|_| model.next_op());
    model.layers.push(Layer::Prompt(Prompt {
        asked,
        field: TextField::proposing(proposed),
        problem: SafeText::default(),
        offered: None,
        chosen: None,
        op,
    }));
    match op.zip(lookup) {
        Some((op, service)) => Update::effect(Work::LookClosely(op, service)),
        None => Update::redraw(),
    }
}

/// What is known of a service has come: what ran before is offered.
pub fn arrived(model: &mut Model, op: OpId, answer: &Result<Details, SafeText>) -> Update {
    for layer in &mut model.layers {
        if let Layer::Prompt(prompt) = layer
            && prompt.op == Some(op)
        {
            let revisions = answer.as_ref().map(|found| found.revisions.clone());
            let mut revisions = revisions.unwrap_or_default();
            revisions.retain(|r| r.available && !r.current);
            prompt.offered = Some(revisions);
            return Update::redraw();
        }
    }
    Update::none()
}

/// A key while it is on top.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    let Some(Layer::Prompt(prompt)) = model.layers.last_mut() else {
        return Update::none();
    };
    match command {
        Some(Command::Confirm) => return answer(model),
        Some(Command::Cancel) => return close(model),
        Some(Command::PreviousChoice) => prompt.turn(true),
        Some(Command::NextChoice) => prompt.turn(false),
        _ => prompt.type_in(chord),
    }
    Update::redraw()
}

impl Prompt {
    /// Up or down: one replica more or fewer, the revision above or below.
    fn turn(&mut self, up: bool) {
        self.problem = SafeText::default();
        match &self.asked {
            Asked::Scale(_) => {
                let now: u32 = self.field.text().trim().parse().unwrap_or(0);
                let to = if up {
                    now.saturating_add(1).min(MOST_REPLICAS)
                } else {
                    now.saturating_sub(1)
                };
                self.field = TextField::proposing(&to.to_string());
            }
            Asked::Rollout(..) => {
                let offered = self.offered.as_deref().unwrap_or_default();
                let last = offered.len().saturating_sub(1);
                let to = match (self.chosen, up) {
                    (None, _) => 0,
                    (Some(at), true) => at.saturating_sub(1),
                    (Some(at), false) => (at + 1).min(last),
                };
                if let Some(revision) = offered.get(to) {
                    self.field = TextField::proposing(&revision.image);
                    self.chosen = Some(to);
                }
            }
            Asked::Operator(_) | Asked::Walk(_) => {}
        }
    }

    fn type_in(&mut self, chord: KeyChord) {
        self.problem = SafeText::default();
        self.chosen = None;
        if matches!(self.asked, Asked::Scale(_)) {
            match chord.text() {
                Some('+') => return self.turn(true),
                Some('-') => return self.turn(false),
                Some(c) if !c.is_ascii_digit() => return,
                _ => {}
            }
        }
        if matches!(chord.key, Key::Tab) {
            return;
        }
        self.field.key(chord);
    }
}

/// Text was pasted into it.
pub fn paste(prompt: &mut Prompt, text: &str) -> Update {
    prompt.problem = SafeText::default();
    prompt.chosen = None;
    prompt.field.insert(text);
    Update::redraw()
}

fn answer(model: &mut Model) -> Update {
    let Some(Layer::Prompt(prompt)) = model.layers.last_mut() else {
        return Update::none();
    };
    let text = prompt.field.text().trim().to_owned();
    if text.is_empty() {
        prompt.problem = SafeText::from_static("nothing is typed; esc leaves everything as it is");
        return Update::redraw();
    }
    match prompt.asked.clone() {
        Asked::Operator(then) => {
            model.layers.pop();
            model.operator = Some(SafeText::name(&text));
            match *then {
                Then::Act(action, services) => plan::act(model, action, services),
                Then::Resume(action, leftover) => plan::resume(model, action, &leftover),
                Then::Acknowledge(fingerprint) => acknowledge(model, fingerprint),
                Then::Walk(choice) => checklist::offer::choose(model, choice),
            }
        }
        Asked::Scale(services) => match text.parse() {
            Ok(replicas) if replicas <= MOST_REPLICAS => {
                model.layers.pop();
                plan::act(model, Action::Scale { replicas }, services)
            }
            _ => {
                prompt.problem = SafeText::format(format_args!(
                    "\"{text}\" is not a number of replicas from 0 to {MOST_REPLICAS}"
                ));
                Update::redraw()
            }
        },
        Asked::Walk(say) => checklist::answer(model, &say, &text).unwrap_or_else(|why| {
            if let Some(Layer::Prompt(prompt)) = model.layers.last_mut() {
                prompt.problem = why;
            }
            Update::redraw()
        }),
        Asked::Rollout(services, step) => {
            if text.contains(char::is_whitespace) {
                prompt.problem = SafeText::from_static("an image or a tag holds no blank");
                return Update::redraw();
            }
            model.layers.pop();
            let action = Action::Rollout {
                image: SafeText::name(&text),
            };
            match (step, services.as_slice()) {
                (Some(step), [service]) => plan::act_for(model, action, service, step, None),
                _ => plan::act(model, action, services),
            }
        }
    }
}

/// Acknowledges an alert for 15 minutes, or takes that back, asking who acts where nobody said.
pub fn acknowledge(model: &mut Model, fingerprint: Fingerprint) -> Update {
    if let Some(refused) = hints::refuse(model) {
        return refused;
    }
    match model.operator.clone() {
        Some(by) => {
            let known = model.alerts.acknowledgement(&fingerprint, model.now);
            let minutes = if known.is_some() { 0 } else { 15 };
            let mut alerts = model.alerts.all().iter();
            let alert = alerts.find(|alert| alert.fingerprint == fingerprint);
            let Some(summary) = alert.map(|alert| alert.summary.clone()) else {
                let now = model.now;
                let over = SafeText::from_static("that alert is over");
                model.notices.say(now, None, over);
                return Update::redraw();
            };
            Update::effect(Work::Acknowledge {
                fingerprint,
                summary,
                by,
                minutes,
            })
        }
        None => ask(
            model,
            Asked::Operator(Box::new(Then::Acknowledge(fingerprint))),
            &model.login.clone(),
        ),
    }
}
