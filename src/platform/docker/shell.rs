//! A terminal inside a container.

use bytes::Bytes;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt, split};

use crate::{
    platform::{
        ShellRequest,
        docker::{
            engine::{ANSWER, Engine},
            error::CallError,
            exec,
        },
    },
    safe,
};

/// The best shell there is: bash where it is installed, else sh.
const SHELL: [&str; 3] = [
    "/bin/sh",
    "-c",
    "command -v bash >/dev/null 2>&1 && exec bash; exec sh",
];

/// Serves a terminal until its shell ends or the operator leaves.
pub(super) async fn run(engine: &Engine, request: ShellRequest) {
    let ShellRequest {
        instance,
        mut input,
        output,
        mut size,
        opened,
    } = request;
    let argv = SHELL.map(str::to_owned);
    let now = *size.borrow_and_update();
    let open = async {
        let id = exec::create(engine, &instance.0, &argv, None, true, Some(now)).await?;
        let body = json!({ "Detach": false, "Tty": true }).to_string();
        let connection = engine
            .upgrade(&format!("/exec/{id}/start"), body.into())
            .await?;
        Ok::<_, CallError>((id, connection))
    };
    let (id, connection) = match open.await {
        Ok(open) => open,
        Err(error) => {
            let _ = opened.send(Err(safe!("no shell: {error}")));
            return;
        }
    };
    if opened.send(Ok(())).is_err() {
        return;
    }
    resize(engine, &id, now).await;
    let (mut reading, mut writing) = split(connection);
    let mut buffer = vec![0; 16 * 1024];
    loop {
        tokio::select! {
            read = reading.read(&mut buffer) => match read {
                Ok(read @ 1..) => {
                    if output.send(Bytes::copy_from_slice(&buffer[..read])).await.is_err() {
                        return;
                    }
                }
                _ => return,
            },
            typed = input.recv() => match typed {
                Some(bytes) if writing.write_all(&bytes).await.is_ok() => {}
                _ => return,
            },
            Ok(()) = size.changed() => {
                let now = *size.borrow_and_update();
                resize(engine, &id, now).await;
            }
        }
    }
}

/// Tells the terminal its size; one that is wrong is a nuisance and no failure.
async fn resize(engine: &Engine, id: &str, (columns, rows): (u16, u16)) {
    let options = bollard::exec::ResizeExecOptions {
        height: rows,
        width: columns,
    };
    let _ = engine.bollard(ANSWER).resize_exec(id, options).await;
}
