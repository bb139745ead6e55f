//! Programs that are run for what they print or how they end: without a shell, away from the terminal, with nobody to be asked,
//! and never for longer than they may. One that hangs, or that nobody waits for any more, is ended with all that it began.

use std::{
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::Command,
    time::timeout,
};

use super::secrets::{HIDDEN, is_telling};
use crate::text::SafeText;

/// More of what it prints is not kept.
const MOST: u64 = 1 << 20;

/// A word so long is a token rather than a word.
const LONG_WORD: usize = 40;

/// A value so short is no secret, and hiding it would hide words.
const SHORT_SECRET: usize = 4;

/// A program that has ended.
pub(crate) struct Ran {
    /// How.
    pub(crate) status: ExitStatus,
    /// What it printed, up to a bound.
    pub(crate) output: Vec<u8>,
    /// What it said besides, up to a bound.
    pub(crate) errors: Vec<u8>,
}

/// Why a program has not ended by itself.
pub(crate) enum Failed {
    /// It could not be begun.
    NotRun(io::Error),
    /// It took too long, and was ended.
    Late,
}

/// A program and all that it began, which end with this value.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(group) = self.0 {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Runs a program to its end.
///
/// # Errors
/// It could not be begun, or had to be ended.
pub(crate) async fn run(mut command: Command, patience: Duration) -> Result<Ran, Failed> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(Failed::NotRun)?;
    let mut group = Group(child.id().and_then(|id| Pid::from_raw(id.cast_signed())));
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let all = async {
        let (output, errors) = tokio::join!(drain(stdout.as_mut()), drain(stderr.as_mut()));
        let status = child.wait().await.map_err(Failed::NotRun)?;
        Ok(Ran {
            status,
            output,
            errors,
        })
    };
    let ran = timeout(patience, all).await.map_err(|_| Failed::Late)?;
    // It was waited for: its number may be another's by now.
    group.0 = None;
    ran
}

/// Reads all, so that the program is not held up; keeps as much as may be.
async fn drain(from: Option<&mut (impl AsyncRead + Unpin)>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(from) = from {
        let _ = (&mut *from).take(MOST).read_to_end(&mut kept).await;
        let _ = tokio::io::copy(from, &mut tokio::io::sink()).await;
    }
    kept
}

/// What a program said last, without what may be secret in it: values that it was `given`, those of our own environment with a
/// telling name, and what looks like a token. `None` where it said nothing.
pub(crate) fn last_words(said: &[u8], given: impl Iterator<Item = String>) -> Option<SafeText> {
    let said = String::from_utf8_lossy(said);
    let mut last = said
        .lines()
        .rev()
        .find(|l| !l.trim().is_empty())?
        .to_owned();
    let own = std::env::vars_os().filter_map(|(name, value)| {
        let telling = name.to_str().is_some_and(is_telling);
        telling.then(|| value.into_string().ok())?
    });
    for secret in given.chain(own).filter(|value| value.len() > SHORT_SECRET) {
        last = last.replace(&secret, HIDDEN);
    }
    let words = last.split_whitespace().map(|word| {
        let address = word.split_once('?').filter(|(url, _)| url.contains("://"));
        let named = word
            .split_once(['=', ':'])
            .filter(|(name, _)| is_telling(name));
        match address {
            Some((url, _)) => format!("{url}?{HIDDEN}"),
            None if let Some((name, _)) = named => format!("{name}={HIDDEN}"),
            None if word.len() >= LONG_WORD || word.starts_with("eyJ") => HIDDEN.to_owned(),
            None => word.to_owned(),
        }
    });
    Some(SafeText::line(words.collect::<Vec<_>>().join(" ")))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    /// Waits until a program that wrote its number there is gone, or a zombie that nobody has waited for yet.
    async fn ends(file: &Path) {
        let pid = std::fs::read_to_string(file).expect("it began");
        let stat = format!("/proc/{}/stat", pid.trim());
        let gone = async {
            while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
                tokio::task::yield_now().await;
            }
        };
        let gone = timeout(Duration::from_secs(5), gone).await;
        assert!(gone.is_ok(), "what it began is still there");
    }

    #[tokio::test]
    async fn one_that_hangs_and_one_that_nobody_waits_for_are_ended_with_what_they_began() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("pid");
        let script = format!("sleep 1000 & echo $! >{}; wait", file.display());
        let late = run(shell(&script), Duration::from_secs(2)).await;
        assert!(matches!(late, Err(Failed::Late)));
        ends(&file).await;
        std::fs::remove_file(&file).expect("it was there");
        let left = run(shell(&script), Duration::from_secs(1000));
        let begun = async {
            while !std::fs::read_to_string(&file).is_ok_and(|pid| pid.ends_with('\n')) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = left => panic!("it ended"),
            () = begun => {}
        }
        ends(&file).await;
    }

    #[tokio::test]
    async fn what_it_prints_is_kept_up_to_a_bound() {
        let script = "head -c 3000000 /dev/zero; echo ill >&2; exit 3";
        let Ok(ran) = run(shell(script), Duration::from_secs(20)).await else {
            panic!("it runs");
        };
        assert_eq!(ran.output.len() as u64, MOST);
        assert_eq!(
            (ran.errors, ran.status.code()),
            (b"ill\n".to_vec(), Some(3))
        );
    }
}
