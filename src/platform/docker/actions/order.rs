//! Whether a new replica can run beside the old one, or the old one has to go first.

use serde_json::Value;

use super::{
    container::{Container, PROJECT, SERVICE, text},
    names,
};

/// Why the old replica must stop before the new one starts; `None` when both can run for a moment.
pub(crate) fn stop_first(old: &Container) -> Option<String> {
    if let Some(port) = fixed_port(old) {
        return Some(format!("port {port} of the host can serve one at a time"));
    }
    if let Some(name) = own_name(old) {
        return Some(format!("its name, {name}, was chosen for one container"));
    }
    let mode = old.network_mode();
    if mode == "host" || mode.starts_with("container:") {
        return Some("it shares a network namespace that holds its ports".into());
    }
    if static_address(old) {
        return Some("it has an address of its own".into());
    }
    shared_volume(old).map(|volume| format!("both would write to {volume}"))
}

/// The first port of the host that was chosen by hand; a range leaves Docker a choice.
pub(crate) fn fixed_port(container: &Container) -> Option<&str> {
    container
        .0
        .pointer("/HostConfig/PortBindings")?
        .as_object()?
        .values()
        .filter_map(Value::as_array)
        .flatten()
        .map(|binding| text(binding, "/HostPort"))
        .find(|port| !matches!(*port, "" | "0") && !port.contains('-'))
}

/// The name of a container that was named by hand: with Compose, when it isn't the one Compose makes up.
pub(crate) fn own_name(container: &Container) -> Option<&str> {
    let (name, _) = names::parse(container.name());
    let (project, service) = (container.label(PROJECT), container.label(SERVICE));
    let made_up = container.compose() && names::number(name, project, service).is_some();
    (!made_up).then_some(name)
}

/// Whether somebody chose an address for it.
fn static_address(container: &Container) -> bool {
    !text(&container.0, "/Config/MacAddress").is_empty()
        || container.networks().any(|(_, endpoint)| {
            ["/IPAMConfig/IPv4Address", "/IPAMConfig/IPv6Address"]
                .iter()
                .any(|address| !text(endpoint, address).is_empty())
        })
}

/// The first mount that both would write to. A socket is no data.
fn shared_volume(container: &Container) -> Option<&str> {
    container
        .mounts()
        .iter()
        .filter(|mount| mount["RW"] == true && matches!(text(mount, "/Type"), "volume" | "bind"))
        .filter(|mount| {
            let source = std::path::Path::new(text(mount, "/Source"));
            source.extension().is_none_or(|e| e != "sock")
        })
        .map(|mount| text(mount, "/Destination"))
        .next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn container(change: impl FnOnce(&mut Value)) -> Container {
        let mut inspect = json!({
            "Name": "/shop-api-1",
            "Config": { "Labels": {
                "com.docker.compose.project": "shop",
                "com.docker.compose.service": "api",
                "com.docker.compose.container-number": "1",
            }},
            "HostConfig": { "NetworkMode": "shop_default", "PortBindings": { "80/tcp": [{ "HostPort": "" }] } },
            "Mounts": [
                { "Type": "bind", "Source": "/run/docker.sock", "Destination": "/run/docker.sock", "RW": true },
                { "Type": "volume", "Destination": "/etc/conf", "RW": false },
                { "Type": "tmpfs", "Destination": "/tmp", "RW": true },
            ],
            "NetworkSettings": { "Networks": { "shop_default": { "IPAMConfig": {} } } },
        });
        change(&mut inspect);
        Container(inspect)
    }

    #[test]
    fn two_run_side_by_side_where_nothing_forbids_it() {
        assert_eq!(stop_first(&container(|_| {})), None);
        let range = |c: &mut Value| {
            c["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"] = json!("80-90");
        };
        assert_eq!(stop_first(&container(range)), None);
        assert_eq!(
            stop_first(&container(|c| c["Name"] = json!("/shop_api_1"))),
            None
        );
    }

    #[test]
    fn each_obstacle_is_named() {
        type Change = fn(&mut Value);
        let obstacles: [(Change, &str); 7] = [
            (
                |c| c["HostConfig"]["PortBindings"]["80/tcp"][0]["HostPort"] = json!("8080"),
                "port 8080",
            ),
            (|c| c["Name"] = json!("/theapi"), "theapi"),
            (|c| c["Config"]["Labels"] = json!({}), "shop-api-1"),
            (
                |c| c["HostConfig"]["NetworkMode"] = json!("host"),
                "network namespace",
            ),
            (
                |c| {
                    c["NetworkSettings"]["Networks"]["shop_default"]["IPAMConfig"] =
                        json!({ "IPv4Address": "10.0.0.9" });
                },
                "address",
            ),
            (
                |c| c["Config"]["MacAddress"] = json!("02:42:0a:00:00:09"),
                "address",
            ),
            (|c| c["Mounts"][1]["RW"] = json!(true), "/etc/conf"),
        ];
        for (change, word) in obstacles {
            let why = stop_first(&container(change)).expect(word);
            assert!(why.contains(word), "{why}");
        }
    }
}
