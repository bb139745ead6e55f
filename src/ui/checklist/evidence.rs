//! What shows how the step under the cursor stands, live, and what to do about it.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    super::{
        Look, figures,
        layer::{titled, wrapped},
        paint::{Row, line},
    },
    key,
    steps::sign,
    title, within,
};
use crate::{
    checklist::{End, Hold, Item, Kind, State, Step, Wanted, record},
    domain::{command::Command, theme::Role},
    expr::{Evidence, Truth},
    state::{
        Model,
        checklist::{View, is_offered},
    },
    text::{counted, width},
};

/// What was observed so many seconds ago says so.
const OLD: u64 = 5;

pub(super) fn draw(model: &Model, look: &Look, view: &View, frame: Rect, buffer: &mut Buffer) {
    let area = within(frame);
    let columns = usize::from(area.width.saturating_sub(2)).max(8);
    let (name, right, rows) = match (view.run().ended(), view.selected()) {
        (Some((_, end)), _) => ("Summary", String::new(), summary(look, view, end, columns)),
        (None, Some((item, step))) => {
            let asked = item.kind.condition();
            let asked = asked.map_or_else(String::new, |condition| condition.words.to_string());
            (
                "Evidence",
                asked,
                told(model, look, view, (item, step), columns),
            )
        }
        (None, None) => return,
    };
    title(look, titled(look, name), &right, frame, buffer);
    let height = usize::from(area.height);
    let hidden = (rows.len() + 1).saturating_sub(height);
    let cut = rows.len() > height && height > 0;
    let rows = rows.into_iter().take(height - usize::from(cut));
    for (number, words) in (0..area.height).zip(rows) {
        let mut row = Row::new();
        row.gap(1).append(words);
        row.draw(look, line(area, number), buffer);
    }
    if cut {
        let mut row = Row::new();
        let zoom = key(model, look, Command::Zoom);
        let more = counted(hidden, "more line");
        row.push(format!(" {more}, {zoom} shows all"), look.style(Role::Dim));
        row.draw(look, line(area, area.height - 1), buffer);
    }
}

/// What is told of a run that is over.
fn summary(look: &Look, view: &View, end: &End, columns: usize) -> Vec<Row> {
    let run = view.run();
    let (settled, of) = run.progress();
    let how = match end {
        End::Done => format!("Done: {settled} of {of} steps settled."),
        End::Left { reason } => format!("Left with {settled} of {of} steps settled: {reason}"),
    };
    let mut rows = wrapped(look, &how, columns, Role::Title);
    let lines = record::summary(run);
    if lines.is_empty() {
        let nothing = "Nothing was waived, skipped, or took longer than planned.";
        rows.extend(wrapped(look, nothing, columns, Role::Text));
    }
    for line in lines {
        rows.extend(wrapped(look, &line, columns, Role::Text));
    }
    let id = &view.walk.id().0;
    // Rehearsals have a journal of their own.
    let demo = if run.start().rehearsal { " --demo" } else { "" };
    let where_ = format!("The record: quarterdeck checklist export {id}{demo}");
    rows.extend(wrapped(look, &where_, columns, Role::Dim));
    rows
}

