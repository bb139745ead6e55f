//! Which characters are not shown as they are.

/// What becomes of a character that is no control.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Shown as it is.
    Keep,
    /// Takes no column of its own: it needs a base, and only a few may pile up on one.
    Combine,
    /// Chooses a glyph and carries no text, while terminals disagree about the width that results. Prose leaves it out,
    /// names mark it.
    Glue,
    /// Shown as `<U+202E>`: it reorders, hides or is invisible.
    Mark,
}

/// Combining marks that one letter may carry; more only climb over the lines above.
pub(super) const MAX_MARKS: u8 = 4;

/// Whether an operator can type or paste `c` behind `before`: no control, nothing that reorders, hides or is invisible, and
/// no more marks than a letter carries.
pub fn is_typable(before: &str, c: char) -> bool {
    if c.is_control() {
        return false;
    }
    match treatment(c) {
        Treatment::Keep => true,
        Treatment::Combine => {
            let letters = before.chars().rev().take(usize::from(MAX_MARKS));
            letters.map(treatment).any(|it| it == Treatment::Keep)
        }
        Treatment::Glue | Treatment::Mark => false,
    }
}

/// Whether `c` is no text: a control, or what reorders, hides or is invisible. Tabs and the ends of lines are text.
pub fn is_odd(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        c => c.is_control() || treatment(c) == Treatment::Mark,
    }
}

/// What becomes of `c`, which is no control character.
pub(super) fn treatment(c: char) -> Treatment {
    match c {
        ' '..='\u{AC}' | '\u{AE}'..='\u{2FF}' => Treatment::Keep,
        // Zero-width joiners, variation selectors, skin tones.
        '\u{200C}'
        | '\u{200D}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{1F3FB}'..='\u{1F3FF}'
        | '\u{E0100}'..='\u{E01EF}' => Treatment::Glue,
        // The general category Cf (format), line and paragraph separators, fillers that draw nothing, noncharacters.
        '\u{AD}'
        | '\u{34F}'
        | '\u{600}'..='\u{605}'
        | '\u{61C}'
        | '\u{6DD}'
        | '\u{70F}'
        | '\u{890}'..='\u{891}'
        | '\u{8E2}'
        | '\u{115F}'..='\u{1160}'
        | '\u{17B4}'..='\u{17B5}'
        | '\u{180B}'..='\u{180F}'
        | '\u{200B}'
        | '\u{200E}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}'
        | '\u{3164}'
        | '\u{FDD0}'..='\u{FDEF}'
        | '\u{FEFF}'
        | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}'
        | '\u{FFFE}'..='\u{FFFF}'
        | '\u{110BD}'
        | '\u{110CD}'
        | '\u{13430}'..='\u{1343F}'
        | '\u{1BCA0}'..='\u{1BCA3}'
        | '\u{1D173}'..='\u{1D17A}'
        | '\u{E0000}'..='\u{E0FFF}' => Treatment::Mark,
        // Halfwidth sound marks have a column of their own, and yet belong to the letter before.
        '\u{FF9E}' | '\u{FF9F}' => Treatment::Combine,
        c => match unicode_width::UnicodeWidthChar::width(c) {
            Some(0) => Treatment::Combine,
            Some(1 | 2) => Treatment::Keep,
            // Wider than terminals make anything.
            _ => Treatment::Mark,
        },
    }
}
