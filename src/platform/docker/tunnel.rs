//! `ssh://` hosts: one `ssh` that forwards one socket, however many requests go through it.
//!
//! The docker command starts an `ssh` for every connection; a console opens many, and over a slow link each costs a
//! second. Ours is a connection of its own (no shared master), so that it ends when we do.

use std::{
    io,
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    net::UnixStream,
    process::{Child, ChildStderr, Command},
    sync::watch,
    task::AbortHandle,
    time::{MissedTickBehavior, interval, timeout},
};

/// How long a connection, with its authentication, may take to come up.
const OPENING: Duration = Duration::from_secs(15);

/// What is told of ssh's own words, at most.
const TOLD_BYTES: usize = 2048;

/// How long the words of an ssh that has ended may take: what it started itself may hold its standard error open.
const TELLING: Duration = Duration::from_millis(500);

/// A forwarded socket, opened when it is first needed and again after it broke.
#[derive(Debug)]
pub(super) struct Tunnel {
    way: Arc<Way>,
    running: Mutex<Option<Running>>,
}

/// Where it leads, and by what.
#[derive(Debug)]
struct Way {
    destination: String,
    port: Option<u16>,
    remote: String,
    folder: PathBuf,
    program: PathBuf,
}

/// An `ssh` in a task of its own: who waits for it may give up without ending it.
#[derive(Debug)]
struct Running {
    stage: watch::Receiver<Stage>,
    task: AbortHandle,
}

/// How far an `ssh` is.
#[derive(Clone, Debug)]
enum Stage {
    /// It connects and logs in.
    Opening,
    /// Its socket can be connected to.
    Open,
    /// It is over, for that reason.
    Ended(io::ErrorKind, String),
}

impl Tunnel {
    /// Prepares it; nothing is started. `folder` is where our end of the socket is to be; it is made, for our eyes only.
    pub(super) fn new(destination: &str, port: Option<u16>, remote: &str, folder: PathBuf) -> Self {
        Self::by(Way {
            destination: destination.to_owned(),
            port,
            remote: remote.to_owned(),
            folder,
            program: PathBuf::from("ssh"),
        })
    }

    fn by(way: Way) -> Self {
        Self {
            way: Arc::new(way),
            running: Mutex::new(None),
        }
    }

    /// A connection to the daemon over there.
    ///
    /// # Errors
    /// As [`Tunnel::open`].
    pub(super) async fn connect(&self) -> io::Result<UnixStream> {
        self.open().await?;
        UnixStream::connect(self.way.socket()).await
    }

    /// Waits until it is open, and opens it where it is not. Giving up does not end what was begun.
    ///
    /// # Errors
    /// What ssh said when it could not, or that it said nothing in time.
    pub(super) async fn open(&self) -> io::Result<()> {
        let mut stage = self.stage();
        let through = stage
            .wait_for(|stage| !matches!(stage, Stage::Opening))
            .await;
        match through.as_deref() {
            Ok(Stage::Ended(kind, why)) => Err(io::Error::new(*kind, why.clone())),
            Ok(_) => Ok(()),
            Err(_) => Err(io::Error::from(io::ErrorKind::Interrupted)),
        }
    }

    /// How far the present `ssh` is; a new one's, where there is none.
    fn stage(&self) -> watch::Receiver<Stage> {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = &*running
            && !matches!(*running.stage.borrow(), Stage::Ended(..))
        {
            return running.stage.clone();
        }
        let (out, stage) = watch::channel(Stage::Opening);
        let way = Arc::clone(&self.way);
        let task = tokio::spawn(async move {
            let end = way.run(&out).await;
            out.send_replace(Stage::Ended(end.kind(), end.to_string()));
        });
        *running = Some(Running {
            stage: stage.clone(),
            task: task.abort_handle(),
        });
        stage
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        let running = self.running.get_mut();
        if let Some(running) = running.unwrap_or_else(PoisonError::into_inner) {
            running.task.abort();
        }
        let _ = std::fs::remove_file(self.way.socket());
        let _ = std::fs::remove_dir(&self.way.folder);
    }
}

