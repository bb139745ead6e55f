//! Reads a TOML file table by table and gathers every mistake instead of stopping at the first.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{
    report::{Location, Problem, Report, Source, quoted},
    variables::{Missing, Variables},
};
use crate::domain::{suggest::did_you_mean, values};

/// A file being read, and what was wrong with it so far.
pub(super) struct Reader<'a> {
    source: &'a Arc<Source>,
    variables: &'a Variables,
    report: &'a mut Report,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// A string of the file, `${NAME}` already replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// The value; perhaps a secret when it is `expanded`.
    pub value: String,
    /// Its bytes in the file, quotes included.
    pub span: Range<usize>,
    /// A variable is part of it: it must not be shown.
    pub expanded: bool,
}

impl Text {
    /// The value as a message may show it.
    pub(super) fn shown(&self) -> String {
        if self.expanded {
            "its value".to_owned()
        } else {
            format!("`{}`", quoted(&self.value))
        }
    }
}

/// A table without what the parser made up where it could not read: that would be called wrong a second time.
fn without_made_up<'i>(table: DeTable<'i>, broken: &impl Fn(usize) -> bool) -> DeTable<'i> {
    let mut kept = DeTable::new();
    for (key, value) in table {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(inner) => {
                let inner = DeValue::Table(without_made_up(inner, broken));
                kept.insert(key, Spanned::new(span, inner));
            }
            value if !broken(key.span().start) => {
                kept.insert(key, Spanned::new(span, value));
            }
            _ => {}
        }
    }
    kept
}

/// The keys that a table may hold.
pub(super) struct Keys<'k> {
    /// Those that are read.
    pub known: &'k [&'k str],
    /// Those that are written in files already, for a version yet to come.
    pub later: &'k [&'k str],
}

impl<'a> Reader<'a> {
    pub(super) const fn new(
        source: &'a Arc<Source>,
        variables: &'a Variables,
        report: &'a mut Report,
    ) -> Self {
        Self {
            source,
            variables,
            report,
        }
    }

