//! Rollouts noticed: a service whose copies come from another image than before is being rolled out, whoever does it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use jiff::Timestamp;

use crate::{
    domain::{
        health::Health,
        image::version,
        instance::{Instance, InstanceId, Probe},
        rollout::{Mark, Rollout, RolloutState},
        service::{Service, ServiceId},
    },
    platform::docker::project::is_going,
    safe,
    text::SafeText,
};

/// How long an ended rollout stays, and how long a service that is gone is remembered. In seconds.
const KEPT: i64 = 3600;

/// How long a copy without a health check must have run before it counts as serving. In seconds.
const SETTLED: i64 = 3;

/// All that is known of rollouts.
#[derive(Debug, Default)]
pub(super) struct Rollouts {
    known: HashMap<ServiceId, Known>,
    /// Newest first.
    list: Vec<Tracked>,
}

/// What a service ran when nothing was going on.
#[derive(Debug)]
struct Known {
    image_id: SafeText,
    version: SafeText,
    copies: u32,
    seen: Timestamp,
}

#[derive(Debug)]
struct Tracked {
    row: Arc<Rollout>,
    from_image: SafeText,
    to_image: SafeText,
}

impl Rollouts {
    /// Compares what is there with what was. `replaced` tells of a copy whether Compose made it in place of another.
    pub(super) fn watch(
        &mut self,
        services: &[Arc<Service>],
        replaced: &dyn Fn(&InstanceId) -> bool,
        now: Timestamp,
    ) {
        let past = |moment: Timestamp| now.as_second() - moment.as_second() > KEPT;
        self.list
            .retain(|tracked| !tracked.row.ended.is_some_and(past));
        self.known.retain(|_, known| !past(known.seen));
        for service in services {
            self.service(service, replaced, now);
        }
        for tracked in &mut self.list {
            if tracked.row.state.open() && !services.iter().any(|s| s.id == tracked.row.service) {
                let row = Arc::make_mut(&mut tracked.row);
                row.state = RolloutState::Failed(SafeText::from_static("the service is gone"));
                row.ended = Some(now);
            }
        }
    }

    /// The rows, newest first.
    pub(super) fn rows(&self) -> Vec<Arc<Rollout>> {
        self.list
            .iter()
            .map(|tracked| Arc::clone(&tracked.row))
            .collect()
    }

    /// Whether something is going on, so that time alone can change a row.
    pub(super) fn open(&self) -> bool {
        self.list.iter().any(|tracked| tracked.row.state.open())
    }

    fn service(
        &mut self,
        service: &Service,
        replaced: &dyn Fn(&InstanceId) -> bool,
        now: Timestamp,
    ) {
        let Some(newest) = service
            .instances
            .iter()
            .max_by_key(|i| (i.created, i.number))
        else {
            return;
        };
        let mut open = self
            .list
            .iter()
            .position(|t| t.row.service == service.id && t.row.state.open());
        if let Some(at) = open {
            let tracked = &mut self.list[at];
            if newest.image_id != tracked.to_image && newest.image_id != tracked.from_image {
                let row = Arc::make_mut(&mut tracked.row);
                row.state = RolloutState::Superseded;
                row.ended = Some(now);
                open = None;
            }
        }
        let before = self.known.get(&service.id);
        if open.is_none() {
            let from = match before {
                Some(known) if known.image_id != newest.image_id => {
                    Some((known.image_id.clone(), known.version.clone(), known.copies))
                }
                Some(_) => None,
                // First seen in the middle of one.
                None => service
                    .instances
                    .iter()
                    .filter(|i| i.image_id != newest.image_id && !is_going(i))
                    .min_by_key(|i| i.created)
                    .map(|old| (old.image_id.clone(), version(&old.image), copies(service))),
            };
            if let Some((from_image, from, copies)) = from {
                self.list.insert(
                    0,
                    begin(service, newest, from_image, &from, copies.max(1), now),
                );
                open = Some(0);
            }
        }
        if let Some(at) = open {
            let tracked = &mut self.list[at];
            let row = progress(tracked, service, replaced, now);
            if *tracked.row != row {
                tracked.row = Arc::new(row);
            }
            if tracked.row.state.open() {
                if let Some(known) = self.known.get_mut(&service.id) {
                    known.seen = now;
                }
                return;
            }
        }
        let known = Known {
            image_id: newest.image_id.clone(),
            version: version(&newest.image),
            copies: service.instances.len() as u32,
            seen: now,
        };
        self.known.insert(service.id.clone(), known);
    }
}

