//! A shell in a container: our screen steps aside for it, and returns whole.

use super::{deployment, on};
use crate::support::{cluster_or_skip, wait::SOON};

#[test]
fn a_shell_in_a_pod_has_the_terminal_and_gives_it_back_whole() {
    let cluster = cluster_or_skip!();
    let namespace = cluster.namespace("shell");
    deployment(&namespace, "api", "", 1);
    let console = on(&cluster, &namespace);
    console.expect("1/1");
    console.keys("x");
    console.expect_gone("Rollouts");
    // What is typed is the shell's: q does not leave the console.
    console.keys("echo q-$((20 + 3))\n");
    console.expect("q-23");
    console.keys("exit\n");
    console.expect_gone("q-23");
    for there in ["1/1", "Rollouts", "q quit"] {
        console.expect(there);
    }
    console.expect_within(SOON, "a whole screen", |screen| {
        let rows: Vec<String> = screen.rows(0, 120).collect();
        let framed = |row: &String| {
            row.starts_with(['╔', '║', '╠', '╚']) && row.ends_with(['╗', '║', '╣', '╝'])
        };
        rows[1..rows.len() - 1].iter().all(framed)
    });
}
