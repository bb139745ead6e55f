//! The screen: when to draw, and handing frames to the writer.

use std::{
    mem,
    time::{Duration, Instant},
};

use ratatui::{buffer::Buffer, layout::Rect};

use super::{terminal, wire, writer::Writer};
use crate::{
    clock,
    state::Model,
    ui::{self, Look},
};

/// Background changes draw at most this often, and on a slow link less.
const PACE: Duration = Duration::from_millis(33);
const SLOW_PACE: Duration = Duration::from_millis(100);
/// And where nothing but lines flow by, so often: nobody reads more pictures of them a second. The first one after a pause
/// is drawn at once.
const FLOWING_PACE: Duration = Duration::from_millis(250);
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
    /// What the terminal shows.
    shown: Buffer,
    /// What it is to show next.
    next: Buffer,
    /// What goes out with the next frame.
    bytes: Vec<u8>,
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
    pub(super) fn new((cols, rows): (u16, u16), mouse: bool) -> Self {
        let mut bytes = terminal::ENTER.as_bytes().to_vec();
        if mouse {
            bytes.extend_from_slice(terminal::MOUSE_ON.as_bytes());
        }
        let empty = Buffer::empty(Rect::new(0, 0, cols, rows));
        Self {
            shown: empty.clone(),
            next: empty,
            bytes,
            writer: Writer::start(),
            dirty: None,
            haste: Haste::Flowing,
            resized: false,
            drawn: None,
        }
    }

    /// Something looks different.
    pub(super) fn touch(&mut self, haste: Haste) {
        self.dirty.get_or_insert_with(clock::instant);
        self.haste = self.haste.max(haste);
    }

    /// When to draw next; `None` while there is nothing to draw, or the last frame is still being written.
    pub(super) fn due(&self) -> Option<Instant> {
        let dirty = self.dirty.filter(|_| self.writer.idle())?;
        let pace = if self.haste == Haste::Flowing {
            FLOWING_PACE
        } else if self.resized && !self.writer.slow() {
            RESIZE_PACE
        } else if self.writer.slow() {
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
    pub(super) fn draw(&mut self, model: &Model, look: &Look) {
        let now = clock::instant();
        if self.due().is_none_or(|due| due > now) {
            return;
        }
        // Changes that waited behind a stalled frame: what the terminal shows is anybody's guess.
        if self
            .dirty
            .is_some_and(|since| now.duration_since(since) > STALLED)
        {
            self.clear();
        }
        self.next.reset();
        ui::draw(model, look, &mut self.next);
        wire::paint(&mut self.shown, &self.next, &mut self.bytes);
        mem::swap(&mut self.shown, &mut self.next);
        self.dirty = None;
        self.haste = Haste::Flowing;
        self.resized = false;
        self.drawn = Some(now);
        let mut frame = mem::take(&mut self.bytes);
        if frame.len() > MARKED {
            // Synchronized output; terminals that do not know it ignore it.
            frame.splice(0..0, *b"\x1b[?2026h");
            frame.extend_from_slice(b"\x1b[?2026l");
        }
        if !frame.is_empty() {
            self.writer.send(frame);
        }
    }

    /// Every cell anew with the next frame.
    pub(super) fn repaint(&mut self) {
        self.clear();
        self.touch(Haste::Now);
    }

    /// The terminal has another size.
    pub(super) fn resize(&mut self, (cols, rows): (u16, u16)) {
        let area = Rect::new(0, 0, cols, rows);
        self.shown.resize(area);
        self.next.resize(area);
        self.clear();
        self.resized = true;
        self.touch(Haste::Soon);
    }

    fn clear(&mut self) {
        self.bytes.extend_from_slice(wire::CLEAR.as_bytes());
        self.shown.reset();
    }

    /// Words for the terminal itself, sent with the next frame.
    pub(super) fn say(&mut self, words: &str) {
        self.bytes.extend_from_slice(words.as_bytes());
        self.touch(Haste::Now);
    }

    /// Bytes of somebody who has the terminal in our place. Only while [`Screen::idle`].
    pub(super) fn pass(&mut self, bytes: &[u8]) {
        let mut all = mem::take(&mut self.bytes);
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

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    /// A screen that was drawn at the moment given with it.
    fn drawn() -> (Screen, Instant) {
        let mut screen = Screen::new((80, 24), false);
        let now = clock::instant();
        screen.drawn = Some(now);
        (screen, now)
    }

    /// When that is drawn which changed so long after the last frame, from that frame on.
    fn wait(screen: &mut Screen, drawn: Instant, changed: u64, haste: Haste) -> Duration {
        (screen.dirty, screen.haste) = (Some(drawn + ms(changed)), haste);
        screen.due().expect("something to draw") - drawn
    }

    #[test]
    fn what_an_operator_did_is_drawn_at_once_and_the_rest_thirty_times_a_second() {
        let (mut screen, at) = drawn();
        assert_eq!(screen.due(), None, "nothing has changed");
        assert_eq!(wait(&mut screen, at, 1, Haste::Now), ms(1));
        assert_eq!(wait(&mut screen, at, 1, Haste::Soon), ms(33));
        assert_eq!(wait(&mut screen, at, 1, Haste::Flowing), ms(250));
        // Nothing was drawn for long: there is nothing to wait for.
        for haste in [Haste::Flowing, Haste::Soon, Haste::Now] {
            assert_eq!(wait(&mut screen, at, 500, haste), ms(500));
        }
        screen.drawn = None;
        assert_eq!(wait(&mut screen, at, 1, Haste::Flowing), ms(1), "the first");
    }

    #[test]
    fn the_most_urgent_of_what_is_not_drawn_yet_decides() {
        let (mut screen, _) = drawn();
        screen.touch(Haste::Soon);
        let since = screen.dirty;
        screen.touch(Haste::Now);
        screen.touch(Haste::Flowing);
        assert_eq!(screen.due(), since);
    }

    #[test]
    fn a_window_that_is_dragged_is_drawn_twenty_times_a_second_and_a_key_meanwhile_at_once() {
        let (mut screen, at) = drawn();
        screen.resize((81, 24));
        screen.resize((82, 24));
        assert_eq!(screen.haste, Haste::Soon);
        assert_eq!(wait(&mut screen, at, 1, Haste::Soon), ms(50));
        assert_eq!(wait(&mut screen, at, 1, Haste::Now), ms(1));
    }

    #[test]
    fn a_slow_link_gets_ten_frames_a_second_and_none_while_one_is_on_its_way() {
        let (mut screen, at) = drawn();
        screen.writer.stands(false, ms(51));
        assert_eq!(wait(&mut screen, at, 1, Haste::Soon), ms(100));
        screen.resized = true;
        assert_eq!(wait(&mut screen, at, 1, Haste::Soon), ms(100));
        assert_eq!(wait(&mut screen, at, 1, Haste::Now), ms(1));
        screen.writer.stands(true, ms(51));
        assert_eq!(screen.due(), None, "not even for an operator");
    }
}
