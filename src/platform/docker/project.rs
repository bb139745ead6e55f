//! Containers become the rows that an operator knows: one a service, its copies under it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    domain::{
        health::Health,
        image::{Name, version},
        instance::{Instance, InstanceId, Phase, Usage},
        service::{Service, ServiceId, ServiceKind, Traffic},
    },
    platform::docker::{
        container::Container,
        judge::{Judgement, judge},
    },
    safe,
    text::SafeText,
};

/// Programs that keep data, by the names of their images.
const DATABASES: [&str; 28] = [
    "postgres",
    "postgresql",
    "postgis",
    "timescaledb",
    "pgvector",
    "mysql",
    "mariadb",
    "percona",
    "mongo",
    "mongodb",
    "redis",
    "valkey",
    "keydb",
    "clickhouse",
    "elasticsearch",
    "opensearch",
    "cassandra",
    "scylla",
    "influxdb",
    "neo4j",
    "couchdb",
    "cockroach",
    "etcd",
    "rabbitmq",
    "kafka",
    "minio",
    "qdrant",
    "weaviate",
];

/// Makes the rows, by identity. A row, and a copy in it, that is as it was is the very one of `before`.
pub(super) fn services<'a>(
    containers: impl Iterator<Item = &'a Container>,
    before: &[Arc<Service>],
    now: Timestamp,
) -> Vec<Arc<Service>> {
    let mut groups: BTreeMap<&ServiceId, Vec<&Container>> = BTreeMap::new();
    for container in containers.filter(|c| !c.oneoff) {
        if let Some(service) = &container.service {
            groups.entry(service).or_default().push(container);
        }
    }
    let needed = needed(&groups);
    groups
        .into_iter()
        .map(|(id, mut copies)| {
            copies.sort_by(|a, b| (a.number, a.created, &a.id).cmp(&(b.number, b.created, &b.id)));
            let old = before
                .binary_search_by(|s| s.id.cmp(id))
                .ok()
                .map(|at| &before[at]);
            let new = service(id, &copies, old, needed.get(id).copied(), now);
            match old {
                Some(old) if **old == new => Arc::clone(old),
                _ => Arc::new(new),
            }
        })
        .collect()
}

fn service(
    id: &ServiceId,
    copies: &[&Container],
    old: Option<&Arc<Service>>,
    needed_by: Option<&ServiceId>,
    now: Timestamp,
) -> Service {
    let judged: Vec<Judgement> = copies.iter().map(|c| judge(c, now)).collect();
    let instances: Vec<Arc<Instance>> = copies
        .iter()
        .zip(&judged)
        .map(|(container, judgement)| {
            let new = instance(container, judgement);
            let same = old.and_then(|old| old.instances.iter().find(|i| ***i == new));
            same.map_or_else(|| Arc::new(new), Arc::clone)
        })
        .collect();
    let verdict = whole(copies, weigh(&judged), needed_by, now);
    let image_id = common(copies.iter().map(|c| &c.image_id));
    let newest: Vec<&&Container> = copies
        .iter()
        .filter(|c| Some(&c.image_id) == image_id)
        .collect();
    let image = newest.first().map(|c| c.image.clone()).unwrap_or_default();
    let mut ports: Vec<_> = copies.iter().flat_map(|c| &c.ports).cloned().collect();
    ports.sort_by_key(|port| (port.host.is_none(), port.container, port.host));
    ports.dedup();
    Service {
        id: id.clone(),
        kind: copies
            .first()
            .and_then(|c| c.kind)
            .unwrap_or(ServiceKind::Container),
        // Docker keeps no such number. What is there is what is wanted, but for a copy that stands in for another while
        // an action replaces it: both have one number.
        desired: desired(copies),
        health: verdict.health,
        why: verdict.why,
        why_since: verdict.since,
        version: version(&image),
        stateful: copies.iter().any(|c| c.volume) || is_database(&image),
        image,
        since: newest.iter().filter_map(|c| c.started).min(),
        usage: copies
            .iter()
            .fold(Usage::default(), |sum, c| sum.plus(&c.usage)),
        traffic: Traffic::default(),
        trend: old.map(|old| old.trend.clone()).unwrap_or_default(),
        ports,
        depends_on: copies
            .first()
            .map(|c| c.depends_on.clone())
            .unwrap_or_default(),
        instances,
        troubles: Vec::new(),
        uid: SafeText::EMPTY,
        zone: SafeText::EMPTY,
    }
}

