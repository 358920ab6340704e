//! Finding measurement sets below folders.
//!
//! The walk stops at every set, so that 2000 sets cost 2000 names and not a
//! million files; it follows no link to a folder unless asked, never opens
//! anything but folders, and tells what it could not read.

use std::collections::HashSet;
use std::fs::{self, DirEntry, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ledama_base::operation::OperationError;
use ledama_base::path::{NameKind, Packed, is_loose_name, name_kind};
use ledama_base::rawtext;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Wanted {
    /// Measurement sets: folders.
    #[default]
    Unpacked,
    /// Packed measurement sets: files.
    Packed,
    /// Both.
    Both,
}

/// How to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Search {
    /// What is looked for.
    pub wanted: Wanted,
    /// Also take tables without a sub-band in their name.
    pub loose: bool,
    /// Also search folders behind symbolic links.
    pub follow_links: bool,
}

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A measurement set, a folder.
    Ms,
    /// A tar archive.
    Tar,
    /// A BVF file.
    Bvf,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where, as reached from the folder searched.
    pub path: PathBuf,
    /// What.
    pub kind: Kind,
    /// What is wrong with it, as far as its outside tells.
    pub problem: Option<String>,
}

/// What a search has found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Discovery {
    /// Sorted by path, each once.
    pub found: Vec<Found>,
    /// What could not be read, sorted, one sentence each.
    pub warnings: Vec<String>,
    /// True when the search was interrupted.
    pub cancelled: bool,
}

/// Searches the folders, in parallel. A folder that is itself a set is found.
pub fn discover(
    folders: &[PathBuf],
    search: Search,
    cancelled: &(dyn Fn() -> bool + Sync),
) -> Discovery {
    let walk = Walk {
        search,
        cancelled,
        stopped: AtomicBool::new(false),
        found: Mutex::default(),
        warnings: Mutex::default(),
        entered: Mutex::default(),
    };
    outermost(folders).par_iter().for_each(|folder| walk.start(folder));
    let mut found = into_inner(walk.found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    let mut warnings = into_inner(walk.warnings);
    warnings.sort();
    warnings.dedup();
    Discovery { found, warnings, cancelled: walk.stopped.into_inner() }
}

/// The folders without those inside another one and without repetitions.
fn outermost(folders: &[PathBuf]) -> Vec<PathBuf> {
    let normal: Vec<PathBuf> = folders.iter().map(|f| f.components().collect()).collect();
    let mut kept: Vec<PathBuf> = Vec::new();
    for (at, folder) in normal.iter().enumerate() {
        let inside = |other: &PathBuf| folder != other && folder.starts_with(other);
        if !normal.iter().any(inside) && !normal[..at].contains(folder) {
            kept.push(folder.clone());
        }
    }
    kept
}

struct Walk<'a> {
    search: Search,
    cancelled: &'a (dyn Fn() -> bool + Sync),
    stopped: AtomicBool,
    found: Mutex<Vec<Found>>,
    warnings: Mutex<Vec<String>>,
    /// Folders entered through links, so that a loop ends.
    entered: Mutex<HashSet<(u64, u64)>>,
}

