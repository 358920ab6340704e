//! Wakes a thread that waits for file descriptors.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{EventfdFlags, eventfd};

/// An eventfd that is written to only when its reader may sleep.
#[derive(Debug)]
pub(super) struct Wake {
    fd: OwnedFd,
    rung: AtomicBool,
}

impl Wake {
    pub(super) fn new() -> io::Result<Self> {
        let fd = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC)?;
        Ok(Self { fd, rung: AtomicBool::new(false) })
    }

    /// Makes the descriptor readable.
    pub(super) fn ring(&self) {
        if !self.rung.swap(true, Ordering::SeqCst) {
            // The only failure is a counter that is full: it is readable then.
            let _ = rustix::io::write(&self.fd, &1_u64.to_ne_bytes());
        }
    }

    /// Makes it unreadable again. Whatever was queued before the last
    /// [`ring`](Self::ring) is seen by a look at the queue after this.
    pub(super) fn clear(&self) {
        // Read always: a ring may be between its two steps.
        let _ = rustix::io::read(&self.fd, &mut [0_u8; 8]);
        self.rung.store(false, Ordering::SeqCst);
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
