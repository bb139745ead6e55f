//! What a hint names is typed as it stands: the options that led here lead there again.

use std::path::Path;

use super::{arguments::Global, console::SCENARIO};
use crate::text::SafeText;

/// The options of this command line that say where it works.
#[derive(Clone, Debug, Default)]
pub(super) struct Again(String);

impl Again {
    pub(super) fn new(global: &Global) -> Self {
        let mut options = String::new();
        let mut add = |option: &str, value: &str| {
            options.push_str(option);
            options.push_str(&word(value));
        };
        if let Some(path) = &global.config {
            add(" --config ", &path.to_string_lossy());
        }
        if let Some(name) = &global.env {
            add(" --env ", name);
        }
        if let Some(address) = global.docker_host.as_deref().filter(|a| !has_password(a)) {
            add(" --docker-host ", address);
        }
        if let Some(path) = &global.kubeconfig {
            add(" --kubeconfig ", &path.to_string_lossy());
        }
        if let Some(name) = &global.context {
            add(" --context ", name);
        }
        if !global.namespace.is_empty() {
            add(" --namespace ", &global.namespace.join(","));
        }
        match &global.rehearsal.demo {
            Some(scenario) if scenario == Path::new(SCENARIO) => options.push_str(" --demo"),
            Some(scenario) => add(" --demo=", &scenario.to_string_lossy()),
            None => {}
        }
        Self(options)
    }

    /// `quarterdeck COMMAND`, for the same place.
    pub(super) fn command(&self, command: &str) -> String {
        format!("quarterdeck {command}{}", self.0)
    }
}

/// Whether an address of a daemon holds one, which is not to be repeated.
fn has_password(address: &str) -> bool {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split_once('@')
        .is_some_and(|(who, _)| who.contains(':'))
}

/// A word that a shell takes for one.
fn word(text: &str) -> String {
    let text = SafeText::name(text);
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_string()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::{super::arguments::Arguments, *};

    fn again(typed: &[&str]) -> String {
        let arguments = [&["quarterdeck"], typed].concat();
        Again::new(&Arguments::parse_from(arguments).global).command("status")
    }

    #[test]
    fn a_hint_leads_to_the_same_place() {
        for (typed, hint) in [
            (&[][..], "quarterdeck status"),
            (&["--demo"], "quarterdeck status --demo"),
            (
                &["--demo=my shop.toml"],
                "quarterdeck status --demo='my shop.toml'",
            ),
            (
                &["--config=/s/q.toml", "-e", "shop"],
                "quarterdeck status --config /s/q.toml --env shop",
            ),
            (
                &["--docker-host", "ssh://me@box:2222"],
                "quarterdeck status --docker-host ssh://me@box:2222",
            ),
            (&["--env", "it's"], r"quarterdeck status --env 'it'\''s'"),
        ] {
            assert_eq!(again(typed), hint);
        }
    }

    #[test]
    fn a_password_is_not_repeated() {
        assert_eq!(
            again(&["--docker-host", "tcp://me:hunter2@box:2375"]),
            "quarterdeck status"
        );
    }
}
