//! What is told of many times.

use std::time::Duration;

/// The value below which `share` of all values are.
pub(crate) fn quantile(mut values: Vec<Duration>, share: f64) -> Duration {
    values.sort_unstable();
    let index = ((values.len() - 1) as f64 * share).round() as usize;
    values[index]
}
