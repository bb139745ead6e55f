use super::*;

#[test]
fn a_full_disk_is_told_with_what_to_do() {
    let Trouble::Failed(why, words) = on_disk(io::ErrorKind::StorageFull.into()) else {
        panic!("nobody asked it to stop");
    };
    assert_eq!(why, Failure::NoSpace);
    assert!(words.contains("set another folder"), "{words}");
}

fn manifest(kind: &str, bytes: u64, count: u64) -> Manifest {
    let json = serde_json::json!({
        "kind": kind, "cluster": "here", "project": "shop", "service": "db", "what": "orders",
        "at": "2026-11-21T14:00:00Z", "took_ms": 3000, "count": count, "verified": "it was read",
        "data": {"file": "orders", "bytes": bytes, "sha256": ""},
    });
    serde_json::from_value(json).unwrap()
}

/// What is told of the second one of a kind, after the first; of both the size and the count.
fn told(kind: &str, first: (u64, u64), second: (u64, u64)) -> String {
    let [first, second] = [first, second].map(|(bytes, count)| manifest(kind, bytes, count));
    words(&second, Some(&first))
}

#[test]
fn a_copy_that_is_much_smaller_than_the_last_is_pointed_at() {
    let after = |then, now| told("postgres", (then, 14), (now, 14));
    for (then, now) in [
        (1_000, 700),
        (1_000, 1_000),
        (1_000, 5_000),
        (190, 133),
        (0, 0),
    ] {
        let words = after(then, now);
        assert!(!words.contains("look"), "{then} to {now}: {words}");
    }
    for (then, now, less) in [
        (1_000, 699, 31),
        (190, 132, 31),
        (90, 9, 90),
        (1_000, 0, 100),
    ] {
        let words = after(then, now);
        let look = format!(
            "; look: {less} % smaller than the last, which was {}",
            size(then)
        );
        assert!(words.ends_with(&look), "{then} to {now}: {words}");
    }
    assert!(told("volume", (1_000, 9), (600, 9)).contains("40 % smaller"));
    assert!(!words(&manifest("postgres", 1, 1), None).contains("look"));
}

#[test]
fn a_dump_with_fewer_tables_than_the_last_is_pointed_at() {
    let after = |kind, then, now| told(kind, (1_000, then), (1_000, now));
    let fewer = after("postgres", 14, 13);
    assert!(
        fewer.ends_with("13 tables; look: the last one had 14 tables"),
        "{fewer}"
    );
    assert!(!after("postgres", 14, 14).contains("look"));
    assert!(!after("postgres", 13, 14).contains("look"));
    // Files come and go.
    assert!(!after("volume", 14, 13).contains("look"));
}
