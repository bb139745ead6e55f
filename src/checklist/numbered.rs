//! Steps that stand as `1. …` lines in a block of code, which is how many write down what to type.

use std::ops::Range;

use super::markdown::DraftItem;

/// Fewer are no procedure: somebody's `1.` in a listing.
const FEWEST: usize = 2;

/// The runs of lines numbered from 1 in what the pieces of a code block hold. Lines between two of them belong to the
/// upper one.
pub(super) fn steps(pieces: impl Iterator<Item = Range<usize>>, text: &str) -> Vec<Vec<DraftItem>> {
    let mut runs: Vec<Vec<DraftItem>> = Vec::new();
    let mut wanted = 1;
    for piece in pieces {
        let mut at = piece.start;
        for line in text[piece].split_inclusive('\n') {
            let (start, words) = (at, line.trim());
            at += line.len();
            let numbered = number(words);
            let begins = matches!(numbered, Some((1, _)));
            match numbered {
                Some((number, rest)) if begins || number == wanted && wanted > 1 => {
                    let indent = line.len() - line.trim_start().len();
                    let from = start + indent;
                    let item = DraftItem {
                        start: from,
                        words: Some(from + words.len() - rest.len()..from + words.len()),
                        text: rest.to_owned(),
                        ..DraftItem::default()
                    };
                    if begins {
                        runs.push(Vec::new());
                    }
                    if let Some(run) = runs.last_mut() {
                        run.push(item);
                    }
                    wanted = number + 1;
                }
                _ => {
                    let last = runs.last_mut().and_then(|run| run.last_mut());
                    if let Some(item) = last.filter(|_| !words.is_empty()) {
                        item.commands.push(words.to_owned());
                    }
                }
            }
        }
    }
    runs.retain(|run| run.len() >= FEWEST);
    runs
}

/// The number before the full stop, and what follows.
fn number(line: &str) -> Option<(u32, &str)> {
    let (digits, rest) = line.split_once(". ")?;
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    let number = digits.parse().ok().filter(|number| *number < 1_000)?;
    all_digits.then(|| (number, rest.trim_start()))
}
