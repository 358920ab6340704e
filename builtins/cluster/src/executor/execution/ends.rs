//! How things end: well, badly, skipped, out of time, or because the user wants it.

use ledama_base::operation::{ErrorKind, OperationError};

use super::Execution;
use super::jobs::{Job, Stop, What};
use crate::executor::Event;
use crate::executor::alarms::Alarm;
use crate::executor::pool::NodeId;
use crate::plan::TaskIndex;
use crate::protocol::{JobId, JobResult, ToWorker};
use crate::report::{Outcome, State};

impl Execution<'_> {
    /// A task has ended for good. `job` is its last start, if there was one.
    pub(super) fn finish(
        &mut self,
        task: TaskIndex,
        job: Option<JobId>,
        state: State,
        error: Option<OperationError>,
        result: JobResult,
    ) {
        let planned = &self.plan.tasks[task];
        let run = &mut self.tasks[task];
        let outcome = Outcome {
            value: result.value,
            items: std::mem::take(&mut run.items),
            error,
            exit_status: result.exit_status,
            tail: result.tail,
            attempts: run.attempt.number,
            started: run.first.take(),
            seconds: run.seconds,
            log: run.attempt.log.clone(),
            ..Outcome::new(task, &planned.node, &planned.label, state)
        };
        let lease = run.lease.take();
        let attempt = std::mem::take(&mut run.attempt);
        let state = self.ledger.finished(outcome, job, &attempt);
        if lease.is_some() {
            drop(lease);
            // What this run gave back it may take again.
            self.open_stores();
        }
        for skipped in self.scheduler.finished(task, state == State::Done) {
            self.not_started(skipped, State::Skipped);
        }
        if state == State::Failed && self.settings.fail_fast && !self.stopping {
            self.start_no_more(State::Skipped);
        }
    }

    /// Ends everything that has not been sent.
    fn start_no_more(&mut self, state: State) {
        for task in self.scheduler.stop() {
            self.not_started(task, state);
        }
        let unsent: Vec<(JobId, TaskIndex)> = self
            .jobs
            .iter()
            .filter(|(_, job)| !job.sent)
            .filter_map(|(id, job)| Some((*id, job.task()?)))
            // A task that is to be tried again was started; only an interrupt ends it.
            .filter(|(_, task)| self.stopping || self.tasks[*task].attempt.number == 0)
            .collect();
        let mut ended: Vec<TaskIndex> = Vec::new();
        for (job, task) in unsent {
            self.jobs.remove(&job);
            ended.push(task);
        }
        if self.stopping {
            ended.extend(std::mem::take(&mut self.resting));
        }
        ended.sort_unstable();
        for task in ended {
            self.finish(task, None, state, None, JobResult::default());
        }
    }

    /// The user wants to stop: nothing starts any more and what runs is told to end.
    pub(super) fn interrupt(&mut self) {
        self.stopping = true;
        self.start_no_more(State::Cancelled);
        self.pool.stop_connecting();
        let mut running: Vec<JobId> = self.jobs.keys().copied().collect();
        // Those that wait for their turn first, lest they get the place of one that ends.
        running.sort_unstable_by_key(|id| (self.jobs[id].begun.is_some(), *id));
        let begun = |job: &&Job| job.task().is_some() && job.begun.is_some();
        let tasks = self.jobs.values().filter(begun).count();
        self.ledger.tell(&Event::Stopping { running: tasks });
        for job in running {
            self.stop_job(job, Stop::Interrupt);
        }
    }

    /// Tells a job and what it called to end, and sees to it that it does.
    pub(super) fn stop_job(&mut self, id: JobId, why: Stop) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        if job.stop.is_some() {
            return;
        }
        job.stop = Some(why);
        let children = job.children.clone();
        if job.sent {
            self.pool.send(job.node, ToWorker::Cancel { id });
            self.alarms.set(self.settings.grace, Alarm::Grace(id));
        } else if let Some(job) = self.jobs.remove(&id)
            && let What::Call(call) = &job.what
        {
            // Tasks that wait are ended where the reason arises.
            let error = OperationError::new(ErrorKind::Cancelled, "interrupted");
            self.answer(id, call, Err(error));
        }
        for child in children {
            self.stop_job(child, Stop::Parent);
        }
    }

    /// A job that was told to end has not: its worker does not answer any more.
    pub(super) fn grace_is_over(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(&id) else { return };
        let grace = self.settings.grace.as_secs_f64();
        self.lose(job.node, &format!("a task did not stop within {grace} s"));
    }

    /// The link of a node is lost or given up: its jobs are tried again or have failed.
    pub(super) fn lose(&mut self, node: NodeId, reason: &str) {
        let Some(news) = self.pool.lost(node, reason, most_losses(self.settings.retries)) else {
            return;
        };
        let mut gone: Vec<JobId> = self
            .jobs
            .iter()
            .filter(|(_, job)| job.node == node && job.sent)
            .map(|(id, _)| *id)
            .collect();
        gone.sort_unstable();
        self.lanes.remove(&node);
        self.heard_of(node, news);
        for job in gone {
            self.lost_job(job, reason);
        }
    }
}

/// Losses in a row, before any job is done, after which a node is given up:
/// enough for two tasks that each take their worker down every time.
fn most_losses(retries: u32) -> u32 {
    retries.saturating_add(1).saturating_mul(2)
}
