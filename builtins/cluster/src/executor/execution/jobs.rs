//! What is sent to the workers: tasks and calls, from their start to their answer.

use std::time::Instant;

use ledama_base::operation::{ErrorKind, OperationError};
use serde_json::Value;

use super::Execution;
use crate::executor::alarms::{Alarm, pause_after};
use crate::executor::ledger::Attempt;
use crate::executor::pool::NodeId;
use crate::leases::Lease;
use crate::plan::{Action, TaskIndex};
use crate::protocol::{CallId, JobId, JobResult, ToWorker};
use crate::report::State;

/// What is known of a task over all its attempts.
#[derive(Debug, Default)]
pub(super) struct TaskRun {
    /// The present one, or the last.
    pub(super) attempt: Attempt,
    /// When it was first started.
    pub(super) first: Option<String>,
    pub(super) seconds: f64,
    pub(super) items: Vec<Value>,
    pub(super) lease: Option<Lease>,
}

/// Something a worker was asked to do, or will be once its node is connected.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) node: NodeId,
    pub(super) what: What,
    /// The job of the task it belongs to, which has the log.
    pub(super) root: JobId,
    pub(super) sent: bool,
    /// When it began: when it was sent, or later if it was sent ahead of its turn.
    pub(super) begun: Option<Instant>,
    /// Why it was asked to stop.
    pub(super) stop: Option<Stop>,
    /// Calls it made that are not answered.
    pub(super) children: Vec<JobId>,
    /// A node that it needs was given up: trying again cannot help.
    pub(super) hopeless: bool,
}

#[derive(Debug)]
pub(super) enum What {
    Task(TaskIndex),
    Call(Call),
}

/// A call of one worker to another.
#[derive(Debug)]
pub(super) struct Call {
    /// The job that asks.
    pub(super) parent: JobId,
    /// Where that runs.
    pub(super) parent_node: NodeId,
    /// Its number there.
    pub(super) number: CallId,
    /// Taken when sent.
    pub(super) action: Option<Action>,
}

/// Why a job was asked to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    TimeOut,
    Interrupt,
    /// What called it has ended.
    Parent,
}

impl Job {
    pub(super) fn new(node: NodeId, what: What, root: JobId) -> Self {
        Self {
            node,
            what,
            root,
            sent: false,
            begun: None,
            stop: None,
            children: Vec::new(),
            hopeless: false,
        }
    }

    /// The task, unless it is a call.
    pub(super) fn task(&self) -> Option<TaskIndex> {
        match self.what {
            What::Task(task) => Some(task),
            What::Call(_) => None,
        }
    }
}

