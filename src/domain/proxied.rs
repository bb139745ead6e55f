//! A page of a Service that the proxy of its cluster's API server leads to.

use std::fmt;

use url::Url;

use crate::domain::namespace;

/// How such an address is written.
pub const FORM: &str = "kubernetes://NAMESPACE/SERVICE:PORT/PATH";

const SCHEME: &str = "kubernetes";

/// Whether somebody means such an address, be it one or not.
pub fn is_meant(written: &str) -> bool {
    let rest = written.strip_prefix(SCHEME);
    rest.is_some_and(|rest| rest.starts_with(':'))
}

/// Where such a page is. Each part of it can stand in a path. What it asks may be secret, so it is never written whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxied {
    namespace: String,
    service: String,
    port: String,
    path: String,
    query: String,
}

impl Proxied {
    /// Reads [`FORM`]; `None` where it is none.
    pub fn parse(written: &str) -> Option<Self> {
        let url = Url::parse(written).ok()?;
        let whole = url.scheme() == SCHEME
            && url.username().is_empty()
            && url.password().is_none()
            && url.port().is_none()
            && url.fragment().is_none();
        // A path that leads out of it has lost the port by now.
        let path = url.path().strip_prefix('/')?;
        let (place, path) = path.split_at(path.find('/').unwrap_or(path.len()));
        let namespace = url.host_str().filter(|_| whole)?;
        Self::new(namespace, place, path, url.query().unwrap_or_default())
    }

    /// A page of `SERVICE:PORT` in that namespace, the port as a number or by its name; path and query as they stand in a URL.
    /// `None` where one of these can't be.
    pub fn new(namespace: &str, place: &str, path: &str, query: &str) -> Option<Self> {
        let (service, port) = place.split_once(':')?;
        let is_port = if port.bytes().all(|b| b.is_ascii_digit()) {
            port.parse::<u16>().is_ok_and(|number| number > 0)
        } else {
            namespace::is_name(port)
        };
        let names = [namespace, service].into_iter().all(namespace::is_name);
        (names && is_port).then(|| Self {
            namespace: namespace.to_owned(),
            service: service.to_owned(),
            port: port.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
        })
    }

    /// The page of that path under this one, which is asked with that query.
    #[must_use]
    pub fn below(&self, path: &str, query: String) -> Self {
        Self {
            path: format!("{}/{path}", self.path.trim_end_matches('/')),
            query,
            ..self.clone()
        }
    }

    /// Its Service's namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Its Service and port, as the API server names them: `prometheus:9090`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.service, self.port)
    }

    /// Its path in the Service.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is asked; may be secret.
    pub fn query(&self) -> &str {
        &self.query
    }

    /// The page as the API server has it, query and all: for whoever sends, and for nobody's eyes.
    pub fn secret_path(&self) -> String {
        let Self {
            namespace,
            service,
            port,
            path,
            query,
        } = self;
        let path = path.trim_start_matches('/');
        let mark = if query.is_empty() { "" } else { "?" };
        format!(
            "/api/v1/namespaces/{namespace}/services/{service}:{port}/proxy/{path}{mark}{query}"
        )
    }
}

impl fmt::Display for Proxied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.trim_end_matches('/');
        write!(
            f,
            "kubernetes://{}/{}:{}{path}",
            self.namespace, self.service, self.port
        )
    }
}

impl fmt::Debug for Proxied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_what_the_api_server_has_it_under() {
        let prometheus = Proxied::new("shop", "prometheus:web", "/prom/", "").expect("an address");
        assert_eq!(
            prometheus.to_string(),
            "kubernetes://shop/prometheus:web/prom"
        );
        let page = prometheus.below("api/v1/query", "query=up&token=hunter2".to_owned());
        assert_eq!(
            page.secret_path(),
            "/api/v1/namespaces/shop/services/prometheus:web/proxy/prom/api/v1/query?query=up&token=hunter2"
        );
        assert!(!format!("{page} {page:?}").contains("hunter2"));
        let bare = Proxied::new("shop", "api:8080", "", "").expect("an address");
        assert_eq!(
            bare.secret_path(),
            "/api/v1/namespaces/shop/services/api:8080/proxy/"
        );
    }

    #[test]
    fn what_could_lead_elsewhere_is_no_address() {
        for (namespace, place) in [
            ("Shop", "api:80"),
            ("", "api:80"),
            ("shop", "api"),
            ("shop", "api:"),
            ("shop", "api:0"),
            ("shop", "api:65536"),
            ("shop", "api:http:80"),
            ("shop", "https:api:80"),
            ("shop", "..:80"),
            ("shop", "a%2Fb:80"),
            ("shop", ":80"),
        ] {
            let read = Proxied::new(namespace, place, "/", "");
            assert_eq!(read, None, "{namespace}/{place}");
        }
    }
}
