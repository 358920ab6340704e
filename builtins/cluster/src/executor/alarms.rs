//! What is due when.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

use super::pool::NodeId;
use crate::plan::TaskIndex;
use crate::protocol::JobId;

/// Longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Something that happens at a set time unless it has become pointless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// A job has had all its time.
    TimeOut(JobId),
    /// A stopped job has had its time to end.
    Grace(JobId),
    /// Connect to a node again.
    Connect(NodeId),
    /// Start a task again.
    Retry(TaskIndex),
    /// Other runs may have given a stream back.
    Lease,
}

/// All alarms of an execution.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    heap: BinaryHeap<Reverse<(Instant, Alarm)>>,
}

impl Alarms {
    /// Sets an alarm. A time beyond the clock's range never comes.
    pub(super) fn set(&mut self, after: Duration, alarm: Alarm) {
        if let Some(at) = Instant::now().checked_add(after) {
            self.heap.push(Reverse((at, alarm)));
        }
    }

    /// The next alarm that is due.
    pub(super) fn due(&mut self, now: Instant) -> Option<Alarm> {
        match self.heap.peek() {
            Some(Reverse((at, _))) if *at <= now => self.heap.pop().map(|Reverse((_, a))| a),
            _ => None,
        }
    }

    /// Time until the next alarm.
    pub(super) fn pause(&self, now: Instant) -> Option<Duration> {
        self.heap.peek().map(|Reverse((at, _))| at.saturating_duration_since(now))
    }
}

/// The pause before try number `tries + 1`, growing twofold.
pub(super) fn pause_after(tries: u32, first: Duration) -> Duration {
    first.saturating_mul(1 << tries.saturating_sub(1).min(16)).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_come_in_order() {
        let mut alarms = Alarms::default();
        let start = Instant::now();
        assert_eq!(alarms.pause(start), None);
        alarms.set(Duration::MAX, Alarm::Lease);
        alarms.set(Duration::from_secs(20), Alarm::Connect(1));
        alarms.set(Duration::from_secs(10), Alarm::TimeOut(2));
        assert_eq!(alarms.due(start), None);
        assert!(alarms.pause(start).is_some_and(|p| p >= Duration::from_secs(10)));
        let later = start + Duration::from_mins(1);
        assert_eq!(alarms.due(later), Some(Alarm::TimeOut(2)));
        assert_eq!(alarms.pause(later), Some(Duration::ZERO));
        assert_eq!(alarms.due(later), Some(Alarm::Connect(1)));
        assert_eq!(alarms.due(later), None);
    }

    #[test]
    fn pauses_grow_to_half_a_minute() {
        let first = Duration::from_millis(500);
        let pauses: Vec<u64> = [1, 2, 3, 7, 100]
            .map(|tries| u64::try_from(pause_after(tries, first).as_millis()).unwrap_or(0))
            .to_vec();
        assert_eq!(pauses, [500, 1000, 2000, 30_000, 30_000]);
        assert_eq!(pause_after(9, Duration::ZERO), Duration::ZERO);
    }
}
