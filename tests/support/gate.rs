//! How much of a gate runs.

/// What fits CI, or all of it when `tests/run gates` asks for the full size.
pub(crate) fn size(ci: usize, full: usize) -> usize {
    let wants_full = std::env::var_os("QUARTERDECK_GATES").is_some_and(|size| size == "full");
    if wants_full { full } else { ci }
}
