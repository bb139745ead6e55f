//! What ratatui writes to: bytes in memory, and nothing that is not needed.
//!
//! [`CrosstermBackend`] hides the cursor and resets the colours four times on each frame, also on an empty one; on a console
//! that ticks once a second that is most of what goes over the link.

use std::{
    cell::RefCell,
    io::{self, Write},
    rc::Rc,
};

use ratatui::{
    backend::{Backend, ClearType, CrosstermBackend, WindowSize},
    buffer::Cell,
    layout::{Position, Size},
};

/// Bytes that the backend writes and the loop takes.
#[derive(Clone, Default)]
pub(super) struct Bytes(Rc<RefCell<Vec<u8>>>);

impl Bytes {
    /// What was written since the last time.
    pub(super) fn take(&self) -> Vec<u8> {
        self.0.take()
    }

    /// A frame ends in one reset: the last of the four that [`CrosstermBackend`] writes undoes all that the others do.
    fn end_frame(&self) {
        const RESETS: &[u8] = b"\x1b[39m\x1b[49m\x1b[59m\x1b[0m";
        const ALL: &[u8] = b"\x1b[0m";
        let mut bytes = self.0.borrow_mut();
        if bytes.ends_with(RESETS) {
            let end = bytes.len() - RESETS.len();
            bytes.splice(end.., ALL.iter().copied());
        }
    }

    /// Writes words of our own.
    pub(super) fn push(&self, text: &str) {
        self.0.borrow_mut().extend_from_slice(text.as_bytes());
    }
}

impl Write for Bytes {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The backend.
pub(super) struct Wire {
    inner: CrosstermBackend<Bytes>,
    bytes: Bytes,
    hidden: bool,
    size: Size,
}

impl Wire {
    /// A backend of that size whose cursor is hidden already.
    pub(super) fn new(bytes: Bytes, size: Size) -> Self {
        Self {
            inner: CrosstermBackend::new(bytes.clone()),
            bytes,
            hidden: true,
            size,
        }
    }

    /// The terminal has another size now.
    pub(super) const fn resize(&mut self, size: Size) {
        self.size = size;
    }
}

impl Backend for Wire {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.inner.draw(content)?;
        self.bytes.end_frame();
        Ok(())
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.hidden, true) {
            return Ok(());
        }
        self.inner.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if !std::mem::replace(&mut self.hidden, false) {
            return Ok(());
        }
        self.inner.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        // Asking the terminal would wait for its answer; nothing here needs to know.
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.inner.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.inner.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.inner.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        Ok(self.size)
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize {
            columns_rows: self.size,
            pixels: Size::ZERO,
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_ends_in_one_reset_and_an_empty_one_is_nothing() {
        let bytes = Bytes::default();
        let mut wire = Wire::new(bytes.clone(), Size::new(2, 1));
        wire.draw(std::iter::empty()).expect("memory");
        assert_eq!(bytes.take(), b"");
        let cell = Cell::new("x");
        wire.draw(std::iter::once((0, 0, &cell))).expect("memory");
        let frame = bytes.take();
        assert!(frame.ends_with(b"x\x1b[0m"), "{}", frame.escape_ascii());
    }
}
