use serde_json::{Value, json};

use super::*;

fn inspect(text: &str) -> Container {
    Container(serde_json::from_str(text).unwrap())
}

fn compose() -> Container {
    inspect(include_str!("inspects/compose.json"))
}

fn plain() -> Container {
    inspect(include_str!("inspects/plain.json"))
}

const OTHER: Image<'_> = Image {
    reference: "qd-busybox:v2",
    id: "sha256:2222",
    supplied_by: None,
};

/// What `qd-busybox:v1` supplies.
fn supplied() -> Value {
    json!({
        "Env": ["PATH=/bin", "VERSION=1"], "Cmd": ["serve"], "Entrypoint": null, "ExposedPorts": { "8080/tcp": {} },
        "Labels": { "org.opencontainers.image.version": "1.0.0" }, "User": "", "WorkingDir": "", "Volumes": null,
    })
}

#[test]
fn a_replica_of_compose_is_made_anew_with_another_image() {
    let old = compose();
    let supplied = supplied();
    let Spec {
        mut create,
        connect,
    } = spec(
        &old,
        Purpose::Replace { number: 2 },
        Image {
            supplied_by: Some(&supplied),
            ..OTHER
        },
    );
    let anonymous = old
        .mounts()
        .iter()
        .find(|m| m["Destination"] == "/anon")
        .unwrap()["Name"]
        .clone();
    let mut host = old.0["HostConfig"].clone();
    host["Mounts"][0]["Source"] = anonymous;
    assert_eq!(
        create["HostConfig"].take(),
        host,
        "verbatim, but for the volume that gets its name"
    );
    assert_eq!(
        create,
        json!({
            "AttachStdin": false, "AttachStdout": true, "AttachStderr": true, "Tty": false, "OpenStdin": false, "StdinOnce": false,
            "Env": ["PASSWORD=hunter2", "A=1"],
            "ExposedPorts": {},
            "Healthcheck": { "Test": ["CMD", "true"], "Interval": 1_000_000_000 },
            "HostConfig": null,
            "Image": "qd-busybox:v2",
            "Labels": {
                "com.docker.compose.config-hash": old.label("com.docker.compose.config-hash"),
                "com.docker.compose.container-number": "2",
                "com.docker.compose.depends_on": "",
                "com.docker.compose.image": "sha256:2222",
                "com.docker.compose.oneoff": "False",
                "com.docker.compose.project": "shop",
                "com.docker.compose.project.config_files": "/srv/shop/compose.yaml",
                "com.docker.compose.project.working_dir": "/srv/shop",
                "com.docker.compose.service": "api",
                "com.docker.compose.version": "2.40.3",
                "team": "x",
            },
            "NetworkingConfig": { "EndpointsConfig": { "shop_back": { "Aliases": ["shop-api-1", "api"] } } },
            "OnBuild": null,
            "Volumes": null,
        })
    );
    assert_eq!(
        connect,
        [(
            "shop_default".to_owned(),
            json!({ "Aliases": ["shop-api-1", "api", "apix"] })
        )]
    );
}

#[test]
fn a_copy_beside_it_has_its_own_number_name_and_volumes() {
    let old = compose();
    let beside = Purpose::Beside {
        name: "shop-api-3",
        number: 3,
    };
    let Spec { create, connect } = spec(
        &old,
        beside,
        Image {
            reference: "qd-busybox:v1",
            id: old.image_id(),
            supplied_by: None,
        },
    );
    assert_eq!(create["HostConfig"], old.0["HostConfig"]);
    assert_eq!(create["Env"], old.0["Config"]["Env"]);
    assert_eq!(create["Cmd"], json!(["serve"]));
    assert_eq!(create["Labels"]["com.docker.compose.container-number"], "3");
    assert_eq!(create["Labels"]["com.docker.compose.image"], old.image_id());
    assert_eq!(
        create["NetworkingConfig"]["EndpointsConfig"]["shop_back"]["Aliases"],
        json!(["shop-api-3", "api"])
    );
    assert_eq!(
        connect[0].1["Aliases"],
        json!(["shop-api-3", "api", "apix"])
    );
}

