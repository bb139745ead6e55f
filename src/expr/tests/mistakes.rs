use std::fmt::Debug;

use crate::expr::{Mistake, parse, parse_soak, parse_span};

/// Each mistake as `what it is about: words; help`.
fn told<T: Debug>(text: &str, read: Result<T, Vec<Mistake>>) -> Vec<String> {
    let mistakes = read.expect_err(text);
    let tell = |mistake: &Mistake| format!("{}: {mistake}", &text[mistake.span.clone()]);
    mistakes.iter().map(tell).collect()
}

#[test]
fn each_mistake_is_told_with_its_place_and_what_would_be_right() {
    let cases: &[(&str, &[&str])] = &[
        (
            "",
            &[": there is no expression; write one such as healthy(api) or ready(api) >= 3"],
        ),
        (
            "helthy(x)",
            &["helthy: there is no function helthy; did you mean `healthy`?"],
        ),
        (
            "zebra(x)",
            &[
                "zebra: there is no function zebra; there are healthy, ready, version, rolled_out, restarts, backup_age, \
             alerts, http, p95, error_rate, traffic, cert_days, free_disk, memory, connections, env, command",
            ],
        ),
        (
            "healthy",
            &[
                "healthy: healthy needs the name of a service, or *, in parentheses; write healthy(*)",
            ],
        ),
        (
            "helthy and healthy(y)",
            &["helthy: helthy is no function; did you mean `healthy`?"],
        ),
        (
            "healthy()",
            &["): healthy needs the name of a service, or *; write healthy(*)"],
        ),
        (
            "healthy(",
            &[": healthy needs the name of a service, or *; write healthy(*)"],
        ),
        ("healthy(x", &[": the parenthesis of healthy is not closed"]),
        ("healthy(x))", &["): this parenthesis was never opened"]),
        ("(healthy(x)", &["(: this parenthesis is not closed"]),
        (
            "healthy(x) and",
            &[": a function is expected here; write one such as healthy(api) or ready(api) >= 3"],
        ),
        (
            "healthy(x) healthy(y)",
            &["healthy: and, or, or the end is expected here, not healthy"],
        ),
        (
            "and healthy(x)",
            &[
                "and: a function is expected here; write one such as healthy(api) or ready(api) >= 3",
            ],
        ),
        (
            "healthy(x) == true",
            &[
                "healthy(x) == true: healthy(x) is true or false by itself; write healthy(x) alone, or not healthy(x)",
            ],
        ),
        (
            "ready(x)",
            &[
                "ready(x): ready(x) is a count, and it is not said how it should be; write ready(x) >= 3",
            ],
        ),
        (
            "ready(x) >= 1h",
            &["1h: ready(x) is a count, and 1h is a duration; write a whole number such as 3"],
        ),
        (
            "ready(x) >= 1.5",
            &[
                "1.5: ready(x) is a count, and 1.5 is no whole number; write a whole number such as 3",
            ],
        ),
        ("ready(x) >=", &[": a figure is expected here"]),
        (
            "ready(x) >= ready(y)",
            &[
                "ready: ready(…) stands where a figure is expected; hold each function against a figure, and join them with and",
            ],
        ),
        (
            "ready(x) > 1 > 0",
            &[">: and, or, or the end is expected here, not >"],
        ),
        (
            "3 <= ready(x)",
            &[
                "3: 3 stands where a function is expected; write one such as healthy(api) or ready(api) >= 3",
            ],
        ),
        (
            "p95(x) < 250",
            &[
                "250: p95(x) is a duration, and 250 has no unit; write a number with ms, s, m, h or d, such as 10m or 1h30m",
            ],
        ),
        (
            "p95(x) < 250mz",
            &["250mz: p95(x) is a duration, and 250mz is none; did you mean `m`?"],
        ),
        (
            "p95(x) < 10parsecs",
            &[
                "10parsecs: p95(x) is a duration, and 10parsecs is none; write a number with ms, s, m, h or d, such as 10m or 1h30m",
            ],
        ),
        (
            "error_rate(x) < 101%",
            &[
                "101%: error_rate(x) is a percentage, and 101% is none; write a number from 0 to 100 with a %, such as 80%",
            ],
        ),
        (
            "error_rate(x) < 1s",
            &[
                "1s: error_rate(x) is a percentage, and 1s is a duration; write a number from 0 to 100 with a %, such as 80%",
            ],
        ),
        (
            "memory(x) < 80",
            &[
                "80: memory(x) is a percentage or an amount of bytes, and 80 has no unit; write a number from 0 to 100 with a %, such as 80%, or write a number with B, KiB, MiB or GiB, such as 64 MiB",
            ],
        ),
        (
            "version(x) == 1.8.2",
            &["1.8.2: version(x) is a text, and 1.8.2 is none; write \"1.8.2\""],
        ),
        (
            "version(x) > \"1\"",
            &[
                "version(x) > \"1\": version(x) is a text, which is neither more nor less than another; write == or !=",
            ],
        ),
        (
            "version(*) == \"1\"",
            &["*: * is all services, which have not one version; name a service"],
        ),
        (
            "ready(x) == \"3\"",
            &["\"3\": ready(x) is no text; write 3 without quotes"],
        ),
        (
            "alerts(critcal) == 0",
            &["critcal: no alert is critcal; did you mean `critical`?"],
        ),
        (
            "alerts(high) == 0",
            &["high: no alert is high; write critical, warning or *"],
        ),
        (
            "http(x).status == 200",
            &["x: x is no address for HTTP; write one such as http://api:8080/health"],
        ),
        (
            "http(http://x) == 200",
            &[
                "http(http://x): http needs to be told what of the answer counts; write .status or .latency behind it",
            ],
        ),
        (
            "http(http://x).staus == 200",
            &["staus: http needs to be told what of the answer counts; did you mean `status`?"],
        ),
        (
            "http(http://x).body == 200",
            &[
                "body: http needs to be told what of the answer counts; write .status or .latency behind it",
            ],
        ),
        (
            "http(http://me:secret@x/).status == 200",
            &[
                "http://me:secret@x/: an address with a password would be shown to everybody; leave out what stands before the @",
            ],
        ),
        (
            "http(kubernetes://shop/api/health).status == 200",
            &[
                "kubernetes://shop/api/health: kubernetes://shop/api/health is no Service of a cluster; \
                 write kubernetes://NAMESPACE/SERVICE:PORT/PATH, the port as a number or by its name",
            ],
        ),
        (
            "http(kubernetes://shop/api:80/../../secrets).status == 200",
            &[
                "kubernetes://shop/api:80/../../secrets: kubernetes://shop/api:80/../../secrets is no Service of a cluster; \
                 write kubernetes://NAMESPACE/SERVICE:PORT/PATH, the port as a number or by its name",
            ],
        ),
        (
            "healthy(x).status",
            &["status: healthy(x) has no parts; leave out the dot and what is behind it"],
        ),
        (
            "env(X)",
            &["env(X): env(X) needs to be told what of it; write env(X) is set"],
        ),
        (
            "env(X) == \"1\"",
            &[
                "env(X) == \"1\": what env(X) holds is neither compared nor shown; write env(X) is set",
            ],
        ),
        ("env(X) is st", &["st: set is expected here, not st"]),
        (
            "env(1-X) is set",
            &["1-X: 1-X is no name of a variable; write one such as DATABASE_URL"],
        ),
        (
            "cert_days(https://x) > 3",
            &[
                "https://x: https://x is no host; write it alone, such as shop.example or shop.example:8443",
            ],
        ),
        (
            "command(a b)",
            &["b: command takes one thing alone; put it in quotes if there are spaces in it"],
        ),
        (
            "command(\"\")",
            &["\"\": nothing stands in the quotes, and a command in quotes is expected"],
        ),
        (
            "healthy(a*)",
            &["a*: a* is no name; only * alone stands for several: for all of them"],
        ),
        (
            "healthy(a, b)",
            &[", b: healthy takes one thing alone; put it in quotes if there are spaces in it"],
        ),
        ("healthy(\"a", &["\"a: the quotation does not end"]),
        (
            "healthy(“a”)",
            &["“a”: these quotation marks are not known here; write \"a\""],
        ),
        (
            "healthy(a) AND healthy(b)",
            &["AND: AND is not known here; write and"],
        ),
        (
            "healthy(a) && !healthy(b)",
            &[
                "&&: && is not known here; write and",
                "!: ! is not known here; write not",
            ],
        ),
        ("ready(x) = 3", &["=: = is not known here; write =="]),
        ("ready(x) ≥ 3", &["≥: ≥ is not known here; write >="]),
        (
            "ready(x) >= 3 since start",
            &[
                "since start: ready(x) is a figure of this moment, and of no time since; leave it out; only restarts(…) is counted since start",
            ],
        ),
        (
            "restarts(x) == 0 since noon",
            &["noon: start is expected here, not noon"],
        ),
        (
            "healthy(x) for 10m",
            &["for: for belongs to a soak, and this is none; leave it out, or make it a soak"],
        ),
        (
            "(healthy(x) for 10m",
            &["for: for stands within parentheses; write it at the end, behind them"],
        ),
        ("healthy(x) # y", &["#: # means nothing here"]),
        ("cert_days(x) > -1", &["-: - means nothing here"]),
        (
            "healthy(a\u{202e}b)",
            &["a\u{202e}b: a<U+202E>b holds characters that cannot be seen; type it anew"],
        ),
        (
            "ready(x) > 99999999999999999999",
            &["99999999999999999999: 99999999999999999999 is too large"],
        ),
        (
            "helthy(x) and ready(y) < 1h or (p95(z) < 3 and nothing)",
            &[
                "helthy: there is no function helthy; did you mean `healthy`?",
                "1h: ready(y) is a count, and 1h is a duration; write a whole number such as 3",
                "3: p95(z) is a duration, and 3 has no unit; write a number with ms, s, m, h or d, such as 10m or 1h30m",
                "nothing: nothing is no function; there are healthy, ready, version, rolled_out, restarts, backup_age, \
             alerts, http, p95, error_rate, traffic, cert_days, free_disk, memory, connections, env, command",
            ],
        ),
    ];
    for (text, mistakes) in cases {
        assert_eq!(told(text, parse(text)), *mistakes, "{text}");
    }
}

