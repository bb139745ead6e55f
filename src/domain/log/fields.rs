//! A line as its message and its fields; split only when it is drawn, filtered by a field, or saved.

use std::{
    borrow::Cow,
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use super::{
    Level, access,
    json::{self, Members},
    logfmt::{self, Pairs},
    plain,
};

const LEVELS: [&str; 6] = ["level", "severity", "lvl", "loglevel", "log.level", "@l"];
const MESSAGES: [&str; 4] = ["msg", "message", "@m", "event"];
/// A message with holes, as Serilog writes it; it then says a level only where that is not information.
const TEMPLATE: &str = "@mt";
const TIMES: [&str; 9] = [
    "time",
    "ts",
    "timestamp",
    "@timestamp",
    "@t",
    "asctime",
    "datetime",
    "date",
    "t",
];

/// A line in the parts that an operator reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parts<'a> {
    /// Prose: its message begins at this byte, behind its own time and level.
    Prose(usize),
    /// A message and fields.
    Fields {
        /// What happened; empty where no field says it.
        message: Cow<'a, str>,
        /// Everything else, but for time and level, which stand beside the line already.
        fields: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    },
}

impl fmt::Display for Parts<'_> {
    /// Message and fields as they are read: `pool timeout status=503`; nothing of prose.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Fields { message, fields } = self else {
            return Ok(());
        };
        f.write_str(message)?;
        for (number, (name, value)) in fields.iter().enumerate() {
            let gap = if number == 0 && message.is_empty() {
                ""
            } else {
                " "
            };
            write!(f, "{gap}{name}={value}")?;
        }
        Ok(())
    }
}

fn one_of(names: &[&str], name: &str) -> bool {
    names.iter().any(|one| name.eq_ignore_ascii_case(one))
}

/// Whether a field is the line's own time. `t` is as often a trace.
fn is_time(name: &str, value: &str) -> bool {
    let figures = value
        .trim_start_matches('"')
        .bytes()
        .take_while(u8::is_ascii_digit)
        .count();
    one_of(&TIMES, name) && figures >= 4
}

/// Message and fields of a clean line.
pub fn parts(text: &str) -> Parts<'_> {
    if let Some(mut members) = Members::of(text) {
        let split = split(
            members
                .by_ref()
                .map(|(name, value)| (name, value, json::plain(value))),
        );
        if members.whole() {
            return split;
        }
    } else if let Some(pairs) = logfmt_of(text) {
        return split(pairs.map(|(name, value)| (name, value, logfmt::plain(value))));
    }
    if let Some(access) = access::read(text) {
        return Parts::Fields {
            message: Cow::Owned(format!("{} {}", access.request, access.status)),
            fields: access
                .fields()
                .map(|(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value)))
                .collect(),
        };
    }
    Parts::Prose(plain::head(text).message)
}

/// Pairs, where there are at least two: one alone is prose that happens to begin with a `=`.
fn logfmt_of(text: &str) -> Option<Pairs<'_>> {
    Pairs::of(text).filter(|pairs| pairs.clone().nth(1).is_some())
}

fn split<'a>(members: impl Iterator<Item = (&'a str, &'a str, Cow<'a, str>)>) -> Parts<'a> {
    let (mut message, mut template) = (None, None);
    let mut fields = Vec::new();
    for (name, written, value) in members {
        if message.is_none() && one_of(&MESSAGES, name) {
            message = Some(value);
        } else if name == TEMPLATE {
            template = Some(value);
        } else if !is_time(name, written)
            && (!one_of(&LEVELS, name) || Level::value(&value).is_none())
        {
            fields.push((Cow::Borrowed(name), value));
        }
    }
    if let (None, Some(template)) = (&message, template) {
        message = Some(Cow::Owned(fill(&template, &mut fields)));
    }
    Parts::Fields {
        message: message.unwrap_or_default(),
        fields,
    }
}

