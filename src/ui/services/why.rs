//! The one thing to know about a service: what is wrong with it, by whose fault, and what changed.

use std::borrow::Cow;

use crate::{
    domain::{health::Health, service::Service},
    state::{Model, standing::Standing},
    text::width,
    ui::{Look, figures},
};

/// How well a service is, and why.
pub(super) struct Why<'m> {
    pub(super) health: Health,
    /// `crash loop, exit 1 ← redis: OOM command not allowed`.
    pub(super) words: Cow<'m, str>,
    /// ` (changed 4m ago)`: worth its room where there is some; the age of the version says it too.
    changed: String,
}

impl<'m> Why<'m> {
    pub(super) fn of(model: &'m Model, look: &Look, service: &'m Service) -> Self {
        let Some(standing) = model.services.standing(&service.id) else {
            return Self {
                health: service.health,
                words: Cow::Borrowed(&service.why),
                changed: String::new(),
            };
        };
        let ago = |at| figures::age(figures::seconds(at, figures::known_until(model)));
        Self {
            health: standing.health,
            words: words(look, service, standing),
            changed: standing
                .changed
                .map(|at| format!(" (changed {} ago)", ago(at)))
                .unwrap_or_default(),
        }
    }

    /// The words, and whatever else has room in so many columns.
    pub(super) fn within(self, columns: usize) -> Cow<'m, str> {
        if width::width(&self.words) + self.changed.len() <= columns {
            Cow::Owned(format!("{}{}", self.words, self.changed))
        } else {
            self.words
        }
    }
}

fn words<'m>(look: &Look, service: &'m Service, standing: &'m Standing) -> Cow<'m, str> {
    let own: &str = if standing.log.is_empty() {
        &service.why
    } else {
        &standing.log
    };
    let mut words = Cow::Borrowed(own);
    // Where the platform's own words name it, that is enough.
    let unnamed = |id: &&crate::domain::service::ServiceId| !own.contains(id.name.as_str());
    if let Some(cause) = standing.cause.as_ref().filter(unnamed) {
        // Before what the log said: that may be long.
        let (what, said) = own.split_at(own.find(": ").unwrap_or(own.len()));
        words = Cow::Owned(format!("{what} {} {}{said}", look.glyphs.from, cause.name));
    }
    match standing.victims {
        0 => {}
        _ if own.contains("needs it") => {}
        1 => words += ", 1 needs it",
        n => words.to_mut().push_str(&format!(", {n} need it")),
    }
    words
}
