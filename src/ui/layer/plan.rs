//! The dialog of an action: everything to know before one agrees to it.

use std::fmt::Write as _;

use ratatui::buffer::Buffer;

use super::{boxed, field, foot, key, page, titled};
use crate::{
    domain::{alert::Severity, command::Command, theme::Role},
    plan::{Change, ChangeKind, Preview},
    state::{
        Model,
        layer::plan::{self, LABEL, Line, PlanDialog, Stage},
    },
    text::{counted, width},
    ui::{
        Look, figures,
        paint::{Row, line},
    },
};

pub(super) fn draw(model: &Model, look: &Look, dialog: &PlanDialog, buffer: &mut Buffer) {
    let plan::Page { parts, lines } = plan::page(model, dialog);
    boxed(
        model,
        look,
        title(model, look, dialog),
        number(look, dialog),
        parts.frame,
        buffer,
    );
    let columns = usize::from(parts.text.width);
    let shown = |line: &Line<'_>| row(model, look, dialog, line, columns);
    page(
        look,
        &lines,
        dialog.scroll,
        (parts.frame, parts.text),
        shown,
        buffer,
    );
    if let Some(expected) = dialog.expected() {
        let mut asks = Row::new();
        if dialog.problem.is_empty() {
            asks.push("type ", look.style(Role::Text));
            asks.push(expected, look.style(Role::Accent));
            asks.push(" to go on", look.style(Role::Text));
        } else {
            asks.push(dialog.problem.as_str(), look.style(Role::Warning));
        }
        asks.draw(look, line(parts.field, 0), buffer);
        let mut typed = Row::new();
        typed.push(format!("{} ", look.glyphs.closed), look.style(Role::Accent));
        typed.append(field(look, &dialog.field));
        typed.draw(look, line(parts.field, 1), buffer);
    }
    foot(model, look, &parts, keys(model, look, dialog), buffer);
}

/// `Roll back  api  in  shop@eks-1`.
fn title(model: &Model, look: &Look, dialog: &PlanDialog) -> Row {
    let target = &dialog.target;
    let mut row = titled(look, dialog.action.title());
    row.push(
        format!(" {} ", target.service.name),
        look.style(Role::Accent),
    );
    row.push(" in ", look.style(Role::Dim));
    let place = format!(" {}@{} ", target.environment, model.place.context);
    row.push(place, look.style(Role::Title));
    row
}

/// Which of several it is, and the plan's number.
fn number(look: &Look, dialog: &PlanDialog) -> Row {
    let mut row = Row::new();
    let (at, of) = dialog.turn;
    if of > 1 {
        row.push(format!(" {at} of {of} "), look.style(Role::Accent));
    }
    if let Stage::Ready(plan) = &dialog.stage {
        row.push(format!(" plan {} ", plan.id()), look.style(Role::Dim));
    }
    row
}

fn keys(model: &Model, look: &Look, dialog: &PlanDialog) -> Vec<Row> {
    let cancels = if dialog.followed() {
        "skips this one"
    } else {
        "leaves everything as it is"
    };
    let cancel = key(model, look, Command::Cancel, cancels, true);
    match &dialog.stage {
        Stage::Asking => vec![cancel],
        Stage::Refused(_) => vec![
            key(model, look, Command::Confirm, "understood", true),
            cancel,
        ],
        Stage::Ready(plan) => {
            let label = if plan::changed(model, dialog).is_some() {
                "look again".to_owned()
            } else if dialog.owner().is_some() {
                format!("{} anyway", plan.action().title().to_lowercase())
            } else {
                plan.action().title().to_lowercase()
            };
            let ripe = dialog.ripe() && typed(dialog);
            let diff = if dialog.whole_diff {
                "summary"
            } else {
                "whole diff"
            };
            let mut keys = vec![
                key(model, look, Command::Confirm, &label, ripe),
                key(model, look, Command::WholeDiff, diff, true),
            ];
            keys.push(cancel);
            if dialog.owner().is_some() {
                let git = if dialog.in_git { "summary" } else { "for Git" };
                keys.push(key(model, look, Command::InGit, git, true));
            }
            if plan.preview().changes.iter().any(|c| c.secret.is_some()) {
                let label = if dialog.revealed { "hides" } else { "values" };
                keys.push(key(model, look, Command::Reveal, label, true));
            }
            keys
        }
    }
}

/// Whether what must be typed is.
fn typed(dialog: &PlanDialog) -> bool {
    dialog
        .expected()
        .is_none_or(|expected| dialog.field.text().trim() == expected)
}

