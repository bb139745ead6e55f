//! What goes wrong with a request.

use super::requests::Request;

/// A fault for the requests that fit.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    method: Option<&'static str>,
    path: String,
    times: usize,
    pub(super) fault: Fault,
}

/// What happens to one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends before the daemon sees the request.
    LoseRequest,
    /// The daemon carries it out; the connection ends before the first byte of its answer.
    LoseAnswer,
    /// The connection ends after this many bytes of the answer.
    Truncate(usize),
    /// This status and body answer it, and the daemon never sees it.
    Answer(u16, String),
    /// The daemon sees it; nothing comes back, and the connection stays open, until `heal`.
    Silence,
}

impl Rule {
    /// `fault` for the next request whose path and query hold `path`.
    pub(crate) fn once(path: &str, fault: Fault) -> Self {
        Self {
            method: None,
            path: path.to_owned(),
            times: 1,
            fault,
        }
    }

    /// Only for requests of this method.
    pub(crate) fn method(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    /// This often instead of once.
    pub(crate) fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    fn fits(&self, request: &Request) -> bool {
        self.method.is_none_or(|method| method == request.method)
            && request.path.contains(&self.path)
    }

    /// The fault of the first rule that fits, which is used up by this once.
    pub(super) fn take(rules: &mut Vec<Self>, request: &Request) -> Option<Fault> {
        let index = rules.iter().position(|rule| rule.fits(request))?;
        let fault = rules[index].fault.clone();
        rules[index].times -= 1;
        if rules[index].times == 0 {
            rules.remove(index);
        }
        Some(fault)
    }
}
