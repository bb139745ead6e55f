//! What has to be asked for, in the background: each question in a task of its own, so that none waits for another one's answer.

use std::{collections::HashMap, sync::Arc};

use jiff::Timestamp;
use tokio::{runtime::Handle, sync::mpsc, time::sleep};
use tokio_util::task::AbortOnDropHandle;

use crate::{
    expr::{Answer, Observation, Query},
    probe::Asker,
};

/// Tells the time of a place.
pub type Now = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The questions that are asked, and who asks them.
pub struct Asking {
    work: Handle,
    asker: Asker,
    now: Now,
    answers: mpsc::Sender<(Query, Answer)>,
    asked: HashMap<Query, AbortOnDropHandle<()>>,
}

impl Asking {
    /// Nothing is asked yet.
    pub fn new(
        work: Handle,
        asker: Asker,
        now: Now,
        answers: mpsc::Sender<(Query, Answer)>,
    ) -> Self {
        Self {
            work,
            asker,
            now,
            answers,
            asked: HashMap::new(),
        }
    }

    /// These are asked from now on, again and again, and no others: what nobody wants to know any more is broken off.
    pub fn want(&mut self, queries: impl IntoIterator<Item = Query>) {
        let mut before = std::mem::take(&mut self.asked);
        for query in queries {
            let task = before.remove(&query).unwrap_or_else(|| {
                let (asker, now) = (self.asker.clone(), Arc::clone(&self.now));
                let task = ask(asker, query.clone(), now, self.answers.clone());
                AbortOnDropHandle::new(self.work.spawn(task))
            });
            self.asked.insert(query, task);
        }
    }

    /// Somebody else answers from now on: another place is looked at, and nothing is asked of it yet.
    pub fn turn(&mut self, asker: Asker) {
        self.asker = asker;
        self.asked.clear();
    }
}

async fn ask(asker: Asker, query: Query, now: Now, answers: mpsc::Sender<(Query, Answer)>) {
    loop {
        let answer = asker.ask(&query).await;
        let answer = answer.map(|seen| Observation { at: now(), ..seen });
        if answers.send((query.clone(), answer)).await.is_err() {
            return;
        }
        sleep(asker.every()).await;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{task::yield_now, time::timeout};

    use super::*;
    use crate::text::SafeText;

    #[tokio::test]
    async fn nothing_is_asked_of_another_place_that_was_wanted_of_the_one_before() {
        let (answers, told) = mpsc::channel(64);
        let now: Now = Arc::new(|| Timestamp::UNIX_EPOCH);
        let mut asking = Asking::new(Handle::current(), Asker::simulated(), now, answers);
        asking.want([Query::Command(SafeText::from_static("./smoke"))]);
        assert_eq!(told.sender_strong_count(), 2, "it is asked");
        asking.turn(Asker::simulated());
        let ended = async {
            while told.sender_strong_count() > 1 {
                yield_now().await;
            }
        };
        let ended = timeout(Duration::from_secs(5), ended).await;
        ended.expect("nobody asks any more");
    }
}
