//! The pulse: whether the server lives, whether the credentials still work, and whether it is still the same cluster.
//!
//! A watch that is silent may be dead (a half-open connection says nothing), so the pulse alone decides what is live.

use std::{sync::Arc, time::Duration};

use jiff::SignedDuration;
use serde::Deserialize;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep, timeout},
};

use super::{
    api::{Api, ApiError},
    watching::Resource as _,
    wire::core,
};
use crate::{clock, safe, text::SafeText};

/// Between two proofs of life, with the least time between any two added.
const PULSE: Duration = Duration::from_millis(4500);

/// Between two attempts while there is none.
const PULSE_SOUGHT: Duration = Duration::from_millis(500);

/// How long a sign of life may take.
const DEADLINE: Duration = Duration::from_secs(3);

/// A program that may open a browser is not run more often.
const BETWEEN_LOGINS: Duration = Duration::from_secs(30);

/// Credentials that end are got anew so long before.
const BEFORE_THE_END: SignedDuration = SignedDuration::from_secs(60);

/// How it is.
#[derive(Debug)]
pub(super) enum Beat {
    /// There are credentials: requests may be sent.
    LoggedIn,
    /// It lives.
    Felt,
    /// It lives, after it did not or something broke, and has said who it is.
    Introduced(Introduction),
    /// It has not answered for so long that it may be gone.
    Silent(SafeText),
    /// It lives no more, or cannot be reached: why.
    Lost(SafeText),
    /// It answers, and is not well: in its words.
    Sick(SafeText),
    /// The credentials no longer work: why, and what brings them back.
    LoginExpired(SafeText),
}

impl Beat {
    /// Whether the server lives.
    fn is_well(&self) -> bool {
        matches!(self, Self::Felt | Self::Introduced(_))
    }
}

/// Who a cluster is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Introduction {
    /// The uid of its namespace kube-system; its address, where that may not be read.
    pub(super) identity: SafeText,
    /// `Kubernetes 1.36.3`.
    pub(super) version: SafeText,
}

/// What feels the pulse.
pub(super) struct Pulse {
    /// Calls the server.
    pub(super) api: Api,
    /// Told when something broke: the pulse is felt at once, and the server asked who it is.
    pub(super) hurry: Arc<Notify>,
    /// Told when somebody asks for all to be tried anew, also what opens a browser.
    pub(super) anew: Arc<Notify>,
    /// Where the beats go.
    pub(super) out: mpsc::Sender<Beat>,
}

impl Pulse {
    /// Feels the pulse until nobody listens.
    pub(super) async fn run(self) {
        let mut tries = Tries::default();
        self.first_login(&mut tries).await;
        let mut asks = true;
        loop {
            let beat = self.beat(asks, &mut tries).await;
            let well = beat.is_well();
            let wait = if well || matches!(beat, Beat::LoginExpired(_)) {
                PULSE
            } else {
                self.api.reconnect();
                Duration::ZERO
            };
            tries.in_vain &= !well;
            asks = !well;
            if self.out.send(beat).await.is_err() {
                return;
            }
            // Not faster than that even in a hurry: what breaks again and again is no reason to spin.
            sleep(PULSE_SOUGHT).await;
            tokio::select! {
                biased;
                () = self.anew.notified() => tries = Tries::default(),
                () = self.hurry.notified(), if well => asks = true,
                () = sleep(wait) => {}
            }
        }
    }

    async fn first_login(&self, tries: &mut Tries) {
        if tries.may(&self.api) && self.api.log_in().await.is_ok() {
            let _ = self.out.send(Beat::LoggedIn).await;
        }
    }

    async fn beat(&self, asks: bool, tries: &mut Tries) -> Beat {
        let soon = clock::now() + BEFORE_THE_END;
        if self.api.wants_login(soon)
            && tries.may(&self.api)
            && let Err(error) = self.api.log_in().await
            && self.api.wants_login(clock::now())
        {
            return self.missed(error);
        }
        let mut felt = self.feel(asks).await;
        if let Err(ApiError::Login(_)) = felt
            && tries.may(&self.api)
        {
            felt = match self.api.log_in().await {
                Ok(()) => self.feel(asks).await,
                Err(error) => Err(error),
            };
        }
        match felt {
            Ok(None) => Beat::Felt,
            Ok(Some(introduction)) => Beat::Introduced(introduction),
            Err(error) => self.missed(error),
        }
    }

