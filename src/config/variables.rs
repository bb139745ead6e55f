//! The environment, and `${NAME}` in the files.

use std::collections::BTreeMap;

use figment::providers::Env;

use super::report::Location;

/// The variables of the environment, so that everything else here is a function of its arguments.
#[derive(Clone, Default)]
pub struct Variables {
    values: BTreeMap<String, String>,
    /// Which option of the command line spoke in the place of a variable.
    options: BTreeMap<String, &'static str>,
}

impl std::fmt::Debug for Variables {
    /// The names alone: values may be secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.values.keys()).finish()
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self {
            values: variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            options: BTreeMap::new(),
        }
    }
}

/// Why a text with `${NAME}` in it has no value. `at` counts bytes from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Missing {
    /// No such variable, and no default.
    Unset { name: String, at: usize },
    /// A `${` without its `}`, or with a name that no variable can have.
    Malformed { at: usize },
}

impl Missing {
    /// Where it stands, in bytes from the beginning of the text.
    pub(super) const fn at(&self) -> usize {
        match self {
            Self::Unset { at, .. } | Self::Malformed { at } => *at,
        }
    }
}

impl Variables {
    /// Those of this process.
    pub fn of_process() -> Self {
        Env::raw()
            .lowercase(false)
            .iter()
            .map(|(name, value)| (name.into_string(), value))
            .collect()
    }

    /// Lets an option of the command line (`--env`) speak in the place of a variable, over what the process has.
    pub fn overrule(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
        option: &'static str,
    ) {
        let name = name.into();
        self.options.insert(name.clone(), option);
        self.values.insert(name, value.into());
    }

    /// The same without one of them.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.values.remove(name);
        self
    }

    /// Who says what a variable's value is.
    pub(super) fn place(&self, name: &str) -> Location {
        match self.options.get(name) {
            Some(option) => Location::Option(option),
            None => Location::Variable(name.to_owned()),
        }
    }

    /// The value of a variable that is set and not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The names that begin with `prefix`.
    pub(super) fn names_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = &'a str> {
        self.values
            .keys()
            .map(String::as_str)
            .filter(move |name| name.starts_with(prefix))
    }

    /// `text` with every `${NAME}` and `${NAME:-default}` replaced; `$${` stands for `${`.
    pub(super) fn expand(&self, text: &str) -> Result<String, Missing> {
        let mut expanded = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let at = text.len() - rest.len() + start;
            if rest[..start].ends_with('$') {
                expanded.push_str(&rest[..start]);
                expanded.push('{');
                rest = &rest[start + 2..];
                continue;
            }
            expanded.push_str(&rest[..start]);
            let inside = &rest[start + 2..];
            let end = inside.find('}').ok_or(Missing::Malformed { at })?;
            let (name, default) = match inside[..end].split_once(":-") {
                Some((name, default)) => (name, Some(default)),
                None => (&inside[..end], None),
            };
            let well_formed = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && name.bytes().next().is_some_and(|b| !b.is_ascii_digit());
            if !well_formed {
                return Err(Missing::Malformed { at });
            }
            match self.get(name).or(default) {
                Some(value) => expanded.push_str(value),
                None => {
                    return Err(Missing::Unset {
                        name: name.to_owned(),
                        at,
                    });
                }
            }
            rest = &inside[end + 1..];
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_replaced_with_their_default_where_one_is_given() {
        let variables: Variables = [("HOST", "db"), ("EMPTY", "")].into_iter().collect();
        for (text, expanded) in [
            ("plain $HOST", Ok("plain $HOST".to_owned())),
            ("${HOST}:${PORT:-5432}/${HOST}", Ok("db:5432/db".to_owned())),
            ("${EMPTY:-x}${EMPTY:-}", Ok("x".to_owned())),
            ("$${HOST}", Ok("${HOST}".to_owned())),
            (
                "a${NONE}",
                Err(Missing::Unset {
                    name: "NONE".to_owned(),
                    at: 1,
                }),
            ),
            ("ab${HOST", Err(Missing::Malformed { at: 2 })),
            ("${}", Err(Missing::Malformed { at: 0 })),
            ("${1A}", Err(Missing::Malformed { at: 0 })),
        ] {
            assert_eq!(variables.expand(text), expanded, "{text}");
        }
    }

    #[test]
    fn values_are_not_printed_with_the_names() {
        let variables: Variables = [("TOKEN", "hunter2")].into_iter().collect();
        assert_eq!(format!("{variables:?}"), r#"{"TOKEN"}"#);
    }
}
