//! The loop: the only `select!` of the console. Everything that happens becomes a message, in one order.

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    runtime::Handle,
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    clock,
    fault::Fault,
    input::{self, Input},
    log,
    run::{Connect, Connected, Manner, Session, WorldClock},
    runtime::Runtime,
    screen::Screen,
    shell::{self, Ended, Terminal},
    signals::{Signals, Wish},
    terminal,
};
use crate::{
    config::values,
    domain::{alert::Severity, instance::InstanceId},
    platform::PlatformHandle,
    safe,
    state::{
        Effect, Model, Msg, Update,
        logs::{self, Logs},
        services::RowId,
        update,
    },
    text::SafeText,
};

/// At most so many messages of one source are taken between two frames, so that logs never starve a key.
const BATCH: usize = 64;

/// Exit codes above this are signals.
const SIGNALLED: u8 = 128;

/// Runs the console on this thread, its tasks on `work`.
pub(super) async fn run(session: Session, work: Handle) -> color_eyre::Result<u8> {
    let mut model = Model {
        keymap: session.manner.keymap.clone(),
        operator: session.operator.clone(),
        login: login(),
        mouse: session.mouse,
        utc: session.utc,
        place: session.place.clone(),
        size: terminal::size(),
        ..Model::default()
    };
    update(&mut model, Msg::Clock(clock::now()));
    let mut screen = Screen::new(model.size, model.mouse)?;
    // The first frame goes out before anything is waited for: each pane says what it waits for.
    screen.touch(true);
    screen.draw(&model, &session.manner.look)?;
    log::keep();
    let name = model.place.environment.clone();
    let mut console = Console::new(session, work, model, screen)?;
    console.connect(&name);
    loop {
        let heard = console.hear().await?;
        if let Some(code) = console.take(heard).await? {
            console.runtime.stop_all().await;
            return Ok(code);
        }
    }
}

/// The account behind this console, as a proposal for the operator's name. Root is nobody in particular.
fn login() -> SafeText {
    let named = |name| {
        std::env::var(name)
            .ok()
            .filter(|user| !user.is_empty() && user != "root")
    };
    let user = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(named);
    SafeText::name(user.unwrap_or_default())
}

/// What one turn of the loop brought.
struct Heard {
    msgs: Vec<Msg>,
    /// Whether an operator did it and waits to see.
    urgent: bool,
    /// Whether it ends the console, and with which exit code.
    end: Option<u8>,
}

struct Console {
    model: Model,
    manner: Manner,
    screen: Screen,
    runtime: Runtime,
    platform: Option<PlatformHandle>,
    signals: Signals,
    keys: mpsc::Receiver<Input>,
    /// Set while a shell has the terminal: keys are then bytes.
    raw: Arc<AtomicBool>,
    answers: mpsc::Receiver<Msg>,
    lines: mpsc::Receiver<Msg>,
    /// The world's time, where it has one of its own.
    clock: Option<WorldClock>,
    second: Instant,
    fault: Fault,
    work: Handle,
    connect: Connect,
    reload: Box<dyn Fn() -> Result<Manner, SafeText>>,
    /// The service that it was asked to open, until the platform has shown it.
    open: Option<String>,
}

impl Console {
    fn new(
        session: Session,
        work: Handle,
        model: Model,
        screen: Screen,
    ) -> color_eyre::Result<Self> {
        let raw = Arc::new(AtomicBool::new(false));
        let (mut runtime, answers, lines) =
            Runtime::new(work.clone(), session.state, session.watched);
        runtime.adopt(Arc::clone(&session.manner.settings));
        Ok(Self {
            model,
            manner: session.manner,
            screen,
            runtime,
            platform: None,
            signals: Signals::listen()?,
            keys: input::start(Arc::clone(&raw)),
            raw,
            answers,
            lines,
            clock: None,
            second: Instant::from_std(clock::instant()),
            fault: Fault::asked_for(),
            work,
            connect: session.connect,
            reload: session.reload,
            open: session.open,
        })
    }

