//! What an item's inline code says of it: `check: …`, `do: …`, `soak: … for …`, `gate`, `killer`, `timeout: …`, `owner: …`.

use std::{ops::Range, sync::Arc, time::Duration};

use super::{
    document::{Condition, Item, ItemId, Kind, Place},
    markdown::{Code, DraftItem},
    order::Order,
};
use crate::{
    domain::{
        named,
        report::{Location, Problem, Report, Source, quoted},
        service::{Service, ServiceKind},
        suggest::did_you_mean,
        values::{Span, same_words},
    },
    expr::{self, Expr, Mistake, Query},
    text::SafeText,
};

const KEYS: [&str; 7] = ["check", "do", "soak", "gate", "killer", "timeout", "owner"];

/// The names that a list may speak of.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The services that are there; `None` where nobody looked.
    pub services: Option<Vec<Arc<Service>>>,
    /// What conditions may name too, since the settings have it: backups, and what checks look at.
    pub set_up: Vec<SafeText>,
    /// The commands that the settings allow, as they are written.
    pub commands: Vec<SafeText>,
}

impl Known {
    fn allows(&self, command: &str) -> bool {
        self.commands.iter().any(|c| same_words(c, command))
    }
}

/// A piece of inline code, read.
#[derive(Debug, PartialEq, Eq)]
enum Written<'a> {
    /// A key, and what stands after its colon, if there is one.
    Key(&'static str, Option<&'a str>),
    /// Most probably one, misspelt.
    Slip(&'a str, String),
    /// Something else: a command, a name.
    Other,
}

fn written(code: &str) -> Written<'_> {
    let (word, value) = match code.split_once(':') {
        Some((word, value)) => (word.trim(), Some(value)),
        None => (code.trim(), None),
    };
    let known = KEYS.into_iter().find(|key| key.eq_ignore_ascii_case(word));
    match (known, value) {
        (Some(key @ ("gate" | "killer")), value) => Written::Key(key, value),
        (Some(key), Some(value)) => Written::Key(key, Some(value)),
        // `check` by itself may be the name of something.
        (Some(_) | None, None) => Written::Other,
        (None, Some(value)) if value.starts_with([' ', '\t']) => {
            let help = did_you_mean(word, KEYS);
            help.map_or(Written::Other, |help| Written::Slip(word, help))
        }
        (None, Some(_)) => Written::Other,
    }
}

/// Whether it is a key rather than a part of the sentence.
pub(super) fn is_key(code: &str) -> bool {
    written(code) != Written::Other
}

/// A file being read, what was wrong with it so far, and the names that are known.
pub(super) struct Reader<'a> {
    pub(super) source: &'a Arc<Source>,
    pub(super) known: Option<&'a Known>,
    pub(super) report: Report,
}

/// What a key says, with its place; no value where there is a mistake in it.
type Placed<T> = (Range<usize>, Option<T>);

/// What the keys of one item say.
#[derive(Default)]
struct Said {
    check: Option<Placed<Condition>>,
    doing: Option<Placed<Order>>,
    soak: Option<Placed<(Condition, Duration)>>,
    gate: Option<Range<usize>>,
    killer: Option<Range<usize>>,
    timeout: Option<Placed<Duration>>,
    owner: Option<(Range<usize>, SafeText)>,
}

