//! Names that containers carry only while an action runs. They hold the operation's id, so that an answer that was lost,
//! and what an interrupted action left, can be found again.

/// What part a container plays while a replica is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// It has the replica's own name.
    Plain,
    /// It is to take the name: `shop-api-1.new-1kq3v9z7m-7f3q0`.
    New,
    /// It gave the name away: `shop-api-1.old-1kq3v9z7m-7f3q0`.
    Old,
}

/// The name of the container that is to become `base`.
pub(crate) fn new(base: &str, operation: &str) -> String {
    format!("{base}.new-{operation}")
}

/// The name of the container that was `base`.
pub(crate) fn old(base: &str, operation: &str) -> String {
    format!("{base}.old-{operation}")
}

/// Which replica's name a container's name stands for, and its part there.
pub(crate) fn parse(name: &str) -> (&str, Part) {
    for (mark, part) in [(".new-", Part::New), (".old-", Part::Old)] {
        if let Some((base, operation)) = name.rsplit_once(mark)
            && !base.is_empty()
            && is_operation(operation)
        {
            return (base, part);
        }
    }
    (name, Part::Plain)
}

/// Whether a name says that its container was to take its place in this operation.
pub(crate) fn is_new_of(name: &str, operation: &str) -> bool {
    parse(name).1 == Part::New
        && name
            .rsplit_once(".new-")
            .is_some_and(|(_, by)| by == operation)
}

/// The number in a name that Compose made up, `shop-api-1` or `shop_api_1`, whatever part its container plays; `None` for
/// a name that somebody chose.
pub(crate) fn number(name: &str, project: &str, service: &str) -> Option<u32> {
    let rest = parse(name).0.strip_prefix(project)?;
    let (rest, separator) = ["-", "_"]
        .into_iter()
        .find_map(|separator| Some((rest.strip_prefix(separator)?, separator)))?;
    let digits = rest.strip_prefix(service)?.strip_prefix(separator)?;
    digits.parse().ok()
}

/// Nine digits of time, five of chance, as [`crate::plan::record::OperationId`] writes them.
fn is_operation(text: &str) -> bool {
    let digits = |part: &str, count| {
        part.len() == count
            && part
                .bytes()
                .all(|b| b.is_ascii_digit() || b.is_ascii_lowercase())
    };
    text.split_once('-')
        .is_some_and(|(time, chance)| digits(time, 9) && digits(chance, 5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::record::OperationId;

    #[test]
    fn a_name_that_compose_made_up_tells_its_number() {
        for (name, told) in [
            ("shop-api-2", Some(2)),
            ("shop_api_2", Some(2)),
            ("shop-api-2.new-1kq3v9z7m-7f3q0", Some(2)),
            ("shop-api-x", None),
            ("shop-api", None),
            ("theapi", None),
            ("0123456789ab_shop-api-2", None),
        ] {
            assert_eq!(number(name, "shop", "api"), told, "{name}");
        }
    }

    #[test]
    fn names_come_back() {
        let operation = OperationId::new(1_800_000_000_000, 77);
        let operation = operation.as_str();
        assert_eq!(
            parse(&new("shop-api-1", operation)),
            ("shop-api-1", Part::New)
        );
        assert_eq!(
            parse(&old("shop-api-1", operation)),
            ("shop-api-1", Part::Old)
        );
        for plain in [
            "shop-api-1",
            "api.new-2",
            "web.old-backup",
            ".new-1kq3v9z7m-7f3q0",
        ] {
            assert_eq!(parse(plain), (plain, Part::Plain));
        }
    }
}
