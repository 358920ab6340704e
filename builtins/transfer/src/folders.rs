//! Open folders of a set, reached name by name without following links.
//!
//! All work on the members of a set goes through these, so neither a hostile
//! sender nor somebody who exchanges a folder for a link can lead it astray.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, chmodat, fchmod, openat};
use rustix::io::Errno;

use crate::entry::Listing;

/// How many folders one thread keeps open.
const KEPT: usize = 12;

/// Flags for opening a folder on the way to a member.
pub(crate) const FOLDER: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::RDONLY).union(OFlags::CLOEXEC);

/// The folders of a set that one thread has open.
pub(crate) struct Folders<'a> {
    root: BorrowedFd<'a>,
    listing: &'a Listing,
    /// Least recently used first.
    open: Vec<(u32, OwnedFd)>,
}

impl<'a> Folders<'a> {
    /// For the set whose folder is `root`.
    pub(crate) fn new(root: BorrowedFd<'a>, listing: &'a Listing) -> Self {
        Self { root, listing, open: Vec::new() }
    }

    /// The folder that is entry `index`.
    pub(crate) fn get(&mut self, index: u32) -> Result<BorrowedFd<'_>, Errno> {
        if index == 0 {
            return Ok(self.root);
        }
        if let Some(at) = self.open.iter().rposition(|(known, _)| *known == index) {
            if at + 1 < self.open.len() {
                let used = self.open.remove(at);
                self.open.push(used);
            }
        } else {
            let folder = self.reach(index)?;
            if self.open.len() == KEPT {
                self.open.remove(0);
            }
            self.open.push((index, folder));
        }
        self.open.last().map(|(_, folder)| folder.as_fd()).ok_or(Errno::NOENT)
    }

    /// Opens a folder from the nearest one above it that is open.
    fn reach(&self, index: u32) -> Result<OwnedFd, Errno> {
        let mut missing = vec![index];
        let mut start = self.root;
        loop {
            let lowest = missing.last().copied().unwrap_or(0);
            let parent = self.listing.get(lowest).ok_or(Errno::NOENT)?.parent;
            if parent == 0 {
                break;
            }
            if let Some((_, folder)) = self.open.iter().find(|(known, _)| *known == parent) {
                start = folder.as_fd();
                break;
            }
            missing.push(parent);
        }
        let mut reached: Option<OwnedFd> = None;
        for index in missing.into_iter().rev() {
            let entry = self.listing.get(index).ok_or(Errno::NOENT)?;
            let from = reached.as_ref().map_or(start, AsFd::as_fd);
            reached = Some(openat(from, &*entry.name, FOLDER, Mode::empty())?);
        }
        reached.ok_or(Errno::NOENT)
    }

    /// The folder that holds entry `index`, and the name of the entry in it.
    pub(crate) fn place(&mut self, index: u32) -> Result<(BorrowedFd<'_>, &'a [u8]), Errno> {
        let entry = self.listing.get(index).ok_or(Errno::NOENT)?;
        Ok((self.get(entry.parent)?, &entry.name))
    }
}

/// Opens a folder that may have got a mode that shuts its owner out.
pub(crate) fn open_private(folder: impl AsFd, name: &[u8]) -> Result<OwnedFd, Errno> {
    let opened = match openat(&folder, name, FOLDER, Mode::empty()) {
        Err(Errno::ACCESS) => {
            chmodat(&folder, name, Mode::RWXU, AtFlags::empty())?;
            openat(&folder, name, FOLDER, Mode::empty())?
        }
        other => other?,
    };
    fchmod(&opened, Mode::RWXU)?;
    Ok(opened)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::entry::{Entry, Kind, Time};
    use std::os::unix::fs::MetadataExt;

    fn folder(parent: u32, name: &str) -> Entry {
        Entry {
            parent,
            name: name.as_bytes().into(),
            kind: Kind::Folder,
            mode: 0o755,
            mtime: Time::default(),
            size: 0,
            allocated: 0,
        }
    }

    #[test]
    fn folders_are_found_however_many_there_are() {
        let place = tempfile::tempdir().unwrap();
        let mut entries = vec![folder(0, "")];
        for group in 0..30u32 {
            let parent = group * 2 + 1;
            entries.push(folder(0, &format!("g{group}")));
            entries.push(folder(parent, "inner"));
            std::fs::create_dir_all(place.path().join(format!("g{group}/inner"))).unwrap();
        }
        let listing = Listing { entries };
        let root = std::fs::File::open(place.path()).unwrap();
        let mut folders = Folders::new(root.as_fd(), &listing);
        for round in 0..3 {
            for group in (0..30u32).map(|g| (g * 7 + round) % 30) {
                let found = folders.get(group * 2 + 2).unwrap();
                let expected = place.path().join(format!("g{group}/inner"));
                let inode = rustix::fs::fstat(found).unwrap().st_ino;
                assert_eq!(inode, std::fs::metadata(expected).unwrap().ino());
            }
        }
    }

    #[test]
    fn a_link_in_the_place_of_a_folder_is_not_followed() {
        let place = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc", place.path().join("sub")).unwrap();
        let listing = Listing { entries: vec![folder(0, ""), folder(0, "sub")] };
        let root = std::fs::File::open(place.path()).unwrap();
        let error = Folders::new(root.as_fd(), &listing).get(1).unwrap_err();
        assert!(matches!(error, Errno::LOOP | Errno::NOTDIR));
    }
}
