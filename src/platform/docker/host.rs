//! Where the daemon is: what was asked for, or what the `docker` command would use from here.
//!
//! Found once, at start: a `docker context use` in another shell changes nothing here.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{platform::docker::DockerOptions, safe, text::SafeText};

/// Where Docker's own packages put the socket.
const SYSTEM_SOCKET: &str = "/var/run/docker.sock";

/// What decided, where the command line did.
pub(super) const BY_HAND: &str = "--docker-host";
/// What decided, where nobody did.
pub(super) const DEFAULT: &str = "default socket";

/// How the daemon is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A socket on this machine.
    Unix(PathBuf),
    /// A socket of another machine, forwarded by one `ssh`.
    Ssh {
        /// `user@host` or `host`.
        destination: String,
        /// The port of its SSH server, when not the usual one.
        port: Option<u16>,
        /// The socket over there.
        socket: String,
    },
    /// A port, with TLS where there is material for it.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
        /// TLS, or `None` for a bare port.
        tls: Option<TlsFiles>,
    },
}

/// PEM files for TLS; those that are not there are `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Who may sign the daemon's certificate; `None` trusts the system's list.
    pub ca: Option<PathBuf>,
    /// Our certificate.
    pub cert: Option<PathBuf>,
    /// Its key.
    pub key: Option<PathBuf>,
}

impl TlsFiles {
    fn in_folder(folder: &Path) -> Self {
        let file = |name| Some(folder.join(name)).filter(|path| path.exists());
        Self {
            ca: file("ca.pem"),
            cert: file("cert.pem"),
            key: file("key.pem"),
        }
    }
}

/// A daemon's address and how it came to be this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// How it is reached.
    pub address: Address,
    /// What decided: `--docker-host`, `the settings`, `DOCKER_HOST`, `context lab`, `default socket`.
    pub chosen_by: String,
}

impl Endpoint {
    /// The path of a socket on this very machine, whose daemon's files we could look at.
    pub fn local_socket(&self) -> Option<&Path> {
        match &self.address {
            Address::Unix(path) => Some(path),
            _ => None,
        }
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix://{}", path.display()),
            Self::Ssh {
                destination,
                port: Some(port),
                ..
            } => write!(f, "ssh://{destination}:{port}"),
            Self::Ssh { destination, .. } => write!(f, "ssh://{destination}"),
            Self::Tcp { host, port, .. } if host.contains(':') => {
                write!(f, "tcp://[{host}]:{port}")
            }
            Self::Tcp { host, port, .. } => write!(f, "tcp://{host}:{port}"),
        }
    }
}

/// The parts of the surroundings that decide; a test brings its own.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Looks up an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether a socket is there for us to use.
    pub usable: &'a dyn Fn(&Path) -> bool,
}

/// Finds the daemon: an explicit host or context, then `DOCKER_HOST`, `DOCKER_CONTEXT`, the current context, and last
/// the usual sockets.
///
/// # Errors
/// In words for the screen: an address that can't be read, a context that does not exist.
pub fn locate(options: &DockerOptions, around: Surroundings<'_>) -> Result<Endpoint, SafeText> {
    let variable = |name: &str| (around.variable)(name).filter(|value| !value.is_empty());
    let home = variable("HOME").map(PathBuf::from).unwrap_or_default();
    let config = variable("DOCKER_CONFIG").map_or_else(|| home.join(".docker"), PathBuf::from);
    // As the docker command has it: material from the environment belongs to a host from the environment.
    let tls = || {
        let verify = variable("DOCKER_TLS_VERIFY").is_some();
        let folder = variable("DOCKER_CERT_PATH").map_or_else(|| config.clone(), PathBuf::from);
        verify.then(|| TlsFiles::in_folder(&folder))
    };
    let place = |address, chosen_by: &str| Endpoint {
        address,
        chosen_by: chosen_by.to_owned(),
    };

    if let Some(host) = &options.host {
        let tls = options.tls.clone().or_else(tls);
        let chosen_by = if options.by_hand {
            BY_HAND
        } else {
            "the settings"
        };
        return Ok(place(parse(host, tls)?, chosen_by));
    }
    let from_context = |name: &str| {
        context(&config, name).map(|address| place(address, &format!("context {name}")))
    };
    if let Some(name) = options.context.as_deref().filter(|name| *name != "default") {
        return from_context(name);
    }
    if options.context.is_none() {
        if let Some(host) = variable("DOCKER_HOST") {
            return Ok(place(parse(&host, tls())?, "DOCKER_HOST"));
        }
        let current = variable("DOCKER_CONTEXT").or_else(|| current_context(&config));
        if let Some(name) = current.filter(|name| name != "default") {
            return from_context(&name);
        }
    }
    let sockets = usual_sockets(&home, variable("XDG_RUNTIME_DIR").map(PathBuf::from));
    let socket = sockets
        .iter()
        .find(|path| (around.usable)(path))
        .or_else(|| sockets.iter().find(|path| path.exists()))
        .unwrap_or(&sockets[0]);
    Ok(place(Address::Unix(socket.clone()), DEFAULT))
}

