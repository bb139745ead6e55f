//! The columns of figures: which there are, and how each is written.

use crate::{
    domain::{instance::Usage, service::Service, theme::Role},
    state::{
        Model,
        services::{BOTH_VERSIONS, Known},
    },
    text::width,
    ui::{Look, figures},
};

/// Columns of a small curve.
const TREND: usize = 8;

/// A column of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Figure {
    Version,
    Age,
    Rate,
    Errors,
    P95,
    Cpu,
    Memory,
    Restarts,
    Trend,
}

impl Figure {
    /// From left to right.
    pub(super) const ALL: [Self; 9] = [
        Self::Version,
        Self::Age,
        Self::Rate,
        Self::Errors,
        Self::P95,
        Self::Cpu,
        Self::Memory,
        Self::Restarts,
        Self::Trend,
    ];

    /// In a narrow pane the first of these goes first.
    pub(super) const EXPENDABLE: [Self; 9] = [
        Self::Trend,
        Self::Restarts,
        Self::Cpu,
        Self::P95,
        Self::Rate,
        Self::Age,
        Self::Memory,
        Self::Errors,
        Self::Version,
    ];

    /// Its width, where versions take so much.
    pub(super) const fn width(self, version: usize) -> usize {
        match self {
            Self::Version => version,
            Self::Age => 3,
            Self::Restarts => 4,
            Self::Rate => 6,
            Self::Errors | Self::P95 | Self::Cpu | Self::Memory => 5,
            Self::Trend => TREND,
        }
    }

    pub(super) const fn head(self) -> &'static str {
        match self {
            Self::Version => "VERSION",
            Self::Age => "AGE",
            Self::Rate => "RATE",
            Self::Errors => "ERR",
            Self::P95 => "P95",
            Self::Cpu => "CPU",
            Self::Memory => "MEM",
            Self::Restarts => "RST",
            Self::Trend => "TREND",
        }
    }

    /// Whether anything measures it.
    pub(super) const fn has_source(self, known: Known) -> bool {
        match self {
            Self::Version => true,
            Self::Age => known.since,
            Self::Rate => known.rate,
            Self::Errors => known.errors,
            Self::P95 => known.p95,
            Self::Cpu => known.cpu,
            Self::Memory => known.memory,
            Self::Restarts => known.restarts,
            Self::Trend => known.trend,
        }
    }
}

/// What stands there for a service, and how it looks.
pub(super) fn figure_of(
    figure: Figure,
    model: &Model,
    look: &Look,
    service: &Service,
) -> (String, Role) {
    let none = || look.glyphs.none.to_owned();
    let traffic = &service.traffic;
    match figure {
        Figure::Version => match model.services.coming(&service.id) {
            Some(to) => (both(&service.version, to, look, BOTH_VERSIONS), Role::Text),
            None => (service.version.to_string(), Role::Text),
        },
        Figure::Age => {
            let age = service.since.map_or_else(none, |since| {
                figures::age(figures::seconds(since, figures::known_until(model)))
            });
            let changed = model.services.standing(&service.id).and_then(|s| s.changed);
            (age, changed.map_or(Role::Dim, |_| Role::Accent))
        }
        Figure::Rate => (traffic.rate.map_or_else(none, figures::rate), Role::Text),
        Figure::Errors => (
            traffic.error_percent.map_or_else(none, figures::percent),
            Role::Text,
        ),
        Figure::P95 => (
            traffic.p95_ms.map_or_else(none, figures::millis),
            Role::Text,
        ),
        Figure::Cpu => (cpu(&service.usage, look), Role::Text),
        Figure::Memory => (memory(&service.usage, look), Role::Text),
        Figure::Restarts => match service.instances.iter().map(|i| i.restarts).sum::<u32>() {
            0 => (none(), Role::Dim),
            restarts => (restarts.to_string(), Role::Warning),
        },
        Figure::Trend => (curve(&service.trend, TREND, look), Role::Spark),
    }
}

/// The version that serves and the one that is on its way, each cut where both are wider than that.
pub(in crate::ui) fn both(serves: &str, to: &str, look: &Look, columns: usize) -> String {
    let arrow = format!(" {} ", look.glyphs.arrow);
    let room = columns.saturating_sub(width::width(&arrow));
    let (serves_wide, to_wide) = (width::width(serves), width::width(to));
    // What one does not need the other one has.
    let first = serves_wide.min((room / 2).max(room.saturating_sub(to_wide)));
    let serves = width::truncate_middle(serves, first);
    let to = width::truncate_middle(to, room - first);
    format!("{serves}{arrow}{to}")
}

/// In percent of one core.
pub(super) fn cpu(usage: &Usage, look: &Look) -> String {
    usage
        .cpu_percent
        .map_or_else(|| look.glyphs.none.to_owned(), |cpu| format!("{cpu:.0}%"))
}

/// In percent of the limit; without one, as it is.
pub(super) fn memory(usage: &Usage, look: &Look) -> String {
    match (usage.memory_percent(), usage.memory_bytes) {
        (Some(percent), _) => format!("{percent:.0}%"),
        (None, Some(bytes)) => figures::bytes(bytes),
        (None, None) => look.glyphs.none.to_owned(),
    }
}

/// The last figures as a small curve.
fn curve(trend: &[f32], columns: usize, look: &Look) -> String {
    let last = &trend[trend.len().saturating_sub(columns)..];
    let most = last.iter().copied().fold(f32::EPSILON, f32::max);
    last.iter()
        .map(|value| look.glyphs.spark(f64::from(value / most)))
        .collect()
}
