//! What is wrong with the connection, and in a second sentence what mends it.

use std::io::ErrorKind;

use crate::{
    platform::docker::{
        error::CallError,
        host::{Address, Endpoint},
    },
    safe,
    text::SafeText,
};

/// Says why there is no proof of life.
pub(super) fn explain(error: &CallError, place: &Endpoint) -> SafeText {
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
            "no Docker here: {} does not exist ({}). Start it (sudo systemctl start docker), or set DOCKER_HOST",
            path.display(),
            place.chosen_by
        ),
        (
            CallError::Unreachable {
                kind: ErrorKind::ConnectionRefused,
                ..
            },
            Address::Unix(path),
        ) => safe!(
            "nobody listens at {}. Start Docker: sudo systemctl start docker",
            path.display()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_without_permission_comes_with_the_line_that_mends_it() {
        let place = Endpoint {
            address: Address::Unix("/var/run/docker.sock".into()),
            chosen_by: "default socket".into(),
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
}
