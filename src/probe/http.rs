//! Requests over HTTP that change nothing.

use std::{
    error::Error,
    sync::OnceLock,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use reqwest::{Client, Response, Url, redirect::Policy};
use serde::de::DeserializeOwned;

use super::{reach, tls, way::Way};
use crate::{
    clock,
    config::settings::{
        address::Web,
        check::{Http, Method},
    },
    domain::{
        alert::Severity,
        signals::{Found, Look},
    },
    platform::{MOST_OF_AN_ANSWER, TOO_LONG_AN_ANSWER},
    safe,
    text::SafeText,
};

/// The client, made when the first request needs it: the certificates of the system only for https.
fn client(url: &Url) -> Result<&'static Client, SafeText> {
    static PLAIN: OnceLock<Result<Client, SafeText>> = OnceLock::new();
    static TRUSTING: OnceLock<Result<Client, SafeText>> = OnceLock::new();
    let (cell, roots) = if url.scheme() == "https" {
        (&TRUSTING, tls::roots as fn() -> _)
    } else {
        (&PLAIN, tls::no_roots as fn() -> _)
    };
    let make = || {
        let builder = Client::builder()
            .tls_backend_preconfigured(tls::trusting(roots())?)
            .redirect(Policy::none())
            .user_agent("quarterdeck");
        builder.build().map_err(|e| safe!("{}", deepest(&e)))
    };
    cell.get_or_init(make).as_ref().map_err(Clone::clone)
}

/// Why a request was not answered.
fn failed(error: &reqwest::Error, timeout: Duration) -> Found {
    if error.is_timeout() {
        return reach::late(timeout);
    }
    // An address is never part of it: it may hold a password.
    reach::verdict(error)
        .unwrap_or_else(|| Found::Bad(Severity::Critical, safe!("{}", deepest(error))))
}

/// What lies behind an error: the rest says that a request failed.
fn deepest(error: &(dyn Error + 'static)) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// An answer, and how long its head took.
struct Answer {
    response: Response,
    took: Duration,
}

/// Asks for a page, by the way that leads to it; with its text, or only how it answers.
async fn ask(
    page: &Web,
    way: &Way,
    method: Method,
    text: bool,
    timeout: Duration,
) -> Result<Answer, Found> {
    let page = match page {
        Web::Direct(address) => return send(address.secret(), method, timeout).await,
        // The settings let no other method than GET through.
        Web::Proxied(page) => page,
    };
    let fetched = way.fetch(page, text, timeout).await?;
    let mut response = http::Response::new(fetched.text);
    *response.status_mut() = fetched.status;
    Ok(Answer {
        response: response.into(),
        took: fetched.took,
    })
}

async fn send(url: &Url, method: Method, timeout: Duration) -> Result<Answer, Found> {
    let client = client(url).map_err(Found::Unknown)?;
    let request = match method {
        Method::Get => client.get(url.clone()),
        Method::Head => client.head(url.clone()),
    };
    let begun = clock::instant();
    let sent = request.timeout(timeout).send().await;
    let took = took(begun);
    let response = sent.map_err(|error| failed(&error, timeout))?;
    Ok(Answer { response, took })
}

fn took(begun: Instant) -> Duration {
    clock::instant().duration_since(begun)
}

async fn text(mut response: Response, timeout: Duration) -> Result<Vec<u8>, Found> {
    let mut body = Vec::new();
    while let Some(part) = response
        .chunk()
        .await
        .map_err(|error| failed(&error, timeout))?
    {
        body.extend_from_slice(&part);
        if body.len() > MOST_OF_AN_ANSWER {
            return Err(Found::Unknown(TOO_LONG_AN_ANSWER));
        }
    }
    Ok(body)
}

/// Looks whether a request is answered as it is to be.
pub(super) async fn check(wanted: &Http, way: &Way, timeout: Duration) -> Look {
    let begun = clock::instant();
    let text = wanted.body.is_some();
    let sent = ask(&wanted.url, way, wanted.method, text, timeout).await;
    let (took, found) = match sent {
        Ok(answer) => (answer.took, judge(wanted, answer, timeout).await),
        Err(found) => (took(begun), found),
    };
    Look {
        at: clock::now(),
        took,
        found,
    }
}

async fn judge(wanted: &Http, answer: Answer, timeout: Duration) -> Found {
    let Answer { response, took } = answer;
    let status = response.status();
    let bad = |words| Found::Bad(Severity::Critical, words);
    let told = safe!("{}", status.as_u16());
    match wanted.status {
        Some(status) if told != *status.to_string() => return bad(safe!("{told}, not {status}")),
        None if !status.is_success() => return bad(told),
        _ => {}
    }
    if let Some(pattern) = &wanted.body {
        let body = match text(response, timeout).await {
            Ok(body) => body,
            Err(found) => return found,
        };
        if !pattern.is_match(&String::from_utf8_lossy(&body)) {
            return bad(safe!("{told}, but the answer does not contain {pattern}"));
        }
    }
    match wanted.latency {
        Some(most) if took > most => Found::Bad(
            Severity::Warning,
            safe!(
                "{told}, but slow: {} ms, over {} ms",
                took.as_millis(),
                most.as_millis()
            ),
        ),
        _ => Found::Well(told),
    }
}

/// The status of what a GET brings, how long it took, and when that was.
///
/// # Errors
/// Why there is no answer.
pub(super) async fn get(
    page: &Web,
    way: &Way,
    timeout: Duration,
) -> Result<(u16, Duration, Timestamp), SafeText> {
    let asked = ask(page, way, Method::Get, false, timeout).await;
    let answer = asked.map_err(|found| found.words().clone())?;
    Ok((answer.response.status().as_u16(), answer.took, clock::now()))
}

/// What a GET brings, read as JSON. An answer with another status than 200 is read too where it is JSON of that shape.
///
/// # Errors
/// Why there is no answer, or none of that shape.
pub(super) async fn json<T: DeserializeOwned>(
    page: &Web,
    way: &Way,
    timeout: Duration,
) -> Result<T, SafeText> {
    let words = |found: Found| found.words().clone();
    let answer = ask(page, way, Method::Get, true, timeout).await;
    let answer = answer.map_err(words)?;
    let status = answer.response.status();
    let body = text(answer.response, timeout).await.map_err(words)?;
    serde_json::from_slice(&body).map_err(|error| {
        if status.is_success() {
            safe!("the answer does not read: {error}")
        } else {
            safe!("it answers {}", status.as_u16())
        }
    })
}
