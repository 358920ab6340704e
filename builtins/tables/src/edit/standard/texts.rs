//! Writes texts into buckets of their own, one after the other.
//!
//! Source of the format: `casacore/tables/DataMan/SSMStringHandler.cc`.

use super::Buckets;
use crate::error::Result;

/// Bytes before the texts of a bucket.
const HEAD: usize = 16;

/// A text that does not fit goes into a new bucket when so little is left.
const LITTLE: usize = 50;

/// The bucket that is being filled.
#[derive(Default)]
pub(super) struct Texts {
    number: Option<u32>,
    bytes: Vec<u8>,
}

impl Texts {
    /// Appends bytes, and tells bucket and offset.
    pub(super) fn put(&mut self, buckets: &mut Buckets, mut bytes: &[u8]) -> Result<(u32, u32)> {
        let room = buckets.size - HEAD;
        let left = room - self.bytes.len();
        let mut number = match self.number {
            Some(number) if bytes.len() <= left || left >= LITTLE => number,
            _ => self.next(buckets, false)?,
        };
        let place = (number, u32::try_from(self.bytes.len()).unwrap_or(0));
        loop {
            let some = bytes.len().min(room - self.bytes.len());
            self.bytes.extend_from_slice(&bytes[..some]);
            bytes = &bytes[some..];
            if bytes.is_empty() {
                break;
            }
            number = self.next(buckets, true)?;
        }
        self.number = Some(number);
        Ok(place)
    }

    /// Begins a new bucket, in which the last text of the old one may go on.
    fn next(&mut self, buckets: &mut Buckets, goes_on: bool) -> Result<u32> {
        let number = buckets.add()?;
        self.write(buckets, goes_on.then_some(number))?;
        self.bytes.clear();
        self.number = Some(number);
        Ok(number)
    }

    fn write(&self, buckets: &Buckets, next: Option<u32>) -> Result<()> {
        let Some(number) = self.number else {
            return Ok(());
        };
        let used = u32::try_from(self.bytes.len()).unwrap_or(0);
        // Counted are the bytes that are free or deleted.
        let deleted = u32::try_from(buckets.size - HEAD).unwrap_or(0) - used;
        let mut bucket = vec![0; 4];
        for word in [used, deleted, next.unwrap_or(u32::MAX)] {
            bucket.extend(word.to_be_bytes());
        }
        bucket.extend_from_slice(&self.bytes);
        bucket.resize(buckets.size, 0);
        buckets.write(number, &bucket)
    }

    /// Writes the last bucket and tells its number.
    pub(super) fn finish(self, buckets: &Buckets) -> Result<Option<u32>> {
        self.write(buckets, None)?;
        Ok(self.number)
    }
}
