//! Where one HTTP/1.1 request ends and the next begins, in the bytes that a client sends.

/// A request as its first line has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// With the query: `/v1.41/containers/json?all=true`.
    pub(crate) path: String,
    /// Names in lower case. What a client proves itself with is left out.
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    /// Whether it may change something. A program in a container is started by a GET, as a WebSocket begins with one.
    pub(crate) fn mutates(&self) -> bool {
        let path = self.path.split('?').next().unwrap_or_default();
        !matches!(&*self.method, "GET" | "HEAD") || path.ends_with("/exec")
    }

    /// Whether it does something: neither a trial nor a question that is put as a change.
    pub(crate) fn acts(&self) -> bool {
        let asks = [
            "dryRun=All",
            "/authorization.k8s.io/",
            "/authentication.k8s.io/",
            "/images/",
        ];
        self.mutates() && !asks.iter().any(|part| self.path.contains(part))
    }

    /// The path that it watches, if it does.
    pub(crate) fn watched(&self) -> Option<&str> {
        let (path, query) = self.path.split_once('?')?;
        let watches = |one| one == "watch=1" || one == "watch=true";
        query.split('&').any(watches).then_some(path)
    }

    /// The value of a header, by its name in lower case: of a patch its `content-type`, of a list what it will `accept`.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// A part of what a client sent: all parts together are all the bytes, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    Head(Request, Vec<u8>),
    Body(Vec<u8>),
}

/// Reads a client's bytes, however they are cut.
pub(super) struct Reader {
    place: Place,
    pending: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Place {
    Head,
    /// This many bytes of the body to come.
    Body(usize),
    /// Before a chunk's size line.
    ChunkSize,
    /// This many bytes of a chunk and its line end to come.
    Chunk(usize),
    /// The lines after the last chunk.
    Trailer,
    /// HTTP has ended: an exec's or attach's stream.
    Raw,
}

impl Reader {
    /// One that finds requests, or one that takes all bytes for something else: TLS from end to end, HTTP/2.
    pub(super) fn new(reads_http: bool) -> Self {
        Self {
            place: if reads_http { Place::Head } else { Place::Raw },
            pending: Vec::new(),
        }
    }

    /// The parts that are whole with these bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Vec<Part> {
        self.pending.extend_from_slice(bytes);
        let mut parts = Vec::new();
        while let Some(part) = self.next() {
            parts.push(part);
        }
        parts
    }

    fn next(&mut self) -> Option<Part> {
        if self.pending.is_empty() {
            return None;
        }
        match self.place {
            Place::Head => {
                let end = find(&self.pending, b"\r\n\r\n")? + 4;
                let head = self.take(end);
                let (request, place) = parse(&String::from_utf8_lossy(&head));
                self.place = place;
                Some(Part::Head(request, head))
            }
            Place::Body(rest) => {
                let part = self.take(rest.min(self.pending.len()));
                self.place = if part.len() == rest {
                    Place::Head
                } else {
                    Place::Body(rest - part.len())
                };
                Some(Part::Body(part))
            }
            Place::ChunkSize => {
                let end = find(&self.pending, b"\r\n")? + 2;
                let line = self.take(end);
                let size = String::from_utf8_lossy(&line);
                let size = size.split([';', '\r']).next().unwrap_or_default().trim();
                self.place = match usize::from_str_radix(size, 16) {
                    Ok(0) => Place::Trailer,
                    Ok(size) => Place::Chunk(size + 2),
                    Err(_) => Place::Raw,
                };
                Some(Part::Body(line))
            }
            Place::Chunk(rest) => {
                let part = self.take(rest.min(self.pending.len()));
                self.place = if part.len() == rest {
                    Place::ChunkSize
                } else {
                    Place::Chunk(rest - part.len())
                };
                Some(Part::Body(part))
            }
            Place::Trailer => {
                let end = find(&self.pending, b"\r\n")? + 2;
                let line = self.take(end);
                if line.len() == 2 {
                    self.place = Place::Head;
                }
                Some(Part::Body(line))
            }
            Place::Raw => Some(Part::Body(std::mem::take(&mut self.pending))),
        }
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        self.pending.drain(..count).collect()
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn parse(head: &str) -> (Request, Place) {
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let mut word = || first.next().unwrap_or_default().to_owned();
    let (method, path) = (word(), word());
    let mut headers = Vec::new();
    let mut place = Place::Head;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let (name, value) = (name.to_ascii_lowercase(), value.trim());
        match name.as_str() {
            // Whatever else it says of its body: none follows.
            "upgrade" => place = Place::Raw,
            _ if matches!(place, Place::Raw) => {}
            "transfer-encoding" if value.eq_ignore_ascii_case("chunked") => {
                place = Place::ChunkSize;
            }
            "content-length" => {
                place = value
                    .parse()
                    .ok()
                    .filter(|length| *length > 0)
                    .map_or(Place::Head, Place::Body);
            }
            _ => {}
        }
        if name != "authorization" && name != "x-registry-auth" {
            headers.push((name, value.to_owned()));
        }
    }
    let request = Request {
        method,
        path,
        headers,
    };
    (request, place)
}
