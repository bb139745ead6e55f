//! Backups that can be trusted: a PostgreSQL database by its own `pg_dump`, a Docker volume as tar, to a folder.
//!
//! ```text
//! describe ─> jobs ─> preview ─> confirmed ─> for each job: dump ─> verify ─> rename, manifest ─> retention
//!                                                 │            │         └ without overwriting, then both are on the medium
//!                                                 │            └ read again and compared; restored into nothing
//!                                                 └ a draft of mode 0600, hashed as it comes; every exit code counts
//! ```
//!
//! No bad file ever carries a final name: a draft that is given up goes, one that a killed console left is swept by the
//! next backup of the same thing. "Verified" means that `pg_restore` read all of it, or that every entry of the tar was
//! read; it does not mean that somebody restored it.

mod carry;
mod container;
mod draft;
mod jobs;
mod manifest;
mod names;
mod pod;
mod postgres;
mod preview;
mod reach;
mod retention;
mod verify;
mod words;

use std::path::PathBuf;

pub use self::{
    carry::{Noted, carry},
    manifest::Manifest,
    preview::preview,
    reach::Reach,
};

/// How the settings want backups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BackupPolicy {
    /// Those that are set; what is not among them goes under `home`.
    pub wanted: Vec<Wanted>,
    /// Where backups go that no setting places: `home/PROJECT/SERVICE`.
    pub home: PathBuf,
}

/// A backup as it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Of what.
    pub of: Of,
    /// The folder that copies go to.
    pub to: PathBuf,
    /// For how many days copies are kept; `None` keeps them all.
    pub keep_days: Option<u32>,
}

/// What a setting wants a copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// A database of a service.
    Postgres {
        /// The service's name.
        service: String,
        /// The database.
        database: String,
        /// As whom; `None` asks the container.
        user: Option<String>,
    },
    /// A volume of Docker's, by its name, with or without the project before it.
    Volume(String),
}
