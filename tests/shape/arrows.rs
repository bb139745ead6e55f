//! Which folders a source file uses, whichever way it spells the path.

use std::collections::BTreeSet;

/// What the file names at the root of the crate, outside comments: after `crate::`, or after as many `super::` as it takes.
/// `depth` is how far below the root the file's module is.
pub(crate) fn uses(depth: usize, source: &str) -> BTreeSet<String> {
    let code: String = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n")
        .collect();
    let mut paths = Vec::new();
    for head in ["crate::", "super::"] {
        let within = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '$');
        let heads = code
            .match_indices(head)
            .map(|(at, _)| at)
            .filter(|&at| !code[..at].ends_with(within));
        for at in heads {
            let depth = depth + usize::from(in_inline_module(&code[..at]));
            let mut found = Vec::new();
            tree(&code[at..], &[], &mut found);
            paths.extend(found.iter().filter_map(|path| at_root(path, depth)));
        }
    }
    paths.into_iter().collect()
}

/// Whether an inline module, such as the tests at a file's end, is open after this code.
fn in_inline_module(before: &str) -> bool {
    let open = before.match_indices("\nmod ").filter_map(|(at, _)| {
        let line = before[at + 1..].lines().next()?;
        line.ends_with('{').then_some(at)
    });
    open.last().is_some_and(|at| !before[at..].contains("\n}"))
}

/// The name that a path has at the root; none where it does not get there.
fn at_root(path: &[String], depth: usize) -> Option<String> {
    let up = path.iter().take_while(|name| *name == "super").count();
    let name = match path.first()?.as_str() {
        "crate" => path.get(1)?,
        _ if up == depth => path.get(up)?,
        _ => return None,
    };
    // The macro of `text` stands at the crate's root, as macros do.
    Some(if name == "safe" { "text" } else { name }.to_owned())
}

/// The paths of a tree such as `a::{b::c, super::d}`; says how many bytes of the text it takes.
fn tree(text: &str, prefix: &[String], found: &mut Vec<Vec<String>>) -> usize {
    let mut path = prefix.to_vec();
    let mut at = 0;
    loop {
        let name: String = text[at..]
            .chars()
            .take_while(|c| c.is_alphanumeric() || *c == '_')
            .collect();
        at += name.len();
        if name.is_empty() {
            break;
        }
        path.push(name);
        if !text[at..].starts_with("::") {
            break;
        }
        at += 2;
    }
    if !text[at..].starts_with('{') {
        found.push(path);
        return at;
    }
    at += 1;
    while let Some(next) = text[at..].chars().next().filter(|c| *c != '}') {
        if next.is_alphanumeric() || next == '_' {
            at += tree(&text[at..], &path, found);
            // What follows `as` is a name of its own.
            at += text[at..].find([',', '}']).unwrap_or(text.len() - at);
        } else {
            at += next.len_utf8();
        }
    }
    at + 1
}

#[test]
fn uses_are_found_in_every_form() {
    let names = |depth, source| uses(depth, source).into_iter().collect::<Vec<_>>();
    let source = "use crate::text::SafeText;\nuse crate::{domain::{Service, plan}, state};\n\
        pub(crate) fn f() -> crate::ui::Frame {} // crate::cli\n/// [`crate::app`]\n safe!(1); crate::safe!(2)";
    assert_eq!(names(2, source), ["domain", "state", "text", "ui"]);
    assert_eq!(
        names(2, "use super::super::{ui::Look, platform};"),
        ["platform", "ui"]
    );
    assert_eq!(
        names(
            2,
            "use super::{\n    super::{app as a, cli::*},\n    ui,\n};"
        ),
        ["app", "cli"]
    );
    assert_eq!(names(3, "use super::super::ui;"), [""; 0]);
    assert_eq!(names(1, "use super::ui;"), ["ui"]);
    let inline =
        "use super::app;\nmod tests {\n    use super::ui;\n    use super::super::cli;\n}\n";
    assert_eq!(names(1, inline), ["app", "cli"]);
}
