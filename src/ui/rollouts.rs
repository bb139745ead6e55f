//! The rollouts pane: what changes, how far it is, how long it has taken and may still take.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    Look, banner, figures,
    paint::{Row, line, select},
};
use crate::{
    domain::{
        action::{Action, ClusterAction},
        command::Command,
        past::Past,
        rollout::{Mark, Rollout, RolloutState},
        scope::Scope,
        service::ServiceId,
        theme::Role,
    },
    plan::Outcome,
    state::{
        Model, Pane, hints,
        operations::Operation,
        rollouts::{INDENT, Part, Row as Shown, lines, words, wrapped},
        unseen,
    },
    text::width,
};

/// So many copies have a sign each; more of them are counted by what they are in.
const SINGLY: usize = 12;
/// From so many columns on nothing need be abbreviated.
const ROOMY: usize = 60;

/// Draws it.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    let pane = &model.rollouts;
    if pane.rows().is_empty() {
        let unseen = unseen::of(&model.source, Pane::Rollouts);
        return banner::empty_or_unseen(model, look, &unseen, "none lately", area, buffer);
    }
    let name = pane
        .rows()
        .iter()
        .filter_map(|id| model.rollout_row(id))
        .map(|row| width::width(named(row)))
        .max()
        .unwrap_or(0)
        .clamp(6, 16);
    let lines = lines(model, area.width, area.height);
    let first = pane.cursor.first();
    for (number, (id, part)) in (0..area.height).zip(lines.iter().skip(first)) {
        let at = line(area, number);
        let Some(shown) = model.rollout_row(id) else {
            continue;
        };
        let selected = pane.cursor.selected.as_ref() == Some(*id);
        let head = *part == Part::Head;
        // With a line of its own for the reason, the first one need not hold it.
        let detailed = lines
            .iter()
            .any(|(other, part)| other == id && *part != Part::Head);
        let mut row = Row::new();
        let cursor = if selected && head {
            look.glyphs.cursor
        } else {
            " "
        };
        row.push(cursor, look.style(Role::Accent));
        match part {
            Part::Head => {
                let room = usize::from(area.width);
                head_of(look, shown, name, room, &mut row);
                state(model, look, shown, detailed, room, &mut row);
            }
            part => more(model, look, shown, *part, area.width, &mut row),
        }
        row.draw(look, at, buffer);
        if figures::stale(model) {
            buffer.set_style(at, look.style(Role::Stale));
        }
        if selected && head {
            let focused = model.focus == Pane::Rollouts && model.layers.is_empty();
            select(look, at, focused, 1..1 + name as u16, buffer);
        }
    }
}

/// The newest row of a service in one line, for who looks at that service alone; what was changed before is not told.
pub(super) fn one(model: &Model, look: &Look, service: &ServiceId, room: usize) -> Option<Row> {
    let rows = model.rollouts.rows().iter();
    let mut rows = rows.filter_map(|id| model.rollout_row(id));
    let shown = rows.find(|row| match row {
        Shown::Own(operation, _) => operation.plan.target().service == *service,
        Shown::Seen(rollout) => rollout.service == *service,
        Shown::Past(_) => false,
    })?;
    let mut row = Row::new();
    head_of(look, shown, width::width(named(shown)), room, &mut row);
    state(model, look, shown, false, room, &mut row);
    Some(row)
}

fn named(row: Shown<'_>) -> &str {
    match row {
        Shown::Own(operation, _) => operation.plan.target().service.bare(),
        Shown::Seen(rollout) => rollout.service.bare(),
        Shown::Past(past) => past.service.bare(),
    }
}

