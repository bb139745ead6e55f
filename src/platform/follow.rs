//! Following logs, the same on every platform: one reader an instance, joined and left as instances come and go, gone on
//! with after a break, and bounded where the console is slow. A platform adds a [`LogSource`]: how one log is read.

mod outlet;
mod reader;
mod resume;

use std::{collections::HashMap, sync::Arc};

use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
};

use self::reader::{Process, Reader};
pub(super) use self::{
    outlet::Outlet,
    reader::{LogEnd, LogSource, LogWish},
    resume::Resume,
};
use crate::{
    clock,
    domain::{
        instance::{Instance, InstanceId, Phase},
        log::{LogEvent, LogOrigin, Since},
        service::Service,
        snapshot::Snapshot,
        source::SourceState,
    },
    platform::LogRequest,
    safe,
    text::SafeText,
};

/// Readers of a subscription that does not follow, at a time.
const AT_ONCE: usize = 8;

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

async fn follow(
    source: &impl LogSource,
    request: &LogRequest,
    state: &mut watch::Receiver<SourceState>,
) {
    let mut readers = JoinSet::new();
    let mut followed: HashMap<InstanceId, Followed> = HashMap::new();
    let mut first = true;
    loop {
        let snapshot = Arc::clone(&state.borrow_and_update().snapshot);
        let mut gone: Vec<InstanceId> = followed.keys().cloned().collect();
        for (service, instance) in members(&snapshot, request) {
            gone.retain(|id| *id != instance.id);
            let process = Process::of(instance);
            if let Some(followed) = followed.get(&instance.id) {
                followed
                    .process
                    .send_if_modified(|old| std::mem::replace(old, process.clone()) != process);
                continue;
            }
            let origin = Arc::new(origin(service, instance));
            // Those there from the beginning did not join.
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
            };
            let task = readers.spawn(reader.run());
            let one = Followed {
                origin,
                process,
                task,
            };
            followed.insert(instance.id.clone(), one);
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
        first = false;
        loop {
            tokio::select! {
                changed = state.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                Some(_) = readers.join_next() => {}
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
    for (service, instance) in members(&snapshot, request) {
        if readers.len() >= AT_ONCE {
            readers.join_next().await;
        }
        let reader = Reader {
            source: source.clone(),
            wish: LogWish {
                origin: Arc::new(origin(service, instance)),
                since: request.since,
                previous: request.previous,
                follow: false,
            },
            sink: request.sink.clone(),
            processes: watch::channel(Process::of(instance)).1,
        };
        readers.spawn(reader.run());
    }
    while readers.join_next().await.is_some() {}
}

/// A platform on which nothing runs is known too, once it has said who it is.
fn known(snapshot: &Snapshot) -> bool {
    !snapshot.services.is_empty() || !snapshot.host.identity.is_empty()
}

fn members<'a>(
    snapshot: &'a Snapshot,
    request: &'a LogRequest,
) -> impl Iterator<Item = (&'a Service, &'a Instance)> {
    snapshot
        .services
        .iter()
        .filter(|service| request.services.is_empty() || request.services.contains(&service.id))
        .flat_map(|service| {
            service
                .instances
                .iter()
                .map(|instance| (&**service, &**instance))
        })
        // What never ran has no log, and a daemon answers for it with nothing.
        .filter(|(_, instance)| instance.phase != Phase::Created)
}

fn origin(service: &Service, instance: &Instance) -> LogOrigin {
    let label: SafeText = if instance.number > 0 && service.instances.len() > 1 {
        safe!("{} {}", service.id.name, instance.number)
    } else {
        service.id.name.clone()
    };
    LogOrigin {
        service: service.id.clone(),
        instance: instance.id.clone(),
        label,
    }
}
