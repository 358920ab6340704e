//! One entry of a tree: a name in a folder that is held open, and what is there.

use std::ffi::{CStr, OsStr};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;

use ledama_base::rawtext;
use rustix::fs::{AtFlags, FileType};

/// What an entry is, as far as permissions care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A folder.
    Folder,
    /// A symbolic link, which has no permissions of its own.
    Link,
    /// Everything else.
    File,
}

/// An entry.
#[derive(Debug)]
pub(crate) struct Spot<'a> {
    /// The folder it is in.
    pub(crate) folder: BorrowedFd<'a>,
    /// Its name there.
    pub(crate) name: &'a CStr,
    /// What it is.
    pub(crate) kind: Kind,
    /// Its permission, set-id and sticky bits, as they were found.
    pub(crate) mode: u32,
    /// The folder it was found in; none for the place where a walk begins.
    parent: Option<&'a Spot<'a>>,
}

impl<'a> Spot<'a> {
    /// Looks at a name in an open folder.
    pub(crate) fn look(
        folder: BorrowedFd<'a>,
        name: &'a CStr,
        parent: Option<&'a Spot<'a>>,
    ) -> rustix::io::Result<Self> {
        let facts = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = match FileType::from_raw_mode(facts.st_mode) {
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            _ => Kind::File,
        };
        Ok(Self { folder, name, kind, mode: facts.st_mode & 0o7777, parent })
    }

    /// Whether it is a folder.
    pub(crate) fn is_folder(&self) -> bool {
        self.kind == Kind::Folder
    }

    /// Its path below the place where the walk began, in text form; empty
    /// there.
    pub(crate) fn path(&self) -> String {
        let Some(parent) = self.parent else { return String::new() };
        parent.below(self.name)
    }

    /// The path of a name in this folder.
    pub(crate) fn below(&self, name: &CStr) -> String {
        let mut path = self.path();
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&rawtext::encode(OsStr::from_bytes(name.to_bytes())));
        path
    }

    /// A path for system calls that take nothing else: through the open folder,
    /// wherever that is by now. The entry itself must not be followed.
    pub(crate) fn address(&self) -> Vec<u8> {
        let mut path = format!("/proc/self/fd/{}/", self.folder.as_raw_fd()).into_bytes();
        path.extend_from_slice(self.name.to_bytes());
        path
    }
}