/// What, from what to what, and how far.
fn head_of(look: &Look, shown: Shown<'_>, name: usize, room: usize, row: &mut Row) {
    let text = look.style(Role::Text);
    let title = width::pad(&width::truncate_middle(named(shown), name), name);
    row.push(title, text).gap(1);
    let bar = (room / 7).clamp(4, 24);
    match shown {
        Shown::Own(operation, rollout) => {
            let preview = operation.plan.preview();
            let action = operation.plan.action().title().to_lowercase();
            row.push(action, look.style(Role::Accent)).gap(1);
            if tells_sides(operation.plan.action()) {
                change(look, &preview.now.what, &preview.to.what, row);
            }
            let (done, of) = far(operation, rollout);
            let bad = operation
                .ended
                .as_ref()
                .is_some_and(|(o, _)| judged(operation, o) != Role::Good);
            gauge(look, done, of, bar, bad, row);
            row.push(format!(" {done}/{of} "), text);
        }
        Shown::Seen(rollout) => {
            change(look, &rollout.from, &rollout.to, row);
            let of = rollout.wanted as usize;
            // What was rolled out may have been replaced since; that it was done stays true.
            let done = match rollout.state {
                RolloutState::Done => of,
                _ => rollout.ready() as usize,
            };
            let bad = matches!(
                rollout.state,
                RolloutState::Stuck(_) | RolloutState::Failed(_)
            );
            gauge(look, done, of, bar, bad, row);
            row.push(format!(" {done}/{of} "), text);
        }
        Shown::Past(past) => {
            let action = if past.action.is_empty() {
                "now runs"
            } else {
                &past.action
            };
            row.push(action, look.style(Role::Dim)).gap(1);
            if !past.to.is_empty() {
                change(look, &past.from, &past.to, row);
            }
        }
    }
}

/// Whether from what to what says more than the action's own name: what is done to a pod or a node is told in sentences.
fn tells_sides(action: &Action) -> bool {
    !matches!(action, Action::Cluster(other) if *other != ClusterAction::Switch && !other.steers())
}

/// How far an action of ours is: in copies where the platform shows which of them are new, else in steps.
fn far(operation: &Operation, rollout: Option<&Rollout>) -> (usize, usize) {
    let brings = match operation.plan.action() {
        Action::Rollout { .. } | Action::RollBack { .. } => true,
        Action::Restart => rollout.is_some(),
        _ => false,
    };
    let copies = operation.plan.target().replicas as usize;
    match (brings, &operation.ended) {
        (false, _) => (operation.done(), operation.plan.preview().steps.len()),
        (true, Some((Outcome::Verified(_), _))) => (copies, copies),
        (true, _) => (rollout.map_or(0, Rollout::ready) as usize, copies),
    }
}

/// From what to what.
fn change(look: &Look, from: &str, to: &str, row: &mut Row) {
    let style = look.style(Role::Accent);
    if !from.is_empty() && from != to {
        row.push(width::truncate_middle(from, 12), look.style(Role::Dim));
        row.push(format!(" {} ", look.glyphs.arrow), look.style(Role::Dim));
    }
    row.push(width::truncate_middle(to, 12), style).gap(1);
}

fn gauge(look: &Look, done: usize, of: usize, columns: usize, bad: bool, row: &mut Row) {
    let full = (columns * done).checked_div(of).unwrap_or(0).min(columns);
    let role = if bad { Role::BarBad } else { Role::BarFull };
    row.push(look.glyphs.bar_full.repeat(full), look.style(role));
    row.push(
        look.glyphs.bar_empty.repeat(columns - full),
        look.style(Role::BarEmpty),
    );
}

/// Where it is, and how long it has taken; with the reason, where it has no line of its own.
fn state(model: &Model, look: &Look, shown: Shown<'_>, detailed: bool, room: usize, row: &mut Row) {
    match shown {
        Shown::Own(operation, _) => own_state(model, look, operation, detailed, row),
        Shown::Seen(rollout) => seen_state(model, look, rollout, detailed, room, row),
        Shown::Past(past) => past_state(model, look, past, room, row),
    }
}

