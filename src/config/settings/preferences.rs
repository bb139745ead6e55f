//! What is one value each: set in the file, or by a variable, which wins.

use std::{collections::BTreeMap, time::Duration};

use figment::{
    Figment,
    providers::Serialized,
    value::{Dict, Value},
};
use serde::{Deserialize, Serialize};
use toml::de::DeTable;

use crate::{
    config::{
        reader::{Keys, Reader},
        report::{Location, Report, quoted},
        variables::Variables,
    },
    domain::values::{self, ByteSize, Since, Span},
};

/// What every variable of ours begins with.
const PREFIX: &str = "QUARTERDECK_";

/// Variables that other parts read, so that a slip near them is seen too.
const ELSEWHERE: [&str; 2] = ["CONFIG", "STATE_DIR"];

/// The values, resolved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preferences {
    /// The environment to begin with; `None` lets the console choose.
    pub environment: Option<String>,
    /// Who acts; `None` asks at the first action.
    pub operator: Option<String>,
    /// Nothing is changed anywhere.
    pub read_only: bool,
    /// For how long a revision is well before it counts as known good.
    pub known_good_after: Span,
    /// The name of the theme; `None` chooses `dark`, or `mono` without colours.
    pub theme: Option<String>,
    /// The name of the keymap.
    pub keymap: String,
    /// Whether the console takes the mouse.
    pub mouse: bool,
    /// Whether only ASCII is drawn; `None` asks the terminal.
    pub ascii: Option<bool>,
    /// Whether times are in UTC.
    pub utc: bool,
    /// How much memory the logs may take.
    pub logs_memory: ByteSize,
    /// How far back logs begin.
    pub logs_since: Since,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            environment: None,
            operator: None,
            read_only: false,
            known_good_after: Span(Duration::from_mins(10)),
            theme: None,
            keymap: "default".to_owned(),
            mouse: true,
            ascii: None,
            utc: false,
            logs_memory: ByteSize(64 << 20),
            logs_since: Since::Tail,
        }
    }
}

/// How a value is written.
#[derive(Clone, Copy)]
enum Kind {
    Name,
    YesNo,
    Span,
    Size,
    Since,
}

/// One of [`Preferences`]' fields.
pub struct Preference {
    /// The field.
    field: &'static str,
    /// The table and the key in the file; `None` for one that a variable alone sets.
    file: Option<(&'static str, &'static str)>,
    kind: Kind,
    /// What it does, in a line.
    pub help: &'static str,
}

impl Preference {
    const fn new(
        field: &'static str,
        file: Option<(&'static str, &'static str)>,
        kind: Kind,
        help: &'static str,
    ) -> Self {
        Self {
            field,
            file,
            kind,
            help,
        }
    }

    /// The variable that sets it: `QUARTERDECK_THEME`.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.field.to_uppercase())
    }

    /// How it stands in the file: `ui.theme`.
    pub fn key(&self) -> Option<String> {
        self.file.map(|(table, key)| {
            if table.is_empty() {
                key.to_owned()
            } else {
                format!("{table}.{key}")
            }
        })
    }

    fn check(&self, text: &str) -> Result<Value, String> {
        let too_small = |least: &str| Err(format!("it has to be at least {least}"));
        let value = match self.kind {
            Kind::Name if text.trim().is_empty() => return Err("it is empty".to_owned()),
            Kind::Name => Value::serialize(text.trim()),
            Kind::YesNo => Value::serialize(values::boolean(text).ok_or("write true or false")?),
            Kind::Span => match text.parse::<Span>().map_err(|error| error.to_string())? {
                span if span.0 < Duration::from_secs(1) => return too_small("1s"),
                span => Value::serialize(span),
            },
            Kind::Size => match text
                .parse::<ByteSize>()
                .map_err(|error| error.to_string())?
            {
                size if size.0 < 1 << 20 => return too_small("1 MiB"),
                size => Value::serialize(size),
            },
            Kind::Since => {
                Value::serialize(text.parse::<Since>().map_err(|error| error.to_string())?)
            }
        };
        value.map_err(|error| error.to_string())
    }
}

