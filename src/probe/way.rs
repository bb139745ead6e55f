//! The way to those whom only the platform leads to: Services of its cluster.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot, watch},
    time::timeout,
};

use super::reach;
use crate::{
    domain::{
        alert::Severity,
        proxied::Proxied,
        signals::Found,
        source::{SourceHealth, SourceState},
    },
    platform::{FetchRequest, Fetched, PlatformHandle, Request, Unfetched},
    text::SafeText,
};

/// The platform, as long as somebody else holds it.
#[derive(Clone, Debug)]
pub(super) struct Way(Option<Platform>);

#[derive(Clone, Debug)]
struct Platform {
    requests: mpsc::WeakSender<Request>,
    state: watch::Receiver<SourceState>,
}

impl Way {
    /// By that platform.
    pub(super) fn by(platform: &PlatformHandle) -> Self {
        Self(Some(Platform {
            requests: platform.requests.downgrade(),
            state: platform.state.clone(),
        }))
    }

    /// There is none.
    pub(super) const fn nowhere() -> Self {
        Self(None)
    }

    /// What a page answers.
    ///
    /// # Errors
    /// Why there is no answer.
    pub(super) async fn fetch(
        &self,
        page: &Proxied,
        text: bool,
        patience: Duration,
    ) -> Result<Fetched, Found> {
        let platform = self.0.as_ref().ok_or(Found::Unknown(ENDED))?;
        platform.there().await?;
        let asked = timeout(patience, platform.ask(page.clone(), text)).await;
        let answer = asked.map_err(|_| reach::late(patience))?;
        answer.map_err(|why| match why {
            Unfetched::Unreached(words) => Found::Bad(Severity::Critical, words),
            Unfetched::Unasked(words) => Found::Unknown(words),
        })
    }
}

impl Platform {
    /// Waits until the platform has been reached, which is no time of whoever is asked. One that does not answer says nothing of
    /// those behind it.
    async fn there(&self) -> Result<(), Found> {
        let mut state = self.state.clone();
        let tried = |state: &SourceState| state.health != SourceHealth::Connecting;
        let state = state.wait_for(tried).await;
        let state = state.map_err(|_| Found::Unknown(ENDED))?;
        if state.health.is_stale() {
            return Err(Found::Unknown(state.problem.clone()));
        }
        Ok(())
    }

    async fn ask(&self, page: Proxied, text: bool) -> Result<Fetched, Unfetched> {
        let ended = || Unfetched::Unasked(ENDED);
        let (answer, answered) = oneshot::channel();
        let request = Request::Fetch(FetchRequest { page, text, answer });
        let requests = self.requests.upgrade().ok_or_else(ended)?;
        requests.send(request).await.map_err(|_| ended())?;
        // While it waits for an answer it holds nobody.
        drop(requests);
        answered.await.unwrap_or_else(|_| Err(ended()))
    }
}

const ENDED: SafeText = SafeText::from_static("the platform has ended");
