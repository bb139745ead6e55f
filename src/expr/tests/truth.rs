use std::{cmp::Ordering, collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use proptest::prelude::*;

use crate::{
    domain::alert::Severity,
    expr::{
        Answer, Expr, Facts, HttpField, Measure, Node, Observation, Op, Query, Subject, Test,
        Truth, Value, parse,
    },
    text::SafeText,
};

/// What is known, by the question as it is written; what is not in it is unknown.
struct Told(BTreeMap<String, Value>);

impl Facts for Told {
    fn answer(&self, query: &Query) -> Answer {
        let value = self.0.get(&query.to_string()).cloned();
        let observed = value.map(|value| Observation {
            words: SafeText::line(value.to_string()),
            value,
            at: Timestamp::UNIX_EPOCH,
        });
        observed.ok_or(SafeText::from_static("nobody knows"))
    }
}

fn told<const N: usize>(facts: [(&str, Value); N]) -> Told {
    Told(facts.map(|(query, value)| (query.to_owned(), value)).into())
}

fn truth(text: &str, facts: &Told) -> Truth {
    parse(text).expect(text).evaluate(facts).truth
}

#[test]
fn what_is_unknown_counts_only_where_it_would_change_the_outcome() {
    use Truth::{False as F, True as T, Unknown as U};
    // One, other, and, or.
    for (one, other, and, or) in [
        (T, T, T, T),
        (T, U, U, T),
        (T, F, F, T),
        (U, U, U, U),
        (U, F, F, U),
        (F, F, F, F),
    ] {
        for (a, b) in [(one, other), (other, one)] {
            let known = [("healthy(a)", a), ("healthy(b)", b)];
            let known = known.into_iter().filter(|(_, truth)| *truth != U);
            let facts = Told(
                known
                    .map(|(query, truth)| (query.to_owned(), Value::Truth(truth == T)))
                    .collect(),
            );
            assert_eq!(
                truth("healthy(a) and healthy(b)", &facts),
                and,
                "{a:?} {b:?}"
            );
            assert_eq!(truth("healthy(a) or healthy(b)", &facts), or, "{a:?} {b:?}");
            assert_eq!(truth("not (healthy(a) and healthy(b))", &facts), !and);
        }
    }
    assert_eq!([!T, !U, !F], [F, U, T]);
}

#[test]
fn each_comparison_holds_of_what_it_says() {
    let order = |ordering: Ordering| (3 + ordering as i64).to_string();
    for (op, less, equal, greater) in [
        ("==", false, true, false),
        ("!=", true, false, true),
        ("<", true, false, false),
        ("<=", true, true, false),
        (">", false, false, true),
        (">=", false, true, true),
    ] {
        for (ordering, holds) in [
            (Ordering::Less, less),
            (Ordering::Equal, equal),
            (Ordering::Greater, greater),
        ] {
            let figure = 3 + ordering as i64;
            for (query, value, held) in [
                ("ready(x)", Value::Count(figure), "3"),
                ("traffic(x)", Value::Rate(figure as f64), "3"),
                ("error_rate(x)", Value::Percent(figure as f64), "3%"),
                ("memory(x)", Value::Bytes(figure as u64), "3B"),
                (
                    "p95(x)",
                    Value::Span(Duration::from_millis(figure as u64)),
                    "3ms",
                ),
            ] {
                let text = format!("{query} {op} {held}");
                assert_eq!(
                    truth(&text, &told([(query, value)])),
                    holds.into(),
                    "{figure}: {text}"
                );
            }
            if matches!(op, "==" | "!=") {
                let facts = told([("version(x)", Value::Text(SafeText::line(order(ordering))))]);
                let equals = ordering.is_eq() == (op == "==");
                assert_eq!(
                    truth(&format!("version(x) {op} \"3\""), &facts),
                    equals.into()
                );
            }
        }
    }
}

#[test]
fn a_bound_decides_what_it_can_and_no_more() {
    let ops = [
        Op::Equal,
        Op::Unequal,
        Op::Less,
        Op::AtMost,
        Op::More,
        Op::AtLeast,
    ];
    for (bound, figure) in (0..7).flat_map(|bound| (0..7).map(move |figure| (bound, figure))) {
        for op in ops {
            let holds = |it: i64| Value::Count(it).compare(op, &Value::Count(figure)).unwrap();
            let all = |mut possible: std::ops::Range<i64>| {
                let first = possible.next().map(holds);
                first.filter(|first| possible.all(|it| holds(it) == *first))
            };
            let least = Value::AtLeast(Box::new(Value::Count(bound)));
            let most = Value::AtMost(Box::new(Value::Count(bound)));
            let figure = Value::Count(figure);
            assert_eq!(
                least.compare(op, &figure),
                all(bound..20),
                "{least} {op} {figure}"
            );
            assert_eq!(
                most.compare(op, &figure),
                all(-20..bound + 1),
                "{most} {op} {figure}"
            );
        }
    }
}

#[test]
fn what_cannot_be_compared_is_unknown() {
    for value in [
        Value::Percent(f64::NAN),
        Value::Count(0),
        Value::Truth(true),
    ] {
        let facts = told([("error_rate(x)", value)]);
        for op in ["==", "!=", "<", "<=", ">", ">="] {
            assert_eq!(
                truth(&format!("error_rate(x) {op} 1%"), &facts),
                Truth::Unknown
            );
        }
    }
    let facts = told([("healthy(x)", Value::Count(1))]);
    assert_eq!(truth("healthy(x)", &facts), Truth::Unknown);
    assert_eq!(truth("not healthy(x)", &facts), Truth::Unknown);
}

#[test]
fn evidence_is_whole_and_says_why_not() {
    let facts = told([
        ("ready(a)", Value::Count(2)),
        ("healthy(b)", Value::Truth(true)),
    ]);
    let expr = parse("ready(a) >= 3 and (healthy(b) or not healthy(c))").unwrap();
    let verdict = expr.evaluate(&facts);
    assert_eq!(verdict.truth, Truth::False);
    let evidence: Vec<_> = verdict
        .evidence
        .iter()
        .map(|e| (e.truth, e.words.as_str(), e.at.is_some()))
        .collect();
    assert_eq!(
        evidence,
        [
            (Truth::False, "2", true),
            (Truth::True, "true", true),
            (Truth::Unknown, "nobody knows", false)
        ]
    );
}

proptest! {
    #[test]
    fn the_canonical_form_reads_as_the_same(root in node()) {
        let expr = Expr { root };
        let text = expr.to_string();
        prop_assert_eq!(parse(&text), Ok(expr), "{}", text);
    }

    #[test]
    fn nothing_is_proved_by_absence(root in node()) {
        let expr = Expr { root };
        let verdict = expr.evaluate(&told([]));
        prop_assert_eq!(verdict.truth, Truth::Unknown);
        prop_assert!(verdict.evidence.iter().all(|e| e.truth == Truth::Unknown));
    }

    /// Who knows less may know nothing, and never the contrary.
    #[test]
    fn knowing_less_turns_nothing_round(root in node(), values in prop::collection::vec(value(), 24), known in any::<u32>()) {
        let expr = Expr { root };
        let queries = expr.queries();
        let all: Vec<(String, Value)> = queries.iter().map(ToString::to_string).zip(values).collect();
        let is_known = |(at, _): &(usize, &(String, Value))| known & (1 << at) != 0;
        let less = all.iter().enumerate().filter(is_known).map(|(_, fact)| fact.clone());
        let less = expr.evaluate(&Told(less.collect())).truth;
        let more = expr.evaluate(&Told(all.into_iter().collect())).truth;
        prop_assert!(less == Truth::Unknown || less == more, "{less:?} {more:?}");
    }
}

fn name() -> impl Strategy<Value = SafeText> {
    prop_oneof!["[a-c]", "[a-z0-9./:-]{1,8}", "[ -~éß日]{1,8}"]
        .prop_filter("a star stands alone", |name| !name.contains('*'))
        .prop_map(SafeText::name)
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![name().prop_map(Subject::One), Just(Subject::All)]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::Truth),
        (0..1000_i64).prop_map(Value::Count),
        (0..1_000_000_000_000_u64).prop_map(|ms| Value::Span(Duration::from_millis(ms))),
        (0.0..=100.0_f64).prop_map(Value::Percent),
        (0..9_000_000_000_000_000_u64).prop_map(Value::Bytes),
        (0..8_000_000_u64).prop_map(|size| Value::Bytes(size << 30)),
        (0.0..1e15_f64).prop_map(Value::Rate),
        name().prop_map(Value::Text),
    ]
}

