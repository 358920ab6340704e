//! Texts longer than eight bytes, and arrays of texts: they stand in buckets
//! of their own, one after the other, and go on in further buckets.
//!
//! Such a bucket begins with four numbers, big-endian in every table: one of
//! the list of free buckets, the bytes used, the bytes deleted, and the
//! bucket in which the last text goes on (-1 for none).
//!
//! Source: `casacore/tables/DataMan/SSMStringHandler.cc`.

use crate::aipsio::text;
use crate::buffer::Endian;
use crate::error::Result;
use crate::managers::Shape;
use crate::managers::buckets::{Bucket, Buckets, u32_at};

/// Bytes before the texts.
const HEAD: usize = 16;

/// Axes of an array at most; more is taken for damage.
const MAX_AXES: u32 = 64;

/// A place among the texts.
pub(super) struct Strings<'a> {
    buckets: &'a Buckets,
    number: Option<u32>,
    bucket: Bucket<'a>,
    at: usize,
    used: usize,
    next: u32,
    /// How often the text may go on in another bucket: as often as there are buckets.
    hops: u32,
}

impl<'a> Strings<'a> {
    /// No place yet.
    pub(super) fn new(buckets: &'a Buckets) -> Self {
        let bucket = Bucket::Held(&[]);
        Self { buckets, number: None, bucket, at: 0, used: 0, next: 0, hops: 0 }
    }

    /// Goes to a place in a bucket, counted from its first text.
    pub(super) fn seek(&mut self, bucket: u32, offset: u32) -> Result<()> {
        if self.number != Some(bucket) {
            self.enter(bucket)?;
        }
        self.at = offset as usize;
        self.hops = self.buckets.count();
        Ok(())
    }

    fn enter(&mut self, bucket: u32) -> Result<()> {
        self.number = None;
        self.bucket = self.buckets.get(bucket)?;
        let number = |at| u32_at(&self.bucket, at, Endian::Big);
        let (Some(used), Some(next)) = (number(4), number(12)) else {
            return Err(self.buckets.corrupt("buckets are too small for texts"));
        };
        if used as usize > self.bucket.len() - HEAD {
            return Err(self.buckets.corrupt(format!("bucket {bucket} does not hold texts")));
        }
        (self.used, self.next, self.at) = (used as usize, next, 0);
        self.number = Some(bucket);
        Ok(())
    }

    /// Appends the next bytes to `out`.
    pub(super) fn take(&mut self, mut length: usize, out: &mut Vec<u8>) -> Result<()> {
        while length > 0 {
            let Some(left) = self.used.checked_sub(self.at) else {
                return Err(self.buckets.corrupt("a text begins behind the others"));
            };
            let some = length.min(left);
            out.extend_from_slice(&self.bucket[HEAD + self.at..HEAD + self.at + some]);
            self.at += some;
            length -= some;
            if length > 0 {
                self.hops = self
                    .hops
                    .checked_sub(1)
                    .ok_or_else(|| self.buckets.corrupt("a text goes on without an end"))?;
                self.enter(self.next)?;
                if self.used == 0 {
                    return Err(self.buckets.corrupt("a text goes on in an empty bucket"));
                }
            }
        }
        Ok(())
    }

    /// The next bytes as text; `spare` holds them if they go on in another bucket.
    pub(super) fn text(&mut self, length: usize, spare: &mut Vec<u8>) -> Result<String> {
        if let Some(end) = self.at.checked_add(length).filter(|end| *end <= self.used) {
            let bytes = &self.bucket[HEAD + self.at..HEAD + end];
            self.at = end;
            return Ok(text(bytes));
        }
        spare.clear();
        self.take(length, spare)?;
        Ok(text(spare))
    }

    /// The next number.
    pub(super) fn number(&mut self) -> Result<u32> {
        if let Some(end) = self.at.checked_add(4).filter(|end| *end <= self.used) {
            let number = u32_at(&self.bucket, HEAD + self.at, Endian::Big);
            self.at = end;
            return Ok(number.unwrap_or_default());
        }
        let mut bytes = Vec::with_capacity(4);
        self.take(4, &mut bytes)?;
        Ok(u32_at(&bytes, 0, Endian::Big).unwrap_or_default())
    }

    /// The shape of the array here, in C order.
    pub(super) fn shape(&mut self) -> Result<Shape> {
        let axes = self.number()?;
        if axes > MAX_AXES {
            return Err(self.buckets.corrupt(format!("an array of texts has {axes} axes")));
        }
        let mut shape = Shape::new();
        let mut count = 1u64;
        for _ in 0..axes {
            let length = self.number()?;
            // No array has more texts than the file has bytes.
            count = count.saturating_mul(u64::from(length));
            if count > self.buckets.source.len() {
                return Err(self.buckets.corrupt("an array of texts has an impossible shape"));
            }
            shape.push(length as usize);
        }
        shape.reverse();
        if axes == 0 {
            shape.push(0);
        }
        Ok(shape)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::managers::buckets::HEADER;
    use crate::storage::{Folder as _, Memory};

    /// Buckets of 24 bytes, each with its used bytes, the next bucket, and its texts.
    fn buckets(parts: &[(u32, i32, &[u8; 8])]) -> Buckets {
        let mut bytes = vec![0; usize::try_from(HEADER).unwrap()];
        for (used, next, texts) in parts {
            bytes.extend([0; 4]);
            bytes.extend(used.to_be_bytes());
            bytes.extend([0; 4]);
            bytes.extend(next.to_be_bytes());
            bytes.extend(*texts);
        }
        let source = Memory::new([("f".into(), bytes)]).open("f").unwrap();
        Buckets::new(source, 24, u32::try_from(parts.len()).unwrap())
    }

    fn at(buckets: &Buckets, bucket: u32, offset: u32) -> Result<Strings<'_>> {
        let mut strings = Strings::new(buckets);
        strings.seek(bucket, offset).map(|()| strings)
    }

    #[test]
    fn follows_a_text_through_buckets() {
        let buckets = buckets(&[(8, 2, b"xxstartt"), (4, -1, b"end....."), (8, 1, b"he midd ")]);
        let mut text = Vec::new();
        at(&buckets, 0, 2).unwrap().take(17, &mut text).unwrap();
        assert_eq!(text, b"startthe midd end");
        let mut strings = at(&buckets, 0, 2).unwrap();
        assert_eq!(strings.text(5, &mut text).unwrap(), "start");
        assert_eq!(strings.text(9, &mut text).unwrap(), "the midd ");
        strings.seek(2, 3).unwrap();
        assert_eq!(strings.text(4, &mut text).unwrap(), "midd");
        assert!(at(&buckets, 0, 2).unwrap().take(19, &mut text).is_err());
    }

    #[test]
    fn refuses_rings_and_empty_buckets() {
        let ring = buckets(&[(8, 1, b"01234567"), (8, 0, b"01234567")]);
        let mut text = Vec::new();
        assert!(at(&ring, 0, 0).unwrap().take(1 << 30, &mut text).is_err());
        assert!(text.len() < 64);
        let empty = buckets(&[(8, 1, b"01234567"), (0, 1, b"01234567")]);
        assert!(at(&empty, 0, 0).unwrap().take(9, &mut text).is_err());
        assert!(at(&buckets(&[(9, 0, b"01234567")]), 0, 0).is_err());
        assert!(at(&empty, 0, 9).unwrap().take(1, &mut text).is_err());
    }
}
