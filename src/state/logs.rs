//! The logs pane: lines of many services, merged by time.

pub mod entry;
mod export;
pub mod look;
pub mod matcher;
mod origins;
pub mod store;
pub mod tally;
pub mod typing;
pub mod view;

use jiff::{SignedDuration, Timestamp};

use self::{
    entry::{Entry, Key, What},
    export::Saving,
    look::LineView,
    origins::Origins,
    store::Store,
    tally::{Rate, Tally},
    view::Stand,
};
pub use self::{export::Form, typing::Typed};
use super::{Effect, Loop, Model, Pane, SubscriptionId, Update, Work, layer::picker};
use crate::{
    domain::{
        alert::Severity,
        command::Command,
        key::KeyChord,
        log::{Level, LogItem, LogOrigin, Since},
        service::ServiceId,
    },
    safe,
    text::SafeText,
};

/// Memory for entries where the settings say nothing, in bytes.
const MEMORY: usize = 64 << 20;
/// Lines of each instance that a subscription begins with.
const TAIL: u32 = 200;
/// And at most, after older ones were loaded.
const MOST_TAIL: u32 = 100_000;
/// Entries judged or written in one message.
const SLICE: usize = 4_096;
/// A line that is older than this belongs to history, and goes where history is.
const LIVE: SignedDuration = SignedDuration::from_secs(10);
/// Bytes for the clipboard; terminals take no more.
const COPIED: usize = 100 << 10;

/// What the pane knows.
#[derive(Debug)]
pub struct Logs {
    /// The subscription whose lines are taken.
    pub subscription: SubscriptionId,
    /// Of which services; empty means all.
    pub services: Vec<ServiceId>,
    /// How far back they go.
    pub since: Since,
    /// Whether they are those of the run before the present one.
    pub previous: bool,
    /// Whether long lines are wrapped.
    pub wrap: bool,
    /// Whether times are hidden.
    pub timeless: bool,
    /// Whether lines are shown as they were written.
    pub raw: bool,
    /// Columns left out at the left.
    pub offset: usize,
    /// Where the view stands.
    pub stand: Stand,
    /// The match that the view stands on.
    pub current: Option<Key>,
    /// The moment chosen on the histogram, in seconds since 1970.
    pub moment: Option<i64>,
    /// What is typed: filter and search.
    pub typed: Typed,
    store: Store,
    look: LineView,
    origins: Origins,
    tally: Tally,
    rate: Rate,
    /// Nothing before it is shown.
    cleared: Option<Key>,
    memory: usize,
    received: u64,
    dropped: u64,
    /// The next lines belong to a new subscription: what is there goes then.
    renewed: bool,
    /// The first entry when older lines were asked for.
    oldest: Option<i64>,
    saving: Option<Saving>,
}

/// How the pane begins at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Beginning {
    /// Memory for entries, in bytes.
    pub memory: usize,
    /// Lines of so many minutes; all there are for 0, the last ones for none.
    pub minutes: Option<i64>,
}

impl Default for Beginning {
    fn default() -> Self {
        Self {
            memory: MEMORY,
            minutes: None,
        }
    }
}

impl Default for Logs {
    fn default() -> Self {
        Self::new(MEMORY, Since::Tail(TAIL))
    }
}

impl Logs {
    /// A pane that takes so many bytes at most, and begins so far back.
    pub fn new(memory: usize, since: Since) -> Self {
        Self {
            subscription: SubscriptionId::default(),
            services: Vec::new(),
            since,
            previous: false,
            wrap: false,
            timeless: false,
            raw: false,
            offset: 0,
            stand: Stand::Following,
            current: None,
            moment: None,
            typed: Typed::default(),
            store: Store::new(memory),
            look: LineView {
                fold: true,
                ..LineView::default()
            },
            origins: Origins::default(),
            tally: Tally::default(),
            rate: Rate::default(),
            cleared: None,
            memory,
            received: 0,
            dropped: 0,
            renewed: false,
            oldest: None,
            saving: None,
        }
    }

    /// An empty pane for another place. Lines of this one may still be on their way: subscriptions count on.
    pub(super) fn elsewhere(&self, now: Timestamp, begin: Beginning) -> Self {
        Self {
            subscription: self.subscription,
            ..Self::new(begin.memory, from(now, begin.minutes))
        }
    }

    /// The entries.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// What is shown of them.
    pub const fn look(&self) -> &LineView {
        &self.look
    }

