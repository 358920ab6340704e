//! How much a node may read in a second.
//!
//! All tasks of a run on one node share the limit, so it is found by run and
//! node. Who wants to read takes its turn and waits until what was taken
//! before has had its time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use ledama_base::operation::{OperationContext, OperationError};

/// How often a pause looks whether the run was interrupted.
const TICK: Duration = Duration::from_millis(100);

static ALL: Mutex<Vec<(String, Weak<Throttle>)>> = Mutex::new(Vec::new());

/// A limit that tasks share.
#[derive(Debug)]
pub(super) struct Throttle {
    bytes_per_s: f64,
    /// When all that was taken has had its time.
    free: Mutex<Instant>,
}

impl Throttle {
    /// The limit of this run on this node.
    pub(super) fn shared(mib_per_s: f64, ctx: &dyn OperationContext) -> Arc<Self> {
        Self::of(format!("{}\n{}\n{mib_per_s}", ctx.run_id(), ctx.node()), mib_per_s)
    }

    fn of(key: String, mib_per_s: f64) -> Arc<Self> {
        let mut all = lock(&ALL);
        all.retain(|(_, throttle)| throttle.strong_count() > 0);
        let known = all.iter().find(|(of, _)| *of == key).and_then(|(_, found)| found.upgrade());
        known.unwrap_or_else(|| {
            let throttle = Arc::new(Self::new(mib_per_s));
            all.push((key, Arc::downgrade(&throttle)));
            throttle
        })
    }

    fn new(mib_per_s: f64) -> Self {
        let bytes_per_s = mib_per_s.max(f64::MIN_POSITIVE) * 1024.0 * 1024.0;
        Self { bytes_per_s, free: Mutex::new(Instant::now()) }
    }

    /// Waits for the turn of so many bytes.
    pub(super) fn take(
        &self,
        bytes: usize,
        ctx: &dyn OperationContext,
    ) -> Result<(), OperationError> {
        let turn = self.turn(bytes, Instant::now());
        loop {
            ctx.check()?;
            let left = turn.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(TICK));
        }
    }

    /// When so many bytes may be read that are asked for now.
    fn turn(&self, bytes: usize, now: Instant) -> Instant {
        #[allow(clippy::cast_precision_loss)] // a buffer is far smaller
        let time = (bytes as f64 / self.bytes_per_s).min(3600.0);
        let mut free = lock(&self.free);
        let turn = (*free).max(now);
        *free = turn + Duration::from_secs_f64(time);
        turn
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Both are whole at every moment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::testing::Alone;

    #[test]
    fn turns_come_one_after_the_other() {
        let throttle = Throttle::new(2.0);
        let now = Instant::now() + Duration::from_secs(1);
        let after = |bytes| throttle.turn(bytes, now).duration_since(now);
        assert_eq!(after(1 << 20), Duration::ZERO);
        assert_eq!(after(2 << 20), Duration::from_millis(500));
        assert_eq!(after(1), Duration::from_millis(1500));
        // Time in which nobody reads is not saved up.
        let later = now + Duration::from_mins(1);
        assert_eq!(throttle.turn(1 << 20, later), later);
        assert_eq!(throttle.turn(1, later), later + Duration::from_millis(500));
    }

    #[test]
    fn tasks_of_one_run_on_one_node_share_it() {
        let first = Throttle::of("here".into(), 3.0);
        assert!(Arc::ptr_eq(&first, &Throttle::of("here".into(), 3.0)));
        assert!(!Arc::ptr_eq(&first, &Throttle::of("there".into(), 3.0)));
        drop(first);
        Throttle::of("elsewhere".into(), 3.0);
        assert!(lock(&ALL).iter().all(|(key, _)| key != "here"), "forgotten with its tasks");
    }

    #[test]
    fn a_wait_ends_with_the_run() {
        let throttle = Throttle::new(1e-9);
        assert!(throttle.take(1, &Alone::interrupted_after(0)).is_err());
        throttle.take(1, &Alone::interrupted_after(3)).unwrap_err();
    }
}
