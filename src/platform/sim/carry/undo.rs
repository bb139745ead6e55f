//! The way back from a step that failed: the old replica serves again.

use super::{
    SimRun, Went,
    walk::{Move, Op, Who},
};
use crate::{plan::Progress, plan::record::Failure, text::SafeText};

impl SimRun {
    /// Undoes what was begun with the replica at which the plan failed, and says in words what serves now.
    pub(super) async fn put_back(&mut self, failed: usize) -> SafeText {
        let moves = self.way_back(failed);
        if moves.is_empty() {
            return self.what_stands();
        }
        let what = match &moves[0].op {
            Op::Stop(Who::New(_)) | Op::Remove(Who::New(_)) => "removing the new replica",
            _ => "bringing the old replica back",
        };
        self.tell(Progress::PuttingBack(SafeText::from_static(what)))
            .await;
        for (n, step) in moves.iter().enumerate() {
            let at = self.moves.len() + n;
            let receipt = match self.intent(at, step).await {
                Ok(receipt) => receipt,
                Err(error) => {
                    return SafeText::line(format!("not put back: {error}"));
                }
            };
            let went = self.take(at, step).await;
            self.outcome(receipt, &went).await;
            match went {
                Went::Done(_) | Went::Failed(Failure::Gone, _) => {}
                Went::Failed(_, why) | Went::Changed(why) | Went::Unknown(why) => {
                    return SafeText::line(format!("not put back: {why}"));
                }
                Went::Stopped => {
                    return SafeText::from_static("not put back: told to stop");
                }
            }
        }
        let replaced = self.moves[..failed]
            .iter()
            .filter(|step| matches!(step.op, Op::Remove(_)))
            .count();
        if replaced == 0 {
            self.restored = true;
            SafeText::from_static("put back: what ran before serves again")
        } else {
            let text =
                format!("the old one serves again; {replaced} replaced before it stay: roll back");
            SafeText::line(&text)
        }
    }

    /// A cluster does not take back by itself what it cannot finish.
    fn what_stands(&self) -> SafeText {
        let stage = self.work.shared.lock();
        let Some(service) = self.about.filter(|_| stage.world.scenario.cluster()) else {
            return SafeText::EMPTY;
        };
        let now = &stage.world.services[service];
        let ready = now.replicas.iter().filter(|r| r.ready()).count();
        let text = format!(
            "{ready} of {} serve; the cluster goes on trying: roll back to end it",
            now.desired
        );
        SafeText::line(&text)
    }

    /// The steps back, newest first, as far as the last replica that was finished.
    fn way_back(&self, failed: usize) -> Vec<Move> {
        let mut back = Vec::new();
        let mut restored = None;
        for (at, step) in self.moves[..=failed].iter().enumerate().rev() {
            let undo = |op| Move {
                op,
                object: step.object.clone(),
            };
            match step.op {
                // What was removed cannot come back: everything before it is finished.
                Op::Remove(_) | Op::Await(_) if at < failed => break,
                Op::Create { number, .. } if self.made.contains_key(&number) => {
                    back.push(undo(Op::Stop(Who::New(number))));
                    back.push(undo(Op::Remove(Who::New(number))));
                }
                Op::Stop(who @ Who::Seen(_)) if !self.scales() => {
                    back.push(undo(Op::Start(who)));
                    restored = Some(undo(Op::Await(who)));
                }
                Op::Rename(who, true) => back.push(undo(Op::Rename(who, false))),
                _ => {}
            }
        }
        back.extend(restored);
        back
    }

    fn scales(&self) -> bool {
        use crate::domain::action::Action;
        matches!(
            self.carry.plan.action(),
            Action::Scale { .. } | Action::Stop
        )
    }
}
