//! A daemon's errors without what may be secret of what it was sent.

use serde_json::{Value, json};

use super::details::mask;
use crate::platform::echo;

/// The daemon's words about a request with that body.
pub(super) fn hidden(words: &str, sent: &[u8]) -> String {
    echo::hidden(words, sent, |sent: &mut Value| {
        let mut whole = json!({ "Config": sent.take() });
        mask::hide(&mut whole);
        *sent = whole["Config"].take();
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_not_repeated() {
        let sent = json!({
            "Image": "shop/api:v2",
            "Env": ["PASSWORD=CANARY1", "SHORT=1"],
            "Cmd": ["serve", "--token=CANARY2", "--password", "CANARY3"],
            "Labels": {"api.key": "CANARY4", "team": "shop"},
        });
        let words = r#"no "serve" in shop/api:v2: ["PASSWORD=CANARY1","SHORT=1"] --token=CANARY2 CANARY3 CANARY4 for shop, 1 of 1"#;
        assert_eq!(
            hidden(words, sent.to_string().as_bytes()),
            r#"no "serve" in shop/api:v2: ["PASSWORD=•••","SHORT=1"] --token=••• ••• ••• for shop, 1 of 1"#
        );
    }

    #[test]
    fn a_password_in_a_url_is_not_repeated() {
        assert_eq!(
            hidden(
                "Get \"https://ops:CANARY@registry:5000/v2/\": EOF, see http://docs/a:b@c",
                b""
            ),
            "Get \"https://•••@registry:5000/v2/\": EOF, see http://docs/a:b@c"
        );
    }
}
