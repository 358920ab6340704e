//! What has happened so far in one execution, as numbers. Times come from
//! outside, so that it can be looked at without a clock.

use std::time::Duration;

use ledama_cluster::executor::Event;
use ledama_cluster::plan::{Plan, TaskIndex};
use ledama_cluster::report::{Outcome, State};

use super::groups::Grouping;
use super::pace::Pace;

/// Shorter runs say nothing about how long the rest takes.
const TOO_EARLY: Duration = Duration::from_secs(2);

/// The numbers of one execution.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) title: String,
    pub(super) all: Count,
    pub(super) groups: Vec<(String, Count)>,
    /// Bytes of the whole plan; 0 when unknown.
    pub(super) bytes: u64,
    tasks: Vec<Task>,
    running: usize,
    /// Tasks that an earlier run had done.
    earlier_tasks: usize,
    /// Bytes that were there already.
    earlier: u64,
    /// Bytes done in this run.
    done: u64,
    /// Bytes of tasks that have ended without doing them.
    never: u64,
    pace: Pace,
}

/// Tasks of one group, or of all.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) tasks: usize,
    /// Those that have ended, well or not.
    pub(super) over: usize,
    pub(super) failed: usize,
}

#[derive(Debug, Default)]
struct Task {
    group: usize,
    size: u64,
    /// Bytes done so far.
    partial: u64,
    running: bool,
    over: bool,
}

impl Tally {
    /// Nothing has happened yet.
    pub(super) fn new(plan: &Plan) -> Self {
        let grouping = Grouping::of(plan);
        let mut groups: Vec<(String, Count)> =
            grouping.names.into_iter().map(|name| (name, Count::default())).collect();
        let mut tasks = Vec::with_capacity(plan.tasks.len());
        for (task, group) in plan.tasks.iter().zip(grouping.of_task) {
            groups[group].1.tasks += 1;
            tasks.push(Task { group, size: task.size_bytes, ..Task::default() });
        }
        Self {
            title: plan.title.clone(),
            all: Count { tasks: tasks.len(), ..Count::default() },
            groups,
            bytes: plan.tasks.iter().map(|task| task.size_bytes).sum(),
            tasks,
            ..Self::default()
        }
    }

