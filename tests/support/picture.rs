//! Pictures of a real console: what of its screen is the same each time, compared with what is kept beside the test.

use std::{fs, path::Path, thread, time::Duration};

use regex::Regex;

use super::{
    console::Console,
    wait::{SOON, deadline, left},
};

/// What differs from one time to the next, and what stands for it. What is as wide as its room is last.
const LIVE: [(&str, &str); 17] = [
    (r"\bshop@\S+", "shop@there"),
    (r"\b(PostgreSQL|pg_dump) [\d.]+", "$1 n"),
    // However long it is, and so wherever it is cut.
    (r"(\s)/\S+", "${1}PATH"),
    (r"\bexport [0-9a-z-]+", "export RUN"),
    (r"\([0-9a-f]{12}\)", "(…)"),
    (r"\d\d:\d\d:\d\d", "hh:mm:ss"),
    (r"\d+:\d\d\b", "mm:ss"),
    (r"sha256:[0-9a-f]+…?", "sha256:…"),
    (r"\bplan [0-9a-f]{4}\b", "plan …"),
    (r"\b(run|op)-[0-9a-z-]+", "$1-…"),
    (r"\d+(\.\d+)? ?(B|KiB|MiB|GiB)\b", "n bytes"),
    (r"<?\b\d+ ?(ms|s|m|min|h|d)\b( \d+ ?[smhd]\b)?", "a while"),
    // Of the machine that the test runs on: what little is left of its disk.
    (r"  \d+ (critical|warning)\b", ""),
    ("[█░]+", "█"),
    (" {3,}", "  "),
    ("─{2,}", "──"),
    ("═{2,}", "══"),
];

/// Compares what the console shows with the picture of that name, as soon as it shows that. Names that only this run of the
/// test has are given with what stands for them.
#[track_caller]
pub(crate) fn compare(console: &Console, name: &str, own: &[(&str, &str)]) {
    let family = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let folder = family.join(env!("CARGO_CRATE_NAME")).join("snapshots");
    let kept = fs::read_to_string(folder.join(format!("{name}.snap")));
    let kept = kept
        .ok()
        .and_then(|text| text.splitn(3, "---\n").nth(2).map(str::to_owned));
    let end = deadline(SOON);
    let mut shown = stable(&console.screen(), own);
    while kept.as_ref().is_some_and(|kept| kept.trim_end() != shown) && !left(end).is_zero() {
        thread::park_timeout(Duration::from_millis(20));
        shown = stable(&console.screen(), own);
    }
    insta::with_settings!(
        { snapshot_path => folder, prepend_module_to_snapshot => false, omit_expression => true },
        { insta::assert_snapshot!(name, shown) }
    );
}

/// The rows that are the same each time, without what lives in them: of a plan its frame alone, else all but logs and notices.
fn stable(screen: &str, own: &[(&str, &str)]) -> String {
    let rows: Vec<&str> = screen.lines().collect();
    let ends = |row: &&str| row.starts_with(['└', '╚']);
    let mut text = plan(&rows).unwrap_or_else(|| {
        let is_logs = |row: &&str| row.contains("what the step is about");
        let last = rows.iter().position(|row| is_logs(row) || ends(row));
        let shown = rows[..last.unwrap_or(rows.len())].iter();
        let shown: Vec<&str> = shown.chain(rows.last()).copied().collect();
        shown.join("\n")
    });
    for (name, stands) in own {
        text = text.replace(name, stands);
    }
    for (live, stands) in LIVE {
        let live = Regex::new(live).expect("a pattern");
        text = live.replace_all(&text, stands).into_owned();
    }
    let rows: Vec<&str> = text.lines().map(str::trim_end).collect();
    rows.join("\n").trim_end().to_owned()
}

/// What stands in the frame of a plan, where one is shown.
fn plan(rows: &[&str]) -> Option<String> {
    let title = Regex::new(r"[┌╔] [^┌╔]* plan [0-9a-f]{4} ─*═*[┐╗]").expect("a pattern");
    let (first, found) = rows
        .iter()
        .enumerate()
        .find_map(|(at, row)| Some((at, title.find(row)?)))?;
    let before = rows[first][..found.start()].chars().count();
    let columns = found.as_str().chars().count();
    let cut = |row: &&str| row.chars().skip(before).take(columns).collect::<String>();
    let all = rows[first..].iter().map(cut);
    let frame = all.take_while(|row| !row.starts_with(['└', '╚']));
    Some(frame.collect::<Vec<_>>().join("\n"))
}
