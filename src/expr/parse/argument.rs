//! What stands in a function's parentheses.

use std::ops::Range;

use super::{Function, HttpField, Mistake, Parser, Query, What};
use crate::{
    domain::{
        alert::Severity,
        proxied::{self, Proxied},
        suggest::did_you_mean,
    },
    expr::{functions::Asks, query::Subject},
    safe,
    text::SafeText,
};

impl Parser<'_> {
    /// The argument and the closing parenthesis, and the question that the function makes of it.
    pub(super) fn argument(
        &mut self,
        name: &str,
        function: Option<&'static Function>,
    ) -> Option<Query> {
        let place = self.span();
        let argument = match self.what().cloned() {
            Some(What::Word(word)) => Some(word.to_owned()),
            Some(What::Text(text)) => Some(text),
            Some(What::Odd) => None,
            _ => {
                let needs = function.map_or("an argument", |function| function.asks.words());
                let words = safe!("{name} needs {needs}");
                let mistake = Mistake::new(place.clone(), words);
                let help = function.map(|function| format!("write {}", function.example));
                self.wrong(mistake.maybe_help(help));
                None
            }
        };
        let is_there = !matches!(self.what(), None | Some(What::Close | What::Comma));
        self.at += usize::from(is_there);
        if is_there || self.what().is_some() {
            self.close(name);
        }
        let read = query(function?.asks, &argument?, place);
        read.map_err(|mistake| self.wrong(mistake)).ok()
    }

    /// The closing parenthesis; what stands before it is one thing too many.
    fn close(&mut self, name: &str) {
        match self.what() {
            Some(What::Close) => {}
            // What is not closed either is a quotation, and it was told.
            None if self
                .tokens
                .last()
                .is_some_and(|last| last.what == What::Odd) => {}
            None => {
                let words = safe!("the parenthesis of {name} is not closed");
                self.wrong(Mistake::new(self.span(), words));
            }
            Some(_) => {
                let start = self.span().start;
                while !matches!(self.what(), None | Some(What::Close)) {
                    self.at += 1;
                }
                let words = safe!("{name} takes one thing alone");
                let help = SafeText::from_static("put it in quotes if there are spaces in it");
                self.wrong(Mistake::new(start..self.passed(), words).help(help));
            }
        }
        self.take(&What::Close);
    }
}

/// The question about `argument`.
fn query(asks: Asks, argument: &str, place: Range<usize>) -> Result<Query, Mistake> {
    let text = plain(argument, place.clone())?;
    let wrong = |words: SafeText, help: &'static str| {
        Err(Mistake::new(place.clone(), words).help(SafeText::from_static(help)))
    };
    if text.is_empty() {
        let words = safe!(
            "nothing stands in the quotes, and {} is expected",
            asks.words()
        );
        return Err(Mistake::new(place, words));
    }
    match asks {
        Asks::Subject(_) | Asks::Service(_) if text.len() > 1 && text.contains('*') => wrong(
            safe!("{text} is no name"),
            "only * alone stands for several: for all of them",
        ),
        Asks::Subject(asks) if text == "*" => Ok(asks(Subject::All)),
        Asks::Subject(asks) => Ok(asks(Subject::One(text))),
        Asks::Service(_) if text == "*" => wrong(
            SafeText::from_static("* is all services, which have not one version"),
            "name a service",
        ),
        Asks::Service(asks) | Asks::Command(asks) => Ok(asks(text)),
        Asks::Severity(asks) => match text.as_str() {
            "*" => Ok(asks(None)),
            "critical" => Ok(asks(Some(Severity::Critical))),
            "warning" => Ok(asks(Some(Severity::Warning))),
            other => {
                let words = safe!("no alert is {other}");
                let near = did_you_mean(other, ["critical", "warning"]);
                let help = near.unwrap_or_else(|| "write critical, warning or *".to_owned());
                Err(Mistake::new(place, words).maybe_help(Some(help)))
            }
        },
        Asks::Url(asks) if proxied::is_meant(&text) => {
            if Proxied::parse(&text).is_some() {
                return Ok(asks(text, HttpField::Status));
            }
            let words = safe!("{text} is no Service of a cluster");
            let form = proxied::FORM;
            let help = safe!("write {form}, the port as a number or by its name");
            Err(Mistake::new(place, words).help(help))
        }
        Asks::Url(asks) => {
            let host = ["http://", "https://"]
                .iter()
                .find_map(|scheme| text.strip_prefix(scheme));
            let end = |host: &str| host.find(['/', '?', '#']).unwrap_or(host.len());
            match host.map(|host| &host[..end(host)]) {
                None | Some("") => wrong(
                    safe!("{text} is no address for HTTP"),
                    "write one such as http://api:8080/health",
                ),
                Some(host) if host.contains('@') => wrong(
                    SafeText::from_static("an address with a password would be shown to everybody"),
                    "leave out what stands before the @",
                ),
                Some(_) if text.contains(' ') => {
                    wrong(safe!("there is a space in {text}"), "write it as %20")
                }
                Some(_) => Ok(asks(text, HttpField::Status)),
            }
        }
        Asks::Host(asks) => {
            let belongs = |c: char| {
                c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']')
            };
            if text.chars().all(belongs) {
                Ok(asks(text))
            } else {
                wrong(
                    safe!("{text} is no host"),
                    "write it alone, such as shop.example or shop.example:8443",
                )
            }
        }
        Asks::Variable(asks) => {
            let belongs = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if text.chars().all(belongs) && !text.starts_with(|c: char| c.is_ascii_digit()) {
                Ok(asks(text))
            } else {
                wrong(
                    safe!("{text} is no name of a variable"),
                    "write one such as DATABASE_URL",
                )
            }
        }
    }
}

/// A text that is shown as it is: what cannot be seen is a mistake, and never changed into something else.
pub(super) fn plain(text: &str, place: Range<usize>) -> Result<SafeText, Mistake> {
    let name = SafeText::name(text);
    if name == text {
        Ok(name)
    } else {
        let words = safe!("{name} holds characters that cannot be seen");
        let help = SafeText::from_static("type it anew");
        Err(Mistake::new(place, words).help(help))
    }
}