impl Reader<'_> {
    /// An item with a box, whose keys count.
    pub(super) fn item(&mut self, id: ItemId, draft: DraftItem) -> Item {
        let mut said = Said::default();
        for code in &draft.codes {
            self.code(code, &mut said);
        }
        self.stray(&draft);
        let kind = self.kind(&mut said);
        Item {
            kind,
            killer: said.killer.is_some(),
            timeout: said.timeout.and_then(|(_, timeout)| timeout),
            owner: said.owner.map(|(_, owner)| owner),
            ..self.plain(id, draft)
        }
    }

    /// A numbered step, for a person to do.
    pub(super) fn step(&mut self, id: ItemId, draft: DraftItem) -> Item {
        for code in &draft.codes {
            if let Written::Key(key, _) = written(self.text(&code.span)) {
                self.problem(
                    code.span.clone(),
                    format!("`{key}` does nothing on a numbered step"),
                )
                .help("write the step as an item with a box: `- [ ] …`")
                .warning();
            }
        }
        self.plain(id, draft)
    }

    fn plain(&self, id: ItemId, draft: DraftItem) -> Item {
        let words = draft.words.unwrap_or(draft.start..draft.start);
        let rest = &self.source.text()[words.end..];
        let end = rest.find('\n').map_or(rest.len(), |at| at) + words.end;
        let line = |text: String| SafeText::line(text.trim());
        Item {
            id,
            text: line(draft.text),
            kind: Kind::Attest,
            killer: false,
            timeout: None,
            owner: None,
            depth: u8::try_from(draft.depth).unwrap_or(u8::MAX),
            commands: draft.commands.iter().map(SafeText::line).collect(),
            notes: draft
                .notes
                .into_iter()
                .map(line)
                .filter(|note| !note.is_empty())
                .collect(),
            place: Place {
                start: draft.start,
                tick: draft.tick,
                words: words.start,
                end,
            },
        }
    }

    fn code(&mut self, code: &Code, said: &mut Said) {
        let text = self.text(&code.span);
        let span = code.span.clone();
        let (key, value) = match written(text) {
            Written::Other => return self.bare(text, span),
            Written::Slip(word, help) => {
                let at = span.start + offset(text, word);
                self.problem(
                    at..at + word.len(),
                    format!("there is no key `{}`", quoted(word)),
                )
                .help(help);
                return;
            }
            Written::Key(key, value) => (key, value),
        };
        if text.contains('\n') {
            self.problem(span, format!("`{key}` goes on over the end of the line"))
                .help("write it on one line");
            return;
        }
        let value = value.unwrap_or_default();
        let at = span.start + offset(text, value);
        let twice = match key {
            "check" => said.check.as_ref().map(|(span, _)| span),
            "do" => said.doing.as_ref().map(|(span, _)| span),
            "soak" => said.soak.as_ref().map(|(span, _)| span),
            "gate" => said.gate.as_ref(),
            "killer" => said.killer.as_ref(),
            "timeout" => said.timeout.as_ref().map(|(span, _)| span),
            _ => said.owner.as_ref().map(|(span, _)| span),
        };
        if let Some(first) = twice {
            let help = match key {
                "check" | "soak" => "write one of them, with `and`",
                _ => "leave one of them",
            };
            self.problem(span, format!("`{key}` stands twice on this item"))
                .also(first.clone(), "here first")
                .help(help);
            return;
        }
        match key {
            "check" => said.check = Some((span, self.condition(value, at))),
            "do" => said.doing = Some((span, self.order(value, at))),
            "soak" => said.soak = Some((span, self.soak(value, at))),
            "timeout" => {
                let long = value.parse::<Span>();
                if let Err(error) = &long {
                    let value = trimmed(value, at);
                    self.problem(value, "this is no span of time")
                        .help(error.to_string());
                }
                said.timeout = Some((span, long.ok().map(|Span(long)| long)));
            }
            "owner" => {
                let owner = SafeText::name(value.trim());
                if owner.is_empty() {
                    self.problem(span.clone(), "it does not say who")
                        .help("write `owner: NAME`");
                }
                said.owner = Some((span, owner));
            }
            flag => {
                if !value.trim().is_empty() {
                    self.problem(trimmed(value, at), format!("`{flag}` stands by itself"))
                        .help(format!("write `{flag}`"));
                }
                let place = if flag == "gate" {
                    &mut said.gate
                } else {
                    &mut said.killer
                };
                *place = Some(span);
            }
        }
    }

    /// One item is of one kind; a check may prove what is done.
    fn kind(&mut self, said: &mut Said) -> Kind {
        let check = said.check.take();
        let places = [
            said.doing.as_ref().map(|(span, _)| ("do", span.clone())),
            said.soak.as_ref().map(|(span, _)| ("soak", span.clone())),
            said.gate.clone().map(|span| ("gate", span)),
            check.as_ref().map(|(span, _)| ("check", span.clone())),
        ];
        let kinds: Vec<(&str, Range<usize>)> = places.into_iter().flatten().collect();
        let words: Vec<&str> = kinds.iter().map(|(word, _)| *word).collect();
        let help = match words.as_slice() {
            [] | [_] | ["do", "check"] => None,
            [.., "gate", "check"] => {
                Some("a gate is for people to decide; put the check on an item before it")
            }
            ["soak", "check"] => Some("a soak proves itself; put the check on an item before it"),
            _ => Some("make two items of it"),
        };
        if let Some(help) = help {
            let (first, other) = (kinds[0].clone(), kinds[1].clone());
            let message = format!("`{}` and `{}` are two kinds of item", first.0, other.0);
            self.problem(other.1, message)
                .also(first.1, "the other one")
                .help(help);
        }
        let condition = |check: Option<Placed<Condition>>| check.and_then(|(_, c)| c);
        match (said.doing.take(), said.soak.take(), said.gate.take()) {
            (Some((_, Some(order))), ..) => Kind::Do(order, condition(check)),
            (_, Some((_, Some((condition, long)))), _) => Kind::Soak(condition, long),
            (.., Some(_)) => Kind::Gate,
            _ => condition(check).map_or(Kind::Attest, Kind::Check),
        }
    }

    /// An expression that begins at byte `at` of the file.
    pub(super) fn condition(&mut self, value: &str, at: usize) -> Option<Condition> {
        match expr::parse(value) {
            Ok(expr) => Some(self.known(value, expr, at)),
            Err(mistakes) => {
                self.mistakes(mistakes, at);
                None
            }
        }
    }

    fn soak(&mut self, value: &str, at: usize) -> Option<(Condition, Duration)> {
        match expr::parse_soak(value) {
            Ok(soak) => Some((self.known(value, soak.expr, at), soak.lasting)),
            Err(mistakes) => {
                self.mistakes(mistakes, at);
                None
            }
        }
    }

    fn order(&mut self, value: &str, at: usize) -> Option<Order> {
        match Order::parse(value) {
            Ok(order) => {
                let about = value.split_whitespace().nth(1).unwrap_or_default();
                let from = at + offset(value, about);
                self.service(order.done_to(), about, from..from + about.len());
                Some(order)
            }
            Err(mistake) => {
                self.mistakes(vec![mistake], at);
                None
            }
        }
    }

    fn known(&mut self, value: &str, expr: Expr, at: usize) -> Condition {
        for (query, span) in expr.places() {
            let span = at + span.start..at + span.end;
            if let Some(name) = query.service() {
                self.service(None, name, span);
            } else if let Query::Command(command) = query
                && self.known.is_some_and(|known| !known.allows(command))
            {
                self.problem(
                    span,
                    "the settings do not allow this command: it is not run, and stays unknown",
                )
                .help("add it to commands of [checklist] in quarterdeck.toml")
                .warning();
            }
        }
        Condition {
            words: SafeText::line(value.trim()),
            expr,
        }
    }

    /// That a name means one thing of that kind, as far as it is known what is there.
    fn service(&mut self, kind: Option<ServiceKind>, name: &str, span: Range<usize>) {
        let known = self.known.and_then(|known| {
            let services = known.services.as_deref()?;
            let is_set_up = kind.is_none() && known.set_up.iter().any(|b| **b == *name);
            (!is_set_up).then_some(services)
        });
        let Some(services) = known else { return };
        let (word, quoted) = (named::word(kind), quoted(name));
        let (message, help) = match named::meant(services, kind, name).as_slice() {
            [_] => return,
            [] => {
                let is_of_it = |s: &&Arc<Service>| match kind {
                    // A node is none, though it can be named as one.
                    None => s.kind != ServiceKind::Node,
                    Some(kind) => s.kind == kind,
                };
                let names = services.iter().filter(is_of_it).map(|s| match kind {
                    None => s.id.name.as_str(),
                    Some(_) => named::own(s),
                });
                let names: Vec<&str> = names.collect();
                let help = did_you_mean(name, names.iter().copied());
                let help = help.unwrap_or_else(|| match names.as_slice() {
                    [] => format!("there are no {word}s here"),
                    names => format!("there are {}", names.join(", ")),
                });
                (format!("there is no {word} `{quoted}`"), help)
            }
            several => {
                let names: Vec<String> = several.iter().map(|s| s.id.to_string()).collect();
                (
                    format!("there are several {word}s called `{quoted}`"),
                    format!("say which: {}", names.join(", ")),
                )
            }
        };
        self.problem(span, message).help(help);
    }

    fn mistakes(&mut self, mistakes: Vec<Mistake>, at: usize) {
        for Mistake { span, words, help } in mistakes {
            self.problem(at + span.start..at + span.end, words.as_str())
                .maybe_help(help.map(|help| help.to_string()));
        }
    }

    pub(super) fn problem(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Problem {
        let place = Location::File(Arc::clone(self.source), span);
        self.report.add(place, message)
    }
}

