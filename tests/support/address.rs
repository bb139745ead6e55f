//! An address of this machine that is none of loopback's: to no other leads the proxy of an API server.

use std::{
    env,
    net::Ipv4Addr,
    process::{Command, id},
    sync::atomic::{AtomicU8, Ordering},
};

use rustix::process::getuid;

use super::daemon::output;

/// It goes with the value.
pub(crate) struct OwnAddress(pub(crate) Ipv4Addr);

impl OwnAddress {
    /// `None` where nobody may add one; a failure in CI.
    pub(crate) fn new() -> Option<Self> {
        static COUNT: AtomicU8 = AtomicU8::new(0);
        if !getuid().is_root() {
            assert!(env::var("CI").is_err(), "only root can add an address");
            eprintln!("SKIPPED: it needs an address on lo, and only root can add one");
            return None;
        }
        // Tests run side by side, and so do those of several clones.
        let [_, _, high, low] = id().to_be_bytes();
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let address = Self(Ipv4Addr::new(10, 255 - count, high, low));
        output(&mut address.ip("add"));
        Some(address)
    }

    fn ip(&self, action: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["address", action, &format!("{}/32", self.0), "dev", "lo"]);
        command
    }
}

impl Drop for OwnAddress {
    fn drop(&mut self) {
        let _ = self.ip("delete").status();
    }
}
