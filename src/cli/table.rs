//! A table for a terminal: columns as wide as what is in them.

use super::out::{Paint, Style};
use crate::text::width;

/// How a column is lined up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Left,
    Right,
}

/// A cell: its words and their paint.
pub(super) type Cell = (String, Paint);

/// Rows under their heads.
pub(super) struct Table {
    columns: Vec<(&'static str, Side)>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(super) fn new(columns: &[(&'static str, Side)]) -> Self {
        Self {
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// Adds a row, a cell a column.
    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(cells);
    }

    /// As text; columns in which nothing stands are left out.
    pub(super) fn render(&self, style: &Style) -> String {
        let widths: Vec<usize> = (0..self.columns.len())
            .map(|at| {
                let cells = self.rows.iter().map(|row| width::width(&row[at].0));
                match cells.max().unwrap_or(0) {
                    0 => 0,
                    widest => widest.max(self.columns[at].0.len()),
                }
            })
            .collect();
        let head = self
            .columns
            .iter()
            .map(|(head, _)| ((*head).to_owned(), Paint::Dim))
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&head).chain(&self.rows) {
            text.push_str(self.line(row, &widths, style).trim_end());
            text.push('\n');
        }
        text
    }

    fn line(&self, row: &[Cell], widths: &[usize], style: &Style) -> String {
        let shown = row.iter().zip(&self.columns).zip(widths);
        let cells = shown.filter(|(_, width)| **width > 0).map(
            |(((words, paint), (_, side)), &columns)| {
                let gap = " ".repeat(columns.saturating_sub(width::width(words)));
                let words = style.paint(*paint, words);
                match side {
                    Side::Left => words + &gap,
                    Side::Right => gap + &words,
                }
            },
        );
        cells.collect::<Vec<_>>().join("  ")
    }
}
