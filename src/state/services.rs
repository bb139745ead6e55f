//! The services pane: one row a service, its replicas under it.

use std::{cmp::Reverse, collections::BTreeSet, sync::Arc};

use ratatui::layout::Rect;

use super::{Effect, Model, Pane, Update, list::Cursor, text_field::FilterField};
use crate::domain::{
    command::Command,
    instance::{Instance, InstanceId},
    service::{Service, ServiceId},
};

/// Identity of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowId {
    /// The services of a group: its heading.
    Group(crate::text::SafeText),
    /// A service.
    Service(ServiceId),
    /// A replica of it.
    Instance(ServiceId, InstanceId),
}

impl RowId {
    /// The service the row is about.
    pub const fn service(&self) -> Option<&ServiceId> {
        match self {
            Self::Group(_) => None,
            Self::Service(id) | Self::Instance(id, _) => Some(id),
        }
    }
}

/// The order of the rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, strum::EnumIter, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Sort {
    /// Worst first, then by name.
    #[default]
    Worst,
    /// By project and name.
    Name,
    /// The youngest version first.
    Age,
    /// The most processor time first.
    Cpu,
    /// The most memory first.
    Memory,
}

/// What the pane knows.
#[derive(Debug, Default)]
pub struct Services {
    /// The selected row.
    pub cursor: Cursor<RowId>,
    /// Marked services: the next action, or the logs, take all of them.
    pub marked: BTreeSet<ServiceId>,
    /// Services whose replicas are shown.
    pub expanded: BTreeSet<ServiceId>,
    /// The order.
    pub sort: Sort,
    /// What is shown.
    pub filter: FilterField,
    /// The rows as they stand, from top to bottom; made anew when something changes.
    rows: Vec<RowId>,
    /// The services on screen, as the platform was last told.
    visible: Vec<ServiceId>,
}

impl Services {
    /// The rows as they stand.
    pub fn rows(&self) -> &[RowId] {
        &self.rows
    }

    /// How many services are among them.
    pub fn shown_services(&self) -> usize {
        let services = self
            .rows
            .iter()
            .filter(|row| matches!(row, RowId::Service(_)));
        services.count()
    }

    /// Where the rows are within the pane: below the heads of the columns.
    pub fn area(pane: Rect) -> Rect {
        let heads = pane.height.min(1);
        Rect {
            y: pane.y + heads,
            height: pane.height - heads,
            ..pane
        }
    }
}

