//! What a panic says. Words from outside may be in its message, and none of them reaches a terminal as it is.

use std::{fmt, panic::PanicHookInfo};

use color_eyre::{config::HookBuilder, section::PanicMessage};

use crate::text::SafeText;

struct Clean;

impl PanicMessage for Clean {
    fn display(&self, panic: &PanicHookInfo<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = panic.payload_as_str().unwrap_or("(no words)");
        writeln!(f, "quarterdeck panicked, which is a fault of ours.")?;
        writeln!(f, "Message:  {}", SafeText::line(words))?;
        match panic.location() {
            Some(at) => write!(f, "Location: {}:{}", at.file(), at.line()),
            None => f.write_str("Location: unknown"),
        }
    }
}

/// Reports panics, and errors that nobody expected, from now on. Cheap: a report is made when there is something to report.
///
/// # Errors
/// Somebody else reports them already.
pub(super) fn report() -> color_eyre::Result<()> {
    HookBuilder::default().panic_message(Clean).install()
}
