//! `do: rollout api v2`: one of the console's own actions, in the words of the command line.

use std::ops::Range;

use crate::{
    domain::{
        action::{Action, ClusterAction},
        image,
        service::ServiceKind,
        suggest::did_you_mean,
    },
    expr::Mistake,
    safe,
    text::SafeText,
};

/// What an item asks to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// What.
    pub wanted: Wanted,
    /// To what: a service, a node or a CronJob, as it was written.
    pub about: SafeText,
}

/// An action, or one that somebody completes when it is its turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All is said.
    Action(Action),
    /// A rollout, of an image that is asked for when it is done.
    Rollout,
}

/// What an order begins with, and what follows it. Other words for the same stand after the command line's.
const FORMS: &[(&[&str], &str)] = &[
    (&["rollout"], "rollout SERVICE [IMAGE|TAG]"),
    (&["scale"], "scale SERVICE COPIES"),
    (&["restart"], "restart SERVICE"),
    (&["rollback"], "rollback SERVICE [--to REVISION]"),
    (&["backup"], "backup SERVICE"),
    (&["start"], "start SERVICE"),
    (&["stop"], "stop SERVICE"),
    (&["pause"], "pause SERVICE"),
    (&["unpause", "resume"], "unpause SERVICE"),
    (&["run", "trigger", "cronjob"], "run CRONJOB"),
    (&["cordon"], "cordon NODE"),
    (&["uncordon"], "uncordon NODE"),
    (&["drain"], "drain NODE"),
    (&["switch"], "switch SERVICE"),
    (&["promote"], "promote SERVICE [--full]"),
    (&["abort"], "abort SERVICE"),
    (&["retry"], "retry SERVICE"),
];

/// What can be written after `do:`, a form each: `scale SERVICE COPIES`.
pub fn forms() -> impl Iterator<Item = &'static str> {
    FORMS.iter().map(|(_, form)| *form)
}

impl Order {
    /// Reads the words after `do:`.
    pub(super) fn parse(written: &str) -> Result<Self, Mistake> {
        let words: Vec<(usize, &str)> = words(written).collect();
        let Some(&(at, verb)) = words.first() else {
            return Err(Mistake {
                span: 0..written.len(),
                words: SafeText::from_static("what is to be done is missing"),
                help: Some(SafeText::from_static("such as `do: rollout api v1.8.2`")),
            });
        };
        let verbs = || FORMS.iter().flat_map(|(verbs, _)| verbs.iter().copied());
        let Some((verbs, form)) = FORMS.iter().find(|(verbs, _)| verbs.contains(&verb)) else {
            return Err(Mistake {
                span: at..at + verb.len(),
                words: SafeText::from_static("there is no such action"),
                help: Some(SafeText::line(did_you_mean(verb, verbs()).unwrap_or_else(
                    || format!("there are {}", verbs().collect::<Vec<_>>().join(", ")),
                ))),
            });
        };
        let wrong = |span: Range<usize>, words: &'static str| Mistake {
            span,
            words: SafeText::from_static(words),
            help: Some(safe!("write `do: {form}`")),
        };
        let Some(&(_, about)) = words.get(1) else {
            return Err(wrong(0..written.len(), "it does not say to what"));
        };
        let mut rest = words[2..].iter();
        let next = rest.next();
        let wanted = match (verbs[0], next) {
            ("rollout", None) => Wanted::Rollout,
            ("rollout", Some((_, image))) => Wanted::Action(Action::Rollout {
                image: SafeText::name(image),
            }),
            ("scale", None) => return Err(wrong(0..written.len(), "it does not say to how many")),
            ("scale", Some(&(at, copies))) => match copies.parse() {
                Ok(replicas) => Wanted::Action(Action::Scale { replicas }),
                Err(_) => return Err(wrong(at..at + copies.len(), "this is no number of copies")),
            },
            ("rollback", Some(&(at, "--to"))) => match rest.next() {
                Some((_, revision)) => Wanted::Action(Action::RollBack {
                    to: Some(SafeText::name(revision)),
                }),
                None => return Err(wrong(at..at + 4, "it does not say to which revision")),
            },
            ("promote", Some((_, "--full"))) => {
                Wanted::Action(Action::Cluster(ClusterAction::Promote { full: true }))
            }
            ("rollback", None) => Wanted::Action(Action::RollBack { to: None }),
            (verb, None) => match Action::plain(verb) {
                Some(action) => Wanted::Action(action),
                None => return Err(wrong(0..verb.len(), "there is no such action")),
            },
            (_, Some(&(at, word))) => {
                return Err(wrong(at..at + word.len(), "that is one word too many"));
            }
        };
        if let Some(&(at, word)) = rest.next() {
            return Err(wrong(at..at + word.len(), "that is one word too many"));
        }
        Ok(Self {
            wanted,
            about: SafeText::name(about),
        })
    }

    /// The action; `None` for a rollout whose image is to be asked for.
    pub const fn action(&self) -> Option<&Action> {
        match &self.wanted {
            Wanted::Action(action) => Some(action),
            Wanted::Rollout => None,
        }
    }

    /// The version that runs once it is done, where it says so.
    pub fn version(&self) -> Option<SafeText> {
        match self.action()? {
            Action::Rollout { image: tag } if image::is_bare_tag(tag) => Some(tag.clone()),
            Action::Rollout { image } => Some(image::version(image)),
            _ => None,
        }
    }

    /// The kind of what it is [done to](Action::done_to).
    pub const fn done_to(&self) -> Option<ServiceKind> {
        match &self.wanted {
            Wanted::Action(action) => action.done_to(),
            Wanted::Rollout => None,
        }
    }
}

