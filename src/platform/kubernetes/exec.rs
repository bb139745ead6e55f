//! Running a program inside a pod: its output in order, as slowly as the reader takes it, and how it ended.

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot};

use super::{
    channels::{Channels, Hearer, Program, Said, Speaker},
    cluster::Cluster,
    place::find,
};
use crate::{
    plan::exec::{ExecEnd, ExecSpec, ExecStream, Input},
    text::SafeText,
};

/// Pieces of output that wait for a slow reader; then the program is slowed.
const WAITING: usize = 16;

/// Kept of standard error: its end.
const STDERR: usize = 8 * 1024;

/// Starts a program in a pod's container: the one that its annotation names, or the first.
///
/// # Errors
/// In words, when it could not be started.
pub(super) async fn run(cluster: &Cluster, spec: ExecSpec) -> Result<ExecStream, SafeText> {
    if spec.user.is_some() {
        return Err(SafeText::from_static(
            "Kubernetes runs programs as the container's own user alone",
        ));
    }
    let found = find(cluster, &spec.instance).await?;
    let program = Program {
        argv: &spec.argv,
        input: !matches!(spec.input, Input::Nothing),
        terminal: false,
    };
    let channels = Channels::open(&cluster.api, &found.place, &found.container, &program).await?;
    let (output, taken) = mpsc::channel(WAITING);
    let (end, ended) = oneshot::channel();
    tokio::spawn(async move {
        let (mut speaker, mut said) = channels.split();
        let fed = async {
            feed(&mut speaker, spec.input).await;
            speaker.stay().await
        };
        let ended = tokio::select! {
            ended = read_all(&mut said, output) => ended,
            never = fed => never,
        };
        let _ = end.send(ended);
    });
    Ok(ExecStream {
        output: taken,
        ended,
    })
}

async fn feed(speaker: &mut Speaker, input: Input) {
    // A program that does not read its input is no failure of ours; its exit code tells.
    match input {
        Input::Nothing | Input::Held => return,
        Input::Whole(bytes) => drop(speaker.write(&bytes).await),
        Input::Stream(mut pieces) => {
            while let Some(piece) = pieces.recv().await {
                if speaker.write(&piece).await.is_err() {
                    break;
                }
            }
        }
    }
    let _ = speaker.end_input().await;
}

async fn read_all(said: &mut Hearer, output: mpsc::Sender<Bytes>) -> ExecEnd {
    let mut stderr: Vec<u8> = Vec::new();
    let mut code = None;
    loop {
        let what = tokio::select! {
            what = said.next() => what,
            // A program that says nothing is left as well.
            () = output.closed() => None,
        };
        let Some(what) = what else { break };
        match what {
            Said::Out(bytes) => {
                // Nobody reads any more: closing the connection is all that can be done.
                if output.send(bytes).await.is_err() {
                    break;
                }
            }
            Said::Err(bytes) => {
                stderr.extend_from_slice(&bytes);
                if stderr.len() > 2 * STDERR {
                    stderr.drain(..stderr.len() - STDERR);
                }
            }
            Said::Ended(end) => {
                // What printed something was started: its own words say more than the server's.
                if stderr.is_empty() {
                    stderr.extend_from_slice(end.why.as_bytes());
                }
                code = Some(end.code);
                break;
            }
        }
    }
    stderr.drain(..stderr.len().saturating_sub(STDERR));
    ExecEnd { code, stderr }
}
