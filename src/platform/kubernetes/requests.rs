//! Questions and orders, each answered by a task of its own: none waits for another, nor for collecting.

use std::sync::Arc;

use super::{cluster::Cluster, namespaces};
use crate::{
    platform::{Request, answer, follow},
    text::SafeText,
};

/// Begins to serve a request.
pub(super) fn serve(cluster: &Arc<Cluster>, request: Request) {
    let cluster = Arc::clone(cluster);
    match request {
        Request::Preview(ask, answer) => {
            tokio::spawn(async move {
                answer::reply(answer, cluster.actions.preview(&cluster, *ask)).await;
            });
        }
        Request::Carry(carry) => {
            tokio::spawn(async move { cluster.actions.carry(&cluster, carry.0).await });
        }
        Request::Logs(request) => {
            let state = cluster.state.clone();
            tokio::spawn(async move { follow::serve(&cluster, state, request).await });
        }
        Request::Namespaces(answer) => {
            tokio::spawn(
                async move { answer::reply(answer, namespaces::list(&cluster.api)).await },
            );
        }
        other => answer::refuse(other, &SafeText::from_static("not on Kubernetes yet")),
    }
}
