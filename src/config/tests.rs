use std::{fs, path::Path};

use super::*;
use crate::domain::{command::Command, scope::Scope, theme::Role};

/// A user's folder with files in it, and what is read there.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a folder"));
        for (name, text) in files {
            folder.write(name, text);
        }
        folder
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join("quarterdeck").join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("written");
    }

    fn load(&self, variables: &[(&str, &str)]) -> Result<Config, Report> {
        let all: Variables = [
            ("TERM", "xterm-256color"),
            ("LANG", "C.UTF-8"),
            ("XDG_CONFIG_HOME", self.0.path().to_str().expect("unicode")),
        ]
        .iter()
        .chain(variables)
        .copied()
        .collect();
        load(&Files::find(None, Path::new("/nonexistent"), &all), &all)
    }
}

#[test]
fn without_any_file_everything_is_there() {
    let config = Folder::new(&[]).load(&[]).expect("no mistakes");
    assert_eq!(config.theme.name, "dark");
    assert_eq!(config.glyphs, Glyphs::UNICODE);
    assert_eq!(
        config
            .keymap
            .command(Scope::Services, "s".parse().expect("a key")),
        Some(Command::Scale)
    );
}

#[test]
fn a_users_files_override_by_name() {
    let folder = Folder::new(&[
        ("quarterdeck.toml", "[ui]\ntheme = 'mine'\n"),
        ("themes/mine.toml", "critical = 'green'\n"),
        ("keymaps/default.toml", "[services]\nscale = 'F'\n"),
    ]);
    let config = folder.load(&[]).expect("no mistakes");
    assert_eq!(
        config.theme.style(Role::Critical).fg,
        Some(ratatui::style::Color::Green)
    );
    assert_eq!(
        config
            .keymap
            .command(Scope::Services, "F".parse().expect("a key")),
        Some(Command::Scale)
    );
    assert_eq!(
        config
            .keymap
            .command(Scope::Services, "s".parse().expect("a key")),
        None
    );
    assert_eq!(
        config
            .keymap
            .command(Scope::Services, "r".parse().expect("a key")),
        Some(Command::Restart)
    );

    folder.write("themes/mine.toml", "critical = 'green'\n");
    let again = folder.load(&[]).expect("no mistakes");
    assert_eq!(
        again.theme.style(Role::Critical).fg,
        Some(ratatui::style::Color::Green)
    );
}

#[test]
fn without_colours_the_theme_is_mono() {
    let config = Folder::new(&[])
        .load(&[("NO_COLOR", "1"), ("QUARTERDECK_THEME", "nord")])
        .expect("no mistakes");
    assert_eq!(config.theme.name, "mono");
}

#[test]
fn mistakes_of_all_files_come_together() {
    let folder = Folder::new(&[
        (
            "quarterdeck.toml",
            "[ui]\ntheme = 'nrod'\nkeymap = 'mine'\nfont = 'x'\n",
        ),
        ("keymaps/mine.toml", "[services]\nscael = 's'\n"),
    ]);
    let report = folder
        .load(&[("QUARTERDECK_ENVIRONMENT", "shop")])
        .expect_err("mistakes");
    let root = folder.0.path().join("quarterdeck").display().to_string();
    let lines: Vec<String> = report
        .problems()
        .iter()
        .map(|problem| problem.to_string().replace(&root, "~"))
        .collect();
    assert_eq!(
        lines,
        [
            "~/quarterdeck.toml:4:1: ui has no key `font`; it knows theme, keymap, mouse, ascii, utc",
            "QUARTERDECK_ENVIRONMENT: there is no such environment; there is no environment at all in quarterdeck.toml",
            "~/keymaps/mine.toml:2:1: there is no command `scael`; did you mean `scale`?",
            "~/quarterdeck.toml:2:9: there is no such theme; did you mean `nord`?",
        ]
    );
}

#[test]
fn a_file_that_was_asked_for_must_be_there() {
    let path = "/nonexistent/q.toml";
    let variables: Variables = [("QUARTERDECK_CONFIG", path)].into_iter().collect();
    for (asked, by) in [
        (Some(Path::new(path)), "--config"),
        (None, "QUARTERDECK_CONFIG"),
    ] {
        let files = Files::find(asked, Path::new("/"), &variables);
        let report = load(&files, &Variables::default()).expect_err("not there");
        assert_eq!(
            report.problems()[0].to_string(),
            format!(
                "{path}: the file can't be read: No such file or directory (os error 2); {by} names it"
            )
        );
    }
}

#[test]
fn a_mistake_names_who_said_it() {
    let mut variables: Variables = [("QUARTERDECK_THEME", "drak")].into_iter().collect();
    variables.overrule("QUARTERDECK_ENVIRONMENT", "nope", "--env");
    let report = load(&Files::default(), &variables).expect_err("mistakes");
    let lines: Vec<String> = report.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        lines,
        [
            "--env: there is no environment `nope`; there is no environment at all in quarterdeck.toml",
            "QUARTERDECK_THEME: there is no such theme; did you mean `dark`?",
        ]
    );
}
