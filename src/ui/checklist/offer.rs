//! What can be walked.

use ratatui::{buffer::Buffer, layout::Rect};

use super::{
    super::{
        Look, banner, figures,
        layer::{boxed, titled},
        paint::{Row, line, select},
    },
    cut, within,
};
use crate::{
    checklist::{Hold, ListKind},
    domain::theme::Role,
    state::{
        Model,
        checklist::offer::{Choice, Row as Offered, rows},
        list::Cursor,
        walking::Unfinished,
    },
    text::{SafeText, counted},
};

/// Draws it.
pub(in crate::ui) fn draw(
    model: &Model,
    look: &Look,
    cursor: &Cursor<Choice>,
    area: Rect,
    buffer: &mut Buffer,
) {
    let right = Row::new();
    boxed(model, look, titled(look, "Checklists"), right, area, buffer);
    let inner = within(area);
    let rows = rows(model);
    if rows.is_empty() {
        let words = match model.checklist.offers {
            None => "looking for lists in the Markdown files here, and in the folder checklists",
            Some(_) => {
                "No list in the Markdown files here, or in the folder checklists. Any `- [ ] …` lines under a heading are \
                 one. `quarterdeck checklist new deploy-day` writes one to begin with; `quarterdeck checklist lint FILE` \
                 says what is wrong with one."
            }
        };
        banner::words(words, Role::Dim, look, inner, buffer);
        return;
    }
    let first = cursor.first();
    for (number, entry) in (0..inner.height).zip(rows.iter().skip(first)) {
        let at = line(inner, number);
        let choice = entry.choice();
        let selected = choice.is_some() && choice == cursor.selected;
        let sign = if selected { look.glyphs.cursor } else { " " };
        let mut row = Row::new();
        row.push(sign, look.style(Role::Accent)).gap(1);
        words(model, look, entry, usize::from(at.width), &mut row);
        row.draw(look, at, buffer);
        if selected {
            let focused = matches!(model.layers.last(), Some(crate::state::Layer::Lists(_)));
            select(look, at, focused, 1..1, buffer);
        }
    }
}

fn words(model: &Model, look: &Look, entry: &Offered<'_>, columns: usize, row: &mut Row) {
    let text = look.style(Role::Text);
    match entry {
        Offered::Unfinished => {
            row.push("Not ended", look.style(Role::Column));
        }
        Offered::Run(unfinished) => run(model, look, unfinished, columns, row),
        Offered::File(offer) => {
            let file = SafeText::name(offer.file.as_os_str().as_encoded_bytes());
            row.push(offer.name.as_str(), look.style(Role::Column));
            if offer.name != file {
                row.push(format!("  {file}"), look.style(Role::Dim));
            }
            if !offer.mistakes.is_empty() {
                row.push(
                    "  cannot be begun before it is put right",
                    look.style(Role::Dim),
                );
            }
        }
        Offered::Mistake(words) => {
            row.gap(2)
                .push(format!("{} ", look.glyphs.bad), look.style(Role::Critical));
            row.push(words.as_str(), text);
        }
        Offered::All(_, lists, steps) => {
            row.gap(2).push("all of it", text);
            let (lists, steps) = (counted(*lists, "list"), counted(*steps, "item"));
            row.push(format!("  {lists}, {steps}"), look.style(Role::Dim));
        }
        Offered::List(offer, at) => {
            let list = &offer.lists[*at];
            let what = match list.kind {
                ListKind::Checklist => counted(list.steps, "item"),
                ListKind::Procedure => format!("procedure, {}", counted(list.steps, "step")),
            };
            let room = columns.saturating_sub(4 + 22).max(8);
            let name = cut(look, &list.name, room);
            row.gap(2).push(name, text);
            row.push(format!("  {what}"), look.style(Role::Dim));
        }
    }
}

/// A run that has not ended: who has it, and since when nothing happened.
fn run(model: &Model, look: &Look, unfinished: &Unfinished, columns: usize, row: &mut Row) {
    let name = match &unfinished.list {
        Some(list) => format!("{}: {list}", unfinished.name),
        None => unfinished.name.to_string(),
    };
    let room = (columns / 2).max(8);
    row.gap(2)
        .push(cut(look, &name, room), look.style(Role::Text));
    let began = figures::minute(model, look, unfinished.began);
    let last = figures::age(figures::seconds(unfinished.last, model.now));
    let (who, role) = match unfinished.hold {
        Hold::Own => ("under way here".to_owned(), Role::Accent),
        Hold::Other => (
            format!("{} has control, watch", unfinished.pilot),
            Role::Accent,
        ),
        Hold::Nobody => (
            format!("left by {}, go on", unfinished.pilot),
            Role::Warning,
        ),
    };
    row.push(format!("  {who}"), look.style(role));
    row.push(
        format!("  began {began}, last {last} ago"),
        look.style(Role::Dim),
    );
}
