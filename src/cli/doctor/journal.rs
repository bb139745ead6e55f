//! Whether what is done here can be recorded.

use std::path::Path;

use rustix::fs::statvfs;

use super::Check;
use crate::{cli::context::Context, domain::figures, safe, text::SafeText};

/// Less than this, and a journal will not last.
const SCARCE: u64 = 64 << 20;

pub(super) fn checks(context: &Context) -> Vec<Check> {
    let Some(root) = context.state() else {
        return vec![Check::bad(
            "journal",
            SafeText::from_static("there is no place for it"),
            SafeText::from_static(
                "set HOME or QUARTERDECK_STATE_DIR; nothing is changed without a journal",
            ),
        )];
    };
    let ledger = context.ledger();
    let mut checks = vec![match ledger.journal() {
        Ok(journal) => {
            let folder = root.join("journal");
            let writable = rustix::fs::access(&folder, rustix::fs::Access::WRITE_OK).is_ok();
            if !writable {
                return vec![Check::bad(
                    "journal",
                    safe!("{} cannot be written", folder.display()),
                    SafeText::from_static("make it yours, or set QUARTERDECK_STATE_DIR"),
                )];
            }
            let reserve = folder.join("reserve").is_file();
            match journal.verify() {
                Ok(report) => match &report.mismatch {
                    None if reserve => Check::good(
                        "journal",
                        safe!(
                            "{}: {} entries, each fits the one before it",
                            folder.display(),
                            report.entries
                        ),
                    ),
                    None => Check::warning(
                        "journal",
                        safe!("{} has no reserve for a full disk", folder.display()),
                        SafeText::from_static("make room: it is made at the next start"),
                    ),
                    Some(mismatch) => Check::bad(
                        "journal",
                        safe!("{mismatch}"),
                        SafeText::from_static("somebody changed it: keep a copy and ask who"),
                    ),
                },
                Err(error) => Check::bad(
                    "journal",
                    safe!("it cannot be read: {error}"),
                    SafeText::from_static("make it yours, or set QUARTERDECK_STATE_DIR"),
                ),
            }
        }
        Err(why) => Check::bad(
            "journal",
            why,
            SafeText::from_static("nothing is changed without a journal"),
        ),
    }];
    checks.extend(room("journal's disk", &root));
    checks
}

/// Whether there is room where `path` is.
pub(super) fn room(about: &'static str, path: &Path) -> Option<Check> {
    let there = path.ancestors().find(|p| p.is_dir())?;
    let disk = statvfs(there).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let found = safe!("{} free at {}", figures::bytes(free), there.display());
    Some(if free < SCARCE {
        Check::warning(about, found, SafeText::from_static("make room"))
    } else {
        Check::good(about, found)
    })
}
