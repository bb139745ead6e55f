//! A backup: read out, then read again and compared.

use std::time::Duration;

use super::{SimRun, Went};
use crate::{
    plan::record::Failure,
    platform::sim::{
        preview::{dump, mebibytes},
        world::{Backup, SECOND, Tick},
    },
    text::SafeText,
};

/// How fast data is read out, in bytes a second.
const SPEED: u64 = 48 << 20;

/// How long reading so much out takes.
pub(in crate::platform::sim) fn dump_time(bytes: u64) -> Duration {
    Duration::from_secs(bytes / SPEED + 1)
}

impl SimRun {
    /// Reads the data out, for as long as the database runs.
    pub(super) async fn dump(&mut self) -> Went {
        let (bytes, source, free) = {
            let stage = self.work.shared.lock();
            let world = &stage.world;
            let source = world.services[self.service()]
                .replicas
                .iter()
                .find(|r| r.ready())
                .map(|r| (r.id.clone(), r.run));
            let free = world
                .scenario
                .host
                .disk_size
                .saturating_sub(world.disk_used as u64);
            (dump(world, self.service()), source, free)
        };
        let Some((id, run)) = source else {
            let why = SafeText::from_static("it does not run: its data cannot be read out");
            return Went::Failed(Failure::CommandFailed, why);
        };
        if free < bytes * 6 / 5 {
            let why = format!(
                "{} free, {} needed: free some of the disk first",
                mebibytes(free),
                mebibytes(bytes * 6 / 5)
            );
            return Went::Failed(Failure::NoSpace, SafeText::line(&why));
        }
        let seconds = dump_time(bytes).as_secs();
        for second in 0..seconds {
            if self.told_to_stop() {
                return Went::Stopped;
            }
            let read = bytes * second / seconds;
            self.wait_for(&format!("{} of {}", mebibytes(read), mebibytes(bytes)));
            self.work.sleep(SECOND).await;
            let stage = self.work.shared.lock();
            let still = stage
                .world
                .replica(&id)
                .is_some_and(|(_, _, r)| r.running() && r.run == run);
            if !still {
                let why = "the dump was cut short: its database went away; no file was kept";
                return Went::Failed(Failure::CommandFailed, SafeText::from_static(why));
            }
        }
        Went::Done(None)
    }

    /// Reads the dump again and compares it.
    pub(super) async fn verify(&mut self) -> Went {
        let bytes = dump(&self.work.shared.lock().world, self.service());
        let took = dump_time(bytes) + dump_time(bytes) / 4;
        self.wait_for("reading the dump again");
        self.work
            .sleep((dump_time(bytes).as_millis() / 400) as Tick)
            .await;
        let mut stage = self.work.shared.lock();
        let at = stage.world.tick;
        stage
            .world
            .backed_up(self.service(), Backup { at, bytes, took });
        Went::Done(None)
    }
}
