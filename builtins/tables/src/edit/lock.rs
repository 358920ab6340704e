//! casacore's write lock, and what the last writer left in the lock file.
//!
//! The first byte of `table.lock` is locked for writing, and the second one
//! shows that the table is open. An editor also waits until nobody else has
//! the table open: another program would go on with the files that the edit
//! replaces, and what it wrote would be lost.
//!
//! Locks belong to the open file and not to the process, so that reading the
//! table meanwhile, which opens and closes the lock file, does not drop them.
//!
//! Source: `casacore/casa/IO/{LockFile,FileLocker}.cc`,
//! `casacore/tables/Tables/TableSyncData.cc`.

use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;

use super::object::Writer;
use crate::aipsio::Reader;
use crate::error::{Error, Result};
use crate::lock::{LONGEST, NAME, WAITING};

/// How long to wait between two attempts.
const PAUSE: Duration = Duration::from_millis(20);

/// The lock of an editor, held until it is dropped.
pub(super) struct EditLock {
    file: File,
    path: PathBuf,
}

/// What writers tell each other: rows, columns and what changed how often.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sync {
    pub(super) rows: u64,
    modified: u32,
    table: u32,
    managers: Vec<u32>,
}

impl EditLock {
    /// Locks the table in a folder.
    pub(super) fn acquire(folder: &Path, mode: u32, wait: Duration) -> Result<Self> {
        let path = folder.join(NAME);
        let deadline = Instant::now().checked_add(wait);
        loop {
            let lock = Self::open(&path, mode)?;
            let holder = match lock.attempt()? {
                None if lock.is_current() => return Ok(lock),
                // The file was replaced: the lock is of no use.
                None => "another process".to_string(),
                Some(holder) => holder,
            };
            drop(lock);
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(Error::Locked { path: folder.into(), holder });
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn open(path: &Path, mode: u32) -> Result<Self> {
        let existed = path.exists();
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(mode)
            .open(path)
            .map_err(|error| Error::io(path, error))?;
        if !existed {
            // No process waits, and no writer has told anything.
            let empty = vec![0; usize::try_from(WAITING).unwrap_or(0)];
            file.write_all_at(&empty, 0).map_err(|error| Error::io(path, error))?;
        }
        Ok(Self { file, path: path.into() })
    }

    /// Takes the locks, or tells who holds them.
    fn attempt(&self) -> Result<Option<String>> {
        if !self.set(0, libc::F_WRLCK)? {
            return Ok(Some(self.holder(0)?.unwrap_or_else(|| "another process".into())));
        }
        if let Some(holder) = self.holder(1)? {
            return Ok(Some(format!("{holder}, which has it open")));
        }
        self.set(1, libc::F_RDLCK)?;
        Ok(None)
    }

    /// Whether the path still leads to the locked file.
    fn is_current(&self) -> bool {
        match (self.file.metadata(), std::fs::metadata(&self.path)) {
            (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
            _ => false,
        }
    }

    fn set(&self, byte: i64, kind: i32) -> Result<bool> {
        match fcntl(&self.file, FcntlArg::F_OFD_SETLK(&range(byte, kind))) {
            Err(nix::Error::EAGAIN | nix::Error::EACCES) => Ok(false),
            // File systems without locks: casacore takes every lock as granted.
            Ok(_) | Err(nix::Error::ENOLCK | nix::Error::ENOSYS | nix::Error::EOPNOTSUPP) => {
                Ok(true)
            }
            Err(error) => Err(Error::io(&self.path, error.into())),
        }
    }

    /// Who keeps this editor from locking a byte for writing.
    fn holder(&self, byte: i64) -> Result<Option<String>> {
        let mut lock = range(byte, libc::F_WRLCK);
        match fcntl(&self.file, FcntlArg::F_OFD_GETLK(&mut lock)) {
            Ok(_) => {}
            Err(nix::Error::ENOLCK | nix::Error::ENOSYS | nix::Error::EOPNOTSUPP) => {
                return Ok(None);
            }
            Err(error) => return Err(Error::io(&self.path, error.into())),
        }
        Ok((i32::from(lock.l_type) != libc::F_UNLCK).then(|| match lock.l_pid {
            pid if pid > 0 => format!("process {pid}"),
            _ => "another process".into(),
        }))
    }

    /// What the last writer told; `None` where nobody did.
    pub(super) fn sync(&self) -> Result<Option<Sync>> {
        let io = |error| Error::io(&self.path, error);
        let length = self.file.metadata().map_err(io)?.len();
        let mut size = [0; 4];
        if length < WAITING + 4 {
            return Ok(None);
        }
        self.file.read_exact_at(&mut size, WAITING).map_err(io)?;
        let size = u64::from(u32::from_be_bytes(size));
        if size == 0 || size > LONGEST || size > length - WAITING - 4 {
            return Ok(None);
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        self.file.read_exact_at(&mut bytes, WAITING + 4).map_err(io)?;
        Sync::read(&self.path, &bytes).map(Some)
    }

    /// Takes back what the last writer told: until the next one tells, only
    /// `table.dat` counts.
    pub(super) fn clear(&self) -> Result<()> {
        self.write(&[0; 4], WAITING)?;
        self.file.sync_all().map_err(|error| Error::io(&self.path, error))
    }

    /// Tells what this writer did.
    pub(super) fn tell(&self, sync: &Sync, columns: usize) -> Result<()> {
        let bytes = sync.to_bytes(columns);
        // The length goes last: a half-written object must not be read.
        self.write(&[0; 4], WAITING)?;
        self.write(&bytes, WAITING + 4)?;
        let length = u32::try_from(bytes.len()).unwrap_or(0);
        self.write(&length.to_be_bytes(), WAITING)?;
        self.file.sync_all().map_err(|error| Error::io(&self.path, error))
    }

    fn write(&self, bytes: &[u8], at: u64) -> Result<()> {
        self.file.write_all_at(bytes, at).map_err(|error| Error::io(&self.path, error))
    }
}

/// One byte of the file. Locks of open files must not name a process.
fn range(byte: i64, kind: i32) -> libc::flock {
    #[allow(clippy::cast_possible_truncation)] // the constants are small
    libc::flock {
        l_type: kind as i16,
        l_whence: libc::SEEK_SET as i16,
        l_start: byte,
        l_len: 1,
        l_pid: 0,
    }
}

impl Sync {
    fn read(path: &Path, bytes: &[u8]) -> Result<Self> {
        let mut reader = Reader::new(path, bytes);
        let version = reader.start("sync")?;
        let rows = if version > 1 { reader.u64()? } else { u64::from(reader.u32()?) };
        let columns = reader.i32()?;
        let mut sync = Self { rows, modified: reader.u32()?, ..Self::default() };
        if columns >= 0 {
            sync.table = reader.u32()?;
            sync.managers = reader.block_u32()?;
        }
        Ok(sync)
    }

    /// The next state: another description, and all of so many storage
    /// managers changed.
    pub(super) fn advanced(&self, rows: u64, managers: usize) -> Self {
        let count = |at| self.managers.get(at).copied().unwrap_or(0u32).wrapping_add(1);
        Self {
            rows,
            modified: self.modified.wrapping_add(1),
            table: self.table.wrapping_add(1),
            managers: (0..managers).map(count).collect(),
        }
    }

    fn to_bytes(&self, columns: usize) -> Vec<u8> {
        let mut out = Writer::new();
        if let Ok(rows) = u32::try_from(self.rows) {
            out.start("sync", 1);
            out.u32(rows);
        } else {
            out.start("sync", 2);
            out.u64(self.rows);
        }
        out.count(columns);
        out.u32(self.modified);
        out.u32(self.table);
        out.block_u32(&self.managers);
        out.end();
        out.into_bytes()
    }
}
