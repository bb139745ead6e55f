//! What can't be done, and what could be done instead.

use crate::{
    domain::{
        action::{Action, ClusterAction},
        service::ServiceKind,
    },
    plan::{Ask, Refusal},
    platform::sim::{
        scenario::Index,
        walk,
        world::{Replica, World},
    },
    text::SafeText,
};

fn refuse<T>(why: impl AsRef<str>, instead: &str) -> Result<T, Refusal> {
    Err(Refusal {
        so_already: false,
        why: SafeText::line(why.as_ref()),
        instead: SafeText::line(instead),
    })
}

/// Whether this is the platform that the dialog was opened for.
pub(super) fn same_platform(world: &World, ask: &Ask) -> Result<(), Refusal> {
    if ask.target.identity == world.snapshot().host.identity {
        return Ok(());
    }
    let why = "this is another platform than the one that the dialog was opened for";
    refuse(why, "")
}

/// The service that is asked about, if it is here and as it was.
pub(super) fn find(world: &World, ask: &Ask) -> Result<Index, Refusal> {
    let target = &ask.target;
    if world.node(&target.service).is_some() {
        return refuse("a node is cordoned and drained, and nothing else", "");
    }
    let Some(service) = world.find(&target.service) else {
        return refuse(
            format!("there is no service {} any more", target.service),
            "",
        );
    };
    let spec = &world.scenario.services[service];
    let now = &world.services[service];
    let some_run = target.seen.iter().any(|seen| walk::running(world, seen));
    match &ask.action {
        Action::Scale { replicas } if *replicas > 1 && spec.fixed_port().is_some() => {
            let port = spec.fixed_port().unwrap_or_default();
            let why = format!(
                "{} has the fixed host port {port}: one replica can have it",
                spec.name
            );
            refuse(
                why,
                "publish the port without a number on the host, then scale",
            )
        }
        Action::Scale { replicas }
            if *replicas > 1 && spec.volume.is_some() && !world.scenario.cluster() =>
        {
            let why = format!("the replicas of {} would write to one volume", spec.name);
            refuse(why, "")
        }
        Action::Scale { replicas } if *replicas > 50 => {
            refuse("there is no room for more than 50 replicas", "")
        }
        Action::Scale { .. } if spec.workload.kind == ServiceKind::DaemonSet => {
            refuse("a DaemonSet has one pod a node: it is not scaled", "")
        }
        Action::Scale { .. } | Action::Restart | Action::Rollout { .. }
            if spec.workload.comes_and_goes() =>
        {
            refuse("it runs by its schedule, and not all the time", "")
        }
        Action::Restart if !some_run => {
            refuse(format!("nothing of {} runs", spec.name), "start it")
        }
        Action::Pause | Action::Unpause => refuse("there is nothing to pause here", ""),
        Action::Cluster(ClusterAction::Switch) => switch(world, service),
        Action::BackUp if !spec.stateful() => refuse(format!("{} keeps no data", spec.name), ""),
        Action::BackUp if !now.replicas.iter().any(Replica::ready) => {
            let why = format!("{} does not run: its data cannot be read out", spec.name);
            refuse(why, "start it first")
        }
        _ => Ok(service),
    }
}

/// Traffic goes only to a colour of which as many are ready as serve now.
fn switch(world: &World, service: Index) -> Result<Index, Refusal> {
    let name = |service: Index| world.scenario.services[service].name.as_str();
    let ready = |service: Index| {
        let replicas = world.services[service].replicas.iter();
        replicas.filter(|replica| replica.ready()).count()
    };
    let Some((_, from)) = world.elsewhere(service) else {
        return match world.routed(service) {
            Some(route) => refuse(
                format!("service {route} sends to {} already", name(service)),
                "choose the other colour",
            ),
            None => refuse(
                format!("no Service selects another colour of {}", name(service)),
                "",
            ),
        };
    };
    let (is, serving) = (ready(service), ready(from));
    if is < serving.max(1) {
        let why = format!(
            "{is} of {} are ready, and {serving} of {} serve now",
            name(service),
            name(from)
        );
        return refuse(why, "let as many be ready first, then switch");
    }
    Ok(service)
}

/// The revision that a rollout or a rollback is to.
pub(super) fn resolve(world: &World, service: Index, ask: &Ask) -> Result<Option<usize>, Refusal> {
    let spec = &world.scenario.services[service];
    match &ask.action {
        Action::Rollout { image } => {
            let tag = match image.rsplit_once(':') {
                Some((repository, tag)) if repository == spec.image => tag,
                Some((repository, _)) => {
                    let why = format!("{repository} is not the image of {}", spec.name);
                    return refuse(why, &format!("name a tag of {}", spec.image));
                }
                None => image,
            };
            if let Some(revision) = spec.revision(tag) {
                return Ok(Some(revision));
            }
            let known: Vec<&str> = spec.revisions.iter().map(|r| r.version.as_str()).collect();
            refuse(
                format!("there is no image {}:{tag}", spec.image),
                &format!("there is {}", known.join(", ")),
            )
        }
        Action::RollBack { to: Some(id) } => {
            let found = walk::revision_of(world, service, id);
            match found {
                Some(revision) => Ok(Some(revision)),
                None => refuse("that revision's image is gone", "choose another one"),
            }
        }
        Action::RollBack { to: None } => {
            let present = super::present(world, service);
            let past = &world.services[service].past;
            let before = (0..past.len()).filter(|&n| n != present && past[n].first.is_some());
            // The last known good; where nothing is, what ran last.
            let best = before.max_by_key(|&n| (past[n].known_good.is_some(), past[n].last));
            match best {
                Some(revision) => Ok(Some(revision)),
                None => refuse(format!("nothing else of {} has run here", spec.name), ""),
            }
        }
        _ => Ok(None),
    }
}

/// It is as it should be already.
pub(super) fn nothing(ask: &Ask) -> Refusal {
    let name = &ask.target.service.name;
    let why = match &ask.action {
        Action::Scale { replicas } => format!("{name} has {replicas} replicas already"),
        Action::Rollout { image } => format!("{name} runs {image} already"),
        Action::RollBack { .. } => format!("{name} runs that revision already"),
        Action::Start => format!("{name} runs already"),
        Action::Stop => format!("{name} is stopped already"),
        Action::Restart | Action::BackUp | Action::Pause | Action::Unpause | Action::Cluster(_) => {
            format!("{name} has no replica")
        }
    };
    Refusal {
        so_already: !matches!(
            ask.action,
            Action::Restart | Action::BackUp | Action::Cluster(_)
        ),
        ..Refusal::already(SafeText::line(&why))
    }
}
