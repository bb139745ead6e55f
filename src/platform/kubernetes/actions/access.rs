//! May I? Asked of the server at each preview, for the one object. What it does not say stays enabled.

use super::refusal;
use crate::{
    plan::{
        Note, Refusal,
        preview::{passed, warning},
    },
    platform::kubernetes::{
        api::Api,
        rights::{self, Need},
    },
    safe,
};

/// Asks whether all of that is allowed in a namespace: each to the object of that name, or to any where it is empty.
///
/// # Errors
/// Something is not.
pub(super) async fn check(
    api: &Api,
    namespace: &str,
    asked: Vec<(Need, &str)>,
) -> Result<Note, Refusal> {
    let mut unknown = None;
    for (need, name) in asked {
        match rights::refused(api, need, namespace, name).await {
            Ok(None) => {}
            Ok(Some(why)) => {
                let instead = safe!("ask who gives rights in this cluster");
                return Err(refusal(why, instead));
            }
            Err(why) => unknown = Some(why),
        }
    }
    Ok(match unknown {
        None => passed(safe!("permitted")),
        Some(why) => warning(safe!("whether it is permitted could not be asked: {why}")),
    })
}
