//! The alerts pane: what wants an eye, sorted by whether the deployment brought it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

use super::{
    Loop, Model, Pane, Update,
    list::Cursor,
    operations::{self, CLOCKS, Operation},
    services,
    text_field::FilterField,
};
use crate::domain::{
    action::Action,
    alert::{Acknowledgement, Alert, Fingerprint, Severity},
    command::Command,
    rollout::Rollout,
    service::ServiceId,
};

/// How long after a deployment's start an alert still counts as brought by it.
const DEPLOYMENT_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// The groups, in their order on screen. One of the two kinds of new is there at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// It began after the last deployment did.
    NewSinceDeploy,
    /// It began while this console watched, and no deployment did lately.
    NewSinceOpened,
    /// It was there before, or nobody knows since when.
    AlreadyThere,
    /// Somebody knows of it.
    Silenced,
}

impl Group {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::NewSinceDeploy => "new since deploy",
            Self::NewSinceOpened => "new since opened",
            Self::AlreadyThere => "already there",
            Self::Silenced => "silenced",
        }
    }
}

/// What the pane knows.
#[derive(Debug, Default)]
pub struct Alerts {
    /// The selected alert.
    pub cursor: Cursor<Fingerprint>,
    /// What is shown.
    pub filter: FilterField,
    /// All alerts there are.
    all: Vec<Alert>,
    acknowledged: Vec<Acknowledgement>,
}

impl Alerts {
    /// All of them, in no order.
    pub fn all(&self) -> &[Alert] {
        &self.all
    }

    /// Who knows of it, while that lasts.
    pub fn acknowledgement(
        &self,
        fingerprint: &Fingerprint,
        now: Timestamp,
    ) -> Option<&Acknowledgement> {
        self.acknowledged
            .iter()
            .find(|a| a.fingerprint == *fingerprint && a.until > now)
    }
}

/// When deployments began.
#[derive(Default)]
struct Deployed<'m> {
    /// The last of all.
    last: Option<Timestamp>,
    /// The first of each service.
    first: BTreeMap<&'m ServiceId, Timestamp>,
}

impl Model {
    /// The deployments that began lately, in no order.
    pub fn deployments(&self) -> impl Iterator<Item = &Rollout> {
        let identity = &self.snapshot().host.identity;
        let rollouts = self.snapshot().rollouts.iter().map(AsRef::as_ref);
        // Going back brings nothing new: what it was to mend still counts against the deployment before.
        rollouts.filter(move |r| {
            let until = self.source.known_until(self.now);
            let lately = |at| until.duration_since(at) < DEPLOYMENT_WINDOW;
            let back = |o: &Operation| matches!(o.plan.action(), Action::RollBack { .. });
            r.began().is_some_and(lately) && !self.operations.behind(identity, r).is_some_and(back)
        })
    }

    /// When what was deployed lately began. Our own began when it was agreed to: what its first steps bring comes with it.
    fn deployed(&self) -> Deployed<'_> {
        let identity = &self.snapshot().host.identity;
        let began = |r: &Rollout| match self.operations.behind(identity, r) {
            Some(own) => r.started.min(own.plan.agreed().at),
            None => r.started,
        };
        let mut deployed = Deployed::default();
        for rollout in self.deployments() {
            let at = began(rollout) - CLOCKS;
            deployed.last = deployed.last.max(Some(at));
            let first = deployed.first.entry(&rollout.service).or_insert(at);
            *first = at.min(*first);
        }
        deployed
    }

    /// The group of an alert, where that was deployed lately: what came after the last one, or on a service after its own.
    fn alert_group(&self, alert: &Alert, deployed: &Deployed<'_>) -> Group {
        if self.silenced(alert) {
            return Group::Silenced;
        }
        let own = alert.service.as_ref().and_then(|of| deployed.first.get(of));
        match (own.copied().or(deployed.last), alert.since) {
            (Some(deployed), Some(since)) if since >= deployed => Group::NewSinceDeploy,
            (None, Some(since)) if since >= self.opened => Group::NewSinceOpened,
            _ => Group::AlreadyThere,
        }
    }

    fn silenced(&self, alert: &Alert) -> bool {
        let known = self.alerts.acknowledgement(&alert.fingerprint, self.now);
        alert.silenced || known.is_some()
    }

    /// The alerts that the filter lets through with their groups, in no order.
    pub(super) fn shown_alerts(&self) -> impl Iterator<Item = (Group, &Alert)> {
        let deployed = self.deployed();
        self.alerts
            .all
            .iter()
            .filter(|a| self.alerts.filter.shows(&a.summary))
            .map(move |a| (self.alert_group(a, &deployed), a))
    }

    /// The alerts shown, by group, worst first, the longest-lasting last.
    pub fn grouped_alerts(&self) -> Vec<(Group, &Alert)> {
        let mut all: Vec<_> = self.shown_alerts().collect();
        all.sort_by(|(ga, a), (gb, b)| {
            (ga, a.severity, std::cmp::Reverse(a.since), &a.fingerprint).cmp(&(
                gb,
                b.severity,
                std::cmp::Reverse(b.since),
                &b.fingerprint,
            ))
        });
        all
    }

    /// How many are critical and how many are warnings, silenced ones left out.
    pub fn alert_counts(&self) -> (usize, usize) {
        let loud = self.alerts.all.iter().filter(|a| !self.silenced(a));
        let critical = loud
            .clone()
            .filter(|a| a.severity == Severity::Critical)
            .count();
        (critical, loud.count() - critical)
    }
}

