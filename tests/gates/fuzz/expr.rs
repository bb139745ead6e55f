//! Expressions: whatever is written, it is one or it is told what is wrong with it, and where.

use quarterdeck::{
    expr::{self, Answer, Facts, Mistake, Query, Truth},
    text::SafeText,
};

use super::{each, fuzz};

const EXPRESSIONS: &[&[u8]] = &[
    b"healthy(*) and not (rolled_out(sts/postgres) or restarts(\"shop/api\") == 0 since start)",
    b"version(api) == \"1.8.2\\\"\\\\\" and ready(api) >= 3 and http(http://a:1/h?x=1).status == 200",
    b"alerts(\"critical\") > 0 or error_rate(\"*\") > 0.1% or p95(api) < 1h30m250ms",
    b"backup_age(postgres) < 1 h 30 min and cert_days(a.b:443) > 30 and free_disk(*) > 20 GiB",
    b"env(A_B) is set and command('x \"y\"') and memory(x) < 80 % and traffic(x) > 0.5 for 10m",
    b"((((not not not healthy(a)))))",
    b"helthy(x) && ready(y) => 1h || (p95(z) < 3 and nothing) for 10 parsecs",
    "healthy(\u{201c}a\u{201d}) \u{2265} 1 and version(\u{e9}) == '\u{202e}'".as_bytes(),
];

/// Nobody knows anything.
struct Nothing;

impl Facts for Nothing {
    fn answer(&self, _: &Query) -> Answer {
        Err(SafeText::EMPTY)
    }
}

/// Mistakes are there, in the text and fit for a screen.
fn shown(text: &str, mistakes: &[Mistake]) {
    assert!(!mistakes.is_empty());
    for mistake in mistakes {
        assert!(text.get(mistake.span.clone()).is_some(), "{mistake:?}");
        assert!(!mistake.words.is_empty() && !mistake.to_string().contains(char::is_control));
    }
}

fn read(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    match expr::parse(&text) {
        Ok(read) => {
            assert_eq!(expr::parse(&read.to_string()).as_ref(), Ok(&read));
            assert_eq!(read.evaluate(&Nothing).truth, Truth::Unknown);
            for (_, place) in read.places() {
                assert!(text.get(place).is_some_and(|written| written.contains('(')));
            }
        }
        Err(mistakes) => shown(&text, &mistakes),
    }
    match expr::parse_soak(&text) {
        Ok(soak) => assert_eq!(expr::parse_soak(&soak.to_string()), Ok(soak)),
        Err(mistakes) => shown(&text, &mistakes),
    }
    if let Err(mistake) = expr::parse_span(&text) {
        shown(&text, &[mistake]);
    }
}

#[test]
fn expressions() {
    fuzz("expressions", EXPRESSIONS, read);
}

#[test]
fn what_is_long_or_deep_ends() {
    let pieces = [
        "(",
        "not ",
        "healthy(a) and ",
        "healthy(",
        "ready(a)>",
        "0 0 ",
        "1h ",
        "a.",
        "\"",
        "==",
        "= ",
        "\u{201c}\\",
    ];
    let inputs: Vec<String> = pieces
        .iter()
        .flat_map(|piece| [4096 / piece.len(), 100_000].map(|times| piece.repeat(times)))
        .collect();
    let inputs: Vec<&[u8]> = inputs.iter().map(String::as_bytes).collect();
    each("long expressions", &inputs, read);
}
