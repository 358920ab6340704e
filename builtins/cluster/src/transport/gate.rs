//! How many may do something at the same time.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::failure::Failure;
use super::watch::{SLICE, Watch};

/// A number of places.
#[derive(Debug)]
pub(super) struct Gate {
    state: Mutex<State>,
    freed: Condvar,
}

#[derive(Debug)]
struct State {
    places: usize,
    taken: usize,
}

/// One place; given back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    gate: Arc<Gate>,
}

impl Gate {
    pub(super) fn new(places: usize) -> Arc<Self> {
        let state = Mutex::new(State { places: places.max(1), taken: 0 });
        Arc::new(Self { state, freed: Condvar::new() })
    }

    /// Waits for a place.
    pub(super) fn enter(self: &Arc<Self>, watch: &Watch) -> Result<Permit, Failure> {
        let mut state = self.lock();
        loop {
            watch.check()?;
            if state.taken < state.places {
                state.taken += 1;
                return Ok(Permit { gate: Arc::clone(self) });
            }
            state = match self.freed.wait_timeout(state, SLICE) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }

    /// Makes it at least that wide.
    pub(super) fn widen(&self, places: usize) {
        let mut state = self.lock();
        state.places = state.places.max(places);
        drop(state);
        self.freed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.gate.lock().taken -= 1;
        self.gate.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]

    use super::*;
    use crate::executor::CancelToken;

    #[test]
    fn a_full_gate_lets_in_when_left_or_widened() {
        let watch = Watch::new(CancelToken::new());
        let gate = Gate::new(1);
        let first = gate.enter(&watch).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| gate.enter(&watch).unwrap());
            drop(first);
            let second = second.join().unwrap();
            gate.widen(2);
            let third = gate.enter(&watch).unwrap();
            drop((second, third));
        });
        assert_eq!(gate.lock().taken, 0);
    }

    #[test]
    fn waiting_ends_with_the_run() {
        let cancel = CancelToken::new();
        let watch = Watch::new(cancel.clone());
        let gate = Gate::new(1);
        let _first = gate.enter(&watch).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| gate.enter(&watch).map(drop));
            cancel.cancel();
            let failure = second.join().unwrap().unwrap_err();
            assert_eq!(failure.kind, crate::error::ConnectErrorKind::Cancelled);
        });
    }

    #[test]
    fn an_abandoned_thread_gives_its_place_back() {
        let watch = Watch::new(CancelToken::new());
        let gate = Gate::new(1);
        watch.hold(gate.enter(&watch).unwrap());
        watch.abandon();
        assert_eq!(gate.lock().taken, 0);
        assert!(gate.enter(&watch).is_err(), "and gets no new one");
    }
}
