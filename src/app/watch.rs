//! Notices that a settings file changed.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use notify::{Event, EventKind, RecursiveMode, Watcher as _};
use tokio::{sync::mpsc, time::sleep};

use crate::{config::Files, state::Msg};

/// Editors write a file in several steps; the last one counts.
const SETTLES: Duration = Duration::from_millis(100);

/// Tells of each change of these files until nobody listens. Watches folders: editors replace files. Of the user's folder
/// every keymap and theme counts, since the next settings may name it, and each may be another's base.
pub(super) async fn changes(files: Files, answers: mpsc::Sender<Msg>) {
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
    let project = files.settings.as_deref().map(beside);
    let folders = [
        project.map(|folder| (folder, RecursiveMode::NonRecursive)),
        files
            .folder
            .map(|folder| (folder, RecursiveMode::Recursive)),
    ];
    for (folder, deep) in folders.into_iter().flatten().filter(|(f, _)| f.is_dir()) {
        if let Err(error) = watcher.watch(&folder, deep) {
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

/// The folder that a file lies in.
fn beside(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn matters(event: &Event, files: &Files) -> bool {
    let written = matches!(
        event.kind,
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_)
    );
    let settings = files.settings.as_deref().and_then(Path::file_name);
    let ours = |path: &PathBuf| {
        let within = files.folder.as_ref().is_some_and(|f| path.starts_with(f));
        path.file_name() == settings || (within && path.extension().is_some_and(|e| e == "toml"))
    };
    written && event.paths.iter().any(ours)
}

#[cfg(test)]
mod tests {
    use notify::event::{AccessKind, CreateKind};

    use super::*;

    #[test]
    fn what_matters_is_the_settings_and_every_keymap_and_theme_of_the_users() {
        let files = Files {
            settings: Some("mine.toml".into()),
            named: None,
            folder: Some("/u".into()),
        };
        let written =
            |path: &str| Event::new(EventKind::Create(CreateKind::File)).add_path(path.into());
        for (path, does) in [
            ("./mine.toml", true),
            ("./yours.toml", false),
            ("/u/quarterdeck.toml", true),
            ("/u/themes/dark.toml", true),
            ("/u/keymaps/.dark.toml.swp", false),
            ("/v/themes/dark.toml", false),
        ] {
            assert_eq!(matters(&written(path), &files), does, "{path}");
            let read = Event {
                kind: EventKind::Access(AccessKind::Read),
                ..written(path)
            };
            assert!(!matters(&read, &files), "{path}");
        }
    }

    #[test]
    fn a_file_without_a_folder_lies_here() {
        assert_eq!(beside(Path::new("mine.toml")), Path::new("."));
        assert_eq!(beside(Path::new("/p/q.toml")), Path::new("/p"));
    }
}
