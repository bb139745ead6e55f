//! The line above a walk: which list, how far, who has control, and by when.

use ratatui::{buffer::Buffer, layout::Rect};

use super::super::{Look, figures, paint::Row};
use crate::{
    checklist::Hold,
    domain::theme::Role,
    state::{
        Model,
        checklist::{View, is_offered},
    },
};

/// Draws it; what has no room is left out, whole, the least important first.
pub(super) fn draw(model: &Model, look: &Look, view: &View, area: Rect, buffer: &mut Buffer) {
    let mut pieces = pieces(model, look, view);
    let room = usize::from(area.width).saturating_sub(1);
    while pieces.len() > 1
        && pieces
            .iter()
            .map(|(_, p, _)| p.chars().count() + 2)
            .sum::<usize>()
            > room
    {
        let last = (0..pieces.len()).max_by_key(|&at| pieces[at].0);
        if let Some(at) = last {
            pieces.remove(at);
        }
    }
    let mut row = Row::new();
    row.gap(1);
    for (_, words, role) in pieces {
        row.push(words, look.style(role)).gap(2);
    }
    row.draw(look, area, buffer);
}

/// What there is to say from left to right, with its rank: the highest goes first where there is no room.
fn pieces(model: &Model, look: &Look, view: &View) -> Vec<(u8, String, Role)> {
    let run = view.run();
    let start = run.start();
    let (done, of) = run.progress();
    let mut pieces = Vec::new();
    let mut say = |rank: u8, words: String, role| pieces.push((rank, words, role));
    say(3, start.name.to_string(), Role::Title);
    say(1, format!("{done} of {of}"), Role::Text);
    match (run.ended(), view.walk.hold()) {
        (Some((at, _)), _) => {
            say(
                2,
                format!("ended {}", figures::minute(model, look, *at)),
                Role::Accent,
            );
        }
        (None, Hold::Own) => match run.offered() {
            Some(to) => say(2, format!("control offered to {to}"), Role::Warning),
            None => say(2, "you have control".to_owned(), Role::Accent),
        },
        (None, Hold::Other) if is_offered(model) => {
            say(
                2,
                format!("{} offers you control", run.pilot()),
                Role::Warning,
            );
        }
        (None, Hold::Other) => {
            say(
                2,
                format!("{} has control, you watch", run.pilot()),
                Role::Warning,
            );
        }
        (None, Hold::Nobody) => say(
            2,
            format!("nobody has control, {}'s console is gone", run.pilot()),
            Role::Critical,
        ),
    }
    if run.changed().is_some() {
        say(4, "the file has changed".to_owned(), Role::Warning);
    }
    let until = run.ended().map_or(model.now, |(at, _)| *at);
    let open = |_: &_| run.ended().is_none();
    if let Some(left) = run.way_back_left(until).filter(open) {
        let seconds = left.as_secs();
        if seconds > 0 {
            let left = lasting(seconds.unsigned_abs());
            say(5, format!("way back {left}"), Role::Text);
        } else {
            say(5, "way back closed".to_owned(), Role::Warning);
        }
    }
    if let Some(planned) = start.planned_end {
        let at = figures::minute(model, look, planned);
        let late = figures::seconds(planned, until);
        if late > 0 {
            say(
                6,
                format!("planned {at}, {} over", lasting(late)),
                Role::Warning,
            );
        } else {
            say(6, format!("planned {at}"), Role::Text);
        }
    }
    pieces
}

/// To the second while it is short, else in minutes.
fn lasting(seconds: u64) -> String {
    match seconds {
        ..600 => figures::elapsed(seconds),
        _ => format!("{} min", seconds / 60),
    }
}
