//! All containers that we know, and what each answer or event makes of them.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;

use crate::{
    domain::{
        instance::{Phase, Probe},
        service::ServiceId,
    },
    platform::docker::{
        container::{Container, Seen},
        stats,
        wire::{Event, Inspected, Listed, Stats},
    },
};

/// Events about containers that are not there yet, or no longer, are remembered for so many of them.
const STRANGERS: usize = 256;

/// The containers of a daemon, by id.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    containers: HashMap<String, Container>,
    /// What events told of containers before the list did.
    strangers: HashMap<String, Seen>,
    /// Only these Compose projects; empty means everything.
    projects: Vec<String>,
}

impl Fleet {
    /// Nothing yet.
    pub(super) fn new(projects: Vec<String>) -> Self {
        Self {
            projects,
            ..Self::default()
        }
    }

    /// Another daemon answers: none of them is there.
    pub(super) fn forget(&mut self) {
        self.containers.clear();
        self.strangers.clear();
    }

    /// All containers.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Container> {
        self.containers.values()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.containers.len()
    }

    /// The container of that id.
    pub(super) fn get(&self, id: &str) -> Option<&Container> {
        self.containers.get(id)
    }

    /// The container of that id, to add to what is known of it.
    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Container> {
        self.containers.get_mut(id)
    }

    /// The ids of those whose health check has not passed yet.
    pub(super) fn starting(&self) -> Vec<String> {
        let starting = |(_, c): &(&String, &Container)| c.probe == Probe::Starting;
        let ids = self.containers.iter().filter(starting);
        ids.map(|(id, _)| id.clone()).collect()
    }

    /// The ids of all.
    pub(super) fn ids(&self) -> Vec<String> {
        self.containers.keys().cloned().collect()
    }

    /// Takes the list of what there is now: what is not in it is gone. Of those that were `told` of since it was asked for
    /// it says nothing, for it may be older. Returns which are to be inspected, the ones new or changed, and whether any of
    /// it is what an event should have told before: one that is new, gone or changed.
    pub(super) fn list(
        &mut self,
        listed: Vec<Listed>,
        told: &HashSet<String>,
    ) -> (Vec<String>, bool) {
        let mut gone: HashMap<String, Container> = self
            .containers
            .extract_if(|id, _| !told.contains(id))
            .collect();
        let (mut inspect, mut missed) = (Vec::new(), false);
        for entry in listed {
            if told.contains(&entry.id) || !self.wanted(entry.labels.project.as_deref()) {
                continue;
            }
            let id = entry.id.clone();
            let mut container = gone.remove(&id).unwrap_or_else(|| {
                let stranger = self.strangers.remove(&id);
                missed |= stranger.is_none();
                Container {
                    seen: stranger.unwrap_or_default(),
                    ..Container::default()
                }
            });
            let before = (
                container.phase,
                kind(&container.probe),
                container.name.clone(),
            );
            container.list(entry);
            let now = (
                container.phase,
                kind(&container.probe),
                container.name.clone(),
            );
            if !container.inspected {
                inspect.push(id.clone());
            } else if before != now {
                missed = true;
                inspect.push(id.clone());
            }
            self.containers.insert(id, container);
        }
        (inspect, missed || !gone.is_empty())
    }

    /// Whether the image of a container is still on the host.
    pub(super) fn image_missing(&mut self, id: &str, missing: bool) {
        if let Some(container) = self.containers.get_mut(id) {
            container.image_missing = missing;
        }
    }

    /// Takes an inspect.
    pub(super) fn inspected(&mut self, inspected: &Inspected) {
        if !self.wanted(inspected.config.labels.project.as_deref()) {
            return;
        }
        let strangers = &mut self.strangers;
        let container = self
            .containers
            .entry(inspected.id.clone())
            .or_insert_with(|| Container {
                seen: strangers.remove(&inspected.id).unwrap_or_default(),
                ..Container::default()
            });
        container.inspect(inspected);
    }

    /// Takes an event; returns the id to inspect, if its state may have changed.
    pub(super) fn event(&mut self, event: &Event) -> Option<String> {
        let id = &event.actor.id;
        if event.is_end() {
            self.remove(id);
            return None;
        }
        if let Some(container) = self.containers.get_mut(id) {
            container.event(event);
            if event.action == "rename" {
                container.rename(&event.actor.attributes.name);
            }
        } else if self.strangers.len() < STRANGERS {
            let mut stranger = Container {
                seen: self.strangers.remove(id).unwrap_or_default(),
                ..Container::default()
            };
            stranger.event(event);
            self.strangers.insert(id.clone(), stranger.seen);
        }
        self.wanted(event.actor.attributes.labels.project.as_deref())
            .then(|| id.clone())
    }

    /// It is no more.
    pub(super) fn remove(&mut self, id: &str) {
        self.containers.remove(id);
        self.strangers.remove(id);
    }

    /// Takes figures of use.
    pub(super) fn sampled(&mut self, id: &str, answer: &Stats) {
        if let Some(container) = self
            .containers
            .get_mut(id)
            .filter(|c| c.phase == Phase::Running)
        {
            let (usage, sample) =
                stats::usage(answer, container.sample.as_ref(), container.memory_limit);
            container.usage = usage;
            container.sample = sample;
        }
    }

    /// The running container whose figures are the oldest against how fresh they are to be; `age` says how fresh by
    /// service, in milliseconds. Returns it with the moment it is due, in milliseconds on the caller's clock.
    pub(super) fn next_due(
        &self,
        taken: &HashMap<String, u64>,
        age: impl Fn(&ServiceId) -> u64,
    ) -> Option<(String, u64)> {
        self.containers
            .iter()
            .filter(|(_, c)| c.phase == Phase::Running && c.inspected && !c.oneoff)
            .map(|(id, c)| {
                let fresh = c.service.as_ref().map_or(u64::MAX, &age);
                let due = taken.get(id).map_or(0, |at| at.saturating_add(fresh));
                (id, due)
            })
            .min_by_key(|(_, due)| *due)
            .map(|(id, due)| (id.clone(), due))
    }

    /// Whether time alone can change what is said of some container: it is young, or in trouble.
    pub(super) fn ripening(&self, now: Timestamp) -> bool {
        const RIPE: i64 = 700;
        let recent =
            |at: Option<Timestamp>| at.is_some_and(|at| now.as_second() - at.as_second() < RIPE);
        self.containers.values().any(|c| match c.phase {
            Phase::Created => recent(c.created),
            Phase::Running => c.restarts > 0 && recent(c.started) || recent(c.seen.oom),
            _ => false,
        })
    }

    fn wanted(&self, project: Option<&str>) -> bool {
        self.projects.is_empty()
            || project.is_some_and(|project| self.projects.iter().any(|p| p == project))
    }
}

