//! From the platform's log bytes to lines that can be drawn, off the loop's thread.

use tokio::sync::mpsc;

use crate::{
    domain::log::{LogEvent, LogItem, LogLine},
    state::{Msg, SubscriptionId},
};

/// The most items in one message, so that taking one never takes long.
const MOST: usize = 512;

/// Looks at all that comes, until the subscription ends or nobody takes it.
pub(super) async fn look_at(
    subscription: SubscriptionId,
    mut events: mpsc::Receiver<LogEvent>,
    out: mpsc::Sender<Msg>,
) {
    let mut items = Vec::new();
    while let Some(event) = events.recv().await {
        take(event, &mut items);
        while items.len() < MOST
            && let Ok(event) = events.try_recv()
        {
            take(event, &mut items);
        }
        if out
            .send(Msg::Logs(subscription, std::mem::take(&mut items)))
            .await
            .is_err()
        {
            return;
        }
    }
}

fn take(event: LogEvent, items: &mut Vec<LogItem>) {
    match event {
        LogEvent::Lines {
            origin,
            lines,
            dropped,
        } => {
            if dropped > 0 {
                items.push(LogItem::Dropped(origin.clone(), dropped));
            }
            items.extend(
                lines
                    .into_iter()
                    .map(|line| LogItem::Line(origin.clone(), LogLine::read(&line))),
            );
        }
        LogEvent::Joined(origin, at) => items.push(LogItem::Joined(origin, at)),
        LogEvent::Left(origin, at) => items.push(LogItem::Left(origin, at)),
        LogEvent::Unreadable(origin, why) => items.push(LogItem::Unreadable(origin, why)),
    }
}