/// A row with what it shows.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// A group's heading.
    Group(&'a str),
    /// A service.
    Service(&'a Arc<Service>),
    /// A replica.
    Instance(&'a Arc<Service>, &'a Arc<Instance>),
}

impl Model {
    /// Whether the group stands before each name: there are several, and no headings.
    pub fn services_prefixed(&self) -> bool {
        let services = &self.snapshot().services;
        self.services.sort != Sort::Name
            && services
                .windows(2)
                .any(|two| two[0].id.group != two[1].id.group)
    }

    /// What a row shows; `None` when it has just gone.
    pub fn row<'a>(&'a self, id: &'a RowId) -> Option<Row<'a>> {
        match id {
            RowId::Group(name) => Some(Row::Group(name)),
            RowId::Service(id) => self.snapshot().service(id).map(Row::Service),
            RowId::Instance(id, instance) => {
                let service = self.snapshot().service(id)?;
                service
                    .instances
                    .iter()
                    .find(|i| i.id == *instance)
                    .map(|i| Row::Instance(service, i))
            }
        }
    }
}

/// The rows anew: after a new snapshot, a filter, an order.
pub fn refresh(model: &mut Model) -> Update {
    let snapshot = Arc::clone(&model.source.snapshot);
    let pane = &mut model.services;
    let mut services: Vec<&Arc<Service>> = snapshot
        .services
        .iter()
        .filter(|s| pane.filter.shows(&words(s)))
        .collect();
    match pane.sort {
        Sort::Worst => services.sort_by(|a, b| (a.health, &a.id).cmp(&(b.health, &b.id))),
        Sort::Name => services.sort_by(|a, b| a.id.cmp(&b.id)),
        Sort::Age => services.sort_by_key(|s| Reverse(s.since)),
        Sort::Cpu => services.sort_by(|a, b| {
            b.usage
                .cpu_percent
                .unwrap_or(-1.0)
                .total_cmp(&a.usage.cpu_percent.unwrap_or(-1.0))
        }),
        Sort::Memory => services.sort_by_key(|s| Reverse(s.usage.memory_bytes)),
    }
    let headings = pane.sort == Sort::Name
        && services
            .windows(2)
            .any(|two| two[0].id.group != two[1].id.group);
    pane.rows.clear();
    let mut group = None;
    for service in services {
        if headings && group != Some(&service.id.group) {
            group = Some(&service.id.group);
            pane.rows.push(RowId::Group(service.id.group.clone()));
        }
        pane.rows.push(RowId::Service(service.id.clone()));
        if pane.expanded.contains(&service.id) {
            pane.rows.extend(
                service
                    .instances
                    .iter()
                    .map(|i| RowId::Instance(service.id.clone(), i.id.clone())),
            );
        }
    }
    pane.marked.retain(|id| snapshot.service(id).is_some());
    pane.cursor.settle(&pane.rows);
    Update::redraw()
}

/// All that a filter looks at.
fn words(service: &Service) -> String {
    format!(
        "{} {} {} {}",
        service.id,
        service.version,
        service.why,
        service.health.word()
    )
}

/// A command in this pane; `None` when it is not this pane's.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    let half_screen = usize::from(model.size.1 / 2).max(1) as isize;
    let pane = &mut model.services;
    match command {
        Command::Up => pane.cursor.step(&pane.rows, -1),
        Command::Down => pane.cursor.step(&pane.rows, 1),
        Command::PageUp => pane.cursor.step(&pane.rows, -half_screen),
        Command::PageDown => pane.cursor.step(&pane.rows, half_screen),
        Command::Top => pane.cursor.go(&pane.rows, 0),
        Command::Bottom => pane.cursor.go(&pane.rows, usize::MAX),
        Command::Filter => pane.filter.begin(),
        Command::Back if !pane.filter.text().is_empty() => {
            pane.filter.clear();
            return Some(refresh(model));
        }
        Command::Back if !pane.marked.is_empty() => pane.marked.clear(),
        Command::Mark => {
            let id = pane.cursor.selected.as_ref()?.service()?.clone();
            if !pane.marked.remove(&id) {
                pane.marked.insert(id);
            }
            pane.cursor.step(&pane.rows, 1);
        }
        Command::Right | Command::Left => {
            let id = pane.cursor.selected.as_ref()?.service()?.clone();
            if command == Command::Right {
                pane.expanded.insert(id);
            } else {
                pane.expanded.remove(&id);
                pane.cursor.selected = Some(RowId::Service(id));
            }
            return Some(refresh(model));
        }
        Command::Logs => {
            let services = subjects(model);
            model.focus = Pane::Logs;
            return Some(super::logs::follow(model, services));
        }
        _ => return None,
    }
    Some(Update::redraw())
}

/// The services that the next action is about: the marked ones, or the one under the cursor.
pub fn subjects(model: &Model) -> Vec<ServiceId> {
    let pane = &model.services;
    if pane.marked.is_empty() {
        pane.cursor
            .selected
            .iter()
            .filter_map(RowId::service)
            .cloned()
            .collect()
    } else {
        pane.marked.iter().cloned().collect()
    }
}

/// A press on a line of the pane: its row is selected.
pub fn press(model: &mut Model, line: usize) {
    let pane = &mut model.services;
    if let Some(below) = line.checked_sub(1)
        && let Some(id) = pane.rows.get(pane.cursor.first() + below)
    {
        pane.cursor.selected = Some(id.clone());
    }
}

/// Tells the platform which services are on screen, when these are others than before.
pub fn tell_visible(model: &mut Model, height: u16) -> Option<Effect> {
    let pane = &mut model.services;
    let shown = pane
        .rows
        .iter()
        .skip(pane.cursor.first())
        .take(usize::from(height));
    let mut visible: Vec<ServiceId> = shown.filter_map(RowId::service).cloned().collect();
    visible.dedup();
    if visible == pane.visible {
        return None;
    }
    pane.visible.clone_from(&visible);
    Some(Effect::Visible(visible))
}
