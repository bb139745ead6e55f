//! Pages of Services, through the proxy of the API server: its answers and theirs are told apart.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kube::client::Body;
use serde::Deserialize;
use tower::BoxError;

use super::{
    api::Api,
    rights::{self, Need, need},
};
use crate::{
    clock,
    domain::proxied::Proxied,
    platform::{Fetched, MOST_OF_AN_ANSWER, TOO_LONG_AN_ANSWER, Unfetched},
    safe,
    text::SafeText,
};

/// What it takes.
pub(super) const NEED: Need = need("get", "", "services/proxy");

/// What the API server writes where it has nothing of the Service's to pass on.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    kind: String,
    api_version: String,
    code: u16,
    #[serde(default)]
    message: String,
}

impl Status {
    /// The API server's own words; `None` where the Service answered.
    fn read(code: StatusCode, text: &[u8]) -> Option<String> {
        let read: Self = serde_json::from_slice(text).ok()?;
        let own = read.kind == "Status" && read.api_version == "v1" && read.code == code.as_u16();
        own.then_some(read.message)
    }
}

/// What a page answers; of one that answers well the text only where it is wanted. However long it takes: its asker has the
/// patience.
///
/// # Errors
/// See [`Unfetched`].
pub(super) async fn page(api: &Api, page: &Proxied, text: bool) -> Result<Fetched, Unfetched> {
    let silent = |why: SafeText| Unfetched::Unasked(safe!("the API server: {why}"));
    let request = Request::get(page.secret_path())
        .header(header::ACCEPT, HeaderValue::from_static("*/*"))
        .body(Body::empty())
        .map_err(|error| Unfetched::Unasked(SafeText::line(error.to_string())))?;
    let begun = clock::instant();
    let answer = api.answer(request).await;
    let answer = answer.map_err(|error| silent(safe!("{error}")))?;
    let took = clock::instant().duration_since(begun);
    let status = answer.status();
    if text || !status.is_success() {
        let text = whole(answer.into_body()).await?;
        match Status::read(status, &text) {
            Some(words) if !status.is_success() => Err(own(status, &words, page)),
            _ => Ok(Fetched { status, text, took }),
        }
    } else {
        let text = Bytes::new();
        Ok(Fetched { status, text, took })
    }
}

async fn whole(body: Body) -> Result<Bytes, Unfetched> {
    let read = Limited::new(body, MOST_OF_AN_ANSWER).collect().await;
    let words = |error: BoxError| {
        Unfetched::Unasked(if error.is::<LengthLimitError>() {
            TOO_LONG_AN_ANSWER
        } else {
            safe!("the answer broke off: {error}")
        })
    };
    Ok(read.map_err(words)?.to_bytes())
}

/// Why the API server has no answer of the Service.
fn own(status: StatusCode, words: &str, page: &Proxied) -> Unfetched {
    match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            let why = words.trim_start_matches("error trying to reach service: ");
            Unfetched::Unreached(safe!("the API server does not reach it: {why}"))
        }
        // An admission plugin has words of its own.
        StatusCode::FORBIDDEN if words.contains(NEED.resource) => {
            let namespace = SafeText::name(page.namespace());
            Unfetched::Unasked(rights::refusal(NEED, &namespace))
        }
        _ => Unfetched::Unasked(safe!("the API server: {words}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    async fn answered(code: u16, body: serde_json::Value) -> Result<Fetched, Unfetched> {
        let api = Api::answered(move |path| {
            assert_eq!(
                path,
                "/api/v1/namespaces/shop/services/api:80/proxy/health?full"
            );
            (code, body.clone())
        });
        let health = Proxied::new("shop", "api:80", "/health", "full").expect("an address");
        page(&api, &health, false).await
    }

    fn status(code: u16, message: &str) -> serde_json::Value {
        json!({ "kind": "Status", "apiVersion": "v1", "code": code, "message": message })
    }

    #[tokio::test]
    async fn what_the_service_answers_is_told_from_what_the_api_server_does() {
        for code in [200, 302, 401, 403, 404, 500, 503] {
            let fetched = answered(code, json!({ "message": "no" })).await;
            let fetched = fetched.expect("the Service's");
            assert_eq!(fetched.status.as_u16(), code);
        }
        let refused =
            "error trying to reach service: dial tcp 10.0.0.1:80: connect: connection refused";
        let unreached = answered(503, status(503, refused)).await;
        let words =
            "the API server does not reach it: dial tcp 10.0.0.1:80: connect: connection refused";
        let words = SafeText::from_static(words);
        assert_eq!(
            unreached.expect_err("it is down"),
            Unfetched::Unreached(words)
        );
        for (code, message, words) in [
            (
                403,
                "services \"api:80\" is forbidden: User \"ana\" cannot get resource \"services/proxy\" in API group \"\"",
                "you may not get services/proxy in shop",
            ),
            (
                404,
                "services \"api\" not found",
                "the API server: services \"api\" not found",
            ),
            (401, "Unauthorized", "the API server: Unauthorized"),
            (403, "not today", "the API server: not today"),
        ] {
            let unasked = answered(code, status(code, message)).await;
            let words = SafeText::from_static(words);
            assert_eq!(unasked.expect_err("not asked"), Unfetched::Unasked(words));
        }
        // What a Service tells of another status is no word about its own.
        let told = answered(500, status(404, "not there")).await;
        assert_eq!(told.expect("the Service's").status.as_u16(), 500);
    }
}
