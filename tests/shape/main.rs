//! The shape that ARCHITECTURE.md promises: which folder may use which, and how long a file may be.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

mod arrows;
mod table;

#[test]
fn no_arrow_but_the_tables() {
    let table = table::read(&architecture());
    let mut wrong = Vec::new();
    for (path, source) in sources() {
        let Some(folder) = folder(&path) else {
            continue;
        };
        let Some(allowed) = table.get(&folder) else {
            wrong.push(format!(
                "{}: `{folder}` is not in the table",
                path.display()
            ));
            continue;
        };
        for used in arrows::uses(module(&path).len(), &source) {
            if used != folder && !allowed.contains(&used) {
                wrong.push(format!(
                    "{}: `{folder}` may not use `{used}`",
                    path.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_folder_of_the_table_is_there() {
    let there: BTreeSet<String> = sources().keys().filter_map(|p| folder(p)).collect();
    let table = table::read(&architecture());
    let named: BTreeSet<String> = table.keys().cloned().collect();
    assert_eq!(named, there);
    let root = root();
    for inner in table::inner_folders(&architecture()) {
        assert!(root.join(&inner).is_dir(), "there is no src/{inner}");
    }
}

/// The compiler refuses `unsafe` where it is not allowed by name.
#[test]
fn one_file_alone_may_be_unsafe() {
    let lib = root().join("lib.rs");
    let lib = std::fs::read_to_string(lib).expect("it reads");
    assert!(lib.contains("#![deny(unsafe_code)]"));
    let sources = sources();
    let allowing = sources
        .iter()
        .filter(|(path, source)| !path.ends_with("lib.rs") && source.contains("unsafe_code"));
    let allowing: Vec<_> = allowing
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_eq!(allowing.len(), 1, "{allowing:?}");
    assert!(allowing[0].ends_with("app/memory.rs"), "{allowing:?}");
}

#[test]
fn files_are_short_and_beside_their_folder() {
    let mut wrong = Vec::new();
    for (path, source) in sources() {
        let lines = source.lines().count();
        if lines > 600 {
            wrong.push(format!(
                "{}: {lines} lines; split it before 600",
                path.display()
            ));
        }
        if path.ends_with("mod.rs") {
            wrong.push(format!(
                "{}: foo.rs stands beside foo/, without mod.rs",
                path.display()
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn architecture() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ARCHITECTURE.md");
    std::fs::read_to_string(path).expect("ARCHITECTURE.md is there")
}

/// Every file below `src`, by its path there.
fn sources() -> BTreeMap<PathBuf, String> {
    let root = root();
    let mut folders = vec![root.clone()];
    let mut found = BTreeMap::new();
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("src is readable") {
            let path = entry.expect("src is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).expect("source is UTF-8");
                let below = path.strip_prefix(&root).expect("it is below src");
                found.insert(below.to_owned(), source);
            }
        }
    }
    found
}

/// The module that a file is: `["domain", "service"]` for `domain/service.rs`, none of them for `lib.rs` and `main.rs`.
fn module(path: &Path) -> Vec<String> {
    let names = path.with_extension("");
    let names = names.iter().map(|name| name.to_string_lossy().into_owned());
    let names: Vec<String> = names.collect();
    match names.as_slice() {
        [root] if root == "lib" || root == "main" => Vec::new(),
        _ => names,
    }
}

/// The folder that a file belongs to.
fn folder(path: &Path) -> Option<String> {
    module(path).into_iter().next()
}
