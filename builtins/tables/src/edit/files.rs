//! The files of a table's folder that an edit makes and removes.
//!
//! Names tell what belongs to whom: `table.fN…` are the files of storage
//! manager N. Those of managers that `table.dat` does not mention are left
//! from an interrupted edit, and so is a `table.dat` under its temporary name.

use std::fs::{File, Metadata};
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The description of the table.
pub(super) const DAT: &str = "table.dat";

/// The new description until it takes the place of the old one.
const NEW_DAT: &str = "table.dat.ledama-new";

/// Bytes kept free besides what an edit needs.
const MARGIN: u64 = 1 << 20;

/// The folder of a table under edit.
pub(super) struct Folder {
    path: PathBuf,
    /// Whose mode and owner new files get.
    model: Metadata,
    /// What was made and is not yet part of the table.
    made: Vec<PathBuf>,
}

/// A file under construction.
pub(super) struct NewFile {
    pub(super) file: File,
    pub(super) path: PathBuf,
}

impl NewFile {
    /// Writes bytes at an offset.
    pub(super) fn write(&self, bytes: &[u8], at: u64) -> Result<()> {
        self.file.write_all_at(bytes, at).map_err(|error| Error::io(&self.path, error))
    }

    /// Gives it a length; what was not written reads as zeros and takes no space.
    pub(super) fn set_len(&self, length: u64) -> Result<()> {
        self.file.set_len(length).map_err(|error| Error::io(&self.path, error))
    }

    /// The same open file once more.
    pub(super) fn again(&self) -> Result<Self> {
        let file = self.file.try_clone().map_err(|error| Error::io(&self.path, error))?;
        Ok(Self { file, path: self.path.clone() })
    }

    /// Makes sure that it is on disk.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(|error| Error::io(&self.path, error))
    }
}

