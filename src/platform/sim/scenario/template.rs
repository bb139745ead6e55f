//! Log lines as a scenario writes them: text with a few places that are filled in when a line is read.
//!
//! | written | becomes |
//! | --- | --- |
//! | `$iso` | `2026-11-21T14:02:11.123Z` |
//! | `$millis` | milliseconds since 1970, as pino writes them |
//! | `$seconds` | seconds since 1970 with a fraction, as zap writes them |
//! | `$pg` | `2026-11-21 14:02:11.123 UTC` |
//! | `$nginx` | `21/Nov/2026:14:02:11 +0000` |
//! | `$python` | `2026-11-21 14:02:11,123` |
//! | `$redis` | `21 Nov 2026 14:02:11.123` |
//! | `$replica`, `$version` | who writes |
//! | `$id`, `$ip` | 8 hexadecimal digits; an address of a client |
//! | `$ms` | how long the request took, in milliseconds |
//! | `$[a\|b\|c]`, `$[1-100]` | one of them; a whole number between |
//! | `$e` | the escape character, for colours |
//! | `$$` | a dollar |

use std::fmt::Write;

use jiff::{Timestamp, tz::TimeZone};

use crate::platform::sim::chance::Chance;

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Iso,
    Millis,
    Seconds,
    Pg,
    Nginx,
    Python,
    Redis,
    Replica,
    Version,
    Id,
    Ip,
    Ms,
    Pick(Vec<String>),
    Range(u64, u64),
}

/// A log line with places to fill in; more than one line for a stack trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
    lines: u16,
}

/// What fills the places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fill<'a> {
    pub(crate) at: Timestamp,
    pub(crate) replica: u32,
    pub(crate) version: &'a str,
    pub(crate) ms: f32,
    pub(crate) chance: Chance,
}

const NAMED: [(&str, Piece); 12] = [
    ("iso", Piece::Iso),
    ("millis", Piece::Millis),
    ("seconds", Piece::Seconds),
    ("pg", Piece::Pg),
    ("nginx", Piece::Nginx),
    ("python", Piece::Python),
    ("redis", Piece::Redis),
    ("replica", Piece::Replica),
    ("version", Piece::Version),
    ("id", Piece::Id),
    ("ip", Piece::Ip),
    ("ms", Piece::Ms),
];

impl Template {
    /// Reads a template; says what is wrong with it.
    pub(super) fn parse(written: &str) -> Result<Self, String> {
        let written = written.trim_end_matches('\n');
        let mut pieces = Vec::new();
        let mut text = String::new();
        let mut rest = written;
        while let Some(dollar) = rest.find('$') {
            text.push_str(&rest[..dollar]);
            rest = &rest[dollar + 1..];
            if let Some(after) = rest.strip_prefix('$') {
                text.push('$');
                rest = after;
                continue;
            }
            let piece = if let Some(after) = rest.strip_prefix('[') {
                let end = after
                    .find(']')
                    .ok_or_else(|| "`$[` without its `]`".to_owned())?;
                rest = &after[end + 1..];
                choices(&after[..end])
            } else {
                let end = rest
                    .find(|c: char| !c.is_ascii_lowercase())
                    .unwrap_or(rest.len());
                let name = &rest[..end];
                rest = &rest[end..];
                if name == "e" {
                    text.push('\u{1b}');
                    continue;
                }
                let named = NAMED.iter().find(|(known, _)| *known == name);
                let (_, piece) = named.ok_or_else(|| format!("nothing is called `${name}`"))?;
                piece.clone()
            };
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            pieces.push(piece);
        }
        text.push_str(rest);
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        let lines = u16::try_from(written.split('\n').count())
            .map_err(|_| "more lines than a log entry can have".to_owned())?;
        Ok(Self { pieces, lines })
    }

    /// How many lines it makes.
    pub(crate) const fn lines(&self) -> u16 {
        self.lines
    }