fn own_state(model: &Model, look: &Look, operation: &Operation, detailed: bool, row: &mut Row) {
    let dim = look.style(Role::Dim);
    if let Some((outcome, at)) = &operation.ended {
        let role = judged(operation, outcome);
        row.push(format!(" {}", outcome.word()), look.style(role));
        if operation.remain > 0 {
            let left = format!(", {} critical", operation.remain);
            row.push(left, look.style(role));
        }
        row.push(
            format!(" {} by you", figures::minute(model, look, *at)),
            dim,
        );
        return;
    }
    if !detailed {
        row.push(
            format!(" {}", timing(model, operation)),
            look.style(Role::Text),
        );
    }
}

/// How long it has taken, and may still take.
fn timing(model: &Model, operation: &Operation) -> String {
    let ran = figures::seconds(operation.plan.agreed().at, model.now);
    let elapsed = figures::elapsed(ran);
    if let Some(away) = away(model, operation) {
        return format!("{elapsed}, {away}");
    }
    let estimate = operation.plan.preview().estimate;
    match estimate.map(|estimate| estimate.as_secs().saturating_sub(ran)) {
        _ if operation.halting && operation.putting_back.is_empty() => {
            format!("{elapsed}, stopping after this step")
        }
        None => elapsed,
        Some(0) => format!("{elapsed}, longer than expected"),
        Some(left) => format!("{elapsed}, about {} left", figures::elapsed(left)),
    }
}

/// Says since when the daemon that it is carried out on has been away, and what is not known for that; `None` while it
/// answers. What may still be to come is anybody's guess then.
fn away(model: &Model, operation: &Operation) -> Option<String> {
    let here = operation.plan.target().identity == model.snapshot().host.identity;
    let proof = model
        .source
        .proof
        .filter(|_| here && figures::stale(model))?;
    let lasted = figures::lasting(figures::seconds(proof, model.now));
    let what = if operation.putting_back.is_empty() {
        format!("step {}", operation.at() + 1)
    } else {
        "putting back".to_owned()
    };
    Some(format!("daemon away for {lasted}, {what} unknown"))
}

fn seen_state(
    model: &Model,
    look: &Look,
    rollout: &Rollout,
    detailed: bool,
    room: usize,
    row: &mut Row,
) {
    let until = figures::known_until(model);
    let lasted = match rollout.began() {
        Some(at) => figures::lasting(figures::seconds(at, until)),
        None => format!(
            "since before {}",
            figures::minute(model, look, rollout.started)
        ),
    };
    let ended = figures::minute(model, look, rollout.ended.unwrap_or(rollout.started));
    let (text, role) = match &rollout.state {
        RolloutState::Progressing => (lasted, Role::Text),
        RolloutState::Stuck(_) => (format!("stuck {lasted}"), Role::Critical),
        RolloutState::Held(_) => (format!("held {lasted}"), Role::Warning),
        RolloutState::Done => (format!("done {ended}"), Role::Good),
        RolloutState::Failed(_) => (format!("failed {ended}"), Role::Critical),
        RolloutState::Superseded => ("superseded".to_owned(), Role::Dim),
    };
    row.push(format!(" {text}"), look.style(role));
    match rollout.state.reason() {
        Some(why) if !detailed => {
            row.push(format!(": {why}"), look.style(role));
        }
        _ if !rollout.by.is_empty() && row.width() + rollout.by.width() + 4 <= room => {
            row.push(format!(" by {}", rollout.by), look.style(Role::Dim));
        }
        _ => {}
    }
}

/// What came of it, how long ago, and who made it.
fn past_state(model: &Model, look: &Look, past: &Past, room: usize, row: &mut Row) {
    let role = if past.well { Role::Dim } else { Role::Warning };
    row.push(past.outcome.as_str(), look.style(role)).gap(1);
    let age = figures::age(figures::seconds(past.at, model.now));
    let ago = if room < ROOMY { "" } else { " ago" };
    row.push(format!("{age}{ago}"), look.style(Role::Dim));
    if !past.by.is_empty() {
        row.push(format!(" by {}", past.by), look.style(Role::Dim));
    }
}

