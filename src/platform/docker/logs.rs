//! Following logs: one reader a container, joined and left as containers come and go.

mod outlet;
mod reader;
mod resume;

use std::{collections::HashMap, sync::Arc};

use tokio::{sync::watch, task::JoinSet};

use crate::{
    domain::{
        instance::{Instance, InstanceId, Phase},
        log::{LogEvent, LogOrigin},
        service::Service,
        snapshot::Snapshot,
    },
    platform::{
        LogRequest,
        docker::{clock::now, daemon::Daemon},
    },
    safe,
    text::SafeText,
};
use reader::{Reader, Run};

/// Readers of a subscription that does not follow, at a time.
const AT_ONCE: usize = 8;

/// Serves a subscription until it is cancelled, its receiver is gone, or (without `follow`) everything is read.
pub(super) async fn serve(daemon: Arc<Daemon>, request: LogRequest) {
    let stop = request.stop.clone();
    tokio::select! {
        () = stop.cancelled() => {}
        () = request.sink.closed() => {}
        () = follow(&daemon, &request) => {}
    }
}

async fn follow(daemon: &Daemon, request: &LogRequest) {
    let mut state = daemon.state.clone();
    // Before the first rows there is nothing to follow, and nothing to say.
    if state
        .wait_for(|state| state.proof.is_some() && state.generation > 0 && known(&state.snapshot))
        .await
        .is_err()
    {
        return;
    }
    if !request.follow {
        return read_once(daemon, request, &mut state).await;
    }
    let mut readers = JoinSet::new();
    let mut followed: HashMap<InstanceId, Followed> = HashMap::new();
    let mut first = true;
    loop {
        let snapshot = Arc::clone(&state.borrow_and_update().snapshot);
        let mut gone: Vec<InstanceId> = followed.keys().cloned().collect();
        for (service, instance) in members(&snapshot, request) {
            gone.retain(|id| *id != instance.id);
            let run = Run::of(instance);
            if let Some(followed) = followed.get(&instance.id) {
                followed
                    .run
                    .send_if_modified(|old| std::mem::replace(old, run.clone()) != run);
                continue;
            }
            let origin = Arc::new(origin(service, instance));
            // Those there from the beginning did not join.
            if !first {
                let at = instance.created.unwrap_or_else(now);
                if request
                    .sink
                    .send(LogEvent::Joined(Arc::clone(&origin), at))
                    .await
                    .is_err()
                {
                    return;
                }
            }
            let (run, runs) = watch::channel(run);
            let reader = Reader {
                engine: daemon.engine.clone(),
                origin: Arc::clone(&origin),
                sink: request.sink.clone(),
                // Of what joins later, everything is new.
                since: if first {
                    request.since
                } else {
                    crate::domain::log::Since::All
                },
                previous: request.previous && first,
                follow: true,
                runs,
            };
            let task = readers.spawn(reader.run());
            followed.insert(instance.id.clone(), Followed { origin, run, task });
        }
        for id in gone {
            if let Some(followed) = followed.remove(&id) {
                // What it still has to tell, it tells: its stream ends by itself once the container is gone.
                followed.run.send_replace(Run::default());
                let left = LogEvent::Left(followed.origin, now());
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

/// A container that is followed.
struct Followed {
    origin: Arc<LogOrigin>,
    run: watch::Sender<Run>,
    task: tokio::task::AbortHandle,
}

async fn read_once(
    daemon: &Daemon,
    request: &LogRequest,
    state: &mut watch::Receiver<crate::domain::source::SourceState>,
) {
    let snapshot = Arc::clone(&state.borrow_and_update().snapshot);
    let mut readers = JoinSet::new();
    for (service, instance) in members(&snapshot, request) {
        if readers.len() >= AT_ONCE {
            readers.join_next().await;
        }
        let reader = Reader {
            engine: daemon.engine.clone(),
            origin: Arc::new(origin(service, instance)),
            sink: request.sink.clone(),
            since: request.since,
            previous: request.previous,
            follow: false,
            runs: watch::channel(Run::of(instance)).1,
        };
        readers.spawn(reader.run());
    }
    while readers.join_next().await.is_some() {}
}

/// A daemon without containers is known too, once it has said who it is.
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
        // A container that never ran has no log, and a daemon answers for it with nothing.
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
