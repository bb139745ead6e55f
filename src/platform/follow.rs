//! Following logs, the same on every platform: one reader an instance, joined and left as instances come and go, gone on
//! with after a break, and bounded where the console is slow. A platform adds a [`LogSource`]: how one log is read.

mod outlet;
mod reader;
mod resume;
mod turnstile;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep_until},
};

pub(super) use self::{
    outlet::Outlet,
    reader::{LogEnd, LogSource, LogWish},
    resume::Resume,
};
use self::{
    reader::{Process, Reader},
    turnstile::Turnstile,
};
use crate::{
    clock,
    domain::{
        instance::Instance,
        log::{LogEvent, LogId, LogOrigin, Since},
        service::{Service, ServiceKind},
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    platform::LogRequest,
    safe,
    text::SafeText,
};

/// Readers of a subscription that does not follow, at a time.
const AT_ONCE: usize = 8;

/// How many wait is told once it has stood for so long: logs that are at their end give way at once.
const SETTLED: Duration = Duration::from_secs(1);

/// Serves a subscription until it is cancelled, its receiver is gone, or (without `follow`) everything is read.
pub(super) async fn serve(
    source: &impl LogSource,
    state: watch::Receiver<SourceState>,
    request: LogRequest,
) {
    tokio::select! {
        () = request.stop.cancelled() => {}
        () = request.sink.closed() => {}
        () = read(source, state, &request) => {}
    }
}

async fn read(
    source: &impl LogSource,
    mut state: watch::Receiver<SourceState>,
    request: &LogRequest,
) {
    // Before the first rows there is nothing to follow, and nothing to say.
    let shown = state
        .wait_for(|state| state.proof.is_some() && state.generation > 0 && known(&state.snapshot))
        .await
        .is_ok();
    if !shown {
        return;
    }
    if request.follow {
        follow(source, request, &mut state).await;
    } else {
        read_once(source, request, &mut state).await;
    }
}

async fn follow<S: LogSource>(
    source: &S,
    request: &LogRequest,
    state: &mut watch::Receiver<SourceState>,
) {
    let mut readers = JoinSet::new();
    let mut followed: HashMap<LogId, Followed> = HashMap::new();
    let mut first = true;
    let turnstile = Turnstile::new(S::AT_ONCE);
    let mut waiting = turnstile.waiting();
    let mut told = 0;
    let mut settled: Option<Instant> = None;
    loop {
        let (snapshot, live) = {
            let state = state.borrow_and_update();
            (
                Arc::clone(&state.snapshot),
                state.health == SourceHealth::Live,
            )
        };
        let mut gone: HashSet<LogId> = followed.keys().cloned().collect();
        for (service, instance, log) in members(source, &snapshot, request) {
            gone.remove(&log);
            let process = Process::of(instance);
            if let Some(followed) = followed.get(&log) {
                followed
                    .process
                    .send_if_modified(|old| std::mem::replace(old, process.clone()) != process);
                continue;
            }
            let origin = Arc::new(origin(service, instance, log.clone()));
            // Those there from the beginning did not join, nor those that the platform has only now come to in its list.
            if !first {
                let at = instance.created.unwrap_or_else(clock::now);
                let joined = LogEvent::Joined(Arc::clone(&origin), at);
                if request.sink.send(joined).await.is_err() {
                    return;
                }
            }
            let (process, processes) = watch::channel(process);
            let reader = Reader {
                source: source.clone(),
                wish: LogWish {
                    origin: Arc::clone(&origin),
                    // Of what joins later, everything is new.
                    since: if first { request.since } else { Since::All },
                    previous: request.previous && first,
                    follow: true,
                },
                sink: request.sink.clone(),
                processes,
                turnstile: turnstile.clone(),
            };
            let task = readers.spawn(reader.run());
            let one = Followed {
                origin,
                process,
                task,
            };
            followed.insert(log, one);
        }
        for id in gone {
            if let Some(followed) = followed.remove(&id) {
                // What it still has to tell, it tells: its stream ends by itself once the instance is gone.
                followed.process.send_replace(Process::default());
                let left = LogEvent::Left(followed.origin, clock::now());
                if request.sink.send(left).await.is_err() {
                    followed.task.abort();
                    return;
                }
            }
        }
        first &= !live;
        loop {
            let due = settled;
            tokio::select! {
                changed = state.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                Some(_) = readers.join_next() => {}
                Ok(()) = waiting.changed() => {
                    settled = (*waiting.borrow_and_update() != told)
                        .then(|| Instant::from_std(clock::instant()) + SETTLED);
                }
                () = async { match due { Some(at) => sleep_until(at).await, None => std::future::pending().await } } => {
                    (settled, told) = (None, *waiting.borrow());
                    let bounded = LogEvent::Bounded {
                        followed: followed.len() - told,
                        waiting: told,
                    };
                    if request.sink.send(bounded).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// An instance that is followed.
struct Followed {
    origin: Arc<LogOrigin>,
    process: watch::Sender<Process>,
    task: AbortHandle,
}

async fn read_once(
    source: &impl LogSource,
    request: &LogRequest,
    state: &mut watch::Receiver<SourceState>,
) {
    let snapshot = Arc::clone(&state.borrow_and_update().snapshot);
    let mut readers = JoinSet::new();
    for (service, instance, log) in members(source, &snapshot, request) {
        if readers.len() >= AT_ONCE {
            readers.join_next().await;
        }
        let reader = Reader {
            source: source.clone(),
            wish: LogWish {
                origin: Arc::new(origin(service, instance, log)),
                since: request.since,
                previous: request.previous,
                follow: false,
            },
            sink: request.sink.clone(),
            processes: watch::channel(Process::of(instance)).1,
            turnstile: Turnstile::new(1),
        };
        readers.spawn(reader.run());
    }
    while readers.join_next().await.is_some() {}
}

/// A platform on which nothing runs is known too, once it has said who it is.
fn known(snapshot: &Snapshot) -> bool {
    !snapshot.services.is_empty() || !snapshot.host.identity.is_empty()
}

/// All logs that are asked for.
fn members<'a>(
    source: &'a impl LogSource,
    snapshot: &'a Snapshot,
    request: &'a LogRequest,
) -> impl Iterator<Item = (&'a Service, &'a Instance, LogId)> {
    snapshot
        .services
        .iter()
        .filter(|service| {
            // A node's row has the pods of others: each is followed once.
            let all = request.services.is_empty() && service.kind != ServiceKind::Node;
            all || request.services.contains(&service.id)
        })
        .flat_map(|service| {
            service
                .instances
                .iter()
                .map(|instance| (&**service, &**instance))
        })
        .flat_map(|(service, instance)| {
            let log = |container| LogId {
                instance: instance.id.clone(),
                container,
            };
            let logs = source.logs_of(instance).into_iter().map(log);
            logs.map(move |log| (service, instance, log))
        })
}

fn origin(service: &Service, instance: &Instance, log: LogId) -> LogOrigin {
    let several = service.instances.len() > 1;
    let label: SafeText = match service.kind {
        ServiceKind::Compose if instance.number > 0 && several => {
            safe!("{} {}", service.id.name, instance.number)
        }
        ServiceKind::Compose | ServiceKind::Container => service.id.name.clone(),
        _ if log.container.is_empty() => instance.name.clone(),
        _ => safe!("{}/{}", instance.name, log.container),
    };
    LogOrigin {
        service: service.id.clone(),
        log,
        label,
    }
}

#[cfg(test)]
mod tests;
