//! Runs of lists on a disk that does not do what it should.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use quarterdeck::checklist::{self, Event, ItemId, Run, RunId, Start, What};
use quarterdeck::domain::report::Source;
use quarterdeck::journal::record::{GapCause, Record};
use quarterdeck::journal::{Following, Journal, KeptRun};
use quarterdeck::text::SafeText;

use super::support::{entries, open, open_on, segments};
use super::sync::Failing;

const LIST: &str = "- [ ] Support is there\n- [ ] Go `gate`\n";

fn by(who: &str, what: What) -> Event {
    Event::new(Timestamp::UNIX_EPOCH, SafeText::name(who), what)
}

fn note(text: &str) -> Event {
    let text = SafeText::line(text);
    by("ana", What::Noted { item: None, text })
}

/// The list, and how a run of it begins.
fn started() -> (checklist::Document, Event) {
    let source = Source::new(Path::new("day.md"), LIST);
    let reading = checklist::read(&source, None).unwrap_or_else(|report| panic!("{report}"));
    let document = reading.document;
    let start = Start::of(&document, Timestamp::UNIX_EPOCH);
    (document, by("ana", What::Started(start)))
}

struct Walk<'j> {
    journal: &'j Journal,
    run: RunId,
    kept: KeptRun,
    following: Following,
}

impl<'j> Walk<'j> {
    fn begin(journal: &'j Journal, started: Event) -> Self {
        let list = (Path::new("day.md"), LIST);
        let run = journal.begin_run("daemon-1", list, started).unwrap();
        let (kept, _) = journal.runs(None).unwrap().pop().unwrap();
        let following = journal.follow(&run);
        Self {
            journal,
            run,
            kept,
            following,
        }
    }

    /// Writes an event; what is read of the run before it is among what is told.
    fn write(&mut self, event: &Event) -> Vec<Event> {
        let mut told = Vec::new();
        let mut decide = |news: Vec<Event>, _| {
            told = news;
            vec![event.clone()]
        };
        let written = self
            .journal
            .write_run(&self.kept, &mut self.following, &mut decide);
        written.unwrap();
        told
    }
}

#[test]
fn what_was_written_again_after_a_failed_sync_has_happened_once() {
    // The first sync is that of the new head.
    for at in 1..6 {
        let root = tempfile::tempdir().unwrap();
        let journal = open_on(root.path(), Failing::new(at, false));
        let (document, started) = started();
        let (item, gate) = (ItemId(1), ItemId(2));
        let events = [
            started.clone(),
            by("ana", What::Attested { item }),
            by("ana", What::Go { item: gate }),
            // Whoever says the same twice has said it twice.
            note("twice"),
            note("twice"),
        ];
        let mut walk = Walk::begin(&journal, started);
        let mut told = Vec::new();
        for event in &events[1..] {
            told.extend(walk.write(event));
        }
        told.extend(walk.following.news().unwrap());
        assert_eq!(told, events, "as it was written, at {at}");
        assert_eq!(journal.follow(&walk.run).news().unwrap(), events, "at {at}");
        let (kept, _) = journal.runs(None).unwrap().pop().unwrap();
        assert_eq!(kept.events, events, "at {at}");
        Run::replay(Arc::new(document), &kept.events).unwrap();
        let again = entries(&journal).into_iter().any(
            |entry| matches!(entry.record, Record::Gap(gap) if gap.cause == GapCause::SyncFailed),
        );
        assert!(again, "at {at}");
    }
}

#[test]
fn what_could_not_be_read_of_a_run_is_read_the_next_time() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    let (_, started) = started();
    let mut walk = Walk::begin(&journal, started.clone());
    let mut follower = journal.follow(&walk.run);
    assert_eq!(follower.news().unwrap(), [started]);
    let mut written = Vec::new();
    while segments(root.path()).len() < 3 {
        let event = note(&format!("{}", written.len()));
        walk.write(&event);
        written.push(event);
    }
    let last = segments(root.path()).pop().unwrap();
    let away = root.path().join("away");
    fs::rename(&last, &away).unwrap();
    fs::create_dir(&last).unwrap();
    assert!(follower.news().is_err());
    fs::remove_dir(&last).unwrap();
    fs::rename(&away, &last).unwrap();
    assert_eq!(follower.news().unwrap(), written);
}
