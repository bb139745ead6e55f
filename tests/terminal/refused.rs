//! A daemon whose socket may not be opened: the screen says the line that mends it.

use std::{
    fs::{self, Permissions},
    os::unix::{fs::PermissionsExt as _, net::UnixListener},
};

use crate::support::console::{program, quarterdeck};

#[test]
fn a_socket_without_permission_is_told_with_what_mends_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("docker.sock");
    let _daemon = UnixListener::bind(&socket).expect("a socket");
    fs::set_permissions(&socket, Permissions::from_mode(0o0)).expect("it is ours");
    let start = if rustix::process::geteuid().is_root() {
        // Root without what lets it pass over permissions.
        let without = "--bounding-set=-dac_override,-dac_read_search";
        program("setpriv", &[without, env!("CARGO_BIN_EXE_quarterdeck")])
    } else {
        quarterdeck(&[])
    };
    let console = start
        .env("DOCKER_HOST", format!("unix://{}", socket.display()))
        // The path is as long as the temporary folder has it: on one line all the same.
        .size(400, 30)
        .start();
    console.expect(&format!("no permission for {}", socket.display()));
    console.expect("sudo usermod -aG docker \"$USER\"");
}
