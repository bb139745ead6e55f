//! Where an object begins and ends.

use bytes::{Buf, Bytes, BytesMut};
use prost::Message;

use super::meta::Unknown;

/// What each object begins with.
const MAGIC: &[u8] = b"k8s\0";

/// No object is larger: etcd takes 1.5 MiB, and an API server answers 3 MiB at most for one.
const LARGEST: usize = 16 << 20;

/// What is not protobuf as Kubernetes writes it.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// It does not begin as an object does.
    #[error("the API server's answer is not protobuf as Kubernetes writes it")]
    Magic,
    /// It does not read as what it should be.
    #[error("the API server's answer does not read: {0}")]
    Decode(#[from] prost::DecodeError),
    /// A length that cannot be.
    #[error("the API server announced an object of {0} bytes")]
    Size(usize),
    /// It does not read as the JSON that it should be.
    #[error("the API server's answer does not read: {0}")]
    Json(String),
}

/// The object in an envelope.
///
/// # Errors
/// It is no envelope.
pub fn object(mut bytes: Bytes) -> Result<Unknown, WireError> {
    if !bytes.starts_with(MAGIC) {
        return Err(WireError::Magic);
    }
    bytes.advance(MAGIC.len());
    Ok(Unknown::decode(bytes)?)
}

/// Finds the frames in a watch as it arrives: each is a length of four bytes, big end first, and so many bytes.
#[derive(Debug, Default)]
pub struct Frames {
    waiting: BytesMut,
}

impl Frames {
    /// More has arrived.
    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next whole frame.
    ///
    /// # Errors
    /// The length cannot be; nothing after it can be found.
    pub fn whole(&mut self) -> Result<Option<Bytes>, WireError> {
        let Some(&[a, b, c, d]) = self.waiting.first_chunk::<4>() else {
            return Ok(None);
        };
        let length = u32::from_be_bytes([a, b, c, d]) as usize;
        if length > LARGEST {
            return Err(WireError::Size(length));
        }
        if self.waiting.len() < 4 + length {
            self.waiting.reserve(4 + length - self.waiting.len());
            return Ok(None);
        }
        self.waiting.advance(4);
        Ok(Some(self.waiting.split_to(length).freeze()))
    }

    /// The next whole line, for a watch that comes as JSON.
    ///
    /// # Errors
    /// It is longer than any object can be.
    pub fn line(&mut self) -> Result<Option<Bytes>, WireError> {
        let end = self.waiting.iter().position(|byte| *byte == b'\n');
        match end {
            Some(end) => {
                let line = self.waiting.split_to(end + 1).freeze();
                Ok(Some(line.slice(..end)))
            }
            None if self.waiting.len() > LARGEST => Err(WireError::Size(self.waiting.len())),
            None => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_wherever_the_bytes_are_cut() {
        let whole: Vec<u8> = [
            &[0, 0, 0, 3][..],
            b"one",
            &[0, 0, 0, 0],
            &[0, 0, 0, 5],
            b"three",
        ]
        .concat();
        for cut in 0..=whole.len() {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for part in [&whole[..cut], &whole[cut..]] {
                frames.push(part);
                while let Some(frame) = frames.whole().unwrap() {
                    found.push(frame);
                }
            }
            assert_eq!(
                found,
                ["one", "", "three"].map(|text| Bytes::from_static(text.as_bytes())),
                "cut at {cut}"
            );
        }
    }

    #[test]
    fn lines_are_found_wherever_the_bytes_are_cut() {
        let whole = b"{\"one\":1}\n\n{}\n{";
        for cut in 0..=whole.len() {
            let mut frames = Frames::default();
            let mut found = Vec::new();
            for part in [&whole[..cut], &whole[cut..]] {
                frames.push(part);
                while let Some(line) = frames.line().unwrap() {
                    found.push(line);
                }
            }
            assert_eq!(found, ["{\"one\":1}", "", "{}"], "cut at {cut}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_is_an_error() {
        let mut frames = Frames::default();
        frames.push(&[0xff, 0, 0, 0]);
        assert!(matches!(frames.whole(), Err(WireError::Size(_))));
    }

    #[test]
    fn what_is_not_an_envelope_is_an_error() {
        assert!(matches!(
            object(Bytes::from_static(b"{\"kind\":\"Status\"}")),
            Err(WireError::Magic)
        ));
    }
}
