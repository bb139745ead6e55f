//! Reading one container's log; [`follow`](crate::platform::follow) does the rest.

use std::sync::Arc;

use http::{Request, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use kube::client::Body;

use super::{
    api::ApiError,
    cluster::Cluster,
    place::{Place, place},
    wire::core,
};
use crate::{
    clock,
    domain::{
        instance::Instance,
        log::{RawLine, Since, Stream},
    },
    platform::{
        follow::{LogEnd, LogSource, LogWish, Outlet, Resume},
        lines::{Line, Unfinished},
    },
    safe,
    text::SafeText,
};

/// Each is a connection of its own, and kubelets and API servers have many to serve.
const FOLLOWED: usize = 50;

/// How a kubelet says in the log itself, with status 200, that there is none.
const NO_LOG: &[u8] = b"unable to retrieve container logs for ";

impl LogSource for Arc<Cluster> {
    const AT_ONCE: usize = FOLLOWED;

    async fn read(&self, wish: &LogWish, outlet: &mut Outlet, resume: &mut Resume) -> LogEnd {
        let Some(place) = place(self, &wish.origin.log.instance) else {
            return LogEnd::Over;
        };
        let container = place.container(&wish.origin.log.container);
        resume.begin();
        let path = path(&place, &container, wish, resume);
        let mut body = match self.stream(path, wish.follow).await {
            Ok(body) => body,
            Err(error) => return no_log(error, wish),
        };
        let from = match wish.since {
            Since::At(moment) => Some(moment),
            _ => None,
        };
        let mut unfinished = Unfinished::default();
        let mut last: Option<Timestamp> = None;
        let mut refused = None;
        loop {
            let frame = tokio::select! {
                frame = body.frame() => frame,
                listened = outlet.send() => if listened { continue } else { return LogEnd::Over },
            };
            let mut take = |line: Line| {
                if line.at.is_none() && line.bytes.starts_with(NO_LOG) {
                    refused = Some(SafeText::line(&line.bytes));
                    return;
                }
                // A line without a stamp is as old as the one before it.
                let at = line.at.or(last).unwrap_or_else(clock::now);
                last = Some(at);
                let line = RawLine {
                    at,
                    stream: line.stream,
                    bytes: line.bytes.into(),
                };
                if resume.is_new(&line) && from.is_none_or(|from| line.at >= from) {
                    outlet.push(line);
                }
            };
            match frame {
                Some(Ok(frame)) => {
                    let data = frame.into_data().unwrap_or_default();
                    unfinished.take(&data, Stream::Out, &mut take);
                }
                // It had begun, so that it can be read: the outage has its own words.
                Some(Err(_)) if wish.follow => return LogEnd::Broken(None),
                Some(Err(error)) => return LogEnd::Broken(Some(SafeText::line(error.to_string()))),
                None => {
                    unfinished.finish(Stream::Out, &mut take);
                    if let Some(why) = refused {
                        return LogEnd::NotYet(why);
                    }
                    return if wish.follow && !wish.previous {
                        self.ended(&place, &container).await
                    } else {
                        LogEnd::Read
                    };
                }
            }
        }
    }

    fn logs_of(&self, instance: &Instance) -> Vec<SafeText> {
        let store = self.store();
        let Some(pod) = store.pods.get(&instance.id.0) else {
            return Vec::new();
        };
        let others = pod.containers.iter().skip(1);
        std::iter::once(SafeText::EMPTY)
            .chain(others.chain(pod.init_containers.iter()).cloned())
            .collect()
    }
}

impl Cluster {
    /// The body of an answer to a GET, as it comes.
    async fn stream(&self, path: String, follow: bool) -> Result<Body, ApiError> {
        let request = Request::get(path)
            .header(header::ACCEPT, "application/json, */*")
            .header(header::ACCEPT_ENCODING, "identity")
            .body(Body::empty())
            .map_err(|error| ApiError::Lost(SafeText::line(error.to_string())))?;
        let answer = if follow {
            self.api.wait(request).await?
        } else {
            self.api.send(request).await?
        };
        Ok(answer.into_body())
    }

    /// What it means that the stream of a container ended. Where it runs, or nobody can tell, something in between cut it.
    async fn ended(&self, place: &Place, container: &str) -> LogEnd {
        let pod = match self.api.protobuf::<core::Pod>(&place.path()).await {
            Ok(pod) => pod,
            Err(error) if error.code() == Some(404) => return LogEnd::Read,
            Err(_) => return LogEnd::Broken(None),
        };
        let status = pod.status.unwrap_or_default();
        let mut all = status.containers.iter().chain(&status.init_containers);
        let runs = all.any(|of| {
            *of.name == *container.as_bytes()
                && of.state.as_ref().is_some_and(|s| s.running.is_some())
        });
        if runs {
            LogEnd::Broken(None)
        } else {
            LogEnd::Read
        }
    }
}

fn path(place: &Place, container: &str, wish: &LogWish, resume: &Resume) -> String {
    let which = match (wish.previous, wish.follow) {
        (true, _) => "&previous=true",
        (false, true) => "&follow=true",
        (false, false) => "",
    };
    let from = match (resume.since(), wish.since) {
        (Some(second), _) => since(second),
        (None, Since::Tail(lines)) => format!("&tailLines={lines}"),
        (None, Since::At(moment)) => since(moment.as_second()),
        (None, Since::All) => String::new(),
    };
    let pod = place.path();
    format!("{pod}/log?container={container}&timestamps=true{which}{from}")
}

fn since(second: i64) -> String {
    Timestamp::from_second(second).map_or_else(|_| String::new(), |at| format!("&sinceTime={at}"))
}

/// Why there is no stream, as what it means for reading on.
fn no_log(error: ApiError, wish: &LogWish) -> LogEnd {
    match error {
        ApiError::Refused { code: 404, .. } => LogEnd::Over,
        ApiError::Refused {
            code: 400, message, ..
        } => not_yet(&message, wish.previous),
        // The kubelet can't be reached, or the server is busy: it may be later.
        ApiError::Refused {
            code: 429 | 500..,
            message,
            ..
        } => LogEnd::Broken(Some(message)),
        ApiError::Refused { message, .. } => LogEnd::Unreadable(message),
        error => LogEnd::Broken(Some(SafeText::line(error.to_string()))),
    }
}

/// `container "api" in pod "api-1" is waiting to start: ImagePullBackOff`, without what its label says already.
fn not_yet(message: &SafeText, previous: bool) -> LogEnd {
    if previous && message.contains("not found") {
        return LogEnd::Unreadable(SafeText::from_static("it has not run before"));
    }
    let Some((_, waits)) = message.split_once(" is waiting to start") else {
        return LogEnd::NotYet(message.clone());
    };
    let reason = waits.trim_start_matches([':', ' ']);
    match reason {
        // So every pod begins.
        "ContainerCreating" | "PodInitializing" | "" => LogEnd::NotYet(SafeText::EMPTY),
        reason => LogEnd::NotYet(safe!("it is waiting to start: {reason}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::sync::{mpsc, watch};

    use super::*;
    use crate::{
        domain::fixture,
        platform::kubernetes::{actions::Patience, api::Api},
    };

    #[tokio::test]
    async fn a_log_ends_only_where_the_server_says_that_nothing_runs() {
        for (code, over) in [
            (404, true),
            (403, false),
            (429, false),
            (500, false),
            (503, false),
        ] {
            let api = Api::answered(move |_| (code, json!({ "message": "no" })));
            let (_states, state) = watch::channel(fixture::state("cluster", Vec::new()));
            let cluster =
                Cluster::new(api, state, Patience::default(), mpsc::unbounded_channel().0);
            let place = Place::default();
            let end = cluster.ended(&place, "api").await;
            assert_eq!(matches!(end, LogEnd::Read), over, "{code}");
            assert_eq!(matches!(end, LogEnd::Broken(None)), !over, "{code}");
        }
    }
}
