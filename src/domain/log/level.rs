//! How grave a line says it is: from a word, from a number.

use super::Level;

impl Level {
    /// What a word says, in any case: `warning`, `ERR`, `Information`.
    pub fn word(word: &str) -> Option<Self> {
        if word.len() > 11 {
            return None;
        }
        let is = |words: &[&str]| words.iter().any(|one| word.eq_ignore_ascii_case(one));
        if is(&["info", "information", "inf", "notice", "note", "log"]) {
            Some(Self::Info)
        } else if is(&["error", "err", "eror", "severe", "fail", "failure"]) {
            Some(Self::Error)
        } else if is(&["warn", "warning", "wrn"]) {
            Some(Self::Warn)
        } else if is(&["debug", "dbug", "dbg", "fine"]) {
            Some(Self::Debug)
        } else if is(&["trace", "trce", "trc", "verbose", "finer", "finest"]) {
            Some(Self::Trace)
        } else if is(&[
            "fatal",
            "ftl",
            "critical",
            "crit",
            "panic",
            "dpanic",
            "emerg",
            "emergency",
            "alert",
        ]) {
            Some(Self::Fatal)
        } else {
            None
        }
    }

    /// What a number says: tens as pino and bunyan have them, 0 to 7 as syslog has.
    pub fn number(number: i64) -> Option<Self> {
        match number {
            10..20 => Some(Self::Trace),
            7 | 20..30 => Some(Self::Debug),
            5 | 6 | 30..40 => Some(Self::Info),
            4 | 40..50 => Some(Self::Warn),
            3 | 50..60 => Some(Self::Error),
            0..=2 | 60..=100 => Some(Self::Fatal),
            _ => None,
        }
    }

    /// What a field's value says, be it a word or a number.
    pub(super) fn value(value: &str) -> Option<Self> {
        let value = value.trim_matches('"');
        Self::word(value).or_else(|| Self::number(value.parse().ok()?))
    }

    /// As it stands before a line: loud where it matters, five columns at most.
    pub const fn shown(self) -> &'static str {
        match self {
            Self::Warn => "WARN",
            Self::Error => "ERROR",
            Self::Fatal => "FATAL",
            other => other.name(),
        }
    }

    /// Its name: `warn`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_numbers_mean_levels() {
        for (value, level) in [
            ("Warning", Some(Level::Warn)),
            ("\"err\"", Some(Level::Error)),
            ("Information", Some(Level::Info)),
            ("30", Some(Level::Info)),
            ("3", Some(Level::Error)),
            ("60", Some(Level::Fatal)),
            ("-4", None),
            ("errors", None),
            ("", None),
        ] {
            assert_eq!(Level::value(value), level, "{value}");
        }
    }
}
