//! Text from outside is hostile: here is its only way in.
//!
//! Names, logs, events and error strings can carry escape sequences that retitle the window, write the clipboard or move
//! the cursor, and characters that reorder or hide what an operator reads. [`SafeText`] and [`StyledText`] can only be
//! made by cleaning, so whoever draws, copies or exports one of them needs to clean nothing.
//!
//! - [`SafeText::name`]: what identifies something. Nothing is interpreted, everything odd is made visible.
//! - [`SafeText::line`]: prose and errors, as one line. Escape sequences go.
//! - [`StyledText::log_line`]: one line of a log, its colours kept as styles.
//! - [`safe!`](crate::safe): a sentence of ours with their words in it.
//! - [`lines`]: a whole file, its lines and tabs as they are.
//! - [`counted`]: a number of things, as it is said.

mod count;
mod lines;
mod marks;
mod safe;
mod sanitise;
mod sequence;
mod sgr;
mod styled;
pub mod width;

pub use count::counted;
pub use lines::lines;
pub use marks::{is_odd, is_typable};
pub use safe::SafeText;
pub use sanitise::MAX_LINE_BYTES;
pub use sgr::legible;
pub use styled::{StyledRun, StyledText};

/// Formats like [`format!`] and cleans the result: `safe!("{name} does not answer: {error}")`.
#[macro_export]
macro_rules! safe {
    ($($argument:tt)*) => {
        $crate::text::SafeText::format(::std::format_args!($($argument)*))
    };
}
