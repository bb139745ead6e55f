//! Where somebody is reached over the network.

use std::fmt;

use reqwest::Url;

use crate::config::reader::{Reader, Text};

/// A URL. It may hold a password, so it is never written whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl Address {
    /// The whole of it, with what is secret: for whoever connects, and for nobody's eyes.
    pub const fn secret(&self) -> &Url {
        &self.0
    }
}

impl fmt::Display for Address {
    /// Without name, password and parameters.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.0.host_str().unwrap_or_default();
        write!(f, "{}://{host}", self.0.scheme())?;
        if let Some(port) = self.0.port() {
            write!(f, ":{port}")?;
        }
        f.write_str(self.0.path().trim_end_matches('/'))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `http://…` or `https://…`.
pub(super) fn web(reader: &mut Reader<'_>, text: &Text) -> Option<Address> {
    of(reader, text, &["http", "https"], "http://HOST:PORT/PATH")
}

/// A URL of one of these schemes. What is wrong is told without the text: it may hold a password.
pub(super) fn of(
    reader: &mut Reader<'_>,
    text: &Text,
    schemes: &[&str],
    example: &str,
) -> Option<Address> {
    let url = Url::parse(&text.value).ok();
    let url = url.filter(|url| schemes.contains(&url.scheme()) && url.has_host());
    if url.is_none() {
        reader
            .problem(text.span.clone(), "this is no such address")
            .help(format!("write {example}"));
    }
    url.map(Address)
}

/// `HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// A name, or an address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl HostPort {
    /// Reads one; without a port, `usual` is meant. `None` where it is neither.
    pub fn parse(text: &str, usual: Option<u16>) -> Option<Self> {
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) if !host.contains(':') || host.ends_with(']') => {
                (host, Some(port.parse().ok().filter(|port| *port > 0)?))
            }
            _ => (text, usual),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_host = |c: char| c.is_alphanumeric() || "._-:%".contains(c);
        (!host.is_empty() && host.chars().all(is_host)).then_some(())?;
        Some(Self {
            host: host.to_owned(),
            port: port?,
        })
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