impl Folder {
    /// Fails with the reason when the folder cannot be edited.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let dat = path.join(DAT);
        let model = std::fs::symlink_metadata(&dat).map_err(|error| Error::io(&dat, error))?;
        let refused = |what: &str| Err(Error::Refused { path: path.into(), what: what.into() });
        if !model.is_file() {
            return refused("its table.dat is not a regular file, which cannot be replaced");
        }
        let access = nix::unistd::AccessFlags::W_OK | nix::unistd::AccessFlags::X_OK;
        for place in [path, &dat] {
            let needed = if place == path { access } else { nix::unistd::AccessFlags::W_OK };
            match nix::unistd::access(place, needed) {
                Ok(()) => {}
                Err(nix::Error::EROFS) => return refused("is on a read-only file system"),
                Err(error) => {
                    let what = format!("may not be written: {}", error.desc());
                    return Err(Error::Refused { path: place.into(), what });
                }
            }
        }
        Ok(Self { path: path.into(), model, made: Vec::new() })
    }

    /// The permission bits of the table's files.
    pub(super) fn mode(&self) -> u32 {
        self.model.permissions().mode() & 0o777
    }

    /// Fails unless so many bytes can be written.
    pub(super) fn need(&self, bytes: u64) -> Result<()> {
        let state = nix::sys::statvfs::statvfs(&self.path)
            .map_err(|error| Error::io(&self.path, error.into()))?;
        // The types of the numbers differ between systems.
        #[allow(clippy::useless_conversion)]
        let free =
            u64::from(state.blocks_available()).saturating_mul(u64::from(state.fragment_size()));
        if free >= bytes.saturating_add(MARGIN) {
            return Ok(());
        }
        let what = format!(
            "{bytes} bytes are needed beside the old files and {free} are free on its file system"
        );
        Err(Error::Refused { path: self.path.clone(), what })
    }

    /// Makes a file that must be new, with mode and owner of the old ones.
    pub(super) fn create(&mut self, name: &str) -> Result<NewFile> {
        let path = self.path.join(name);
        let io = |error| Error::io(&path, error);
        let file = File::options()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(self.mode())
            .open(&path)
            .map_err(io)?;
        self.made.push(path.clone());
        // The mask of this process must not take rights away.
        file.set_permissions(self.model.permissions()).map_err(io)?;
        let own = file.metadata().map_err(io)?;
        if (own.uid(), own.gid()) != (self.model.uid(), self.model.gid()) {
            // Only an administrator may give files away; anybody else keeps them.
            let _ = std::os::unix::fs::fchown(&file, None, Some(self.model.gid()));
            let _ = std::os::unix::fs::fchown(&file, Some(self.model.uid()), None);
        }
        Ok(NewFile { file, path })
    }

    /// Puts a new description on disk, beside the old one.
    pub(super) fn prepare(&mut self, bytes: &[u8]) -> Result<()> {
        let new = self.create(NEW_DAT)?;
        new.write(bytes, 0)?;
        new.sync()?;
        self.sync()
    }

    /// Switches to the prepared description.
    pub(super) fn switch(&mut self) -> Result<()> {
        let (new, dat) = (self.path.join(NEW_DAT), self.path.join(DAT));
        std::fs::rename(&new, &dat).map_err(|error| Error::io(&dat, error))?;
        self.made.retain(|made| *made != new);
        self.sync()
    }

    /// What was made is part of the table from now on.
    pub(super) fn keep(&mut self) {
        self.made.clear();
    }

    /// The suffixes of the files of a storage manager.
    pub(super) fn suffixes(&self, manager: u32) -> Result<Vec<String>> {
        let first = format!("table.f{manager}");
        let entries = self.entries()?.into_iter();
        let own = entries.filter(|(name, _)| manager_of(name) == Some(manager));
        Ok(own.map(|(name, _)| name[first.len().min(name.len())..].to_string()).collect())
    }

    fn sync(&self) -> Result<()> {
        let io = |error| Error::io(&self.path, error);
        File::open(&self.path).map_err(io)?.sync_all().map_err(io)
    }

    /// Removes the files of storage managers that are not among these, and a
    /// description that never became one.
    pub(super) fn clean(&self, managers: &[u32]) -> Result<()> {
        for (name, path) in self.entries()? {
            let left = name == NEW_DAT
                || manager_of(&name).is_some_and(|number| !managers.contains(&number));
            let is_file = std::fs::symlink_metadata(&path).is_ok_and(|meta| !meta.is_dir());
            if left && is_file {
                std::fs::remove_file(&path).map_err(|error| Error::io(&path, error))?;
            }
        }
        Ok(())
    }

    /// Bytes that the table's own files take on disk.
    pub(super) fn used(&self) -> Result<u64> {
        let mut bytes = 0;
        for (_, path) in self.entries()? {
            if let Ok(meta) = std::fs::symlink_metadata(&path) {
                bytes += meta.blocks() * 512;
            }
        }
        Ok(bytes)
    }

    /// Length of all files of a storage manager.
    pub(super) fn length(&self, manager: u32) -> Result<u64> {
        let mut bytes = 0;
        for (name, path) in self.entries()? {
            if manager_of(&name) == Some(manager)
                && let Ok(meta) = std::fs::metadata(&path)
            {
                bytes += meta.len();
            }
        }
        Ok(bytes)
    }

    /// The files that belong to the table, by name.
    fn entries(&self) -> Result<Vec<(String, PathBuf)>> {
        let io = |error| Error::io(&self.path, error);
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(io)? {
            let entry = entry.map_err(io)?;
            if let Ok(name) = entry.file_name().into_string()
                && name.starts_with("table.")
            {
                entries.push((name, entry.path()));
            }
        }
        Ok(entries)
    }
}

impl Drop for Folder {
    /// What never became part of the table goes.
    fn drop(&mut self) {
        for path in &self.made {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The number of the storage manager whose file has this name.
fn manager_of(name: &str) -> Option<u32> {
    let rest = name.strip_prefix("table.f")?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, suffix) = rest.split_at(digits);
    // Storage managers add such suffixes to the name of their first file.
    let own = suffix.is_empty() || suffix.starts_with('i') || suffix.starts_with("_TSM");
    if own { number.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::manager_of;

    #[test]
    fn only_files_of_managers_are_theirs() {
        for (name, number) in [
            ("table.f0", Some(0)),
            ("table.f12", Some(12)),
            ("table.f3i", Some(3)),
            ("table.f3i0", Some(3)),
            ("table.f4_TSM1", Some(4)),
            ("table.f", None),
            ("table.f4.backup", None),
            ("table.f4~", None),
            ("table.dat", None),
            ("table.f-1", None),
            ("atable.f1", None),
        ] {
            assert_eq!(manager_of(name), number, "{name}");
        }
    }
}
