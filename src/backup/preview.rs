//! What a backup would mean, before anybody agrees to it.

use std::{path::Path, time::Duration};

use jiff::Timestamp;

use crate::{
    backup::{
        BackupPolicy,
        container::Container,
        jobs::{self, Job, What},
        manifest::{self, Manifest},
        names, pod,
        postgres::{self, Facts},
        reach::{Reach, output},
        words::{ago, long, size},
    },
    clock,
    domain::alert::Severity,
    plan::{
        Ask, Change, ChangeKind, LOOK_AGAIN, Note, Preview, Refusal, Risk, SeenInstance, Side,
        Step, Verb, record::blocking,
    },
    safe,
    text::SafeText,
};

/// Looks at what there is to copy, and at what is there already.
///
/// # Errors
/// Why it can't be done, and what could be done instead.
pub async fn preview(
    reach: &dyn Reach,
    ask: Ask,
    manner: &BackupPolicy,
) -> Result<Preview, Refusal> {
    let (seen, container) = source(reach, &ask).await?;
    let jobs = jobs::of(&ask.target.service, &container, manner)?;
    let now = clock::now();
    let mut sheet = Sheet::default();
    for job in &jobs {
        let facts = match &job.what {
            What::Database(_) if !container.running => {
                return Err(refusal(
                    safe!(
                        "{} does not run: a database is read out by itself",
                        seen.name
                    ),
                    "start it",
                ));
            }
            What::Database(database) => {
                let facts = postgres::facts(reach, &seen.id, database).await;
                Some(facts.map_err(|why| {
                    let words = container.without_secrets(why.as_bytes());
                    refusal(SafeText::line(words), "nothing was read")
                })?)
            }
            What::Volume { .. } => None,
        };
        let (folder, service, wanted) = (job.to.clone(), ask.target.service.clone(), job.clone());
        let (copies, free) = blocking(move || {
            let copies = manifest::of(&folder, &service, &wanted);
            copies.map(|copies| (copies, free_in(&folder)))
        })
        .await
        .map_err(|error| refusal(safe!("{} can't be read: {error}", job.to.display()), ""))?;
        sheet.add(&ask, job, facts.as_ref(), copies.first(), free, now)?;
    }
    if container.running && jobs.iter().any(|job| job.kind() == "volume") {
        sheet.notes.push(note(
            Some(Severity::Warning),
            safe!("files are read while {} may be writing them", seen.name),
        ));
    }
    sheet
        .notes
        .sort_by_key(|note| (note.severity.is_none(), note.severity));
    Ok(Preview {
        risk: Risk::of(&ask.action, &ask.target),
        ask,
        now: side(sheet.what, sheet.known),
        to: side(vec!["a verified copy".to_owned()], sheet.places),
        changes: sheet.changes,
        remains: sheet.remains,
        notes: sheet.notes,
        steps: steps(&jobs),
        impact: SafeText::from_static("it goes on serving, a little slower"),
        estimate: sheet.estimate,
        choices: Vec::new(),
        owner: None,
    })
}

/// The instance that is read: the first that runs, or else the first. With what it is now.
pub(super) async fn source(
    reach: &dyn Reach,
    ask: &Ask,
) -> Result<(SeenInstance, Container), Refusal> {
    let mut first = None;
    let mut gone = safe!("no container of {} is there any more", ask.target.service);
    for seen in &ask.target.seen {
        let read = reach.describe(&seen.id).await;
        match read.and_then(|description| Container::read(&description)) {
            Ok(mut container) if container.running => {
                if container.asks {
                    let asks = pod::ASKS.map(str::to_owned).to_vec();
                    // One without a shell keeps to what its description says.
                    if let Ok(printed) = output(reach, &seen.id, asks).await {
                        container.learn(&printed);
                    }
                }
                return Ok((seen.clone(), container));
            }
            Ok(container) => drop(first.get_or_insert((seen.clone(), container))),
            Err(why) => gone = why,
        }
    }
    first.ok_or_else(|| Refusal {
        instead: LOOK_AGAIN,
        ..refusal(gone, "")
    })
}

/// Three steps for each thing to copy.
pub(super) fn steps(jobs: &[Job]) -> Vec<Step> {
    let of = |job: &Job| {
        let object = SafeText::name(job.name());
        [Verb::Dump, Verb::Verify, Verb::Rename].map(|verb| Step {
            verb,
            object: object.clone(),
        })
    };
    jobs.iter().flat_map(of).collect()
}

