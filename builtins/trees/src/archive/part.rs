//! What is being made: a hidden file or folder beside its place, which gets
//! its name only when it is complete, and never in the place of anything else.
//!
//! It is locked as long as it is written, so that what an interrupted run has
//! left is told from what another run is making at this moment. Leftovers are
//! removed by the next attempt.

use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, Instant};

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};
use ledama_base::quote::show;
use ledama_base::rawtext;
use rustix::fs::{
    AtFlags, CWD, Dir, FileType, FlockOperation, Mode, OFlags, RenameFlags, Stat, flock, fsync,
    linkat, mkdirat, openat, renameat, renameat_with, statat, unlinkat,
};
use rustix::io::Errno;

use super::fault;

/// Between the name of what is made and the run that makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// An archive.
    Pack,
    /// A set that comes out of an archive.
    Unpack,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Pack => ".ledama-pack-",
            Self::Unpack => ".ledama-unpack-",
        }
    }

    fn doing(self) -> &'static str {
        match self {
            Self::Pack => "packed",
            Self::Unpack => "unpacked",
        }
    }
}

/// Longer names are shortened before something is put around them.
const LONGEST: usize = 150;

/// What is kept of a name that is too long.
const SHORT: usize = 100;

/// How long an attempt whose connection was cut may take to end.
const LAST_BREATH: Duration =
    if cfg!(test) { Duration::from_millis(200) } else { Duration::from_secs(20) };

/// Between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// A path that something may be made at: absolute, without `.` and `..`, not the root.
pub(super) fn target_path(text: &str) -> Result<PathBuf, OperationError> {
    let path = rawtext::text_path(text);
    let plain =
        path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !path.is_absolute() || !plain || path.file_name().is_none() || text.contains('\0') {
        let message = format!("`{}` is no absolute path without `..`", show(text));
        return Err(fault::input(message));
    }
    Ok(path.components().collect())
}

/// A place whose folder is open.
#[derive(Debug)]
pub(super) struct Place {
    folder: OwnedFd,
    /// Where the result will be.
    pub(super) path: PathBuf,
    name: Vec<u8>,
}

impl Place {
    /// Opens the folder of `target`, making it and those above it where they
    /// are missing.
    pub(super) fn make(target: &Path) -> Result<Self, OperationError> {
        let parent = target.parent().unwrap_or(Path::new("/"));
        let folder = match open_folder(parent) {
            Err(Errno::NOENT) => {
                make_folders(parent)?;
                open_folder(parent)
            }
            other => other,
        };
        let folder = folder.map_err(|e| fault::at(rawtext::path_text(parent), e))?;
        let name = target.file_name().map(|name| name.as_bytes().to_vec()).unwrap_or_default();
        Ok(Self { folder, path: target.to_path_buf(), name })
    }

    /// Path of the result in text form.
    pub(super) fn text(&self) -> String {
        rawtext::path_text(&self.path)
    }

    /// The folder of the place.
    pub(super) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// What has the name of the result now, a link to nothing included.
    pub(super) fn there(&self) -> Result<Option<Stat>, OperationError> {
        match statat(&self.folder, &*self.name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(stat)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(fault::at(self.text(), error)),
        }
    }

    /// Removes what earlier attempts have left. Fails with kind `exists` while
    /// another one is at it, after a moment for one that is about to end.
    fn clear(&self, mark: Mark, ctx: &dyn OperationContext) -> Result<(), OperationError> {
        let until = Instant::now() + LAST_BREATH;
        for name in self.leftovers(mark)? {
            let failed = |e: io::Error| fault::at(self.text_of(&name), e);
            while !self.nobody_writes(&name).map_err(failed)? {
                ctx.check()?;
                if Instant::now() >= until {
                    let (text, doing) = (self.text(), mark.doing());
                    let message = format!("`{}` is being {doing} at this moment", show(&text));
                    return Err(OperationError::new(ErrorKind::Exists, message)
                        .help(format!("wait until `{}` is gone", show(&self.text_of(&name)))));
                }
                std::thread::sleep(PAUSE);
            }
            self.erase(&name).map_err(failed)?;
        }
        Ok(())
    }

    fn leftovers(&self, mark: Mark) -> Result<Vec<Vec<u8>>, OperationError> {
        let failed = |e: Errno| fault::at(self.text(), e);
        let prefix = prefix(&self.name, mark);
        let mut found = Vec::new();
        for entry in Dir::read_from(&self.folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            if name.len() > prefix.len() && name.starts_with(&prefix) {
                found.push(name.to_vec());
            }
        }
        Ok(found)
    }

