//! How well a Job or a CronJob is.

use cronexpr::{FallbackTimezoneOption, ParseOptions};
use jiff::{SignedDuration, Timestamp};

use super::{Around, Judged, Said, weigh};
use crate::{
    domain::{health::Health, service::TroubleKind},
    platform::kubernetes::{
        rows::{Condition, Pod, Workload},
        status::condition,
    },
    safe,
    text::SafeText,
};

/// How late a CronJob may begin before that is worth a word: its controller looks every ten seconds.
const LATE: SignedDuration = SignedDuration::from_mins(2);

/// Judges a Job.
pub(super) fn job(job: &Workload, pods: &[&Pod], refused: Option<&Condition>) -> Judged {
    let (failed, allowed) = job.failures;
    let mut all = Vec::new();
    let mut otherwise = Health::Well;
    if let Some(why) = condition(job, "Failed") {
        let text = failure(job, pods);
        all.push(Said::new(Health::Critical, text, why.since).of(TroubleKind::Job));
    } else if condition(job, "Complete").is_some() {
        otherwise = Health::Off;
    } else if job.suspended {
        let text = SafeText::from_static("suspended");
        all.push(Said::new(Health::Off, text, None));
    } else if let Some(refused) = refused.filter(|_| pods.is_empty()) {
        let text = safe!("pods cannot be made: {}", super::refusal(&refused.message));
        let said = Said::new(Health::Critical, text, refused.since);
        all.push(said.of(TroubleKind::NotMade));
    } else if failed > 0 {
        let text = safe!(
            "{failed} of its pods failed, {} may: it tries again",
            allowed + 1
        );
        all.push(Said::new(Health::Warning, text, None));
    } else if let Some(stuck) = super::of_pods(pods).filter(|s| s.health == Health::Critical) {
        all.push(stuck);
    }
    weigh(all, otherwise)
}

/// Why a Job failed: by its limits, and by the exit code of the last pod that did.
fn failure(job: &Workload, pods: &[&Pod]) -> SafeText {
    let reason = condition(job, "Failed").map_or("", |c| c.reason.as_str());
    let why = match reason {
        "BackoffLimitExceeded" if job.failures.0 > 1 => safe!("failed {} times", job.failures.0),
        "BackoffLimitExceeded" => SafeText::from_static("failed"),
        "DeadlineExceeded" => SafeText::from_static("failed: it took longer than it may"),
        "PodFailurePolicy" => SafeText::from_static("failed, as its failure policy says"),
        other => safe!("failed: {other}"),
    };
    let last = pods
        .iter()
        .filter(|p| p.instance.exit_code.is_some_and(|code| code != 0))
        .max_by_key(|p| p.instance.finished);
    match last.and_then(|p| p.instance.exit_code) {
        Some(code) => safe!("{why}, exit {code}"),
        None => why,
    }
}

/// Judges a CronJob by its last Job, and by whether one is missing.
pub(super) fn cron_job(cron: &Workload, around: &Around<'_>, now: Timestamp) -> Judged {
    let jobs = &around.jobs;
    if cron.suspended {
        let text = SafeText::from_static("suspended");
        return weigh(vec![Said::new(Health::Off, text, None)], Health::Well);
    }
    let mut all = Vec::new();
    // One that was made later is proof that they can be made again.
    let refused = around
        .refused
        .filter(|refused| refused.since > cron.started);
    if let Some(refused) = refused {
        let text = safe!(
            "its Job cannot be made: {}",
            super::refusal(&refused.message)
        );
        let said = Said::new(Health::Critical, text, refused.since);
        all.push(said.of(TroubleKind::NotMade));
    }
    let runs = jobs.iter().any(|job| !ended(job));
    // As its controller counts: one that never ran from its making.
    let due = cron
        .started
        .or(cron.created)
        .and_then(|last| next(&cron.schedule, last));
    let late = due.and_then(|due| due.checked_add(LATE).ok());
    if let Some(due) = due.filter(|_| late.is_some_and(|late| late <= now)) {
        let text = if runs {
            SafeText::from_static("its next run waits for the one that still goes on")
        } else {
            SafeText::from_static("overdue: it was to run, and did not begin")
        };
        all.push(Said::new(Health::Warning, text, Some(due)).of(TroubleKind::Overdue));
    }
    let last = jobs
        .iter()
        .filter(|job| ended(job))
        .max_by_key(|job| job.created);
    if let Some(failed) = last.and_then(|job| Some((job, condition(job, "Failed")?))) {
        let text = safe!("its last run {}", failure(failed.0, &[]));
        all.push(Said::new(Health::Warning, text, failed.1.since).of(TroubleKind::Job));
    }
    weigh(all, Health::Well).again(late.filter(|late| *late > now))
}

fn ended(job: &Workload) -> bool {
    condition(job, "Failed").is_some() || condition(job, "Complete").is_some()
}

/// When a schedule is due next after a moment. Without a zone of its own it is in that of the controller manager, which is UTC
/// nearly everywhere.
fn next(schedule: &str, after: Timestamp) -> Option<Timestamp> {
    let mut options = ParseOptions::default();
    options.fallback_timezone_option = FallbackTimezoneOption::UTC;
    let (first, zone) = schedule.split_once(' ').unwrap_or((schedule, ""));
    let fields = match first {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => "",
    };
    let whole = if fields.is_empty() {
        schedule.to_owned()
    } else {
        format!("{fields} {zone}")
    };
    let parsed = cronexpr::parse_crontab_with(whole.trim(), options).ok()?;
    Some(parsed.find_next(after).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_are_due_when_cron_says() {
        for (schedule, after, due) in [
            (
                "*/15 * * * *",
                "2026-03-01T10:07:00Z",
                Some("2026-03-01T10:15:00Z"),
            ),
            (
                "@hourly",
                "2026-03-01T10:07:00Z",
                Some("2026-03-01T11:00:00Z"),
            ),
            (
                "0 3 * * * Europe/Berlin",
                "2026-03-01T10:07:00Z",
                Some("2026-03-02T02:00:00Z"),
            ),
            (
                "@daily Europe/Berlin",
                "2026-03-01T10:07:00Z",
                Some("2026-03-01T23:00:00Z"),
            ),
            ("@every 90s", "2026-03-01T10:07:00Z", None),
            ("no schedule", "2026-03-01T10:07:00Z", None),
        ] {
            let found = next(schedule, after.parse().unwrap());
            assert_eq!(found, due.map(|due| due.parse().unwrap()), "{schedule}");
        }
    }
}