/// Where a socket is looked for when nobody said, best first; never empty.
fn usual_sockets(home: &Path, runtime: Option<PathBuf>) -> Vec<PathBuf> {
    let mut sockets = vec![PathBuf::from(SYSTEM_SOCKET)];
    if let Some(runtime) = runtime {
        sockets.push(runtime.join("docker.sock"));
        sockets.push(runtime.join("podman/podman.sock"));
    }
    sockets.push(home.join(".docker/run/docker.sock"));
    sockets
}

fn parse(address: &str, tls: Option<TlsFiles>) -> Result<Address, SafeText> {
    let unreadable = |why: &str| {
        // A password in it would reach the screen with the rest.
        let shown = address.rsplit_once('@').map_or(address, |(_, host)| host);
        safe!("docker host {shown}: {why}")
    };
    let Some((scheme, rest)) = address.split_once("://") else {
        return Err(unreadable(
            "an address begins with unix://, tcp:// or ssh://",
        ));
    };
    match scheme {
        "unix" if rest.starts_with('/') => Ok(Address::Unix(PathBuf::from(rest))),
        "unix" => Err(unreadable("the path of a socket begins with /")),
        "tcp" | "http" | "https" => {
            let rest = rest.split('/').next().unwrap_or_default();
            if rest.contains('@') {
                return Err(unreadable("a name or a password does not belong in it"));
            }
            let tls = tls.or_else(|| (scheme == "https").then(TlsFiles::default));
            let usual = if tls.is_some() { 2376 } else { 2375 };
            let (host, port) = host_and_port(rest).ok_or_else(|| unreadable("no such port"))?;
            let host = if host.is_empty() { "127.0.0.1" } else { host };
            Ok(Address::Tcp {
                host: host.to_owned(),
                port: port.unwrap_or(usual),
                tls,
            })
        }
        "ssh" => {
            let (there, path) = rest.split_once('/').unwrap_or((rest, ""));
            let (user, host) = there
                .rsplit_once('@')
                .map_or((None, there), |(user, host)| (Some(user), host));
            let (host, port) = host_and_port(host).ok_or_else(|| unreadable("no such port"))?;
            if user.is_some_and(|user| user.contains(':')) {
                return Err(unreadable("a password does not belong in it; use a key"));
            }
            let destination = user.map_or_else(|| host.to_owned(), |user| format!("{user}@{host}"));
            // What begins with a dash, ssh would take for an option.
            if host.is_empty() || destination.starts_with('-') {
                return Err(unreadable("no host is named"));
            }
            Ok(Address::Ssh {
                destination,
                port,
                socket: if path.is_empty() {
                    SYSTEM_SOCKET.to_owned()
                } else {
                    format!("/{path}")
                },
            })
        }
        _ => Err(unreadable("only unix://, tcp:// and ssh:// are known")),
    }
}

