//! "Did you mean …?"

/// The one of `known` that `written` was probably meant to be, as a sentence.
pub fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(written, known).map(|name| format!("did you mean `{name}`?"))
}

fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Far longer than any name of ours: not worth comparing, and comparing takes the square of the length.
    if written.len() > 64 {
        return None;
    }
    let written = written.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|name| {
            (
                strsim::jaro_winkler(&written, &name.to_lowercase().replace('_', "-")),
                name,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_something_else_is_not() {
        let known = ["dark", "light", "roll-back", "read_only"];
        assert_eq!(nearest("drak", known), Some("dark"));
        assert_eq!(nearest("rollback", known), Some("roll-back"));
        assert_eq!(nearest("readonly", known), Some("read_only"));
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(nearest(&"dark".repeat(50), known), None);
    }
}
