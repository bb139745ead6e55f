//! A list walked by the real binary, which is killed at one point after another and gone on with until it ends.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
    process::{Child, Command},
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    bare::{bare, ran},
    gate,
    proxy::{Fault, Proxy, Rule},
    wait::{deadline, left, wait_for},
};

/// How long one console may take to come to its point, or to the end.
const LONG: Duration = Duration::from_mins(5);

/// What is checked before an action is not so any more after it.
pub(crate) const RELEASE: &str = "\
# Release
## Before
- [ ] The old version `check: version(api) == \"v1\" and ready(api) == 2`
- [ ] Support is there
- [ ] Restart `do: restart api` `check: healthy(api)`
- [ ] More copies `do: scale api 3` `check: ready(api) == 3`
- [ ] Go `gate`
## During
- [ ] Roll out `do: rollout api v2`
- [ ] The new version `check: version(api) == \"v2\" and rolled_out(api)`
- [ ] Quiet `soak: healthy(api) for 1s`
";

/// Where a console is killed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Point {
    /// It has written that, and writes nothing after it.
    Written(&'static str),
    /// The nth of what it does never arrives.
    Held(usize),
    /// It is done; its answer is never read.
    Unanswered(usize),
    /// It has written so many entries.
    Entries(usize),
}

/// Each walk is killed four times: around what is written of the run, between an intent and its send, between that and its
/// outcome, while it is watched, between its outcome and what is written of the run, and while it is resolved.
const WALKS: [[Point; 4]; 5] = {
    use Point::{Held, Unanswered, Written};
    [
        [
            Written("started"),
            Held(0),
            Unanswered(0),
            Written("do-ended"),
        ],
        [
            Written("do-begun"),
            Written("intent"),
            Unanswered(1),
            Written("outcome"),
        ],
        [
            Written("operation-begin"),
            Held(1),
            Written("uncertain"),
            Written("operation-end"),
        ],
        [
            Unanswered(0),
            Written("resolved"),
            Held(0),
            Written("checked"),
        ],
        [
            Written("intent"),
            Written("resumed"),
            Unanswered(1),
            Written("do-ended"),
        ],
    ]
};

/// Where the consoles of a walk are killed, by its number: at the points that have names, each round beginning at another one
/// of the four; and after those rounds, which are more than CI has, anywhere.
fn points(number: usize) -> [Point; 4] {
    let (walk, round) = (number % WALKS.len(), number / WALKS.len());
    let mut points = WALKS[walk];
    if round < points.len() {
        points.rotate_left(round);
        return points;
    }
    // A walk writes some forty entries, and more where it acts in many steps.
    std::array::from_fn(|nth| Point::Entries(1 + (4 * number + nth) * (5 + number / 17) % 17))
}

/// Has `walk` walk lists, several at a time, until so many consoles were killed as the gate wants. It is given the points of
/// a walk and says how many of them were reached.
pub(crate) fn killed_everywhere(walk: impl Fn(&[Point]) -> usize + Sync) {
    let size = gate::size(20, 200);
    let (next, killed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        let work = || {
            while killed.load(Ordering::SeqCst) < size {
                let number = next.fetch_add(1, Ordering::SeqCst);
                assert!(number < size, "walks end before they are killed");
                killed.fetch_add(walk(&points(number)), Ordering::SeqCst);
            }
        };
        let all: Vec<_> = (0..3).map(|_| scope.spawn(work)).collect();
        for one in all {
            if let Err(panic) = one.join() {
                std::panic::resume_unwind(panic);
            }
        }
    });
    let (killed, walks) = (killed.into_inner(), next.into_inner());
    println!("{killed} consoles were killed in {walks} walks");
}

