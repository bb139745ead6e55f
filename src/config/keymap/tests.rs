use std::path::Path;

use super::*;

fn mistakes(text: &str) -> Report {
    let mut report = Report::default();
    parse(&Source::new(Path::new("mine.toml"), text), &mut report);
    report
}

fn keymap(text: &str) -> Keymap {
    let mut report = Report::default();
    let keymap = parse(&Source::new(Path::new("mine.toml"), text), &mut report);
    assert!(report.is_empty(), "{report}");
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
fn the_shipped_keymaps_have_no_mistakes_and_reach_every_command() {
    for (name, text) in SHIPPED {
        let mut report = Report::default();
        let keymap = read(&Source::new(Path::new(name), text), None, &mut report);
        assert!(report.is_empty(), "{report}");
        for command in Command::iter() {
            for &scope in command.scopes() {
                let reachable = !keymap.chords(scope, command).is_empty()
                    || command.in_palette()
                    // Only ever a wider meaning of the same command.
                    || scope == Scope::Anywhere;
                assert!(reachable, "{name}: nothing gives {command} in {scope}");
            }
            let somewhere = Scope::iter().any(|scope| !keymap.chords(scope, command).is_empty());
            assert!(somewhere, "{name}: no key gives {command}");
        }
    }
}

#[test]
fn a_file_says_only_what_differs() {
    let mine = keymap("[services]\ndetails = ['i', 'd']\nstop = []\n[logs]\nsave = 'f2'\n");
    assert_eq!(shown(&mine, Scope::Services, Command::Details), ["i", "d"]);
    assert_eq!(shown(&mine, Scope::Services, Command::Stop), [""; 0]);
    assert_eq!(shown(&mine, Scope::Services, Command::Scale), ["s"]);
    assert_eq!(shown(&mine, Scope::Logs, Command::Save), ["f2"]);
}

#[test]
fn a_key_of_the_file_is_taken_from_the_base_there_and_below() {
    let mine = keymap("[global]\nzoom = 'f'\nenvironments = 's'\n");
    for scope in [Scope::Services, Scope::Logs, Scope::Details] {
        assert_eq!(
            mine.command(scope, "f".parse().expect("a key")),
            Some(Command::Zoom),
            "{scope}"
        );
        assert_eq!(
            mine.command(scope, "s".parse().expect("a key")),
            Some(Command::Environments),
            "{scope}"
        );
    }
    assert_eq!(
        mine.command(Scope::Dialog, "f".parse().expect("a key")),
        None
    );
}

#[test]
fn every_mistake_is_shown_at_its_place() {
    let report = mistakes(
        "base = 'defualt'\n\
         [servces]\n\
         [services]\n\
         rollback = 'u'\n\
         restart = ['ctrl-k', 'entr']\n\
         wrap = 'w'\n\
         scale = 's'\n\
         stop = 's'\n\
         [input]\n\
         confirm = 'x'\n\
         [logs]\n\
         copy = 7\n\
         save = 'ctrl-i'\n",
    );
    insta::assert_snapshot!(report, @r"
    error: `defualt` is not a keymap to build on
     --> mine.toml:1:8
      |
    1 | base = 'defualt'
      |        ^^^^^^^^^
      |
      = help: did you mean `default`?

    error: there is no scope `servces`
     --> mine.toml:2:2
      |
    2 | [servces]
      |  ^^^^^^^
      |
      = help: did you mean `services`?

    error: there is no command `rollback`
     --> mine.toml:4:1
      |
    4 | rollback = 'u'
      | ^^^^^^^^
      |
      = help: did you mean `roll-back`?

    error: `restart` changes what runs, and must not sit on a bare ctrl key
     --> mine.toml:5:12
      |
    5 | restart = ['ctrl-k', 'entr']
      |            ^^^^^^^^ pressed by a slip of the hand
      |
      = help: take a letter

    error: `entr` is not a key: no key is called that
     --> mine.toml:5:22
      |
    5 | restart = ['ctrl-k', 'entr']
      |                      ^^^^^^
      |
      = help: did you mean `enter`?

    error: `wrap` means nothing in services
     --> mine.toml:6:1
      |
    6 | wrap = 'w'
      | ^^^^
      |
      = help: it can stand in logs, inspect

    error: `s` already means scale in services
     --> mine.toml:8:8
      |
    7 | scale = 's'
      |         --- first given here
    8 | stop = 's'
      |        ^^^

    error: `x` is text in input
      --> mine.toml:10:11
       |
    10 | confirm = 'x'
       |           ^^^
       |
       = help: put ctrl- or alt- in front, or take a key that types nothing

    error: a key: expected a string, found a whole number
      --> mine.toml:12:8
       |
    12 | copy = 7
       |        ^

    error: `ctrl-i` is not a key: a terminal sends the same for tab: use that
      --> mine.toml:13:8
       |
    13 | save = 'ctrl-i'
       |        ^^^^^^^^

    10 mistakes in the settings; nothing was started
    ");
}

#[test]
fn nobody_is_locked_in() {
    let report = mistakes("[dialog]\ncancel = []\n");
    assert_eq!(
        report.problems()[0].to_string(),
        "mine.toml:1:1: no key is left for cancel in dialog; nobody would get out of there: give it a key"
    );
}

#[test]
fn what_is_no_toml_is_said_once_a_line() {
    let report = mistakes("[services\nscale = = 's'\nstop = 's'\n");
    let lines: Vec<String> = report
        .problems()
        .iter()
        .map(|problem| problem.place().to_string())
        .collect();
    assert_eq!(lines, ["mine.toml:1:10", "mine.toml:2:9"]);
}