    /// The text, with `\n` between its lines.
    pub(crate) fn fill(&self, fill: &Fill<'_>) -> String {
        let mut out = String::with_capacity(160);
        let utc = || fill.at.to_zoned(TimeZone::UTC);
        for (n, piece) in self.pieces.iter().enumerate() {
            let draw = fill.chance.at(n as u64);
            let written = match piece {
                Piece::Text(text) => out.write_str(text),
                Piece::Iso => write!(out, "{:.3}", fill.at),
                Piece::Millis => write!(out, "{}", fill.at.as_millisecond()),
                Piece::Seconds => write!(
                    out,
                    "{}.{:06}",
                    fill.at.as_second(),
                    fill.at.subsec_microsecond()
                ),
                Piece::Pg => write!(out, "{} UTC", utc().strftime("%Y-%m-%d %H:%M:%S%.3f")),
                Piece::Nginx => write!(out, "{}", utc().strftime("%d/%b/%Y:%H:%M:%S +0000")),
                Piece::Python => write!(
                    out,
                    "{},{:03}",
                    utc().strftime("%Y-%m-%d %H:%M:%S"),
                    fill.at.subsec_millisecond()
                ),
                Piece::Redis => write!(out, "{}", utc().strftime("%d %b %Y %H:%M:%S%.3f")),
                Piece::Replica => write!(out, "{}", fill.replica),
                Piece::Version => out.write_str(fill.version),
                Piece::Id => write!(out, "{:08x}", draw.bits() as u32),
                Piece::Ip => {
                    let bits = draw.bits();
                    write!(out, "203.0.113.{}", bits % 254 + 1)
                }
                Piece::Ms => write!(out, "{:.0}", fill.ms.max(1.0)),
                Piece::Pick(of) => out.write_str(&of[draw.below(of.len() as u64) as usize]),
                Piece::Range(from, to) => {
                    write!(out, "{}", from + draw.below((to - from).saturating_add(1)))
                }
            };
            written.expect("a String takes every text");
        }
        out
    }
}

fn choices(written: &str) -> Piece {
    let range = written
        .split_once('-')
        .and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    match range {
        Some((from, to)) if from <= to => Piece::Range(from, to),
        _ => Piece::Pick(written.split('|').map(str::to_owned).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(written: &str) -> String {
        Template::parse(written).expect(written).fill(&Fill {
            at: "2026-11-21T14:02:11.123456Z".parse().expect("a time"),
            replica: 2,
            version: "v1.8.2",
            ms: 310.4,
            chance: Chance::new(7),
        })
    }

    #[test]
    fn places_are_filled_as_real_services_write_them() {
        for (written, line) in [
            ("$iso x", "2026-11-21T14:02:11.123Z x"),
            ("{\"time\":$millis}", "{\"time\":1795269731123}"),
            ("$seconds", "1795269731.123456"),
            ("$pg [1] LOG", "2026-11-21 14:02:11.123 UTC [1] LOG"),
            ("[$nginx]", "[21/Nov/2026:14:02:11 +0000]"),
            ("$python INFO", "2026-11-21 14:02:11,123 INFO"),
            ("$redis *", "21 Nov 2026 14:02:11.123 *"),
            ("$replica $version $ms", "2 v1.8.2 310"),
            ("$$5 $e[31mred$e[0m", "$5 \u{1b}[31mred\u{1b}[0m"),
            ("$[only]", "only"),
            ("$[4-4]", "4"),
            (
                "$[18446744073709551615-18446744073709551615]",
                "18446744073709551615",
            ),
            ("a\nb\n", "a\nb"),
        ] {
            assert_eq!(filled(written), line, "{written}");
        }
        assert_eq!(Template::parse("a\nb\n").map(|t| t.lines()), Ok(2));
    }

    #[test]
    fn a_template_that_cannot_be_filled_says_why() {
        for (written, why) in [
            ("$nonsense", "nothing is called `$nonsense`"),
            ("$[a|b", "`$[` without its `]`"),
        ] {
            assert_eq!(Template::parse(written), Err(why.to_owned()));
        }
    }
}