/// Splits `host`, `host:port`, `[v6]:port`; `None` when the port is no number.
fn host_and_port(text: &str) -> Option<(&str, Option<u16>)> {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|t| t.split_once(']')) {
        return match rest.strip_prefix(':') {
            Some(port) => Some((host, Some(port.parse().ok()?))),
            None => Some((host, None)),
        };
    }
    match text.rsplit_once(':') {
        Some((host, port)) => Some((host, Some(port.parse().ok()?))),
        None => Some((text, None)),
    }
}

fn current_context(config: &Path) -> Option<String> {
    #[derive(Deserialize)]
    struct Config {
        #[serde(rename = "currentContext")]
        current: Option<String>,
    }
    let text = std::fs::read(config.join("config.json")).ok()?;
    let read: Config = serde_json::from_slice(&text).ok()?;
    read.current.filter(|name| !name.is_empty())
}

/// Reads a context as `docker context create` keeps it.
fn context(config: &Path, name: &str) -> Result<Address, SafeText> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Meta {
        endpoints: Endpoints,
    }
    #[derive(Deserialize)]
    struct Endpoints {
        docker: Endpoint,
    }
    #[derive(Deserialize)]
    struct Endpoint {
        #[serde(rename = "Host")]
        host: String,
        #[serde(rename = "SkipTLSVerify", default)]
        skip_tls_verify: bool,
    }
    let folder = hex(&Sha256::digest(name.as_bytes()));
    let meta = config.join("contexts/meta").join(&folder).join("meta.json");
    let text = std::fs::read(&meta)
        .map_err(|_| safe!("docker has no context {name}. docker context ls shows those it has"))?;
    let meta: Meta = serde_json::from_slice(&text)
        .map_err(|e| safe!("docker context {name} can't be read: {e}"))?;
    if meta.endpoints.docker.skip_tls_verify {
        return Err(safe!(
            "docker context {name} does not verify its daemon. Give it a CA: docker context update {name}"
        ));
    }
    let tls = config.join("contexts/tls").join(&folder).join("docker");
    let tls = tls.is_dir().then(|| TlsFiles::in_folder(&tls));
    parse(&meta.endpoints.docker.host, tls)
}

fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(options: &DockerOptions, variables: &[(&str, &str)]) -> Result<Endpoint, SafeText> {
        let find = |name: &str| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        locate(
            options,
            Surroundings {
                variable: &find,
                usable: &|path| path.exists(),
            },
        )
    }

    fn shown(variables: &[(&str, &str)]) -> String {
        let place = at(&DockerOptions::default(), variables).expect("an address");
        format!("{} by {}", place.address, place.chosen_by)
    }

    #[test]
    fn the_environment_decides_as_it_does_for_docker() {
        assert_eq!(
            shown(&[
                ("DOCKER_HOST", "unix:///run/x.sock"),
                ("DOCKER_CONTEXT", "lab")
            ]),
            "unix:///run/x.sock by DOCKER_HOST"
        );
        assert_eq!(
            shown(&[("DOCKER_HOST", "tcp://10.0.0.1")]),
            "tcp://10.0.0.1:2375 by DOCKER_HOST"
        );
        assert_eq!(
            shown(&[
                ("DOCKER_HOST", "tcp://[::1]:99"),
                ("DOCKER_TLS_VERIFY", "1")
            ]),
            "tcp://[::1]:99 by DOCKER_HOST"
        );
        assert_eq!(
            shown(&[("DOCKER_HOST", "tcp://x"), ("DOCKER_TLS_VERIFY", "1")]),
            "tcp://x:2376 by DOCKER_HOST"
        );
        assert_eq!(
            shown(&[("DOCKER_HOST", "ssh://me@box:2222")]),
            "ssh://me@box:2222 by DOCKER_HOST"
        );
    }

    #[test]
    fn material_of_the_settings_comes_before_the_environments() {
        let ours = TlsFiles {
            ca: Some("/ours/ca.pem".into()),
            ..TlsFiles::default()
        };
        let options = DockerOptions {
            host: Some("tcp://box:2376".into()),
            tls: Some(ours.clone()),
            ..DockerOptions::default()
        };
        let place = at(&options, &[("DOCKER_TLS_VERIFY", "1")]).expect("an address");
        assert!(matches!(place.address, Address::Tcp { tls: Some(tls), .. } if tls == ours));
    }

    #[test]
    fn what_was_asked_for_comes_before_the_environment() {
        let options = DockerOptions {
            host: Some("unix:///a".into()),
            ..DockerOptions::default()
        };
        let place = at(&options, &[("DOCKER_HOST", "unix:///b")]).expect("an address");
        assert_eq!(place.address, Address::Unix("/a".into()));
        assert_eq!(place.chosen_by, "the settings");
        let by_hand = DockerOptions {
            by_hand: true,
            ..options
        };
        let place = at(&by_hand, &[("DOCKER_HOST", "unix:///b")]).expect("an address");
        assert_eq!(place.chosen_by, "--docker-host");
    }

    #[test]
    fn a_context_brings_its_host_and_its_certificates() {
        let home = tempfile::tempdir().expect("a folder");
        let docker = home.path().join(".docker");
        // SHA-256 of "lab", as the docker command names the folder.
        let folder = "a51146d38077ff992eba84cf1d5e9b249073503eb74868699016153b031a38f7";
        std::fs::create_dir_all(docker.join("contexts/meta").join(folder)).unwrap();
        let tls = docker.join("contexts/tls").join(folder).join("docker");
        std::fs::create_dir_all(&tls).unwrap();
        std::fs::write(tls.join("ca.pem"), "").unwrap();
        std::fs::write(docker.join("config.json"), r#"{"currentContext":"lab"}"#).unwrap();
        std::fs::write(
            docker.join("contexts/meta").join(folder).join("meta.json"),
            r#"{"Name":"lab","Metadata":{},"Endpoints":{"docker":{"Host":"tcp://lab:2376","SkipTLSVerify":false}}}"#,
        )
        .unwrap();
        let home = home.path().to_str().unwrap();
        let place = at(&DockerOptions::default(), &[("HOME", home)]).expect("an address");
        assert_eq!(place.chosen_by, "context lab");
        let Address::Tcp {
            tls: Some(files), ..
        } = place.address
        else {
            panic!("{place:?}")
        };
        assert_eq!(files.ca, Some(tls.join("ca.pem")));
        assert_eq!(files.key, None);
        let missing = at(
            &DockerOptions::default(),
            &[("HOME", home), ("DOCKER_CONTEXT", "no")],
        );
        assert!(missing.unwrap_err().contains("no context no"));
    }

    #[test]
    fn a_rootless_socket_is_found() {
        let runtime = tempfile::tempdir().expect("a folder");
        std::fs::write(runtime.path().join("docker.sock"), "").unwrap();
        let variables = [("XDG_RUNTIME_DIR", runtime.path().to_str().unwrap())];
        let rootless = runtime.path().join("docker.sock");
        let find = |name: &str| {
            let found = variables.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let place = locate(
            &DockerOptions::default(),
            Surroundings {
                variable: &find,
                usable: &|path| path == rootless,
            },
        );
        assert_eq!(place.expect("an address").address, Address::Unix(rootless));
    }

    #[test]
    fn addresses_that_mean_nothing_are_refused_without_their_password() {
        for address in [
            "docker.sock",
            "unix://x",
            "ftp://x",
            "tcp://x:y",
            "ssh://-oProxyCommand=x",
        ] {
            let options = DockerOptions {
                host: Some(address.into()),
                ..DockerOptions::default()
            };
            assert!(at(&options, &[]).is_err(), "{address}");
        }
        for address in ["ssh://me:hunter2@box", "tcp://me:hunter2@box:2375"] {
            let options = DockerOptions {
                host: Some(address.into()),
                ..DockerOptions::default()
            };
            assert!(!at(&options, &[]).unwrap_err().contains("hunter2"));
        }
    }
}
