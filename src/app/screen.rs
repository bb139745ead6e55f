//! The screen: when to draw, and handing frames to the writer.

use std::time::{Duration, Instant};

use ratatui::{
    Terminal, TerminalOptions, Viewport,
    layout::{Rect, Size},
};

use super::{
    terminal,
    wire::{Bytes, Wire},
    writer::Writer,
};
use crate::{
    clock,
    state::Model,
    ui::{self, Look},
};

/// Background changes draw at most this often; on a slow link less, and less where nothing but lines flow by: nobody reads
/// thirty pictures of them a second, and each is most of a screen.
const PACE: Duration = Duration::from_millis(33);
const SLOW_PACE: Duration = Duration::from_millis(100);
/// A window that is being dragged to its size is drawn so often.
const RESIZE_PACE: Duration = Duration::from_millis(50);
/// A terminal that did not read for so long may have lost anything: it is painted whole.
const STALLED: Duration = Duration::from_secs(1);
/// From this size on, a frame is marked as one, so that a terminal shows it at once.
const MARKED: usize = 2_048;

/// How soon a change is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Haste {
    /// Lines flow by.
    Flowing,
    /// Something has another state.
    Soon,
    /// An operator did it, and waits to see.
    Now,
}

/// The screen.
pub(super) struct Screen {
    terminal: Terminal<Wire>,
    bytes: Bytes,
    writer: Writer,
    /// When the first change came that is not drawn yet.
    dirty: Option<Instant>,
    /// The most urgent of what is not drawn yet.
    haste: Haste,
    resized: bool,
    drawn: Option<Instant>,
}

impl Screen {
    /// A screen of that size. Nothing is drawn yet.
    pub(super) fn new((cols, rows): (u16, u16), mouse: bool) -> std::io::Result<Self> {
        let bytes = Bytes::default();
        bytes.push(terminal::ENTER);
        if mouse {
            bytes.push(terminal::MOUSE_ON);
        }
        let backend = Wire::new(bytes.clone(), Size::new(cols, rows));
        let viewport = Viewport::Fixed(Rect::new(0, 0, cols, rows));
        let terminal = Terminal::with_options(backend, TerminalOptions { viewport })?;
        Ok(Self {
            terminal,
            bytes,
            writer: Writer::start(),
            dirty: None,
            haste: Haste::Flowing,
            resized: false,
            drawn: None,
        })
    }

    /// Something looks different.
    pub(super) fn touch(&mut self, haste: Haste) {
        self.dirty.get_or_insert_with(clock::instant);
        self.haste = self.haste.max(haste);
    }

    /// When to draw next; `None` while there is nothing to draw, or the last frame is still being written.
    pub(super) fn due(&self) -> Option<Instant> {
        let dirty = self.dirty.filter(|_| self.writer.idle())?;
        let pace = if self.resized && !self.writer.slow() {
            RESIZE_PACE
        } else if self.writer.slow() || self.haste == Haste::Flowing {
            SLOW_PACE
        } else {
            PACE
        };
        match self.drawn {
            Some(drawn) if self.haste < Haste::Now => Some(dirty.max(drawn + pace)),
            _ => Some(dirty),
        }
    }

    /// Draws, if it is time to.
    pub(super) fn draw(&mut self, model: &Model, look: &Look) -> std::io::Result<()> {
        let now = clock::instant();
        if self.due().is_none_or(|due| due > now) {
            return Ok(());
        }
        // Changes that waited behind a stalled frame: what the terminal shows is anybody's guess.
        if self
            .dirty
            .is_some_and(|since| now.duration_since(since) > STALLED)
        {
            self.terminal.clear()?;
        }
        self.terminal.draw(|frame| ui::draw(model, look, frame))?;
        self.dirty = None;
        self.haste = Haste::Flowing;
        self.resized = false;
        self.drawn = Some(now);
        let mut frame = self.bytes.take();
        if frame.len() > MARKED {
            // Synchronized output; terminals that do not know it ignore it.
            frame.splice(0..0, *b"\x1b[?2026h");
            frame.extend_from_slice(b"\x1b[?2026l");
        }
        if !frame.is_empty() {
            self.writer.send(frame);
        }
        Ok(())
    }

    /// Every cell anew with the next frame.
    pub(super) fn repaint(&mut self) -> std::io::Result<()> {
        self.terminal.clear()?;
        self.touch(Haste::Now);
        Ok(())
    }

    /// The terminal has another size.
    pub(super) fn resize(&mut self, (cols, rows): (u16, u16)) -> std::io::Result<()> {
        self.terminal.backend_mut().resize(Size::new(cols, rows));
        self.terminal.resize(Rect::new(0, 0, cols, rows))?;
        self.resized = true;
        self.touch(Haste::Soon);
        Ok(())
    }

    /// Words for the terminal itself, sent with the next frame.
    pub(super) fn say(&mut self, words: &str) {
        self.bytes.push(words);
        self.touch(Haste::Now);
    }

    /// Bytes of somebody who has the terminal in our place. Only while [`Screen::idle`].
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        let mut all = self.bytes.take();
        all.extend_from_slice(bytes);
        self.writer.send(all);
    }

    /// Waits until the frame under way has got through.
    pub(super) async fn written(&self) {
        self.writer.written().await;
    }

    /// Whether the last frame has got through.
    pub(super) fn idle(&self) -> bool {
        self.writer.idle()
    }

    /// Whether the terminal is gone.
    pub(super) fn gone(&self) -> bool {
        self.writer.broken()
    }
}
