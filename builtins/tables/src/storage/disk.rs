//! The files of a table in a folder of the file system.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustix::buffer::spare_capacity;
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, Stat};
use rustix::io::{Errno, pread, retry_on_intr};

use super::{Folder, Source, Stamp, file_in, join};
use crate::error::{Error, Result};

/// Files up to this length are read when they are opened, in one piece, and
/// closed again: nearly all files of sub-tables are that small, and two calls
/// of the system for each of several places are what opening them would cost.
const SMALL: u64 = 64 << 10;

/// A folder of the file system.
///
/// At its first use it is opened, and its files and inner folders are reached
/// from there: a folder that is renamed meanwhile stays the same folder, and
/// the system does not walk the whole path for each file
/// (but see [`Disk::for_few`]).
#[derive(Debug, Clone)]
pub struct Disk {
    path: PathBuf,
    root: Arc<Root>,
}

/// The outermost folder that was named.
#[derive(Debug)]
struct Root {
    path: PathBuf,
    /// Bytes of a path below it that lead to it.
    skip: usize,
    /// `None` where it cannot be opened; whole paths then tell why.
    open: OnceLock<Option<OwnedFd>>,
}

impl Disk {
    /// The folder at this path; nothing is opened yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self::with(path.into(), OnceLock::new())
    }

    /// The same for a look at two or three files: all are reached by their
    /// whole paths, as opening the folder would not pay.
    pub fn for_few(path: impl Into<PathBuf>) -> Self {
        Self::with(path.into(), OnceLock::from(None))
    }

    fn with(path: PathBuf, open: OnceLock<Option<OwnedFd>>) -> Self {
        let skip = file_in(&path, "").as_os_str().len();
        let root = Root { path: path.clone(), skip, open };
        Self { path, root: Arc::new(root) }
    }

    /// Calls with the open outermost folder and the path of a file from there.
    fn at<T>(
        &self,
        path: &Path,
        call: impl Fn(BorrowedFd<'_>, &Path) -> rustix::io::Result<T>,
    ) -> rustix::io::Result<T> {
        let root = self.root.open.get_or_init(|| self.root.open());
        match (root, path.as_os_str().as_encoded_bytes().get(self.root.skip..)) {
            (Some(root), Some(rest @ [first, ..])) if *first != b'/' => {
                use std::os::unix::ffi::OsStrExt as _;
                let rest = Path::new(std::ffi::OsStr::from_bytes(rest));
                retry_on_intr(|| call(root.as_fd(), rest))
            }
            _ => retry_on_intr(|| call(CWD, path)),
        }
    }

    fn stat(&self, name: &str) -> rustix::io::Result<Stat> {
        let path = file_in(&self.path, name);
        self.at(&path, |folder, path| rustix::fs::statat(folder, path, AtFlags::empty()))
    }
}

impl Root {
    fn open(&self) -> Option<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        retry_on_intr(|| rustix::fs::openat(CWD, &self.path, flags, Mode::empty())).ok()
    }
}

