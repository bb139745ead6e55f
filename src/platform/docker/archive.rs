//! A folder inside a container as tar, by the daemon itself: the image needs no program for it.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Frame, Incoming};
use tokio::sync::{mpsc, oneshot};

use crate::{
    domain::instance::InstanceId,
    plan::exec::ArchiveStream,
    platform::docker::{engine::Engine, percent::encode},
    text::SafeText,
};

/// Pieces that wait for a slow reader; then the daemon is slowed.
const WAITING: usize = 16;

/// Begins to read a folder.
///
/// # Errors
/// In words, when the daemon does not give it.
pub(super) async fn read(
    engine: &Engine,
    instance: &InstanceId,
    path: &str,
) -> Result<ArchiveStream, SafeText> {
    let path = encode(path);
    let body = engine
        .stream(&format!("/containers/{}/archive?path={path}", instance.0))
        .await
        .map_err(|e| e.text())?;
    let (output, taken) = mpsc::channel(WAITING);
    let (all, whole) = oneshot::channel();
    tokio::spawn(async move {
        if pass_on(body, output).await {
            let _ = all.send(());
        }
    });
    Ok(ArchiveStream {
        output: taken,
        whole,
    })
}

/// Whether all of it came and was taken. HTTP says where a body ends, so one that was cut is never taken for a whole one.
async fn pass_on(mut body: Incoming, output: mpsc::Sender<Bytes>) -> bool {
    while let Some(frame) = body.frame().await {
        match frame.map(Frame::into_data) {
            Ok(Ok(bytes)) => {
                if output.send(bytes).await.is_err() {
                    return false;
                }
            }
            // Trailers hold nothing of it.
            Ok(Err(_)) => {}
            Err(_) => return false,
        }
    }
    true
}
