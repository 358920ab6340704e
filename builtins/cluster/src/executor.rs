//! Runs a plan: connects, schedules, retries, times out, cancels, records.

mod alarms;
mod cluster;
mod execution;
mod ledger;
mod pool;
mod resolve;
mod validate;

pub use cluster::Cluster;
pub use resolve::Resolve;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ledama_base::operation::{OperationError, Progress};

use crate::plan::{Plan, TaskIndex};
use crate::report::Outcome;

/// How a plan is run.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Id of the run, see [`new_run_id`](crate::run::new_run_id).
    pub run_id: String,
    /// Name of the module or script, for the journal.
    pub module: String,
    /// Nodes that work at the same time.
    pub nodes: usize,
    /// Tasks at the same time on each node.
    pub tasks_per_node: usize,
    /// Tasks at the same time over all nodes.
    pub total: Option<usize>,
    /// Streams at the same time for each store.
    pub store_streams: BTreeMap<String, usize>,
    /// After that long a task is stopped and has failed.
    pub time_out: Option<Duration>,
    /// How often a task is tried again after its node was lost.
    pub retries: u32,
    /// Start nothing more after the first failure.
    pub fail_fast: bool,
    /// Folder for one log file per task and attempt.
    pub logs: Option<PathBuf>,
    /// Folder for `status.jsonl`, the journal; locked while in use.
    pub status: Option<PathBuf>,
    /// Take tasks that the journal calls done as done. Operations that only
    /// read are done again, because their answers are needed.
    pub resume: bool,
    /// Folder of the lease files that share `store_streams` with other runs;
    /// none: the limits are this run's own.
    pub leases: Option<PathBuf>,
    /// Work sent to a node ahead of its turn: as many tasks as the node does in
    /// that time, going by its last ones, so that it need not wait for this
    /// host between two short tasks. Zero: none. Limits hold all the same;
    /// where there are others than those of nodes, nothing is sent ahead.
    pub ahead: Duration,
    /// Time before the first retry; each further one waits twice as long, at most half a minute.
    pub back_off: Duration,
    /// Time a stopped task gets to end before its connection is dropped.
    pub grace: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            run_id: String::new(),
            module: String::new(),
            nodes: 64,
            tasks_per_node: 1,
            total: None,
            store_streams: BTreeMap::new(),
            time_out: None,
            retries: 2,
            fail_fast: false,
            logs: None,
            status: None,
            resume: false,
            leases: None,
            ahead: Duration::from_millis(50),
            back_off: Duration::from_millis(500),
            grace: Duration::from_secs(15),
        }
    }
}

/// Set once from the signal handler; seen within a tenth of a second by everything that waits.
#[derive(Debug, Clone, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// A token nobody has cancelled.
    pub fn new() -> Self {
        Self::default()
    }
    /// Asks everything to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
    /// Whether somebody did.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
    /// The flag itself, for signal handlers.
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

/// What happens during a run, for progress displays.
#[derive(Debug)]
pub enum Event<'a> {
    /// The run starts.
    Begin {
        /// What will be done; the tasks of later events are indices into it.
        plan: &'a Plan,
    },
    /// A node's worker is ready.
    Connected {
        /// The node.
        node: &'a str,
    },
    /// A node was lost or could not be reached.
    Lost {
        /// The node.
        node: &'a str,
        /// Why.
        reason: &'a str,
    },
    /// A task was started (again).
    Started {
        /// The task.
        task: TaskIndex,
        /// Its node.
        node: &'a str,
        /// Its label.
        label: &'a str,
        /// 1 for the first time.
        attempt: u32,
    },
    /// A task tells how far it is.
    Progress {
        /// The task.
        task: TaskIndex,
        /// In its own units.
        progress: Progress,
    },
    /// A task has ended for good.
    Finished(&'a Outcome),
    /// The user interrupted; running tasks are being stopped.
    Stopping {
        /// How many still run.
        running: usize,
    },
    /// The run is over.
    End,
}

/// Hears what happens during a run.
pub trait Watch: Send + Sync {
    /// Called from the executor's thread; must be quick.
    fn event(&self, event: &Event<'_>);

    /// May take over the answer of a task that is done, before anybody else
    /// learns of it; an error makes the task a failed one. Same thread.
    fn keep(&self, _outcome: &mut Outcome) -> Result<(), OperationError> {
        Ok(())
    }
}

/// Hears nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Watch for Silent {
    fn event(&self, _event: &Event<'_>) {}
}

#[cfg(test)]
mod tests;
