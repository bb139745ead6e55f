//! Gates 3 and 13: every edit is found, and no later entry hides it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use quarterdeck::journal::record::Record;
use quarterdeck::journal::{self, Entry, Expected, Journal, Options, Report};

use super::support::{self, assert_fits, complains, note, open, operate, segments};

/// A journal of a few segments, and a way to put it back after an edit.
struct Original {
    root: tempfile::TempDir,
    journal: Journal,
    files: Vec<(PathBuf, Vec<u8>)>,
}

impl Original {
    /// An operation of so many steps; a dozen entries give several lines a segment.
    fn new(steps: u16, segment_bytes: u64) -> Self {
        let root = tempfile::tempdir().unwrap();
        let options = Options {
            segment_bytes,
            ..support::options()
        };
        let journal = journal::open_with(root.path(), support::who(), options).unwrap();
        operate(&journal, steps, |_, _| {});
        assert!(segments(root.path()).len() > 1);
        assert_fits(&journal);
        let mut paths = segments(root.path());
        paths.push(root.path().join("journal/head"));
        let files = paths
            .into_iter()
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        Self {
            root,
            journal,
            files,
        }
    }

    fn segments(&self) -> &[(PathBuf, Vec<u8>)] {
        &self.files[..self.files.len() - 1]
    }

    /// What verify says with `bytes` in place of a file's own.
    fn with(&self, path: &Path, bytes: &[u8]) -> Report {
        let (_, own) = self.files.iter().find(|(file, _)| file == path).unwrap();
        fs::write(path, bytes).unwrap();
        let report = self.journal.verify().unwrap();
        fs::write(path, own).unwrap();
        report
    }

    fn restore(&self) {
        for path in segments(self.root.path()) {
            fs::remove_file(path).unwrap();
        }
        for (path, bytes) in &self.files {
            fs::write(path, bytes).unwrap();
        }
    }
}

fn lines(bytes: &[u8]) -> Vec<Vec<u8>> {
    bytes
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect()
}

#[test]
fn every_byte_counts() {
    let original = Original::new(1, 1 << 10);
    for (path, bytes) in &original.files {
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1 << (at % 8);
            assert!(
                complains(&original.with(path, &flipped)),
                "{path:?}: flipped byte {at}"
            );

            let mut shorter = bytes.clone();
            shorter.remove(at);
            assert!(
                complains(&original.with(path, &shorter)),
                "{path:?}: removed byte {at}"
            );

            let mut longer = bytes.clone();
            longer.insert(at, b' ');
            assert!(
                complains(&original.with(path, &longer)),
                "{path:?}: inserted at {at}"
            );
        }
    }
}

#[test]
fn cut_at_every_byte() {
    let original = Original::new(1, 1 << 10);
    for (path, bytes) in &original.files {
        for at in 0..bytes.len() {
            assert!(
                complains(&original.with(path, &bytes[..at])),
                "{path:?}: cut at {at}"
            );
        }
        let longer = [bytes.as_slice(), b"x"].concat();
        assert!(
            complains(&original.with(path, &longer)),
            "{path:?}: lengthened"
        );
    }
}

