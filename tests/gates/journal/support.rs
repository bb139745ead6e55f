//! A journal in a temporary folder, and children of this very test binary that write to one.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use quarterdeck::journal::record::Record;
use quarterdeck::journal::{self, Entry, Filter, Journal, Note, Options, Report, Storage, Who};
use quarterdeck::plan::record::{
    Facts, Label, OperationEnd, OperationId, OperationResult, OperationStart, Recorder, StepIntent,
    StepName, StepOutcome, StepResult, Target,
};

/// Where a child finds its journal.
const ROOT: &str = "JOURNAL_GATE_ROOT";

pub(super) fn who() -> Who {
    Who::here("ana")
}

/// No system log, and small segments so that a test sees several.
pub(super) fn options() -> Options {
    Options {
        syslog: PathBuf::from("/nonexistent/log"),
        segment_bytes: 4 << 10,
        ..Options::default()
    }
}

pub(super) fn open(root: &Path) -> Journal {
    journal::open_with(root, who(), options()).unwrap()
}

pub(super) fn open_on(root: &Path, storage: Arc<dyn Storage>) -> Journal {
    let options = Options {
        storage,
        ..options()
    };
    journal::open_with(root, who(), options).unwrap()
}

pub(super) fn note(text: impl Into<String>) -> Record {
    Record::Note {
        text: Label::from(text.into()),
    }
}

pub(super) fn target() -> Target {
    Target {
        context: "default".into(),
        cluster: "daemon-1".into(),
        project: "shop".into(),
        service: "api".into(),
        objects: vec!["c0ffee".into()],
    }
}

pub(super) fn start(steps: u16) -> OperationStart {
    let step = |n| StepName {
        verb: "create".into(),
        object: format!("shop-api-{n}").into(),
    };
    OperationStart {
        action: "rollout".into(),
        target: target(),
        by: "ana".into(),
        reason: "OPS-7".into(),
        before: Facts {
            image: Some("shop/api:v1".into()),
            ..Facts::default()
        },
        after: Facts {
            image: Some("shop/api:v2".into()),
            ..Facts::default()
        },
        steps: (1..=steps).map(step).collect(),
        resumes: None,
    }
}

pub(super) fn intent(operation: &OperationId, step: u16) -> StepIntent {
    StepIntent {
        operation: operation.clone(),
        step,
        verb: "create".into(),
        object: format!("shop-api-{step}").into(),
        object_id: Label::default(),
        before: Facts::default(),
        after: Facts::default(),
    }
}

pub(super) fn done() -> StepOutcome {
    StepOutcome {
        result: StepResult::Done,
        object_id: "beef".into(),
    }
}

/// Works through an operation; `send` is called where a request would leave.
pub(super) fn operate(journal: &Journal, steps: u16, send: impl FnMut(&OperationId, u16)) {
    carry_out(journal, &start(steps), send);
}

/// As [`operate`], with an operation of one's own.
pub(super) fn carry_out(
    journal: &Journal,
    start: &OperationStart,
    mut send: impl FnMut(&OperationId, u16),
) {
    let operation = journal.begin(start).unwrap();
    for step in 1..=start.steps.len() as u16 {
        let receipt = journal.intent(&intent(&operation, step)).unwrap();
        send(&operation, step);
        journal.outcome(&receipt, &done()).unwrap();
    }
    let result = OperationResult::Verified;
    let after = Facts::default();
    journal
        .end(&OperationEnd {
            operation,
            result,
            after,
        })
        .unwrap();
}

pub(super) fn entries(journal: &Journal) -> Vec<Entry> {
    journal.search(&Filter::default()).unwrap()
}

/// The journal's segments, in order.
pub(super) fn segments(root: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(root.join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "jsonl")
        })
        .collect();
    paths.sort();
    paths
}

/// Panics unless all entries fit; returns what else the report says.
pub(super) fn assert_fits(journal: &Journal) -> Report {
    let report = journal.verify().unwrap();
    if let Some(mismatch) = &report.mismatch {
        panic!("{mismatch}");
    }
    report
}

/// Whether `audit verify` would say something to an operator about the bytes that stand there.
pub(super) fn complains(report: &Report) -> bool {
    report.mismatch.is_some()
        || report
            .notes
            .iter()
            .any(|n| matches!(n, Note::TornTail { .. }))
}

/// A child that runs the test `name` of this binary on the journal in `root`.
pub(super) fn child(name: &str, root: &Path) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(ROOT, root);
    command
}

/// The journal's root in a child; `None` when the test runs by itself, and has nothing to do.
pub(super) fn child_root() -> Option<PathBuf> {
    env::var_os(ROOT).map(PathBuf::from)
}

/// A number that the parent set.
pub(super) fn number(name: &str) -> Option<usize> {
    env::var(name).ok()?.parse().ok()
}
