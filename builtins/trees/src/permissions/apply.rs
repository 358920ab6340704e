//! Setting the mode of one entry, never through a link.
//!
//! Linux has a call for that since 6.6, `fchmodat2`, which the libraries used
//! here do not know. Where the kernel does not have it, the entry is held by a
//! descriptor and reached through that.

use std::ffi::{CStr, c_int};
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags};

/// Sets permission, set-id and sticky bits of a name in an open folder. Fails
/// if the name is a link by now.
pub(crate) fn set_mode(folder: BorrowedFd<'_>, name: &CStr, mode: u32) -> io::Result<()> {
    static KNOWN: AtomicBool = AtomicBool::new(true);
    if KNOWN.load(Ordering::Relaxed) {
        match directly(folder, name, mode) {
            Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => {
                KNOWN.store(false, Ordering::Relaxed);
            }
            // Some containers answer so to calls they do not know.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            done => return done,
        }
    }
    through_descriptor(folder, name, mode)
}

#[allow(unsafe_code)]
fn directly(folder: BorrowedFd<'_>, name: &CStr, mode: u32) -> io::Result<()> {
    // SAFETY: the kernel reads `name` up to its NUL byte, which a `CStr` has, and
    // writes to no memory; the descriptor is open as long as it is borrowed.
    let done = unsafe {
        libc::syscall(
            libc::SYS_fchmodat2,
            c_int::from(folder.as_raw_fd()),
            name.as_ptr(),
            mode,
            libc::AT_SYMLINK_NOFOLLOW,
        )
    };
    if done == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn through_descriptor(folder: BorrowedFd<'_>, name: &CStr, mode: u32) -> io::Result<()> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let entry = rustix::fs::openat(folder, name, flags, Mode::empty())?;
    if FileType::from_raw_mode(rustix::fs::fstat(&entry)?.st_mode) == FileType::Symlink {
        return Err(io::Error::from(rustix::io::Errno::LOOP));
    }
    let path = format!("/proc/self/fd/{}", entry.as_fd().as_raw_fd());
    Ok(rustix::fs::chmodat(CWD, path, Mode::from_raw_mode(mode), AtFlags::empty())?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::fs::{self, File};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    type Way = fn(BorrowedFd<'_>, &CStr, u32) -> io::Result<()>;

    fn mode(path: &std::path::Path) -> u32 {
        fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn both_ways_change_files_and_folders_but_never_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let open = File::open(folder.path()).unwrap();
        let (file, inside) = (folder.path().join("file"), folder.path().join("folder"));
        fs::write(&file, "x").unwrap();
        fs::create_dir(&inside).unwrap();
        symlink("file", folder.path().join("link")).unwrap();
        let ways: [Way; 3] = [set_mode, through_descriptor, directly];
        for (way, bits) in ways.into_iter().zip([0o640, 0o2751, 0o4700]) {
            if way(open.as_fd(), c"file", bits)
                .is_err_and(|e| e.raw_os_error() == Some(libc::ENOSYS))
            {
                eprintln!("skipped: no fchmodat2 here");
                continue;
            }
            way(open.as_fd(), c"folder", bits).unwrap();
            assert_eq!((mode(&file), mode(&inside)), (bits, bits));
            way(open.as_fd(), c"link", 0o777).unwrap_err();
            assert_eq!(mode(&file), bits);
            let gone = way(open.as_fd(), c"nothing", 0o777).unwrap_err();
            assert_eq!(gone.kind(), io::ErrorKind::NotFound);
        }
    }
}
