//! Figures and commands as people write them: `10m`, `64 MiB`, `80%`, `true`, `pg_isready -h db`.

use std::{str::FromStr, time::Duration};

use thiserror::Error;

/// A figure that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// Not a span of time.
    #[error("write a number with ms, s, m, h or d, such as 10m or 1h30m")]
    Span,
    /// Not an amount of bytes.
    #[error("write a number with B, KiB, MiB or GiB, such as 64 MiB")]
    Size,
    /// Not a part of a hundred.
    #[error("write a number from 0 to 100 with a %, such as 80%")]
    Percent,
    /// Not a way back.
    #[error("write tail, all, or how long ago, such as 15m")]
    Since,
    /// Beyond every measure.
    #[error("it is too large")]
    TooLarge,
}

/// Whether two commands are the same words, whatever space stands between them.
pub fn same_words(one: &str, other: &str) -> bool {
    one.split_ascii_whitespace()
        .eq(other.split_ascii_whitespace())
}

/// A span of time: `500ms`, `10m`, `1h30m`, `7d`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct Span(pub Duration);

impl FromStr for Span {
    type Err = ValueError;

    fn from_str(written: &str) -> Result<Self, ValueError> {
        let mut rest = written.trim();
        let mut total = Duration::ZERO;
        if rest.is_empty() {
            return Err(ValueError::Span);
        }
        while !rest.is_empty() {
            let (number, after) = split_number(rest);
            let number: u64 = number.parse().map_err(|_| ValueError::Span)?;
            let after = after.trim_start();
            let end = after
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(after.len());
            let unit = match &after[..end] {
                "ms" => Duration::from_millis(1),
                "s" => Duration::from_secs(1),
                "m" | "min" => Duration::from_mins(1),
                "h" => Duration::from_hours(1),
                "d" => Duration::from_hours(24),
                _ => return Err(ValueError::Span),
            };
            let part = u32::try_from(number)
                .ok()
                .and_then(|number| unit.checked_mul(number));
            total = part
                .and_then(|part| total.checked_add(part))
                .ok_or(ValueError::TooLarge)?;
            rest = after[end..].trim_start();
        }
        // A hundred years: beyond it arithmetic with dates fails somewhere else.
        if total > Duration::from_hours(24 * 36_525) {
            Err(ValueError::TooLarge)
        } else {
            Ok(Self(total))
        }
    }
}

/// An amount of bytes: `64 MiB`, `1.5GiB`, `500 kB`.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
pub struct ByteSize(pub u64);

impl FromStr for ByteSize {
    type Err = ValueError;

    fn from_str(written: &str) -> Result<Self, ValueError> {
        let (number, unit) = split_number(written.trim());
        let number: f64 = number.parse().map_err(|_| ValueError::Size)?;
        let unit = match unit.trim().to_ascii_lowercase().as_str() {
            "b" => 1.0,
            "kb" => 1e3,
            "mb" => 1e6,
            "gb" => 1e9,
            "k" | "kib" => 1024.0,
            "m" | "mib" => 1024.0 * 1024.0,
            "g" | "gib" => 1024.0 * 1024.0 * 1024.0,
            _ => return Err(ValueError::Size),
        };
        let bytes = number * unit;
        if bytes > 9e15 {
            Err(ValueError::TooLarge)
        } else {
            Ok(Self(bytes as u64))
        }
    }
}

/// A part of a hundred, 0 to 100: `80%`, `0.5 %`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, serde::Serialize, serde::Deserialize)]
pub struct Percent(pub f64);

impl FromStr for Percent {
    type Err = ValueError;

    fn from_str(written: &str) -> Result<Self, ValueError> {
        let number = written
            .trim()
            .strip_suffix('%')
            .ok_or(ValueError::Percent)?
            .trim_end();
        let (digits, rest) = split_number(number);
        let number: f64 = digits.parse().map_err(|_| ValueError::Percent)?;
        if rest.is_empty() && (0.0..=100.0).contains(&number) {
            Ok(Self(number))
        } else {
            Err(ValueError::Percent)
        }
    }
}

/// How far back logs begin: `tail`, `15m`, `all`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Since {
    /// The last lines, as many as fit.
    Tail,
    /// So long ago.
    Ago(Span),
    /// All there is.
    All,
}

impl FromStr for Since {
    type Err = ValueError;

    fn from_str(written: &str) -> Result<Self, ValueError> {
        match written.trim() {
            "tail" => Ok(Self::Tail),
            "all" => Ok(Self::All),
            ago => ago.parse().map(Self::Ago).map_err(|_| ValueError::Since),
        }
    }
}

/// `true` and `false`, as variables say it: also `1`, `0`, `yes`, `no`, `on`, `off`.
pub fn boolean(written: &str) -> Option<bool> {
    match written.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

fn split_number(written: &str) -> (&str, &str) {
    written.split_at(
        written
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(written.len()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_of_time() {
        let secs = |secs| Ok(Span(Duration::from_secs(secs)));
        for (written, expected) in [
            ("10m", secs(600)),
            ("1h30m", secs(5400)),
            (" 1 h 30 min ", secs(5400)),
            ("7d", secs(604_800)),
            ("500ms", Ok(Span(Duration::from_millis(500)))),
            ("", Err(ValueError::Span)),
            ("10", Err(ValueError::Span)),
            ("-1s", Err(ValueError::Span)),
            ("1.5h", Err(ValueError::Span)),
            ("10 parsecs", Err(ValueError::Span)),
            ("99999999999d", Err(ValueError::TooLarge)),
            ("99999999999999999999999999d", Err(ValueError::Span)),
            ("4000000000d", Err(ValueError::TooLarge)),
        ] {
            assert_eq!(written.parse(), expected, "{written}");
        }
    }

    #[test]
    fn amounts_of_bytes() {
        for (written, expected) in [
            ("64 MiB", Ok(ByteSize(64 << 20))),
            ("1.5GiB", Ok(ByteSize(3 << 29))),
            ("500 kB", Ok(ByteSize(500_000))),
            ("0 B", Ok(ByteSize(0))),
            ("64", Err(ValueError::Size)),
            ("1.2.3 MiB", Err(ValueError::Size)),
            ("MiB", Err(ValueError::Size)),
            ("99999999999 GiB", Err(ValueError::TooLarge)),
        ] {
            assert_eq!(written.parse(), expected, "{written}");
        }
    }

    #[test]
    fn parts_of_a_hundred() {
        for (written, expected) in [
            ("80%", Ok(Percent(80.0))),
            ("0.5 %", Ok(Percent(0.5))),
            ("80", Err(ValueError::Percent)),
            ("101%", Err(ValueError::Percent)),
            ("-1%", Err(ValueError::Percent)),
            ("1e1%", Err(ValueError::Percent)),
        ] {
            assert_eq!(written.parse(), expected, "{written}");
        }
    }
}