impl<'a> Reader<'a> {
    fn text(&self, span: &Range<usize>) -> &'a str {
        self.source.text().get(span.clone()).unwrap_or_default()
    }
}

/// Where `part`, a piece of `whole`, begins in it.
fn offset(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize)
        .saturating_sub(whole.as_ptr() as usize)
        .min(whole.len())
}

/// The place of `value` without the spaces around it, where it begins at byte `at`.
fn trimmed(value: &str, at: usize) -> Range<usize> {
    let from = at + value.len() - value.trim_start().len();
    from..from + value.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_from_other_code() {
        let slip = |word| Written::Slip(word, "did you mean `check`?".to_owned());
        for (code, wanted) in [
            (
                "check: healthy(*)",
                Written::Key("check", Some(" healthy(*)")),
            ),
            ("Do:restart api", Written::Key("do", Some("restart api"))),
            ("gate", Written::Key("gate", None)),
            ("killer", Written::Key("killer", None)),
            ("chek: healthy(*)", slip("chek")),
            ("checks: healthy(*)", slip("checks")),
            ("docker compose up -d", Written::Other),
            ("check", Written::Other),
            ("gateway", Written::Other),
            ("http://api:8080/health", Written::Other),
            ("image: nginx", Written::Other),
            ("", Written::Other),
        ] {
            assert_eq!(written(code), wanted, "{code}");
        }
    }
}
