//! `quarterdeck.toml`, and the environment over it: read, checked and resolved.

pub mod address;
pub mod backup;
pub mod check;
pub mod checklist;
pub mod environment;
pub mod preferences;
pub mod prometheus;
mod threshold;

use std::{collections::BTreeMap, sync::Arc};

use self::{
    address::Web,
    backup::Backup,
    check::{Check, What},
    checklist::Command,
    environment::Environment,
    preferences::{Locations, Preferences},
};
use super::{
    reader::{Keys, Reader},
    report::{Report, Source},
    variables::Variables,
};
use crate::domain::{proxied::Proxied, threshold::Thresholds};

/// The tables of the file.
const TABLES: Keys<'_> = Keys {
    known: &[
        "environment",
        "service",
        "backup",
        "threshold",
        "checklist",
        "ui",
        "logs",
        "known_good_after",
        "read_only",
        "operator",
    ],
    later: &["notify"],
};

/// Those of a service.
const SERVICE: Keys<'_> = Keys {
    known: &["threshold", "check", "metrics"],
    later: &["logs", "runbook"],
};

/// Everything that was set, checked; what was not set is at its default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// The environments, by name; none means that what is found here is one of kind `unknown`.
    pub environments: BTreeMap<String, Environment>,
    /// The backups, by name.
    pub backups: BTreeMap<String, Backup>,
    /// When to alert, where a service has no thresholds of its own.
    pub thresholds: Thresholds,
    /// When to alert, by service; complete, with the general ones where it has none.
    pub services: BTreeMap<String, Thresholds>,
    /// What is looked at in the background, of all services.
    pub checks: Vec<Check>,
    /// The label and its value by which Prometheus knows a service, by name, where its own name isn't it.
    pub metrics: BTreeMap<String, (String, String)>,
    /// What `command(…)` of a list may name.
    pub commands: Vec<Command>,
    /// What is set in the file or by a variable, the variable winning.
    pub preferences: Preferences,
}

impl Settings {
    /// The Services that are asked through the API server, in that environment.
    pub fn proxied(&self, environment: &str) -> impl Iterator<Item = &Proxied> {
        let place = self.environments.get(environment).into_iter();
        let own = place.flat_map(|place| {
            let prometheus = place.prometheus.iter().map(|prometheus| &prometheus.url);
            prometheus.chain(&place.alertmanager)
        });
        let checks = self.checks_in(environment);
        let checked = checks.filter_map(|check| match &check.what {
            What::Http(http) => Some(&http.url),
            _ => None,
        });
        own.chain(checked).filter_map(Web::proxied)
    }

    /// What is looked at in that environment.
    pub fn checks_in(&self, environment: &str) -> impl Iterator<Item = &Check> {
        let checks = self.checks.iter();
        checks.filter(move |check| {
            let only = &check.environments;
            only.is_empty() || only.iter().any(|name| name == environment)
        })
    }

    /// When to alert about a service.
    pub fn thresholds(&self, service: &str) -> &Thresholds {
        self.services.get(service).unwrap_or(&self.thresholds)
    }
}

/// Reads a file. What is wrong goes to `report`; what is right is in the answer all the same.
pub fn parse(source: &Arc<Source>, variables: &Variables, report: &mut Report) -> Settings {
    read(Some(source), variables, report).0
}

/// Reads the file, if there is one, and the variables. What is wrong goes to `report`.
pub(super) fn read(
    source: Option<&Arc<Source>>,
    variables: &Variables,
    report: &mut Report,
) -> (Settings, Locations) {
    let mut settings = Settings::default();
    let mut layers = preferences::Layers::default();
    if let Some(source) = source {
        let found_before = report.problems().len();
        let mut reader = Reader::new(source, variables, report);
        let file = reader.parse();
        reader.keys(&file, "quarterdeck.toml", &TABLES);
        layers.add_file(&mut reader, &file);
        for (name, table) in reader.tables(&file, "environment") {
            let environment = environment::read(&mut reader, name.value, table);
            settings
                .environments
                .insert(name.value.to_owned(), environment);
        }
        settings.thresholds =
            threshold::read(&mut reader, &file, "threshold", Thresholds::default());
        for (name, table) in reader.tables(&file, "service") {
            reader.keys(table, &format!("service.{}", name.value), &SERVICE);
            let thresholds = threshold::read_of_service(&mut reader, table, settings.thresholds);
            settings.services.insert(name.value.to_owned(), thresholds);
            let checks = check::read(&mut reader, name.value, table, &settings.environments);
            settings.checks.extend(checks);
            if let Some(known_by) = prometheus::read_of_service(&mut reader, table) {
                settings.metrics.insert(name.value.to_owned(), known_by);
            }
        }
        for (name, table) in reader.tables(&file, "backup") {
            if let Some(backup) = backup::read(&mut reader, &name, table) {
                settings.backups.insert(name.value.to_owned(), backup);
            }
        }
        settings.commands = checklist::read(&mut reader, &file);
        report.sort_from(found_before);
    }
    layers.add_variables(variables, report);
    let (preferences, places) = layers.resolve();
    settings.preferences = preferences;
    (settings, places)
}

#[cfg(test)]
mod tests;