/// A line under the first.
fn more(model: &Model, look: &Look, shown: Shown<'_>, part: Part, columns: u16, row: &mut Row) {
    row.gap(INDENT - row.width());
    match (part, shown) {
        (Part::Timing, Shown::Own(operation, _)) => {
            row.push("by you, ", look.style(Role::Dim));
            row.push(timing(model, operation), look.style(Role::Text));
        }
        (Part::Words(number), shown) => {
            let words = words(shown);
            if let Some(line) = wrapped(&words, columns).get(number) {
                row.push(*line, look.style(spoken(shown)));
            }
        }
        (Part::Reason, shown) => {
            row.push(words(shown).as_str(), look.style(spoken(shown)));
        }
        (Part::Keys, _) => next(model, look, row),
        (Part::Marks, Shown::Seen(rollout)) => {
            marks(look, "new", &rollout.new, row);
            marks(look, "old", &rollout.old, row);
        }
        _ => {}
    }
}

/// The keys of the pane that lead on.
fn next(model: &Model, look: &Look, row: &mut Row) {
    let keys = [
        (Command::RollBack, "roll back"),
        (Command::Open, "details"),
        (Command::Logs, "logs"),
    ];
    for (command, words) in keys {
        if hints::why_not(model, command).is_some() {
            continue;
        }
        if let Some(chord) = model.keymap.chords(Scope::Rollouts, command).first() {
            row.push(look.chord(*chord), look.style(Role::Key));
            row.push(format!(" {words}"), look.style(Role::KeyLabel))
                .gap(3);
        }
    }
}

/// How the words of a row look.
fn spoken(shown: Shown<'_>) -> Role {
    match shown {
        Shown::Own(operation, _) => match &operation.ended {
            Some((outcome, _)) => judged(operation, outcome),
            None if operation.putting_back.is_empty() => Role::Text,
            None => Role::Warning,
        },
        Shown::Seen(rollout) if matches!(rollout.state, RolloutState::Held(_)) => Role::Warning,
        Shown::Seen(_) | Shown::Past(_) => Role::Critical,
    }
}

/// How an outcome looks.
const fn judged(operation: &Operation, outcome: &Outcome) -> Role {
    match outcome {
        Outcome::Verified(_) if operation.remain > 0 => Role::Warning,
        Outcome::Verified(_) => Role::Good,
        Outcome::Unverified(_) | Outcome::Cancelled { .. } => Role::Warning,
        Outcome::Failed { .. } | Outcome::Superseded { .. } | Outcome::Reverted { .. } => {
            Role::Critical
        }
    }
}

fn marks(look: &Look, word: &str, marks: &[Mark], row: &mut Row) {
    if marks.is_empty() {
        return;
    }
    row.push(format!("{word} "), look.style(Role::Dim));
    if marks.len() <= SINGLY {
        for mark in marks {
            let (sign, role) = drawn(look, *mark);
            row.push(sign, look.style(role));
        }
        row.gap(3);
        return;
    }
    for kind in [
        Mark::Ready,
        Mark::Starting,
        Mark::Failed,
        Mark::Draining,
        Mark::Waiting,
    ] {
        let many = marks.iter().filter(|mark| **mark == kind).count();
        if many > 0 {
            let (sign, role) = drawn(look, kind);
            row.push(format!("{many}{sign}"), look.style(role)).gap(1);
        }
    }
    row.gap(2);
}

/// The sign of a copy.
const fn drawn(look: &Look, mark: Mark) -> (&'static str, Role) {
    match mark {
        Mark::Ready => (look.glyphs.good, Role::Good),
        Mark::Starting => (look.glyphs.pending, Role::Text),
        Mark::Draining => (look.glyphs.previous, Role::Dim),
        Mark::Failed => (look.glyphs.bad, Role::Critical),
        Mark::Waiting => (look.glyphs.absent, Role::Dim),
    }
}
