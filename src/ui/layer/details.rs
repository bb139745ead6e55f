//! One service, looked at closely.

use std::{borrow::Cow, time::Duration};

use ratatui::{buffer::Buffer, layout::Rect};

use super::{boxed, events, page, titled_of};
use crate::{
    domain::{
        alert::Severity,
        health::Health,
        image,
        instance::Instance,
        revision::Revision,
        service::Service,
        signals::{Check, Found},
        theme::Role,
    },
    state::{
        Model,
        layer::{
            self,
            details::{self, Details, Line, NAMES},
        },
        services::replica,
    },
    text::width,
    ui::{Look, figures, paint::Row, services},
};

/// From so many percent of failed requests on a service is not called well.
const ERRS: f32 = 1.0;

pub(super) fn draw(model: &Model, look: &Look, details: &Details, area: Rect, buffer: &mut Buffer) {
    let title = titled_of(look, "Details", &model.name_of(&details.service));
    boxed(model, look, title, Row::new(), area, buffer);
    let inner = layer::within(area);
    let lines = details::lines(model, details, inner.width);
    let shown = |line: &Line<'_>| row(model, look, line, inner.width);
    page(look, &lines, details.scroll, (area, inner), shown, buffer);
}

fn row(model: &Model, look: &Look, line: &Line<'_>, columns: u16) -> Row {
    let mut row = Row::new();
    match line {
        Line::Blank => {}
        Line::Head(title, number) => {
            row.push(*title, look.style(Role::Column));
            if *number > 0 {
                row.push(format!(" {number}"), look.style(Role::Dim));
            }
        }
        Line::Service(service) => return head(model, look, service),
        Line::Evidence(reason, text) => {
            let Some(reason) = reason else {
                row.gap(2).push(*text, look.style(Role::Text));
                return row;
            };
            let (sign, role) = events::sign(look, reason.health);
            row.push(sign, look.style(role)).gap(1);
            row.push(*text, look.style(role));
            if let Some(since) = reason.since {
                let until = figures::known_until(model);
                let for_ = figures::lasting(figures::seconds(since, until));
                row.push(format!("  for {for_}"), look.style(Role::Dim));
            }
        }
        Line::InstanceHeads => {
            let heads = "  REPLICA            VERSION    STATE        UP RESTARTS   CPU    MEM";
            row.push(heads, look.style(Role::Dim));
        }
        Line::Node(zone, node, many) => {
            row.gap(2).push(*node, look.style(Role::Column));
            if !zone.is_empty() {
                row.push(format!("  {zone}"), look.style(Role::Dim));
            }
            row.push(format!("  {many}"), look.style(Role::Dim));
        }
        Line::Instance(service, instance) => {
            return self::instance(model, look, (service, instance), columns);
        }
        Line::Why(text) => {
            row.gap(4).push(*text, look.style(Role::Warning));
        }
        Line::RevisionHeads => {
            let heads = "  VERSION          SEEN FIRST  LAST  HEALTHY  IMAGE";
            row.push(heads, look.style(Role::Dim));
        }
        Line::Revision(revision) => return self::revision(model, look, revision),
        Line::Fact(name, value) => {
            row.push(width::pad(name, NAMES), look.style(Role::Dim))
                .gap(2);
            row.push(*value, look.style(Role::Text));
        }
        Line::List(name, values) => {
            row.push(width::pad(name, NAMES), look.style(Role::Dim))
                .gap(2);
            row.push(values.as_str(), look.style(Role::Text));
        }
        Line::Check(check, told) => {
            let name = check.map_or("", |check| check.name.as_str());
            let health = check.map_or(Health::Off, standing);
            let (sign, role) = match health {
                Health::Well | Health::Off => (" ", Role::Text),
                health => events::sign(look, health),
            };
            row.push(width::pad(name, NAMES), look.style(Role::Dim));
            row.push(sign, look.style(role)).gap(1);
            row.push(told.as_str(), look.style(role));
        }
        Line::Names(names) => {
            row.push(names.as_str(), look.style(Role::Text));
        }
        Line::Happening(first, text) => return events::row(model, look, &(*first, text)),
        Line::Say(text) => {
            row.push(*text, look.style(Role::Dim));
        }
    }
    row
}

/// How a check stands.
fn standing(check: &Check) -> Health {
    match check.last.as_ref().map(|look| &look.found) {
        None | Some(Found::Unknown(_)) => Health::Unknown,
        Some(Found::Well(_)) => Health::Well,
        Some(Found::Bad(Severity::Critical, _)) => Health::Critical,
        Some(Found::Bad(Severity::Warning, _)) => Health::Warning,
    }
}

