//! Reading a list's file.

use std::{fs, io::Read as _, path::Path, sync::Arc};

use crate::{
    cli::exit::Fault,
    domain::report::{Location, Report, Source},
    text::SafeText,
};

/// A longer file is no list for people.
const MOST_BYTES: u64 = 1 << 20;

/// The file, or what is wrong with it as a whole.
pub(super) enum Text {
    Good(Arc<Source>),
    Bad(Report),
}

/// Reads the file.
///
/// # Errors
/// It cannot be read.
pub(super) fn read(path: &Path) -> Result<Text, Fault> {
    let name = SafeText::name(path.as_os_str().as_encoded_bytes());
    let unreadable = |error: std::io::Error| {
        let why = SafeText::line(error.to_string());
        Fault::usage(format!("{name} cannot be read: {why}"))
    };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Fault::usage(format!(
            "{name} is longer than 1 MiB: no list for people"
        )));
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
