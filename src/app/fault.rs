//! A panic on purpose, so that tests can prove that the terminal outlives one at any point. Debug builds only.

/// Counts the turns of the loop down to the one that panics.
pub(super) struct Fault {
    turns: Option<u32>,
    /// What the panic says besides: words from outside may be in any.
    words: String,
}

impl Fault {
    /// What `QUARTERDECK_PANIC_AT_TURN` asks for.
    pub(super) fn asked_for() -> Self {
        let turns = cfg!(debug_assertions).then(|| std::env::var("QUARTERDECK_PANIC_AT_TURN").ok());
        Self {
            turns: turns.flatten().and_then(|n| n.parse().ok()),
            words: std::env::var("QUARTERDECK_PANIC_WORDS").unwrap_or_default(),
        }
    }

    /// A turn passes.
    ///
    /// # Panics
    /// When it is the one that was asked for.
    pub(super) fn pass(&mut self) {
        if let Some(turns) = &mut self.turns {
            *turns = turns.saturating_sub(1);
            assert!(*turns > 0, "panicked on purpose {}", self.words);
        }
    }
}
