//! The binary that is measured is the one that is shipped.

use std::process::Command;

use crate::support::daemon::output;

/// Builds what `cargo build --release` gives, in the place of what `cargo bench` built: that one is linked with the features that
/// tests ask of the packages too, and is another binary.
pub(crate) fn ship() {
    output(Command::new(env!("CARGO")).args(["build", "--quiet", "--locked", "--release"]));
}