    /// Waits for whatever comes first: keys before signals before the rest.
    async fn hear(&mut self) -> color_eyre::Result<Heard> {
        self.fault.pass();
        self.screen.draw(&self.model, &self.manner.look)?;
        if self.model.logs.busy() {
            self.second = next_tick(&self.model);
        }
        let due = self.screen.due().map(Instant::from_std);
        let busy = !self.screen.idle();
        let mut heard = Heard {
            msgs: Vec::new(),
            urgent: false,
            end: None,
        };
        tokio::select! {
            biased;
            Some(input) = self.keys.recv() => {
                heard.urgent = true;
                let mut next = Some(input);
                while let Some(input) = next {
                    match input {
                        Input::Msg(msg) => heard.msgs.push(msg),
                        // Typed for a shell that has just ended.
                        Input::Bytes(_) => {}
                        Input::HungUp => heard.end = Some(SIGNALLED + 1),
                    }
                    next = if heard.msgs.len() < BATCH { self.keys.try_recv().ok() } else { None };
                }
            }
            wish = self.signals.next() => match wish {
                Wish::End(signal) => heard.end = Some(SIGNALLED + signal),
                Wish::Suspend => heard.msgs.extend(self.suspend()?),
                Wish::Continue => heard.msgs.extend(self.come_back()?),
                Wish::Resize => {
                    let size = terminal::size();
                    self.screen.resize(size)?;
                    heard.msgs.push(Msg::Resized(size.0, size.1));
                }
            },
            () = self.screen.written(), if busy => {
                heard.end = self.screen.gone().then_some(SIGNALLED + 1);
            }
            Some(msg) = next_of(&mut self.platform) => heard.msgs.push(msg),
            Some(msg) = self.answers.recv() => drain(msg, &mut self.answers, &mut heard.msgs),
            Some(msg) = self.lines.recv() => drain(msg, &mut self.lines, &mut heard.msgs),
            () = sleep_until(due.unwrap_or(self.second)), if due.is_some() => {}
            () = sleep_until(self.second) => self.second = next_tick(&self.model),
        }
        Ok(heard)
    }

    /// Updates the model by what was heard, and does what follows. Gives the exit code when it is time to leave.
    async fn take(&mut self, heard: Heard) -> color_eyre::Result<Option<u8>> {
        if heard.end.is_some() {
            return Ok(heard.end);
        }
        // Whatever came, it came now.
        let now = self.now();
        let empty = self.model.snapshot().services.is_empty();
        let mut all = update(&mut self.model, Msg::Clock(now));
        for msg in heard.msgs {
            let derived = self.runtime.derive(&msg, &self.manner, self.model.now);
            all = all.and(update(&mut self.model, msg));
            for msg in derived {
                all = all.and(update(&mut self.model, msg));
            }
        }
        all = all.and(self.open());
        let Update { effects, dirty } = all;
        if dirty {
            // The first rows are what somebody waits for, as after a key.
            let first = empty && !self.model.snapshot().services.is_empty();
            self.screen.touch(heard.urgent || first);
        }
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(Some(0)),
                Effect::Shell(instance) => {
                    let end = self.shell(instance).await?;
                    if end.is_some() {
                        return Ok(end);
                    }
                }
                other => self.carry_out(other)?,
            }
        }
        Ok(None)
    }

    /// Opens the service that it was started for, once the platform has shown what there is.
    fn open(&mut self) -> Update {
        let shown = !self.model.snapshot().services.is_empty();
        let Some(name) = self.open.take_if(|_| shown) else {
            return Update::none();
        };
        let found = self
            .model
            .snapshot()
            .named(&name)
            .first()
            .map(|s| s.id.clone());
        let Some(id) = found else {
            let why = safe!("there is no service {name} here");
            return update(&mut self.model, Msg::Notice(Some(Severity::Warning), why));
        };
        self.model.services.cursor.selected = Some(RowId::Service(id.clone()));
        logs::follow(&mut self.model, vec![id])
    }

    fn carry_out(&mut self, effect: Effect) -> color_eyre::Result<()> {
        match effect {
            Effect::Suspend => {
                for msg in self.suspend()? {
                    update(&mut self.model, msg);
                }
            }
            Effect::Repaint => self.screen.repaint()?,
            Effect::CaptureMouse(true) => self.screen.say(terminal::MOUSE_ON),
            Effect::CaptureMouse(false) => self.screen.say(terminal::MOUSE_OFF),
            Effect::Bell => self.screen.say("\x07"),
            Effect::Copy(text) => self.screen.say(&osc52(&text)),
            Effect::Environment(name) => self.connect(&name),
            Effect::Reload => self.reload(),
            other => self.runtime.carry_out(other, &self.model),
        }
        Ok(())
    }

    fn now(&self) -> Timestamp {
        self.clock.as_ref().map_or_else(clock::now, |clock| clock())
    }

    /// Reaches an environment. What was shown of another one is forgotten.
    fn connect(&mut self, name: &str) {
        let entered = self.work.enter();
        let reached = (self.connect)(name);
        drop(entered);
        match reached {
            Ok(Connected {
                place,
                platform,
                clock,
            }) => {
                self.clock = clock;
                let kept = std::mem::take(&mut self.model);
                let logs = self.logs(&kept);
                self.model = Model {
                    now: kept.now,
                    size: kept.size,
                    utc: kept.utc,
                    mouse: kept.mouse,
                    keymap: kept.keymap,
                    operator: kept.operator,
                    login: kept.login,
                    operations: kept.operations,
                    next_op: kept.next_op,
                    place,
                    capabilities: platform.capabilities.clone(),
                    logs,
                    ..Model::default()
                };
                self.runtime
                    .reached(platform.requests.clone(), &self.model.place);
                self.platform = Some(platform);
                let effects = logs::follow(&mut self.model, Vec::new()).effects;
                for effect in effects {
                    self.runtime.carry_out(effect, &self.model);
                }
            }
            Err(why) => {
                update(&mut self.model, Msg::Notice(Some(Severity::Critical), why));
            }
        }
        self.screen.touch(true);
    }

    /// An empty pane of logs as the settings want it. Lines of another environment may still be on their way: its
    /// subscriptions count on.
    fn logs(&self, before: &Model) -> Logs {
        let preferences = &self.manner.settings.preferences;
        let memory = usize::try_from(preferences.logs_memory.0).unwrap_or(usize::MAX);
        let minutes = match &preferences.logs_since {
            values::Since::Tail => None,
            values::Since::Ago(span) => Some((span.0.as_secs() / 60).clamp(1, 525_600) as i64),
            values::Since::All => Some(0),
        };
        let mut logs = Logs::new(memory, logs::from(before.now, minutes));
        logs.subscription = before.logs.subscription;
        logs
    }

    fn reload(&mut self) {
        let said = match (self.reload)() {
            Ok(manner) => {
                self.model.keymap = manner.keymap.clone();
                self.runtime.adopt(Arc::clone(&manner.settings));
                self.manner = manner;
                Msg::Notice(None, SafeText::from_static("settings read anew"))
            }
            Err(why) => Msg::Notice(Some(Severity::Warning), why),
        };
        update(&mut self.model, said);
        self.screen.touch(true);
    }

    /// Steps aside for a shell inside an instance, and comes back whole.
    async fn shell(&mut self, instance: InstanceId) -> color_eyre::Result<Option<u8>> {
        let Some(platform) = &self.platform else {
            return Ok(None);
        };
        let requests = platform.requests.clone();
        let with = Terminal {
            keys: &mut self.keys,
            raw: &self.raw,
            signals: &mut self.signals,
        };
        let ended = shell::run(instance, &requests, with).await?;
        let said = match ended {
            Ended::Closed => None,
            Ended::Refused(why) => Some(Msg::Notice(Some(Severity::Warning), why)),
            Ended::HungUp(code) => return Ok(Some(code)),
        };
        for msg in self.come_back()?.into_iter().chain(said) {
            update(&mut self.model, msg);
        }
        Ok(None)
    }

    /// Steps aside for the shell that started us, and comes back whole.
    fn suspend(&mut self) -> color_eyre::Result<Vec<Msg>> {
        terminal::restore();
        // The whole group, as the terminal's own ctrl-z would: `cargo run` in front of us stops too.
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        self.come_back()
    }

    fn come_back(&mut self) -> color_eyre::Result<Vec<Msg>> {
        terminal::raw()?;
        let size = terminal::size();
        self.screen.say(terminal::ENTER);
        if self.model.mouse {
            self.screen.say(terminal::MOUSE_ON);
        }
        self.screen.resize(size)?;
        self.screen.repaint()?;
        Ok(vec![Msg::Resized(size.0, size.1)])
    }
}

