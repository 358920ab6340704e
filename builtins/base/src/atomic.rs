//! Files that appear complete or not at all.
//!
//! The content goes to a hidden temporary file in the same folder, is flushed
//! to the disk and gets its name in one step. An interrupted write leaves what
//! was there before. An existing file is replaced only when that was asked
//! for, and the check cannot be raced: the rename itself refuses.

use std::fs::{self, File, Permissions};
use std::io::{self, Seek, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use tempfile::{Builder, NamedTempFile};

use crate::operation::{ErrorKind, OperationError};
use crate::quote::show;
use crate::rawtext::path_text;

/// What to do with a file that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Leave it and fail.
    Keep,
    /// Replace it in one step; its permissions stay.
    Replace,
}

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
pub enum AtomicError {
    /// There is such a file, and it was to be kept.
    #[error("{path} exists already and is not overwritten")]
    Exists {
        /// The file, as messages show it.
        path: String,
    },
    /// The name cannot be that of a file.
    #[error("{path} {reason}")]
    Name {
        /// The file, as messages show it.
        path: String,
        /// Why, such as `is a folder`.
        reason: &'static str,
    },
    /// The system refused.
    #[error("{path}: cannot {what}: {source}")]
    Io {
        /// The file, as messages show it.
        path: String,
        /// What was tried.
        what: &'static str,
        /// The answer of the system.
        source: io::Error,
    },
}

impl AtomicError {
    /// The class of the failure.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Exists { .. } => ErrorKind::Exists,
            Self::Name { .. } => ErrorKind::Input,
            Self::Io { source, .. } => OperationError::io("", source).kind,
        }
    }

    /// What to do.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Exists { .. } => Some("choose another name or remove the file".to_string()),
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                Some("make the folder first".to_string())
            }
            _ => None,
        }
    }
}

impl From<AtomicError> for OperationError {
    fn from(error: AtomicError) -> Self {
        Self { kind: error.kind(), message: error.to_string(), help: error.help() }
    }
}

/// A file that is being written. Dropped without [`commit`](Self::commit),
/// nothing of it remains.
#[derive(Debug)]
pub struct AtomicFile {
    temporary: NamedTempFile,
    target: PathBuf,
    existing: Existing,
}

impl AtomicFile {
    /// Begins to write `path`. Fails at once if that could not end well.
    pub fn create(path: &Path, existing: Existing) -> Result<Self, AtomicError> {
        let name_fault = |reason| AtomicError::Name { path: shown(path), reason };
        if path.file_name().is_none() {
            return Err(name_fault("is not the name of a file"));
        }
        let mut known_mode = None;
        let mut target = path.to_path_buf();
        match fs::symlink_metadata(path) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(io_error(path, "look at it")(e)),
            Ok(_) if existing == Existing::Keep => {
                return Err(AtomicError::Exists { path: shown(path) });
            }
            Ok(_) => {
                // A link stays a link; its target is the file to replace.
                target = fs::canonicalize(path).map_err(io_error(path, "follow the link"))?;
                let known = fs::metadata(&target).map_err(io_error(path, "look at it"))?;
                if !known.is_file() {
                    return Err(name_fault("is not an ordinary file"));
                }
                known_mode = Some(Permissions::from_mode(known.mode() & 0o777));
            }
        }
        let temporary = Builder::new()
            .prefix(".ledama-")
            .suffix(".part")
            .permissions(known_mode.clone().unwrap_or_else(|| Permissions::from_mode(0o666)))
            .tempfile_in(folder_of(&target))
            .map_err(io_error(path, "write into its folder"))?;
        if let Some(mode) = known_mode {
            // The umask must not narrow what the replaced file had.
            temporary
                .as_file()
                .set_permissions(mode)
                .map_err(io_error(path, "set its permissions"))?;
        }
        Ok(Self { temporary, target, existing })
    }

    /// Where it is until then, for a program that writes it.
    pub fn path(&self) -> &Path {
        self.temporary.path()
    }

    /// Flushes everything to the disk and gives the file its name.
    pub fn commit(self) -> Result<(), AtomicError> {
        let Self { temporary, target, existing } = self;
        temporary.as_file().sync_all().map_err(io_error(&target, "write it"))?;
        let renamed = match existing {
            Existing::Keep => temporary.persist_noclobber(&target),
            Existing::Replace => temporary.persist(&target),
        };
        renamed.map_err(|e| match e.error.kind() {
            io::ErrorKind::AlreadyExists => AtomicError::Exists { path: shown(&target) },
            _ => io_error(&target, "give it its name")(e.error),
        })?;
        // The name, too, must outlive a power cut; some file systems cannot
        // flush folders, and the file is complete by now.
        if let Ok(folder) = File::open(folder_of(&target)) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Write for AtomicFile {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.temporary.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.temporary.flush()
    }
}

