//! `table.lock`: who uses a table, and how many rows it has.
//!
//! The file holds a fixed list of processes that wait for the lock, the
//! length of what follows, and an object that every writer renews: casacore
//! takes the number of rows from there and not from `table.dat`, which is
//! written less often. The locks themselves are byte ranges of this file.
//!
//! Source of the format: `casacore/casa/IO/{LockFile,FileLocker}.cc`,
//! `casacore/tables/Tables/TableSyncData.cc`.

mod state;

use crate::aipsio::Reader;
use crate::error::Result;
use crate::storage::Folder;

pub use state::{LockState, Usage, state};

/// Name of the file.
pub(crate) const NAME: &str = "table.lock";

/// Bytes of the list of waiting processes.
pub(crate) const WAITING: u64 = 260;

/// More than any writer puts there; the counters of its storage managers
/// make the object grow.
pub(crate) const LONGEST: u64 = 16 << 20;

/// Bytes read at once.
const AT_ONCE: u64 = 512;

/// The number of rows that the last writer told; `None` where there is no
/// such file or nobody wrote into it.
pub(crate) fn rows(folder: &dyn Folder) -> Result<Option<u64>> {
    let Ok(file) = folder.open(NAME) else {
        // Without the right to read it casacore goes on without it, too.
        return Ok(None);
    };
    if file.len() < WAITING + 4 {
        return Ok(None);
    }
    // The length and, mostly, all of the object in one read.
    let mut bytes = file.bytes(WAITING, (file.len() - WAITING).min(AT_ONCE))?;
    let mut length = [0; 4];
    length.copy_from_slice(&bytes[..4]);
    let length = u64::from(u32::from_be_bytes(length)).min(LONGEST);
    if length == 0 {
        return Ok(None);
    }
    file.check(WAITING + 4, length)?;
    if 4 + length > bytes.len() as u64 {
        bytes = file.bytes(WAITING, 4 + length)?;
    }
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let object = bytes.get(4..length.saturating_add(4)).unwrap_or_default();
    let mut reader = Reader::new(file.path(), object);
    let version = reader.start("sync")?;
    Ok(Some(if version > 1 { reader.u64()? } else { u64::from(reader.u32()?) }))
}
