//! Everything an execution leaves behind: outcomes, journal, logs, and the
//! events for whoever watches.

use std::collections::HashMap;
use std::path::PathBuf;

use ledama_base::operation::{Effect, Progress, Registry};
use serde_json::Value;

use super::{Event, Settings, Watch};
use crate::error::Error;
use crate::journal::{
    Journal, JournalWriter, MAX_VALUE, Record, RecordState, TaskKey, VERSION, task_keys,
};
use crate::logs::Logs;
use crate::plan::{Action, Plan, TaskIndex};
use crate::protocol::JobId;
use crate::report::{Outcome, Report, State};

/// How often the same kind of trouble is told.
const MAX_WARNINGS: usize = 20;

pub(super) struct Ledger<'a> {
    plan: &'a Plan,
    settings: &'a Settings,
    watch: &'a dyn Watch,
    journal: Option<JournalWriter>,
    keys: Vec<TaskKey>,
    logs: Option<Logs>,
    began: String,
    outcomes: Vec<Option<Outcome>>,
    warnings: Vec<String>,
}

/// One start of a task, for its records.
#[derive(Debug, Clone, Default)]
pub(super) struct Attempt {
    /// 1 for the first.
    pub(super) number: u32,
    pub(super) started: Option<String>,
    pub(super) progress: Progress,
    pub(super) log: Option<PathBuf>,
}

impl<'a> Ledger<'a> {
    /// Locks the status folder and makes the folders. Tasks that an earlier run has
    /// done get their outcome at once.
    pub(super) fn open(
        plan: &'a Plan,
        settings: &'a Settings,
        watch: &'a dyn Watch,
        registry: &Registry,
    ) -> Result<Self, Error> {
        let mut ledger = Self {
            plan,
            settings,
            watch,
            journal: None,
            keys: Vec::new(),
            logs: None,
            began: now(),
            outcomes: vec![None; plan.tasks.len()],
            warnings: Vec::new(),
        };
        if plan.tasks.is_empty() {
            return Ok(ledger);
        }
        ledger.logs = settings.logs.as_deref().map(Logs::new).transpose()?;
        if let Some(folder) = &settings.status {
            ledger.journal = Some(JournalWriter::open(folder, &settings.run_id)?);
            ledger.keys = task_keys(&plan.tasks);
            if settings.resume {
                ledger.take_over(&Journal::read(folder)?, registry);
            }
        }
        Ok(ledger)
    }

    /// Operations that only read are not taken as done: they cost little and
    /// their answers are wanted.
    fn take_over(&mut self, journal: &Journal, registry: &Registry) {
        let latest: HashMap<&TaskKey, &Record> = journal.latest();
        for (index, task) in self.plan.tasks.iter().enumerate() {
            let reads = match &task.action {
                Action::Operation { name, .. } => {
                    registry.get(name).is_some_and(|o| o.effect() != Effect::Changes)
                }
                Action::Command(_) => false,
            };
            if let Some(record) = latest.get(&self.keys[index])
                && record.state == RecordState::Done
                && !reads
            {
                self.outcomes[index] = Some(Outcome {
                    value: record.value.clone(),
                    exit_status: record.exit_status,
                    started: record.start.clone(),
                    ..Outcome::new(index, &task.node, &task.label, State::AlreadyDone)
                });
            }
        }
    }

    /// Whether the task has its outcome.
    pub(super) fn is_over(&self, task: TaskIndex) -> bool {
        self.outcomes[task].is_some()
    }

    /// Whether output is wanted as it comes.
    pub(super) fn wants_output(&self) -> bool {
        self.logs.is_some()
    }

    /// Tells that the execution begins, and what is done already.
    pub(super) fn begin(&self) {
        self.watch.event(&Event::Begin { plan: self.plan });
        for outcome in self.outcomes.iter().flatten() {
            self.watch.event(&Event::Finished(outcome));
        }
    }

    /// Passes an event on.
    pub(super) fn tell(&self, event: &Event<'_>) {
        self.watch.event(event);
    }

    /// A task starts; returns what its end will need.
    pub(super) fn started(&mut self, index: TaskIndex, job: JobId, number: u32) -> Attempt {
        let task = &self.plan.tasks[index];
        let log = self.logs.as_mut().map(|logs| logs.start(job, task, index, number));
        let log = self.hear("the log of a task", log.transpose()).flatten();
        let attempt = Attempt { number, started: Some(now()), progress: Progress::default(), log };
        self.record(index, RecordState::Started, &attempt, |_| {});
        self.watch.event(&Event::Started {
            task: index,
            node: &task.node,
            label: &task.label,
            attempt: number,
        });
        attempt
    }

    /// Output of a job that has a log.
    pub(super) fn output(&mut self, job: JobId, data: &[u8]) {
        let result = self.logs.as_mut().map(|logs| logs.append(job, data));
        self.hear("the log of a task", result.transpose());
    }

    /// An attempt has ended and another will follow.
    pub(super) fn retried(
        &mut self,
        index: TaskIndex,
        job: JobId,
        attempt: &Attempt,
        error: &ledama_base::operation::OperationError,
        seconds: f64,
    ) {
        self.end_log(job, &format!("to be tried again, {seconds:.3} s: {error}"));
        self.record(index, RecordState::Retried, attempt, |record| {
            record.error = Some(error.clone());
        });
    }

