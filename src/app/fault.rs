//! A panic on purpose, so that tests can prove that the terminal outlives one at any point. Debug builds only.

use tokio::runtime::Handle;

/// Counts the turns of the loop down to the one that panics.
pub(super) struct Fault {
    turns: Option<u32>,
    /// Whether it is a task beside the loop that panics.
    beside: bool,
    /// What the panic says besides: words from outside may be in any.
    words: String,
}

impl Fault {
    /// What `QUARTERDECK_PANIC_AT_TURN` asks for; with `QUARTERDECK_PANIC_BESIDE` a task does it.
    pub(super) fn asked_for() -> Self {
        let turns = cfg!(debug_assertions).then(|| std::env::var("QUARTERDECK_PANIC_AT_TURN").ok());
        Self {
            turns: turns.flatten().and_then(|n| n.parse().ok()),
            beside: std::env::var_os("QUARTERDECK_PANIC_BESIDE").is_some(),
            words: std::env::var("QUARTERDECK_PANIC_WORDS").unwrap_or_default(),
        }
    }

    /// A turn passes.
    ///
    /// # Panics
    /// When it is the one that was asked for.
    pub(super) fn pass(&mut self, work: &Handle) {
        let Some(turns) = &mut self.turns else {
            return;
        };
        *turns = turns.saturating_sub(1);
        let words = self.words.clone();
        if *turns == 0 && self.beside {
            self.turns = None;
            work.spawn(async move { panic!("panicked on purpose {words}") });
        } else {
            assert!(*turns > 0, "panicked on purpose {words}");
        }
    }
}
