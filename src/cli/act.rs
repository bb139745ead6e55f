//! The commands that change something: each shows its plan, asks, carries it out, and ends with what the platform shows.

mod agree;
mod carry;
mod meant;
mod show;

use std::{sync::Arc, time::Duration};

use clap::Args;
use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use self::carry::Carried;
use super::{
    context::{Context, Reached},
    exit::{CommandResult, Exit, Fault},
    out,
};
use crate::{
    app::{
        conduct::Step,
        ledger::Ledger,
        operate::{self, Hands},
    },
    clock,
    domain::{
        action::{Action, ClusterAction, MOST_REPLICAS},
        instance::InstanceId,
        service::Service,
    },
    plan::{Confirmed, Plan, PlanId, Preview, Refusal, Target},
    platform::InFlight,
    text::SafeText,
};

/// How long what was done just now may take to be seen.
const SEEN: Duration = Duration::from_secs(10);

/// How a plan is agreed to, and what is told of it.
#[derive(Debug, Default, Args)]
pub(super) struct Agreement {
    /// Agree without being asked. What is dear (a cut to less than half, to nothing, in production) needs the name: --yes=ENVIRONMENT/SERVICE
    #[arg(long, value_name = "ENVIRONMENT/SERVICE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    yes: Option<String>,
    /// Why, or a ticket; it stands in the journal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Act although the journal cannot be written; the system's log is told
    #[arg(long)]
    unrecorded: bool,
    /// Show the plan and leave
    #[arg(long)]
    dry_run: bool,
    /// The outcome as one JSON object; plan and progress go to standard error
    #[arg(long)]
    json: bool,
}

impl Agreement {
    /// Whether the answer is one JSON object.
    pub(super) const fn json(&self) -> bool {
        self.json
    }
}

/// A command on one service that needs no more than its name.
#[derive(Debug, Args)]
pub(super) struct Plain {
    /// Its name, or PROJECT/NAME
    service: String,
    #[command(flatten)]
    agreement: Agreement,
}

/// `quarterdeck scale`.
#[derive(Debug, Args)]
pub(super) struct Scale {
    /// Its name, or PROJECT/NAME
    service: String,
    /// How many copies there should be
    #[arg(value_parser = replicas, allow_negative_numbers = true)]
    replicas: u32,
    #[command(flatten)]
    agreement: Agreement,
}

fn replicas(written: &str) -> Result<u32, String> {
    let number = written
        .parse()
        .ok()
        .filter(|number| *number <= MOST_REPLICAS);
    number.ok_or_else(|| {
        format!("write a number of copies from 0 to {MOST_REPLICAS}: quarterdeck scale api 3")
    })
}

/// `quarterdeck rollout`.
#[derive(Debug, Args)]
pub(super) struct Rollout {
    /// Its name, or PROJECT/NAME
    service: String,
    /// The image, or a tag of the present one
    #[arg(value_name = "IMAGE|TAG")]
    image: String,
    #[command(flatten)]
    agreement: Agreement,
}

/// `quarterdeck rollback`.
#[derive(Debug, Args)]
pub(super) struct Rollback {
    /// Its name, or PROJECT/NAME
    service: String,
    /// The revision: its image's id or version, as the plan lists them; the last known good where none is named
    #[arg(long, value_name = "REVISION")]
    to: Option<String>,
    #[command(flatten)]
    agreement: Agreement,
}

/// `quarterdeck run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// Its name, or NAMESPACE/NAME
    cronjob: String,
    #[command(flatten)]
    agreement: Agreement,
}

/// `quarterdeck delete`.
#[derive(Debug, Args)]
pub(super) struct Delete {
    /// What kind of object: nothing else is deleted from here
    kind: Deletable,
    /// Its name, or NAMESPACE/NAME
    #[arg(value_name = "POD")]
    name: String,
    #[command(flatten)]
    agreement: Agreement,
}

/// `quarterdeck promote`.
#[derive(Debug, Args)]
pub(super) struct Promote {
    /// Its name, or NAMESPACE/NAME
    service: String,
    /// To its end, whatever is left: no pause, no analysis
    #[arg(long)]
    full: bool,
    #[command(flatten)]
    agreement: Agreement,
}

/// What can be deleted.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Deletable {
    #[value(alias = "po", alias = "pods")]
    Pod,
}

/// A command on one node.
#[derive(Debug, Args)]
pub(super) struct OnNode {
    /// Its name
    node: String,
    #[command(flatten)]
    agreement: Agreement,
}

