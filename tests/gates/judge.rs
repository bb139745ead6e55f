//! The second parser: reads what we wrote to a terminal as a terminal would, and tells what it did besides showing text.

use std::num::NonZeroU16;

use vt100::{Callbacks, Parser, Screen};

/// `text` with stand-ins for what the parser does not treat as terminals do: it drops U+FFFD as the sign of a mistake of
/// its own in decoding, and gives halfwidth sound marks no column.
pub(crate) fn stand_ins(text: &str) -> String {
    text.replace('\u{FFFD}', "¿")
        .replace(['\u{FF9E}', '\u{FF9F}'], "ｧ")
}

/// A terminal that notes everything that text on a screen has no business doing.
pub(crate) struct Judge {
    parser: Parser<Noted>,
}

#[derive(Default)]
struct Noted {
    offences: Vec<String>,
    scrolled: usize,
}

impl Judge {
    /// A fresh terminal.
    pub(crate) fn new(rows: u16, columns: u16) -> Self {
        let size = |cells| NonZeroU16::new(cells).expect("a terminal has a size");
        Self {
            parser: Parser::new_with_callbacks(size(rows), size(columns), 0, Noted::default()),
        }
    }

    /// Shows `bytes`, and checks that nothing but the screen's contents changed: no title, clipboard, bell or reply, no
    /// mode, no alternate screen, no scroll region, and no sequence but those by which a frame is drawn.
    ///
    /// # Panics
    ///
    /// When something else did.
    pub(crate) fn show(&mut self, bytes: &[u8]) -> &Screen {
        if let Some(foreign) = foreign_to_a_frame(bytes) {
            panic!("no part of a frame: {}", foreign.escape_ascii());
        }
        let text = stand_ins(std::str::from_utf8(bytes).expect("foreign bytes were looked for"));
        self.parser.process(text.as_bytes());
        let noted = self.parser.callbacks();
        assert!(
            noted.offences.is_empty(),
            "the terminal was told to: {:?}",
            noted.offences
        );
        assert_eq!(noted.scrolled, 0, "the screen scrolled");
        let screen = self.parser.screen();
        assert!(
            !screen.alternate_screen() && !screen.bracketed_paste(),
            "a mode was switched"
        );
        assert!(
            !screen.application_cursor() && !screen.application_keypad(),
            "a mode of the keys was switched"
        );
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
        self.scroll_region_is_whole();
        self.parser.screen()
    }

    /// A line feed on the last row scrolls the whole screen, unless its region was changed. A copy is put to the test.
    fn scroll_region_is_whole(&self) {
        let screen = self.parser.screen();
        let (rows, columns) = screen.size();
        let mut copy = Parser::new_with_callbacks(rows, columns, 0, Noted::default());
        *copy.screen_mut() = screen.clone();
        copy.process(format!("\x1b[{rows};1H\n").as_bytes());
        assert_eq!(
            copy.callbacks().scrolled,
            1,
            "the scroll region was changed"
        );
    }
}

/// The first sequence in `bytes` that is none of those by which a frame is drawn: where the cursor goes, colours, cursor on and off.
pub(crate) fn foreign_to_a_frame(bytes: &[u8]) -> Option<&[u8]> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => return Some(&bytes[error.valid_up_to()..]),
    };
    let mut rest = text;
    while let Some(at) = rest.find(char::is_control) {
        rest = &rest[at..];
        match drawing_sequence(rest) {
            Some(len) => rest = &rest[len..],
            None => return Some(&rest.as_bytes()[..rest.len().min(20)]),
        }
    }
    None
}

/// The length of the sequence at the beginning of `text`, if it is one by which a frame is drawn.
fn drawing_sequence(text: &str) -> Option<usize> {
    let body = text.strip_prefix("\x1b[")?;
    let end = body.find(|c: char| !matches!(c, '0'..='9' | ';' | '?'))?;
    let drawn = match (&body[..end], body.as_bytes()[end]) {
        ("?25", b'h' | b'l') => true,
        (parameters, b'm' | b'H' | b'C') => !parameters.contains('?'),
        _ => false,
    };
    drawn.then_some("\x1b[".len() + end + 1)
}

impl Callbacks for Noted {
    fn audible_bell(&mut self, _: &mut Screen) {
        self.offences.push("ring".to_owned());
    }
    fn visual_bell(&mut self, _: &mut Screen) {
        self.offences.push("flash".to_owned());
    }
    fn resize(&mut self, _: &mut Screen, size: (u16, u16)) {
        self.offences.push(format!("resize to {size:?}"));
    }
    fn set_window_icon_name(&mut self, _: &mut Screen, name: &[u8]) {
        self.offences
            .push(format!("name its icon {}", name.escape_ascii()));
    }
    fn set_window_title(&mut self, _: &mut Screen, title: &[u8]) {
        self.offences
            .push(format!("title its window {}", title.escape_ascii()));
    }
    fn copy_to_clipboard(&mut self, _: &mut Screen, _: &[u8], data: &[u8]) {
        self.offences.push(format!("copy {}", data.escape_ascii()));
    }
    fn paste_from_clipboard(&mut self, _: &mut Screen, _: &[u8]) {
        self.offences.push("paste".to_owned());
    }
    fn unhandled_char(&mut self, _: &mut Screen, c: char) {
        self.offences.push(format!("show {c:?}"));
    }
    fn unhandled_control(&mut self, _: &mut Screen, byte: u8) {
        self.offences.push(format!("obey the control {byte:#x}"));
    }
    fn unhandled_escape(&mut self, _: &mut Screen, _: Option<u8>, _: Option<u8>, byte: u8) {
        self.offences.push(format!("obey the escape {byte:#x}"));
    }
    fn unhandled_csi(
        &mut self,
        _: &mut Screen,
        _: Option<u8>,
        _: Option<u8>,
        parameters: &[&[u16]],
        end: char,
    ) {
        // It does not know the colour of underlines.
        if end != 'm' {
            self.offences
                .push(format!("obey the sequence {parameters:?} {end:?}"));
        }
    }
    fn unhandled_osc(&mut self, _: &mut Screen, parameters: &[&[u8]]) {
        self.offences
            .push(format!("obey the command {parameters:?}"));
    }
    fn on_scroll(&mut self, _: vt100::capture::RowContents<'_>, _: bool) {
        self.scrolled += 1;
    }
}
