//! Lets a connection be given up from outside.
//!
//! Most waits of a connecting thread look here many times a second, but some
//! calls cannot be interrupted: the resolver, a key agent, files of a dead
//! server. The thread announces each of them with its limit; whoever waits
//! for the connection sees that the limit has passed, abandons the thread and
//! takes back the permit it holds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::executor::CancelToken;

use super::failure::Failure;
use super::gate::Permit;
use super::probe::Step;

/// How long waits sleep before they look whether they are still wanted.
pub(super) const SLICE: Duration = Duration::from_millis(100);

/// What one connecting thread is doing, and whether it still should.
#[derive(Debug)]
pub(super) struct Watch {
    cancel: CancelToken,
    abandoned: AtomicBool,
    stage: Mutex<Stage>,
    permits: Mutex<Vec<Permit>>,
}

#[derive(Debug, Clone)]
struct Stage {
    step: Step,
    doing: String,
    until: Option<Instant>,
}

impl Watch {
    pub(super) fn new(cancel: CancelToken) -> Self {
        Self {
            cancel,
            abandoned: AtomicBool::new(false),
            stage: Mutex::new(Stage { step: Step::Address, doing: "starting".into(), until: None }),
            permits: Mutex::new(Vec::new()),
        }
    }

    /// Announces what comes next. `limit` is for calls that cannot be
    /// interrupted; without one the thread looks after its limits itself.
    pub(super) fn begin(&self, step: Step, doing: impl Into<String>, limit: Option<Duration>) {
        let until = limit.map(|limit| Instant::now() + limit);
        *lock(&self.stage) = Stage { step, doing: doing.into(), until };
    }

    /// Fails once nobody waits any more.
    pub(super) fn check(&self) -> Result<(), Failure> {
        if self.cancel.is_cancelled() || self.abandoned.load(Ordering::SeqCst) {
            return Err(Failure::cancelled(lock(&self.stage).step));
        }
        Ok(())
    }

    /// Sleeps, but fails at once when nobody waits any more.
    pub(super) fn sleep(&self, length: Duration) -> Result<(), Failure> {
        let until = Instant::now() + length;
        loop {
            self.check()?;
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(SLICE));
        }
    }

    /// For the one who waits: why to wait no longer, if so.
    pub(super) fn overdue(&self) -> Option<Failure> {
        let stage = lock(&self.stage).clone();
        if self.cancel.is_cancelled() {
            return Some(Failure::cancelled(stage.step));
        }
        let until = stage.until?;
        (Instant::now() > until)
            .then(|| Failure::unreachable(stage.step, format!("gave up {}", stage.doing)))
    }

    /// For the one who waits: stop it, and take back what it holds.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::SeqCst);
        self.release();
    }

    /// Keeps a permit until [`release`](Self::release).
    pub(super) fn hold(&self, permit: Permit) {
        lock(&self.permits).push(permit);
    }

    /// Gives all permits back.
    pub(super) fn release(&self) {
        lock(&self.permits).clear();
    }
}

/// A panic elsewhere does not make the plain values here wrong.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
