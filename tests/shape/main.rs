//! The shape that ARCHITECTURE.md promises: which folder may use which, and how long a file may be.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each folder of `src`, and the folders that it may use.
const ARROWS: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("domain", &["text"]),
    ("expr", &["domain", "text"]),
    // Names in plans are SafeText, as they are in `domain`.
    ("plan", &["domain", "text"]),
    ("state", &["domain", "expr", "plan", "text"]),
    ("ui", &["state", "domain", "plan", "text"]),
    ("config", &["domain"]),
    ("platform", &["domain", "plan", "text"]),
    ("signal", &["domain", "expr", "text"]),
    ("backup", &["domain", "expr", "plan", "text"]),
    ("checklist", &["domain", "expr", "plan", "text"]),
    ("journal", &["domain", "expr", "plan", "text"]),
    (
        "app",
        &[
            "text",
            "domain",
            "expr",
            "plan",
            "state",
            "ui",
            "config",
            "platform",
            "signal",
            "backup",
            "checklist",
            "journal",
            "cli",
        ],
    ),
    (
        "cli",
        &[
            "text",
            "domain",
            "expr",
            "plan",
            "state",
            "config",
            "platform",
            "signal",
            "backup",
            "checklist",
            "journal",
            "app",
        ],
    ),
];

#[test]
fn no_arrow_but_the_tables() {
    let mut wrong = Vec::new();
    for (path, source) in sources() {
        let Some(folder) = folder(&path) else {
            continue;
        };
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == folder) else {
            wrong.push(format!(
                "{}: `{folder}` is not in the table",
                path.display()
            ));
            continue;
        };
        for used in uses(&source) {
            if used != folder && !allowed.contains(&used.as_str()) {
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
fn uses_are_found_in_every_form() {
    let source = "use crate::text::SafeText;\nuse crate::{domain::{Service, plan}, state};\n\
        pub(crate) fn f() -> crate::ui::Frame {} // crate::cli\n/// [`crate::app`]";
    let expected = ["domain", "state", "text", "ui"].map(str::to_owned);
    assert_eq!(uses(source), BTreeSet::from(expected));
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

/// Every file below `src`, by its path there.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).expect("src is readable") {
            let path = entry.expect("src is readable").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).expect("source is UTF-8");
                found.push((
                    path.strip_prefix(&root)
                        .expect("it is below src")
                        .to_owned(),
                    source,
                ));
            }
        }
    }
    found.sort();
    found
}

/// The folder that a file belongs to: `domain` for `domain.rs` and `domain/service.rs`; none for `lib.rs` and `main.rs`.
fn folder(path: &Path) -> Option<String> {
    let first = path.iter().next()?.to_str()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    (name != "lib" && name != "main").then(|| name.to_owned())
}

/// The names right after each `crate::`, outside comments.
fn uses(source: &str) -> BTreeSet<String> {
    let code: String = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    let mut found = BTreeSet::new();
    for (at, prefix) in code.match_indices("crate::") {
        let rest = &code[at + prefix.len()..];
        if let Some(group) = rest.strip_prefix('{') {
            found.extend(names_of_group(group));
        } else {
            found.extend(name(rest));
        }
    }
    found
}

/// `a` and `b` of `a::{x, y}, b}…`.
fn names_of_group(group: &str) -> Vec<String> {
    let (mut depth, mut at_name, mut names) = (0, true, Vec::new());
    for (at, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_name = true,
            _ if at_name && !character.is_whitespace() => {
                names.extend(name(&group[at..]));
                at_name = false;
            }
            _ => {}
        }
    }
    names
}

/// The module that a path begins with; the macro of `text` stands at the crate's root, as macros do.
fn name(text: &str) -> Option<String> {
    let end = text
        .find(|character: char| !character.is_alphanumeric() && character != '_')
        .unwrap_or(text.len());
    (end > 0).then(|| match &text[..end] {
        "safe" => "text".to_owned(),
        module => module.to_owned(),
    })
}
