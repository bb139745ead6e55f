//! Words for sizes and lengths of time.

use std::time::Duration;

use jiff::Timestamp;

/// `812 B`, `64 KiB`, `12 MiB`, `1.2 GiB`.
pub(super) fn size(bytes: u64) -> String {
    let kibi = bytes as f64 / 1_024.0;
    match kibi {
        ..1.0 => format!("{bytes} B"),
        1.0..1_000.0 => format!("{kibi:.0} KiB"),
        1_000.0..1_024_000.0 => format!("{:.0} MiB", kibi / 1_024.0),
        _ => format!("{:.1} GiB", kibi / 1_048_576.0),
    }
}

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
        for (bytes, words) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (65_536, "64 KiB"),
            (12 << 20, "12 MiB"),
            (1_229 << 20, "1.2 GiB"),
        ] {
            assert_eq!(size(bytes), words);
        }
        assert_eq!(long(Duration::from_secs(130)), "2m 10s");
    }
}
