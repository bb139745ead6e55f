//! What there is where no settings say it: the cluster of the kubeconfig's current context, and a Docker daemon.

use std::{
    net::{TcpStream, ToSocketAddrs as _},
    os::unix::net::UnixStream,
    sync::mpsc,
    time::Duration,
};

use super::memory::Kind;
use crate::platform::{
    docker::{self, DockerOptions, host::Address},
    kubernetes::Contexts,
};

/// How long it takes to see whether somebody listens, at most: the first frame waits for it, once.
const LISTENS: Duration = Duration::from_millis(300);

/// Which of the two the console begins with: the one used last, or the only one that answers.
pub(super) fn choose(contexts: &Contexts, last: Option<Kind>) -> Kind {
    let cluster = contexts
        .current
        .as_ref()
        .and_then(|name| contexts.get(name));
    let daemon = daemon();
    match (cluster, &daemon, last) {
        (None, _, _) => Kind::Docker,
        (Some(_), None, _) => Kind::Kubernetes,
        (Some(_), Some(_), Some(last)) => last,
        (Some(cluster), Some(daemon), None) => {
            let server = cluster.server.clone().unwrap_or_default();
            if !daemon_listens(daemon) || server_listens(server) {
                Kind::Kubernetes
            } else {
                Kind::Docker
            }
        }
    }
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
fn server_listens(server: String) -> bool {
    let (answer, heard) = mpsc::channel();
    // Names may take long to resolve: whoever waits does not.
    std::thread::spawn(move || {
        let _ = answer.send(connects(&server));
    });
    heard.recv_timeout(LISTENS).unwrap_or(false)
}

fn connects(server: &str) -> bool {
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
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn only_who_listens_answers() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let at = format!("https://{}", listener.local_addr().expect("it has one"));
        assert!(server_listens(at.clone()));
        drop(listener);
        assert!(!server_listens(at));
        assert!(!server_listens("no address".to_owned()));
    }

    #[test]
    fn without_a_context_there_is_docker_alone() {
        let none = Contexts::default();
        assert_eq!(choose(&none, Some(Kind::Kubernetes)), Kind::Docker);
    }
}
