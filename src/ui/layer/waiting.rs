//! A command that waits for the services.

use ratatui::buffer::Buffer;

use super::{boxed, foot, key, titled_of};
use crate::{
    domain::{command::Command, theme::Role},
    state::{
        Model,
        layer::{
            dialog,
            waiting::{self, Waiting},
        },
    },
    text::width,
    ui::{
        Look, banner,
        paint::{Row, line},
    },
};

pub(super) fn draw(model: &Model, look: &Look, asked: &Waiting, buffer: &mut Buffer) {
    let body = dialog::body(model);
    let words = if waiting::ready(model, asked.command) {
        "The services are here by now: leave this, and ask again for the one that is selected."
            .to_owned()
    } else if waiting::answered(model) {
        "It is not known yet whose services these are, and it is written down under that name. It goes on as soon as \
         that is told."
            .to_owned()
    } else {
        let why = banner::waiting(model);
        format!(
            "{why}. It goes on as soon as the services are here; what is typed until then does nothing."
        )
    };
    let rows = width::wrap(&words, usize::from(dialog::columns(body)).max(8));
    let parts = dialog::parts(body, rows.len(), 0);
    let title = titled_of(look, "Waiting", asked.command.label());
    boxed(model, look, title, Row::new(), parts.frame, buffer);
    for (number, text) in (0..parts.text.height).zip(rows) {
        let mut row = Row::new();
        row.push(text, look.style(Role::Text));
        row.draw(look, line(parts.text, number), buffer);
    }
    let keys = vec![key(model, look, Command::Cancel, "gives it up", true)];
    foot(model, look, &parts, keys, buffer);
}
