//! `key=value` pairs of a line in logfmt.

use std::borrow::Cow;

/// The pairs, in order; values in quotes keep their escapes.
#[derive(Clone, Debug)]
pub(super) struct Pairs<'a> {
    rest: &'a str,
}

impl<'a> Pairs<'a> {
    /// The pairs of `text`; `None` where it does not begin with one.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let rest = text.trim_start();
        key(rest)?;
        Some(Self { rest })
    }
}

/// The name before a `=`.
fn key(text: &str) -> Option<&str> {
    let end = text
        .bytes()
        .position(|b| !(b.is_ascii_alphanumeric() || b"_.-@/".contains(&b)))?;
    (end > 0 && end <= 64 && text.as_bytes()[end] == b'=').then(|| &text[..end])
}

impl<'a> Iterator for Pairs<'a> {
    /// Name and value, the value without its quotes.
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.rest = self.rest.trim_start();
            if self.rest.is_empty() {
                return None;
            }
            let Some(key) = key(self.rest) else {
                // A word without a value between pairs.
                let end = self.rest.find(' ').unwrap_or(self.rest.len());
                self.rest = &self.rest[end..];
                continue;
            };
            let value = &self.rest[key.len() + 1..];
            if let Some(quoted) = value.strip_prefix('"') {
                let end = closing(quoted).unwrap_or(quoted.len());
                self.rest = quoted.get(end + 1..).unwrap_or_default();
                return Some((key, &quoted[..end]));
            }
            let end = value.find(' ').unwrap_or(value.len());
            self.rest = &value[end..];
            return Some((key, &value[..end]));
        }
    }
}

fn closing(quoted: &str) -> Option<usize> {
    let bytes = quoted.as_bytes();
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// A value to be read: quotes that were escaped are quotes again.
pub(super) fn plain(value: &str) -> Cow<'_, str> {
    if value.contains("\\\"") {
        Cow::Owned(value.replace("\\\"", "\""))
    } else {
        Cow::Borrowed(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_with_and_without_quotes() {
        let line = r#"level=warn msg="slow \"query\"" took=12ms bare n= ok=1"#;
        let pairs: Vec<_> = Pairs::of(line).unwrap().collect();
        assert_eq!(
            pairs,
            [
                ("level", "warn"),
                ("msg", r#"slow \"query\""#),
                ("took", "12ms"),
                ("n", ""),
                ("ok", "1")
            ]
        );
        assert_eq!(plain(pairs[1].1), r#"slow "query""#);
        assert!(Pairs::of("plain words a=b").is_none());
        assert_eq!(Pairs::of("a=\"never closed").unwrap().count(), 1);
    }
}
