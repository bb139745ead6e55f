//! What an action is about, frozen when the dialog opens.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::record::{Label, OperationId, StepIntent};
use crate::{
    domain::{
        action::{Action, EnvironmentKind},
        instance::{Instance, InstanceId},
        revision::Revision,
        service::{Service, ServiceId},
    },
    text::SafeText,
};

/// An instance as it was when the dialog opened; a write happens only while it still is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenInstance {
    /// Its id.
    pub id: InstanceId,
    /// Its name.
    pub name: SafeText,
    /// Its number within the service.
    pub number: u32,
    /// When its process had started: id and start together are Docker's precondition.
    pub started: Option<Timestamp>,
    /// The image it ran.
    pub image_id: SafeText,
}

impl From<&Instance> for SeenInstance {
    fn from(i: &Instance) -> Self {
        Self {
            id: i.id.clone(),
            name: i.name.clone(),
            number: i.number,
            started: i.started,
            image_id: i.image_id.clone(),
        }
    }
}

/// What an action is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The environment's name, as configured or found.
    pub environment: SafeText,
    /// What kind of place it is.
    pub kind: EnvironmentKind,
    /// The daemon's or cluster's own identity; another one under the same name is another place.
    pub identity: SafeText,
    /// The service.
    pub service: ServiceId,
    /// Its instances, as seen.
    pub seen: Vec<SeenInstance>,
    /// How many there should have been, as seen.
    pub replicas: u32,
    /// Its image, as seen.
    pub image: SafeText,
    /// The platform's own identity of it, where it has one: another object under the same name is another one.
    pub uid: SafeText,
    /// The platform's count of its changes, as seen by the preview; 0 where nobody counts.
    pub generation: i64,
}

impl Target {
    /// Freezes a service as it is shown now.
    pub fn freeze(
        environment: SafeText,
        kind: EnvironmentKind,
        identity: SafeText,
        service: &Service,
    ) -> Self {
        Self {
            environment,
            kind,
            identity,
            service: service.id.clone(),
            seen: service
                .instances
                .iter()
                .map(|i| SeenInstance::from(&**i))
                .collect(),
            replicas: service.wanted(),
            image: service.image.clone(),
            uid: service.uid.clone(),
            generation: 0,
        }
    }

    /// What is typed to confirm what is dear: `environment/service`.
    pub fn typed_name(&self) -> String {
        format!("{}/{}", self.environment, self.service.name)
    }
}

/// A question for a preview: what would it mean to do this?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// What to do.
    pub action: Action,
    /// To what.
    pub target: Target,
    /// What ran before, newest first, from the journal; a rollback chooses from it.
    pub history: Vec<Revision>,
    /// The operation that this one takes up again, if any.
    pub resumes: Option<Resumed>,
}

impl Ask {
    /// The id of the operation that this one takes up again, if any.
    pub fn resumed(&self) -> Option<SafeText> {
        self.resumes.as_ref().map(|resumed| resumed.id.clone())
    }
}

/// An operation that was cut off and is taken up again, with those that it had taken up itself: all are about the same
/// steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumed {
    /// Its id in the journal.
    pub id: SafeText,
    /// When the first of them began.
    pub began: Option<Timestamp>,
    /// What any of them was about to send, so that nothing is sent twice: the first of each comes first.
    pub sent: Vec<Sent>,
}

/// What was about to be sent once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// What was to be done, as a [`Verb`](super::Verb) is written.
    pub verb: SafeText,
    /// The name of what it is about.
    pub object: SafeText,
    /// The identity of that, where it had one.
    pub id: SafeText,
    /// When its process had started before.
    pub started: Option<Timestamp>,
    /// From which moment on its pods were to be new, where it is a workload that was to be restarted.
    pub anew: Option<Timestamp>,
}

impl From<&StepIntent> for Sent {
    fn from(intent: &StepIntent) -> Self {
        let text = |label: &Label| SafeText::name(label.as_str());
        Self {
            verb: text(&intent.verb),
            object: text(&intent.object),
            id: text(&intent.object_id),
            started: intent.before.started,
            anew: intent.after.started,
        }
    }
}

impl From<SafeText> for Resumed {
    /// An operation of which nothing more is known.
    fn from(id: SafeText) -> Self {
        Self {
            began: OperationId::parse(&id).began(),
            id,
            sent: Vec::new(),
        }
    }
}
