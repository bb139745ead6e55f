//! The same file, ticked.

use super::{long, summary};
use crate::checklist::{End, Item, Note, Run, State, Step, document::Place, run::moment};

/// The file as it was walked: boxes ticked, under each step who settled it, when, and what showed it, and at the end
/// what deserves a second look. It reads as the same list again.
pub fn markdown(run: &Run) -> String {
    let source = run.document().source.text();
    let mut items: Vec<(&Item, &Step)> = run.steps().collect();
    items.sort_by_key(|(item, _)| item.place.start);
    let mut record = String::with_capacity(source.len() * 2);
    let mut from = 0;
    for (item, step) in items {
        let Place { tick, end, .. } = item.place;
        // Two steps on one line, or one within what the other one says: the text up to here is there already.
        if let Some(tick) = tick.filter(|tick| *tick >= from) {
            record.push_str(&source[from..tick]);
            let done = matches!(step.state, State::Passed | State::Attested);
            record.push(if done { 'x' } else { ' ' });
            from = tick + 1;
        }
        let told = told(run, item, step);
        if end >= from {
            let text = &source[from..end];
            let told_after = text.strip_suffix('\r').filter(|_| !told.is_empty());
            record.push_str(told_after.unwrap_or(text));
            from = end;
        }
        let lead = lead(source, &item.place);
        for line in told {
            record.push_str(&format!("\n{lead}- {}", plain(&line)));
        }
    }
    record.push_str(&source[from..]);
    if !record.ends_with('\n') {
        record.push('\n');
    }
    record.push_str("\n---\n\n## Record\n\n");
    for line in head(run) {
        record.push_str(&format!("- {}\n", plain(&line)));
    }
    record
}

/// What stands before a line that belongs to the item: its line's own beginning, blank but for the marks of quotations.
fn lead(source: &str, place: &Place) -> String {
    let line = source[..place.start].rfind('\n').map_or(0, |at| at + 1);
    let before = source[line..place.start].chars();
    let blank = before.map(|c| if c == '>' || c == '\t' { c } else { ' ' });
    let inner = if place.tick.is_some() { 2 } else { 3 };
    blank.chain(std::iter::repeat_n(' ', inner)).collect()
}

fn told(run: &Run, item: &Item, step: &Step) -> Vec<String> {
    let mut lines = Vec::new();
    if step.at.is_some() {
        let mut line = step.said();
        if run.proved_before_interruption(step) {
            line.push_str(", before an interruption");
        }
        if !step.words.is_empty() {
            line.push_str(&format!(": {}", step.words));
        }
        if let Some(operation) = &step.operation {
            line.push_str(&format!(", operation {operation}"));
        }
        match (item.planned(), step.took()) {
            (Some(planned), Some(took)) => {
                line.push_str(&format!("; took {}, planned {}", long(took), long(planned)));
            }
            (None, Some(took)) => line.push_str(&format!("; took {}", long(took))),
            (_, None) => {}
        }
        lines.push(line);
    }
    if let Some((at, why)) = &step.last_reset {
        let times = step.resets;
        lines.push(format!(
            "its clock began again, {times} in all, last {}: {why}",
            moment(*at)
        ));
    }
    lines.extend(step.notes.iter().map(noted));
    lines
}

fn head(run: &Run) -> Vec<String> {
    let start = run.start();
    let mut lines = Vec::new();
    if start.rehearsal {
        lines.push("REHEARSAL, on a simulated deployment".to_owned());
    }
    let what = start
        .list
        .as_ref()
        .map_or_else(String::new, |list| format!(", {list}"));
    lines.push(format!(
        "{}{what}: begun {}",
        start.name,
        moment(run.began())
    ));
    lines.push(match run.ended() {
        None => "not ended".to_owned(),
        Some((at, End::Done)) => format!("ended {}", moment(*at)),
        Some((at, End::Left { reason })) => format!("left {}: {reason}", moment(*at)),
    });
    if let Some(planned) = start.planned_end {
        lines.push(format!("planned to end {}", moment(planned)));
    }
    let (settled, of) = run.progress();
    lines.push(format!(
        "{settled} of {of} settled; {} has control",
        run.pilot()
    ));
    lines.push(format!("the file, by its SHA-256: {}", start.hash));
    if let Some(now) = run.changed() {
        lines.push(format!("the file was changed meanwhile: {now}"));
    }
    lines.extend(summary(run).iter().map(ToString::to_string));
    lines.extend(run.notes().iter().map(noted));
    lines
}

fn noted(note: &Note) -> String {
    let (at, by) = (moment(note.at), note.author());
    format!("note {at} by {by}: {}", note.text)
}

/// The words as Markdown shows them, none of them a mark of it.
fn plain(words: &str) -> String {
    let marks = |c: char| {
        matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~'
        )
    };
    let mut plain = String::with_capacity(words.len());
    for c in words.chars() {
        if marks(c) {
            plain.push('\\');
        }
        plain.push(c);
    }
    plain
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{
        checklist::{Start, tests::document},
        text::SafeText,
    };

    #[test]
    fn a_list_in_which_nothing_was_done_stands_in_its_record_byte_for_byte() {
        for text in [
            "- [ ] one\r\n- [ ] two\r\n",
            "- [ ] one\r\r\r\n\r\r",
            "- [ ] one\n  - [ ] two",
        ] {
            let document = document(text);
            let start = Start::of(&document, Timestamp::UNIX_EPOCH);
            let run = Run::new(
                document,
                start,
                SafeText::name("ana"),
                Timestamp::UNIX_EPOCH,
            );
            let record = markdown(&run.expect("it is its list"));
            assert!(record.starts_with(text), "{record:?}");
        }
    }
}