    /// Lines over time.
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Lines a second.
    pub const fn rate(&self) -> &Rate {
        &self.rate
    }

    /// Lines that came, those lost on the way included. It is always what the store holds, what fell out of it, and
    /// [`Logs::dropped`].
    pub const fn received(&self) -> u64 {
        self.received
    }

    /// Lines lost on the way.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether keys go into a text field of this pane.
    pub const fn editing(&self) -> bool {
        self.typed.editing.is_some()
    }

    /// Whether the next lines belong to a new subscription, and are counted anew.
    pub const fn renews(&self) -> bool {
        self.renewed
    }

    /// Whether there is work to go on with as soon as nothing else happens.
    pub fn busy(&self) -> bool {
        self.saving.is_some() || self.store.scanning()
    }

    fn subscribe(&mut self) -> Effect {
        self.subscription.0 += 1;
        self.renewed = true;
        Effect::Work(Work::FollowLogs {
            subscription: self.subscription,
            services: self.services.clone(),
            since: self.since,
            previous: self.previous,
        })
    }

    /// Everything of the subscription before goes; where the view stands stays.
    fn renew(&mut self) {
        self.store = Store::new(self.memory);
        self.origins = Origins::default();
        self.tally = Tally::default();
        self.rate = Rate::default();
        self.received = 0;
        self.dropped = 0;
        self.renewed = false;
        self.saving = None;
        self.current = None;
        // Arrival numbers begin anew.
        let late = |key: &mut Key| key.head = u64::MAX;
        if let Stand::Still { bottom, frontier } = &mut self.stand {
            late(bottom);
            late(frontier);
        }
        self.cleared.iter_mut().for_each(late);
    }

    fn take(&mut self, item: LogItem, now: Timestamp, floor: i64) {
        let entry = match item {
            LogItem::Line(origin, line) => {
                self.received += 1;
                self.rate.add(now, 1);
                let floor = if now.duration_since(line.at).abs() < LIVE {
                    floor
                } else {
                    i64::MIN
                };
                let digest = line.digest;
                let mut placed = self.origins.line(&origin, line, floor);
                if let Some(run) = placed.repeats
                    && !self.store.repeat(run)
                {
                    self.origins.begin_run(&origin, placed.entry.key, digest);
                    placed.entry.repeated = false;
                }
                if !placed.entry.continues() {
                    self.tally.add(placed.entry.at(), placed.entry.level);
                }
                placed.entry
            }
            LogItem::Dropped(origin, lines) => {
                self.received += lines;
                self.dropped += lines;
                self.rate.add(now, lines);
                self.origins.mark(&origin, None, What::Lost(lines))
            }
            LogItem::Joined(origin, at) => self.origins.mark(&origin, Some(at), What::Joined),
            LogItem::Left(origin, at) => self.origins.mark(&origin, Some(at), What::Left),
            LogItem::Unreadable(origin, why) => {
                self.origins.mark(&origin, Some(now), What::Unreadable(why))
            }
            LogItem::Bounded { followed, waiting } => {
                let all = LogOrigin::of_all().into();
                let what = What::Bounded(followed, waiting);
                self.origins.mark(&all, Some(now), what)
            }
        };
        self.store.insert(entry, &self.look);
    }

    /// Lets go what is too much; what is being read stays.
    fn evict(&mut self, rows: usize) {
        if self.store.bytes() <= self.memory {
            return;
        }
        let reading = match self.stand {
            Stand::Following => None,
            Stand::Still { bottom, .. } => {
                let top = self
                    .store
                    .up_from(bottom)
                    .nth(rows)
                    .map_or(bottom, |e| e.key);
                Some((top, bottom))
            }
        };
        let tally = &mut self.tally;
        self.store.evict(reading, |entry| {
            if entry.line().is_some() && !entry.continues() {
                tally.remove(entry.at(), entry.level);
            }
        });
    }

    /// Something about filters or the search has changed: everything is judged anew, what is in view first.
    fn look_anew(&mut self) {
        self.store.look_anew();
        self.scan();
    }

    fn scan(&mut self) -> bool {
        let key = match self.stand {
            Stand::Following => None,
            Stand::Still { bottom, .. } => Some(bottom),
        };
        self.store.scan(&self.look, key, SLICE)
    }

    /// The first entry that may be shown.
    pub fn start(&self) -> Key {
        self.cleared.unwrap_or_default()
    }
}

