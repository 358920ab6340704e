//! Where a walk begins: a place that the guard has approved, held by its folder.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use ledama_base::guard::Guard;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use rustix::fs::{Mode, OFlags};

use super::list::Listing;
use super::{FOLDER, Kind, Spot};

/// An approved place.
#[derive(Debug)]
pub(crate) struct Target {
    /// As asked for, in text form.
    path: String,
    /// Where it really is.
    real: PathBuf,
    folder: OwnedFd,
    name: CString,
}

impl Target {
    /// The place if it may be changed: inside one of the roots, in a dataset
    /// folder, and no symbolic link itself. All in text form.
    pub(crate) fn approve(path: &str, roots: &[String]) -> Result<Self, OperationError> {
        let approved = Guard::new(roots)?.check(path)?;
        let failed = |error: io::Error| OperationError::io(show(path), &error);
        let invalid = || failed(io::ErrorKind::InvalidInput.into());
        let (Some(parent), Some(name)) = (approved.real.parent(), approved.real.file_name()) else {
            return Err(invalid());
        };
        let name = CString::new(name.as_bytes()).map_err(|_| invalid())?;
        let folder = open(parent).map_err(failed)?;
        let target = Self { path: path.to_string(), real: approved.real.clone(), folder, name };
        if target.spot()?.kind == Kind::Link {
            let message = format!("{}: is a symbolic link", show(path));
            return Err(OperationError::new(ErrorKind::Refused, message)
                .help("links are not followed; list the place that it leads to"));
        }
        Ok(target)
    }

    /// Where it really is: its folder without links, and its own name.
    pub(crate) fn real(&self) -> &Path {
        &self.real
    }

    /// Opens it as a folder.
    pub(crate) fn open(&self) -> io::Result<OwnedFd> {
        open_inside(self.folder.as_fd(), &self.name)
    }

    /// The names in it, sorted; none if it is no folder.
    pub(crate) fn names(&self) -> Result<Vec<String>, OperationError> {
        if !self.spot()?.is_folder() {
            return Ok(Vec::new());
        }
        let listing = self.open().and_then(|open| Ok(Listing::read(open.as_fd())?));
        let listing = listing.map_err(|error| OperationError::io(show(&self.path), &error))?;
        Ok(listing.texts())
    }

    /// What is there now.
    pub(crate) fn spot(&self) -> Result<Spot<'_>, OperationError> {
        Spot::look(self.folder.as_fd(), &self.name, None)
            .map_err(|error| OperationError::io(show(&self.path), &error.into()))
    }
}

/// Opens a folder in another, unless it is a link.
pub(crate) fn open_inside(folder: BorrowedFd<'_>, name: &CStr) -> io::Result<OwnedFd> {
    Ok(rustix::fs::openat(folder, name, FOLDER, Mode::empty())?)
}

/// Opens an absolute path that has no links in it; fails if it has by now.
fn open(path: &Path) -> io::Result<OwnedFd> {
    // Nothing is listed here, so no permission to read is needed.
    let flags = FOLDER | OFlags::PATH;
    let mut folder = rustix::fs::open("/", flags, Mode::empty())?;
    for component in path.components() {
        match component {
            Component::RootDir => {}
            Component::Normal(name) => {
                folder = rustix::fs::openat(&folder, name, flags, Mode::empty())?;
            }
            _ => return Err(io::ErrorKind::InvalidInput.into()),
        }
    }
    Ok(folder)
}
