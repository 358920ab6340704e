//! Copies within one file system that shares blocks between files.
//!
//! Such a copy costs no disk space and no writing. It is verified like any
//! other: what was cloned counts as "there already", so both sides hash it and
//! compare. Plain copying in the kernel is used only where the file system has
//! something better than a loop, because everywhere else reading the source
//! once for hashing and writing is cheaper than copying it unseen and then
//! reading both files.

use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use ledama_base::operation::OperationError;
use rustix::fs::{
    AtFlags, CWD, Mode, OFlags, copy_file_range, fstatfs, ioctl_ficlone, openat, unlinkat,
};
use rustix::io::Errno;

use super::files::create;
use super::stock::Stock;
use super::store::Spot;
use crate::control::Control;
use crate::entry::{Entry, Listing};
use crate::facts::Facts;
use crate::fault;
use crate::folders::{FOLDER, Folders};
use crate::walk::member_text;

/// File systems that copy a range of a file by themselves: CephFS, NFS, SMB.
const COPIES_RANGES: [u64; 4] = [0x00c3_6400, 0x6969, 0xff53_4d42, 0xfe53_4d42];

/// Clones all files of the set that are not there yet, and adds them to the
/// stock. Stops at the first one that the file system refuses; the rest is
/// then copied. Answers whether anything was cloned.
pub(super) fn clone_files(
    source: &Path,
    listing: &Listing,
    spot: &Spot<'_>,
    text: &str,
    stock: &mut Stock,
    control: &Control<'_>,
) -> Result<bool, OperationError> {
    let is_file = listing.get(0).is_some_and(Entry::is_file);
    let root = if is_file { None } else { open_root(source) };
    if root.is_none() && !is_file {
        // The sender will say why.
        return Ok(false);
    }
    let mut from = root.as_ref().map(|root| Folders::new(root.as_fd(), listing));
    let mut to = match spot {
        Spot::Folder(root) => Some(Folders::new(root.as_fd(), listing)),
        Spot::File { .. } => None,
    };
    let mut any = false;
    for (index, entry) in listing.iter().filter(|(_, e)| e.is_file() && e.size > 0) {
        if stock.contains_key(&index) {
            continue;
        }
        control.check()?;
        let failed = |e: Errno| fault::at(member_text(text, &listing.path(index)), e);
        let Ok(original) = open_source(source, index, &mut from) else { return Ok(any) };
        let (folder, name) = match (&mut to, spot) {
            (Some(folders), _) => folders.place(index).map_err(failed)?,
            (None, Spot::File { folder, name }) => (*folder, *name),
            (None, Spot::Folder(root)) => (root.as_fd(), &b""[..]),
        };
        let copy = File::from(create(folder, name).map_err(failed)?);
        match share(&original, &copy, entry.size) {
            Ok(()) => {
                stock.insert(index, Facts::of(&copy).map_err(failed)?);
                any = true;
            }
            Err(error @ (Errno::NOSPC | Errno::DQUOT)) => return Err(failed(error)),
            Err(_) => {
                unlinkat(folder, name, AtFlags::empty()).map_err(failed)?;
                return Ok(any);
            }
        }
    }
    Ok(any)
}

fn open_root(source: &Path) -> Option<OwnedFd> {
    openat(CWD, source, FOLDER.difference(OFlags::NOFOLLOW), Mode::empty()).ok()
}

fn open_source(
    path: &Path,
    index: u32,
    folders: &mut Option<Folders<'_>>,
) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    match folders {
        None => openat(CWD, path, flags, Mode::empty()),
        Some(folders) => {
            let (folder, name) = folders.place(index)?;
            openat(folder, name, flags | OFlags::NOFOLLOW, Mode::empty())
        }
    }
}

/// Makes `to` share the blocks of `from`.
fn share(from: &OwnedFd, to: &File, size: u64) -> Result<(), Errno> {
    let refused = match ioctl_ficlone(to, from) {
        Ok(()) => return Ok(()),
        Err(refused) => refused,
    };
    if !copies_ranges(from) || !copies_ranges(to) {
        return Err(refused);
    }
    let (mut read, mut written) = (0, 0);
    while written < size {
        let len = usize::try_from(size - written).unwrap_or(usize::MAX).min(1 << 30);
        if copy_file_range(from, Some(&mut read), to, Some(&mut written), len)? == 0 {
            return Err(Errno::IO);
        }
    }
    Ok(())
}

/// Whether a file system copies ranges by itself.
#[allow(clippy::unnecessary_cast, clippy::cast_sign_loss)] // the type differs between machines
fn copies_ranges(file: impl AsFd) -> bool {
    let kind = fstatfs(file).map(|s| s.f_type as u64 & 0xffff_ffff);
    kind.is_ok_and(|kind| COPIES_RANGES.contains(&kind))
}
