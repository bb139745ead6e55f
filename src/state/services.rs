//! The services pane: one row a service, its replicas under it.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ratatui::layout::Rect;

mod extents;

pub use self::extents::{BOTH_VERSIONS, Extents, Known, replica};

use super::{
    Effect, Model, Pane, Update, Work,
    list::Cursor,
    logs,
    standing::{self, Standing},
    text_field::FilterField,
    unseen,
};
use crate::{
    domain::{
        alert::Severity,
        command::Command,
        instance::{Instance, InstanceId},
        named,
        service::{Service, ServiceId, ServiceKind},
        source::SourceHealth,
    },
    safe,
    text::{SafeText, width},
};

/// Identity of a row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowId {
    /// The services of a group: its heading.
    Group(SafeText),
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
    /// Whether the nodes of a cluster are shown instead of its services.
    pub nodes: bool,
    /// Whether the cursor stays where it is. Rows come in pieces at first, the worst perhaps last: until all are there, or
    /// somebody presses a key, it stands on the first one.
    pub held: bool,
    /// The order.
    pub sort: Sort,
    /// What is shown.
    pub filter: FilterField,
    /// The rows as they stand, from top to bottom; made anew when something changes.
    rows: Vec<RowId>,
    /// How many services are among the rows.
    shown: usize,
    /// How those stand that are not well.
    standings: BTreeMap<ServiceId, Standing>,
    /// The versions on their way where others serve.
    coming: BTreeMap<ServiceId, SafeText>,
    /// The services on screen, as the platform was last told.
    visible: Vec<ServiceId>,
    /// What the columns are measured by.
    extents: Extents,
}

impl Services {
    /// The rows as they stand.
    pub fn rows(&self) -> &[RowId] {
        &self.rows
    }

    /// How a service stands that is not well; `None` of one that is.
    pub fn standing(&self, id: &ServiceId) -> Option<&Standing> {
        self.standings.get(id)
    }

    /// The services that are not well, or whose logs are not.
    pub fn ailing(&self) -> impl Iterator<Item = &ServiceId> {
        self.standings.keys()
    }

    /// The version that is on its way to a service where another one serves.
    pub fn coming(&self, id: &ServiceId) -> Option<&SafeText> {
        self.coming.get(id)
    }

    /// What the columns are measured by.
    pub const fn extents(&self) -> &Extents {
        &self.extents
    }

