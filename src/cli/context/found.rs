//! What there is where no settings say it: the cluster of the kubeconfig's current context, and a Docker daemon.

use std::{
    net::{TcpStream, ToSocketAddrs as _},
    os::unix::net::UnixStream,
    sync::mpsc::{self, Receiver},
    time::Duration,
};

use super::memory::Kind;
use crate::platform::{
    docker::{self, DockerOptions, host::Address},
    kubernetes::Contexts,
};

/// How long it takes to see whether somebody listens, at most.
const LISTENS: Duration = Duration::from_millis(300);

/// What there is.
pub(super) enum Found {
    /// It is clear which of the two is meant: the one used last, or the only one.
    Clear(Kind),
    /// An API server and a daemon: whoever answers is meant.
    Both(String, Address),
}

/// Looks at what the files here say; nobody is asked.
pub(super) fn look(contexts: &Contexts, last: Option<Kind>) -> Found {
    let current = contexts.current.as_ref();
    match (current.and_then(|name| contexts.get(name)), daemon(), last) {
        (None, ..) => Found::Clear(Kind::Docker),
        (Some(_), None, _) => Found::Clear(Kind::Kubernetes),
        (Some(_), Some(_), Some(last)) => Found::Clear(last),
        (Some(cluster), Some(daemon), None) => {
            Found::Both(cluster.server.clone().unwrap_or_default(), daemon)
        }
    }
}

impl Found {
    /// Which of the two it is. Of both, the cluster, where it listens or the daemon does not; this may take a moment.
    pub(super) fn decide(self) -> Kind {
        match self {
            Self::Clear(kind) => kind,
            Self::Both(server, daemon) => {
                let daemon = asked(move || daemon_listens(&daemon));
                let server = asked(move || server_listens(&server));
                let listens = |it: &Receiver<bool>| it.recv_timeout(LISTENS).unwrap_or(false);
                if listens(&server) || !listens(&daemon) {
                    Kind::Kubernetes
                } else {
                    Kind::Docker
                }
            }
        }
    }
}

/// Asks beside whoever waits: names may take long to resolve, and a full socket to take somebody in.
fn asked(ask: impl FnOnce() -> bool + Send + 'static) -> Receiver<bool> {
    let (answer, heard) = mpsc::channel();
    std::thread::spawn(move || {
        let _ = answer.send(ask());
    });
    heard
}

/// A daemon elsewhere that somebody named, or one whose socket is there.
pub(super) fn daemon() -> Option<Address> {
    let place = docker::locate(&DockerOptions::default()).ok()?;
    match place.local_socket() {
        Some(socket) if !socket.exists() => None,
        _ => Some(place.address),
    }
}

/// Whether a daemon on this machine takes connections; one elsewhere was named by somebody who knows.
fn daemon_listens(daemon: &Address) -> bool {
    match daemon {
        Address::Unix(path) => UnixStream::connect(path).is_ok(),
        _ => true,
    }
}

/// Whether an API server takes connections.
fn server_listens(server: &str) -> bool {
    let Ok(address) = server.parse::<http::Uri>() else {
        return false;
    };
    let usual = if address.scheme_str() == Some("http") {
        80
    } else {
        443
    };
    let port = address.port_u16().unwrap_or(usual);
    let host = address.host().unwrap_or_default().trim_matches(['[', ']']);
    let mut there = (host, port).to_socket_addrs().into_iter().flatten();
    there.any(|at| TcpStream::connect_timeout(&at, LISTENS).is_ok())
}

#[cfg(test)]
mod tests {
    use std::{net::TcpListener, os::unix::net::UnixListener};

    use super::*;

    #[test]
    fn only_who_listens_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = format!("https://{}", listener.local_addr().expect("it has one"));
        assert!(server_listens(&at));
        drop(listener);
        assert!(!server_listens(&at));
        assert!(!server_listens("no address"));
    }

    #[test]
    fn of_both_the_daemon_is_meant_where_it_alone_listens() {
        let folder = tempfile::tempdir().expect("a folder");
        let socket = folder.path().join("docker.sock");
        let daemon = UnixListener::bind(&socket).expect("a socket");
        let cluster = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = format!("https://{}", cluster.local_addr().expect("it has one"));
        let decide = || Found::Both(server.clone(), Address::Unix(socket.clone())).decide();
        assert_eq!(decide(), Kind::Kubernetes);
        drop(cluster);
        assert_eq!(decide(), Kind::Docker);
        drop(daemon);
        assert_eq!(decide(), Kind::Kubernetes);
    }

    #[test]
    fn without_a_context_there_is_docker_alone() {
        let none = Contexts::default();
        let found = look(&none, Some(Kind::Kubernetes));
        assert!(matches!(found, Found::Clear(Kind::Docker)));
    }
}
