//! Reads the files of a set and makes their digests.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use blake3::hazmat::{self, HasherExt};
use ledama_base::operation::{ErrorKind, OperationContext, OperationError, Progress};
use ledama_base::quote::show;
use rustix::fs::{Advice, fadvise, fstat};

use super::algorithm::{Algorithm, Sum};
use super::members::{Content, Facts, Member, Members, member_text};
use super::throttle::Throttle;

/// Bytes read at once: they should still be in the cache of the processor when
/// their digest is made.
const BUFFER: usize = 128 << 10;

/// Bytes that one thread does of a file that several threads read; a power of
/// two, as BLAKE3 demands.
const PIECE: u64 = 1 << 20;

/// Bytes of a file that several threads read side by side before they go on
/// together, so that a disk is read more or less in order.
const STRETCH: u64 = 64 << 20;

/// Files of this size begin first, lest one is left to a single thread at the end.
const LARGE: u64 = 64 << 20;

thread_local! {
    /// What a thread reads into, kept from one file to the next.
    static BUFFERS: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What all threads of a task share.
pub(super) struct Contents<'a> {
    /// Path of the set in text form.
    pub(super) root: &'a str,
    pub(super) members: &'a Members,
    pub(super) algorithm: Algorithm,
    pub(super) throttle: Option<Arc<Throttle>>,
    pub(super) ctx: &'a dyn OperationContext,
    done: AtomicU64,
    next: AtomicUsize,
    failed: AtomicBool,
}

impl<'a> Contents<'a> {
    pub(super) fn new(
        root: &'a str,
        members: &'a Members,
        algorithm: Algorithm,
        throttle: Option<Arc<Throttle>>,
        ctx: &'a dyn OperationContext,
    ) -> Self {
        Self {
            root,
            members,
            algorithm,
            throttle,
            ctx,
            done: AtomicU64::new(0),
            next: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
        }
    }

    /// The digests of all members, in their order, made by so many threads.
    pub(super) fn digests(&self, threads: usize) -> Result<Vec<String>, OperationError> {
        let order = self.order(threads);
        let parts = if threads < 2 || self.members.list.is_empty() {
            vec![self.some(&order, false)?]
        } else {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .thread_name(|_| "ledama-digest".into())
                .build()
                .map_err(|e| {
                    OperationError::new(ErrorKind::Internal, format!("no threads: {e}"))
                })?;
            pool.broadcast(|_| self.some(&order, true)).into_iter().collect::<Result<_, _>>()?
        };
        let mut digests = vec![String::new(); self.members.list.len()];
        for (index, digest) in parts.into_iter().flatten() {
            digests[index] = digest;
        }
        Ok(digests)
    }

    /// Large files first where several threads share the work.
    fn order(&self, threads: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.members.list.len()).collect();
        if threads > 1 {
            order.sort_by_key(|&index| match &self.members.list[index].content {
                Content::File(facts) if facts.size >= LARGE => std::cmp::Reverse(facts.size),
                _ => std::cmp::Reverse(0),
            });
        }
        order
    }

    /// The share of one thread: what no other has begun.
    fn some(&self, order: &[usize], shared: bool) -> Result<Vec<(usize, String)>, OperationError> {
        let mut digests = Vec::new();
        while !self.failed.load(Ordering::Relaxed)
            && let Some(&index) = order.get(self.next.fetch_add(1, Ordering::Relaxed))
        {
            let digest = self.one(&self.members.list[index], shared);
            if digest.is_err() {
                self.failed.store(true, Ordering::Relaxed);
            }
            digests.push((index, digest?));
        }
        Ok(digests)
    }

    fn one(&self, member: &Member, shared: bool) -> Result<String, OperationError> {
        match &member.content {
            Content::Link(target) => Ok(Sum::of(self.algorithm, target)),
            Content::File(facts) => {
                self.ctx.check()?;
                let at = |error: io::Error| self.fault(member, &error);
                let file = File::from(self.members.open(member).map_err(|e| at(e.into()))?);
                let reading = Reading { of: self, file, member, size: facts.size };
                let digest = reading.digest(shared)?;
                // Also where something else has got its name meanwhile.
                let now = fstat(&reading.file).map_err(|error| at(error.into()))?;
                if Facts::from(&now) != *facts {
                    return Err(self.changed(member));
                }
                Ok(digest)
            }
        }
    }

    fn name(&self, member: &Member) -> String {
        match &member.content {
            Content::File(_) if self.members.is_file() => self.root.to_string(),
            _ => member_text(self.root, &member.path),
        }
    }

    fn fault(&self, member: &Member, error: &io::Error) -> OperationError {
        OperationError::io(show(&self.name(member)), error)
    }

    fn changed(&self, member: &Member) -> OperationError {
        let message = format!("{} changed while it was read", show(&self.name(member)));
        OperationError::new(ErrorKind::Changed, message).help("wait until nothing writes to it")
    }
}