impl Execution<'_> {
    /// Starts a task, for the first time or again.
    pub(super) fn start(&mut self, task: TaskIndex) {
        let id = self.pool.new_job();
        self.jobs.insert(id, Job::new(self.nodes[task], What::Task(task), id));
        self.dispatch(id);
    }

    /// Sends a job, or lets it wait for its node.
    pub(super) fn dispatch(&mut self, id: JobId) {
        let Some(node) = self.jobs.get(&id).map(|job| job.node) else { return };
        if self.pool.is_open(node) {
            self.send(id);
        } else if let Some(error) = self.pool.dead(node).cloned() {
            self.unreachable(id, &error);
        } else {
            self.waiting.entry(node).or_default().push(id);
            self.pool.want(node);
        }
    }

    fn send(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        job.sent = true;
        let node = job.node;
        let stream = self.ledger.wants_output();
        let task = match &mut job.what {
            What::Task(task) => *task,
            What::Call(call) => {
                job.begun = Some(Instant::now());
                if let Some(action) = call.action.take() {
                    self.pool.send(node, ToWorker::Run { id, action, stream });
                }
                return;
            }
        };
        let action = self.plan.tasks[task].action.clone();
        if self.ahead {
            self.arrive(node, id);
            let places = self.settings.tasks_per_node;
            self.pool.send(node, ToWorker::Queue { id, action, stream, places });
        } else {
            self.begin(id);
            self.pool.send(node, ToWorker::Run { id, action, stream });
        }
    }

    /// The job of a task begins on its node.
    pub(super) fn begin(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(&id) else { return };
        let Some(task) = job.task() else { return };
        job.begun = Some(Instant::now());
        let run = &mut self.tasks[task];
        run.items.clear();
        run.attempt = self.ledger.started(task, id, run.attempt.number + 1);
        if run.first.is_none() {
            run.first.clone_from(&run.attempt.started);
        }
        if let Some(time_out) = self.settings.time_out {
            self.alarms.set(time_out, Alarm::TimeOut(id));
        }
    }

    /// The node of a job was given up before the job could be sent.
    pub(super) fn unreachable(&mut self, id: JobId, error: &OperationError) {
        let Some(job) = self.jobs.remove(&id) else { return };
        match job.what {
            What::Task(task) => {
                self.finish(task, None, State::Failed, Some(error.clone()), JobResult::default());
            }
            What::Call(call) => {
                self.give_up_callers(call.parent);
                let error = self.on_node(job.node, error);
                self.answer(id, &call, Err(error));
            }
        }
    }

    /// A worker has answered.
    pub(super) fn done(&mut self, node: NodeId, id: JobId, mut result: JobResult) {
        // Done although its turn was not thought to have come: the worker began it
        // before it heard that it should not.
        if result.error.is_none() && self.jobs.get(&id).is_some_and(|job| job.begun.is_none()) {
            self.begin(id);
        }
        // Late news of a job that was given up.
        let Some(job) = self.jobs.remove(&id) else { return };
        self.pool.works(node);
        self.orphan(&job);
        let error = result.error.take();
        match job.what {
            What::Call(ref call) => {
                let answer = match error {
                    None => Ok(std::mem::take(&mut result.value)),
                    Some(error) => Err(error),
                };
                self.answer(id, call, answer);
            }
            What::Task(task) => {
                let seconds = result.seconds;
                self.tasks[task].seconds += seconds;
                self.task_done(task, id, &job, error, result);
                self.leave(node, id, task, seconds);
            }
        }
    }

    fn task_done(
        &mut self,
        task: TaskIndex,
        id: JobId,
        job: &Job,
        error: Option<OperationError>,
        result: JobResult,
    ) {
        let Some(error) = error else {
            return self.finish(task, Some(id), State::Done, None, result);
        };
        match job.stop {
            // Whatever it says, it ended because it was told to.
            Some(Stop::TimeOut) => {
                let error = self.time_out_error();
                self.finish(task, Some(id), State::Failed, Some(error), result);
            }
            Some(_) => self.finish(task, Some(id), State::Cancelled, Some(error), result),
            None if error.kind == ErrorKind::Connection && self.may_retry(task, job) => {
                let tries = self.tasks[task].attempt.number;
                self.retried(task, id, &error, result.seconds);
                self.resting.insert(task);
                let pause = pause_after(tries, self.settings.back_off);
                self.alarms.set(pause, Alarm::Retry(task));
            }
            None => self.finish(task, Some(id), State::Failed, Some(error), result),
        }
    }

    fn may_retry(&self, task: TaskIndex, job: &Job) -> bool {
        !self.stopping && !job.hopeless && self.tasks[task].attempt.number <= self.settings.retries
    }

    fn retried(&mut self, task: TaskIndex, id: JobId, error: &OperationError, seconds: f64) {
        let attempt = self.tasks[task].attempt.clone();
        self.ledger.retried(task, id, &attempt, error, seconds);
    }

    /// The link that a job was sent on is gone.
    pub(super) fn lost_job(&mut self, id: JobId, reason: &str) {
        let Some(job) = self.jobs.remove(&id) else { return };
        self.orphan(&job);
        let error = OperationError::new(ErrorKind::Connection, format!("lost: {reason}"));
        let task = match job.what {
            // Its turn had not come: nothing has happened to it.
            What::Task(task) if job.begun.is_none() && job.stop.is_none() => {
                return self.start(task);
            }
            What::Task(task) => task,
            What::Call(ref call) => {
                let error = self.on_node(job.node, &error);
                return self.answer(id, call, Err(error));
            }
        };
        let seconds = job.begun.map_or(0.0, |begun| begun.elapsed().as_secs_f64());
        self.tasks[task].seconds += seconds;
        let nothing = JobResult::default();
        match job.stop {
            Some(Stop::TimeOut) => {
                let error = self.time_out_error();
                self.finish(task, Some(id), State::Failed, Some(error), nothing);
            }
            Some(_) => self.finish(task, Some(id), State::Cancelled, Some(error), nothing),
            None if self.may_retry(task, &job) => {
                self.retried(task, id, &error, seconds);
                self.start(task);
            }
            None => self.finish(task, Some(id), State::Failed, Some(error), nothing),
        }
    }

    fn time_out_error(&self) -> OperationError {
        let allowed = self.settings.time_out.unwrap_or_default().as_secs_f64();
        OperationError::new(
            ErrorKind::TimeOut,
            format!("stopped after {allowed} s, the time allowed for a task"),
        )
    }
}
