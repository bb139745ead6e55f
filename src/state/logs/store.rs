//! All entries, ordered by time over all instances, bounded by bytes.
//!
//! They lie in chunks, so that one that comes late is put in its place without moving the others, and what a filter hides
//! is stepped over a chunk at a time. An entry is known by its [`Key`], never by a number that changes.

use std::collections::VecDeque;

use super::{
    entry::{Entry, Key, What},
    look::LineView,
};

/// Entries of a chunk at most.
const CHUNK: usize = 256;

#[derive(Debug, Default)]
struct Chunk {
    entries: VecDeque<Entry>,
    /// How many of them are shown, and in how many something is found.
    shown: usize,
    found: usize,
    /// The look by which they were judged.
    epoch: u64,
}

impl Chunk {
    fn first(&self) -> Key {
        self.entries.front().map_or_else(Key::default, |e| e.key)
    }

    fn last(&self) -> Key {
        self.entries.back().map_or_else(Key::default, |e| e.key)
    }

    fn judge(&mut self, at: usize, shown: bool, found: bool) {
        let entry = &mut self.entries[at];
        self.shown = self.shown + usize::from(shown) - usize::from(entry.shown);
        self.found = self.found + usize::from(found) - usize::from(entry.found);
        entry.shown = shown;
        entry.found = found;
    }
}

/// The entries.
#[derive(Debug)]
pub struct Store {
    /// None of them is empty.
    chunks: VecDeque<Chunk>,
    limit: usize,
    bytes: usize,
    lines: u64,
    evicted: u64,
    epoch: u64,
}

impl Store {
    /// An empty store of so many bytes at most.
    pub fn new(limit: usize) -> Self {
        Self {
            chunks: VecDeque::new(),
            limit,
            bytes: 0,
            lines: 0,
            evicted: 0,
            epoch: 0,
        }
    }

    /// Lines in it.
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// Lines that fell out.
    pub const fn evicted(&self) -> u64 {
        self.evicted
    }

    /// Bytes that it takes.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Where the first entry stands.
    pub fn first(&self) -> Option<Key> {
        self.chunks.front().map(Chunk::first)
    }

    /// Where the last entry stands.
    pub fn last(&self) -> Option<Key> {
        self.chunks.back().map(Chunk::last)
    }