/// A question with a figure that fits it, where it takes one.
fn test() -> impl Strategy<Value = Test> {
    let ops = vec![
        Op::Equal,
        Op::Unequal,
        Op::Less,
        Op::AtMost,
        Op::More,
        Op::AtLeast,
    ];
    let ops = prop::sample::select(ops);
    let parts = (0..17_usize, subject(), name(), ops, value(), any::<bool>());
    parts.prop_filter_map(
        "a figure of its kind",
        |(which, of, name, op, value, flag)| {
            let measure = if flag {
                Measure::Percent
            } else {
                Measure::Bytes
            };
            let severity = flag.then_some(Severity::Critical);
            let url = SafeText::from_static("http://a/b?c=d");
            let word = SafeText::from_static("A_b1");
            let since_start = flag;
            let (query, fits) = match (which, &value) {
                (0, _) => (Query::Healthy(of), None),
                (1, Value::Count(_)) => (Query::Ready(of), Some(value)),
                (2, Value::Text(_)) if matches!(op, Op::Equal | Op::Unequal) => {
                    (Query::Version(name), Some(value))
                }
                (3, _) => (Query::RolledOut(of), None),
                (4, Value::Count(_)) => {
                    let subject = of;
                    (
                        Query::Restarts {
                            subject,
                            since_start,
                        },
                        Some(value),
                    )
                }
                (5, Value::Span(_)) => (Query::BackupAge(of), Some(value)),
                (6, Value::Count(_)) => (Query::Alerts(severity), Some(value)),
                (7, Value::Count(_)) => {
                    let field = HttpField::Status;
                    (Query::Http { url, field }, Some(value))
                }
                (8, Value::Span(_)) => {
                    let field = HttpField::Latency;
                    (Query::Http { url, field }, Some(value))
                }
                (9, Value::Percent(_)) => (Query::ErrorRate(of), Some(value)),
                (10, Value::Rate(_)) => (Query::Traffic(of), Some(value)),
                (11, Value::Count(_)) => (Query::CertDays(word), Some(value)),
                (12, Value::Percent(_)) if flag => (Query::FreeDisk(of, measure), Some(value)),
                (13, Value::Bytes(_)) if !flag => (Query::Memory(of, measure), Some(value)),
                (14, Value::Percent(_)) => (Query::Connections(of), Some(value)),
                (15, _) => (Query::Env(word), None),
                (16, _) => (Query::Command(name), None),
                _ => return None,
            };
            Some(Test {
                query,
                against: fits.map(|value| (op, value)),
                span: 0..0,
            })
        },
    )
}

fn node() -> impl Strategy<Value = Node> {
    let flat = |parts: Vec<Node>, all: bool| {
        let parts: Vec<Node> = parts
            .into_iter()
            .flat_map(|part| match part {
                Node::All(parts) if all => parts,
                Node::Any(parts) if !all => parts,
                other => vec![other],
            })
            .collect();
        if all {
            Node::All(parts)
        } else {
            Node::Any(parts)
        }
    };
    test()
        .prop_map(Node::Test)
        .prop_recursive(4, 16, 3, move |part| {
            let parts = prop::collection::vec(part.clone(), 2..4);
            prop_oneof![
                part.prop_map(|part| Node::Not(Box::new(part))),
                (parts, any::<bool>()).prop_map(move |(parts, all)| flat(parts, all)),
            ]
        })
}
