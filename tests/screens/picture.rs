//! A frame as text that can be read and compared.

use std::fmt::Write as _;

use quarterdeck::{
    config,
    domain::{colour::ColourDepth, glyphs::Glyphs},
    state::{Model, Msg, update},
    ui::{self, Look},
};
use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::{Buffer, Cell},
    style::{Color, Modifier},
};

/// The theme that most terminals show.
pub(crate) fn look() -> Look {
    Look {
        theme: config::theme::built_in("dark").expect("dark is shipped"),
        glyphs: Glyphs::UNICODE,
        zone: jiff::tz::TimeZone::UTC,
    }
}

/// A terminal without colours.
pub(crate) fn no_colour() -> Look {
    let mono = config::theme::built_in("mono").expect("mono is shipped");
    Look {
        theme: mono.at_depth(ColourDepth::None),
        ..look()
    }
}

/// The model as drawn in so many columns and rows.
pub(crate) fn frame(model: &mut Model, look: &Look, columns: u16, rows: u16) -> Buffer {
    let _ = update(model, Msg::Resized(columns, rows));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a test's terminal");
    terminal
        .draw(|frame| ui::draw(model, look, frame.buffer_mut()))
        .expect("a test's terminal takes a frame");
    terminal.backend().buffer().clone()
}

/// The rows of a frame as text.
pub(crate) fn rows(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    let row = |cells: &[Cell]| {
        let mut text = String::new();
        let mut hidden = 0;
        for cell in cells {
            // The cells behind a wide character hold nothing that is drawn.
            if hidden == 0 {
                text.push_str(cell.symbol());
                hidden = quarterdeck::text::width::width(cell.symbol());
            }
            hidden = hidden.saturating_sub(1);
        }
        text.trim_end().to_owned()
    };
    buffer.content.chunks(width).map(row).collect()
}

/// The text alone.
pub(crate) fn text(model: &mut Model, look: &Look, columns: u16, rows_: u16) -> String {
    rows(&frame(model, look, columns, rows_)).join("\n")
}

/// The text, and under it for each row which columns are styled how; what looks like plain text is left out.
pub(crate) fn picture(model: &mut Model, look: &Look, columns: u16, rows_: u16) -> String {
    let buffer = frame(model, look, columns, rows_);
    let mut picture = rows(&buffer).join("\n");
    picture.push_str("\n\n");
    for (number, cells) in buffer
        .content
        .chunks(usize::from(columns).max(1))
        .enumerate()
    {
        let mut at = 0;
        let mut runs = String::new();
        for run in cells.chunk_by(|a, b| style(a) == style(b)) {
            let style = style(&run[0]);
            let blank = run.iter().all(|cell| cell.symbol() == " ") && !shows_on_blanks(&run[0]);
            if !style.is_empty() && !blank {
                write!(runs, " {at}-{} {style},", at + run.len() - 1).expect("a string takes it");
            }
            at += run.len();
        }
        if !runs.is_empty() {
            writeln!(picture, "{number}:{}", runs.trim_end_matches(','))
                .expect("a string takes it");
        }
    }
    picture
}

fn shows_on_blanks(cell: &Cell) -> bool {
    cell.bg != Color::Reset
        || cell
            .modifier
            .intersects(Modifier::REVERSED | Modifier::UNDERLINED)
}

fn style(cell: &Cell) -> String {
    let mut words = Vec::new();
    if cell.fg != Color::Reset {
        words.push(cell.fg.to_string().to_lowercase());
    }
    if cell.bg != Color::Reset {
        words.push(format!("on {}", cell.bg.to_string().to_lowercase()));
    }
    words.extend(
        cell.modifier
            .iter_names()
            .map(|(name, _)| name.to_lowercase()),
    );
    words.join(" ")
}
