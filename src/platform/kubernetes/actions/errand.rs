//! What is no change of a workload's spec: a pod that is deleted, a Job made by hand, a node cordoned or drained, an Argo
//! Rollout that is steered. A plan of single sends, each followed by what the cluster then shows of it.

use std::time::Duration;

use http::{Method, StatusCode};
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::time::{Instant, sleep};

use super::{
    LOOK_AGAIN, Patience, access, cronjob,
    effect::{Effect, Shown, read},
    executor::{same_plan, tell},
    node::{self, Wish},
    order::Order,
    pod, precheck, refusal,
    settle_timer::SettleTimer,
    steer,
    step::StepEnd,
    switch::{self, Switch},
};
use crate::{
    domain::{
        action::{Action, ClusterAction},
        service::{ServiceId, ServiceKind},
    },
    plan::{
        Ask, Carry, Note, Outcome, Preview, Progress, Refusal, Risk, Side, Step, StepState,
        record::{About, Facts, Failure, Label, OperationResult, OperationStart, OperationWriter},
    },
    platform::kubernetes::{
        api::{Api, ApiError},
        cluster::Cluster,
        rights,
    },
    safe,
    text::SafeText,
};

/// Between two questions to a budget that lets no pod go.
const BLOCKED: Duration = Duration::from_secs(2);

/// A preview with what carries it out.
pub(super) struct Errand {
    /// What the operator agrees to.
    pub(super) preview: Preview,
    /// The work, in the order of the preview's steps.
    pub(super) tasks: Vec<Task>,
}

impl Errand {
    /// What is agreed to, of what is done: each task is a step. It changes no spec of a workload.
    pub(super) fn new(
        ask: Ask,
        [now, to]: [Side; 2],
        impact: SafeText,
        notes: Vec<Note>,
        tasks: Vec<Task>,
    ) -> Self {
        let preview = Preview {
            now,
            to,
            changes: Vec::new(),
            remains: Vec::new(),
            notes,
            steps: tasks.iter().map(|task| task.step.clone()).collect(),
            impact,
            estimate: None,
            risk: Risk::of(&ask.action, &ask.target),
            choices: Vec::new(),
            owner: None,
            ask,
        };
        Self { preview, tasks }
    }
}

/// One step with what it does.
pub(super) struct Task {
    /// As the preview names it.
    pub(super) step: Step,
    /// Which object, for ever.
    pub(super) uid: String,
    /// What is sent; `None` for a step that only waits.
    pub(super) order: Option<Order>,
    /// What the cluster shows once it has happened.
    pub(super) effect: Effect,
}

/// Whether an action is such a one; of backups, those come here that a CronJob makes.
pub(super) const fn is_one(action: &Action) -> bool {
    matches!(action, Action::Cluster(_) | Action::BackUp)
}

/// Makes the plan; one that was agreed to keeps the names in its steps.
async fn plan(cluster: &Cluster, ask: &Ask, agreed: &[Step]) -> Result<Errand, Refusal> {
    let action = match &ask.action {
        Action::Cluster(action) => action,
        // Its Job is the backup: as that ends, so does this.
        Action::BackUp => &ClusterAction::RunNow,
        _ => {
            return Err(refusal(
                safe!("a workload is changed otherwise"),
                SafeText::EMPTY,
            ));
        }
    };
    match action {
        ClusterAction::DeletePod { pod } => pod::plan(cluster, ask, pod).await,
        ClusterAction::RunNow => cronjob::plan(cluster, ask, agreed).await,
        ClusterAction::Cordon => node::plan(cluster, ask, Wish::Cordoned).await,
        ClusterAction::Uncordon => node::plan(cluster, ask, Wish::Open).await,
        ClusterAction::Drain => node::plan(cluster, ask, Wish::Empty).await,
        ClusterAction::Switch => switch::plan(cluster, ask).await,
        ClusterAction::Promote { .. } | ClusterAction::Abort | ClusterAction::Retry => {
            steer::plan(cluster, ask, action).await
        }
    }
}

/// What it would mean. Whether it is permitted is asked, and the first send tried, so that what is refused is said before.
///
/// # Errors
/// Why it can't be done.
pub(super) async fn preview(cluster: &Cluster, ask: &Ask) -> Result<Preview, Refusal> {
    let Errand { mut preview, tasks } = plan(cluster, ask, &[]).await?;
    let api = &cluster.api;
    preview.notes.push(permitted(api, ask).await?);
    if let Some(order) = tasks.iter().find_map(|task| task.order.as_ref()) {
        preview.notes.push(precheck::trial(api, order).await?);
    }
    preview
        .notes
        .sort_by_key(|note| (note.severity.is_none(), note.severity));
    Ok(preview)
}

