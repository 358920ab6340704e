//! A folder held open, so that what is done in it is done in it.
//!
//! A path can lead elsewhere between the check and the deed, when somebody
//! replaces one of its folders by a link. All names here are therefore taken
//! relative to an open folder that was reached without passing any link.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use ledama_base::usage;
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

/// An open folder.
#[derive(Debug)]
pub(crate) struct Folder(OwnedFd);

/// What was deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Erased {
    /// Blocks on the disk, bytes.
    pub(crate) bytes: u64,
    /// Files.
    pub(crate) files: u64,
}

const FLAGS: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::RDONLY);

impl Folder {
    /// Opens an absolute path that has no links in it; fails if it has by now.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let mut folder = rustix::fs::open("/", FLAGS, Mode::empty())?;
        for component in path.components() {
            match component {
                Component::RootDir => {}
                Component::Normal(name) => {
                    // Only the last one is read, so the others need no permission for it.
                    let flags = FLAGS | OFlags::PATH;
                    folder = rustix::fs::openat(&folder, name, flags, Mode::empty())?;
                }
                _ => return Err(io::ErrorKind::InvalidInput.into()),
            }
        }
        Ok(Self(folder))
    }

    /// Opens a path as it is, whatever links are in it.
    pub(crate) fn resolve(path: &Path) -> io::Result<Self> {
        Self::open(&fs::canonicalize(path)?)
    }

    /// Opens a folder in this one, unless it is a link.
    pub(crate) fn enter(&self, name: &OsStr) -> io::Result<Self> {
        Ok(Self(rustix::fs::openat(&self.0, name, FLAGS | OFlags::PATH, Mode::empty())?))
    }

    /// All names in it, sorted.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let readable = rustix::fs::openat(&self.0, ".", FLAGS, Mode::empty())?;
        let mut names = Vec::new();
        for entry in Dir::read_from(readable)? {
            let name = entry?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                names.push(OsString::from_vec(name));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Whether there is anything under that name, a link to nothing included.
    pub(crate) fn has(&self, name: &OsStr) -> bool {
        rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW).is_ok()
    }

    /// Gives an entry another name.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    /// Removes a folder that is empty.
    pub(crate) fn remove_empty(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// Deletes an entry with all that is in it; of a link the link itself. It
    /// is no error when somebody else has done so meanwhile.
    pub(crate) fn erase(&self, name: &OsStr) -> io::Result<Erased> {
        match self.erase_present(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Erased::default()),
            other => other,
        }
    }

    fn erase_present(&self, name: &OsStr) -> io::Result<Erased> {
        let stat = rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let path = self.path_of(name);
        let used = usage::measure_one(path.clone(), usage::Options::default(), &|| false)
            .unwrap_or_default();
        if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
            match fs::remove_dir_all(&path) {
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                    // A folder that its owner may not change keeps what is in it.
                    allow(&path)?;
                    fs::remove_dir_all(&path)?;
                }
                other => other?,
            }
        } else {
            rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?;
        }
        Ok(Erased { bytes: used.disk_bytes, files: used.files })
    }

    /// A path for functions that take nothing else; it leads to the open
    /// folder, wherever that is by now.
    fn path_of(&self, name: &OsStr) -> PathBuf {
        Path::new("/proc/self/fd").join(self.0.as_raw_fd().to_string()).join(name)
    }
}

/// Lets the owner change all folders of a tree.
fn allow(tree: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::symlink_metadata(tree)?.permissions().mode();
    if mode & 0o700 != 0o700 {
        fs::set_permissions(tree, PermissionsExt::from_mode(mode | 0o700))?;
    }
    for entry in fs::read_dir(tree)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            allow(&entry.path())?;
        }
    }
    Ok(())
}