/// Follows the logs of these services; empty means all.
pub fn follow(model: &mut Model, services: Vec<ServiceId>) -> Update {
    model.logs.previous = false;
    begin(model, services)
}

/// Shows what these services wrote in the run before the present one, or follows them again.
pub fn previous(model: &mut Model, services: Vec<ServiceId>) -> Update {
    model.logs.previous = !(model.logs.previous && model.logs.services == services);
    begin(model, services)
}

fn begin(model: &mut Model, services: Vec<ServiceId>) -> Update {
    let logs = &mut model.logs;
    logs.services = services;
    logs.stand = Stand::Following;
    logs.cleared = None;
    logs.moment = None;
    logs.oldest = None;
    logs.offset = 0;
    logs.typed = Typed::default();
    logs.look = LineView {
        fold: logs.look.fold,
        raw: logs.raw,
        ..LineView::default()
    };
    if let Since::Tail(lines) = &mut logs.since {
        *lines = TAIL;
    }
    logs.renew();
    Update::effect(logs.subscribe())
}

/// So many minutes ago: all there is for 0, the last lines for none.
pub fn from(now: Timestamp, minutes: Option<i64>) -> Since {
    match minutes {
        None => Since::Tail(TAIL),
        Some(0) => Since::All,
        Some(minutes) => Since::At(now - SignedDuration::from_mins(minutes)),
    }
}

/// Logs from another moment on.
pub fn since(model: &mut Model, minutes: Option<i64>) -> Update {
    model.logs.since = from(model.now, minutes);
    model.logs.stand = Stand::Following;
    model.logs.oldest = None;
    Update::effect(model.logs.subscribe())
}

/// Older lines, with those that are there: the view stays where it is.
fn older(model: &mut Model) -> Update {
    let now = model.now;
    let logs = &mut model.logs;
    let first = logs.store.first().map(|key| key.at);
    if logs.renewed || logs.previous || first.is_none() || logs.oldest == first {
        return Update::none();
    }
    let wider = match logs.since {
        Since::Tail(lines) if lines < MOST_TAIL => Since::Tail((lines * 5).min(MOST_TAIL)),
        Since::At(from) => Since::At(from - now.duration_since(from) * 3),
        Since::Tail(_) | Since::All => return Update::none(),
    };
    logs.oldest = first;
    if logs.store.evicted() > 0 {
        let text = safe!("older lines fell out of memory ({} MiB)", logs.memory >> 20);
        model.notices.say(now, Some(Severity::Warning), text);
        return Update::redraw();
    }
    logs.since = wider;
    Update::effect(logs.subscribe())
}

/// Lines have come.
pub fn arrived(model: &mut Model, subscription: SubscriptionId, items: Vec<LogItem>) -> Update {
    if subscription != model.logs.subscription {
        return Update::none();
    }
    let now = model.now;
    let rows = usize::from(model.size.1);
    let logs = &mut model.logs;
    if logs.renewed {
        logs.renew();
    }
    // What an operator reads is not moved by what comes late.
    let floor = match logs.stand {
        Stand::Still { bottom, frontier } => bottom.at.max(frontier.at),
        Stand::Following => i64::MIN,
    };
    for item in items {
        logs.take(item, now, floor);
    }
    logs.evict(rows);
    logs.scan();
    let hidden =
        (model.zoomed && model.focus != Pane::Logs) || model.layers.iter().any(super::Layer::fills);
    if hidden {
        Update::none()
    } else {
        Update::redraw()
    }
}

/// Goes on with what takes longer: judging by a new filter, writing what is to be saved.
pub fn work(model: &mut Model) -> Update {
    let logs = &mut model.logs;
    let mut update = Update::none();
    update.dirty = logs.scan();
    if let Some(saving) = &mut logs.saving
        && let Some(text) = saving.go_on(&logs.store, SLICE)
    {
        let name = std::mem::take(&mut saving.name);
        logs.saving = None;
        update.effects.push(Effect::Work(Work::Save { name, text }));
    }
    update
}