async fn permitted(api: &Api, ask: &Ask) -> Result<Note, Refusal> {
    let service = &ask.target.service;
    let (kind, name) = match &ask.action {
        Action::Cluster(ClusterAction::DeletePod { pod }) => {
            let seen = ask.target.seen.iter().find(|seen| seen.id == *pod);
            (ServiceKind::Pod, seen.map_or("", |seen| &seen.name))
        }
        // A Job that is not there yet has no name that a role could know.
        Action::Cluster(ClusterAction::RunNow) | Action::BackUp => (ServiceKind::CronJob, ""),
        Action::Cluster(ClusterAction::Switch) => (ServiceKind::Deployment, ""),
        Action::Cluster(action) if action.steers() => (ServiceKind::Rollout, bare(service)),
        _ => (ServiceKind::Node, service.node().unwrap_or_default()),
    };
    let needs = rights::needs(ask.action.word(), kind).iter();
    // A drain is about that node, and about pods of any name.
    let asked = needs.map(|need| match (kind, need.resource) {
        (ServiceKind::Node, "pods" | "pods/eviction") => (*need, ""),
        _ => (*need, name),
    });
    access::check(api, &service.group, asked.collect()).await
}

/// Carries it out, and says how it ended.
pub(super) async fn carry(cluster: &Cluster, carry: &Carry, patience: &Patience) -> Outcome {
    let agreed = carry.plan.preview();
    let superseded = |why| Outcome::Superseded { applied: 0, why };
    let errand = match plan(cluster, &agreed.ask, &agreed.steps).await {
        Ok(errand) if same_plan(&errand.preview, agreed) => errand,
        Ok(_) => return superseded(safe!("what it takes has changed since it was shown")),
        Err(refusal) => return superseded(refusal.why),
    };
    let writer = match OperationWriter::begin(carry, OperationStart::of(&carry.plan)).await {
        Ok(writer) => writer,
        Err(error) => return superseded(safe!("{error}")),
    };
    let begun = Progress::Begun(SafeText::name(writer.operation().as_str()));
    tell(carry, begun).await;
    let run = Run {
        api: &cluster.api,
        carry,
        patience,
        writer: &writer,
    };
    let outcome = run.all(&errand.tasks).await;
    // One that is left in the middle stays open, so that the next start offers it.
    let open = matches!(&outcome, Outcome::Cancelled { applied } if *applied > 0)
        || matches!(outcome, Outcome::Unverified(_));
    if !open {
        let result = OperationResult::of(&outcome, Failure::Platform);
        writer.end(result, Facts::default()).await;
    }
    outcome
}

struct Run<'a> {
    api: &'a Api,
    carry: &'a Carry,
    patience: &'a Patience,
    writer: &'a OperationWriter,
}

