//! What there is to copy of a service: what the settings want, or else what its container shows.

use std::path::PathBuf;

use crate::{
    backup::{BackupPolicy, Of, Wanted, container::Container, names},
    domain::service::ServiceId,
    plan::Refusal,
    safe,
    text::SafeText,
};

/// A database, and who reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Database {
    /// Its name.
    pub(super) name: String,
    /// As whom it is read.
    pub(super) user: String,
}

/// What one job copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// A database of PostgreSQL.
    Database(Database),
    /// A volume, and where the container has it.
    Volume { name: String, path: String },
}

/// One thing to copy, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) what: What,
    pub(super) to: PathBuf,
    pub(super) keep_days: Option<u32>,
}

impl Job {
    /// The database's or the volume's name.
    pub(super) fn name(&self) -> &str {
        match &self.what {
            What::Database(database) => &database.name,
            What::Volume { name, .. } => name,
        }
    }

    /// `postgres` or `volume`.
    pub(super) const fn kind(&self) -> &'static str {
        match self.what {
            What::Database(_) => "postgres",
            What::Volume { .. } => "volume",
        }
    }
}

impl Container {
    /// As whom its database is read.
    pub(super) fn user(&self) -> String {
        self.user.clone().unwrap_or_else(|| "postgres".to_owned())
    }

    /// The job of a setting; `None` when it is about something else.
    fn wanted(&self, service: &ServiceId, wanted: &Wanted) -> Option<Job> {
        let what = match &wanted.of {
            Of::Postgres {
                service: of,
                database,
                user,
            } if is_meant(service, of) => What::Database(Database {
                name: database.clone(),
                user: user.clone().unwrap_or_else(|| self.user()),
            }),
            Of::Volume(volume) => {
                let in_project = format!("{}_{volume}", service.group);
                let (name, path) = self
                    .volumes
                    .iter()
                    .find(|(name, _)| name == volume || *name == in_project)?;
                What::Volume {
                    name: name.clone(),
                    path: path.clone(),
                }
            }
            Of::Postgres { .. } => return None,
        };
        Some(Job {
            what,
            to: wanted.to.clone(),
            keep_days: wanted.keep_days,
        })
    }

    /// What it shows by itself: its database, or else its volumes.
    fn found(&self) -> Vec<What> {
        if self.postgres {
            let user = self.user();
            let name = self.database.clone().unwrap_or_else(|| user.clone());
            return vec![What::Database(Database { name, user })];
        }
        let volumes = self.volumes.iter().map(|(name, path)| What::Volume {
            name: name.clone(),
            path: path.clone(),
        });
        volumes.collect()
    }
}

/// Whether a setting means that service: by its name, or, of a workload that is shown as `sts/postgres`, by its own.
fn is_meant(service: &ServiceId, wanted: &str) -> bool {
    let own = service.name.rsplit('/').next();
    *service.name == *wanted || own == Some(wanted)
}

