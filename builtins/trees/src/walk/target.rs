//! Where a walk begins: a place that the guard has approved, held by its folder.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use ledama_base::guard::Guard;
use ledama_base::operation::{ErrorKind, OperationError};
use ledama_base::quote::show;
use rustix::fs::{Mode, OFlags};

use super::{FOLDER, Kind, Spot};

/// An approved place.
#[derive(Debug)]
pub(crate) struct Target {
    /// As asked for, in text form.
    path: String,
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
        let target = Self { path: path.to_string(), folder, name };
        if target.spot()?.kind == Kind::Link {
            let message = format!("{}: is a symbolic link", show(path));
            return Err(OperationError::new(ErrorKind::Refused, message)
                .help("links are not followed; list the place that it leads to"));
        }
        Ok(target)
    }

    /// What is there now.
    pub(crate) fn spot(&self) -> Result<Spot<'_>, OperationError> {
        Spot::look(self.folder.as_fd(), &self.name, None)
            .map_err(|error| OperationError::io(show(&self.path), &error.into()))
    }
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