#[test]
fn a_soak_needs_its_duration_at_its_end() {
    let cases: &[(&str, &[&str])] = &[
        (
            "healthy(x)",
            &[": it is not said for how long it must hold; write for 10m at its end"],
        ),
        (
            "healthy(x) for",
            &[": a duration such as 10m is expected here"],
        ),
        (
            "healthy(x) for 10",
            &[
                "10: what stands behind for is a duration, and 10 has no unit; write a number with ms, s, m, h or d, such as 10m or 1h30m",
            ],
        ),
        (
            "healthy(x) for 10m 5",
            &[
                "10m 5: what stands behind for is a duration, and 10m 5 is none; write a number with ms, s, m, h or d, such as 10m or 1h30m",
            ],
        ),
        (
            "for 10m",
            &[
                "for: a function is expected here; write one such as healthy(api) or ready(api) >= 3",
            ],
        ),
        (
            "(healthy(x) for 10m",
            &["for: for stands within parentheses; write it at the end, behind them"],
        ),
        (
            "(healthy(x) for 10m)",
            &["for: for stands within parentheses; write it at the end, behind them"],
        ),
        (
            "helthy(x) for 1x",
            &[
                "helthy: there is no function helthy; did you mean `healthy`?",
                "1x: what stands behind for is a duration, and 1x is none; write a number with ms, s, m, h or d, such as 10m or 1h30m",
            ],
        ),
    ];
    for (text, mistakes) in cases {
        assert_eq!(told(text, parse_soak(text)), *mistakes, "{text}");
    }
}

