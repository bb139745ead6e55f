//! A pod deleted: what manages it makes another one.

use super::{Do, Errand, refusal, side, step};
use crate::{
    domain::{
        instance::{InstanceId, Phase},
        service::ServiceKind,
    },
    plan::{Ask, Refusal},
    platform::sim::{walk::Who, world::World},
    safe,
    text::SafeText,
};

pub(super) fn plan(world: &World, ask: &Ask, id: &InstanceId) -> Result<Errand, Refusal> {
    if !world.scenario.cluster() {
        let why = SafeText::from_static("there are no pods here: containers are stopped");
        return Err(refusal(why, ""));
    }
    let gone = || refusal(SafeText::from_static("the pod is gone"), "look again");
    let seen = ask.target.seen.iter().position(|seen| seen.id == *id);
    let at = seen.ok_or_else(gone)?;
    let (service, _, pod) = world.replica(id).ok_or_else(gone)?;
    let spec = &world.scenario.services[service];
    if pod.phase == Phase::Stopping {
        return Err(refusal(safe!("{} is being deleted already", pod.name), ""));
    }
    let maker = match spec.workload.kind {
        ServiceKind::StatefulSet => "StatefulSet",
        ServiceKind::DaemonSet => "DaemonSet",
        _ => "ReplicaSet",
    };
    let comes = if spec.workload.comes_and_goes() {
        SafeText::from_static("nothing: its Job ends with it")
    } else {
        safe!("another one, made by its {maker}")
    };
    let is = if pod.running() { "Running" } else { "Pending" };
    let object = safe!("pod {}", pod.name);
    Ok(Errand {
        ask: ask.clone(),
        sides: [
            side(pod.name.clone(), SafeText::from_static(is)),
            side(comes, SafeText::EMPTY),
        ],
        impact: "it has its grace period to stop",
        notes: Vec::new(),
        moves: vec![
            step(Do::Delete(Who::Seen(at)), object.clone()),
            step(Do::Gone(Who::Seen(at)), object),
        ],
    })
}