    /// Whether no process holds the lock of a leftover.
    fn nobody_writes(&self, name: &[u8]) -> io::Result<bool> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = match openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => file,
            // Gone by now, or a link that nobody of us has made.
            Err(Errno::NOENT | Errno::LOOP) => return Ok(true),
            Err(error) => return Err(error.into()),
        };
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Ok(false),
            // A file system without locks: the names have to do.
            _ => Ok(true),
        }
    }

    /// Removes something in the folder, whatever it is; of a link the link.
    fn erase(&self, name: &[u8]) -> io::Result<()> {
        match unlinkat(&self.folder, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => return Ok(()),
            // Linux says the first, POSIX and some network file systems the second.
            Err(Errno::ISDIR | Errno::PERM) => {}
            Err(error) => return Err(error.into()),
        }
        let path = self.path.with_file_name(OsStr::from_bytes(name));
        match fs::remove_dir_all(&path) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                allow(&path)?;
                fs::remove_dir_all(&path)
            }
            other => other,
        }
    }

    fn text_of(&self, name: &[u8]) -> String {
        rawtext::path_text(&self.path.with_file_name(OsStr::from_bytes(name)))
    }
}

/// Lets the owner change all folders of a tree.
fn allow(tree: &Path) -> io::Result<()> {
    fs::set_permissions(tree, PermissionsExt::from_mode(0o700))?;
    for entry in fs::read_dir(tree)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            allow(&entry.path())?;
        }
    }
    Ok(())
}

/// Something unfinished. Going out of scope removes it, unless it got its name.
pub(super) struct Part<'a> {
    place: &'a Place,
    name: Vec<u8>,
    published: Cell<bool>,
    /// Keeps the lock.
    _lock: Option<OwnedFd>,
}

impl<'a> Part<'a> {
    /// A new, empty file that only its owner can read.
    pub(super) fn file(
        place: &'a Place,
        ctx: &dyn OperationContext,
    ) -> Result<(Self, File), OperationError> {
        place.clear(Mark::Pack, ctx)?;
        let name = part_name(&place.name, Mark::Pack, ctx.run_id());
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&place.folder, &*name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|e| fault::at(place.text_of(&name), e))?;
        let _ = flock(&file, FlockOperation::NonBlockingLockExclusive);
        Ok((Self { place, name, published: Cell::new(false), _lock: None }, file.into()))
    }

    /// A new, empty folder that only its owner can look into.
    pub(super) fn folder(
        place: &'a Place,
        ctx: &dyn OperationContext,
    ) -> Result<(Self, OwnedFd), OperationError> {
        place.clear(Mark::Unpack, ctx)?;
        let name = part_name(&place.name, Mark::Unpack, ctx.run_id());
        let failed = |e: Errno| fault::at(place.text_of(&name), e);
        mkdirat(&place.folder, &*name, Mode::RWXU).map_err(failed)?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = || openat(&place.folder, &*name, flags, Mode::empty());
        let lock = open().map_err(failed)?;
        let _ = flock(&lock, FlockOperation::NonBlockingLockExclusive);
        let root = open().map_err(failed)?;
        Ok((Self { place, name, published: Cell::new(false), _lock: Some(lock) }, root))
    }

    /// Its path at present.
    pub(super) fn path(&self) -> PathBuf {
        self.place.path.with_file_name(OsStr::from_bytes(&self.name))
    }

    /// Gives it its name, which nobody else may have taken meanwhile; with
    /// `replace` a file of that name goes. The folder is flushed.
    pub(super) fn publish(&self, replace: bool) -> Result<(), OperationError> {
        let folder = &self.place.folder;
        let failed = |e: Errno| match e {
            Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR | Errno::ISDIR => {
                fault::exists(&self.place.text(), ": it appeared meanwhile")
            }
            e => fault::at(self.place.text(), e),
        };
        if replace {
            renameat(folder, &*self.name, folder, &*self.place.name).map_err(failed)?;
        } else {
            let exclusive = RenameFlags::NOREPLACE;
            match renameat_with(folder, &*self.name, folder, &*self.place.name, exclusive) {
                Ok(()) => {}
                // Some network file systems cannot rename without replacing.
                Err(
                    Errno::NOSYS | Errno::OPNOTSUPP | Errno::INVAL | Errno::NOTTY | Errno::PERM,
                ) => self.rename_plainly().map_err(failed)?,
                Err(error) => return Err(failed(error)),
            }
        }
        self.published.set(true);
        fsync(folder).map_err(|e| fault::at(self.place.text(), e))
    }

    /// The same for file systems without the exclusive form: a file gets a
    /// second name, which never replaces; for a folder one look must do,
    /// because renaming a folder replaces nothing but an empty folder.
    fn rename_plainly(&self) -> Result<(), Errno> {
        let (folder, name) = (&self.place.folder, &self.place.name);
        let stat = statat(folder, &*self.name, AtFlags::SYMLINK_NOFOLLOW)?;
        if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile {
            linkat(folder, &*self.name, folder, &**name, AtFlags::empty())?;
            return unlinkat(folder, &*self.name, AtFlags::empty());
        }
        match statat(folder, &**name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Err(Errno::EXIST),
            Err(_) => renameat(folder, &*self.name, folder, &**name),
        }
    }
}

impl Drop for Part<'_> {
    fn drop(&mut self) {
        if !self.published.get() {
            // What cannot be removed now is a leftover for the next attempt.
            let _ = self.place.erase(&self.name);
        }
    }
}

fn prefix(name: &[u8], mark: Mark) -> Vec<u8> {
    [b".", &*short(name), mark.text().as_bytes()].concat()
}

