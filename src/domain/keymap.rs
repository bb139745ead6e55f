//! Which key means what, where: the checked result of a keymap file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use strum::IntoEnumIterator as _;

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

    /// The commands that a key gives in the scope, own or inherited, in the order of [`Command`].
    pub fn commands(&self, scope: Scope) -> impl Iterator<Item = Command> + '_ {
        Command::iter().filter(move |&command| !self.chords(scope, command).is_empty())
    }

    /// The table of keys as Markdown, a heading for each scope that has keys of its own.
    pub fn table_markdown(&self) -> String {
        let sections = Scope::iter().filter(|&scope| self.own(scope).next().is_some());
        sections
            .map(|scope| self.section_markdown(scope))
            .collect::<Vec<_>>()
            .join("\n")
    }

    fn section_markdown(&self, scope: Scope) -> String {
        let mut keys: BTreeMap<Command, Vec<String>> = BTreeMap::new();
        for (chord, command) in self.own(scope) {
            let key = chord.to_string().replace('|', "\\|");
            keys.entry(command).or_default().push(format!("`{key}`"));
        }
        let mut lines = vec![
            format!("**{}**\n", scope.title()),
            "| key | does |".to_owned(),
            "| --- | --- |".to_owned(),
        ];
        lines.extend(
            keys.iter()
                .map(|(command, keys)| format!("| {} | {} |", keys.join(" "), command.help())),
        );
        lines.push(String::new());
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keymap() -> Keymap {
        let mut keymap = Keymap::default();
        for (scope, command, key) in [
            (Scope::Logs, Command::Follow, "F"),
            (Scope::Logs, Command::Follow, "G"),
            (Scope::Global, Command::Bottom, "G"),
            (Scope::Global, Command::Bottom, "end"),
            (Scope::Global, Command::Zoom, "z"),
            (Scope::Logs, Command::Zoom, "f"),
            (Scope::Anywhere, Command::Quit, "ctrl-c"),
        ] {
            keymap.bind(scope, key.parse().expect("a key"), command);
        }
        keymap
    }

    fn shown(keymap: &Keymap, scope: Scope, command: Command) -> Vec<String> {
        keymap
            .chords(scope, command)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn the_nearest_scope_gives_the_meaning() {
        let keymap = keymap();
        let g = "G".parse().expect("a key");
        assert_eq!(keymap.command(Scope::Logs, g), Some(Command::Follow));
        assert_eq!(keymap.command(Scope::Services, g), Some(Command::Bottom));
        assert_eq!(keymap.command(Scope::Input, g), None);
        assert_eq!(
            keymap.command(Scope::Input, "ctrl-c".parse().expect("a key")),
            Some(Command::Quit)
        );
    }

    #[test]
    fn only_keys_that_work_there_are_shown() {
        let keymap = keymap();
        assert_eq!(shown(&keymap, Scope::Logs, Command::Bottom), ["end"]);
        assert_eq!(
            shown(&keymap, Scope::Services, Command::Bottom),
            ["G", "end"]
        );
        assert_eq!(shown(&keymap, Scope::Logs, Command::Zoom), ["f", "z"]);
        assert_eq!(shown(&keymap, Scope::Help, Command::Zoom), [""; 0]);
    }

    #[test]
    fn the_table_has_a_line_for_each_command_of_each_scope() {
        assert_eq!(
            keymap()
                .table_markdown()
                .lines()
                .skip(4)
                .take(7)
                .collect::<Vec<_>>(),
            [
                "| `ctrl-c` | Leave; asks first while an action runs. |",
                "",
                "**In every pane**",
                "",
                "| key | does |",
                "| --- | --- |",
                "| `G` `end` | To the last row. |",
            ]
        );
    }
}
