//! The folder of backups: finding them, one writer at a time, old ones going.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};

use super::manifest::Manifest;
use crate::error::{LeddbError, Result};

/// What files begin with that are not finished.
pub(super) const PARTIAL: &str = ".partial-";

/// Endings of files of rows, of whole copies, and of manifests.
pub(super) const ROWS: &str = ".rows.zst";
pub(super) const WHOLE: &str = ".sqlite.zst";
const MANIFEST: &str = ".manifest.json";

const LOCK: &str = ".lock";

/// A folder of backups.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
}

/// A complete backup in a folder.
#[derive(Debug, Clone)]
pub struct Found {
    /// Its name: that of the manifest without its ending.
    pub name: String,
    /// What belongs to it.
    pub manifest: Manifest,
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> LeddbError + '_ {
    move |source| LeddbError::Io { path: path.to_path_buf(), source }
}

impl Folder {
    /// A folder, there or not.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Path of a file in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes it if it is not there, waits for nobody, and holds it until the file is dropped.
    pub(super) fn hold(&self) -> Result<File> {
        std::fs::create_dir_all(&self.path).map_err(io(&self.path))?;
        let path = self.file(LOCK);
        let file = File::options().create(true).append(true).open(&path).map_err(io(&path))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive).map_err(|_| LeddbError::Busy {
            reason: format!("another backup is being written into {}", self.path.display()),
        })?;
        Ok(file)
    }

    /// Names of what is in it.
    fn names(&self) -> Result<BTreeSet<String>> {
        let told = io(&self.path);
        let mut names = BTreeSet::new();
        for entry in std::fs::read_dir(&self.path).map_err(&told)? {
            names.extend(entry.map_err(&told)?.file_name().into_string().ok());
        }
        Ok(names)
    }

    /// A moment as a text that no file here has in its name yet.
    pub(super) fn free(&self, moment: &str) -> Result<String> {
        let names = self.names()?;
        let taken = |text: &String| {
            let (file, manifest) = (format!(".{text}."), format!("-{text}."));
            names.iter().any(|name| name.contains(&file) || name.contains(&manifest))
        };
        let mut text = moment.to_string();
        let mut number = 2;
        while taken(&text) {
            text = format!("{moment}-{number}");
            number += 1;
        }
        Ok(text)
    }

    /// Complete backups, the newest first.
    pub fn list(&self) -> Result<Vec<Found>> {
        let mut all = Vec::new();
        for name in self.names()? {
            let Some(short) = name.strip_suffix(MANIFEST) else { continue };
            if name.starts_with(PARTIAL) {
                continue;
            }
            let path = self.file(&name);
            let text = std::fs::read_to_string(&path).map_err(io(&path))?;
            let manifest = Manifest::parse(&text, &path.display().to_string())?;
            all.push(Found { name: short.to_string(), manifest });
        }
        all.sort_by(|a, b| {
            let order =
                |found: &Found| (found.manifest.started, found.name.len(), found.name.clone());
            order(b).cmp(&order(a))
        });
        Ok(all)
    }

    /// The backup of that name, or the newest; fails where a file of it is missing or
    /// has another size.
    pub fn open(&self, name: Option<&str>) -> Result<Found> {
        let mut all = self.list()?;
        let at = match name {
            None => (!all.is_empty()).then_some(0),
            Some(name) => all.iter().position(|found| found.name == name),
        };
        let Some(at) = at else {
            let known: Vec<_> = all.iter().take(5).map(|found| found.name.clone()).collect();
            let what = name.map_or("no backup".to_string(), |name| format!("no backup `{name}`"));
            return Err(LeddbError::Input {
                message: format!("there is {what} in {}", self.path.display()),
                help: (!known.is_empty()).then(|| format!("there are {}", known.join(", "))),
            });
        };
        let found = all.swap_remove(at);
        for entry in &found.manifest.entries {
            let path = self.file(&entry.file);
            if !self.has(&entry.file, entry.size) {
                return Err(LeddbError::Damaged {
                    reason: format!(
                        "{} of backup `{}` is missing or was cut",
                        path.display(),
                        found.name
                    ),
                });
            }
        }
        Ok(found)
    }

    /// Whether a file is there and has that size.
    pub(super) fn has(&self, file: &str, size: u64) -> bool {
        // A name in a manifest is that of a file in this folder and nothing else.
        !file.contains('/')
            && std::fs::metadata(self.file(file))
                .is_ok_and(|found| found.is_file() && found.len() == size)
    }

    /// Gives a finished file its name; nothing is overwritten.
    pub(super) fn publish(&self, partial: &str, name: &str) -> Result<()> {
        let (from, to) = (self.file(partial), self.file(name));
        rustix::fs::renameat_with(
            rustix::fs::CWD,
            &from,
            rustix::fs::CWD,
            &to,
            rustix::fs::RenameFlags::NOREPLACE,
        )
        .or_else(|error| match error {
            // Some file systems know no such renaming.
            rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS if !to.exists() => {
                rustix::fs::rename(&from, &to)
            }
            other => Err(other),
        })
        .map_err(|error| io(&to)(error.into()))?;
        self.sync()
    }

    /// Writes the manifest: from then on the backup is there.
    pub(super) fn write_manifest(&self, name: &str, manifest: &Manifest) -> Result<()> {
        let partial = format!("{PARTIAL}{name}{MANIFEST}");
        let path = self.file(&partial);
        let told = io(&path);
        let mut file = File::create(&path).map_err(&told)?;
        file.write_all(manifest.text().as_bytes()).and_then(|()| file.sync_all()).map_err(&told)?;
        self.publish(&partial, &format!("{name}{MANIFEST}"))
    }

    fn sync(&self) -> Result<()> {
        let told = io(&self.path);
        File::open(&self.path).and_then(|folder| folder.sync_all()).map_err(told)
    }

    /// Removes what interrupted backups left behind.
    pub(super) fn sweep(&self) -> Result<()> {
        for name in self.names()?.iter().filter(|name| name.starts_with(PARTIAL)) {
            let path = self.file(name);
            std::fs::remove_file(&path).map_err(io(&path))?;
        }
        Ok(())
    }

    /// Keeps the newest `keep` backups of a database and what they need; the names of
    /// the files that went. Nothing of other databases is touched, nor any other file.
    pub(super) fn retire(&self, database_id: &str, keep: usize) -> Result<Vec<String>> {
        let all = self.list()?;
        let mut gone = Vec::new();
        let mut needed: BTreeSet<String> = BTreeSet::new();
        let mut kept = 0;
        for found in &all {
            let own = found.manifest.database_id == database_id;
            if own && kept >= keep.max(1) {
                gone.push(format!("{}{MANIFEST}", found.name));
                continue;
            }
            kept += usize::from(own);
            needed.extend(found.manifest.entries.iter().map(|entry| entry.file.clone()));
        }
        let names = self.names()?;
        let ours = |name: &&String| name.ends_with(ROWS) || name.ends_with(WHOLE);
        let unneeded = names.iter().filter(ours).filter(|name| !needed.contains(*name)).cloned();
        gone.extend(unneeded);
        // Manifests go first: none ever names a file that is gone.
        for name in &gone {
            let path = self.file(name);
            std::fs::remove_file(&path).map_err(io(&path))?;
        }
        Ok(gone)
    }
}
