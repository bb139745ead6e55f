//! Moves the world along with the clock on the wall, and answers requests.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    SimOptions, carry, details, follow, preview,
    stage::Shared,
    world::{TICK, Tick, ticks},
};
use crate::{
    domain::capabilities::Capabilities,
    plan::{Ask, Outcome, Preview, Progress, Refusal},
    platform::{Request, answer::refuse},
    text::SafeText,
};

/// At most so many steps before others get a turn.
const AT_ONCE: u32 = 200;

/// Runs until the handle is gone.
pub(super) async fn run(
    shared: Arc<Shared>,
    options: SimOptions,
    capabilities: Capabilities,
    mut asked: mpsc::Receiver<Request>,
) {
    let stop = CancellationToken::new();
    let _ends_all = stop.clone().drop_guard();
    begin(&shared, options.at).await;
    let mut timer = interval(TICK);
    timer.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut last = Instant::now();
    let mut debt = 0.0;
    loop {
        tokio::select! {
            request = asked.recv() => match request {
                Some(request) => answer(&shared, &capabilities, &stop, request),
                None => return,
            },
            now = timer.tick() => {
                let speed = f64::from(shared.lock().speed);
                debt += now.duration_since(last).as_secs_f64() * speed / TICK.as_secs_f64();
                last = now;
                while debt >= 1.0 {
                    let times = debt.min(f64::from(AT_ONCE)).floor();
                    shared.step(times as u32);
                    debt -= times;
                    if debt >= 1.0 {
                        tokio::task::yield_now().await;
                    }
                }
            }
        }
    }
}

/// Plays what comes before the moment at which the console opens.
async fn begin(shared: &Shared, at: Duration) {
    let end = if at.is_zero() { 0 } else { ticks(at) };
    loop {
        if !warm_up(shared, end) {
            break;
        }
        tokio::task::yield_now().await;
    }
    // What happened before is told at the first tick, as Docker tells the last hour.
    shared.show();
}

/// Steps a while; gives whether there is more to do.
fn warm_up(shared: &Shared, end: Tick) -> bool {
    let mut stage = shared.lock();
    for _ in 0..AT_ONCE {
        if stage.world.tick >= end {
            return false;
        }
        stage.world.step();
    }
    true
}

fn answer(
    shared: &Arc<Shared>,
    capabilities: &Capabilities,
    stop: &CancellationToken,
    request: Request,
) {
    // An answer that nobody waits for any more is no answer: each `send` may fail.
    match request {
        Request::Preview(ask, to) => {
            let _ = to.send(previewed(shared, capabilities, &ask));
        }
        Request::Carry(request) => {
            if let Some(why) = capabilities.refuses(request.0.plan.action()) {
                let outcome = Outcome::Superseded { applied: 0, why };
                // One message into an empty channel; nobody listens if it finds no room.
                let _ = request.0.progress.try_send(Progress::Ended(outcome));
                return;
            }
            tokio::spawn(carry::carry(shared.work(), request.0, stop.clone()));
        }
        Request::Logs(request) => {
            tokio::spawn(follow::follow(Arc::clone(shared), request, stop.clone()));
        }
        Request::Details(service, to) => {
            let _ = to.send(details::details(&shared.lock().world, &service));
        }
        Request::Raw(instance, to) => {
            let _ = to.send(details::raw(&shared.lock().world, &instance));
        }
        request @ (Request::Exec(..)
        | Request::Archive(..)
        | Request::Describe(..)
        | Request::Shell(_)) => refuse(request, &no_programs()),
        request @ Request::Namespaces(_) => {
            refuse(
                request,
                &SafeText::from_static("a simulation lists no namespaces"),
            );
        }
        request @ Request::Fetch(_) => {
            refuse(
                request,
                &SafeText::from_static("a simulation leads to no Services"),
            );
        }
        // Everything is always fresh here.
        Request::Visible(_) => {}
        Request::Refresh => shared.show(),
    }
}

fn previewed(shared: &Shared, capabilities: &Capabilities, ask: &Ask) -> Result<Preview, Refusal> {
    if let Some(why) = capabilities.refuses(&ask.action) {
        let instead = SafeText::default();
        return Err(Refusal {
            so_already: false,
            why,
            instead,
        });
    }
    let mut stage = shared.lock();
    if stage.world.cut().is_some() {
        return Err(Refusal {
            so_already: false,
            why: SafeText::from_static("the platform cannot be reached"),
            instead: SafeText::from_static("wait until it answers again"),
        });
    }
    stage.world.learn(ask);
    preview::preview(&stage.world, ask)
}

const fn no_programs() -> SafeText {
    SafeText::from_static("the simulator has no programs inside its replicas, and so no shell")
}
