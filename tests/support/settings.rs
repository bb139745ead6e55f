//! Settings, read as from a file.

use std::path::Path;

use quarterdeck::config::{
    report::{Report, Source},
    settings::{self, Settings},
};

/// These settings.
pub(crate) fn settings(text: &str) -> Settings {
    settings_of(Path::new("quarterdeck.toml"), text)
}

/// These settings, of that file.
pub(crate) fn settings_of(file: &Path, text: &str) -> Settings {
    let mut report = Report::default();
    let source = Source::new(file, text);
    let variables = std::iter::empty::<(&str, &str)>().collect();
    let settings = settings::parse(&source, &variables, &mut report);
    assert!(report.is_empty(), "{report}");
    settings
}