impl Run<'_> {
    async fn all(&self, tasks: &[Task]) -> Outcome {
        let mut said = SafeText::EMPTY;
        for (at, task) in tasks.iter().enumerate() {
            if self.carry.stop.is_cancelled() {
                return Outcome::Cancelled { applied: at };
            }
            match self.step(at, task).await.shows(at, at, SafeText::EMPTY) {
                Ok(words) => said = words,
                Err(outcome) => return outcome,
            }
        }
        match tasks.last() {
            // Nothing was waited for: a 200 is not yet what the cluster shows.
            Some(last) if said.is_empty() => self.shown(&last.effect).await,
            _ => Outcome::Verified(said),
        }
    }

    async fn shown(&self, effect: &Effect) -> Outcome {
        match self.settle(effect, SafeText::EMPTY).await {
            StepEnd::Done(words) => Outcome::Verified(words),
            _ => Outcome::Unverified(SafeText::from_static(
                "it was accepted, and the cluster does not show it",
            )),
        }
    }

    /// Its intent is durable before anything is sent, its outcome after.
    async fn step(&self, at: usize, task: &Task) -> StepEnd {
        let about = About {
            id: Label::from(task.uid.as_str()),
            ..About::default()
        };
        let receipt = match self.writer.intent(at, &task.step, about).await {
            Ok(receipt) => receipt,
            Err(error) => {
                return StepEnd::Failed(Failure::NoSpace, safe!("nothing more was sent: {error}"));
            }
        };
        tell(self.carry, Progress::Step(at, StepState::Running)).await;
        let end = match &task.order {
            Some(order) => self.send(order, &task.effect).await,
            None => match &task.effect {
                Effect::Beside(switch) => self.beside(switch).await,
                effect => self.wait(effect).await,
            },
        };
        self.writer
            .outcome(receipt, end.result(), Label::default())
            .await;
        if let Some(state) = end.state() {
            tell(self.carry, Progress::Step(at, state)).await;
        }
        end
    }

    /// Sends once. Only a send that a budget refused is sent again: it is known that nothing came of it.
    async fn send(&self, order: &Order, effect: &Effect) -> StepEnd {
        loop {
            let Err(error) = order.send::<IgnoredAny>(self.api, false).await else {
                return StepEnd::Done(SafeText::EMPTY);
            };
            let words = safe!("{error}");
            let code = error
                .code()
                .and_then(|code| StatusCode::from_u16(code).ok());
            match (&error, code) {
                (ApiError::ReadOnly | ApiError::Login(_), _) | (_, Some(StatusCode::FORBIDDEN)) => {
                    return StepEnd::Failed(Failure::Forbidden, words);
                }
                (_, Some(StatusCode::TOO_MANY_REQUESTS)) => {
                    tell(self.carry, Progress::Waiting(words)).await;
                    tokio::select! {
                        () = sleep(BLOCKED) => {}
                        () = self.carry.stop.cancelled() => return StepEnd::Cancelled,
                    }
                }
                (_, Some(code)) if code.is_client_error() => {
                    return refused(self.api, effect, code, words).await;
                }
                // These may come from something in between, or from a server that goes on with it.
                (
                    _,
                    None
                    | Some(
                        StatusCode::BAD_GATEWAY
                        | StatusCode::SERVICE_UNAVAILABLE
                        | StatusCode::GATEWAY_TIMEOUT,
                    ),
                ) => return self.settle(effect, words).await,
                // Its store may still take what it did not answer in time.
                (ApiError::Refused { message, .. }, _) if message.contains("etcdserver:") => {
                    return self.settle(effect, words).await;
                }
                // The server is through with it: what it does not show did not happen.
                (_, Some(_)) => {
                    return match effect.shown(self.api).await {
                        Ok(Shown::NotYet(_) | Shown::Never(_)) => {
                            StepEnd::Failed(Failure::Platform, words)
                        }
                        _ => self.settle(effect, words).await,
                    };
                }
            }
        }
    }

    /// An answer was lost: reading says whether it happened.
    async fn settle(&self, effect: &Effect, words: SafeText) -> StepEnd {
        let mut timer = SettleTimer::start(self.patience, Instant::now());
        loop {
            let asked = Instant::now();
            let (enough, shows) = match effect.shown(self.api).await {
                Ok(Shown::Yes(words)) => return StepEnd::Done(words),
                Ok(_) => (timer.shows_nothing(asked), safe!("nothing shows of it")),
                Err(error) => (timer.is_away(Instant::now()), safe!("since then: {error}")),
            };
            if enough {
                return StepEnd::Unverified(safe!("its answer was lost ({words}), and {shows}"));
            }
            sleep(self.patience.poll).await;
        }
    }

    /// Counts down while two colours are up, so that the way back is one switch. Who breaks it off has seen enough.
    async fn beside(&self, switch: &Switch) -> StepEnd {
        let until = Instant::now() + self.patience.beside;
        let mut serves = SafeText::EMPTY;
        loop {
            match switch.serves(self.api).await {
                Ok(Shown::Yes(words)) => serves = words,
                Ok(Shown::Never(why) | Shown::Else(why)) => return StepEnd::Superseded(why),
                // A server that is away says nothing of who serves.
                Ok(Shown::NotYet(_)) | Err(_) => {}
            }
            let left = until.saturating_duration_since(Instant::now());
            let done = || StepEnd::Done(safe!("{serves}; {} is still up", switch.old));
            if left.is_zero() {
                return done();
            }
            let words = safe!(
                "{} stays up beside it, {} s more",
                switch.old,
                left.as_secs_f64().ceil()
            );
            tell(self.carry, Progress::Waiting(words)).await;
            tokio::select! {
                () = sleep(left.min(Duration::from_secs(1))) => {}
                () = self.carry.stop.cancelled() => return done(),
            }
        }
    }

    /// Looks until it is shown. There is no end to it but the operator's: a pod has as long to stop as it says.
    async fn wait(&self, effect: &Effect) -> StepEnd {
        let mut told = SafeText::EMPTY;
        let mut lost = None;
        loop {
            let words = match effect.shown(self.api).await {
                Ok(Shown::Yes(words)) => return StepEnd::Done(words),
                Ok(Shown::Never(why)) => return StepEnd::Failed(Failure::CommandFailed, why),
                Ok(Shown::Else(why)) => return StepEnd::Superseded(why),
                Ok(Shown::NotYet(words)) => {
                    lost = None;
                    words
                }
                Err(error) => {
                    let words = safe!("the cluster could not be asked: {error}");
                    let since = *lost.get_or_insert_with(Instant::now);
                    if since.elapsed() > self.patience.back {
                        return StepEnd::Unverified(words);
                    }
                    words
                }
            };
            if words != told {
                told = words.clone();
                tell(self.carry, Progress::Waiting(words)).await;
            }
            tokio::select! {
                () = sleep(self.patience.poll) => {}
                () = self.carry.stop.cancelled() => return StepEnd::Cancelled,
            }
        }
    }
}

