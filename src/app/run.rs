//! Setting a console up and taking it down again.

use std::{path::PathBuf, sync::Arc, thread, time::Duration};

use tokio::{runtime, sync::oneshot};

use super::{console, memory, signals::Signals, terminal};
use crate::{
    config::{Files, settings::Settings},
    domain::keymap::Keymap,
    platform::{self, PlatformHandle, sim::SimControl},
    probe::Asker,
    state::{Destination, Place},
    text::SafeText,
    ui::Look,
};

/// Reaches a place, as the settings that hold now want it.
pub type Connector = Box<dyn FnMut(&Destination, &Arc<Settings>) -> Connected>;

/// Finds out where the console begins; this may take a moment.
pub type Choice = Box<dyn FnOnce() + Send>;

/// A place that was reached.
pub struct Connected {
    /// Where it is.
    pub place: Place,
    /// What it shows.
    pub platform: PlatformHandle,
    /// The hand on it, where it is simulated.
    pub world: Option<SimControl>,
    /// Who answers what lists ask there.
    pub asker: Asker,
}

/// How the settings want it; read anew when a file changes.
#[derive(Clone)]
pub struct Manner {
    /// How it looks.
    pub look: Look,
    /// Which key means what.
    pub keymap: Arc<Keymap>,
    /// Everything that was set.
    pub settings: Arc<Settings>,
}

/// Everything a console begins with.
pub struct Session {
    /// Where it begins, or between which places it is still to be chosen.
    pub place: Place,
    /// Chooses between them before any is reached; `None` where it is known where to begin.
    pub choose: Option<Choice>,
    /// How the settings want it.
    pub manner: Manner,
    /// Reads the settings anew; an error is shown, and the old ones stay.
    pub reload: Box<dyn Fn() -> Result<Manner, SafeText>>,
    /// Where the settings are read from; a change there reloads.
    pub watched: Files,
    /// Reaches a place. Called on a runtime, after the first frame, and again for another one.
    pub connect: Connector,
    /// Who acts, where somebody said.
    pub operator: Option<SafeText>,
    /// The service it opens with: its name, or `project/name`.
    pub open: Option<String>,
    /// The lists that it offers; empty for those that are found here.
    pub lists: Vec<PathBuf>,
    /// Whether it opens with them.
    pub walks: bool,
    /// Whether it takes the mouse.
    pub mouse: bool,
    /// Whether times are in UTC.
    pub utc: bool,
    /// What it says first; `None` where there is nothing to say.
    pub notice: Option<SafeText>,
    /// Where the journal is; `None` where there is no place for one.
    pub state: Option<PathBuf>,
}

/// Runs the console until somebody leaves it. Returns the exit code.
///
/// # Errors
/// The terminal's refusal. The terminal is as it was before in every case.
pub fn run(session: Session) -> color_eyre::Result<u8> {
    terminal::restore_on_panic();
    let _guard = terminal::Guard;
    let own = runtime()?;
    // Before the terminal is changed: a signal in between would leave it so.
    let signals = {
        let _entered = own.enter();
        Signals::listen()?
    };
    terminal::raw()?;
    // Tasks run on a thread of their own: looking at log lines there never holds up a key here.
    let worker = runtime()?;
    let work = worker.handle().clone();
    work.spawn(memory::give_back());
    let (leave, left) = oneshot::channel::<()>();
    let thread = thread::spawn(move || {
        // Ends when the loop does, or with it.
        let _ = worker.block_on(left);
        // Tasks that hang in the platform do not hold up the way out.
        worker.shutdown_timeout(Duration::from_millis(100));
    });
    let code = own.block_on(console::run(session, work, signals));
    terminal::restore();
    drop(leave);
    platform::wait_for_ends(Duration::from_millis(100));
    // A worker that panicked has been reported by the hook.
    let _ = thread.join();
    code
}

fn runtime() -> std::io::Result<runtime::Runtime> {
    runtime::Builder::new_current_thread().enable_all().build()
}
