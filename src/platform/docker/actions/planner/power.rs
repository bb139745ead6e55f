//! Restart, start and stop, in place.

use super::{
    super::{
        container::Container,
        settle::there,
        work::{Act, Group},
        world::World,
    },
    Part, always_restarts, passed, refusal, removes_itself, settle, warning,
};
use crate::{
    domain::action::Action,
    plan::{Ask, Refusal, Side},
    safe,
    text::{SafeText, counted},
};

/// Every replica in turn.
pub(super) fn plan(ask: &Ask, world: &World) -> Result<Part, Refusal> {
    let (mut groups, mut there_are) = (Vec::new(), Vec::new());
    for (group, stays) in settle(world, None) {
        if let Some(stays) = stays {
            there_are.push((groups.len(), stays));
        }
        groups.push(group);
    }
    let mut part = Part {
        replicas: there_are.len(),
        ..Part::default()
    };
    match ask.action {
        Action::Restart => restart(ask, &mut groups, &there_are, &mut part)?,
        Action::Start => start(&mut groups, &there_are, &mut part)?,
        _ => stop(&mut groups, &there_are, &mut part)?,
    }
    part.groups = groups;
    Ok(part)
}

fn restart(
    ask: &Ask,
    groups: &mut [Group],
    there_are: &[(usize, &Container)],
    part: &mut Part,
) -> Result<(), Refusal> {
    let alive: Vec<_> = there_are.iter().filter(|(_, c)| c.alive()).collect();
    if alive.is_empty() {
        return Err(refusal(safe!("no copy of it runs"), "start it"));
    }
    for (group, container) in &alive {
        refuse_self_removing(container)?;
        let name = groups[*group].base.clone();
        let works = &mut groups[*group].works;
        if !is_restarted(container, ask) {
            works.push(Act::Restart(there(container)).on(&name));
        }
        works.push(Act::Await(there(container)).on(&name));
    }
    let count = alive.len();
    part.serving = count;
    part.to = side(
        safe!("every copy anew"),
        safe!("the same image, settings and data"),
    );
    part.impact = if count == 1 {
        part.down = true;
        safe!("from its stop until it serves again")
    } else {
        safe!(
            "one at a time, each serving before the next; {} of {count} keep serving",
            count - 1
        )
    };
    part.notes
        .push(passed(safe!("each keeps its own grace period to stop")));
    Ok(())
}

/// Whether the interrupted restart, which is taken up again, has come to this copy: it started anew since.
fn is_restarted(container: &Container, ask: &Ask) -> bool {
    let sent = ask.resumes.iter().flat_map(|resumed| &resumed.sent);
    let mut own = sent.filter(|sent| *sent.verb == *"restart" && *sent.id == *container.id());
    let before = own.next().and_then(|sent| sent.started);
    before.is_some_and(|before| container.started().is_some_and(|now| now != before))
}

fn start(
    groups: &mut [Group],
    there_are: &[(usize, &Container)],
    part: &mut Part,
) -> Result<(), Refusal> {
    let off: Vec<_> = there_are.iter().filter(|(_, c)| !c.alive()).collect();
    // What an interrupted action left may be all there is to start.
    if off.is_empty() && groups.iter().all(|g| g.works.is_empty()) {
        return Err(Refusal::already(safe!("every copy of it runs already")));
    }
    for (group, container) in &off {
        let group = &mut groups[*group];
        if group.works.is_empty() {
            let name = group.base.clone();
            group.works.push(Act::Start(there(container)).on(&name));
            group.works.push(Act::Await(there(container)).on(&name));
        }
    }
    let count = there_are.len();
    part.serving = count;
    part.to = side(
        safe!("{} running", counted(count, "copy")),
        SafeText::default(),
    );
    part.impact = safe!("one at a time");
    Ok(())
}

fn stop(
    groups: &mut [Group],
    there_are: &[(usize, &Container)],
    part: &mut Part,
) -> Result<(), Refusal> {
    let settling = groups.iter().any(|g| !g.works.is_empty());
    let alive: Vec<_> = there_are
        .iter()
        .filter(|(_, c)| settling || c.alive())
        .collect();
    if alive.is_empty() {
        return Err(Refusal::already(safe!("no copy of it runs")));
    }
    for (group, container) in alive.iter().rev() {
        refuse_self_removing(container)?;
        let name = groups[*group].base.clone();
        groups[*group]
            .works
            .push(Act::Stop(there(container)).on(&name));
    }
    // The highest number goes first, as when scaling down.
    groups.reverse();
    if there_are.iter().any(|(_, c)| always_restarts(c)) {
        part.notes.push(warning(safe!(
            "its restart policy is `always`: the daemon starts it again at its own next start"
        )));
    }
    part.serving = part.replicas;
    part.to = side(
        safe!("stopped"),
        safe!("containers, data and settings stay"),
    );
    part.impact = safe!("it serves nobody until it is started again");
    Ok(())
}

fn refuse_self_removing(container: &Container) -> Result<(), Refusal> {
    if removes_itself(container) {
        return Err(refusal(
            safe!(
                "{} was started with --rm: Docker removes it at its stop",
                container.name()
            ),
            safe!("docker stop {}, if it may go", container.name()),
        ));
    }
    Ok(())
}

fn side(what: SafeText, facts: SafeText) -> Side {
    Side { what, facts }
}