    async fn feel(&self, asks: bool) -> Result<Option<Introduction>, ApiError> {
        match within(self.api.get("/readyz", "text/plain")).await {
            Ok(_) => {}
            // Who may not ask, or asks too often, has been answered.
            Err(error) if error.code().is_some_and(|code| code < 500) => {}
            Err(error) => return Err(error),
        }
        if asks {
            self.introduction().await.map(Some)
        } else {
            Ok(None)
        }
    }

    async fn introduction(&self) -> Result<Introduction, ApiError> {
        #[derive(Deserialize, Default)]
        #[serde(rename_all = "camelCase", default)]
        struct Version {
            git_version: String,
        }
        let version = within(self.api.json::<Version>("/version")).await;
        let version = allowed(version)?.unwrap_or_default().git_version;
        let path = format!("{}/kube-system", core::Namespace::path(None));
        let system = within(self.api.protobuf::<core::Namespace>(&path)).await;
        let uid = allowed(system)?.and_then(|namespace| namespace.metadata);
        let identity = match uid {
            Some(metadata) => SafeText::name(&metadata.uid),
            None => SafeText::name(self.server()),
        };
        Ok(Introduction {
            identity,
            version: match version.trim_start_matches('v') {
                "" => SafeText::from_static("Kubernetes"),
                version => safe!("Kubernetes {version}"),
            },
        })
    }

    fn server(&self) -> String {
        let place = self.api.place();
        place.map(|(_, server)| server).unwrap_or_default()
    }

    fn missed(&self, error: ApiError) -> Beat {
        let server = self.server();
        match error {
            ApiError::Silent(patience) => Beat::Silent(safe!(
                "no answer from {server} within {} s",
                patience.as_secs()
            )),
            ApiError::Login(words) => {
                let remedy = self.api.remedy();
                Beat::LoginExpired(safe!("{words}. {remedy}"))
            }
            ApiError::Refused { message, .. } => {
                Beat::Sick(safe!("{server} is not ready: {}", failing(&message)))
            }
            ApiError::Unset(words) => Beat::Lost(words),
            other => Beat::Lost(safe!("{server}: {other}")),
        }
    }
}

/// What was tried to get credentials.
#[derive(Debug, Default)]
struct Tries {
    /// Since the last proof of life.
    in_vain: bool,
    last: Option<Instant>,
}

impl Tries {
    /// Whether credentials may be got: once after each proof of life, and again only where that opens nothing.
    fn may(&mut self, api: &Api) -> bool {
        let now = Instant::now();
        let lately = self.last.is_some_and(|last| now - last < BETWEEN_LOGINS);
        let may = !api.is_login_dear() || (!self.in_vain && !lately);
        if may {
            *self = Self {
                in_vain: true,
                last: Some(now),
            };
        }
        may
    }
}

/// Waits for an answer for as long as a sign of life may take.
async fn within<T>(answer: impl Future<Output = Result<T, ApiError>>) -> Result<T, ApiError> {
    let answer = timeout(DEADLINE, answer).await;
    answer.unwrap_or(Err(ApiError::Silent(DEADLINE)))
}

/// What was answered; `None` where it may not be asked for.
fn allowed<T>(answer: Result<T, ApiError>) -> Result<Option<T>, ApiError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if matches!(error.code(), Some(403 | 404)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The checks that failed, of a server that lists all (`[+]ping ok [-]etcd failed: reason withheld`).
fn failing(message: &str) -> SafeText {
    let checks = message.split("[-]").skip(1);
    let names: Vec<&str> = checks
        .filter_map(|check| check.split_whitespace().next())
        .collect();
    if names.is_empty() {
        SafeText::line(message)
    } else {
        safe!("{} failed", names.join(", "))
    }
}
