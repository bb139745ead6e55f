//! Lists to begin with, filled with the services that are there.

use strum::IntoEnumIterator as _;

use crate::domain::service::ServiceId;

/// A list that is built in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::EnumIter)]
pub enum Template {
    /// A release, from the last look before it to the quiet after it.
    DeployDay,
    /// Back to what ran before.
    Rollback,
    /// Data back from a backup.
    DatabaseRestore,
    /// Over to what stands by.
    Failover,
    /// From one person on call to the next.
    OnCallHandover,
}

/// What stands for a database where none is known: to be written over.
const A_DATABASE: &str = "postgres";

/// What databases are called, by the beginning of a word in their name.
const DATABASES: [&str; 8] = [
    "postgres", "pg", "mysql", "mariadb", "mongo", "redis", "database", "db",
];

impl Template {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::iter()
    }

    /// Its name, as it is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeployDay => "deploy-day",
            Self::Rollback => "rollback",
            Self::DatabaseRestore => "database-restore",
            Self::Failover => "failover",
            Self::OnCallHandover => "on-call-handover",
        }
    }

    /// The template of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|template| template.name() == name)
    }

    const fn text(self) -> &'static str {
        match self {
            Self::DeployDay => include_str!("../../assets/checklists/deploy-day.md"),
            Self::Rollback => include_str!("../../assets/checklists/rollback.md"),
            Self::DatabaseRestore => include_str!("../../assets/checklists/database-restore.md"),
            Self::Failover => include_str!("../../assets/checklists/failover.md"),
            Self::OnCallHandover => include_str!("../../assets/checklists/on-call-handover.md"),
        }
    }

    /// The list, for these services. Lines between `<!-- service -->` and `<!-- end -->` stand there once for each
    /// service that is no database, those after `<!-- database -->` once for each database.
    pub fn filled(self, services: &[ServiceId]) -> String {
        let names: Vec<String> = services
            .iter()
            .filter(|id| is_plain(&id.to_string()))
            .map(|id| {
                let alone = services
                    .iter()
                    .filter(|other| other.name == id.name)
                    .count()
                    == 1;
                if alone {
                    id.name.to_string()
                } else {
                    id.to_string()
                }
            })
            .collect();
        let (databases, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|n| is_database(n));
        let database = databases.first().map_or(A_DATABASE, String::as_str);
        let mut list = String::new();
        let mut block: Option<(&str, &[String], String)> = None;
        for line in self.text().split_inclusive('\n') {
            match (line.trim_end(), &mut block) {
                ("<!-- service -->", None) => block = Some(("{service}", &others, String::new())),
                ("<!-- database -->", None) => {
                    block = Some(("{database}", &databases, String::new()));
                }
                ("<!-- end -->", open @ Some(_)) => {
                    if let Some((mark, names, lines)) = open.take() {
                        list.extend(names.iter().map(|name| lines.replace(mark, name)));
                    }
                }
                (_, Some((_, _, lines))) => lines.push_str(line),
                (_, None) => list.push_str(&line.replace("{database}", database)),
            }
        }
        list
    }
}

/// Whether a name can stand in an expression, and among the words of an order, as it is.
fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    !name.is_empty() && name.chars().all(plain)
}

fn is_database(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name).to_lowercase();
    let mut words = name.split(['-', '_', '.']);
    words.any(|word| {
        let bare = word.trim_end_matches(|c: char| c.is_ascii_digit());
        DATABASES.contains(&bare) || word.starts_with("postgres")
    })
}
