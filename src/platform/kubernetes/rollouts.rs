//! Rollouts, whoever began them: followed from the first new pod to the end, and for an hour after it.

mod look;

pub(super) use look::{Look, Seen};

use std::{collections::HashSet, sync::Arc};

use jiff::{SignedDuration, Timestamp};

use super::store::Uid;
use crate::{
    domain::{
        rollout::{Mark, Rollout, RolloutState},
        service::ServiceId,
    },
    safe,
    text::SafeText,
};

/// How long an ended rollout stays.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// How long a set's rollout may stand still: sets have no deadline, Deployments have this one where none is set.
const STALL: SignedDuration = SignedDuration::from_mins(10);

/// All that is known of rollouts.
#[derive(Debug, Default)]
pub(super) struct Rollouts {
    /// Newest first.
    list: Vec<Tracked>,
    /// Workloads that were seen with nothing under way: what begins there, begins before our eyes.
    calm: HashSet<Uid>,
}

#[derive(Debug)]
struct Tracked {
    row: Arc<Rollout>,
    top: Uid,
    /// What the new pods are made from, and the old ones were.
    to: SafeText,
    from: SafeText,
    /// When a pod last came, went, or changed.
    moved: Timestamp,
    /// Nobody else notices that it stands still.
    stalls: bool,
}

impl Rollouts {
    /// A workload is there, or is different.
    pub(super) fn look(&mut self, mut seen: Seen, now: Timestamp) {
        let open = self.open(&seen.top);
        let watched = open.is_some() || self.calm.contains(&seen.top);
        if !seen.state.open() {
            self.calm.insert(seen.top.clone());
        }
        if let Some(at) = open {
            let tracked = &mut self.list[at];
            if tracked.is(&seen) {
                tracked.goes_on(seen, now);
                return;
            }
            // What follows it began after it did, whatever its pods say that ran before.
            seen.started = seen.started.filter(|at| *at >= tracked.row.started);
            let put_back = !seen.to_template.is_empty() && seen.to_template == tracked.from;
            if put_back && tracked.to.is_empty() {
                // Its pods came before its controller counted any of them: none of another template was ever there.
                self.list.remove(at);
            } else {
                tracked.end(
                    if put_back {
                        RolloutState::Failed(safe!("put back to {}", seen.to))
                    } else {
                        RolloutState::Superseded
                    },
                    now,
                );
            }
        }
        let again = self
            .list
            .iter()
            .any(|t| t.top == seen.top && t.to == seen.to_template);
        let lately = seen.ended.is_some_and(|at| now.duration_since(at) < KEPT);
        if seen.begins || open.is_some() || lately && !again {
            self.list.insert(0, Tracked::begin(seen, watched, now));
        }
    }

    /// A workload is gone.
    pub(super) fn gone(&mut self, top: &Uid, now: Timestamp) {
        self.calm.remove(top);
        if let Some(at) = self.open(top) {
            let why = SafeText::from_static("it was deleted");
            self.list[at].end(RolloutState::Failed(why), now);
        }
    }

    /// What time alone changes: what stands still for too long, and what ended long ago.
    pub(super) fn ripen(&mut self, now: Timestamp) {
        self.list
            .retain(|t| t.row.ended.is_none_or(|at| now.duration_since(at) < KEPT));
        for tracked in &mut self.list {
            if tracked.stall().is_some_and(|at| at <= now) {
                let minutes = STALL.as_mins();
                let why = safe!("nothing has moved for {minutes} min");
                Arc::make_mut(&mut tracked.row).state = RolloutState::Stuck(why);
            }
        }
    }

    /// When time alone changes something next.
    pub(super) fn ripens(&self) -> Option<Timestamp> {
        let next = |t: &Tracked| {
            let forgotten = t.row.ended.and_then(|at| at.checked_add(KEPT).ok());
            forgotten.into_iter().chain(t.stall()).min()
        };
        self.list.iter().filter_map(next).min()
    }

    /// The rows, newest first.
    pub(super) fn rows(&self) -> Vec<Arc<Rollout>> {
        self.list.iter().map(|t| Arc::clone(&t.row)).collect()
    }

    /// Those under way of which nobody knows who began them.
    pub(super) fn nobodys(&self) -> impl Iterator<Item = (&Uid, &ServiceId)> {
        let open = self.list.iter().filter(|t| t.row.state.open());
        open.filter(|t| t.row.by.is_empty())
            .map(|t| (&t.top, &t.row.service))
    }

    fn open(&self, top: &Uid) -> Option<usize> {
        let is_open = |t: &Tracked| t.top == *top && t.row.state.open();
        self.list.iter().position(is_open)
    }
}

impl Tracked {
    /// Begins with what is seen. Where that does not say when it began, it is now if somebody watched it begin.
    fn begin(seen: Seen, watched: bool, now: Timestamp) -> Self {
        let started = seen.started.unwrap_or(now);
        let row = Rollout {
            service: seen.service,
            from: seen.from,
            to: seen.to,
            started,
            began_before: seen.started.is_none() && !watched,
            ended: seen.ended.map(|at| at.max(started)),
            state: seen.state,
            new: seen.new,
            old: seen.old,
            wanted: seen.wanted,
            by: seen.by,
        };
        Self {
            row: Arc::new(row),
            top: seen.top,
            to: seen.to_template,
            from: seen.from_template,
            moved: now,
            stalls: seen.stalls,
        }
    }

    /// Whether it is this rollout. Before its first pod is there, nobody knows what that will be made from.
    fn is(&self, seen: &Seen) -> bool {
        self.to == seen.to_template || self.to.is_empty() && seen.to_template != self.from
    }

    fn goes_on(&mut self, seen: Seen, now: Timestamp) {
        let mut row = (*self.row).clone();
        if (&row.new, &row.old) != (&seen.new, &seen.old) {
            self.moved = now;
        }
        // What it began from is gone at the end.
        if !seen.from.is_empty() && !seen.from_template.is_empty() {
            self.from = seen.from_template;
            row.from = seen.from;
        }
        self.to = seen.to_template;
        row.to = seen.to;
        row.new = seen.new;
        row.old = seen.old;
        row.wanted = seen.wanted;
        if row.by.is_empty() {
            row.by = seen.by;
        }
        let still = matches!(seen.state, RolloutState::Progressing)
            && self.stalls
            && now.duration_since(self.moved) >= STALL;
        if !still {
            row.state = seen.state;
        }
        if !row.state.open() {
            row.ended = Some(now);
        }
        if *self.row != row {
            self.row = Arc::new(row);
        }
    }

    fn end(&mut self, state: RolloutState, now: Timestamp) {
        let row = Arc::make_mut(&mut self.row);
        row.state = state;
        row.ended = Some(now);
    }

    /// When it will have stood still for too long.
    fn stall(&self) -> Option<Timestamp> {
        let waits = self.stalls && matches!(self.row.state, RolloutState::Progressing);
        waits.then(|| self.moved.checked_add(STALL).ok()).flatten()
    }
}

#[cfg(test)]
mod tests;