/// Every one of them: the file's keys, the variables, and the README's list come from here.
pub const PREFERENCES: [Preference; 11] = [
    Preference::new(
        "environment",
        None,
        Kind::Name,
        "The environment to begin with.",
    ),
    Preference::new(
        "operator",
        Some(("", "operator")),
        Kind::Name,
        "Who acts; asked for at the first action else.",
    ),
    Preference::new(
        "read_only",
        Some(("", "read_only")),
        Kind::YesNo,
        "Change nothing anywhere.",
    ),
    Preference::new(
        "known_good_after",
        Some(("", "known_good_after")),
        Kind::Span,
        "For how long a revision is well before it counts as known good (10m).",
    ),
    Preference::new(
        "theme",
        Some(("ui", "theme")),
        Kind::Name,
        "The theme, shipped or your own (dark).",
    ),
    Preference::new(
        "keymap",
        Some(("ui", "keymap")),
        Kind::Name,
        "The keymap, shipped or your own (default).",
    ),
    Preference::new(
        "mouse",
        Some(("ui", "mouse")),
        Kind::YesNo,
        "Whether the console takes the mouse (true).",
    ),
    Preference::new(
        "ascii",
        Some(("ui", "ascii")),
        Kind::YesNo,
        "Draw with ASCII alone (as the terminal can).",
    ),
    Preference::new(
        "utc",
        Some(("ui", "utc")),
        Kind::YesNo,
        "Times in UTC rather than local (false).",
    ),
    Preference::new(
        "logs_memory",
        Some(("logs", "memory")),
        Kind::Size,
        "Memory that logs may take (64 MiB).",
    ),
    Preference::new(
        "logs_since",
        Some(("logs", "since")),
        Kind::Since,
        "How far back logs begin: tail, 15m, all (tail).",
    ),
];

/// The layers over the defaults, checked.
#[derive(Default)]
pub(super) struct Layers {
    file: Dict,
    variables: Dict,
    places: Locations,
}

/// Where each field was set, by its name; what is at its default has no place.
pub(in crate::config) type Locations = BTreeMap<&'static str, Location>;

impl Layers {
    pub(super) fn add_file(&mut self, reader: &mut Reader<'_>, file: &DeTable<'_>) {
        for table in ["", "ui", "logs"] {
            let found = if table.is_empty() {
                Some(file)
            } else {
                reader.table(file, table).map(|found| found.value)
            };
            let Some(found) = found else { continue };
            let here = || {
                PREFERENCES
                    .iter()
                    .filter_map(|one| Some((one, one.file.filter(|(at, _)| *at == table)?.1)))
            };
            if !table.is_empty() {
                let known: Vec<&str> = here().map(|(_, key)| key).collect();
                reader.keys(
                    found,
                    table,
                    &Keys {
                        known: &known,
                        later: &[],
                    },
                );
            }
            for (preference, key) in here() {
                let value = match preference.kind {
                    Kind::YesNo => reader.boolean(found, key).map(Value::from),
                    _ => reader.string(found, key).and_then(|text| {
                        preference
                            .check(&text.value)
                            .map_err(|error| {
                                let message = format!("{} is no value for {key}", text.shown());
                                reader.problem(text.span, message).help(error);
                            })
                            .ok()
                    }),
                };
                if let Some(value) = value {
                    let span = found.get(key).map_or(0..0, toml::Spanned::span);
                    self.places.insert(preference.field, reader.place(span));
                    self.file.insert(preference.field.to_owned(), value);
                }
            }
        }
    }

    pub(super) fn add_variables(&mut self, variables: &Variables, report: &mut Report) {
        for preference in &PREFERENCES {
            let variable = preference.variable();
            let Some(text) = variables.get(&variable) else {
                continue;
            };
            match preference.check(text) {
                Ok(value) => {
                    self.variables.insert(preference.field.to_owned(), value);
                    self.places
                        .insert(preference.field, variables.place(&variable));
                }
                Err(error) => {
                    report
                        .add(variables.place(&variable), "this value can't be read")
                        .help(error);
                }
            }
        }
        // Others are not ours to judge (a Kubernetes service called quarterdeck sets QUARTERDECK_PORT), but a slip in one
        // of ours must not go unseen: QUARTERDECK_READONLY=1 would change things.
        let known: Vec<String> = PREFERENCES
            .iter()
            .map(|one| one.field.to_uppercase())
            .collect();
        let known: Vec<&str> = known.iter().map(String::as_str).chain(ELSEWHERE).collect();
        for name in variables.names_with(PREFIX) {
            let rest = &name[PREFIX.len()..];
            let near = known
                .iter()
                .find(|known| rest.len() < 64 && strsim::osa_distance(rest, known) <= 2);
            if let Some(near) = near.filter(|near| **near != rest) {
                report
                    .add(
                        Location::Variable(quoted(name)),
                        "there is no such variable",
                    )
                    .help(format!("did you mean `{PREFIX}{near}`?"));
            }
        }
    }

    pub(super) fn resolve(self) -> (Preferences, Locations) {
        let preferences = Figment::from(Serialized::defaults(Preferences::default()))
            .merge(Serialized::defaults(self.file))
            .merge(Serialized::defaults(self.variables))
            .extract()
            .expect("each value was checked to be of its field's type");
        (preferences, self.places)
    }
}
