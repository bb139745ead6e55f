//! A folder inside a pod as tar, by the container's own `tar`: Kubernetes has no other way.

use tokio::sync::{mpsc, oneshot};

use super::{cluster::Cluster, exec};
use crate::{
    domain::instance::InstanceId,
    plan::exec::{ArchiveStream, ExecEnd, ExecSpec, Input},
    safe,
    text::SafeText,
};

/// Pieces that wait for a slow reader; then the program is slowed.
const WAITING: usize = 16;

/// Begins to read a folder.
///
/// # Errors
/// In words, when it does not come.
pub(super) async fn read(
    cluster: &Cluster,
    instance: &InstanceId,
    path: &str,
) -> Result<ArchiveStream, SafeText> {
    let (parent, name) = path
        .trim_end_matches('/')
        .rsplit_once('/')
        .unwrap_or(("", path));
    let (parent, name) = (
        format!("{parent}/"),
        if name.is_empty() { "." } else { name },
    );
    let argv = ["tar", "-c", "-f", "-", "-C", &parent, "--", name].map(str::to_owned);
    let spec = ExecSpec {
        instance: instance.clone(),
        argv: argv.to_vec(),
        user: None,
        input: Input::Nothing,
    };
    let mut tar = exec::run(cluster, spec).await?;
    // What can't begin says why; what was cut later has only an end that is missing.
    let Some(first) = tar.output.recv().await else {
        return Err(match tar.ended.await {
            Ok(end) => safe!("tar in the container: {}", last_line(&end)),
            Err(_) => SafeText::from_static("the connection was closed"),
        });
    };
    let (output, taken) = mpsc::channel(WAITING);
    let (all, whole) = oneshot::channel();
    tokio::spawn(async move {
        let mut next = Some(first);
        while let Some(piece) = next {
            if output.send(piece).await.is_err() {
                return;
            }
            next = tar.output.recv().await;
        }
        if tar.ended.await.is_ok_and(|end| complete(&end)) {
            let _ = all.send(());
        }
    });
    Ok(ArchiveStream {
        output: taken,
        whole,
    })
}

/// Whether all was read. GNU's tar ends with 1 when files changed meanwhile, which is no cut.
fn complete(end: &ExecEnd) -> bool {
    let words = String::from_utf8_lossy(&end.stderr);
    let changed = |line: &str| line.ends_with("file changed as we read it");
    match end.code {
        Some(0) => true,
        Some(1) => !words.is_empty() && words.lines().all(changed),
        _ => false,
    }
}

fn last_line(end: &ExecEnd) -> SafeText {
    let words = String::from_utf8_lossy(&end.stderr);
    let last = words.lines().rev().find(|line| !line.trim().is_empty());
    last.map_or_else(|| SafeText::from_static("it gave nothing"), SafeText::line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_change_are_no_cut() {
        let end = |code, stderr: &str| ExecEnd {
            code: Some(code),
            stderr: stderr.as_bytes().to_vec(),
        };
        assert!(complete(&end(0, "")));
        assert!(complete(&end(
            1,
            "tar: base/1: file changed as we read it\n"
        )));
        assert!(!complete(&end(
            1,
            "tar: can't open 'x': Permission denied\n"
        )));
        assert!(!complete(&end(1, "")));
        assert!(!complete(&end(2, "tar: x: file changed as we read it\n")));
    }
}
