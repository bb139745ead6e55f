//! The commands that change something: each shows its plan, asks, carries it out, and ends with what the platform shows.

mod agree;
mod carry;
mod show;

use clap::Args;
use serde::Serialize;

use self::carry::Carried;
use super::{
    context::{Context, Reached},
    exit::{CommandResult, Exit, Fault},
    out,
};
use crate::{
    app::{
        ledger::Ledger,
        operate::{self, Hands},
    },
    clock,
    domain::{action::Action, service::Service},
    plan::{Plan, PlanId, Refusal, Target},
    platform::InFlight,
    text::SafeText,
};
use std::sync::Arc;

/// How a plan is agreed to, and what is told of it.
#[derive(Debug, Args)]
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
    replicas: u32,
    #[command(flatten)]
    agreement: Agreement,
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

/// An action on a service, and how it is agreed to.
pub(super) struct Order {
    pub(super) action: Action,
    pub(super) service: String,
    pub(super) agreement: Agreement,
}

impl Plain {
    pub(super) fn order(self, action: Action) -> Order {
        Order {
            action,
            service: self.service,
            agreement: self.agreement,
        }
    }
}

impl From<Scale> for Order {
    fn from(scale: Scale) -> Self {
        Self {
            action: Action::Scale {
                replicas: scale.replicas,
            },
            service: scale.service,
            agreement: scale.agreement,
        }
    }
}

impl From<Rollout> for Order {
    fn from(rollout: Rollout) -> Self {
        let image = SafeText::name(&rollout.image);
        Self {
            action: Action::Rollout { image },
            service: rollout.service,
            agreement: rollout.agreement,
        }
    }
}

impl From<Rollback> for Order {
    fn from(rollback: Rollback) -> Self {
        let to = rollback.to.as_deref().map(SafeText::name);
        Self {
            action: Action::RollBack { to },
            service: rollback.service,
            agreement: rollback.agreement,
        }
    }
}

pub(super) async fn run(context: &Context, order: Order) -> CommandResult {
    let reached = context.reach().await?;
    let service = reached.service(&order.service)?;
    let ledger = context.ledger();
    let action = match order.action {
        Action::RollBack { to: Some(to) } => {
            revision(context, &reached, &ledger, &service, &to).await?
        }
        other => other,
    };
    act(
        context,
        &reached,
        ledger,
        action,
        &service,
        None,
        &order.agreement,
    )
    .await
}

/// From the preview to the outcome.
pub(super) async fn act(
    context: &Context,
    reached: &Reached,
    ledger: Arc<Ledger>,
    action: Action,
    service: &Service,
    resumes: Option<SafeText>,
    agreement: &Agreement,
) -> CommandResult {
    if let Some(why) = reached.platform.capabilities.refuses(&action) {
        return Err(Fault::refused(format!(
            "{} of {}: {why}",
            action.word(),
            service.id
        )));
    }
    let hands = hands(context, reached);
    let target = target(reached, service);
    let preview = operate::preview(&hands, &ledger, action, target, resumes).await;
    let preview = preview.map_err(|refusal| refused(&refusal))?;
    let plan = Plan::new(PlanId(1), preview, clock::now());
    let style = context.style();
    let shown = show::plan(plan.preview(), &style);
    tell(agreement, &shown)?;
    if agreement.dry_run {
        return Ok(Exit::Done);
    }
    let confirmed = agree::agree(plan, agreement, context).await?;
    let carried = carry::carry(
        hands,
        ledger,
        confirmed.clone(),
        agreement,
        &style,
        &context.again,
    )
    .await?;
    if agreement.json {
        out::json(&OutcomeJson::new(&confirmed, &carried))?;
    }
    Ok(carried.exit)
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

/// The revision that somebody means by an id, the beginning of one, a version or an image.
async fn revision(
    context: &Context,
    reached: &Reached,
    ledger: &Arc<Ledger>,
    service: &Service,
    asked: &SafeText,
) -> Result<Action, Fault> {
    // Only the platform knows what can still be run: the proposal of a rollback lists it.
    let hands = hands(context, reached);
    let proposal = Action::RollBack { to: None };
    let preview = operate::preview(&hands, ledger, proposal, target(reached, service), None).await;
    let choices = preview.map_err(|refusal| refused(&refusal))?.choices;
    let bare = asked.strip_prefix("sha256:").unwrap_or(asked);
    let is_meant = |r: &&crate::domain::revision::Revision| {
        let id = r.id.strip_prefix("sha256:").unwrap_or(&r.id);
        r.version == *asked || r.image == *asked || bare.len() >= 4 && id.starts_with(bare)
    };
    let found: Vec<_> = choices.iter().filter(is_meant).collect();
    let listed = || {
        let lines = choices.iter().filter(|r| !r.current).map(show::revision);
        lines.collect::<Vec<_>>().join("\n")
    };
    match found.as_slice() {
        [one] => Ok(Action::RollBack {
            to: Some(one.id.clone()),
        }),
        [] => Err(Fault::usage(format!(
            "no revision {asked} of {} is known here; there are\n{}",
            service.id,
            listed()
        ))),
        _ => Err(Fault::usage(format!(
            "{asked} may be several revisions; name one by its id\n{}",
            listed()
        ))),
    }
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
    exit_code: u8,
}

impl<'a> OutcomeJson<'a> {
    fn new(plan: &'a Plan<crate::plan::Confirmed>, carried: &'a Carried) -> Self {
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
            exit_code: carried.exit.code(),
        }
    }
}
