//! What this console began and did not finish is offered again by a key.

use crate::support::console::quarterdeck;

/// A shop in which nothing happens by itself.
const CALM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/calm.toml");

#[test]
fn an_action_that_was_halted_is_offered_again_by_its_key_until_it_is_settled() {
    let console = quarterdeck(&["demo", CALM, "--operator", "ana"])
        .size(160, 30)
        .start();
    console.expect("postgres");
    console.expect_gone("L unfinished");
    console.keys("/web\r");
    console.keys("r");
    console.agree("restart", &["Restart  web", "one at a time"]);
    console.expect(" 1/4 ");
    console.keys("h");
    // The one step under way comes to its end, and no other begins.
    console.expect("L unfinished");
    console.keys("L");
    console.expect("Unfinished  shop/web");
    console.expect("restart");
    // Looking at it settles nothing: it is still offered. Leaving it as it is does.
    console.keys("\x1b");
    console.expect_gone("Unfinished  shop/web");
    console.keys("L");
    console.expect("Unfinished  shop/web");
    // From the first answer back over the last, which is to decide later.
    console.keys("\x1b[Z\x1b[Z\r");
    console.expect_gone("Unfinished  shop/web");
    console.expect_gone("L unfinished");
}
