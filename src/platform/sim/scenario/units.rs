//! Times and sizes as a scenario writes them.

use std::time::Duration;

/// Reads `150ms`, `2m30s`, `5d22h`.
///
/// Gives `None` for anything else, a number without a unit among it.
pub fn parse_duration(written: &str) -> Option<Duration> {
    let mut rest = written.trim();
    if rest.is_empty() {
        return None;
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let number: u64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let millis = match &rest[..letters] {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(millis)?))?;
        rest = &rest[letters..];
    }
    Some(total)
}

/// Reads `900K`, `512M`, `1.5G` (powers of 1,024) or plain bytes.
pub(super) fn parse_size(written: &str) -> Option<u64> {
    let (number, factor) = match written
        .trim()
        .split_at_checked(written.trim().len().checked_sub(1)?)?
    {
        (number, "K") => (number, 1 << 10),
        (number, "M") => (number, 1 << 20),
        (number, "G") => (number, 1 << 30),
        _ => (written.trim(), 1_u64),
    };
    let number: f64 = number.parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some((number * factor as f64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_want_a_unit() {
        for (written, millis) in [
            ("150ms", Some(150)),
            ("2m30s", Some(150_000)),
            ("5d22h", Some(511_200_000)),
            ("30", None),
            ("", None),
            ("s", None),
            ("1y", None),
            ("-1s", None),
        ] {
            let read = parse_duration(written);
            assert_eq!(read, millis.map(Duration::from_millis), "{written}");
        }
    }

    #[test]
    fn sizes_are_powers_of_1024() {
        for (written, bytes) in [
            ("512M", Some(512 << 20)),
            ("1.5G", Some(3 << 29)),
            ("7", Some(7)),
            ("", None),
            ("G", None),
            ("-1M", None),
        ] {
            assert_eq!(parse_size(written), bytes, "{written}");
        }
    }
}