    /// A task has ended for good. `job` is its last start, if there was one.
    /// Answers how it has ended: what it answered may not have been kept.
    pub(super) fn finished(
        &mut self,
        mut outcome: Outcome,
        job: Option<JobId>,
        attempt: &Attempt,
    ) -> State {
        if outcome.state == State::Done
            && let Err(error) = self.watch.keep(&mut outcome)
        {
            outcome.state = State::Failed;
            outcome.error = Some(error);
        }
        if let Some(job) = job {
            if outcome.state == State::Failed && outcome.tail.is_empty() {
                // A node that is lost cannot tell any more what its task said last.
                outcome.tail = self.logs.as_ref().map_or_else(String::new, |logs| logs.tail(job));
            }
            self.end_log(job, &status_line(&outcome));
        }
        let state = match outcome.state {
            State::Done | State::AlreadyDone => RecordState::Done,
            State::Failed => RecordState::Failed,
            State::Skipped => RecordState::Skipped,
            State::Cancelled => RecordState::Cancelled,
        };
        let planned = self.plan.tasks[outcome.task].size_bytes;
        self.record(outcome.task, state, attempt, |record| {
            record.exit_status = outcome.exit_status;
            record.error.clone_from(&outcome.error);
            if state == RecordState::Done {
                if record.bytes == 0 {
                    record.bytes = planned;
                }
                if fits(&outcome.value) {
                    record.value = outcome.value.clone();
                }
            }
        });
        self.watch.event(&Event::Finished(&outcome));
        let (index, ended) = (outcome.task, outcome.state);
        self.outcomes[index] = Some(outcome);
        ended
    }

    /// Keeps a warning for the report.
    pub(super) fn warn(&mut self, message: String) {
        if self.warnings.len() < MAX_WARNINGS && !self.warnings.contains(&message) {
            self.warnings.push(message);
        }
    }

    /// The end: everything is on the disk and in the report.
    pub(super) fn close(mut self, interrupted: bool) -> Report {
        let synced = self.journal.as_ref().map(JournalWriter::sync).transpose();
        self.hear("the journal", synced.map(|_| ()));
        self.watch.event(&Event::End);
        let outcomes = self.outcomes.into_iter().enumerate().map(|(index, outcome)| {
            let task = &self.plan.tasks[index];
            outcome
                .unwrap_or_else(|| Outcome::new(index, &task.node, &task.label, State::Cancelled))
        });
        Report {
            run_id: self.settings.run_id.clone(),
            title: self.plan.title.clone(),
            started: self.began,
            finished: now(),
            interrupted,
            outcomes: outcomes.collect(),
            warnings: self.warnings,
        }
    }

    fn end_log(&mut self, job: JobId, status: &str) {
        let result = self.logs.as_mut().map(|logs| logs.finish(job, status));
        self.hear("the log of a task", result.transpose());
    }

    fn record(
        &mut self,
        index: TaskIndex,
        state: RecordState,
        attempt: &Attempt,
        fill: impl FnOnce(&mut Record),
    ) {
        let Some(journal) = &mut self.journal else { return };
        let task = &self.plan.tasks[index];
        let mut record = Record {
            v: VERSION,
            run_id: self.settings.run_id.clone(),
            module: self.settings.module.clone(),
            key: self.keys[index].clone(),
            node: task.node.clone(),
            label: task.label.clone(),
            attempt: attempt.number,
            state,
            exit_status: None,
            bytes: attempt.progress.done,
            start: attempt.started.clone(),
            end: (state != RecordState::Started).then(now),
            error: None,
            value: Value::Null,
        };
        fill(&mut record);
        let result = journal.write(&record);
        self.hear("the journal", result);
    }

    /// Trouble with a file beside the tasks does not stop them; it is reported once.
    fn hear<T>(&mut self, what: &str, result: Result<T, impl std::fmt::Display>) -> Option<T> {
        result.map_err(|e| self.warn(format!("{what} could not be written: {e}"))).ok()
    }
}

/// UTC with milliseconds, ISO 8601.
pub(super) fn now() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

fn status_line(outcome: &Outcome) -> String {
    let state = match outcome.state {
        State::Done | State::AlreadyDone => "done",
        State::Failed => "failed",
        State::Skipped => "skipped",
        State::Cancelled => "cancelled",
    };
    let status = outcome.exit_status.map(|s| format!(", exit status {s}")).unwrap_or_default();
    let error = outcome.error.as_ref().map(|e| format!(": {e}")).unwrap_or_default();
    format!("{state}{status}, {:.3} s{error}", outcome.seconds)
}

/// Whether a value is small enough for the journal, without writing all of a large one.
fn fits(value: &Value) -> bool {
    struct Counter(usize);
    impl std::io::Write for Counter {
        fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
            self.0 += buffer.len();
            if self.0 > MAX_VALUE {
                return Err(std::io::ErrorKind::FileTooLarge.into());
            }
            Ok(buffer.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    serde_json::to_writer(Counter(0), value).is_ok()
}