/// An action on a service, and how it is agreed to.
pub(super) struct Order {
    pub(super) action: Action,
    /// What it is about, as typed; for some actions no service.
    pub(super) about: String,
    pub(super) agreement: Agreement,
}

impl Plain {
    pub(super) fn order(self, action: Action) -> Order {
        Order {
            action,
            about: self.service,
            agreement: self.agreement,
        }
    }
}

impl OnNode {
    pub(super) fn order(self, action: ClusterAction) -> Order {
        Order {
            action: Action::Cluster(action),
            about: self.node,
            agreement: self.agreement,
        }
    }
}

impl From<Run> for Order {
    fn from(run: Run) -> Self {
        Self {
            action: Action::Cluster(ClusterAction::RunNow),
            about: run.cronjob,
            agreement: run.agreement,
        }
    }
}

impl From<Delete> for Order {
    fn from(delete: Delete) -> Self {
        let Deletable::Pod = delete.kind;
        // Which one that is, the platform knows.
        let pod = InstanceId(SafeText::EMPTY);
        Self {
            action: Action::Cluster(ClusterAction::DeletePod { pod }),
            about: delete.name,
            agreement: delete.agreement,
        }
    }
}

impl From<Promote> for Order {
    fn from(promote: Promote) -> Self {
        let full = promote.full;
        Self {
            action: Action::Cluster(ClusterAction::Promote { full }),
            about: promote.service,
            agreement: promote.agreement,
        }
    }
}

impl From<Scale> for Order {
    fn from(scale: Scale) -> Self {
        Self {
            action: Action::Scale {
                replicas: scale.replicas,
            },
            about: scale.service,
            agreement: scale.agreement,
        }
    }
}

impl From<Rollout> for Order {
    fn from(rollout: Rollout) -> Self {
        let image = SafeText::name(&rollout.image);
        Self {
            action: Action::Rollout { image },
            about: rollout.service,
            agreement: rollout.agreement,
        }
    }
}

impl From<Rollback> for Order {
    fn from(rollback: Rollback) -> Self {
        let to = rollback.to.as_deref().map(SafeText::name);
        Self {
            action: Action::RollBack { to },
            about: rollback.service,
            agreement: rollback.agreement,
        }
    }
}

pub(super) async fn run(context: &Context, order: Order) -> CommandResult {
    let reached = context.reach().await?;
    let ledger = context.ledger();
    let (action, service) = meant::by(context, &reached, &ledger, &order).await?;
    act(
        context,
        &reached,
        ledger,
        action,
        &service,
        Part::default(),
        &order.agreement,
    )
    .await
}

/// What an action is a part of.
#[derive(Default)]
pub(super) struct Part {
    /// The operation that it takes up again.
    pub(super) resumes: Option<SafeText>,
    /// The step of a checklist that it does.
    pub(super) step: Option<Step>,
}

/// From the preview to the outcome, which is told.
pub(super) async fn act(
    context: &Context,
    reached: &Reached,
    ledger: Arc<Ledger>,
    action: Action,
    service: &Service,
    part: Part,
    agreement: &Agreement,
) -> CommandResult {
    let done = perform(context, reached, ledger, action, service, part, agreement).await?;
    let Some((confirmed, carried)) = done else {
        return Ok(Exit::Done);
    };
    if agreement.json {
        out::json(&OutcomeJson::new(&confirmed, &carried))?;
    }
    Ok(carried.exit)
}

/// From the preview to the outcome; `None` where the plan was only to be shown.
async fn perform(
    context: &Context,
    reached: &Reached,
    ledger: Arc<Ledger>,
    action: Action,
    service: &Service,
    part: Part,
    agreement: &Agreement,
) -> Result<Option<(Plan<Confirmed>, Carried)>, Fault> {
    if let Some(why) = reached.platform.capabilities.refuses(&action) {
        return Err(Fault::refused(format!(
            "{} of {}: {why}",
            action.word(),
            service.id
        )));
    }
    let hands = hands(context, reached);
    let preview = preview(reached, &hands, &ledger, (action, service), part.resumes).await;
    let preview = preview.map_err(|refusal| refused(&refusal))?;
    let plan = Plan::new(PlanId(1), preview, clock::now());
    let style = context.style();
    let shown = show::plan(plan.preview(), &style);
    tell(agreement, &shown)?;
    if agreement.dry_run {
        return Ok(None);
    }
    let confirmed = agree::agree(plan, agreement, context).await?;
    let carried = carry::carry(
        context,
        reached,
        hands,
        ledger,
        confirmed.clone(),
        part.step,
        agreement,
    )
    .await?;
    Ok(Some((confirmed, carried)))
}

