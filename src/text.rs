//! Text from outside (being replaced by the full state machine).
use serde::{Deserialize, Serialize};
use std::{fmt, ops::Deref, sync::Arc};

/// Sanitised text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SafeText(Arc<str>);
impl SafeText {
    /// Our own words.
    pub fn from_static(s: &'static str) -> Self {
        Self(s.into())
    }
    /// A name.
    pub fn name(s: &str) -> Self {
        Self(
            s.chars()
                .filter(|c| !c.is_control())
                .collect::<String>()
                .into(),
        )
    }
    /// A line.
    pub fn line(s: &str) -> Self {
        Self::name(s)
    }
}
impl Default for SafeText {
    fn default() -> Self {
        Self("".into())
    }
}
impl Deref for SafeText {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
