//! Servers of a test's own, and a console's view of them.

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::{fs::PermissionsExt as _, process::CommandExt as _},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use quarterdeck::{
    config::{
        report::{Report, Source},
        settings::{self, Settings},
    },
    domain::{
        capabilities::Capabilities,
        service::{Service, ServiceId, ServiceKind},
        snapshot::Snapshot,
        source::{SourceHealth, SourceState},
    },
    platform::PlatformHandle,
    probe,
    text::SafeText,
};
use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot, watch};

use crate::support::{
    wait::{SOON, wait_until},
    web::free_port,
};

/// How long a poll of a server that is asked every few seconds may take to be seen.
pub(crate) const LONG: Duration = Duration::from_secs(90);

/// The account without rights.
const NOBODY: u32 = 65_534;

/// A program that is running; it ends with this value.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    _folder: TempDir,
}

impl Server {
    /// Starts a program in a folder with these files, and waits until it listens. `None` where it is not installed; a failure
    /// in CI.
    pub(crate) fn start(
        program: &str,
        files: &[(&str, String)],
        arguments: impl Fn(&Path, u16) -> Vec<String>,
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
        let port = free_port();
        let mut command = Command::new(program);
        command
            .args(arguments(own, port))
            .current_dir(own)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        if getuid().is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        let child = command.spawn().expect("it starts");
        wait_until(&format!("{program} listens"), SOON, || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        Some(Self {
            child,
            port,
            _folder: folder,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Prometheus, which looks at `targets` each second: name of the job and port.
    pub(crate) fn prometheus(targets: &[(&str, u16)], rules: &str) -> Option<Self> {
        let jobs = targets.iter().map(|(job, port)| {
            format!(
                "  - job_name: {job}\n    static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
            )
        });
        let jobs: String = jobs.collect();
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [rules.yml]\nscrape_configs:\n{jobs}"
        );
        let files = [("prometheus.yml", config), ("rules.yml", rules.to_owned())];
        Self::start("prometheus", &files, |folder, port| {
            vec![
                format!("--config.file={}/prometheus.yml", folder.display()),
                format!("--storage.tsdb.path={}/data", folder.display()),
                format!("--web.listen-address=127.0.0.1:{port}"),
            ]
        })
    }

    /// An Alertmanager that nobody is told by.
    pub(crate) fn alertmanager() -> Option<Self> {
        let config = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n".to_owned();
        let files = [("alertmanager.yml", config)];
        Self::start("prometheus-alertmanager", &files, |folder, port| {
            vec![
                format!("--config.file={}/alertmanager.yml", folder.display()),
                format!("--storage.path={}/data", folder.display()),
                format!("--web.listen-address=127.0.0.1:{port}"),
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
        Self::start("redis-server", &files, |folder, port| {
            let config = folder.join("redis.conf");
            vec![
                config.display().to_string(),
                "--port".to_owned(),
                port.to_string(),
            ]
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.child.wait();
    }
}

/// Sends a request, and gives the body of its answer.
pub(crate) fn request(port: u16, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it listens");
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

/// A platform that shows services, and what the settings add to it.
pub(crate) struct Watched {
    handle: PlatformHandle,
    /// Dropped, it ends what watches.
    _end: oneshot::Sender<()>,
    _shown: watch::Sender<SourceState>,
}

/// These settings.
pub(crate) fn settings(text: &str) -> Settings {
    settings_of(Path::new("quarterdeck.toml"), text)
}

/// These settings, of that file.
pub(crate) fn settings_of(file: &Path, text: &str) -> Settings {
    let mut report = Report::default();
    let source = Source::new(file, text);
    let variables = std::iter::empty::<(&str, &str)>().collect();
    let settings = settings::parse(&source, &variables, &mut report);
    assert!(report.is_empty(), "{report}");
    settings
}

impl Watched {
    /// Services of that name, watched as the environment `shop` of these settings has it.
    pub(crate) fn new(services: &[&str], text: &str) -> Self {
        let services = services.iter().map(|name| {
            Arc::new(Service {
                id: ServiceId {
                    group: SafeText::name("shop"),
                    name: SafeText::name(name),
                },
                kind: ServiceKind::Compose,
                ..Service::default()
            })
        });
        let snapshot = Snapshot {
            services: services.collect(),
            ..Snapshot::default()
        };
        let (shown, state) = watch::channel(SourceState {
            health: SourceHealth::Live,
            snapshot: Arc::new(snapshot),
            ..SourceState::default()
        });
        let handle = PlatformHandle {
            state,
            events: mpsc::channel(1).1,
            requests: mpsc::channel(1).0,
            capabilities: Capabilities::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let entered = runtime.enter();
        let handle = probe::attend(handle, &settings(text), "shop");
        drop(entered);
        let (end, ended) = oneshot::channel::<()>();
        std::thread::spawn(move || {
            let _ = runtime.block_on(ended);
            runtime.shutdown_background();
        });
        Self {
            handle,
            _end: end,
            _shown: shown,
        }
    }

    /// What is shown now.
    pub(crate) fn state(&self) -> SourceState {
        self.handle.state.borrow().clone()
    }

    /// How the first check stands: its kind and words; empty until it has been made.
    pub(crate) fn check(&self) -> String {
        use quarterdeck::domain::signals::Found;
        let state = self.state();
        let last = state.signals.checks[0].last.as_ref();
        last.map_or(String::new(), |look| match &look.found {
            Found::Well(words) => format!("well: {words}"),
            Found::Bad(severity, words) => format!("{}: {words}", severity.word()),
            Found::Unknown(words) => format!("unknown: {words}"),
        })
    }

    /// Waits until the first check stands so.
    #[track_caller]
    pub(crate) fn until_check(&self, begins: &str) {
        let mut last = String::new();
        let end = crate::support::wait::deadline(SOON);
        while !crate::support::wait::left(end).is_zero() {
            last = self.check();
            if last.starts_with(begins) {
                return;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        panic!("it is `{last}`, and never `{begins}`");
    }
}
