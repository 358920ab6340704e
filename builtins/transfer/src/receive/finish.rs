//! From a part whose content is complete to a set under its final name.
//!
//! What is flushed, and when (`fsync`): the files and folders of a set with
//! few members one by one, files as soon as they are complete, so that a
//! failing disk is noticed with the file it hits. Of a set with many members
//! only large files are flushed by themselves, which starts the writing early;
//! at the end the whole file system is flushed at once, because thousands of
//! single flushes would each wait for the journal. Only then does the set get
//! its name, and at last the folder that holds the name is flushed.

use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use ledama_base::operation::{ErrorKind, OperationError};
use rustix::fs::{
    Advice, AtFlags, Mode, RenameFlags, fadvise, fchmod, fsync, futimens, linkat, renameat,
    renameat_with, symlinkat, syncfs, unlinkat, utimensat,
};
use rustix::io::Errno;

use super::compare::compare;
use super::part::Part;
use super::store::{Spot, Store, Sync};
use crate::entry::{Kind, Listing};
use crate::facts::timestamps;
use crate::fault;
use crate::folders::Folders;
use crate::hash::hash_file;
use crate::place::Place;
use crate::remove::remove_tree;
use crate::send::threads;
use crate::walk::walk;

/// Up to so many files and folders are flushed one by one.
const FEW: usize = 64;

/// How the members of a set reach the disk.
pub(super) fn sync_policy(listing: &Listing, fsync: bool) -> Sync {
    if !fsync {
        return Sync::Never;
    }
    let members = listing.entries.iter().filter(|e| e.is_file() || e.kind == Kind::Folder);
    if members.count() <= FEW { Sync::EachFile } else { Sync::LargeFiles }
}

/// Makes the symbolic links and further names of files.
pub(super) fn make_links(store: &Store<'_>) -> Result<(), OperationError> {
    let Some(mut folders) = store.folders() else { return Ok(()) };
    let Some(mut others) = store.folders() else { return Ok(()) };
    for (index, entry) in store.listing.iter() {
        let failed = |e| store.fault(index, e);
        match &entry.kind {
            Kind::Link(to) => {
                let (folder, name) = folders.place(index).map_err(failed)?;
                symlinkat(&**to, folder, name).map_err(failed)?;
                let times = timestamps(entry.mtime);
                utimensat(folder, name, &times, AtFlags::SYMLINK_NOFOLLOW).map_err(failed)?;
            }
            Kind::HardLink(of) => {
                let (folder, name) = folders.place(index).map_err(failed)?;
                let (from, known) = others.place(*of).map_err(failed)?;
                linkat(from, known, folder, name, AtFlags::empty()).map_err(failed)?;
            }
            Kind::Folder | Kind::File => {}
        }
    }
    Ok(())
}

/// Looks at the part as a whole: are names, types, sizes and times on the disk
/// what they should be?
pub(super) fn verify_list(store: &Store<'_>, path: &Path) -> Result<(), OperationError> {
    let found = walk(path, &|| store.control.check())?;
    let differences = compare(store.listing, &found.listing, found.special.len());
    if differences.is_empty() {
        return Ok(());
    }
    Err(OperationError::new(
        ErrorKind::Corrupt,
        format!("`{}` is not what was written to it: {differences}", store.text),
    )
    .help("check the file system of the target"))
}

/// Reads all files back from the disk and compares their hashes.
pub(super) fn verify_content(store: &Store<'_>) -> Result<(), OperationError> {
    let files: Vec<(u32, u64)> =
        store.listing.iter().filter(|(_, e)| e.is_file()).map(|(i, e)| (i, e.size)).collect();
    if let Spot::Folder(root) = &store.spot {
        // Only what was written can be dropped from memory, see `reread`.
        let _ = syncfs(root);
    }
    let next = AtomicUsize::new(0);
    let wrong = AtomicU64::new(0);
    let first = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..threads() {
            store.control.spawn(scope, || {
                let mut folders = store.folders();
                while let Some(&(index, size)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let same = reread(store, index, size, &mut folders);
                    match store.control.note(same) {
                        Some(true) => {}
                        Some(false) => {
                            wrong.fetch_add(1, Ordering::Relaxed);
                            let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
                            first.get_or_insert_with(|| store.member(index));
                        }
                        None => break,
                    }
                }
            });
        }
    });
    store.control.check()?;
    match first.into_inner().unwrap_or_else(PoisonError::into_inner) {
        None => Ok(()),
        Some(first) => Err(OperationError::new(
            ErrorKind::Corrupt,
            format!(
                "{} files read back differ from what was written, the first is `{first}`",
                wrong.into_inner()
            ),
        )
        .help("check the disk of the target")),
    }
}

