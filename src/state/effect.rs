//! Everything that is to be done outside the model, as data. The runtime in `app` carries it out.

use crate::{
    domain::{
        action::Action, alert::Fingerprint, instance::InstanceId, log::Since, service::ServiceId,
    },
    plan::{Confirmed, Plan, PlanId, Target},
    text::SafeText,
};

use super::{
    msg::{OpId, SubscriptionId},
    place::Destination,
    walking::ChecklistWork,
};

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// By the loop itself, between two messages.
    Loop(Loop),
    /// By a task beside the loop; what comes of it comes back as a message.
    Work(Work),
}

/// What the loop does itself: it has the screen and the connection.
#[derive(Clone, Debug, PartialEq)]
pub enum Loop {
    /// Leave.
    Quit,
    /// Into the background of the shell.
    Suspend,
    /// Draw every cell anew.
    Repaint,
    /// Take the mouse, or give it back.
    CaptureMouse(bool),
    /// To the clipboard, by OSC 52.
    Copy(String),
    /// Ring the terminal's bell.
    Bell,
    /// A terminal inside an instance: the screen steps aside and returns whole.
    Shell(InstanceId),
    /// Read the settings anew.
    Reload,
    /// To another place.
    Go(Destination),
    /// Let what stands at that place of [`Place::mishaps`](super::Place::mishaps) go wrong; `None` ends all that lasts.
    LetGoWrong(Option<usize>),
    /// To a simulated copy of what is shown. What was real is not reached any more, until it is gone back to.
    Rehearse,
    /// Back from there.
    EndRehearsal,
}

/// What a task does.
#[derive(Clone, Debug, PartialEq)]
pub enum Work {
    /// What would it mean? Answered by [`Msg::Previewed`](super::Msg::Previewed).
    Preview {
        /// The question's number.
        op: OpId,
        /// What to do.
        action: Action,
        /// To what, as frozen.
        target: Box<Target>,
        /// The operation in the journal that this takes up again.
        resumes: Option<SafeText>,
    },
    /// Do it; told by [`Msg::Progress`](super::Msg::Progress).
    Carry(Box<Plan<Confirmed>>),
    /// Begin no further step of it.
    Halt(PlanId),
    /// An unfinished action of an earlier console is left as it is, and that is written down.
    Forget(SafeText),
    /// Follow logs; replaces the subscription before.
    FollowLogs {
        /// Its number.
        subscription: SubscriptionId,
        /// Of which services; empty means all.
        services: Vec<ServiceId>,
        /// From when on.
        since: Since,
        /// The run of the process before the present one.
        previous: bool,
    },
    /// Look closely. Answered by [`Msg::LookedClosely`](super::Msg::LookedClosely).
    LookClosely(OpId, ServiceId),
    /// The raw object. Answered by [`Msg::Inspected`](super::Msg::Inspected).
    Inspect(OpId, InstanceId),
    /// Which namespaces are there? Answered by [`Msg::Namespaces`](super::Msg::Namespaces).
    Namespaces(OpId),
    /// These are on screen: their figures are to be fresh.
    Visible(Vec<ServiceId>),
    /// Acknowledge an alert for so many minutes (0 takes it back); told by a notice.
    Acknowledge {
        /// Which.
        fingerprint: Fingerprint,
        /// What it says.
        summary: SafeText,
        /// Who.
        by: SafeText,
        /// For how long.
        minutes: u32,
    },
    /// Write text to a file of that name in the current folder, without overwriting; told by a notice.
    Save {
        /// A file name.
        name: String,
        /// The text.
        text: String,
    },
    /// Read the platform anew.
    Refresh,
    /// About checklists.
    Checklist(ChecklistWork),
}

impl From<Loop> for Effect {
    fn from(its: Loop) -> Self {
        Self::Loop(its)
    }
}

impl From<Work> for Effect {
    fn from(its: Work) -> Self {
        Self::Work(its)
    }
}
