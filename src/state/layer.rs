//! What lies on top of the panes. The last layer takes the keys; `esc` takes it away.

pub mod details;
pub mod diagnostics;
pub mod dialog;
pub mod events;
pub mod help;
pub mod inspect;
pub mod leftover;
pub mod messages;
pub mod palette;
pub mod picker;
pub mod places;
pub mod plan;
pub mod prompt;
pub mod question;
mod scroll;
pub mod waiting;

use ratatui::layout::Rect;

pub use self::scroll::Scroll;
use super::{Model, Update, checklist, layout, list::Cursor};
use crate::domain::{command::Command, key::KeyChord, scope::Scope, service::ServiceId};

/// One thing on top of the panes.
#[derive(Debug)]
pub enum Layer {
    /// A service, looked at closely; fills the screen, or stands beside the panes where there is room.
    Details(details::Details),
    /// The raw object.
    Inspect(inspect::Inspect),
    /// What happened, in words.
    Events(events::Events),
    /// An action: its preview, to be confirmed.
    Plan(plan::PlanDialog),
    /// One line of text is asked for.
    Prompt(prompt::Prompt),
    /// A question with a few answers.
    Question(question::Question),
    /// An action that an earlier console left unfinished.
    Leftover(leftover::LeftoverDialog),
    /// Every command by name.
    Palette(palette::Palette),
    /// A list to choose from.
    Picker(picker::Picker),
    /// Namespaces or contexts to choose from.
    Places(places::Places),
    /// Every key that works here.
    Help(help::Help),
    /// What the console itself does.
    Diagnostics(diagnostics::Diagnostics),
    /// What the console has told.
    Messages(messages::Messages),
    /// A command that waits for the services.
    Waiting(waiting::Waiting),
    /// The lists that can be walked.
    Lists(Cursor<checklist::offer::Choice>),
    /// The list that is walked.
    Walk,
}

impl Layer {
    /// The scope of its keys.
    pub fn scope(&self) -> Scope {
        match self {
            Self::Details(_) => Scope::Details,
            Self::Events(events) if events.service.is_some() => Scope::Details,
            Self::Events(_) | Self::Diagnostics(_) | Self::Messages(_) => Scope::Global,
            Self::Inspect(inspect) => inspect.scope(),
            Self::Plan(plan) => plan.scope(),
            Self::Prompt(_) => Scope::Input,
            Self::Question(_) | Self::Leftover(_) | Self::Waiting(_) => Scope::Dialog,
            Self::Palette(_) | Self::Places(_) => Scope::Palette,
            Self::Picker(_) | Self::Lists(_) => Scope::Picker,
            Self::Walk => Scope::Checklist,
            Self::Help(help) => help.scope(),
        }
    }

    /// Whether it fills the screen rather than lying over the panes.
    pub const fn fills(&self) -> bool {
        matches!(
            self,
            Self::Details(_)
                | Self::Inspect(_)
                | Self::Events(_)
                | Self::Help(_)
                | Self::Diagnostics(_)
                | Self::Messages(_)
                | Self::Lists(_)
                | Self::Walk
        )
    }

    /// Whether it shows something that a command can be about, rather than asking.
    pub const fn shows(&self) -> bool {
        matches!(
            self,
            Self::Details(_)
                | Self::Inspect(_)
                | Self::Events(_)
                | Self::Diagnostics(_)
                | Self::Messages(_)
                | Self::Walk
        )
    }

    /// Whether it is a dialog that asks something.
    pub const fn asks(&self) -> bool {
        matches!(
            self,
            Self::Plan(_)
                | Self::Prompt(_)
                | Self::Question(_)
                | Self::Leftover(_)
                | Self::Waiting(_)
        )
    }

    /// The service it is about.
    pub fn subject(&self) -> Option<ServiceId> {
        match self {
            Self::Details(details) => Some(details.service.clone()),
            Self::Events(events) => events.service.clone(),
            Self::Inspect(inspect) => Some(inspect.service.clone()),
            _ => None,
        }
    }
}

/// How far a key moves along what fits what is typed: down, or up where it is negative.
const fn stride(command: Option<Command>) -> Option<isize> {
    match command {
        Some(Command::NextChoice) => Some(1),
        Some(Command::PreviousChoice) => Some(-1),
        Some(Command::PageDown) => Some(8),
        Some(Command::PageUp) => Some(-8),
        _ => None,
    }
}

