//! A file of buckets of one size, as the standard and the incremental
//! manager keep them: 512 bytes of header, then bucket after bucket.
//!
//! Source: `casacore/tables/DataMan/{BucketFile,BucketCache}.cc`.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use crate::buffer::Endian;
use crate::error::{Error, Result};
use crate::storage::Source;

/// Where the buckets begin.
pub(crate) const HEADER: u64 = 512;

/// Buckets kept in memory.
const KEPT: usize = 4;

/// The buckets of a file.
pub(crate) struct Buckets {
    pub(crate) source: Arc<dyn Source>,
    size: usize,
    count: u32,
    /// The buckets read last, latest first.
    kept: Mutex<Vec<(u32, Arc<[u8]>)>>,
}

impl Buckets {
    /// The buckets of an open file, no more than the file can hold.
    pub(crate) fn new(source: Arc<dyn Source>, size: u32, count: u32) -> Self {
        let size = size as usize;
        let held = source.len().saturating_sub(HEADER).checked_div(size as u64).unwrap_or_default();
        let held = u32::try_from(held.saturating_add(1)).unwrap_or(u32::MAX);
        Self { source, size, count: count.min(held), kept: Mutex::default() }
    }

    /// Bytes of a bucket.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// How many buckets there are.
    pub(crate) fn count(&self) -> u32 {
        self.count
    }

    /// Where a bucket stands in the file.
    pub(crate) fn place(&self, number: u32) -> u64 {
        HEADER + u64::from(number) * self.size as u64
    }

    /// Fails unless the whole bucket is in the file.
    pub(crate) fn check(&self, number: u32) -> Result<()> {
        if number >= self.count {
            return Err(self.corrupt(format!("bucket {number} of {}", self.count)));
        }
        self.source.check(self.place(number), self.size as u64)
    }

    /// A bucket, from memory if the file is held there or the bucket was
    /// read lately.
    pub(crate) fn get(&self, number: u32) -> Result<Bucket<'_>> {
        if let Some(file) = self.source.held() {
            self.check(number)?;
            let place = usize::try_from(self.place(number)).unwrap_or(usize::MAX);
            let bytes = file.get(place..place.saturating_add(self.size));
            let changed = || self.corrupt("is shorter than it was");
            return bytes.map(Bucket::Held).ok_or_else(changed);
        }
        {
            let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(at) = kept.iter().position(|(found, _)| *found == number) {
                kept[..=at].rotate_right(1);
                return Ok(Bucket::Read(Arc::clone(&kept[0].1)));
            }
        }
        self.check(number)?;
        // Made and filled in place: buckets are copied nowhere.
        let mut bucket: Arc<[u8]> = std::iter::repeat_n(0, self.size).collect();
        if let Some(bytes) = Arc::get_mut(&mut bucket) {
            self.source.read_at(self.place(number), bytes)?;
        }
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.truncate(KEPT - 1);
        kept.insert(0, (number, Arc::clone(&bucket)));
        Ok(Bucket::Read(bucket))
    }

    /// A "damaged" error on this file.
    pub(crate) fn corrupt(&self, what: impl Into<String>) -> Error {
        Error::corrupt(self.source.path(), what)
    }
}

/// The bytes of a bucket.
pub(crate) enum Bucket<'a> {
    /// Of a file that is in memory.
    Held(&'a [u8]),
    /// Read from the file.
    Read(Arc<[u8]>),
}

impl Deref for Bucket<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Held(bytes) => bytes,
            Self::Read(bytes) => bytes,
        }
    }
}

/// The unsigned 32-bit number at a place.
pub(crate) fn u32_at(bytes: &[u8], at: usize, endian: Endian) -> Option<u32> {
    let number = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(match endian {
        Endian::Big => u32::from_be_bytes(number),
        Endian::Little => u32::from_le_bytes(number),
    })
}

/// The unsigned 64-bit number at a place.
pub(crate) fn u64_at(bytes: &[u8], at: usize, endian: Endian) -> Option<u64> {
    let number = bytes.get(at..at.checked_add(8)?)?.try_into().ok()?;
    Some(match endian {
        Endian::Big => u64::from_be_bytes(number),
        Endian::Little => u64::from_le_bytes(number),
    })
}
