//! Which revision a rollback proposes, and what is known of it: the same words on every platform.

use crate::{
    domain::{alert::Severity, revision::Revision},
    plan::Note,
    safe,
    text::SafeText,
};

/// The last known good, else the one before; `None` where nothing else ran.
pub(super) fn proposed(choices: &[Revision]) -> Option<&Revision> {
    let others = || choices.iter().filter(|c| !c.current && c.available);
    others()
        .find(|c| c.known_good.is_some())
        .or_else(|| others().next())
}

/// The revision that somebody means by its id, its version or its image.
pub(super) fn meant<'a>(choices: &'a [Revision], to: &str) -> Option<&'a Revision> {
    let meant = |c: &&Revision| *c.id == *to || *c.version == *to || *c.image == *to;
    choices.iter().find(meant)
}

/// Whether it is known to be good.
pub(super) fn standing(revision: &Revision) -> Note {
    if revision.known_good.is_some() {
        Note {
            severity: None,
            text: safe!("{} is the last known good", revision.version),
        }
    } else {
        Note {
            severity: Some(Severity::Warning),
            text: safe!(
                "{} ran before; it was not watched for long enough to call it good",
                revision.version
            ),
        }
    }
}

/// `healthy for 2 h while watched`.
pub(super) fn facts(revision: &Revision) -> SafeText {
    let seconds = revision.healthy.as_secs();
    match seconds {
        0 => safe!("health not observed"),
        1..60 => safe!("healthy for {seconds} s while watched"),
        60..3600 => safe!("healthy for {} min while watched", seconds / 60),
        3600..172_800 => safe!("healthy for {} h while watched", seconds / 3600),
        _ => safe!("healthy for {} d while watched", seconds / 86_400),
    }
}
