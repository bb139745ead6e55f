//! What a plan's dialog says, line by line; how each line looks is the drawing's affair.

use std::cmp::Reverse;

use super::{
    super::{super::Model, dialog},
    PlanDialog, Stage, changed,
};
use crate::{
    domain::alert::Severity,
    plan::{Change, Owner, Preview, Refusal, Side, Step},
    text::{SafeText, width},
};

/// From so many columns on what changes stands beside what does not come back.
const BESIDE: u16 = 66;
/// So many changes are shown before one asks for the whole diff.
const CHANGES: usize = 6;
/// Columns before the words of a side: `now   `.
pub const LABEL: usize = 6;

/// One line of the dialog.
#[derive(Clone, Debug, PartialEq)]
pub enum Line<'a> {
    /// Between two parts.
    Blank,
    /// Where things stand, or would: label, what, facts, and whether this row begins it. The last: whether there are
    /// other revisions to choose from.
    Side(&'static str, &'a str, &'a str, bool),
    /// More of the facts.
    Facts(&'a str),
    /// The headings of the two columns; an empty one where its column is empty.
    Heads(&'static str, &'static str),
    /// A change, and what does not come back beside it.
    Pair(Option<&'a Change>, &'a str),
    /// A change in a line of its own.
    Change(&'a Change),
    /// A value to be changed in Git, under its path.
    Edit(&'a Change),
    /// So many changes that are not shown.
    More(usize),
    /// A row of what does not come back, in a line of its own.
    Remains(&'a str),
    /// A row of a warning; its severity where it begins.
    Warning(Option<Severity>, &'a str),
    /// Checks that passed.
    Passed(Vec<&'a str>),
    /// Steps, time, and what users notice.
    Impact(&'a Preview),
    /// A row of what users notice.
    Meanwhile(&'a str),
    /// A step, numbered from 1.
    Step(usize, &'a Step),
    /// The target is no longer what was frozen.
    Changed(SafeText),
    /// Nothing can be written down.
    Unrecorded(&'a str),
    /// The preview is being made.
    Asking,
    /// Why it can't be done.
    Refused(&'a str),
    /// What could be done instead.
    Instead(&'a str),
}

/// The dialog as it stands on the screen.
#[derive(Debug)]
pub struct Page<'a> {
    /// Where its parts are.
    pub parts: dialog::Parts,
    /// All its lines, also those that do not fit.
    pub lines: Vec<Line<'a>>,
}

/// The dialog as it stands on the screen.
pub fn page<'a>(model: &'a Model, plan: &'a PlanDialog) -> Page<'a> {
    let body = dialog::body(model);
    let columns = dialog::columns(body);
    // Where it is tight, no line is left blank.
    let loose = body.height >= 16;
    let mut lines = lines(model, plan, columns);
    if !loose {
        lines.retain(|line| *line != Line::Blank);
    }
    let field = if plan.expected().is_some() { 2 } else { 0 };
    Page {
        parts: dialog::parts(body, lines.len(), field),
        lines,
    }
}

fn lines<'a>(model: &Model, plan: &'a PlanDialog, columns: u16) -> Vec<Line<'a>> {
    match &plan.stage {
        Stage::Asking => vec![Line::Blank, Line::Asking, Line::Blank],
        Stage::Refused(refusal) => refused(refusal, columns),
        Stage::Ready(ready) => {
            let preview = &**ready.preview();
            let mut lines = vec![Line::Blank];
            if let Some(changes) = changed(model, plan) {
                lines.extend([Line::Changed(changes), Line::Blank]);
            }
            if let Some(why) = &plan.unrecorded {
                let rows = width::wrap(why, usize::from(columns).saturating_sub(2).max(8));
                lines.extend(rows.into_iter().map(Line::Unrecorded));
                lines.push(Line::Blank);
            }
            side("now", &preview.now, false, columns, &mut lines);
            let choosable = plan.revisions().is_some();
            side("to", &preview.to, choosable, columns, &mut lines);
            lines.push(Line::Blank);
            if let (true, Some(owner)) = (plan.in_git, &preview.owner) {
                in_git(owner, columns, &mut lines);
            } else if plan.whole_diff {
                whole(preview, columns, &mut lines);
            } else if columns < BESIDE {
                // Where it is narrow, what matters most has to come first.
                notes(preview, columns, &mut lines);
                diff(preview, columns, &mut lines);
                impact(preview, columns, &mut lines);
            } else {
                diff(preview, columns, &mut lines);
                notes(preview, columns, &mut lines);
                impact(preview, columns, &mut lines);
            }
            lines.push(Line::Blank);
            lines.dedup_by(|a, b| *a == Line::Blank && *b == Line::Blank);
            lines
        }
    }
}

fn refused(refusal: &Refusal, columns: u16) -> Vec<Line<'_>> {
    let room = usize::from(columns).saturating_sub(2).max(8);
    let mut lines = vec![Line::Blank];
    lines.extend(
        width::wrap(&refusal.why, room)
            .into_iter()
            .map(Line::Refused),
    );
    lines.push(Line::Blank);
    if !refusal.instead.is_empty() {
        let rows = width::wrap(&refusal.instead, room);
        lines.extend(rows.into_iter().map(Line::Instead));
        lines.push(Line::Blank);
    }
    lines
}

fn side<'a>(
    label: &'static str,
    side: &'a Side,
    choosable: bool,
    columns: u16,
    lines: &mut Vec<Line<'a>>,
) {
    let arrows = if choosable { 6 } else { 0 };
    let room = usize::from(columns).saturating_sub(LABEL + side.what.width() + 3 + arrows);
    if side.facts.is_empty() || room < 24 {
        lines.push(Line::Side(label, &side.what, "", choosable));
        if !side.facts.is_empty() {
            let rows = width::wrap(
                &side.facts,
                usize::from(columns).saturating_sub(LABEL).max(8),
            );
            lines.extend(rows.into_iter().map(Line::Facts));
        }
        return;
    }
    for (number, row) in width::wrap(&side.facts, room).into_iter().enumerate() {
        lines.push(if number == 0 {
            Line::Side(label, &side.what, row, choosable)
        } else {
            Line::Facts(row)
        });
    }
}

/// What changes beside what does not come back, where there is room; else one under the other.
fn diff<'a>(preview: &'a Preview, columns: u16, lines: &mut Vec<Line<'a>>) {
    let most = if preview.changes.len() > CHANGES {
        CHANGES - 1
    } else {
        CHANGES
    };
    let shown = preview.changes.iter().take(most);
    let more = preview.changes.len() - shown.len();
    let changes = if preview.changes.is_empty() {
        ""
    } else {
        "what changes"
    };
    let beside = columns >= BESIDE && !preview.changes.is_empty();
    let room = usize::from(if beside { columns / 2 } else { columns });
    let remains: Vec<&str> = preview
        .remains
        .iter()
        .flat_map(|text| width::wrap(text, room.saturating_sub(1).max(8)))
        .collect();
    let stays = if remains.is_empty() {
        ""
    } else {
        "what does not come back"
    };
    if beside {
        lines.push(Line::Heads(changes, stays));
        let mut changes = shown;
        let mut remains = remains.into_iter();
        loop {
            match (changes.next(), remains.next()) {
                (None, None) => break,
                (change, text) => lines.push(Line::Pair(change, text.unwrap_or_default())),
            }
        }
    } else {
        if !changes.is_empty() {
            lines.push(Line::Heads(changes, ""));
            lines.extend(shown.map(Line::Change));
        }
        if !stays.is_empty() {
            lines.push(Line::Heads(stays, ""));
            lines.extend(remains.into_iter().map(Line::Remains));
        }
    }
    if more > 0 {
        lines.push(Line::More(more));
    }
    lines.push(Line::Blank);
}

/// Everything that changes, and every step.
fn whole<'a>(preview: &'a Preview, columns: u16, lines: &mut Vec<Line<'a>>) {
    let room = usize::from(columns).max(8);
    if !preview.changes.is_empty() {
        lines.push(Line::Heads("what changes", ""));
        lines.extend(preview.changes.iter().map(Line::Change));
        lines.push(Line::Blank);
    }
    if !preview.remains.is_empty() {
        lines.push(Line::Heads("what does not come back", ""));
        let rows = preview.remains.iter().flat_map(|t| width::wrap(t, room));
        lines.extend(rows.map(Line::Remains));
        lines.push(Line::Blank);
    }
    lines.push(Line::Heads("the steps, one after another", ""));
    let steps = preview.steps.iter().enumerate();
    lines.extend(steps.map(|(number, step)| Line::Step(number + 1, step)));
}

/// Who would put it back, and what to change there.
fn in_git<'a>(owner: &'a Owner, columns: u16, lines: &mut Vec<Line<'a>>) {
    let room = usize::from(columns).max(8);
    lines.push(Line::Heads("who decides what it is", ""));
    for text in [&owner.name, &owner.undoes] {
        let rows = width::wrap(text, room);
        lines.extend(rows.into_iter().map(Line::Remains));
    }
    lines.push(Line::Blank);
    lines.push(Line::Heads("what to change, for it to last", ""));
    let rows = width::wrap(&owner.source, room);
    lines.extend(rows.into_iter().map(Line::Remains));
    for value in owner.edits.chunk_by(|a, b| a.field == b.field) {
        lines.push(Line::Facts(&value[0].field));
        lines.extend(value.iter().map(Line::Edit));
    }
}

/// Warnings, the worst first, and what passed.
fn notes<'a>(preview: &'a Preview, columns: u16, lines: &mut Vec<Line<'a>>) {
    let mut warnings: Vec<_> = preview
        .notes
        .iter()
        .filter(|n| n.severity.is_some())
        .collect();
    warnings.sort_by_key(|n| Reverse(n.severity == Some(Severity::Critical)));
    let room = usize::from(columns).saturating_sub(2).max(8);
    for note in warnings {
        for (number, row) in width::wrap(&note.text, room).into_iter().enumerate() {
            let severity = note.severity.filter(|_| number == 0);
            lines.push(Line::Warning(severity, row));
        }
    }
    let passed = preview.notes.iter().filter(|n| n.severity.is_none());
    let mut rows: Vec<(usize, Vec<&str>)> = Vec::new();
    for note in passed {
        let wide = note.text.width() + 5;
        match rows.last_mut() {
            Some((used, row)) if *used + wide <= usize::from(columns) + 3 => {
                *used += wide;
                row.push(&note.text);
            }
            _ => rows.push((wide, vec![&note.text])),
        }
    }
    lines.extend(rows.into_iter().map(|(_, row)| Line::Passed(row)));
}

fn impact<'a>(preview: &'a Preview, columns: u16, lines: &mut Vec<Line<'a>>) {
    lines.push(Line::Impact(preview));
    if !preview.impact.is_empty() {
        let rows = width::wrap(&preview.impact, usize::from(columns).max(8));
        lines.extend(rows.into_iter().map(Line::Meanwhile));
    }
}