    /// How many services are among them.
    pub const fn shown_services(&self) -> usize {
        self.shown
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

/// The parts of the pane, one under the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// What is wrong with the connection, and what mends it; no rows high where nothing is.
    pub problem: Rect,
    /// The heads of the columns.
    pub heads: Rect,
    /// The rows.
    pub rows: Rect,
}

/// Where they are within the pane.
pub fn parts(model: &Model, pane: Rect) -> Parts {
    let problem = (problem_lines(model, pane.width) as u16).min(pane.height);
    let there = !model.snapshot().services.is_empty();
    let heads = u16::from(there).min(pane.height - problem);
    let part = |from: u16, height: u16| Rect {
        y: pane.y + from,
        height,
        ..pane
    };
    Parts {
        problem: part(0, problem),
        heads: part(problem, heads),
        rows: part(problem + heads, pane.height - problem - heads),
    }
}

/// What stands above the rows: the connection's problem, or what may not be looked at; empty where all is there.
pub fn problem(model: &Model) -> SafeText {
    let source = &model.source;
    if !source.problem.is_empty() {
        return source.problem.clone();
    }
    let why = unseen::of(source, Pane::Services);
    if why.is_empty() {
        why
    } else {
        safe!("not all is shown: {why}")
    }
}

/// How many lines of so many columns that takes, one blank on either side.
fn problem_lines(model: &Model, columns: u16) -> usize {
    let problem = problem(model);
    if problem.is_empty() {
        return 0;
    }
    let room = usize::from(columns.saturating_sub(2)).max(1);
    width::wrap(&problem, room).len()
}

/// How many lines the pane would fill in so many columns.
pub fn wanted(model: &Model, columns: u16) -> usize {
    let heads = usize::from(!model.snapshot().services.is_empty());
    problem_lines(model, columns) + heads + model.services.rows.len().max(1)
}

impl Model {
    /// Whether the group stands before each name: there are several, and no headings.
    pub fn services_prefixed(&self) -> bool {
        self.services.sort != Sort::Name && self.services.extents.groups
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

/// Shows the nodes instead of the services, or the services again; another list takes no marks along.
pub fn toggle_nodes(model: &mut Model) {
    model.services.nodes = !model.services.nodes;
    model.services.marked.clear();
    let _ = refresh(model);
}

/// The rows anew: after a new snapshot, a filter, an order.
pub fn refresh(model: &mut Model) -> Update {
    let snapshot = Arc::clone(&model.source.snapshot);
    let standings = standing::all(model);
    let pane = &mut model.services;
    let mut services: Vec<&Arc<Service>> = snapshot
        .services
        .iter()
        .filter(|s| (s.kind == ServiceKind::Node) == pane.nodes)
        .filter(|s| pane.filter.text().is_empty() || pane.filter.shows(&words(s)))
        .collect();
    match pane.sort {
        Sort::Worst => services.sort_by(|a, b| {
            // Of two that are as bad and stand alike, the one that lacks copies comes first.
            let whole = |s: &Service| s.ready() >= s.wanted();
            let stands = |s: &Service| {
                let standing = standings.get(&s.id);
                standing.map_or((s.health, true, false), Standing::order)
            };
            (stands(a), whole(a), &a.id).cmp(&(stands(b), whole(b), &b.id))
        }),
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
    pane.shown = services.len();
    let coming = snapshot.coming();
    pane.extents = Extents::of(&snapshot, pane.nodes, &pane.expanded, &standings, &coming);
    let owned = |(id, to): (&ServiceId, &SafeText)| (id.clone(), to.clone());
    pane.coming = coming.into_iter().map(owned).collect();
    let headings = pane.sort == Sort::Name && pane.extents.groups;
    pane.standings = standings;
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
    if pane.held {
        pane.cursor.settle(&pane.rows);
    } else {
        pane.cursor.go(&pane.rows, 0);
        pane.held = model.source.health == SourceHealth::Live && !pane.rows.is_empty();
    }
    // While a filter is typed, the cursor is where its words are in the name: others may match by what they suffer from.
    if pane.filter.editing()
        && let Some(word) = pane.filter.text().split_whitespace().next()
        && let Some(at) = pane.rows.iter().position(|row| names(row, word))
    {
        pane.cursor.go(&pane.rows, at);
    }
    Update::redraw()
}

fn names(row: &RowId, word: &str) -> bool {
    row.service()
        .is_some_and(|id| id.name.to_lowercase().contains(&word.to_lowercase()))
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

/// Whether `esc` has something of this pane's to take back.
pub fn takes_back(model: &Model) -> bool {
    !model.services.filter.text().is_empty() || !model.services.marked.is_empty()
}

/// A command in this pane; `None` when it is not this pane's.
pub fn command(model: &mut Model, command: Command) -> Option<Update> {
    let back = takes_back(model);
    let half_screen = usize::from(model.size.1 / 2).max(1).cast_signed();
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
        Command::Back if back => pane.marked.clear(),
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
            return Some(logs::follow(model, services));
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

/// The service of that name is selected, and its logs are followed.
pub(super) fn open(model: &mut Model, name: &str) -> Update {
    let id = match named::one(&model.snapshot().services, None, name) {
        Ok(service) => service.id.clone(),
        Err(why) => {
            let (now, why) = (model.now, safe!("{why}"));
            model.notices.say(now, Some(Severity::Warning), why);
            return Update::redraw();
        }
    };
    model.services.held = true;
    model.services.cursor.selected = Some(RowId::Service(id.clone()));
    logs::follow(model, vec![id])
}

/// A press on a row of the screen within the pane: what stands there is selected.
pub fn press(model: &mut Model, inner: Rect, row: u16) {
    let below = row.checked_sub(parts(model, inner).rows.y);
    let pane = &mut model.services;
    if let Some(below) = below
        && let Some(id) = pane.rows.get(pane.cursor.first() + usize::from(below))
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
    Some(Effect::Work(Work::Visible(visible)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{fixture, health::Health, source::SourceState},
        state::{Msg, update},
    };

    fn shows(model: &mut Model, health: SourceHealth, bad: &[&str]) {
        let services = ["api", "web"].map(|name| Service {
            health: if bad.contains(&name) {
                Health::Critical
            } else {
                Health::Well
            },
            ..fixture::service(name, Vec::new())
        });
        let state = SourceState {
            health,
            ..fixture::state("d1", services.into())
        };
        let _ = update(model, Msg::Source(Box::new(state)));
    }

    #[test]
    fn the_cursor_stands_on_the_worst_until_all_rows_are_there_and_then_where_it_is() {
        let mut model = Model::default();
        shows(&mut model, SourceHealth::CatchingUp, &[]);
        assert_eq!(subjects(&model), [fixture::id("api")]);
        shows(&mut model, SourceHealth::Live, &["web"]);
        assert_eq!(subjects(&model), [fixture::id("web")]);
        shows(&mut model, SourceHealth::Live, &["api"]);
        assert_eq!(subjects(&model), [fixture::id("web")]);
    }

    #[test]
    fn a_key_holds_the_cursor_where_it_is() {
        let mut model = Model::default();
        shows(&mut model, SourceHealth::CatchingUp, &[]);
        let _ = update(&mut model, Msg::Key("j".parse().expect("a key")));
        shows(&mut model, SourceHealth::Live, &["web"]);
        assert_eq!(subjects(&model), [fixture::id("api")]);
    }
}