/// One open file.
struct Reading<'a> {
    of: &'a Contents<'a>,
    file: File,
    member: &'a Member,
    size: u64,
}

impl Reading<'_> {
    fn digest(&self, shared: bool) -> Result<String, OperationError> {
        if self.size > BUFFER as u64 {
            // A hint; without it the file is read as well.
            let _ = fadvise(&self.file, 0, None, Advice::Sequential);
        }
        if shared && self.of.algorithm == Algorithm::Blake3 && self.size > PIECE {
            return self.side_by_side();
        }
        let mut sum = Sum::new(self.of.algorithm);
        self.read(0, self.size, |bytes| sum.update(bytes))?;
        Ok(sum.finish())
    }

    /// Hands part of the file over, buffer by buffer.
    fn read(
        &self,
        from: u64,
        length: u64,
        mut take: impl FnMut(&[u8]),
    ) -> Result<(), OperationError> {
        let Contents { ctx, members, throttle, done, .. } = self.of;
        BUFFERS.with_borrow_mut(|buffer| {
            buffer.resize(BUFFER, 0);
            let (mut at, end) = (from, from + length);
            while at < end {
                let wanted = usize::try_from(end - at).map_or(BUFFER, |left| left.min(BUFFER));
                match throttle {
                    Some(throttle) => throttle.take(wanted, *ctx)?,
                    None => ctx.check()?,
                }
                let got = match self.file.read_at(&mut buffer[..wanted], at) {
                    Ok(0) => return Err(self.of.changed(self.member)),
                    Ok(got) => got,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return Err(self.of.fault(self.member, &error)),
                };
                take(&buffer[..got]);
                let got = got as u64;
                at += got;
                let done = done.fetch_add(got, Ordering::Relaxed) + got;
                ctx.progress(Progress { done, total: members.bytes });
            }
            Ok(())
        })
    }

    /// The BLAKE3 digest of a file longer than a piece, by all threads that are free.
    fn side_by_side(&self) -> Result<String, OperationError> {
        let left = hazmat::left_subtree_len(self.size);
        let (one, other) = self.halves(0, left, self.size)?;
        Ok(hazmat::merge_subtrees_root(&one, &other, hazmat::Mode::Hash).to_hex().to_string())
    }

    /// The value of a part of the file in the tree that BLAKE3 is.
    fn part(&self, from: u64, length: u64) -> Result<hazmat::ChainingValue, OperationError> {
        if length <= PIECE {
            let mut hasher = blake3::Hasher::new();
            hasher.set_input_offset(from);
            self.read(from, length, |bytes| {
                hasher.update(bytes);
            })?;
            return Ok(hasher.finalize_non_root());
        }
        let left = hazmat::left_subtree_len(length);
        let (one, other) = self.halves(from, left, length)?;
        Ok(hazmat::merge_subtrees_non_root(&one, &other, hazmat::Mode::Hash))
    }

    fn halves(
        &self,
        from: u64,
        left: u64,
        length: u64,
    ) -> Result<(hazmat::ChainingValue, hazmat::ChainingValue), OperationError> {
        let one = || self.part(from, left);
        let other = || self.part(from + left, length - left);
        let (one, other) =
            if length > STRETCH { (one(), other()) } else { rayon::join(one, other) };
        Ok((one?, other?))
    }
}
