//! A console's view of what is asked beside a platform.

use std::{sync::Arc, time::Duration};

use quarterdeck::{
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
use tokio::sync::{mpsc, oneshot, watch};

use crate::support::{settings::settings, wait::SOON};

/// How long a poll of a server that is asked every few seconds may take to be seen.
pub(crate) const LONG: Duration = Duration::from_secs(90);

/// A platform that shows services, and what the settings add to it.
pub(crate) struct Watched {
    handle: PlatformHandle,
    /// Dropped, it ends what watches.
    _end: oneshot::Sender<()>,
    _shown: watch::Sender<SourceState>,
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
