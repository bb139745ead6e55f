//! Running a program inside a container: its output in order, as slowly as the reader takes it, and how it ended.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf, split},
    sync::{mpsc, oneshot},
};

use crate::{
    domain::log::Stream,
    plan::exec::{ExecEnd, ExecSpec, ExecStream, Input},
    platform::docker::{
        engine::{ANSWER, Engine},
        error::CallError,
        frames::Demux,
    },
    text::SafeText,
};

/// Pieces of output that wait for a slow reader; then the program is slowed.
const WAITING: usize = 16;

/// Kept of standard error: its end.
const STDERR: usize = 8 * 1024;

/// How often, and at which distance, the daemon is asked how a program ended whose output has.
const ASKED: u32 = 10;
const BETWEEN: Duration = Duration::from_millis(50);

/// Starts a program.
///
/// # Errors
/// In words, when it could not be started.
pub(super) async fn run(engine: &Engine, spec: ExecSpec) -> Result<ExecStream, SafeText> {
    start(engine, spec).await.map_err(|e| e.text())
}

async fn start(engine: &Engine, spec: ExecSpec) -> Result<ExecStream, CallError> {
    let id = create(
        engine,
        &spec.instance.0,
        &spec.argv,
        spec.user.as_deref(),
        !matches!(spec.input, Input::Nothing),
        None,
    )
    .await?;
    let body = json!({ "Detach": false, "Tty": false }).to_string();
    let connection = engine
        .upgrade(&format!("/exec/{id}/start"), body.into())
        .await?;
    let (reading, mut writing) = split(connection);
    let (output, taken) = mpsc::channel(WAITING);
    let (end, ended) = oneshot::channel();
    let engine = engine.clone();
    tokio::spawn(async move {
        let fed = async {
            feed(&mut writing, spec.input).await;
            // A program that has read all of its input is not done for that.
            std::future::pending().await
        };
        let (whole, stderr) = tokio::select! {
            read = read_all(reading, output) => read,
            never = fed => never,
        };
        let code = if whole {
            exit_code(&engine, &id).await
        } else {
            None
        };
        let _ = end.send(ExecEnd { code, stderr });
    });
    Ok(ExecStream {
        output: taken,
        ended,
    })
}

/// Makes an exec, with a terminal of the size given or without one.
pub(super) async fn create(
    engine: &Engine,
    container: &str,
    argv: &[String],
    user: Option<&str>,
    input: bool,
    terminal: Option<(u16, u16)>,
) -> Result<String, CallError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Created {
        id: String,
    }
    let mut body = json!({
        "AttachStdin": input, "AttachStdout": true, "AttachStderr": true,
        "Tty": terminal.is_some(), "Cmd": argv,
    });
    if let Some(user) = user {
        body["User"] = json!(user);
    }
    if let Some((columns, rows)) = terminal {
        body["Env"] = json!(["TERM=xterm-256color"]);
        // From API 1.42 on; before, the first resize sets it.
        body["ConsoleSize"] = json!([rows, columns]);
    }
    let path = format!("/containers/{container}/exec");
    let answer = engine
        .send(hyper::Method::POST, &path, body.to_string().into(), ANSWER)
        .await?;
    crate::platform::docker::engine::parse::<Created>(&answer).map(|created| created.id)
}

async fn feed(writing: &mut WriteHalf<impl AsyncWriteExt>, input: Input) {
    // A program that does not read its input is no failure of ours; its exit code tells.
    match input {
        Input::Nothing | Input::Held => return,
        Input::Whole(bytes) => drop(writing.write_all(&bytes).await),
        Input::Stream(mut pieces) => {
            while let Some(piece) = pieces.recv().await {
                if writing.write_all(&piece).await.is_err() {
                    break;
                }
            }
        }
    }
    let _ = writing.shutdown().await;
}

/// Whether the output came to an end of its own, and the end of standard error.
async fn read_all(
    mut reading: ReadHalf<impl AsyncReadExt>,
    output: mpsc::Sender<Bytes>,
) -> (bool, Vec<u8>) {
    let mut demux = Demux::new(false);
    let mut stderr: Vec<u8> = Vec::new();
    let mut buffer = vec![0; 32 * 1024];
    let mut whole = true;
    loop {
        let read = tokio::select! {
            read = reading.read(&mut buffer) => read,
            // A program that says nothing is left as well.
            () = output.closed() => Err(std::io::ErrorKind::BrokenPipe.into()),
        };
        let read = match read {
            Ok(0) => break,
            Ok(read) => read,
            Err(_) => {
                whole = false;
                break;
            }
        };
        let mut out: Vec<u8> = Vec::new();
        demux.feed(&buffer[..read], &mut |stream, _, payload| match stream {
            Stream::Out => out.extend_from_slice(payload),
            Stream::Err => {
                stderr.extend_from_slice(payload);
                if stderr.len() > 2 * STDERR {
                    stderr.drain(..stderr.len() - STDERR);
                }
            }
        });
        // Nobody reads any more: closing the connection is all that can be done; Docker has no way to end an exec. What
        // watches its input ends by that.
        if !out.is_empty() && output.send(out.into()).await.is_err() {
            whole = false;
            break;
        }
    }
    stderr.drain(..stderr.len().saturating_sub(STDERR));
    (whole && demux.between(), stderr)
}

/// How an exec ended; `None` when it still runs, or nobody can say. Its output ends a moment before the daemon knows.
async fn exit_code(engine: &Engine, id: &str) -> Option<i64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct State {
        running: bool,
        exit_code: Option<i64>,
    }
    for _ in 0..ASKED {
        let state: State = engine.get(&format!("/exec/{id}/json")).await.ok()?;
        if !state.running {
            return state.exit_code;
        }
        tokio::time::sleep(BETWEEN).await;
    }
    None
}
