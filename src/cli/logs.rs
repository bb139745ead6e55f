//! `logs`: lines of many services, merged by time.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
    time::Duration,
};

use clap::{Args, ValueEnum};
use jiff::Timestamp;
use regex::Regex;
use serde::Serialize;
use tokio::{
    sync::mpsc,
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;

use super::{
    context::Context,
    exit::{CommandResult, Exit, Fault},
    out::{self, Paint, Style},
};
use crate::{
    domain::{
        log::{Joint, Level, LogEvent, LogId, LogLine, LogOrigin, Since, Stream, bounded},
        values,
    },
    platform::{LogRequest, Request},
    text::SafeText,
};

/// Lines of each copy, where nobody says how many.
const TAIL: u32 = 100;

/// While following, lines wait so long for older ones of other copies.
const MERGED: Duration = Duration::from_millis(200);

/// `quarterdeck logs`.
#[derive(Debug, Args)]
pub(super) struct Logs {
    /// Of these services: their names, or PROJECT/NAME; of all where none is named
    #[arg(value_name = "SERVICE")]
    services: Vec<String>,
    /// From when on: 15m, a time (2026-11-21T14:02:00Z), or all
    #[arg(long, value_parser = since, value_name = "WHEN", conflicts_with = "tail")]
    since: Option<From>,
    /// So many lines of each copy [default: 100]
    #[arg(long, value_name = "LINES")]
    tail: Option<u32>,
    /// Go on with what is yet to come
    #[arg(long, short)]
    follow: bool,
    /// Lines at least so grave; those that say nothing of it are left out
    #[arg(long, value_enum)]
    level: Option<Grave>,
    /// Lines that hold this regular expression
    #[arg(long, value_name = "REGEX")]
    grep: Option<Regex>,
    /// The run of the process before the present one
    #[arg(long)]
    previous: bool,
    /// As JSON, an object a line
    #[arg(long)]
    json: bool,
}

/// How grave a line is, as it is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Grave {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

/// A way back in time.
#[derive(Clone, Copy, Debug)]
enum From {
    Ago(Duration),
    At(Timestamp),
    All,
    Tail,
}

fn since(written: &str) -> Result<From, String> {
    if let Ok(at) = written.parse::<Timestamp>() {
        return Ok(From::At(at));
    }
    match written.parse() {
        Ok(values::Since::All) => Ok(From::All),
        Ok(values::Since::Tail) => Ok(From::Tail),
        Ok(values::Since::Ago(span)) => Ok(From::Ago(span.0)),
        Err(_) => Err("write how long ago (15m), a time (2026-11-21T14:02:00Z), or all".to_owned()),
    }
}

pub(super) async fn run(context: &Context, asked: Logs) -> CommandResult {
    let reached = context.reach().await?;
    let services = reached.services(&asked.services)?;
    let tail = Since::Tail(asked.tail.unwrap_or(TAIL));
    let since = match asked.since {
        None | Some(From::Tail) => tail,
        Some(From::All) => Since::All,
        Some(From::At(at)) => Since::At(at),
        Some(From::Ago(ago)) => Since::At(reached.now() - ago),
    };
    let (sink, mut events) = mpsc::channel(64);
    let stop = CancellationToken::new();
    let request = LogRequest {
        services,
        since,
        previous: asked.previous,
        follow: asked.follow,
        sink,
        stop: stop.clone(),
    };
    let asking = reached.platform.requests.send(Request::Logs(request)).await;
    asking.map_err(|_| Fault::Said(Exit::Unreachable, "the platform is gone".to_owned()))?;
    let room = context.config.settings.preferences.logs_memory.0;
    let mut merge = Merge::new(&asked, context.style(), room);
    let mut tick = interval(MERGED);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // The first tick comes at once.
    tick.tick().await;
    loop {
        tokio::select! {
            event = events.recv() => match event {
                Some(event) => merge.take(event),
                None => break,
            },
            _ = tick.tick(), if asked.follow => out::print(&merge.flush())?,
        }
    }
    out::print(&merge.flush())?;
    stop.cancel();
    Ok(Exit::Done)
}

/// Lines that wait to be put in order.
struct Merge<'a> {
    asked: &'a Logs,
    style: Style,
    waiting: VecDeque<(Arc<LogOrigin>, LogLine)>,
    /// Whether the last line of each copy was wanted.
    wanted: HashMap<LogId, bool>,
    bytes: u64,
    /// What `bytes` may be; the oldest lines go first, and are counted.
    room: u64,
    left_out: u64,
}