impl Way {
    fn socket(&self) -> PathBuf {
        self.folder.join("docker.sock")
    }

    /// Runs one `ssh` to its end, and says why it ended.
    async fn run(&self, stage: &watch::Sender<Stage>) -> io::Error {
        let mut child = match self.start() {
            Ok(child) => child,
            Err(error) => return error,
        };
        let mut words = child.stderr.take().expect("stderr is piped at the start");
        let socket = self.socket();
        let opened = tokio::select! {
            opened = timeout(OPENING, answering(&socket)) => opened.is_ok(),
            _ = child.wait() => {
                let told = last_words(&mut words).await;
                return self.error(io::ErrorKind::ConnectionRefused, &told, "it ended at once");
            }
        };
        if !opened {
            // Without it, its words would not end.
            let _ = child.kill().await;
            let told = last_words(&mut words).await;
            let silent = format!("not through after {} s", OPENING.as_secs());
            return self.error(io::ErrorKind::TimedOut, &told, &silent);
        }
        stage.send_replace(Stage::Open);
        // Read on, so that a talkative ssh never blocks on a full pipe.
        let read_on = async {
            let _ = tokio::io::copy(&mut words, &mut tokio::io::sink()).await;
            std::future::pending::<()>().await;
        };
        tokio::select! {
            _ = child.wait() => {}
            () = read_on => {}
        }
        self.error(io::ErrorKind::BrokenPipe, "", "it ended")
    }

    fn error(&self, kind: io::ErrorKind, told: &str, otherwise: &str) -> io::Error {
        let why = if told.is_empty() { otherwise } else { told };
        io::Error::new(kind, format!("ssh {}: {why}", self.destination))
    }

    fn start(&self) -> io::Result<Child> {
        make_private(&self.folder)?;
        let socket = self.socket();
        let _ = std::fs::remove_file(&socket);
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
        let mut forward = socket.into_os_string();
        forward.push(":");
        forward.push(&self.remote);
        command
            .arg("-L")
            .arg(forward)
            .arg("--")
            .arg(&self.destination);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|e| io::Error::new(e.kind(), format!("ssh can't be started: {e}")))
    }
}

/// Waits until somebody listens there.
async fn answering(socket: &Path) {
    let mut tick = interval(Duration::from_millis(20));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if UnixStream::connect(socket).await.is_ok() {
            return;
        }
    }
}

