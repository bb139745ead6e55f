//! Colours and emphasis out of logs (SGR), by whitelist, and what of it can be read.

use ratatui::style::{Color, Modifier, Style};

/// The colours and emphasis in force at one place of a line.
#[derive(Clone, Copy, Default)]
pub(super) struct Pen {
    foreground: Option<Color>,
    background: Option<Color>,
    emphasis: Modifier,
}

impl Pen {
    /// The style to draw with: nothing in it hides text.
    pub(super) fn style(self) -> Style {
        let style = Style {
            fg: self.foreground,
            bg: self.background,
            ..Style::new()
        };
        legible(style.add_modifier(self.emphasis))
    }

    /// Applies the parameters of one SGR sequence: digits, `;` and `:`. What is not on the list (conceal, blinking, fonts)
    /// changes nothing.
    pub(super) fn apply(&mut self, parameters: &[u8]) {
        let mut rest = parameters.split(|&byte| byte == b';');
        while let Some(parameter) = rest.next() {
            let mut parts = parameter.split(|&byte| byte == b':').map(number);
            let code = parts.next().unwrap_or(0);
            let has_parts = parameter.contains(&b':');
            match code {
                0 => *self = Self::default(),
                1 => self.emphasis |= Modifier::BOLD,
                2 => self.emphasis |= Modifier::DIM,
                3 => self.emphasis |= Modifier::ITALIC,
                4 if parts.next() == Some(0) => self.emphasis -= Modifier::UNDERLINED,
                4 | 21 => self.emphasis |= Modifier::UNDERLINED,
                7 => self.emphasis |= Modifier::REVERSED,
                22 => self.emphasis -= Modifier::BOLD | Modifier::DIM,
                23 => self.emphasis -= Modifier::ITALIC,
                24 => self.emphasis -= Modifier::UNDERLINED,
                27 => self.emphasis -= Modifier::REVERSED,
                30..=37 => self.foreground = Some(palette(code - 30)),
                39 => self.foreground = None,
                40..=47 => self.background = Some(palette(code - 40)),
                49 => self.background = None,
                90..=97 => self.foreground = Some(palette(code - 90 + 8)),
                100..=107 => self.background = Some(palette(code - 100 + 8)),
                38 | 48 | 58 => {
                    let color = if has_parts {
                        color_of_parts(parts)
                    } else {
                        color(&mut rest.by_ref().map(number))
                    };
                    match (code, color) {
                        (38, Some(color)) => self.foreground = Some(color),
                        (48, Some(color)) => self.background = Some(color),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
    }
}

/// A parameter's number; an empty one is 0, a huge one fits nothing on the list.
fn number(digits: &[u8]) -> u16 {
    digits.iter().fold(0_u16, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(u16::from(digit.saturating_sub(b'0')))
    })
}

/// `5;N` or `2;R;G;B`, and not one number more than belongs to it.
fn color(numbers: &mut dyn Iterator<Item = u16>) -> Option<Color> {
    let byte = |number: Option<u16>| number.and_then(|number| u8::try_from(number).ok());
    match numbers.next()? {
        5 => byte(numbers.next()).map(|index| palette(u16::from(index))),
        2 => {
            let (red, green, blue) = (numbers.next(), numbers.next(), numbers.next());
            Some(Color::Rgb(byte(red)?, byte(green)?, byte(blue)?))
        }
        _ => None,
    }
}

/// The same between colons, where true colours may name a colour space first (`2::R:G:B`).
fn color_of_parts(parts: impl Iterator<Item = u16>) -> Option<Color> {
    let parts: Vec<u16> = parts.take(6).collect();
    match parts[..] {
        [2, _, red, green, blue, ..] => color(&mut [2, red, green, blue].into_iter()),
        _ => color(&mut parts.into_iter()),
    }
}

/// A colour of the palette of 256; the first 16 are the terminal's own.
fn palette(index: u16) -> Color {
    const OWN: [Color; 16] = [
        Color::Black,
        Color::Red,
        Color::Green,
        Color::Yellow,
        Color::Blue,
        Color::Magenta,
        Color::Cyan,
        Color::Gray,
        Color::DarkGray,
        Color::LightRed,
        Color::LightGreen,
        Color::LightYellow,
        Color::LightBlue,
        Color::LightMagenta,
        Color::LightCyan,
        Color::White,
    ];
    OWN.get(usize::from(index))
        .copied()
        .unwrap_or(Color::Indexed(index as u8))
}

/// The style with text that can be read: never in the colour of its background.
///
/// Where no background is named, it is the terminal's, and that is nearly black or nearly white: a foreground that is one
/// of these gives way to the terminal's own. Where only a background is named, the foreground becomes black or white.
/// Apply it again after mapping colours to fewer.
#[must_use]
pub fn legible(style: Style) -> Style {
    let fg = style.fg.filter(|&color| color != Color::Reset);
    let bg = style.bg.filter(|&color| color != Color::Reset);
    let fg = match (fg, bg) {
        (Some(fg), None) if near(fg, Color::Black) || near(fg, Color::White) => None,
        (None, Some(bg)) => Some(opposite(bg)),
        (Some(fg), Some(bg)) if near(fg, bg) => Some(opposite(bg)),
        (fg, _) => fg,
    };
    Style {
        fg,
        bg,
        add_modifier: style.add_modifier - Modifier::HIDDEN,
        ..style
    }
}

/// Black or white, whichever stands out.
fn opposite(color: Color) -> Color {
    let [red, green, blue] = rgb(color).map(u32::from);
    if red * 299 + green * 587 + blue * 114 > 128 * 1000 {
        Color::Black
    } else {
        Color::White
    }
}

/// Too alike to read one on the other.
fn near(one: Color, other: Color) -> bool {
    const DISTANCE: u32 = 64;
    let (one, other) = (rgb(one), rgb(other));
    let squares = one
        .iter()
        .zip(&other)
        .map(|(&a, &b)| u32::from(a.abs_diff(b)).pow(2));
    squares.sum::<u32>() < DISTANCE.pow(2)
}

/// Roughly what the terminal shows (xterm's palette).
fn rgb(color: Color) -> [u8; 3] {
    match color {
        Color::Reset | Color::Black => [0, 0, 0],
        Color::Red => [205, 0, 0],
        Color::Green => [0, 205, 0],
        Color::Yellow => [205, 205, 0],
        Color::Blue => [0, 0, 238],
        Color::Magenta => [205, 0, 205],
        Color::Cyan => [0, 205, 205],
        Color::Gray => [229, 229, 229],
        Color::DarkGray => [127, 127, 127],
        Color::LightRed => [255, 0, 0],
        Color::LightGreen => [0, 255, 0],
        Color::LightYellow => [255, 255, 0],
        Color::LightBlue => [92, 92, 255],
        Color::LightMagenta => [255, 0, 255],
        Color::LightCyan => [0, 255, 255],
        Color::White => [255, 255, 255],
        Color::Rgb(red, green, blue) => [red, green, blue],
        Color::Indexed(index @ 0..=15) => rgb(palette(u16::from(index))),
        Color::Indexed(index @ 16..=231) => {
            let cube = index - 16;
            [cube / 36, cube / 6 % 6, cube % 6]
                .map(|level| if level == 0 { 0 } else { 55 + 40 * level })
        }
        Color::Indexed(index) => [8 + 10 * (index - 232); 3],
    }
}