#[test]
fn a_duration_alone_is_told_what_is_wrong_with_it() {
    let cases: &[(&str, &[&str])] = &[
        (
            "",
            &[
                ": a duration is expected here; write a number with ms, s, m, h or d, such as 10m or 1h30m",
            ],
        ),
        (
            "10",
            &["10: 10 is no duration; write a number with ms, s, m, h or d, such as 10m or 1h30m"],
        ),
        (
            "10 parsecs",
            &[
                "10 parsecs: 10 parsecs is no duration; write a number with ms, s, m, h or d, such as 10m or 1h30m",
            ],
        ),
        (
            " 1.5h",
            &[
                "1.5h: 1.5h is no duration; write a number with ms, s, m, h or d, such as 10m or 1h30m",
            ],
        ),
    ];
    for (text, mistakes) in cases {
        let read = parse_span(text).map_err(|mistake| vec![mistake]);
        assert_eq!(told(text, read), *mistakes, "{text}");
    }
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    let long = format!("healthy({})", "a".repeat(5000));
    let mistakes = parse(&long).unwrap_err();
    assert_eq!(
        (mistakes[0].span.clone(), mistakes.len()),
        (0..long.len(), 1)
    );
    assert_eq!(mistakes[0].words, "it is longer than 4096 bytes");
    // It is short enough, and its canonical form is not.
    let grows = vec!["ready(a)>1"; 270].join(" and ");
    assert!(grows.len() < 4096);
    assert_eq!(
        parse(&grows).unwrap_err()[0].words,
        "it is longer than 4096 bytes"
    );

    let deep = |levels: usize| format!("{}healthy(a){}", "(".repeat(levels), ")".repeat(levels));
    assert!(parse(&deep(31)).is_ok());
    let words = "more than 32 parentheses and nots within each other";
    assert_eq!(parse(&deep(32)).unwrap_err()[0].words, words);
    assert_eq!(
        parse(&format!("{}healthy(a)", "not ".repeat(32))).unwrap_err()[0].words,
        words
    );
}
