//! A folder held open.
//!
//! Between a look at a path and the deed somebody may have put a link in the
//! place of a folder. So a path is opened component by component without
//! passing any link, and everything below is reached from the open folder by
//! its plain name.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, openat, statat, unlinkat};

const FOLDER: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::RDONLY);

/// An open folder.
#[derive(Debug)]
pub(super) struct Handle(OwnedFd);

impl Handle {
    /// Opens an absolute path that has no links in it; fails if it has by now.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        // Only the last one is read, so the others need no permission for it.
        let passing = FOLDER | OFlags::PATH;
        let mut folder = rustix::fs::open("/", passing, Mode::empty())?;
        for component in path.components() {
            match component {
                Component::RootDir => {}
                Component::Normal(name) => {
                    folder = openat(&folder, name, passing, Mode::empty())?;
                }
                _ => return Err(io::ErrorKind::InvalidInput.into()),
            }
        }
        Ok(Self(folder))
    }

    /// Opens a folder in this one for reading, unless it is a link.
    pub(super) fn enter(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self(openat(&self.0, name, FOLDER, Mode::empty())?))
    }

    /// Facts about the folder itself.
    pub(super) fn facts(&self) -> io::Result<Stat> {
        Ok(fstat(&self.0)?)
    }

    /// Facts about an entry; of a link about the link.
    pub(super) fn facts_of(&self, name: &OsStr) -> io::Result<Stat> {
        Ok(statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?)
    }

    /// Its entries with their kinds, sorted by name. The folder must have been
    /// entered.
    pub(super) fn entries(&self) -> io::Result<Vec<(OsString, FileType)>> {
        let mut entries = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let name = OsString::from_vec(name.to_vec());
            let kind = match entry.file_type() {
                FileType::Unknown => FileType::from_raw_mode(self.facts_of(&name)?.st_mode),
                kind => kind,
            };
            entries.push((name, kind));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    /// Removes a folder that is empty; the system refuses any other.
    pub(super) fn remove_empty(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// Removes what is no folder; of a link the link itself.
    pub(super) fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        Ok(unlinkat(&self.0, name, AtFlags::empty())?)
    }
}

/// When something was last changed, in nanoseconds since 1970: its content or
/// what is known about it. Programs that keep times can set the one back, but
/// not the other.
pub(super) fn changed_ns(facts: &Stat) -> i64 {
    let ns = |seconds: i64, rest: i64| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
    // Below 10^9, so nothing is lost.
    let small = |rest: u64| i64::try_from(rest).unwrap_or(0);
    ns(facts.st_ctime, small(facts.st_ctime_nsec))
        .max(ns(facts.st_mtime, small(facts.st_mtime_nsec)))
}
