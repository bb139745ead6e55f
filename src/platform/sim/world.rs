//! The little world: services, their replicas, what they do to each other, and what goes wrong.
//!
//! Pure and synchronous: [`World::step`] moves it by one [`TICK`], and nothing else moves it. The same scenario, seed,
//! moment and changes give the same world, whoever drives it and at whatever pace.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};

use super::{
    chance::Chance,
    scenario::{Index, Scenario},
};
use crate::{
    domain::{
        details::Happening,
        health::Health,
        service::{Service, ServiceId},
        snapshot::Snapshot,
    },
    text::SafeText,
};

mod change;
mod controllers;
mod jobs;
mod judge;
mod logs;
mod nodes;
mod physics;
mod release;
mod replica;
mod story;
mod view;

pub(crate) use change::{Change, Denied};
pub(crate) use controllers::Settling;
pub(crate) use logs::{Entry, Ring, What};
pub(crate) use physics::Figures;
pub(crate) use replica::Replica;

/// What one step moves the world by.
pub const TICK: Duration = Duration::from_millis(100);

/// Ticks since the story began; negative before it.
pub(crate) type Tick = i64;

/// How long the world has run before its story begins, so that logs and trends are not empty.
const BEFORE: Tick = 300;

/// Happenings kept of each service.
const HAPPENINGS: usize = 100;

/// Ticks between two readings of figures.
pub(crate) const SECOND: Tick = 10;

/// How many ticks a time takes, at least one.
pub(crate) fn ticks(time: Duration) -> Tick {
    Tick::try_from(time.as_millis().div_ceil(TICK.as_millis()))
        .unwrap_or(Tick::MAX)
        .max(1)
}

/// The world.
#[derive(Debug)]
pub struct World {
    pub(crate) scenario: Arc<Scenario>,
    chance: Chance,
    pub(crate) tick: Tick,
    /// When the story begins.
    origin: Timestamp,
    pub(crate) services: Vec<SimService>,
    beats: Vec<bool>,
    active: Vec<story::Active>,
    releases: Vec<release::Release>,
    rollouts: Vec<release::SimRollout>,
    /// Whom each route selects.
    routes: Vec<Index>,
    /// The nodes that take no new pods.
    cordoned: Vec<bool>,
    pub(crate) disk_used: f64,
    /// Replicas made so far.
    serial: u32,
    origins: Vec<logs::Origin>,
    log_factor: f32,
    flood: u32,
    news: Vec<Happening>,
    changed: bool,
    snapshot: Arc<Snapshot>,
}

/// A service as it is now.
#[derive(Debug)]
pub(crate) struct SimService {
    pub(crate) id: ServiceId,
    pub(crate) replicas: Vec<Replica>,
    /// What it is meant to run: the last revision that got everywhere.
    pub(crate) revision: usize,
    /// When that began.
    pub(crate) since: Tick,
    /// What new replicas are made from, and how many there are to be: what a cluster's controllers work towards.
    pub(crate) template: usize,
    pub(crate) desired: u32,
    /// When an autoscaler last could not do with fewer, and since when it may not take more.
    busy: Tick,
    capped: Option<Tick>,
    pub(crate) past: Vec<Past>,
    pub(crate) figures: Figures,
    /// Bytes in a cache.
    pub(crate) cached: f64,
    pub(crate) judged: judge::Judged,
    pub(crate) trend: VecDeque<f32>,
    pub(crate) ring: Ring,
    pub(crate) backup: Option<Backup>,
    past_news: VecDeque<Happening>,
    log_debt: f32,
    row: Option<Arc<Service>>,
}

/// What is known of a revision's life here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Past {
    pub(crate) first: Option<Tick>,
    pub(crate) last: Option<Tick>,
    pub(crate) healthy: Tick,
    pub(crate) known_good: Option<Tick>,
}

/// The newest backup of a service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backup {
    pub(crate) at: Tick,
    pub(crate) bytes: u64,
    pub(crate) took: Duration,
}

/// A revision that was healthy for so long is known good.
pub(crate) const KNOWN_GOOD: Tick = 10 * 60 * SECOND;

impl World {
    /// A world whose story begins at `origin`. It stands a little before that moment.
    pub fn new(scenario: Arc<Scenario>, seed: u64, origin: Timestamp) -> Self {
        let project = SafeText::name(&scenario.project);
        let services = scenario
            .services
            .iter()
            .map(|spec| SimService::new(&project, spec))
            .collect();
        let mut world = Self {
            chance: Chance::new(seed),
            tick: -BEFORE,
            origin,
            services,
            beats: vec![false; scenario.story.len()],
            active: Vec::new(),
            releases: Vec::new(),
            rollouts: Vec::new(),
            routes: scenario.routes.iter().map(|r| r.selects).collect(),
            cordoned: vec![false; scenario.nodes.len()],
            disk_used: scenario.host.disk_used as f64,
            serial: 0,
            origins: Vec::new(),
            log_factor: 1.0,
            flood: 0,
            news: Vec::new(),
            changed: true,
            snapshot: Arc::default(),
            scenario,
        };
        world.populate();
        world.physics();
        world.look();
        world
    }

    /// Moves everything by one tick.
    pub fn step(&mut self) {
        self.tick += 1;
        self.tell_story();
        self.carry_releases();
        self.control();
        self.live();
        if self.tick % SECOND == 0 {
            self.physics();
            self.judge_all();
            self.changed = true;
        }
        self.write_logs();
        self.follow_rollouts();
        if std::mem::take(&mut self.changed) {
            self.look();
        }
    }

