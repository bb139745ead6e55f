//! What a cluster does by itself: keeps as many pods as are wanted, rolls a new template out, and scales by load.

use super::{SECOND, Tick, World, release::Release, replica::Then};
use crate::{
    domain::{
        health::Health,
        instance::{InstanceId, Phase},
        service::ServiceKind,
    },
    platform::sim::scenario::{Callee, Index},
    text::SafeText,
};

/// Ticks between two looks of an autoscaler.
const LOOKS: Tick = 15 * SECOND;
/// An autoscaler takes replicas away only when fewer would have done for so long.
const CALM: Tick = 300 * SECOND;
/// It leaves alone what is as near as this to what it aims at.
const TOLERANCE: f32 = 0.1;
/// A Deployment brings so many of its pods at once: a quarter.
const SURGE: u32 = 4;
/// Letters and digits of a pod's name: none that could make a word.
const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";

/// What a change of a workload has come to.
pub(crate) enum Settling {
    /// Every pod is as wanted, and serves.
    Done,
    /// Where it is, in words.
    Under(String),
    /// What a pod of the new template suffers from.
    Broken(SafeText),
}

impl World {
    /// Whom a call reaches.
    pub(crate) fn callee(&self, to: Callee) -> Index {
        to.route.map_or(to.service, |route| self.routes[route])
    }

    /// Whom a route selects now.
    pub(crate) fn selected(&self, route: usize) -> Index {
        self.routes[route]
    }

    /// Whom a service says that it needs.
    pub(crate) fn needs(&self, service: Index) -> impl Iterator<Item = Index> {
        let needs = self.scenario.services[service].needs.iter();
        needs.map(|&to| self.callee(to))
    }

    /// The route that could send to a service, and whom it selects instead.
    pub(crate) fn elsewhere(&self, service: Index) -> Option<(usize, Index)> {
        let routes = self.scenario.routes.iter().zip(&self.routes).enumerate();
        let mut could =
            routes.filter(|(_, (route, to))| **to != service && route.among.contains(&service));
        could.next().map(|(route, (_, to))| (route, *to))
    }

    /// A route selects that service from now on.
    pub(crate) fn switch(&mut self, route: usize, to: Index, by: &str) {
        let route_name = &self.scenario.routes[route].name;
        let name = &self.scenario.services[to].name;
        let text = format!("{by} switched service {route_name} to {name}");
        self.routes[route] = to;
        self.tell(to, Health::Well, text);
    }

    /// The route that sends to a service now.
    pub(crate) fn routed(&self, service: Index) -> Option<&str> {
        let route = self.routes.iter().position(|&to| to == service)?;
        Some(&self.scenario.routes[route].name)
    }

    /// Moves what controllers do by a tick.
    pub(super) fn control(&mut self) {
        if !self.scenario.cluster() {
            return;
        }
        for service in 0..self.services.len() {
            if self.tick % LOOKS == 0 {
                self.autoscale(service);
            }
            self.reconcile(service);
        }
    }

    /// So many replicas are wanted from now on.
    pub(crate) fn scale(&mut self, service: Index, replicas: u32) {
        self.services[service].desired = replicas;
        self.changed = true;
    }

    /// Pods come from that revision from now on; with `anew` also in place of those that are of it already.
    pub(crate) fn template(&mut self, service: Index, revision: usize, by: &str, anew: bool) {
        self.services[service].template = revision;
        self.releases.retain(|release| release.service != service);
        let lanes = if self.scenario.services[service].stops_first() {
            1
        } else {
            self.services[service].desired.div_ceil(SURGE).max(1)
        };
        let made = anew.then_some(self.serial);
        for _ in 0..lanes {
            self.releases
                .push(Release::new(service, revision, by.to_owned(), made));
        }
        self.changed = true;
    }

