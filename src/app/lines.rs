//! From the platform's log bytes to lines that can be drawn, off the loop's thread.

use tokio::sync::mpsc;

use crate::{
    domain::log::{LogEvent, LogItem, LogLine},
    state::{Msg, SubscriptionId},
};

/// The most items in one message, so that taking one never takes long.
const MOST: usize = 128;

/// Looks at all that comes, until the subscription ends or nobody takes it.
///
/// It takes nothing while nobody takes its messages; the platform's reader then keeps its own ring and counts what falls
/// out, so that no line is lost without a number here either.
pub async fn look_at(
    subscription: SubscriptionId,
    mut events: mpsc::Receiver<LogEvent>,
    out: mpsc::Sender<Msg>,
) {
    while let Some(first) = events.recv().await {
        let mut items = Vec::with_capacity(MOST);
        let mut next = Some(first);
        while let Some(event) = next {
            for item in look(event) {
                items.push(item);
                if items.len() == MOST {
                    let full = std::mem::replace(&mut items, Vec::with_capacity(MOST));
                    if out.send(Msg::Logs(subscription, full)).await.is_err() {
                        return;
                    }
                }
            }
            next = events.try_recv().ok();
        }
        if !items.is_empty() && out.send(Msg::Logs(subscription, items)).await.is_err() {
            return;
        }
    }
}

/// What an event brings, in order, looked at only as it is taken.
fn look(event: LogEvent) -> impl Iterator<Item = LogItem> {
    let (mark, lines) = match event {
        LogEvent::Lines {
            origin,
            lines,
            dropped,
        } => {
            let lost = (dropped > 0).then(|| LogItem::Dropped(origin.clone(), dropped));
            let looked_at = lines
                .into_iter()
                .map(move |line| LogItem::Line(origin.clone(), LogLine::read(&line)));
            (lost, Some(looked_at))
        }
        LogEvent::Joined(origin, at) => (Some(LogItem::Joined(origin, at)), None),
        LogEvent::Left(origin, at) => (Some(LogItem::Left(origin, at)), None),
        LogEvent::Unreadable(origin, why) => (Some(LogItem::Unreadable(origin, why)), None),
        LogEvent::Bounded { followed, waiting } => {
            (Some(LogItem::Bounded { followed, waiting }), None)
        }
    };
    mark.into_iter().chain(lines.into_iter().flatten())
}
