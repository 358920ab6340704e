//! Recycled buffers of one piece each.
//!
//! Every byte of a copy passes through one of these. Taking them from a pool
//! keeps the pages warm: a fresh megabyte from the allocator costs about as
//! much in page faults as hashing it. One pool serves all copies of a process,
//! because a copy of a few files would otherwise pay that for every buffer.

use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use crate::hash::PIECE;

/// Buffers that are kept for later; what more comes back is freed.
const KEPT: usize = 48;

/// Buffers nobody uses at the moment.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    free: Mutex<Vec<Vec<u8>>>,
}

impl Pool {
    /// The pool of this process. What is under way is bounded by the queues
    /// between the threads, what is kept by [`KEPT`].
    pub(crate) fn shared() -> Arc<Self> {
        static POOL: LazyLock<Arc<Pool>> = LazyLock::new(Arc::default);
        Arc::clone(&POOL)
    }

    /// An empty pool.
    #[cfg(test)]
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// A buffer of `len` bytes (at most [`PIECE`]) with unspecified content.
    pub(crate) fn take(self: &Arc<Self>, len: usize) -> Buffer {
        debug_assert!(len <= PIECE, "buffers hold one piece");
        let recycled = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let bytes = recycled.unwrap_or_else(|| vec![0; PIECE]);
        Buffer { bytes, len: len.min(PIECE), pool: Some(Arc::clone(self)) }
    }
}

/// Bytes borrowed from a [`Pool`]; going out of scope gives them back.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    len: usize,
    pool: Option<Arc<Pool>>,
}

impl Buffer {
    /// No bytes, from no pool.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// Changes the length; the content up to the smaller length stays.
    pub(crate) fn set_len(&mut self, len: usize) {
        self.len = len.min(self.bytes.len());
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(pool) = self.pool.take() {
            let mut free = pool.free.lock().unwrap_or_else(PoisonError::into_inner);
            if free.len() < KEPT {
                free.push(std::mem::take(&mut self.bytes));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dropped_buffer_is_used_again() {
        let pool = Pool::new();
        let mut first = pool.take(3);
        first.copy_from_slice(b"abc");
        let address = first.as_ptr();
        drop(first);
        let second = pool.take(PIECE);
        assert_eq!(second.as_ptr(), address);
        assert_eq!(second.len(), PIECE);
        assert_eq!(&second[..3], b"abc");
    }

    #[test]
    fn not_all_are_kept_for_ever() {
        let pool = Pool::new();
        let many: Vec<_> = (0..KEPT + 5).map(|_| pool.take(1)).collect();
        drop(many);
        assert_eq!(pool.free.lock().map(|free| free.len()).ok(), Some(KEPT));
    }
}
