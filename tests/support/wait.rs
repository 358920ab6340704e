//! Waiting for something to become true, with a limit against hanging.
//!
//! The limit is far beyond what any machine needs: no result depends on it.

use std::time::{Duration, Instant};

/// Waits until `check` gives a value; panics after two minutes.
pub(crate) fn until<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = check() {
            return value;
        }
        assert!(start.elapsed() < Duration::from_mins(2), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(3));
    }
}
