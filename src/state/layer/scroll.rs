//! How far a page is scrolled.

use crate::domain::command::Command;

/// The first line shown. What it may be follows from how many lines there are and how many fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scroll(usize);

impl Scroll {
    /// The first line to show of `lines`, where `height` fit: the last ones fill the page.
    pub fn first(self, lines: usize, height: usize) -> usize {
        self.0.min(lines.saturating_sub(height))
    }

    /// To the page that begins with the line.
    pub const fn go(&mut self, line: usize) {
        self.0 = line;
    }

    /// A command that moves; says whether it was one.
    pub fn command(&mut self, command: Command, lines: usize, height: usize) -> bool {
        let at = self.first(lines, height);
        let page = height.saturating_sub(1).max(1);
        let to = match command {
            Command::Up => at.saturating_sub(1),
            Command::Down => at + 1,
            Command::PageUp => at.saturating_sub(page),
            Command::PageDown => at + page,
            Command::Top => 0,
            Command::Bottom => lines,
            _ => return false,
        };
        self.0 = Self(to).first(lines, height);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_begins_at_once_however_often_the_end_was_passed() {
        let mut scroll = Scroll::default();
        for _ in 0..50 {
            assert!(scroll.command(Command::Down, 30, 10));
        }
        assert_eq!(scroll.first(30, 10), 20);
        scroll.command(Command::Up, 30, 10);
        assert_eq!(scroll.first(30, 10), 19);
    }

    #[test]
    fn what_fits_does_not_scroll() {
        let mut scroll = Scroll::default();
        scroll.command(Command::Bottom, 5, 10);
        assert_eq!(scroll.first(5, 10), 0);
        assert!(!scroll.command(Command::Copy, 5, 10));
    }
}
