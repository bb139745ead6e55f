//! The logs pane.

mod body;
mod histogram;
mod row;
mod status;

use ratatui::{buffer::Buffer, layout::Rect};

use super::{Look, banner, figures, paint::line};
use crate::{
    domain::{log::Level, service::ServiceId},
    state::{
        Model, Pane,
        logs::{
            Logs,
            entry::{Entry, Key},
            view::{Stand, areas, on_screen},
        },
        unseen,
    },
    text::width,
};

/// A strip is so low: the most telling lines stand there.
const STRIP: u16 = 3;
/// How far back a strip looks for them.
const TELLING: usize = 100;
/// How far back the lines of one service are looked for.
const NEWEST: usize = 500;
/// Columns for who wrote a line.
const LABEL: usize = 16;

/// Its name and whose logs it shows, for the frame.
pub(super) fn title(model: &Model, look: &Look) -> String {
    let logs = &model.logs;
    let mut title = "Logs".to_owned();
    for (number, id) in logs.services.iter().enumerate() {
        title.push_str(if number == 0 { " " } else { ", " });
        title.push_str(&id.name);
        let replicas = model
            .snapshot()
            .service(id)
            .map_or(0, |s| s.instances.len());
        if model.zoomed && replicas > 1 {
            title.push(' ');
            title.push_str(look.glyphs.times);
            title.push_str(&replicas.to_string());
        }
    }
    if logs.previous {
        title.push_str(", previous run");
    }
    title
}

/// What stands at the right of its title.
pub(super) fn aside(model: &Model) -> Option<String> {
    let logs = &model.logs;
    let mut words = Vec::new();
    if logs.dropped() > 0 {
        words.push(format!("{} dropped", logs.dropped()));
    }
    if let Some(rate) = logs.rate().per_second(model.now) {
        words.push(figures::rate(rate));
    }
    match logs.new_entries() {
        Some(0) => words.push("standing still".to_owned()),
        Some(new) => words.push(format!("{new} new")),
        None if model.focus == Pane::Logs && !logs.previous => words.push("following".to_owned()),
        None => {}
    }
    (!words.is_empty()).then(|| words.join("  "))
}

/// Draws it.
pub(super) fn draw(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    let areas = areas(model, area);
    if let Some(area) = areas.histogram {
        histogram::draw(model, look, area, buffer);
    }
    status::draw(model, look, areas.status, buffer);
    lines(model, look, areas.rows, buffer);
}

fn lines(model: &Model, look: &Look, area: Rect, buffer: &mut Buffer) {
    let logs = &model.logs;
    if area.is_empty() {
        return;
    }
    let strip = area.height <= STRIP && model.focus != Pane::Logs;
    let entries = if strip {
        telling(logs, usize::from(area.height))
    } else {
        on_screen(logs, usize::from(area.height))
    };
    if entries.is_empty() {
        let unseen = unseen::of(&model.source, Pane::Logs);
        return banner::empty_or_unseen(model, look, &unseen, nothing(logs), area, buffer);
    }
    let label = entries
        .iter()
        .filter(|entry| entry.line().is_some())
        .map(|entry| width::width(&entry.origin.label))
        .max()
        .unwrap_or(0)
        .min(LABEL);
    let columns = row::Columns::new(model, label, usize::from(area.width));
    if !logs.wrap || strip {
        for (number, entry) in (0..area.height).zip(entries) {
            row::draw(model, look, &columns, entry, line(area, number), buffer);
        }
        return;
    }
    wrapped(model, look, &columns, &entries, area, buffer);
}

/// The newest lines of one service, for who looks at that service alone.
pub(super) fn newest(model: &Model, look: &Look, of: &ServiceId, area: Rect, buffer: &mut Buffer) {
    if !model.logs.follows(of) {
        let words = "its logs are not followed here; they are once its action is begun";
        return banner::empty(model, look, words, area, buffer);
    }
    let store = model.logs.store();
    let latest = store
        .last()
        .into_iter()
        .flat_map(|last| store.up_from(last));
    // Others may write far more: what stands further back is not new.
    let own = latest
        .take(NEWEST)
        .filter(|entry| entry.origin.service == *of);
    let mut entries: Vec<&Entry> = own.take(usize::from(area.height)).collect();
    entries.reverse();
    if entries.is_empty() {
        return banner::empty(model, look, "it has written nothing lately", area, buffer);
    }
    let columns = row::Columns::new(model, 0, usize::from(area.width));
    for (number, entry) in (0..area.height).zip(entries) {
        row::draw(model, look, &columns, entry, line(area, number), buffer);
    }
}

/// Wrapped, the last entry ends on the last row, and the first may be cut; from the top where they do not fill the pane.
fn wrapped(
    model: &Model,
    look: &Look,
    columns: &row::Columns,
    entries: &[&Entry],
    area: Rect,
    buffer: &mut Buffer,
) {
    let logs = &model.logs;
    let height = usize::from(area.height);
    let bottom = match logs.stand {
        Stand::Following => entries.last().map(|e| e.key),
        Stand::Still { bottom, .. } => Some(bottom),
    };
    let mut rows = Vec::new();
    let upper = entries
        .iter()
        .rev()
        .filter(|e| bottom.is_none_or(|bottom| e.key <= bottom));
    for entry in upper {
        let mut own = row::wrapped(model, look, columns, entry, height);
        own.append(&mut rows);
        rows = own;
        if rows.len() >= height {
            break;
        }
    }
    let cut = rows.len().saturating_sub(height);
    rows.drain(..cut);
    for entry in entries
        .iter()
        .filter(|e| bottom.is_some_and(|bottom| e.key > bottom))
    {
        if rows.len() >= height {
            break;
        }
        rows.extend(row::wrapped(model, look, columns, entry, height));
    }
    for (number, row) in (0..area.height).zip(rows) {
        row.draw(look, line(area, number), buffer);
    }
}

fn nothing(logs: &Logs) -> &'static str {
    if logs.store().is_empty() {
        if logs.previous {
            "no previous run"
        } else {
            "nothing written yet"
        }
    } else if logs.store().scanning() {
        "filtering"
    } else {
        "nothing that the filters let through; esc clears them"
    }
}

/// The gravest of the last lines, in their order.
fn telling(logs: &Logs, rows: usize) -> Vec<&Entry> {
    let Some(bottom) = logs.bottom() else {
        return Vec::new();
    };
    let start = logs.start();
    let last = logs
        .store()
        .up_from(bottom)
        .take_while(|e| e.key >= start)
        .take(TELLING);
    let mut last: Vec<&Entry> = last.filter(|entry| !entry.continues()).collect();
    // Stable: among equals the newest come first.
    last.sort_by_key(|entry| std::cmp::Reverse(entry.level.filter(|level| *level >= Level::Warn)));
    last.truncate(rows);
    last.sort_by_key(|entry: &&Entry| -> Key { entry.key });
    last
}
