//! Of which moment a backup is.

use std::collections::BTreeMap;

use quarterdeck::journal::record::{Backup, Record};
use quarterdeck::plan::record::{OperationId, Recorder as _};

use super::support::{entries, open, start, target};

#[test]
fn a_backup_is_of_when_it_began_and_the_newest_of_a_service_counts() {
    let root = tempfile::tempdir().unwrap();
    let journal = open(root.path());
    let backup = |operation: Option<&OperationId>| {
        Record::Backup(Backup {
            operation: operation.cloned(),
            target: target(),
            what: "orders".into(),
            place: "orders.dump".into(),
            bytes: 1,
            sha256: "".into(),
            checked: "restored".into(),
        })
    };
    let (slow, quick) = (
        journal.begin(&start(1)).unwrap(),
        journal.begin(&start(1)).unwrap(),
    );
    journal.write(&backup(Some(&quick))).unwrap();
    journal.write(&backup(Some(&slow))).unwrap();
    let written = |nth: usize| entries(&journal)[nth].time;
    let newest = || journal.newest_backups("daemon-1").unwrap();
    let of = |moment| BTreeMap::from([(target().service_id(), moment)]);
    assert_eq!(newest(), of(written(1)), "the second one began last");
    assert_eq!(journal.newest_backup("daemon-1").unwrap(), Some(written(1)));
    // One of which is not known when it began.
    journal.write(&backup(None)).unwrap();
    assert_eq!(newest(), of(written(4)));
}