    /// Entries that the filters let through.
    pub fn shown(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.shown).sum()
    }

    /// Shown entries in which the search finds something.
    pub fn found(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.found).sum()
    }

    /// Takes an entry in, judges it and what it continues.
    pub(super) fn insert(&mut self, entry: Entry, look: &LineView) {
        let key = entry.key;
        self.bytes += entry.memory();
        self.lines += u64::from(entry.line().is_some());
        let (mut chunk, mut at) = self.place(key);
        if chunk == self.chunks.len() && chunk > 0 {
            chunk -= 1;
            at = self.chunks[chunk].entries.len();
        }
        match self.chunks.get(chunk).map(|chunk| chunk.entries.len()) {
            Some(CHUNK) if at == CHUNK => {
                chunk += 1;
                at = 0;
                self.chunks.insert(chunk, self.chunk());
            }
            Some(CHUNK) => {
                self.split(chunk);
                if at > CHUNK / 2 {
                    chunk += 1;
                    at -= CHUNK / 2;
                }
            }
            Some(_) => {}
            None => self.chunks.push_back(self.chunk()),
        }
        self.chunks[chunk].entries.insert(at, entry);
        self.judge_new(chunk, at, look);
    }

    fn chunk(&self) -> Chunk {
        Chunk {
            epoch: self.epoch,
            ..Chunk::default()
        }
    }

    fn split(&mut self, chunk: usize) {
        let lower = &mut self.chunks[chunk];
        let entries = lower.entries.split_off(CHUNK / 2);
        let upper = Chunk {
            shown: entries.iter().filter(|e| e.shown).count(),
            found: entries.iter().filter(|e| e.found).count(),
            epoch: lower.epoch,
            entries,
        };
        lower.shown -= upper.shown;
        lower.found -= upper.found;
        self.chunks.insert(chunk + 1, upper);
    }

    /// The first place whose entry does not stand before `key`.
    fn place(&self, key: Key) -> (usize, usize) {
        // Nearly everything comes last.
        let chunk = match self.chunks.back() {
            Some(last) if last.last() < key => self.chunks.len(),
            _ => self.chunks.partition_point(|chunk| chunk.last() < key),
        };
        let at = self.chunks.get(chunk).map_or(0, |chunk| {
            chunk.entries.partition_point(|entry| entry.key < key)
        });
        (chunk, at)
    }

    /// The entry of that key.
    pub fn get(&self, key: Key) -> Option<&Entry> {
        let (chunk, at) = self.place(key);
        let entry = self.chunks.get(chunk)?.entries.get(at)?;
        (entry.key == key).then_some(entry)
    }

    /// Counts one more repeat of an entry; says whether it is there.
    pub(super) fn repeat(&mut self, key: Key) -> bool {
        let (chunk, at) = self.place(key);
        let entry = self
            .chunks
            .get_mut(chunk)
            .and_then(|c| c.entries.get_mut(at));
        match entry.filter(|entry| entry.key == key) {
            Some(entry) => {
                entry.repeats += 1;
                true
            }
            None => false,
        }
    }

    /// What is shown from `key` up, itself included if it is shown.
    pub fn up_from(&self, key: Key) -> impl Iterator<Item = &Entry> {
        let after = Key {
            part: key.part.saturating_add(1),
            ..key
        };
        let (chunk, at) = self.place(after);
        let whole = self
            .chunks
            .range(..chunk)
            .rev()
            .map(|c| (c, c.entries.len()));
        let part = self.chunks.get(chunk).map(|c| (c, at));
        part.into_iter()
            .chain(whole)
            .filter(|(chunk, _)| chunk.shown > 0)
            .flat_map(|(chunk, end)| chunk.entries.range(..end).rev())
            .filter(|entry| entry.shown)
    }

    /// What is shown from `key` down, itself included if it is shown.
    pub fn down_from(&self, key: Key) -> impl Iterator<Item = &Entry> {
        let (chunk, at) = self.place(key);
        let whole = self
            .chunks
            .range((chunk + 1).min(self.chunks.len())..)
            .map(|c| (c, 0));
        let part = self.chunks.get(chunk).map(|c| (c, at));
        part.into_iter()
            .chain(whole)
            .filter(|(chunk, _)| chunk.shown > 0)
            .flat_map(|(chunk, from)| chunk.entries.range(from..))
            .filter(|entry| entry.shown)
    }

    /// The nearest entry from `key` on in which something is found: below it, or above.
    pub(super) fn find(&self, key: Key, down: bool) -> Option<&Entry> {
        let (chunk, at) = self.place(key);
        let in_chunk = |c: &'_ Chunk| c.found > 0;
        if down {
            let part = self.chunks.get(chunk)?.entries.range(at..);
            let rest = self.chunks.range(chunk + 1..).filter(|c| in_chunk(c));
            return part
                .chain(rest.flat_map(|c| c.entries.iter()))
                .find(|e| e.found);
        }
        let part = self
            .chunks
            .get(chunk)
            .into_iter()
            .flat_map(|c| c.entries.range(..at).rev());
        let rest = self.chunks.range(..chunk).rev().filter(|c| in_chunk(c));
        part.chain(rest.flat_map(|c| c.entries.iter().rev()))
            .find(|e| e.found)
    }

    /// How many entries from `key` on are shown.
    pub fn shown_from(&self, key: Key) -> usize {
        let (chunk, at) = self.place(key);
        let part = self
            .chunks
            .get(chunk)
            .map_or(0, |c| c.entries.range(at..).filter(|e| e.shown).count());
        let whole = self.chunks.range((chunk + 1).min(self.chunks.len())..);
        part + whole.map(|c| c.shown).sum::<usize>()
    }

    /// How many entries before `key` something is found in.
    pub fn found_before(&self, key: Key) -> usize {
        let (chunk, at) = self.place(key);
        let part = self
            .chunks
            .get(chunk)
            .map_or(0, |c| c.entries.range(..at).filter(|e| e.found).count());
        part + self.chunks.range(..chunk).map(|c| c.found).sum::<usize>()
    }

    /// Lets entries go until the rest fits, oldest first, and gives each to `gone`. What is being read stays: then those
    /// just below it go, and a mark says how many.
    pub(super) fn evict(&mut self, reading: Option<(Key, Key)>, mut gone: impl FnMut(&Entry)) {
        while self.bytes > self.limit {
            let first = self.chunks.front().map_or_else(Key::default, Chunk::first);
            let kept = reading.filter(|(top, _)| first >= *top);
            let below =
                kept.map(|(_, bottom)| self.chunks.partition_point(|c| c.first() <= bottom));
            match below.filter(|&chunk| chunk < self.chunks.len()) {
                Some(chunk) => self.evict_below(chunk, &mut gone),
                None if !self.pop(0, &mut gone) => return,
                None => {}
            }
        }
    }

    /// Lets one entry at the beginning of a chunk in the middle go; a mark there counts them.
    fn evict_below(&mut self, at: usize, gone: &mut impl FnMut(&Entry)) {
        let before = self.evicted;
        let chunk = &mut self.chunks[at];
        let marked = matches!(
            chunk.entries.front().map(|e| &e.what),
            Some(What::Fallen(_))
        );
        if marked && chunk.entries.len() == 1 {
            // All of this one went. What is next goes on the same account, or else what is being read.
            let next = at + 1;
            if next == self.chunks.len() {
                self.pop(0, gone);
                return;
            }
            self.take(next, 0, gone);
            if self.chunks[next].entries.is_empty() {
                self.chunks.remove(next);
            }
        } else if marked {
            self.take(at, 1, gone);
        } else if let Some(mark) = chunk.entries.front().map(fallen) {
            self.take(at, 0, gone);
            self.bytes += mark.memory();
            let chunk = &mut self.chunks[at];
            chunk.entries.push_front(mark);
            chunk.shown += 1;
        }
        let lines = self.evicted - before;
        if marked
            && let Some(What::Fallen(count)) =
                self.chunks[at].entries.front_mut().map(|e| &mut e.what)
        {
            *count += lines;
        }
    }

    /// Lets the first entry of a chunk go, and the chunk with its last; says whether there was one.
    fn pop(&mut self, chunk: usize, gone: &mut impl FnMut(&Entry)) -> bool {
        if self.chunks.is_empty() {
            return false;
        }
        self.take(chunk, 0, gone);
        if self.chunks[chunk].entries.is_empty() {
            self.chunks.remove(chunk);
        }
        true
    }

    /// Takes one entry out.
    fn take(&mut self, chunk: usize, at: usize, gone: &mut impl FnMut(&Entry)) {
        let chunk = &mut self.chunks[chunk];
        if let Some(entry) = chunk.entries.remove(at) {
            chunk.shown -= usize::from(entry.shown);
            chunk.found -= usize::from(entry.found);
            self.bytes -= entry.memory();
            if entry.line().is_some() {
                self.lines -= 1;
                self.evicted += 1;
            }
            gone(&entry);
        }
    }
}