fn reread(
    store: &Store<'_>,
    index: u32,
    size: u64,
    folders: &mut Option<Folders<'_>>,
) -> Result<bool, OperationError> {
    let failed = |e: std::io::Error| fault::at(store.member(index), e);
    let file = store.open_read(index, folders)?;
    // What is still in memory proves nothing about the disk.
    let _ = fadvise(&file, 0, None, Advice::DontNeed);
    let hash = hash_file(&file, size, &|| store.control.check(), &failed)?;
    let at = usize::try_from(index).unwrap_or(usize::MAX);
    Ok(store.ledger().hashes().get(at) == Some(&hash))
}

/// Gives folders their times and modes, members before the folders that hold
/// them, and flushes what is to be flushed.
pub(super) fn settle_folders(store: &Store<'_>) -> Result<(), OperationError> {
    let Spot::Folder(root) = &store.spot else { return Ok(()) };
    let mut folders = Folders::new(root.as_fd(), store.listing);
    for (index, entry) in
        (0..store.listing.len()).rev().filter_map(|i| Some((i, store.listing.get(i)?)))
    {
        if entry.kind != Kind::Folder {
            continue;
        }
        let failed = |e| store.fault(index, e);
        let folder = folders.get(index).map_err(failed)?;
        futimens(folder, &timestamps(entry.mtime)).map_err(failed)?;
        fchmod(folder, Mode::from_raw_mode(entry.mode)).map_err(failed)?;
        if store.sync == Sync::EachFile {
            fsync(folder).map_err(failed)?;
        }
    }
    if store.sync == Sync::LargeFiles {
        syncfs(root).map_err(|e| store.fault(0, e))?;
    }
    Ok(())
}

/// Gives the part its final name, which nobody else may have taken meanwhile.
pub(super) fn publish(place: &Place, part: &Part<'_>, flush: bool) -> Result<(), OperationError> {
    let folder = place.folder();
    match renameat_with(folder, &*part.name, folder, &*place.name, RenameFlags::NOREPLACE) {
        Ok(()) => {}
        Err(Errno::EXIST | Errno::NOTEMPTY) => return Err(taken(place)),
        // Some network file systems cannot rename without replacing.
        Err(error) if fault::is_unsupported(error) => rename_plainly(place, part)?,
        Err(error) => return Err(fault::at(place.text(), error)),
    }
    if flush {
        fsync(folder).map_err(|e| fault::at(place.text(), e))?;
    }
    part.settle();
    Ok(())
}

/// The same for file systems without the exclusive form: a file gets a second
/// name, which never replaces; for a folder one look must do, because renaming
/// a folder replaces nothing but an empty folder.
fn rename_plainly(place: &Place, part: &Part<'_>) -> Result<(), OperationError> {
    let folder = place.folder();
    let failed = |e| match e {
        Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR | Errno::ISDIR => taken(place),
        e => fault::at(place.text(), e),
    };
    let is_file = place
        .facts(&part.name)?
        .is_some_and(|facts| facts.kind == rustix::fs::FileType::RegularFile);
    if is_file {
        linkat(folder, &*part.name, folder, &*place.name, AtFlags::empty()).map_err(failed)?;
        return unlinkat(folder, &*part.name, AtFlags::empty()).map_err(failed);
    }
    if place.facts(&place.name)?.is_some() {
        return Err(taken(place));
    }
    renameat(folder, &*part.name, folder, &*place.name).map_err(failed)
}

fn taken(place: &Place) -> OperationError {
    OperationError::new(
        ErrorKind::Exists,
        format!("`{}` appeared while it was being copied", place.text()),
    )
    .help("look where it comes from; the new copy is complete and waits beside it")
}

/// What stood in the way of a copy, under another name.
pub(super) struct Aside<'a> {
    place: &'a Place,
    name: Vec<u8>,
}

impl<'a> Aside<'a> {
    /// Moves the target aside.
    pub(super) fn move_away(place: &'a Place, run: &str) -> Result<Self, OperationError> {
        let name = place.old_name(run);
        let folder = place.folder();
        renameat_with(folder, &*place.name, folder, &*name, RenameFlags::NOREPLACE)
            .or_else(|error| {
                if fault::is_unsupported(error) && place.facts(&name).is_ok_and(|f| f.is_none()) {
                    renameat(folder, &*place.name, folder, &*name)
                } else {
                    Err(error)
                }
            })
            .map_err(|e| fault::at(place.text_of(&name), e))?;
        Ok(Self { place, name })
    }

    /// Moves it back.
    pub(super) fn restore(&self) {
        let folder = self.place.folder();
        // If even that fails, it stays under its other name; nothing is lost.
        let _ = renameat(folder, &*self.name, folder, &*self.place.name);
    }

    /// Removes it. Answers its path if that fails: the copy is complete all the same.
    pub(super) fn remove(&self) -> Option<String> {
        let failed = remove_tree(self.place.folder(), &self.name).is_err();
        failed.then(|| self.place.text_of(&self.name))
    }
}

/// Path of the part.
pub(super) fn part_path(place: &Place, part: &Part<'_>) -> PathBuf {
    place.path.with_file_name(std::ffi::OsStr::from_bytes(&part.name))
}