/// The next thing that the platform tells; pending for ever while there is none.
async fn next_of(platform: &mut Option<PlatformHandle>) -> Option<Msg> {
    let Some(platform) = platform else {
        return std::future::pending().await;
    };
    tokio::select! {
        Ok(()) = platform.state.changed() => {
            Some(Msg::Source(Box::new(platform.state.borrow_and_update().clone())))
        }
        Some(event) = platform.events.recv() => Some(Msg::Platform(event)),
        else => std::future::pending().await,
    }
}

fn drain(first: Msg, from: &mut mpsc::Receiver<Msg>, msgs: &mut Vec<Msg>) {
    msgs.push(first);
    while msgs.len() < BATCH
        && let Ok(msg) = from.try_recv()
    {
        msgs.push(msg);
    }
}

/// The next full second, when relative times change; sooner while a preview ripens or work on logs goes on.
fn next_tick(model: &Model) -> Instant {
    let rest = 1_000 - (clock::now().as_millisecond().rem_euclid(1_000) as u64);
    let wait = if model.logs.busy() {
        1
    } else if model.ripening() {
        rest.min(50)
    } else {
        rest
    };
    Instant::from_std(clock::instant()) + Duration::from_millis(wait)
}

/// Asks the terminal to put text on the clipboard.
fn osc52(text: &str) -> String {
    use crossterm::Command as _;
    let mut sequence = String::new();
    let copy = crossterm::clipboard::CopyToClipboard::to_clipboard_from(text);
    // Writing to a String cannot fail.
    let _ = copy.write_ansi(&mut sequence);
    sequence
}
