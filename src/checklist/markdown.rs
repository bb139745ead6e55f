//! What in a Markdown file can be walked, as it is written there: the parser's events gathered to drafts of items.

use std::ops::Range;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::numbered;

/// What is walked under one heading.
#[derive(Debug)]
pub(super) enum Draft {
    /// Items with boxes.
    Boxes(Vec<DraftItem>),
    /// Numbered steps.
    Steps(Vec<DraftItem>),
}

/// An item before its keys are read.
#[derive(Debug, Default)]
pub(super) struct DraftItem {
    /// Its first byte.
    pub(super) start: usize,
    /// The byte between the brackets of its box.
    pub(super) tick: Option<usize>,
    /// Where its own words begin, and where they end so far.
    pub(super) words: Option<Range<usize>>,
    /// What it says; pieces of code are in it unless they are keys.
    pub(super) text: String,
    /// Pieces of inline code.
    pub(super) codes: Vec<Code>,
    /// The lines of code blocks under it.
    pub(super) commands: Vec<String>,
    /// Other paragraphs and bullets under it.
    pub(super) notes: Vec<String>,
    /// How many items with boxes it stands inside of.
    pub(super) depth: usize,
    /// Which heading it stands under, counted from 0 for none.
    pub(super) heading: usize,
}

/// A piece of inline code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Code {
    /// What stands between the backticks.
    pub(super) span: Range<usize>,
}

/// What can be walked, each with the heading above it.
#[derive(Debug)]
pub(super) struct Found {
    /// In the order of the file.
    pub(super) drafts: Vec<(Option<String>, Draft)>,
    /// The first heading of all.
    pub(super) title: Option<String>,
}

/// Gathers what can be walked in `text`, beginning at byte `from`. `is_key` says of inline code whether it is a key,
/// which belongs to no sentence.
pub(super) fn find(text: &str, from: usize, is_key: &dyn Fn(&str) -> bool) -> Found {
    let options =
        Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut walker = Walker {
        text,
        is_key,
        headings: Vec::new(),
        heading: None,
        open: Vec::new(),
        lists: Vec::new(),
        code: None,
        boxes: Vec::new(),
        steps: Vec::new(),
    };
    for (event, range) in Parser::new_ext(&text[from..], options).into_offset_iter() {
        walker.take(event, range.start + from..range.end + from);
    }
    walker.found()
}

struct Walker<'a> {
    text: &'a str,
    is_key: &'a dyn Fn(&str) -> bool,
    headings: Vec<String>,
    /// The heading that is being read.
    heading: Option<String>,
    /// The items that are open, the innermost last; of lists without boxes too.
    open: Vec<DraftItem>,
    /// Whether each open list is numbered, and the steps that the outermost one may be.
    lists: Vec<bool>,
    /// The code block that is being read.
    code: Option<Vec<(Range<usize>, String)>>,
    boxes: Vec<DraftItem>,
    /// The numbered lists; each is whole when it ends.
    steps: Vec<Vec<DraftItem>>,
}

