//! What is found out beside the platform, over the network: checks of our own, Prometheus, Alertmanager, and single
//! questions. Nothing set up is nothing run: no task, no client, no certificates read.

mod alertmanager;
mod ask;
mod families;
mod fill;
mod http;
mod look;
mod postgres;
mod prometheus;
mod reach;
mod redis;
mod rounds;
mod tls;
mod way;

pub use self::ask::Asker;

use tokio::sync::watch;

use self::{rounds::Plan, way::Way};
use crate::{config::Settings, platform::PlatformHandle};

/// Adds to what a platform shows what the settings want looked at in this environment. To be called on a runtime; the tasks
/// end when the platform's state is no longer listened to.
pub fn attend(
    mut platform: PlatformHandle,
    settings: &Settings,
    environment: &str,
) -> PlatformHandle {
    let way = Way::by(&platform);
    let Some(plan) = Plan::of(settings, environment, &way) else {
        return platform;
    };
    let first = plan.first(&platform.state.borrow());
    let (out, state) = watch::channel(first);
    let shown = std::mem::replace(&mut platform.state, state);
    tokio::spawn(rounds::run(plan, way, shown, out));
    platform
}
