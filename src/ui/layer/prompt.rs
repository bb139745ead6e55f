//! One line of text is asked for.

use ratatui::buffer::Buffer;

use super::{draw_dialog, field, key, titled, titled_of, wrapped};
use crate::{
    domain::{command::Command, revision::Revision, service::ServiceId, theme::Role},
    state::{
        Model,
        layer::{
            dialog,
            prompt::{Asked, Prompt},
        },
    },
    text::width,
    ui::{Look, checklist, figures, paint::Row},
};

pub(super) fn draw(model: &Model, look: &Look, prompt: &Prompt, buffer: &mut Buffer) {
    let (title, question) = match &prompt.asked {
        Asked::Operator(_) => (
            titled(look, "Who acts?"),
            "your name, recorded with what you do and asked once; nothing is sent yet".to_owned(),
        ),
        Asked::Scale(services) => (
            about(look, "Scale", services),
            "how many replicas".to_owned(),
        ),
        Asked::Rollout(services, _) => (
            about(look, "Roll out", services),
            "which image or tag".to_owned(),
        ),
        Asked::Walk(say) => checklist::question(model, look, say),
    };
    let body = dialog::body(model);
    let columns = usize::from(dialog::columns(body)).max(8);
    let mut rows = wrapped(look, &question, columns, Role::Dim);
    let mut typed = Row::new();
    typed.append(field(look, &prompt.field));
    rows.push(typed);
    rows.extend(wrapped(look, &prompt.problem, columns, Role::Warning));
    match &prompt.asked {
        Asked::Operator(_) | Asked::Walk(_) => {}
        Asked::Scale(services) => rows.extend(now(model, look, services)),
        Asked::Rollout(..) => rows.extend(offered(model, look, prompt)),
    }
    if body.height >= 14 {
        rows.insert(0, Row::new());
        rows.push(Row::new());
    }
    let mut keys = vec![key(model, look, Command::Confirm, confirms(prompt), true)];
    match &prompt.asked {
        Asked::Operator(_) | Asked::Walk(_) => {}
        Asked::Scale(_) => {
            keys.push(key(model, look, Command::PreviousChoice, "more", true));
            keys.push(key(model, look, Command::NextChoice, "fewer", true));
        }
        Asked::Rollout(..) => {
            let there = prompt.offered.as_ref().is_some_and(|o| !o.is_empty());
            keys.push(key(
                model,
                look,
                Command::NextChoice,
                "what ran here",
                there,
            ));
        }
    }
    keys.push(key(
        model,
        look,
        Command::Cancel,
        "leaves everything as it is",
        true,
    ));
    draw_dialog(model, look, title, rows, keys, buffer);
}

fn confirms(prompt: &Prompt) -> &'static str {
    match prompt.asked {
        Asked::Operator(_) => "go on",
        Asked::Walk(_) => "write it down",
        Asked::Scale(_) | Asked::Rollout(..) => "show the plan",
    }
}

fn about(look: &Look, title: &str, services: &[ServiceId]) -> Row {
    match services {
        [one] => titled_of(look, title, &one.to_string()),
        many => {
            let names: Vec<&str> = many.iter().map(|id| &*id.name).collect();
            titled_of(
                look,
                title,
                &format!("{}, one after another", names.join(", ")),
            )
        }
    }
}

/// How many there are.
fn now(model: &Model, look: &Look, services: &[ServiceId]) -> Option<Row> {
    let mut row = Row::new();
    let mut texts = Vec::new();
    for id in services {
        let service = model.snapshot().service(id)?;
        let name = if services.len() > 1 {
            format!("{}: ", id.name)
        } else {
            String::new()
        };
        texts.push(format!(
            "{name}now {}, {} ready",
            service.wanted(),
            service.ready()
        ));
    }
    row.push(texts.join("   "), look.style(Role::Dim));
    Some(row)
}

/// What ran here, to choose from.
fn offered(model: &Model, look: &Look, prompt: &Prompt) -> Vec<Row> {
    let mut rows = vec![Row::new()];
    let say = |text: &str| {
        let mut row = Row::new();
        row.push(text, look.style(Role::Dim));
        row
    };
    match prompt.offered.as_deref() {
        None => rows.push(say("looking up what ran here")),
        Some([]) => rows.push(say("nothing else ran here that could run again")),
        Some(revisions) => {
            for (number, revision) in revisions.iter().enumerate().take(8) {
                rows.push(offer(model, look, revision, prompt.chosen == Some(number)));
            }
        }
    }
    rows
}

fn offer(model: &Model, look: &Look, revision: &Revision, chosen: bool) -> Row {
    let mut row = Row::new();
    let (sign, role) = if chosen {
        (look.glyphs.closed, Role::Choice)
    } else {
        (" ", Role::Text)
    };
    row.push(format!("{sign} "), look.style(Role::Accent));
    row.push(width::pad(&revision.image, 40), look.style(role))
        .gap(1);
    let age = figures::age(figures::seconds(revision.last_seen, model.now));
    row.push(format!("ran {age} ago  "), look.style(Role::Dim));
    if revision.known_good.is_some() {
        row.push(look.glyphs.good, look.style(Role::Good));
        row.push(" known good", look.style(Role::Dim));
    }
    row
}
