//! Times as they are on screen, and the figures of [`crate::domain::figures`].

use jiff::{Timestamp, tz::TimeZone};

use super::Look;
pub(super) use crate::domain::figures::{age, bytes, elapsed, lasting, millis, percent, rate};
use crate::state::Model;

/// Whether figures are the last known ones.
pub(super) fn stale(model: &Model) -> bool {
    model.source.health.is_stale()
}

/// Up to when the platform is known: now, or its last proof of life.
pub(super) fn known_until(model: &Model) -> Timestamp {
    model.source.known_until(model.now)
}

/// Whole seconds from one moment to another, never below 0.
pub(super) fn seconds(from: Timestamp, to: Timestamp) -> u64 {
    u64::try_from(to.as_second() - from.as_second()).unwrap_or(0)
}

/// Hours, minutes and seconds of a moment, in the zone on screen.
pub(super) fn clock(model: &Model, look: &Look, at: Timestamp) -> String {
    at.to_zoned(zone(model, look))
        .strftime("%H:%M:%S")
        .to_string()
}

/// The same to the millisecond.
pub(super) fn clock_millis(model: &Model, look: &Look, at: Timestamp) -> String {
    at.to_zoned(zone(model, look))
        .strftime("%H:%M:%S.%3f")
        .to_string()
}

/// Hours and minutes of a moment, in the zone on screen.
pub(super) fn minute(model: &Model, look: &Look, at: Timestamp) -> String {
    at.to_zoned(zone(model, look)).strftime("%H:%M").to_string()
}

/// The name of the zone on screen at this time: `UTC`, `CET`.
pub(super) fn zone_name(model: &Model, look: &Look) -> String {
    model
        .now
        .to_zoned(zone(model, look))
        .strftime("%Z")
        .to_string()
}

fn zone(model: &Model, look: &Look) -> TimeZone {
    if model.utc {
        TimeZone::UTC
    } else {
        look.zone.clone()
    }
}
