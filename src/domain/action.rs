//! What an operator can do to a service.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{instance::InstanceId, service::ServiceKind},
    text::SafeText,
};

/// The most replicas that can be asked for: more is a slip of the finger.
pub const MOST_REPLICAS: u32 = 1_000;

/// One thing to do to one service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// To so many copies.
    Scale {
        /// How many there should be.
        replicas: u32,
    },
    /// Every copy anew, one after another.
    Restart,
    /// To another image, or another tag of the same.
    Rollout {
        /// `repository:tag`, or a bare tag.
        image: SafeText,
    },
    /// Back to what ran before.
    RollBack {
        /// A [`Revision::id`](crate::domain::revision::Revision::id); `None` proposes the last known good.
        to: Option<SafeText>,
    },
    /// Keep a copy of its data.
    BackUp,
    /// Start what is stopped.
    Start,
    /// Stop what runs.
    Stop,
    /// Let changes wait: of a Deployment its rollout, of a CronJob its Jobs.
    Pause,
    /// Let them go on.
    Unpause,
    /// What there is in clusters alone.
    Cluster(ClusterAction),
}

/// What can be done in a cluster besides, and is no change of a workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClusterAction {
    /// Delete one copy; what manages it makes another one.
    DeletePod {
        /// Which.
        pod: InstanceId,
    },
    /// Begin what runs by its schedule, now.
    RunNow,
    /// Let no new pods onto a node.
    Cordon,
    /// Let them come again.
    Uncordon,
    /// Make all pods leave a node.
    Drain,
    /// Send the traffic to this one of two colours.
    Switch,
    /// Let an Argo Rollout go on from where it waits; with `full` to its end, with no step, pause or analysis left.
    Promote {
        /// To its end.
        full: bool,
    },
    /// Give the update of an Argo Rollout up: what served before serves again.
    Abort,
    /// Begin an update that was given up again.
    Retry,
}

impl ClusterAction {
    /// Those of which all is said; what is about one pod names that too.
    const PLAIN: [Self; 9] = [
        Self::RunNow,
        Self::Cordon,
        Self::Uncordon,
        Self::Drain,
        Self::Switch,
        Self::Promote { full: false },
        Self::Promote { full: true },
        Self::Abort,
        Self::Retry,
    ];

    const DELETE_POD: &'static str = "delete-pod";

    /// The words of all of them.
    pub fn words() -> Vec<&'static str> {
        let mut words = vec![Self::DELETE_POD];
        words.extend(Self::PLAIN.map(|action| action.word()));
        words
    }

    /// As a title: "Drain".
    pub const fn title(&self) -> &'static str {
        match self {
            Self::DeletePod { .. } => "Delete pod",
            Self::RunNow => "Run now",
            Self::Cordon => "Cordon",
            Self::Uncordon => "Uncordon",
            Self::Drain => "Drain",
            Self::Switch => "Switch to",
            Self::Promote { full: false } => "Promote",
            Self::Promote { full: true } => "Promote fully",
            Self::Abort => "Abort",
            Self::Retry => "Retry",
        }
    }

    /// The journal's word for it: `drain`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::DeletePod { .. } => Self::DELETE_POD,
            Self::RunNow => "run",
            Self::Cordon => "cordon",
            Self::Uncordon => "uncordon",
            Self::Drain => "drain",
            Self::Switch => "switch",
            Self::Promote { full: false } => "promote",
            Self::Promote { full: true } => "promote-full",
            Self::Abort => "abort",
            Self::Retry => "retry",
        }
    }

    /// By its word; `None` for what is about one pod, which the word does not name.
    pub fn parse(word: &str) -> Option<Self> {
        let mut plain = Self::PLAIN.into_iter();
        plain.find(|action| action.word() == word)
    }

    /// What puts it back; `None` where nothing can.
    pub const fn back(&self) -> Option<Self> {
        match self {
            Self::Cordon | Self::Drain => Some(Self::Uncordon),
            Self::Uncordon => Some(Self::Cordon),
            Self::Abort => Some(Self::Retry),
            Self::Retry => Some(Self::Abort),
            Self::DeletePod { .. } | Self::RunNow | Self::Switch | Self::Promote { .. } => None,
        }
    }

    /// The words of those that [steer](Self::steers).
    pub fn steering() -> Vec<&'static str> {
        let steering = Self::PLAIN.into_iter().filter(Self::steers);
        steering.map(|action| action.word()).collect()
    }

    /// Whether it is about the update of an Argo Rollout.
    pub const fn steers(&self) -> bool {
        matches!(self, Self::Promote { .. } | Self::Abort | Self::Retry)
    }
}

impl Action {
    /// The kind of what it is done to, where it is one alone: a node, a CronJob; `None` for services of any kind.
    pub const fn done_to(&self) -> Option<ServiceKind> {
        let Self::Cluster(action) = self else {
            return None;
        };
        match action {
            ClusterAction::DeletePod { .. } => None,
            ClusterAction::RunNow => Some(ServiceKind::CronJob),
            ClusterAction::Cordon | ClusterAction::Uncordon | ClusterAction::Drain => {
                Some(ServiceKind::Node)
            }
            ClusterAction::Switch => Some(ServiceKind::Deployment),
            ClusterAction::Promote { .. } | ClusterAction::Abort | ClusterAction::Retry => {
                Some(ServiceKind::Rollout)
            }
        }
    }

    /// As a title: "Roll back".
    pub const fn title(&self) -> &'static str {
        match self {
            Self::Scale { .. } => "Scale",
            Self::Restart => "Restart",
            Self::Rollout { .. } => "Roll out",
            Self::RollBack { .. } => "Roll back",
            Self::BackUp => "Back up",
            Self::Start => "Start",
            Self::Stop => "Stop",
            Self::Pause => "Pause",
            Self::Unpause => "Unpause",
            Self::Cluster(action) => action.title(),
        }
    }

    /// The action of that word which needs no more than to be told on what; `None` for other words.
    pub fn plain(word: &str) -> Option<Self> {
        [
            Self::Restart,
            Self::BackUp,
            Self::Start,
            Self::Stop,
            Self::Pause,
            Self::Unpause,
        ]
        .into_iter()
        .find(|action| action.word() == word)
        .or_else(|| ClusterAction::parse(word).map(Self::Cluster))
    }

    /// The subcommand and the journal's word for it: `rollback`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Scale { .. } => "scale",
            Self::Restart => "restart",
            Self::Rollout { .. } => "rollout",
            Self::RollBack { .. } => "rollback",
            Self::BackUp => "backup",
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Pause => "pause",
            Self::Unpause => "unpause",
            Self::Cluster(action) => action.word(),
        }
    }
}

/// What kind of place an environment is; it sets how an action is confirmed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentKind {
    /// Users depend on it.
    Production,
    /// A rehearsal of production.
    Staging,
    /// Somebody's own.
    Development,
    /// Nobody said; confirmed like production.
    #[default]
    Unknown,
}

impl EnvironmentKind {
    /// Whether mistakes here are dear: production, and what nobody has named.
    pub const fn guarded(self) -> bool {
        matches!(self, Self::Production | Self::Unknown)
    }

    /// As it stands on a plan: how it is confirmed.
    pub const fn told(self) -> &'static str {
        match self {
            Self::Unknown => "confirmed like production",
            kind => kind.word(),
        }
    }

    /// In a word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Staging => "staging",
            Self::Development => "development",
            Self::Unknown => "unknown",
        }
    }
}
