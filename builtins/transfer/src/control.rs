//! One place where the threads of a transfer learn that it is over.
//!
//! The first failure counts: it is kept, all channels are closed so that no
//! thread stays in a read or write, and everything that waits finds out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::Scope;
use std::time::Duration;

use ledama_base::operation::{ErrorKind, OperationContext, OperationError};

/// How often the surroundings are asked whether the task was cancelled, and
/// the longest time a waiting thread sleeps before it looks around.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Ends something that a thread may be blocked in.
type Closer = Box<dyn Fn() + Send>;

#[derive(Default)]
struct State {
    error: Option<OperationError>,
    closers: Vec<Closer>,
    finished: bool,
}

/// Shared by all threads of one transfer.
pub(crate) struct Control<'c> {
    ctx: &'c dyn OperationContext,
    stopped: AtomicBool,
    state: Mutex<State>,
    wake: Condvar,
}

impl<'c> Control<'c> {
    /// For a transfer in these surroundings.
    pub(crate) fn new(ctx: &'c dyn OperationContext) -> Self {
        Self {
            ctx,
            stopped: AtomicBool::new(false),
            state: Mutex::new(State::default()),
            wake: Condvar::new(),
        }
    }

    /// The surroundings.
    pub(crate) fn ctx(&self) -> &'c dyn OperationContext {
        self.ctx
    }

    /// Ends the transfer. A lost connection is often only the echo of a
    /// failure on the other side, so any other failure replaces it.
    pub(crate) fn fail(&self, error: OperationError) {
        let mut state = self.state();
        let echo = |known: &OperationError| {
            known.kind == ErrorKind::Connection && error.kind != ErrorKind::Connection
        };
        if state.error.as_ref().is_none_or(echo) {
            state.error = Some(error);
        }
        self.stopped.store(true, Ordering::SeqCst);
        state.closers.iter().for_each(|close| close());
        drop(state);
        self.wake.notify_all();
    }

    /// Calls `close` when the transfer fails, at once if it has already.
    pub(crate) fn on_stop(&self, close: impl Fn() + Send + 'static) {
        let mut state = self.state();
        if self.stopped() {
            close();
        }
        state.closers.push(Box::new(close));
    }

    /// Whether the transfer has failed.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Whether what has arrived is of no use any more. A lost connection is no
    /// reason to throw it away: the next attempt goes on from there.
    pub(crate) fn given_up(&self) -> bool {
        self.stopped() && self.error().kind != ErrorKind::Connection
    }

    /// The failure, if there is one; cheap.
    pub(crate) fn check(&self) -> Result<(), OperationError> {
        if self.stopped() { Err(self.error()) } else { Ok(()) }
    }

    /// The failure; to be asked only after one.
    pub(crate) fn error(&self) -> OperationError {
        let error = self.state().error.clone();
        error.unwrap_or_else(|| OperationError::new(ErrorKind::Cancelled, "interrupted"))
    }

    /// Records the failure of a thread, if it is one.
    pub(crate) fn note<T>(&self, result: Result<T, OperationError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.fail(error);
                None
            }
        }
    }

    /// The work of one thread: ends the transfer when the task is cancelled.
    pub(crate) fn watch(&self) {
        let mut state = self.state();
        while !state.finished {
            drop(state);
            if self.ctx.cancelled() && !self.stopped() {
                self.fail(OperationError::new(ErrorKind::Cancelled, "interrupted"));
            }
            state = self.state();
            if !state.finished {
                let waited = self.wake.wait_timeout(state, TICK);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// Ends [`watch`](Self::watch).
    pub(crate) fn finish(&self) {
        self.state().finished = true;
        self.wake.notify_all();
    }

    /// To be held by every thread of the transfer: should the thread panic,
    /// the others do not wait for it.
    pub(crate) fn guard(&self) -> Guard<'_, 'c> {
        Guard(self)
    }

    /// Starts a thread of the transfer.
    pub(crate) fn spawn<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        work: impl FnOnce() + Send + 'scope,
    ) {
        scope.spawn(move || {
            let _guard = self.guard();
            work();
        });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See [`Control::guard`].
pub(crate) struct Guard<'a, 'c>(&'a Control<'c>);

impl Drop for Guard<'_, '_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.fail(OperationError::new(ErrorKind::Internal, "a thread of the copy panicked"));
            self.0.finish();
        }
    }
}

/// Runs a transfer under a control of its own, with a thread that watches for
/// cancelling. Of several failures the most telling one is answered.
pub(crate) fn supervised<T>(
    ctx: &dyn OperationContext,
    work: impl FnOnce(&Control<'_>) -> Result<T, OperationError>,
) -> Result<T, OperationError> {
    let control = Control::new(ctx);
    std::thread::scope(|scope| {
        scope.spawn(|| control.watch());
        let _guard = control.guard();
        let result = work(&control);
        if let Err(error) = &result {
            control.fail(error.clone());
        }
        control.finish();
        result.map_err(|_| control.error())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::FakeContext;
    use std::sync::Arc;

    fn error(kind: ErrorKind) -> OperationError {
        OperationError::new(kind, "x")
    }

    #[test]
    fn the_first_failure_counts_unless_it_was_an_echo() {
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        assert!(control.check().is_ok());
        control.fail(error(ErrorKind::Connection));
        control.fail(error(ErrorKind::Changed));
        control.fail(error(ErrorKind::Io));
        assert_eq!(control.check(), Err(error(ErrorKind::Changed)));
    }

    #[test]
    fn channels_are_closed_however_late_they_come() {
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        let closed = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
        let [early, late] = closed.clone();
        control.on_stop(move || early.store(true, Ordering::SeqCst));
        assert!(!closed[0].load(Ordering::SeqCst));
        control.fail(error(ErrorKind::Io));
        control.on_stop(move || late.store(true, Ordering::SeqCst));
        assert!(closed.iter().all(|c| c.load(Ordering::SeqCst)));
    }

    #[test]
    fn cancelling_the_task_ends_the_transfer() {
        let ctx = FakeContext::new("a");
        let control = Control::new(&ctx);
        std::thread::scope(|scope| {
            scope.spawn(|| control.watch());
            ctx.cancel();
            while !control.stopped() {
                std::thread::yield_now();
            }
            control.finish();
        });
        assert_eq!(control.error().kind, ErrorKind::Cancelled);
    }
}