/// A command in this pane; `None` when it is not this pane's.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    let logs = &mut model.logs;
    match command {
        Command::LevelTrace => logs.look.level = None,
        Command::LevelDebug => logs.look.level = Some(Level::Debug),
        Command::LevelInfo => logs.look.level = Some(Level::Info),
        Command::LevelWarn => logs.look.level = Some(Level::Warn),
        Command::LevelError => logs.look.level = Some(Level::Error),
        Command::Fold => logs.look.fold = !logs.look.fold,
        Command::Wrap => logs.wrap = !logs.wrap,
        Command::Timestamps => logs.timeless = !logs.timeless,
        Command::RawLines => {
            logs.raw = !logs.raw;
            logs.look.raw = logs.raw;
        }
        Command::ClearView => {
            logs.cleared = logs.store.last().map(|key| Key {
                part: u32::MAX,
                ..key
            });
            logs.stand = Stand::Following;
        }
        Command::Find | Command::FilterLines => logs.typed.begin(command),
        Command::Since => return Some(picker::since(model)),
        Command::Save => return Some(picker::save_logs(model)),
        Command::Copy => return Some(copy(model)),
        Command::PreviousLogs => {
            let services = logs.services.clone();
            return Some(previous(model, services));
        }
        Command::Back => return back(model),
        _ => return view::command(model, command),
    }
    if matches!(
        command,
        Command::LevelTrace
            | Command::LevelDebug
            | Command::LevelInfo
            | Command::LevelWarn
            | Command::LevelError
            | Command::Fold
            | Command::RawLines
    ) {
        logs.look_anew();
    }
    Some(Update::redraw())
}

/// Whether `esc` has something of this pane's to take back.
pub fn takes_back(model: &Model) -> bool {
    let logs = &model.logs;
    logs.moment.is_some()
        || !logs.typed.search.text().is_empty()
        || !logs.typed.filter.text().is_empty()
        || logs.look.level.is_some()
        || logs.cleared.is_some()
}

/// Takes back one thing after another: a moment, the search, the filter, the level, an empty view.
fn back(model: &mut Model) -> Option<Update> {
    if !takes_back(model) {
        return None;
    }
    let logs = &mut model.logs;
    if logs.moment.take().is_some() {
    } else if logs.typed.clear_search() {
        logs.look.find = None;
        logs.current = None;
        logs.look_anew();
    } else if logs.typed.clear_filter() {
        logs.look.filter = None;
        logs.look_anew();
    } else if logs.look.level.take().is_some() {
        logs.look_anew();
    } else {
        logs.cleared = None;
    }
    Some(Update::redraw())
}

/// A key while a text field of this pane is edited; `command` is what the input scope makes of it.
pub fn edit(model: &mut Model, chord: KeyChord, command: Option<Command>) -> Update {
    typing::key(model, chord, command)
}

/// Text was pasted while a text field of this pane is edited.
pub fn paste(model: &mut Model, text: &str) -> Update {
    typing::paste(model, text)
}

/// The services whose logs are shown; of the line that the search stands on, where these are all.
pub fn subject(model: &Model) -> Option<ServiceId> {
    let logs = &model.logs;
    let found = || {
        logs.store
            .get(logs.current?)
            .map(|entry| entry.origin.service.clone())
    };
    logs.services.first().cloned().or_else(found)
}

fn copy(model: &mut Model) -> Update {
    let rows = view::rows(model);
    let logs = &model.logs;
    let form = if logs.raw {
        Form::Written
    } else {
        Form::Fields
    };
    let entries: Vec<&Entry> = match logs.current.and_then(|key| logs.store.get(key)) {
        Some(entry) => vec![entry],
        None => view::on_screen(logs, rows),
    };
    let mut text = String::new();
    let mut copied = 0;
    for entry in entries {
        let before = text.len();
        export::write(entry, form, &mut text);
        if text.len() > COPIED {
            text.truncate(before);
            break;
        }
        copied += 1;
    }
    let now = model.now;
    let said = if copied == 1 {
        SafeText::from_static("copied the line")
    } else {
        safe!("copied {copied} lines")
    };
    model.notices.say(now, None, said);
    Update::effect(Loop::Copy(text))
}

/// Saves everything that the filters let through, in that form.
pub fn save(model: &mut Model, form: Form) -> Update {
    let now = model.now;
    let logs = &mut model.logs;
    let subject = match logs.services.as_slice() {
        [] => "all".to_owned(),
        services => services
            .iter()
            .map(|id| id.name.as_str())
            .collect::<Vec<_>>()
            .join("+"),
    };
    let name = export::file_name(&subject, now);
    let first = logs.store.first().map(|first| first.max(logs.start()));
    logs.saving = Some(Saving::begin(name, form, first));
    work(model).and(Update::redraw())
}

#[cfg(test)]
pub(super) mod tests;
