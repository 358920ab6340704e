//! Values of pieces that are there, while the sender compares them.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use ledama_base::operation::OperationError;

use crate::control::{Control, TICK};
use crate::hash::Hash;

/// Values that may be under way.
const WINDOW: usize = 16_384;

/// Values that the sender has not yet answered, by file and piece.
#[derive(Default)]
pub(super) struct Pending {
    values: Mutex<HashMap<(u32, u64), Hash>>,
    changed: Condvar,
}

impl Pending {
    /// Notes a value that is about to be sent; answers false, and does not
    /// note it, while too many are under way.
    pub(super) fn offer(&self, index: u32, piece: u64, value: Hash) -> bool {
        let mut values = self.values();
        if values.len() >= WINDOW {
            return false;
        }
        values.insert((index, piece), value);
        true
    }

    /// Waits until there is room again.
    pub(super) fn wait(&self, control: &Control<'_>) -> Result<(), OperationError> {
        let mut values = self.values();
        while values.len() >= WINDOW {
            control.check()?;
            let waited = self.changed.wait_timeout(values, TICK);
            values = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// The value that was sent for a piece; each is answered once.
    pub(super) fn answer(&self, index: u32, piece: u64) -> Option<Hash> {
        let value = self.values().remove(&(index, piece));
        self.changed.notify_all();
        value
    }

    fn values(&self) -> MutexGuard<'_, HashMap<(u32, u64), Hash>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
