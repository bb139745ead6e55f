//! Events in an operator's words.

use crate::{
    domain::{details::Happening, health::Health, service::ServiceId},
    platform::docker::wire::Event,
    safe,
    text::SafeText,
};

/// What happened, in words; `None` for what says nothing by itself (a stop is a kill, a die and a stop).
pub(super) fn happening(event: &Event) -> Option<Happening> {
    let about = &event.actor.attributes;
    let name = SafeText::name(&about.name);
    let image = SafeText::name(&about.image);
    let (health, text) = match event.action.as_str() {
        "create" => (Health::Well, safe!("{name} made from {image}")),
        "start" => (Health::Well, safe!("{name} started")),
        "die" => match about.exit_code.as_deref() {
            Some("0") => (Health::Off, safe!("{name} ended, exit 0")),
            Some(code) => (Health::Warning, safe!("{name} died, exit {code}")),
            None => (Health::Warning, safe!("{name} died")),
        },
        "kill" => (
            Health::Off,
            safe!("{name} sent {}", signal(about.signal.as_deref())),
        ),
        "oom" => (Health::Critical, safe!("{name} ran out of memory")),
        "pause" => (Health::Warning, safe!("{name} paused")),
        "unpause" => (Health::Well, safe!("{name} goes on")),
        "destroy" => (Health::Off, safe!("{name} removed")),
        "rename" => (Health::Well, safe!("renamed to {name}")),
        "update" => (Health::Well, safe!("{name} has other limits")),
        action => match action.strip_prefix("health_status: ")? {
            "healthy" => (Health::Well, safe!("{name} is healthy")),
            "unhealthy" => (Health::Critical, safe!("{name} is unhealthy")),
            _ => return None,
        },
    };
    let labels = &about.labels;
    let service = match (&labels.project, &labels.service) {
        (Some(project), Some(service)) => ServiceId {
            group: SafeText::name(project),
            name: SafeText::name(service),
        },
        _ => ServiceId {
            group: SafeText::EMPTY,
            name,
        },
    };
    Some(Happening {
        at: event.at(),
        service: Some(service),
        text,
        health,
    })
}

fn signal(number: Option<&str>) -> SafeText {
    match number {
        Some("1") => SafeText::from_static("HUP"),
        Some("2") => SafeText::from_static("INT"),
        Some("3") => SafeText::from_static("QUIT"),
        Some("9") => SafeText::from_static("KILL"),
        Some("15") => SafeText::from_static("TERM"),
        Some(number) => safe!("signal {number}"),
        None => SafeText::from_static("a signal"),
    }
}
