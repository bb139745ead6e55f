//! What ran before: the history a rollback chooses from.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::text::SafeText;

/// A version of a service that ran here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    /// Names it on its platform: on Docker the image's id (`sha256:…`).
    pub id: SafeText,
    /// The image as it was named (`shop/api:v1.8.1`).
    pub image: SafeText,
    /// The part that tells releases apart.
    pub version: SafeText,
    /// When it was first seen here.
    pub first_seen: Timestamp,
    /// When it was last seen running.
    pub last_seen: Timestamp,
    /// How long we watched it healthy. What was not watched is not claimed.
    pub healthy: Duration,
    /// When it had been healthy for long enough to be called known good.
    pub known_good: Option<Timestamp>,
    /// Whether it is what runs now.
    pub current: bool,
    /// Whether it can still be run: the image is there.
    pub available: bool,
}
