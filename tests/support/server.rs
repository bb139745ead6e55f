//! Servers as Debian has them, of a test's own: each as an account without rights, in a folder of its own.

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::{Ipv4Addr, SocketAddrV4, TcpListener, TcpStream},
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;

use super::wait::{SOON, wait_until};

/// The account without rights.
const NOBODY: u32 = 65_534;

/// A program that is running; it ends with this value.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) at: SocketAddrV4,
    _folder: TempDir,
}

/// Something that Prometheus looks at.
pub(crate) struct Job<'j> {
    pub(crate) name: &'j str,
    pub(crate) port: u16,
    /// In YAML: `namespace: shop, service: web`.
    pub(crate) labels: &'j str,
}

impl Job<'_> {
    fn config(&self) -> String {
        let Self { name, port, labels } = self;
        format!(
            "  - job_name: {name}\n    static_configs: [{{targets: ['127.0.0.1:{port}'], labels: {{{labels}}}}}]\n"
        )
    }
}

impl Server {
    /// Starts a program in a folder with these files, and waits until it listens. `None` where it is not installed; a failure
    /// in CI.
    fn start(
        program: &str,
        host: Ipv4Addr,
        files: &[(&str, String)],
        arguments: impl Fn(&Path, SocketAddrV4) -> Vec<String>,
    ) -> Option<Self> {
        let path = env::var_os("PATH").unwrap_or_default();
        if !env::split_paths(&path).any(|folder| folder.join(program).exists()) {
            assert!(env::var("CI").is_err(), "{program} is not installed");
            eprintln!("SKIPPED: it needs {program}");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path();
        fs::set_permissions(own, fs::Permissions::from_mode(0o777)).expect("it is opened");
        for (name, text) in files {
            fs::write(own.join(name), text).expect("written");
        }
        let at = free(host);
        let mut command = Command::new(program);
        command
            .args(arguments(own, at))
            .current_dir(own)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if getuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let child = command.spawn().expect("it starts");
        wait_until(&format!("{program} listens"), SOON, || {
            TcpStream::connect(at).is_ok()
        });
        Some(Self {
            child,
            at,
            _folder: folder,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.at)
    }

    /// Prometheus, which looks at `targets` each second: name of the job and port.
    pub(crate) fn prometheus(targets: &[(&str, u16)], rules: &str) -> Option<Self> {
        Self::prometheus_on(Ipv4Addr::LOCALHOST, targets, rules)
    }

    /// The same, on an address of its own.
    pub(crate) fn prometheus_on(
        host: Ipv4Addr,
        targets: &[(&str, u16)],
        rules: &str,
    ) -> Option<Self> {
        let jobs = targets.iter().map(|(job, port)| Job {
            name: job,
            port: *port,
            labels: "",
        });
        Self::prometheus_of(host, &jobs.collect::<Vec<_>>(), rules)
    }

    /// The same, with labels that it gives to what it looks at.
    pub(crate) fn prometheus_of(host: Ipv4Addr, jobs: &[Job<'_>], rules: &str) -> Option<Self> {
        let jobs: String = jobs.iter().map(Job::config).collect();
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\nscrape_configs:\n{jobs}"
        );
        let files = [("prometheus.yml", config), ("rules.yml", rules.to_owned())];
        Self::start("prometheus", host, &files, |folder, at| {
            vec![
                format!("--config.file={}/prometheus.yml", folder.display()),
                format!("--storage.tsdb.path={}/data", folder.display()),
                format!("--web.listen-address={at}"),
            ]
        })
    }

    /// An Alertmanager that nobody is told by.
    pub(crate) fn alertmanager() -> Option<Self> {
        Self::alertmanager_on(Ipv4Addr::LOCALHOST)
    }

    /// The same, on an address of its own.
    pub(crate) fn alertmanager_on(host: Ipv4Addr) -> Option<Self> {
        let config = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n".to_owned();
        let files = [("alertmanager.yml", config)];
        Self::start("prometheus-alertmanager", host, &files, |folder, at| {
            vec![
                format!("--config.file={}/alertmanager.yml", folder.display()),
                format!("--storage.path={}/data", folder.display()),
                format!("--web.listen-address={at}"),
                "--cluster.listen-address=".to_owned(),
            ]
        })
    }

    /// A Redis with a password, and so much memory.
    pub(crate) fn redis(password: &str, memory: &str) -> Option<Self> {
        let config = format!(
            "requirepass {password}\nmaxmemory {memory}\nbind 127.0.0.1\nsave \"\"\nprotected-mode no\n"
        );
        let files = [("redis.conf", config)];
        Self::start("redis-server", Ipv4Addr::LOCALHOST, &files, |folder, at| {
            let config = folder.join("redis.conf");
            vec![
                config.display().to_string(),
                "--port".to_owned(),
                at.port().to_string(),
            ]
        })
    }

    /// Sends a request, and gives the body of its answer.
    pub(crate) fn request(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(self.at).expect("it listens");
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        let (_, body) = answer.split_once("\r\n\r\n").expect("a body");
        body.to_owned()
    }

    /// Raises an alert with these labels, where it is an Alertmanager.
    pub(crate) fn raise(&self, labels: &str) {
        let alert = format!(
            r#"[{{"labels": {{{labels}}}, "annotations": {{"summary": "it burns"}}, "startsAt": "2026-01-01T00:00:00Z"}}]"#
        );
        self.request("POST", "/api/v2/alerts", &alert);
    }
}

/// A port of that address that nobody has.
fn free(host: Ipv4Addr) -> SocketAddrV4 {
    let listener = TcpListener::bind((host, 0)).expect("a port");
    let port = listener.local_addr().expect("its number").port();
    SocketAddrV4::new(host, port)
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}
