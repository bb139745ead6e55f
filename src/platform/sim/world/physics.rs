//! Once a second: who asks whom, what that costs, and what runs short.

use super::{SECOND, SimService, Tick, World};
use crate::platform::sim::scenario::{Index, ServiceSpec, Store};

/// What a service does and suffers now.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    /// Requests a second.
    pub(crate) rate: f32,
    /// The share of requests that fail, 0 to 1.
    pub(crate) fails: f32,
    /// The 95th percentile, in milliseconds.
    pub(crate) p95_ms: f32,
    /// What makes most requests fail: a service that this one calls; `None` is itself.
    pub(crate) cause: Option<Index>,
    /// The share of its own calls that fail.
    pub(crate) called_fail: f32,
    /// The share of callers that it turns away, 0 to 1.
    pub(crate) refuses: f32,
    /// Of a database: connections in use.
    pub(crate) connections: f32,
    /// Whether nobody can reach it.
    pub(crate) down: bool,
}

/// How long a caller waits for a connection that it does not get, in milliseconds.
const WAIT_MS: f32 = 1_500.0;
/// What a cache holds when it works as meant, as a share of its memory.
const CACHE_FULL_AT_START: f64 = 0.38;
/// What a database keeps for its administrators.
const RESERVED: f32 = 3.0;

impl World {
    /// Reads and moves every figure by one second.
    pub(super) fn physics(&mut self) {
        self.fill_stores();
        self.fill_disk();
        let rates = self.rates();
        for n in 0..self.scenario.order.len() {
            let service = self.scenario.order[n];
            self.answer(service, rates[service]);
        }
        for service in 0..self.services.len() {
            self.consume(service);
            self.give_up(service);
            self.remember(service);
        }
    }

    /// A process of the service has ended: what it held is let go.
    pub(super) fn ended(&mut self, service: Index) {
        match self.scenario.services[service].store {
            Some(Store::Database { .. } | Store::Pool { .. }) => {
                for caller in &mut self.services {
                    for replica in &mut caller.replicas {
                        replica.leaked_connections = 0.0;
                    }
                }
            }
            Some(Store::Cache { .. }) => self.empty_store(service),
            None => {}
        }
    }

    /// A cache begins with what is needed alone.
    pub(super) fn empty_store(&mut self, service: Index) {
        if let Some(Store::Cache { max_memory }) = self.scenario.services[service].store {
            self.services[service].cached = max_memory as f64 * CACHE_FULL_AT_START;
        }
    }

    fn fill_stores(&mut self) {
        for store in 0..self.services.len() {
            match self.scenario.services[store].store {
                Some(
                    Store::Database {
                        max_connections: most,
                    }
                    | Store::Pool { size: most },
                ) => {
                    let (wanted, max) = (self.connections_wanted(store), most as f32);
                    let usable = match self.scenario.services[store].store {
                        Some(Store::Database { .. }) => max - RESERVED,
                        _ => max,
                    };
                    let figures = &mut self.services[store].figures;
                    figures.connections = wanted.min(max);
                    figures.refuses = if wanted > usable {
                        1.0 - usable / wanted
                    } else {
                        0.0
                    };
                    self.leak_connections(store);
                }
                Some(Store::Cache { max_memory }) => {
                    let max = max_memory as f64;
                    let kept = self.kept(store) + self.cache_fault(store);
                    let service = &mut self.services[store];
                    service.cached = (service.cached + kept).min(max);
                    service.figures.refuses = if service.cached >= max { 1.0 } else { 0.0 };
                }
                None => {}
            }
        }
    }

    fn connections_wanted(&self, store: Index) -> f32 {
        let mut wanted = self.connection_fault(store) + 2.0;
        for (caller, spec) in self.services.iter().zip(&self.scenario.services) {
            for call in spec.calls.iter().filter(|call| call.to.is(store)) {
                let running = caller.replicas.iter().filter(|r| r.running());
                wanted += running
                    .map(|r| call.connections + r.leaked_connections)
                    .sum::<f32>();
            }
        }
        wanted
    }

    fn leak_connections(&mut self, store: Index) {
        let serving = self.services[store]
            .replicas
            .iter()
            .any(super::Replica::running);
        let tick = self.tick;
        for (caller, spec) in self.services.iter_mut().zip(&self.scenario.services) {
            if !spec.calls.iter().any(|call| call.to.is(store)) {
                continue;
            }
            for replica in &mut caller.replicas {
                let flaw = &spec.revisions[replica.revision].flaw;
                if serving && replica.serves(tick, spec) {
                    replica.leaked_connections = (replica.leaked_connections
                        + flaw.leaks_connections_per_s)
                        .min(flaw.leaks_connections_up_to);
                }
            }
        }
    }

