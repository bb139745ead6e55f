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

    /// Somebody else answers from now on: another place is looked at.
    pub fn turn(&mut self, asker: Asker) {
        self.asker = asker;
        let wanted = std::mem::take(&mut self.asked);
        self.want(wanted.into_keys());
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
