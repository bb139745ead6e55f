//! An API server of a test's own, without a wire between: for what a real one says only when it is ill.

use std::convert::Infallible;

use http::{Request, Response, StatusCode};
use kube::{Client, Config, client::Body};
use serde_json::Value;

use super::{Api, Login};
use crate::platform::kubernetes::KubernetesOptions;

impl Api {
    /// Answers each request by its path and query, with a status and a body.
    pub(in super::super) fn answered(
        answer: impl Fn(&str) -> (u16, Value) + Send + 'static,
    ) -> Self {
        let service = tower::service_fn(move |request: Request<Body>| {
            let path = request
                .uri()
                .path_and_query()
                .map_or("", |path| path.as_str());
            let (code, body) = answer(path);
            let mut response = Response::new(Body::from(body.to_string().into_bytes()));
            *response.status_mut() = StatusCode::from_u16(code).expect("it is one");
            std::future::ready(Ok::<_, Infallible>(response))
        });
        let api = Self::new(KubernetesOptions::default());
        *api.login() = Some(Login {
            context: String::new(),
            config: Config::new("http://answered".parse().expect("it is an address")),
            proxy: None,
            client: Client::new(service, "default"),
            until: None,
        });
        api
    }
}
