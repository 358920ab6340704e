//! What the two sides of a copy say to each other.
//!
//! A frame is `kind (1 byte), length of head (4), length of data (4), head,
//! data`; numbers are little-endian. Heads are small and parsed, data is
//! content of files. Nothing of the other side is believed: all lengths are
//! bounded before memory is taken, all indices checked before use.
//!
//! ```text
//! receiver                          sender
//! Start                      ->
//!                            <-     List*, ListEnd     what the set consists of
//! Requests*                  ->                        what is wanted, what is there already
//!                            <-     Batch*, Piece*     content, or "yours is the same"
//!                            <-     End                digest of the whole set
//! Bye                        ->                        the copy has its name
//!                            <-     Fail               instead of any of these
//! ```

mod bytes;
mod content;
mod list;
mod request;

use ledama_base::operation::{ErrorKind, OperationError};
use serde::{Deserialize, Serialize};

use crate::buffer::Buffer;
use crate::hash::{Hash, PIECE};

pub(crate) use content::{BatchItem, PieceHead};
pub(crate) use list::{ListReader, ListWriter, MAX_DEPTH};
pub(crate) use request::{MAX_HAVE, Request};

use bytes::Cursor;

/// Changes whenever a frame changes its meaning.
pub(crate) const VERSION: u32 = 1;

/// Greatest length of a head.
pub(crate) const MAX_HEAD: usize = 1 << 20;

/// Length of what stands before a head.
pub(crate) const HEADER: usize = 9;

/// What a frame is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Tag {
    /// Receiver: begin. See [`Start`].
    Start = 1,
    /// Receiver: what it wants. See [`Request`].
    Requests = 2,
    /// Receiver: the copy is complete; the last frame.
    Bye = 3,
    /// Sender: some entries of the set.
    List = 16,
    /// Sender: those were all entries.
    ListEnd = 17,
    /// Sender: whole small files.
    Batch = 18,
    /// Sender: one piece of a file.
    Piece = 19,
    /// Sender: that was all; see [`End`].
    End = 20,
    /// Sender: it cannot go on; an error as JSON.
    Fail = 21,
}

impl Tag {
    fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            1 => Self::Start,
            2 => Self::Requests,
            3 => Self::Bye,
            16 => Self::List,
            17 => Self::ListEnd,
            18 => Self::Batch,
            19 => Self::Piece,
            20 => Self::End,
            21 => Self::Fail,
            _ => return None,
        })
    }
}

/// One message.
#[derive(Debug)]
pub(crate) struct Frame {
    /// What it is about.
    pub(crate) tag: Tag,
    /// The part that is parsed.
    pub(crate) head: Vec<u8>,
    /// Content of files.
    pub(crate) data: Buffer,
}

/// Lengths of a frame that is about to arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// What it is about.
    pub(crate) tag: Tag,
    /// Bytes of its head.
    pub(crate) head: usize,
    /// Bytes of its data.
    pub(crate) data: usize,
}

impl Header {
    /// Reads what stands before a head.
    pub(crate) fn parse(raw: [u8; HEADER]) -> Result<Self, Malformed> {
        let [tag, h0, h1, h2, h3, d0, d1, d2, d3] = raw;
        let tag = Tag::from_byte(tag).ok_or(Malformed("kind of frame"))?;
        let length = |raw, max| match usize::try_from(u32::from_le_bytes(raw)) {
            Ok(len) if len <= max => Ok(len),
            _ => Err(Malformed("length of a frame")),
        };
        let head = length([h0, h1, h2, h3], MAX_HEAD)?;
        let data = length([d0, d1, d2, d3], PIECE)?;
        if data > 0 && !matches!(tag, Tag::Batch | Tag::Piece) {
            return Err(Malformed("data where none belongs"));
        }
        Ok(Self { tag, head, data })
    }
}

impl Frame {
    /// A frame without content of files.
    pub(crate) fn new(tag: Tag, head: Vec<u8>) -> Self {
        Self { tag, head, data: Buffer::none() }
    }

    /// A frame whose head is JSON.
    pub(crate) fn json<T: Serialize>(tag: Tag, value: &T) -> Self {
        Self::new(tag, serde_json::to_vec(value).unwrap_or_default())
    }

    /// The head as JSON.
    pub(crate) fn parse_json<T: for<'de> Deserialize<'de>>(&self) -> Result<T, Malformed> {
        serde_json::from_slice(&self.head).map_err(|_| Malformed("a message"))
    }

    /// What stands before the head.
    pub(crate) fn header(&self) -> [u8; HEADER] {
        let mut raw = [0; HEADER];
        raw[0] = self.tag as u8;
        raw[1..5].copy_from_slice(&length(self.head.len()));
        raw[5..9].copy_from_slice(&length(self.data.len()));
        raw
    }
}

fn length(len: usize) -> [u8; 4] {
    u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes()
}

/// The first words of the receiver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Start {
    /// Must equal [`VERSION`].
    pub(crate) version: u32,
    /// Path of the set, where the sender has not been told otherwise; text form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<String>,
}

/// The last words of the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    /// See `Listing::digest`.
    pub(crate) digest: Hash,
}

impl End {
    /// As a frame.
    pub(crate) fn frame(self) -> Frame {
        Frame::new(Tag::End, self.digest.to_vec())
    }

    /// From a frame.
    pub(crate) fn parse(head: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(head);
        let digest = cursor.hash()?;
        cursor.end()?;
        Ok(Self { digest })
    }
}

/// Something in a frame that cannot be; the other side is not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

impl From<Malformed> for OperationError {
    fn from(error: Malformed) -> Self {
        Self::new(
            ErrorKind::Corrupt,
            format!("the other side of the copy sent something impossible ({})", error.0),
        )
        .help("check that the same version of ledama runs on both nodes, then try again")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_header_comes_back() {
        let frame = Frame::json(Tag::Start, &Start { version: 7, source: None });
        let header = Header::parse(frame.header()).unwrap();
        assert_eq!((header.tag, header.head, header.data), (Tag::Start, frame.head.len(), 0));
        assert_eq!(frame.parse_json::<Start>().unwrap().version, 7);
    }

    #[test]
    fn oversize_is_refused_before_memory_is_taken() {
        let mut raw = Frame::new(Tag::Piece, Vec::new()).header();
        raw[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Header::parse(raw), Err(Malformed("length of a frame")));
        let mut raw = Frame::new(Tag::List, Vec::new()).header();
        raw[1..5].copy_from_slice(&(1u32 << 30).to_le_bytes());
        assert!(Header::parse(raw).is_err());
    }

    proptest! {
        #[test]
        fn garbage_never_panics(raw: [u8; HEADER], head: Vec<u8>) {
            let _ = Header::parse(raw);
            let _ = End::parse(&head);
            let _ = Request::parse(&head);
            let _ = BatchItem::parse(&head);
            let _ = PieceHead::parse(&head);
            let mut reader = ListReader::default();
            let _ = reader.read(&head);
            let _ = reader.finish();
        }
    }
}
