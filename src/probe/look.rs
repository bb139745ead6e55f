//! One look at something of a service.

use std::time::Duration;

use tokio::time::timeout;

use super::{http, postgres, reach, redis, tls, way::Way};
use crate::{
    clock,
    config::settings::check::{Check, What},
    domain::signals::{Found, Look},
    safe,
    text::SafeText,
};

impl What {
    /// What it is called on the screen: `http /health`.
    pub(super) fn name(&self) -> SafeText {
        match self {
            Self::Http(http) => safe!("http {}", http.url.path()),
            Self::Tcp(place) => safe!("tcp {place}"),
            Self::Tls(place) => safe!("tls {place}"),
            Self::Postgres(address) => safe!("postgres {}", host(address.secret())),
            Self::Redis(address) => safe!("redis {}", host(address.secret())),
        }
    }
}

fn host(url: &reqwest::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port()
        .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Looks, for no longer than it may.
pub(super) async fn at(check: &Check, way: &Way) -> Look {
    let begun = clock::instant();
    let patience = check.timeout;
    if let What::Http(wanted) = &check.what {
        return http::check(wanted, way, patience).await;
    }
    let found = timeout(patience, found(&check.what, way)).await;
    Look {
        at: clock::now(),
        took: clock::instant().duration_since(begun),
        found: found.unwrap_or_else(|_| reach::late(patience)),
    }
}

async fn found(what: &What, way: &Way) -> Found {
    match what {
        // It has a clock of its own.
        What::Http(wanted) => http::check(wanted, way, Duration::MAX).await.found,
        What::Tcp(place) => match reach::connect(place).await {
            Ok(_) => Found::Well(SafeText::from_static("open")),
            Err(error) => reach::verdict(&error)
                .unwrap_or_else(|| Found::Unknown(SafeText::line(error.to_string()))),
        },
        What::Tls(place) => match tls::look(place).await {
            Ok(shown) => shown.judge(clock::now()),
            Err(found) => found,
        },
        What::Postgres(address) => match postgres::look(address).await {
            Ok(connections) => connections.judge(),
            Err(found) => found,
        },
        What::Redis(address) => redis::look(address).await,
    }
}
