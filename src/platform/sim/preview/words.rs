//! Words for lengths of time, sizes, and what is known of a revision.

use std::time::Duration;

use crate::platform::sim::{
    scenario::{Index, Store},
    world::{Tick, World},
};

/// A dump is smaller than the data: it is compressed, and holds no indexes.
const DUMP_SHARE: f64 = 0.35;

/// `4 s`, `2m 10s`, `5d 22h`.
pub(in crate::platform::sim) fn long(time: Duration) -> String {
    let seconds = time.as_secs() + u64::from(time.subsec_millis() >= 500);
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{}m {}s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{}h {}m", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{}d {}h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// `430 MiB`, `1.2 GiB`.
pub(in crate::platform::sim) fn mebibytes(bytes: u64) -> String {
    let mebi = bytes as f64 / f64::from(1 << 20);
    if mebi < 1_000.0 {
        format!("{mebi:.0} MiB")
    } else {
        format!("{:.1} GiB", mebi / 1_024.0)
    }
}

pub(super) fn span(ticks: Tick) -> Duration {
    Duration::from_millis(u64::try_from(ticks).unwrap_or(0) * 100)
}

/// `served 5d 22h, known good`.
pub(super) fn life(world: &World, service: Index, revision: usize) -> String {
    let past = &world.services[service].past[revision];
    let Some(first) = past.first else {
        return "has not run here yet".to_owned();
    };
    let served = long(span(past.last.unwrap_or(first) - first));
    match past.known_good {
        Some(_) => format!("served {served}, known good"),
        None => format!("served {served}, not known good"),
    }
}

/// How much data a service holds, in bytes.
pub(super) fn data(world: &World, service: Index) -> u64 {
    let spec = &world.scenario.services[service];
    match (&spec.volume, &spec.store) {
        (Some(volume), _) => volume.bytes,
        (None, Some(Store::Cache { .. })) => world.services[service].cached as u64,
        _ => 0,
    }
}

/// How large its dump is, in bytes.
pub(in crate::platform::sim) fn dump(world: &World, service: Index) -> u64 {
    (data(world, service) as f64 * DUMP_SHARE) as u64
}

/// What came of the newest backup.
pub(in crate::platform::sim) fn backup_words(world: &World, service: Index) -> String {
    match &world.services[service].backup {
        Some(backup) => format!(
            "dumped and verified: {} in {}",
            mebibytes(backup.bytes),
            long(backup.took)
        ),
        None => "no backup".to_owned(),
    }
}

pub(super) fn last_backup(world: &World, service: Index) -> String {
    match &world.services[service].backup {
        Some(backup) => format!(
            "last backup {} ago, verified, {} in {}",
            long(span(world.tick - backup.at)),
            mebibytes(backup.bytes),
            long(backup.took)
        ),
        None => "no backup yet".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_units_say_enough() {
        for (seconds, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (130, "2m 10s"),
            (3_600, "1h 0m"),
            (511_200, "5d 22h"),
        ] {
            assert_eq!(long(Duration::from_secs(seconds)), words);
        }
        assert_eq!(mebibytes(430 << 20), "430 MiB");
        assert_eq!(mebibytes(1_229 << 20), "1.2 GiB");
    }
}
