//! The parallel walk. Every folder is one job; its sums go to the tally of
//! its tree when it is done, so that threads rarely meet.

use std::collections::{HashMap, HashSet};
use std::ffi::{CStr, OsStr};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, openat, statat};

use super::{Cancelled, FileId, Options, Shared, Usage, UsageError};
use crate::rawtext::path_text;

/// Room for the names of a folder, bytes: some thousand at a time.
const NAMES: usize = 1 << 16;

/// One tree after the walk.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) usage: Usage,
    /// Its root, if it could be read.
    pub(super) id: Option<FileId>,
    /// Its files with several names.
    pub(super) links: HashMap<FileId, Shared>,
    /// Indices of other roots that were met below it.
    pub(super) contains: HashSet<usize>,
}

pub(super) struct Walk<'a> {
    roots: &'a [PathBuf],
    options: Options,
    cancelled: &'a (dyn Fn() -> bool + Sync),
    stopped: AtomicBool,
    trees: Vec<Mutex<Tree>>,
}

/// One root before its walk: what it is.
type Start = Option<(PathBuf, Stat)>;

impl<'a> Walk<'a> {
    pub(super) fn new(
        roots: &'a [PathBuf],
        options: Options,
        cancelled: &'a (dyn Fn() -> bool + Sync),
    ) -> Self {
        let trees = roots.iter().map(|_| Mutex::default()).collect();
        Self { roots, options, cancelled, stopped: AtomicBool::new(false), trees }
    }

    pub(super) fn run(self) -> Result<Vec<Tree>, Cancelled> {
        let starts: Vec<Start> = (0..self.roots.len()).map(|index| self.start(index)).collect();
        // Where other roots are, to notice one inside another.
        let mut places: HashMap<FileId, Vec<usize>> = HashMap::new();
        for (index, start) in starts.iter().enumerate() {
            if let Some((_, data)) = start {
                places.entry(id(data)).or_default().push(index);
            }
        }
        if starts.len() < 2 {
            places.clear();
        }
        rayon::scope(|scope| {
            for (index, start) in starts.iter().enumerate() {
                let Some((path, data)) = start else { continue };
                let job = Job { walk: &self, places: &places, index, device: data.st_dev };
                let mut tree = Tree { id: Some(id(data)), ..Tree::default() };
                tree.count(data);
                if is_dir(data) {
                    scope.spawn(move |scope| job.folder(path.clone(), scope));
                }
                self.tally(index).merge(tree);
            }
        });
        if self.stopped.load(Ordering::Relaxed) {
            return Err(Cancelled);
        }
        Ok(self
            .trees
            .into_iter()
            .map(|tree| {
                let mut tree = tree.into_inner().unwrap_or_else(PoisonError::into_inner);
                tree.usage.errors.sort();
                tree
            })
            .collect())
    }

    fn start(&self, index: usize) -> Start {
        let path = &self.roots[index];
        let flags =
            if self.options.follow_root { AtFlags::empty() } else { AtFlags::SYMLINK_NOFOLLOW };
        match statat(CWD, path, flags) {
            Ok(data) => Some((path.clone(), data)),
            Err(e) => {
                self.tally(index).usage.errors.push(UsageError::new(path_text(path), &e.into()));
                None
            }
        }
    }

    fn tally(&self, index: usize) -> MutexGuard<'_, Tree> {
        self.trees[index].lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_stopped(&self) -> bool {
        if !self.stopped.load(Ordering::Relaxed) && (self.cancelled)() {
            self.stopped.store(true, Ordering::Relaxed);
        }
        self.stopped.load(Ordering::Relaxed)
    }
}

/// The walk of one root.
#[derive(Clone, Copy)]
struct Job<'w> {
    walk: &'w Walk<'w>,
    places: &'w HashMap<FileId, Vec<usize>>,
    index: usize,
    /// File system of the root.
    device: u64,
}

impl<'w> Job<'w> {
    fn folder<'s>(self, path: PathBuf, scope: &rayon::Scope<'s>)
    where
        'w: 's,
    {
        if self.walk.is_stopped() {
            return;
        }
        let mut tree = Tree::default();
        // The root may be a link that is to be followed; all others are folders.
        match openat(
            CWD,
            &path,
            OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC,
            Mode::empty(),
        ) {
            Err(e) => tree.fail(&path, &e.into()),
            Ok(folder) => self.entries(&path, &folder, &mut tree, scope),
        }
        self.walk.tally(self.index).merge(tree);
    }

    fn entries<'s>(self, path: &Path, folder: &OwnedFd, tree: &mut Tree, scope: &rayon::Scope<'s>)
    where
        'w: 's,
    {
        let mut names: Box<[MaybeUninit<u8>]> = Box::new_uninit_slice(NAMES);
        let mut entries = RawDir::new(folder, &mut names);
        while let Some(entry) = entries.next() {
            let entry = match entry {
                Ok(entry) => entry,
                Err(e) => {
                    // The rest of the folder cannot be read either.
                    tree.fail(path, &e.into());
                    return;
                }
            };
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
                Err(e) => tree.fail(&below(path, name), &e.into()),
                Ok(data) => {
                    if self.counts(&data, tree) {
                        let inner = below(path, name);
                        scope.spawn(move |scope| self.folder(inner, scope));
                    }
                }
            }
        }
    }

    /// Counts an entry; whether it is a folder to be walked.
    fn counts(self, data: &Stat, tree: &mut Tree) -> bool {
        if is_dir(data) && self.walk.options.one_file_system && data.st_dev != self.device {
            return false;
        }
        if !self.places.is_empty()
            && let Some(roots) = self.places.get(&id(data))
        {
            tree.contains.extend(roots.iter().copied().filter(|other| *other != self.index));
        }
        tree.count(data);
        is_dir(data)
    }
}

fn below(folder: &Path, name: &CStr) -> PathBuf {
    folder.join(OsStr::from_bytes(name.to_bytes()))
}

impl Tree {
    fn count(&mut self, data: &Stat) {
        let kind = kind(data);
        let is_file = matches!(kind, FileType::RegularFile | FileType::Symlink);
        let number = match kind {
            FileType::RegularFile => &mut self.usage.files,
            FileType::Directory => &mut self.usage.folders,
            FileType::Symlink => &mut self.usage.symlinks,
            _ => &mut self.usage.others,
        };
        *number += 1;
        // Neither is ever negative.
        let length = u64::try_from(data.st_size).unwrap_or_default();
        let blocks = u64::try_from(data.st_blocks).unwrap_or_default();
        let shared = Shared { disk_bytes: blocks * 512, length, is_file };
        if kind != FileType::Directory
            && data.st_nlink > 1
            && self.links.insert(id(data), shared).is_some()
        {
            self.usage.hard_links += 1;
            return;
        }
        self.usage.disk_bytes += shared.disk_bytes;
        self.usage.apparent_bytes += shared.length;
        self.usage.file_bytes += if is_file { shared.length } else { 0 };
    }

    fn merge(&mut self, part: Self) {
        self.usage.add(&part.usage);
        self.usage.take_shared(&part.links, &mut self.links);
        self.contains.extend(part.contains);
        self.id = self.id.or(part.id);
    }

    fn fail(&mut self, path: &Path, error: &io::Error) {
        self.usage.errors.push(UsageError::new(path_text(path), error));
    }
}

fn kind(data: &Stat) -> FileType {
    FileType::from_raw_mode(data.st_mode)
}

fn is_dir(data: &Stat) -> bool {
    kind(data) == FileType::Directory
}

fn id(data: &Stat) -> FileId {
    (data.st_dev, data.st_ino)
}
