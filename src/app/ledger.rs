//! The journal as the runtime uses it: opened when it is first needed, never on the loop's thread.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use jiff::SignedDuration;
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::clock;
use crate::{
    domain::{
        action::Action,
        alert::{Acknowledgement, Alert, Fingerprint, Severity},
        revision::Revision,
        service::ServiceId,
    },
    journal::{self, Journal, Unfinished, Who, record},
    plan::{
        Carry, Confirmed, Keeper, Plan, Progress, Target,
        record::{
            self as recorded, Label, OperationEnd, OperationId, OperationResult, RecordError,
        },
    },
    state::{Msg, operations::Leftover},
    text::SafeText,
};

/// The journal, or why there is none.
pub(super) struct Ledger {
    root: Option<PathBuf>,
    journal: OnceLock<Result<Arc<Journal>, SafeText>>,
}

impl Ledger {
    /// A ledger under the state directory; nothing is opened yet.
    pub(super) const fn new(root: Option<PathBuf>) -> Self {
        Self {
            root,
            journal: OnceLock::new(),
        }
    }

    /// The journal. Blocks.
    pub(super) fn journal(&self) -> Result<&Arc<Journal>, SafeText> {
        let opened = self.journal.get_or_init(|| {
            let Some(root) = &self.root else {
                return Err(SafeText::from_static(
                    "there is no place for the journal: neither HOME nor QUARTERDECK_STATE_DIR is set",
                ));
            };
            let opened = journal::open(root, Who::here(""));
            opened.map(Arc::new).map_err(|error| SafeText::line(error.to_string()))
        });
        opened.as_ref().map_err(Clone::clone)
    }

    /// What an earlier console left, and what is acknowledged.
    pub(super) async fn greetings(self: Arc<Self>) -> Vec<Msg> {
        let read = move || {
            let mut msgs = Vec::new();
            let journal = match self.journal() {
                Ok(journal) => journal,
                Err(why) => return vec![Msg::Notice(Some(Severity::Warning), why)],
            };
            match journal.unfinished() {
                Ok(left) if !left.is_empty() => {
                    msgs.push(Msg::Unfinished(left.iter().filter_map(leftover).collect()));
                }
                Ok(_) => {}
                Err(error) => msgs.push(complaint(&error)),
            }
            msgs.extend(self.acknowledged());
            msgs
        };
        spawn_blocking(read).await.unwrap_or_default()
    }

    /// What ran before, the newest first. Empty where the journal cannot be read: the plan then says so itself.
    pub(super) async fn history(self: &Arc<Self>, target: &Target) -> Vec<Revision> {
        let (ledger, target) = (Arc::clone(self), recorded::Target::from(target));
        let read = move || {
            let revisions = ledger.journal().ok()?.revisions(&target).ok()?;
            Some(revisions.into_iter().map(revision).collect())
        };
        spawn_blocking(read)
            .await
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    /// Everything that carrying a plan out needs.
    pub(super) async fn carry(
        self: &Arc<Self>,
        plan: Plan<Confirmed>,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
    ) -> Result<Carry, SafeText> {
        let ledger = Arc::clone(self);
        let prepare = move || {
            let journal = Arc::clone(ledger.journal()?);
            journal.set_operator(&plan.agreed().by);
            if let Some(earlier) = &plan.preview().ask.resumes {
                journal
                    .take_over(&OperationId::parse(earlier))
                    .map_err(|error| SafeText::line(error.to_string()))?;
            }
            let keeper = Arc::new(Kept {
                journal: Arc::clone(&journal),
                target: plan.target().into(),
            });
            Ok(Carry {
                plan,
                recorder: journal,
                keeper,
                progress,
                stop,
            })
        };
        spawn_blocking(prepare)
            .await
            .unwrap_or_else(|_| Err(SafeText::from_static("the journal's task failed")))
    }

    /// Writes that an unfinished operation is left as it is.
    pub(super) fn forget(&self, operation: &str) -> Vec<Msg> {
        use recorded::Recorder as _;
        let forget = || -> Result<(), SafeText> {
            let journal = self.journal()?;
            let operation = OperationId::parse(operation);
            let plain = |error: RecordError| SafeText::line(error.to_string());
            journal.take_over(&operation).map_err(plain)?;
            let end = OperationEnd {
                operation,
                result: OperationResult::Cancelled,
                after: recorded::Facts::default(),
            };
            journal.end(&end).map_err(plain)
        };
        forget()
            .err()
            .map(|why| Msg::Notice(Some(Severity::Warning), why))
            .into_iter()
            .collect()
    }

    /// Writes that somebody knows of an alert.
    pub(super) fn acknowledge(
        &self,
        fingerprint: &Fingerprint,
        alert: Option<&Alert>,
        by: &str,
        minutes: u32,
    ) -> Vec<Msg> {
        let service = alert.and_then(|a| a.service.as_ref());
        let entry = record::Acknowledgement {
            fingerprint: fingerprint.0.as_str().into(),
            alert: alert
                .map(|a| Label::from(a.summary.as_str()))
                .unwrap_or_default(),
            target: recorded::Target {
                project: service
                    .map(|s| Label::from(s.group.as_str()))
                    .unwrap_or_default(),
                service: service
                    .map(|s| Label::from(s.name.as_str()))
                    .unwrap_or_default(),
                ..recorded::Target::default()
            },
            by: by.into(),
            until: Some(clock::now() + SignedDuration::from_mins(minutes.into())),
            reason: Label::default(),
        };
        let written = self.journal().and_then(|journal| {
            journal.set_operator(by);
            let written = journal.write(&record::Record::Acknowledgement(entry));
            written.map_err(|error| SafeText::line(error.to_string()))
        });
        match written {
            Ok(_) => self.acknowledged(),
            Err(why) => vec![Msg::Notice(Some(Severity::Warning), why)],
        }
    }

    fn acknowledged(&self) -> Vec<Msg> {
        let Ok(journal) = self.journal() else {
            return Vec::new();
        };
        match journal.acknowledgements() {
            Ok(all) => vec![Msg::Acknowledged(
                all.into_iter().filter_map(acknowledgement).collect(),
            )],
            Err(error) => vec![complaint(&error)],
        }
    }
}

/// The inspect documents of one service, as an executor keeps them.
struct Kept {
    journal: Arc<Journal>,
    target: recorded::Target,
}

impl Kept {
    fn of(&self, service: &ServiceId) -> recorded::Target {
        recorded::Target {
            project: service.group.as_str().into(),
            service: service.name.as_str().into(),
            ..self.target.clone()
        }
    }
}

impl Keeper for Kept {
    fn keep(&self, service: &ServiceId, revision: &str, description: &[u8]) -> io::Result<()> {
        self.journal
            .kept()
            .put(&self.of(service), revision, description)
            .map_err(io::Error::other)
    }

