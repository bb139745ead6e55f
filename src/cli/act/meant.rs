//! What somebody means by a name on the command line: a service, a pod, a CronJob, a node, a revision.

use std::sync::Arc;

use super::{Order, hands, refused, show, target};
use crate::{
    app::{ledger::Ledger, operate},
    cli::{
        context::{Context, Reached},
        exit::Fault,
    },
    domain::{
        action::{Action, ClusterAction},
        revision::Revision,
        service::Service,
    },
    text::SafeText,
};

/// The action, with all that was named by hand found, and the service that it is done to.
pub(super) async fn by(
    context: &Context,
    reached: &Reached,
    ledger: &Arc<Ledger>,
    order: &Order,
) -> Result<(Action, Arc<Service>), Fault> {
    let about = &order.about;
    if let Some(why) = reached.platform.capabilities.lacks(&order.action) {
        let word = order.action.word();
        return Err(Fault::refused(format!("{word} of {about}: {why}")));
    }
    match &order.action {
        Action::RollBack { to: Some(to) } => {
            let service = reached.service(about)?;
            let action = revision(context, reached, ledger, &service, to).await?;
            Ok((action, service))
        }
        Action::Cluster(ClusterAction::DeletePod { .. }) => {
            let (service, pod) = reached.pod(about)?;
            let delete = ClusterAction::DeletePod { pod };
            Ok((Action::Cluster(delete), service))
        }
        action => Ok((action.clone(), reached.of_kind(action.done_to(), about)?)),
    }
}

/// The revision that somebody means by an id, the beginning of one, a version or an image.
async fn revision(
    context: &Context,
    reached: &Reached,
    ledger: &Arc<Ledger>,
    service: &Service,
    asked: &SafeText,
) -> Result<Action, Fault> {
    // Only the platform knows what can still be run: the proposal of a rollback lists it.
    let hands = hands(context, reached);
    let proposal = Action::RollBack { to: None };
    let preview = operate::preview(&hands, ledger, proposal, target(reached, service), None).await;
    let choices = preview.map_err(|refusal| refused(&refusal))?.choices;
    let bare = asked.strip_prefix("sha256:").unwrap_or(asked);
    let is_meant = |r: &&Revision| {
        let id = r.id.strip_prefix("sha256:").unwrap_or(&r.id);
        r.version == *asked || r.image == *asked || bare.len() >= 4 && id.starts_with(bare)
    };
    let found: Vec<_> = choices.iter().filter(is_meant).collect();
    let listed = || {
        let lines = choices.iter().filter(|r| !r.current).map(show::revision);
        lines.collect::<Vec<_>>().join("\n")
    };
    match found.as_slice() {
        [one] => Ok(Action::RollBack {
            to: Some(one.id.clone()),
        }),
        [] => Err(Fault::usage(format!(
            "no revision {asked} of {} is known here; there are\n{}",
            service.id,
            listed()
        ))),
        _ => Err(Fault::usage(format!(
            "{asked} may be several revisions; name one by its id\n{}",
            listed()
        ))),
    }
}
