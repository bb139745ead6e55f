//! Lists: any file is a list, or mistakes with line and column; and what is left of a run reads as that list again.

use std::path::Path;
use std::sync::Arc;

use quarterdeck::checklist::{self, Known, Run, Start, record};
use quarterdeck::config::report::{Report, Source};
use quarterdeck::domain::service::{Service, ServiceId};
use quarterdeck::text::SafeText;

use super::{each, fuzz};

const LISTS: &[&[u8]] = &[
    b"---\nname: Deploy day\nabort-when: alerts(\"critical\") > 0 or error_rate(api) > 1%\nplanned: 1h\n---\n\
      ## Before\n- [ ] Backup `do: backup postgres` `check: backup_age(postgres) < 1h` `killer`\n\
      - [x] Quiet `soak: error_rate(*) < 0.1% for 10m` `owner: ana`\n- [ ] Go / no-go `gate`\n",
    b"# A\n* [ ] one `timeout: 5m`\n  more `chek: healthy(*)`\n\n  again\n  - [ ] two\n    1. three\n\n    ```sh\n    make\n    ```\n> + [ ] four\n",
    b"## Up\n```bash\n1. Build\n   make\n2. Start: make up\n3. Verify\n```\n## Down\n1. one\n   - a\n2. two\n\n1) [ ] three\n",
    b"- [ ] a\r\n- [ ] b ``check: version(api) == \"`1`\"``\r\n| a | - [ ] b |\r\n| --- | --- |\r\n~~- [ ] c~~\r\n<!-- - [ ] d -->\r\n",
    b"\xef\xbb\xbf---\nenvironment: 'production'\n---\n- - - 1. [ ] deep `do: scale api 3` `do: rollout api` `check: command('smoke')`\n===\n- [ ] `gate` `killer` e\n",
];

fn source(input: &[u8]) -> Arc<Source> {
    Source::new(Path::new("fuzz.md"), String::from_utf8_lossy(input))
}

fn known() -> Known {
    Known {
        services: Some(vec![Arc::new(Service {
            id: ServiceId {
                group: SafeText::name("shop"),
                name: SafeText::name("api"),
            },
            ..Service::default()
        })]),
        set_up: Vec::new(),
        commands: vec![SafeText::name("smoke --quick")],
    }
}

/// Every problem has a line and a column, and can be shown.
fn placed(report: &Report, source: &Source) {
    for problem in report.problems() {
        let (line, column) = problem.place().line_and_column().expect("it has a place");
        assert!(
            line >= 1 && line <= source.text().matches('\n').count() + 1,
            "{problem:?}"
        );
        assert!(column >= 1, "{problem:?}");
        assert!(
            !problem.to_string().contains(char::is_control),
            "{problem:?}"
        );
    }
    // Drawing takes most of the time, so that not every report is drawn.
    if report.problems().len() % 5 == 1 {
        let text = report.mistakes(false);
        assert!(
            text.chars().all(|c| c == '\n' || !c.is_control()),
            "{text:?}"
        );
    }
}

fn reads(input: &[u8]) {
    let (source, known) = (source(input), known());
    let reading = match checklist::read(&source, Some(&known)) {
        Ok(reading) => reading,
        Err(report) => {
            assert!(report.is_wrong());
            return placed(&report, &source);
        }
    };
    placed(&reading.warnings, &source);
    let document = Arc::new(reading.document);
    let numbers = document.items().map(|item| item.id.0);
    assert!(numbers.eq(1..=document.items().count() as u32));
    for list in &document.lists {
        let picked = document
            .pick(Some(&list.name))
            .expect("it is there by its name");
        assert!(std::ptr::eq(picked[0], list), "{}", list.name);
    }
    let at = "2026-11-21T14:02:11Z".parse().expect("a time");
    let start = Start::of(&document, at);
    if let Ok(run) = Run::new(Arc::clone(&document), start, SafeText::name("ana"), at) {
        assert_eq!(run.progress().0, 0);
        assert!(record::markdown(&run).len() >= source.text().len());
    }
}

#[test]
fn lists() {
    fuzz("lists", LISTS, reads);
}

#[test]
fn a_file_of_marks_is_gone_over_once() {
    let marks = [
        "- ",
        "> ",
        "1. ",
        "- [ ] ",
        "- [ ] a\n",
        "`",
        "```\n",
        "[",
        "*a_ ",
        "1. a\n",
        "\n---\n",
        "- [ ] `check: `\n",
        "# a\n- [ ] b\n",
        "<!--",
        "- [ ] `killer` a\n",
        "((",
        "- [ ] `check: not not`\n",
    ];
    let inputs = marks.map(|mark| mark.repeat(16_384 / mark.len()));
    let deep = format!("- [ ] a `check: {}`\n", "not (".repeat(3_000));
    let head = format!("---\n{}---\n- [ ] a\n", "a: b\n".repeat(3_000));
    let inputs: Vec<&[u8]> = inputs
        .iter()
        .chain([&deep, &head])
        .map(String::as_bytes)
        .collect();
    each("marks", &inputs, reads);
}
