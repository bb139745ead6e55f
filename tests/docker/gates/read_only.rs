//! Gate 12: whatever is pressed in whatever view, a console that only looks sends nothing that changes anything.

use std::time::Duration;

use crate::support::{
    compose::Compose, console::quarterdeck, docker_or_skip, keys::press_all, proxy::Proxy,
    wait::wait_until,
};

const SHOP: &str = r"
services:
  api:
    image: qd-busybox:v1
    stop_grace_period: 1s
";

#[test]
fn no_key_in_any_view_changes_anything() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "look", SHOP);
    let before = shop.ps();
    let proxy = Proxy::unix(&daemon.host);
    let start = quarterdeck(&[])
        .size(120, 40)
        .env("DOCKER_HOST", &proxy.host)
        .env("QUARTERDECK_READ_ONLY", "1")
        .env("QUARTERDECK_OPERATOR", "sre-1");
    let mut console = start.start();
    console.expect("api");
    press_all(&console, "local/api", "", &[]);
    console.keys("q");
    assert!(console.wait_exit(Duration::from_secs(2)).success());
    assert!(!proxy.requests().is_empty(), "it did not go by the proxy");
    assert_eq!(proxy.mutating(), []);
    assert_eq!(shop.ps(), before);
}

/// The reverse: without read-only the same proxy sees what is pressed.
#[test]
fn the_proxy_sees_what_changes_something() {
    let daemon = docker_or_skip!();
    let shop = Compose::up(&daemon, "act", SHOP);
    let proxy = Proxy::unix(&daemon.host);
    let start = quarterdeck(&[])
        .size(120, 40)
        .env("DOCKER_HOST", &proxy.host)
        .env("QUARTERDECK_OPERATOR", "sre-1");
    std::fs::write(
        start.home().join("quarterdeck.toml"),
        format!(
            "[environment.here]\nkind = 'development'\ndocker.projects = ['{}']\n",
            shop.project
        ),
    )
    .expect("the home is writable");
    let console = start.start();
    console.expect("api");
    wait_until("something is sent", Duration::from_secs(10), || {
        console.keys("r\r");
        !proxy.mutating().is_empty()
    });
}