/// The words of a line, each with its first byte.
pub(super) fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    line.split_whitespace()
        .map(|word| (word.as_ptr() as usize - line.as_ptr() as usize, word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_in_the_words_of_the_command_line() {
        let image = |image: &str| Action::Rollout {
            image: SafeText::name(image),
        };
        for (written, wanted, about) in [
            ("rollout api v2", Some(image("v2")), "api"),
            ("rollout shop/api", None, "shop/api"),
            ("scale api 3", Some(Action::Scale { replicas: 3 }), "api"),
            ("restart api", Some(Action::Restart), "api"),
            ("rollback api", Some(Action::RollBack { to: None }), "api"),
            (
                " rollback api  --to v1 ",
                Some(Action::RollBack {
                    to: Some(SafeText::name("v1")),
                }),
                "api",
            ),
            (
                "promote api --full",
                Some(Action::Cluster(ClusterAction::Promote { full: true })),
                "api",
            ),
            (
                "abort api",
                Some(Action::Cluster(ClusterAction::Abort)),
                "api",
            ),
            ("backup postgres", Some(Action::BackUp), "postgres"),
            ("pause api", Some(Action::Pause), "api"),
            ("resume api", Some(Action::Unpause), "api"),
            (
                "drain n1",
                Some(Action::Cluster(ClusterAction::Drain)),
                "n1",
            ),
            (
                "cordon n1",
                Some(Action::Cluster(ClusterAction::Cordon)),
                "n1",
            ),
            (
                "cronjob tidy",
                Some(Action::Cluster(ClusterAction::RunNow)),
                "tidy",
            ),
        ] {
            let order = Order::parse(written).expect(written);
            assert_eq!(order.action(), wanted.as_ref(), "{written}");
            assert_eq!(order.about.as_str(), about);
        }
    }

    #[test]
    fn every_form_can_be_written() {
        for (verbs, form) in FORMS {
            let example = form.replace(['[', ']'], "").replace("COPIES", "3");
            let example = example.split('|').next().unwrap_or_default();
            for verb in *verbs {
                let example = example.replacen(verbs[0], verb, 1);
                assert!(Order::parse(&example).is_ok(), "{example}");
            }
        }
    }

    #[test]
    fn a_slip_says_where_and_what() {
        for (written, span, words) in [
            ("", 0..0, "what is to be done is missing"),
            ("restrat api", 0..7, "there is no such action"),
            ("restart", 0..7, "it does not say to what"),
            ("restart api now", 12..15, "that is one word too many"),
            ("scale api", 0..9, "it does not say to how many"),
            ("scale api many", 10..14, "this is no number of copies"),
            ("scale api -1", 10..12, "this is no number of copies"),
            (
                "rollback api --to",
                13..17,
                "it does not say to which revision",
            ),
            ("rollback api v1", 13..15, "that is one word too many"),
            ("rollout api v1 v2", 15..17, "that is one word too many"),
        ] {
            let slip = Order::parse(written).expect_err(written);
            assert_eq!((slip.span, slip.words.as_str()), (span, words), "{written}");
        }
        let slip = Order::parse("restrat api").expect_err("a slip");
        assert_eq!(slip.help.as_deref(), Some("did you mean `restart`?"));
    }
}
