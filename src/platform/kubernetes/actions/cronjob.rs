//! A CronJob run by hand: a Job from its template, followed to its end.

use serde_json::{Value, json};

use super::{
    effect::{Effect, read},
    errand::{Errand, Task, must_read, post},
    object::{Place, list, text},
    refusal,
};
use crate::{
    clock,
    domain::{
        alert::Severity,
        service::{ServiceId, ServiceKind},
    },
    plan::{Ask, Note, Refusal, Side, Step, Verb},
    platform::kubernetes::{
        api::{Api, ApiError},
        cluster::Cluster,
    },
    safe,
    text::SafeText,
};

/// The longest name of a Job whose pods can have names after it.
const LONGEST: usize = 52;

/// Makes the plan; `agreed` holds the name of the Job once it was agreed to.
///
/// # Errors
/// It is no CronJob, it is gone, or a Job of it runs that may have no other beside it.
pub(super) async fn plan(cluster: &Cluster, ask: &Ask, agreed: &[Step]) -> Result<Errand, Refusal> {
    let api = &cluster.api;
    let place = place(&ask.target.service)?;
    let cron = must_read(api, &place.path(), &place.name).await?;
    let uid = text(&cron, "/metadata/uid").to_owned();
    if !ask.target.uid.is_empty() && *ask.target.uid != *uid {
        return Err(refusal(
            safe!(
                "{} was deleted and made again: it is another object",
                place.name
            ),
            super::LOOK_AGAIN,
        ));
    }
    let jobs = format!("/apis/batch/v1/namespaces/{}/jobs", place.namespace);
    // Its controller's own list holds none that was made by hand.
    let found: Value = api.json(&jobs).await.map_err(|error| {
        refusal(
            safe!("its Jobs could not be read: {error}"),
            SafeText::EMPTY,
        )
    })?;
    let name = agreed
        .first()
        .and_then(|step| step.object.strip_prefix("job "))
        .or_else(|| begun(ask))
        .map_or_else(|| job_name(&place.name), str::to_owned);
    let jobs_there = list(&found, "/items").iter();
    let named = |job: &&Value| text(job, "/metadata/name") == name;
    let made = begun(ask).is_some() && jobs_there.clone().any(|job| named(&job));
    let running: Vec<&str> = jobs_there
        .filter(|job| runs(job, &uid) && !(made && named(job)))
        .map(|job| text(job, "/metadata/name"))
        .collect();
    let mut notes = Vec::new();
    if let Some(first) = running.first() {
        let beside = text(&cron, "/spec/concurrencyPolicy");
        // The policy is the controller's, and does not hold for what is made by hand.
        if beside != "Allow" {
            return Err(refusal(
                safe!(
                    "{first} of it runs, and it says that none may run beside another ({beside})"
                ),
                SafeText::from_static("wait for its end"),
            ));
        }
        notes.push(warning(safe!("{first} of it runs already")));
    }
    if cron["spec"]["suspend"] == true {
        notes.push(warning(safe!(
            "it is suspended: somebody wants it not to run by itself"
        )));
    }
    let path = format!("{jobs}/{name}");
    let step = |verb| Step {
        verb,
        object: safe!("job {name}"),
    };
    let create = (!made).then(|| Task {
        step: step(Verb::Create),
        uid: uid.clone(),
        order: Some(post(jobs, job(&cron, &name))),
        effect: Effect::There(path.clone()),
    });
    let wait = Task {
        step: step(Verb::Await),
        uid: uid.clone(),
        order: None,
        effect: Effect::Ended(path.clone()),
    };
    let tasks = create.into_iter().chain([wait]).collect();
    let mut ask = ask.clone();
    ask.target.uid = SafeText::name(&uid);
    let last = text(&cron, "/status/lastSuccessfulTime");
    let now = Side {
        what: SafeText::name(text(&cron, "/spec/schedule")),
        facts: if last.is_empty() {
            SafeText::from_static("it has never ended well")
        } else {
            safe!("it last ended well at {last}")
        },
    };
    let to = Side {
        what: safe!("job {name}, now"),
        facts: SafeText::EMPTY,
    };
    let impact =
        SafeText::from_static("its Job runs beside what serves, and is followed to its end");
    Ok(Errand::new(ask, [now, to], impact, notes, tasks))
}

/// The Job that an interrupted run by hand, which is taken up again, was about to make.
fn begun(ask: &Ask) -> Option<&str> {
    let mut sent = ask.resumes.iter().flat_map(|resumed| &resumed.sent);
    sent.find_map(|sent| sent.object.strip_prefix("job "))
}

fn place(service: &ServiceId) -> Result<Place, Refusal> {
    let place = Place::of(service).filter(|place| place.kind == ServiceKind::CronJob);
    place.ok_or_else(|| {
        refusal(
            safe!("{service} is no CronJob: only those are run by hand"),
            SafeText::EMPTY,
        )
    })
}

fn warning(text: SafeText) -> Note {
    Note {
        severity: Some(Severity::Warning),
        text,
    }
}

