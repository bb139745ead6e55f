//! Every key in every view, as a terminal sends them.

use quarterdeck::{
    config,
    domain::{
        command::Command,
        key::{Key, KeyChord},
        scope::Scope,
    },
};
use strum::IntoEnumIterator as _;

use super::{
    console::Console,
    wait::{SOON, wait_until},
};

/// The ways into every view, from the panes.
const VIEWS: [&str; 25] = [
    "", "2", "3", "4", "d", "y", "e", "2d", "3e", "?", ":", "S", "E", "D", "/", "3/", "4/", "4f",
    "4s", "4S", "s", "R", "N", "C", "c",
];

/// Presses every key that means something anywhere in every view, and agrees to whatever then asks: with Enter, and
/// with the name typed. Leaves out what leaves the console. `home` leads back to where the services are; `places` are ways into
/// more views.
pub(crate) fn press_all(console: &Console, name: &str, home: &str, places: &[&str]) {
    let keymap = config::keymap::built_in("default").expect("shipped");
    let all: Vec<(KeyChord, Command)> = Scope::iter()
        .flat_map(|scope| keymap.own(scope).collect::<Vec<_>>())
        .collect();
    let leaves = |chord: &KeyChord| {
        let means = |command| all.contains(&(*chord, command));
        means(Command::Quit) || means(Command::Suspend)
    };
    let mut chords: Vec<KeyChord> = all.iter().map(|(chord, _)| *chord).collect();
    chords.retain(|chord| !leaves(chord));
    chords.sort();
    chords.dedup();
    for view in VIEWS.iter().chain(places) {
        for chord in &chords {
            let key = sent(*chord);
            console.keys(&format!("{view}{key}2\r"));
            console.keys(&format!("\x1b[200~{name}\x1b[201~\r"));
            settle(console);
            console.keys(home);
        }
    }
}

/// Back to the services, once all that was pressed is dealt with.
pub(crate) fn settle(console: &Console) {
    // Two escapes in a row are one key and no beginning of a sequence. The screen is drawn anew after all before it.
    let drawn = console.received();
    console.keys(&"\x1b\x1b".repeat(4));
    console.keys(":focus-services\r\x0c");
    wait_until(
        &format!("a screen drawn anew after {}", console.screen()),
        SOON,
        || console.received() > drawn + 1_000,
    );
}

/// What a terminal sends for it.
fn sent(chord: KeyChord) -> String {
    let base = match chord.key {
        Key::Char(c) if chord.ctrl => char::from(c as u8 & 0x1F).to_string(),
        Key::Char(c) => c.to_string(),
        Key::Enter => "\r".to_owned(),
        Key::Esc => "\x1b".to_owned(),
        Key::Tab if chord.shift => "\x1b[Z".to_owned(),
        Key::Tab => "\t".to_owned(),
        Key::Backspace => "\x7f".to_owned(),
        Key::Delete => "\x1b[3~".to_owned(),
        Key::Insert => "\x1b[2~".to_owned(),
        Key::Home => "\x1b[H".to_owned(),
        Key::End => "\x1b[F".to_owned(),
        Key::PageUp => "\x1b[5~".to_owned(),
        Key::PageDown => "\x1b[6~".to_owned(),
        Key::Up => "\x1b[A".to_owned(),
        Key::Down => "\x1b[B".to_owned(),
        Key::Right => "\x1b[C".to_owned(),
        Key::Left => "\x1b[D".to_owned(),
        Key::F(1) => "\x1bOP".to_owned(),
        Key::F(5) => "\x1b[15~".to_owned(),
        Key::F(12) => "\x1b[24~".to_owned(),
        Key::F(other) => panic!("no test knows how F{other} is sent"),
    };
    if chord.alt {
        format!("\x1b{base}")
    } else {
        base
    }
}
