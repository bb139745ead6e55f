//! What can go wrong with a call to a daemon, and above all: whether it may have been carried out all the same.

use std::{error::Error, io, time::Duration};

use crate::{safe, text::SafeText};

/// Why a call has no good answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It would have changed something, and this console only looks. Nothing left.
    #[error("read-only: it was started to look, not to change")]
    ReadOnly,
    /// No connection came up. Nothing left.
    #[error("{why}")]
    Unreachable {
        /// Of which kind the failure was.
        kind: io::ErrorKind,
        /// In words.
        why: SafeText,
    },
    /// It was sent, and no answer came in time.
    #[error("no answer within {} s", .0.as_secs())]
    Silent(Duration),
    /// It may have been sent; the connection broke before its answer was here.
    #[error("the connection broke before the answer: {0}")]
    Broken(SafeText),
    /// The daemon answered, with an error.
    #[error("{message}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The daemon's words.
        message: SafeText,
    },
    /// The daemon answered with something that can't be read.
    #[error("an answer that can't be read: {0}")]
    Garbled(SafeText),
}

impl CallError {
    /// Whether what was asked for may have been done although this error came: its answer is lost. Find out by reading;
    /// never send again.
    pub const fn may_have_been_done(&self) -> bool {
        matches!(self, Self::Silent(_) | Self::Broken(_) | Self::Garbled(_))
    }

    /// The HTTP status, when the daemon answered.
    pub const fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// In words, for the screen.
    pub fn text(&self) -> SafeText {
        advised(&safe!("{self}"))
    }

    /// The daemon answered with an error, in these words or in none.
    pub(super) fn refused(status: u16, message: SafeText) -> Self {
        let message = if message.trim().is_empty() {
            wordless(status)
        } else {
            message
        };
        Self::Refused { status, message }
    }

    pub(super) fn from_client(error: hyper_util::client::legacy::Error) -> Self {
        if !error.is_connect() {
            return Self::Broken(innermost(&error));
        }
        let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
        while let Some(e) = cause {
            if let Some(io) = e.downcast_ref::<io::Error>() {
                return Self::from_io(io);
            }
            cause = e.source();
        }
        Self::Unreachable {
            kind: io::ErrorKind::Other,
            why: innermost(&error),
        }
    }

    /// No connection came up.
    pub(super) fn from_io(error: &io::Error) -> Self {
        Self::Unreachable {
            kind: error.kind(),
            why: safe!("{error}"),
        }
    }

    pub(super) fn from_body(error: hyper::Error) -> Self {
        Self::Broken(innermost(&error))
    }
}

impl From<bollard::errors::Error> for CallError {
    fn from(error: bollard::errors::Error) -> Self {
        use bollard::errors::Error as B;
        match error {
            B::DockerResponseServerError {
                status_code,
                message,
            } => Self::refused(status_code, SafeText::line(&message)),
            // Ours, on its way through bollard: see `Engine::bollard`.
            B::IOError { err } => match err.downcast::<CallError>() {
                Ok(ours) => ours,
                Err(err) => Self::Broken(safe!("{err}")),
            },
            B::RequestTimeoutError => Self::Silent(super::engine::ANSWER),
            B::JsonDataError { message, .. } => Self::Garbled(SafeText::line(&message)),
            B::JsonSerdeError { err } => Self::Garbled(safe!("{err}")),
            other => Self::Broken(safe!("{other}")),
        }
    }
}

/// What a status means that came without a word.
fn wordless(status: u16) -> SafeText {
    let name = hyper::StatusCode::from_u16(status).ok();
    let name = name.and_then(|status| status.canonical_reason());
    let means = match status {
        401 | 403 => "who asks may not have that",
        404 => "what answers there does not know that: it may be no Docker daemon",
        429 => "it is asked too much; it is worth trying again in a moment",
        502..=504 => {
            "the daemon, or what stands before it, does not serve now: it starts, stops, or is asked too much"
        }
        500.. => "the daemon failed by itself; its own log says more: journalctl -u docker",
        _ => "it does not take what was asked",
    };
    let name = name.unwrap_or("no status that is known");
    safe!("HTTP {status} ({name}) without a word: {means}")
}

/// What the daemon says, with what to do where its own words leave that to be known.
pub(super) fn advised(words: &SafeText) -> SafeText {
    if words
        .to_ascii_lowercase()
        .contains("no space left on device")
    {
        safe!(
            "{words}; the daemon's disk is full: docker system df says what takes it, docker system prune frees what nothing uses"
        )
    } else {
        words.clone()
    }
}

/// The first cause, which is what tells something ("connection reset by peer", not "error sending request").
fn innermost(error: &(dyn Error + 'static)) -> SafeText {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    safe!("{innermost}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_without_a_word_says_its_status_and_what_that_means() {
        let said = |status, words| CallError::refused(status, SafeText::from_static(words)).text();
        let starting = said(503, "");
        assert!(
            starting.starts_with("HTTP 503 (Service Unavailable) without a word: the daemon"),
            "{starting}"
        );
        for status in [400, 401, 403, 404, 418, 429, 500, 502, 599, 799] {
            let words = said(status, " ");
            assert!(words.contains(&format!("HTTP {status} (")), "{words}");
        }
        assert_eq!(said(503, "no").as_str(), "no");
    }

    #[test]
    fn a_full_disk_is_told_with_what_to_do() {
        let refused = |message| CallError::Refused {
            status: 500,
            message: SafeText::from_static(message),
        };
        let full = refused("mkdir /var/lib/docker/overlay2/x: no space left on device").text();
        assert!(full.contains("docker system df"), "{full}");
        assert_eq!(refused("no such image").text().as_str(), "no such image");
    }
}
