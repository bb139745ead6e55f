//! Questions and orders, each answered by a task of its own: none waits for another, nor for collecting.

use std::sync::Arc;

use super::{archive, cluster::Cluster, details, exec, fetch, namespaces, place, raw, shell};
use crate::{
    platform::{
        Request,
        answer::{self, reply},
        follow,
    },
    text::SafeText,
};

/// Begins to serve a request.
pub(super) fn serve(cluster: &Arc<Cluster>, request: Request) {
    let cluster = Arc::clone(cluster);
    match request {
        Request::Preview(ask, answer) => {
            tokio::spawn(async move {
                // A large future: the planner reads all that an action could touch.
                let preview = Box::pin(cluster.actions.preview(&cluster, *ask));
                reply(answer, preview).await;
            });
        }
        Request::Carry(carry) => {
            tokio::spawn(async move { cluster.actions.carry(&cluster, carry.0).await });
        }
        Request::Details(service, answer) => {
            tokio::spawn(async move {
                // A large one too: it asks for much at once.
                reply(answer, Box::pin(details::of(&cluster, &service))).await;
            });
        }
        Request::Raw(instance, answer) => {
            tokio::spawn(async move {
                reply(answer, raw::of(&cluster, &instance)).await;
            });
        }
        Request::Logs(request) => {
            let state = cluster.state.clone();
            tokio::spawn(async move { follow::serve(&cluster, state, request).await });
        }
        Request::Namespaces(answer) => {
            tokio::spawn(async move { reply(answer, namespaces::list(&cluster.api)).await });
        }
        Request::Exec(spec, answer) => {
            tokio::spawn(async move { reply(answer, exec::run(&cluster, spec)).await });
        }
        Request::Archive(instance, path, answer) => {
            tokio::spawn(async move {
                reply(answer, archive::read(&cluster, &instance, &path)).await;
            });
        }
        Request::Fetch(request) => {
            tokio::spawn(async move {
                let fetched = fetch::page(&cluster.api, &request.page, request.text);
                reply(request.answer, fetched).await;
            });
        }
        Request::Describe(instance, answer) => {
            tokio::spawn(async move { reply(answer, place::describe(&cluster, &instance)).await });
        }
        Request::Shell(request) => {
            tokio::spawn(async move { shell::run(&cluster, request).await });
        }
        other => answer::refuse(other, &SafeText::from_static("not on Kubernetes yet")),
    }
}
