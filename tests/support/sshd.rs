//! A real SSH server on loopback, with keys of its own, and the `ssh` that logs in there.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use super::{
    daemon::output,
    wait::{SOON, wait_until},
};

/// Debian's `sshd`; it ends with this value.
pub(crate) struct Sshd {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Sshd {
    /// Starts it for this very account, and lets in whoever has the key that is in its folder.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        for name in ["host", "key", "stranger"] {
            let quiet = ["-q", "-t", "ed25519", "-N", "", "-f"];
            output(Command::new("ssh-keygen").args(quiet).arg(file(name)));
        }
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = free.local_addr().expect("its number").port();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n",
            file("host").display(),
            file("key.pub").display()
        );
        fs::write(file("config"), config).expect("written");
        let host = fs::read_to_string(file("host.pub")).expect("it was made");
        fs::write(file("known"), format!("[127.0.0.1]:{port} {host}")).expect("written");
        // Where it leaves its rights behind; what starts it elsewhere makes it.
        fs::create_dir_all("/run/sshd").expect("as root");
        drop(free);
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-f"])
            .arg(file("config"))
            .arg("-E")
            .arg(file("log"))
            .stdin(Stdio::null())
            .spawn()
            .expect("openssh-server is installed");
        wait_until("sshd listens", SOON, || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        let sshd = Self {
            child,
            port,
            folder,
        };
        sshd.ssh("key");
        sshd.ssh("stranger");
        sshd
    }

    /// As in `DOCKER_HOST`, for a socket there.
    pub(crate) fn host(&self, socket: &Path) -> String {
        format!("ssh://root@127.0.0.1:{}{}", self.port, socket.display())
    }

    /// A `PATH` on which `ssh` is Debian's, with that key in the place of the account's own.
    pub(crate) fn path(&self, key: &str) -> String {
        let own = self.programs(key);
        format!("{}:/usr/bin:/bin", own.display())
    }

    fn programs(&self, key: &str) -> PathBuf {
        self.folder.path().join(format!("with-{key}"))
    }

    fn ssh(&self, key: &str) {
        let folder = self.folder.path().display();
        let ssh = format!(
            "#!/bin/sh\nexec /usr/bin/ssh -F none -o IdentityFile={folder}/{key} -o IdentitiesOnly=yes \
             -o UserKnownHostsFile={folder}/known \"$@\"\n"
        );
        let programs = self.programs(key);
        fs::create_dir(&programs).expect("a folder");
        let program = programs.join("ssh");
        fs::write(&program, ssh).expect("written");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("it may be run");
    }

    /// How many are logged in.
    pub(crate) fn sessions(&self) -> usize {
        let of = ["-P", &self.child.id().to_string()];
        let found = Command::new("pgrep").args(of).output();
        let found = String::from_utf8(found.expect("it starts").stdout);
        found.expect("numbers").lines().count()
    }

    /// How often somebody was let in.
    pub(crate) fn logins(&self) -> usize {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        log.matches("Accepted publickey").count()
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        // Sessions outlive who let them in; with each its `ssh` ends.
        let listener = self.child.id().to_string();
        let _ = Command::new("pkill").args(["-P", &listener]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
