//! What may be secret in what a platform describes, and what stands in its place.

use serde_json::Value;

/// What stands for what is hidden.
pub(super) const HIDDEN: &str = "•••";

/// Parts of a name that say that its value is nobody's business.
const TELLING: [&str; 9] = [
    "pass",
    "secret",
    "token",
    "key",
    "credential",
    "auth",
    "private",
    "dsn",
    "url",
];

/// Hides in a list of arguments what a telling name says is secret: they are given where nobody thinks of who reads them.
/// What follows such a name goes, and all of a URL with a password in it.
pub(super) fn hide_arguments(list: &mut Value) {
    let mut before = false;
    for argument in strings(list) {
        let (name, has_value) = argument
            .split_once('=')
            .map_or((&**argument, false), |(name, _)| (name, true));
        let telling = is_telling(name);
        let inline = telling && has_value;
        // A script is one argument, and can hold anything.
        let script = argument.contains(char::is_whitespace)
            && TELLING.iter().any(|t| argument.to_lowercase().contains(t));
        let hide_whole = before || has_password(argument) || script;
        before = telling && !has_value && argument.starts_with('-');
        if hide_whole {
            HIDDEN.clone_into(argument);
        } else if inline {
            *argument = format!("{name}={HIDDEN}");
        }
    }
}

/// Whether a name says that its value is nobody's business.
pub(super) fn is_telling(name: &str) -> bool {
    let name = name.to_lowercase();
    TELLING.iter().any(|part| name.contains(part))
}

/// Whether it holds `scheme://user:password@host`.
pub(super) fn has_password(text: &str) -> bool {
    let authority = text.split_once("://").map_or("", |(_, rest)| {
        rest.split(['/', '?', ' ']).next().unwrap_or_default()
    });
    authority
        .split_once('@')
        .is_some_and(|(user, _)| user.contains(':'))
}

/// The strings of a list.
pub(super) fn strings(list: &mut Value) -> impl Iterator<Item = &mut String> {
    list.as_array_mut()
        .into_iter()
        .flatten()
        .filter_map(|each| match each {
            Value::String(text) => Some(text),
            _ => None,
        })
}