/// A template with its holes filled; the fields that went in are told no more.
fn fill(template: &str, fields: &mut Vec<(Cow<'_, str>, Cow<'_, str>)>) -> String {
    let mut text = String::new();
    let mut rest = template;
    let mut used = Vec::new();
    while let Some((before, hole)) = rest.split_once('{') {
        text.push_str(before);
        let Some((inner, behind)) = hole.split_once('}') else {
            text.push('{');
            rest = hole;
            continue;
        };
        // `{@Order}` and `{Elapsed:0.000}` are holes of that name.
        let name = inner.split([':', ',']).next().unwrap_or_default();
        let name = name.trim_start_matches(['@', '$']);
        match fields.iter().position(|(field, _)| *field == name) {
            Some(at) => {
                text.push_str(&fields[at].1);
                used.push(at);
            }
            None => text.extend(["{", inner, "}"]),
        }
        rest = behind;
    }
    text.push_str(rest);
    let mut at = 0;
    fields.retain(|_| {
        at += 1;
        !used.contains(&(at - 1))
    });
    text
}

/// What a clean line says of itself.
pub(super) fn level(text: &str) -> Option<Level> {
    let in_fields =
        |name: &str, value: &str| one_of(&LEVELS, name).then(|| Level::value(value)).flatten();
    if let Some(members) = Members::of(text) {
        let mut unless_said = None;
        for (name, value) in members {
            if let Some(level) = in_fields(name, value) {
                return Some(level);
            }
            if name == TEMPLATE {
                unless_said = Some(Level::Info);
            }
        }
        return unless_said;
    }
    if let Some(mut pairs) = logfmt_of(text)
        && let Some(level) = pairs.find_map(|(name, value)| in_fields(name, value))
    {
        return Some(level);
    }
    plain::head(text)
        .level
        .or_else(|| access::read(text)?.level())
}

/// The same for lines that say the same, whenever they say it.
pub(super) fn digest(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    if let Some(members) = Members::of(text) {
        members
            .filter(|(name, value)| !is_time(name, value))
            .for_each(|member| member.hash(&mut hasher));
    } else if let Some(pairs) = logfmt_of(text) {
        pairs
            .filter(|(name, value)| !is_time(name, value))
            .for_each(|pair| pair.hash(&mut hasher));
    } else {
        text[plain::head(text).timeless..].hash(&mut hasher);
    }
    hasher.finish()
}

/// The value of a field, by its name: of JSON, of logfmt, or `method`, `path` and `status` of a request in prose.
pub fn field<'a>(text: &'a str, name: &str) -> Option<Cow<'a, str>> {
    let named = |found: &str| found.eq_ignore_ascii_case(name);
    if let Some(mut members) = Members::of(text) {
        let (_, value) = members.find(|(found, _)| named(found))?;
        return Some(json::plain(value));
    }
    if let Some(mut pairs) = logfmt_of(text)
        && let Some((_, value)) = pairs.find(|(found, _)| named(found))
    {
        return Some(logfmt::plain(value));
    }
    request(text, name)
        .or_else(|| {
            access::read(text)?
                .fields()
                .find(|(found, _)| named(found))
                .map(|(_, value)| value)
        })
        .or_else(|| in_prose(text, name))
        .map(Cow::Borrowed)
}

