//! Making and opening the files of a part.

use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ledama_base::operation::OperationError;
use rustix::fs::{AtFlags, Mode, OFlags, chmodat, openat};
use rustix::io::Errno;

use super::store::{Spot, Store};
use crate::entry::Entry;
use crate::fault;
use crate::folders::Folders;
use crate::wire::Malformed;

impl Store<'_> {
    /// Makes a file that will be put together from pieces.
    pub(super) fn create_large(
        &self,
        index: u32,
        entry: &Entry,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<File, OperationError> {
        let (folder, name) = self.place(index, folders)?;
        let file = File::from(create(folder, name).map_err(|e| self.create_fault(index, e))?);
        // Its room is not taken at once: file systems that gather what is
        // written lay it out well anyhow, what has not arrived stays a hole
        // that a later attempt need not read, and every page of the file would
        // be visited twice.
        file.set_len(entry.size).map_err(|e| fault::at(self.member(index), e))?;
        Ok(file)
    }

    /// Opens a file that was there at the beginning for writing.
    pub(super) fn open_old(
        &self,
        index: u32,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<File, OperationError> {
        self.open_member(index, folders, OFlags::RDWR)
    }

    /// Opens a file that is there for reading.
    pub(super) fn open_read(
        &self,
        index: u32,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<File, OperationError> {
        self.open_member(index, folders, OFlags::RDONLY)
    }

    fn open_member(
        &self,
        index: u32,
        folders: &mut Option<Folders<'_>>,
        access: OFlags,
    ) -> Result<File, OperationError> {
        let failed = |e| self.fault(index, e);
        let (folder, name) = self.place(index, folders)?;
        let flags = access | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match openat(folder, name, flags, Mode::empty()) {
            // It has its final mode already, which may shut its owner out.
            Err(Errno::ACCESS) if !self.untouchable => {
                let mode = Mode::from_raw_mode(0o600);
                chmodat(folder, name, mode, AtFlags::empty()).map_err(failed)?;
                openat(folder, name, flags, Mode::empty())
            }
            other => other,
        };
        file.map(File::from).map_err(failed)
    }

    /// The folder and the name of a file.
    pub(super) fn place<'s>(
        &'s self,
        index: u32,
        folders: &'s mut Option<Folders<'_>>,
    ) -> Result<(BorrowedFd<'s>, &'s [u8]), OperationError> {
        match (&self.spot, folders) {
            (Spot::File { folder, name }, _) => Ok((*folder, name)),
            (Spot::Folder(_), Some(folders)) => {
                folders.place(index).map_err(|e| self.fault(index, e))
            }
            (Spot::Folder(root), None) => Ok((root.as_fd(), b"")),
        }
    }

    /// Why a member could not be made.
    pub(super) fn create_fault(&self, index: u32, error: Errno) -> OperationError {
        match error {
            // The folder was empty, so the sender names two members alike.
            Errno::EXIST => Malformed("a name twice").into(),
            error => self.fault(index, error),
        }
    }
}

/// Makes a file that is not there yet.
pub(super) fn create(folder: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(folder, name, flags, Mode::from_raw_mode(0o600))
}
