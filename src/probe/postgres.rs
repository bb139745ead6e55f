//! Whether a PostgreSQL answers, and how many connections are left.

use std::pin::pin;

use tokio_postgres::{Config, Error, NoTls, SimpleQueryMessage, error::SqlState};

use super::reach;
use crate::{
    config::settings::address::Address,
    domain::{alert::Severity, signals::Found},
    safe,
    text::SafeText,
};

/// From so many percent of the connections on it is a warning.
const TIGHT: u32 = 80;

/// The connections are those that every account may count.
const SQL: &str = "SELECT 1; \
    SELECT sum(numbackends), current_setting('max_connections') FROM pg_stat_database";

/// Connections of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Connections {
    pub(super) used: u32,
    pub(super) most: u32,
}

impl Connections {
    /// Of all there may be, in percent.
    pub(super) fn percent(self) -> f64 {
        f64::from(self.used) * 100.0 / f64::from(self.most)
    }

    /// What that means.
    pub(super) fn judge(self) -> Found {
        let Self { used, most } = self;
        let words = safe!("{used} of {most} connections");
        if self.percent() >= f64::from(TIGHT) {
            Found::Bad(Severity::Warning, words)
        } else {
            Found::Well(words)
        }
    }
}

/// Asks a server.
///
/// # Errors
/// What is wrong with it, or why nobody can tell.
pub(super) async fn look(address: &Address) -> Result<Connections, Found> {
    // The settings have read it already.
    let mut config: Config = address
        .secret()
        .as_str()
        .parse()
        .map_err(|_| Found::Unknown(SafeText::from_static("its address does not read")))?;
    config
        .application_name("quarterdeck")
        .options("-c default_transaction_read_only=on");
    let (client, connection) = config.connect(NoTls).await.map_err(|e| failed(&e))?;
    let mut connection = pin!(connection);
    let rows = tokio::select! {
        rows = client.simple_query(SQL) => rows.map_err(|e| failed(&e))?,
        end = &mut connection => return Err(match end {
            Err(error) => failed(&error),
            Ok(()) => Found::Bad(Severity::Critical, SafeText::from_static("the connection was broken off")),
        }),
    };
    let mut told = rows.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) if row.len() == 2 => {
            let number = |at| row.get(at)?.parse().ok();
            Some(Connections {
                used: number(0)?,
                most: number(1).filter(|most| *most > 0)?,
            })
        }
        _ => None,
    });
    told.next().ok_or_else(|| {
        Found::Unknown(SafeText::from_static(
            "it answers, but not how many connections there are",
        ))
    })
}

fn failed(error: &Error) -> Found {
    if let Some(told) = error.as_db_error() {
        let words = SafeText::line(told.message());
        let code = told.code();
        // Not let in, nobody can tell how it is; class 28 is refused accounts.
        return if code.code().starts_with("28") || *code == SqlState::INVALID_CATALOG_NAME {
            Found::Unknown(words)
        } else {
            Found::Bad(Severity::Critical, words)
        };
    }
    reach::verdict(error).unwrap_or_else(|| {
        let why =
            std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string);
        Found::Unknown(SafeText::line(why))
    })
}
