//! An entry as a person reads it.

use super::entry::Entry;
use super::record::{Backup, Gap, GapCause, Record, RevisionNote, Sighting};
use crate::plan::record::{
    Facts, OperationEnd, OperationResult, OperationStart, StepIntent, StepResult, Target,
};
use crate::safe;
use crate::text::SafeText;

impl Entry {
    /// What it says, in one line.
    pub fn sentence(&self) -> SafeText {
        match &self.record {
            Record::Acknowledgement(seen) if seen.until <= self.time => {
                safe!("{} takes back having seen {}", seen.by, seen.fingerprint)
            }
            record => record.sentence(),
        }
    }
}

impl Record {
    /// What it says, in one line.
    fn sentence(&self) -> SafeText {
        match self {
            Self::OperationBegin(began) => begun(&began.start),
            Self::Intent(StepIntent {
                step, verb, object, ..
            }) => safe!("step {step}: {verb} {object}"),
            Self::Outcome(outcome) => {
                let (step, ms) = (outcome.step, outcome.latency_ms);
                match outcome.outcome.result {
                    StepResult::Done => safe!("step {step}: done in {ms} ms"),
                    StepResult::Failed { why } => {
                        safe!("step {step}: failed after {ms} ms: {}", words(&why))
                    }
                    StepResult::Unverified => safe!("step {step}: no answer after {ms} ms"),
                    StepResult::NotSent => safe!("step {step}: not sent"),
                }
            }
            Self::OperationEnd(OperationEnd { result, .. }) => match result {
                OperationResult::Failed { step, why } => {
                    safe!("failed at step {step}: {}", words(why))
                }
                other => safe!("ended: {}", words(other)),
            },
            Self::TakenOver { .. } => safe!("taken over from a console that is gone"),
            Self::LetGo { .. } => safe!("let go in the middle: it can be taken up again"),
            Self::Acknowledgement(seen) => {
                safe!(
                    "{} has seen {} until {}",
                    seen.by,
                    seen.fingerprint,
                    seen.until
                )
            }
            Self::Backup(Backup {
                what, place, bytes, ..
            }) => {
                safe!("backup of {what} in {place}, {bytes} bytes")
            }
            Self::Revision(RevisionNote {
                target,
                image,
                seen,
                ..
            }) => {
                let service = service(target);
                match seen {
                    Sighting::Running => safe!("{service} runs {image}"),
                    Sighting::Healthy { seconds } => {
                        safe!("{service} was healthy on {image} for {seconds} s more")
                    }
                    Sighting::KnownGood => safe!("{image} is known good for {service}"),
                }
            }
            Self::Checklist(walked) => {
                safe!("{}: {}", walked.list, walked.event.sentence())
            }
            Self::Note { text } => safe!("{text}"),
            Self::Gap(Gap { after, cause }) => match cause {
                GapCause::SyncFailed => {
                    safe!("the disk did not confirm what followed entry {after}")
                }
                GapCause::EntriesLost => safe!("entries after {after} were lost"),
                GapCause::HeadLost => {
                    safe!("the head was lost; entries after {after} may be missing")
                }
            },
            Self::Unknown => safe!("written by a later version of the console"),
        }
    }
}

/// `image-missing` as `image missing`.
fn words(name: &impl ToString) -> String {
    name.to_string().replace('-', " ")
}

fn service(target: &Target) -> String {
    target.service_id().to_string()
}

fn begun(start: &OperationStart) -> SafeText {
    let OperationStart {
        action,
        target,
        reason,
        before,
        after,
        ..
    } = start;
    let change = change(before, after)
        .map(|change| format!(": {change}"))
        .unwrap_or_default();
    let reason = if reason.is_empty() {
        String::new()
    } else {
        format!(" ({reason})")
    };
    safe!("{action} of {}{change}{reason}", service(target))
}

/// `2 → 5 replicas`, `shop/api:v1 → shop/api:v2`.
fn change(before: &Facts, after: &Facts) -> Option<String> {
    let unknown = || "?".to_owned();
    if let Some(to) = after.replicas {
        let from = before
            .replicas
            .map_or_else(unknown, |replicas| replicas.to_string());
        return Some(format!("{from} → {to} replicas"));
    }
    let image = |facts: &Facts| {
        facts
            .image
            .as_ref()
            .or(facts.image_id.as_ref())
            .map(ToString::to_string)
    };
    let to = image(after)?;
    Some(format!("{} → {to}", image(before).unwrap_or_else(unknown)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{
        entry::Hash,
        record::{Acknowledgement, Began},
        who::Who,
    };
    use crate::plan::record::{Failure, Label, OperationId};

    fn begin(before: Facts, after: Facts, reason: &str) -> String {
        let start = OperationStart {
            action: "rollout".into(),
            target: Target {
                project: "shop".into(),
                service: "api".into(),
                ..Target::default()
            },
            by: Label::default(),
            reason: reason.into(),
            before,
            after,
            steps: Vec::new(),
            resumes: None,
        };
        let operation = OperationId::parse("x");
        Record::OperationBegin(Began { operation, start })
            .sentence()
            .to_string()
    }

    #[test]
    fn a_beginning_says_what_changes_and_why() {
        let image = |image: &str| Facts {
            image: Some(image.into()),
            ..Facts::default()
        };
        let replicas = |n| Facts {
            replicas: Some(n),
            ..Facts::default()
        };
        assert_eq!(
            begin(image("a:1"), image("a:2"), "OPS-7"),
            "rollout of shop/api: a:1 → a:2 (OPS-7)"
        );
        assert_eq!(
            begin(replicas(2), replicas(5), ""),
            "rollout of shop/api: 2 → 5 replicas"
        );
        assert_eq!(
            begin(image("a:1"), Facts::default(), ""),
            "rollout of shop/api"
        );
        assert_eq!(
            begin(Facts::default(), replicas(1), ""),
            "rollout of shop/api: ? → 1 replicas"
        );
    }

    #[test]
    fn an_acknowledgement_that_ends_as_it_is_written_takes_one_back() {
        let entry = |until: &str| Entry {
            seq: 1,
            prev: Hash::zero(),
            time: "2026-01-02T03:00:00Z".parse().unwrap(),
            who: Who::default(),
            session: Label::from("s"),
            version: Label::from("0"),
            record: Record::Acknowledgement(Acknowledgement {
                cluster: Label::from("c"),
                fingerprint: Label::from("down api"),
                by: Label::from("ana"),
                until: until.parse().unwrap(),
            }),
        };
        let said = |until| entry(until).sentence().to_string();
        let until = said("2026-01-02T03:15:00Z");
        assert!(until.starts_with("ana has seen down api until "), "{until}");
        let back = said("2026-01-02T03:00:00Z");
        assert_eq!(back, "ana takes back having seen down api");
    }

    #[test]
    fn words_are_an_operators() {
        let end = |result| {
            let (operation, after) = (OperationId::parse("x"), Facts::default());
            Record::OperationEnd(OperationEnd {
                operation,
                result,
                after,
            })
            .sentence()
            .to_string()
        };
        assert_eq!(end(OperationResult::PutBack), "ended: put back");
        let why = Failure::ImageMissing;
        assert_eq!(
            end(OperationResult::Failed { step: 2, why }),
            "failed at step 2: image missing"
        );
    }

    #[test]
    fn what_a_file_holds_is_made_safe() {
        let text = Label::from("\u{202e}evil");
        let sentence = Record::Note { text }.sentence();
        assert!(!sentence.contains('\u{202e}'), "{sentence}");
    }
}
