//! Words for sizes and lengths of time.

use std::time::Duration;

use jiff::Timestamp;

pub(super) use crate::domain::figures::size;

/// `4 s`, `2m 10s`, `5d 22h`.
pub(super) fn long(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// How long ago something was.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> String {
    long(Duration::try_from(now.duration_since(at)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_or_two_units_say_enough() {
        assert_eq!(long(Duration::from_secs(130)), "2m 10s");
    }
}
