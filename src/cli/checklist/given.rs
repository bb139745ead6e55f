//! What people say of a walk without a screen, and what they agree to: given beforehand, and held against the list before
//! anything is begun.

use clap::Args;

use crate::{
    checklist::{Item, ItemId, Kind, Run, State, Step, same_person},
    cli::{
        act::Beforehand,
        exit::{Exit, Fault},
    },
    domain::snapshot::Snapshot,
    text::SafeText,
};

/// What is given beforehand.
#[derive(Debug, Args)]
pub(super) struct Given {
    /// A step that you have made sure of, by its number: checklist list FILE shows them; may be given again
    #[arg(long, value_name = "STEP")]
    attest: Vec<u32>,
    /// The second person who says go, at every gate
    #[arg(long, value_name = "NAME")]
    go: Option<String>,
    /// Begin although something is not given: the run stops where it is needed, and --resume goes on
    #[arg(long)]
    pub(super) partly: bool,
    /// What you saw of a step's action of which nobody knows: it happened
    #[arg(long, value_name = "STEP=WORDS", value_parser = seen, requires = "resume")]
    happened: Vec<Seen>,
    /// The same: it did not happen, and is to be done
    #[arg(long, value_name = "STEP=WORDS", value_parser = seen, requires = "resume")]
    not_happened: Vec<Seen>,
    #[command(flatten)]
    pub(super) beforehand: Beforehand,
}

/// What somebody saw of a step's action.
#[derive(Clone, Debug)]
struct Seen {
    item: ItemId,
    words: SafeText,
}

fn seen(written: &str) -> Result<Seen, String> {
    let read = written.split_once('=').and_then(|(step, words)| {
        let (item, words) = (step.trim().parse().ok()?, SafeText::line(words.trim()));
        (!words.is_empty()).then_some(Seen {
            item: ItemId(item),
            words,
        })
    });
    read.ok_or_else(|| "write the step's number and what you saw: 4='both copies are new'".into())
}

impl Given {
    /// What was seen of a step's action: whether it happened, and what says so.
    pub(super) fn seen(&self, item: ItemId) -> Option<(bool, &SafeText)> {
        let of = |all: &'_ [Seen]| all.iter().position(|seen| seen.item == item);
        let happened = of(&self.happened).map(|at| (true, &self.happened[at].words));
        happened.or_else(|| of(&self.not_happened).map(|at| (false, &self.not_happened[at].words)))
    }

    /// Whether a run can be walked to its end with this, as far as that can be known before.
    ///
    /// # Errors
    /// All that is wrong with it, and all that is missing.
    pub(super) fn fits(&self, run: &Run, environment: &str, there: &Snapshot) -> Result<(), Fault> {
        let mut told = self.wrong(run);
        told.extend(self.agreed_to_nothing(run, environment, there));
        let exit = if told.is_empty() {
            Exit::Refused
        } else {
            Exit::Usage
        };
        let before = told.len();
        if !self.partly {
            let steps = run.steps();
            told.extend(steps.filter_map(|(item, step)| self.lacks(run, item, step)));
        }
        if told.is_empty() {
            return Ok(());
        }
        if told.len() > before {
            told.push("or go as far as that, and on with --resume: --partly".to_owned());
        }
        let told = told.join("\n  ");
        Err(Fault::Said(exit, format!("nothing was begun:\n  {told}")))
    }

    /// What a step needs that is not given; `None` where it needs nothing, or that is not known yet.
    pub(super) fn lacks(&self, run: &Run, item: &Item, step: &Step) -> Option<String> {
        if step.state.is_settled() {
            return None;
        }
        let how = match &item.kind {
            Kind::Attest if self.attest.contains(&item.id.0) => return None,
            Kind::Attest => format!("nobody attested it; --attest {}", item.id),
            Kind::Gate => {
                let mut names = step.go.iter().map(SafeText::as_str).chain(self.go());
                if names.any(|name| !same_person(name, run.pilot())) {
                    return None;
                }
                let who = if self.go.is_some() {
                    "one person is not two"
                } else {
                    "a second person has to say go"
                };
                format!("{who}; --go NAME")
            }
            Kind::Do(order, _) => {
                let acted = step.done || step.is_acting();
                if acted || matches!(step.state, State::Uncertain | State::Failed) {
                    return None;
                }
                if order.action().is_none() {
                    "it does not say which image; write that in the list".to_owned()
                } else if self.beforehand.yes.is_empty() {
                    "it acts only when that is agreed to; --yes".to_owned()
                } else {
                    return None;
                }
            }
            Kind::Check(_) | Kind::Soak(..) => return None,
        };
        Some(format!("{}: {how}", named(item)))
    }

    /// The second person.
    pub(super) fn go(&self) -> Option<&str> {
        self.go.as_deref()
    }

    /// What is said of steps that there are not, or of which it cannot be said.
    fn wrong(&self, run: &Run) -> Vec<String> {
        let attested = self.attest.iter().map(|id| ("--attest", ItemId(*id)));
        let seen = |option, all: &[Seen]| -> Vec<(&str, ItemId)> {
            all.iter().map(|seen| (option, seen.item)).collect()
        };
        let seen = [
            seen("--happened", &self.happened),
            seen("--not-happened", &self.not_happened),
        ];
        let said = attested.chain(seen.into_iter().flatten());
        said.filter_map(|(option, id)| {
            let found = run.document().item(id).zip(run.step(id));
            let why = match found {
                None => format!("there is no step {id} in this run"),
                Some((item, _)) if option == "--attest" => {
                    if matches!(item.kind, Kind::Attest) {
                        return None;
                    }
                    let is = item.kind.word();
                    format!("{} is not attested: it is a {is}", named(item))
                }
                Some((item, step)) if step.state != State::Uncertain => {
                    format!("{} is {}, not uncertain", named(item), step.state)
                }
                Some((item, _)) if self.said_twice(id) => {
                    format!("of {} one thing alone can be so", named(item))
                }
                Some(_) => return None,
            };
            Some(format!("{option} {id}: {why}"))
        })
        .collect()
    }

    fn said_twice(&self, id: ItemId) -> bool {
        let all = self.happened.iter().chain(&self.not_happened);
        all.filter(|seen| seen.item == id).count() > 1
    }

    /// Names in `--yes` that no step acts on. Where one acts on what is not there yet, nobody knows its name.
    fn agreed_to_nothing(&self, run: &Run, environment: &str, there: &Snapshot) -> Vec<String> {
        let mut names = Vec::new();
        for (item, _) in run.steps() {
            if let Kind::Do(order, _) = &item.kind {
                let services = there.named(&order.about);
                if services.is_empty() {
                    return Vec::new();
                }
                let typed = services
                    .iter()
                    .map(|s| format!("{environment}/{}", s.id.name));
                names.extend(typed);
            }
        }
        let unknown = |yes: &&String| !yes.is_empty() && !names.contains(yes);
        let unknown = self.beforehand.yes.iter().filter(unknown);
        let told = |yes: &String| format!("--yes={}: no step acts on that", SafeText::name(yes));
        unknown.map(told).collect()
    }
}

/// A step as it is told of.
pub(super) fn named(item: &Item) -> String {
    format!("step {}, {}", item.id, item.text)
}