/// The preview of an action, of how the service is: right after another one that may not be seen yet.
async fn preview(
    reached: &Reached,
    hands: &Hands,
    ledger: &Arc<Ledger>,
    (action, service): (Action, &Service),
    resumes: Option<SafeText>,
) -> Result<Preview, Refusal> {
    let mut state = reached.platform.state.clone();
    let last = Instant::now() + SEEN;
    loop {
        let seen = state
            .borrow_and_update()
            .snapshot
            .service(&service.id)
            .cloned();
        let target = target(reached, seen.as_deref().unwrap_or(service));
        match operate::preview(hands, ledger, action.clone(), target, resumes.clone()).await {
            Err(refusal) if refusal.looks_again() => {
                if !matches!(timeout_at(last, state.changed()).await, Ok(Ok(()))) {
                    return Err(refusal);
                }
            }
            preview => return preview,
        }
    }
}

/// Does what a step of a checklist asks for, as far as it was agreed to beforehand, and tells how it goes on standard error.
/// Gives its exit code; what came of it stands in the run.
pub(super) async fn step(
    context: &Context,
    reached: &Reached,
    ledger: Arc<Ledger>,
    (about, action): (&str, Action),
    part: Part,
    beforehand: &Beforehand,
) -> CommandResult {
    let order = Order {
        action,
        about: about.to_owned(),
        agreement: Agreement::default(),
    };
    let (action, service) = meant::by(context, reached, &ledger, &order).await?;
    let named = target(reached, &service).typed_name();
    let named = beforehand.yes.iter().find(|yes| **yes == named);
    let agreement = Agreement {
        yes: Some(named.cloned().unwrap_or_default()),
        reason: beforehand.reason.clone(),
        json: true,
        ..Agreement::default()
    };
    let done = perform(context, reached, ledger, action, &service, part, &agreement).await?;
    Ok(done.map_or(Exit::Refused, |(_, carried)| carried.exit))
}

/// What is agreed to before a list is walked.
#[derive(Debug, Args)]
pub(super) struct Beforehand {
    /// Agree to what steps do; for what is dear the name is needed, as often as there are such: --yes=ENVIRONMENT/SERVICE
    #[arg(long, value_name = "ENVIRONMENT/SERVICE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub(super) yes: Vec<String>,
    /// Why, or a ticket; it stands in the journal
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Prints what belongs to the way, not to the answer.
fn tell(agreement: &Agreement, text: &str) -> Result<(), Fault> {
    if agreement.json {
        out::say(text.trim_end());
        Ok(())
    } else {
        out::print(text)
    }
}

fn hands(context: &Context, reached: &Reached) -> Hands {
    let platform = &reached.platform;
    Hands::new(
        &platform.requests,
        &platform.capabilities,
        &context.config.settings,
        InFlight::default(),
    )
}

fn target(reached: &Reached, service: &Service) -> Target {
    Target::freeze(
        reached.place.environment.clone(),
        reached.place.kind,
        reached.state().snapshot.host.identity.clone(),
        service,
    )
}

fn refused(refusal: &Refusal) -> Fault {
    let instead = if refusal.instead.is_empty() {
        String::new()
    } else {
        format!("\n{}", refusal.instead)
    };
    Fault::refused(format!("{}{instead}", refusal.why))
}

/// `--json` of an action.
#[derive(Serialize)]
struct OutcomeJson<'a> {
    action: &'static str,
    environment: &'a SafeText,
    service: String,
    /// `verified`, `not verified`, `failed`, `superseded`, `undone`, `stopped`.
    outcome: &'static str,
    sentence: String,
    /// The operation's id in the journal.
    operation: Option<&'a SafeText>,
    steps_done: usize,
    steps: usize,
    seconds: f64,
    /// Critical ones on it that stand although it was verified.
    alerts_remaining: usize,
    exit_code: u8,
}

impl<'a> OutcomeJson<'a> {
    fn new(plan: &'a Plan<Confirmed>, carried: &'a Carried) -> Self {
        Self {
            action: plan.action().word(),
            environment: &plan.target().environment,
            service: plan.target().service.to_string(),
            outcome: carried.word,
            sentence: carried.sentence.clone(),
            operation: carried.operation.as_ref(),
            steps_done: carried.done,
            steps: plan.preview().steps.len(),
            seconds: carried.took.as_secs_f64(),
            alerts_remaining: carried.remain,
            exit_code: carried.exit.code(),
        }
    }
}
