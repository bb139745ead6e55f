//! Lines of an access log in the form that web servers share: `10.0.0.1 - - [21/Nov/2026:…] "GET / HTTP/1.1" 200 512 "…" "…"`.

use super::Level;

/// What such a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Access<'a> {
    pub(super) client: &'a str,
    pub(super) user: &'a str,
    /// Method and path.
    pub(super) request: &'a str,
    pub(super) status: &'a str,
    /// Bytes, and whatever stands behind them.
    pub(super) rest: &'a str,
}

/// Reads it; `None` where the line is of another form.
pub(super) fn read(text: &str) -> Option<Access<'_>> {
    let (who, rest) = text.split_once(" [")?;
    let mut who = who.split(' ');
    let client = who.next()?;
    let user = who.nth(1)?;
    if who.next().is_some() || !client.contains(['.', ':']) {
        return None;
    }
    let (_, rest) = rest.split_once("] \"")?;
    let (request, rest) = rest.split_once('"')?;
    let request = request
        .rsplit_once(" HTTP/")
        .map_or(request, |(request, _)| request);
    let rest = rest.trim_start();
    let (status, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let three = status.len() == 3 && status.bytes().all(|b| b.is_ascii_digit());
    three.then_some(Access {
        client,
        user,
        request,
        status,
        rest,
    })
}

impl<'a> Access<'a> {
    /// A server that fails says so by its status.
    pub(super) fn level(self) -> Option<Level> {
        self.status.starts_with('5').then_some(Level::Error)
    }

    /// Everything but the request and its status.
    pub(super) fn fields(self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let (bytes, rest) = self.rest.split_once(' ').unwrap_or((self.rest, ""));
        let mut quoted = rest.split('"').skip(1).step_by(2);
        [
            ("bytes", bytes),
            ("client", self.client),
            ("user", self.user),
            ("referer", quoted.next().unwrap_or_default()),
            ("agent", quoted.next().unwrap_or_default()),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty() && *value != "-")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_access_log_is_read() {
        let line = r#"10.0.0.1 - ann [21/Nov/2026:14:02:10 +0000] "GET /a b HTTP/1.1" 502 153 "-" "curl/8""#;
        let access = read(line).unwrap();
        assert_eq!((access.request, access.status), ("GET /a b", "502"));
        assert_eq!(access.level(), Some(Level::Error));
        let fields: Vec<_> = access.fields().collect();
        assert_eq!(
            fields,
            [
                ("bytes", "153"),
                ("client", "10.0.0.1"),
                ("user", "ann"),
                ("agent", "curl/8")
            ]
        );
        for other in [
            "",
            "a [b] \"c\" 200",
            "10.0.0.1 - - [x] \"GET / HTTP/1.1\" abc 1",
            "10.0.0.1 - - [x] \"",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
