//! The gates: what must hold whatever comes. `QUARTERDECK_GATES=full` runs them in full size.

#[cfg(test)]
mod journal;
