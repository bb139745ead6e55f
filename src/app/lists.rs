//! The files of lists: which there are, and what they say.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    checklist::{self, Document, Known},
    config::settings::Settings,
    domain::report::{Location, Report, Source},
    safe,
    state::walking::{Offer, OfferedList},
    text::SafeText,
};

/// A longer file is no list for people.
const MOST_BYTES: u64 = 1 << 20;

/// The file, or what is wrong with it as a whole.
pub enum Text {
    /// What it says.
    Good(Arc<Source>),
    /// It is no text.
    Bad(Report),
}

/// Reads the file.
///
/// # Errors
/// It cannot be read.
pub fn read(path: &Path) -> Result<Text, SafeText> {
    let name = SafeText::name(path.as_os_str().as_encoded_bytes());
    let unreadable = |error: std::io::Error| {
        let why = SafeText::line(error.to_string());
        safe!("{name} cannot be read: {why}")
    };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(safe!("{name} is longer than 1 MiB: no list for people"));
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Text::Good(Source::new(path, text)),
        Err(error) => {
            let good = error.utf8_error().valid_up_to();
            let source = Source::new(path, String::from_utf8_lossy(error.as_bytes()));
            let mut report = Report::default();
            report
                .add(Location::File(source, good..good + 1), "this is not UTF-8")
                .help("save the file as UTF-8");
            Text::Bad(report)
        }
    })
}

/// The names that the settings have for lists to speak of.
pub fn set(settings: &Settings) -> Known {
    let commands = settings.commands.iter();
    let backups = settings.backups.keys();
    let looked_at = settings.checks.iter().map(|check| &check.service);
    Known {
        services: None,
        set_up: backups.chain(looked_at).map(SafeText::name).collect(),
        commands: commands.map(|c| SafeText::name(c.written())).collect(),
    }
}

/// The list that a file holds, or every mistake in it where these names are known.
///
/// # Errors
/// It cannot be read.
pub fn document(path: &Path, known: Option<&Known>) -> Result<Result<Document, Report>, SafeText> {
    Ok(match read(path)? {
        Text::Good(source) => checklist::read(&source, known).map(|reading| reading.document),
        Text::Bad(report) => Err(report),
    })
}

/// The Markdown files of this folder, and of the one for lists.
pub fn here() -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = [".", "checklists"]
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.filter_map(|entry| Some(entry.ok()?.path())))
        .filter(|path| {
            path.extension()
                .is_some_and(|e| e.eq_ignore_ascii_case("md"))
        })
        .map(|path| path.strip_prefix(".").map_or(path.clone(), Path::to_owned))
        .filter(|path| path.is_file())
        .collect();
    found.sort();
    found
}

/// What can be begun where these names are known: of the files that are named, all; else of those that are here those that
/// are lists.
pub fn offers(named: &[PathBuf], known: Option<&Known>) -> Vec<Offer> {
    let found = if named.is_empty() {
        here()
    } else {
        named.to_vec()
    };
    let offers = found
        .into_iter()
        .filter_map(|file| match document(&file, known) {
            Ok(Ok(document)) => {
                let lists = document.lists.iter().map(|list| OfferedList {
                    name: list.name.clone(),
                    kind: list.kind,
                    steps: list.items.len(),
                });
                Some(Offer {
                    name: document.name.clone(),
                    lists: lists.collect(),
                    mistakes: Vec::new(),
                    file,
                })
            }
            // Most files here are no lists, and nobody said they were.
            Ok(Err(report)) => {
                let is_list = !report.problems().iter().all(checklist::is_nothing);
                let mistakes = report.problems().iter().filter(|p| !p.is_warning());
                let mistakes = mistakes.map(|p| SafeText::line(p.to_string())).collect();
                (is_list || !named.is_empty()).then(|| wrong(file, mistakes))
            }
            Err(why) => (!named.is_empty()).then(|| wrong(file, vec![why])),
        });
    offers.collect()
}

fn wrong(file: PathBuf, mistakes: Vec<SafeText>) -> Offer {
    let name = file.file_name().unwrap_or(file.as_os_str());
    Offer {
        name: SafeText::name(name.as_encoded_bytes()),
        lists: Vec::new(),
        mistakes,
        file,
    }
}
