//! Where somebody is reached over the network.

use std::fmt;

use reqwest::Url;

use crate::{
    config::reader::{Reader, Text},
    domain::proxied::{self, Proxied},
};

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

/// Where somebody answers over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Web {
    /// Reached from here.
    Direct(Address),
    /// A Service of the environment's cluster, reached through the proxy of its API server.
    Proxied(Proxied),
}

impl Web {
    /// Reads `http://…`, `https://…` or `kubernetes://…`; `None` where it is none of these.
    pub fn parse(written: &str) -> Option<Self> {
        if proxied::is_meant(written) {
            return Proxied::parse(written).map(Self::Proxied);
        }
        let url = Url::parse(written).ok();
        let url = url.filter(|url| ["http", "https"].contains(&url.scheme()));
        url.map(|url| Self::Direct(Address(url)))
    }

    /// The page of that path under this address, with these parameters more.
    #[must_use]
    pub fn below(&self, path: &str, parameters: &[(&str, &str)]) -> Self {
        match self {
            Self::Direct(Address(base)) => {
                let mut url = base.clone();
                if let Ok(mut segments) = url.path_segments_mut() {
                    segments.pop_if_empty().extend(path.split('/'));
                }
                // Without any it gets no question mark.
                if !parameters.is_empty() {
                    url.query_pairs_mut().extend_pairs(parameters);
                }
                Self::Direct(Address(url))
            }
            Self::Proxied(base) => {
                let mut query = form_urlencoded::Serializer::new(base.query().to_owned());
                query.extend_pairs(parameters);
                Self::Proxied(base.below(path, query.finish()))
            }
        }
    }

    /// Its path, without parameters.
    pub fn path(&self) -> &str {
        match self {
            Self::Direct(address) => address.0.path(),
            Self::Proxied(page) if page.path().is_empty() => "/",
            Self::Proxied(page) => page.path(),
        }
    }

    /// The page of a Service, where it is one.
    pub const fn proxied(&self) -> Option<&Proxied> {
        match self {
            Self::Direct(_) => None,
            Self::Proxied(page) => Some(page),
        }
    }
}

impl fmt::Display for Web {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Direct(address) => address.fmt(f),
            Self::Proxied(page) => page.fmt(f),
        }
    }
}

/// `http://…`, `https://…` or `kubernetes://…`.
pub(super) fn web(reader: &mut Reader<'_>, text: &Text) -> Option<Web> {
    if !proxied::is_meant(&text.value) {
        let direct = of(reader, text, &["http", "https"], "http://HOST:PORT/PATH");
        return direct.map(Web::Direct);
    }
    let page = Proxied::parse(&text.value);
    if page.is_none() {
        reader
            .problem(text.span.clone(), "this is no Service of a cluster")
            .help(format!(
                "write {}, the port as a number or by its name",
                proxied::FORM
            ));
    }
    page.map(Web::Proxied)
}

/// The same, of an environment that is that cluster, or is none.
pub(super) fn web_of(reader: &mut Reader<'_>, text: &Text, is_cluster: bool) -> Option<Web> {
    let web = web(reader, text)?;
    if web.proxied().is_some() && !is_cluster {
        reader
            .problem(text.span.clone(), "this environment is no cluster")
            .help(no_cluster("it"));
    }
    Some(web)
}

/// What to do about a Service of a cluster that an environment is to ask, which is none.
pub(super) fn no_cluster(environment: &str) -> String {
    format!(
        r#"give {environment} kubernetes = {{ context = "NAME" }}, or write http://HOST:PORT/PATH"#
    )
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
