//! Carrying a plan out before the eyes of whoever asked for it.

use std::{sync::Arc, time::Duration};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use super::{Agreement, tell};
use crate::{
    app::{
        conduct::Step,
        ledger::Ledger,
        operate::{self, Hands, Told},
    },
    cli::{
        again::Again,
        alerts,
        context::{Context, Reached},
        exit::{Exit, Fault},
        out::{self, Paint, Style},
    },
    clock,
    plan::{Confirmed, Outcome, Plan, Progress, StepState},
    text::{SafeText, counted},
};

/// What came of it.
pub(super) struct Carried {
    pub(super) exit: Exit,
    pub(super) word: &'static str,
    pub(super) sentence: String,
    /// Critical alerts on it that remain.
    pub(super) remain: usize,
    pub(super) operation: Option<SafeText>,
    pub(super) done: usize,
    pub(super) took: Duration,
}

/// Carries it out and tells how it goes. The first ctrl-C begins no further step, the second leaves.
pub(super) async fn carry(
    context: &Context,
    reached: &Reached,
    hands: Hands,
    ledger: Arc<Ledger>,
    plan: Plan<Confirmed>,
    step: Option<Step>,
    agreement: &Agreement,
) -> Result<Carried, Fault> {
    let (style, again) = (&context.style(), &context.again);
    let began = clock::now();
    let mut signals = Signals::listen()?;
    let stop = CancellationToken::new();
    let (told, mut heard) = mpsc::channel(64);
    tokio::spawn(operate::carry(
        hands,
        ledger,
        plan.clone(),
        step,
        stop.clone(),
        told,
    ));
    let mut teller = Teller {
        plan: &plan,
        style,
        again,
        operation: None,
        done: 0,
        waiting: SafeText::default(),
    };
    let outcome = loop {
        tokio::select! {
            biased;
            () = signals.next() => {
                if stop.is_cancelled() {
                    return Err(Fault::Said(Exit::Stopped, teller.unfinished()));
                }
                stop.cancel();
                out::say("no further step is begun; the one under way is waited for (ctrl-C again leaves at once)");
            }
            told = heard.recv() => match told {
                Some(Told::Progress(Progress::Ended(outcome))) => break outcome,
                Some(Told::Progress(progress)) => {
                    if let Some(line) = teller.tell(progress) {
                        // Whoever closed the pipe does not stop an action in its middle.
                        let _ = tell(agreement, &line);
                    }
                }
                Some(Told::Refused(why)) => {
                    return Err(Fault::refused(format!("{why}; nothing was sent")));
                }
                Some(Told::Unrecordable(why)) => {
                    return Err(Fault::refused(format!(
                        "{why}; nothing was sent. Mend that, or act without a record: --unrecorded"
                    )));
                }
                None => break Outcome::Unverified(operate::gone()),
            },
        }
    };
    let exit = exit_of(&outcome);
    let service = &plan.target().service;
    let remain = match exit {
        Exit::Done => alerts::remaining(context, reached, service).await,
        _ => 0,
    };
    let sentence = outcome.beside(remain, service);
    let paint = match (exit, remain) {
        (Exit::Done, 0) => Paint::Good,
        (Exit::Done, _) => Paint::Warning,
        _ => Paint::Critical,
    };
    let mut said = format!("{}\n", style.paint(paint, &sentence));
    if exit != Exit::Done
        && let Some(id) = &teller.operation
    {
        let audit = again.command(&format!("audit --steps --operation {id}"));
        said = format!("{said}the record: {audit}\n");
    }
    let _ = tell(agreement, &said);
    let took = clock::now().duration_since(began).unsigned_abs();
    Ok(Carried {
        exit,
        word: outcome.word(),
        sentence,
        remain,
        done: teller.done,
        took,
        operation: teller.operation,
    })
}

/// The code that an outcome ends with.
const fn exit_of(outcome: &Outcome) -> Exit {
    match outcome {
        Outcome::Verified(_) => Exit::Done,
        Outcome::Unverified(_) => Exit::Unverified,
        Outcome::Failed { .. } => Exit::Failed,
        Outcome::Superseded { .. } | Outcome::Reverted { .. } => Exit::Changed,
        Outcome::Cancelled { .. } => Exit::Stopped,
    }
}

/// Puts progress into words.
struct Teller<'a> {
    plan: &'a Plan<Confirmed>,
    style: &'a Style,
    again: &'a Again,
    operation: Option<SafeText>,
    done: usize,
    waiting: SafeText,
}

impl Teller<'_> {
    /// The line to print; `None` where there is nothing new.
    fn tell(&mut self, progress: Progress) -> Option<String> {
        let glyphs = self.style.glyphs;
        let (sign, paint, words) = match progress {
            Progress::Begun(id) => {
                let words = format!("operation {id}");
                self.operation = Some(id);
                (glyphs.pending, Paint::Dim, words)
            }
            Progress::Step(at, StepState::Running) => (glyphs.pending, Paint::Dim, self.step(at)),
            Progress::Step(at, StepState::Done) => {
                self.done += 1;
                (glyphs.good, Paint::Good, self.step(at))
            }
            Progress::Step(at, StepState::Failed(why)) => (
                glyphs.bad,
                Paint::Critical,
                format!("{}: {why}", self.step(at)),
            ),
            Progress::Step(at, StepState::Uncertain) => {
                let words = format!(
                    "{}: no answer; the platform is read to find out",
                    self.step(at)
                );
                (glyphs.unknown, Paint::Warning, words)
            }
            Progress::Waiting(what) if what.is_empty() || what == self.waiting => return None,
            Progress::Waiting(what) => {
                let words = what.to_string();
                self.waiting = what;
                (glyphs.absent, Paint::Dim, words)
            }
            Progress::PuttingBack(how) => (
                glyphs.warning,
                Paint::Warning,
                format!("putting back: {how}"),
            ),
            Progress::Ended(_) => return None,
        };
        Some(format!(
            "{}\n",
            self.style.paint(paint, &format!("{sign} {words}"))
        ))
    }

    fn step(&self, at: usize) -> String {
        let steps = &self.plan.preview().steps;
        match steps.get(at) {
            Some(step) => format!("{}/{} {} {}", at + 1, steps.len(), step.verb, step.object),
            // A step of the way back; the plan did not hold it.
            None => format!("step {}", at + 1),
        }
    }

    fn unfinished(&self) -> String {
        let of = self.plan.preview().steps.len();
        let how = match &self.operation {
            Some(id) => {
                let resume = self.again.command(&format!("resume {id}"));
                format!("{resume} with --go-on, --put-back or --leave")
            }
            None => "it had not begun".to_owned(),
        };
        format!(
            "{} {} is unfinished, {} of {} done: {how}",
            self.plan.action().word(),
            self.plan.target().service,
            self.done,
            counted(of, "step"),
        )
    }
}

/// What tells us to stop.
struct Signals([Signal; 3]);

impl Signals {
    fn listen() -> Result<Self, Fault> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn next(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
