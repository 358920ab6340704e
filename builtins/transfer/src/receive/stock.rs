//! Folders of the part, and what an earlier attempt left in them.

use std::collections::HashMap;
use std::os::fd::OwnedFd;

use ledama_base::operation::OperationError;
use rustix::fs::{Dir, FileType, Mode, mkdirat};
use rustix::io::Errno;

use crate::entry::{Kind, Listing};
use crate::facts::Facts;
use crate::fault;
use crate::folders::{Folders, open_private};
use crate::remove::remove_tree;
use crate::walk::member_text;
use crate::wire::Malformed;

/// Files that are there already, by index. Their content is still to be compared.
pub(crate) type Stock = HashMap<u32, Facts>;

/// Makes all folders of the set.
pub(super) fn make_folders(
    root: &OwnedFd,
    listing: &Listing,
    text: &str,
    adopted: bool,
) -> Result<(), OperationError> {
    let mut folders = Folders::new(rustix::fd::AsFd::as_fd(root), listing);
    for (index, entry) in listing.iter().skip(1).filter(|(_, e)| e.kind == Kind::Folder) {
        let failed = |e: Errno| fault::at(member_text(text, &listing.path(index)), e);
        let parent = folders.get(entry.parent).map_err(failed)?;
        match mkdirat(parent, &*entry.name, Mode::RWXU) {
            Ok(()) => {}
            Err(Errno::EXIST) if adopted => match open_private(parent, &entry.name) {
                Ok(_) => {}
                Err(Errno::NOTDIR | Errno::LOOP) => {
                    remove_tree(parent, &entry.name).map_err(failed)?;
                    mkdirat(parent, &*entry.name, Mode::RWXU).map_err(failed)?;
                }
                Err(error) => return Err(failed(error)),
            },
            Err(Errno::EXIST) => return Err(Malformed("a name twice").into()),
            Err(error) => return Err(failed(error)),
        }
    }
    Ok(())
}

/// Finds the files of the set that are there already, and removes everything
/// that cannot be used: what is not in the list, links (they are made anew),
/// files with several names.
pub(super) fn take_stock(
    root: &OwnedFd,
    listing: &Listing,
    text: &str,
) -> Result<Stock, OperationError> {
    let names = listing.by_name();
    let mut folders = Folders::new(rustix::fd::AsFd::as_fd(root), listing);
    let mut stock = Stock::new();
    for (index, _) in listing.iter().filter(|(_, e)| e.kind == Kind::Folder) {
        let failed = |e: Errno| fault::at(member_text(text, &listing.path(index)), e);
        let folder = folders.get(index).map_err(failed)?;
        for entry in Dir::read_from(folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let facts = Facts::named(folder, entry.file_name()).map_err(failed)?;
            let known = names.get(&(index, name)).copied();
            match known.and_then(|at| Some((at, &listing.get(at)?.kind))) {
                Some((_, Kind::Folder)) if facts.kind == FileType::Directory => {}
                Some((at, Kind::File))
                    if facts.kind == FileType::RegularFile && facts.links == 1 =>
                {
                    stock.insert(at, facts);
                }
                _ => remove_tree(folder, name).map_err(failed)?,
            }
        }
    }
    Ok(stock)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::entry::{Entry, sample};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn entry(parent: u32, name: &str, kind: Kind) -> Entry {
        sample(parent, name, kind, 0)
    }

    #[test]
    fn only_plain_files_of_the_list_are_kept() {
        let listing = Listing {
            entries: vec![
                entry(0, "", Kind::Folder),
                entry(0, "d", Kind::Folder),
                entry(1, "kept", Kind::File),
                entry(1, "folder-now", Kind::Folder),
                entry(1, "file-now", Kind::File),
                entry(1, "linked", Kind::File),
                entry(0, "link", Kind::Link((*b"x").into())),
                entry(0, "fresh", Kind::Folder),
            ],
        };
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        fs::create_dir(root.join("d")).unwrap();
        fs::write(root.join("d/kept"), "x").unwrap();
        fs::write(root.join("d/folder-now"), "x").unwrap();
        fs::create_dir(root.join("d/file-now")).unwrap();
        fs::write(root.join("d/file-now/x"), "x").unwrap();
        fs::write(root.join("d/linked"), "x").unwrap();
        fs::hard_link(root.join("d/linked"), root.join("unknown")).unwrap();
        std::os::unix::fs::symlink("/etc", root.join("link")).unwrap();
        fs::set_permissions(root.join("d"), fs::Permissions::from_mode(0o500)).unwrap();
        let open = OwnedFd::from(fs::File::open(root).unwrap());
        make_folders(&open, &listing, "/p", true).unwrap();
        let stock = take_stock(&open, &listing, "/p").unwrap();
        let mut kept: Vec<_> = stock.into_keys().collect();
        kept.sort_unstable();
        // The file with two names goes or stays depending on which name is met first.
        assert!(kept == [2] || kept == [2, 5], "{kept:?}");
        let mut left: Vec<_> = fs::read_dir(root.join("d"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|name| name != "linked")
            .collect();
        left.sort();
        assert_eq!(left, ["folder-now", "kept"]);
        assert!(root.join("d/folder-now").is_dir() && root.join("fresh").is_dir());
        assert!(!root.join("unknown").exists() && !root.join("link").exists());
    }

    #[test]
    fn a_name_that_comes_twice_is_refused() {
        let listing = Listing {
            entries: vec![
                entry(0, "", Kind::Folder),
                entry(0, "d", Kind::Folder),
                entry(0, "d", Kind::Folder),
            ],
        };
        let place = tempfile::tempdir().unwrap();
        let open = OwnedFd::from(fs::File::open(place.path()).unwrap());
        assert!(make_folders(&open, &listing, "/p", false).is_err());
    }
}
