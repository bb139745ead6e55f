//! What is wrong with a file or a setting: every mistake at once, each with its place and what would be right.

use std::{
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use crate::text::counted;

/// More than this many would only push the first ones off the screen.
const MOST_SHOWN: usize = 50;

/// A file as it was read.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    path: PathBuf,
    text: String,
}

impl Source {
    /// The file at `path`, which says `text`.
    pub fn new(path: &Path, text: impl Into<String>) -> Arc<Self> {
        Arc::new(Self {
            path: path.to_owned(),
            text: text.into(),
        })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where it is, as it is shown.
    fn name(&self) -> String {
        quoted(&self.path.display().to_string())
    }

    /// What the file says.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The whole lines from the one with byte `first` to the one with byte `last`.
    fn lines(&self, first: usize, last: usize) -> Range<usize> {
        let start = self.text[..first]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let end = self.text[last..]
            .find('\n')
            .map_or(self.text.len(), |newline| last + newline);
        start..end
    }

    /// Line and column of a byte, both counted from 1, the column in characters.
    pub fn position(&self, at: usize) -> (usize, usize) {
        let at = self.text.floor_char_boundary(at.min(self.text.len()));
        let before = &self.text[..at];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (
            before.matches('\n').count() + 1,
            before[start..].chars().count() + 1,
        )
    }
}

/// Where a mistake is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// These bytes of a file.
    File(Arc<Source>, Range<usize>),
    /// A file as a whole: it can't be read.
    Path(String),
    /// A variable of the environment.
    Variable(String),
    /// An option of the command line: `--env`.
    Option(&'static str),
}

impl Location {
    /// Line and column in its file, both counted from 1; `None` for what is no place in a file.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        match self {
            Self::File(source, span) => Some(source.position(span.start)),
            Self::Path(_) | Self::Variable(_) | Self::Option(_) => None,
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(source, span) => {
                let (line, column) = source.position(span.start);
                write!(f, "{}:{line}:{column}", source.name())
            }
            Self::Path(path) => f.write_str(path),
            Self::Variable(name) => f.write_str(name),
            Self::Option(name) => f.write_str(name),
        }
    }
}

/// One mistake. Its words never hold what a variable expands to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    place: Location,
    message: String,
    label: Option<String>,
    /// Another place in the same file that belongs to it.
    also: Option<(Range<usize>, String)>,
    help: Option<String>,
    warning: bool,
}

impl Problem {
    /// The place.
    pub const fn place(&self) -> &Location {
        &self.place
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What is wrong, and where.
    pub fn what(&self) -> String {
        format!("{}: {}", self.place, self.message)
    }

    /// What would be right; `None` where nothing is known.
    pub fn suggestion(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// Whether what it is about holds all the same.
    pub const fn is_warning(&self) -> bool {
        self.warning
    }

    /// Makes it a warning: what it is about holds all the same.
    pub const fn warning(&mut self) -> &mut Self {
        self.warning = true;
        self
    }

    /// Words beside the caret.
    pub fn label(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = Some(clean(&label.into()));
        self
    }

    /// What would be right.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(clean(&help.into()));
        self
    }

    /// What would be right, where something is known.
    pub fn maybe_help(&mut self, help: Option<String>) -> &mut Self {
        if let Some(help) = help {
            self.help(help);
        }
        self
    }

    /// Points at another place in the same file.
    pub fn also(&mut self, span: Range<usize>, label: impl Into<String>) -> &mut Self {
        self.also = Some((span, label.into()));
        self
    }

    fn group(&self) -> Group<'_> {
        let level = if self.warning {
            Level::WARNING
        } else {
            Level::ERROR
        };
        let title = level.primary_title(self.message.as_str());
        let mut group = match &self.place {
            Location::File(source, span) => {
                let span = drawable(source, span);
                let also = self
                    .also
                    .as_ref()
                    .map(|(span, label)| (drawable(source, span), label));
                let first = also
                    .as_ref()
                    .map_or(span.start, |(also, _)| also.start.min(span.start));
                let last = also
                    .as_ref()
                    .map_or(span.end, |(also, _)| also.end.max(span.end));
                let lines = source.lines(first, last);
                let inside = |span: &Range<usize>| span.start - lines.start..span.end - lines.start;
                let context = also.as_ref().map(|(span, label)| {
                    AnnotationKind::Context
                        .span(inside(span))
                        .label(label.as_str())
                });
                title.element(
                    Snippet::source(printable(&source.text[lines.clone()]))
                        .line_start(source.position(lines.start).0)
                        .path(source.name())
                        .annotation(
                            AnnotationKind::Primary
                                .span(inside(&span))
                                .label(self.label.as_deref()),
                        )
                        .annotations(context),
                )
            }
            Location::Path(path) => {
                Group::with_title(title).element(Level::NOTE.message(format!("in {path}")))
            }
            Location::Variable(name) => Group::with_title(title)
                .element(Level::NOTE.message(format!("in the environment variable {name}"))),
            Location::Option(name) => Group::with_title(title)
                .element(Level::NOTE.message(format!("in the option {name}"))),
        };
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        group
    }
}

impl fmt::Display for Problem {
    /// One line: `quarterdeck.toml:3:8: no theme is called "drak"; did you mean "dark"?`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what())?;
        match &self.help {
            Some(help) => write!(f, "; {help}"),
            None => Ok(()),
        }
    }
}

