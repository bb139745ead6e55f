//! What settings mean for the place that the console is at.

use crate::{config::settings::Settings, domain::values, state::logs::Beginning};

/// How the logs begin at a place, as the settings want it.
pub(super) fn logs(settings: &Settings) -> Beginning {
    let preferences = &settings.preferences;
    Beginning {
        memory: usize::try_from(preferences.logs_memory.0).unwrap_or(usize::MAX),
        minutes: match &preferences.logs_since {
            values::Since::Tail => None,
            values::Since::Ago(span) => Some((span.0.as_secs() / 60).clamp(1, 525_600) as i64),
            values::Since::All => Some(0),
        },
    }
}

/// What new settings change about the place we are in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Nothing.
    Nothing,
    /// It is reached or watched otherwise, is of another kind, or what may be done there is another matter.
    Otherwise,
    /// They do not know it any more.
    Gone,
}

impl Change {
    /// What it is.
    pub(super) fn of(here: &str, before: &Settings, after: &Settings) -> Self {
        let (was, is) = (before.environments.get(here), after.environments.get(here));
        if was.is_some() && is.is_none() {
            Self::Gone
        } else if was != is
            || before.preferences.read_only != after.preferences.read_only
            || (&before.checks, &before.metrics) != (&after.checks, &after.metrics)
            || before.commands != after.commands
        {
            Self::Otherwise
        } else {
            Self::Nothing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::settings::environment::Environment;

    #[test]
    fn settings_that_change_the_place_we_are_in_have_it_reached_anew() {
        let with = |name: &str, read_only| {
            let mut settings = Settings::default();
            let environment = Environment {
                read_only,
                ..Environment::default()
            };
            settings.environments.insert(name.to_owned(), environment);
            settings
        };
        let change = |after: &Settings| Change::of("prod", &with("prod", false), after);
        assert_eq!(change(&with("prod", false)), Change::Nothing);
        assert_eq!(change(&with("prod", true)), Change::Otherwise);
        assert_eq!(change(&with("test", false)), Change::Gone);
        let mut everywhere = with("prod", false);
        everywhere.preferences.read_only = true;
        assert_eq!(change(&everywhere), Change::Otherwise);
    }
}
