//! Every sign that is drawn, once for terminals with Unicode and once for those with ASCII alone.

use ratatui::symbols::line;

/// The signs of one kind of terminal. Each is one cell wide, but for the words and the arrows.
#[derive(Debug, PartialEq, Eq)]
pub struct Glyphs {
    /// State: broken.
    pub critical: &'static str,
    /// State: will break.
    pub warning: &'static str,
    /// State: cannot be known.
    pub unknown: &'static str,
    /// Done, ready, permitted.
    pub good: &'static str,
    /// Failed, forbidden.
    pub bad: &'static str,
    /// Under way, waiting.
    pub pending: &'static str,
    /// Not there yet.
    pub absent: &'static str,
    /// The bar before the row that the cursor is on.
    pub cursor: &'static str,
    /// What nobody may skip.
    pub killer: &'static str,
    /// A marked row.
    pub marked: &'static str,
    /// An open branch of a tree.
    pub open: &'static str,
    /// A closed branch of a tree.
    pub closed: &'static str,
    /// The value before.
    pub previous: &'static str,
    /// The value after.
    pub next: &'static str,
    /// From one thing to another.
    pub arrow: &'static str,
    /// By what it comes from.
    pub from: &'static str,
    /// Sorted with the greatest first, more above.
    pub up: &'static str,
    /// Sorted with the smallest first, more below.
    pub down: &'static str,
    /// How often: `×32`.
    pub times: &'static str,
    /// At least: `level ≥ info`.
    pub at_least: &'static str,
    /// Between two words.
    pub dot: &'static str,
    /// What has been cut off.
    pub ellipsis: &'static str,
    /// A figure that does not exist.
    pub none: &'static str,
    /// The enter key in a hint.
    pub enter: &'static str,
    /// The done part of a bar.
    pub bar_full: &'static str,
    /// The open part of a bar.
    pub bar_empty: &'static str,
    /// A small curve, from nothing to the most.
    pub spark: [&'static str; 8],
    /// A line that belongs to the one above.
    pub continuation: &'static str,
    /// A moment on a time axis.
    pub moment: &'static str,
    /// The thumb of a scroll bar.
    pub thumb: &'static str,
    /// The frame of a pane, and where frames meet.
    pub single: line::Set<'static>,
    /// The frame in production.
    pub double: line::Set<'static>,
}

impl Glyphs {
    /// For terminals that show Unicode.
    pub const UNICODE: &'static Self = &Self {
        critical: "▲",
        warning: "◆",
        unknown: "?",
        good: "✔",
        bad: "✘",
        pending: "◌",
        absent: "·",
        cursor: "▌",
        killer: "★",
        marked: "●",
        open: "▾",
        closed: "▸",
        previous: "◂",
        next: "▸",
        arrow: "→",
        from: "←",
        up: "↑",
        down: "↓",
        times: "×",
        at_least: "≥",
        dot: "·",
        ellipsis: "…",
        none: "–",
        enter: "⏎",
        bar_full: "█",
        bar_empty: "░",
        spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
        continuation: "│",
        moment: "┊",
        thumb: "█",
        single: line::NORMAL,
        double: line::DOUBLE,
    };

    /// For terminals that show ASCII alone.
    pub const ASCII: &'static Self = &Self {
        critical: "!",
        warning: "*",
        unknown: "?",
        good: "+",
        bad: "x",
        pending: "o",
        absent: ".",
        cursor: ">",
        killer: "*",
        marked: "@",
        open: "v",
        closed: ">",
        previous: "<",
        next: ">",
        arrow: "->",
        from: "<-",
        up: "^",
        down: "v",
        times: "x",
        at_least: ">=",
        dot: "-",
        ellipsis: "~",
        none: "-",
        enter: "enter",
        bar_full: "#",
        bar_empty: ".",
        spark: ["_", ".", ":", "-", "=", "+", "*", "#"],
        continuation: "|",
        moment: ":",
        thumb: "#",
        single: line::Set {
            vertical: "|",
            horizontal: "-",
            top_right: "+",
            top_left: "+",
            bottom_right: "+",
            bottom_left: "+",
            vertical_left: "+",
            vertical_right: "+",
            horizontal_down: "+",
            horizontal_up: "+",
            cross: "+",
        },
        double: line::Set {
            vertical: "#",
            horizontal: "=",
            top_right: "#",
            top_left: "#",
            bottom_right: "#",
            bottom_left: "#",
            vertical_left: "#",
            vertical_right: "#",
            horizontal_down: "#",
            horizontal_up: "#",
            cross: "#",
        },
    };

    /// The signs of a terminal that shows ASCII alone, or of any other.
    pub const fn new(ascii: bool) -> &'static Self {
        if ascii { Self::ASCII } else { Self::UNICODE }
    }

    /// The sign for `share` of the most, 0 to 1; anything else counts as the nearer end.
    pub fn spark(&self, share: f64) -> &'static str {
        let last = self.spark.len() - 1;
        let step = (share.clamp(0.0, 1.0) * last as f64).round() as usize;
        self.spark[step.min(last)]
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn a_curve_goes_from_nothing_to_the_most() {
        assert_eq!(Glyphs::UNICODE.spark(0.0), "▁");
        assert_eq!(Glyphs::UNICODE.spark(1.0), "█");
        assert_eq!(Glyphs::UNICODE.spark(7.0), "█");
        assert_eq!(Glyphs::UNICODE.spark(f64::NAN), "▁");
    }

    #[test]
    fn ascii_is_ascii_and_signs_are_one_cell_wide() {
        assert!(format!("{:?}", Glyphs::ASCII).is_ascii());
        for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
            for sign in [
                glyphs.critical,
                glyphs.warning,
                glyphs.good,
                glyphs.pending,
                glyphs.cursor,
                glyphs.ellipsis,
            ] {
                assert_eq!(sign.width(), 1, "{sign}");
            }
        }
    }
}
