//! What runs services: reading it, following its logs, carrying out plans.
//!
//! A closed set of platforms behind one concrete handle. Collecting and drawing run side by side and never block each
//! other: state is a `watch` (latest wins), events are lossless, and each answer comes by its own channel.

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        action::Action,
        details::{Details, Happening},
        instance::InstanceId,
        log::{LogEvent, Since},
        service::ServiceId,
        source::SourceState,
    },
    plan::{
        Ask, Carry, Preview, Refusal,
        exec::{ExecSpec, ExecStream},
    },
    text::SafeText,
};

/// The one way to a platform, whichever it is. Dropping it ends the platform's tasks.
#[derive(Debug)]
pub struct PlatformHandle {
    /// Latest wins: a slow screen skips, never queues.
    pub state: watch::Receiver<SourceState>,
    /// Lossless; a gap is an event of its own.
    pub events: mpsc::Receiver<PlatformEvent>,
    /// Questions and orders.
    pub requests: mpsc::Sender<Request>,
    /// What can be done here.
    pub capabilities: Capabilities,
}

/// Something that happened on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlatformEvent {
    /// In words, for the events view.
    Happened(Happening),
    /// Events between the two moments may have been missed.
    Gap {
        /// The last one seen before.
        from: Timestamp,
        /// The first one seen after.
        to: Timestamp,
    },
}

/// What can be done here, and the reason where it cannot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Nothing may be changed (asked for by the operator); refused where requests leave, whatever the screen does.
    pub read_only: bool,
    /// Programs can be run inside instances.
    pub exec: bool,
    /// The platform carries out backups by itself (the simulator does).
    pub own_backups: bool,
    /// Actions that can't be done here at all, by [`Action::word`], with the reason.
    pub refused: Vec<(String, SafeText)>,
}

impl Capabilities {
    /// The reason why an action can't be done here; `None` when it can.
    pub fn refuses(&self, action: &Action) -> Option<SafeText> {
        if self.read_only {
            return Some(SafeText::from_static(
                "read-only: this console was started to look, not to change",
            ));
        }
        self.refused
            .iter()
            .find(|(word, _)| word == action.word())
            .map(|(_, why)| why.clone())
    }
}

/// A question or an order for a platform. Each answer goes to the channel in it; a receiver that is gone cancels it.
#[derive(Debug)]
pub enum Request {
    /// What would it mean?
    Preview(Box<Ask>, oneshot::Sender<Result<Preview, Refusal>>),
    /// Do it.
    Carry(Box<CarryRequest>),
    /// Follow logs until the token is cancelled or the receiver is gone.
    Logs(LogRequest),
    /// Look closely at a service.
    Details(ServiceId, oneshot::Sender<Result<Details, SafeText>>),
    /// The platform's own description of an instance, as pretty-printed text with secrets masked.
    Raw(InstanceId, oneshot::Sender<Result<String, SafeText>>),
    /// These services are on screen: their figures are to be fresh. Others may be slower.
    Visible(Vec<ServiceId>),
    /// Run a program inside an instance.
    Exec(ExecSpec, oneshot::Sender<Result<ExecStream, SafeText>>),
    /// Open a terminal inside an instance.
    Shell(ShellRequest),
    /// Read everything anew.
    Refresh,
}

/// [`Carry`] has no `Debug`; this wraps it.
pub struct CarryRequest(pub Carry);

impl std::fmt::Debug for CarryRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Carry").field(&self.0.plan.id()).finish()
    }
}

/// A subscription to logs.
#[derive(Debug)]
pub struct LogRequest {
    /// Of which services; instances that join are followed too. Empty means all.
    pub services: Vec<ServiceId>,
    /// From when on.
    pub since: Since,
    /// The run of the process before the present one, where the platform has it.
    pub previous: bool,
    /// Whether to go on with what is yet to come.
    pub follow: bool,
    /// Bounded: when it is full the reader keeps its own ring and counts what falls out.
    pub sink: mpsc::Sender<LogEvent>,
    /// Ends it.
    pub stop: CancellationToken,
}

/// A terminal inside an instance.
#[derive(Debug)]
pub struct ShellRequest {
    /// Which instance.
    pub instance: InstanceId,
    /// What the operator types.
    pub input: mpsc::Receiver<Bytes>,
    /// What the instance prints; closed when the shell has ended.
    pub output: mpsc::Sender<Bytes>,
    /// Columns and rows, as they change.
    pub size: watch::Receiver<(u16, u16)>,
    /// Answered once it runs, or with the reason why not.
    pub opened: oneshot::Sender<Result<(), SafeText>>,
}
