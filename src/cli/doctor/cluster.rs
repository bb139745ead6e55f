//! Whether a cluster can be reached, as whom, and what that allows.

use super::Check;
use crate::{
    domain::proxied::Proxied,
    platform::kubernetes::{self, Findings, KubernetesOptions},
    safe,
    text::SafeText,
};

/// A login that no longer works is renewed by whoever gave it.
const LOGIN: SafeText = SafeText::from_static("log in again, as whoever runs the cluster says");

/// Which cluster is meant, what it is, and what may be done there, of `proxied` too. The last answer says whether it is worth
/// while to ask for more.
pub(super) async fn checks(
    options: &KubernetesOptions,
    proxied: &[&Proxied],
) -> (Vec<Check>, bool) {
    let context = options.context.clone().unwrap_or_default();
    let namespaces = match options.namespaces.as_slice() {
        [] => "all namespaces".to_owned(),
        names => names.join(", "),
    };
    let found = match kubernetes::examine(options, proxied).await {
        Ok(found) => found,
        Err(why) => {
            // It says what is wrong, and in a second sentence what mends it.
            let (found, mend) = why
                .split_once(". ")
                .unwrap_or((&why, "name another with --context"));
            return (
                vec![Check::bad("cluster", safe!("{found}"), safe!("{mend}"))],
                false,
            );
        }
    };
    let there = safe!("{} of context {context}, {namespaces}", found.server);
    let mut checks = vec![Check::good("cluster", there)];
    match &found.version {
        Ok(version) => checks.push(Check::good("API server", version.clone())),
        Err(why) => {
            let mend = SafeText::from_static(
                "see whether the network leads there, or name another with --context",
            );
            checks.push(Check::bad("API server", why.clone(), mend));
            return (checks, false);
        }
    }
    match &found.account {
        Ok(account) => checks.push(Check::good("credentials", account.clone())),
        Err(why) => {
            checks.push(Check::bad("credentials", why.clone(), LOGIN));
            return (checks, false);
        }
    }
    checks.extend(permissions(&found, options.read_only));
    (checks, true)
}

/// What is not permitted, a line a feature.
fn permissions(found: &Findings, read_only: bool) -> Vec<Check> {
    let wanted = found.lacks.iter().filter(|lack| lack.shows || !read_only);
    let lacking: Vec<Check> = wanted
        .map(|lack| {
            let mend = SafeText::from_static(if lack.shows {
                "assets/kubernetes/viewer.yaml is a role that may"
            } else {
                "assets/kubernetes/operator.yaml is a role that may; to look alone, nothing is missing"
            });
            Check::warning("permissions", safe!("{}: {}", lack.feature, lack.why), mend)
        })
        .collect();
    if lacking.is_empty() {
        let all = SafeText::from_static("nothing is missing for any feature");
        return vec![Check::good("permissions", all)];
    }
    lacking
}
