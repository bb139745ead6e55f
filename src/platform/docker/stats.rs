//! Figures of use, from two samples: the daemon's own deltas would cost it a second of waiting for each container.

use jiff::Timestamp;

use crate::{domain::instance::Usage, platform::docker::wire::Stats};

/// What was counted at one moment; counters run since the container's start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sample {
    at: Timestamp,
    cpu_nanoseconds: Option<u64>,
    /// Received and sent, over all interfaces; `None` without a network of its own.
    bytes: Option<(u64, u64)>,
}

/// The use between two samples. A figure that the daemon does not have stays `None`.
pub(super) fn usage(
    stats: &Stats,
    before: Option<&Sample>,
    limit: Option<u64>,
) -> (Usage, Option<Sample>) {
    let Some(at) = stats.read else {
        return (Usage::default(), None);
    };
    let sample = Sample {
        at,
        cpu_nanoseconds: stats.cpu.cpu_usage.total_usage,
        bytes: (!stats.networks.is_empty()).then(|| {
            let all = stats.networks.values();
            all.fold((0_u64, 0_u64), |(rx, tx), each| {
                (
                    rx.saturating_add(each.rx_bytes),
                    tx.saturating_add(each.tx_bytes),
                )
            })
        }),
    };
    let parts = &stats.memory.stats;
    // As `docker stats` counts: of the page cache, what could be given back at once is not "used".
    let cache = parts
        .total_inactive_file
        .or(parts.inactive_file)
        .or(parts.cache)
        .unwrap_or_default();
    let mut usage = Usage {
        memory_bytes: stats
            .memory
            .usage
            .map(|all| if cache < all { all - cache } else { all }),
        memory_limit_bytes: limit,
        ..Usage::default()
    };
    // A counter that went back belongs to another run of the process.
    if let Some(before) = before
        && let Ok(elapsed) = u64::try_from(at.as_nanosecond() - before.at.as_nanosecond())
        && elapsed > 0
    {
        let seconds = elapsed as f64 / 1e9;
        let grown = |now: Option<u64>, then: Option<u64>| Some(now?.checked_sub(then?)? as f64);
        let received = |sample: &Sample| sample.bytes.map(|(rx, _)| rx);
        let sent = |sample: &Sample| sample.bytes.map(|(_, tx)| tx);
        let rate = |bytes: f64| (bytes / seconds) as f32;
        usage.cpu_percent = grown(sample.cpu_nanoseconds, before.cpu_nanoseconds)
            .map(|nanoseconds| (nanoseconds * 100.0 / elapsed as f64) as f32);
        usage.rx_bytes_per_s = grown(received(&sample), received(before)).map(rate);
        usage.tx_bytes_per_s = grown(sent(&sample), sent(before)).map(rate);
    }
    (usage, Some(sample))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(second: u64, cpu: u64, rx: &[u64]) -> Stats {
        let networks: Vec<String> = rx
            .iter()
            .enumerate()
            .map(|(i, rx)| format!(r#""eth{i}":{{"rx_bytes":{rx},"tx_bytes":1}}"#))
            .collect();
        serde_json::from_str(&format!(
            r#"{{"read":"2026-11-21T12:00:{second:02}Z","cpu_stats":{{"cpu_usage":{{"total_usage":{cpu}}}}},
                "memory_stats":{{"usage":1000,"stats":{{"inactive_file":300}}}},"networks":{{{}}}}}"#,
            networks.join(",")
        ))
        .unwrap()
    }

    #[test]
    fn use_is_what_grew_between_two_samples() {
        let (first, sample) = usage(&stats(0, 1_000_000_000, &[100, 50]), None, Some(2000));
        assert_eq!(first.cpu_percent, None);
        assert_eq!(first.memory_bytes, Some(700));
        assert_eq!(first.memory_percent(), Some(35.0));
        let (second, _) = usage(
            &stats(2, 4_000_000_000, &[200, 150]),
            sample.as_ref(),
            Some(2000),
        );
        assert_eq!(second.cpu_percent, Some(150.0));
        assert_eq!(second.rx_bytes_per_s, Some(100.0));
        assert_eq!(second.tx_bytes_per_s, Some(0.0));
    }

    #[test]
    fn a_restart_in_between_is_no_negative_use() {
        let (_, sample) = usage(&stats(0, 5_000_000_000, &[100]), None, None);
        let (second, _) = usage(&stats(2, 1_000, &[1]), sample.as_ref(), None);
        assert_eq!(second.cpu_percent, None);
        assert_eq!(second.rx_bytes_per_s, None);
    }

    #[test]
    fn counters_at_their_end_do_not_wrap() {
        let (_, first) = usage(&stats(0, 1, &[u64::MAX, 9]), None, None);
        let (second, _) = usage(&stats(2, 2, &[u64::MAX, 99]), first.as_ref(), None);
        assert_eq!(second.rx_bytes_per_s, Some(0.0));
    }

    #[test]
    fn a_figure_that_is_missing_is_not_zero() {
        let stats: Stats = serde_json::from_str(r#"{"read":"2026-11-21T12:00:00Z"}"#).unwrap();
        let (usage, _) = usage(&stats, None, None);
        assert_eq!(usage, Usage::default());
    }
}
