//! Which key means what, where: the checked result of a keymap file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{command::Command, key::KeyChord, scope::Scope};

/// Keys to commands, by scope. Read and checked by `config`, looked up by `state`, printed by `ui` and the README.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keymap {
    bindings: BTreeMap<Scope, Vec<(KeyChord, Command)>>,
}

impl Keymap {
    /// Binds a key; the first binding of a command in a scope is the one that hints show.
    pub fn bind(&mut self, scope: Scope, chord: KeyChord, command: Command) {
        self.bindings
            .entry(scope)
            .or_default()
            .push((chord, command));
    }

    /// What the key means in the scope, or in what it inherits from.
    pub fn command(&self, scope: Scope, chord: KeyChord) -> Option<Command> {
        scope.lookup().find_map(|s| {
            self.own(s)
                .find(|(c, _)| *c == chord)
                .map(|(_, command)| command)
        })
    }

    /// The keys of a command in the scope, own ones first. A key that means something else in an inner scope is left out.
    pub fn chords(&self, scope: Scope, command: Command) -> Vec<KeyChord> {
        scope
            .lookup()
            .flat_map(|s| self.own(s))
            .filter(|(chord, c)| *c == command && self.command(scope, *chord) == Some(command))
            .map(|(chord, _)| chord)
            .collect()
    }

    /// The bindings that a scope itself has, in the file's order.
    pub fn own(&self, scope: Scope) -> impl Iterator<Item = (KeyChord, Command)> + '_ {
        self.bindings.get(&scope).into_iter().flatten().copied()
    }
}