/// `… took=12ms …` within prose.
fn in_prose<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(' ').find_map(|word| {
        let (found, value) = word.split_once('=')?;
        found.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// What a request in prose says: `"GET /v1/orders HTTP/1.1" 200`, `GET /v1/orders 200 11ms`.
fn request<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    const METHODS: [&str; 7] = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];
    let wanted = ["method", "path", "status"]
        .iter()
        .position(|one| name.eq_ignore_ascii_case(one))?;
    let mut words = text.split([' ', '"']).filter(|word| !word.is_empty());
    let method = words.find(|word| METHODS.contains(word))?;
    let path = words.next().filter(|word| word.starts_with('/'))?;
    match wanted {
        0 => Some(method),
        1 => Some(path),
        _ => words.find(|word| {
            word.len() == 3
                && word.starts_with(['1', '2', '3', '4', '5'])
                && word.bytes().all(|b| b.is_ascii_digit())
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_from_every_format() {
        for (line, expected) in [
            (r#"{"level":"error","msg":"x"}"#, Some(Level::Error)),
            (r#"{"time":1,"severity":"WARNING"}"#, Some(Level::Warn)),
            (r#"{"level":50,"msg":"x"}"#, Some(Level::Error)),
            (r#"{"lvl":"Debug"}"#, Some(Level::Debug)),
            (r#"{"msg":"level","logLevel":"FATAL"}"#, Some(Level::Fatal)),
            (r#"{"nested":{"level":"error"},"msg":"x"}"#, None),
            (
                r#"time=2026-11-21T14:02:10Z level=info msg="x y""#,
                Some(Level::Info),
            ),
            ("ts=1 lvl=eror msg=x", Some(Level::Error)),
            ("plain", None),
        ] {
            assert_eq!(level(line), expected, "{line}");
        }
    }

    #[test]
    fn message_and_fields() {
        let line = r#"{"time":"2026-11-21T14:02:10Z","level":"info","msg":"GET \"/\"","status":200,"t":"9f2c"}"#;
        let Parts::Fields { message, fields } = parts(line) else {
            panic!("no fields")
        };
        assert_eq!(message, r#"GET "/""#);
        assert_eq!(
            fields,
            [("status".into(), "200".into()), ("t".into(), "9f2c".into())]
        );
        assert_eq!(parts("ERROR: gone"), Parts::Prose(7));
        assert_eq!(parts(r#"{"msg":"cut "#), Parts::Prose(0));
    }

    #[test]
    fn a_template_is_filled() {
        let line = r#"{"@t":"2026-11-21T14:02:10Z","@mt":"HTTP {Method} in {Elapsed:0.0} ms {Gone} {","Method":"GET","Elapsed":12,"Id":7}"#;
        let Parts::Fields { message, fields } = parts(line) else {
            panic!("no fields")
        };
        assert_eq!(message, "HTTP GET in 12 ms {Gone} {");
        assert_eq!(fields, [("Id".into(), "7".into())]);
        assert_eq!(level(line), Some(Level::Info));
    }

    #[test]
    fn fields_by_name() {
        for (line, name, value) in [
            (r#"{"status":503}"#, "status", Some("503")),
            ("level=info Status=200", "status", Some("200")),
            (
                r#"10.0.0.1 - - [21/Nov/2026:14:02:10 +0000] "POST /v1/pay HTTP/1.1" 502 31"#,
                "status",
                Some("502"),
            ),
            ("GET /v1/orders 200 11ms", "path", Some("/v1/orders")),
            ("GET /v1/orders 200 11ms", "method", Some("GET")),
            (
                r#"10.0.0.1 - - [21/Nov/2026:14:02:10 +0000] "GET / HTTP/1.1" 200 31"#,
                "bytes",
                Some("31"),
            ),
            ("done took=12ms", "took", Some("12ms")),
            ("done", "took", None),
        ] {
            assert_eq!(field(line, name).as_deref(), value, "{line}");
        }
    }

    #[test]
    fn lines_that_differ_in_time_alone_say_the_same() {
        assert_eq!(
            digest(r#"{"ts":1700,"msg":"a"}"#),
            digest(r#"{"ts":1800,"msg":"a"}"#)
        );
        assert_ne!(
            digest(r#"{"ts":1700,"n":1}"#),
            digest(r#"{"ts":1700,"n":2}"#)
        );
        assert_eq!(digest("14:02:10 x"), digest("14:02:11 x"));
        assert_ne!(digest("14:02:10 x"), digest("14:02:10 y"));
    }
}