/// How many copies there are to be, as far as what is there tells: two of one number are one that is being replaced.
fn copies(service: &Service) -> u32 {
    let numbers: HashSet<u32> = service
        .instances
        .iter()
        .filter(|i| !is_going(i))
        .map(|i| i.number)
        .collect();
    numbers.len() as u32
}

fn begin(
    service: &Service,
    newest: &Instance,
    from_image: SafeText,
    from: &SafeText,
    copies: u32,
    now: Timestamp,
) -> Tracked {
    let to_image = newest.image_id.clone();
    let (mut from, mut to) = (from.clone(), version(&newest.image));
    if from == to {
        // A tag that moved: only the ids tell the two apart.
        (from, to) = (version(&from_image), version(&to_image));
    }
    let first = service
        .instances
        .iter()
        .filter(|i| i.image_id == to_image)
        .filter_map(|i| i.created)
        .min();
    let row = Rollout {
        service: service.id.clone(),
        from,
        to,
        started: first.unwrap_or(now),
        began_before: false,
        ended: None,
        state: RolloutState::Progressing,
        new: Vec::new(),
        old: Vec::new(),
        wanted: copies,
        by: SafeText::EMPTY,
    };
    Tracked {
        row: Arc::new(row),
        from_image,
        to_image,
    }
}

fn progress(
    tracked: &Tracked,
    service: &Service,
    replaced: &dyn Fn(&InstanceId) -> bool,
    now: Timestamp,
) -> Rollout {
    let mut row = (*tracked.row).clone();
    let (new, old): (Vec<&Arc<Instance>>, Vec<&Arc<Instance>>) = service
        .instances
        .iter()
        .partition(|i| i.image_id == tracked.to_image);
    if new.iter().any(|i| replaced(&i.id)) {
        row.by = SafeText::from_static("compose");
    }
    row.new = new.iter().map(|i| mark(i, now)).collect();
    row.old = old
        .iter()
        .map(|i| {
            if is_going(i) {
                Mark::Draining
            } else {
                mark(i, now)
            }
        })
        .collect();
    let serving = row.new.iter().filter(|m| **m == Mark::Ready).count();
    let broken = new.iter().find(|i| i.health == Health::Critical);
    if new.is_empty() {
        row.state = RolloutState::Failed(safe!("put back to {}", row.from));
        row.ended = Some(now);
    } else if let Some(broken) = broken {
        row.state = RolloutState::Stuck(broken.why.clone());
    } else if old.is_empty() && serving == new.len() {
        row.wanted = serving as u32;
        row.state = RolloutState::Done;
        row.ended = Some(now);
    } else {
        row.state = RolloutState::Progressing;
    }
    let missing = (row.wanted as usize).saturating_sub(row.new.len());
    if row.state.open() {
        row.new.extend(std::iter::repeat_n(Mark::Waiting, missing));
    }
    row
}

