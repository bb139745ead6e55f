//! A service with data, and a console's way to it.

use quarterdeck::{
    domain::service::ServiceId,
    platform::docker::{self, DockerOptions},
    text::SafeText,
};

pub(super) use crate::support::backups::{Rig, Stop, files, orders, run};
use crate::support::{
    compose::Compose,
    daemon::Daemon,
    wait::{SOON, wait_until},
};

/// The password of the database; it may appear nowhere.
pub(super) const CANARY: &str = "c4n4ry-0f-7he-d4t4b4se";

/// The database `orders` of `shop`, with two tables.
pub(super) fn database(daemon: &Daemon, name: &str) -> Compose {
    let file = format!(
        "services: {{db: {{image: \"qd-postgres:15\", environment: {{POSTGRES_PASSWORD: {CANARY}, POSTGRES_USER: shop, POSTGRES_DB: orders}}}}}}"
    );
    let compose = Compose::up(daemon, name, &file);
    wait_until("the database is healthy", SOON, || {
        compose.replicas("db")[0].health == "healthy"
    });
    let tables = "create table item (id int primary key, name text, at timestamptz default now()); \
         insert into item select i, md5(i::text) from generate_series(1, 5000) i; \
         create table note (text text); insert into note values ('a'), ('b'); \
         create role reader login";
    sql(&compose, "orders", tables);
    compose
}

/// Data that does not get smaller: a dump of so many MiB and more.
pub(super) fn grow(compose: &Compose, mebibytes: u32) {
    let rows = mebibytes * 64;
    let fill = format!(
        "create table bulk as select string_agg(md5(random()::text || j), '') as text \
         from generate_series(1, {rows}) i, generate_series(1, 1024) j group by i"
    );
    sql(compose, "orders", &fill);
}

pub(super) fn sql(compose: &Compose, database: &str, statement: &str) -> String {
    compose.run(&[
        "exec", "-T", "db", "psql", "-qAtX", "-U", "shop", "-d", database, "-c", statement,
    ])
}

/// On a service of a project, by what answers at `host`, which may be a proxy.
pub(super) fn on(host: &str, project: &str, service: &str) -> Rig {
    let handle = docker::start(DockerOptions {
        host: Some(host.to_owned()),
        projects: vec![project.to_owned()],
        ..DockerOptions::default()
    });
    let service = ServiceId {
        group: SafeText::name(project),
        name: SafeText::name(service),
    };
    Rig::new(handle, service)
}

/// On the database. Copies of it go to the folder.
pub(super) fn on_database(host: &str, compose: &Compose) -> Rig {
    on(host, &compose.project, "db").wanting(orders(), None)
}