impl<'a> Merge<'a> {
    fn new(asked: &'a Logs, style: Style, room: u64) -> Self {
        Self {
            asked,
            style,
            waiting: VecDeque::new(),
            wanted: HashMap::new(),
            bytes: 0,
            room,
            left_out: 0,
        }
    }

    fn take(&mut self, event: LogEvent) {
        match event {
            LogEvent::Lines {
                origin,
                lines,
                dropped,
            } => {
                if dropped > 0 {
                    out::say(&format!(
                        "{}: {dropped} lines were lost on the way",
                        origin.label
                    ));
                }
                for line in lines.iter().map(LogLine::read) {
                    // A stack trace belongs to the line above it.
                    let follows = matches!(line.joint, Joint::Continues);
                    let above = self.wanted.get(&origin.log).copied();
                    let wanted = above
                        .filter(|_| follows)
                        .unwrap_or_else(|| self.wants(&line));
                    self.wanted.insert(origin.log.clone(), wanted);
                    if !wanted {
                        continue;
                    }
                    self.bytes += line.text.memory() as u64;
                    self.waiting.push_back((Arc::clone(&origin), line));
                }
                self.shrink();
            }
            LogEvent::Unreadable(origin, why) => out::say(&format!("{}: {why}", origin.label)),
            LogEvent::Bounded { followed, waiting } => out::say(&bounded(followed, waiting)),
            LogEvent::Joined(..) | LogEvent::Left(..) => {}
        }
    }

    fn wants(&self, line: &LogLine) -> bool {
        let least = self.asked.level.map(|least| match least {
            Grave::Trace => Level::Trace,
            Grave::Debug => Level::Debug,
            Grave::Info => Level::Info,
            Grave::Warn => Level::Warn,
            Grave::Error => Level::Error,
            Grave::Fatal => Level::Fatal,
        });
        least.is_none_or(|least| line.level.is_some_and(|level| level >= least))
            && self
                .asked
                .grep
                .as_ref()
                .is_none_or(|regex| regex.is_match(line.text.text()))
    }

    /// Lets the oldest go where there is no room for all.
    fn shrink(&mut self) {
        if self.bytes <= self.room {
            return;
        }
        self.order();
        while self.bytes > self.room
            && let Some((_, line)) = self.waiting.pop_front()
        {
            self.bytes -= line.text.memory() as u64;
            self.left_out += 1;
        }
    }

    fn order(&mut self) {
        self.waiting
            .make_contiguous()
            .sort_by_key(|(_, line)| line.at);
    }

    /// All that waits, in the order of time.
    fn flush(&mut self) -> String {
        if self.left_out > 0 {
            let left_out = std::mem::take(&mut self.left_out);
            out::say(&format!(
                "{left_out} older lines are left out: there is room for {} MiB (QUARTERDECK_LOGS_MEMORY)",
                self.room >> 20
            ));
        }
        self.order();
        self.bytes = 0;
        let lines = std::mem::take(&mut self.waiting);
        lines
            .iter()
            .map(|(origin, line)| self.written(origin, line))
            .collect()
    }

    fn written(&self, origin: &LogOrigin, line: &LogLine) -> String {
        if self.asked.json {
            return out::line_of(&LineJson::new(origin, line));
        }
        let paint = match line.level {
            Some(Level::Fatal | Level::Error) => Paint::Critical,
            Some(Level::Warn) => Paint::Warning,
            Some(Level::Trace | Level::Debug) => Paint::Dim,
            Some(Level::Info) | None => Paint::Plain,
        };
        format!(
            "{} {} {}\n",
            self.style.paint(Paint::Dim, &self.style.precise(line.at)),
            self.style.paint(Paint::Strong, &origin.label),
            self.style.paint(paint, line.text.text()),
        )
    }
}

/// A line of `logs --json`.
#[derive(Serialize)]
struct LineJson<'a> {
    time: Timestamp,
    service: String,
    instance: &'a str,
    /// A pod's container, where it is not the main one.
    #[serde(skip_serializing_if = "str::is_empty")]
    container: &'a str,
    stream: &'static str,
    level: Option<String>,
    line: &'a SafeText,
}

impl<'a> LineJson<'a> {
    fn new(origin: &'a LogOrigin, line: &'a LogLine) -> Self {
        Self {
            time: line.at,
            service: origin.service.to_string(),
            instance: origin.log.instance.short(),
            container: &origin.log.container,
            stream: match line.stream {
                Stream::Out => "stdout",
                Stream::Err => "stderr",
            },
            level: line.level.map(|level| format!("{level:?}").to_lowercase()),
            line: line.text.text(),
        }
    }
}
