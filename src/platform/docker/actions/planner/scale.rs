//! More or fewer.

use super::{
    super::{
        container::{Container, PROJECT, SERVICE},
        names,
        order::{fixed_port, own_name},
        settle::there,
        spec::{Image, Purpose, Spec, spec},
        work::{Act, Group, Name, Who, Work},
        world::World,
    },
    Part, refusal, removes_itself, replace, settle, warning,
};
use crate::{
    domain::image::version,
    plan::{Ask, Refusal, Side},
    safe,
    text::{SafeText, counted},
};

/// To `replicas` copies.
pub(super) fn plan(ask: &Ask, world: &World, replicas: u32) -> Result<Part, Refusal> {
    let mut groups = Vec::new();
    let mut there_are: Vec<&Container> = Vec::new();
    for (mut group, stays) in settle(world, None) {
        let begun = stays.filter(|c| is_begun_copy(c, ask));
        match begun {
            // It has never served, so there is nothing to keep of it.
            Some(copy) => group.works = drop_copy(copy),
            None => there_are.extend(stays),
        }
        groups.push(group);
    }
    if there_are.iter().any(|c| !c.compose()) {
        return Err(refusal(
            safe!(
                "{} is a single container, and a copy would be another service",
                ask.target.service
            ),
            "describe it in a Compose file; services of Compose scale",
        ));
    }
    if replicas == 0 {
        return Err(refusal(
            safe!("with no copy left there is nothing to make new ones from"),
            "stop it: stopped copies stay",
        ));
    }
    there_are.sort_by_key(|c| c.number());
    let wanted = replicas as usize;
    let mut part = Part {
        to: Side {
            what: safe!("{}", counted(wanted, "copy")),
            facts: SafeText::default(),
        },
        replicas: wanted,
        ..Part::default()
    };
    if wanted > there_are.len() {
        groups.extend(more(world, &there_are, wanted, &mut part)?);
    } else {
        groups.extend(fewer(&there_are, wanted, &mut part)?);
    }
    let kept = &there_are[..wanted.min(there_are.len())];
    part.serving = wanted - kept.iter().filter(|c| !c.serves()).count();
    if ask.resumes.is_some() {
        // Stopped on its way out, and to stay after all.
        for copy in kept.iter().filter(|c| !c.alive()) {
            let group = groups
                .iter_mut()
                .find(|g| g.base == copy.name() && g.works.is_empty());
            if let Some(group) = group {
                group.works = start(copy);
            }
        }
    }
    part.groups = groups;
    // What its file says, no label keeps.
    part.notes.push(warning(SafeText::from_static(
        "a plain `docker compose up` returns to the number that its file says",
    )));
    Ok(part)
}

/// Whether this is a copy that the interrupted scaling, which is taken up again, had begun to add.
fn is_begun_copy(container: &Container, ask: &Ask) -> bool {
    let resumed = ask.resumes.as_ref();
    resumed.is_some_and(|resumed| names::is_new_of(container.name(), &resumed.id))
}

fn start(copy: &Container) -> Vec<Work> {
    [Act::Start(there(copy)), Act::Await(there(copy))]
        .map(|act| act.on(copy.name()))
        .into()
}

fn drop_copy(copy: &Container) -> Vec<Work> {
    let called = format!("{} (begun)", names::parse(copy.name()).0);
    let stop = copy.alive().then(|| Act::Stop(there(copy)));
    stop.into_iter()
        .chain([Act::Remove(there(copy))])
        .map(|act| act.on(&called))
        .collect()
}

fn more(
    world: &World,
    there_are: &[&Container],
    wanted: usize,
    part: &mut Part,
) -> Result<Vec<Group>, Refusal> {
    let Some(model) = there_are.iter().rev().find(|c| c.serves()) else {
        return Err(refusal(
            safe!("no copy serves that a new one could be made from"),
            "mend or start it first",
        ));
    };
    if let Some(port) = fixed_port(model) {
        return Err(refusal(
            safe!("port {port} of the host is fixed in its description, and can serve one copy"),
            "leave the host's port to Docker, or use a range",
        ));
    }
    if let Some(name) = own_name(model) {
        return Err(refusal(
            safe!(
                "container_name is fixed in its description, and only one container can be called {name}"
            ),
            "take container_name out of the Compose file",
        ));
    }
    // A name that moved on since must not bring another image with it.
    let same = world
        .image(model.image())
        .is_some_and(|i| i.id == model.image_id());
    let reference = if same {
        model.image()
    } else {
        model.image_id()
    };
    if !same {
        part.notes.push(warning(safe!(
            "{} names another image by now; new copies run what {} runs",
            model.image(),
            model.name()
        )));
    }
    let image = Image {
        reference,
        id: model.image_id(),
        supplied_by: None,
    };
    let last = there_are
        .iter()
        .map(|c| c.compose_number())
        .max()
        .unwrap_or_default();
    let separator = if model.name().contains('_') && !model.name().contains('-') {
        "_"
    } else {
        "-"
    };
    let groups = (1..=(wanted - there_are.len()) as u32).map(|n| {
        let number = last + n;
        let name = [
            model.label(PROJECT),
            model.label(SERVICE),
            &number.to_string(),
        ]
        .join(separator);
        let Spec { create, connect } = spec(
            model,
            Purpose::Beside {
                name: &name,
                number,
            },
            image,
        );
        let mut works = replace::make(&name, &name, create, connect);
        works.push(Act::Start(Who::Made).on(&name));
        works.push(Act::Await(Who::Made).on(&name));
        works.push(Act::Rename(Who::Made, Name::Final(name.clone())).on(&name));
        Group {
            base: name,
            image: String::new(),
            works,
        }
    });
    let groups: Vec<Group> = groups.collect();
    part.to.facts = safe!(
        "new ones made from {}, {}",
        model.name(),
        version(model.image())
    );
    part.impact = safe!("one at a time; what serves goes on");
    if has_nameless_volume(model) {
        part.remains
            .push(safe!("new copies begin with empty volumes of their own"));
    }
    Ok(groups)
}

fn fewer(there_are: &[&Container], wanted: usize, part: &mut Part) -> Result<Vec<Group>, Refusal> {
    let going: Vec<&&Container> = there_are[wanted..].iter().rev().collect();
    if let Some(own) = going.iter().find(|c| removes_itself(c)) {
        return Err(refusal(
            safe!(
                "{} was started with --rm: Docker removes it at its stop",
                own.name()
            ),
            "stop it",
        ));
    }
    let serving = there_are[..wanted].iter().filter(|c| c.serves()).count();
    part.impact = safe!(
        "the highest numbers go first; {} keep serving",
        counted(serving, "copy")
    );
    if going.iter().any(|c| has_nameless_volume(c)) {
        part.remains
            .push(safe!("volumes of the copies that go stay on the disk"));
    }
    Ok(going
        .into_iter()
        .map(|container| {
            let mut works = Vec::new();
            if container.alive() {
                works.push(Act::Stop(there(container)).on(container.name()));
            }
            works.push(Act::Remove(there(container)).on(container.name()));
            Group {
                base: container.name().to_owned(),
                image: container.image_id().to_owned(),
                works,
            }
        })
        .collect())
}

/// Whether it has a volume that Docker named by itself: 64 hexadecimal digits.
fn has_nameless_volume(container: &Container) -> bool {
    container.mounts().iter().any(|mount| {
        let name = mount["Name"].as_str().unwrap_or_default();
        name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
    })
}
