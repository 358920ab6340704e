//! The names in a folder, in the order of their inodes.
//!
//! That order is the one in which most file systems store what the kernel
//! must read at each entry, so a tree that is not in memory is read in one
//! sweep and not to and fro.

use std::ffi::{CStr, OsStr};
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;

use ledama_base::rawtext;
use rustix::fs::{FileType, RawDir};

/// Bytes of entries asked for at once.
const BUFFER: usize = 32 << 10;

/// The entries of one folder.
#[derive(Debug, Default)]
pub(super) struct Listing {
    /// All names, each with its NUL byte.
    names: Vec<u8>,
    /// Folders first.
    entries: Vec<Listed>,
    folders: usize,
}

/// One entry of a listing.
#[derive(Debug, Clone, Copy)]
pub(super) struct Listed {
    start: usize,
    inode: u64,
    kind: FileType,
}

impl Listed {
    /// Whether the folder says it is a link. Where it does not tell, the entry
    /// itself does later.
    pub(super) fn is_link(&self) -> bool {
        self.kind == FileType::Symlink
    }
}

impl Listing {
    /// Reads an open folder.
    pub(super) fn read(folder: BorrowedFd<'_>) -> rustix::io::Result<Self> {
        let mut listing = Self::default();
        let mut buffer = Vec::with_capacity(BUFFER);
        let mut entries = RawDir::new(folder, buffer.spare_capacity_mut());
        while let Some(entry) = entries.next() {
            let entry = entry?;
            let name = entry.file_name().to_bytes_with_nul();
            if name == b".\0" || name == b"..\0" {
                continue;
            }
            let start = listing.names.len();
            listing.names.extend_from_slice(name);
            let kind = entry.file_type();
            listing.entries.push(Listed { start, inode: entry.ino(), kind });
        }
        listing
            .entries
            .sort_unstable_by_key(|entry| (entry.kind != FileType::Directory, entry.inode));
        listing.folders =
            listing.entries.partition_point(|entry| entry.kind == FileType::Directory);
        Ok(listing)
    }

    /// The name of one of its entries.
    pub(super) fn name(&self, listed: &Listed) -> &CStr {
        // Names were stored with their NUL byte; an empty name is nowhere found.
        CStr::from_bytes_until_nul(&self.names[listed.start..]).unwrap_or_default()
    }

    /// All names in text form, sorted.
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |listed| rawtext::encode(OsStr::from_bytes(self.name(listed).to_bytes()));
        let mut texts: Vec<String> = self.entries.iter().map(text).collect();
        texts.sort();
        texts
    }

    /// The folders, and everything else.
    pub(super) fn split(&self) -> (&[Listed], &[Listed]) {
        self.entries.split_at(self.folders)
    }
}
