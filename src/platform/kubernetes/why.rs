//! How well a workload is, and the one thing to know about it.
//!
//! The worst counts, be it of a pod, of its controller, or of what stands around it; what is wrong with the whole of it is
//! also told by itself, for the alerts.

mod node;
mod task;

pub(super) use node::node;

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    around::{Autoscaler, Budget},
    rows::{Condition, Pod, Workload},
    status::{self, Verdict},
};
use crate::{
    domain::{
        health::Health,
        instance::{Instance, Phase, Probe},
        service::{ServiceKind, Trouble, TroubleKind},
    },
    safe,
    text::SafeText,
};

/// How long pods may be missing before that is worth a look.
const PATIENCE: SignedDuration = SignedDuration::from_secs(30);

/// What stands around a workload, as far as it bears on how well it is.
#[derive(Clone, Debug, Default)]
pub(super) struct Around<'a> {
    /// What scales it.
    pub(super) autoscaler: Option<&'a Autoscaler>,
    /// What keeps its pods from being evicted; of several the strictest.
    pub(super) budget: Option<&'a Budget>,
    /// Why its newest ReplicaSet cannot make pods.
    pub(super) refused: Option<&'a Condition>,
    /// Some of its pods are on a node that is being emptied.
    pub(super) leaving: bool,
    /// Of an update that was given up, what serves instead.
    pub(super) aborted: Option<SafeText>,
    /// Its Jobs, for a CronJob.
    pub(super) jobs: Vec<&'a Workload>,
}

/// What is to be said of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// How well it is.
    pub(super) health: Health,
    /// Empty when all is well.
    pub(super) why: SafeText,
    /// Since when, where the platform says so.
    pub(super) since: Option<Timestamp>,
    /// What is wrong with the whole of it, worst first.
    pub(super) troubles: Vec<Trouble>,
    /// When time alone makes something else of it.
    pub(super) again: Option<Timestamp>,
}

impl Judged {
    fn again(self, again: Option<Timestamp>) -> Self {
        Self { again, ..self }
    }
}

/// Something that can be said.
#[derive(Clone, Debug)]
struct Said {
    health: Health,
    /// What kind of trouble of the whole it is; `None` where only the row says it.
    kind: Option<TroubleKind>,
    text: SafeText,
    since: Option<Timestamp>,
}

impl Said {
    fn new(health: Health, text: SafeText, since: Option<Timestamp>) -> Self {
        Self {
            health,
            kind: None,
            text,
            since,
        }
    }

    fn of(self, kind: TroubleKind) -> Self {
        Self {
            kind: Some(kind),
            ..self
        }
    }
}

/// Of all that is said the worst is the service's; of what is as bad, what was said first.
fn weigh(all: Vec<Said>, otherwise: Health) -> Judged {
    let worst = all
        .iter()
        // That a drain would have to wait hurts nobody yet: an alert tells it, and the row stays as it is.
        .filter(|said| said.kind != Some(TroubleKind::DisruptionBudget))
        .min_by_key(|said| said.health)
        .filter(|said| said.health <= otherwise || otherwise == Health::Well);
    let (health, why, since) = match worst {
        Some(worst) => (worst.health, worst.text.clone(), worst.since),
        None => (otherwise, SafeText::EMPTY, None),
    };
    let trouble = |said: Said| {
        Some(Trouble {
            kind: said.kind?,
            health: said.health,
            text: said.text,
            since: said.since,
        })
    };
    let mut troubles: Vec<Trouble> = all.into_iter().filter_map(trouble).collect();
    troubles.sort_by_key(|trouble| trouble.health);
    Judged {
        health,
        why,
        since,
        troubles,
        again: None,
    }
}

/// Judges a workload with its pods at `now`.
pub(super) fn judge(
    workload: &Workload,
    pods: &[&Pod],
    around: &Around<'_>,
    now: Timestamp,
) -> Judged {
    match workload.kind {
        ServiceKind::Job => task::job(workload, pods, around.refused),
        ServiceKind::CronJob => task::cron_job(workload, around, now),
        _ => controlled(workload, pods, around, now),
    }
}

