//! Whether a Redis answers, and how much memory is left.

use redis::{Client, ErrorKind, RedisError, ServerErrorKind};

use super::reach;
use crate::{
    config::settings::address::Address,
    domain::{alert::Severity, figures::size, signals::Found},
    safe,
    text::SafeText,
};

/// From so many percent of its memory on it is a warning.
const TIGHT: f64 = 80.0;

/// Asks a server. The words never hold the password.
pub(super) async fn look(address: &Address) -> Found {
    ask(address).await.unwrap_or_else(|error| failed(&error))
}

async fn ask(address: &Address) -> Result<Found, RedisError> {
    let client = Client::open(address.secret().as_str())?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let (): () = redis::cmd("PING").query_async(&mut connection).await?;
    let info: String = redis::cmd("INFO")
        .arg("memory")
        .query_async(&mut connection)
        .await?;
    Ok(judge(&info))
}

/// What `INFO memory` means. A `maxmemory` of 0 is no limit.
fn judge(info: &str) -> Found {
    let figure = |name: &str| -> Option<u64> {
        let lines = info.lines();
        let mut values = lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        values.next()?.trim().parse().ok()
    };
    match (figure("used_memory"), figure("maxmemory")) {
        (None, _) => Found::Unknown(SafeText::from_static(
            "it answers, but not how much memory it uses",
        )),
        (Some(used), Some(most)) if most > 0 => {
            let words = safe!("{} of {}", size(used), size(most));
            if used as f64 * 100.0 / most as f64 >= TIGHT {
                Found::Bad(Severity::Warning, words)
            } else {
                Found::Well(words)
            }
        }
        (Some(used), _) => Found::Well(safe!("{} used, no limit", size(used))),
    }
}

fn failed(error: &RedisError) -> Found {
    match error.kind() {
        ErrorKind::AuthenticationFailed => {
            return Found::Unknown(SafeText::from_static("it does not accept the password"));
        }
        ErrorKind::Server(ServerErrorKind::NoPerm) => {
            return Found::Unknown(SafeText::from_static("this account may not ask for it"));
        }
        ErrorKind::Server(_) => {
            let detail = error.detail().unwrap_or("it refuses");
            return Found::Bad(Severity::Critical, SafeText::line(detail));
        }
        _ => {}
    }
    if error.is_connection_refusal() {
        let refused = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        return reach::verdict(&refused).unwrap_or(Found::Unknown(SafeText::EMPTY));
    }
    reach::verdict(error).unwrap_or_else(|| Found::Unknown(SafeText::line(error.category())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_held_against_the_most_that_there_may_be() {
        let of = |info: &str| match judge(info) {
            Found::Well(words) => format!("well {words}"),
            Found::Bad(severity, words) => format!("{} {words}", severity.word()),
            Found::Unknown(words) => format!("unknown {words}"),
        };
        let info = |used: u64, most: u64| {
            format!("# Memory\r\nused_memory:{used}\r\nused_memory_rss:1\r\nmaxmemory:{most}\r\n")
        };
        assert_eq!(of(&info(79 << 20, 100 << 20)), "well 79 MiB of 100 MiB");
        assert_eq!(of(&info(80 << 20, 100 << 20)), "warning 80 MiB of 100 MiB");
        assert_eq!(of(&info(2 << 20, 0)), "well 2 MiB used, no limit");
        assert!(of("maxmemory:1").starts_with("unknown"));
    }
}