#[test]
fn a_plain_container_keeps_its_choices_and_its_data() {
    let old = plain();
    let supplied = supplied();
    let Spec { create, connect } = spec(
        &old,
        Purpose::Replace { number: 2 },
        Image {
            supplied_by: Some(&supplied),
            ..OTHER
        },
    );
    assert_eq!(create["Hostname"], "chosen");
    assert_eq!(create["Env"], json!(["MODE=x"]));
    assert_eq!(create["Cmd"], json!(["sh", "-c", "exec serve"]));
    assert_eq!(create["WorkingDir"], "/tmp");
    assert_eq!(create["Volumes"], json!({}));
    let data = old
        .mounts()
        .iter()
        .find(|m| m["Destination"] == "/data")
        .unwrap()["Name"]
        .as_str()
        .unwrap();
    assert_eq!(
        create["HostConfig"]["Binds"],
        json!(["/tmp:/ro:ro", format!("{data}:/data:rw")])
    );
    assert_eq!(
        create["NetworkingConfig"]["EndpointsConfig"],
        json!({ "stat": { "Aliases": ["chosen"], "IPAMConfig": { "IPv4Address": "10.199.0.9" } } })
    );
    assert_eq!(
        connect,
        [(
            "shop_back".to_owned(),
            json!({ "Aliases": ["second", "chosen"] })
        )]
    );
}

#[test]
fn what_compose_was_replacing_is_not_copied() {
    let mut old = compose();
    old.0["Config"]["Labels"][REPLACE] = "api-1".into();
    let Spec { create, .. } = spec(&old, Purpose::Replace { number: 2 }, OTHER);
    assert_eq!(create["Labels"].get(REPLACE), None);
}

#[test]
fn a_shared_network_namespace_brings_its_own_hostname_and_ports() {
    let mut old = compose();
    old.0["HostConfig"]["NetworkMode"] = "container:4d8a266f6827".into();
    old.0["Config"]["Hostname"] = "4d8a266f6827".into();
    old.0["NetworkSettings"]["Networks"] = json!({});
    let Spec { create, connect } = spec(&old, Purpose::Replace { number: 2 }, OTHER);
    assert_eq!(
        (create.get("Hostname"), create.get("ExposedPorts")),
        (None, None)
    );
    assert_eq!(
        (
            &create["NetworkingConfig"]["EndpointsConfig"],
            connect.len()
        ),
        (&json!({}), 0)
    );
}

#[test]
fn an_entrypoint_of_its_own_keeps_its_command() {
    let mut old = compose();
    old.0["Config"]["Entrypoint"] = json!(["/init"]);
    let supplied = supplied();
    let Spec { create, .. } = spec(
        &old,
        Purpose::Replace { number: 2 },
        Image {
            supplied_by: Some(&supplied),
            ..OTHER
        },
    );
    // `serve` is the image's command too, but under another entrypoint Docker would not bring it.
    assert_eq!(
        (&create["Entrypoint"], &create["Cmd"]),
        (&json!(["/init"]), &json!(["serve"]))
    );
}

#[test]
fn a_health_check_is_taken_out_part_by_part() {
    let mut old = compose();
    old.0["Config"]["Healthcheck"] = json!({ "Test": ["CMD", "a"], "Interval": 5, "Retries": 3 });
    let image = json!({ "Healthcheck": { "Test": ["CMD", "a"], "Interval": 1, "Retries": 3 } });
    let Spec { create, .. } = spec(
        &old,
        Purpose::Replace { number: 2 },
        Image {
            supplied_by: Some(&image),
            ..OTHER
        },
    );
    assert_eq!(create["Healthcheck"], json!({ "Interval": 5 }));
}
