//! The table under "Where things are" in ARCHITECTURE.md.

use std::collections::{BTreeMap, BTreeSet};

/// The cells of each row: the folder as written, and what it may use.
fn rows(architecture: &str) -> Vec<(&str, &str)> {
    let (_, table) = architecture
        .split_once("## Where things are")
        .expect("the chapter is there");
    let rows = table.lines().skip_while(|line| !line.starts_with('|'));
    let rows = rows.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [folders, _, may_use] = cells.as_slice() else {
            panic!("three cells a row: {row}")
        };
        (*folders, *may_use)
    })
    .collect()
}

/// The folders that a cell names: `backup` and `journal` of "`backup/`, `journal/`".
fn folders(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

/// Each folder of `src`, and the folders that it may use.
pub(crate) fn read(architecture: &str) -> BTreeMap<String, BTreeSet<String>> {
    let rows = rows(architecture);
    let first = |folder: &str| folder.split('/').next().unwrap_or_default().to_owned();
    let all: BTreeSet<String> = rows
        .iter()
        .flat_map(|(cell, _)| folders(cell).map(first))
        .collect();
    let mut table = BTreeMap::new();
    for (cell, may_use) in rows {
        for folder in folders(cell) {
            let known = table.insert(first(folder), named(may_use, &all));
            assert_eq!(known, None, "{folder} stands in the table twice");
        }
    }
    table
}

/// The folders of a cell such as "domain, plan (types alone), text", "all", "all but ui" or "–".
fn named(cell: &str, all: &BTreeSet<String>) -> BTreeSet<String> {
    if let Some(rest) = cell.strip_prefix("all") {
        let without = rest.trim().strip_prefix("but").map(str::trim);
        let without = without.map_or_else(BTreeSet::new, |but| named(but, all));
        return all.difference(&without).cloned().collect();
    }
    let names = cell.split(',').filter_map(|name| {
        let name = name.split('(').next().unwrap_or_default().trim();
        (name != "–").then(|| name.to_owned())
    });
    let names: BTreeSet<String> = names.collect();
    for name in &names {
        assert!(all.contains(name), "`{name}` in “{cell}” is no folder");
    }
    names
}

/// The folders within folders that the table names: `platform/docker` and `platform/sim` of `platform/{docker,sim}/`.
pub(crate) fn inner_folders(architecture: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (cell, _) in rows(architecture) {
        for folder in folders(cell) {
            if let Some((outer, inner)) = folder.split_once("/{") {
                let inner = inner.trim_end_matches(['/', '}']).split(',');
                found.extend(inner.map(|inner| format!("{outer}/{inner}")));
            }
        }
    }
    found
}

#[test]
fn the_table_is_read_as_people_read_it() {
    let table = read(
        "## Where things are\n\n| folder | holds | may use |\n| --- | --- | --- |\n| `text/` | a | – |\n\
         | `on/{a,b}/` | b | text (types) |\n| `x/`, `y/` | c | text, on |\n| `cli/` | d | all but x |\n\nmore",
    );
    let names = |of: &str| table[of].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(names("text"), [""; 0]);
    assert_eq!(names("on"), ["text"]);
    assert_eq!(names("y"), ["on", "text"]);
    assert_eq!(names("cli"), ["cli", "on", "text", "y"]);
}
