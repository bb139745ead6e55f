//! Answering requests: what every platform does with the channels in them.

use tokio::sync::oneshot;

use super::{Request, Unfetched};
use crate::{plan::Refusal, text::SafeText};

/// Sends the answer, unless nobody waits for it any more: then the work is given up.
pub(super) async fn reply<T>(mut to: oneshot::Sender<T>, work: impl Future<Output = T>) {
    tokio::select! {
        answer = work => {
            let _ = to.send(answer);
        }
        () = to.closed() => {}
    }
}

/// Answers a request with why it can't be served here.
pub(super) fn refuse(request: Request, why: &SafeText) {
    let why = why.clone();
    // Each send may fail: an answer that nobody waits for any more is no answer.
    match request {
        Request::Details(_, to) => drop(to.send(Err(why))),
        Request::Raw(_, to) => drop(to.send(Err(why))),
        Request::Exec(_, to) => drop(to.send(Err(why))),
        Request::Archive(_, _, to) => drop(to.send(Err(why))),
        Request::Describe(_, to) => drop(to.send(Err(why))),
        Request::Namespaces(to) => drop(to.send(Err(why))),
        Request::Fetch(fetch) => drop(fetch.answer.send(Err(Unfetched::Unasked(why)))),
        Request::Shell(shell) => drop(shell.opened.send(Err(why))),
        Request::Preview(_, to) => {
            let instead = SafeText::EMPTY;
            drop(to.send(Err(Refusal {
                so_already: false,
                why,
                instead,
            })));
        }
        // A plan needs a preview, so none comes; and logs of nothing are nothing.
        Request::Carry(_) | Request::Logs(_) | Request::Visible(_) | Request::Refresh => {}
    }
}
