//! What can happen, and when.

use thiserror::Error;

use super::{End, Event, Finding, Run, State, Step, What, step::between};
use crate::{
    checklist::document::{Item, ItemId, Kind},
    text::SafeText,
};

/// Why something cannot happen.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// The record does not begin at the beginning.
    #[error("the record of this run has no beginning")]
    NoStart,
    /// Its beginning was before.
    #[error("it has begun already")]
    Begun,
    /// The document is not the one that was begun with.
    #[error("the file is not the one that this run began with")]
    OtherFile,
    /// There is nothing of that name.
    #[error("{0}")]
    NoList(SafeText),
    /// It has no such item.
    #[error("there is no step {0} in this run")]
    NoItem(ItemId),
    /// Nothing but notes follows the end.
    #[error("this run is over")]
    Over,
    /// Nobody is named.
    #[error("it does not say who")]
    Nameless,
    /// Nothing was said.
    #[error("a reason is needed")]
    NoReason,
    /// Somebody else has control.
    #[error("{0} has control")]
    NotInControl(SafeText),
    /// Control was not offered.
    #[error("control was not offered to you; {0} has it")]
    NotOffered(SafeText),
    /// The same person cannot be the second one.
    #[error("a second person is needed: you have control")]
    NotASecondPerson,
    /// One person says go once.
    #[error("you said so already; one other person is needed")]
    SaidAlready,
    /// That is done with a step of another kind.
    #[error("this step is settled otherwise: it is a {0}")]
    OtherKind(&'static str),
    /// It is not so far, or already further.
    #[error("this step is {0}")]
    OtherState(State),
    /// It must not be left out.
    #[error("this step may not be skipped; a second person can waive it")]
    Killer,
    /// Something before it has to be settled.
    #[error("step {0} comes first: {1}")]
    NotYet(ItemId, SafeText),
    /// Something after it was gone on with since it was settled.
    #[error("step {0} was gone on with because of it; a note can say what is not so")]
    StoodOn(ItemId),
    /// Not so long yet.
    #[error("its time is not over")]
    TooEarly,
    /// An operation belongs to one step, once.
    #[error("this is not the action of that step")]
    OtherOperation,
    /// It is as it was.
    #[error("nothing has changed")]
    Same,
}