/// All jobs of a service; never none.
///
/// # Errors
/// Why there is nothing to copy.
pub(super) fn of(
    service: &ServiceId,
    container: &Container,
    manner: &BackupPolicy,
) -> Result<Vec<Job>, Refusal> {
    let set = manner.wanted.iter();
    let mut jobs: Vec<Job> = set
        .filter_map(|wanted| container.wanted(service, wanted))
        .collect();
    if jobs.is_empty() {
        let home = names::folder(&manner.home, service);
        let found = container.found().into_iter();
        jobs.extend(found.map(|what| Job {
            what,
            to: home.clone(),
            keep_days: None,
        }));
    }
    if jobs.is_empty() {
        return Err(Refusal {
            so_already: false,
            why: safe!("{service} holds no data that is known of: no PostgreSQL, no volume"),
            instead: SafeText::from_static("name one under [backup.NAME] in quarterdeck.toml"),
        });
    }
    for job in &jobs {
        if let What::Database(Database { name, user }) = &job.what
            && !(names::is_plain(name) && names::is_plain(user))
        {
            return Err(Refusal {
                so_already: false,
                why: safe!("{name} as {user} is no database that pg_dump would take for a name"),
                instead: SafeText::EMPTY,
            });
        }
    }
    Ok(jobs)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    fn service() -> ServiceId {
        ServiceId {
            group: SafeText::name("shop"),
            name: SafeText::name("db"),
        }
    }

    fn container(env: &[&str], image: &str, volumes: &[(&str, &str)]) -> Container {
        let mounts: Vec<_> = volumes
            .iter()
            .map(|(name, path)| json!({"Type": "volume", "Name": name, "Destination": path}))
            .chain([json!({"Type": "bind", "Source": "/etc", "Destination": "/host"})])
            .collect();
        let inspect = json!({
            "State": {"Running": true, "StartedAt": "2026-11-21T12:00:00Z"},
            "Config": {"Env": env, "Image": image}, "Mounts": mounts,
        });
        Container::read(inspect.to_string().as_bytes()).unwrap()
    }

    fn manner(wanted: Vec<Wanted>) -> BackupPolicy {
        BackupPolicy {
            wanted,
            home: "/home".into(),
        }
    }

    fn database(name: &str, user: &str) -> What {
        What::Database(Database {
            name: name.to_owned(),
            user: user.to_owned(),
        })
    }

    #[test]
    fn a_database_is_found_by_its_variables_or_their_defaults() {
        let found = |env: &[&str], image: &str| {
            of(
                &service(),
                &container(env, image, &[("v", "/data")]),
                &manner(Vec::new()),
            )
            .map(|jobs| jobs[0].what.clone())
        };
        let env = ["PGDATA=/d", "POSTGRES_USER=shop", "POSTGRES_DB=orders"];
        assert_eq!(found(&env, "x").unwrap(), database("orders", "shop"));
        assert_eq!(found(&env[..2], "x").unwrap(), database("shop", "shop"));
        assert_eq!(
            found(&[], "postgres:15").unwrap(),
            database("postgres", "postgres")
        );
        let volume = What::Volume {
            name: "v".to_owned(),
            path: "/data".to_owned(),
        };
        assert_eq!(found(&["POSTGRES_HOST=db"], "shop/api").unwrap(), volume);
    }

    #[test]
    fn nothing_to_copy_is_said() {
        let refused = of(
            &service(),
            &container(&[], "shop/api", &[]),
            &manner(Vec::new()),
        );
        assert!(
            refused
                .unwrap_err()
                .why
                .contains("no PostgreSQL, no volume")
        );
    }

    #[test]
    fn a_setting_is_taken_before_what_is_found() {
        let wanted = |of| Wanted {
            of,
            to: "/to".into(),
            keep_days: Some(3),
        };
        let postgres = Of::Postgres {
            service: "db".to_owned(),
            database: "stock".to_owned(),
            user: None,
        };
        let elsewhere = Of::Postgres {
            service: "other".to_owned(),
            database: "x".to_owned(),
            user: None,
        };
        let here = container(&["POSTGRES_USER=shop"], "postgres", &[("shop_data", "/d")]);
        let all = manner(vec![
            wanted(elsewhere),
            wanted(postgres),
            wanted(Of::Volume("data".to_owned())),
        ]);
        let jobs = of(&service(), &here, &all).unwrap();
        assert_eq!(jobs[0].what, database("stock", "shop"));
        assert_eq!(jobs[0].to, Path::new("/to"));
        assert_eq!(jobs[1].name(), "shop_data");
        assert_eq!(jobs.len(), 2);
    }

    #[test]
    fn a_name_that_is_a_connection_string_is_refused() {
        let env = ["PGDATA=/d", "POSTGRES_DB=host=elsewhere password=x"];
        let refused = of(&service(), &container(&env, "x", &[]), &manner(Vec::new()));
        assert!(refused.is_err());
    }

    #[test]
    fn what_is_secret_is_cut_out_of_what_programs_print() {
        let here = container(&["POSTGRES_PASSWORD=CANARY"], "postgres", &[]);
        let words = here.without_secrets(b"FATAL: CANARY is wrong");
        assert_eq!(String::from_utf8(words).unwrap(), "FATAL: ••• is wrong");
    }
}
