//! A terminal inside an instance: bytes go through as they are, in both directions, until its shell ends.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};

use super::{
    input::Input,
    signals::{Signals, Wish},
    terminal,
};
use crate::{
    domain::instance::InstanceId,
    platform::{Request, ShellRequest},
    text::SafeText,
};

/// How long a shell may take to open.
const OPENS: Duration = Duration::from_secs(10);

/// What a shell borrows from the console.
pub(super) struct Terminal<'a> {
    pub(super) keys: &'a mut mpsc::Receiver<Input>,
    pub(super) raw: &'a AtomicBool,
    pub(super) signals: &'a mut Signals,
}

/// How it ended.
pub(super) enum Ended {
    /// The shell inside ended.
    Closed,
    /// It never opened, for this reason.
    Refused(SafeText),
    /// The terminal is gone or we were told to leave; with the exit code.
    HungUp(u8),
}

/// Opens a shell and serves it until it ends. The screen is to be painted whole afterwards.
pub(super) async fn run(
    instance: InstanceId,
    requests: &mpsc::Sender<Request>,
    with: Terminal<'_>,
) -> std::io::Result<Ended> {
    let (typed, input) = mpsc::channel(64);
    let (output, mut printed) = mpsc::channel(64);
    let (resized, size) = watch::channel(terminal::size());
    let (opened, open) = oneshot::channel();
    let request = ShellRequest {
        instance,
        input,
        output,
        size,
        opened,
    };
    if requests.send(Request::Shell(request)).await.is_err() {
        return Ok(Ended::Refused(SafeText::from_static(
            "the platform is gone",
        )));
    }
    match timeout(OPENS, open).await {
        Ok(Ok(Ok(()))) => {}
        Ok(Ok(Err(why))) => return Ok(Ended::Refused(why)),
        Ok(Err(_)) => {
            return Ok(Ended::Refused(SafeText::from_static(
                "the platform did not open a shell",
            )));
        }
        Err(_) => {
            return Ok(Ended::Refused(SafeText::from_static(
                "no shell opened within 10 s",
            )));
        }
    }
    terminal::step_aside()?;
    with.raw.store(true, Ordering::Release);
    let ended = loop {
        tokio::select! {
            printed = printed.recv() => match printed {
                Some(bytes) => terminal::write_all(&bytes)?,
                None => break Ended::Closed,
            },
            key = with.keys.recv() => match key {
                Some(Input::Bytes(bytes)) => {
                    // A shell that takes nothing any more is about to end.
                    let _ = typed.send(bytes).await;
                }
                Some(Input::Msg(_)) => {}
                Some(Input::HungUp) | None => break Ended::HungUp(129),
            },
            wish = with.signals.next() => match wish {
                Wish::Resize => {
                    resized.send_replace(terminal::size());
                }
                Wish::End(signal) => break Ended::HungUp(128 + signal),
                Wish::Suspend | Wish::Continue => {}
            },
        }
    };
    with.raw.store(false, Ordering::Release);
    Ok(ended)
}
