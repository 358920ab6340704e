//! The surroundings of a running operation: its words go to the host, its
//! questions to other nodes go through the host.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use crossbeam_channel::{RecvTimeoutError, Sender};
use ledama_base::operation::{
    ErrorKind, OperationContext, OperationError, ProgramCall, ProgramEnd, Progress, Stream,
};
use serde_json::Value;

use super::command::Starter;
use super::job::Job;
use super::lock;
use super::outbox::Outbox;
use super::output::Tail;
use crate::protocol::{CallId, FromWorker};

/// Progress is sent at most that often.
const PROGRESS_PAUSE: Duration = Duration::from_millis(250);
/// How often a waiting call looks whether its job was cancelled.
const LOOK: Duration = Duration::from_millis(100);

type Answer = Result<Value, OperationError>;

/// The calls that wait for their answer.
#[derive(Debug, Default)]
pub(super) struct Calls {
    last: AtomicU64,
    waiting: Mutex<HashMap<CallId, Sender<Answer>>>,
}

impl Calls {
    /// Hands an answer to the caller, if it still waits.
    pub(super) fn answer(&self, call: CallId, answer: Answer) {
        if let Some(caller) = lock(&self.waiting).remove(&call) {
            let _gone = caller.send(answer);
        }
    }
}

/// See [`OperationContext`].
pub(super) struct Context<'a> {
    node: &'a str,
    run_id: &'a str,
    grace: Duration,
    job: &'a Job,
    outbox: &'a Outbox,
    calls: &'a Calls,
    starter: Starter<'a>,
    progress: Mutex<Option<Instant>>,
    log: Mutex<Tail>,
}

impl<'a> Context<'a> {
    /// The surroundings of one job.
    pub(super) fn new(
        (node, run_id): (&'a str, &'a str),
        grace: Duration,
        job: &'a Job,
        outbox: &'a Outbox,
        calls: &'a Calls,
        starter: Starter<'a>,
    ) -> Self {
        let log = Mutex::new(Tail::of_log());
        Self { node, run_id, grace, job, outbox, calls, starter, progress: Mutex::new(None), log }
    }

    /// Bytes for the log of the task.
    fn write(&self, bytes: &[u8]) {
        lock(&self.log).push(bytes);
        if self.job.stream {
            let data = base64::engine::general_purpose::STANDARD.encode(bytes);
            self.outbox.send(&FromWorker::Output { id: self.job.id, data });
        }
    }

    /// The last lines of the log.
    pub(super) fn tail(&self) -> String {
        lock(&self.log).text()
    }
}

impl OperationContext for Context<'_> {
    fn node(&self) -> &str {
        self.node
    }

    fn run_id(&self) -> &str {
        self.run_id
    }

    fn cancelled(&self) -> bool {
        self.job.is_cancelled()
    }

    fn progress(&self, progress: Progress) {
        {
            let mut last = lock(&self.progress);
            if last.is_some_and(|last| last.elapsed() < PROGRESS_PAUSE) {
                return;
            }
            *last = Some(Instant::now());
        }
        self.outbox.send(&FromWorker::Progress { id: self.job.id, progress });
    }

    fn item(&self, value: Value) {
        self.outbox.send(&FromWorker::Item { id: self.job.id, value });
    }

    fn log(&self, line: &str) {
        let mut bytes = line.as_bytes().to_vec();
        bytes.push(b'\n');
        self.write(&bytes);
    }

    fn program(
        &self,
        call: &ProgramCall,
        hear: &mut dyn FnMut(Stream, &[u8]),
    ) -> Result<ProgramEnd, OperationError> {
        self.check()?;
        self.starter.run(call, self.job, |stream, bytes| {
            self.write(bytes);
            hear(stream, bytes);
        })
    }

    fn call(&self, node: &str, operation: &str, input: Value) -> Answer {
        self.check()?;
        let call = self.calls.last.fetch_add(1, Ordering::Relaxed) + 1;
        let (sender, answer) = crossbeam_channel::bounded(1);
        lock(&self.calls.waiting).insert(call, sender);
        self.outbox.send(&FromWorker::Call {
            id: self.job.id,
            call,
            node: node.to_string(),
            operation: operation.to_string(),
            input,
        });
        // The host cancels what was called when this job is cancelled, and its
        // answer is waited for: what it did may have to be cleaned up. But not for ever.
        let mut patience: Option<Instant> = None;
        loop {
            match answer.recv_timeout(LOOK) {
                Ok(answer) => return answer,
                Err(RecvTimeoutError::Timeout) => {
                    let since_cancel =
                        self.cancelled().then(|| *patience.get_or_insert_with(Instant::now));
                    if since_cancel.is_some_and(|since| since.elapsed() > self.grace) {
                        lock(&self.calls.waiting).remove(&call);
                        return Err(OperationError::new(ErrorKind::Cancelled, "interrupted"));
                    }
                }
                Err(RecvTimeoutError::Disconnected) => {
                    let message = format!("the call of `{operation}` on {node} was lost");
                    return Err(OperationError::new(ErrorKind::Connection, message));
                }
            }
        }
    }
}
