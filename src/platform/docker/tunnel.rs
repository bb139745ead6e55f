//! `ssh://` hosts: one `ssh` that forwards one socket, however many requests go through it.
//!
//! The docker command starts an `ssh` for every connection; a console opens many, and over a slow link each costs a
//! second. Ours is a connection of its own (no shared master), so that it ends when we do.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    net::UnixStream,
    process::{Child, Command},
    sync::Mutex,
    time::{MissedTickBehavior, interval, timeout},
};

/// How long a connection, with its authentication, may take to come up.
const OPENING: Duration = Duration::from_secs(15);

/// What is told of ssh's own words, at most.
const TOLD_BYTES: usize = 2048;

/// A forwarded socket, opened when it is first needed and again after it broke.
#[derive(Debug)]
pub(super) struct Tunnel {
    destination: String,
    port: Option<u16>,
    remote: String,
    folder: PathBuf,
    program: PathBuf,
    running: Mutex<Option<Child>>,
}

impl Tunnel {
    /// Prepares it; nothing is started. `folder` is where our end of the socket is to be; it is made, for our eyes only.
    pub(super) fn new(destination: &str, port: Option<u16>, remote: &str, folder: PathBuf) -> Self {
        Self {
            destination: destination.to_owned(),
            port,
            remote: remote.to_owned(),
            folder,
            program: PathBuf::from("ssh"),
            running: Mutex::new(None),
        }
    }

    /// A connection to the daemon over there.
    ///
    /// # Errors
    /// What ssh said when it could not, or that it said nothing in time.
    pub(super) async fn connect(&self) -> io::Result<UnixStream> {
        let mut running = self.running.lock().await;
        let socket = self.folder.join("docker.sock");
        let alive = match running.as_mut() {
            Some(child) => child.try_wait()?.is_none(),
            None => false,
        };
        if !alive {
            *running = None;
            *running = Some(self.open(&socket).await?);
        }
        UnixStream::connect(&socket).await
    }

    async fn open(&self, socket: &Path) -> io::Result<Child> {
        make_private(&self.folder)?;
        let _ = std::fs::remove_file(socket);
        let mut command = Command::new(&self.program);
        command
            .args(["-N", "-T", "-o", "BatchMode=yes"])
            .args([
                "-o",
                "ExitOnForwardFailure=yes",
                "-o",
                "StreamLocalBindMask=0177",
            ])
            .args([
                "-o",
                "ConnectTimeout=10",
                "-o",
                "ServerAliveInterval=5",
                "-o",
                "ServerAliveCountMax=3",
            ])
            // A shared master would outlive us and keep our socket.
            .args(["-o", "ControlMaster=no", "-o", "ControlPath=none"]);
        if let Some(port) = self.port {
            command.arg("-p").arg(port.to_string());
        }
        let mut forward = socket.as_os_str().to_owned();
        forward.push(":");
        forward.push(&self.remote);
        command
            .arg("-L")
            .arg(forward)
            .arg("--")
            .arg(&self.destination);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| io::Error::new(e.kind(), format!("ssh can't be started: {e}")))?;
        let mut words = child.stderr.take().expect("stderr is piped just above");

        let ready = async {
            let mut tick = interval(Duration::from_millis(20));
            tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                if UnixStream::connect(socket).await.is_ok() {
                    return;
                }
            }
        };
        tokio::select! {
            opened = timeout(OPENING, ready) => match opened {
                Ok(()) => {
                    // Read on, so that a talkative ssh never blocks on a full pipe.
                    tokio::spawn(async move {
                        let _ = tokio::io::copy(&mut words, &mut tokio::io::sink()).await;
                    });
                    Ok(child)
                }
                Err(_) => Err(io::Error::new(
                    io::ErrorKind::TimedOut,
                    format!("ssh {} is not through after {} s", self.destination, OPENING.as_secs()),
                )),
            },
            ended = child.wait() => {
                ended?;
                let mut told = Vec::new();
                let _ = (&mut words).take(TOLD_BYTES as u64).read_to_end(&mut told).await;
                let told = String::from_utf8_lossy(&told);
                let last = told.lines().rev().find(|line| !line.trim().is_empty());
                Err(io::Error::new(
                    io::ErrorKind::ConnectionRefused,
                    format!("ssh {}: {}", self.destination, last.unwrap_or("it ended at once").trim()),
                ))
            }
        }
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.folder.join("docker.sock"));
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// Makes a folder that only we may enter.
fn make_private(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, MetadataExt};
    match std::fs::DirBuilder::new().mode(0o700).create(folder) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
            let found = std::fs::symlink_metadata(folder)?;
            if found.is_dir()
                && found.uid() == rustix::process::getuid().as_raw()
                && found.mode().trailing_zeros() >= 6
            {
                Ok(())
            } else {
                Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!("{} is there already and not only ours", folder.display()),
                ))
            }
        }
        other => other,
    }
}

/// Where our end of a forwarded socket goes: one folder a process, in the runtime folder or the temporary one.
pub(super) fn folder() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR")
        .map_or_else(std::env::temp_dir, PathBuf::from)
        .join(format!("quarterdeck-{}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tunnel whose `ssh` is a script of ours.
    fn tunnel(folder: &Path, script: &str) -> Tunnel {
        use std::os::unix::fs::PermissionsExt;
        let program = folder.join("ssh");
        std::fs::write(
            &program,
            format!(
                "#!/bin/sh\necho start >>{}/starts\n{script}",
                folder.display()
            ),
        )
        .unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
        let remote = folder.join("remote.sock");
        let remote = remote.to_str().expect("a temporary path is text");
        let mut tunnel = Tunnel::new("me@box", Some(2222), remote, folder.join("ours"));
        tunnel.program = program;
        tunnel
    }

    /// Forwards by a link, and stays.
    const FORWARDS: &str = r#"
        while [ "$1" != -L ]; do shift; done
        ln -s "${2#*:}" "${2%%:*}"
        exec sleep 1000"#;

    fn starts(folder: &Path) -> usize {
        std::fs::read_to_string(folder.join("starts"))
            .unwrap_or_default()
            .lines()
            .count()
    }

    #[tokio::test]
    async fn one_ssh_serves_all_connections_and_another_when_it_ended() {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::UnixListener::bind(folder.path().join("remote.sock")).unwrap();
        let tunnel = tunnel(folder.path(), FORWARDS);
        for _ in 0..5 {
            tunnel.connect().await.expect("it connects");
            listener.accept().await.expect("the far end sees it");
        }
        assert_eq!(starts(folder.path()), 1);
        let mut running = tunnel.running.lock().await;
        running
            .as_mut()
            .expect("it runs")
            .kill()
            .await
            .expect("it can be ended");
        drop(running);
        tunnel.connect().await.expect("it connects anew");
        assert_eq!(starts(folder.path()), 2);
    }

    #[tokio::test]
    async fn what_ssh_says_when_it_fails_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let tunnel = tunnel(
            folder.path(),
            "echo 'Permission denied (publickey).' >&2; exit 255",
        );
        let error = tunnel
            .connect()
            .await
            .expect_err("there is no connection")
            .to_string();
        assert_eq!(error, "ssh me@box: Permission denied (publickey).");
    }
}
