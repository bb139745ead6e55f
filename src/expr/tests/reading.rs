use std::time::Duration;

use crate::{
    domain::alert::Severity,
    expr::{FUNCTIONS, HttpField, Measure, Query, Subject, parse, parse_soak, parse_span},
    text::SafeText,
};

#[test]
fn what_is_written_is_read_and_written_again() {
    for (text, canonical) in [
        ("healthy(x)", "healthy(x)"),
        ("healthy(\"shop/api\")", "healthy(shop/api)"),
        ("healthy('a b')", "healthy(\"a b\")"),
        (r#"healthy("a\"b\\c")"#, r#"healthy("a\"b\\c")"#),
        ("healthy( * )", "healthy(*)"),
        ("healthy(\"*\")", "healthy(*)"),
        ("ready(sts/postgres)>=3", "ready(sts/postgres) >= 3"),
        ("ready(x) != 0", "ready(x) != 0"),
        ("version(x) == '1.8.2'", "version(x) == \"1.8.2\""),
        ("rolled_out(x)", "rolled_out(x)"),
        (
            "restarts(x) == 0 since start",
            "restarts(x) == 0 since start",
        ),
        ("restarts(x) <= 2", "restarts(x) <= 2"),
        ("backup_age(postgres) < 90m", "backup_age(postgres) < 1h30m"),
        ("backup_age(x) < 1 h 30 min", "backup_age(x) < 1h30m"),
        ("backup_age(x) < 7d", "backup_age(x) < 7d"),
        ("alerts(\"critical\") == 0", "alerts(critical) == 0"),
        ("alerts(*) < 5", "alerts(*) < 5"),
        (
            "http(https://a:8/h?x=1&y=2).status == 200",
            "http(\"https://a:8/h?x=1&y=2\").status == 200",
        ),
        (
            "http(kubernetes://shop/api:web/h?x=1).status == 200",
            "http(\"kubernetes://shop/api:web/h?x=1\").status == 200",
        ),
        (
            "http(http://a).latency < 250 ms",
            "http(http://a).latency < 250ms",
        ),
        ("p95(x) < 0s", "p95(x) < 0s"),
        ("p95(x) < 1500ms", "p95(x) < 1s500ms"),
        ("error_rate(*) < 0.1 %", "error_rate(*) < 0.1%"),
        ("traffic(x) > 0.5", "traffic(x) > 0.5"),
        ("cert_days(a.b:8443) > 30", "cert_days(a.b:8443) > 30"),
        ("free_disk(*) > 20%", "free_disk(*) > 20%"),
        ("free_disk(*) > 20 GiB", "free_disk(*) > 20GiB"),
        ("memory(x) < 1536 KiB", "memory(x) < 1536KiB"),
        ("memory(x) < 1000 B", "memory(x) < 1000B"),
        ("memory(x) > 1.5MiB", "memory(x) > 1536KiB"),
        ("connections(x) < 80%", "connections(x) < 80%"),
        ("env(A_B) is set", "env(A_B) is set"),
        ("command(\"./a -b\")", "command(\"./a -b\")"),
        ("not healthy(a)", "not healthy(a)"),
        (
            "not (healthy(a) or healthy(b))",
            "not (healthy(a) or healthy(b))",
        ),
        (
            "healthy(a) or healthy(b) and healthy(c)",
            "healthy(a) or healthy(b) and healthy(c)",
        ),
        (
            "(healthy(a) or healthy(b)) and ((healthy(c) and (healthy(d))))",
            "(healthy(a) or healthy(b)) and healthy(c) and healthy(d)",
        ),
        ("not not healthy(a)", "not not healthy(a)"),
        (
            "\n healthy(a)\tand\n healthy(b)\n",
            "healthy(a) and healthy(b)",
        ),
    ] {
        let read = parse(text).unwrap_or_else(|mistakes| panic!("{text}: {mistakes:?}"));
        assert_eq!(read.to_string(), canonical);
        assert_eq!(parse(canonical).as_ref(), Ok(&read), "{text}");
    }
}

#[test]
fn the_table_of_functions_is_true() {
    for function in FUNCTIONS {
        let read = parse(function.example);
        let read = read.unwrap_or_else(|mistakes| panic!("{}: {mistakes:?}", function.name));
        assert_eq!(read.to_string(), function.example);
        assert_eq!(read.queries()[0].name(), function.name);
    }
}

#[test]
fn questions_are_told_once_and_where_they_stand() {
    let text = "memory(a) < 80% and (memory(a) < 1GiB or not memory(a) > 9%) and healthy(*)";
    let expr = parse(text).unwrap();
    let a = || Subject::One(SafeText::from_static("a"));
    let percent = Query::Memory(a(), Measure::Percent);
    let bytes = Query::Memory(a(), Measure::Bytes);
    let all = Query::Healthy(Subject::All);
    assert_eq!(expr.queries(), [&percent, &bytes, &all]);
    let places: Vec<_> = expr.places();
    let places: Vec<_> = places
        .iter()
        .map(|(query, at)| (*query, &text[at.clone()]))
        .collect();
    assert_eq!(
        places,
        [
            (&percent, "memory(a)"),
            (&bytes, "memory(a)"),
            (&percent, "memory(a)"),
            (&all, "healthy(*)")
        ]
    );
    let one = |text| parse(text).unwrap().queries()[0].clone();
    assert_eq!(
        one("alerts(warning) == 0"),
        Query::Alerts(Some(Severity::Warning))
    );
    assert_eq!(
        one("http(http://a).latency < 1s"),
        Query::Http {
            url: SafeText::from_static("http://a"),
            field: HttpField::Latency
        }
    );
    assert_eq!(percent.service().map(SafeText::as_str), Some("a"));
    assert_eq!(all.service(), None);
}

#[test]
fn a_soak_says_for_how_long() {
    let soak = parse_soak("healthy(a) or (healthy(b)) for 1 h 30 min").unwrap();
    assert_eq!(soak.lasting, Duration::from_mins(90));
    assert_eq!(soak.to_string(), "healthy(a) or healthy(b) for 1h30m");
    assert_eq!(parse_soak(&soak.to_string()), Ok(soak));
    assert_eq!(
        parse_soak("error_rate(\"*\") < 0.1% for 10m")
            .unwrap()
            .to_string(),
        "error_rate(*) < 0.1% for 10m"
    );
    assert_eq!(parse_span(" 10m "), Ok(Duration::from_mins(10)));
}
