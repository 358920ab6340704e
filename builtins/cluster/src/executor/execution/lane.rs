//! Tasks that are sent to a node ahead of their turn.
//!
//! Between two tasks of a node lies a message there and one back. Where tasks
//! are short, that is most of the time, and it is processor time: every message
//! wakes four threads. So a node gets, beyond those that run, as many tasks as
//! it does in a short while, and messages travel many at a time. What a node has
//! begun is known here without being told, see [`Turns`].

use std::time::Duration;

use super::Execution;
use crate::executor::Settings;
use crate::executor::pool::NodeId;
use crate::plan::{Plan, TaskIndex};
use crate::protocol::JobId;
use crate::turns::Turns;

/// Tasks that wait at one node at most.
const MOST: u32 = 64;
/// A task is not taken for shorter.
const SHORTEST: Duration = Duration::from_micros(10);

/// What one node was sent.
#[derive(Debug, Default)]
pub(super) struct Lane {
    turns: Turns<JobId>,
    /// Seconds of its last tasks, the newest counting most.
    pace: Option<f64>,
}

/// Whether tasks can be sent before it is certain that they are to start:
/// limits that hold over several nodes or runs are counted here and not there.
pub(super) fn can_be_ahead(plan: &Plan, settings: &Settings) -> bool {
    let limited = |store: &String| settings.store_streams.contains_key(store);
    !settings.ahead.is_zero()
        && !settings.fail_fast
        && settings.total.is_none()
        && !plan.tasks.iter().any(|task| task.store.as_ref().is_some_and(limited))
}

impl Lane {
    fn learn(&mut self, seconds: f64) {
        self.pace = Some(self.pace.map_or(seconds, |pace| 0.75 * pace + 0.25 * seconds));
    }

    /// How many tasks more than its limit the node may have.
    fn ahead(&self, ahead: Duration) -> usize {
        let Some(pace) = self.pace else { return 0 };
        let count = ahead.as_secs_f64() / pace.max(SHORTEST.as_secs_f64());
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to MOST
        let count = count.min(f64::from(MOST)) as usize;
        // Powers of two: the scheduler hears of few changes.
        if count < 2 { 0 } else { 1 << count.ilog2() }
    }
}

impl Execution<'_> {
    /// A task's job is sent to its node.
    pub(super) fn arrive(&mut self, node: NodeId, id: JobId) {
        let places = self.settings.tasks_per_node;
        if let Some(next) = self.lanes.entry(node).or_default().turns.arrive(id, places) {
            self.begin_unless_stopped(next);
        }
    }

    /// A task's job has been answered.
    pub(super) fn leave(&mut self, node: NodeId, id: JobId, task: TaskIndex, seconds: f64) {
        let Some(lane) = self.lanes.get_mut(&node) else { return };
        if lane.turns.withdraw(|waiting| *waiting == id).is_some() {
            return;
        }
        lane.learn(seconds);
        self.scheduler.allow(task, lane.ahead(self.settings.ahead));
        if let Some(next) = lane.turns.leave(self.settings.tasks_per_node) {
            self.begin_unless_stopped(next);
        }
    }

    /// One that was told to stop before its turn came is only waited for.
    fn begin_unless_stopped(&mut self, id: JobId) {
        if self.jobs.get(&id).is_some_and(|job| job.stop.is_none()) {
            self.begin(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Task;

    #[test]
    fn where_other_limits_count_nothing_is_sent_ahead() {
        let mut plan = Plan::new("test");
        plan.add(Task::operation("a", "/0", "test.echo", serde_json::Value::Null));
        let usual = Settings::default();
        assert!(can_be_ahead(&plan, &usual));
        assert!(!can_be_ahead(&plan, &Settings { ahead: Duration::ZERO, ..usual.clone() }));
        assert!(!can_be_ahead(&plan, &Settings { fail_fast: true, ..usual.clone() }));
        assert!(!can_be_ahead(&plan, &Settings { total: Some(9), ..usual.clone() }));
        let stores = Settings { store_streams: [("S".to_string(), 5)].into(), ..usual };
        assert!(can_be_ahead(&plan, &stores), "no task needs the store");
        plan.tasks[0].store = Some("S".into());
        assert!(!can_be_ahead(&plan, &stores));
    }

    #[test]
    fn short_tasks_are_sent_ahead_and_long_ones_are_not() {
        let ahead = Duration::from_millis(50);
        let mut lane = Lane::default();
        assert_eq!(lane.ahead(ahead), 0, "nothing is known yet");
        lane.learn(0.0);
        assert_eq!(lane.ahead(ahead), 64);
        lane.learn(1.0);
        assert_eq!(lane.ahead(ahead), 0);
        (0..100).for_each(|_| lane.learn(0.01));
        assert_eq!(lane.ahead(ahead), 4);
    }
}