/// How many copies there should be, by their numbers; `None` where they have none.
fn desired(copies: &[&Container]) -> Option<u32> {
    let numbers: BTreeSet<u32> = copies.iter().map(|c| c.number).collect();
    (!numbers.contains(&0)).then_some(numbers.len() as u32)
}

/// Who needs whom, where the one that needs runs.
fn needed<'a>(
    groups: &BTreeMap<&'a ServiceId, Vec<&'a Container>>,
) -> BTreeMap<&'a ServiceId, &'a ServiceId> {
    let running = |copies: &[&Container]| copies.iter().any(|c| c.phase == Phase::Running);
    let mut needed = BTreeMap::new();
    for (id, copies) in groups.iter().filter(|(_, copies)| running(copies)) {
        for other in copies.iter().flat_map(|c| &c.depends_on) {
            needed.entry(other).or_insert(*id);
        }
    }
    needed
}

/// What the copies make together: a service that others need is not well because somebody stopped it, one of which
/// nothing was ever started is critical, and copies of two versions that nobody is replacing are worth a look.
fn whole(
    copies: &[&Container],
    worst: Judgement,
    needed_by: Option<&ServiceId>,
    now: Timestamp,
) -> Judgement {
    match (worst.health, needed_by) {
        (Health::Off, Some(other)) => Judgement {
            health: Health::Critical,
            why: safe!("stopped, and {} needs it", other.name),
            since: copies.iter().filter_map(|c| c.finished).max(),
        },
        (Health::Warning, _) if copies.iter().all(|c| c.phase == Phase::Created) => Judgement {
            health: Health::Critical,
            ..worst
        },
        (Health::Well, _) => mixed(copies, now).unwrap_or(worst),
        _ => worst,
    }
}

/// How long copies of two versions may stand side by side before somebody has left them so.
const SIDE_BY_SIDE: SignedDuration = SignedDuration::from_mins(2);

fn mixed(copies: &[&Container], now: Timestamp) -> Option<Judgement> {
    let mut versions: BTreeMap<&SafeText, usize> = BTreeMap::new();
    for copy in copies.iter().filter(|c| c.phase == Phase::Running) {
        *versions.entry(&copy.image_id).or_default() += 1;
    }
    let youngest = copies.iter().filter_map(|c| c.created).max()?;
    if versions.len() < 2 || now.duration_since(youngest) < SIDE_BY_SIDE {
        return None;
    }
    let told = |id: &SafeText| {
        copies
            .iter()
            .find(|c| c.image_id == *id)
            .map(|c| version(&c.image))
    };
    let parts: Vec<String> = versions
        .iter()
        .map(|(id, count)| format!("{count} on {}", told(id).unwrap_or_default()))
        .collect();
    Some(Judgement {
        health: Health::Warning,
        why: safe!("{}", parts.join(", ")),
        since: Some(youngest),
    })
}

fn instance(c: &Container, judgement: &Judgement) -> Instance {
    Instance {
        id: c.id.clone().unwrap_or(InstanceId(SafeText::EMPTY)),
        name: c.name.clone(),
        number: c.number,
        phase: c.phase,
        probe: c.probe.clone(),
        health: judgement.health,
        why: judgement.why.clone(),
        created: c.created,
        started: c.started,
        finished: c.finished,
        restarts: c.restarts,
        exit_code: c.exit_code,
        last_words: c.last_words.clone(),
        oom_killed: c.oom_killed,
        image: c.image.clone(),
        image_id: c.image_id.clone(),
        usage: c.usage,
        revision: SafeText::EMPTY,
        node: SafeText::EMPTY,
    }
}

