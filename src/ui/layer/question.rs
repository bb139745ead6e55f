//! A question with a few answers, each with what it means.

use ratatui::buffer::Buffer;

use super::{draw_dialog, key, titled, titled_of, wrapped};
use crate::{
    domain::{
        command::Command,
        service::{ServiceId, ServiceKind},
        theme::Role,
    },
    state::{
        Model,
        layer::{
            dialog,
            leftover::{Answer, LeftoverDialog},
            question::{Asked, Question},
        },
    },
    text::{counted, width},
    ui::{Look, checklist, figures, paint::Row},
};

/// Leave, though an action runs?
pub(super) fn draw(model: &Model, look: &Look, question: &Question, buffer: &mut Buffer) {
    let (title, words) = match question.asked {
        Asked::Leave => {
            let under_way = model.operations.running().map(|o| {
                let (done, of) = (o.done(), counted(o.plan.preview().steps.len(), "step"));
                let name = &o.plan.target().service.name;
                format!("{} {name}: {done} of {of} done.", o.plan.action().word())
            });
            let under_way: Vec<_> = under_way.collect();
            let mut running = model.operations.running();
            let composed = running.any(|o| on_compose(model, &o.plan.target().service));
            let words = format!("Under way: {}{}", under_way.join(" "), caution(composed));
            (titled(look, "Leave?"), words)
        }
        Asked::Gate(item) => checklist::at_gate(model, look, item),
        Asked::Uncertain(item) => checklist::of_uncertain(model, look, item),
    };
    ask(
        model,
        look,
        title,
        &words,
        question.answers(),
        question.chosen,
        buffer,
    );
}

fn on_compose(model: &Model, service: &ServiceId) -> bool {
    let service = model.snapshot().service(service);
    service.is_some_and(|s| s.kind == ServiceKind::Compose)
}

/// What somebody else may do meanwhile.
fn caution(composed: bool) -> &'static str {
    if composed {
        " A docker compose up before it is settled goes to what its file says."
    } else {
        ""
    }
}

/// What an earlier console left.
pub(super) fn leftover(model: &Model, look: &Look, dialog: &LeftoverDialog, buffer: &mut Buffer) {
    let left = &dialog.leftover;
    let title = titled_of(look, "Unfinished", &left.service.to_string());
    let by = if left.by.is_empty() {
        String::new()
    } else {
        format!(" by {}", left.by)
    };
    let whose = if model.operations.began(&left.operation) {
        "and ended in this console before it was through"
    } else {
        "by a console that is gone"
    };
    let words = format!(
        "{} {}: {} of {} done. It was begun{by} at {}, {} ago, {whose}.{}",
        left.action.word(),
        left.service.name,
        left.done,
        counted(left.of, "step"),
        figures::clock(model, look, left.began),
        figures::age(figures::seconds(left.began, model.now)),
        caution(on_compose(model, &left.service)),
    );
    let answers: Vec<_> = dialog.answers().iter().map(Answer::words).collect();
    ask(model, look, title, &words, &answers, dialog.chosen, buffer);
}

fn ask(
    model: &Model,
    look: &Look,
    title: Row,
    words: &str,
    answers: &[(&str, &str)],
    chosen: usize,
    buffer: &mut Buffer,
) {
    let body = dialog::body(model);
    let columns = usize::from(dialog::columns(body)).max(8);
    let widest = answers.iter().map(|(answer, _)| width::width(answer)).max();
    let widest = widest.unwrap_or(0);
    let tight = body.height < 12;
    // Where it is tight the answers come before all the words.
    let most = if tight {
        usize::from(body.height).saturating_sub(2 + answers.len())
    } else {
        usize::MAX
    };
    let mut rows = wrapped(look, words, columns, Role::Text);
    rows.truncate(most);
    if !tight {
        rows.push(Row::new());
    }
    for (number, (answer, meaning)) in answers.iter().enumerate() {
        let (sign, role) = if number == chosen {
            (look.glyphs.closed, Role::Choice)
        } else {
            (" ", Role::Text)
        };
        let room = columns.saturating_sub(widest + 4).max(8);
        for (part, text) in width::wrap(meaning, room).into_iter().enumerate() {
            let mut row = Row::new();
            if part == 0 {
                row.push(format!("{sign} "), look.style(Role::Accent));
                row.push(width::pad(answer, widest), look.style(role));
            } else {
                row.gap(widest + 2);
            }
            row.gap(2).push(text, look.style(Role::Dim));
            rows.push(row);
            if tight {
                break;
            }
        }
    }
    if !tight {
        rows.insert(0, Row::new());
        rows.push(Row::new());
    }
    let keys = vec![
        key(model, look, Command::Confirm, answers[chosen].0, true),
        key(model, look, Command::NextChoice, "chooses", true),
        key(model, look, Command::Cancel, "decides later", true),
    ];
    draw_dialog(model, look, title, rows, keys, buffer);
}
