//! Questions and orders, each answered by a task of its own: none waits for another, nor for collecting.

use std::sync::Arc;

use super::cluster::Cluster;
use crate::{
    platform::{Request, answer},
    text::SafeText,
};

/// Begins to serve a request.
pub(super) fn serve(cluster: &Arc<Cluster>, request: Request) {
    let _ = cluster;
    answer::refuse(request, &SafeText::from_static("not on Kubernetes yet"));
}