/// Whether a Job is of that CronJob, and has not ended.
fn runs(job: &Value, cron: &str) -> bool {
    let mut owners = list(job, "/metadata/ownerReferences").iter();
    let mut conditions = list(job, "/status/conditions").iter();
    let ended = |c: &Value| {
        matches!(text(c, "/type"), "Complete" | "Failed") && text(c, "/status") == "True"
    };
    owners.any(|owner| text(owner, "/uid") == cron) && !conditions.any(ended)
}

/// `backup-manual-1f3a9c42`: the seconds since 1970, so that no two are alike.
fn job_name(cron: &str) -> String {
    let end = format!("-manual-{:x}", clock::now().as_second());
    let stem: String = cron.chars().take(LONGEST - end.len()).collect();
    format!("{}{end}", stem.trim_end_matches(['-', '.']))
}

/// The Job as the controller would make it, marked as made by hand.
fn job(cron: &Value, name: &str) -> Value {
    let template = &cron["spec"]["jobTemplate"];
    let mut annotations = template["metadata"]["annotations"].clone();
    if !annotations.is_object() {
        annotations = json!({});
    }
    annotations["cronjob.kubernetes.io/instantiate"] = json!("manual");
    json!({
        "apiVersion": "batch/v1", "kind": "Job",
        "metadata": {
            "name": name,
            "labels": template["metadata"]["labels"],
            "annotations": annotations,
            // Without blockOwnerDeletion, which takes a right of its own.
            "ownerReferences": [{
                "apiVersion": "batch/v1", "kind": "CronJob", "controller": true,
                "name": cron["metadata"]["name"], "uid": cron["metadata"]["uid"],
            }],
        },
        "spec": template["spec"],
    })
}

/// How far a Job is.
pub(super) enum Ended {
    /// It ended well.
    Well(SafeText),
    /// It failed, or is gone.
    Badly(SafeText),
    /// It runs.
    NotYet(SafeText),
}

/// Reads how far a Job is; at its end with what it said last, before its history limit deletes it.
pub(super) async fn ended(api: &Api, path: &str) -> Result<Ended, ApiError> {
    let Some(job) = read(api, path).await? else {
        return Ok(Ended::Badly(SafeText::from_static(
            "the Job is gone: somebody deleted it",
        )));
    };
    let name = text(&job, "/metadata/name");
    let condition = |kind: &str| {
        let all = list(&job, "/status/conditions").iter();
        all.clone()
            .find(|c| c["type"] == kind && c["status"] == "True")
    };
    if condition("Complete").is_some() {
        let said = last_line(api, &job).await;
        return Ok(Ended::Well(safe!("{name} ended well{said}")));
    }
    if let Some(failed) = condition("Failed") {
        let said = last_line(api, &job).await;
        return Ok(Ended::Badly(safe!(
            "{name} failed: {}{said}",
            text(failed, "/message")
        )));
    }
    let count = |key: &str| job["status"][key].as_u64().unwrap_or_default();
    Ok(Ended::NotYet(safe!(
        "{name}: {} running, {} ended well, {} failed",
        count("active"),
        count("succeeded"),
        count("failed")
    )))
}

/// The last line of a Job's log, as the end of a sentence.
async fn last_line(api: &Api, job: &Value) -> SafeText {
    let (namespace, name) = (
        text(job, "/metadata/namespace"),
        text(job, "/metadata/name"),
    );
    let pods = format!("/api/v1/namespaces/{namespace}/pods");
    let Ok(found) = api
        .json::<Value>(&format!("{pods}?labelSelector=job-name%3D{name}"))
        .await
    else {
        return SafeText::EMPTY;
    };
    let Some(pod) = list(&found, "/items").last() else {
        return SafeText::EMPTY;
    };
    let pod = text(pod, "/metadata/name");
    match api
        .get(&format!("{pods}/{pod}/log?tailLines=1"), "*/*")
        .await
    {
        Ok(line) if !line.is_empty() => safe!("; it said last: {}", SafeText::line(&line)),
        _ => SafeText::EMPTY,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_by_hand_is_as_the_controller_would_make_it() {
        let cron = json!({
            "metadata": {"name": "backup", "uid": "u1"},
            "spec": {"jobTemplate": {
                "metadata": {"labels": {"app": "backup"}, "annotations": {"team": "data"}},
                "spec": {"backoffLimit": 2, "template": {}},
            }},
        });
        let job = job(&cron, "backup-manual-1");
        let annotations = &job["metadata"]["annotations"];
        assert_eq!(annotations["cronjob.kubernetes.io/instantiate"], "manual");
        assert_eq!(annotations["team"], "data");
        assert_eq!(job["metadata"]["labels"]["app"], "backup");
        assert_eq!(job["spec"]["backoffLimit"], 2);
        let owner = &job["metadata"]["ownerReferences"][0];
        assert_eq!(
            (&owner["uid"], &owner["controller"]),
            (&json!("u1"), &json!(true))
        );
        assert!(owner.get("blockOwnerDeletion").is_none());
    }

    #[test]
    fn names_stay_short_enough_for_their_pods() {
        assert!(job_name(&"x".repeat(60)).len() <= LONGEST);
        assert!(job_name("backup").starts_with("backup-manual-"));
    }
}
