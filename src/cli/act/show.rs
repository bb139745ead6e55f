//! A plan in words.

use std::fmt::Write as _;

use crate::{
    cli::out::{Paint, Style},
    domain::{figures, revision::Revision},
    plan::{Change, ChangeKind, Preview, Risk, Side},
};

/// Everything that the console's dialog shows.
pub(super) fn plan(preview: &Preview, style: &Style) -> String {
    let target = &preview.ask.target;
    let mut text = String::new();
    let title = format!("{} {}", preview.ask.action.title(), target.service);
    line(
        &mut text,
        &format!(
            "{}  in {} ({})",
            style.paint(Paint::Strong, &title),
            target.environment,
            target.kind.told()
        ),
    );
    for (name, side) in [("now", &preview.now), ("to", &preview.to)] {
        line(&mut text, &format!("  {name:<8} {}", of_side(side)));
    }
    list(
        &mut text,
        "changes",
        preview.changes.iter().map(|c| change(c, style)),
    );
    list(
        &mut text,
        "remains",
        preview.remains.iter().map(ToString::to_string),
    );
    let notes = preview.notes.iter().map(|note| {
        let (sign, paint) = style.severity(note.severity);
        style.paint(paint, &format!("{sign} {}", note.text))
    });
    list(&mut text, "note", notes);
    if let Some(owner) = &preview.owner {
        let who = [&owner.name, &owner.undoes, &owner.source];
        let edits = owner.edits.iter().map(|edit| change(edit, style));
        list(
            &mut text,
            "in Git",
            who.into_iter().map(ToString::to_string).chain(edits),
        );
    }
    let steps = preview.steps.iter().enumerate();
    list(
        &mut text,
        "steps",
        steps.map(|(at, step)| format!("{}. {} {}", at + 1, step.verb, step.object)),
    );
    if !preview.impact.is_empty() {
        line(&mut text, &format!("  {:<8} {}", "impact", preview.impact));
    }
    if let Some(estimate) = preview.estimate {
        let about = figures::elapsed(estimate.as_secs());
        line(&mut text, &format!("  {:<8} about {about}", "takes"));
    }
    if preview.risk == Risk::Typed {
        line(
            &mut text,
            &format!("  {:<8} type {} to agree", "risk", target.typed_name()),
        );
    }
    let others = preview.choices.iter().filter(|r| !r.current).map(revision);
    list(&mut text, "known", others);
    text
}

/// A revision in a line: how it is named, what it is, how it did.
pub(super) fn revision(revision: &Revision) -> String {
    let id = revision.id.strip_prefix("sha256:").unwrap_or(&revision.id);
    let good = if revision.known_good.is_some() {
        ", known good"
    } else {
        ""
    };
    let gone = if revision.available {
        ""
    } else {
        ", its image is gone"
    };
    let healthy = match revision.healthy.as_secs() {
        0 => "health not observed".to_owned(),
        seconds => format!("healthy for {}", figures::lasting(seconds)),
    };
    format!(
        "{}  {}  {healthy}{good}{gone}",
        id.get(..12).unwrap_or(id),
        revision.image
    )
}

fn of_side(side: &Side) -> String {
    if side.facts.is_empty() {
        side.what.to_string()
    } else {
        format!("{}  {}", side.what, side.facts)
    }
}

/// A value that is kept from sight stays so: what is printed is kept.
fn change(change: &Change, style: &Style) -> String {
    let (sign, paint) = match change.kind {
        ChangeKind::Removed => ("-", Paint::Critical),
        ChangeKind::Added => ("+", Paint::Good),
    };
    style.paint(paint, &format!("{sign} {} {}", change.field, change.value))
}

fn list(text: &mut String, name: &str, lines: impl Iterator<Item = String>) {
    for (at, words) in lines.enumerate() {
        let name = if at == 0 { name } else { "" };
        line(text, &format!("  {name:<8} {words}"));
    }
}

fn line(text: &mut String, words: &str) {
    writeln!(text, "{}", words.trim_end()).expect("a string takes all");
}
