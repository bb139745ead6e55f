//! What the terminal can show, as the environment tells it.

use super::variables::Variables;
use crate::domain::colour::ColourDepth;

/// How many colours to use: `NO_COLOR`, `TERM` and `COLORTERM`, as other programs read them.
pub fn colour_depth(variables: &Variables) -> ColourDepth {
    let term = variables.get("TERM").unwrap_or_default();
    if variables.get("NO_COLOR").is_some() || matches!(term, "" | "dumb") || term.starts_with("vt")
    {
        return ColourDepth::None;
    }
    let colour_term = variables.get("COLORTERM").unwrap_or_default();
    if matches!(colour_term, "truecolor" | "24bit") || term.ends_with("-direct") {
        ColourDepth::True
    } else if term.contains("256color")
        || matches!(term, "alacritty" | "foot" | "xterm-kitty" | "xterm-ghostty")
    {
        ColourDepth::Ansi256
    } else {
        ColourDepth::Ansi16
    }
}

/// Whether the terminal shows ASCII alone: a locale without UTF-8, the console of Linux, or none worth the name.
pub fn ascii_only(variables: &Variables) -> bool {
    // The order of POSIX: the first one that is set decides.
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| variables.get(name))
        .unwrap_or_default();
    let locale = locale.to_ascii_lowercase();
    let unicode = locale.contains("utf-8") || locale.contains("utf8");
    !unicode
        || matches!(variables.get("TERM"), None | Some("linux" | "dumb"))
        || variables
            .get("TERM")
            .is_some_and(|term| term.starts_with("vt"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(set: &[(&str, &str)]) -> Variables {
        set.iter().copied().collect()
    }

    #[test]
    fn as_many_colours_as_the_terminal_says() {
        for (set, depth) in [
            (&[][..], ColourDepth::None),
            (&[("TERM", "dumb")], ColourDepth::None),
            (&[("TERM", "vt220")], ColourDepth::None),
            (
                &[("TERM", "xterm-256color"), ("NO_COLOR", "1")],
                ColourDepth::None,
            ),
            (
                &[("TERM", "xterm-256color"), ("NO_COLOR", "")],
                ColourDepth::Ansi256,
            ),
            (&[("TERM", "xterm")], ColourDepth::Ansi16),
            (&[("TERM", "linux")], ColourDepth::Ansi16),
            (&[("TERM", "screen-256color")], ColourDepth::Ansi256),
            (
                &[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")],
                ColourDepth::True,
            ),
            (&[("TERM", "xterm-direct")], ColourDepth::True),
        ] {
            assert_eq!(colour_depth(&variables(set)), depth, "{set:?}");
        }
    }

    #[test]
    fn ascii_where_the_locale_or_the_terminal_knows_no_more() {
        for (set, ascii) in [
            (&[("TERM", "xterm"), ("LANG", "en_US.UTF-8")][..], false),
            (&[("TERM", "xterm"), ("LANG", "C.utf8")], false),
            (&[("TERM", "xterm")], true),
            (&[("TERM", "xterm"), ("LANG", "en_US.ISO-8859-1")], true),
            (
                &[("TERM", "xterm"), ("LANG", "en_US.UTF-8"), ("LC_ALL", "C")],
                true,
            ),
            (&[("TERM", "linux"), ("LANG", "en_US.UTF-8")], true),
            (&[("LANG", "en_US.UTF-8")], true),
        ] {
            assert_eq!(ascii_only(&variables(set)), ascii, "{set:?}");
        }
    }
}