fn row(model: &Model, look: &Look, dialog: &PlanDialog, line: &Line<'_>, columns: usize) -> Row {
    let mut row = Row::new();
    match line {
        Line::Blank => {}
        Line::Side(label, what, facts, choosable) => {
            row.push(width::pad(label, LABEL), look.style(Role::Dim));
            row.push(*what, look.style(Role::Accent));
            if !facts.is_empty() {
                row.gap(3).push(*facts, look.style(Role::Text));
            }
            if *choosable {
                row.append(arrows(look, dialog));
            }
        }
        Line::Facts(facts) => {
            row.gap(LABEL).push(*facts, look.style(Role::Text));
        }
        Line::Heads(left, right) => {
            let half = if right.is_empty() { 0 } else { columns / 2 };
            row.push(
                width::pad(left, half.max(width::width(left))),
                look.style(Role::Column),
            );
            row.push(*right, look.style(Role::Column));
        }
        Line::Pair(change, remains) => {
            let half = columns / 2;
            match change {
                Some(change) => {
                    row.append(changed(model, look, dialog, (change, &change.field), half))
                }
                None => row.gap(half),
            };
            row.push(*remains, look.style(Role::Text));
        }
        Line::Change(change) => {
            let change = (*change, &*change.field);
            row.append(changed(model, look, dialog, change, columns));
        }
        Line::Edit(change) => {
            let room = columns.saturating_sub(LABEL);
            row.gap(LABEL);
            row.append(changed(model, look, dialog, (change, ""), room));
        }
        Line::More(more) => {
            let key = model.keymap.chords(dialog.scope(), Command::WholeDiff);
            let key = key.first().map(ToString::to_string).unwrap_or_default();
            let text = format!("{} {more} more: {key} shows them", look.glyphs.ellipsis);
            row.push(text, look.style(Role::Dim));
        }
        Line::Remains(text) | Line::Meanwhile(text) | Line::Instead(text) => {
            row.push(*text, look.style(Role::Text));
        }
        Line::Warning(severity, text) => {
            let (sign, role) = match severity {
                Some(Severity::Critical) => (look.glyphs.critical, Role::Critical),
                Some(Severity::Warning) => (look.glyphs.warning, Role::Warning),
                None => (" ", Role::Text),
            };
            row.push(sign, look.style(role)).gap(1);
            row.push(*text, look.style(Role::Text));
        }
        Line::Passed(checks) => {
            for check in checks {
                row.push(look.glyphs.good, look.style(Role::Good)).gap(1);
                row.push(*check, look.style(Role::Text)).gap(3);
            }
        }
        Line::Impact(preview) => {
            row.push(steps(preview), look.style(Role::Text));
        }
        Line::Step(number, step) => {
            row.push(format!("{number:>3}  "), look.style(Role::Dim));
            row.push(
                width::pad(&step.verb.to_string(), 9),
                look.style(Role::Accent),
            );
            row.push(step.object.as_str(), look.style(Role::Text));
        }
        Line::Changed(changes) => {
            row.push(look.glyphs.critical, look.style(Role::Critical))
                .gap(1);
            let text = format!("changed since: {changes}. Look again.");
            row.push(text, look.style(Role::Critical));
        }
        Line::Unrecorded(why) => {
            row.push(look.glyphs.critical, look.style(Role::Critical))
                .gap(1);
            row.push(*why, look.style(Role::Critical));
        }
        Line::Asking => {
            row.push(look.glyphs.pending, look.style(Role::Info)).gap(1);
            let text = "finding out what this would mean; nothing is changed by that";
            row.push(text, look.style(Role::Text));
        }
        Line::Refused(why) => {
            row.push(*why, look.style(Role::Warning));
        }
    }
    row
}

/// Whether there are revisions before and after.
fn arrows(look: &Look, dialog: &PlanDialog) -> Row {
    let mut row = Row::new();
    let Some((choices, at)) = dialog.revisions() else {
        return row;
    };
    let role = |there: bool| look.style(if there { Role::Key } else { Role::Disabled });
    row.gap(3).push(look.glyphs.previous, role(at > 0)).gap(1);
    row.push(look.glyphs.next, role(at + 1 < choices.len()));
    row
}

/// `- image  shop/api:v1.8.2`, in so many columns; without a field the value alone.
fn changed(
    model: &Model,
    look: &Look,
    dialog: &PlanDialog,
    (change, field): (&Change, &str),
    columns: usize,
) -> Row {
    let (sign, role) = match change.kind {
        ChangeKind::Removed => ("-", Role::Removed),
        ChangeKind::Added => ("+", Role::Added),
    };
    let mut text = match field {
        "" => format!("{sign} {}", change.value),
        field => format!("{sign} {} {}", width::pad(field, 8), change.value),
    };
    match &change.secret {
        Some(value) if dialog.revealed => {
            text.push('=');
            text.push_str(value);
        }
        Some(_) => {
            let key = model.keymap.chords(dialog.scope(), Command::Reveal);
            if let Some(key) = key.first() {
                let _ = write!(text, " ({key} shows it)");
            }
        }
        None => {}
    }
    let mut row = Row::new();
    let shown = width::truncate(&text, columns.saturating_sub(1));
    row.push(width::pad(&shown, columns), look.style(role));
    row
}

/// `5 steps, about 0:50`.
fn steps(preview: &Preview) -> String {
    let steps = counted(preview.steps.len(), "step");
    match preview.estimate {
        Some(time) => format!("{steps}, about {}", figures::elapsed(time.as_secs().max(1))),
        None => steps,
    }
}
