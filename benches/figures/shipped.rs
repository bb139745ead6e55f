//! The binary that is measured is the one that is shipped.

use std::{fs, path::Path, process::Command};

use crate::support::daemon::output;

/// Puts what `cargo build --release` gives in the place of what `cargo bench` built: that one is linked with the features that
/// tests ask of the packages too, and is another binary. It has a folder of its own, or each would build the other anew.
pub(crate) fn ship() {
    let here = Path::new(env!("CARGO_BIN_EXE_quarterdeck"));
    let target = here.ancestors().nth(2).expect("a target folder");
    let own = target.join("shipped");
    let mut build = Command::new(std::env::var_os("CARGO").expect("cargo runs benches"));
    output(
        build
            .args(["build", "--quiet", "--locked", "--release", "--target-dir"])
            .arg(&own),
    );
    fs::remove_file(here).expect("cargo built it");
    fs::copy(own.join("release/quarterdeck"), here).expect("cargo built it");
}