    /// The file as a table; what does not parse is reported, and what does is returned all the same.
    pub(super) fn parse(&mut self) -> DeTable<'a> {
        let text = self.source.text();
        let (table, errors) = DeTable::parse_recoverable(text);
        let line_of = |at: usize| {
            let before = &text[..text.floor_char_boundary(at)];
            before.rfind('\n').map_or(0, |newline| newline + 1)
        };
        let mut broken = Vec::new();
        let mut heading = false;
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            let line = line_of(span.start);
            heading |= text[line..].trim_start().starts_with('[');
            // One slip is reported again for what follows it: the first on a line says it.
            if broken.contains(&line) {
                continue;
            }
            broken.push(line);
            let end = text[line..].find('\n').map_or(text.len(), |at| line + at);
            let what = if text[line..end].trim_end().ends_with('=') {
                "a value is missing"
            } else {
                error.message()
            };
            self.problem(span, format!("this is not TOML: {what}"));
        }
        // Without its heading what follows belongs to no table that we know, and would be called wrong for nothing.
        if heading {
            DeTable::new()
        } else {
            without_made_up(table.into_inner(), &|at| broken.contains(&line_of(at)))
        }
    }

    /// `span` as a place.
    pub(super) fn place(&self, span: Range<usize>) -> Location {
        Location::File(Arc::clone(self.source), span)
    }

    /// Reports a mistake at `span`.
    pub(super) fn problem(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Problem {
        let place = self.place(span);
        self.report.add(place, message)
    }

    /// Reports keys that `table`, which is called `what`, may not hold.
    pub(super) fn keys(&mut self, table: &DeTable<'_>, what: &str, keys: &Keys<'_>) {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if keys.known.contains(&name) {
            } else if keys.later.contains(&name) {
                self.problem(key.span(), format!("`{name}` is not supported yet"))
                    .label(format!("in {what}"))
                    .help("take it out, or put a # in front, until it is");
            } else {
                let help = did_you_mean(name, keys.known.iter().copied())
                    .or_else(|| Some(format!("it knows {}", keys.known.join(", "))));
                self.problem(key.span(), format!("{what} has no key `{}`", quoted(name)))
                    .maybe_help(help);
            }
        }
    }

    /// The table at `key`.
    pub(super) fn table<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
    ) -> Option<Located<&'t DeTable<'i>>> {
        let value = table.get(key)?;
        self.as_table(value, key)
    }

    /// `value`, which is called `what`, as a table.
    pub(super) fn as_table<'t, 'i>(
        &mut self,
        value: &'t Spanned<DeValue<'i>>,
        what: &str,
    ) -> Option<Located<&'t DeTable<'i>>> {
        if let DeValue::Table(found) = value.get_ref() {
            return Some(Located {
                value: found,
                span: value.span(),
            });
        }
        self.wrong_type(value, what, "a table");
        None
    }

    /// The tables of the table at `key`, by their names: `[key.NAME]`.
    pub(super) fn tables<'t, 'i>(
        &mut self,
        table: &'t DeTable<'i>,
        key: &str,
    ) -> Vec<(Located<&'t str>, &'t DeTable<'i>)> {
        let Some(outer) = self.table(table, key) else {
            return Vec::new();
        };
        let mut found = Vec::new();
        for (name, value) in outer.value {
            let (written, span) = (name.get_ref().as_ref(), name.span());
            if written.is_empty()
                || !written
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            {
                self.problem(span, format!("`{}` cannot be a name", quoted(written)))
                    .help("a name has letters, digits, dots, dashes and underscores");
            } else if let Some(inner) = self.as_table(value, &format!("{key}.{written}")) {
                found.push((
                    Located {
                        value: written,
                        span,
                    },
                    inner.value,
                ));
            }
        }
        found
    }

    /// The string at `key`, variables replaced.
    pub(super) fn string(&mut self, table: &DeTable<'_>, key: &str) -> Option<Text> {
        let value = table.get(key)?;
        self.as_string(value, key)
    }

    /// `value`, which is called `what`, as a string, variables replaced.
    pub(super) fn as_string(&mut self, value: &Spanned<DeValue<'_>>, what: &str) -> Option<Text> {
        let DeValue::String(written) = value.get_ref() else {
            self.wrong_type(value, what, "a string");
            return None;
        };
        let span = value.span();
        match self.variables.expand(written) {
            Ok(expanded) => {
                let replaced = expanded != *written;
                Some(Text {
                    value: expanded,
                    span,
                    expanded: replaced,
                })
            }
            Err(missing) => {
                let at = self.inside(&span, written, missing.at());
                match missing {
                    Missing::Unset { name, .. } => self
                        .problem(
                            at..at + name.len() + 3,
                            format!("the variable {name} is not set"),
                        )
                        .label("asked for here")
                        .help(format!("set it, or give a default: ${{{name}:-…}}")),
                    Missing::Malformed { .. } => self
                        .problem(at..at + 2, "this is not a variable")
                        .help("write ${NAME} or ${NAME:-default}; $${ stands for ${ itself"),
                };
                None
            }
        }
    }

    /// A path in the file; one that is not absolute counts from the folder that the file is in.
    pub(super) fn beside_file(&self, path: &str) -> PathBuf {
        self.source
            .path()
            .parent()
            .unwrap_or(Path::new(""))
            .join(path)
    }

    /// Where byte `at` of a string's value stands in the file, as long as no escape stands before it.
    fn inside(&self, span: &Range<usize>, written: &str, at: usize) -> usize {
        let raw = self.source.text().get(span.clone()).unwrap_or_default();
        raw.find(written)
            .map_or(span.start, |start| span.start + start + at)
    }

    /// The list of strings at `key`.
    pub(super) fn strings(&mut self, table: &DeTable<'_>, key: &str) -> Option<Vec<Text>> {
        let value = table.get(key)?;
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong_type(value, key, "a list of strings");
            return None;
        };
        Some(
            items
                .iter()
                .filter_map(|item| self.as_string(item, key))
                .collect(),
        )
    }

    /// The yes or no at `key`: `true`, `false`, or a variable that says so.
    pub(super) fn boolean(&mut self, table: &DeTable<'_>, key: &str) -> Option<bool> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(yes) => Some(*yes),
            DeValue::String(written) if written.contains("${") => {
                let text = self.as_string(value, key)?;
                let parsed = values::boolean(&text.value);
                if parsed.is_none() {
                    self.problem(text.span, format!("{key} is true or false"));
                }
                parsed
            }
            _ => {
                self.wrong_type(value, key, "true or false");
                None
            }
        }
    }

    /// The whole number at `key`, or one that a variable holds.
    pub(super) fn number(&mut self, table: &DeTable<'_>, key: &str) -> Option<Located<u32>> {
        let value = table.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            DeValue::String(written) if written.contains("${") => {
                self.as_string(value, key)?.value.parse().ok()
            }
            _ => {
                self.wrong_type(value, key, "a whole number");
                return None;
            }
        };
        if number.is_none() {
            self.problem(
                value.span(),
                format!("{key} is a whole number from 0 to {}", u32::MAX),
            );
        }
        Some(Located {
            value: number?,
            span: value.span(),
        })
    }

    /// The string at `key`, as a `T`.
    pub(super) fn parsed<T>(&mut self, table: &DeTable<'_>, key: &str) -> Option<Located<T>>
    where
        T: FromStr<Err: std::fmt::Display>,
    {
        let text = self.string(table, key)?;
        match text.value.parse() {
            Ok(value) => Some(Located {
                value,
                span: text.span,
            }),
            Err(error) => {
                let message = format!("{} is not a {key}: {error}", text.shown());
                self.problem(text.span, message);
                None
            }
        }
    }

    /// The string at `key`, which must be one of `choices`.
    pub(super) fn choice<T: Copy>(
        &mut self,
        table: &DeTable<'_>,
        key: &str,
        choices: &[(&str, T)],
    ) -> Option<T> {
        let text = self.string(table, key)?;
        let found = choices.iter().find(|(name, _)| *name == text.value);
        if found.is_none() {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let help = did_you_mean(&text.value, names.iter().copied());
            self.problem(
                text.span.clone(),
                format!("{} is not a {key}", text.shown()),
            )
            .help(format!("it is one of {}", names.join(", ")))
            .maybe_help(help.filter(|_| !text.expanded));
        }
        found.map(|(_, value)| *value)
    }

    /// What a file of its kind builds on: its `base`, else what is `implied`.
    pub(super) fn base<T, N: Iterator<Item = &'static str>>(
        &mut self,
        file: &DeTable<'_>,
        implied: Option<&str>,
        what: &str,
        shipped: impl Fn() -> N,
        built_in: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let Some(text) = self.string(file, "base") else {
            return implied.and_then(built_in);
        };
        let found = built_in(&text.value);
        if found.is_none() {
            let names: Vec<&str> = shipped().collect();
            self.problem(
                text.span.clone(),
                format!("{} is not a {what} to build on", text.shown()),
            )
            .help(format!("there are {}", names.join(", ")))
            .maybe_help(did_you_mean(&text.value, names));
        }
        found
    }

    fn wrong_type(&mut self, value: &Spanned<DeValue<'_>>, what: &str, expected: &str) {
        let found = match value.get_ref() {
            DeValue::String(_) => "a string",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number",
            DeValue::Boolean(true) => "true",
            DeValue::Boolean(false) => "false",
            DeValue::Datetime(_) => "a date",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        self.problem(
            value.span(),
            format!("{}: expected {expected}, found {found}", quoted(what)),
        );
    }
}