impl Seek for AtomicFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.temporary.seek(to)
    }
}

/// Writes a whole file.
pub fn write(path: &Path, content: &[u8], existing: Existing) -> Result<(), AtomicError> {
    let mut file = AtomicFile::create(path, existing)?;
    file.write_all(content).map_err(io_error(path, "write it"))?;
    file.commit()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A path for messages.
fn shown(path: &Path) -> String {
    show(&path_text(path)).into_owned()
}

fn io_error(path: &Path, what: &'static str) -> impl FnOnce(io::Error) -> AtomicError {
    let path = shown(path);
    move |source| AtomicError::Io { path, what, source }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;
    use std::os::unix::fs::symlink;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| path_text(Path::new(&e.unwrap().file_name())))
            .collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_file_appears_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ref");
        let mut file = AtomicFile::create(&path, Existing::Keep).unwrap();
        file.write_all(b"one").unwrap();
        assert!(!path.exists());
        assert_eq!(names(folder.path()).len(), 1);
        file.write_all(b" two").unwrap();
        file.commit().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one two");
        assert_eq!(names(folder.path()), ["out.ref"]);
        // As any other new file, by the umask.
        let plain = folder.path().join("plain");
        fs::write(&plain, "").unwrap();
        assert_eq!(mode(&path), mode(&plain));
    }

    #[test]
    fn an_interrupted_write_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ref");
        fs::write(&path, "old").unwrap();
        let mut file = AtomicFile::create(&path, Existing::Replace).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["out.ref"]);
    }

    #[test]
    fn nothing_is_overwritten_unasked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ref");
        fs::write(&path, "old").unwrap();
        let error = write(&path, b"new", Existing::Keep).unwrap_err();
        assert!(matches!(error, AtomicError::Exists { .. }));
        assert_eq!(OperationError::from(error).kind, ErrorKind::Exists);
        assert_eq!(fs::read(&path).unwrap(), b"old");

        // Also not if it appears while we write.
        let path = folder.path().join("late.ref");
        let mut file = AtomicFile::create(&path, Existing::Keep).unwrap();
        file.write_all(b"new").unwrap();
        fs::write(&path, "old").unwrap();
        assert!(matches!(file.commit().unwrap_err(), AtomicError::Exists { .. }));
        assert_eq!(fs::read(&path).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["late.ref", "out.ref"]);

        // A link that leads nowhere is a name in use as well.
        let link = folder.path().join("link");
        symlink("/nonexistent", &link).unwrap();
        assert!(matches!(
            write(&link, b"new", Existing::Keep).unwrap_err(),
            AtomicError::Exists { .. }
        ));
    }

    #[test]
    fn a_replaced_file_keeps_its_permissions_and_links() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.ref");
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
        let link = folder.path().join("link");
        symlink("out.ref", &link).unwrap();
        write(&link, b"new", Existing::Replace).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        assert_eq!(mode(&path), 0o666);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(names(folder.path()), ["link", "out.ref"]);
    }

    #[test]
    fn what_cannot_end_well_fails_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("no/out.ref");
        let error = AtomicFile::create(&missing, Existing::Keep).unwrap_err();
        assert_eq!(error.help().as_deref(), Some("make the folder first"));
        assert_eq!(OperationError::from(error).kind, ErrorKind::NotFound);
        let error = AtomicFile::create(folder.path(), Existing::Replace).unwrap_err();
        assert!(error.to_string().ends_with("is not an ordinary file"));
        for name in ["/", "..", ""] {
            assert!(AtomicFile::create(Path::new(name), Existing::Replace).is_err());
        }
    }
}