    fn recall(&self, service: &ServiceId, revision: &str) -> io::Result<Option<Vec<u8>>> {
        self.journal
            .kept()
            .get(&self.of(service), revision)
            .map_err(io::Error::other)
    }
}

fn complaint(error: &RecordError) -> Msg {
    Msg::Notice(Some(Severity::Warning), SafeText::line(error.to_string()))
}

fn acknowledgement(entry: record::Acknowledgement) -> Option<Acknowledgement> {
    let until = entry.until?;
    Some(Acknowledgement {
        fingerprint: Fingerprint(SafeText::name(entry.fingerprint.as_str())),
        by: SafeText::name(entry.by.as_str()),
        at: until,
        until,
    })
}

fn revision(kept: journal::revisions::Revision) -> Revision {
    let image = SafeText::name(kept.image.as_str());
    Revision {
        id: SafeText::name(kept.image_id.as_str()),
        version: crate::domain::image::version(&image, kept.image_id.as_str()),
        image,
        first_seen: kept.first_seen,
        last_seen: kept.last_seen,
        healthy: kept.healthy,
        known_good: kept.known_good_at,
        current: false,
        available: true,
    }
}

/// The offer that an unfinished operation makes; `None` for a kind that this version does not know.
fn leftover(unfinished: &Unfinished) -> Option<Leftover> {
    let start = &unfinished.start;
    let label = |label: &Label| SafeText::name(label.as_str());
    let rolled_back = |image: &Option<Label>| Action::RollBack {
        to: image.as_ref().map(label),
    };
    let (action, back) = match start.action.as_str() {
        "scale" => (
            Action::Scale {
                replicas: start.after.replicas?,
            },
            start
                .before
                .replicas
                .map(|replicas| Action::Scale { replicas }),
        ),
        "restart" => (Action::Restart, None),
        "rollout" => (
            Action::Rollout {
                image: label(start.after.image.as_ref()?),
            },
            Some(rolled_back(&start.before.image_id)),
        ),
        "rollback" => (
            rolled_back(&start.after.image_id),
            Some(rolled_back(&start.before.image_id)),
        ),
        "start" => (Action::Start, Some(Action::Stop)),
        "stop" => (Action::Stop, Some(Action::Start)),
        "backup" => (Action::BackUp, None),
        _ => return None,
    };
    let (done, of) = unfinished.progress();
    Some(Leftover {
        operation: SafeText::name(unfinished.id.as_str()),
        action,
        back,
        service: ServiceId {
            group: label(&start.target.project),
            name: label(&start.target.service),
        },
        done,
        of,
        by: label(&unfinished.operator),
        began: unfinished.began,
    })
}
