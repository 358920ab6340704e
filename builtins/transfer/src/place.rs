//! Where a copy goes: the folder that will hold it, and the hidden names
//! beside it that belong to it.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::rawtext;
use rustix::fs::{CWD, Dir, Mode, OFlags, mkdirat, openat};
use rustix::io::Errno;

use crate::facts::Facts;
use crate::fault;

/// Between the name of a set and the run that writes it.
const PART: &str = ".ledama-part-";

/// Between the name of a set and the run that replaced it.
const OLD: &str = ".ledama-old-";

/// Ends the name of the file that tells about a part.
const STATE: &str = ".state";

/// Longer names are shortened before something is put around them.
const LONGEST: usize = 150;

/// What is kept of a name that is too long.
const SHORT: usize = 100;

/// A path that a copy may go to: absolute, without `.` and `..`, not the root.
pub(crate) fn target_path(text: &str) -> Result<PathBuf, OperationError> {
    let path = rawtext::text_path(text);
    let plain =
        path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !path.is_absolute() || !plain || path.file_name().is_none() || text.contains('\0') {
        return Err(OperationError::new(
            ErrorKind::Input,
            format!("`{text}` is no absolute path without `..`"),
        ));
    }
    // Without double and trailing slashes.
    Ok(path.components().collect())
}

/// A target whose folder is open.
#[derive(Debug)]
pub(crate) struct Place {
    folder: OwnedFd,
    /// Name of the target in its folder.
    pub(crate) name: Vec<u8>,
    /// Path of the target.
    pub(crate) path: PathBuf,
}

impl Place {
    /// Opens the folder of `target`, making it and those above it where they
    /// are missing (with the mode that the account's umask gives them).
    pub(crate) fn make(target: &Path) -> Result<Self, OperationError> {
        let parent = target.parent().unwrap_or(Path::new("/"));
        let folder = match open_folder(parent) {
            Err(Errno::NOENT) => {
                make_folders(parent)?;
                open_folder(parent)
            }
            other => other,
        };
        let folder = folder.map_err(|e| fault::at(rawtext::path_text(parent), e))?;
        Ok(Self::new(folder, target))
    }

    /// Opens the folder of `target`; none if it does not exist.
    pub(crate) fn find(target: &Path) -> Result<Option<Self>, OperationError> {
        let parent = target.parent().unwrap_or(Path::new("/"));
        match open_folder(parent) {
            Ok(folder) => Ok(Some(Self::new(folder, target))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(fault::at(rawtext::path_text(parent), error)),
        }
    }

    fn new(folder: OwnedFd, target: &Path) -> Self {
        let name = target.file_name().map(|n| n.as_bytes().to_vec()).unwrap_or_default();
        Self { folder, name, path: target.to_path_buf() }
    }

    /// The folder of the target.
    pub(crate) fn folder(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }

    /// Path of the target in text form.
    pub(crate) fn text(&self) -> String {
        rawtext::path_text(&self.path)
    }

    /// Path of something beside the target in text form.
    pub(crate) fn text_of(&self, name: &[u8]) -> String {
        rawtext::path_text(&self.path.with_file_name(OsStr::from_bytes(name)))
    }

    /// Facts about something in the folder; none if it is not there.
    pub(crate) fn facts(&self, name: &[u8]) -> Result<Option<Facts>, OperationError> {
        match Facts::named(self.folder(), name) {
            Ok(facts) => Ok(Some(facts)),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(fault::at(self.text_of(name), error)),
        }
    }

    /// Name of the unfinished copy of a run.
    pub(crate) fn part_name(&self, run: &str) -> Vec<u8> {
        [&part_prefix(&self.name)[..], run_text(run).as_bytes()].concat()
    }

    /// Name of what a run has moved aside.
    pub(crate) fn old_name(&self, run: &str) -> Vec<u8> {
        [b".", &*short(&self.name), OLD.as_bytes(), run_text(run).as_bytes()].concat()
    }

    /// Names of all unfinished copies of this target, with or without a file
    /// that tells about them.
    pub(crate) fn parts(&self) -> Result<Vec<Vec<u8>>, OperationError> {
        let prefix = part_prefix(&self.name);
        let mut parts = self.names(|name| {
            let name = name.strip_suffix(STATE.as_bytes()).unwrap_or(name);
            (name.len() > prefix.len() && name.starts_with(&prefix)).then(|| name.to_vec())
        })?;
        parts.sort_unstable();
        parts.dedup();
        Ok(parts)
    }

    /// Names of all that was moved aside for this target.
    pub(crate) fn olds(&self) -> Result<Vec<Vec<u8>>, OperationError> {
        let prefix = [b".", &*short(&self.name), OLD.as_bytes()].concat();
        let mut olds = self.names(|name| {
            (name.len() > prefix.len() && name.starts_with(&prefix)).then(|| name.to_vec())
        })?;
        olds.sort_unstable();
        Ok(olds)
    }

    fn names(
        &self,
        keep: impl Fn(&[u8]) -> Option<Vec<u8>>,
    ) -> Result<Vec<Vec<u8>>, OperationError> {
        let failed = |e| fault::at(self.text_of(b""), e);
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.folder).map_err(failed)? {
            names.extend(keep(entry.map_err(failed)?.file_name().to_bytes()));
        }
        Ok(names)
    }
}

