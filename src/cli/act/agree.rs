//! Agreement: asked for on a terminal, or given beforehand by `--yes`.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use rustix::termios::{QueueSelector, tcflush};
use tokio::{task::spawn_blocking, time::sleep};

use super::Agreement;
use crate::{
    cli::{context::Context, exit::Fault},
    clock,
    plan::{Confirmed, NotYet, Plan, Previewed, Risk, confirm::STANDING},
    text::SafeText,
};

/// The plan, agreed to.
pub(super) async fn agree(
    plan: Plan<Previewed>,
    agreement: &Agreement,
    context: &Context,
) -> Result<Plan<Confirmed>, Fault> {
    let asked = agreement.yes.is_none();
    if asked && !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Fault::refused(format!(
            "nobody can be asked without a terminal; to agree beforehand: {}",
            yes(&plan)
        )));
    }
    if let Some(given) = &agreement.yes {
        given_beforehand(&plan, given)?;
    }
    let by = operator(context, asked).await?;
    // Nobody reads a plan in less: what was typed before was meant for something else.
    while !plan.ready(clock::now()) {
        sleep(STANDING.unsigned_abs()).await;
    }
    let typed = match &agreement.yes {
        Some(given) => given.clone(),
        None => answer(&plan).await?,
    };
    let agreed = Confirmed {
        by,
        at: clock::now(),
        reason: agreement
            .reason
            .as_deref()
            .map(SafeText::line)
            .unwrap_or_default(),
        unrecorded: agreement.unrecorded,
    };
    plan.confirm(&typed, agreed).map_err(|not_yet| {
        let why = match not_yet {
            NotYet::JustShown => "the clock was set back meanwhile".to_owned(),
            NotYet::NameDiffers => format!("that is not {}", plan.target().typed_name()),
        };
        Fault::refused(format!("{why}; nothing was sent"))
    })
}

/// How this plan is agreed to beforehand.
fn yes(plan: &Plan<Previewed>) -> String {
    match plan.preview().risk {
        Risk::Plain => "--yes".to_owned(),
        Risk::Typed => format!("--yes={}", plan.target().typed_name()),
    }
}

/// A name that is given must be the target's, whether one is needed or not.
fn given_beforehand(plan: &Plan<Previewed>, given: &str) -> Result<(), Fault> {
    let fits = match plan.preview().risk {
        Risk::Plain => given.is_empty() || given == plan.target().typed_name(),
        Risk::Typed => given == plan.target().typed_name(),
    };
    if fits {
        return Ok(());
    }
    let why = if given.is_empty() {
        "this is dear: it needs the name".to_owned()
    } else {
        format!("this is not about {}", SafeText::name(given))
    };
    Err(Fault::refused(format!(
        "{why}; to agree beforehand: {}",
        yes(plan)
    )))
}

/// Who acts: said beforehand, or asked for.
async fn operator(context: &Context, ask: bool) -> Result<SafeText, Fault> {
    if let Some(name) = &context.config.settings.preferences.operator {
        return Ok(SafeText::name(name));
    }
    if !ask {
        return Err(Fault::usage(
            "say who acts: --operator NAME, or QUARTERDECK_OPERATOR; a shared account is not a person",
        ));
    }
    let name = line("Who acts? ").await?;
    match name.trim() {
        "" => Err(Fault::refused("nobody acts; nothing was sent")),
        name => Ok(SafeText::name(name)),
    }
}

/// What somebody types at the terminal; an error when that is no.
async fn answer(plan: &Plan<Previewed>) -> Result<String, Fault> {
    match plan.preview().risk {
        Risk::Typed => line(&format!("Type {} to go on: ", plan.target().typed_name())).await,
        Risk::Plain => {
            let typed = line("Go on? [y/N] ").await?;
            match typed.trim() {
                "y" | "Y" | "yes" => Ok(String::new()),
                _ => Err(Fault::refused("not confirmed; nothing was sent")),
            }
        }
    }
}

async fn line(question: &str) -> Result<String, Fault> {
    let question = question.to_owned();
    let read = move || {
        // What was typed ahead is no answer to this. Where nothing can be thrown away, nothing waits.
        let _ = tcflush(io::stdin(), QueueSelector::IFlush);
        let mut err = io::stderr().lock();
        err.write_all(question.as_bytes())?;
        err.flush()?;
        drop(err);
        let mut typed = String::new();
        io::stdin().lock().read_line(&mut typed)?;
        Ok::<_, io::Error>(typed)
    };
    let typed = spawn_blocking(read).await.map_err(Fault::failed)??;
    if typed.is_empty() {
        return Err(Fault::refused("not confirmed; nothing was sent"));
    }
    Ok(typed.trim_end_matches('\n').to_owned())
}
