//! What goes wrong with a request, or with a connection.

use super::requests::Request;

/// A fault for the requests that fit.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    method: Option<&'static str>,
    path: String,
    /// Whether it is for requests that do something, and for no others.
    acts: bool,
    /// So many that fit are left alone first.
    skip: usize,
    times: usize,
    pub(super) fault: Fault,
}

/// What happens to one request. Counted bytes are those of the answer, its head included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The connection ends before the daemon sees the request.
    LoseRequest,
    /// The daemon never sees it; the connection stays open until the client has gone.
    Hold,
    /// The daemon carries it out; the connection ends before the first byte of its answer.
    LoseAnswer,
    /// The connection ends in order (FIN) after this many bytes of the answer.
    Truncate(usize),
    /// It ends by RST after this many bytes; on a unix socket this is [`Truncate`](Self::Truncate).
    Reset(usize),
    /// It is silent after this many bytes and stays open, until `heal`: a blackhole. What it holds back follows then.
    Blackhole(usize),
    /// This status and body answer it, and the daemon never sees it.
    Answer(u16, String),
    /// The daemon sees it; nothing comes back, and the connection stays open, until `heal`.
    Silence,
}

impl Fault {
    /// After how many bytes of answers the connection ends, and how.
    pub(super) fn end(&self) -> Option<(usize, End)> {
        match self {
            Self::LoseAnswer => Some((0, End::Cut)),
            Self::Truncate(bytes) => Some((*bytes, End::Cut)),
            Self::Reset(bytes) => Some((*bytes, End::Reset)),
            Self::Blackhole(bytes) => Some((*bytes, End::Silence)),
            Self::Silence => Some((0, End::Silence)),
            Self::LoseRequest | Self::Hold | Self::Answer(..) => None,
        }
    }
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Cut,
    Reset,
    Silence,
}

impl Rule {
    /// `fault` for the next request whose path and query hold `path`.
    pub(crate) fn once(path: &str, fault: Fault) -> Self {
        Self {
            method: None,
            path: path.to_owned(),
            acts: false,
            skip: 0,
            times: 1,
            fault,
        }
    }

    /// `fault` for the next request that does something, but for so many before it.
    pub(crate) fn on_act(skip: usize, fault: Fault) -> Self {
        Self {
            acts: true,
            skip,
            ..Self::once("", fault)
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
            && (!self.acts || request.acts())
    }

    /// The fault of the first rule that fits, which is used up by this once.
    pub(super) fn take(rules: &mut Vec<Self>, request: &Request) -> Option<Fault> {
        let index = rules.iter().position(|rule| rule.fits(request))?;
        if rules[index].skip > 0 {
            rules[index].skip -= 1;
            return None;
        }
        let fault = rules[index].fault.clone();
        rules[index].times -= 1;
        if rules[index].times == 0 {
            rules.remove(index);
        }
        Some(fault)
    }
}
