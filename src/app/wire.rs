//! What ratatui writes to: bytes in memory, and nothing that is not needed.
//!
//! [`CrosstermBackend`] hides the cursor and resets the colours on each frame, also on an empty one; on a console that
//! ticks once a second that is most of what goes over the link.

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
    hidden: bool,
    size: Size,
}

impl Wire {
    /// A backend of that size whose cursor is hidden already.
    pub(super) const fn new(bytes: Bytes, size: Size) -> Self {
        Self {
            inner: CrosstermBackend::new(bytes),
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
        self.inner.draw(content)
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
