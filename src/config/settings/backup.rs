//! `[backup.NAME]`: what to keep a copy of, and where.

use std::path::PathBuf;

use toml::de::DeTable;

use crate::config::reader::{Keys, Located, Reader};

const BACKUP: Keys<'_> = Keys {
    known: &["postgres", "volume", "to", "keep"],
    later: &[
        "every",
        "redis",
        "cronjob",
        "volumesnapshot",
        "command",
        "drill",
    ],
};
const POSTGRES: Keys<'_> = Keys {
    known: &["service", "database", "user"],
    later: &["url"],
};
const KEEP: Keys<'_> = Keys {
    known: &["days"],
    later: &["daily", "weekly", "monthly"],
};

/// One backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backup {
    /// What is copied.
    pub what: What,
    /// The directory that copies go to.
    pub to: PathBuf,
    /// For how many days they are kept; `None` keeps them all.
    pub keep_days: Option<u32>,
}

/// What is copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A database of a PostgreSQL that runs as a service, by its own `pg_dump`.
    Postgres {
        /// The service.
        service: String,
        /// The database.
        database: String,
        /// As whom; `None` asks the service's environment.
        user: Option<String>,
    },
    /// A volume of Docker's, as tar.
    Volume(String),
}

pub(super) fn read(
    reader: &mut Reader<'_>,
    name: &Located<&str>,
    table: &DeTable<'_>,
) -> Option<Backup> {
    reader.keys(table, &format!("backup.{}", name.value), &BACKUP);
    let what = what(reader, name, table);
    let to = destination(reader, name, table);
    let keep_days = reader.table(table, "keep").and_then(|keep| {
        reader.keys(keep.value, "keep", &KEEP);
        let days = reader.number(keep.value, "days")?;
        if days.value == 0 {
            reader
                .problem(days.span, "0 days would keep nothing")
                .help("leave keep out to keep every copy");
        }
        Some(days.value)
    });
    Some(Backup {
        what: what?,
        to: to?,
        keep_days,
    })
}

fn what(reader: &mut Reader<'_>, name: &Located<&str>, table: &DeTable<'_>) -> Option<What> {
    if let (Some(_), Some((second, _))) = (table.get("postgres"), table.get_key_value("volume")) {
        reader
            .problem(
                second.span(),
                format!("backup.{} copies two things", name.value),
            )
            .help("make two backups of it");
        return None;
    }
    if let Some(postgres) = reader.table(table, "postgres") {
        reader.keys(postgres.value, "postgres", &POSTGRES);
        let mut needed = |key: &str| {
            if postgres.value.contains_key(key) {
                return reader.string(postgres.value, key).map(|text| text.value);
            }
            reader.problem(postgres.span.clone(), format!("postgres needs a {key}"));
            None
        };
        let (service, database) = (needed("service"), needed("database"));
        let user = reader.string(postgres.value, "user").map(|text| text.value);
        return Some(What::Postgres {
            service: service?,
            database: database?,
            user,
        });
    }
    if table.contains_key("volume") {
        return reader
            .string(table, "volume")
            .map(|text| What::Volume(text.value));
    }
    let known_later = BACKUP
        .later
        .iter()
        .any(|key| table.contains_key(*key) && *key != "every");
    if !table.contains_key("postgres") && !known_later {
        reader
            .problem(
                name.span.clone(),
                format!("backup.{} copies nothing", name.value),
            )
            .help(r#"write postgres = { service = "…", database = "…" }, or volume = "…""#);
    }
    None
}

fn destination(
    reader: &mut Reader<'_>,
    name: &Located<&str>,
    table: &DeTable<'_>,
) -> Option<PathBuf> {
    if !table.contains_key("to") {
        reader
            .problem(
                name.span.clone(),
                format!("backup.{} goes nowhere", name.value),
            )
            .help(r#"write to = "DIRECTORY""#);
        return None;
    }
    let to = reader.string(table, "to")?;
    if to.value.contains("://") {
        reader
            .problem(to.span, "only a directory is supported yet")
            .help("write a path");
        return None;
    }
    if to.value.is_empty() {
        reader.problem(to.span, "this is no directory");
        return None;
    }
    Some(reader.beside_file(&to.value))
}