impl Walker<'_> {
    fn take(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(Tag::Heading { .. }) => self.heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                self.headings.extend(self.heading.take());
            }
            Event::Start(Tag::List(first)) => {
                if self.lists.is_empty() && first.is_some() {
                    self.steps.push(Vec::new());
                }
                self.lists.push(first.is_some());
            }
            Event::End(TagEnd::List(_)) => {
                self.lists.pop();
            }
            Event::Start(Tag::Item) => self.open.push(DraftItem {
                start: range.start,
                depth: self.open.iter().filter(|item| item.tick.is_some()).count(),
                heading: self.headings.len(),
                ..DraftItem::default()
            }),
            Event::End(TagEnd::Item) => self.close(),
            Event::Start(Tag::Paragraph) => {
                if let Some(item) = self.open.last_mut()
                    && !item.text.trim().is_empty()
                {
                    item.notes.push(String::new());
                }
            }
            Event::Start(Tag::CodeBlock(_)) => self.code = Some(Vec::new()),
            Event::End(TagEnd::CodeBlock) => self.close_code(),
            Event::TaskListMarker(_) => {
                if let Some(item) = self.open.last_mut() {
                    item.tick = Some(range.start + 1);
                }
            }
            Event::Text(words) => match &mut self.code {
                Some(lines) => lines.push((range, words.into_string())),
                None => self.say(&words, range),
            },
            Event::Code(words) => self.code_span(&words, range),
            Event::SoftBreak | Event::HardBreak => self.say(" ", range),
            _ => {}
        }
    }

    /// Words of a heading, of an item, or of nothing that matters here.
    fn say(&mut self, words: &str, range: Range<usize>) {
        if let Some(heading) = &mut self.heading {
            heading.push_str(words);
        } else if let Some(item) = self.open.last_mut() {
            item.reach(&range);
            match item.notes.last_mut() {
                Some(note) => note.push_str(words),
                None => item.text.push_str(words),
            }
        }
    }

    fn code_span(&mut self, words: &str, range: Range<usize>) {
        let whole = &self.text[range.clone()];
        let fence = whole.len() - whole.trim_start_matches('`').len();
        let span = range.start + fence..range.end.saturating_sub(fence).max(range.start + fence);
        let code = self.text.get(span.clone()).unwrap_or_default();
        if self.heading.is_none()
            && let Some(item) = self.open.last_mut()
        {
            item.codes.push(Code { span: span.clone() });
            if (self.is_key)(code) {
                item.reach(&range);
                return;
            }
        }
        self.say(words, range);
    }

    fn close(&mut self) {
        let Some(item) = self.open.pop() else { return };
        if item.tick.is_some() {
            self.boxes.push(item);
        } else if let Some(around) = self.open.last_mut() {
            // A bullet without a box says more about the item that it stands under.
            let words = item.text.trim();
            if !words.is_empty() {
                around.notes.push(words.to_owned());
            }
            around.notes.extend(item.notes);
            around.commands.extend(item.commands);
            around.codes.extend(item.codes);
        } else if self.lists.last() == Some(&true)
            && let Some(steps) = self.steps.last_mut()
        {
            steps.push(item);
        }
    }

    fn close_code(&mut self) {
        let pieces = self.code.take().unwrap_or_default();
        if let Some(item) = self.open.last_mut() {
            let code: String = pieces.into_iter().map(|(_, words)| words).collect();
            item.commands.extend(code.lines().map(str::to_owned));
        } else {
            let heading = self.headings.len();
            let found = numbered::steps(pieces.iter().map(|(range, _)| range.clone()), self.text);
            self.steps.extend(found.into_iter().map(|mut steps| {
                for step in &mut steps {
                    step.heading = heading;
                }
                steps
            }));
        }
    }

    fn found(mut self) -> Found {
        self.boxes.sort_by_key(|item| item.start);
        let mut drafts: Vec<(usize, usize, Draft)> = Vec::new();
        for item in self.boxes {
            match drafts.last_mut() {
                Some((heading, _, Draft::Boxes(items))) if *heading == item.heading => {
                    items.push(item);
                }
                _ => drafts.push((item.heading, item.start, Draft::Boxes(vec![item]))),
            }
        }
        for steps in self.steps {
            if let Some(first) = steps.first() {
                drafts.push((first.heading, first.start, Draft::Steps(steps)));
            }
        }
        drafts.sort_by_key(|(_, start, _)| *start);
        let headings = self.headings;
        let name = |heading: usize| Some(headings.get(heading.checked_sub(1)?)?.clone());
        Found {
            title: headings.first().cloned(),
            drafts: drafts
                .into_iter()
                .map(|(heading, _, draft)| (name(heading), draft))
                .collect(),
        }
    }
}

impl DraftItem {
    /// Its own words go at least so far; what is written about it in notes does not count.
    fn reach(&mut self, range: &Range<usize>) {
        if !self.notes.is_empty() {
            return;
        }
        match &mut self.words {
            Some(words) => words.end = words.end.max(range.end),
            None => self.words = Some(range.clone()),
        }
    }
}
