//! The language between the host and `ledama worker`: one JSON object a line.
//!
//! The host speaks first (`hello`), the worker answers `ready`; from then on
//! both sides speak when they have something to say. Closing the worker's
//! input ends it and everything it started.

use ledama_base::operation::{OperationError, Progress};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::plan::Action;

/// Changes whenever a message changes its meaning.
pub const PROTOCOL: u32 = 1;

/// Number of a job on one connection, given by the host.
pub type JobId = u64;

/// Number of a call on one connection, given by the worker.
pub type CallId = u64;

/// From the host to a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum ToWorker {
    /// The first line.
    Hello {
        /// Must equal [`PROTOCOL`].
        protocol: u32,
        /// Version of the host's program.
        version: String,
        /// The run; `LEDAMA_RUN_ID` of everything the worker starts.
        run_id: String,
        /// Name of the node in the configuration.
        node: String,
    },
    /// Start a job now. The host counts the limits; the worker starts at once.
    Run {
        /// Chosen by the host.
        id: JobId,
        /// What to do.
        action: Action,
        /// Send the output of commands and the log lines of operations as it comes.
        stream: bool,
    },
    /// Start a job when its turn comes: of those sent this way, `places` run at
    /// once, and the rest wait in the order in which they came. The host sends
    /// short jobs ahead, so that no node waits for it between two of them.
    Queue {
        /// Chosen by the host.
        id: JobId,
        /// What to do.
        action: Action,
        /// As for `run`.
        stream: bool,
        /// How many run at once.
        places: usize,
    },
    /// Stop a job: TERM to its process group, KILL after a grace period; operations are told.
    Cancel {
        /// The job.
        id: JobId,
    },
    /// The answer to a [`FromWorker::Call`].
    Reply {
        /// The call.
        call: CallId,
        /// What the other node answered.
        result: Result<Value, OperationError>,
    },
}

/// From a worker to the host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "snake_case")]
pub enum FromWorker {
    /// The answer to `hello`.
    Ready {
        /// See [`PROTOCOL`].
        protocol: u32,
        /// Version of the worker's program.
        version: String,
        /// What the node calls itself.
        hostname: String,
        /// Process id of the worker.
        pid: u32,
        /// Processors the worker may use.
        processors: usize,
    },
    /// Output of a command, or log lines of an operation.
    Output {
        /// The job.
        id: JobId,
        /// Base64 of the bytes.
        data: String,
    },
    /// How far a job is; at most a few times a second.
    Progress {
        /// The job.
        id: JobId,
        /// In units of the job.
        progress: Progress,
    },
    /// One element of a large result.
    Item {
        /// The job.
        id: JobId,
        /// The element.
        value: Value,
    },
    /// Run this on that node and send me the answer.
    Call {
        /// The job that asks; when it is cancelled, so is the called one.
        id: JobId,
        /// Chosen by the worker.
        call: CallId,
        /// The node by its configured name.
        node: String,
        /// The operation.
        operation: String,
        /// Its input.
        input: Value,
    },
    /// A job has ended; the last message about it. Comes before anything about
    /// the job that gets its place.
    Done {
        /// The job.
        id: JobId,
        /// How.
        result: JobResult,
    },
}

/// How a job ended on its node.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobResult {
    /// Output of an operation; `{"stdout","stderr"}` of a captured command.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub value: Value,
    /// Why it failed; none means success.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<OperationError>,
    /// Exit status of a command, 128 + signal when killed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_status: Option<i32>,
    /// Last lines of standard output and standard error, at most 8 KiB.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub tail: String,
    /// Seconds it took on the node.
    #[serde(default)]
    pub seconds: f64,
}