/// Name of the file that tells about a part.
pub(crate) fn state_name(part: &[u8]) -> Vec<u8> {
    [part, STATE.as_bytes()].concat()
}

fn part_prefix(name: &[u8]) -> Vec<u8> {
    [b".", &*short(name), PART.as_bytes()].concat()
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

/// A run id as part of a name.
fn run_text(run: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !run.is_empty() && run.len() <= 48 && run.chars().all(plain) {
        run.to_string()
    } else {
        blake3::hash(run.as_bytes()).to_hex()[..16].to_string()
    }
}

fn open_folder(path: &Path) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, path, flags, Mode::empty())
}

/// Makes a folder and those above it.
fn make_folders(path: &Path) -> Result<(), OperationError> {
    let mut missing = vec![path];
    while let Some(parent) = missing.last().and_then(|p| p.parent()) {
        match rustix::fs::stat(parent) {
            Ok(_) => break,
            Err(Errno::NOENT) => missing.push(parent),
            Err(error) => return Err(fault::at(rawtext::path_text(parent), error)),
        }
    }
    for path in missing.into_iter().rev() {
        match mkdirat(CWD, path, Mode::from_raw_mode(0o777)) {
            // Another copy made it at the same time.
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(fault::at(rawtext::path_text(path), error)),
        }
        // The new name is kept even if the machine loses power. A file system
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

    #[test]
    fn targets_are_absolute_and_plain() {
        assert_eq!(target_path("/data1//x.MS/").unwrap(), Path::new("/data1/x.MS"));
        for bad in ["", "/", "x", "./x", "/a/../b", "/..", "a/b"] {
            assert_eq!(target_path(bad).unwrap_err().kind, ErrorKind::Input, "{bad}");
        }
    }

    #[test]
    fn hidden_names_belong_to_one_target() {
        let place = tempfile::tempdir().unwrap();
        let target = |name: &str| Place::make(&place.path().join(name)).unwrap();
        let (one, two) = (target("a.MS"), target("a.MS.bak"));
        for name in [".a.MS.ledama-part-r1", ".a.MS.ledama-part-r2.state", ".a.MS.ledama-part-"] {
            std::fs::write(place.path().join(name), "").unwrap();
        }
        std::fs::write(place.path().join(".a.MS.bak.ledama-part-r1.state"), "").unwrap();
        std::fs::write(place.path().join(".a.MS.ledama-old-r0"), "").unwrap();
        assert_eq!(one.part_name("r1"), b".a.MS.ledama-part-r1");
        assert_eq!(one.parts().unwrap(), [one.part_name("r1"), one.part_name("r2")]);
        assert_eq!(two.parts().unwrap(), [two.part_name("r1")]);
        assert_eq!(one.olds().unwrap(), [one.old_name("r0")]);
    }

    #[test]
    fn long_names_leave_room() {
        let long = "x".repeat(255);
        let place = Place { name: long.into_bytes(), ..Place::make(Path::new("/tmp/x")).unwrap() };
        let name = state_name(&place.part_name(&"r".repeat(48)));
        assert!(name.len() < 255);
        assert_ne!(short(&[b'x'; 254]), short(&[b'x'; 255]));
        assert_eq!(place.part_name("a/b").len(), part_prefix(&place.name).len() + 16);
    }

    #[test]
    fn missing_folders_are_made() {
        let place = tempfile::tempdir().unwrap();
        let target = place.path().join("a/b/c.MS");
        assert!(Place::find(&target).unwrap().is_none());
        let made = Place::make(&target).unwrap();
        assert!(target.parent().unwrap().is_dir());
        assert_eq!(made.facts(&made.name).unwrap(), None);
        std::fs::write(place.path().join("file"), "").unwrap();
        assert!(Place::make(&place.path().join("file/x/y")).is_err());
    }
}