    /// Steps until the story is `time` old.
    pub fn run_to(&mut self, time: Duration) {
        let end = Tick::try_from(time.as_millis() / TICK.as_millis()).unwrap_or(Tick::MAX);
        while self.tick < end {
            self.step();
        }
    }

    /// The moment that it is in the world.
    pub fn now(&self) -> Timestamp {
        self.when(self.tick)
    }

    pub(crate) fn when(&self, tick: Tick) -> Timestamp {
        self.origin
            .saturating_add(SignedDuration::from_millis(tick.saturating_mul(100)))
            .expect("a signed duration always saturates")
    }

    /// Everything, as it was after the last step.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot)
    }

    /// What happened since this was last asked.
    pub fn take_news(&mut self) -> Vec<Happening> {
        std::mem::take(&mut self.news)
    }

    /// The service of that identity.
    pub(crate) fn find(&self, id: &ServiceId) -> Option<Index> {
        self.services.iter().position(|s| &s.id == id)
    }

    /// Replicas made so far.
    pub(crate) const fn serial(&self) -> u32 {
        self.serial
    }

    /// A verified backup of a service is there.
    pub(crate) fn backed_up(&mut self, service: Index, backup: Backup) {
        self.services[service].backup = Some(backup);
        let name = &self.scenario.services[service].name;
        let text = format!("{name} was backed up, verified");
        self.tell(service, Health::Well, text);
    }

    /// The revision whose image that is.
    pub(crate) fn revision_by_image(&self, service: Index, image: &str) -> Option<usize> {
        (0..self.scenario.services[service].revisions.len())
            .find(|&n| *self.image(service, n) == *image)
    }

    /// Something that shows has changed.
    pub(crate) const fn touch(&mut self) {
        self.changed = true;
    }

    /// What happened to a service lately, newest first.
    pub(crate) fn happenings(&self, service: Index) -> Vec<Happening> {
        self.services[service]
            .past_news
            .iter()
            .rev()
            .cloned()
            .collect()
    }

    fn tell(&mut self, service: Index, health: Health, text: impl AsRef<str>) {
        let news = Happening {
            at: self.now(),
            service: Some(self.services[service].id.clone()),
            text: SafeText::line(text.as_ref()),
            health,
        };
        let past = &mut self.services[service].past_news;
        if past.len() == HAPPENINGS {
            past.pop_front();
        }
        past.push_back(news.clone());
        self.news.push(news);
        self.changed = true;
    }

    /// A chance that is this service's alone, at this tick.
    fn chance_of(&self, service: Index) -> Chance {
        self.chance.at(service as u64).at(self.tick as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::service::ServiceKind, platform::sim::scenarios};

    fn world(name: &str, seed: u64) -> World {
        let info = scenarios().iter().find(|s| s.name == name);
        let scenario = Arc::new(info.expect("built in").load());
        World::new(
            scenario,
            seed,
            "2026-11-21T14:00:00Z".parse().expect("a time"),
        )
    }

    fn lines(world: &World) -> Vec<String> {
        let mut lines = Vec::new();
        for (service, now) in world.services.iter().enumerate() {
            for entry in now.ring.all() {
                lines.extend(
                    world
                        .render(service, entry)
                        .into_iter()
                        .map(|l| format!("{} {}", l.at, String::from_utf8_lossy(&l.bytes))),
                );
            }
        }
        lines
    }

    #[test]
    fn the_same_seed_and_moment_are_the_same_world_however_it_got_there() {
        for info in scenarios() {
            let mut steady = world(info.name, 7);
            steady.run_to(Duration::from_secs(90));
            let mut jumpy = world(info.name, 7);
            for to in [3, 4, 31, 32, 90] {
                jumpy.run_to(Duration::from_secs(to));
            }
            let json = |w: &World| serde_json::to_string(&*w.snapshot()).expect("plain data");
            assert_eq!(json(&steady), json(&jumpy));
            assert_eq!(lines(&steady), lines(&jumpy));
            let mut other = world(info.name, 8);
            other.run_to(Duration::from_secs(90));
            assert_ne!(lines(&steady), lines(&other));
        }
    }

    #[test]
    fn before_its_story_everything_is_well_and_writes() {
        for info in scenarios() {
            let mut world = world(info.name, 1);
            world.run_to(Duration::from_secs(5));
            let snapshot = world.snapshot();
            for service in &snapshot.services {
                // A colour that waits for its turn is scaled to 0.
                let waits = service.wanted() == 0 && service.kind == ServiceKind::Deployment;
                assert_eq!(
                    service.health,
                    if waits { Health::Off } else { Health::Well },
                    "{}: {}",
                    service.id,
                    service.why
                );
                assert_eq!(service.ready(), service.wanted(), "{}", service.id);
            }
            assert!(lines(&world).len() > 200, "{}", lines(&world).len());
        }
    }

    #[test]
    fn rows_that_did_not_change_are_shared() {
        let mut world = world("three-tier-template", 1);
        world.run_to(Duration::from_secs(3));
        let before = world.snapshot();
        world.changed = true;
        world.step();
        let after = world.snapshot();
        assert!(!Arc::ptr_eq(&before, &after));
        assert!(Arc::ptr_eq(&before.services[0], &after.services[0]));
    }
}