    /// Makes what lacks, and stops what is too many, the highest number first.
    fn reconcile(&mut self, service: Index) {
        let workload = &self.scenario.services[service].workload;
        if workload.comes_and_goes() {
            return self.place_pending(service);
        }
        // A StatefulSet makes no pod anew before the old one, whose name it takes, is gone.
        let waits = workload.kind == ServiceKind::StatefulSet;
        let desired = self.services[service].desired as usize;
        let rolling = self.releases.iter().any(|r| r.service == service);
        let replicas = &self.services[service].replicas;
        // While a rollout goes on, what stops is replaced by it.
        let counts = |phase| rolling || waits || phase != Phase::Stopping;
        let mut numbers: Vec<u32> = replicas
            .iter()
            .filter(|r| counts(r.phase))
            .map(|r| r.number)
            .collect();
        numbers.dedup();
        while numbers.len() > desired {
            let number = numbers.pop();
            for at in 0..self.services[service].replicas.len() {
                let replica = &self.services[service].replicas[at];
                if Some(replica.number) == number && replica.phase != Phase::Stopping {
                    self.stop(service, at, Then::Remove);
                }
            }
        }
        while numbers.len() < desired {
            let replicas = &self.services[service].replicas;
            let free = (1..u32::MAX).find(|n| !replicas.iter().any(|r| r.number == *n));
            let number = free.unwrap_or(1);
            let revision = self.services[service].template;
            if revision != self.services[service].revision {
                self.announce(service, revision, "");
            }
            self.launch(service, number, revision);
            numbers.push(number);
        }
        self.place_pending(service);
    }

    /// How much more than it aims at a workload uses: 1 is just as much. With it what that is, in words.
    pub(crate) fn pressure(&self, service: Index) -> Option<(f32, String)> {
        let workload = &self.scenario.services[service].workload;
        let auto = workload.autoscaler?;
        let running: Vec<_> = self.services[service]
            .replicas
            .iter()
            .filter(|r| r.running())
            .collect();
        let many = running.len() as f32;
        if running.is_empty() {
            return None;
        }
        let cpu = running.iter().map(|r| r.cpu).sum::<f32>() / many / workload.cpu_request?;
        let memory = running.iter().map(|r| r.memory).sum::<f64>() * 100.0
            / f64::from(many)
            / workload.memory_request? as f64;
        let (of_cpu, of_memory) = (cpu / auto.cpu_percent, memory as f32 / auto.memory_percent);
        Some(if of_cpu >= of_memory {
            (
                of_cpu,
                format!("CPU {cpu:.0} % of {:.0} %", auto.cpu_percent),
            )
        } else {
            let aim = auto.memory_percent;
            (of_memory, format!("memory {memory:.0} % of {aim:.0} %"))
        })
    }

    /// Whether an autoscaler would have more replicas, and may not.
    pub(crate) fn at_maximum(&self, service: Index) -> Option<(u32, String)> {
        let auto = self.scenario.services[service].workload.autoscaler?;
        let (pressure, words) = self.pressure(service)?;
        (self.services[service].desired >= auto.max && pressure > 1.0).then_some((auto.max, words))
    }

    fn autoscale(&mut self, service: Index) {
        let now = self.services[service].desired;
        let Some(auto) = self.scenario.services[service].workload.autoscaler else {
            return;
        };
        let Some((pressure, words)) = self.pressure(service).filter(|_| now > 0) else {
            return;
        };
        let capped = now >= auto.max && pressure > 1.0;
        let since = self.services[service].capped.unwrap_or(self.tick);
        self.services[service].capped = capped.then_some(since);
        let aims = if (pressure - 1.0).abs() <= TOLERANCE {
            now
        } else {
            (now as f32 * pressure).ceil() as u32
        };
        let tick = self.tick;
        if aims >= now {
            self.services[service].busy = tick;
        }
        let to = if aims > now {
            // At most twice as many in one go, or four more.
            aims.min((now * 2).max(now + 4)).min(auto.max)
        } else if aims < now && tick - self.services[service].busy >= CALM {
            aims.max(auto.min)
        } else {
            return;
        };
        if to != now {
            let name = &self.scenario.services[service].name;
            let text = format!("HPA scaled {name} from {now} to {to}: {words}");
            self.tell(service, Health::Well, text);
            self.scale(service, to);
        }
    }

