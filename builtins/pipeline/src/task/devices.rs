//! Graphics processors of a node: each task gets the one that the fewest tasks
//! of this worker use.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// Tasks that use each processor now.
static USED: LazyLock<Mutex<BTreeMap<String, usize>>> = LazyLock::new(Mutex::default);

fn used() -> MutexGuard<'static, BTreeMap<String, usize>> {
    // Whole at every moment.
    USED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A processor in use; free again when this is dropped.
#[derive(Debug)]
pub(super) struct Device(String);

impl Device {
    /// One of these, the first of those that the fewest tasks use.
    pub(super) fn take(all: &[String]) -> Option<Self> {
        let mut used = used();
        let name = all.iter().min_by_key(|name| used.get(*name).copied().unwrap_or(0))?.clone();
        *used.entry(name.clone()).or_default() += 1;
        Some(Self(name))
    }

    /// The variable that tells the program.
    pub(super) fn variable(&self) -> (String, String) {
        ("CUDA_VISIBLE_DEVICES".to_string(), self.0.clone())
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        if let Some(count) = used().get_mut(&self.0) {
            *count = count.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_task_gets_a_processor_of_its_own_while_there_are_some() {
        let all = ["test-a", "test-b"].map(String::from);
        let one = Device::take(&all).unwrap();
        let two = Device::take(&all).unwrap();
        assert_eq!([&one.0, &two.0], ["test-a", "test-b"]);
        let three = Device::take(&all).unwrap();
        assert_eq!(three.0, "test-a");
        drop(two);
        assert_eq!(Device::take(&all).unwrap().variable().1, "test-b");
        assert!(Device::take(&[]).is_none());
    }
}
