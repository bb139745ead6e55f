//! An operation: one action on one target, with all its steps.

use serde::{Deserialize, Serialize};

use super::id::OperationId;
use super::label::Label;
use super::step::Failure;
use super::target::{Facts, Target};
use crate::domain::action::Action;
use crate::plan::{self, Confirmed, Outcome, Plan};
use crate::text::SafeText;

/// One step of the plan, as the preview named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepName {
    /// What is done: `create`, `stop`, `rename`.
    pub verb: Label,
    /// To which object: a container's name.
    pub object: Label,
}

/// An operation that begins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationStart {
    /// The action's name: `scale`, `restart`, `rollout`, `rollback`, `backup`, `start`, `stop`,
    /// `pause`, `unpause`.
    pub action: Label,
    /// On what.
    pub target: Target,
    /// Who agreed to it. The entry names them, as do those of its steps.
    #[serde(skip)]
    pub by: Label,
    /// Why: the reason or the ticket that the operator gave.
    #[serde(default, skip_serializing_if = "Label::is_empty")]
    pub reason: Label,
    /// What was seen.
    pub before: Facts,
    /// What shall be.
    pub after: Facts,
    /// All the steps, in order, so that an interrupted operation can say how far it came.
    pub steps: Vec<StepName>,
    /// The interrupted operation that this one finishes or puts back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumes: Option<OperationId>,
}

impl OperationStart {
    /// The beginning of a confirmed plan.
    pub fn of(plan: &Plan<Confirmed>) -> Self {
        let target = plan.target();
        let before = Facts {
            replicas: Some(target.replicas),
            image: Some(Label::from(&target.image)),
            image_id: target.seen.first().map(|seen| Label::from(&seen.image_id)),
            ..Facts::default()
        };
        let mut after = Facts::default();
        match plan.action() {
            Action::Scale { replicas } => after.replicas = Some(*replicas),
            Action::Rollout { image } => after.image = Some(Label::from(image)),
            Action::RollBack { to } => after.image_id = to.as_ref().map(Label::from),
            Action::Restart
            | Action::BackUp
            | Action::Start
            | Action::Stop
            | Action::Pause
            | Action::Unpause
            // Which pod is deleted is in its steps.
            | Action::Cluster(_) => {}
        }
        let step = |step: &plan::Step| StepName {
            verb: Label::from(step.verb.to_string()),
            object: Label::from(&step.object),
        };
        let resumes = plan.preview().ask.resumes.as_ref();
        Self {
            action: Label::from(plan.action().word()),
            target: Target::from(target),
            by: Label::from(&plan.agreed().by),
            reason: Label::from(&plan.agreed().reason),
            before,
            after,
            steps: plan.preview().steps.iter().map(step).collect(),
            resumes: resumes.map(|resumed| OperationId::parse(&resumed.id)),
        }
    }

    /// The action; `None` for one that this version does not know.
    pub fn action(&self) -> Option<Action> {
        let text = |label: &Label| SafeText::name(label.as_str());
        Some(match self.action.as_str() {
            "scale" => Action::Scale {
                replicas: self.after.replicas?,
            },
            "rollout" => Action::Rollout {
                image: self.after.image.as_ref().map(text)?,
            },
            "rollback" => Action::RollBack {
                to: Some(self.after.image_id.as_ref().map(text)?),
            },
            word => Action::plain(word)?,
        })
    }

    /// The action that puts it back; `None` where nothing can, or nothing needs to.
    pub fn back(&self) -> Option<Action> {
        Some(match self.action()? {
            Action::Scale { .. } => Action::Scale {
                replicas: self.before.replicas?,
            },
            Action::Rollout { .. } | Action::RollBack { .. } => {
                let before = self.before.image_id.as_ref()?;
                Action::RollBack {
                    to: Some(SafeText::name(before.as_str())),
                }
            }
            Action::Start => Action::Stop,
            Action::Stop => Action::Start,
            Action::Pause => Action::Unpause,
            Action::Unpause => Action::Pause,
            Action::Cluster(action) => Action::Cluster(action.back()?),
            Action::Restart | Action::BackUp => return None,
        })
    }
}

/// An operation that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationEnd {
    /// Which one.
    pub operation: OperationId,
    /// How it ended.
    pub result: OperationResult,
    /// What the platform showed at the end.
    #[serde(default)]
    pub after: Facts,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, strum::Display)]
