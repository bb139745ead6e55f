//! The loop: the only `select!` of the console. Everything that happens becomes a message, in one order.

mod rehearsal;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    runtime::Handle,
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until},
};

use super::{
    fault::Fault,
    input::{self, Input},
    log,
    resettle::{self, Change},
    run::{Connected, Connector, Manner, Session},
    runtime::Runtime,
    screen::{Haste, Screen},
    shell::{self, Shell, Word},
    signals::{Signals, Wish},
    terminal,
};
use crate::{
    clock,
    config::settings::Settings,
    domain::{alert::Severity, instance::InstanceId},
    platform::{PlatformHandle, sim::SimControl},
    safe,
    state::{Destination, Effect, Loop, Model, Msg, Update, place, update, walking::ChecklistMsg},
    text::SafeText,
};

/// At most so many messages of one source are taken between two frames, so that logs never starve a key.
const BATCH: usize = 64;

/// Exit codes above this are signals.
const SIGNALLED: u8 = 128;

/// The exit code of a Rust program that panicked.
const PANICKED: u8 = 101;

/// Runs the console on this thread, its tasks on `work`.
pub(super) async fn run(
    mut session: Session,
    work: Handle,
    signals: Signals,
) -> color_eyre::Result<u8> {
    let model = Model {
        keymap: session.manner.keymap.clone(),
        operator: session.operator.clone(),
        login: login(),
        mouse: session.mouse,
        utc: session.utc,
        place: session.place.clone(),
        size: terminal::size(),
        now: clock::now(),
        ..Model::default()
    };
    let mut screen = Screen::new(model.size, model.mouse);
    // The first frame goes out before anything is waited for: each pane says what it waits for.
    screen.touch(Haste::Now);
    screen.draw(&model, &session.manner.look);
    log::keep();
    let notice = session.notice.take();
    let choose = session.choose.take();
    let mut console = Console::new(session, work, signals, model, screen);
    match choose {
        Some(choose) => console.choosing = Some(console.work.spawn_blocking(choose)),
        None => console.connect(&Destination::Here),
    }
    if let Some(words) = notice {
        console.apply(Msg::Notice(Some(Severity::Warning), words));
    }
    loop {
        // What is to be done comes before what is heard next.
        let mut end = console.carry_out_all()?;
        if end.is_none() {
            let heard = console.hear().await?;
            end = console.take(heard)?;
        }
        if let Some(code) = end {
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
#[derive(Default)]
struct Heard {
    msgs: Vec<Msg>,
    /// What comes from the shell that is open, or is being opened.
    shell: Option<Word>,
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
    /// A shell that is being opened, or that has the terminal.
    shell: Option<Shell>,
    /// Set while a shell has the terminal: keys are then bytes.
    raw: Arc<AtomicBool>,
    answers: mpsc::Receiver<Msg>,
    lines: mpsc::Receiver<Msg>,
    /// The hand on the deployment, where it is simulated.
    world: Option<SimControl>,
    second: Instant,
    fault: Fault,
    work: Handle,
    connect: Connector,
    reload: Box<dyn Fn() -> Result<Manner, SafeText>>,
    /// The service that it was asked to open, until the platform has shown it.
    open: Option<String>,
    /// Whether the lists that were named are to be walked, until the platform has shown what they are about.
    walks: bool,
    /// What is to be done next.
    effects: VecDeque<Effect>,
    /// Whether the settings of the place have changed since it was reached.
    outdated: bool,
    /// Finds out where to begin, until it is known or somebody goes elsewhere.
    choosing: Option<JoinHandle<()>>,
}

impl Console {
    fn new(session: Session, work: Handle, signals: Signals, model: Model, screen: Screen) -> Self {
        let raw = Arc::new(AtomicBool::new(false));
        let (mut runtime, answers, lines) =
            Runtime::new(work.clone(), session.state, session.watched, session.lists);
        runtime.adopt(Arc::clone(&session.manner.settings));
        Self {
            model,
            manner: session.manner,
            screen,
            runtime,
            platform: None,
            signals,
            keys: input::start(Arc::clone(&raw)),
            shell: None,
            raw,
            answers,
            lines,
            world: None,
            second: Instant::from_std(clock::instant()),
            fault: Fault::asked_for(),
            work,
            connect: session.connect,
            reload: session.reload,
            open: session.open,
            walks: session.walks,
            effects: VecDeque::new(),
            outdated: false,
            choosing: None,
        }
    }

    /// Waits for whatever comes first: keys before signals before the rest.
    async fn hear(&mut self) -> color_eyre::Result<Heard> {
        self.fault.pass(&self.work);
        let aside = self.aside();
        if !aside {
            self.screen.draw(&self.model, &self.manner.look);
        }
        if self.model.logs.busy() {
            self.second = next_tick(&self.model);
        }
        let due = self.screen.due().filter(|_| !aside);
        let due = due.map(Instant::from_std);
        let busy = !self.screen.idle();
        let mut heard = Heard::default();
        tokio::select! {
            biased;
            Some(input) = self.keys.recv() => {
                heard.urgent = true;
                let mut next = Some(input);
                while let Some(input) = next {
                    self.typed(input, &mut heard);
                    next = if heard.msgs.len() < BATCH { self.keys.try_recv().ok() } else { None };
                }
            }
            () = terminal::panicked() => heard.end = Some(PANICKED),
            wish = self.signals.next() => match wish {
                Wish::End(signal) => heard.end = Some(SIGNALLED + signal),
                // The shell inside has the terminal, and its own ideas.
                Wish::Suspend | Wish::Continue if aside => {}
                Wish::Suspend => heard.msgs.push(self.suspend()?),
                Wish::Continue => heard.msgs.push(self.come_back()?),
                Wish::Resize => {
                    let size = terminal::size();
                    if let Some(shell) = &self.shell {
                        shell.resize(size);
                    }
                    self.screen.resize(size);
                    heard.msgs.push(Msg::Resized(size.0, size.1));
                }
            },
            () = self.screen.written(), if busy => {
                heard.end = self.screen.gone().then_some(SIGNALLED + 1);
            }
            // What it prints goes where frames go, one after the other.
            word = next_word(&mut self.shell), if !busy => heard.shell = Some(word),
            () = chosen(&mut self.choosing) => {
                self.effects.push_back(Effect::Loop(Loop::Go(Destination::Here)));
            }
            Some(msg) = next_of(&mut self.platform) => heard.msgs.push(msg),
            Some(msg) = self.answers.recv() => drain(msg, &mut self.answers, &mut heard.msgs),
            Some(msg) = self.lines.recv() => drain(msg, &mut self.lines, &mut heard.msgs),
            () = sleep_until(due.unwrap_or(self.second)), if due.is_some() => {}
            () = sleep_until(self.second) => self.second = next_tick(&self.model),
        }
        Ok(heard)
    }

    /// Whether a shell has the terminal, so that nothing is drawn.
    fn aside(&self) -> bool {
        self.shell.as_ref().is_some_and(Shell::open)
    }

    /// Something came from the terminal: for the shell where there is one, else for the model.
    fn typed(&mut self, input: Input, heard: &mut Heard) {
        match (input, &self.shell) {
            (Input::HungUp, _) => heard.end = Some(SIGNALLED + 1),
            (Input::Msg(msg), None) => heard.msgs.push(msg),
            (Input::Bytes(bytes), Some(shell)) => {
                if !shell.hand_over(bytes) && self.screen.idle() {
                    // As a terminal does whose reader takes nothing.
                    self.screen.pass(b"\x07");
                }
            }
            (Input::Msg(Msg::Key(chord)), Some(shell)) if !shell.open() => {
                if shell::gives_up(chord) {
                    let why = SafeText::from_static("no shell was opened");
                    heard.shell = Some(Word::Ended(Some(why)));
                }
            }
            // Read just before a shell took the terminal, or gave it back.
            (Input::Msg(_), Some(_)) | (Input::Bytes(_), None) => {}
        }
    }

    /// Updates the model by what was heard. Gives the exit code when it is time to leave.
    fn take(&mut self, heard: Heard) -> color_eyre::Result<Option<u8>> {
        if heard.end.is_some() {
            return Ok(heard.end);
        }
        let empty = self.model.snapshot().services.is_empty();
        // Whatever came, it came now.
        let mut dirty = self.apply(Msg::Clock(self.now()));
        for msg in heard.msgs {
            dirty |= self.apply(msg);
        }
        if let Some(word) = heard.shell {
            self.listen(word)?;
        }
        let shown = !self.model.snapshot().services.is_empty();
        if let Some(name) = self.open.take_if(|_| shown) {
            dirty |= self.apply(Msg::Open(name));
        }
        if shown && std::mem::take(&mut self.walks) {
            dirty |= self.apply(Msg::Checklist(ChecklistMsg::Wanted));
        }
        // The first rows are what somebody waits for, as after a key.
        if dirty && (heard.urgent || (empty && shown)) {
            self.screen.touch(Haste::Now);
        }
        Ok(None)
    }

    /// Updates the model by one message, and by what follows from it. What is to be done is kept for
    /// [`Console::carry_out_all`]. Says whether the screen looks different.
    fn apply(&mut self, msg: Msg) -> bool {
        let haste = match msg {
            Msg::Logs(..) => Haste::Flowing,
            _ => Haste::Soon,
        };
        let derived = self.runtime.derive(&msg, self.model.now);
        let mut all = update(&mut self.model, msg);
        for msg in derived {
            all = all.and(update(&mut self.model, msg));
        }
        let Update { effects, dirty } = all;
        self.effects.extend(effects);
        if dirty {
            self.screen.touch(haste);
        }
        dirty
    }

    /// Does what is to be done, and what follows from that. Gives the exit code when it is time to leave.
    fn carry_out_all(&mut self) -> color_eyre::Result<Option<u8>> {
        loop {
            while let Some(effect) = self.effects.pop_front() {
                let end = match effect {
                    Effect::Loop(own) => self.carry_out(own)?,
                    Effect::Work(work) => {
                        self.runtime.carry_out(work, &self.model);
                        None
                    }
                };
                if end.is_some() {
                    return Ok(end);
                }
            }
            // An action under way is followed to its end first.
            if !self.outdated || self.model.operations.running().next().is_some() {
                return Ok(None);
            }
            self.connect(&Destination::Here);
        }
    }

    fn carry_out(&mut self, own: Loop) -> color_eyre::Result<Option<u8>> {
        match own {
            Loop::Quit => return Ok(Some(0)),
            Loop::Suspend => {
                let size = self.suspend()?;
                self.apply(size);
            }
            Loop::Repaint => self.screen.repaint(),
            Loop::CaptureMouse(true) => self.screen.say(terminal::MOUSE_ON),
            Loop::CaptureMouse(false) => self.screen.say(terminal::MOUSE_OFF),
            Loop::Bell => self.screen.say("\x07"),
            Loop::Copy(text) => self.screen.say(&osc52(&text)),
            Loop::Shell(instance) => self.ask_for_shell(instance),
            Loop::Go(destination) => self.connect(&destination),
            Loop::LetGoWrong(what) => match (&self.world, what) {
                (Some(world), Some(place)) => world.play(place),
                (Some(world), None) => world.heal(),
                (None, _) => {}
            },
            Loop::Rehearse => self.rehearse(),
            Loop::EndRehearsal => self.end_rehearsal(),
            Loop::Reload => self.reload(),
        }
        Ok(None)
    }

    fn now(&self) -> Timestamp {
        // A simulated deployment may run faster than the clock on the wall.
        self.world.as_ref().map_or_else(clock::now, SimControl::now)
    }

    /// Reaches a place, as the settings want it now.
    fn connect(&mut self, destination: &Destination) {
        self.outdated = false;
        self.choosing = None;
        let entered = self.work.enter();
        let connected = (self.connect)(destination, &self.manner.settings);
        drop(entered);
        self.arrive(connected);
    }

    /// A place is there.
    fn arrive(&mut self, connected: Connected) {
        let Connected {
            place,
            platform,
            world,
            asker,
        } = connected;
        self.world = world;
        self.runtime
            .reached(platform.requests.clone(), &place, asker);
        let connected = place::Connected {
            place,
            capabilities: platform.capabilities.clone(),
            logs: resettle::logs(&self.manner.settings),
        };
        self.platform = Some(platform);
        self.apply(Msg::Connected(Box::new(connected)));
        self.screen.touch(Haste::Now);
    }

    /// Reads the settings anew. Where they say something else of the place we are in, it is reached anew.
    fn reload(&mut self) {
        match (self.reload)() {
            Ok(manner) => {
                let before = std::mem::replace(&mut self.manner, manner);
                let after = Arc::clone(&self.manner.settings);
                self.runtime.adopt(Arc::clone(&after));
                self.apply(Msg::Keymap(Arc::clone(&self.manner.keymap)));
                // What a key has turned since stays so, unless just this is set otherwise.
                let (was, is) = (&before.settings.preferences, &after.preferences);
                if was.mouse != is.mouse {
                    self.apply(Msg::WantsMouse(is.mouse));
                }
                if was.utc != is.utc {
                    self.apply(Msg::WantsUtc(is.utc));
                }
                if !self.model.place.simulated && !after.environments.is_empty() {
                    let names = after.environments.keys().map(SafeText::name).collect();
                    self.apply(Msg::Environments(names));
                }
                let (severity, text) = self.judge(&before.settings, &after);
                self.apply(Msg::Notice(severity, text));
            }
            Err(why) => {
                self.apply(Msg::Notice(Some(Severity::Warning), why));
            }
        }
        self.screen.touch(Haste::Now);
    }

    /// What new settings mean for the place we are in, in words. Sees to it that it is reached anew where it must be.
    fn judge(&mut self, before: &Settings, after: &Settings) -> (Option<Severity>, SafeText) {
        let here = &self.model.place.environment;
        if self.model.place.copy {
            // What is gone back to is reached as they want it then.
            return (None, SafeText::from_static("settings read anew"));
        }
        match Change::of(here, before, after) {
            Change::Nothing => (None, SafeText::from_static("settings read anew")),
            Change::Gone => {
                let text = safe!("the settings do not know {here} any more; still connected to it");
                (Some(Severity::Warning), text)
            }
            Change::Otherwise => {
                self.outdated = true;
                let busy = self.model.operations.running().next().is_some();
                let when = if busy {
                    "is connected anew once the action under way has ended"
                } else {
                    "is connected anew"
                };
                (
                    Some(Severity::Warning),
                    safe!("settings read anew; {here} {when}"),
                )
            }
        }
    }

    /// Asks for a shell inside an instance. Until it opens, all goes on but for the keys.
    fn ask_for_shell(&mut self, instance: InstanceId) {
        if self.shell.is_some() {
            return;
        }
        let now = Instant::from_std(clock::instant());
        let (shell, request) = Shell::ask(instance, terminal::size(), now);
        self.runtime.tell(request);
        self.shell = Some(shell);
        let text = SafeText::from_static("opening a shell; esc gives it up");
        self.apply(Msg::Notice(None, text));
    }

    /// The shell said something: it takes the terminal, prints, or gives it back.
    fn listen(&mut self, word: Word) -> color_eyre::Result<()> {
        match word {
            Word::Opened => {
                // In this order: whoever sees our screen go may type at once.
                self.raw.store(true, Ordering::Release);
                self.screen.pass(terminal::LEAVE.as_bytes());
            }
            Word::Printed(bytes) => self.screen.pass(&bytes),
            Word::Ended(why) => {
                self.shell = None;
                if self.raw.swap(false, Ordering::AcqRel) {
                    let size = self.come_back()?;
                    self.apply(size);
                }
                if let Some(why) = why {
                    self.apply(Msg::Notice(Some(Severity::Warning), why));
                }
                self.screen.touch(Haste::Now);
            }
        }
        Ok(())
    }

    /// Steps aside for the shell that started us, and comes back whole.
    fn suspend(&mut self) -> color_eyre::Result<Msg> {
        terminal::restore();
        // The whole group, as the terminal's own ctrl-z would: `cargo run` in front of us stops too.
        rustix::process::kill_current_process_group(rustix::process::Signal::STOP)?;
        self.come_back()
    }

    /// Takes the terminal again. It may have another size now.
    fn come_back(&mut self) -> color_eyre::Result<Msg> {
        terminal::raw()?;
        let size = terminal::size();
        self.screen.say(terminal::ENTER);
        if self.model.mouse {
            self.screen.say(terminal::MOUSE_ON);
        }
        self.screen.resize(size);
        self.screen.repaint();
        Ok(Msg::Resized(size.0, size.1))
    }
}

/// It is known where to begin; pending for ever where nobody finds that out.
async fn chosen(choosing: &mut Option<JoinHandle<()>>) {
    match choosing {
        // What panicked has been reported; whoever needs it finds it out anew.
        Some(choosing) => drop(choosing.await),
        None => std::future::pending().await,
    }
}

/// The next word of a shell; pending for ever while there is none.
async fn next_word(shell: &mut Option<Shell>) -> Word {
    match shell {
        Some(shell) => shell.next().await,
        None => std::future::pending().await,
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