/// State, copies, version and figures of the service in a line.
fn head(model: &Model, look: &Look, service: &Service) -> Row {
    let mut row = Row::new();
    // By its log too, where that is followed.
    let standing = model.services.standing(&service.id);
    let health = standing.map_or(service.health, |standing| standing.health);
    let errs = service.traffic.error_percent.is_some_and(|e| e >= ERRS);
    // That it runs is all that the platform knows.
    let (sign, role, word) = match events::sign(look, health) {
        _ if errs && health == Health::Well => (" ", Role::Warning, "running"),
        (sign, role) => (sign, role, health.word()),
    };
    row.push(sign, look.style(role)).gap(1);
    row.push(word, look.style(role)).gap(2);
    let ready = format!("{}/{} ready", service.ready(), service.wanted());
    row.push(ready, look.style(Role::Text)).gap(2);
    let version = match model.services.coming(&service.id) {
        Some(to) => Cow::Owned(services::both(&service.version, to, look, usize::MAX)),
        None => Cow::Borrowed(service.version.as_str()),
    };
    row.push(version.as_ref(), look.style(Role::Accent));
    if let Some(since) = service.since {
        let age = figures::age(figures::seconds(since, figures::known_until(model)));
        row.push(format!(" for {age}"), look.style(Role::Dim));
    }
    let traffic = &service.traffic;
    let figures = [
        traffic.rate.map(figures::rate),
        traffic
            .error_percent
            .map(|e| format!("errors {}", figures::percent(e))),
        traffic
            .p95_ms
            .map(|p| format!("p95 {}", figures::millis(p))),
    ];
    for figure in figures.into_iter().flatten() {
        row.gap(2).push(figure, look.style(Role::Text));
    }
    row
}

fn instance(
    model: &Model,
    look: &Look,
    (service, instance): (&Service, &Instance),
    columns: u16,
) -> Row {
    let mut row = Row::new();
    let (sign, role) = events::sign(look, instance.health);
    row.push(sign, look.style(role)).gap(1);
    let cut = |text: &str, columns| width::pad(&width::truncate_middle(text, columns), columns);
    row.push(cut(&shown(service, instance), 18), look.style(Role::Text));
    let version = image::version(&instance.image);
    row.gap(1).push(cut(&version, 10), look.style(Role::Accent));
    row.gap(1)
        .push(width::pad(instance.word(), 10), look.style(role));
    let up = instance.uptime(figures::known_until(model)).map(age);
    let none = || look.glyphs.none.to_owned();
    let cell = |text: Option<String>, columns| width::pad_left(&text.unwrap_or_else(none), columns);
    row.gap(1).push(cell(up, 4), look.style(Role::Text));
    let restarts = (instance.restarts > 0).then(|| instance.restarts.to_string());
    let restarts_role = if instance.restarts > 0 {
        Role::Warning
    } else {
        Role::Dim
    };
    row.push(cell(restarts, 9), look.style(restarts_role));
    let usage = &instance.usage;
    row.push(
        cell(usage.cpu_percent.map(figures::percent), 6),
        look.style(Role::Text),
    );
    row.push(
        cell(usage.memory_bytes.map(figures::bytes), 7),
        look.style(Role::Text),
    );
    if let Some(percent) = usage.memory_percent() {
        row.push(
            format!(" {}", figures::percent(percent)),
            look.style(Role::Dim),
        );
    }
    if columns > 90 {
        row.gap(2).push(instance.id.short(), look.style(Role::Dim));
        row.gap(2)
            .push(instance.image.as_str(), look.style(Role::Dim));
    }
    row
}

/// The name of a replica: a container's own, a pod's without what it shares with all its like.
fn shown<'a>(service: &Service, instance: &'a Instance) -> Cow<'a, str> {
    if instance.number > 0 {
        Cow::Borrowed(&instance.name)
    } else {
        replica(service, instance)
    }
}

/// What ran: known good or not, when, for how long it was watched healthy.
fn revision(model: &Model, look: &Look, revision: &Revision) -> Row {
    let mut row = Row::new();
    let sign = if revision.known_good.is_some() {
        look.glyphs.good
    } else {
        " "
    };
    row.push(sign, look.style(Role::Good)).gap(1);
    let role = if revision.current {
        Role::Accent
    } else if revision.available {
        Role::Text
    } else {
        Role::Disabled
    };
    row.push(width::pad(&revision.version, 16), look.style(role))
        .gap(1);
    let ago = |at| figures::age(figures::seconds(at, model.now));
    row.push(
        format!("{:>10}", ago(revision.first_seen)),
        look.style(Role::Text),
    );
    let last = if revision.current {
        "now".to_owned()
    } else {
        ago(revision.last_seen)
    };
    row.push(format!("{last:>6}"), look.style(role));
    let healthy = if revision.healthy.is_zero() {
        look.glyphs.none.to_owned()
    } else {
        age(revision.healthy)
    };
    row.push(width::pad_left(&healthy, 9), look.style(Role::Text))
        .gap(2);
    row.push(revision.image.as_str(), look.style(Role::Dim));
    if !revision.available {
        row.gap(2).push("image gone", look.style(Role::Warning));
    }
    row
}

fn age(time: Duration) -> String {
    figures::age(time.as_secs())
}
