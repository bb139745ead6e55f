//! How a connection to an API server is made: without Nagle (44 ms to the first row), with signs of life.

use std::time::Duration;

use hyper_util::client::legacy::connect::HttpConnector;

use super::api::ApiError;
use crate::text::SafeText;

/// A dead peer is noticed within 15 s, whatever the kernel's defaults are.
const DEAD_AFTER: Duration = Duration::from_secs(15);

/// Plain TCP; TLS goes on top.
pub(super) fn connector() -> HttpConnector {
    let mut http = HttpConnector::new();
    http.enforce_http(false);
    http.set_nodelay(true);
    http.set_connect_timeout(Some(Duration::from_secs(5)));
    http.set_keepalive(Some(Duration::from_secs(10)));
    http.set_keepalive_interval(Some(Duration::from_secs(5)));
    http.set_keepalive_retries(Some(3));
    http.set_tcp_user_timeout(Some(DEAD_AFTER));
    http
}

/// What went wrong on the way, told as what an operator can act on.
pub(super) fn lost(error: kube::Error) -> ApiError {
    let words = words(&error);
    match error {
        kube::Error::Auth(_) => ApiError::Login(words),
        _ => ApiError::Lost(words),
    }
}

/// The innermost cause: what is around it only says that something failed.
pub(super) fn words(error: &(dyn std::error::Error + 'static)) -> SafeText {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    SafeText::line(cause.to_string())
}
