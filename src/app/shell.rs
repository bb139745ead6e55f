//! A terminal inside an instance: bytes go through as they are, in both directions, until its shell ends. The loop
//! serves it between everything else that it hears.

use std::time::Duration;

use bytes::Bytes;
use tokio::{
    sync::{mpsc, oneshot, watch},
    time::{Instant, timeout_at},
};

use crate::{
    domain::{
        instance::InstanceId,
        key::{Key, KeyChord},
    },
    platform::{Request, ShellRequest},
    text::SafeText,
};

/// How long a shell may take to open.
const OPENS: Duration = Duration::from_secs(10);
/// So many reads of the keyboard wait for a shell that takes nothing.
const TYPED: usize = 1_024;
/// So many bytes are printed in one go.
const PRINTED: usize = 64 << 10;

/// A shell that is being opened, or that is open.
pub(super) struct Shell {
    typed: mpsc::Sender<Bytes>,
    printed: mpsc::Receiver<Bytes>,
    size: watch::Sender<(u16, u16)>,
    /// The platform's word that it runs; `None` once it does.
    opening: Option<oneshot::Receiver<Result<(), SafeText>>>,
    until: Instant,
}

/// What comes from a shell.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// It runs, and has the terminal from now on.
    Opened,
    /// It prints this.
    Printed(Vec<u8>),
    /// It has ended; or it never opened, for this reason.
    Ended(Option<SafeText>),
}

impl Shell {
    /// Asks for a shell inside an instance, on a terminal of that size; the request is for the platform.
    pub(super) fn ask(instance: InstanceId, size: (u16, u16), now: Instant) -> (Self, Request) {
        let (typed, input) = mpsc::channel(TYPED);
        let (output, printed) = mpsc::channel(64);
        let (resized, size) = watch::channel(size);
        let (opened, opening) = oneshot::channel();
        let shell = Self {
            typed,
            printed,
            size: resized,
            opening: Some(opening),
            until: now + OPENS,
        };
        let request = ShellRequest {
            instance,
            input,
            output,
            size,
            opened,
        };
        (shell, Request::Shell(request))
    }

    /// Whether it has the terminal.
    pub(super) const fn open(&self) -> bool {
        self.opening.is_none()
    }

    /// What comes next from it. Nothing is lost when this is dropped before it is ready.
    pub(super) async fn next(&mut self) -> Word {
        if let Some(opening) = &mut self.opening {
            let answer = timeout_at(self.until, opening).await;
            self.opening = None;
            return match answer {
                Ok(Ok(Ok(()))) => Word::Opened,
                Ok(Ok(Err(why))) => Word::Ended(Some(why)),
                Ok(Err(_)) => refused("the platform did not open a shell"),
                Err(_) => refused("no shell opened within 10 s"),
            };
        }
        let Some(first) = self.printed.recv().await else {
            return Word::Ended(None);
        };
        let mut bytes = first.to_vec();
        while bytes.len() < PRINTED
            && let Ok(more) = self.printed.try_recv()
        {
            bytes.extend_from_slice(&more);
        }
        Word::Printed(bytes)
    }

    /// Hands over what was typed; `false` when it takes nothing any more, and it is lost.
    pub(super) fn hand_over(&self, bytes: Bytes) -> bool {
        self.typed.try_send(bytes).is_ok()
    }

    /// The terminal has another size.
    pub(super) fn resize(&self, size: (u16, u16)) {
        self.size.send_replace(size);
    }
}

/// Whether a key gives up a shell that has not opened yet.
pub(super) fn gives_up(chord: KeyChord) -> bool {
    let plain = KeyChord::plain;
    let ctrl_c = KeyChord {
        ctrl: true,
        ..plain(Key::Char('c'))
    };
    chord == plain(Key::Esc) || chord == ctrl_c
}

const fn refused(why: &'static str) -> Word {
    Word::Ended(Some(SafeText::from_static(why)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock;

    fn asked(now: Instant) -> (Shell, ShellRequest) {
        let instance = InstanceId(SafeText::from_static("api-1"));
        let (shell, request) = Shell::ask(instance, (80, 24), now);
        let Request::Shell(request) = request else {
            panic!("it asks for a shell");
        };
        (shell, request)
    }

    #[tokio::test]
    async fn it_opens_prints_all_and_ends() {
        let (mut shell, request) = asked(Instant::from_std(clock::instant()));
        request.opened.send(Ok(())).expect("somebody waits");
        assert_eq!(shell.next().await, Word::Opened);
        for bytes in ["one ", "two"] {
            request.output.send(bytes.into()).await.expect("taken");
        }
        assert_eq!(shell.next().await, Word::Printed(b"one two".to_vec()));
        drop(request.output);
        assert_eq!(shell.next().await, Word::Ended(None));
    }

    #[tokio::test]
    async fn a_platform_that_never_answers_is_given_up() {
        let long_ago = Instant::from_std(clock::instant()) - OPENS;
        let (mut shell, _request) = asked(long_ago);
        assert_eq!(shell.next().await, refused("no shell opened within 10 s"));
    }

    #[test]
    fn a_shell_that_takes_nothing_never_holds_up_what_is_typed() {
        let (shell, request) = asked(Instant::from_std(clock::instant()));
        let taken = (0..=TYPED).map(|_| shell.hand_over(Bytes::from_static(b"x")));
        assert_eq!(taken.filter(|taken| !taken).count(), 1);
        drop(request);
    }

    #[test]
    fn escape_and_ctrl_c_give_up() {
        for (key, gives) in [("esc", true), ("ctrl-c", true), ("q", false)] {
            assert_eq!(gives_up(key.parse().expect("a key")), gives, "{key}");
        }
    }
}