/// All that there is to tell of a step, the most important first.
fn told(
    model: &Model,
    look: &Look,
    view: &View,
    (item, step): (&Item, &Step),
    columns: usize,
) -> Vec<Row> {
    let mut rows = Vec::new();
    let settled = step.state.is_settled();
    soak(model, look, item, step, &mut rows);
    if !settled {
        let next = next(model, look, view, item, step);
        rows.extend(wrapped(look, &next, columns, Role::Accent));
    }
    // Its words may be cut in its row.
    if width::head(&item.text, columns / 2).len() < item.text.len() {
        rows.extend(wrapped(look, &item.text, columns, Role::Text));
    }
    if settled {
        rows.extend(so_far(model, look, view, step));
        if view.through() && view.walk.hold() != Hold::Other {
            let next = next(model, look, view, item, step);
            rows.extend(wrapped(look, &next, columns, Role::Accent));
        }
    }
    let found = view.verdict(item.id).into_iter();
    for found in found.flat_map(|verdict| &verdict.evidence) {
        rows.push(found_now(model, look, found, settled));
    }
    if !item.commands.is_empty() {
        rows.extend(wrapped(
            look,
            "run by hand, never run from here:",
            columns,
            Role::Dim,
        ));
    }
    for command in &item.commands {
        let mut row = Row::new();
        row.push("  ", look.style(Role::Dim));
        row.push(command.as_str(), look.style(Role::Accent));
        rows.push(row);
    }
    for note in &item.notes {
        rows.extend(wrapped(look, note, columns, Role::Text));
    }
    for note in &step.notes {
        let at = figures::minute(model, look, note.at);
        let words = format!("{at} {}: {}", note.author(), note.text);
        rows.extend(wrapped(look, &words, columns, Role::Text));
    }
    // What began the clock of a soak is what it sees.
    if !settled && !step.words.is_empty() && step.clock.is_none() {
        rows.extend(so_far(model, look, view, step));
    }
    if let Some(owner) = &item.owner {
        rows.extend(wrapped(
            look,
            &format!("to be done by {owner}"),
            columns,
            Role::Dim,
        ));
    }
    rows
}

/// What is written down of it.
fn so_far(model: &Model, look: &Look, view: &View, step: &Step) -> Option<Row> {
    let at = figures::clock(model, look, step.at?);
    let (sign, role) = sign(look, step.state);
    let mut row = Row::new();
    row.push(format!("{sign} {} {at}", step.state), look.style(role));
    // What proves itself is by nobody.
    if matches!(step.state, State::Attested | State::Skipped | State::Waived) {
        row.push(format!(" by {}", step.author()), look.style(Role::Text));
    }
    if view.run().proved_before_interruption(step) {
        row.push(", before the interruption", look.style(Role::Dim));
    }
    let colon = if step.words.is_empty() { "" } else { ": " };
    row.push(format!("{colon}{}", step.words), look.style(Role::Text));
    Some(row)
}

/// What is observed now, and how long ago.
fn found_now(model: &Model, look: &Look, found: &Evidence, settled: bool) -> Row {
    let (sign, word, role) = match found.truth {
        Truth::True => (look.glyphs.good, "so", Role::Good),
        Truth::False => (look.glyphs.bad, "not so", Role::Critical),
        Truth::Unknown => (look.glyphs.unknown, "unknown", Role::Unknown),
    };
    let now = if settled { "now " } else { "" };
    let mut row = Row::new();
    row.push(format!("{sign} {now}{word}: "), look.style(role));
    row.push(found.words.as_str(), look.style(Role::Text));
    if let Some(at) = found.at {
        let ago = figures::seconds(at, model.now);
        let at = figures::clock(model, look, at);
        row.push(format!("  {at}"), look.style(Role::Dim));
        if ago >= OLD {
            row.push(
                format!(", {} ago", figures::lasting(ago)),
                look.style(Role::Dim),
            );
        }
    }
    row
}

fn soak(model: &Model, look: &Look, item: &Item, step: &Step, rows: &mut Vec<Row>) {
    let Kind::Soak(_, long) = &item.kind else {
        return;
    };
    if let Some(clock) = step.clock {
        let of = long.as_secs().max(1);
        let held = figures::seconds(clock, model.now).min(of);
        let full = (24 * held / of) as usize;
        let mut row = Row::new();
        row.push(look.glyphs.bar_full.repeat(full), look.style(Role::BarFull));
        row.push(
            look.glyphs.bar_empty.repeat(24 - full),
            look.style(Role::BarEmpty),
        );
        let (held, of) = (figures::elapsed(held), figures::elapsed(of));
        let began = figures::clock(model, look, clock);
        row.push(
            format!(" {held} of {of}, the clock began at {began}"),
            look.style(Role::Text),
        );
        rows.push(row);
    }
    if let Some((at, why)) = &step.last_reset {
        let times = match step.resets {
            1 => "once".to_owned(),
            times => format!("{times} times, last"),
        };
        let at = figures::clock(model, look, *at);
        let mut row = Row::new();
        row.push(
            format!("started again {times}: "),
            look.style(Role::Warning),
        );
        row.push(format!("{why} at {at}"), look.style(Role::Text));
        rows.push(row);
    }
}