/// A key for the layer on top. `command` is what the keymap makes of it in the layer's scope.
/// `None` when the layer has no use for it and it is a global one.
pub fn key(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Option<Update> {
    // Each arm works on the layer through the model, since most of them also change something beside it.
    match model.layers.last()? {
        Layer::Details(_) => details::command(model, command?),
        Layer::Inspect(_) => inspect::key(model, chord, command),
        Layer::Events(_) => events::command(model, command?),
        Layer::Plan(_) => Some(plan::key(model, chord, command)),
        Layer::Prompt(_) => Some(prompt::key(model, chord, command)),
        Layer::Question(_) => Some(question::command(model, command)),
        Layer::Leftover(_) => Some(leftover::command(model, command)),
        Layer::Palette(_) => Some(palette::key(model, chord, command)),
        Layer::Picker(_) => Some(picker::command(model, command)),
        Layer::Places(_) => Some(places::key(model, chord, command)),
        Layer::Help(_) => help::key(model, chord, command),
        Layer::Diagnostics(_) => diagnostics::command(model, command?),
        Layer::Messages(_) => messages::command(model, command?),
        Layer::Waiting(_) => Some(waiting::key(model, command)),
        Layer::Lists(_) => Some(checklist::offer::command(model, command)),
        // What it does with a command is the same from the palette.
        Layer::Walk => None,
    }
}

/// Text was pasted while a layer is on top.
pub fn paste(model: &mut Model, text: &str) -> Update {
    let field = match model.layers.last_mut() {
        Some(Layer::Plan(plan)) => plan.field_mut(),
        Some(Layer::Prompt(prompt)) => return prompt::paste(prompt, text),
        Some(Layer::Palette(palette)) => {
            palette.field.insert(text);
            return palette::typed(model);
        }
        Some(Layer::Places(places)) => {
            places.field.insert(text);
            return places::typed(model);
        }
        Some(Layer::Help(help)) if help.search.editing() => Some(help.search.field_mut()),
        Some(Layer::Inspect(inspect)) if inspect.search.editing() => {
            Some(inspect.search.field_mut())
        }
        _ => None,
    };
    let Some(field) = field else {
        return Update::none();
    };
    field.insert(text);
    Update::redraw()
}

/// What is within the frame of a layer that fills, one blank column on either side.
pub fn within(frame: Rect) -> Rect {
    let inner = layout::inner(frame);
    Rect {
        x: inner.x + 1.min(inner.width),
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

/// Where the lines of the layer on top are shown, if it is one that fills.
pub fn room(model: &Model) -> Rect {
    let (columns, rows) = model.size;
    let regions = layout::layout(Rect::new(0, 0, columns, rows), model);
    within(match (model.layers.last(), regions.aside) {
        (Some(Layer::Details(_)), Some(aside)) => aside,
        _ => regions.body,
    })
}

/// How many lines the layer on top has, and how many of them fit, where it is one that scrolls.
fn extent(model: &Model) -> Option<(usize, usize)> {
    let room = room(model);
    let (lines, height) = match model.layers.last()? {
        Layer::Details(layer) => (details::lines(model, layer, room.width).len(), room.height),
        Layer::Events(layer) => (layer.lines(model, room.width).len(), room.height),
        Layer::Messages(layer) => (layer.lines(model, room.width).len(), room.height),
        Layer::Help(layer) => (layer.lines(model).len(), room.height),
        Layer::Inspect(layer) => (layer.rows(room.width).len(), room.height),
        Layer::Plan(layer) => {
            let page = plan::page(model, layer);
            (page.lines.len(), page.parts.text.height)
        }
        _ => return None,
    };
    Some((lines, height.into()))
}

/// A command that moves what the layer on top shows; `None` when it is another one, or nothing there scrolls.
fn scrolled(model: &mut Model, command: Command) -> Option<Update> {
    let (lines, height) = extent(model)?;
    let scroll = match model.layers.last_mut()? {
        Layer::Details(layer) => &mut layer.scroll,
        Layer::Events(layer) => &mut layer.scroll,
        Layer::Messages(layer) => &mut layer.scroll,
        Layer::Help(layer) => &mut layer.scroll,
        Layer::Inspect(layer) => &mut layer.scroll,
        Layer::Plan(layer) => &mut layer.scroll,
        _ => return None,
    };
    scroll.command(command, lines, height).then(Update::redraw)
}

/// The wheel over the layer on top, one line up or down, whatever its keys are: a list moves its cursor.
pub fn turn(model: &mut Model, command: Command) -> Update {
    match model.layers.last() {
        Some(Layer::Palette(_)) => {
            palette::step(model, if command == Command::Up { -1 } else { 1 })
        }
        Some(Layer::Places(_)) => places::step(model, if command == Command::Up { -1 } else { 1 }),
        Some(Layer::Picker(_)) => picker::command(model, Some(command)),
        Some(Layer::Lists(_)) => checklist::offer::command(model, Some(command)),
        Some(Layer::Walk) => checklist::command(model, command).unwrap_or_default(),
        _ => scrolled(model, command).unwrap_or_default(),
    }
}

/// Takes the top layer away.
pub fn close(model: &mut Model) -> Update {
    model.layers.pop();
    Update::redraw()
}
