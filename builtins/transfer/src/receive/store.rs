//! Writes what arrives into the part, after checking it.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ledama_base::operation::{ErrorKind, OperationError, Progress};
use rustix::fs::{AtFlags, Mode, fchmod, futimens, unlinkat};
use rustix::io::Errno;

use super::files::create;
use super::pending::Pending;
use super::stock::Stock;
use crate::buffer::Buffer;
use crate::control::Control;
use crate::entry::{Entry, Listing};
use crate::facts::timestamps;
use crate::fault;
use crate::folders::Folders;
use crate::hash::{Hash, PIECE_BYTES, PieceHasher, PieceTree, hash_piece, piece_count, piece_len};
use crate::holes::punch;
use crate::ledger::Ledger;
use crate::walk::member_text;
use crate::wire::{BatchItem, Frame, Malformed, PieceHead, Tag};

/// Files from this size on are flushed by themselves however many there are.
const WORTH_A_FLUSH: u64 = 16 << 20;

/// Bytes that are written at once. With larger steps the kernel looks for
/// larger stretches of memory, which was seen to cost five times as much.
const WRITE: usize = 128 << 10;

/// Where the part is.
pub(super) enum Spot<'a> {
    /// A folder of members.
    Folder(OwnedFd),
    /// A single file.
    File {
        /// The folder that holds it.
        folder: BorrowedFd<'a>,
        /// Its name there.
        name: &'a [u8],
    },
}

/// How members reach the disk; see `finish`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    /// When the kernel likes.
    Never,
    /// Each file when it is complete.
    EachFile,
    /// Large files when they are complete, all others together at the end.
    LargeFiles,
}

/// A file that is being put together from pieces.
struct OpenFile {
    file: File,
    tree: Mutex<PieceTree>,
    /// Whether it was there before, so that its holes are unknown.
    old: bool,
    /// Whether anything in it had to be written.
    written: AtomicBool,
    /// Held by the thread that writes.
    turn: Mutex<()>,
}

/// The part of one copy, shared by the threads that write it.
pub(super) struct Store<'a> {
    pub(super) control: &'a Control<'a>,
    pub(super) listing: &'a Listing,
    /// Path of the part, text form.
    pub(super) text: String,
    pub(super) spot: Spot<'a>,
    /// What was there at the beginning.
    pub(super) stock: Stock,
    /// Those of them that were cloned from the source just now.
    pub(super) cloned: HashSet<u32>,
    /// Values under comparison.
    pub(super) pending: Pending,
    /// Whether frames come from this very process and need not be hashed again.
    pub(super) trusted: bool,
    /// Whether what is there must not be touched, not even its mode.
    pub(super) untouchable: bool,
    pub(super) sync: Sync,
    total: u64,
    done: AtomicU64,
    arrived: AtomicU64,
    reused: AtomicU64,
    ledger: Mutex<Ledger>,
    open: Mutex<HashMap<u32, Arc<OpenFile>>>,
}

impl<'a> Store<'a> {
    pub(super) fn new(
        control: &'a Control<'a>,
        listing: &'a Listing,
        text: String,
        spot: Spot<'a>,
        stock: Stock,
    ) -> Self {
        Self {
            control,
            listing,
            text,
            spot,
            stock,
            cloned: HashSet::new(),
            pending: Pending::default(),
            trusted: false,
            untouchable: false,
            sync: Sync::Never,
            total: listing.totals().bytes,
            done: AtomicU64::new(0),
            arrived: AtomicU64::new(0),
            reused: AtomicU64::new(0),
            ledger: Mutex::new(Ledger::new(listing)),
            open: Mutex::default(),
        }
    }

