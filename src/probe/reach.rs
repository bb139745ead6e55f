//! What it means that somebody could not be reached.

use std::{error::Error, io, net::SocketAddr, time::Duration};

use tokio::net::{TcpStream, lookup_host};

use crate::{
    config::settings::address::HostPort,
    domain::{alert::Severity, signals::Found},
    safe,
    text::SafeText,
};

/// There was no answer in time. Somebody who hangs and a line that is cut look the same from here, and are told the same.
pub(super) fn late(timeout: Duration) -> Found {
    Found::Bad(
        Severity::Critical,
        safe!("no answer within {} s", timeout.as_secs_f32()),
    )
}

/// What an error of the network means, which may stand anywhere among its sources; `None` where it is none.
pub(super) fn verdict(error: &(dyn Error + 'static)) -> Option<Found> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            // What another error was packed into says less than that one.
            match error.get_ref() {
                Some(inner) if verdict(inner).is_some() => return verdict(inner),
                _ => return Some(of_io(error)),
            }
        }
        next = error.source();
    }
    None
}

fn of_io(error: &io::Error) -> Found {
    let bad = |words| Found::Bad(Severity::Critical, SafeText::from_static(words));
    match error.kind() {
        io::ErrorKind::ConnectionRefused => bad("refused: nothing listens there"),
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::UnexpectedEof => bad("the connection was broken off"),
        _ => Found::Unknown(SafeText::line(error.to_string())),
    }
}

/// Connects.
///
/// # Errors
/// The last of the addresses' refusals, or that the name has none.
pub(super) async fn connect(place: &HostPort) -> io::Result<TcpStream> {
    let addresses: Vec<SocketAddr> = lookup_host((place.host.as_str(), place.port))
        .await?
        .collect();
    TcpStream::connect(addresses.as_slice()).await
}
