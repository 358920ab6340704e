//! Threads for jobs: as many as there are jobs that wait for something, few
//! for floods of short ones.
//!
//! The host counts the limits, so every job is to start at once and the pool
//! grows without an upper bound. Work that waits for a program gets a thread
//! of its own at once. Native operations are often over in microseconds;
//! for these the pool grows only when nothing moves.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::lock;

/// Something to do.
pub(super) type Work = Box<dyn FnOnce() + Send>;

/// How long an idle thread waits for more work.
const IDLE: Duration = Duration::from_secs(30);
/// How long work may wait while others still move.
const PATIENCE: Duration = Duration::from_millis(20);

/// A pool of threads that grows.
#[derive(Clone)]
pub(super) struct Pool(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    work: Condvar,
    stuck: Condvar,
    basis: usize,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Instant, Work)>,
    threads: usize,
    /// Threads that are at work; all others soon look into the queue.
    busy: usize,
    starts: u64,
    closed: bool,
}

impl Pool {
    /// A pool that keeps up to `basis` threads busy before it asks itself
    /// whether more would help.
    pub(super) fn new(basis: usize) -> std::io::Result<Self> {
        let inner = Arc::new(Inner {
            state: Mutex::default(),
            work: Condvar::new(),
            stuck: Condvar::new(),
            basis: basis.max(1),
        });
        let grower = Arc::clone(&inner);
        std::thread::Builder::new().name("ledama-grow".into()).spawn(move || grower.grow())?;
        Ok(Self(inner))
    }

    /// Does `work` soon; at once if it `waits` for something but the processor.
    pub(super) fn submit(&self, waits: bool, work: Work) {
        let inner = &self.0;
        let mut state = lock(&inner.state);
        state.queue.push_back((Instant::now(), work));
        if state.surplus() == 0 {
            inner.work.notify_one();
        } else if !((waits || state.threads < inner.basis) && Inner::add_thread(inner, &mut state))
        {
            inner.stuck.notify_one();
        }
    }

    /// Lets idle threads end; what is queued is dropped.
    pub(super) fn close(&self) {
        let mut state = lock(&self.0.state);
        state.closed = true;
        state.queue.clear();
        self.0.work.notify_all();
        self.0.stuck.notify_all();
    }
}

impl State {
    /// Work that no thread is free for.
    fn surplus(&self) -> usize {
        self.queue.len().saturating_sub(self.threads - self.busy)
    }
}

impl Inner {
    fn add_thread(inner: &Arc<Self>, state: &mut State) -> bool {
        let own = Arc::clone(inner);
        let spawned =
            std::thread::Builder::new().name("ledama-job".into()).spawn(move || own.serve());
        state.threads += usize::from(spawned.is_ok());
        spawned.is_ok()
    }

    /// The life of one thread.
    fn serve(&self) {
        let mut state = lock(&self.state);
        loop {
            if let Some((_, work)) = state.queue.pop_front() {
                state.starts += 1;
                state.busy += 1;
                drop(state);
                work();
                state = lock(&self.state);
                state.busy -= 1;
                continue;
            }
            if state.closed {
                break;
            }
            let (after, waited) = self
                .work
                .wait_timeout(state, IDLE)
                .unwrap_or_else(std::sync::PoisonError::into_inner);
            state = after;
            if waited.timed_out() && state.queue.is_empty() {
                break;
            }
        }
        state.threads -= 1;
    }

    /// Adds threads while work waits and nothing moves.
    fn grow(self: Arc<Self>) {
        let mut state = lock(&self.state);
        while !state.closed {
            if state.surplus() == 0 {
                state = self.stuck.wait(state).unwrap_or_else(std::sync::PoisonError::into_inner);
                continue;
            }
            let before = state.starts;
            drop(state);
            std::thread::sleep(Duration::from_millis(1));
            state = lock(&self.state);
            let waiting = state.surplus();
            let oldest = state.queue.front().map_or(Duration::ZERO, |(since, _)| since.elapsed());
            let more = if state.starts == before {
                waiting.min(64)
            } else if oldest > PATIENCE {
                waiting.min(2)
            } else {
                0
            };
            for _ in 0..more {
                if !Self::add_thread(&self, &mut state) {
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use std::sync::Barrier;
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn work_that_waits_for_other_work_starts_nevertheless() {
        let pool = Pool::new(2).unwrap();
        for waits in [true, false] {
            // All of them must run at the same time for any to end.
            let together = Arc::new(Barrier::new(50));
            let (done, ended) = mpsc::channel();
            for _ in 0..50 {
                let (together, done) = (Arc::clone(&together), done.clone());
                let work = move || {
                    together.wait();
                    done.send(()).unwrap();
                };
                pool.submit(waits, Box::new(work));
            }
            (0..50).for_each(|_| ended.recv().unwrap());
        }
        pool.close();
    }

    #[test]
    fn a_flood_of_short_work_is_done_by_few_threads() {
        let pool = Pool::new(2).unwrap();
        let (done, ended) = mpsc::channel();
        for _ in 0..20_000 {
            let done = done.clone();
            pool.submit(false, Box::new(move || done.send(()).unwrap()));
        }
        (0..20_000).for_each(|_| ended.recv().unwrap());
        let threads = lock(&pool.0.state).threads;
        assert!(threads < 1000, "{threads} threads for work that never waits");
        pool.close();
    }
}