    /// What callers leave in a cache in a second.
    fn kept(&self, store: Index) -> f64 {
        let mut kept = 0.0;
        for (caller, spec) in self.services.iter().zip(&self.scenario.services) {
            if spec.calls.iter().any(|call| call.to.is(store)) {
                let running = caller.replicas.iter().filter(|r| r.running());
                kept += running
                    .map(|r| spec.revisions[r.revision].flaw.keeps_bytes_per_s)
                    .sum::<f64>();
            }
        }
        kept
    }

    /// Requests a second that reach each service.
    fn rates(&self) -> Vec<f32> {
        let wave = 1.0 + 0.06 * swell(self.tick, 295) + 0.05 * swell(self.tick, 1213);
        let mut rates: Vec<f32> = vec![0.0; self.services.len()];
        // Callers stand after what they call.
        for &service in self.scenario.order.iter().rev() {
            let spec = &self.scenario.services[service];
            if spec.load.rate > 0.0 {
                rates[service] += spec.load.rate * wave * self.chance_of(service).around(0.03);
            }
            if self.serving(service) > 0 {
                for call in &spec.calls {
                    rates[self.callee(call.to)] += rates[service] * call.per;
                }
            }
        }
        rates
    }

    pub(crate) fn serving(&self, service: Index) -> usize {
        let spec = &self.scenario.services[service];
        let replicas = self.services[service].replicas.iter();
        replicas.filter(|r| r.serves(self.tick, spec)).count()
    }

    /// How well a service answers; what it calls has been worked out before.
    fn answer(&mut self, service: Index, rate: f32) {
        let spec = &self.scenario.services[service];
        let serving = self.serving(service);
        let mut figures = self.services[service].figures;
        figures.rate = rate;
        figures.cause = None;
        if serving == 0 {
            figures.down = true;
            figures.fails = if rate > 0.0 { 1.0 } else { 0.0 };
            figures.p95_ms = 0.0;
            figures.called_fail = 0.0;
            self.services[service].figures = figures;
            return;
        }
        figures.down = false;
        let (mut own, mut extra_ms) = self.fault_of(service);
        let mut released = (0.0, 0.0);
        for replica in &self.services[service].replicas {
            if replica.serves(self.tick, spec) {
                let flaw = &spec.revisions[replica.revision].flaw;
                released.0 += flaw.error_percent / 100.0;
                released.1 += flaw.extra_ms;
            }
        }
        own += released.0 / serving as f32;
        extra_ms += released.1 / serving as f32;
        let busy = rate / (serving as f32 * spec.load.capacity);
        own = 1.0 - (1.0 - own.min(1.0)) * (1.0 / busy.max(1.0));
        let mut well = 1.0 - own;
        let mut worst = own;
        let queue = 1.0 / (1.0 - busy.min(0.9));
        let mut p95 =
            (spec.load.p95_ms + extra_ms) * queue * self.chance_of(service).at(1).around(0.06);
        figures.called_fail = 0.0;
        for call in &spec.calls {
            let to = self.callee(call.to);
            let called = &self.services[to].figures;
            let fails = if called.down {
                1.0
            } else {
                1.0 - (1.0 - called.fails) * (1.0 - called.refuses)
            };
            let hurt = (fails * call.hurts * call.per.min(1.0)).min(1.0);
            well *= 1.0 - hurt;
            figures.called_fail = figures.called_fail.max(fails * call.hurts);
            if hurt > worst {
                worst = hurt;
                figures.cause = Some(to);
            }
            p95 += call.hurts
                * call.per.clamp(0.2, 3.0)
                * if called.down {
                    WAIT_MS / 3.0
                } else {
                    called.p95_ms + WAIT_MS * called.refuses.min(0.6)
                };
        }
        figures.fails = (1.0 - well).clamp(0.0, 1.0);
        figures.p95_ms = p95;
        self.services[service].figures = figures;
    }

