//! The lists of a rehearsal: those that were named, or the simulated deployment's own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::known;
use crate::{
    app::lists,
    cli::{arguments::Global, console::SCENARIO, exit::Fault, on_runtime},
    journal,
    platform::sim,
    text::SafeText,
};

/// What to do where no file is there.
const NAMING: &str = "name a Markdown file that is there, or none for the scenario's own list";

/// What to do where a list is about other services.
const ELSEWHERE: &str = "A list is rehearsed on the services of a scenario (quarterdeck demo --list names them), or on a copy of what \
     runs: start quarterdeck there, and press c, then r.";

/// The files that are rehearsed, without a mistake in them: every name in them is of the deployment that is simulated.
///
/// # Errors
/// One cannot be read, all that is wrong with it, or there is none.
pub(in crate::cli) fn lists(
    global: &Global,
    mut named: Vec<PathBuf>,
) -> Result<Vec<PathBuf>, Fault> {
    if named.is_empty() {
        named.push(own(global.rehearsal.demo.as_deref())?);
    }
    let known = on_runtime(known(global))?;
    for file in &named {
        let unread = |why: SafeText| Fault::usage(format!("{why}; {NAMING}"));
        if let Err(report) = lists::document(file, Some(&known)).map_err(unread)? {
            let mistakes = report.mistakes(false);
            let name = SafeText::name(file.as_os_str().as_encoded_bytes());
            return Err(Fault::failed(format!(
                "{name} cannot be rehearsed\n{mistakes}\n\n{ELSEWHERE}"
            )));
        }
    }
    Ok(named)
}

/// What a demo offers where nobody named a list: those that are here, as beside a real deployment; else the scenario's own.
pub(in crate::cli) fn offered(global: &Global) -> Vec<PathBuf> {
    let own = own(global.rehearsal.demo.as_deref());
    own.into_iter()
        .filter(|_| lists::offers(&[], None).is_empty())
        .collect()
}

/// The scenario's own list, as a file beside the records of the demo: it can be read, and made one's own.
fn own(scenario: Option<&Path>) -> Result<PathBuf, Fault> {
    let scenario = scenario.unwrap_or(Path::new(SCENARIO));
    let found = sim::scenarios()
        .iter()
        .find(|known| Path::new(known.name) == scenario);
    let Some((name, text)) = found.and_then(|known| Some((known.name, known.lists?))) else {
        let with: Vec<&str> = sim::scenarios()
            .iter()
            .filter_map(|known| known.lists.map(|_| known.name))
            .collect();
        let scenario = SafeText::name(scenario.as_os_str().as_encoded_bytes());
        return Err(Fault::usage(format!(
            "{scenario} has no list of its own: name a file, --checklist FILE, or a scenario that has one: {}",
            with.join(", ")
        )));
    };
    let folder = journal::state_dir().map(|dir| journal::rehearsals(&dir));
    let folder = folder.ok_or_else(|| {
        Fault::usage("there is no folder for the list of the demo: set QUARTERDECK_STATE_DIR")
    })?;
    fs::create_dir_all(&folder)?;
    let file = folder.join(format!("{name}.md"));
    fs::write(&file, text)?;
    Ok(file)
}
