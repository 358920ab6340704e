//! Reads the content of the source and notices when it changes meanwhile.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use ledama_base::operation::OperationError;
use ledama_base::rawtext;
use rustix::fs::{Advice, CWD, Mode, OFlags, fadvise, openat};
use rustix::io::Errno;

use super::queue::Unit;
use crate::buffer::{Buffer, Pool};
use crate::entry::Entry;
use crate::facts::Facts;
use crate::fault;
use crate::folders::{FOLDER, Folders};
use crate::hash::{
    Hash, Misplaced, PIECE_BYTES, PieceHasher, PieceTree, hash_file, hash_piece, piece_count,
    piece_len,
};
use crate::holes::segments;
use crate::ledger::Ledger;
use crate::walk::{Walk, changed, member_text};
use crate::wire::{BatchItem, Frame, Malformed, PieceHead, Tag};

/// Bytes read before they are hashed, so that they are still in the cache.
const STEP: usize = 128 << 10;

/// How often a file is read again that is touched while it is read again.
const READINGS: usize = 3;

/// A file that is too large for a batch, open until all its pieces were read.
struct OpenFile {
    file: std::fs::File,
    tree: Mutex<PieceTree>,
}

/// The source, shared by all threads that read it.
pub(super) struct Source<'a> {
    path: &'a Path,
    walk: &'a Walk,
    folder: Option<OwnedFd>,
    open: Mutex<HashMap<u32, Arc<OpenFile>>>,
    ledger: Mutex<Ledger>,
    pool: Arc<Pool>,
}

impl<'a> Source<'a> {
    /// For a set that was just listed.
    pub(super) fn new(
        path: &'a Path,
        walk: &'a Walk,
        pool: Arc<Pool>,
    ) -> Result<Self, OperationError> {
        let is_file = walk.listing.get(0).is_some_and(Entry::is_file);
        let folder = if is_file {
            None
        } else {
            let flags = FOLDER.difference(OFlags::NOFOLLOW);
            let folder = openat(CWD, path, flags, Mode::empty())
                .map_err(|e| fault::at(rawtext::path_text(path), e))?;
            Some(folder)
        };
        let ledger = Mutex::new(Ledger::new(&walk.listing));
        Ok(Self { path, walk, folder, open: Mutex::default(), ledger, pool })
    }

