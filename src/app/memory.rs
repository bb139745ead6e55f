//! Giving memory back that only the start needed.
//!
//! Most of what the process has resident is its own code and constants: each page that was touched once stays mapped, with
//! fifteen around it. Those pages are the file's; letting go of them loses nothing, and what is needed again comes back from
//! the cache of the file in microseconds.

use std::{fs, ops::Range, time::Duration};

use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// Once the first screen stands.
const FIRST: Duration = Duration::from_secs(3);

/// What was used since, once.
const AGAIN: Duration = Duration::from_mins(10);

/// Gives back again and again, until dropped.
pub(super) async fn give_back() {
    let mut times = interval_at(Instant::now() + FIRST, AGAIN);
    times.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        times.tick().await;
        // Where the kernel does not tell what is mapped there is nothing to give back.
        if let Ok(maps) = fs::read_to_string("/proc/self/smaps") {
            as_in_files(&maps).into_iter().for_each(let_go);
        }
    }
}

/// The addresses of what is as it is in its file: mapped from one, not writable, and no page of it changed: one that did is
/// the process's own, and counted as anonymous.
fn as_in_files(maps: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut candidate = None;
    for line in maps.lines() {
        if let Some((name, value)) = line.split_once(':').filter(|(name, _)| is_figure(name)) {
            if name == "Anonymous" {
                let clean = value.trim() == "0 kB";
                found.extend(candidate.take().filter(|_| clean));
            }
            continue;
        }
        let mut words = line.split_ascii_whitespace();
        let (addresses, rights) = (words.next(), words.next());
        let file = words.nth(3).is_some_and(|path| path.starts_with('/'));
        candidate = addresses
            .filter(|_| file && matches!(rights, Some("r-xp" | "r--p")))
            .and_then(range);
    }
    found
}

/// `Rss`, `Anonymous`; not the addresses that begin a mapping.
fn is_figure(name: &str) -> bool {
    name.bytes().all(|b| b.is_ascii_alphabetic() || b == b'_')
}

fn range(addresses: &str) -> Option<Range<usize>> {
    let (from, to) = addresses.split_once('-')?;
    let address = |hex| usize::from_str_radix(hex, 16).ok();
    Some(address(from)?..address(to)?)
}

#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "the one system call of its kind; it changes no byte that anything could read"
)]
fn let_go(pages: Range<usize>) {
    use rustix::mm::{Advice, madvise};
    let start = std::ptr::without_provenance_mut(pages.start);
    // SAFETY: the range is a private mapping of a file, not writable, of which no page differs from the file (checked just
    // before, in `as_in_files`). The call unmaps its pages; the next look at one of them maps the same bytes of the file
    // again. Whoever writes breakpoints there makes pages differ, and so keeps them all.
    let given_back = unsafe { madvise(start, pages.len(), Advice::LinuxDontNeed) };
    if let Err(error) = given_back {
        log::debug!("the kernel keeps pages that are not needed: {error}");
    }
}

#[cfg(not(target_os = "linux"))]
fn let_go(_pages: Range<usize>) {}

#[cfg(test)]
mod tests {
    use super::*;

    const MAPS: &str = "\
00400000-00600000 r--p 00000000 fe:00 1 /usr/bin/quarterdeck
Rss:                 100 kB
Anonymous:             0 kB
00600000-00e00000 r-xp 00200000 fe:00 1 /usr/bin/quarterdeck
Rss:                7000 kB
Anonymous:         0 kB
VmFlags: rd ex mr mw me
00e00000-00f00000 rw-p 00a00000 fe:00 1 /usr/bin/quarterdeck
Anonymous:         0 kB
00f00000-00f80000 r--p 00b00000 fe:00 1 /usr/bin/quarterdeck
Anonymous:           612 kB
7f0000000000-7f0000100000 r-xp 00000000 fe:00 2 /usr/lib/libc.so.6
Anonymous:         4 kB
7fff00000000-7fff00001000 r-xp 00000000 00:00 0 [vdso]
Anonymous:         0 kB
";

    #[test]
    fn only_what_is_as_in_its_file_is_given_back() {
        assert_eq!(
            as_in_files(MAPS),
            [0x40_0000..0x60_0000, 0x60_0000..0xe0_0000]
        );
    }

    #[test]
    fn what_was_given_back_is_read_again() {
        let maps = fs::read_to_string("/proc/self/smaps").expect("Linux tells");
        let pages = as_in_files(&maps);
        assert!(!pages.is_empty(), "{maps}");
        pages.into_iter().for_each(let_go);
        assert_eq!(as_in_files(MAPS).len(), 2);
    }
}
