//! Following logs, the same on every platform: one reader an instance, joined and left as instances come and go, gone on
//! with after a break, and bounded where the console is slow. A platform adds a [`LogSource`]: how one log is read.

mod members;
mod outlet;
mod reader;
mod resume;
mod turnstile;

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use tokio::{
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::{Instant, sleep_until},
};

use self::{
    members::{Change, Members},
    reader::{Process, Reader},
    turnstile::{Turn, Turnstile},
};
pub(super) use self::{
    outlet::Outlet,
    reader::{LogEnd, LogSource, LogWish},
    resume::Resume,
};
use crate::{
    clock,
    domain::{
        instance::Instance,
        log::{LogEvent, LogId, LogOrigin, Since},
        service::{Service, ServiceId, ServiceKind},
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
    let mut following = Following {
        source,
        request,
        turnstile: Turnstile::new(S::AT_ONCE),
        members: Members::default(),
        followed: HashMap::new(),
        queue: VecDeque::new(),
        readers: JoinSet::new(),
        first: true,
    };
    let mut coming_back = following.turnstile.waiting();
    let (mut told, mut settled) = (0, None);
    loop {
        let shown = state.borrow_and_update().clone();
        if following.update(&shown.snapshot).await.is_err() {
            return;
        }
        // Those that were there before this was asked are not said to join, however late they are told.
        following.first &= shown.health != SourceHealth::Live;
        loop {
            let waiting = following.queue.len() + *coming_back.borrow_and_update();
            if waiting == told {
                settled = None;
            } else if settled.is_none() {
                settled = Some(Instant::now() + SETTLED);
            }
            tokio::select! {
                changed = state.changed() => match changed {
                    Ok(()) => break,
                    Err(_) => return,
                },
                Some(_) = following.readers.join_next() => {}
                Ok(()) = coming_back.changed() => {}
                Some(turn) = following.turnstile.next(), if !following.queue.is_empty() => {
                    following.begin(turn);
                }
                // Of a first list that is still coming, the last word counts.
                () = at(settled), if !following.first => {
                    (settled, told) = (None, waiting);
                    let bounded = LogEvent::Bounded {
                        followed: following.members.logs().saturating_sub(waiting),
                        waiting,
                    };
                    if request.sink.send(bounded).await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

/// Ends at that moment; never, when there is none.
async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

/// A subscription that goes on.
struct Following<'a, S> {
    source: &'a S,
    request: &'a LogRequest,
    turnstile: Turnstile,
    members: Members,
    /// Those that have a reader.
    followed: HashMap<LogId, Followed>,
    /// Those that wait for their first turn. A large cluster has ten thousand of them: each is an identity and no more.
    queue: VecDeque<Waiting>,
    readers: JoinSet<()>,
    /// They were there when this was asked.
    first: bool,
}

/// A log that is followed.
struct Followed {
    origin: Arc<LogOrigin>,
    process: watch::Sender<Process>,
    task: AbortHandle,
}

/// A log that will be.
struct Waiting {
    service: ServiceId,
    log: LogId,
    /// It was there when this was asked.
    first: bool,
}

/// Nobody listens any more.
struct Deaf;

impl<S: LogSource> Following<'_, S> {
    /// Takes note of who came, who went and who began anew.
    async fn update(&mut self, snapshot: &Snapshot) -> Result<(), Deaf> {
        let mut waited = false;
        for change in self.members.update(self.source, snapshot, self.request) {
            match change {
                Change::Joined(service, instance, log) => {
                    // Those there from the beginning did not join.
                    if !self.first {
                        let at = instance.created.unwrap_or_else(clock::now);
                        let origin = Arc::new(origin(&service, &instance, log.clone()));
                        self.tell(LogEvent::Joined(origin, at)).await?;
                    }
                    self.queue.push_back(Waiting {
                        service: service.id.clone(),
                        log,
                        first: self.first,
                    });
                }
                Change::Stays(instance, log) => {
                    if let Some(followed) = self.followed.get(&log) {
                        let process = Process::of(&instance);
                        followed.process.send_if_modified(|old| {
                            std::mem::replace(old, process.clone()) != process
                        });
                    }
                }
                Change::Left(service, log) => {
                    waited |= !self.followed.contains_key(&log);
                    self.left(&service, log).await?;
                }
            }
        }
        if waited {
            let members = &self.members;
            self.queue.retain(|one| members.has(&one.service, &one.log));
        }
        while !self.queue.is_empty()
            && let Some(turn) = self.turnstile.at_once()
        {
            self.begin(turn);
        }
        Ok(())
    }

    async fn left(&mut self, service: &Service, log: LogId) -> Result<(), Deaf> {
        if let Some(followed) = self.followed.remove(&log) {
            // What it still has to tell, it tells: its stream ends by itself once the instance is gone.
            followed.process.send_replace(Process::default());
            let left = LogEvent::Left(followed.origin, clock::now());
            return self.tell(left).await.inspect_err(|_| followed.task.abort());
        }
        match service.instances.iter().find(|i| i.id == log.instance) {
            Some(instance) => {
                let origin = Arc::new(origin(service, instance, log));
                self.tell(LogEvent::Left(origin, clock::now())).await
            }
            None => Ok(()),
        }
    }

    /// It is the turn of the next one.
    fn begin(&mut self, turn: Turn) {
        let Some(next) = self.queue.pop_front() else {
            return;
        };
        let Some((service, instance)) = self.members.find(&next.service, &next.log) else {
            return;
        };
        let origin = Arc::new(origin(service, instance, next.log.clone()));
        let (process, processes) = watch::channel(Process::of(instance));
        let reader = Reader {
            source: self.source.clone(),
            wish: LogWish {
                origin: Arc::clone(&origin),
                // Of what joins later, everything is new.
                since: if next.first {
                    self.request.since
                } else {
                    Since::All
                },
                previous: self.request.previous && next.first,
                follow: true,
            },
            sink: self.request.sink.clone(),
            processes,
            turnstile: self.turnstile.clone(),
        };
        let one = Followed {
            origin,
            process,
            task: self.readers.spawn(reader.run(Some(turn))),
        };
        self.followed.insert(next.log, one);
    }

    async fn tell(&self, event: LogEvent) -> Result<(), Deaf> {
        self.request.sink.send(event).await.map_err(|_| Deaf)
    }
}

async fn read_once(
    source: &impl LogSource,
    request: &LogRequest,
    state: &mut watch::Receiver<SourceState>,
) {
    let snapshot = Arc::clone(&state.borrow_and_update().snapshot);
    let mut readers = JoinSet::new();
    for change in Members::default().update(source, &snapshot, request) {
        let Change::Joined(service, instance, log) = change else {
            continue;
        };
        if readers.len() >= AT_ONCE {
            readers.join_next().await;
        }
        let reader = Reader {
            source: source.clone(),
            wish: LogWish {
                origin: Arc::new(origin(&service, &instance, log)),
                since: request.since,
                previous: request.previous,
                follow: false,
            },
            sink: request.sink.clone(),
            processes: watch::channel(Process::of(&instance)).1,
            turnstile: Turnstile::new(1),
        };
        readers.spawn(reader.run(None));
    }
    while readers.join_next().await.is_some() {}
}

/// A platform on which nothing runs is known too, once it has said who it is.
fn known(snapshot: &Snapshot) -> bool {
    !snapshot.services.is_empty() || !snapshot.host.identity.is_empty()
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
