//! What is wrong with the connection, and in a second sentence what mends it.

use std::io::ErrorKind;

use crate::{
    platform::docker::{
        error::CallError,
        host::{Address, BY_HAND, DEFAULT, Endpoint},
    },
    safe,
    text::SafeText,
};

/// Says why there is no proof of life.
pub fn explain(error: &CallError, place: &Endpoint) -> SafeText {
    let address = &place.address;
    match (error, address) {
        (
            CallError::Unreachable {
                kind: ErrorKind::PermissionDenied,
                ..
            },
            Address::Unix(path),
        ) => safe!(
            "no permission for {}. sudo usermod -aG docker \"$USER\", then log in again",
            path.display()
        ),
        (
            CallError::Unreachable {
                kind: ErrorKind::NotFound,
                ..
            },
            Address::Unix(path),
        ) => safe!(
            "no Docker here: {} does not exist ({}). Start it (sudo systemctl start docker), or {}",
            path.display(),
            place.chosen_by,
            elsewhere(place)
        ),
        (
            CallError::Unreachable {
                kind: ErrorKind::ConnectionRefused,
                ..
            },
            Address::Unix(path),
        ) => safe!(
            "nobody listens at {} ({}). Start Docker (sudo systemctl start docker), or {}",
            path.display(),
            place.chosen_by,
            elsewhere(place)
        ),
        (CallError::Unreachable { why, .. }, Address::Ssh { destination, .. }) => {
            safe!("{why}. ssh {destination} must work without a password")
        }
        (CallError::Unreachable { why, .. }, _) => {
            safe!("{address} can't be reached: {why} ({})", place.chosen_by)
        }
        (CallError::Silent(after), _) => {
            safe!("no answer from {address} within {} s", after.as_secs())
        }
        (CallError::Broken(why), _) => safe!("{address} breaks the connection: {why}"),
        (other, _) => safe!("{address}: {other}"),
    }
}

/// Where another daemon would be named: what decided for this one comes before everything that could be set besides.
fn elsewhere(place: &Endpoint) -> SafeText {
    match place.chosen_by.as_str() {
        BY_HAND => SafeText::from_static("name another with --docker-host"),
        DEFAULT => SafeText::from_static("set DOCKER_HOST"),
        decided => safe!("name another in {decided}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_without_permission_comes_with_the_line_that_mends_it() {
        let place = Endpoint {
            address: Address::Unix("/var/run/docker.sock".into()),
            chosen_by: DEFAULT.into(),
        };
        let error = CallError::Unreachable {
            kind: ErrorKind::PermissionDenied,
            why: SafeText::EMPTY,
        };
        assert_eq!(
            &*explain(&error, &place),
            "no permission for /var/run/docker.sock. sudo usermod -aG docker \"$USER\", then log in again"
        );
    }

    #[test]
    fn what_decided_for_a_daemon_that_is_not_there_is_where_another_is_named() {
        let said = |chosen_by: &str| {
            let place = Endpoint {
                address: Address::Unix("/nowhere".into()),
                chosen_by: chosen_by.into(),
            };
            let error = CallError::Unreachable {
                kind: ErrorKind::NotFound,
                why: SafeText::EMPTY,
            };
            explain(&error, &place).to_string()
        };
        for (chosen_by, ends) in [
            (BY_HAND, "or name another with --docker-host"),
            (DEFAULT, "or set DOCKER_HOST"),
            ("the settings", "or name another in the settings"),
            ("DOCKER_HOST", "or name another in DOCKER_HOST"),
        ] {
            let words = said(chosen_by);
            assert!(
                words.contains(&format!("does not exist ({chosen_by})")),
                "{words}"
            );
            assert!(words.ends_with(ends), "{words}");
        }
    }
}
