//! How many colours a terminal has, and which of them comes nearest.

use ratatui::style::Color;
use strum::{Display, EnumString};

/// How many colours a terminal can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Display, EnumString)]
#[strum(serialize_all = "kebab-case")]
pub enum ColourDepth {
    /// No colours at all; bold, underlined and reversed remain.
    None,
    /// The sixteen that the user's own terminal theme defines.
    #[strum(serialize = "16")]
    Ansi16,
    /// The 256 of xterm.
    #[strum(serialize = "256")]
    Ansi256,
    /// 24 bits.
    #[strum(serialize = "true")]
    True,
}

/// The levels of each channel in the 6x6x6 cube of the 256 colours.
const CUBE: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The sixteen as xterm shows them, in the order of their codes.
const SIXTEEN: [(Color, Rgb); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

type Rgb = (u8, u8, u8);

/// The colour nearest to `colour` that a terminal of `depth` can show; `None` where it shows no colours.
pub fn nearest(colour: Color, depth: ColourDepth) -> Option<Color> {
    match (depth, colour) {
        (ColourDepth::None, _) => None,
        (ColourDepth::True, _) | (ColourDepth::Ansi256, Color::Indexed(_)) => Some(colour),
        (ColourDepth::Ansi256, Color::Rgb(r, g, b)) => Some(Color::Indexed(to_256((r, g, b)))),
        (ColourDepth::Ansi16, Color::Rgb(r, g, b)) => Some(to_16((r, g, b))),
        (ColourDepth::Ansi16, Color::Indexed(index)) => Some(match index {
            0..16 => SIXTEEN[usize::from(index)].0,
            _ => to_16(from_256(index)),
        }),
        (ColourDepth::Ansi16 | ColourDepth::Ansi256, named) => Some(named),
    }
}

fn to_256(rgb: Rgb) -> u8 {
    // The first sixteen are the user's own: only the cube and the greys have known values.
    (16..=255)
        .min_by_key(|&index| distance(from_256(index), rgb))
        .unwrap_or(16)
}

fn from_256(index: u8) -> Rgb {
    if index < 16 {
        return SIXTEEN[usize::from(index)].1;
    }
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return (grey, grey, grey);
    }
    let at = usize::from(index - 16);
    (CUBE[at / 36], CUBE[at / 6 % 6], CUBE[at % 6])
}

/// By hue first: the nearest by distance turns every soft colour of a theme into grey.
fn to_16(rgb: Rgb) -> Color {
    let (r, g, b) = rgb;
    let (high, low) = (r.max(g).max(b), r.min(g).min(b));
    if high - low < 32 {
        return match high {
            0..48 => Color::Black,
            48..144 => Color::DarkGray,
            144..224 => Color::Gray,
            _ => Color::White,
        };
    }
    // A channel is on when it lies in the upper half between the lowest and the highest one.
    let middle = low.midpoint(high);
    let code =
        usize::from(r > middle) | usize::from(g > middle) << 1 | usize::from(b > middle) << 2;
    SIXTEEN[code].0
}

/// Weighted, since the eye sees green best and blue least.
fn distance(one: Rgb, other: Rgb) -> u32 {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    3 * square(one.0, other.0) + 4 * square(one.1, other.1) + 2 * square(one.2, other.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_256_that_exist_stay_as_they_are() {
        for index in 16..=255 {
            let (r, g, b) = from_256(index);
            let Some(Color::Indexed(found)) = nearest(Color::Rgb(r, g, b), ColourDepth::Ansi256)
            else {
                panic!("{index} became no index")
            };
            assert_eq!(from_256(found), (r, g, b));
        }
    }

    #[test]
    fn soft_colours_keep_their_hue_in_sixteen() {
        for (rgb, expected) in [
            ((0xbf, 0x61, 0x6a), Color::Red),
            ((0xa3, 0xbe, 0x8c), Color::Green),
            ((0xeb, 0xcb, 0x8b), Color::Yellow),
            ((0x5e, 0x81, 0xac), Color::Blue),
            ((0x4c, 0x56, 0x6a), Color::DarkGray),
            ((0xec, 0xef, 0xf4), Color::White),
        ] {
            let found = nearest(Color::Rgb(rgb.0, rgb.1, rgb.2), ColourDepth::Ansi16);
            assert_eq!(found, Some(expected), "{rgb:x?}");
        }
    }

    #[test]
    fn no_depth_has_no_colour_and_names_stay_names() {
        assert_eq!(nearest(Color::Red, ColourDepth::None), None);
        assert_eq!(nearest(Color::Red, ColourDepth::Ansi256), Some(Color::Red));
        assert_eq!(
            nearest(Color::Reset, ColourDepth::Ansi16),
            Some(Color::Reset)
        );
    }
}
