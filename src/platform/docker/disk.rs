//! How full the disk is where a local daemon keeps its data.

use std::path::PathBuf;

/// Free and whole size in bytes of the file system of `root`; `None` when it can't be looked at from here.
pub(super) async fn space(root: &str) -> Option<(u64, u64)> {
    let root = PathBuf::from(root);
    // A file system over a network can take for ever to answer.
    let asked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&root)).await;
    let answer = asked.ok()?.ok()?;
    let bytes = |blocks: u64| blocks.saturating_mul(answer.f_frsize);
    Some((bytes(answer.f_bavail), bytes(answer.f_blocks)))
}
