//! Which columns the services have, how wide they are, and what stands in them.

use std::ops::Range;

use super::{
    figure::{Figure, cpu, figure_of, memory},
    why::Why,
};
use crate::{
    domain::{health::Health, instance::Instance, service::Service, theme::Role},
    state::{
        Model,
        services::{Row as Shown, replica},
    },
    text::width,
    ui::{Look, figures, paint::Row},
};

/// The columns of one frame.
pub(super) struct Columns {
    name: usize,
    why: usize,
    /// Each with its width.
    figures: Vec<(Figure, usize)>,
    /// Whether the group stands before the name.
    grouped: bool,
}

/// The cursor's bar, the sign, and a blank after it.
const SIGNS: usize = 3;
const READY: usize = 5;
/// Figures make room for the longest reason that stands there, within these bounds: it is the one thing to know.
const WHY: (usize, usize) = (20, 28);
const LONGEST_NAME: usize = 28;
/// What is left of a group where there is little room.
const GROUP: usize = 4;
/// Replicas stand so far within their service.
const INDENT: usize = 2;

impl Columns {
    /// The columns for what the model shows, in so many cells.
    pub(super) fn new(model: &Model, look: &Look, room: usize) -> Self {
        let grouped = model.services_prefixed();
        let extents = model.services.extents();
        let services = if grouped {
            extents.grouped
        } else {
            extents.name
        };
        let name = services
            .max(extents.replica + INDENT)
            .clamp(7, LONGEST_NAME)
            .min((room / 3).max(7));
        let version = extents.version.max(7);
        let mut figures: Vec<(Figure, usize)> = Figure::ALL
            .into_iter()
            .filter(|figure| figure.has_source(extents.known))
            .map(|figure| (figure, figure.width(version)))
            .collect();
        let fixed = SIGNS + name + 1 + READY + 1;
        let left = |figures: &[(Figure, usize)]| {
            let taken: usize = figures.iter().map(|(_, width)| width + 1).sum();
            room.checked_sub(fixed + taken + 1)
        };
        let reason = longest_reason(model, look);
        for expendable in Figure::EXPENDABLE {
            if left(&figures).is_some_and(|why| why >= reason) {
                break;
            }
            figures.retain(|(figure, _)| *figure != expendable);
        }
        Self {
            name,
            why: left(&figures).unwrap_or(0),
            figures,
            grouped,
        }
    }

    /// The cells of the names.
    pub(super) const fn name(&self) -> Range<u16> {
        SIGNS as u16..(SIGNS + self.name) as u16
    }

    /// The row of heads.
    pub(super) fn heads(&self, model: &Model, look: &Look) -> Row {
        let style = look.style(Role::Column);
        let mut row = Row::new();
        let name = if model.services.nodes {
            "NODE"
        } else {
            "SERVICE"
        };
        row.gap(SIGNS).push(width::pad(name, self.name), style);
        row.gap(1).push(width::pad("READY", READY), style);
        row.gap(1).push(width::pad("WHY", self.why), style);
        for (figure, columns) in &self.figures {
            let head = match figure {
                Figure::Version | Figure::Trend => width::pad(figure.head(), *columns),
                _ => width::pad_left(figure.head(), *columns),
            };
            row.gap(1).push(head, style);
        }
        row
    }

    /// A service, a replica, or the heading of a group.
    pub(super) fn row(&self, model: &Model, look: &Look, shown: Shown<'_>, selected: bool) -> Row {
        let mut row = Row::new();
        let cursor = if selected { look.glyphs.cursor } else { " " };
        row.push(cursor, look.style(Role::Accent));
        match shown {
            Shown::Group(name) => {
                let name = if name.is_empty() {
                    "outside any project"
                } else {
                    name
                };
                row.push(format!("{name} "), look.style(Role::Column));
            }
            Shown::Service(service) => self.service(model, look, service, &mut row),
            Shown::Instance(service, instance) => {
                self.instance(model, look, service, instance, &mut row);
            }
        }
        row
    }

    fn service(&self, model: &Model, look: &Look, service: &Service, row: &mut Row) {
        let marked = model.services.marked.contains(&service.id);
        let why = Why::of(model, look, service);
        let health = why.health;
        self.sign(look, health, marked, row);
        let style = look.style(if marked { Role::Marked } else { Role::Text });
        let mut name = self.name;
        if self.grouped && !service.id.group.is_empty() {
            // Names tell more than their groups: where there is no room for both, the group is cut first.
            let room = name.saturating_sub(service.id.name.width() + 1).max(GROUP);
            let group = width::truncate(&service.id.group, room.min(name.saturating_sub(2)));
            let group = signed(format!("{group}/"), look);
            name -= width::width(&group);
            row.push(group, look.style(Role::Dim));
        }
        row.cell(&middle(service.id.bare(), name, look), style)
            .gap(1);
        let short = service.ready() < service.wanted();
        let ready = match (service.wanted(), service.instances.len()) {
            (0, 0) => look.glyphs.none.to_owned(),
            // A node's thousand: the half that has room would say less.
            (wanted @ 100.., _) if !short => wanted.to_string(),
            (wanted, _) => format!("{}/{wanted}", service.ready()),
        };
        let role = if short { of(health) } else { Role::Text };
        row.push(width::pad(&ready, READY), look.style(role)).gap(1);
        self.why(model, look, health, &why.within(self.why), row);
        for (figure, columns) in &self.figures {
            let (text, role) = figure_of(*figure, model, look, service);
            row.gap(1)
                .push(placed(*figure, &text, *columns, look), look.style(role));
        }
    }

