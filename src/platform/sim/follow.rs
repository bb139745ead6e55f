//! Follows the logs of services: history first, then what is yet to come, each line once, with what was lost counted.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::{
    scenario::Index,
    stage::Shared,
    world::{Entry, What, World},
};
use crate::{
    domain::log::{LogEvent, LogOrigin, RawLine, Since},
    platform::LogRequest,
};

/// Entries in one batch.
const BATCH: usize = 512;

/// Where a reader is in the log of one service.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    service: Index,
    /// The number of the next entry.
    entry: u64,
    /// Lines written before it.
    line: u64,
}

/// Serves one subscription until it or the platform ends.
pub(super) async fn follow(shared: Arc<Shared>, request: LogRequest, stop: CancellationToken) {
    let mut ticks = shared.ticks();
    let (mut cursors, history) = {
        let stage = shared.lock();
        let services = chosen(&stage.world, &request);
        let cursors: Vec<Cursor> = services
            .iter()
            .map(|&service| {
                let ring = &stage.world.services[service].ring;
                Cursor {
                    service,
                    entry: ring.end(),
                    line: ring.lines,
                }
            })
            .collect();
        (cursors, history(&stage.world, &services, &request))
    };
    let work = async {
        for (service, entries) in history {
            for batch in entries.chunks(BATCH) {
                let events = {
                    let stage = shared.lock();
                    events(&stage.world, service, batch.iter(), 0)
                };
                send(&request, events).await?;
            }
        }
        if !request.follow {
            return None;
        }
        loop {
            // One batch of each service in turn, so that a loud one does not keep the others waiting.
            let mut more = false;
            for cursor in &mut cursors {
                let events = next(&shared, cursor);
                more |= !events.is_empty();
                send(&request, events).await?;
            }
            if !more {
                ticks.changed().await.ok()?;
            }
        }
    };
    let _: Option<()> = tokio::select! {
        ended = work => ended,
        () = request.stop.cancelled() => None,
        () = stop.cancelled() => None,
        () = request.sink.closed() => None,
    };
}

fn chosen(world: &World, request: &LogRequest) -> Vec<Index> {
    if request.services.is_empty() {
        return (0..world.services.len()).collect();
    }
    let found = request.services.iter().map(|id| world.find(id));
    found.flatten().collect()
}

/// Waits for room while the ring of the world goes on; `None` once nobody listens.
async fn send(request: &LogRequest, events: Vec<LogEvent>) -> Option<()> {
    for event in events {
        request.sink.send(event).await.ok()?;
    }
    Some(())
}

/// What was written before the subscription, of each service.
fn history(world: &World, services: &[Index], request: &LogRequest) -> Vec<(Index, Vec<Entry>)> {
    let of = |&service: &Index| {
        let now = &world.services[service];
        let wanted = |entry: &Entry| {
            let replica = now.replicas.iter().find(|r| r.origin == entry.origin);
            if request.previous {
                // Only what runs has a run before the present one.
                replica.is_some_and(|r| entry.run + 1 == r.run) && entry.lines() > 0
            } else {
                replica.is_some() || !matches!(request.since, Since::Tail(_))
            }
        };
        let entries = now.ring.all().filter(|entry| wanted(entry));
        let entries: Vec<Entry> = match request.since {
            Since::All => entries.copied().collect(),
            Since::At(from) => entries
                .filter(|entry| world.entry_time(entry) >= from)
                .copied()
                .collect(),
            Since::Tail(lines) => tail(entries.rev(), lines),
        };
        (service, entries)
    };
    services.iter().map(of).collect()
}

/// The last so many lines of each replica, out of entries from the newest on.
fn tail<'e>(newest_first: impl Iterator<Item = &'e Entry>, lines: u32) -> Vec<Entry> {
    let mut taken: Vec<(u32, u64)> = Vec::new();
    let mut kept: Vec<Entry> = newest_first
        .filter(|entry| {
            if matches!(entry.what, What::Left) {
                return false;
            }
            let at = taken.iter().position(|(origin, _)| *origin == entry.origin);
            let at = at.unwrap_or_else(|| {
                taken.push((entry.origin, 0));
                taken.len() - 1
            });
            let have = &mut taken[at].1;
            let room = *have < u64::from(lines);
            *have += entry.lines();
            room
        })
        .copied()
        .collect();
    kept.reverse();
    kept
}

/// The next batch of a service, and what was lost before it.
fn next(shared: &Shared, cursor: &mut Cursor) -> Vec<LogEvent> {
    let stage = shared.lock();
    if !stage.publisher.connected() || stage.world.cut().is_some() {
        return Vec::new();
    }
    let world = &stage.world;
    let ring = &world.services[cursor.service].ring;
    let batch: Vec<(u64, &Entry)> = ring.from(cursor.entry).take(BATCH).collect();
    let Some((_, first)) = batch.first() else {
        return Vec::new();
    };
    let dropped = first.before - cursor.line;
    let entries = batch.iter().map(|(_, entry)| *entry);
    let events = events(world, cursor.service, entries, dropped);
    if let Some((number, last)) = batch.last() {
        cursor.entry = number + 1;
        cursor.line = last.before + last.lines();
    }
    events
}

/// Lines of one replica in a row become one event.
fn events<'e>(
    world: &World,
    service: Index,
    entries: impl Iterator<Item = &'e Entry>,
    mut dropped: u64,
) -> Vec<LogEvent> {
    let mut events = Vec::new();
    let mut run: Option<(Arc<LogOrigin>, Vec<RawLine>)> = None;
    let mut flush = |run: &mut Option<(Arc<LogOrigin>, Vec<RawLine>)>,
                     events: &mut Vec<LogEvent>| {
        if let Some((origin, lines)) = run.take() {
            events.push(LogEvent::Lines {
                origin,
                lines,
                dropped: std::mem::take(&mut dropped),
            });
        }
    };
    for entry in entries {
        let origin = world.origin(entry);
        if run.as_ref().is_some_and(|(of, _)| !Arc::ptr_eq(of, origin)) || entry.lines() == 0 {
            flush(&mut run, &mut events);
        }
        let at = world.entry_time(entry);
        match entry.what {
            What::Joined => events.push(LogEvent::Joined(Arc::clone(origin), at)),
            What::Left => events.push(LogEvent::Left(Arc::clone(origin), at)),
            What::Line { .. } | What::Flood(_) => {
                let (_, lines) = run.get_or_insert_with(|| (Arc::clone(origin), Vec::new()));
                lines.extend(world.render(service, entry));
            }
        }
    }
    flush(&mut run, &mut events);
    // Lines were lost, and only comings and goings follow.
    if dropped > 0
        && let Some(LogEvent::Joined(origin, _) | LogEvent::Left(origin, _)) = events.first()
    {
        let lost = LogEvent::Lines {
            origin: Arc::clone(origin),
            lines: Vec::new(),
            dropped,
        };
        events.insert(0, lost);
    }
    events
}
