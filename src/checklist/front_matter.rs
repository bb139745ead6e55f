//! What stands between `---` lines at the head of a file: of YAML the part that such heads are made of, `key: value`.

use std::ops::Range;

/// A line of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// The key.
    pub(super) key: &'a str,
    /// Where the key stands.
    pub(super) key_span: Range<usize>,
    /// The value, without quotes around it.
    pub(super) value: &'a str,
    /// Where the value stands.
    pub(super) value_span: Range<usize>,
}

/// The head's fields, and where the Markdown begins.
///
/// What is indented, a list, or a comment belongs to nothing that is read here. Lines that merely stand between two
/// rules, without a field among them, are Markdown.
pub(super) fn read(text: &str) -> (Vec<Field<'_>>, usize) {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut lines = Vec::new();
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let from = at;
        at += line.len();
        let rule = line.trim_end() == "---";
        match (from == start, rule) {
            (true, true) => {}
            (true, false) => return (Vec::new(), start),
            (false, true) => {
                let fields: Vec<_> = lines
                    .into_iter()
                    .filter_map(|(from, line)| field(from, line))
                    .collect();
                let end = if fields.is_empty() { start } else { at };
                return (fields, end);
            }
            (false, false) => lines.push((from, line)),
        }
    }
    (Vec::new(), start)
}

fn field(from: usize, line: &str) -> Option<Field<'_>> {
    if line.starts_with([' ', '\t', '#', '-']) {
        return None;
    }
    let (key, rest) = line.split_once(':')?;
    if !rest.starts_with([' ', '\t', '\r', '\n']) && !rest.is_empty() {
        return None;
    }
    let rest_at = from + key.len() + 1;
    let mut value = rest.trim();
    let mut value_at = rest_at + rest.len() - rest.trim_start().len();
    for quote in ['"', '\''] {
        let inner = value
            .strip_prefix(quote)
            .and_then(|v| v.strip_suffix(quote));
        // Quotes within belong to an expression: `"a" == "b"` is no quoted value.
        if let Some(inner) = inner.filter(|inner| !inner.contains(quote)) {
            (value, value_at) = (inner, value_at + 1);
            break;
        }
    }
    let value_at = value_at.min(rest_at + rest.len());
    Some(Field {
        key: key.trim_end(),
        key_span: from..from + key.trim_end().len(),
        value,
        value_span: value_at..value_at + value.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_and_where_they_stand() {
        let text = "---\nname: 'Deploy day'\nabort-when: error_rate(\"api\") > 1%\ntags:\n  - a\n# b: c\n---\n# H\n";
        let (fields, body) = read(text);
        let read: Vec<_> = fields.iter().map(|f| (f.key, f.value)).collect();
        let wanted = [
            ("name", "Deploy day"),
            ("abort-when", "error_rate(\"api\") > 1%"),
            ("tags", ""),
        ];
        assert_eq!(read, wanted);
        for field in fields {
            assert_eq!(&text[field.value_span], field.value);
            assert_eq!(&text[field.key_span], field.key);
        }
        assert_eq!(&text[body..], "# H\n");
    }

    #[test]
    fn rules_are_no_head() {
        for text in [
            "",
            "---",
            "---\nname: x\n",
            "---\n\n---\n- [ ] a\n",
            "# a\n---\nb: c\n---\n",
        ] {
            assert_eq!(read(text), (Vec::new(), 0), "{text}");
        }
    }
}
