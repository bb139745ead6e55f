//! Every copy anew, as `kubectl rollout restart` does it.

use jiff::Timestamp;

use super::{
    super::{
        object::Object,
        work::{Goal, restarted},
        world::World,
    },
    Part, impact, not_paused, rolls,
};
use crate::{
    domain::image::version,
    plan::{Ask, Refusal, Resumed, Side},
    safe,
};

/// Pods of the same template, made anew from `now` on; where an interrupted restart has come that far, from then on.
pub(super) fn plan(ask: &Ask, world: &World, now: Timestamp) -> Result<Part, Refusal> {
    rolls(world)?;
    not_paused(world, "a restart")?;
    let at = begun(ask.resumes.as_ref(), &world.object)
        .unwrap_or_else(|| now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
    let to = Side {
        what: version(world.object.image()),
        facts: safe!("every copy anew"),
    };
    let mut part = Part::new(Goal::Restarted(at), to);
    part.impact = impact(world);
    part.remains.push(safe!(
        "the same image and settings; ConfigMaps and Secrets are read anew"
    ));
    Ok(part)
}

/// The restart that the workload shows, where it is the one that is taken up again: of that very moment.
fn begun(resumes: Option<&Resumed>, object: &Object) -> Option<String> {
    let shown = restarted(object);
    let at: Timestamp = shown.parse().ok()?;
    let mut sent = resumes.iter().flat_map(|resumed| &resumed.sent);
    let own = sent.any(|sent| sent.anew == Some(at));
    own.then(|| shown.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{plan::Sent, text::SafeText};

    #[test]
    fn a_restart_is_taken_up_again_where_the_workload_shows_that_very_one() {
        let shown = "2026-11-22T08:00:00Z";
        let annotations = json!({ "kubectl.kubernetes.io/restartedAt": shown });
        let object = Object(json!({
            "spec": { "template": { "metadata": { "annotations": annotations } } }
        }));
        let resumed = |anew: &[&str]| {
            let sent = anew.iter().map(|at| Sent {
                verb: SafeText::from_static("patch"),
                object: SafeText::EMPTY,
                id: SafeText::EMPTY,
                started: None,
                anew: at.parse().ok(),
            });
            Resumed {
                sent: sent.collect(),
                ..Resumed::from(SafeText::from_static("an operation"))
            }
        };
        let begun = |anew: &[&str]| begun(Some(&resumed(anew)), &object);
        // One that was not sent, and the one that was.
        let both = ["2026-11-22T07:59:00Z", shown];
        assert_eq!(begun(&both).as_deref(), Some(shown));
        // Somebody else's, a second later or before.
        for other in ["2026-11-22T07:59:59Z", "2026-11-22T08:00:01Z", "never"] {
            assert_eq!(begun(&[other]), None, "{other}");
        }
        assert_eq!(super::begun(None, &object), None);
    }
}