/// The last line of what an ssh that has ended told; empty for nothing.
async fn last_words(words: &mut ChildStderr) -> String {
    let mut told = Vec::new();
    let mut first = words.take(TOLD_BYTES as u64);
    let _ = timeout(TELLING, first.read_to_end(&mut told)).await;
    let told = String::from_utf8_lossy(&told);
    let last = told.lines().rev().find(|line| !line.trim().is_empty());
    last.unwrap_or_default().trim().to_owned()
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
    use crate::platform::docker::{
        engine::Engine,
        error::CallError,
        link::{self, LinkEvent},
        transport::Transport,
    };

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
        Tunnel::by(Way {
            destination: "me@box".to_owned(),
            port: Some(2222),
            remote: remote.to_owned(),
            folder: folder.join("ours"),
            program,
        })
    }

    /// Forwards by a link, and stays.
    const FORWARDS: &str = r#"
        echo $$ >"$(dirname "$0")/pid"
        while [ "$1" != -L ]; do shift; done
        ln -s "${2#*:}" "${2%%:*}"
        exec sleep 1000"#;

    /// Ends the `ssh` that forwards.
    fn end_ssh(folder: &Path) {
        let pid = std::fs::read_to_string(folder.join("pid")).unwrap();
        let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap());
        let pid = pid.expect("a process has a number");
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    }

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
        let mut stage = tunnel.stage();
        end_ssh(folder.path());
        stage
            .wait_for(|stage| matches!(stage, Stage::Ended(..)))
            .await
            .expect("its end is seen");
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

    /// A daemon that answers every request as if it were a ping.
    async fn answers_pings(listener: tokio::net::UnixListener) {
        use tokio::io::AsyncWriteExt;
        const ANSWER: &[u8] =
            b"HTTP/1.1 200 OK\r\nApi-Version: 1.44\r\nContent-Length: 2\r\n\r\nOK";
        loop {
            let (mut stream, _) = listener.accept().await.expect("somebody comes");
            // Who only tries whether it listens asks nothing.
            if stream.read(&mut [0; 4096]).await.is_ok_and(|n| n > 0) {
                stream.write_all(ANSWER).await.expect("it is read");
            }
        }
    }

    /// Waits for longer than a pulse may take, then does the rest.
    fn slow(rest: &str) -> String {
        format!("sleep 3.5\n{rest}")
    }

    #[tokio::test]
    async fn who_gives_up_does_not_end_what_was_begun() {
        let folder = tempfile::tempdir().unwrap();
        let _listener = tokio::net::UnixListener::bind(folder.path().join("remote.sock")).unwrap();
        let script = format!("while [ ! -e \"${{0%/*}}/go\" ]; do sleep 0.02; done\n{FORWARDS}");
        let tunnel = tunnel(folder.path(), &script);
        let brief = timeout(Duration::from_millis(100), tunnel.connect()).await;
        assert!(brief.is_err(), "it can't be open yet");
        std::fs::write(folder.path().join("go"), "").unwrap();
        tunnel.connect().await.expect("it connects");
        assert_eq!(starts(folder.path()), 1);
    }

    #[tokio::test]
    async fn a_pulse_waits_for_a_login_that_takes_longer_than_an_answer_may() {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::UnixListener::bind(folder.path().join("remote.sock")).unwrap();
        let daemon = tokio::spawn(answers_pings(listener));
        let tunnel = tunnel(folder.path(), &slow(FORWARDS));
        let engine = Engine::new(Transport::through(tunnel));
        engine.ping(false).await.expect("it lives");
        assert_eq!(engine.api_minor(), 44);
        assert_eq!(starts(folder.path()), 1);
        daemon.abort();
    }

    #[tokio::test]
    async fn a_pulse_tells_the_words_of_a_login_that_fails_late() {
        let folder = tempfile::tempdir().unwrap();
        let denied = slow("echo 'Permission denied (publickey).' >&2; exit 255");
        let engine = Engine::new(Transport::through(tunnel(folder.path(), &denied)));
        let error = engine
            .ping(false)
            .await
            .expect_err("there is no connection");
        assert_eq!(&*error.text(), "ssh me@box: Permission denied (publickey).");
    }

    #[tokio::test]
    async fn what_was_live_is_not_called_so_while_a_tunnel_is_opened_anew() {
        let folder = tempfile::tempdir().unwrap();
        let listener = tokio::net::UnixListener::bind(folder.path().join("remote.sock")).unwrap();
        let daemon = tokio::spawn(answers_pings(listener));
        let once = format!("[ -e \"${{0%/*}}/pid\" ] && exec sleep 1000\n{FORWARDS}");
        let engine = Engine::new(Transport::through(tunnel(folder.path(), &once)));
        let (out, mut told) = tokio::sync::mpsc::channel(8);
        let hurry = Arc::new(tokio::sync::Notify::new());
        let pulse = tokio::spawn(link::pulse(engine, true, Arc::clone(&hurry), out));
        assert!(matches!(told.recv().await, Some(LinkEvent::Pulse(Ok(())))));
        end_ssh(folder.path());
        hurry.notify_one();
        loop {
            match told.recv().await {
                // Its end may not have been seen by the first one.
                Some(LinkEvent::Pulse(Ok(()))) => hurry.notify_one(),
                Some(LinkEvent::Pulse(Err(error))) => {
                    assert!(matches!(error, CallError::Silent(_)), "{error}");
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        pulse.abort();
        daemon.abort();
    }
}
