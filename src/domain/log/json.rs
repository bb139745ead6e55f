//! The members of a JSON object on one line, found in one pass and without building anything.

use std::borrow::Cow;

use crate::text::SafeText;

/// Members of the outermost object, in order. Ends early where the line is no JSON after all; see [`Members::whole`].
#[derive(Clone, Debug)]
pub(super) struct Members<'a> {
    text: &'a str,
    at: usize,
    whole: bool,
}

impl<'a> Members<'a> {
    /// The members of `text`; `None` where it does not begin as an object.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let inner = text.trim_start().strip_prefix('{')?;
        let start = text.len() - inner.len();
        let first = inner.trim_start();
        (first.starts_with('"') || first.starts_with('}')).then_some(Self {
            text,
            at: start,
            whole: false,
        })
    }

    /// Once all members were taken: whether the line was one whole object and nothing else.
    pub(super) const fn whole(&self) -> bool {
        self.whole
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b == b' ') {
            self.at += 1;
        }
    }

    /// The end of the string that begins at `at` (its quote), behind its closing quote.
    fn string_end(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let mut at = at + 1;
        loop {
            match bytes.get(at)? {
                b'"' => return Some(at + 1),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }

    /// The end of whatever value begins here.
    fn value_end(&self) -> Option<usize> {
        let bytes = self.text.as_bytes();
        if self.peek()? == b'"' {
            return self.string_end(self.at);
        }
        let (mut at, mut depth) = (self.at, 0_usize);
        loop {
            match bytes.get(at)? {
                b'"' => {
                    at = self.string_end(at)?;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' | b',' if depth == 0 => return Some(at),
                b'}' | b']' => depth -= 1,
                _ => {}
            }
            at += 1;
        }
    }

    fn member(&mut self) -> Option<(&'a str, &'a str)> {
        self.blanks();
        if self.peek()? == b'}' {
            self.whole = self.text[self.at + 1..].trim().is_empty();
            return None;
        }
        if self.peek()? != b'"' {
            return None;
        }
        let end = self.string_end(self.at)?;
        let key = self.text.get(self.at + 1..end - 1)?;
        self.at = end;
        self.blanks();
        if self.peek()? != b':' {
            return None;
        }
        self.at += 1;
        self.blanks();
        let end = self.value_end()?;
        let value = self.text.get(self.at..end)?.trim_end();
        self.at = end;
        self.blanks();
        if self.peek()? == b',' {
            self.at += 1;
        }
        (!value.is_empty()).then_some((key, value))
    }
}

impl<'a> Iterator for Members<'a> {
    /// Name and value as they are written, the name without its quotes.
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let member = self.member();
        if member.is_none() {
            // Nothing comes after an end, and nothing after a mistake.
            self.at = self.text.len();
        }
        member
    }
}

/// A value to be read: a string without its quotes and escapes, anything else as it is written.
pub(super) fn plain(value: &str) -> Cow<'_, str> {
    let Some(inner) = value.strip_prefix('"').and_then(|v| v.strip_suffix('"')) else {
        return Cow::Borrowed(value);
    };
    if !inner.contains('\\') {
        return Cow::Borrowed(inner);
    }
    match serde_json::from_str::<String>(value) {
        // What was escaped may be a control character.
        Ok(text) => Cow::Owned(SafeText::line(text).to_string()),
        Err(_) => Cow::Borrowed(inner),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(text: &str) -> (Vec<(&str, &str)>, bool) {
        let mut members = Members::of(text).unwrap();
        let all = members.by_ref().collect();
        (all, members.whole())
    }

    #[test]
    fn members_are_found_without_reading_their_values() {
        let (all, whole) =
            members(r#"{"a":"x, \"y\" }", "b" : {"c":[1,"}"]},"n":-1.5e3,"t":true}"#);
        assert!(whole);
        assert_eq!(
            all,
            [
                ("a", r#""x, \"y\" }""#),
                ("b", r#"{"c":[1,"}"]}"#),
                ("n", "-1.5e3"),
                ("t", "true")
            ]
        );
        assert_eq!(plain(all[0].1), r#"x, "y" }"#);
    }

    #[test]
    fn what_is_cut_is_not_whole() {
        for text in [
            r#"{"a":"#,
            r#"{"a":"x"#,
            r#"{"a":1"#,
            r#"{"a":1} and more"#,
            "{\"\\",
        ] {
            assert!(!members(text).1, "{text}");
        }
        assert!(Members::of("[1]").is_none());
        assert!(Members::of("{braces} in prose").is_none());
    }

    #[test]
    fn an_escaped_control_is_not_obeyed() {
        assert_eq!(plain(r#""a\u001b[2J\u202eb""#), "a<U+202E>b");
    }
}
