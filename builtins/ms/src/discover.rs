//! Finding measurement sets below folders.
//!
//! A measurement set is a folder whose name follows the convention; one whose
//! name has at least a sub-band and the extension of a set is taken if there is
//! a table inside. The walk stops at every set, so that 2000 sets cost 2000
//! names and not a million files; it follows no link to a folder unless asked,
//! never opens anything but folders, and tells what it could not read.

use std::collections::HashSet;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use ledama_base::operation::OperationError;
use ledama_base::quote::show;
use ledama_base::rawtext;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::recognize::{FolderName, folder_name, packed_name, table_problem};

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
    /// Also take tables without a sub-band in their name, if it ends as that of a set does.
    pub loose: bool,
    /// Also search folders behind symbolic links.
    pub follow_links: bool,
    /// Do not look whether there is a table in a folder that is a set by its
    /// name: the caller opens all that are found.
    pub unseen: bool,
}

/// What kind of thing was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A measurement set, a folder.
    Ms,
    /// A tar archive, compressed or not.
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
    // Without trailing slashes, so that the same folder has the same name.
    let starts: HashSet<PathBuf> = folders.iter().map(|f| f.components().collect()).collect();
    let walk = Walk {
        search,
        cancelled,
        starts: &starts,
        stopped: AtomicBool::new(false),
        found: Mutex::default(),
        warnings: Mutex::default(),
        links: Mutex::default(),
        visited: Mutex::default(),
    };
    // In order, so that of two ways to a folder always the same one counts.
    let mut ordered: Vec<&PathBuf> = starts.iter().collect();
    ordered.sort();
    if search.follow_links {
        for folder in ordered {
            walk.start(folder);
        }
    } else {
        ordered.par_iter().for_each(|folder| walk.start(folder));
    }
    walk.links();
    let mut found = into_inner(walk.found);
    found.par_sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    let mut warnings = into_inner(walk.warnings);
    warnings.sort();
    warnings.dedup();
    Discovery { found, warnings, cancelled: walk.stopped.into_inner() }
}

struct Walk<'a> {
    search: Search,
    cancelled: &'a (dyn Fn() -> bool + Sync),
    /// Folders that are searched by themselves, and so not as part of another.
    starts: &'a HashSet<PathBuf>,
    stopped: AtomicBool,
    found: Mutex<Vec<Found>>,
    warnings: Mutex<Vec<String>>,
    /// Links to folders, searched when all that needs no link is: a folder is
    /// listed by its own path rather than by that of a link.
    links: Mutex<Vec<PathBuf>>,
    /// Folders searched so far, kept only where links could lead back to them.
    visited: Mutex<HashSet<(u64, u64)>>,
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
            self.folder(folder);
        } else {
            self.say(folder, "no folder and no measurement set");
        }
    }

    /// Searches what the links lead to, one after the other.
    fn links(&self) {
        loop {
            let mut links = std::mem::take(&mut *lock(&self.links));
            if links.is_empty() {
                return;
            }
            links.sort();
            for link in links {
                self.folder(&link);
            }
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
        if self.search.follow_links && !self.first_time(folder) {
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

    /// Takes a set, remembers a folder to search. Nothing is opened.
    fn entry(&self, entry: &DirEntry, inner: &mut Vec<PathBuf>) {
        let name = rawtext::encode(&entry.file_name());
        let kind = match entry.file_type() {
            Ok(kind) => kind,
            Err(error) => return self.warn(&entry.path(), &error),
        };
        if kind.is_symlink() {
            self.link(entry.path(), &name);
        } else if kind.is_dir() {
            if !self.take_folder(&entry.path(), &name) && !self.is_start(entry) {
                inner.push(entry.path());
            }
        } else if kind.is_file() {
            self.take_file(entry.path(), &name, || entry.metadata());
        }
    }

    fn is_start(&self, entry: &DirEntry) -> bool {
        self.starts.len() > 1 && self.starts.contains(&entry.path())
    }

    /// A link to a set counts under its own path; a link to another folder is
    /// followed only if asked.
    fn link(&self, path: PathBuf, name: &str) {
        let like_a_set =
            matches!(folder_name(name, self.search.loose), FolderName::Set | FolderName::Possible)
                || packed_name(name, self.search.loose).is_some();
        if !like_a_set && !self.search.follow_links {
            return;
        }
        match fs::metadata(&path) {
            Ok(meta) => {
                if !self.take(&path, name, &meta) && self.search.follow_links && meta.is_dir() {
                    lock(&self.links).push(path);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.say(&path, "link to nothing");
            }
            Err(error) => self.warn(&path, &error),
        }
    }

    /// Takes what the (followed) path is, if it is a set at all. True if there
    /// is nothing more to search.
    fn take(&self, path: &Path, name: &str, meta: &Metadata) -> bool {
        if meta.is_dir() {
            return self.take_folder(path, name);
        }
        meta.is_file() && self.take_file(path.to_path_buf(), name, || Ok(meta.clone()))
    }

    /// True if the folder is not to be searched.
    fn take_folder(&self, path: &Path, name: &str) -> bool {
        let wanted = self.search.wanted != Wanted::Packed;
        let problem = match folder_name(name, self.search.loose) {
            FolderName::Other => return false,
            FolderName::Unfinished => return true,
            FolderName::Set if !wanted => return true,
            FolderName::Set if self.search.unseen => None,
            FolderName::Set => table_problem(path),
            FolderName::Possible if table_problem(path).is_some() => return false,
            FolderName::Possible => None,
        };
        if wanted {
            self.push(Found { path: path.to_path_buf(), kind: Kind::Ms, problem });
        }
        true
    }

    /// True if it is a packed set, wanted or not.
    fn take_file(
        &self,
        path: PathBuf,
        name: &str,
        meta: impl FnOnce() -> io::Result<Metadata>,
    ) -> bool {
        let Some(kind) = packed_name(name, self.search.loose) else { return false };
        if self.search.wanted != Wanted::Unpacked {
            let problem = match meta() {
                Ok(meta) if meta.len() == 0 => Some("the file is empty".to_string()),
                Ok(_) => None,
                Err(error) => Some(OperationError::io("the file", &error).message),
            };
            self.push(Found { path, kind, problem });
        }
        true
    }

    fn first_time(&self, folder: &Path) -> bool {
        match fs::metadata(folder) {
            Ok(meta) => lock(&self.visited).insert((meta.dev(), meta.ino())),
            // Reading it will tell why.
            Err(_) => true,
        }
    }

    fn push(&self, found: Found) {
        lock(&self.found).push(found);
    }

    fn warn(&self, path: &Path, error: &io::Error) {
        let shown = rawtext::path_text(path);
        lock(&self.warnings).push(OperationError::io(show(&shown), error).message);
    }

    fn say(&self, path: &Path, what: &str) {
        let shown = rawtext::path_text(path);
        lock(&self.warnings).push(format!("{}: {what}", show(&shown)));
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
