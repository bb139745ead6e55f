//! A program's input, outputs and end over one WebSocket, as `kubectl exec` has them
//! (<https://kubernetes.io/docs/reference/using-api/#the-execattachportforward-endpoints>): the first byte of each message
//! names its channel.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::time::{interval, timeout};
use tokio_tungstenite::{WebSocketStream, tungstenite::Message};

use super::{
    api::{Api, PATIENCE},
    connect,
    place::Place,
};
use crate::{safe, text::SafeText};

const INPUT: u8 = 0;
const OUT: u8 = 1;
const ERR: u8 = 2;
const STATUS: u8 = 3;
const SIZE: u8 = 4;
/// Ends the channel that is named behind it; from version 5 of the protocol on.
const CLOSE: u8 = 255;

/// Load balancers cut what is idle for 240 s.
const IDLE: Duration = Duration::from_mins(1);

/// Bytes of input in one message.
const PIECE: usize = 32 * 1024;

/// A shell's words for a program that is not there, and for one that could not be started.
const NOT_FOUND: i64 = 127;
const NOT_STARTED: i64 = 126;

type Socket = WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>;

/// What is to be run.
pub(super) struct Program<'a> {
    /// Program and arguments: everybody sees them who reads the API server's audit, so that no secret is ever among them.
    pub(super) argv: &'a [String],
    /// Whether it is given input.
    pub(super) input: bool,
    /// Whether it has a terminal.
    pub(super) terminal: bool,
}

/// A program that runs.
pub(super) struct Channels(Socket);

/// What comes from it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// It wrote this to its standard output, or its terminal shows it.
    Out(Bytes),
    /// It wrote this to its standard error.
    Err(Bytes),
    /// It has ended.
    Ended(End),
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// Its exit code; 126 or 127 where it could not be started, as a shell has it.
    pub(super) code: i64,
    /// Why it could not be started; empty where it could.
    pub(super) why: SafeText,
}

impl Channels {
    /// Starts a program in a container.
    ///
    /// # Errors
    /// In the server's words.
    pub(super) async fn open(
        api: &Api,
        place: &Place,
        container: &str,
        program: &Program<'_>,
    ) -> Result<Self, SafeText> {
        let client = api.for_exec().map_err(|error| safe!("{error}"))?;
        let request = http::Request::get(path(place, container, program))
            .body(Vec::new())
            .map_err(|error| safe!("{error}"))?;
        let connection = timeout(PATIENCE, client.connect(request))
            .await
            .map_err(|_| safe!("no answer within {} s", PATIENCE.as_secs()))?
            .map_err(|error| match error {
                kube::Error::Api(status) => SafeText::line(&status.message),
                error => connect::words(&error),
            })?;
        if program.input && !program.terminal && !connection.supports_stream_close() {
            return Err(SafeText::from_static(
                "this cluster is too old (before 1.30) to tell a program that its input has ended",
            ));
        }
        Ok(Self(connection.into_stream()))
    }

    /// Both directions.
    pub(super) fn split(self) -> (Speaker, Hearer) {
        let (to, from) = self.0.split();
        (Speaker(to), Hearer(from))
    }
}

/// The direction to the program.
pub(super) struct Speaker(SplitSink<Socket, Message>);

/// The connection is gone.
#[derive(Debug)]
pub(super) struct Gone;

impl Speaker {
    /// Writes to its input.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), Gone> {
        for piece in bytes.chunks(PIECE) {
            self.send(INPUT, piece).await?;
        }
        Ok(())
    }

    /// Its input has ended.
    pub(super) async fn end_input(&mut self) -> Result<(), Gone> {
        self.send(CLOSE, &[INPUT]).await
    }

    /// Its terminal has another size.
    pub(super) async fn resize(&mut self, (columns, rows): (u16, u16)) -> Result<(), Gone> {
        let size = format!(r#"{{"Width":{columns},"Height":{rows}}}"#);
        self.send(SIZE, size.as_bytes()).await
    }

    /// Shows that somebody is there.
    pub(super) async fn ping(&mut self) -> Result<(), Gone> {
        let ping = Message::Ping(Bytes::new());
        self.0.send(ping).await.map_err(|_| Gone)
    }

    /// Keeps an idle connection open; never ends.
    pub(super) async fn stay<T>(&mut self) -> T {
        let mut idle = interval(IDLE);
        loop {
            idle.tick().await;
            if self.ping().await.is_err() {
                // Whoever listens hears that it is gone.
                return std::future::pending().await;
            }
        }
    }

    async fn send(&mut self, channel: u8, bytes: &[u8]) -> Result<(), Gone> {
        let mut message = Vec::with_capacity(bytes.len() + 1);
        message.push(channel);
        message.extend_from_slice(bytes);
        let sent = self.0.send(Message::Binary(message.into())).await;
        sent.map_err(|_| Gone)
    }
}

