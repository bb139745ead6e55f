//! Whether a draft is what it should be: read again from the medium, compared, and read by the program that would
//! restore it.

use std::io::{self, Read};

use crate::{
    backup::{draft::Reader, manifest::Part, postgres::GLOBALS_END},
    safe,
    text::SafeText,
};

/// What comes before it is the last block of a tar, twice.
const BLOCK: u64 = 512;

/// Why a draft is not good.
#[derive(Debug)]
pub(super) enum Bad {
    /// It was not read to its end since somebody stopped it.
    Stopped,
    /// In words.
    Because(SafeText),
}

impl From<io::Error> for Bad {
    fn from(error: io::Error) -> Self {
        Self::Because(safe!("it can't be read again: {error}"))
    }
}

/// What is read again differs from what was written.
pub(super) fn differs() -> SafeText {
    SafeText::from_static("what is read again is not what was written")
}

/// Reads every entry of a tar to its end and counts them. Blocks.
pub(super) fn tar(mut reader: Reader, part: &Part) -> Result<u64, Bad> {
    let read = entries(&mut reader, part.bytes);
    if reader.is_stopped() {
        return Err(Bad::Stopped);
    }
    let count = read?;
    io::copy(&mut reader, &mut io::sink())?;
    if reader.read_all_of(part) {
        Ok(count)
    } else {
        Err(Bad::Because(differs()))
    }
}

fn entries(reader: &mut Reader, bytes: u64) -> Result<u64, Bad> {
    let bad = |error: io::Error| Bad::Because(safe!("it is no whole tar: {error}"));
    let mut archive = tar::Archive::new(reader);
    let (mut count, mut end) = (0, 0);
    for entry in archive.entries().map_err(bad)? {
        let mut entry = entry.map_err(bad)?;
        let read = io::copy(&mut entry, &mut io::sink()).map_err(bad)?;
        if read != entry.size() {
            return Err(Bad::Because(safe!("it is no whole tar: an entry is cut")));
        }
        end = (entry.raw_file_position() + entry.size()).next_multiple_of(BLOCK);
        count += 1;
    }
    // A tar that is cut between two entries reads like a shorter one, but for its end.
    if bytes < end + 2 * BLOCK {
        return Err(Bad::Because(safe!(
            "it is no whole tar: its end is missing"
        )));
    }
    Ok(count)
}

/// Whether roles and tablespaces are there to their last line. Blocks.
pub(super) fn globals(mut reader: Reader, part: &Part) -> Result<(), Bad> {
    let mut text = Vec::new();
    match reader.read_to_end(&mut text) {
        Err(_) if reader.is_stopped() => return Err(Bad::Stopped),
        read => read?,
    };
    if !text
        .windows(GLOBALS_END.len())
        .any(|part| part == GLOBALS_END)
    {
        return Err(Bad::Because(safe!("the roles are cut short")));
    }
    if reader.read_all_of(part) {
        Ok(())
    } else {
        Err(Bad::Because(differs()))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use bytes::Bytes;
    use tokio::sync::mpsc;

    use tokio_util::sync::CancellationToken;

    use super::*;
    use crate::backup::draft::Draft;

    fn draft(folder: &Path, bytes: &[u8]) -> Draft {
        let (to, pieces) = mpsc::channel(1);
        to.try_send(Bytes::copy_from_slice(bytes)).unwrap();
        drop(to);
        Draft::new(folder, "x").unwrap().fill(pieces).unwrap()
    }

    fn sample() -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        for (name, content) in [("a", &[7; 700][..]), ("zeros", &[0; 2048]), ("c", b"")] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append_data(&mut header, name, content).unwrap();
        }
        builder.into_inner().unwrap()
    }

    #[test]
    fn a_tar_that_is_cut_anywhere_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let whole = sample();
        let judged = |bytes: &[u8]| {
            let draft = draft(folder.path(), bytes);
            tar(draft.reader(CancellationToken::new()).unwrap(), &draft.part)
        };
        assert_eq!(judged(&whole).unwrap(), 3);
        for cut in (0..whole.len()).step_by(64) {
            assert!(
                judged(&whole[..cut]).is_err(),
                "cut at {cut} of {}",
                whole.len()
            );
        }
    }

    #[test]
    fn roles_without_their_last_line_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let judged = |bytes: &[u8]| {
            let draft = draft(folder.path(), bytes);
            globals(draft.reader(CancellationToken::new()).unwrap(), &draft.part)
        };
        let text = b"CREATE ROLE shop;\n--\n-- PostgreSQL database cluster dump complete\n--\n";
        assert!(judged(text).is_ok());
        assert!(judged(&text[..40]).is_err());
    }

    #[test]
    fn reading_stops_when_it_is_told_to() {
        let folder = tempfile::tempdir().unwrap();
        let stop = CancellationToken::new();
        stop.cancel();
        let draft = draft(folder.path(), &sample());
        let reader = || draft.reader(stop.clone()).unwrap();
        assert!(matches!(tar(reader(), &draft.part), Err(Bad::Stopped)));
        assert!(matches!(globals(reader(), &draft.part), Err(Bad::Stopped)));
    }
}
