//! What a change of image means for the data that a service keeps.

use super::super::{
    container::{Container, text},
    world::ImageInfo,
};
use crate::{domain::image::Name, platform::docker::project::is_database, safe, text::SafeText};

/// Where programs that keep data keep it.
const DATA_PATHS: [&str; 12] = [
    "/var/lib/postgresql",
    "/var/lib/mysql",
    "/var/lib/mongodb",
    "/data/db",
    "/bitnami",
    "/var/lib/clickhouse",
    "/var/lib/cassandra",
    "/var/lib/influxdb",
    "/var/lib/neo4j",
    "/var/lib/rabbitmq",
    "/var/lib/etcd",
    "/usr/share/elasticsearch/data",
];

/// Says that data may not be readable by the image that `reference` names; `None` where the service keeps none, or both
/// are known to be of one major version.
pub(super) fn left_behind(
    old: &Container,
    old_image: &ImageInfo,
    reference: &str,
    new_image: &ImageInfo,
) -> Option<SafeText> {
    if !keeps_data(old) {
        return None;
    }
    let wrote = major(old.image(), old_image);
    match (wrote, major(reference, new_image)) {
        (Some(wrote), Some(reads)) if wrote == reads => None,
        (Some(wrote), Some(reads)) => Some(safe!(
            "the data may not go back with it: written by v{wrote}, v{reads} may refuse to read it"
        )),
        _ => Some(safe!(
            "the data may not go back with it: another major version may refuse to read it"
        )),
    }
}

/// Whether it writes to storage that outlives it, at a place for a database's data.
fn keeps_data(container: &Container) -> bool {
    let database = is_database(container.image());
    container
        .mounts()
        .iter()
        .filter(|mount| mount["RW"] == true && matches!(text(mount, "/Type"), "volume" | "bind"))
        .any(|mount| {
            let path = text(mount, "/Destination");
            let at = |data: &str| {
                path.strip_prefix(data)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            DATA_PATHS.iter().any(|data| at(data)) || (database && path == "/data")
        })
}

/// The major version of the program in an image: what the image says of itself, else the number that its tag begins
/// with. A tag of an image that is no database's is the release of something else.
fn major(reference: &str, image: &ImageInfo) -> Option<u32> {
    let digits = |text: &str| {
        let text = text.strip_prefix('v').unwrap_or(text);
        let end = text.find(|c: char| !c.is_ascii_digit());
        text[..end.unwrap_or(text.len())].parse::<u32>().ok()
    };
    let said = image.config["Env"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|variable| variable.as_str()?.split_once('='))
        .find(|(name, _)| matches!(*name, "PG_MAJOR" | "MYSQL_MAJOR" | "MONGO_MAJOR"))
        .and_then(|(_, version)| digits(version));
    said.or_else(|| {
        digits(
            Name::parse(reference)
                .tag
                .filter(|_| is_database(reference))?,
        )
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn image(env: &Value) -> ImageInfo {
        ImageInfo {
            config: json!({ "Env": env }),
            ..ImageInfo::default()
        }
    }

    fn told(from: &str, to: &str, mount: Value, envs: [Value; 2]) -> Option<String> {
        let old = Container(json!({ "Config": { "Image": from }, "Mounts": [mount] }));
        let [old_env, new_env] = envs;
        left_behind(&old, &image(&old_env), to, &image(&new_env)).map(|words| words.to_string())
    }

    #[test]
    fn a_database_that_wrote_with_a_newer_one_may_not_go_back() {
        let volume =
            |path: &str| json!({ "Type": "volume", "Name": "db", "Destination": path, "RW": true });
        let data = || volume("/var/lib/postgresql/data");
        let none = || [json!([]), json!([])];
        let told_both =
            "the data may not go back with it: written by v16, v15 may refuse to read it";
        assert_eq!(
            told("postgres:16.4", "postgres:15-alpine", data(), none()).as_deref(),
            Some(told_both)
        );
        // An image of one's own says it in its variables.
        let said = [json!(["PG_MAJOR=16"]), json!(["PATH=/bin", "PG_MAJOR=15"])];
        assert_eq!(
            told("shop/store:r9", "shop/store:r8", data(), said).as_deref(),
            Some(told_both)
        );
        let unread = told("shop/store:r9", "shop/store:r8", data(), none()).unwrap();
        assert!(unread.contains("another major version"), "{unread}");
        // The same major version reads what it wrote, and what keeps nothing loses nothing.
        assert_eq!(told("postgres:16.4", "postgres:16.3", data(), none()), None);
        assert_eq!(
            told("postgres:16", "postgres:15", volume("/etc/conf"), none()),
            None
        );
        let mut read_only = data();
        read_only["RW"] = json!(false);
        assert_eq!(told("postgres:16", "postgres:15", read_only, none()), None);
    }

    #[test]
    fn a_folder_called_data_counts_for_a_database_alone() {
        let mount = || json!({ "Type": "volume", "Destination": "/data", "RW": true });
        let none = || [json!([]), json!([])];
        assert!(told("redis:7.2", "redis:6.2", mount(), none()).is_some());
        assert_eq!(told("shop/api:v2", "shop/api:v1", mount(), none()), None);
    }
}