/// The worst of the copies counts: each was asked for. Copies that someone stopped say nothing while none runs, and are
/// worth a look beside others that do.
fn weigh(judged: &[Judgement]) -> Judgement {
    let off = judged.iter().filter(|j| j.health == Health::Off).count();
    // The earliest of the worst, so that one more in the same trouble does not make it younger; what nobody saw begin is as
    // old as any.
    let worst = judged
        .iter()
        .min_by_key(|j| (j.health, j.since))
        .expect("a service is made of at least one container");
    if off > 0 && worst.health == Health::Well {
        return Judgement {
            health: Health::Warning,
            why: safe!("{off} of {} stopped", judged.len()),
            since: judged
                .iter()
                .filter(|j| j.health == Health::Off)
                .filter_map(|j| j.since)
                .max(),
        };
    }
    worst.clone()
}

/// What most have; among equals the one that comes first.
fn common<'a>(ids: impl Iterator<Item = &'a SafeText> + Clone) -> Option<&'a SafeText> {
    let mut best: Option<(&SafeText, usize)> = None;
    for id in ids.clone() {
        let count = ids.clone().filter(|other| *other == id).count();
        if best.is_none_or(|(_, most)| count > most) {
            best = Some((id, count));
        }
    }
    best.map(|(id, _)| id)
}

/// Whether an image is, by its name, of a program that keeps data.
pub(super) fn is_database(image: &str) -> bool {
    let program = Name::parse(image).program().to_ascii_lowercase();
    DATABASES.iter().any(|name| {
        // `bitnami/postgresql`, `qd-postgres`, `mysql-server`: one of the words is the program.
        program.split(['-', '_', '.']).any(|word| word == *name)
    })
}