    /// Takes what has happened.
    pub(super) fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Started { task, .. } => self.start(*task),
            Event::Progress { task, progress } => self.advance(*task, progress.done),
            Event::Finished(outcome) => self.finish(outcome),
            _ => {}
        }
    }

    fn start(&mut self, index: TaskIndex) {
        // A second attempt begins anew, and runs already.
        self.advance(index, 0);
        if let Some(task) = self.tasks.get_mut(index)
            && !task.running
        {
            task.running = true;
            self.running += 1;
        }
    }

    fn advance(&mut self, index: TaskIndex, done: u64) {
        let Some(task) = self.tasks.get_mut(index) else { return };
        // Without a planned size its units are its own.
        let done = done.min(task.size);
        self.done = self.done + done - task.partial;
        task.partial = done;
    }

    fn finish(&mut self, outcome: &Outcome) {
        let Some(task) = self.tasks.get_mut(outcome.task).filter(|task| !task.over) else { return };
        task.over = true;
        self.running -= usize::from(task.running);
        let (size, partial) = (task.size, task.partial);
        let group = task.group;
        match outcome.state {
            State::Done => {
                let bytes = outcome.value.get("bytes").and_then(serde_json::Value::as_u64);
                let moved = bytes.unwrap_or(size).min(size);
                self.advance(outcome.task, moved);
                self.earlier += size - moved;
            }
            State::AlreadyDone => {
                self.earlier_tasks += 1;
                self.earlier += size;
            }
            State::Failed | State::Skipped | State::Cancelled => self.never += size - partial,
        }
        for count in [&mut self.all, &mut self.groups[group].1] {
            count.over += 1;
            count.failed += usize::from(outcome.state == State::Failed);
        }
    }

    /// The time since the beginning is `time` now.
    pub(super) fn tick(&mut self, time: Duration) {
        self.pace.add(time, self.done);
    }

    /// Tasks that run now.
    pub(super) fn running(&self) -> usize {
        self.running
    }

    /// Bytes that are where they belong.
    pub(super) fn bytes_done(&self) -> u64 {
        self.done + self.earlier
    }

    /// Bytes per second of late.
    pub(super) fn speed(&self) -> Option<u64> {
        // Display only: no sign, and rounding is meant.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.pace.per_second().filter(|_| self.bytes > 0).map(|rate| rate as u64)
    }

    /// How long the rest will take, if it goes on like this.
    pub(super) fn left(&self, time: Duration) -> Option<Duration> {
        let left = self.bytes - (self.bytes_done() + self.never).min(self.bytes);
        if left > 0 {
            return self.speed().filter(|rate| *rate > 0).map(|r| Duration::from_secs(left / r));
        }
        let done = self.all.over.saturating_sub(self.earlier_tasks);
        let rest = self.all.tasks - self.all.over;
        if rest == 0 || done == 0 || time < TOO_EARLY {
            return None;
        }
        // Display only.
        #[allow(clippy::cast_precision_loss)]
        Some(time.mul_f64(rest as f64 / done as f64))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use ledama_base::operation::Progress;
    use ledama_cluster::plan::{Action, CommandSpec};
    use serde_json::json;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn plan(nodes_and_sizes: &[(&str, u64)]) -> Plan {
        let mut plan = Plan::new("Copy");
        plan.tasks = nodes_and_sizes
            .iter()
            .map(|(node, size)| ledama_cluster::plan::Task {
                node: (*node).to_string(),
                label: "x".to_string(),
                action: Action::Command(CommandSpec::default()),
                size_bytes: *size,
                after: Vec::new(),
                store: None,
                log: None,
            })
            .collect();
        plan
    }

    fn start(tally: &mut Tally, task: usize, attempt: u32) {
        tally.take(&Event::Started { task, node: "n", label: "x", attempt });
    }

    fn progress(tally: &mut Tally, task: usize, done: u64) {
        tally.take(&Event::Progress { task, progress: Progress { done, total: 0 } });
    }

    fn finish(tally: &mut Tally, task: usize, state: State) {
        tally.take(&Event::Finished(&Outcome::new(task, "n", "x", state)));
    }

    #[test]
    fn tasks_are_counted_in_their_groups() {
        let mut tally = Tally::new(&plan(&[("n1", 0), ("n2", 0), ("n1", 0)]));
        start(&mut tally, 0, 1);
        start(&mut tally, 1, 1);
        start(&mut tally, 1, 2);
        assert_eq!(tally.running(), 2, "a second attempt is no second task");
        finish(&mut tally, 0, State::Done);
        finish(&mut tally, 0, State::Done);
        finish(&mut tally, 1, State::Failed);
        assert_eq!(tally.running(), 0);
        assert_eq!(tally.all, Count { tasks: 3, over: 2, failed: 1 });
        assert_eq!(tally.groups[0], ("n1".to_string(), Count { tasks: 2, over: 1, failed: 0 }));
        assert_eq!(tally.groups[1], ("n2".to_string(), Count { tasks: 1, over: 1, failed: 1 }));
    }

    #[test]
    fn bytes_are_counted_once() {
        let mut tally = Tally::new(&plan(&[("n", 100), ("n", 100), ("n", 100), ("n", 100)]));
        progress(&mut tally, 0, 30);
        progress(&mut tally, 0, 60);
        assert_eq!(tally.bytes_done(), 60);
        start(&mut tally, 0, 2);
        assert_eq!(tally.bytes_done(), 0, "a second attempt begins anew");
        progress(&mut tally, 0, 900);
        assert_eq!(tally.bytes_done(), 100, "never more than was planned");
        finish(&mut tally, 0, State::Done);
        assert_eq!(tally.bytes_done(), 100);
        progress(&mut tally, 1, 40);
        finish(&mut tally, 1, State::Failed);
        assert_eq!(tally.bytes_done(), 140, "what a failed task has done was done");
        finish(&mut tally, 2, State::AlreadyDone);
        assert_eq!(tally.bytes_done(), 240);
        let part =
            Outcome { value: json!({ "bytes": 10 }), ..Outcome::new(3, "n", "x", State::Done) };
        tally.take(&Event::Finished(&part));
        assert_eq!((tally.bytes_done(), tally.done), (340, 150), "the rest was there already");
    }

    #[test]
    fn bytes_tell_how_long_it_takes() {
        let mut tally = Tally::new(&plan(&[("n", 1000), ("n", 1000), ("n", 400)]));
        assert_eq!((tally.speed(), tally.left(SECOND)), (None, None));
        finish(&mut tally, 2, State::Skipped);
        for second in 0..=4 {
            progress(&mut tally, 0, second * 50);
            tally.tick(SECOND * second.try_into().unwrap());
        }
        assert_eq!(tally.speed(), Some(50));
        assert_eq!(tally.left(SECOND * 4), Some(SECOND * 36), "without what will never come");
        for second in 5..=60 {
            tally.tick(SECOND * second);
        }
        assert_eq!((tally.speed(), tally.left(SECOND * 60)), (Some(0), None), "it stalls");
    }

    #[test]
    fn tasks_tell_it_where_no_bytes_are_known() {
        let mut tally = Tally::new(&plan(&[("n", 0); 10]));
        finish(&mut tally, 0, State::AlreadyDone);
        assert_eq!(tally.left(SECOND * 10), None);
        finish(&mut tally, 1, State::Done);
        finish(&mut tally, 2, State::Failed);
        assert_eq!(tally.left(SECOND), None, "too early");
        assert_eq!(tally.left(SECOND * 10), Some(SECOND * 35));
        progress(&mut tally, 3, 7);
        assert_eq!((tally.speed(), tally.bytes_done()), (None, 0), "units of its own");
    }
}
