//! The parallel walk. Every folder is one job; its sums go to the tally of
//! its tree when it is done, so that threads rarely meet.

use std::collections::{HashMap, HashSet};
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Cancelled, FileId, Options, Shared, Usage, UsageError};
use crate::rawtext::path_text;

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
type Start = Option<(PathBuf, Metadata)>;

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
                let job = Job { walk: &self, places: &places, index, device: data.dev() };
                let mut tree = Tree { id: Some(id(data)), ..Tree::default() };
                tree.count(data);
                if data.is_dir() {
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
        let data =
            if self.options.follow_root { fs::metadata(path) } else { fs::symlink_metadata(path) };
        match data {
            Ok(data) => Some((path.clone(), data)),
            Err(e) => {
                self.tally(index).usage.errors.push(UsageError::new(path_text(path), &e));
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
        match fs::read_dir(&path) {
            Err(e) => tree.fail(&path, &e),
            Ok(entries) => {
                for entry in entries {
                    match entry {
                        Err(e) => tree.fail(&path, &e),
                        Ok(entry) => match entry.metadata() {
                            Err(e) => tree.fail(&entry.path(), &e),
                            Ok(data) => self.entry(entry.path(), &data, &mut tree, scope),
                        },
                    }
                }
            }
        }
        self.walk.tally(self.index).merge(tree);
    }

    fn entry<'s>(self, path: PathBuf, data: &Metadata, tree: &mut Tree, scope: &rayon::Scope<'s>)
    where
        'w: 's,
    {
        if data.is_dir() && self.walk.options.one_file_system && data.dev() != self.device {
            return;
        }
        if !self.places.is_empty()
            && let Some(roots) = self.places.get(&id(data))
        {
            tree.contains.extend(roots.iter().copied().filter(|other| *other != self.index));
        }
        tree.count(data);
        if data.is_dir() {
            scope.spawn(move |scope| self.folder(path, scope));
        }
    }
}

impl Tree {
    fn count(&mut self, data: &Metadata) {
        let kind = data.file_type();
        let is_file = kind.is_file() || kind.is_symlink();
        let number = match (kind.is_file(), kind.is_dir(), kind.is_symlink()) {
            (true, _, _) => &mut self.usage.files,
            (_, true, _) => &mut self.usage.folders,
            (_, _, true) => &mut self.usage.symlinks,
            _ => &mut self.usage.others,
        };
        *number += 1;
        let shared = Shared { disk_bytes: data.blocks() * 512, length: data.len(), is_file };
        if !kind.is_dir() && data.nlink() > 1 && self.links.insert(id(data), shared).is_some() {
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

    fn fail(&mut self, path: &Path, error: &std::io::Error) {
        self.usage.errors.push(UsageError::new(path_text(path), error));
    }
}

fn id(data: &Metadata) -> FileId {
    (data.dev(), data.ino())
}
