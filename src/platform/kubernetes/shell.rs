//! A terminal inside a pod.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::{interval, timeout};

use super::{
    channels::{Channels, Hearer, Program, Said},
    cluster::Cluster,
    place::find,
};
use crate::{platform::ShellRequest, safe, text::SafeText};

/// The best shell there is: bash where it is installed, else sh.
const SHELL: [&str; 3] = [
    "/bin/sh",
    "-c",
    "TERM=xterm-256color; export TERM; command -v bash >/dev/null 2>&1 && exec bash; exec sh",
];

/// A shell prints at once, and that there is none comes as soon. What is silent for so long is open nevertheless.
const SPEAKS: Duration = Duration::from_secs(3);

/// Load balancers cut what is idle for 240 s.
const IDLE: Duration = Duration::from_mins(1);

/// Serves a terminal until its shell ends or the operator leaves.
pub(super) async fn run(cluster: &Cluster, request: ShellRequest) {
    let ShellRequest {
        instance,
        mut input,
        output,
        mut size,
        opened,
    } = request;
    let argv = SHELL.map(str::to_owned);
    let program = Program {
        argv: &argv,
        input: true,
        terminal: true,
    };
    let now = *size.borrow_and_update();
    let open = async {
        let found = find(cluster, &instance).await?;
        let (mut speaker, mut said) =
            Channels::open(&cluster.api, &found.place, &found.container, &program)
                .await?
                .split();
        // Without its size a shell is a nuisance and no failure.
        let _ = speaker.resize(now).await;
        let first = first_words(&mut said, &found.container).await?;
        Ok::<_, SafeText>((speaker, said, first))
    };
    let (mut speaker, mut said, first) = match open.await {
        Ok(open) => open,
        Err(why) => {
            let _ = opened.send(Err(safe!("no shell: {why}")));
            return;
        }
    };
    if opened.send(Ok(())).is_err() || output.send(first).await.is_err() {
        return;
    }
    let mut idle = interval(IDLE);
    loop {
        let went = tokio::select! {
            what = said.next() => match what {
                Some(Said::Out(bytes) | Said::Err(bytes)) => {
                    if output.send(bytes).await.is_err() {
                        return;
                    }
                    Ok(())
                }
                Some(Said::Ended(_)) | None => return,
            },
            typed = input.recv() => match typed {
                Some(bytes) => speaker.write(&bytes).await,
                None => return,
            },
            Ok(()) = size.changed() => {
                let now = *size.borrow_and_update();
                speaker.resize(now).await
            }
            _ = idle.tick() => speaker.ping().await,
        };
        if went.is_err() {
            return;
        }
    }
}

/// What a shell prints first; an error where there is none.
async fn first_words(said: &mut Hearer, container: &str) -> Result<Bytes, SafeText> {
    match timeout(SPEAKS, said.next()).await {
        Err(_) => Ok(Bytes::new()),
        Ok(Some(Said::Out(bytes) | Said::Err(bytes))) => Ok(bytes),
        Ok(Some(Said::Ended(end))) if end.why.is_empty() => Ok(Bytes::new()),
        Ok(Some(Said::Ended(end))) => Err(safe!("container {container} has none ({})", end.why)),
        Ok(None) => Err(SafeText::from_static("the connection was closed")),
    }
}