    /// Processor time and memory of each replica; the kernel kills what is over its limit.
    fn consume(&mut self, service: Index) {
        let tick = self.tick;
        let chance = self.chance_of(service);
        let spec = Costs::of(&self.scenario.services[service]);
        let serving = self.serving(service).max(1) as f32;
        let leak_fault = self.memory_fault(service);
        let rate = self.services[service].figures.rate;
        let cached = self.services[service].cached;
        let mut killed = Vec::new();
        for at in 0..self.services[service].replicas.len() {
            let revision = self.services[service].replicas[at].revision;
            let flaw = &self.scenario.services[service].revisions[revision].flaw;
            let (leak, cpu_ms) = (flaw.leaks_memory_per_s, spec.cpu_ms + flaw.extra_cpu_ms);
            // What does not serve gets nothing to do.
            let serves =
                self.services[service].replicas[at].serves(tick, &self.scenario.services[service]);
            let replica = &mut self.services[service].replicas[at];
            if !replica.running() {
                replica.cpu = 0.0;
                replica.memory = 0.0;
                continue;
            }
            let draw = chance.at(at as u64 + 10);
            let share = if serves { rate / serving } else { 0.0 };
            let cpu = (0.3 + share * cpu_ms / 10.0) * draw.at(0).around(0.12);
            replica.cpu = spec.cpu_limit.map_or(cpu, |limit| cpu.min(limit * 100.0));
            replica.leaked_memory += leak + leak_fault;
            let warm = (replica.up(tick) as f64 / (20 * SECOND) as f64).min(1.0);
            let busy = f64::from((share / spec.capacity).min(1.5));
            let used = spec.memory * (0.6 + 0.4 * warm) * (1.0 + 0.2 * busy);
            replica.memory =
                used * f64::from(draw.at(1).around(0.01)) + replica.leaked_memory + cached;
            if spec
                .memory_limit
                .is_some_and(|limit| replica.memory > limit)
            {
                killed.push(at);
            }
        }
        for at in killed {
            self.die(service, at, 137, true);
        }
    }

    /// Ends the processes that cannot do without what does not answer.
    fn give_up(&mut self, service: Index) {
        let lost = self.scenario.services[service]
            .calls
            .iter()
            .find_map(|call| {
                let called = &self.services[self.callee(call.to)].figures;
                let exits = call.exits?;
                (called.down || called.refuses > 0.5).then_some(exits)
            });
        let Some((code, after)) = lost else { return };
        for at in 0..self.services[service].replicas.len() {
            let replica = &self.services[service].replicas[at];
            if replica.running() && replica.up(self.tick) >= super::ticks(after) {
                self.die(service, at, code, false);
            }
        }
    }

    /// What the screens show of the past.
    fn remember(&mut self, service: Index) {
        let tick = self.tick;
        let well = self.serving(service) > 0 && self.services[service].figures.fails < 0.01;
        let SimService {
            past,
            replicas,
            figures,
            trend,
            ..
        } = &mut self.services[service];
        for (revision, past) in past.iter_mut().enumerate() {
            if replicas
                .iter()
                .any(|r| r.running() && r.revision == revision)
            {
                past.first.get_or_insert(tick);
                past.last = Some(tick);
                past.healthy = if well { past.healthy + SECOND } else { 0 };
                if past.healthy >= super::KNOWN_GOOD {
                    past.known_good.get_or_insert(tick);
                }
            }
        }
        if tick % (5 * SECOND) == 0 {
            if trend.len() == 60 {
                trend.pop_front();
            }
            trend.push_back((figures.fails * 1_000.0).round() / 10.0);
        }
    }
}

/// What a replica costs, out of the scenario.
struct Costs {
    cpu_ms: f32,
    cpu_limit: Option<f32>,
    capacity: f32,
    memory: f64,
    memory_limit: Option<f64>,
}

impl Costs {
    fn of(spec: &ServiceSpec) -> Self {
        Self {
            cpu_ms: spec.load.cpu_ms,
            cpu_limit: spec.cpu_limit,
            capacity: spec.load.capacity,
            memory: spec.load.memory as f64,
            memory_limit: spec.memory_limit.map(|limit| limit as f64),
        }
    }
}

/// A wave between -1 and 1 with that period in seconds: a parabola each half, as good as a sine here, and the one thing
/// for which the console would have loaded the C library's mathematics (450 KiB).
fn swell(tick: Tick, period: i64) -> f32 {
    let ticks = period * SECOND;
    let x = 1.0 - 2.0 * (tick % ticks) as f32 / ticks as f32;
    4.0 * x * (1.0 - x.abs())
}
