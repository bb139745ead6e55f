//! Reading out of an instance: a program run inside it, or a folder of it as tar. A backup is made of these.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use crate::domain::instance::InstanceId;

/// What to run. The arguments are visible to everyone on the host, so no secret is ever among them; secrets go by `input`.
#[derive(Debug)]
pub struct ExecSpec {
    /// Inside which instance.
    pub instance: InstanceId,
    /// Program and arguments.
    pub argv: Vec<String>,
    /// As which user; `None` is the image's own.
    pub user: Option<String>,
    /// Written to standard input, which is then closed.
    pub input: Input,
}

/// What a program reads on its standard input.
#[derive(Debug)]
pub enum Input {
    /// Nothing: there is none.
    Nothing,
    /// Nothing either, and it is closed as soon as nobody reads the output any more, or the console is gone: a program that
    /// watches it can end by that.
    Held,
    /// These bytes.
    Whole(Bytes),
    /// What comes by this channel until its sender is gone; the program's slowness slows the sender.
    Stream(mpsc::Receiver<Bytes>),
}

impl From<Bytes> for Input {
    fn from(bytes: Bytes) -> Self {
        if bytes.is_empty() {
            Self::Nothing
        } else {
            Self::Whole(bytes)
        }
    }
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
    /// Its exit code; `None` when the connection was lost before it was known, or in the middle of what came.
    pub code: Option<i64>,
    /// The end of its standard error, at most 8 KiB; hostile.
    pub stderr: Vec<u8>,
}

/// A folder that comes as tar.
#[derive(Debug)]
pub struct ArchiveStream {
    /// The tar, in order; bounded, so a slow reader slows the platform.
    pub output: mpsc::Receiver<Bytes>,
    /// Answered once all of it has come; closed without an answer where it was cut.
    pub whole: oneshot::Receiver<()>,
}
