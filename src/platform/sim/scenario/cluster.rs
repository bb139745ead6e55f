//! What a cluster has and a single host has not: nodes, kinds of workloads, autoscalers, and Services that select.

use std::time::Duration;

use super::{
    Index,
    mistake::Collector,
    read::Names,
    reader::{At, Fields},
};
use crate::domain::service::ServiceKind;

/// A machine of the cluster.
#[derive(Clone, Debug)]
pub(crate) struct NodeSpec {
    pub(crate) name: String,
    pub(crate) zone: String,
    pub(crate) memory: u64,
}

/// A Service in front of several workloads: its selector says whose pods answer.
#[derive(Clone, Debug)]
pub(crate) struct RouteSpec {
    pub(crate) name: String,
    /// Whom it can select.
    pub(crate) among: Vec<Index>,
    /// Whom it selects at the beginning.
    pub(crate) selects: Index,
}

/// Who is called: a service, or whichever one a route selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Callee {
    /// The service; of a route the one that it selects at the beginning.
    pub(crate) service: Index,
    pub(crate) route: Option<usize>,
}

impl Callee {
    /// Whether it is that service, and no route stands before it.
    pub(crate) fn is(self, service: Index) -> bool {
        self.route.is_none() && self.service == service
    }
}

/// How a cluster runs a service. On a single host all of it is as by default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Workload {
    pub(crate) kind: ServiceKind,
    /// The project's where none is named.
    pub(crate) namespace: Option<String>,
    /// In cores.
    pub(crate) cpu_request: Option<f32>,
    pub(crate) memory_request: Option<u64>,
    pub(crate) autoscaler: Option<Autoscaler>,
    /// What its PodDisruptionBudget keeps.
    pub(crate) min_available: Option<u32>,
    /// Of a CronJob.
    pub(crate) schedule: String,
    /// For how long a Job of it runs.
    pub(crate) lasts: Duration,
    /// Who keeps it as Git has it: `Argo CD`.
    pub(crate) deployed_by: String,
}

impl Workload {
    /// Whether it has no pods but now and then.
    pub(crate) const fn comes_and_goes(&self) -> bool {
        matches!(self.kind, ServiceKind::CronJob | ServiceKind::Job)
    }
}

/// A HorizontalPodAutoscaler: what it aims at is in percent of the request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Autoscaler {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) cpu_percent: f32,
    pub(crate) memory_percent: f32,
}

pub(super) fn nodes(top: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Vec<NodeSpec> {
    let tables = top.tables("node", mistakes);
    let node = |mut table: Fields<'_, '_>| {
        let node = NodeSpec {
            name: table.needed_text("name", mistakes).value,
            zone: table.needed_text("zone", mistakes).value,
            memory: table.size("memory", mistakes).map_or(16 << 30, |s| s.value),
        };
        table.finish(mistakes);
        node
    };
    tables.into_iter().map(node).collect()
}

pub(super) fn routes(
    top: &mut Fields<'_, '_>,
    names: &Names,
    mistakes: &mut Collector<'_>,
) -> Vec<RouteSpec> {
    let tables = top.tables("route", mistakes);
    let route = |mut table: Fields<'_, '_>| {
        let name = table.needed_text("name", mistakes).value;
        let selects = table.needed_text("selects", mistakes);
        let among: Vec<Index> = table
            .words("among", mistakes)
            .iter()
            .filter_map(|one| names.find(one, mistakes))
            .collect();
        let place = table.place();
        table.finish(mistakes);
        let selects = names.find(&selects, mistakes)?;
        if !among.contains(&selects) {
            mistakes.add(&place, "`selects` is one of `among`");
        }
        Some(RouteSpec {
            name,
            among,
            selects,
        })
    };
    tables.into_iter().filter_map(route).collect()
}

const KINDS: [(&str, ServiceKind); 5] = [
    ("deployment", ServiceKind::Deployment),
    ("stateful-set", ServiceKind::StatefulSet),
    ("daemon-set", ServiceKind::DaemonSet),
    ("cron-job", ServiceKind::CronJob),
    ("job", ServiceKind::Job),
];

/// `[service.workload]`: only a cluster has it, and there it may be left out.
pub(super) fn workload(
    table: &mut Fields<'_, '_>,
    cluster: bool,
    mistakes: &mut Collector<'_>,
) -> Workload {
    let Some(mut table) = table.table("workload", mistakes) else {
        let kind = if cluster {
            ServiceKind::Deployment
        } else {
            ServiceKind::Compose
        };
        return Workload {
            kind,
            ..Workload::default()
        };
    };
    if !cluster {
        mistakes.add(
            &table.place(),
            "only a cluster has workloads: it needs a [[node]]",
        );
    }
    let mut text = |key, mistakes: &mut Collector<'_>| {
        let found: Option<At<String>> = table.text(key, mistakes);
        found.map(|text| text.value)
    };
    let namespace = text("namespace", mistakes);
    let schedule = text("schedule", mistakes).unwrap_or_default();
    let deployed_by = text("deployed_by", mistakes).unwrap_or_default();
    let workload = Workload {
        kind: table
            .choice("kind", &KINDS, mistakes)
            .unwrap_or(ServiceKind::Deployment),
        namespace,
        cpu_request: table
            .number("cpu_request", mistakes)
            .map(|n| n.value as f32),
        memory_request: table.size("memory_request", mistakes).map(|s| s.value),
        autoscaler: autoscaler(&mut table, mistakes),
        min_available: table
            .whole("min_available", 0..=500, mistakes)
            .map(|n| n.value),
        schedule,
        lasts: table
            .duration("lasts", mistakes)
            .map_or(Duration::from_secs(10), |lasts| lasts.value),
        deployed_by,
    };
    if workload.autoscaler.is_some()
        && (workload.cpu_request.is_none() || workload.memory_request.is_none())
    {
        let needs =
            "an autoscaler needs `cpu_request` and `memory_request`: it aims at a share of them";
        mistakes.add(&table.place(), needs);
    }
    table.finish(mistakes);
    workload
}

fn autoscaler(table: &mut Fields<'_, '_>, mistakes: &mut Collector<'_>) -> Option<Autoscaler> {
    let mut table = table.table("autoscaler", mistakes)?;
    let min = table.whole("min", 1..=500, mistakes);
    let max = table.whole("max", 1..=500, mistakes);
    let (min, max) = (
        table.need("min", min, mistakes),
        table.need("max", max, mistakes),
    );
    let cpu_percent = table.number_or("cpu", 70.0, mistakes) as f32;
    let memory_percent = table.number_or("memory", 80.0, mistakes) as f32;
    if cpu_percent <= 0.0 || memory_percent <= 0.0 {
        mistakes.add(&table.place(), "an autoscaler aims at more than 0 percent");
    }
    table.finish(mistakes);
    let (min, max) = (min?, max?);
    if min.value > max.value {
        mistakes.add(&min.at, "`min` is at most `max`");
    }
    Some(Autoscaler {
        min: min.value,
        max: max.value,
        cpu_percent,
        memory_percent,
    })
}
