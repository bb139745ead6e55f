//! What the files of the settings say holds while the console runs, from the moment it is written.

use std::{
    fs,
    path::{Path, PathBuf},
};

use vt100::Color;

use crate::support::{
    console::{Console, Start, quarterdeck},
    wait::{SOON, wait_until},
};

/// A shop in which nothing happens by itself.
const CALM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/calm.toml");

/// A console whose settings, theme and keymap are the user's own.
struct Desk {
    console: Console,
    settings: PathBuf,
    theme: PathBuf,
    keymap: PathBuf,
}

impl Desk {
    /// Opens it before any of these files says anything, and before the folders of two of them are there.
    fn open() -> Self {
        let start = quarterdeck(&["demo", CALM, "--config", "mine.toml"])
            .env("TZ", "Asia/Tokyo")
            .size(200, 40);
        let (settings, user) = (start.home().join("mine.toml"), user_folder(&start));
        fs::write(&settings, "").expect("it is written");
        fs::create_dir_all(&user).expect("a folder");
        let console = start.start();
        console.expect("postgres");
        let desk = Self {
            console,
            settings,
            theme: user.join("themes/mine.toml"),
            keymap: user.join("keymaps/mine.toml"),
        };
        desk.watches(2);
        desk
    }

    /// Waits until it watches so many folders: what was written before may not be noticed.
    fn watches(&self, folders: usize) {
        let open = format!("/proc/{}/fdinfo", self.console.pid().as_raw_nonzero());
        wait_until("the folders are watched", SOON, || {
            let open = fs::read_dir(&open).expect("it runs").flatten();
            let watches = open
                .filter_map(|file| fs::read_to_string(file.path()).ok())
                .map(|file| file.matches("inotify wd").count());
            watches.sum::<usize>() >= folders
        });
    }

    /// Its own theme and keymap, named by the settings.
    fn settle(&self) {
        write(&self.theme, "base = 'dark'\nkey = '#010203'\n");
        write(&self.keymap, "[services]\nscale = 'f9'\n");
        let all = "[ui]\ntheme = 'mine'\nkeymap = 'mine'\nutc = true\nmouse = false\n";
        write(&self.settings, all);
        self.keys_are((1, 2, 3));
        self.console.expect("f9 scale");
        self.watches(4);
    }

    /// Waits until keys in hints have that colour.
    #[track_caller]
    fn keys_are(&self, (r, g, b): (u8, u8, u8)) {
        let what = format!("keys in #{r:02x}{g:02x}{b:02x}");
        self.console
            .expect_within(SOON, &what, |screen| shows(screen, Color::Rgb(r, g, b)));
    }

    fn sent(&self, bytes: &str) -> usize {
        let raw = self.console.raw();
        raw.windows(bytes.len())
            .filter(|at| *at == bytes.as_bytes())
            .count()
    }
}

fn user_folder(start: &Start) -> PathBuf {
    start.home().join(".config/quarterdeck")
}

fn write(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, text).expect("it is written");
}

fn shows(screen: &vt100::Screen, colour: Color) -> bool {
    let (rows, columns) = screen.size();
    (0..rows.get()).any(|row| {
        (0..columns.get()).any(|column| {
            let cell = screen.cell(row, column);
            cell.is_some_and(|cell| cell.fgcolor() == colour)
        })
    })
}

#[test]
fn settings_theme_and_keymap_hold_as_soon_as_they_are_written() {
    let desk = Desk::open();
    desk.console.expect(" JST");
    desk.console.expect("s scale");
    assert_eq!(desk.sent("\x1b[?1000l"), 0);
    desk.settle();
    desk.console.expect("settings read anew");
    desk.console.expect(" UTC");
    wait_until("the mouse is left to the terminal", SOON, || {
        desk.sent("\x1b[?1000l") == 1
    });
    // Each by itself, though the settings named neither when the console began.
    write(&desk.theme, "base = 'dark'\nkey = '#030201'\n");
    desk.keys_are((3, 2, 1));
    write(&desk.keymap, "[services]\nscale = 'f8'\n");
    desk.console.expect("f8 scale");
    desk.console.keys("\x1b[19~");
    desk.console.expect("Scale  shop/");
}

#[test]
fn what_a_key_has_turned_stays_so_until_just_that_is_set_otherwise() {
    let desk = Desk::open();
    desk.settle();
    desk.console.expect(" UTC");
    desk.console.keys("U");
    desk.console.expect(" JST");
    write(&desk.keymap, "[services]\nscale = 'f8'\n");
    desk.console.expect("f8 scale");
    assert!(desk.console.screen().contains(" JST"));
    write(
        &desk.settings,
        "[ui]\ntheme = 'mine'\nkeymap = 'mine'\nmouse = true\n",
    );
    wait_until("the mouse is taken again", SOON, || {
        desk.sent("\x1b[?1000h") == 2
    });
    assert!(desk.console.screen().contains(" JST"));
}

#[test]
fn a_broken_file_changes_nothing_and_says_where_it_is_broken() {
    let desk = Desk::open();
    desk.settle();
    let theme = "base = 'dark'\nkey = '#010203'\n";
    for (file, broken, right, place) in [
        (
            &desk.theme,
            "base = 'dark'\nkey = '#0102'\n",
            theme,
            "themes/mine.toml:2:",
        ),
        (
            &desk.keymap,
            "[services]\nscael = 'f7'\n",
            "[services]\nscale = 'f9'\n",
            "keymaps/mine.toml:2:",
        ),
        (
            &desk.settings,
            "[ui]\ntheme = 'mine'\nkeymap = 'mnie'\n",
            "[ui]\ntheme = 'mine'\nkeymap = 'mine'\n",
            "mine.toml:3:",
        ),
    ] {
        write(file, broken);
        desk.console.keys("!");
        desk.console.expect(place);
        desk.console.keys("\x1b");
        desk.console.expect("f9 scale");
        desk.keys_are((1, 2, 3));
        write(file, right);
        desk.console.expect("settings read anew");
        desk.console.expect_gone(place);
    }
}
