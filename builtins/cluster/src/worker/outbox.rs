//! The way out: many threads speak, one writes.
//!
//! Lines are collected in one buffer that the writer swaps for an empty one
//! and writes in a single call, so that thousands of short answers a second
//! cost a few system calls. The buffer is bounded: while the host is slow to
//! read, speakers wait.

use std::io::Write;
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use super::lock;
use crate::protocol::FromWorker;

/// Speakers wait while more than this is unwritten.
const LIMIT: usize = 4 << 20;

/// The lines on their way to the host.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    state: Mutex<State>,
    filled: Condvar,
    drained: Condvar,
}

#[derive(Debug, Default)]
struct State {
    buffer: Vec<u8>,
    writing: bool,
    closed: bool,
    broken: bool,
}

impl Outbox {
    /// Queues a message; waits while the host is slow, drops it when the host is gone.
    pub(super) fn send(&self, message: &FromWorker) {
        // Serializing outside the lock lets the speakers do it at the same time.
        let Ok(mut line) = serde_json::to_vec(message) else {
            return; // all maps of the protocol have text keys, so this cannot fail
        };
        line.push(b'\n');
        let mut state = lock(&self.state);
        while state.buffer.len() > LIMIT && !state.broken {
            state = self.drained.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        if state.broken {
            return;
        }
        let sleeping = state.buffer.is_empty() && !state.writing;
        state.buffer.extend_from_slice(&line);
        drop(state);
        if sleeping {
            self.filled.notify_one();
        }
    }

    /// Writes until closed and empty. An error means that the host is gone.
    pub(super) fn write_to(&self, mut output: impl Write) -> std::io::Result<()> {
        let mut batch = Vec::new();
        loop {
            let mut state = lock(&self.state);
            state.writing = false;
            if state.buffer.is_empty() {
                // Wakes `finish`, too.
                self.drained.notify_all();
            }
            while state.buffer.is_empty() {
                if state.closed {
                    return Ok(());
                }
                state = self.filled.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
            }
            std::mem::swap(&mut state.buffer, &mut batch);
            state.writing = true;
            drop(state);
            self.drained.notify_all();
            let written = output.write_all(&batch).and_then(|()| output.flush());
            batch.clear();
            batch.shrink_to(LIMIT);
            if let Err(error) = written {
                self.break_off();
                return Err(error);
            }
        }
    }

    /// Lets the writer end after what is queued, and waits for that at most `patience`.
    pub(super) fn finish(&self, patience: Duration) {
        let deadline = Instant::now() + patience;
        let mut state = lock(&self.state);
        state.closed = true;
        self.filled.notify_one();
        while (state.writing || !state.buffer.is_empty()) && !state.broken {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self
                .drained
                .wait_timeout(state, left)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
        }
        // Speakers that still wait must not wait for ever.
        state.broken = true;
        self.drained.notify_all();
    }

    fn break_off(&self) {
        let mut state = lock(&self.state);
        state.broken = true;
        state.writing = false;
        state.buffer = Vec::new();
        self.drained.notify_all();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn message(id: u64) -> FromWorker {
        FromWorker::Output { id, data: "x".repeat(100) }
    }

    #[derive(Clone, Default)]
    struct Counting(Arc<AtomicUsize>, Arc<Mutex<Vec<u8>>>);

    impl Write for Counting {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.fetch_add(1, Ordering::SeqCst);
            lock(&self.1).extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn queued_lines_leave_in_one_write_and_in_order() {
        let outbox = Outbox::default();
        (0..500).for_each(|id| outbox.send(&message(id)));
        let output = Counting::default();
        std::thread::scope(|scope| {
            scope.spawn(|| outbox.write_to(output.clone()));
            outbox.finish(Duration::from_mins(1));
        });
        assert_eq!(output.0.load(Ordering::SeqCst), 1);
        let text = String::from_utf8(lock(&output.1).clone()).unwrap();
        let ids: Vec<u64> = text
            .lines()
            .map(|line| match serde_json::from_str(line).unwrap() {
                FromWorker::Output { id, .. } => id,
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(ids, (0..500).collect::<Vec<_>>());
    }

    #[test]
    fn a_lost_host_frees_the_speakers() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let outbox = Outbox::default();
        std::thread::scope(|scope| {
            let speaker = scope.spawn(|| {
                let big = FromWorker::Output { id: 1, data: "x".repeat(LIMIT) };
                (0..4).for_each(|_| outbox.send(&big));
            });
            assert!(outbox.write_to(Gone).is_err());
            speaker.join().unwrap();
        });
    }
}
