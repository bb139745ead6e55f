//! Notices that a settings file changed.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{Event, EventKind, RecursiveMode, Watcher as _};
use tokio::{sync::mpsc, time::sleep};

use crate::state::Msg;

/// Editors write a file in several steps; the last one counts.
const SETTLES: Duration = Duration::from_millis(100);

/// Tells of each change of one of these files until nobody listens. Watches their folders: editors replace files.
pub(super) async fn changes(files: Vec<PathBuf>, answers: mpsc::Sender<Msg>) {
    let (seen, mut changed) = mpsc::channel(1);
    let ours = files.clone();
    let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        if event.is_ok_and(|event| matters(&event, &ours)) {
            // One waiting word is enough.
            let _ = seen.try_send(());
        }
    });
    let mut watcher = match watcher {
        Ok(watcher) => watcher,
        Err(error) => return log::warn!("settings are not watched: {error}"),
    };
    let folders: BTreeSet<&Path> = files
        .iter()
        .filter_map(|file| file.parent())
        .filter(|f| f.is_dir())
        .collect();
    for folder in folders {
        if let Err(error) = watcher.watch(folder, RecursiveMode::NonRecursive) {
            log::warn!("{} is not watched: {error}", folder.display());
        }
    }
    while changed.recv().await.is_some() {
        sleep(SETTLES).await;
        // What came meanwhile is part of the same change.
        let _ = changed.try_recv();
        if answers.send(Msg::SettingsChanged).await.is_err() {
            return;
        }
    }
}

fn matters(event: &Event, files: &[PathBuf]) -> bool {
    let written = matches!(
        event.kind,
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)
    );
    written
        && event.paths.iter().any(|path| {
            files
                .iter()
                .any(|file| file.file_name() == path.file_name())
        })
}