/// The state of the whole copy, for marks: whether it serves, comes, goes, or is broken.
pub(super) fn is_going(instance: &Instance) -> bool {
    matches!(
        instance.phase,
        Phase::Stopping | Phase::Exited | Phase::Dead
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::docker::wire::Listed;

    fn listed(json: &str) -> Container {
        let mut container = Container::default();
        container.list(serde_json::from_str::<Listed>(json).unwrap());
        container
    }

    fn compose(id: &str, service: &str, number: u32, status: &str, state: &str) -> Container {
        listed(&format!(
            r#"{{"Id":"{id}","Names":["/shop-{service}-{number}"],"Image":"shop/{service}:v1","ImageID":"sha256:aa",
                "Created":1800000000,"State":"{state}","Status":"{status}","Labels":{{
                "com.docker.compose.project":"shop","com.docker.compose.service":"{service}",
                "com.docker.compose.container-number":"{number}","com.docker.compose.oneoff":"False",
                "com.docker.compose.depends_on":"db:service_healthy:false,cache:service_started:true"}}}}"#
        ))
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_600).unwrap()
    }

    #[test]
    fn containers_of_a_service_are_one_row_by_number() {
        let containers = [
            compose("b", "api", 2, "Up 5 minutes (unhealthy)", "running"),
            compose("a", "api", 1, "Up 5 minutes", "running"),
            listed(
                r#"{"Id":"c","Names":["/lone"],"Image":"redis","Created":1800000000,"State":"running","Status":"Up"}"#,
            ),
        ];
        let rows = services(containers.iter(), &[], now());
        let names: Vec<String> = rows.iter().map(|s| s.id.to_string()).collect();
        assert_eq!(names, ["lone", "shop/api"]);
        let api = &rows[1];
        assert_eq!((api.instances.len(), api.ready()), (2, 1));
        assert_eq!(api.instances[0].id, InstanceId(SafeText::name("a")));
        assert_eq!((api.health, &*api.why), (Health::Critical, "unhealthy"));
        assert_eq!((&*api.version, &*api.image), ("v1", "shop/api:v1"));
        let needs: Vec<String> = api.depends_on.iter().map(ToString::to_string).collect();
        assert_eq!(needs, ["shop/db", "shop/cache"]);
        assert!(rows[0].stateful && !api.stateful);
    }

    #[test]
    fn a_row_that_is_as_it_was_is_the_very_same() {
        let mut containers = [
            compose("a", "api", 1, "Up 5 minutes", "running"),
            compose("b", "web", 1, "Up 5 minutes", "running"),
        ];
        let first = services(containers.iter(), &[], now());
        containers[1].usage.cpu_percent = Some(1.0);
        let second = services(containers.iter(), &first, now());
        assert!(Arc::ptr_eq(&first[0], &second[0]));
        assert!(!Arc::ptr_eq(&first[1], &second[1]));
    }

    #[test]
    fn what_someone_stopped_beside_others_is_worth_a_look_and_alone_is_off() {
        let stopped = || compose("b", "api", 2, "Exited (0) 2 minutes ago", "exited");
        let both = [compose("a", "api", 1, "Up", "running"), stopped()];
        let rows = services(both.iter(), &[], now());
        assert_eq!(
            (rows[0].health, &*rows[0].why),
            (Health::Warning, "1 of 2 stopped")
        );
        let alone = [stopped()];
        assert_eq!(services(alone.iter(), &[], now())[0].health, Health::Off);
    }

    #[test]
    fn what_others_need_is_not_well_because_somebody_stopped_it() {
        let mut db = compose("d", "db", 1, "Exited (137) 5 seconds ago", "exited");
        db.seen.asked_to_stop = true;
        let needing = [compose("a", "api", 1, "Up", "running"), db];
        let rows = services(needing.iter(), &[], now());
        assert_eq!(
            (&*rows[1].id.name, rows[1].health, &*rows[1].why),
            ("db", Health::Critical, "stopped, and api needs it")
        );
        let alone = [&needing[1]];
        let rows = services(alone.into_iter(), &[], now());
        assert_eq!(rows[0].health, Health::Off);
    }

    #[test]
    fn a_copy_that_stands_in_for_another_is_not_one_more() {
        let mut copies = [
            compose("a", "api", 1, "Up", "running"),
            compose("b", "api", 2, "Up", "running"),
            compose("c", "api", 2, "Up", "running"),
            compose("d", "api", 3, "Up", "running"),
        ];
        copies[3].rename("/shop-api-2.new-1kq3v9z7m-7f3q0");
        let row = &services(copies.iter(), &[], now())[0];
        assert_eq!((row.wanted(), row.instances[3].number), (2, 2));
    }

    #[test]
    fn two_versions_that_nobody_replaces_are_told() {
        let mut copies = [
            compose("a", "api", 1, "Up 5 minutes", "running"),
            compose("b", "api", 2, "Up 5 minutes", "running"),
        ];
        copies[1].image_id = SafeText::from_static("sha256:bb");
        copies[1].image = SafeText::from_static("shop/api:v2");
        let row = &services(copies.iter(), &[], now())[0];
        assert_eq!(
            (row.health, &*row.why),
            (Health::Warning, "1 on v1, 1 on v2")
        );
    }

    #[test]
    fn a_service_that_was_never_started_is_critical() {
        let made = [compose("a", "api", 1, "Created", "created")];
        assert_eq!(
            services(made.iter(), &[], now())[0].health,
            Health::Critical
        );
    }

    #[test]
    fn one_off_runs_are_no_part_of_their_service() {
        let mut run = compose("r", "api", 9, "Up", "running");
        run.oneoff = true;
        assert!(services([run].iter(), &[], now()).is_empty());
    }

    #[test]
    fn databases_are_known_by_the_names_of_their_images() {
        assert!(is_database("bitnami/postgresql:16"));
        assert!(is_database("qd-postgres:15"));
        assert!(!is_database("shop/postgrest-admin:1"));
    }
}