fn mark(instance: &Instance, now: Timestamp) -> Mark {
    let settled = instance.probe == Probe::Healthy
        || instance
            .started
            .is_some_and(|at| now.as_second() - at.as_second() >= SETTLED);
    match instance.health {
        Health::Critical => Mark::Failed,
        _ if instance.ready() && settled => Mark::Ready,
        _ => Mark::Starting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::instance::Phase,
        platform::docker::{container::Container, project::services},
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn copy(id: &str, image: &str, number: u32, made: i64) -> Container {
        Container {
            id: Some(InstanceId(SafeText::name(id))),
            service: Some(ServiceId {
                group: SafeText::name("shop"),
                name: SafeText::name("api"),
            }),
            number,
            image: SafeText::name(format!("shop/api:{image}")),
            image_id: SafeText::name(format!("sha256:{image}")),
            phase: Phase::Running,
            created: Some(at(made)),
            started: Some(at(made)),
            ..Container::default()
        }
    }

    fn see(rollouts: &mut Rollouts, containers: &[Container], second: i64) -> Vec<Arc<Rollout>> {
        let rows = services(containers.iter(), &[], at(second));
        rollouts.watch(&rows, &|_| false, at(second));
        rollouts.rows()
    }

    #[test]
    fn a_change_of_image_is_followed_to_its_end() {
        let mut rollouts = Rollouts::default();
        let old = || [copy("a", "v1", 1, 0), copy("b", "v1", 2, 0)];
        assert!(see(&mut rollouts, &old(), 10).is_empty());
        let [a, b] = old();
        let rows = see(&mut rollouts, &[a, b, copy("c", "v2", 1, 20)], 21);
        assert_eq!(
            (&*rows[0].from, &*rows[0].to, rows[0].wanted),
            ("v1", "v2", 2)
        );
        assert_eq!(rows[0].new, [Mark::Starting, Mark::Waiting]);
        assert_eq!(rows[0].old, [Mark::Ready, Mark::Ready]);
        assert_eq!(rows[0].started, at(20));
        let new = || [copy("c", "v2", 1, 20), copy("d", "v2", 2, 22)];
        assert_eq!(
            see(&mut rollouts, &new(), 23)[0].state,
            RolloutState::Progressing
        );
        let rows = see(&mut rollouts, &new(), 30);
        assert_eq!(
            (&rows[0].state, rows[0].ended),
            (&RolloutState::Done, Some(at(30)))
        );
        assert_eq!(
            see(&mut rollouts, &new(), 40).len(),
            1,
            "nothing begins again"
        );
        assert!(see(&mut rollouts, &new(), 30 + KEPT + 1).is_empty());
    }

    #[test]
    fn one_of_three_on_another_image_is_one_of_three_for_who_comes_later() {
        let mixed = [
            copy("a", "v2", 1, 20),
            copy("b", "v1", 2, 0),
            copy("c", "v1", 3, 0),
        ];
        let rows = see(&mut Rollouts::default(), &mixed, 60);
        assert_eq!((rows[0].ready(), rows[0].wanted), (1, 3));
        assert_eq!(rows[0].state, RolloutState::Progressing);
    }

    #[test]
    fn a_new_copy_that_crashes_is_stuck_and_going_back_ends_it() {
        let mut rollouts = Rollouts::default();
        see(&mut rollouts, &[copy("a", "v1", 1, 0)], 10);
        let broken = Container {
            phase: Phase::Restarting,
            restarts: 5,
            exit_code: Some(1),
            ..copy("b", "v2", 1, 20)
        };
        let rows = see(&mut rollouts, &[broken], 30);
        assert_eq!(
            rows[0].state,
            RolloutState::Stuck(SafeText::from_static("crash loop, exit 1"))
        );
        assert_eq!(rows[0].new, [Mark::Failed]);
        let rows = see(&mut rollouts, &[copy("c", "v1", 1, 40)], 50);
        assert!(
            matches!(&rows[0].state, RolloutState::Failed(why) if why.contains("put back to v1"))
        );
    }

    #[test]
    fn a_third_image_supersedes_the_second() {
        let mut rollouts = Rollouts::default();
        see(&mut rollouts, &[copy("a", "v1", 1, 0)], 10);
        see(
            &mut rollouts,
            &[copy("a", "v1", 1, 0), copy("b", "v2", 1, 20)],
            21,
        );
        let rows = see(
            &mut rollouts,
            &[copy("a", "v1", 1, 0), copy("c", "v3", 1, 25)],
            26,
        );
        assert_eq!(rows.len(), 2);
        assert_eq!(
            (&*rows[0].to, &rows[1].state),
            ("v3", &RolloutState::Superseded)
        );
    }

    #[test]
    fn down_and_up_with_another_image_is_a_rollout_too() {
        let mut rollouts = Rollouts::default();
        see(&mut rollouts, &[copy("a", "v1", 1, 0)], 10);
        assert!(see(&mut rollouts, &[], 20).is_empty());
        assert_eq!(
            &*see(&mut rollouts, &[copy("b", "v2", 1, 30)], 31)[0].to,
            "v2"
        );
    }
}
