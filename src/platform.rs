//! What runs services: reading it, following its logs, carrying out plans.
//!
//! A closed set of platforms behind one concrete handle. Collecting and drawing run side by side and never block each
//! other: state is a `watch` (latest wins), events are lossless, and each answer comes by its own channel.

mod answer;
mod backoff;
mod crash_loop;
pub mod docker;
mod echo;
mod follow;
#[cfg(test)]
#[path = "../tests/support/fuzz.rs"]
mod harness;
mod history;
mod in_flight;
mod known_good;
pub mod kubernetes;
mod lines;
mod outbox;
mod own_thread;
pub(crate) mod program;
mod published;
mod secrets;
pub mod sim;

pub use self::{
    in_flight::{Flight, InFlight},
    own_thread::wait_for_ends,
};

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        capabilities::Capabilities,
        details::{Details, PlatformEvent},
        instance::InstanceId,
        log::{LogEvent, Since},
        namespace::Namespace,
        proxied::Proxied,
        service::ServiceId,
        source::SourceState,
    },
    plan::{
        Ask, Carry, Preview, Refusal,
        exec::{ArchiveStream, ExecSpec, ExecStream},
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
    /// The namespaces that may be chosen, by name, and what may be seen there.
    Namespaces(oneshot::Sender<Result<Vec<Namespace>, SafeText>>),
    /// These services are on screen: their figures are to be fresh. Others may be slower.
    Visible(Vec<ServiceId>),
    /// The platform's own description of an instance, whole, by which it could be made anew. It holds secrets: it is kept
    /// in files of mode 0600, and never shown.
    Describe(InstanceId, oneshot::Sender<Result<Bytes, SafeText>>),
    /// Run a program inside an instance.
    Exec(ExecSpec, oneshot::Sender<Result<ExecStream, SafeText>>),
    /// A folder inside an instance, as tar; it needs no program there.
    Archive(
        InstanceId,
        String,
        oneshot::Sender<Result<ArchiveStream, SafeText>>,
    ),
    /// A page of a Service that only the platform leads to.
    Fetch(FetchRequest),
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

/// A page that is asked for by GET; that its asker has no patience left is told by a receiver that is gone.
#[derive(Debug)]
pub struct FetchRequest {
    /// Which page.
    pub page: Proxied,
    /// Whether its text is wanted too, and not only how it answers.
    pub text: bool,
    /// Answered once.
    pub answer: oneshot::Sender<Result<Fetched, Unfetched>>,
}

/// More of an answer over HTTP is not read, in bytes.
pub const MOST_OF_AN_ANSWER: usize = 16 << 20;

/// What is said of one that is longer.
pub const TOO_LONG_AN_ANSWER: SafeText = SafeText::from_static("the answer is larger than 16 MiB");

/// What a Service answered, whatever it says of it.
#[derive(Debug)]
pub struct Fetched {
    /// Its status.
    pub status: StatusCode,
    /// Its text; where that was not wanted, perhaps none.
    pub text: Bytes,
    /// How long the head of the answer took.
    pub took: Duration,
}

/// Why there is no answer of a Service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfetched {
    /// It was not reached: nobody answers there.
    Unreached(SafeText),
    /// It was not asked, or not so that anything is known of it: it may not be, there is none, or whoever leads there does not
    /// answer.
    Unasked(SafeText),
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
