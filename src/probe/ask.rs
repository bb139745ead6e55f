//! Single questions, asked once, when somebody wants the answer.

use std::{sync::Arc, time::Duration};

use futures_util::future::try_join_all;
use tokio::{process::Command, time::timeout};

use super::{http, postgres, reach, tls, way::Way};
use crate::{
    clock,
    config::{
        Settings,
        settings::{
            address::{Address, HostPort, Web},
            check::What,
        },
    },
    expr::{Answer, HttpField, Observation, Query, Subject, Value},
    platform::{
        PlatformHandle,
        program::{self, Failed},
    },
    safe,
    text::SafeText,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a command may take.
const RUNS: Duration = Duration::from_secs(20);
/// More of what a command said last is not told.
const TOLD: usize = 120;

/// Answers what an expression asks that no platform shows.
#[derive(Clone, Debug)]
pub struct Asker {
    settings: Arc<Settings>,
    environment: String,
    /// To Services of the cluster.
    way: Way,
    /// Whether the deployment is simulated: then nobody real is asked about it.
    simulated: bool,
}

impl Asker {
    /// Asks in that environment, as these settings have it.
    pub fn new(settings: Arc<Settings>, environment: &str) -> Self {
        Self {
            settings,
            environment: environment.to_owned(),
            way: Way::nowhere(),
            simulated: false,
        }
    }

    /// Asks Services of the cluster through that platform.
    #[must_use]
    pub fn by(self, platform: &PlatformHandle) -> Self {
        let way = Way::by(platform);
        Self { way, ..self }
    }

    /// Of a simulated deployment: it asks nobody, and runs nothing.
    pub fn simulated() -> Self {
        Self {
            settings: Arc::default(),
            environment: String::new(),
            way: Way::nowhere(),
            simulated: true,
        }
    }

    /// How long after an answer it may be asked again. The time of a simulated deployment may run a hundred times as fast.
    pub const fn every(&self) -> Duration {
        if self.simulated {
            Duration::from_millis(250)
        } else {
            Duration::from_secs(5)
        }
    }

    /// The answer to one question; within seconds, and never a guess: what can't be known says why.
    pub async fn ask(&self, query: &Query) -> Answer {
        let told = match query {
            Query::Env(name) => Ok(env(name)),
            _ if self.simulated => Err(SafeText::from_static(
                "not asked: this deployment is simulated",
            )),
            Query::Http { url, field } => return self.http(url, *field).await,
            Query::CertDays(host) => cert_days(host).await,
            Query::Connections(of) => self.connections(of).await,
            Query::Command(written) => self.command(written).await,
            other => Err(safe!("nothing else answers {other}")),
        };
        let (value, words) = told?;
        let at = clock::now();
        Ok(Observation { value, at, words })
    }

    async fn http(&self, url: &str, field: HttpField) -> Answer {
        let page = Web::parse(url).ok_or(SafeText::from_static("this is no address of the web"))?;
        let (status, took, at) = http::get(&page, &self.way, PATIENCE).await?;
        let words = safe!("{status} in {} ms", took.as_millis());
        let value = match field {
            HttpField::Status => Value::Count(status.into()),
            HttpField::Latency => Value::Span(took),
        };
        Ok(Observation { value, at, words })
    }

    /// How a command ends, where the settings allow that it is run.
    async fn command(&self, written: &str) -> Result<(Value, SafeText), SafeText> {
        let mut allowed = self.settings.commands.iter();
        let allowed = allowed.find(|command| command.is(written));
        let allowed = allowed.ok_or(SafeText::from_static(
            "not run: the settings do not allow it; add it to commands of [checklist]",
        ))?;
        let mut command = Command::new(&allowed.program);
        command.args(allowed.arguments());
        let ran = program::run(command, RUNS).await.map_err(|why| match why {
            Failed::NotRun(error) => safe!("it cannot be run: {error}"),
            Failed::Late => safe!("it did not end within {} s, and was ended", RUNS.as_secs()),
        })?;
        let is_well = ran.status.success();
        // What went well has its say on the one, and what failed on the other.
        let said = [&ran.errors, &ran.output];
        let mut said = said.into_iter().filter(|said| !said.is_empty());
        let said = if is_well {
            said.next_back()
        } else {
            said.next()
        };
        let last = said.and_then(|said| program::last_words(said, std::iter::empty()));
        let last = last.map_or(String::new(), |last| format!(": {}", last.truncated(TOLD)));
        let words = match ran.status.code() {
            Some(code) => safe!("ended with {code}{last}"),
            None => safe!("ended by a signal{last}"),
        };
        Ok((Value::Truth(is_well), words))
    }

    async fn connections(&self, of: &Subject) -> Result<(Value, SafeText), SafeText> {
        let checks = self.settings.checks_in(&self.environment);
        let databases = checks.filter_map(|check| match (&check.what, of) {
            (What::Postgres(address), Subject::All) => Some((&check.service, address)),
            (What::Postgres(address), Subject::One(name)) => {
                let bare = name.rsplit('/').next().unwrap_or(name);
                (check.service == bare).then_some((&check.service, address))
            }
            _ => None,
        });
        let each = databases.map(async |(service, address)| {
            let looked = connections_of(address).await;
            let (percent, words) = looked.map_err(|why| safe!("{service}: {why}"))?;
            Ok::<_, SafeText>((percent, safe!("{words} of {service}")))
        });
        let all = try_join_all(each).await?.into_iter();
        match (all.max_by(|a, b| a.0.total_cmp(&b.0)), of) {
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

async fn cert_days(host: &str) -> Result<(Value, SafeText), SafeText> {
    let place = HostPort::parse(host, Some(443));
    let place = place.ok_or(SafeText::from_static("this is no host, or HOST:PORT"))?;
    let looked = timeout(PATIENCE, tls::look(&place)).await;
    let looked = looked.unwrap_or_else(|_| Err(reach::late(PATIENCE)));
    let shown = looked.map_err(|found| found.words().clone())?;
    let now = clock::now();
    Ok((Value::Count(shown.days(now)), shown.words(now)))
}

/// Whether a variable of the environment is set, and not to nothing. No more is told of it: what it holds may be a secret.
fn env(name: &str) -> (Value, SafeText) {
    let is_set = std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let words = if is_set { "is set" } else { "is not set" };
    (Value::Truth(is_set), safe!("{name} {words}"))
}
