//! What is worth knowing before agreeing: warnings, and checks that passed.

use super::words;
use crate::{
    domain::{action::Action, alert::Severity},
    plan::{Ask, Note},
    platform::sim::{
        scenario::{Index, Store},
        world::{Replica, World},
    },
    text::SafeText,
};

/// Warnings and checks, worst first.
pub(super) fn notes(world: &World, service: Index, ask: &Ask, to: Option<usize>) -> Vec<Note> {
    let mut notes = Notes(Vec::new());
    let spec = &world.scenario.services[service];
    let now = &world.services[service];
    if let Some(revision) = world.rolling(service) {
        let version = &spec.revisions[revision].version;
        notes.warn(format!(
            "a rollout to {version} is under way: this takes its place"
        ));
    }
    match &ask.action {
        Action::Scale { replicas } => {
            stays(world, service, &mut notes);
            if *replicas > ask.target.replicas {
                more_connections(world, service, replicas - ask.target.replicas, &mut notes);
            }
            if *replicas == 0 {
                users(world, service, &mut notes);
            }
        }
        Action::Restart => {
            what_is_lost(world, service, &mut notes);
            if ask.target.replicas < 2 {
                users(world, service, &mut notes);
            }
        }
        Action::Stop => {
            what_is_lost(world, service, &mut notes);
            users(world, service, &mut notes);
        }
        Action::Rollout { .. } | Action::RollBack { .. } => {
            if let Some(to) = to {
                versions(world, service, ask, to, &mut notes);
            }
        }
        Action::BackUp => {
            let free = world
                .scenario
                .host
                .disk_size
                .saturating_sub(world.disk_used as u64);
            let needed = words::dump(world, service) * 6 / 5;
            if free < needed {
                let text = format!(
                    "{} free, {} needed",
                    words::mebibytes(free),
                    words::mebibytes(needed)
                );
                notes.0.push(Note {
                    severity: Some(Severity::Critical),
                    text: SafeText::line(&text),
                });
            } else {
                notes.passed(format!("{} free", words::mebibytes(free)));
            }
            notes.passed("server and client have the same major version".to_owned());
        }
        Action::Pause | Action::Unpause | Action::Cluster(_) => {}
        Action::Start => {
            for needed in world.needs(service) {
                let other = &world.services[needed];
                if !other.replicas.iter().any(Replica::ready) {
                    let name = &world.scenario.services[needed].name;
                    notes.warn(format!("{name}, which it needs, does not serve"));
                }
            }
        }
    }
    if now.replicas.iter().any(|r| r.restarts > 0) && !matches!(ask.action, Action::BackUp) {
        notes.warn(
            "its replicas restart by themselves: look at the logs of the run before".to_owned(),
        );
    }
    notes
        .0
        .sort_by_key(|note| (note.severity.is_none(), note.severity));
    notes.0
}

struct Notes(Vec<Note>);

impl Notes {
    fn warn(&mut self, text: String) {
        self.0.push(Note {
            severity: Some(Severity::Warning),
            text: SafeText::line(&text),
        });
    }

    fn passed(&mut self, text: String) {
        self.0.push(Note {
            severity: None,
            text: SafeText::line(&text),
        });
    }
}

fn versions(world: &World, service: Index, ask: &Ask, to: usize, notes: &mut Notes) {
    let spec = &world.scenario.services[service];
    let past = &world.services[service].past[to];
    if world.scenario.cluster() {
        notes.passed("dry run accepted".to_owned());
    } else {
        notes.passed(format!("image {} is here", world.image(service, to)));
    }
    if past.known_good.is_none() {
        let life = words::life(world, service, to);
        notes.warn(format!("{}: {life}", spec.revisions[to].version));
    }
    if world.scenario.cluster() {
        owner(world, service, notes);
    } else if let Action::RollBack { .. } = ask.action {
        notes.warn(
            "the next plain `docker compose up` goes to what its file names: change it there too"
                .to_owned(),
        );
    }
}

/// Whether a number of replicas stays, and who would change it.
fn stays(world: &World, service: Index, notes: &mut Notes) {
    let spec = &world.scenario.services[service];
    if !world.scenario.cluster() {
        notes.warn(format!(
            "a plain `docker compose up` returns to {}",
            spec.replicas
        ));
        return;
    }
    if let Some(auto) = spec.workload.autoscaler {
        notes.warn(format!(
            "its HPA sets the number, {} to {}, within 15 s: change its bounds instead",
            auto.min, auto.max
        ));
    }
    owner(world, service, notes);
}

/// Who would put back what is changed here.
fn owner(world: &World, service: Index, notes: &mut Notes) {
    let by = &world.scenario.services[service].workload.deployed_by;
    if !by.is_empty() {
        notes.warn(format!(
            "{by} deploys it: change it there too, or its next sync undoes this"
        ));
    }
}

/// What a restart takes from a store and from those who use it.
fn what_is_lost(world: &World, service: Index, notes: &mut Notes) {
    match world.scenario.services[service].store {
        Some(Store::Cache { .. }) => {
            notes.warn("it keeps nothing on disk: what is in memory is lost".to_owned());
        }
        Some(Store::Database { .. } | Store::Pool { .. }) => {
            notes.warn("every connection to it is cut".to_owned());
        }
        None => {}
    }
}

fn users(world: &World, service: Index, notes: &mut Notes) {
    let users: Vec<&str> = world
        .scenario
        .services
        .iter()
        .enumerate()
        .filter(|(other, _)| world.needs(*other).any(|needed| needed == service))
        .map(|(_, other)| other.name.as_str())
        .collect();
    if !users.is_empty() {
        notes.warn(format!("{} cannot do without it", users.join(", ")));
    }
}

fn more_connections(world: &World, service: Index, more: u32, notes: &mut Notes) {
    for call in &world.scenario.services[service].calls {
        let to = world.callee(call.to);
        let store = world.scenario.services[to].store.as_ref();
        let Some(max_connections) = store.and_then(Store::connections) else {
            continue;
        };
        let used = world.services[to].figures.connections;
        let wanted = used + call.connections * more as f32;
        if wanted > max_connections as f32 * 0.8 {
            let name = &world.scenario.services[to].name;
            notes.warn(format!(
                "{name} has {used:.0} of {max_connections} connections in use; this takes {:.0} more",
                call.connections * more as f32
            ));
        }
    }
}