/// An operator's home, the list in it, and the way to the platform.
pub(crate) struct Walked {
    home: TempDir,
    options: Vec<String>,
    environment: Vec<(&'static str, String)>,
}

/// What is waited for in what was written since the turn before, and what is done then.
pub(crate) type Turn<'t> = (&'t dyn Fn(&[Value]) -> bool, &'t dyn Fn());

/// A console that is walking; it ends with this value.
struct Walking {
    child: Child,
    said: File,
    /// How many entries there were before it.
    from: usize,
}

impl Drop for Walking {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Walked {
    /// A list, what else the command line says, and the variables that lead to the platform.
    pub(crate) fn new(
        list: &str,
        options: &[&str],
        environment: &[(&'static str, String)],
    ) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        fs::write(home.path().join("day.md"), list).expect("it is written");
        Self {
            home,
            options: options.iter().map(ToString::to_string).collect(),
            environment: environment.to_vec(),
        }
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Walks the list by that proxy, killed at each of the points in turn, to its end; gives how many were reached.
    pub(crate) fn killed_at(&self, points: &[Point], proxy: &Proxy) -> usize {
        let mut killed = 0;
        for point in points {
            match *point {
                Point::Written(_) | Point::Entries(_) => {}
                Point::Held(nth) => proxy.on(Rule::on_act(nth, Fault::Hold)),
                Point::Unanswered(nth) => proxy.on(Rule::on_act(nth, Fault::Blackhole(1))),
            }
            let held = proxy.held().len();
            let reached = self.until(&|entries| match *point {
                Point::Written(kind) => entries.iter().any(|entry| kind_of(entry) == kind),
                Point::Held(_) => proxy.held().len() > held,
                Point::Unanswered(_) => proxy.silent() > 0,
                Point::Entries(count) => entries.len() >= count,
            });
            proxy.cut();
            proxy.calm();
            if !reached {
                return killed;
            }
            println!(
                "killed at {point:?}, after {:?}",
                self.entries().last().map(kind_of)
            );
            killed += 1;
        }
        assert!(!self.until(&|_| false), "nothing kills it any more");
        killed
    }

    /// Walks until the point is reached, where it is killed; whether it was. Else it has come to the end.
    pub(crate) fn until(&self, reached: &dyn Fn(&[Value]) -> bool) -> bool {
        let mut walking = self.start();
        let until = deadline(LONG);
        loop {
            // Whoever holds this lock lets nothing be written.
            let lock = self.lock();
            let entries = self.entries();
            if reached(entries.get(walking.from..).unwrap_or_default()) {
                // Before the lock is let go.
                drop(walking);
                return true;
            }
            drop(lock);
            if let Some(status) = walking.child.try_wait().expect("it is ours") {
                assert!(status.success(), "{status}\n{}", walking.told());
                return false;
            }
            assert!(
                !left(until).is_zero(),
                "it does not end\n{}",
                walking.told()
            );
            std::thread::park_timeout(Duration::from_millis(1));
        }
    }

    /// Walks to the end, and has something done each time that what was written fits; in order.
    #[track_caller]
    pub(crate) fn with(&self, turns: &[Turn<'_>]) {
        self.ends(0, turns);
    }

    /// The same of a walk that ends with that code; what it said.
    #[track_caller]
    pub(crate) fn ends(&self, code: i32, turns: &[Turn<'_>]) -> String {
        let mut walking = self.start();
        let mut done = 0;
        for (written, act) in turns {
            let until = deadline(LONG);
            loop {
                let entries = self.entries();
                if written(entries.get(done..).unwrap_or_default()) {
                    done = entries.len();
                    break;
                }
                let ended = walking.child.try_wait().expect("it is ours");
                assert!(ended.is_none(), "it ended before\n{}", walking.told());
                assert!(
                    !left(until).is_zero(),
                    "its turn never comes\n{}",
                    walking.told()
                );
                std::thread::park_timeout(Duration::from_millis(10));
            }
            act();
        }
        let status = wait_for("the end", LONG, || {
            walking.child.try_wait().expect("it is ours")
        });
        let told = walking.told();
        assert_eq!(status.code(), Some(code), "{told}");
        told
    }

    fn start(&self) -> Walking {
        let entries = self.entries();
        let run = entries.iter().find_map(run_of);
        let what = match &run {
            Some(run) => vec!["--resume", run.as_str()],
            None => vec!["day.md"],
        };
        let options = self.options.iter().map(String::as_str);
        let arguments: Vec<&str> = ["checklist", "run"]
            .into_iter()
            .chain(what)
            .chain(options)
            .collect();
        let said = self.home.path().join("said");
        let file = File::create(&said).expect("a file");
        let mut command = self.command(&arguments);
        let both = file.try_clone().expect("a second handle");
        command.stdout(both).stderr(file);
        Walking {
            child: command.spawn().expect("the binary starts"),
            said: File::open(said).expect("it is there"),
            from: entries.len(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = bare(self.home.path(), arguments);
        command.env("QUARTERDECK_OPERATOR", "ana");
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    fn journal(&self) -> PathBuf {
        self.home.path().join(".local/state/quarterdeck/journal")
    }

    fn lock(&self) -> Option<File> {
        let head = File::open(self.journal().join("head")).ok()?;
        flock(&head, FlockOperation::LockExclusive).expect("a lock");
        Some(head)
    }

    /// The records of the journal, as far as they are whole.
    pub(crate) fn entries(&self) -> Vec<Value> {
        let folder = fs::read_dir(self.journal()).into_iter().flatten();
        let mut segments: Vec<_> = folder
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        segments.retain(|path| path.extension().is_some_and(|e| e == "jsonl"));
        segments.sort();
        let text: String = segments
            .iter()
            .filter_map(|path| fs::read_to_string(path).ok())
            .collect();
        let read = |line: &str| Some(serde_json::from_str::<Value>(line).ok()?["record"].take());
        text.lines().filter_map(read).collect()
    }

    /// What a command that reads the records says, once it has ended well.
    #[track_caller]
    pub(crate) fn reads(&self, arguments: &[&str]) -> String {
        ran(&mut self.command(arguments)).ends(0).out
    }

    /// The run's record: as data, and as the same file, ticked.
    #[track_caller]
    pub(crate) fn record(&self) -> (Value, String) {
        let entries = self.entries();
        let run = entries.iter().find_map(run_of).expect("there is a run");
        let data = self.reads(&["checklist", "export", &run, "--format", "json"]);
        let data = serde_json::from_str(&data).expect("JSON");
        (data, self.reads(&["checklist", "export", &run]))
    }

    /// Both records tell each step in order with the evidence that begins so, and with its operation; and `audit` tells that
    /// operation by its action.
    #[track_caller]
    pub(crate) fn assert_told(&self, steps: &[(&str, &str)]) {
        let (record, ticked) = self.record();
        let record = record["steps"].as_array().expect("steps");
        assert_eq!(record.len(), steps.len(), "{record:?}");
        for (step, (action, words)) in record.iter().zip(steps) {
            let text = |key: &str| step[key].as_str().expect("text");
            let (evidence, operation) = (text("evidence"), text("operation"));
            assert!(evidence.starts_with(words), "{words}: {step}");
            let told = format!("{}, operation {operation}", evidence.replace('<', "\\<"));
            assert!(ticked.contains(&told), "{told}: {ticked}");
            let audit = self.reads(&["audit", "--operation", operation]);
            let line = audit.lines().last().unwrap_or_default();
            let is = |word: &str| line.split_whitespace().any(|part| part == word);
            assert!(is(action) && is("verified"), "{action}: {audit}");
            assert!(!line.contains("->  "), "an arrow from nowhere: {line}");
        }
    }

    /// What holds at the end, however often it was killed: the journal and the run's record verify, all is settled, what was
    /// uncertain was read before it was begun again, and nothing was sent that was not begun as a step.
    pub(crate) fn assert_whole(&self, steps: usize) {
        self.reads(&["audit", "verify"]);
        let entries = self.entries();
        let (record, ticked) = self.record();
        assert_eq!(
            (&record["settled"], &record["how"]),
            (&steps.into(), &"done".into()),
            "{record}"
        );
        assert_eq!(ticked.matches("- [x] ").count(), steps, "{ticked}");
        let mut uncertain = Vec::new();
        let mut begun = Vec::new();
        for entry in &entries {
            let item = entry["event"]["what"]["item"].clone();
            match kind_of(entry) {
                "uncertain" => uncertain.push(item),
                "resolved" => uncertain.retain(|open| *open != item),
                "do-begun" => {
                    assert!(
                        !uncertain.contains(&item),
                        "step {item} was begun again, unread"
                    );
                    begun.push(entry["event"]["what"]["operation"].clone());
                }
                "intent" => assert!(begun.contains(&entry["operation"]), "{entry}"),
                _ => {}
            }
        }
        assert!(uncertain.is_empty(), "{uncertain:?}");
    }
}

impl Walking {
    fn told(&mut self) -> String {
        let mut said = String::new();
        self.said.read_to_string(&mut said).expect("it is text");
        said
    }
}

/// What a record says, in a word: of a run what happened in it, else its kind.
pub(crate) fn kind_of(record: &Value) -> &str {
    let happened = record["event"]["what"]["is"].as_str();
    happened.or(record["kind"].as_str()).unwrap_or_default()
}

fn run_of(record: &Value) -> Option<String> {
    record["run"].as_str().map(str::to_owned)
}
