//! Which proxy stands between here and an API server, as kubectl has it: the one that the kubeconfig names for the cluster,
//! or else the one of the environment, where `NO_PROXY` does not name the server.

use std::net::IpAddr;

use http::Uri;
use hyper_util::client::{
    legacy::connect::{
        HttpConnector,
        proxy::{SocksV5, Tunnel},
    },
    proxy::matcher::{Intercept, Matcher},
};

use crate::text::SafeText;

/// What leads to the server.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// Nothing stands between.
    Straight(HttpConnector),
    /// By `CONNECT`.
    Tunnel(Tunnel<HttpConnector>),
    /// By SOCKS 5.
    Socks(SocksV5<HttpConnector>),
}

/// The proxy for a server; `named` is what the kubeconfig says. What it says may hold a password, and is not repeated.
///
/// # Errors
/// It is none that can be spoken to: going there without it is not what was meant.
pub(super) fn find(
    named: Option<&str>,
    server: &Uri,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Result<Option<Intercept>, SafeText> {
    let set = |names: [&str; 2]| {
        let values = names.into_iter().filter_map(variable);
        values.into_iter().find(|value| !value.is_empty())
    };
    let named = named.filter(|url| !url.is_empty()).map(str::to_owned);
    let (url, no, whose) = if let Some(url) = named {
        (url, String::new(), "the kubeconfig's proxy-url")
    } else {
        let Some(url) = set(["HTTPS_PROXY", "https_proxy"]).filter(|_| !is_here(server)) else {
            return Ok(None);
        };
        let no = set(["NO_PROXY", "no_proxy"]).unwrap_or_default();
        (url, no, "HTTPS_PROXY")
    };
    let without = Matcher::builder().all(&*url).build().intercept(server);
    let usable = |found: &Intercept| {
        matches!(
            found.uri().scheme_str(),
            Some("http" | "socks5" | "socks5h")
        )
    };
    if !without.as_ref().is_some_and(usable) {
        return Err(SafeText::format(format_args!(
            "{whose} is no proxy that can be used. Name one as http://HOST:PORT or socks5://HOST:PORT"
        )));
    }
    Ok(Matcher::builder()
        .all(&*url)
        .no(&*no)
        .build()
        .intercept(server))
}

/// The way through it.
pub(super) fn way(proxy: Option<&Intercept>, straight: HttpConnector) -> Way {
    let Some(proxy) = proxy else {
        return Way::Straight(straight);
    };
    let to = proxy.uri().clone();
    if proxy.uri().scheme_str() == Some("http") {
        let tunnel = Tunnel::new(to, straight);
        return Way::Tunnel(match proxy.basic_auth() {
            Some(auth) => tunnel.with_auth(auth.clone()),
            None => tunnel,
        });
    }
    // Names are the proxy's to look up: it is there, and this is here.
    let socks = SocksV5::new(to, straight).local_dns(proxy.uri().scheme_str() == Some("socks5"));
    Way::Socks(match proxy.raw_auth() {
        Some((user, password)) => socks.with_auth(user.to_owned(), password.to_owned()),
        None => socks,
    })
}

/// Whether a server is on this machine: no variable of the environment is about those.
fn is_here(server: &Uri) -> bool {
    let host = server.host().unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(named: Option<&str>, server: &str, set: &[(&str, &str)]) -> Option<String> {
        let variable = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let server = server.parse().expect("an address");
        let proxy = find(named, &server, &variable).expect("one that can be used");
        proxy.map(|proxy| proxy.uri().to_string())
    }

    #[test]
    fn the_kubeconfigs_own_comes_before_the_environments() {
        let set = [("HTTPS_PROXY", "http://proxy:3128"), ("NO_PROXY", "eks-1")];
        let eks = "https://eks-2:6443";
        assert_eq!(found(None, eks, &[]), None);
        assert_eq!(
            found(None, eks, &set).as_deref(),
            Some("http://proxy:3128/")
        );
        let own = found(Some("socks5://jump:1080"), "https://eks-1", &set);
        assert_eq!(own.as_deref(), Some("socks5://jump:1080/"));
        assert_eq!(found(None, "https://eks-1:6443", &set), None);
        let lower = [("https_proxy", "proxy:3128")];
        assert_eq!(
            found(None, eks, &lower).as_deref(),
            Some("http://proxy:3128/")
        );
    }

    #[test]
    fn the_environment_says_nothing_of_servers_on_this_machine() {
        let set = [("HTTPS_PROXY", "http://proxy:3128")];
        for here in [
            "https://127.0.0.1:6443",
            "https://localhost:6443",
            "https://[::1]:6443",
        ] {
            assert_eq!(found(None, here, &set), None);
            assert!(found(Some("http://proxy:3128"), here, &set).is_some());
        }
    }

    #[test]
    fn one_that_cannot_be_used_is_refused_and_not_repeated() {
        let server = "https://eks-1".parse().expect("an address");
        for url in [
            "ftp://me:hunter2@proxy",
            "https://me:hunter2@proxy",
            "hunter 2",
        ] {
            let why = find(Some(url), &server, &|_| None).expect_err("no proxy");
            assert!(
                why.contains("proxy-url") && !why.contains("hunter"),
                "{why}"
            );
        }
    }

    #[test]
    fn a_password_is_in_no_debug_words() {
        let server = "https://eks-1".parse().expect("an address");
        let proxy = find(Some("http://me:hunter2@proxy"), &server, &|_| None).expect("one");
        assert!(!format!("{proxy:?}").contains("hunter2"));
    }
}
