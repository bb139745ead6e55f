//! What an action asks of the Engine API, and sends to it: the one seam under it, so that a test can be the Engine.

use std::{future::Future, time::Duration};

use bytes::Bytes;
use hyper::Method;
use serde_json::Value;

use super::container::Container;
use crate::platform::docker::{
    engine::{self, ANSWER, Engine},
    error::CallError,
    percent::encode,
};

/// A way to an Engine. One call is one request: nothing is ever sent again by itself.
pub trait Wire: Send + Sync {
    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// [`CallError::may_have_been_done`] tells whether it may have taken effect all the same.
    fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        deadline: Duration,
    ) -> impl Future<Output = Result<Bytes, CallError>> + Send;
}

impl Wire for Engine {
    async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        deadline: Duration,
    ) -> Result<Bytes, CallError> {
        let body = body.map_or_else(Bytes::new, |body| body.to_string().into());
        self.send(method, path, body, deadline).await
    }
}

/// Reads JSON.
///
/// # Errors
/// As any call.
pub(super) async fn get(wire: &impl Wire, path: &str) -> Result<Value, CallError> {
    engine::parse(&wire.call(Method::GET, path, None, ANSWER).await?)
}

/// Reads JSON; `None` when there is no such thing.
///
/// # Errors
/// As any call, but 404.
pub(super) async fn find(wire: &impl Wire, path: &str) -> Result<Option<Value>, CallError> {
    match get(wire, path).await {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.status() == Some(404) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A container, by id or name.
///
/// # Errors
/// As [`find`].
pub(super) async fn container(
    wire: &impl Wire,
    id_or_name: &str,
) -> Result<Option<Container>, CallError> {
    let path = format!("/containers/{}/json", encode(id_or_name));
    Ok(find(wire, &path).await?.map(Container))
}
