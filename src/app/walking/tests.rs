use std::{fs, path::Path};

use tokio::time::timeout;

use super::*;
use crate::{
    app::conduct::Beginning,
    config::settings::Settings,
    domain::{capabilities::Capabilities, fixture},
    journal::record::{Backup, Record},
    plan::record,
    platform::InFlight,
    state::update,
};

const SOON: Duration = Duration::from_secs(10);

/// A host with a list, whose consoles share a journal.
struct Host(tempfile::TempDir);

impl Host {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let list = "- [ ] Orders are kept `check: backup_age(db) < 1h`\n";
        fs::write(folder.path().join("day.md"), list).expect("it is written");
        Self(folder)
    }

    fn list(&self) -> PathBuf {
        self.0.path().join("day.md")
    }

    fn ledger(&self) -> Arc<Ledger> {
        Arc::new(Ledger::new(Some(self.0.path().join("state"))))
    }

    /// Another console, which begins a run at a place.
    fn begins(&self, identity: &str) -> (Conductor, RunId) {
        let other = Conductor::new(self.ledger());
        let beginning = Beginning {
            identity,
            place: &Place::default(),
            file: &self.list(),
            list: None,
            known: None,
            by: text("ana"),
            at: Timestamp::UNIX_EPOCH,
        };
        let begun = other.start(beginning.prepared().expect("it is a list"));
        let run = begun.expect("it begins").run;
        (other, run)
    }

    /// A console that looks at the place `here`.
    fn console(&self) -> Console {
        let (answers, heard) = mpsc::channel(256);
        let walking = Walking::new(
            &Handle::current(),
            &self.ledger(),
            vec![self.list()],
            answers,
        );
        let mut model = Model::default();
        let here = fixture::state("here", Vec::new());
        let _ = update(&mut model, Msg::Source(Box::new(here)));
        Console {
            walking,
            heard,
            model,
        }
    }
}

struct Console {
    walking: Walking,
    heard: mpsc::Receiver<Msg>,
    model: Model,
}

impl Console {
    fn wants(&mut self, work: ChecklistWork) {
        let hands = Hands::new(
            &mpsc::channel(1).0,
            &Capabilities::default(),
            &Settings::default(),
            InFlight::default(),
        );
        self.walking
            .carry_out(work, hands, &Settings::default(), &self.model);
    }

    /// Waits for the word that is meant.
    async fn hears<T>(&mut self, meant: impl Fn(ChecklistMsg) -> Option<T>) -> T {
        let heard = async {
            loop {
                let msg = self.heard.recv().await.expect("the console lives");
                if let Msg::Checklist(msg) = msg
                    && let Some(meant) = meant(msg)
                {
                    return meant;
                }
            }
        };
        timeout(SOON, heard).await.expect("it is told")
    }

    async fn opens(&mut self, list: &Path) -> RunId {
        self.wants(ChecklistWork::Start {
            file: list.to_owned(),
            list: None,
            by: text("bob"),
        });
        let opened = |msg| match msg {
            ChecklistMsg::Opened(_, opened) => Some(opened.run),
            _ => None,
        };
        self.hears(opened).await
    }
}

fn text(words: &str) -> SafeText {
    SafeText::line(words)
}

#[tokio::test]
async fn runs_that_other_consoles_began_since_are_offered() {
    let found = |msg| match msg {
        ChecklistMsg::Found(_, found) => Some(found),
        _ => None,
    };
    let host = Host::new();
    let mut bob = host.console();
    bob.wants(ChecklistWork::Offer);
    assert_eq!(bob.hears(found).await, []);
    let (_ana, run) = host.begins("here");
    let (_eve, _) = host.begins("elsewhere");
    bob.wants(ChecklistWork::Offer);
    let offered = bob.hears(found).await;
    let is: Vec<_> = offered.iter().map(|is| (&is.run, is.hold)).collect();
    assert_eq!(is, [(&run, Hold::Other)]);
}