fn part_name(name: &[u8], mark: Mark, run: &str) -> Vec<u8> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let mut part = prefix(name, mark);
    if !run.is_empty() && run.len() <= 48 && run.chars().all(plain) {
        part.extend_from_slice(run.as_bytes());
    } else {
        part.extend_from_slice(&blake3::hash(run.as_bytes()).to_hex().as_bytes()[..16]);
    }
    part
}

/// A name that leaves room for what is put around it: a long one is cut, and
/// told apart from others with the same beginning by its hash.
fn short(name: &[u8]) -> Vec<u8> {
    if name.len() <= LONGEST {
        return name.to_vec();
    }
    let hash = blake3::hash(name).to_hex();
    [&name[..SHORT], b"~", &hash.as_bytes()[..16]].concat()
}

fn open_folder(path: &Path) -> Result<OwnedFd, Errno> {
    openat(CWD, path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
}

/// Makes a folder and those above it, with the mode that the account's umask gives.
fn make_folders(path: &Path) -> Result<(), OperationError> {
    let mut missing = vec![path];
    while let Some(parent) = missing.last().and_then(|path| path.parent()) {
        match rustix::fs::stat(parent) {
            Ok(_) => break,
            Err(Errno::NOENT) => missing.push(parent),
            Err(error) => return Err(fault::at(rawtext::path_text(parent), error)),
        }
    }
    for path in missing.into_iter().rev() {
        match mkdirat(CWD, path, Mode::from_raw_mode(0o777)) {
            // Another task made it at the same time.
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(fault::at(rawtext::path_text(path), error)),
        }
        // The new name is kept even if the machine loses power; a file system
        // that cannot promise that is not asked twice.
        if let Some(parent) = path.parent()
            && let Ok(folder) = File::open(parent)
        {
            let _ = folder.sync_all();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::Alone;

    fn place(folder: &tempfile::TempDir, name: &str) -> Place {
        Place::make(&folder.path().join("a/b").join(name)).unwrap()
    }

    fn names(place: &Place) -> Vec<String> {
        let folder = place.path.parent().unwrap();
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_part_gets_its_name_or_vanishes() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder, "x.tar");
        let (part, _file) = Part::file(&place, &Alone::default()).unwrap();
        assert_eq!(names(&place), [".x.tar.ledama-pack-test"]);
        drop(part);
        assert_eq!(names(&place), [""; 0]);
        let (part, _file) = Part::file(&place, &Alone::default()).unwrap();
        part.publish(false).unwrap();
        drop(part);
        assert_eq!(names(&place), ["x.tar"]);
        assert!(place.there().unwrap().is_some());
        let (part, _root) = Part::folder(&place, &Alone::default()).unwrap();
        assert_eq!(part.publish(false).unwrap_err().kind, ErrorKind::Exists);
        assert_eq!(part.publish(true).unwrap_err().kind, ErrorKind::Exists, "a folder on a file");
        drop(part);
        assert_eq!(names(&place), ["x.tar"]);
        let (part, _file) = Part::file(&place, &Alone::default()).unwrap();
        assert_eq!(part.publish(false).unwrap_err().kind, ErrorKind::Exists);
        part.publish(true).unwrap();
        assert_eq!(names(&place), ["x.tar"]);
    }

    #[test]
    fn leftovers_go_unless_they_are_written() {
        let folder = tempfile::tempdir().unwrap();
        let place = place(&folder, "x.MS");
        let left = place.path.with_file_name(".x.MS.ledama-unpack-dead");
        fs::create_dir_all(left.join("shut")).unwrap();
        fs::write(left.join("shut/file"), "x").unwrap();
        fs::set_permissions(left.join("shut"), PermissionsExt::from_mode(0o500)).unwrap();
        // Neither another set's, nor what belongs to copies.
        let others = [".x.MS.bak.ledama-unpack-dead", ".x.MS.ledama-part-dead"];
        for other in others {
            fs::create_dir(place.path.with_file_name(other)).unwrap();
        }
        let (part, _root) = Part::folder(&place, &Alone::default()).unwrap();
        assert!(!left.exists());
        let busy = Part::folder(&place, &Alone::default()).err().unwrap();
        assert_eq!(busy.kind, ErrorKind::Exists);
        assert!(busy.message.ends_with("x.MS` is being unpacked at this moment"), "{busy}");
        part.publish(false).unwrap();
        assert_eq!(names(&place), [others[0], others[1], "x.MS"]);
    }

    #[test]
    fn long_names_leave_room() {
        let name = part_name(&[b'x'; 255], Mark::Unpack, &"r".repeat(48));
        assert!(name.len() < 255);
        assert_ne!(short(&[b'x'; 254]), short(&[b'x'; 255]));
        assert_eq!(part_name(b"x", Mark::Pack, "a/b").len(), 2 + 13 + 16);
        for bad in ["", "/", "x", "/a/../b", "a/b", "/a\0b"] {
            assert_eq!(target_path(bad).unwrap_err().kind, ErrorKind::Input, "{bad}");
        }
        assert_eq!(target_path("/data1//x.MS/").unwrap(), Path::new("/data1/x.MS"));
    }
}
