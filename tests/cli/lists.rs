//! What of a list is told before it is walked: why it cannot be rehearsed, and what in it is no text.

use std::fs;

use crate::run::Home;

/// What is refused before a rehearsal opens, and the words that say what to do.
#[test]
fn what_cannot_be_rehearsed_says_why_and_what_to_do() {
    let home = Home::new();
    let write = |name: &str, text: &str| {
        let path = home.path().join(name);
        fs::write(&path, text).expect("the home is writable");
        path.display().to_string()
    };
    let wrong = write(
        "wrong.md",
        "# A\n- [ ] a `chek: healthy(*)`\n- [ ] b `check: helthy(*)`\n",
    );
    let others = write("others.md", "# A\n- [ ] a `check: healthy(billing)`\n");
    let prose = write("prose.md", "# Notes\nNothing to walk.\n");
    let away = home.path().join("away.md").display().to_string();
    for (code, list, says) in [
        (
            1,
            wrong,
            &["wrong.md:2:10", "did you mean `check`?", "wrong.md:3:17"][..],
        ),
        (
            1,
            others,
            &[
                "others.md:2:17",
                "there is no service `billing`",
                "quarterdeck demo --list",
            ],
        ),
        (
            1,
            prose,
            &[
                "no list in this file",
                "quarterdeck checklist new deploy-day",
            ],
        ),
        (2, away, &["away.md cannot be read", "name a Markdown file"]),
    ] {
        let ran = home.run(&["demo", "--checklist", &list]).ends(code);
        for words in says {
            assert!(ran.err.contains(words), "{words}: {}", ran.err);
        }
        assert_eq!(ran.out, "", "nothing is opened");
    }
    let ran = home.run(&["demo", "--checklist"]).ends(2);
    let says = "three-tier-template has no list of its own: name a file";
    assert!(
        ran.err.contains(says) && ran.err.contains("ancient-compute"),
        "{}",
        ran.err
    );
}

#[test]
fn what_is_no_text_in_a_list_is_told_with_its_place() {
    let home = Home::new();
    let list = home.path().join("odd.md");
    let text = "\u{feff}# A\r\n- [ ] a\u{202e}b\u{200b}\r\n- [ ] 👩\u{200d}💻\t日本\n- [ ] c \u{1b}[2J `check: healthy(*)`\n";
    fs::write(&list, text).expect("the home is writable");
    let ran = home
        .run(&["checklist", "lint", &list.display().to_string()])
        .ends(0);
    for told in [
        "odd.md:2:8",
        "U+202E is not text",
        "odd.md:4:9",
        "U+001B is not text",
        "can be walked: 3 steps in 1 list, 2 warnings",
    ] {
        assert!(ran.out.contains(told), "{told}: {}", ran.out);
    }
    crate::hostile::harmless(&ran.out);
}
