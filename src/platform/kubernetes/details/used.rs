//! What the copies of a service use, against what they ask for and may use.

use serde_json::Value;

use super::{Fact, fact};
use crate::{
    domain::{figures, instance::Usage, service::Service},
    platform::kubernetes::{
        json::{list, text},
        quantity,
    },
    safe,
    text::SafeText,
};

/// Processor and memory, as far as somebody measures them: `cpu 12% of a core, 120% of what it asks for`.
pub(super) fn facts(service: &Service, template: &Value) -> Vec<Fact> {
    let share = |used: f32, copies: usize, what: &str| {
        let of = |which: &str| {
            let all = amount(template, which, what)? * copies as f64;
            (all > 0.0).then(|| figures::percent((f64::from(used) * 100.0 / all) as f32))
        };
        let asked = of("requests").map(|percent| format!(", {percent} of what it asks for"));
        let limit = of("limits").map(|percent| format!(", {percent} of its limit"));
        [asked, limit].into_iter().flatten().collect::<String>()
    };
    let measured = |knows: fn(&Usage) -> bool| {
        service
            .instances
            .iter()
            .filter(|one| knows(&one.usage))
            .count()
    };
    let usage = &service.usage;
    let cpu = usage.cpu_percent.map_or(SafeText::EMPTY, |percent| {
        let copies = measured(|usage| usage.cpu_percent.is_some());
        let cores = figures::percent(percent);
        safe!("{cores} of a core{}", share(percent / 100.0, copies, "cpu"))
    });
    let memory = usage.memory_bytes.map_or(SafeText::EMPTY, |bytes| {
        let copies = measured(|usage| usage.memory_bytes.is_some());
        let used = figures::size(bytes);
        safe!("{used}{}", share(bytes as f32, copies, "memory"))
    });
    let both = [fact("uses cpu", cpu), fact("uses memory", memory)];
    both.into_iter()
        .filter(|one| !one.value.is_empty())
        .collect()
}

/// What all containers of a copy ask for, or may use; `None` where one of them says nothing.
fn amount(template: &Value, which: &str, what: &str) -> Option<f64> {
    let each = list(template, "/spec/containers").iter().map(|container| {
        let written = text(container, &format!("/resources/{which}/{what}"));
        quantity::parse(written.as_bytes())
    });
    each.sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::fixture;

    #[test]
    fn use_stands_against_what_is_asked_for_and_allowed_as_far_as_that_is_known() {
        let usage = Usage {
            cpu_percent: Some(12.0),
            memory_bytes: Some(96 << 20),
            ..Usage::default()
        };
        let mut one = fixture::instance("api", 1, "a");
        one.usage = usage;
        // Nobody has measured the second copy yet.
        let other = fixture::instance("api", 2, "b");
        let service = Service {
            usage,
            ..fixture::service("api", vec![one, other])
        };
        let told = |resources: Value| {
            let template = json!({ "spec": { "containers": [{ "resources": resources }] } });
            let facts = facts(&service, &template).into_iter();
            facts.map(|fact| fact.value.to_string()).collect::<Vec<_>>()
        };
        let asks = json!({ "requests": { "cpu": "100m", "memory": "64Mi" }, "limits": { "memory": "128Mi" } });
        assert_eq!(
            told(asks),
            [
                "12% of a core, 120% of what it asks for",
                "96 MiB, 150% of what it asks for, 75% of its limit"
            ]
        );
        assert_eq!(told(Value::Null), ["12% of a core", "96 MiB"]);
    }
}