/// What a list can tell of a health check.
fn kind(probe: &Probe) -> u8 {
    match probe {
        Probe::None => 0,
        Probe::Starting => 1,
        Probe::Healthy => 2,
        Probe::Unhealthy { .. } => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(json: &str) -> Vec<Listed> {
        serde_json::from_str(json).unwrap()
    }

    const TWO: &str = r#"[{"Id":"a","Names":["/a"],"State":"running","Status":"Up"},
        {"Id":"b","Names":["/b"],"State":"running","Status":"Up","Labels":{"com.docker.compose.project":"shop"}}]"#;

    const ONE: &str = r#"[{"Id":"a","Names":["/a"],"State":"running","Status":"Up"}]"#;

    #[test]
    fn what_is_not_listed_any_more_is_gone_and_that_is_told() {
        let mut fleet = Fleet::default();
        assert_eq!(fleet.list(listed(TWO), &HashSet::new()).0.len(), 2);
        let (_, missed) = fleet.list(listed(ONE), &HashSet::new());
        assert!(missed);
        assert_eq!(fleet.iter().count(), 1);
    }

    #[test]
    fn one_that_is_new_was_missed_unless_an_event_told_of_it() {
        let mut fleet = Fleet::default();
        fleet.list(listed(ONE), &HashSet::new());
        assert!(!fleet.list(listed(ONE), &HashSet::new()).1);
        assert!(fleet.list(listed(TWO), &HashSet::new()).1);
        let made = r#"{"Type":"container","Action":"create","Actor":{"ID":"b","Attributes":{"name":"b"}},"time":1}"#;
        let mut told = Fleet::default();
        told.list(listed(ONE), &HashSet::new());
        told.event(&serde_json::from_str(made).unwrap());
        assert!(!told.list(listed(TWO), &HashSet::new()).1);
    }

    #[test]
    fn a_list_says_nothing_of_what_was_told_since_it_was_asked_for() {
        let mut fleet = Fleet::default();
        fleet.list(listed(TWO), &HashSet::new());
        fleet.remove("a");
        let told = HashSet::from(["a".to_owned(), "b".to_owned()]);
        fleet.list(listed(TWO), &told);
        assert!(fleet.get("a").is_none(), "it was removed meanwhile");
        fleet.list(Vec::new(), &told);
        assert!(fleet.get("b").is_some(), "it was made meanwhile");
    }

    #[test]
    fn only_the_projects_asked_for_are_there() {
        let mut fleet = Fleet::new(vec!["shop".into()]);
        fleet.list(listed(TWO), &HashSet::new());
        assert!(fleet.get("a").is_none() && fleet.get("b").is_some());
    }

    #[test]
    fn what_events_told_before_the_list_is_not_lost() {
        let mut fleet = Fleet::default();
        let event = r#"{"Type":"container","Action":"kill","Actor":{"ID":"a","Attributes":{"name":"a","signal":"15"}},"time":1}"#;
        assert_eq!(
            fleet
                .event(&serde_json::from_str(event).unwrap())
                .as_deref(),
            Some("a")
        );
        fleet.list(listed(TWO), &HashSet::new());
        assert!(fleet.get("a").unwrap().seen.asked_to_stop);
    }
}