    /// Where a workload is on its way to what is wanted.
    pub(crate) fn settling(&self, service: Index) -> Settling {
        let now = &self.services[service];
        let template = now.template;
        let of_it = || now.replicas.iter().filter(|r| r.revision == template);
        let ready = of_it().filter(|r| r.ready()).count();
        let moving = self.releases.iter().any(|r| r.service == service)
            || now.replicas.len() != now.desired as usize
            || now.replicas.iter().any(|r| r.phase == Phase::Stopping);
        if !moving && ready == now.desired as usize {
            return Settling::Done;
        }
        let broken = of_it().find_map(|r| super::judge::broken(r, self.tick));
        // What served well before is not to blame for what it suffers from: that may pass.
        match broken.filter(|_| now.past[template].known_good.is_none()) {
            Some(why) => Settling::Broken(why),
            None => Settling::Under(format!("{ready} of {} new ones serve", now.desired)),
        }
    }

    /// The name that a cluster gives a pod.
    pub(super) fn pod_name(&self, service: Index, number: u32, revision: usize) -> String {
        let spec = &self.scenario.services[service];
        if spec.workload.kind == ServiceKind::StatefulSet {
            return format!("{}-{}", spec.name, number - 1);
        }
        let draw = self.chance.at(u64::MAX).at(u64::from(self.serial)).at(5);
        let suffix = letters(draw, 5);
        match spec.workload.kind {
            ServiceKind::DaemonSet => return format!("{}-{suffix}", spec.name),
            ServiceKind::CronJob => return format!("{}-{suffix}", self.job_name(service, number)),
            _ => {}
        }
        let template = self
            .image(service, revision)
            .bytes()
            .fold(super::Chance::new(1), |draw, byte| draw.at(u64::from(byte)));
        format!("{}-{}-{suffix}", spec.name, letters(template, 9))
    }

    /// Starts what no node took before and one does now.
    fn place_pending(&mut self, service: Index) {
        for at in 0..self.services[service].replicas.len() {
            if self.services[service].replicas[at].pending
                && let Some(node) = self.place_for(service)
            {
                let replica = &mut self.services[service].replicas[at];
                replica.node = Some(node);
                replica.pending = false;
                self.start(service, at);
            }
        }
    }

    /// Where the scheduler puts a pod: the node with the fewest of its kind, then with the fewest at all. One that is
    /// cordoned takes only what a DaemonSet makes.
    pub(super) fn place_for(&self, service: Index) -> Option<Index> {
        let on = |service: Index, node: Index| {
            let replicas = self.services[service].replicas.iter();
            replicas.filter(|r| r.node == Some(node)).count()
        };
        let all = |node| (0..self.services.len()).map(|s| on(s, node)).sum::<usize>();
        let daemon = self.scenario.services[service].workload.kind == ServiceKind::DaemonSet;
        let mut open = self.cordoned.iter().enumerate();
        let open = open.by_ref().filter(|(_, cordoned)| daemon || !**cordoned);
        open.map(|(node, _)| node)
            .min_by_key(|&node| (on(service, node), all(node)))
    }

    /// The first replica of a service: what a change of the whole is written down under.
    pub(crate) fn first_of(&self, service: Index) -> InstanceId {
        let replicas = &self.services[service].replicas;
        replicas.first().map(|r| r.id.clone()).unwrap_or_default()
    }
}

fn letters(draw: super::Chance, many: u64) -> String {
    (0..many)
        .map(|n| char::from(ALPHABET[draw.at(n).below(ALPHABET.len() as u64) as usize]))
        .collect()
}
