//! A small server that tells Prometheus what it has served.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::TcpListener,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// Each time it is looked at it has served so many requests more.
pub(crate) const EACH: u64 = 1_000;

/// A server of which Prometheus is told more requests each time that it asks; of a thousand so many failed.
pub(crate) struct Shop {
    pub(crate) port: u16,
    pub(crate) failing: Arc<AtomicU64>,
}

impl Shop {
    /// With each request's status told, or not.
    pub(crate) fn start(tells_status: bool, each: u64) -> Self {
        Self::telling(each, move |good, bad| exposition(good, bad, tells_status))
    }

    /// Prometheus is told this of so many requests that went well, and so many that failed.
    pub(crate) fn telling(
        each: u64,
        exposition: impl Fn(u64, u64) -> String + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("its number").port();
        let failing = Arc::new(AtomicU64::new(0));
        let share = Arc::clone(&failing);
        std::thread::spawn(move || {
            let (mut good, mut bad) = (0, 0);
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let mut head = [0; 4096];
                let _ = stream.read(&mut head);
                let failed = each * share.load(Ordering::Relaxed) / 1_000;
                (good, bad) = (good + each - failed, bad + failed);
                let body = exposition(good, bad);
                let _ = write!(
                    stream,
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                    body.len()
                );
            }
        });
        Self { port, failing }
    }
}

fn exposition(good: u64, bad: u64, tells_status: bool) -> String {
    let mut text = "# TYPE http_requests_total counter\n".to_owned();
    if tells_status {
        // No failed request yet is no series, as with most libraries.
        let bad = (bad > 0).then(|| format!("http_requests_total{{code=\"500\"}} {bad}\n"));
        let _ = write!(
            text,
            "http_requests_total{{code=\"200\"}} {good}\n{}",
            bad.unwrap_or_default()
        );
    } else {
        let _ = writeln!(text, "http_requests_total {}", good + bad);
    }
    let all = good + bad;
    let quick = all * 9 / 10;
    let _ = write!(
        text,
        "# TYPE http_request_duration_seconds histogram\n\
         http_request_duration_seconds_bucket{{le=\"0.1\"}} {quick}\n\
         http_request_duration_seconds_bucket{{le=\"0.3\"}} {all}\n\
         http_request_duration_seconds_bucket{{le=\"+Inf\"}} {all}\n\
         http_request_duration_seconds_sum {all}\n\
         http_request_duration_seconds_count {all}\n"
    );
    text
}