/// What to do now, in a sentence.
fn next(model: &Model, look: &Look, view: &View, item: &Item, step: &Step) -> String {
    let key = |command| key(model, look, command);
    let settle = key(Command::Settle);
    let (skip, waive) = (key(Command::Skip), key(Command::Waive));
    let way_out = if item.killer {
        format!("nobody may skip it; {waive} has a second person waive it")
    } else {
        format!("{skip} skips it with a reason, {waive} has a second person waive it")
    };
    if view.through() && view.walk.hold() == Hold::Own {
        return format!(
            "All is settled: {settle} ends the walk and shows what deserves a second look."
        );
    }
    if view.walk.hold() == Hold::Nobody {
        return format!(
            "The console of {} is gone: {} takes control; until then nothing is looked at.",
            view.run().pilot(),
            key(Command::HandOver)
        );
    }
    if view.walk.hold() == Hold::Other && !matches!(item.kind, Kind::Gate) {
        let pilot = view.run().pilot();
        return if is_offered(model) {
            format!(
                "{pilot} offers you control: {} takes it.",
                key(Command::HandOver)
            )
        } else {
            format!("{pilot} has control, you watch. {waive} waives it as the second person.")
        };
    }
    match (&item.kind, step.state) {
        (_, State::Uncertain) => format!(
            "Nobody knows what became of it: the platform is being read, and nothing is done twice. {settle} reads again, or lets you say what you read."
        ),
        (Kind::Attest, State::Stale) => {
            format!("It was so, and may be no more: {settle} says that it is.")
        }
        (Kind::Attest, _) => format!("{settle} says in your name that it is done; {way_out}."),
        (Kind::Check(_), State::Failed) => {
            format!(
                "Not so. Put it right: it is looked at all the time, and passes by itself. Else {way_out}."
            )
        }
        (Kind::Check(_), State::Stale) => {
            format!(
                "It was so; what proved it is old. It is looked at again by itself. Else {way_out}."
            )
        }
        (Kind::Check(_), State::Running) => {
            format!("Nobody knows, so it does not pass. Else {way_out}.")
        }
        (Kind::Check(_), _) => {
            "It is looked at when its turn comes, and passes by itself.".to_owned()
        }
        (Kind::Soak(..), State::Failed) => format!("It took too long; {way_out}."),
        (Kind::Soak(..), _) => {
            format!("It passes by itself once it has held for its whole time. Else {way_out}.")
        }
        (Kind::Gate, State::Failed) => format!("No go, by {}. {settle} asks again.", step.by),
        (Kind::Gate, _) => format!(
            "{settle} asks: go, or no go. It opens when {} and one other person say go.",
            view.run().pilot()
        ),
        (Kind::Do(..), _) if step.is_acting() => "Its action is under way.".to_owned(),
        (Kind::Do(..), State::Running) => "It is done; its check has to hold too.".to_owned(),
        (Kind::Do(order, _), state) => {
            if let Err(why) = view.run().may_act(item.id) {
                return format!("It is not its turn: {why}.");
            }
            let again = if state == State::Failed { "again " } else { "" };
            let what = match &order.wanted {
                Wanted::Rollout => "rollout".to_owned(),
                Wanted::Action(action) => action.title().to_lowercase(),
            };
            format!(
                "{settle} shows {again}the plan: {what} {}. Nothing is sent before you confirm it; {way_out}.",
                order.about
            )
        }
    }
}
