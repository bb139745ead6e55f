//! The dry run: the server takes the change through everything but storing it.

use serde::de::IgnoredAny;

use super::{order::Order, refusal};
use crate::{
    plan::{
        Note, Refusal,
        preview::{passed, warning},
    },
    platform::kubernetes::api::{Api, ApiError},
    safe,
};

/// Tries a change.
///
/// # Errors
/// The server would refuse it.
pub(super) async fn trial(api: &Api, order: &Order) -> Result<Note, Refusal> {
    let could_not = |why: &ApiError| warning(safe!("could not pre-check: {why}"));
    match order.send::<IgnoredAny>(api, true).await {
        Ok(_) => Ok(passed(safe!("dry run accepted"))),
        Err(error @ ApiError::Refused { code, .. }) => match code {
            // A webhook that says nothing of side effects cannot be tried.
            400 if error.to_string().contains("dry run") => Ok(could_not(&error)),
            429 | 500.. => Ok(could_not(&error)),
            _ => Err(refusal(
                safe!("the cluster would refuse it: {error}"),
                safe!("nothing was changed"),
            )),
        },
        Err(error) => Ok(could_not(&error)),
    }
}