    /// The folders of the part, for one thread.
    pub(super) fn folders(&self) -> Option<Folders<'_>> {
        match &self.spot {
            Spot::Folder(root) => Some(Folders::new(root.as_fd(), self.listing)),
            Spot::File { .. } => None,
        }
    }

    /// Bytes of content that arrived in frames.
    pub(super) fn arrived(&self) -> u64 {
        self.arrived.load(Ordering::Relaxed)
    }

    /// Files that an earlier attempt had brought.
    pub(super) fn reused(&self) -> u64 {
        self.reused.load(Ordering::Relaxed)
    }

    /// Notes that a file was there already.
    fn count_reused(&self, index: u32) {
        if !self.cloned.contains(&index) {
            self.reused.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What is known about the content.
    pub(super) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes what one frame brings.
    pub(super) fn take(
        &self,
        frame: Frame,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<(), OperationError> {
        self.arrived.fetch_add(frame.data.len() as u64, Ordering::Relaxed);
        let done = match frame.tag {
            Tag::Batch => self.batch(&frame.head, &frame.data, folders)?,
            Tag::Piece => self.piece(&frame.head, frame.data, folders)?,
            _ => return Err(Malformed("a message out of turn").into()),
        };
        let done = self.done.fetch_add(done, Ordering::Relaxed) + done;
        self.control.ctx().progress(Progress { done: done.min(self.total), total: self.total });
        Ok(())
    }

    fn batch(
        &self,
        head: &[u8],
        data: &[u8],
        folders: &mut Option<Folders<'_>>,
    ) -> Result<u64, OperationError> {
        let items = BatchItem::parse(head)?;
        let mut rest = data;
        let mut done = 0;
        for item in &items {
            let entry = self.file(item.index)?;
            let (content, later) =
                rest.split_at_checked(item.len).ok_or(Malformed("a batch cut off"))?;
            rest = later;
            let had = self.pending.answer(item.index, 0);
            if item.same {
                if had != Some(item.hash) || piece_count(entry.size) != 1 || item.len > 0 {
                    return Err(Malformed("an answer without a question").into());
                }
                self.settle(item.index, entry, folders)?;
            } else {
                if content.len() as u64 != entry.size {
                    return Err(Malformed("content of another length").into());
                }
                if !self.trusted && hash_piece(0, 1, content) != item.hash {
                    return Err(self.corrupt(item.index));
                }
                self.write(item.index, entry, content, folders)?;
            }
            done += entry.size;
        }
        if !rest.is_empty() {
            return Err(Malformed("content of no file").into());
        }
        let mut ledger = self.ledger();
        for item in items {
            ledger.note(item.index, item.hash).map_err(|_| Malformed("a file twice"))?;
        }
        Ok(done)
    }

    /// Writes a whole small file.
    fn write(
        &self,
        index: u32,
        entry: &Entry,
        content: &[u8],
        folders: &mut Option<Folders<'_>>,
    ) -> Result<(), OperationError> {
        let failed = |e| self.fault(index, e);
        let (folder, name) = self.place(index, folders)?;
        if self.stock.contains_key(&index) {
            unlinkat(folder, name, AtFlags::empty()).map_err(failed)?;
        }
        let mut file = File::from(create(folder, name).map_err(|e| self.create_fault(index, e))?);
        file.write_all(content).map_err(|e| fault::at(self.member(index), e))?;
        self.complete(index, entry, &file)
    }

    /// Gives a file that was there already, and turned out to be the same, its facts.
    fn settle(
        &self,
        index: u32,
        entry: &Entry,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<(), OperationError> {
        let file = self.open_old(index, folders)?;
        if self.stock.get(&index).is_some_and(|facts| facts.size != entry.size) {
            file.set_len(entry.size).map_err(|e| fault::at(self.member(index), e))?;
        }
        self.count_reused(index);
        self.complete(index, entry, &file)
    }

    /// Sets time and mode of a file whose content is complete.
    fn complete(&self, index: u32, entry: &Entry, file: &File) -> Result<(), OperationError> {
        let failed = |e: Errno| self.fault(index, e);
        futimens(file, &timestamps(entry.mtime)).map_err(failed)?;
        fchmod(file, Mode::from_raw_mode(entry.mode)).map_err(failed)?;
        let now = match self.sync {
            Sync::Never => false,
            Sync::EachFile => true,
            Sync::LargeFiles => entry.size >= WORTH_A_FLUSH,
        };
        if now {
            // Time and mode belong to what must survive, so not only the data.
            file.sync_all().map_err(|e| fault::at(self.member(index), e))?;
        }
        Ok(())
    }

    fn piece(
        &self,
        head: &[u8],
        data: Buffer,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<u64, OperationError> {
        let head = PieceHead::parse(head)?;
        let (index, piece) = (head.index, head.piece);
        let entry = self.file(index)?;
        let count = piece_count(entry.size);
        if piece >= count || head.data_len() != data.len() {
            return Err(Malformed("a piece of another length").into());
        }
        let len = piece_len(entry.size, piece);
        let had = self.pending.answer(index, piece);
        if head.same {
            if had != Some(head.value) {
                return Err(Malformed("an answer without a question").into());
            }
        } else {
            let end = head.segments.last().map_or(0, |&(at, length)| at + length);
            if end > len {
                return Err(Malformed("a piece of another length").into());
            }
            if !self.trusted && hash_segments(&head, count, len, &data) != head.value {
                return Err(self.corrupt(index));
            }
        }
        let open = self.keep_open(index, entry, folders)?;
        if !head.same {
            open.written.store(true, Ordering::Relaxed);
            self.write_piece(&open, &head, len, &data)?;
        }
        drop(data);
        let whole = {
            let mut tree = open.tree.lock().unwrap_or_else(PoisonError::into_inner);
            tree.add(piece, head.value).map_err(|_| Malformed("a piece twice"))?
        };
        if let Some(hash) = whole {
            self.complete(index, entry, &open.file)?;
            if !open.written.load(Ordering::Relaxed) {
                self.count_reused(index);
            }
            self.open().remove(&index);
            self.ledger().note(index, hash).map_err(|_| Malformed("a file twice"))?;
        }
        Ok(len as u64)
    }

    fn write_piece(
        &self,
        open: &OpenFile,
        head: &PieceHead,
        len: usize,
        mut data: &[u8],
    ) -> Result<(), OperationError> {
        let failed = |e| fault::at(self.member(head.index), e);
        let start = head.piece * PIECE_BYTES;
        let mut end = 0;
        // The kernel lets one thread at a time write to a file; waiting here
        // costs less than spinning there.
        let _turn = open.turn.lock().unwrap_or_else(PoisonError::into_inner);
        for &(at, length) in head.segments.iter().chain(&[(len, 0)]) {
            if self.control.given_up() {
                return Err(self.control.error());
            }
            if open.old {
                punch(&open.file, start + end as u64, (at - end) as u64).map_err(failed)?;
            }
            let (content, later) = data.split_at(length);
            let mut offset = start + at as u64;
            for step in content.chunks(WRITE) {
                open.file.write_all_at(step, offset).map_err(failed)?;
                offset += step.len() as u64;
            }
            data = later;
            end = at + length;
        }
        Ok(())
    }

    fn keep_open(
        &self,
        index: u32,
        entry: &Entry,
        folders: &mut Option<Folders<'_>>,
    ) -> Result<Arc<OpenFile>, OperationError> {
        let mut open = self.open();
        if let Some(file) = open.get(&index) {
            return Ok(Arc::clone(file));
        }
        if self.ledger().knows(index) {
            return Err(Malformed("a file twice").into());
        }
        let old = self.stock.contains_key(&index);
        let file = if old {
            let file = self.open_old(index, folders)?;
            file.set_len(entry.size).map_err(|e| fault::at(self.member(index), e))?;
            file
        } else {
            self.create_large(index, entry, folders)?
        };
        let tree = Mutex::new(PieceTree::new(entry.size));
        let file = Arc::new(OpenFile {
            file,
            tree,
            old,
            written: AtomicBool::new(false),
            turn: Mutex::default(),
        });
        open.insert(index, Arc::clone(&file));
        Ok(file)
    }

    pub(super) fn file(&self, index: u32) -> Result<&'a Entry, OperationError> {
        let entry = self.listing.get(index).filter(|e| e.is_file());
        entry.ok_or_else(|| Malformed("content of no file").into())
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u32, Arc<OpenFile>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Path of a member in text form.
    pub(super) fn member(&self, index: u32) -> String {
        member_text(&self.text, &self.listing.path(index))
    }

    pub(super) fn fault(&self, index: u32, error: Errno) -> OperationError {
        fault::at(self.member(index), error)
    }

    fn corrupt(&self, index: u32) -> OperationError {
        OperationError::new(
            ErrorKind::Corrupt,
            format!("`{}` arrived with another content than was sent", self.member(index)),
        )
        .help("a disk, memory or network is at fault; run the same command again with --resume")
    }
}

/// The value of a piece of which only what is no hole is at hand.
fn hash_segments(head: &PieceHead, count: u64, len: usize, data: &[u8]) -> Hash {
    let mut hasher = PieceHasher::new(head.piece, count);
    let mut rest = data;
    let mut end = 0;
    for &(at, length) in &head.segments {
        hasher.update_zeros(at - end);
        let (content, later) = rest.split_at(length);
        hasher.update(content);
        rest = later;
        end = at + length;
    }
    hasher.update_zeros(len - end);
    hasher.finish()
}
