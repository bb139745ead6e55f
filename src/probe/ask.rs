//! Single questions, asked once, when somebody wants the answer.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use reqwest::Url;
use tokio::time::timeout;

use super::{http, postgres, reach, tls};
use crate::{
    clock,
    config::{
        Settings,
        settings::{
            address::{Address, HostPort},
            check::What,
        },
    },
    expr::{Answer, HttpField, Observation, Query, Subject, Value},
    safe,
    text::SafeText,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers what an expression asks that no platform shows.
#[derive(Clone, Debug)]
pub struct Asker {
    settings: Arc<Settings>,
    environment: String,
}

impl Asker {
    /// Asks in that environment, as these settings have it.
    pub fn new(settings: Arc<Settings>, environment: &str) -> Self {
        Self {
            settings,
            environment: environment.to_owned(),
        }
    }

    /// The answer to one question; within seconds, and never a guess: what can't be known says why.
    pub async fn ask(&self, query: &Query) -> Answer {
        let told = match query {
            Query::Http { url, field } => return of_http(url, *field).await,
            Query::CertDays(host) => cert_days(host).await,
            Query::Connections(of) => self.connections(of).await,
            Query::Env(name) => Ok(env(name)),
            Query::Command(_) => Err(SafeText::from_static(
                "no command may be run from a list here",
            )),
            other => Err(safe!("nothing else answers {other}")),
        };
        let (value, words) = told?;
        let at = clock::now();
        Ok(Observation { value, at, words })
    }

    async fn connections(&self, of: &Subject) -> Result<(Value, SafeText), SafeText> {
        let here = |only: &[String]| only.is_empty() || only.contains(&self.environment);
        let checks = self
            .settings
            .checks
            .iter()
            .filter(|c| here(&c.environments));
        let databases = checks.filter_map(|check| match (&check.what, of) {
            (What::Postgres(address), Subject::All) => Some((&check.service, address)),
            (What::Postgres(address), Subject::One(name)) => {
                let bare = name.rsplit('/').next().unwrap_or(name);
                (check.service == bare).then_some((&check.service, address))
            }
            _ => None,
        });
        let mut worst: Option<(f64, SafeText)> = None;
        for (service, address) in databases {
            let (percent, words) = connections_of(address)
                .await
                .map_err(|why| safe!("{service}: {why}"))?;
            if worst.as_ref().is_none_or(|(most, _)| percent > *most) {
                worst = Some((percent, safe!("{words} of {service}")));
            }
        }
        match (worst, of) {
            (Some((percent, words)), _) => Ok((Value::Percent(percent), words)),
            (None, Subject::One(name)) => Err(safe!(
                "{name} has no check of the kind postgres in the settings"
            )),
            (None, Subject::All) => Err(SafeText::from_static(
                "no service has a check of the kind postgres in the settings",
            )),
        }
    }
}

async fn connections_of(address: &Address) -> Result<(f64, SafeText), SafeText> {
    let looked = timeout(PATIENCE, postgres::look(address)).await;
    let looked = looked.unwrap_or_else(|_| Err(reach::late(PATIENCE)));
    let found = looked.map_err(|found| found.words().clone())?;
    Ok((
        // As it is told, so that the words never contradict the verdict.
        found.percent().round(),
        safe!("{} of {} connections", found.used, found.most),
    ))
}

async fn of_http(url: &str, field: HttpField) -> Answer {
    let parsed = Url::parse(url).ok();
    let parsed = parsed.filter(|url| ["http", "https"].contains(&url.scheme()));
    let parsed = parsed.ok_or(SafeText::from_static("this is no address of the web"))?;
    let (status, took, at): (u16, Duration, Timestamp) = http::get(&parsed, PATIENCE).await?;
    let words = safe!("{status} in {} ms", took.as_millis());
    let value = match field {
        HttpField::Status => Value::Count(status.into()),
        HttpField::Latency => Value::Span(took),
    };
    Ok(Observation { value, at, words })
}

async fn cert_days(host: &str) -> Result<(Value, SafeText), SafeText> {
    let place = HostPort::parse(host, Some(443));
    let place = place.ok_or(SafeText::from_static("this is no host, or HOST:PORT"))?;
    let looked = timeout(PATIENCE, tls::look(&place)).await;
    let looked = looked.unwrap_or_else(|_| Err(reach::late(PATIENCE)));
    let shown = looked.map_err(|found| found.words().clone())?;
    let days = shown.days(clock::now());
    let until = shown.until.strftime("%Y-%m-%d");
    Ok((
        Value::Count(days),
        safe!("good for {days} days, until {until}"),
    ))
}

fn env(name: &str) -> (Value, SafeText) {
    let is_set = is_set(name);
    let words = if is_set { "set" } else { "not set" };
    (Value::Truth(is_set), SafeText::from_static(words))
}

/// Whether a variable of the environment is set, and not to nothing. No more is told of it: what it holds may be a secret.
pub fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}
