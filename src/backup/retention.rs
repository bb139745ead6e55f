//! Which copies may go. Only a backup that succeeded asks.

use std::{fs, io, path::Path};

use jiff::{SignedDuration, Timestamp};

use crate::backup::manifest::Manifest;

/// So many verified copies stay, whatever their age.
const AT_LEAST: usize = 2;

/// Those of `copies`, which are verified and the newest first, that are older than `days`.
pub(super) fn old(
    copies: &[Manifest],
    days: u32,
    now: Timestamp,
) -> impl Iterator<Item = &Manifest> {
    let kept = SignedDuration::from_hours(24 * i64::from(days));
    let past = move |copy: &&Manifest| now.duration_since(copy.at) > kept;
    copies.iter().skip(AT_LEAST).filter(past)
}

/// Removes a copy.
///
/// # Errors
/// A file that is there can't be removed.
pub(super) fn remove(folder: &Path, copy: &Manifest) -> io::Result<()> {
    for file in copy.files() {
        match fs::remove_file(folder.join(file)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::manifest::tests::manifest;

    fn goes(days_of_copies: &[i64], keep: u32, today: i64) -> Vec<i64> {
        let copies: Vec<Manifest> = days_of_copies.iter().map(|day| manifest(*day)).collect();
        let now = manifest(today).at;
        let day = |copy: &Manifest| copy.at.duration_since(manifest(0).at).as_hours() / 24;
        old(&copies, keep, now).map(day).collect()
    }

    #[test]
    fn what_is_past_its_days_goes_but_two_stay() {
        assert_eq!(goes(&[40, 39, 11, 10, 9, 1], 30, 40), [9, 1]);
        assert_eq!(goes(&[40, 9, 1], 30, 40), [1]);
        assert_eq!(goes(&[3, 2], 1, 400), [0; 0]);
        assert_eq!(goes(&[3], 1, 400), [0; 0]);
        assert_eq!(goes(&[], 1, 400), [0; 0]);
    }

    #[test]
    fn a_copy_goes_with_all_its_files() {
        let folder = tempfile::tempdir().unwrap();
        for copy in [manifest(1), manifest(2)] {
            for file in copy.files() {
                fs::write(folder.path().join(file), "x").unwrap();
            }
        }
        remove(folder.path(), &manifest(1)).unwrap();
        remove(folder.path(), &manifest(1)).unwrap();
        let mut left: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let mut wanted = manifest(2).files();
        left.sort();
        wanted.sort();
        assert_eq!(left, wanted);
    }
}