impl Folder for Disk {
    fn path(&self) -> &Path {
        &self.path
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Source>> {
        let path = file_in(&self.path, name);
        let refused = |error: Errno| Error::io(&path, error.into());
        // Whoever puts a pipe in the place of a file shall not make us wait.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self
            .at(&path, |folder, path| rustix::fs::openat(folder, path, flags, Mode::empty()))
            .map_err(refused)?;
        let stat = rustix::fs::fstat(&file).map_err(refused)?;
        if !is_file(&stat) {
            return Err(Error::corrupt(&path, "is not a regular file"));
        }
        let stamp = stamp(&stat);
        let len = stamp.length;
        let content = if len > SMALL {
            Content::Open(file.into())
        } else {
            let length = usize::try_from(len).unwrap_or_default();
            Content::Held(beginning(&file, length).map_err(refused)?)
        };
        Ok(Arc::new(DiskFile { path, content, len, stamp }))
    }

    fn has(&self, name: &str) -> bool {
        self.stat(name).is_ok_and(|stat| is_file(&stat))
    }

    fn folder(&self, relative: &str) -> Result<Arc<dyn Folder>> {
        let path = join(&self.path, relative);
        let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(relative).components().all(inside) {
            return Ok(Arc::new(Self::new(path)));
        }
        Ok(Arc::new(Self { path, root: Arc::clone(&self.root) }))
    }

    fn stamp(&self, name: &str) -> Option<Stamp> {
        self.stat(name).ok().map(|stat| stamp(&stat))
    }

    fn on_disk(&self) -> Option<&Path> {
        Some(&self.path)
    }
}

/// The first bytes of a file; fewer where it has become shorter, which shows
/// when the rest is asked for. One call of the system, mostly, into memory
/// that is not cleared before.
fn beginning(file: &OwnedFd, length: usize) -> rustix::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        let offset = bytes.len() as u64;
        if retry_on_intr(|| pread(file, spare_capacity(&mut bytes), offset))? == 0 {
            break;
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

fn stamp(stat: &Stat) -> Stamp {
    Stamp {
        length: u64::try_from(stat.st_size).unwrap_or_default(),
        modified: (stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or_default()),
        identity: (stat.st_dev, stat.st_ino),
    }
}

/// A file as it was when it was opened.
struct DiskFile {
    path: PathBuf,
    content: Content,
    len: u64,
    stamp: Stamp,
}

enum Content {
    Open(File),
    Held(Vec<u8>),
}

impl Source for DiskFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn stamp(&self) -> Option<Stamp> {
        Some(self.stamp)
    }

    fn held(&self) -> Option<&[u8]> {
        match &self.content {
            Content::Held(bytes) => Some(bytes),
            Content::Open(_) => None,
        }
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<()> {
        let end = offset.saturating_add(buffer.len() as u64);
        let cut_off = || Error::corrupt(&self.path, format!("ends before byte {end}"));
        match &self.content {
            Content::Held(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let held = bytes.get(start..start.saturating_add(buffer.len()));
                buffer.copy_from_slice(held.ok_or_else(cut_off)?);
                Ok(())
            }
            Content::Open(file) => file.read_exact_at(buffer, offset).map_err(|error| {
                if error.kind() == std::io::ErrorKind::UnexpectedEof {
                    return cut_off();
                }
                Error::io(&self.path, error)
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_renamed_folder_stays_the_same() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("a.MS");
        std::fs::create_dir_all(path.join("INNER")).unwrap();
        std::fs::write(path.join("INNER/f"), "first").unwrap();
        let disk = Disk::new(&path);
        let inner = disk.folder("./INNER").unwrap();
        let file = inner.open("f").unwrap();
        std::fs::rename(&path, parent.path().join("b.MS")).unwrap();
        std::fs::create_dir_all(path.join("INNER")).unwrap();
        std::fs::write(path.join("INNER/f"), "another").unwrap();
        assert_eq!(inner.stamp("f"), file.stamp());
        assert_eq!(inner.open("f").unwrap().all().unwrap(), b"first");
        assert_eq!(Disk::new(&path).open("INNER/f").unwrap().all().unwrap(), b"another");
        // Upwards and elsewhere goes by the path.
        let beside = disk.folder("../b.MS/INNER").unwrap();
        assert_eq!(beside.open("f").unwrap().all().unwrap(), b"first");
        let there = disk.folder(path.join("INNER").to_str().unwrap()).unwrap();
        assert_eq!(there.open("f").unwrap().all().unwrap(), b"another");
    }

    #[test]
    fn paths_of_any_form_lead_to_the_files() {
        let parent = tempfile::tempdir().unwrap();
        std::fs::create_dir(parent.path().join("t")).unwrap();
        std::fs::write(parent.path().join("t/f"), "x").unwrap();
        for form in ["t", "t/", "t//", "./t", "t/../t"] {
            let path = format!("{}/{form}", parent.path().display());
            for disk in [Disk::new(&path), Disk::for_few(&path)] {
                assert!(disk.has("f") && !disk.has("g") && !disk.has(""), "{form}");
                assert_eq!(disk.open("f").unwrap().len(), 1, "{form}");
                assert!(matches!(disk.open("g"), Err(Error::NotFound { .. })), "{form}");
                assert!(matches!(disk.open("."), Err(Error::Corrupt { .. })), "{form}");
            }
        }
        let absent = Disk::new(parent.path().join("absent"));
        assert!(matches!(absent.open("f"), Err(Error::NotFound { .. })));
        // A folder that comes later is found by its path.
        std::fs::rename(parent.path().join("t"), parent.path().join("absent")).unwrap();
        assert_eq!(absent.open("f").unwrap().all().unwrap(), b"x");
    }

    #[test]
    fn files_that_shrink_end_early() {
        let folder = tempfile::tempdir().unwrap();
        for length in [1000, 100_000] {
            let path = folder.path().join("f");
            std::fs::write(&path, vec![7; length]).unwrap();
            let file = Disk::new(folder.path()).open("f").unwrap();
            assert_eq!(file.held().is_some(), length < 60_000);
            std::fs::write(&path, vec![8; 10]).unwrap();
            let mut bytes = [0; 20];
            let read = file.read_at(0, &mut bytes);
            if length < 60_000 {
                read.unwrap();
                assert_eq!(bytes, [7; 20]);
            } else {
                assert!(matches!(read, Err(Error::Corrupt { .. })));
            }
            assert!(file.check(0, length as u64 + 1).is_err());
        }
    }
}
