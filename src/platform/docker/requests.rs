//! Questions and orders, each answered by a task of its own: none waits for another, nor for collecting.

use std::sync::Arc;

use crate::{
    platform::{
        Request,
        answer::{refuse, reply},
        docker::{archive, daemon::Daemon, details, exec, shell},
        follow,
    },
    text::SafeText,
};

/// Begins to serve a request.
pub(super) fn serve(daemon: &Arc<Daemon>, request: Request) {
    let daemon = Arc::clone(daemon);
    match request {
        Request::Logs(request) => {
            let state = daemon.state.clone();
            tokio::spawn(async move { follow::serve(&daemon.engine, state, request).await });
        }
        Request::Details(service, answer) => {
            tokio::spawn(async move { reply(answer, details::of(&daemon, &service)).await });
        }
        Request::Raw(instance, answer) => {
            tokio::spawn(async move { reply(answer, details::raw(&daemon, &instance)).await });
        }
        Request::Exec(spec, answer) => {
            tokio::spawn(async move { reply(answer, exec::run(&daemon.engine, spec)).await });
        }
        Request::Archive(instance, path, answer) => {
            tokio::spawn(async move {
                reply(answer, archive::read(&daemon.engine, &instance, &path)).await;
            });
        }
        Request::Describe(instance, answer) => {
            tokio::spawn(async move { reply(answer, details::whole(&daemon, &instance)).await });
        }
        Request::Shell(request) => {
            tokio::spawn(async move { shell::run(&daemon.engine, request).await });
        }
        Request::Preview(ask, answer) => {
            tokio::spawn(async move { reply(answer, daemon.actions.preview(*ask)).await });
        }
        Request::Carry(carry) => {
            tokio::spawn(async move { daemon.actions.carry(carry.0).await });
        }
        request @ Request::Namespaces(_) => {
            refuse(request, &SafeText::from_static("Docker has no namespaces"));
        }
        request @ Request::Fetch(_) => {
            refuse(
                request,
                &SafeText::from_static("Docker leads to no Services: only a cluster does"),
            );
        }
        // The collector's own.
        Request::Visible(_) | Request::Refresh => {}
    }
}