#[test]
fn the_first_line_that_does_not_fit_is_named() {
    let original = Original::new(5, 4 << 10);
    let segments = original.segments();
    for (index, (path, bytes)) in segments.iter().enumerate() {
        let lines = lines(bytes);
        let is_last = |n: usize| index + 1 == segments.len() && n + 1 == lines.len();
        for n in 0..lines.len() {
            let place = |lines: &[Vec<u8>]| {
                let report = original.with(path, &lines.concat());
                let mismatch = report.mismatch.expect("an edit was not found");
                assert!(
                    mismatch
                        .to_string()
                        .starts_with(&format!("{}:", mismatch.file.display()))
                );
                (mismatch.file, mismatch.line)
            };
            let here = (path.clone(), n as u64 + 1);

            let mut changed = lines.clone();
            let text = String::from_utf8(changed[n].clone()).unwrap();
            changed[n] = text.replace("\"ana\"", "\"eve\"").into_bytes();
            assert_eq!(place(&changed), here, "changed");

            let mut doubled = lines.clone();
            doubled.insert(n, lines[n].clone());
            assert_eq!(place(&doubled), (path.clone(), n as u64 + 2), "doubled");

            let mut without = lines.clone();
            without.remove(n);
            let next_file = segments.get(index + 1).map(|(path, _)| (path.clone(), 1));
            let expected = if lines.len() == 1 {
                here.clone()
            } else if n + 1 == lines.len() && !is_last(n) {
                next_file.unwrap()
            } else {
                here.clone()
            };
            assert_eq!(place(&without), expected, "removed line {}", n + 1);

            for other in n + 1..lines.len() {
                let mut swapped = lines.clone();
                swapped.swap(n, other);
                assert_eq!(place(&swapped), here, "swapped {n} and {other}");
            }
        }
    }
}

/// Whoever changes an entry and seals it anew breaks the link of the next one, or differs from the head.
#[test]
fn an_entry_sealed_anew_is_found() {
    let original = Original::new(5, 4 << 10);
    for (path, bytes) in original.segments() {
        let lines = lines(bytes);
        for n in 0..lines.len() {
            let mut entry = Entry::parse(lines[n].trim_ascii_end()).unwrap();
            entry.who.operator = "eve".into();
            let mut forged = lines.clone();
            forged[n] = entry.seal().0;
            let mismatch = original.with(path, &forged.concat()).mismatch.unwrap();
            assert!(
                matches!(mismatch.expected, Expected::Prev(_) | Expected::Head(_)),
                "{mismatch}"
            );
        }
    }
}

#[test]
fn a_missing_file_is_found() {
    let original = Original::new(5, 4 << 10);
    for (path, _) in &original.files {
        fs::remove_file(path).unwrap();
        assert!(complains(&original.journal.verify().unwrap()), "{path:?}");
        original.restore();
    }
    for path in segments(original.root.path()) {
        fs::remove_file(path).unwrap();
    }
    assert!(
        complains(&original.journal.verify().unwrap()),
        "all segments"
    );
}

/// A console that goes on writing must not make an edit look whole again.
#[test]
fn a_later_entry_hides_nothing() {
    let original = Original::new(5, 4 << 10);
    let (last, bytes) = original.segments().last().unwrap();
    let lines = lines(bytes);
    let mut changed = lines.clone();
    let text = String::from_utf8(changed.pop().unwrap()).unwrap();
    changed.push(text.replace("\"ana\"", "\"eve\"").into_bytes());

    let head = original.root.path().join("journal/head");
    let edits: [(&str, &dyn Fn() -> io::Result<()>); 5] = [
        ("last line removed", &|| {
            fs::write(last, lines[..lines.len() - 1].concat())
        }),
        ("last line changed", &|| fs::write(last, changed.concat())),
        ("last file removed", &|| fs::remove_file(last)),
        ("head removed", &|| fs::remove_file(&head)),
        ("head damaged", &|| fs::write(&head, "7")),
    ];
    for (name, edit) in edits {
        edit().unwrap();
        // One console that knew the tail before the edit, and one that starts after it.
        let next = open(original.root.path());
        next.write(&note("later")).unwrap();
        original.journal.write(&note("and later")).unwrap();
        let report = next.verify().unwrap();
        let mismatch = report.mismatch.unwrap_or_else(|| panic!("{name}: hidden"));
        assert!(
            matches!(mismatch.expected, Expected::Lost { .. }),
            "{name}: {mismatch}"
        );
        let gaps = support::entries(&next);
        assert!(
            gaps.iter()
                .any(|entry| matches!(entry.record, Record::Gap(_))),
            "{name}"
        );
        original.restore();
        for (path, _) in &original.files {
            drop(fs::remove_file(path.with_extension("torn")));
        }
    }
}