/// Judges pods that nobody here knows the controller of.
pub(super) fn alone(pods: &[&Pod]) -> Judged {
    let pods: Vec<&Pod> = pods
        .iter()
        .copied()
        .filter(|p| !going(&p.instance))
        .collect();
    let ended = pods.is_empty() || pods.iter().all(|p| p.instance.health == Health::Off);
    let otherwise = if ended { Health::Off } else { Health::Well };
    weigh(of_pods(&pods).into_iter().collect(), otherwise)
}

/// A pod as its service shows it. One that has ended is history where a controller has made another in its place, or counts
/// its failures itself.
pub(super) fn instance(kind: ServiceKind, pod: &Pod) -> Arc<Instance> {
    let replaced = !matches!(kind, ServiceKind::Pod | ServiceKind::Custom);
    if !replaced || pod.instance.phase != Phase::Exited || pod.instance.health == Health::Off {
        return Arc::clone(&pod.instance);
    }
    Arc::new(Instance {
        health: Health::Off,
        ..(*pod.instance).clone()
    })
}

fn going(instance: &Instance) -> bool {
    instance.phase == Phase::Stopping
}

/// A Deployment, StatefulSet or DaemonSet: its pods, whether they can be made, how its rollout is, and what scales it.
fn controlled(workload: &Workload, pods: &[&Pod], around: &Around<'_>, now: Timestamp) -> Judged {
    let desired = workload.progress.desired;
    let alive: Vec<&Pod> = pods
        .iter()
        .copied()
        .filter(|p| !going(&p.instance) && p.instance.phase != Phase::Exited)
        .collect();
    let ready = alive.iter().filter(|p| p.instance.ready()).count() as u32;
    let status = status::status(workload);
    let short = desired > ready;
    let bad = if ready == 0 && desired > 0 {
        Health::Critical
    } else {
        Health::Warning
    };
    let mut all = Vec::new();
    if let Some(refused) = around.refused.or(status.refused.as_ref()).filter(|_| short) {
        let text = safe!(
            "{} of {desired}, pods cannot be made: {}",
            alive.len(),
            refusal(&refused.message)
        );
        all.push(Said::new(bad, text, refused.since).of(TroubleKind::NotMade));
    }
    all.extend(of_pods(&alive));
    let due = patience(workload, &alive);
    let waits = due.filter(|due| now < *due);
    all.extend(missing(workload, &alive, bad, waits.is_some()));
    if let Verdict::Failed(why) = status.verdict {
        let text = match &around.aborted {
            Some(aborted) => aborted.clone(),
            None if workload.kind == ServiceKind::Rollout => why,
            None => SafeText::from_static("its rollout stands still"),
        };
        let since = status::condition(workload, "Progressing").and_then(|c| c.since);
        all.push(Said::new(
            if short { bad } else { Health::Warning },
            text,
            since,
        ));
    }
    if let Some(held) = status
        .held
        .filter(|_| workload.progress.paused || workload.progress.on_delete)
    {
        all.push(Said::new(Health::Warning, held, None));
    }
    all.extend(around.autoscaler.and_then(scaled));
    all.extend(
        around
            .budget
            .and_then(|budget| blocked(budget, around.leaving)),
    );
    if desired == 0 && alive.is_empty() {
        all.push(Said::new(
            Health::Off,
            SafeText::from_static("scaled to zero"),
            None,
        ));
    }
    weigh(all, Health::Well).again(waits)
}

/// Until when pods that are not there are only on their way.
fn patience(workload: &Workload, alive: &[&Pod]) -> Option<Timestamp> {
    let last = alive.iter().filter_map(|p| p.instance.created).max();
    let lately = last.max(workload.created)?;
    lately.checked_add(PATIENCE).ok()
}