    /// The folders of the set, for one thread.
    pub(super) fn folders(&self) -> Option<Folders<'_>> {
        self.folder.as_ref().map(|root| Folders::new(root.as_fd(), &self.walk.listing))
    }

    /// The digest of the whole set, and how many files were not read.
    pub(super) fn digest(&self) -> (Hash, usize) {
        let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        (self.walk.listing.digest(ledger.hashes()), ledger.missing())
    }

    /// The answer to one unit of work.
    pub(super) fn frame(
        &self,
        unit: Unit,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<Frame, OperationError> {
        match unit {
            Unit::Batch(files) => self.batch(&files, folders),
            Unit::Piece { index, piece, have } => self.piece(index, piece, have, folders),
        }
    }

    /// Reads a file once more that was touched meanwhile: an error if its
    /// content is not what was read before.
    pub(super) fn read_again(
        &self,
        index: u32,
        folders: &mut Option<Folders<'_>>,
        check: &dyn Fn() -> Result<(), OperationError>,
    ) -> Result<(), OperationError> {
        let size = self.entry(index)?.size;
        let at = usize::try_from(index).unwrap_or(usize::MAX);
        for _ in 0..READINGS {
            let file = self.open_file(index, folders)?;
            let facts = || Facts::of(&file).map_err(|e| self.fault(index, e));
            let before = facts()?;
            let hash = hash_file(&file, size, check, &|e| self.read_fault(index, e))?;
            let ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            if ledger.hashes().get(at) != Some(&hash) {
                break;
            }
            if before.untouched(&facts()?) {
                return Ok(());
            }
        }
        Err(changed(&self.text(index), "changed"))
    }

    fn batch(
        &self,
        files: &[(u32, Option<Hash>)],
        folders: &mut Option<Folders<'_>>,
    ) -> Result<Frame, OperationError> {
        let size = |index| self.entry(index).map(|e| usize::try_from(e.size).unwrap_or(0));
        let mut total = 0;
        for &(index, _) in files {
            total += size(index)?;
        }
        let mut data = self.pool.take(total);
        let mut head = Vec::with_capacity(41 * files.len());
        let mut at = 0;
        let mut items = Vec::with_capacity(files.len());
        for &(index, have) in files {
            let file = self.open_file(index, folders)?;
            let content = &mut data[at..at + size(index)?];
            file.read_exact_at(content, 0).map_err(|e| self.read_fault(index, e))?;
            self.still(index, &file)?;
            let hash = hash_piece(0, 1, content);
            let same = have == Some(hash);
            let len = if same { 0 } else { content.len() };
            items.push(BatchItem { index, len, hash, same });
            at += len;
        }
        data.set_len(at);
        let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        for item in items {
            ledger.note(item.index, item.hash).map_err(twice)?;
            item.put(&mut head);
        }
        Ok(Frame { tag: Tag::Batch, head, data })
    }

    fn piece(
        &self,
        index: u32,
        piece: u64,
        have: Option<Hash>,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<Frame, OperationError> {
        let entry = self.entry(index)?;
        let open = self.keep_open(index, folders)?;
        let len = piece_len(entry.size, piece);
        let segments = if entry.sparse() {
            segments(&open.file, piece * PIECE_BYTES, len).map_err(|e| self.fault(index, e))?
        } else {
            vec![(0, len)]
        };
        let mut hasher = PieceHasher::new(piece, piece_count(entry.size));
        let mut data = self.pool.take(segments.iter().map(|&(_, len)| len).sum());
        self.read_segments(index, &open.file, piece, &segments, len, &mut data, &mut hasher)?;
        let value = hasher.finish();
        let whole = {
            let mut tree = open.tree.lock().unwrap_or_else(PoisonError::into_inner);
            tree.add(piece, value).map_err(twice)?
        };
        if let Some(hash) = whole {
            self.still(index, &open.file)?;
            self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&index);
            let mut ledger = self.ledger.lock().unwrap_or_else(PoisonError::into_inner);
            ledger.note(index, hash).map_err(twice)?;
        }
        let same = have == Some(value);
        if same {
            data = Buffer::none();
        }
        let segments = if same { Vec::new() } else { segments };
        let head = PieceHead { index, piece, value, same, segments }.head();
        Ok(Frame { tag: Tag::Piece, head, data })
    }

    #[allow(clippy::too_many_arguments)] // one call, and a struct would only rename them
    fn read_segments(
        &self,
        index: u32,
        file: &std::fs::File,
        piece: u64,
        segments: &[(usize, usize)],
        len: usize,
        data: &mut [u8],
        hasher: &mut PieceHasher,
    ) -> Result<(), OperationError> {
        let mut rest = data;
        let mut end = 0;
        for &(at, length) in segments {
            hasher.update_zeros(at - end);
            end = at + length;
            let (content, later) = rest.split_at_mut(length);
            rest = later;
            let mut offset = piece * PIECE_BYTES + at as u64;
            for step in content.chunks_mut(STEP) {
                file.read_exact_at(step, offset).map_err(|e| self.read_fault(index, e))?;
                hasher.update(step);
                offset += step.len() as u64;
            }
        }
        hasher.update_zeros(len - end);
        Ok(())
    }

    fn keep_open(
        &self,
        index: u32,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<Arc<OpenFile>, OperationError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(file) = open.get(&index) {
            return Ok(Arc::clone(file));
        }
        let file = self.open_file(index, folders)?;
        // Only a hint; a file system that does not know it is as good.
        let _ = fadvise(&file, 0, None, Advice::Sequential);
        let tree = Mutex::new(PieceTree::new(self.entry(index)?.size));
        let file = Arc::new(OpenFile { file, tree });
        open.insert(index, Arc::clone(&file));
        Ok(file)
    }

    /// Opens a file and checks that it is the one that was listed.
    fn open_file(
        &self,
        index: u32,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<std::fs::File, OperationError> {
        // Without blocking: should it have become a pipe, nobody may be at the other end.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let file = match folders {
            None => openat(CWD, self.path, flags, Mode::empty()),
            Some(folders) => folders.place(index).and_then(|(folder, name)| {
                openat(folder, name, flags | OFlags::NOFOLLOW, Mode::empty())
            }),
        };
        let file = file.map_err(|e| self.fault(index, e))?.into();
        self.still(index, &file)?;
        Ok(file)
    }

    /// Checks that an open file is as it was when it was listed.
    fn still(&self, index: u32, file: &std::fs::File) -> Result<(), OperationError> {
        let facts = Facts::of(file).map_err(|e| self.fault(index, e))?;
        let listed = usize::try_from(index).ok().and_then(|at| self.walk.facts.get(at));
        if listed.is_some_and(|listed| listed.unwritten(&facts)) {
            Ok(())
        } else {
            Err(changed(&self.text(index), "changed"))
        }
    }

    fn entry(&self, index: u32) -> Result<&Entry, OperationError> {
        self.walk.listing.get(index).ok_or_else(|| Malformed("a request").into())
    }

    fn text(&self, index: u32) -> String {
        member_text(&rawtext::path_text(self.path), &self.walk.listing.path(index))
    }

    fn read_fault(&self, index: u32, error: std::io::Error) -> OperationError {
        if error.kind() == std::io::ErrorKind::UnexpectedEof {
            return changed(&self.text(index), "became shorter");
        }
        fault::at(self.text(index), error)
    }

    fn fault(&self, index: u32, error: Errno) -> OperationError {
        match error {
            Errno::NOENT => changed(&self.text(index), "disappeared"),
            Errno::LOOP => changed(&self.text(index), "became a link"),
            error => fault::at(self.text(index), error),
        }
    }
}

fn twice(_: Misplaced) -> OperationError {
    Malformed("the same request twice").into()
}
