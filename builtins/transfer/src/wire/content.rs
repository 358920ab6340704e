//! Heads of the frames that carry content.

use super::Malformed;
use super::bytes::Cursor;
use crate::hash::{Hash, PIECE};

const SAME: u8 = 1;

/// One file of a batch; its content stands in the data of the frame, one file
/// after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BatchItem {
    /// The file.
    pub(crate) index: u32,
    /// Bytes of content in this frame; 0 if `same`.
    pub(crate) len: usize,
    /// The hash of the file.
    pub(crate) hash: Hash,
    /// The receiver has it already.
    pub(crate) same: bool,
}

impl BatchItem {
    /// Appends the item to the head of a frame.
    pub(crate) fn put(&self, head: &mut Vec<u8>) {
        head.extend_from_slice(&self.index.to_le_bytes());
        head.extend_from_slice(&u32::try_from(self.len).unwrap_or(u32::MAX).to_le_bytes());
        head.push(if self.same { SAME } else { 0 });
        head.extend_from_slice(&self.hash);
    }

    /// All items of a frame.
    pub(crate) fn parse(head: &[u8]) -> Result<Vec<Self>, Malformed> {
        let mut cursor = Cursor::new(head);
        let mut items = Vec::new();
        while !cursor.is_empty() {
            let index = cursor.u32()?;
            let len = small(cursor.u32()?)?;
            let same = flag(cursor.u8()?)?;
            items.push(Self { index, len, same, hash: cursor.hash()? });
        }
        Ok(items)
    }
}

/// What the data of a piece frame is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PieceHead {
    /// The file.
    pub(crate) index: u32,
    /// Which of its pieces.
    pub(crate) piece: u64,
    /// The value of the piece, holes read as zeros.
    pub(crate) value: Hash,
    /// The receiver has it already; there are no segments and no data.
    pub(crate) same: bool,
    /// Offset in the piece and length of what is not a hole, in rising order;
    /// the data holds them one after the other.
    pub(crate) segments: Vec<(usize, usize)>,
}

impl PieceHead {
    /// As the head of a frame.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut head = Vec::with_capacity(47 + 8 * self.segments.len());
        head.extend_from_slice(&self.index.to_le_bytes());
        head.extend_from_slice(&self.piece.to_le_bytes());
        head.push(if self.same { SAME } else { 0 });
        head.extend_from_slice(&self.value);
        for &(at, len) in &self.segments {
            head.extend_from_slice(&u32::try_from(at).unwrap_or(u32::MAX).to_le_bytes());
            head.extend_from_slice(&u32::try_from(len).unwrap_or(u32::MAX).to_le_bytes());
        }
        head
    }

    /// From the head of a frame; segments are in order and inside a piece.
    pub(crate) fn parse(head: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(head);
        let (index, piece) = (cursor.u32()?, cursor.u64()?);
        let same = flag(cursor.u8()?)?;
        let value = cursor.hash()?;
        let mut segments = Vec::new();
        let mut end = 0;
        while !cursor.is_empty() {
            let (at, len) = (small(cursor.u32()?)?, small(cursor.u32()?)?);
            if at < end || at + len > PIECE || same {
                return Err(Malformed("a segment"));
            }
            end = at + len;
            segments.push((at, len));
        }
        Ok(Self { index, piece, value, same, segments })
    }

    /// Bytes of data that belong to it.
    pub(crate) fn data_len(&self) -> usize {
        self.segments.iter().map(|&(_, len)| len).sum()
    }
}

fn small(value: u32) -> Result<usize, Malformed> {
    usize::try_from(value).ok().filter(|&v| v <= PIECE).ok_or(Malformed("a length"))
}

fn flag(byte: u8) -> Result<bool, Malformed> {
    match byte {
        0 => Ok(false),
        SAME => Ok(true),
        _ => Err(Malformed("a flag")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn heads_come_back() {
        let items = [
            BatchItem { index: 1, len: 10, hash: [3; 32], same: false },
            BatchItem { index: 2, len: 0, hash: [4; 32], same: true },
        ];
        let mut head = Vec::new();
        for item in &items {
            item.put(&mut head);
        }
        assert_eq!(BatchItem::parse(&head).unwrap(), items);

        let piece = PieceHead {
            index: 1,
            piece: 1 << 40,
            value: [5; 32],
            same: false,
            segments: vec![(0, 4096), (8192, PIECE - 8192)],
        };
        assert_eq!(PieceHead::parse(&piece.head()).unwrap(), piece);
        assert_eq!(piece.data_len(), PIECE - 4096);
    }

    #[test]
    fn segments_that_overlap_or_overflow_are_refused() {
        let piece =
            |segments| PieceHead { index: 0, piece: 0, value: [0; 32], same: false, segments };
        assert!(PieceHead::parse(&piece(vec![(0, 10), (5, 10)]).head()).is_err());
        assert!(PieceHead::parse(&piece(vec![(PIECE, 1)]).head()).is_err());
        assert!(PieceHead::parse(&piece(vec![(10, 1), (0, 1)]).head()).is_err());
    }
}
