//! What the details say, line by line; how each line looks is the drawing's affair.

use jiff::Timestamp;

use super::{
    super::{super::Model, events},
    Details,
};
use crate::{
    domain::{
        details::{self, Evidence, Fact, Happening},
        figures::age,
        instance::Instance,
        revision::Revision,
        service::{Service, ServiceId, ServiceKind, Traffic},
        signals::{Check, Found},
    },
    safe,
    text::{SafeText, width},
};

/// Columns that the names of facts take.
pub const NAMES: usize = 20;

/// One line of the details.
#[derive(Clone, Debug, PartialEq)]
pub enum Line<'a> {
    /// Between two sections.
    Blank,
    /// A section's heading, and how many things it holds.
    Head(&'static str, usize),
    /// The service in a line.
    Service(&'a Service),
    /// A reason why it is not well: its first row, with sign and time, or one that goes on.
    Evidence(Option<&'a Evidence>, &'a str),
    /// The columns of the replicas.
    InstanceHeads,
    /// The node of the replicas below it: its zone, its name, how many they are.
    Node(&'a str, &'a str, usize),
    /// A replica.
    Instance(&'a Service, &'a Instance),
    /// Why it is not well.
    Why(&'a str),
    /// The columns of the revisions.
    RevisionHeads,
    /// What ran, or runs.
    Revision(&'a Revision),
    /// A fact: its name in the first row, and its value.
    Fact(&'a str, &'a str),
    /// A fact of ours, made of several things.
    List(&'static str, String),
    /// Names side by side.
    Names(String),
    /// A check of ours, and in its first row how it stands.
    Check(Option<&'a Check>, String),
    /// What happened.
    Happening(Option<&'a Happening>, &'a str),
    /// Words: what is waited for, or missing.
    Say(&'a str),
}

/// The lines in so many columns.
pub fn lines<'a>(model: &'a Model, details: &'a Details, columns: u16) -> Vec<Line<'a>> {
    let mut page = Page {
        lines: Vec::new(),
        columns: usize::from(columns).max(12),
    };
    let row = model.snapshot().service(&details.service);
    match row {
        Some(service) => page.lines.push(Line::Service(service)),
        None => page.say("it is gone: the platform no longer shows it"),
    }
    let found = match &details.found {
        Some(Ok(found)) => Some(found),
        Some(Err(why)) => {
            page.say(why);
            None
        }
        None => None,
    };
    // What was found of another trouble says nothing of this one: until the next answer the row's own words do.
    let found_of_it = found.filter(|_| details.is_about(row.map(AsRef::as_ref)));
    let evidence = found_of_it.map_or(&[][..], |found| &found.evidence);
    page.evidence(evidence);
    if let Some(service) = row {
        if evidence.is_empty() && !service.why.is_empty() {
            page.lines.push(Line::Why(&service.why));
        }
        if let Some(standing) = model.services.standing(&service.id)
            && !standing.log.is_empty()
        {
            page.lines.push(Line::Why(&standing.log));
        }
        page.instances(model, service);
        page.checks(model, service);
    }
    let Some(found) = found else {
        if details.found.is_none() {
            page.head("", 0);
            page.say("looking closer");
        }
        return page.lines;
    };
    if row.is_none_or(|service| service.kind != ServiceKind::Node) {
        page.revisions(&found.revisions);
    }
    page.facts("What changed", &found.changes);
    page.facts("What Helm deployed", &found.releases);
    if let Some(service) = row {
        page.links(service, found);
    }
    page.facts("Facts", &found.facts);
    page.facts("Health check", &found.checks);
    page.environment(found);
    page.happenings(&found.happenings);
    page.lines
}

struct Page<'a> {
    lines: Vec<Line<'a>>,
    columns: usize,
}

impl<'a> Page<'a> {
    fn head(&mut self, title: &'static str, number: usize) {
        self.lines.push(Line::Blank);
        if !title.is_empty() {
            self.lines.push(Line::Head(title, number));
        }
    }

    fn say(&mut self, text: &'a str) {
        let rows = width::wrap(text, self.columns.saturating_sub(2));
        self.lines.extend(rows.into_iter().map(Line::Say));
    }

    fn evidence(&mut self, evidence: &'a [Evidence]) {
        if evidence.is_empty() {
            return;
        }
        self.head("Why, the most likely cause first", 0);
        for reason in evidence {
            let rows = width::wrap(&reason.text, self.columns.saturating_sub(18).max(16));
            for (number, row) in rows.into_iter().enumerate() {
                let first = (number == 0).then_some(reason);
                self.lines.push(Line::Evidence(first, row));
            }
        }
    }

    fn instances(&mut self, model: &'a Model, service: &'a Service) {
        let title = match service.kind {
            ServiceKind::Node => "Pods",
            _ => "Replicas",
        };
        self.head(title, service.instances.len());
        if service.instances.is_empty() {
            self.say("there is none");
            return;
        }
        self.lines.push(Line::InstanceHeads);
        let mut last = None;
        for (zone, instance) in by_node(model, service) {
            let node = instance.node.as_str();
            if !node.is_empty() && last != Some(node) {
                let here = service.instances.iter().filter(|i| *i.node == *node);
                self.lines.push(Line::Node(zone, node, here.count()));
                last = Some(node);
            }
            self.lines.push(Line::Instance(service, instance));
            if !instance.why.is_empty() && instance.why != service.why {
                let rows = width::wrap(&instance.why, self.columns.saturating_sub(4));
                self.lines.extend(rows.into_iter().map(Line::Why));
            }
        }
    }

    fn revisions(&mut self, revisions: &'a [Revision]) {
        self.head("What ran here", revisions.len());
        if revisions.is_empty() {
            self.say("nothing is known of what ran before");
            return;
        }
        self.lines.push(Line::RevisionHeads);
        self.lines.extend(revisions.iter().map(Line::Revision));
    }

    /// The checks that the settings want, and what Prometheus has to say.
    fn checks(&mut self, model: &'a Model, service: &'a Service) {
        let signals = &model.source.signals;
        let checks: Vec<&Check> = signals.checks_of(&service.id.name).collect();
        let measured = measured(model, service);
        if checks.is_empty() && measured.is_none() {
            return;
        }
        self.head("Checks", checks.len());
        let room = self.columns.saturating_sub(NAMES + 4).max(8);
        for check in checks {
            let told = told(check, model.now);
            for (number, row) in width::wrap(&told, room).into_iter().enumerate() {
                let first = (number == 0).then_some(check);
                self.lines.push(Line::Check(first, row.to_owned()));
            }
        }
        for (number, row) in width::wrap(&measured.unwrap_or_default(), room)
            .into_iter()
            .enumerate()
        {
            let name = if number == 0 { "Prometheus" } else { "" };
            self.lines.push(Line::List(name, row.to_owned()));
        }
    }

    fn links(&mut self, service: &Service, found: &details::Details) {
        let ports = service.ports.iter().map(|port| match port.host {
            Some(host) => format!("{host}:{}/{}", port.container, port.protocol),
            None => format!("{}/{} inside", port.container, port.protocol),
        });
        let needs = service.depends_on.iter().map(|id| id.name.to_string());
        let needed = found.needed_by.iter().map(|id| id.name.to_string());
        let lists = [
            ("ports", ports.collect::<Vec<_>>()),
            ("needs", needs.collect()),
            ("needed by", needed.collect()),
        ];
        if lists.iter().all(|(_, list)| list.is_empty()) {
            return;
        }
        self.head("Connections", 0);
        let room = self.columns.saturating_sub(NAMES + 2).max(8);
        for (name, list) in lists {
            for (number, row) in packed(&list, room).into_iter().enumerate() {
                self.lines
                    .push(Line::List(if number == 0 { name } else { "" }, row));
            }
        }
    }

    fn facts(&mut self, title: &'static str, facts: &'a [Fact]) {
        if facts.is_empty() {
            return;
        }
        self.head(title, 0);
        let room = self.columns.saturating_sub(NAMES + 2).max(8);
        for fact in facts {
            for (number, row) in width::wrap(&fact.value, room).into_iter().enumerate() {
                let name: &str = if number == 0 { &fact.name } else { "" };
                self.lines.push(Line::Fact(name, row));
            }
        }
    }

    fn environment(&mut self, found: &details::Details) {
        if found.environment.is_empty() {
            return;
        }
        self.head("Environment, names alone", found.environment.len());
        let names: Vec<String> = found.environment.iter().map(ToString::to_string).collect();
        let rows = packed(&names, self.columns.saturating_sub(2));
        self.lines.extend(rows.into_iter().map(Line::Names));
    }

    fn happenings(&mut self, happenings: &'a [Happening]) {
        if happenings.is_empty() {
            return;
        }
        self.head("What happened", happenings.len());
        for happening in happenings {
            let rows = events::rows(happening, self.columns as u16);
            self.lines
                .extend(rows.map(|(first, row)| Line::Happening(first, row)));
        }
    }
}

/// How a check stands: `200 in 12 ms, 3 s ago`.
fn told(check: &Check, now: Timestamp) -> String {
    let Some(look) = &check.last else {
        return "not looked at yet".to_owned();
    };
    let (words, ago) = (look.found.words(), ago(look.at, now));
    match look.found {
        Found::Unknown(_) => format!("unknown: {words}, {ago}"),
        _ => format!("{words} in {} ms, {ago}", look.took.as_millis()),
    }
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.duration_since(at).as_secs().max(0) {
        seconds @ 0..60 => format!("{seconds} s ago"),
        seconds => format!("{} ago", age(seconds.unsigned_abs())),
    }
}

/// What there is to say of its figures: that nobody answers, or that there are too few requests; `None` where they stand.
fn measured(model: &Model, service: &Service) -> Option<String> {
    let sources = &model.source.signals.sources;
    let source = sources.iter().find(|s| s.name.starts_with("Prometheus"))?;
    let traffic = &service.traffic;
    let figures = [traffic.error_percent, traffic.p95_ms];
    if !source.problem.is_empty() {
        let last = source.answered.map_or(String::new(), |at| {
            format!(", last answer {}", ago(at, model.now))
        });
        Some(format!("no figures: {}{last}", source.problem))
    } else if figures.iter().flatten().any(|figure| figure.is_nan()) {
        Some("insufficient traffic to tell errors and times to answer".to_owned())
    } else if *traffic == Traffic::default() {
        Some("knows no requests of it".to_owned())
    } else {
        None
    }
}

/// The replicas with the zone that each is in, in the order of zones and nodes; where there is but one node, as they are.
fn by_node<'a>(model: &'a Model, service: &'a Service) -> Vec<(&'a str, &'a Instance)> {
    let zone = |node: &str| {
        let id = ServiceId {
            group: SafeText::EMPTY,
            name: safe!("{}{node}", ServiceKind::Node.prefix()),
        };
        let row = (!node.is_empty()).then(|| model.snapshot().service(&id));
        row.flatten().map_or("", |row| row.zone.as_str())
    };
    let mut all: Vec<_> = service
        .instances
        .iter()
        .map(|i| (zone(&i.node), i.as_ref()))
        .collect();
    all.sort_by_key(|(zone, instance)| (*zone, instance.node.as_str()));
    all
}

/// As many as fit side by side, in rows.
fn packed(items: &[String], columns: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for item in items {
        match rows.last_mut() {
            Some(row) if width::width(row) + width::width(item) + 2 <= columns => {
                row.push_str("  ");
                row.push_str(item);
            }
            _ => rows.push(item.clone()),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fill_their_rows() {
        let names = ["PORT", "HOST", "DATABASE_URL"].map(str::to_owned);
        assert_eq!(packed(&names, 12), ["PORT  HOST", "DATABASE_URL"]);
        assert!(packed(&[], 12).is_empty());
    }
}