impl Walk<'_> {
    /// A folder the caller named: links are followed here.
    fn start(&self, folder: &Path) {
        let meta = match fs::metadata(folder) {
            Ok(meta) => meta,
            Err(error) => return self.warn(folder, &error),
        };
        let name = folder.file_name().map(rawtext::encode).unwrap_or_default();
        if self.take(folder, &name, &meta) {
            return;
        }
        if meta.is_dir() {
            self.first_time(&meta);
            self.folder(folder);
        } else {
            self.say(format!("{}: no folder and no measurement set", rawtext::path_text(folder)));
        }
    }

    fn folder(&self, folder: &Path) {
        if self.stopped.load(Ordering::Relaxed) {
            return;
        }
        if (self.cancelled)() {
            self.stopped.store(true, Ordering::Relaxed);
            return;
        }
        let mut inner = Vec::new();
        match fs::read_dir(folder) {
            Err(error) => return self.warn(folder, &error),
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Ok(entry) => self.entry(&entry, &mut inner),
                        Err(error) => self.warn(folder, &error),
                    }
                }
            }
        }
        match inner.as_slice() {
            [] => {}
            [one] => self.folder(one),
            many => many.par_iter().for_each(|folder| self.folder(folder)),
        }
    }

    /// Takes a set, remembers a folder to search.
    fn entry(&self, entry: &DirEntry, inner: &mut Vec<PathBuf>) {
        let path = entry.path();
        let name = rawtext::encode(&entry.file_name());
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => return self.warn(&path, &error),
        };
        if kind.is_symlink() {
            self.link(path, &name, inner);
        } else if kind.is_dir() {
            if is_ours(&name) {
                // Half of a copy or of a removal of this program.
            } else if self.is_set_name(&name) {
                self.set(&path);
            } else {
                inner.push(path);
            }
        } else if kind.is_file() {
            self.file(&path, &name);
        }
    }

    /// A link to a set counts under its own path; a link to another folder is
    /// followed only if asked, and never twice.
    fn link(&self, path: PathBuf, name: &str, inner: &mut Vec<PathBuf>) {
        let like_a_set = self.is_set_name(name) || packed_kind(name).is_some();
        if !like_a_set && !self.search.follow_links {
            return;
        }
        match fs::metadata(&path) {
            Ok(meta) => {
                if !self.take(&path, name, &meta)
                    && self.search.follow_links
                    && meta.is_dir()
                    && self.first_time(&meta)
                {
                    inner.push(path);
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.say(format!("{}: link to nothing", rawtext::path_text(&path)));
            }
            Err(error) => self.warn(&path, &error),
        }
    }

    /// Takes what the (followed) path is, if it is wanted at all. True if the
    /// path is not to be searched.
    fn take(&self, path: &Path, name: &str, meta: &Metadata) -> bool {
        if meta.is_dir() && self.is_set_name(name) {
            self.set(path);
            return true;
        }
        if meta.is_file() && packed_kind(name).is_some() {
            self.file(path, name);
            return true;
        }
        false
    }

    /// A folder with the name of a measurement set.
    fn set(&self, path: &Path) {
        if self.search.wanted == Wanted::Packed {
            return;
        }
        let problem = match fs::metadata(path.join("table.dat")) {
            Ok(meta) if !meta.is_file() => Some("no table: table.dat is no file".to_string()),
            Ok(meta) if meta.len() == 0 => Some("no table: table.dat is empty".to_string()),
            Ok(_) => None,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Some("no table: table.dat is missing".to_string())
            }
            Err(error) => Some(OperationError::io("table.dat", &error).message),
        };
        if problem.is_some() && !strictly_a_set(path) {
            // Only a table may have an unusual name.
            return;
        }
        self.push(Found { path: path.to_path_buf(), kind: Kind::Ms, problem });
    }

    /// A regular file.
    fn file(&self, path: &Path, name: &str) {
        if self.search.wanted == Wanted::Unpacked || is_ours(name) {
            return;
        }
        if let Some(kind) = packed_kind(name) {
            self.push(Found { path: path.to_path_buf(), kind, problem: None });
        }
    }

    fn is_set_name(&self, name: &str) -> bool {
        if is_ours(name) {
            return false;
        }
        is_loose_name(name) || (self.search.loose && has_set_extension(name))
    }

    fn first_time(&self, meta: &Metadata) -> bool {
        lock(&self.entered).insert((meta.dev(), meta.ino()))
    }

    fn push(&self, found: Found) {
        lock(&self.found).push(found);
    }

    fn warn(&self, path: &Path, error: &std::io::Error) {
        self.say(OperationError::io(rawtext::path_text(path), error).message);
    }

    fn say(&self, warning: String) {
        lock(&self.warnings).push(warning);
    }
}

/// Whether the name has a sub-band: a damaged set is worth telling, while a
/// folder without table whose name merely ends in `.MS` is not.
fn strictly_a_set(path: &Path) -> bool {
    path.file_name().map(rawtext::encode).is_some_and(|name| is_loose_name(&name))
}

fn has_set_extension(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".ms") || lower.ends_with(".dppp")
}

/// Hidden names that this program gives to what is not finished.
fn is_ours(name: &str) -> bool {
    name.starts_with('.') && name.contains(".ledama-")
}

fn packed_kind(name: &str) -> Option<Kind> {
    if !matches!(name_kind(name), NameKind::Packed | NameKind::LoosePacked) {
        return None;
    }
    match Packed::of(name)? {
        Packed::Tar => Some(Kind::Tar),
        Packed::Bvf => Some(Kind::Bvf),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn into_inner<T>(mutex: Mutex<T>) -> T {
    mutex.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
