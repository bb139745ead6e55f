//! What a namespace may use, and how much of it is left.

use serde_json::Value;

use super::{
    Fact, fact,
    listed::{Kind, Listed},
};
use crate::{
    platform::kubernetes::{
        json::text,
        quotas::{NEARLY_FULL, share},
    },
    safe,
};

/// ResourceQuotas.
pub(super) const QUOTAS: Kind = Kind {
    api: "/api/v1",
    plural: "resourcequotas",
    fact: "quota",
};

/// Each quota as used/hard, the fullest first.
pub(super) fn facts(quotas: &Listed) -> Vec<Fact> {
    let mut all: Vec<(f64, Fact)> = quotas.items.iter().map(told).collect();
    all.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let facts = all.into_iter().map(|(_, fact)| fact);
    facts.chain(quotas.missing()).collect()
}

/// How full a quota is, and how that is said: `few: pods 9/10, nearly full; requests.cpu 1/8`.
fn told(quota: &Value) -> (f64, Fact) {
    let hard = quota.pointer("/status/hard").and_then(Value::as_object);
    let mut parts: Vec<(f64, String)> = Vec::new();
    for (what, hard) in hard.into_iter().flatten() {
        let hard = hard.as_str().unwrap_or_default();
        let used = quota.pointer("/status/used").map(|used| &used[what]);
        let used = used.and_then(Value::as_str).unwrap_or("0");
        let full = share(used.as_bytes(), hard.as_bytes());
        let left = match full {
            1.0.. => ", full",
            NEARLY_FULL.. => ", nearly full",
            _ => "",
        };
        parts.push((full, format!("{what} {used}/{hard}{left}")));
    }
    parts.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let fullest = parts.first().map_or(0.0, |(full, _)| *full);
    let parts: Vec<String> = parts.into_iter().map(|(_, words)| words).collect();
    let words = match parts.as_slice() {
        [] => "not counted yet".to_owned(),
        parts => parts.join("; "),
    };
    let name = text(quota, "/metadata/name");
    (fullest, fact(QUOTAS.fact, safe!("{name}: {words}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_fullest_quota_comes_first_and_its_fullest_part() {
        let quota = |name: &str, hard: Value, used: Value| json!({"metadata": {"name": name}, "status": {"hard": hard, "used": used}});
        let listed = Listed {
            items: vec![
                quota("new", Value::Null, Value::Null),
                quota("roomy", json!({"pods": "10"}), json!({"pods": "3"})),
                quota(
                    "few",
                    json!({"pods": "10", "requests.cpu": "2", "requests.memory": "1Gi"}),
                    json!({"pods": "5", "requests.cpu": "1900m", "requests.memory": "1024Mi"}),
                ),
                quota("none", json!({"services.loadbalancers": "0"}), json!({})),
            ],
            ..QUOTAS.none()
        };
        let told: Vec<String> = facts(&listed).iter().map(|f| f.value.to_string()).collect();
        assert_eq!(
            told,
            [
                "few: requests.memory 1024Mi/1Gi, full; requests.cpu 1900m/2, nearly full; pods 5/10",
                "none: services.loadbalancers 0/0, full",
                "roomy: pods 3/10",
                "new: not counted yet",
            ]
        );
    }
}