/// Every mistake that was found. Without one what was read holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    problems: Vec<Problem>,
}

impl std::error::Error for Report {}

impl Report {
    /// Whether nothing is wrong.
    pub const fn is_empty(&self) -> bool {
        self.problems.is_empty()
    }

    /// Whether it holds what more than warns.
    pub fn is_wrong(&self) -> bool {
        self.problems.iter().any(|problem| !problem.warning)
    }

    /// The mistakes, in the order in which they were found.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Adds a mistake; more can be said about it on what is returned.
    pub fn add(&mut self, place: Location, message: impl Into<String>) -> &mut Problem {
        let at = self.problems.len();
        self.problems.push(Problem {
            place,
            message: clean(&message.into()),
            label: None,
            also: None,
            help: None,
            warning: false,
        });
        &mut self.problems[at]
    }

    /// Puts the mistakes from the `first` on in the order of their file: what was found table by table reads line by line.
    pub fn sort_from(&mut self, first: usize) {
        self.problems[first..].sort_by_key(|problem| match &problem.place {
            Location::File(_, span) => span.start,
            Location::Path(_) | Location::Variable(_) | Location::Option(_) => usize::MAX,
        });
    }

    /// Keeps so many mistakes at most, warnings only where there is room for them: nobody reads on, and each takes a look
    /// through the whole file when it is told.
    pub fn shorten(&mut self, most: usize) {
        if self.problems.len() > most {
            self.problems.sort_by_key(|problem| problem.warning);
            self.problems.truncate(most);
        }
    }

    /// `value`, or this report when it holds a mistake.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.is_empty() {
            Ok(value)
        } else {
            Err(self)
        }
    }

    /// How many mistakes there are, in words.
    pub fn count(&self) -> String {
        format!(
            "{} in the settings",
            counted(self.problems.len(), "mistake")
        )
    }

    /// The whole report for a terminal, with colours when it is `styled`.
    pub fn render(&self, styled: bool) -> String {
        format!(
            "{}\n\n{}; nothing was started",
            self.mistakes(styled),
            self.count()
        )
    }

    /// Every mistake with its place, for a terminal, with colours when it is `styled`.
    pub fn mistakes(&self, styled: bool) -> String {
        let renderer = if styled {
            Renderer::styled()
        } else {
            Renderer::plain()
        }
        .decor_style(DecorStyle::Ascii);
        let shown = self.problems.iter().take(MOST_SHOWN);
        let mut all: Vec<String> = shown
            .map(|problem| renderer.render(&[problem.group()]).trim_end().to_owned())
            .collect();
        if self.problems.len() > MOST_SHOWN {
            all.push(format!(
                "and {} more, not shown",
                self.problems.len() - MOST_SHOWN
            ));
        }
        all.join("\n\n")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// A name out of a file, in quotes, with nothing in it that a terminal would obey.
pub fn quoted(name: &str) -> String {
    let mut shown: String = name.chars().take(80).flat_map(char::escape_debug).collect();
    if name.chars().nth(80).is_some() {
        shown.push('…');
    }
    shown
}

/// Whatever a message was made of, a terminal shows it and obeys nothing in it.
fn clean(message: &str) -> String {
    printable(message)
        .chars()
        .map(|c| if c.is_control() { '¿' } else { c })
        .collect()
}

/// A span that can be drawn: inside the text, on character boundaries, and at most to the end of its first line.
fn drawable(source: &Source, span: &Range<usize>) -> Range<usize> {
    let text = &source.text;
    let start = text.floor_char_boundary(span.start.min(text.len()));
    let line_end = text[start..]
        .find(['\n', '\r'])
        .map_or(text.len(), |at| start + at);
    let end = text.ceil_char_boundary(span.end.clamp(start, line_end));
    start..end
}

/// The renderer shows C0 as pictures, but lets C1 and some marks of direction through. Same lengths, so spans hold.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{80}'..='\u{9f}' | '\u{61c}' | '\u{ad}' => '¿',
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => '�',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_names_the_place_in_characters() {
        let source = Source::new(Path::new("a.toml"), "x = 1\né = 2\n");
        let mut report = Report::default();
        report
            .add(Location::File(source, 11..12), "two")
            .help("did you mean three?");
        assert_eq!(
            report.problems()[0].to_string(),
            "a.toml:2:5: two; did you mean three?"
        );
    }

    #[test]
    fn nothing_in_a_file_reaches_the_terminal_as_a_command() {
        let text = "a = \u{1b}[31m \u{9b}31m \u{202e} \u{200b}\u{feff} \u{7f}\r\n";
        let source = Source::new(Path::new("\u{1b}[2J.toml"), text);
        let mut report = Report::default();
        for at in 0..text.len() + 3 {
            report.add(
                Location::File(Arc::clone(&source), at..at + 2),
                format!("bad {}", quoted(text)),
            );
        }
        let shown = report.render(false);
        assert!(
            shown.chars().all(|c| c == '\n' || !c.is_control()),
            "{shown:?}"
        );
        assert!(
            !shown.contains(['\u{202e}', '\u{200b}', '\u{feff}']),
            "{shown:?}"
        );
    }
}
