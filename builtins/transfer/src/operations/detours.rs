//! What a node remembers about others that it has no direct connection with.
//!
//! Where a firewall drops packets, every attempt ends with a time-out. A run
//! of many copies pays for that once and not once per copy.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// After that time a direct connection is tried again.
const LIFE: Duration = Duration::from_mins(5);

/// Nodes that could not be reached directly, and why.
#[derive(Default)]
pub(super) struct Detours {
    nodes: Mutex<HashMap<String, (Instant, String)>>,
}

impl Detours {
    /// Why there was no direct connection with that node a short while ago.
    pub(super) fn known(&self, node: &str) -> Option<String> {
        self.nodes().get(node).map(|(_, why)| why.clone())
    }

    /// The same, unless it is time to try again.
    pub(super) fn recent(&self, node: &str) -> Option<String> {
        self.nodes().get(node).filter(|(since, _)| since.elapsed() < LIFE).map(|(_, w)| w.clone())
    }

    /// There is no direct connection with that node.
    pub(super) fn note(&self, node: &str, why: &str) {
        self.nodes().insert(node.to_string(), (Instant::now(), why.to_string()));
    }

    fn nodes(&self) -> MutexGuard<'_, HashMap<String, (Instant, String)>> {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_blocked_is_remembered_by_node() {
        let detours = Detours::default();
        assert_eq!(detours.recent("a"), None);
        detours.note("a", "a to b (No route to host)");
        assert_eq!(detours.recent("a").as_deref(), Some("a to b (No route to host)"));
        assert_eq!(detours.recent("b"), None);
    }
}