/// The direction from the program.
pub(super) struct Hearer(SplitStream<Socket>);

impl Hearer {
    /// What comes next; `None` when the connection is gone. Nothing is lost when this is dropped before it is ready.
    pub(super) async fn next(&mut self) -> Option<Said> {
        loop {
            let Message::Binary(message) = self.0.next().await?.ok()? else {
                continue;
            };
            if let Some(said) = said(&message) {
                return Some(said);
            }
        }
    }
}

fn said(message: &Bytes) -> Option<Said> {
    // Each channel is opened with a message that is empty but for its name.
    let (channel, rest) = message.split_first().filter(|(_, rest)| !rest.is_empty())?;
    match *channel {
        OUT => Some(Said::Out(message.slice(1..))),
        ERR => Some(Said::Err(message.slice(1..))),
        STATUS => Some(Said::Ended(end(rest))),
        _ => None,
    }
}

/// Reads a `Status`.
fn end(status: &[u8]) -> End {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Status {
        #[serde(rename = "status")]
        verdict: String,
        message: String,
        details: Option<Details>,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Details {
        causes: Vec<Cause>,
    }
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Cause {
        reason: String,
        message: String,
    }
    let status: Status = serde_json::from_slice(status).unwrap_or_default();
    let ended = |code| End {
        code,
        why: SafeText::EMPTY,
    };
    if status.verdict == "Success" {
        return ended(0);
    }
    let causes = status.details.unwrap_or_default().causes;
    let code = causes.iter().find(|cause| cause.reason == "ExitCode");
    if let Some(code) = code.and_then(|cause| cause.message.parse().ok()) {
        return ended(code);
    }
    let missing = ["not found", "no such file"];
    let missing = missing.iter().any(|words| status.message.contains(words));
    End {
        code: if missing { NOT_FOUND } else { NOT_STARTED },
        why: SafeText::line(&status.message),
    }
}

fn path(place: &Place, container: &str, program: &Program<'_>) -> String {
    let mut query = form_urlencoded::Serializer::new(format!("{}/exec?", place.path()));
    query.append_pair("container", container);
    for word in program.argv {
        query.append_pair("command", word);
    }
    query.append_pair("stdout", "true");
    // A terminal has one output.
    let flags = [
        ("stdin", program.input),
        ("stderr", !program.terminal),
        ("tty", program.terminal),
    ];
    for (flag, _) in flags.iter().filter(|(_, set)| *set) {
        query.append_pair(flag, "true");
    }
    query.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_as_the_server_writes_it() {
        let code = |status: &[u8]| end(status).code;
        assert_eq!(code(br#"{"metadata":{},"status":"Success"}"#), 0);
        assert_eq!(
            code(
                br#"{"status":"Failure","message":"command terminated with exit code 3","reason":"NonZeroExitCode","details":{"causes":[{"reason":"ExitCode","message":"3"}]}}"#
            ),
            3
        );
        let missing = end(
            br#"{"status":"Failure","message":"exec: \"sh\": executable file not found in $PATH","reason":"InternalError","code":500}"#,
        );
        assert_eq!(missing.code, NOT_FOUND);
        assert!(missing.why.contains("executable file not found"));
        assert_eq!(code(b"no JSON"), NOT_STARTED);
    }

    #[test]
    fn messages_are_read_by_their_channel() {
        let read = |bytes: &'static [u8]| said(&Bytes::from_static(bytes));
        assert_eq!(read(b"\x01out"), Some(Said::Out("out".into())));
        assert_eq!(read(b"\x02err"), Some(Said::Err("err".into())));
        for nothing in [&b""[..], b"\x01", b"\x00x", b"\xff\x00"] {
            assert_eq!(said(&Bytes::copy_from_slice(nothing)), None);
        }
    }
}
