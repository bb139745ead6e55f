//! What has to be asked for, in the background: the environment from here, all else by whoever knows it.

use std::time::Duration;

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    time::timeout,
};

use crate::{
    expr::{Answer, Observation, Query, Value},
    probe, safe,
    state::{Msg, walking::ChecklistMsg},
};

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(5);

/// Asks for what is wanted, as long as it is, and tells the answers.
pub(super) async fn ask(
    mut wanted: watch::Receiver<Vec<Query>>,
    now: watch::Receiver<Timestamp>,
    answers: mpsc::Sender<Msg>,
) {
    loop {
        let queries = wanted.borrow_and_update().clone();
        let now = *now.borrow();
        let answered: Vec<_> = queries
            .into_iter()
            .filter_map(|query| answer(&query, now).map(|answer| (query, answer)))
            .collect();
        if !answered.is_empty() {
            let told = Msg::Checklist(ChecklistMsg::Answered(answered));
            let _ = answers.send(told).await;
        }
        // Whichever comes first: others are wanted, or these once more.
        if let Ok(Err(_)) = timeout(EVERY, wanted.changed()).await {
            return;
        }
    }
}

/// What can be answered from here; `None` where somebody else has to be asked.
pub fn answer(query: &Query, now: Timestamp) -> Option<Answer> {
    let Query::Env(name) = query else {
        return None;
    };
    let set = probe::is_set(name);
    let words = if set { "is set" } else { "is not set" };
    Some(Ok(Observation {
        value: Value::Truth(set),
        at: now,
        words: safe!("{name} {words}"),
    }))
}
