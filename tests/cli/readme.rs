//! The README's tables are those of the program.

use quarterdeck::cli::readme;

#[test]
fn the_tables_are_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let text = std::fs::read_to_string(path).expect("README.md is readable");
    let renewed =
        readme::renewed(&text).unwrap_or_else(|part| panic!("README.md has no markers of {part}"));
    if std::env::var_os("UPDATE_README").is_some() {
        std::fs::write(path, renewed).expect("README.md is writable");
        return;
    }
    assert!(
        text == renewed,
        "README.md is not what the program says; UPDATE_README=1 cargo test --test cli readme"
    );
}
