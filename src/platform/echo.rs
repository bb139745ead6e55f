//! A platform may repeat in its errors what it was sent, or what it was told to reach. What may be secret of that ends here.

use serde_json::Value;

use super::secrets::HIDDEN;

/// Shorter values give nothing away, and would be found in plain words.
const SHORTEST: usize = 4;

/// A platform's words about a request with that body, without what the mask takes away from the body, and without passwords
/// in URLs.
pub(super) fn hidden(words: &str, sent: &[u8], mask: impl FnOnce(&mut Value)) -> String {
    let mut secrets: Vec<String> = Vec::new();
    if let Ok(sent) = serde_json::from_slice::<Value>(sent) {
        let mut masked = sent.clone();
        mask(&mut masked);
        differing(&sent, &masked, &mut secrets);
    }
    // The longest first, for one may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    let said = secrets.iter().fold(words.to_owned(), |said, secret| {
        said.replace(secret, HIDDEN)
    });
    without_passwords(&said)
}

/// What the mask took away.
fn differing(sent: &Value, masked: &Value, secrets: &mut Vec<String>) {
    match (sent, masked) {
        (Value::String(sent), Value::String(masked)) if sent != masked => {
            let kept = masked.strip_suffix(HIDDEN).unwrap_or_default();
            let secret = sent.strip_prefix(kept).unwrap_or(sent);
            if secret.len() >= SHORTEST {
                secrets.push(secret.to_owned());
            }
        }
        (Value::Array(sent), Value::Array(masked)) => {
            for (sent, masked) in sent.iter().zip(masked) {
                differing(sent, masked, secrets);
            }
        }
        (Value::Object(sent), Value::Object(masked)) => {
            for (name, sent) in sent {
                differing(sent, masked.get(name).unwrap_or(&Value::Null), secrets);
            }
        }
        _ => {}
    }
}

/// `scheme://user:password@host` without the user and the password.
fn without_passwords(words: &str) -> String {
    let mut kept = String::new();
    let mut rest = words;
    while let Some(at) = rest.find("://") {
        let (before, authority) = rest.split_at(at + "://".len());
        kept.push_str(before);
        let end = authority
            .find(|c: char| c.is_whitespace() || "/?\"'".contains(c))
            .unwrap_or(authority.len());
        match authority[..end].rfind('@') {
            Some(at) if authority[..at].contains(':') => {
                kept.push_str(HIDDEN);
                rest = &authority[at..];
            }
            _ => rest = authority,
        }
    }
    kept + rest
}