/// What it means that a send was refused for what it asked for.
async fn refused(api: &Api, effect: &Effect, code: StatusCode, words: SafeText) -> StepEnd {
    match (effect, effect.shown(api).await, code) {
        (_, Ok(Shown::Yes(words)), StatusCode::NOT_FOUND) => StepEnd::Done(words),
        // Another one has its name: that it was to go is so.
        (Effect::Gone { .. }, Ok(Shown::Yes(words)), StatusCode::CONFLICT) => StepEnd::Done(words),
        // A patch whose precondition does not hold: what it is by now says more than the server's own words.
        (_, Ok(Shown::Else(why)), StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY) => {
            StepEnd::Superseded(why)
        }
        (_, _, StatusCode::CONFLICT | StatusCode::UNPROCESSABLE_ENTITY) => {
            StepEnd::Superseded(words)
        }
        (_, _, StatusCode::NOT_FOUND) => StepEnd::Failed(Failure::Gone, words),
        _ => StepEnd::Failed(Failure::Platform, words),
    }
}

/// A service's own name, without its kind.
fn bare(service: &ServiceId) -> &str {
    let name = service.name.as_str();
    name.split_once('/').map_or(name, |(_, name)| name)
}

/// An object that must be there for a preview.
pub(super) async fn must_read(api: &Api, path: &str, what: &str) -> Result<Value, Refusal> {
    match read(api, path).await {
        Ok(Some(object)) => Ok(object),
        Ok(None) => Err(refusal(
            safe!("{what} is gone: somebody deleted it"),
            LOOK_AGAIN,
        )),
        Err(error) => Err(refusal(
            safe!("{what} could not be read: {error}"),
            SafeText::from_static("nothing was changed"),
        )),
    }
}

/// A deletion, or an eviction, of exactly that object.
pub(super) fn precondition(uid: &str) -> Value {
    serde_json::json!({ "preconditions": { "uid": uid } })
}

/// A POST of an object.
pub(super) fn post(path: String, body: Value) -> Order {
    Order {
        method: Method::POST,
        path,
        content_type: crate::platform::kubernetes::api::JSON,
        body,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn a_pod_that_another_has_replaced_is_gone_and_one_that_is_there_is_not() {
        let api = Api::answered(|_| (200, json!({ "metadata": { "uid": "new" } })));
        let end = async |uid: &str| {
            let effect =
                pod::gone_effect("/api/v1/namespaces/shop/pods/db-0".to_owned(), uid, false);
            refused(
                &api,
                &effect,
                StatusCode::CONFLICT,
                safe!("the UID differs"),
            )
            .await
        };
        assert!(matches!(end("old").await, StepEnd::Done(words) if &*words == "the pod is gone"));
        assert!(matches!(end("new").await, StepEnd::Superseded(_)));
        // What is there under that name was not made by this.
        let there = Effect::There("/apis/batch/v1/namespaces/shop/jobs/run".to_owned());
        let end = refused(&api, &there, StatusCode::CONFLICT, safe!("it exists")).await;
        assert!(matches!(end, StepEnd::Superseded(_)));
    }
}
