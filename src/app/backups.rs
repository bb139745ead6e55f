//! Backups on a platform that makes none by itself: what the settings want, reached through the platform's requests.
//! The console and the command line both come here.

use std::{path::PathBuf, sync::Arc};

use bytes::Bytes;
use etcetera::BaseStrategy as _;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::{
    backup::{self, BackupPolicy, Manifest, Of, Reach, Wanted},
    config::settings::{Settings, backup::What},
    domain::{capabilities::Capabilities, instance::InstanceId},
    journal::{
        Journal,
        record::{Backup, Record},
    },
    plan::{
        Ask, Carry, Outcome, Preview, Progress, Refusal,
        exec::{ArchiveStream, ExecSpec, ExecStream},
        record::{Label, Target},
    },
    platform::Request,
    text::SafeText,
};

/// Previews backups and carries them out.
pub struct Backups {
    reach: Requests,
    capabilities: Capabilities,
    manner: BackupPolicy,
}

impl Backups {
    /// Backups of what that platform runs; `None` where it makes them by itself.
    pub fn of(
        requests: &mpsc::Sender<Request>,
        capabilities: &Capabilities,
        settings: &Settings,
    ) -> Option<Self> {
        (!capabilities.own_backups).then(|| Self {
            reach: Requests(requests.clone()),
            capabilities: capabilities.clone(),
            manner: manner(settings),
        })
    }

    /// What it would mean.
    ///
    /// # Errors
    /// Why it can't be done, and what could be done instead.
    pub async fn preview(&self, ask: Ask) -> Result<Preview, Refusal> {
        match self.capabilities.refuses(&ask.action) {
            Some(why) => Err(Refusal {
                so_already: false,
                why,
                instead: SafeText::EMPTY,
            }),
            None => backup::preview(&self.reach, ask, &self.manner).await,
        }
    }

    /// Does it, and writes each copy into the journal, where there is one: the operator may have agreed to act unrecorded.
    /// Ends with [`Progress::Ended`], whatever happens.
    pub async fn carry(&self, carry: Carry, journal: Option<Arc<Journal>>) -> Outcome {
        if let Some(why) = self.capabilities.refuses(carry.plan.action()) {
            let outcome = Outcome::Superseded { applied: 0, why };
            // Nothing was done, so nobody misses it.
            let _ = carry.progress.send(Progress::Ended(outcome.clone())).await;
            return outcome;
        }
        let target = Target::from(carry.plan.target());
        let noted: backup::Noted = Arc::new(move |manifest: &Manifest, folder| {
            let place = folder.join(&manifest.data.file);
            let record = Record::Backup(Backup {
                operation: manifest.operation.clone(),
                target: target.clone(),
                what: Label::from(&*manifest.what),
                place: Label::from(place.to_string_lossy().into_owned()),
                bytes: manifest.data.bytes,
                sha256: Label::from(&*manifest.data.sha256),
                checked: Label::from(&*manifest.verified),
            });
            if let Some(Err(error)) = journal.as_ref().map(|journal| journal.write(&record)) {
                log::warn!("a backup was made and not recorded: {error}");
            }
        });
        backup::carry(&self.reach, carry, &self.manner, &noted).await
    }
}

/// What the settings want, as backups understand it.
fn manner(settings: &Settings) -> BackupPolicy {
    let wanted = settings.backups.values().map(|backup| Wanted {
        of: match &backup.what {
            What::Postgres {
                service,
                database,
                user,
            } => Of::Postgres {
                service: service.clone(),
                database: database.clone(),
                user: user.clone(),
            },
            What::Volume(name) => Of::Volume(name.clone()),
        },
        to: backup.to.clone(),
        keep_days: backup.keep_days,
    });
    BackupPolicy {
        wanted: wanted.collect(),
        home: home(),
    }
}

/// `quarterdeck/backups` in the XDG data directory; beside where we are when there is no home.
fn home() -> PathBuf {
    let data = etcetera::base_strategy::Xdg::new().map(|xdg| xdg.data_dir());
    data.unwrap_or_default().join("quarterdeck/backups")
}

/// The platform's requests, as a way to its containers.
struct Requests(mpsc::Sender<Request>);

impl Requests {
    fn ask<T: Send + 'static>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, SafeText>>) -> Request,
    ) -> BoxFuture<'_, Result<T, SafeText>> {
        let (to, answer) = oneshot::channel();
        let request = request(to);
        Box::pin(async move {
            let gone = || SafeText::from_static("the platform is gone");
            self.0.send(request).await.map_err(|_| gone())?;
            answer.await.unwrap_or_else(|_| Err(gone()))
        })
    }
}

impl Reach for Requests {
    fn describe(&self, instance: &InstanceId) -> BoxFuture<'_, Result<Bytes, SafeText>> {
        let instance = instance.clone();
        self.ask(|to| Request::Describe(instance, to))
    }

    fn exec(&self, spec: ExecSpec) -> BoxFuture<'_, Result<ExecStream, SafeText>> {
        self.ask(|to| Request::Exec(spec, to))
    }

    fn archive(
        &self,
        instance: &InstanceId,
        path: &str,
    ) -> BoxFuture<'_, Result<ArchiveStream, SafeText>> {
        let (instance, path) = (instance.clone(), path.to_owned());
        self.ask(|to| Request::Archive(instance, path, to))
    }
}
