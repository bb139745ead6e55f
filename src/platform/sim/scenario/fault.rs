//! What can go wrong, and when.

use std::time::Duration;

use super::Index;

/// Something that goes wrong in the world or on the way to it.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Somebody else rolls a revision out (an index into the service's revisions).
    Release {
        /// Which service.
        service: Index,
        /// Which of its revisions.
        revision: usize,
        /// Who does it.
        by: String,
    },
    /// A share of requests fails.
    Errors {
        /// Which service.
        service: Index,
        /// In percent.
        percent: f32,
    },
    /// It answers more slowly.
    Slow {
        /// Which service.
        service: Index,
        /// By so many milliseconds.
        ms: f32,
    },
    /// Each replica takes more and more memory.
    LeakMemory {
        /// Which service.
        service: Index,
        /// Bytes a second.
        bytes_per_s: f64,
    },
    /// A cache fills up.
    FillCache {
        /// Which service.
        service: Index,
        /// Bytes a second.
        bytes_per_s: f64,
    },
    /// Connections of a database are taken by someone who is not in this world.
    TakeConnections {
        /// Which service.
        service: Index,
        /// How many.
        count: f32,
    },
    /// The host's disk fills up.
    FillDisk {
        /// Bytes a second.
        bytes_per_s: f64,
    },
    /// Each run of the process ends soon after its start.
    Crash {
        /// Which service.
        service: Index,
        /// The exit code.
        code: i64,
    },
    /// A route selects another service.
    Switch {
        /// Which route.
        route: usize,
        /// Whom it selects from now on.
        to: Index,
        /// Who does it.
        by: String,
    },
    /// Somebody else scales a workload of a cluster.
    Scale {
        /// Which service.
        service: Index,
        /// To how many.
        replicas: u32,
        /// Who does it.
        by: String,
    },
    /// Somebody else restarts every replica.
    Restart {
        /// Which service.
        service: Index,
    },
    /// Somebody else removes the replica with the highest number.
    Remove {
        /// Which service.
        service: Index,
    },
    /// The connection to the platform is cut.
    Disconnect(Cut),
    /// Every answer of the platform takes so long.
    Latency(Duration),
}

impl Fault {
    /// Whether it is over at once, and has no duration.
    pub const fn momentary(&self) -> bool {
        matches!(
            self,
            Self::Release { .. }
                | Self::Switch { .. }
                | Self::Scale { .. }
                | Self::Restart { .. }
                | Self::Remove { .. }
        )
    }
}

/// How a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing comes any more, and nobody says so.
    Silent,
    /// Refused at once.
    Refused,
}

/// A part of the story.
#[derive(Clone, Debug, PartialEq)]
pub struct Beat {
    /// When it begins.
    pub begin: Begin,
    /// What happens.
    pub fault: Fault,
    /// For how long; `None` is until the end.
    pub lasts: Option<Duration>,
}

/// What somebody may let go wrong in a rehearsal.
#[derive(Clone, Debug, PartialEq)]
pub struct Mishap {
    /// What happens, as somebody would tell it.
    pub name: String,
    /// The same, as the world takes it.
    pub fault: Fault,
    /// For how long; `None` is until it is healed.
    pub lasts: Option<Duration>,
}

/// When a part of the story begins.
#[derive(Clone, Debug, PartialEq)]
pub enum Begin {
    /// So long after the beginning.
    At(Duration),
    /// Once, when a figure of a service passes a bound.
    When {
        /// Which service.
        service: Index,
        /// Which figure.
        figure: Figure,
        /// Above it; otherwise below.
        over: bool,
        /// The bound.
        bound: f32,
    },
}

/// A figure that a story can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Failed requests, in percent.
    Errors,
    /// The 95th percentile, in milliseconds.
    P95,
    /// Memory against its limit, in percent.
    Memory,
    /// Connections of a database in use, in percent.
    Connections,
    /// Memory of a cache in use, in percent.
    Cache,
    /// Replicas that serve.
    Ready,
}
