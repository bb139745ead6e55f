//! Running a program inside an instance: how a backup reads a database, and how a shell is opened.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::domain::instance::InstanceId;

/// What to run. The arguments are visible to everyone on the host, so no secret is ever among them; secrets go by `input`.
#[derive(Clone, Debug)]
pub struct ExecSpec {
    /// Inside which instance.
    pub instance: InstanceId,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// As which user; `None` is the image's own.
    pub user: Option<String>,
    /// Written to standard input, which is then closed.
    pub input: Bytes,
}

/// A running program.
#[derive(Debug)]
pub struct ExecStream {
    /// Its standard output, in order; bounded, so a slow reader slows the program.
    pub output: mpsc::Receiver<Bytes>,
    /// How it ended, once the output is closed.
    pub ended: oneshot::Receiver<ExecEnd>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecEnd {
    /// Its exit code; `None` when the connection was lost before it was known.
    pub code: Option<i64>,
    /// The end of its standard error, at most 8 KiB; hostile.
    pub stderr: Vec<u8>,
}