#[serde(rename_all = "kebab-case", tag = "is")]
#[strum(serialize_all = "kebab-case")]
pub enum OperationResult {
    /// The platform showed what was asked for.
    Verified,
    /// The platform could not be asked; it may have happened or not.
    Unverified,
    /// A step failed; those before it stand.
    Failed {
        /// The step, from 1.
        step: u16,
        /// Why.
        why: Failure,
    },
    /// What was done is undone, and the former state serves again.
    PutBack,
    /// A newer operation took its place.
    Superseded,
    /// Somebody or something else undid it.
    Reverted,
    /// The operator stopped it before it was through.
    Cancelled,
    /// It was interrupted, and the operator left what it did as it is.
    LeftAsIs,
}

impl OperationResult {
    /// The result of a plan's outcome, without its words; `why` where a step failed.
    pub fn of(outcome: &Outcome, why: Failure) -> Self {
        match outcome {
            Outcome::Verified(_) => Self::Verified,
            Outcome::Unverified(_) => Self::Unverified,
            Outcome::Failed { step, .. } => Self::Failed {
                step: u16::try_from(step + 1).unwrap_or(u16::MAX),
                why,
            },
            Outcome::Superseded { .. } => Self::Superseded,
            Outcome::Reverted { .. } => Self::Reverted,
            Outcome::Cancelled { .. } => Self::Cancelled,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::action::EnvironmentKind;
    use crate::domain::instance::InstanceId;
    use crate::domain::service::ServiceId;
    use crate::plan::{Ask, PlanId, Preview, Risk, Side, Verb};

    /// A confirmed plan of that action on two replicas of `shop/api:v1`.
    fn plan(action: Action) -> Plan<Confirmed> {
        let text = |text: &str| SafeText::name(text);
        let seen = plan::SeenInstance {
            id: InstanceId(text("c0ffee")),
            name: text("shop-api-1"),
            number: 1,
            started: None,
            image_id: text("sha256:1"),
        };
        let target = plan::Target {
            environment: text("default"),
            kind: EnvironmentKind::Development,
            identity: text("daemon-1"),
            service: ServiceId {
                group: text("shop"),
                name: text("api"),
            },
            seen: vec![seen],
            replicas: 2,
            image: text("shop/api:v1"),
            ..plan::Target::default()
        };
        let (history, resumes) = (Vec::new(), Some(text("1kq3v9z7m-7f3q0").into()));
        let preview = Preview {
            ask: Ask {
                action,
                target,
                history,
                resumes,
            },
            now: Side::default(),
            to: Side::default(),
            changes: Vec::new(),
            remains: Vec::new(),
            notes: Vec::new(),
            steps: vec![plan::Step {
                verb: Verb::Create,
                object: text("shop-api-3"),
            }],
            impact: text(""),
            estimate: None,
            risk: Risk::Plain,
            choices: Vec::new(),
            owner: None,
        };
        let agreed = Confirmed {
            by: text("ana"),
            at: Timestamp::MAX,
            reason: text("OPS-7"),
            unrecorded: false,
        };
        Plan::new(PlanId(1), preview, Timestamp::MIN)
            .confirm("", agreed)
            .unwrap()
    }

    #[test]
    fn an_action_is_known_again_and_put_back() {
        let to = |image: &str| Action::RollBack {
            to: Some(SafeText::name(image)),
        };
        let image = SafeText::name("shop/api:v2");
        let actions = [
            (
                Action::Scale { replicas: 5 },
                Some(Action::Scale { replicas: 2 }),
            ),
            (Action::Rollout { image }, Some(to("sha256:1"))),
            (to("sha256:0"), Some(to("sha256:1"))),
            (Action::Start, Some(Action::Stop)),
            (Action::Stop, Some(Action::Start)),
            (Action::Pause, Some(Action::Unpause)),
            (Action::Unpause, Some(Action::Pause)),
            (Action::Restart, None),
            (Action::BackUp, None),
        ];
        for (action, back) in actions {
            let start = OperationStart::of(&plan(action.clone()));
            let json = serde_json::to_string(&start).unwrap();
            let read: OperationStart = serde_json::from_str(&json).unwrap();
            assert_eq!((read.action(), read.back()), (Some(action), back));
        }
    }

    #[test]
    fn a_plan_begins_with_what_was_seen() {
        let start = OperationStart::of(&plan(Action::Restart));
        assert_eq!((start.by.as_str(), start.reason.as_str()), ("ana", "OPS-7"));
        assert_eq!(start.target.objects, [Label::from("c0ffee")]);
        assert_eq!(start.target.service_id().to_string(), "shop/api");
        assert_eq!(start.steps[0].verb.as_str(), "create");
        assert_eq!(start.resumes, Some(OperationId::parse("1kq3v9z7m-7f3q0")));
    }
}