/// The worst of the pods, and how many are in it.
fn of_pods(pods: &[&Pod]) -> Option<Said> {
    let worst = pods
        .iter()
        .filter(|p| p.instance.health < Health::Well)
        // One that nobody saw begin is as old as any.
        .min_by_key(|p| (p.instance.health, p.since))?;
    let told = worst.instance.why.as_str();
    // What follows the first colon differs from pod to pod: a node, a line of a log.
    let gist = |why: &str| why.split(": ").next().unwrap_or_default().to_owned();
    let alike = pods
        .iter()
        .filter(|p| {
            p.instance.health == worst.instance.health && gist(&p.instance.why) == gist(told)
        })
        .count();
    let told = words(&worst.instance);
    let text = if pods.len() == 1 {
        told
    } else {
        safe!("{alike} of {} {told}", pods.len())
    };
    let said = Said::new(worst.instance.health, text, worst.since);
    Some(match trouble(&worst.instance) {
        Some(kind) if worst.instance.health == Health::Critical => said.of(kind),
        _ => said,
    })
}

/// What is to be said of a pod, with the last words of its log where it ended by itself.
pub(super) fn words(instance: &Instance) -> SafeText {
    if let Probe::Unhealthy { output, .. } = &instance.probe
        && !output.is_empty()
    {
        // `Readiness probe failed: HTTP probe failed with statuscode: 503`
        return safe!("not ready: {output}");
    }
    let last = &instance.last_words;
    if last.is_empty() || instance.why.contains(&**last) {
        instance.why.clone()
    } else {
        safe!("{}: {last}", instance.why)
    }
}

/// What keeps a pod from beginning at all. Of one that has begun, its restarts, exit code and probe tell by themselves.
fn trouble(instance: &Instance) -> Option<TroubleKind> {
    if instance.phase != Phase::Created {
        return None;
    }
    match instance.why.as_str() {
        why if why.starts_with("unschedulable") => Some(TroubleKind::Unschedulable),
        why if why.contains("image") => Some(TroubleKind::Pull),
        _ => None,
    }
}

/// Pods that are not there at all.
fn missing(workload: &Workload, alive: &[&Pod], bad: Health, waits: bool) -> Option<Said> {
    let (there, desired) = (alive.len() as u32, workload.progress.desired);
    if there >= desired {
        return None;
    }
    let text = match (there, waits) {
        (_, true) => SafeText::from_static("starting"),
        (0, _) => SafeText::from_static("none of its pods is there"),
        _ => safe!("{} of {desired} pods missing", desired - there),
    };
    let since = status::condition(workload, "Available").and_then(|c| c.since);
    Some(Said::new(
        if waits { Health::Unknown } else { bad },
        text,
        since,
    ))
}

/// What an autoscaler complains about.
fn scaled(autoscaler: &Autoscaler) -> Option<Said> {
    let (text, since) = if let Some(unable) = &autoscaler.unable {
        (
            safe!("its autoscaler cannot scale it: {}", unable.message),
            unable.since,
        )
    } else {
        let limited = autoscaler.limited.as_ref()?;
        (
            safe!("at its autoscaler's maximum of {}", autoscaler.bounds.1),
            limited.since,
        )
    };
    Some(Said::new(Health::Warning, text, since).of(TroubleKind::Autoscaler))
}

/// A disruption budget that lets no pod go: on a node that is being emptied, or though all its pods serve. That it lets none
/// go while some do not serve is what it is for.
fn blocked(budget: &Budget, leaving: bool) -> Option<Said> {
    let (healthy, wanted, expected) = budget.pods;
    let in_the_way = leaving || healthy >= expected;
    if !budget.counted || budget.allowed > 0 || expected == 0 || !in_the_way {
        return None;
    }
    let text = safe!(
        "disruption budget {} lets no pod go: {healthy} of {expected} serve, and it wants {wanted}",
        budget.name
    );
    Some(Said::new(Health::Warning, text, budget.since).of(TroubleKind::DisruptionBudget))
}

/// Why pods cannot be made, without what everybody knows: `pods "api-7f9c-" is forbidden: exceeded quota: …`.
pub(super) fn refusal(message: &str) -> SafeText {
    let (head, rest) = message
        .split_once(" is forbidden: ")
        .unwrap_or(("", message));
    SafeText::line(
        if head.starts_with("pods ") || head.starts_with("jobs.batch ") {
            rest
        } else {
            message
        },
    )
}

#[cfg(test)]
mod tests;
