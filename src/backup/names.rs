//! Names of files and folders, made of names that may hold anything.

use std::path::{Path, PathBuf};

use jiff::{Timestamp, tz::TimeZone};

use crate::domain::service::ServiceId;

/// Marks a file that is not whole yet.
pub(super) const DRAFT: &str = ".partial";

/// What a draft of `name` is called.
pub(super) fn draft(name: &str) -> String {
    format!("{name}{DRAFT}")
}

/// `db-orders-`: what the copies of one thing begin with.
pub(super) fn stem(service: &str, what: &str) -> String {
    format!("{}-{}-", plain(service), plain(what))
}

/// `db-orders-20261121T125500Z`: it sorts by time, and can be a file's name everywhere.
pub(super) fn copy(service: &str, what: &str, at: Timestamp) -> String {
    let at = at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ");
    format!("{}{at}", stem(service, what))
}

/// `home/PROJECT/SERVICE`, or `home/SERVICE` outside projects.
pub(super) fn folder(home: &Path, service: &ServiceId) -> PathBuf {
    let mut folder = home.to_owned();
    if !service.group.is_empty() {
        folder.push(plain(&service.group));
    }
    folder.join(plain(&service.name))
}

/// Whether an image's name is that of a PostgreSQL.
pub(super) fn is_postgres(image: &str) -> bool {
    let last = image.rsplit('/').next().unwrap_or(image);
    let name = last.split([':', '@']).next().unwrap_or(last);
    ["postgres", "postgis", "timescaledb", "pgvector"]
        .iter()
        .any(|known| name.contains(known))
}

/// Whether PostgreSQL's programs take it for a name, and not for an option or a connection string.
pub(super) fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && !name.contains('=')
        && !name.contains("://")
        && !name.contains('\0')
}

fn plain(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
                c
            } else {
                '_'
            }
        })
        .take(60)
        .collect();
    // Neither hidden, nor a way up.
    match plain.strip_prefix('.') {
        Some(rest) => format!("_{rest}"),
        None => plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::SafeText;

    #[test]
    fn a_name_stays_in_its_folder() {
        let at: Timestamp = "2026-11-21T12:55:00Z".parse().unwrap();
        assert_eq!(copy("db", "orders", at), "db-orders-20261121T125500Z");
        assert_eq!(copy("../x", "a b/ü", at), "_._x-a_b__-20261121T125500Z");
        let service = ServiceId {
            group: SafeText::name(".."),
            name: SafeText::name("db"),
        };
        assert_eq!(folder(Path::new("/h"), &service), Path::new("/h/_./db"));
    }

    #[test]
    fn images_of_postgres_are_known() {
        assert!(is_postgres("registry:5000/library/postgres:15"));
        assert!(is_postgres("qd-postgres:15"));
        assert!(!is_postgres("postgres.example.com/shop/api:v1"));
    }
}
