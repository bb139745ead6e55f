//! A CronJob run by hand: its Job is followed to its end.

use super::{Do, Errand, refusal, side, step};
use crate::{
    domain::service::ServiceKind,
    plan::{Ask, Refusal},
    platform::sim::world::World,
    safe,
    text::SafeText,
};

pub(super) fn plan(world: &World, ask: &Ask) -> Result<Errand, Refusal> {
    let id = &ask.target.service;
    let is_cron = |service: &usize| {
        let workload = &world.scenario.services[*service].workload;
        workload.kind == ServiceKind::CronJob
    };
    let Some(service) = world.find(id).filter(is_cron) else {
        return Err(refusal(
            safe!("{id} is no CronJob: only those are run by hand"),
            "",
        ));
    };
    if let Some(job) = world.running_job(service) {
        return Err(refusal(
            safe!("{} of it runs, and none may run beside another", job.name),
            "wait for its end",
        ));
    }
    let number = world.next_job(service);
    let object = safe!("job {}", world.job_name(service, number));
    let schedule = &world.scenario.services[service].workload.schedule;
    Ok(Errand {
        ask: ask.clone(),
        sides: [
            side(SafeText::name(schedule), SafeText::EMPTY),
            side(safe!("{object}, now"), SafeText::EMPTY),
        ],
        impact: "its Job runs beside what serves, and is followed to its end",
        notes: Vec::new(),
        moves: vec![
            step(Do::Run { service, number }, object.clone()),
            step(Do::Ended { service, number }, object),
        ],
    })
}
