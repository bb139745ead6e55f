//! The journal as the console and the command line use it: opened when it is first needed, never on the loop's thread.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use jiff::{SignedDuration, Timestamp};
use tokio::{sync::mpsc, task::spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::conduct::{Binding, Step};
use crate::{
    clock,
    domain::{
        action::Action,
        alert::{Acknowledgement, Fingerprint, Severity},
        revision::Revision,
        service::ServiceId,
    },
    journal::{self, Journal, NothingKept, Unfinished, Unrecorded, Who},
    plan::{
        self, Carry, Confirmed, Keeper, Plan, Progress, Resumed, Sent,
        record::{OperationId, RecordError, Recorder},
    },
    safe,
    state::{Msg, operations::Leftover},
    text::SafeText,
};

mod recording;

pub(super) use recording::Memory;
use recording::Remembering;

/// So many changes of before are shown.
const CHANGES: usize = 20;

/// The journal, once it could be opened.
pub struct Ledger {
    root: Option<PathBuf>,
    journal: OnceLock<Arc<Journal>>,
}

impl Ledger {
    /// A ledger under the state directory; nothing is opened yet.
    pub const fn new(root: Option<PathBuf>) -> Self {
        Self {
            root,
            journal: OnceLock::new(),
        }
    }

    /// The journal. Where it could not be opened it is tried again: what was in the way may have been mended. Blocks.
    ///
    /// # Errors
    /// In words: why there is none.
    pub fn journal(&self) -> Result<&Arc<Journal>, SafeText> {
        if let Some(opened) = self.journal.get() {
            return Ok(opened);
        }
        let Some(root) = &self.root else {
            return Err(SafeText::from_static(
                "there is no place for the journal: neither HOME nor QUARTERDECK_STATE_DIR is set",
            ));
        };
        let opened = journal::open(root, Who::here("")).map_err(plain)?;
        Ok(self.journal.get_or_init(|| Arc::new(opened)))
    }

    /// What earlier consoles left unfinished on the daemon of that identity, and what is acknowledged there. Blocks.
    pub(super) fn greetings(&self, identity: &SafeText) -> Vec<Msg> {
        let mut msgs = match self.leftovers(identity) {
            // None at all is an answer too: what is shown of another daemon goes.
            Ok(left) => vec![Msg::Unfinished(identity.clone(), left)],
            Err(why) => return vec![Msg::Notice(Some(Severity::Warning), why)],
        };
        msgs.extend(self.acknowledged(identity));
        msgs.push(self.changes(identity));
        let newest = self
            .journal()
            .and_then(|journal| journal.newest_backup(identity).map_err(plain));
        match newest {
            Ok(at) => msgs.push(Msg::Backup(identity.clone(), at)),
            Err(why) => msgs.push(Msg::Notice(Some(Severity::Warning), why)),
        }
        msgs
    }

    /// What was changed lately on the daemon of that identity. Blocks.
    fn changes(&self, identity: &SafeText) -> Msg {
        let read = self
            .journal()
            .and_then(|journal| journal.changes(identity, CHANGES).map_err(plain));
        match read {
            Ok(changes) => Msg::History(identity.clone(), changes),
            Err(why) => Msg::Notice(Some(Severity::Warning), why),
        }
    }

    /// What earlier consoles left unfinished on the daemon of that identity, oldest first. Blocks.
    ///
    /// # Errors
    /// In words: why the journal cannot be read.
    pub fn leftovers(&self, identity: &str) -> Result<Vec<Leftover>, SafeText> {
        let left = self.journal()?.unfinished().map_err(plain)?;
        let here = left
            .iter()
            .filter(|u| u.start.target.cluster.as_str() == identity);
        Ok(here.filter_map(leftover).collect())
    }

    /// What is left of an operation, where this console may take it up. Blocks.
    pub fn left(&self, operation: &str) -> Option<Leftover> {
        let journal = self.journal().ok()?;
        let open = journal.claimable(&OperationId::parse(operation));
        leftover(&open.ok()?)
    }

    /// What is known of an operation that is taken up again. Where the journal cannot be read that is its id: the plan
    /// then says so itself.
    pub(super) async fn resumed(self: &Arc<Self>, id: SafeText) -> Resumed {
        let (ledger, operation) = (Arc::clone(self), OperationId::parse(&id));
        let read = move || ledger.journal().ok()?.same(&operation).ok();
        let same = spawn_blocking(read).await.ok().flatten();
        let same = same.unwrap_or_default();
        let steps = same.iter().flat_map(|one| &one.steps);
        let mut resumed = Resumed::from(id);
        resumed.sent = steps.map(|step| Sent::from(&step.intent)).collect();
        resumed.began = same
            .first()
            .and_then(|first| first.id.began())
            .or(resumed.began);
        resumed
    }

    /// Why that action cannot begin, where another console acts on that service. Nothing where the journal cannot be read:
    /// the plan then says so itself.
    pub(super) async fn in_the_way(
        self: &Arc<Self>,
        action: &Action,
        target: &plan::Target,
    ) -> Option<SafeText> {
        let (ledger, word) = (Arc::clone(self), action.word());
        let target = plan::record::Target::from(target);
        let asked = move || ledger.journal().ok()?.free(word, &target).err();
        let why = spawn_blocking(asked).await.ok().flatten();
        why.filter(RecordError::is_anothers).map(plain)
    }

    /// Writes that an action of this console ended in the middle: it is not worked on here any more.
    pub(super) async fn let_go(self: &Arc<Self>, operation: OperationId) {
        let ledger = Arc::clone(self);
        let written = move || ledger.journal()?.let_go(operation).map_err(plain);
        // Then it is let go when this console ends.
        if let Ok(Err(why)) = spawn_blocking(written).await {
            log::error!("that an operation was let go could not be recorded: {why}");
        }
    }

    /// When a service was rolled back, if that is the last thing that was done about its image. Nothing where the
    /// journal cannot be read: the plan then says so itself.
    pub(super) async fn last_rollback(
        self: &Arc<Self>,
        identity: SafeText,
        service: ServiceId,
    ) -> Option<Timestamp> {
        let ledger = Arc::clone(self);
        let read = move || {
            let journal = ledger.journal().ok()?;
            journal.last_rollback(&identity, &service).ok()?
        };
        spawn_blocking(read).await.ok().flatten()
    }

    /// What ran before, the newest first. Empty where the journal cannot be read: the plan then says so itself.
    pub async fn history(
        self: &Arc<Self>,
        identity: SafeText,
        service: ServiceId,
    ) -> Vec<Revision> {
        let ledger = Arc::clone(self);
        let read = move || ledger.journal().ok()?.revisions(&identity, &service).ok();
        spawn_blocking(read)
            .await
            .ok()
            .flatten()
            .unwrap_or_default()
    }

    /// Everything that carrying a plan out needs. `memory` says what its record came to.
    ///
    /// # Errors
    /// In words: why there is no journal to record it in.
    pub(super) async fn carry(
        self: &Arc<Self>,
        plan: Plan<Confirmed>,
        step: Option<Step>,
        progress: mpsc::Sender<Progress>,
        stop: CancellationToken,
        memory: Arc<Memory>,
    ) -> Result<Carry, SafeText> {
        let ledger = Arc::clone(self);
        let prepare = move || {
            let accepted = plan.agreed().unrecorded;
            let (recorder, keeper): (Arc<dyn Recorder>, Arc<dyn Keeper>) = match ledger.journal() {
                Ok(journal) => {
                    let keeper = Arc::new(journal.kept(&plan.target().identity));
                    let journal = Arc::clone(journal);
                    if accepted {
                        (Arc::new(Unrecorded::to(journal)), keeper)
                    } else {
                        (journal, keeper)
                    }
                }
                Err(_) if accepted => (Arc::new(Unrecorded::nowhere()), Arc::new(NothingKept)),
                Err(why) => return Err(why),
            };
            let recorder: Arc<dyn Recorder> = match step {
                Some(step) => Arc::new(Binding { recorder, step }),
                None => recorder,
            };
            let recorder = Arc::new(Remembering { recorder, memory });
            Ok(Carry {
                plan,
                recorder,
                keeper,
                progress,
                stop,
            })
        };
        spawn_blocking(prepare)
            .await
            .unwrap_or_else(|_| Err(SafeText::from_static("the journal's task failed")))
    }

    /// Writes that an unfinished operation is left as it is. Blocks.
    ///
    /// # Errors
    /// In words: why the journal cannot be written.
    pub fn forget(&self, operation: &str) -> Result<(), SafeText> {
        let journal = self.journal()?;
        journal.leave(OperationId::parse(operation)).map_err(plain)
    }

    /// Writes that somebody knows of an alert for so many minutes, or with none of them that it is taken back. Blocks.
    pub(super) fn acknowledge(
        &self,
        identity: &SafeText,
        fingerprint: Fingerprint,
        summary: &SafeText,
        by: SafeText,
        minutes: u32,
    ) -> Vec<Msg> {
        let done = match minutes {
            0 => safe!("{summary}: acknowledgement taken back by {by}"),
            _ => safe!("{summary}: acknowledged by {by} for {minutes} minutes"),
        };
        let at = clock::now();
        let seen = Acknowledgement {
            fingerprint,
            by,
            at,
            until: at + SignedDuration::from_mins(minutes.into()),
        };
        let written = self
            .journal()
            .and_then(|journal| journal.acknowledge(identity, &seen).map_err(plain));
        match written {
            Ok(()) => {
                let mut msgs = self.acknowledged(identity);
                msgs.push(Msg::Notice(None, done));
                msgs
            }
            Err(why) => vec![Msg::Notice(Some(Severity::Warning), why)],
        }
    }

    fn acknowledged(&self, identity: &SafeText) -> Vec<Msg> {
        let read = self
            .journal()
            .and_then(|journal| journal.acknowledgements(identity).map_err(plain));
        match read {
            Ok(all) => vec![Msg::Acknowledged(identity.clone(), all)],
            Err(why) => vec![Msg::Notice(Some(Severity::Warning), why)],
        }
    }
}

/// In words: what did not work, and what mends it.
pub(super) fn plain(error: RecordError) -> SafeText {
    let mend = match &error {
        RecordError::Io { .. } => {
            ". Make it yours to write (chown, chmod u+rwX), or set QUARTERDECK_STATE_DIR to a folder that is"
        }
        RecordError::NoSpace { .. } => {
            ". Make room there, or set QUARTERDECK_STATE_DIR to a folder with room"
        }
        RecordError::Busy { .. }
        | RecordError::Taken { .. }
        | RecordError::UnderWay { .. }
        | RecordError::NotItsTurn { .. } => "",
    };
    safe!("{error}{mend}")
}

/// The offer that an unfinished operation makes; `None` for a kind that this version does not know.
fn leftover(unfinished: &Unfinished) -> Option<Leftover> {
    let start = &unfinished.start;
    let (done, of) = unfinished.progress();
    Some(Leftover {
        operation: SafeText::name(unfinished.id.as_str()),
        action: start.action()?,
        back: start.back(),
        service: start.target.service_id(),
        done,
        of,
        by: SafeText::name(start.by.as_str()),
        began: unfinished.began,
    })
}
