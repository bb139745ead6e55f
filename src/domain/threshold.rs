//! From which figure on something is worth an alert.

use std::time::Duration;

/// Two steps of one figure, in percent, 0 to 100, or in milliseconds. A step that is `None` never alerts.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Threshold {
    /// From here on a warning.
    pub warning: Option<f64>,
    /// From here on critical.
    pub critical: Option<f64>,
    /// For how long it must have been so.
    pub hold: Duration,
}

/// What is judged by its figures.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Thresholds {
    /// Memory used, of the limit; more is worse.
    pub memory: Threshold,
    /// Disk that is free where the platform keeps its data; less is worse.
    pub disk_free: Threshold,
    /// Requests that failed, of all that Prometheus counts; more is worse. Never, where nobody said from when on.
    pub error_rate: Threshold,
    /// The 95th percentile of the time to answer, in milliseconds; more is worse. Never, where nobody said from when on.
    pub p95: Threshold,
}

impl Default for Thresholds {
    fn default() -> Self {
        let steps = |warning, critical| Threshold {
            warning: Some(warning),
            critical,
            hold: Duration::ZERO,
        };
        Self {
            memory: steps(80.0, None),
            disk_free: steps(20.0, Some(10.0)),
            error_rate: Threshold::default(),
            p95: Threshold::default(),
        }
    }
}
