use std::path::Path;

use strum::EnumCount as _;

use super::*;
use crate::domain::colour::ColourDepth;

fn parsed(text: &str) -> (Theme, Report) {
    let mut report = Report::default();
    let theme = parse(
        "mine",
        &Source::new(Path::new("mine.toml"), text),
        &mut report,
    );
    (theme, report)
}

fn all_shipped() -> impl Iterator<Item = Theme> {
    SHIPPED.iter().map(|(name, text)| {
        let mut report = Report::default();
        let theme = read(
            name,
            &Source::new(Path::new(name), *text),
            None,
            &mut report,
        );
        assert!(report.is_empty(), "{report}");
        theme
    })
}

#[test]
fn the_shipped_themes_have_no_mistakes_and_their_bases_give_every_role() {
    assert_eq!(all_shipped().count(), SHIPPED.len());
    for name in ["dark", "mono"] {
        assert_eq!(
            built_in_draft(name).expect("shipped").roles.len(),
            Role::COUNT,
            "{name}"
        );
    }
}

#[test]
fn an_idle_screen_is_drawn_in_the_terminals_own_colours() {
    for theme in all_shipped() {
        for role in [Role::Text, Role::Header] {
            let style = theme.style(role);
            assert_eq!(
                (style.fg, style.bg),
                (None, None),
                "{} paints {}",
                theme.name,
                role.name()
            );
        }
    }
}

#[test]
fn what_must_be_told_apart_looks_different_in_every_theme_and_depth() {
    let depths = [ColourDepth::True, ColourDepth::Ansi256, ColourDepth::Ansi16];
    let pairs = [
        (Role::Critical, Role::Warning),
        (Role::Critical, Role::Text),
        (Role::Warning, Role::Text),
        (Role::Selection, Role::Text),
        (Role::Selection, Role::SelectionIdle),
        (Role::Match, Role::Text),
        (Role::Match, Role::MatchCurrent),
        (Role::BorderFocus, Role::Border),
        (Role::BorderProduction, Role::Border),
        (Role::Added, Role::Removed),
        (Role::LevelError, Role::LevelInfo),
        (Role::Stale, Role::Text),
        (Role::Choice, Role::Text),
    ];
    for theme in all_shipped() {
        for depth in depths {
            let at = theme.clone().at_depth(depth);
            for (one, other) in pairs {
                assert_ne!(
                    at.style(one),
                    at.style(other),
                    "{} at {depth}: {} and {}",
                    theme.name,
                    one.name(),
                    other.name()
                );
            }
        }
    }
    let mono = built_in("mono").expect("shipped");
    assert_eq!(
        mono.clone().at_depth(ColourDepth::None),
        mono,
        "mono has a colour"
    );
    for (one, other) in pairs
        .into_iter()
        .filter(|pair| *pair != (Role::Added, Role::Removed))
    {
        assert_ne!(
            mono.style(one),
            mono.style(other),
            "mono: {} and {}",
            one.name(),
            other.name()
        );
    }
}

#[test]
fn a_palette_alone_makes_a_theme() {
    let (theme, report) = parsed("[palette]\nred = '#102030'\n");
    assert!(report.is_empty(), "{report}");
    assert_eq!(
        theme.style(Role::Critical).fg,
        Some(Color::Rgb(0x10, 0x20, 0x30))
    );
    assert_eq!(
        theme.style(Role::Warning),
        built_in("dark").expect("shipped").style(Role::Warning)
    );
}

#[test]
fn a_style_is_words() {
    let (theme, report) =
        parsed("text = 'default on 17 bold'\nmatch = 'black on yellow underlined'\n");
    assert!(report.is_empty(), "{report}");
    assert_eq!(
        theme.style(Role::Text),
        Style::new()
            .bg(Color::Indexed(17))
            .add_modifier(Modifier::BOLD)
    );
    assert_eq!(
        theme.style(Role::Match),
        Style::new()
            .fg(Color::Black)
            .bg(Color::Yellow)
            .add_modifier(Modifier::UNDERLINED)
    );
}

#[test]
fn every_mistake_is_shown_at_its_place() {
    let (_, report) = parsed(
        "base = 'drak'\ncritcal = 'red'\nwarning = 'yelow bold on #12345'\ntitle = 3\n[palette]\npeach = 'peach'\n",
    );
    insta::assert_snapshot!(report, @r"
    error: `drak` is not a theme to build on
     --> mine.toml:1:8
      |
    1 | base = 'drak'
      |        ^^^^^^
      |
      = help: did you mean `dark`?

    error: a theme has no role `critcal`
     --> mine.toml:2:1
      |
    2 | critcal = 'red'
      | ^^^^^^^
      |
      = help: did you mean `critical`?

    error: `yelow` is neither a colour nor bold, dim, italic, underlined, reversed
     --> mine.toml:3:12
      |
    3 | warning = 'yelow bold on #12345'
      |            ^^^^^
      |
      = help: did you mean `yellow`?

    error: `#12345` is neither a colour nor bold, dim, italic, underlined, reversed
     --> mine.toml:3:26
      |
    3 | warning = 'yelow bold on #12345'
      |                          ^^^^^^
      |
      = help: write a name such as red or light-red, #rrggbb, a number from 0 to 255, or default

    error: title: expected a string, found a whole number
     --> mine.toml:4:9
      |
    4 | title = 3
      |         ^

    error: `peach` is neither a colour nor bold, dim, italic, underlined, reversed
     --> mine.toml:6:9
      |
    6 | peach = 'peach'
      |         ^^^^^^^
      |
      = help: write a name such as red or light-red, #rrggbb, a number from 0 to 255, or default

    6 mistakes in the settings; nothing was started
    ");
}