/// A mark in the place of an entry that goes while what is above it is being read.
fn fallen(entry: &Entry) -> Entry {
    Entry {
        what: What::Fallen(u64::from(entry.line().is_some())),
        repeats: 0,
        repeated: false,
        shown: true,
        found: false,
        ..entry.clone()
    }
}

/// Judging: which entries are shown, and in which something is found.
impl Store {
    /// Everything is to be judged anew, in slices: see [`Store::scan`].
    pub(super) const fn look_anew(&mut self) {
        self.epoch += 1;
    }

    /// Whether something has yet to be judged.
    pub fn scanning(&self) -> bool {
        self.chunks.iter().any(|chunk| chunk.epoch != self.epoch)
    }

    /// Judges chunks that have yet to be, those at `key` first and then the newest, up to about so many entries. Says whether
    /// there were any.
    pub(super) fn scan(&mut self, look: &LineView, key: Option<Key>, budget: usize) -> bool {
        let mut left = budget;
        if let Some(key) = key {
            let chunk = self.place(key).0;
            for chunk in chunk.saturating_sub(2)..(chunk + 2).min(self.chunks.len()) {
                left = left.saturating_sub(self.scan_chunk(chunk, look));
            }
        }
        for chunk in (0..self.chunks.len()).rev() {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(self.scan_chunk(chunk, look));
        }
        left < budget
    }

    fn scan_chunk(&mut self, chunk: usize, look: &LineView) -> usize {
        if self.chunks[chunk].epoch == self.epoch {
            return 0;
        }
        self.chunks[chunk].epoch = self.epoch;
        let entries = self.chunks[chunk].entries.len();
        for at in 0..entries {
            // Those that go on from a chunk before are judged with it; the first of all has lost what was above it.
            if !self.chunks[chunk].entries[at].continues() || (chunk, at) == (0, 0) {
                self.judge_group(chunk, at, look);
            }
        }
        entries
    }

    /// A line and those that continue it.
    fn group(&self, chunk: usize, at: usize) -> impl Iterator<Item = &Entry> {
        let head = &self.chunks[chunk].entries[at];
        let rest = self.chunks[chunk].entries.range(at + 1..);
        let further = self
            .chunks
            .range(chunk + 1..)
            .flat_map(|c| c.entries.iter());
        let head_of = head.key.head;
        std::iter::once(head).chain(
            rest.chain(further)
                .take_while(move |e| e.continues() && e.key.head == head_of),
        )
    }

    fn judge_group(&mut self, chunk: usize, at: usize, look: &LineView) {
        let shown = look.shows(self.group(chunk, at));
        let length = self.group(chunk, at).count();
        let (mut chunk, mut at) = (chunk, at);
        for _ in 0..length {
            if at == self.chunks[chunk].entries.len() {
                chunk += 1;
                at = 0;
            }
            let chunk = &mut self.chunks[chunk];
            let found = shown && look.finds(&chunk.entries[at]);
            chunk.judge(at, shown, found);
            at += 1;
        }
    }

    fn judge_new(&mut self, chunk: usize, at: usize, look: &LineView) {
        let entry = &self.chunks[chunk].entries[at];
        if !entry.continues() {
            return self.judge_group(chunk, at, look);
        }
        let before = match at.checked_sub(1) {
            Some(before) => self.chunks[chunk].entries.get(before),
            None => chunk
                .checked_sub(1)
                .and_then(|c| self.chunks[c].entries.back()),
        };
        let above = before
            .filter(|e| e.key.head == entry.key.head)
            .map(|e| e.shown);
        let shown = above.unwrap_or_else(|| look.shows(std::iter::once(entry)));
        if above.is_some() && look.reconsiders(entry, shown) {
            let head = Key {
                part: 0,
                ..entry.key
            };
            let (chunk, at) = self.place(head);
            return self.judge_group(chunk, at, look);
        }
        let found = shown && look.finds(entry);
        self.chunks[chunk].judge(at, shown, found);
    }
}
