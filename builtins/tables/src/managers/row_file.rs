//! The file of rows of equal length that the metadata-compressing managers
//! share: a fixed head, a head of the manager, then the rows. Always
//! little-endian, whatever the byte order of the table.
//!
//! Source of the format: `casacore/tables/AlternateMans/RowBasedFile.h`.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::storage::Source;

/// The first four bytes, "Crbf".
const MAGIC: [u8; 4] = *b"Crbf";

/// Highest major version that this reader knows.
const VERSION: u32 = 1;

/// Bytes of the fixed head that all versions have.
const HEAD: u32 = 28;

/// An open file of rows.
pub(crate) struct RowFile {
    source: Arc<dyn Source>,
    /// Where the first row begins.
    start: u64,
    /// Bytes of a row; 0 in a file without rows.
    pub(crate) stride: u64,
    /// How many whole rows there are.
    pub(crate) nrow: u64,
}

impl RowFile {
    /// Opens a file and gives the head of its manager, which must be of `N`
    /// bytes and begin with `tag`.
    pub(crate) fn open<const N: usize>(
        source: Arc<dyn Source>,
        tag: [u8; 8],
    ) -> Result<(Self, [u8; N])> {
        let mut head = [0; 28];
        source.check(0, u64::from(HEAD))?;
        source.read_at(0, &mut head)?;
        let wrong = |what: String| Error::corrupt(source.path(), what);
        if head[..4] != MAGIC {
            return Err(wrong("is not a file of rows: it does not begin with Crbf".into()));
        }
        let major = u32::from(u16_at(&head, 4) >> 8);
        if major > VERSION {
            return Err(Error::unsupported(
                source.path(),
                format!("is written in version {major} of its format; {VERSION} is known"),
            ));
        }
        let (own, stride, other) = (u32_at(&head, 8), u64_at(&head, 12), u64_at(&head, 20));
        if own < HEAD || other != N as u64 {
            return Err(wrong(format!("has heads of {own} and {other} bytes, not {HEAD} and {N}")));
        }
        let mut rest = [0; N];
        source.check(u64::from(own), other)?;
        source.read_at(u64::from(own), &mut rest)?;
        if rest.get(..8) != Some(&tag[..]) {
            let tag = String::from_utf8_lossy(&tag);
            let tag = tag.trim_end_matches('\0');
            return Err(wrong(format!("does not have the head of a {tag} file")));
        }
        let start = u64::from(own) + other;
        let nrow = source.len().saturating_sub(start).checked_div(stride).unwrap_or(0);
        Ok((Self { source, start, stride, nrow }, rest))
    }

    /// Where the first row begins.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// Reads whole rows, which must be there, into a buffer of their length.
    pub(crate) fn read(&self, row: u64, out: &mut [u8]) -> Result<()> {
        let offset = row.checked_mul(self.stride).and_then(|at| at.checked_add(self.start));
        let offset = offset.ok_or_else(|| self.corrupt(format!("has no row {row}")))?;
        self.source.check(offset, out.len() as u64)?;
        self.source.read_at(offset, out)
    }

    /// A "damaged" error of this file.
    pub(crate) fn corrupt(&self, what: impl Into<String>) -> Error {
        Error::corrupt(self.source.path(), what)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// The little-endian number at a place that is known to be inside.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    let mut number = [0; 4];
    number.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(number)
}

/// The little-endian number at a place that is known to be inside.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut number = [0; 8];
    number.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(number)
}