/// Bytes free where a folder is, or will be.
pub(super) fn free_in(folder: &Path) -> Option<u64> {
    let there = folder.ancestors().find(|path| path.exists())?;
    let found = rustix::fs::statvfs(there).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// What must be free, as long as nothing says that less will do: 1.2 × the last.
pub(super) const fn needed(last: u64) -> u64 {
    last.saturating_add(last / 5)
}

/// What the dialog shows, as it is put together.
#[derive(Default)]
struct Sheet {
    what: Vec<String>,
    known: Vec<String>,
    places: Vec<String>,
    changes: Vec<Change>,
    remains: Vec<SafeText>,
    notes: Vec<Note>,
    estimate: Option<Duration>,
}

impl Sheet {
    fn add(
        &mut self,
        ask: &Ask,
        job: &Job,
        facts: Option<&Facts>,
        last: Option<&Manifest>,
        free: Option<u64>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let place = job.to.display().to_string();
        match facts {
            Some(facts) => self.add_database(job, facts)?,
            None => self.what.push(format!("volume {}", job.name())),
        }
        self.known.push(match last {
            Some(last) => format!(
                "last backup {} ago, verified, {} in {}",
                ago(last.at, now),
                size(last.data.bytes),
                long(Duration::from_millis(last.took_ms))
            ),
            None => "no backup yet".to_owned(),
        });
        // Of a first one it is not known how large it will be; a dump is smaller than its database.
        let likely = last.map_or(facts.map_or(0, |facts| facts.bytes), |last| last.data.bytes);
        if let Some(free) = free {
            let short = free < needed(likely);
            let said = safe!(
                "{} free in {place}, {} needed",
                size(free),
                size(needed(likely))
            );
            if short && last.is_some() {
                return Err(refusal(said, "make room there, or choose another folder"));
            }
            self.notes
                .push(note(short.then_some(Severity::Warning), said));
        }
        if let Some(last) = last {
            let took = Duration::from_millis(last.took_ms);
            self.estimate = Some(self.estimate.unwrap_or_default() + took);
        }
        let end = if facts.is_some() { "dump" } else { "tar" };
        let stem = names::stem(&ask.target.service.name, job.name());
        self.changes.push(Change {
            kind: ChangeKind::Added,
            field: SafeText::from_static("file"),
            value: safe!("{place}/{stem}<time>.{end}"),
            secret: None,
        });
        if !self.places.contains(&place) {
            self.places.push(place);
        }
        Ok(())
    }

    fn add_database(&mut self, job: &Job, facts: &Facts) -> Result<(), Refusal> {
        let Facts { server, client, .. } = facts;
        if !facts.agree() {
            return Err(refusal(
                safe!(
                    "pg_dump is {client} and the server is {server}: their major versions differ"
                ),
                "mend the container's image",
            ));
        }
        self.what
            .push(format!("database {}, {}", job.name(), size(facts.bytes)));
        self.notes.push(note(
            None,
            safe!("the server is PostgreSQL {server}, pg_dump {client}"),
        ));
        if !facts.others.is_empty() {
            let others = facts.others.join(", ");
            self.remains
                .push(safe!("other databases are not in it: {others}"));
        }
        Ok(())
    }
}

fn side(what: Vec<String>, facts: Vec<String>) -> Side {
    Side {
        what: SafeText::line(what.join(", ")),
        facts: SafeText::line(facts.join("; ")),
    }
}

const fn note(severity: Option<Severity>, text: SafeText) -> Note {
    Note { severity, text }
}

pub(super) fn refusal(why: SafeText, instead: &'static str) -> Refusal {
    Refusal {
        so_already: false,
        why,
        instead: SafeText::from_static(instead),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pg_dump_of_another_major_version_than_the_server_is_refused() {
        let job = Job {
            what: What::Database(jobs::Database {
                name: "orders".to_owned(),
                user: "shop".to_owned(),
            }),
            to: "/backups".into(),
            keep_days: None,
        };
        let judged = |client: &str| {
            let facts = Facts {
                server: "16.4".to_owned(),
                client: client.to_owned(),
                ..Facts::default()
            };
            Sheet::default().add_database(&job, &facts)
        };
        assert!(judged("16.1").is_ok());
        let refusal = judged("15.8").expect_err("it may not be able to read it");
        assert_eq!(
            &*refusal.why,
            "pg_dump is 15.8 and the server is 16.4: their major versions differ"
        );
    }
}