#[tokio::test]
async fn a_list_that_speaks_of_what_is_not_there_is_not_begun() {
    let host = Host::new();
    fs::write(host.list(), "- [ ] one\n- [ ] two `do: restart wbe`\n").expect("it is written");
    let mut bob = host.console();
    bob.model.source.health = SourceHealth::Live;
    bob.wants(ChecklistWork::Offer);
    let offered = |msg| match msg {
        ChecklistMsg::Offered(offered) => Some(offered),
        _ => None,
    };
    let offered = bob.hears(offered).await;
    let mistakes: Vec<_> = offered[0].mistakes.iter().map(SafeText::as_str).collect();
    assert!(
        matches!(mistakes[..], [one] if one.contains("wbe") && one.contains(":2:")),
        "{mistakes:?}"
    );
    bob.wants(ChecklistWork::Start {
        file: host.list(),
        list: None,
        by: text("bob"),
    });
    let refused = |msg| match msg {
        ChecklistMsg::Refused(why) => Some(why),
        ChecklistMsg::Opened(..) => Some(text("begun")),
        _ => None,
    };
    let why = bob.hears(refused).await;
    assert!(why.contains("wbe"), "{why}");
}

#[tokio::test]
async fn a_rehearsal_offers_no_runs() {
    let host = Host::new();
    let (_ana, _) = host.begins("here");
    let mut bob = host.console();
    bob.model.place.simulated = true;
    bob.wants(ChecklistWork::Offer);
    // What is told of it comes last.
    bob.wants(ChecklistWork::Resume {
        run: RunId(text("none")),
        by: text("bob"),
    });
    let end = |msg| match msg {
        ChecklistMsg::Found(..) => Some(true),
        ChecklistMsg::Refused(_) => Some(false),
        _ => None,
    };
    assert!(!bob.hears(end).await, "it found runs");
}

#[tokio::test]
async fn a_backup_that_another_console_makes_is_told_while_a_list_is_open() {
    let host = Host::new();
    let mut bob = host.console();
    bob.opens(&host.list()).await;
    let target = |cluster: &str, service: &str| record::Target {
        cluster: cluster.into(),
        service: service.into(),
        ..record::Target::default()
    };
    let backup = |target| {
        Record::Backup(Backup {
            operation: None,
            target,
            what: "orders".into(),
            place: "orders.dump".into(),
            bytes: 1,
            sha256: "".into(),
            checked: "restored".into(),
        })
    };
    let ledger = host.ledger();
    let journal = ledger.journal().expect("there is one");
    let made = [
        backup(target("elsewhere", "cache")),
        backup(target("here", "db")),
    ];
    journal.write_all(&made).expect("they are written");
    let backups = |msg| match msg {
        ChecklistMsg::BackedUp(_, backups) => Some(backups),
        _ => None,
    };
    let told = bob.hears(backups).await;
    let names: Vec<_> = told
        .iter()
        .map(|(service, _)| service.name.as_str())
        .collect();
    assert_eq!(names, ["db"]);
}

#[tokio::test]
async fn nothing_is_asked_for_a_list_that_is_closed() {
    let host = Host::new();
    let mut bob = host.console();
    let run = bob.opens(&host.list()).await;
    let query = || Query::Command(text("./smoke"));
    bob.wants(ChecklistWork::Ask(run.clone(), vec![query()]));
    let answered = |msg| matches!(msg, ChecklistMsg::Answered(_)).then_some(());
    bob.hears(answered).await;
    // That one which was not shown is closed takes nothing from the one which is.
    bob.wants(ChecklistWork::Close(RunId(text("another"))));
    bob.hears(answered).await;
    bob.hears(answered).await;
    bob.wants(ChecklistWork::Close(run));
    // Somebody else, who goes on asking the same at the same pace.
    let (tell, mut answers) = mpsc::channel(64);
    let now: Now = Arc::new(|| Timestamp::UNIX_EPOCH);
    let mut other = Asking::new(Handle::current(), Asker::simulated(), now, tell);
    other.want([query()]);
    for _ in 0..4 {
        let _ = answers.recv().await.expect("it is asked");
    }
    let mut late = 0;
    while let Ok(msg) = bob.heard.try_recv() {
        late += usize::from(matches!(msg, Msg::Checklist(ChecklistMsg::Answered(_))));
    }
    assert!(late < 2, "asked {late} times more");
}