/// One line of the pane.
#[derive(Clone, Debug)]
pub enum Line<'a> {
    /// The name of a group, and how many there are in it.
    Heading(Group, usize),
    /// An alert.
    Alert(Group, &'a Alert),
    /// A whole group in a line; where there are lines to spare, one for those that are as bad.
    Strip(Group, Vec<&'a Alert>),
}

impl Line<'_> {
    /// The alert that the cursor is on when it is on this line.
    pub const fn fingerprint(&self) -> Option<&Fingerprint> {
        match self {
            Self::Alert(_, alert) => Some(&alert.fingerprint),
            Self::Heading(..) | Self::Strip(..) => None,
        }
    }
}

/// How many lines the pane would fill: the alerts and the headings of their groups.
pub fn wanted(model: &Model) -> usize {
    let mut headings = BTreeSet::new();
    let alerts = model
        .shown_alerts()
        .inspect(|(group, _)| {
            headings.insert(*group);
        })
        .count();
    alerts + headings.len()
}

/// How many lines it fills in so few that they are told group by group; see [`lines`].
pub fn told(model: &Model, height: u16) -> u16 {
    if height >= LISTED || model.focus == Pane::Alerts {
        return height;
    }
    let kinds: BTreeSet<_> = model
        .shown_alerts()
        .map(|(group, alert)| (group, alert.severity))
        .collect();
    height
        .min(u16::try_from(kinds.len()).unwrap_or(height))
        .max(1)
}

/// From so many rows on the alerts are listed, and scroll.
const LISTED: u16 = 4;

/// The lines in so many rows: in a few of them a line for each group, unless all fits or the pane is in focus.
pub fn lines(model: &Model, height: u16) -> Vec<Line<'_>> {
    let alerts = model.grouped_alerts();
    let groups: Vec<&[(Group, &Alert)]> = alerts.chunk_by(|a, b| a.0 == b.0).collect();
    let fits = alerts.len() + groups.len() <= usize::from(height);
    if !fits && height < LISTED && model.focus != Pane::Alerts {
        let as_bad: Vec<&[(Group, &Alert)]> = alerts
            .chunk_by(|(ga, a), (gb, b)| (ga, a.severity) == (gb, b.severity))
            .collect();
        let roomy = as_bad.len() <= usize::from(height);
        return if roomy { as_bad } else { groups }
            .iter()
            .map(|group| Line::Strip(group[0].0, group.iter().map(|(_, a)| *a).collect()))
            .collect();
    }
    groups
        .iter()
        .flat_map(|group| {
            let heading = Line::Heading(group[0].0, group.len());
            std::iter::once(heading).chain(group.iter().map(|(g, a)| Line::Alert(*g, a)))
        })
        .collect()
}

/// These are the alerts now.
pub fn arrived(model: &mut Model, alerts: Vec<Alert>) -> Update {
    let before = &model.alerts.all;
    let new_critical = alerts.iter().any(|a| {
        a.severity == Severity::Critical && !before.iter().any(|b| b.fingerprint == a.fingerprint)
    });
    let bell = new_critical && model.source.generation > 1;
    model.alerts.all = alerts;
    operations::recount(model);
    let update = refresh(model).and(services::refresh(model));
    if bell {
        update.and(Update::effect(Loop::Bell))
    } else {
        update
    }
}

/// These are acknowledged now.
pub fn acknowledged(model: &mut Model, acknowledged: Vec<Acknowledgement>) -> Update {
    model.alerts.acknowledged = acknowledged;
    refresh(model)
}

fn order(model: &Model) -> Vec<Fingerprint> {
    model
        .grouped_alerts()
        .into_iter()
        .map(|(_, a)| a.fingerprint.clone())
        .collect()
}

/// After other alerts, or another filter: the cursor stands on an alert that is shown.
pub fn refresh(model: &mut Model) -> Update {
    let order = order(model);
    model.alerts.cursor.settle(&order);
    Update::redraw()
}

/// Whether `esc` has something of this pane's to take back.
pub fn takes_back(model: &Model) -> bool {
    !model.alerts.filter.text().is_empty()
}

/// A command in this pane; `None` when it is not this pane's.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    let back = takes_back(model);
    let rows = order(model);
    let page = usize::from(model.size.1 / 2).max(1).cast_signed();
    let pane = &mut model.alerts;
    match command {
        Command::Up => pane.cursor.step(&rows, -1),
        Command::Down => pane.cursor.step(&rows, 1),
        Command::PageUp => pane.cursor.step(&rows, -page),
        Command::PageDown => pane.cursor.step(&rows, page),
        Command::Top => pane.cursor.go(&rows, 0),
        Command::Bottom => pane.cursor.go(&rows, usize::MAX),
        Command::Filter => pane.filter.begin(),
        Command::Back if back => {
            pane.filter.clear();
            return Some(refresh(model));
        }
        _ => return None,
    }
    Some(Update::redraw())
}

/// A press on a line of the pane, which is so high: its alert is selected.
pub fn press(model: &mut Model, line: usize, height: u16) {
    let lines = lines(model, height);
    let pressed = lines.get(model.alerts.cursor.first() + line);
    if let Some(fingerprint) = pressed.and_then(Line::fingerprint).cloned() {
        model.alerts.cursor.selected = Some(fingerprint);
    }
}

/// The alert under the cursor; only one that is shown can be meant.
pub fn selected(model: &Model) -> Option<&Alert> {
    let selected = model.alerts.cursor.selected.as_ref()?;
    model
        .shown_alerts()
        .map(|(_, alert)| alert)
        .find(|alert| alert.fingerprint == *selected)
}

/// Whether somebody knows of the alert under the cursor: the key that acknowledges takes that back.
pub fn known(model: &Model) -> bool {
    selected(model).is_some_and(|alert| model.silenced(alert))
}

/// The service of the alert under the cursor.
pub fn subject(model: &Model) -> Option<ServiceId> {
    selected(model)?.service.clone()
}