    fn instance(
        &self,
        model: &Model,
        look: &Look,
        service: &Service,
        instance: &Instance,
        row: &mut Row,
    ) {
        self.sign(look, instance.health, false, row);
        let name = format!("{:INDENT$}{}", "", replica(service, instance));
        row.push(middle(&name, self.name, look), look.style(Role::Dim))
            .gap(1);
        let ready = if instance.ready() {
            look.glyphs.good
        } else {
            look.glyphs.absent
        };
        row.push(width::pad(ready, READY), look.style(Role::Dim))
            .gap(1);
        if instance.why.is_empty() {
            // What the platform calls it follows.
            let place = match instance.node.as_str() {
                "" => instance.id.short(),
                node => node,
            };
            let words = format!("{}  {place}", instance.word());
            row.push(cut(&words, self.why, look), look.style(Role::Dim));
        } else {
            self.why(model, look, instance.health, &instance.why, row);
        }
        let dim = look.style(Role::Dim);
        for (figure, columns) in &self.figures {
            let text = match figure {
                Figure::Version if instance.image != service.image => {
                    let image: &str = &instance.image;
                    image.rsplit([':', '/']).next().unwrap_or(image).to_owned()
                }
                Figure::Age => instance.started.map_or_else(
                    || look.glyphs.none.to_owned(),
                    |at| figures::age(figures::seconds(at, figures::known_until(model))),
                ),
                Figure::Restarts if instance.restarts > 0 => instance.restarts.to_string(),
                Figure::Cpu => cpu(&instance.usage, look),
                Figure::Memory => memory(&instance.usage, look),
                _ => String::new(),
            };
            row.gap(1).push(placed(*figure, &text, *columns, look), dim);
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "reads as a part of the row, like the others"
    )]
    fn sign(&self, look: &Look, health: Health, marked: bool, row: &mut Row) {
        let sign = match health {
            Health::Critical => look.glyphs.critical,
            Health::Warning => look.glyphs.warning,
            Health::Unknown => look.glyphs.unknown,
            Health::Well | Health::Off => " ",
        };
        row.push(sign, look.style(of(health)));
        if marked {
            row.push(look.glyphs.marked, look.style(Role::Marked));
        } else {
            row.gap(1);
        }
    }

    fn why(&self, model: &Model, look: &Look, health: Health, why: &str, row: &mut Row) {
        let (text, role) = match health {
            _ if !why.is_empty() => (why, of(health)),
            Health::Well if figures::stale(model) => ("last known well", Role::Stale),
            Health::Well => ("", Role::Text),
            health => (health.word(), of(health)),
        };
        row.cell(&cut(text, self.why, look), look.style(role));
    }
}

/// Columns of the longest reason that stands there, within the bounds.
fn longest_reason(model: &Model, look: &Look) -> usize {
    let snapshot = model.snapshot();
    let ailing = model
        .services
        .ailing()
        .filter_map(|id| snapshot.service(id));
    let added = ailing.map(|service| width::width(&Why::of(model, look, service).words));
    let longest = added.fold(model.services.extents().reason, usize::max);
    longest.clamp(WHY.0, WHY.1)
}

/// How a state is drawn.
const fn of(health: Health) -> Role {
    match health {
        Health::Critical => Role::Critical,
        Health::Warning => Role::Warning,
        Health::Unknown => Role::Unknown,
        Health::Well => Role::Good,
        Health::Off => Role::Dim,
    }
}

/// In exactly so many columns, cut at the end.
fn cut(text: &str, columns: usize, look: &Look) -> String {
    signed(width::pad(text, columns), look)
}

/// In exactly so many columns, cut in the middle: the ends of names tell them apart.
fn middle(text: &str, columns: usize, look: &Look) -> String {
    signed(
        width::pad(&width::truncate_middle(text, columns), columns),
        look,
    )
}

fn placed(figure: Figure, text: &str, columns: usize, look: &Look) -> String {
    match figure {
        Figure::Version => middle(text, columns, look),
        Figure::Trend => cut(text, columns, look),
        _ => signed(width::pad_left(text, columns), look),
    }
}

/// The terminal's own sign for what was cut.
fn signed(text: String, look: &Look) -> String {
    if look.glyphs.ellipsis == "…" {
        text
    } else {
        text.replace('…', look.glyphs.ellipsis)
    }
}