/// Whether two names are of one person: however they are written, in capitals or not.
pub fn same_person(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

pub(super) fn named(by: &str) -> Result<(), Refused> {
    require(!by.trim().is_empty(), Refused::Nameless)
}

fn require(holds: bool, refused: Refused) -> Result<(), Refused> {
    if holds { Ok(()) } else { Err(refused) }
}

fn reasoned(reason: &str) -> Result<(), Refused> {
    require(!reason.trim().is_empty(), Refused::NoReason)
}

/// What acts, or may have acted, is no longer left out; nor what is settled.
fn may_be_left_out(step: &Step) -> Result<(), Refused> {
    let open = matches!(
        step.state,
        State::Pending | State::Running | State::Failed | State::Stale | State::Skipped
    );
    require(open && !step.is_acting(), Refused::OtherState(step.state))
}

impl Run {
    /// Whether it can happen.
    ///
    /// # Errors
    /// It cannot; says why.
    pub fn admit(&self, event: &Event) -> Result<(), Refused> {
        let Event { at, by, what, .. } = event;
        named(by)?;
        if let What::Noted { item, text } = what {
            reasoned(text)?;
            return item.map_or(Ok(()), |item| self.find(item).map(drop));
        }
        require(self.ended.is_none(), Refused::Over)?;
        let pilot = || {
            let refused = Refused::NotInControl(self.pilot.clone());
            require(same_person(by, &self.pilot), refused)
        };
        if let Some(id) = what.item() {
            let (item, step) = self.find(id)?;
            if matches!(
                what,
                What::Attested { .. }
                    | What::TakenBack { .. }
                    | What::Skipped { .. }
                    | What::DoBegun { .. }
            ) {
                pilot()?;
            }
            return self.admit_on(event, item, step);
        }
        match what {
            What::Started(_) => Err(Refused::Begun),
            What::BreachBegun { .. } => require(self.breach.is_none(), Refused::Same),
            What::BreachEnded { .. } => require(self.breach.is_some(), Refused::Same),
            What::ControlGiven { to } => {
                pilot()?;
                named(to)?;
                require(!same_person(to, &self.pilot), Refused::Same)
            }
            What::ControlTaken { first_is_gone } => {
                require(!same_person(by, &self.pilot), Refused::Same)?;
                let offered = self
                    .offered
                    .as_deref()
                    .is_some_and(|to| same_person(to, by));
                let refused = Refused::NotOffered(self.pilot.clone());
                require(offered || *first_is_gone, refused)
            }
            What::Resumed => pilot(),
            What::FileChanged { hash } => {
                let now = self.changed.as_ref().unwrap_or(&self.start.hash);
                require(hash != now, Refused::Same)
            }
            What::Ended(end) => {
                pilot()?;
                require(*at >= self.began, Refused::TooEarly)?;
                match end {
                    End::Done => self.next().map_or(Ok(()), |id| Err(self.not_yet(id))),
                    End::Left { reason } => {
                        reasoned(reason)?;
                        let acting = self.steps.iter().find(|(_, step)| step.is_acting());
                        acting.map_or(Ok(()), |(id, _)| Err(self.not_yet(*id)))
                    }
                }
            }
            // All others are about an item.
            _ => Ok(()),
        }
    }

    fn admit_on(&self, event: &Event, item: &Item, step: &Step) -> Result<(), Refused> {
        use State::{
            Attested, Failed, Passed, Pending, Running, Skipped, Stale, Uncertain, Waived,
        };
        let within = |states: &[State]| {
            require(
                states.contains(&step.state),
                Refused::OtherState(step.state),
            )
        };
        let kind = |holds: bool| require(holds, Refused::OtherKind(item.kind.word()));
        let soaks = matches!(item.kind, Kind::Soak(..));
        match &event.what {
            What::Checked { found, .. } => {
                match item.kind {
                    Kind::Check(_) => within(&[Pending, Running, Passed, Failed, Stale, Skipped])?,
                    Kind::Do(_, Some(_)) => {
                        // Before it is done, nothing that is true is of its doing.
                        require(step.done, Refused::OtherState(step.state))?;
                        within(&[Running, Passed, Failed, Stale])?;
                    }
                    _ => kind(false)?,
                }
                // Whoever left it out is not told that nobody knows.
                let left = step.state == Skipped && *found == Finding::Unknown;
                require(!left, Refused::OtherState(step.state))
            }
            What::Attested { .. } => {
                kind(matches!(item.kind, Kind::Attest))?;
                within(&[Pending, Failed, Stale, Skipped])
            }
            What::TakenBack { reason, .. } => {
                within(&[Attested])?;
                self.nothing_stands_on(item)?;
                reasoned(reason)
            }
            What::Skipped { reason, .. } => {
                require(!item.binds(), Refused::Killer)?;
                reasoned(reason)?;
                may_be_left_out(step)
            }
            What::Waived { reason, .. } => {
                require(
                    !same_person(&event.by, &self.pilot),
                    Refused::NotASecondPerson,
                )?;
                reasoned(reason)?;
                may_be_left_out(step)
            }
            What::DoBegun {
                item: id,
                operation,
            } => {
                kind(matches!(item.kind, Kind::Do(..)))?;
                within(&[Pending, Failed, Stale, Skipped])?;
                let new = !operation.as_str().is_empty() && !self.operations.contains(operation);
                require(new, Refused::OtherOperation)?;
                self.may_act(*id)
            }
            What::DoEnded { operation, .. } => {
                require(step.is_acting(), Refused::OtherState(step.state))?;
                let own = step.operation.as_ref() == Some(operation);
                require(own, Refused::OtherOperation)
            }
            What::Uncertain { .. } => require(step.is_acting(), Refused::OtherState(step.state)),
            What::Resolved { .. } => within(&[Uncertain]),
            What::SoakBegun { .. } => {
                kind(soaks)?;
                within(&[Pending, Running, Failed, Stale, Skipped])?;
                require(step.clock.is_none(), Refused::Same)
            }
            What::SoakReset { .. } => {
                kind(soaks)?;
                require(step.clock.is_some(), Refused::Same)
            }
            What::SoakHeld { .. } => {
                let Kind::Soak(_, long) = item.kind else {
                    return kind(false);
                };
                let clock = step.clock.ok_or(Refused::TooEarly)?;
                let held = event.at >= clock && between(clock, event.at) >= long;
                require(held, Refused::TooEarly)
            }
            What::TimedOut { .. } => {
                // What holds only has to go on: it would begin again at once, and be too late again, without end. And an
                // action that nobody has agreed to yet takes no time.
                let begun = step.done || !matches!(item.kind, Kind::Do(..));
                let waits = step.is_awaited() && step.clock.is_none() && begun;
                require(waits, Refused::OtherState(step.state))?;
                // While no console looked, nothing could come true.
                let cut = self.interrupted;
                let from = step
                    .since
                    .map(|since| cut.map_or(since, |cut| since.max(cut)));
                let over = item.timeout.zip(from);
                let over = over.is_some_and(|(most, from)| between(from, event.at) >= most);
                require(over, Refused::TooEarly)
            }
            What::Go { item: id } => {
                kind(matches!(item.kind, Kind::Gate))?;
                within(&[Pending, Running, Failed, Stale, Skipped])?;
                let again = step.go.iter().any(|name| same_person(name, &event.by));
                require(!again, Refused::SaidAlready)?;
                self.all_before(*id, |_| true)
            }
            What::NoGo { reason, .. } => {
                kind(matches!(item.kind, Kind::Gate))?;
                reasoned(reason)?;
                within(&[Pending, Running, Failed, Stale, Skipped])
            }
            What::WentStale { .. } => within(&[Passed, Attested]),
            _ => within(&[
                Pending, Running, Passed, Attested, Failed, Skipped, Waived, Stale,
            ]),
        }
    }

    /// Whether nothing that binds has to come before an item's action.
    ///
    /// # Errors
    /// Something has; says what.
    pub fn may_act(&self, id: ItemId) -> Result<(), Refused> {
        self.all_before(id, Item::binds)
    }

    fn not_yet(&self, id: ItemId) -> Refused {
        let item = self.document.item(id);
        let text = item.map(|item| item.text.clone());
        Refused::NotYet(id, text.unwrap_or_default())
    }

    /// Whether all those that bind, of the items before it, are settled.
    fn all_before(&self, id: ItemId, binds: impl Fn(&Item) -> bool) -> Result<(), Refused> {
        let before = self.steps().take_while(|(item, _)| item.id != id);
        let mut open = before.filter(|(item, step)| binds(item) && !step.state.is_settled());
        open.next()
            .map_or(Ok(()), |(item, _)| Err(self.not_yet(item.id)))
    }

    /// Whether nothing behind an item was gone on with because it was settled: no gate; nor an action, where it binds.
    ///
    /// # Errors
    /// Something was; says what.
    pub fn nothing_stands_on(&self, item: &Item) -> Result<(), Refused> {
        let stands = |(after, step): &(&Item, &Step)| match after.kind {
            Kind::Gate => !step.go.is_empty(),
            Kind::Do(..) => item.binds() && step.acted,
            _ => false,
        };
        let behind = self.steps().skip_while(|(other, _)| other.id != item.id);
        let mut standing = behind.skip(1).filter(stands);
        let first = standing.next();
        first.map_or(Ok(()), |(on, _)| Err(Refused::StoodOn(on.id)))
    }

    fn find(&self, id: ItemId) -> Result<(&Item, &Step), Refused> {
        let found = self.document.item(id).zip(self.steps.get(&id));
        found.ok_or(Refused::NoItem(id))
    }
}
