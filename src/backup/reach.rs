//! How a backup reaches into containers. What runs services is another folder's; here is all that is asked of it.

use bytes::Bytes;
use futures_util::future::BoxFuture;

use crate::{
    domain::instance::InstanceId,
    plan::exec::{ArchiveStream, ExecSpec, ExecStream, Input},
    safe,
    text::SafeText,
};

/// More output of a small program is not looked at.
const ENOUGH: usize = 256 * 1024;

/// A way to the containers.
pub trait Reach: Send + Sync {
    /// The platform's own description of an instance, as JSON. It holds secrets.
    fn describe(&self, instance: &InstanceId) -> BoxFuture<'_, Result<Bytes, SafeText>>;

    /// Runs a program inside an instance.
    fn exec(&self, spec: ExecSpec) -> BoxFuture<'_, Result<ExecStream, SafeText>>;

    /// A folder inside an instance, as tar.
    fn archive(
        &self,
        instance: &InstanceId,
        path: &str,
    ) -> BoxFuture<'_, Result<ArchiveStream, SafeText>>;
}

/// Runs a small program to its end and returns what it printed.
///
/// # Errors
/// In words, also when it ended with anything but 0.
pub(super) async fn output(
    reach: &dyn Reach,
    instance: &InstanceId,
    argv: Vec<String>,
) -> Result<String, SafeText> {
    let program = argv.get(4).cloned().unwrap_or_default();
    let mut stream = reach
        .exec(ExecSpec {
            instance: instance.clone(),
            argv,
            user: None,
            input: Input::Nothing,
        })
        .await?;
    let mut printed = Vec::new();
    while let Some(piece) = stream.output.recv().await {
        if printed.len() < ENOUGH {
            printed.extend_from_slice(&piece);
        }
    }
    match stream.ended.await {
        Ok(end) if end.code == Some(0) => Ok(String::from_utf8_lossy(&printed).into_owned()),
        Ok(end) if end.code.is_some() => Err(last_words(&program, end.code, &end.stderr)),
        _ => Err(safe!("the connection broke before {program} had ended")),
    }
}

/// `pg_dump ended with 1: no password supplied`.
pub(super) fn last_words(program: &str, code: Option<i64>, stderr: &[u8]) -> SafeText {
    let words = String::from_utf8_lossy(stderr);
    let last = words.lines().rev().find(|line| !line.trim().is_empty());
    match (code, last) {
        (Some(code), Some(last)) => safe!("{program} ended with {code}: {}", last.trim()),
        (Some(code), None) => safe!("{program} ended with {code}"),
        (None, _) => safe!("{program} was cut short: its connection or its container went away"),
    }
}
